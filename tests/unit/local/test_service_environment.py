"""What the stack tells its services."""

from services.local.addresses import Addresses
from services.local.environment import service_environment


def test_the_stack_decides_where_things_are_and_the_person_everything_else() -> None:
    outer = {"PARLOUR_CREDIT_LISTEN": "0.0.0.0:1", "PARLOUR_CREDIT_POOL_SIZE": "3", "HOME": "/home/ana"}
    found = service_environment(
        outer, Addresses(40_000), database_urls={"credit": "postgresql://c"}, redis_url="unix:///r", models_file="/m", data_folder="/d"
    )
    assert found["PARLOUR_CREDIT_LISTEN"] == found["PARLOUR_CREDIT_ADDRESS"] == "127.0.0.1:40000"
    assert found["PARLOUR_CREDIT_DATABASE_URL"] == "postgresql://c"
    assert "PARLOUR_GATEWAY_DATABASE_URL" not in found
    assert (found["PARLOUR_CREDIT_POOL_SIZE"], found["HOME"]) == ("3", "/home/ana")
