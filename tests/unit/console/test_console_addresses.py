"""Where the services are, and who is at the terminal."""

import pytest

from services.console.__main__ import address, person


def test_addresses_come_from_the_port_base_then_the_environment_then_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address("gateway", None) == "127.0.0.1:50054"
    monkeypatch.setenv("PARLOUR_GATEWAY_ADDRESS", "gateway.internal:443")
    assert address("gateway", None) == "gateway.internal:443"
    assert address("gateway", 40000) == "127.0.0.1:40003"


def test_a_person_s_id_is_stable_and_holds_no_white_space() -> None:
    assert person("ana maría").user_id == person("ana maría").user_id == "console-ana-mar-a"
