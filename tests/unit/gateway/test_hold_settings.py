"""A hold must outlive the turn that it is for."""

import pytest

from services.gateway.settings import GatewaySettings
from services.runtime.settings import BadSettings, load

NEEDED = {f"PARLOUR_{name}_ADDRESS": "127.0.0.1:1" for name in ("CREDIT", "MEMORY", "CONVERSATION")}


def loaded(monkeypatch: pytest.MonkeyPatch, **changes: str) -> GatewaySettings:
    environment = NEEDED | {f"PARLOUR_GATEWAY_{name}": value for name, value in changes.items()}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load(GatewaySettings, "gateway", environment)


def test_a_hold_of_fifteen_seconds_suits_a_turn_of_five(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(monkeypatch, TURN_S="5", HOLD_TTL_S="15").hold_ttl_s == 15


@pytest.mark.parametrize("hold_ttl_s", ["60", "62"])
def test_a_hold_that_ends_before_its_turn_is_settled_stops_the_start(monkeypatch: pytest.MonkeyPatch, hold_ttl_s: str) -> None:
    with pytest.raises(BadSettings, match=r"PARLOUR_GATEWAY_HOLD_TTL_S does not fit: .*a hold must outlive the turn"):
        loaded(monkeypatch, TURN_S="60", SETTLE_S="2", HOLD_TTL_S=hold_ttl_s)


def test_a_longer_turn_needs_longer_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings, match="HOLD_TTL_S"):
        loaded(monkeypatch, TURN_S="200")
