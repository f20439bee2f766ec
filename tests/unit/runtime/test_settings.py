import pytest

from services.runtime.settings import BadSettings, DatabaseSettings, RedisSettings, ServiceSettings, load, service_config
from tests.made_docs.settings_tables import SETTINGS


class CreditLike(DatabaseSettings, RedisSettings, ServiceSettings):
    model_config = service_config("credit")


@pytest.fixture
def environment(monkeypatch):
    values = {"PARLOUR_CREDIT_DATABASE_URL": "postgresql://localhost/credit"}

    def set_to(**changes: str) -> dict[str, str]:
        values.update(changes)
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return values

    return set_to


def test_values_come_from_the_environment_and_the_rest_from_defaults(environment):
    settings = load(CreditLike, "credit", environment(PARLOUR_CREDIT_POOL_SIZE="3", PARLOUR_REDIS_URL="redis://127.0.0.1"))
    assert (settings.pool_size, settings.redis_url, settings.in_flight_max) == (3, "redis://127.0.0.1", 256)


def test_a_value_that_does_not_fit_is_named_with_what_is_wrong(environment):
    with pytest.raises(BadSettings, match="PARLOUR_CREDIT_POOL_SIZE does not fit: Input should be greater than or equal to 1"):
        load(CreditLike, "credit", environment(PARLOUR_CREDIT_POOL_SIZE="0"))


def test_a_missing_value_is_named(monkeypatch):
    monkeypatch.delenv("PARLOUR_CREDIT_DATABASE_URL", raising=False)
    with pytest.raises(BadSettings, match="PARLOUR_CREDIT_DATABASE_URL must be set"):
        load(CreditLike, "credit", {})


@pytest.mark.parametrize("name", ["PARLOUR_CREDIT_POOLSIZE", "PARLOUR_CERDIT_LISTEN", "PARLOUR_TYPO"])
def test_a_name_that_nothing_reads_stops_the_start(environment, name):
    with pytest.raises(BadSettings, match=f"{name} is not a setting"):
        load(CreditLike, "credit", environment(**{name: "1"}))


def test_settings_of_other_services_are_left_to_them(environment):
    load(CreditLike, "credit", environment(PARLOUR_MEMORY_LISTEN="127.0.0.1:1", PARLOUR_GATEWAY_ADDRESS="127.0.0.1:2"))


def test_every_problem_is_told_at_once(environment):
    with pytest.raises(BadSettings) as problem:
        load(CreditLike, "credit", environment(PARLOUR_CREDIT_POOL_SIZE="x", PARLOUR_CREDIT_DRAIN_S="-1", PARLOUR_TYPO="1"))
    assert len(str(problem.value).splitlines()) == 3


@pytest.mark.parametrize("service", SETTINGS)
def test_every_setting_says_what_it_is_for(service):
    assert [name for name, info in SETTINGS[service].model_fields.items() if not info.description] == []
