"""A short story in which the service refuses for each of its reasons, to be told to the service and the model alike."""

from collections.abc import Iterator
from functools import partial
from typing import Any

GUILD, USER = "guild:1", "user:1"
PLAIN = {"source": "purchase", "priority": 0, "starts": 0, "lasts": 0}
LAST = 3  # picks the last hold but one of three, or the only one
WEEK = 10_080


def every_refusal(bank: Any) -> Iterator[partial[None]]:
    """The steps, for a `Bank`."""
    grant, hold = partial(bank.create_grant, **PLAIN), partial(bank.place_hold, sponsor="", ttl_s=90)
    yield partial(hold, GUILD, amount=1)  # INSUFFICIENT_CREDIT
    yield partial(grant, name=GUILD, amount=160)
    yield partial(bank.set_tier, GUILD, "gold")  # INVALID_FIELD
    yield partial(bank.set_tier, GUILD, "strict")
    yield partial(hold, GUILD, amount=20)
    yield partial(bank.capture, 0, used=21)  # CAPTURE_EXCEEDS_HOLD
    yield partial(bank.capture, 0, used=15)
    yield partial(bank.refund, 0, amount=16)  # REFUND_EXCEEDS_CAPTURE
    yield partial(bank.refund, 0, amount=15)
    yield partial(bank.release, 0)  # HOLD_NOT_ACTIVE
    yield partial(bank.alter, -1)  # REQUEST_ID_REUSED
    yield partial(bank.place_quoted_hold, GUILD, model="large", prompt=1, completion=0, sponsor="")  # PERMISSION_REFUSED
    yield partial(bank.place_quoted_hold, GUILD, model="nobody", prompt=1, completion=0, sponsor="")  # UNKNOWN_MODEL
    yield partial(bank.ask_for_what_is_not_there, 0, name=USER)  # NOT_FOUND
    yield partial(hold, GUILD, amount=20)
    yield partial(bank.wait, WEEK)
    yield partial(bank.expire_due)
    yield partial(bank.capture, LAST, used=5)  # HOLD_EXPIRED
    yield partial(bank.set_tier, GUILD, "paced")
    for _ in range(3):
        yield partial(hold, GUILD, amount=1)  # RATE_LIMITED at last
    yield partial(bank.repeat, -1)
    for _ in range(6):
        yield partial(grant, name=GUILD, amount=1)  # LIMIT_REACHED at last
    yield partial(bank.freeze, USER, frozen=True)
    yield partial(hold, USER, amount=1)  # ACCOUNT_FROZEN
    yield partial(bank.close, USER)
    yield partial(hold, USER, amount=1)  # ACCOUNT_CLOSED
    yield partial(bank.transfer, sender=GUILD, to=USER, amount=1)
    yield partial(bank.look, GUILD)
    yield partial(bank.acquire_lease, "gateway-0", amount=200, ttl_s=90)
    turn = {"name": USER, "bound": 50, "used": 10, "model": "small"}
    yield partial(bank.settlement_cut_off, 0, [{**turn, "number": number} for number in range(3)])
    yield partial(bank.settle_lease, 0, [{**turn, "number": number} for number in (3, 4)], close=False)  # OVERLOADED
    yield partial(bank.finish_leased_turns)
    yield partial(bank.settle_lease, 0, [{**turn, "number": 0}], close=True)
    yield partial(bank.settle_lease, 0, [{**turn, "number": 9}], close=True)  # NOT_FOUND
