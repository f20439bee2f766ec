"""What "yes", "undo" and "more" refer to: one of each for a person and place, for a time."""

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.commands.offers import Offer, Offers, Slot


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def offers(clock: Clock) -> Offers:
    return Offers(None, keep_s=3600, wall_clock=clock)


def message(**fields: str) -> gateway_pb2.IncomingMessage:
    values = {"message_id": "m1", "user_id": "ada", "guild_id": "g", "channel_id": "c"} | fields
    return gateway_pb2.IncomingMessage(**values)  # type: ignore[arg-type]


def offer(clock: Clock, token: str = "plan", for_s: float = 600) -> Offer:
    return Offer("forget", token, clock(), clock() + for_s, "m1:0")


async def test_an_offer_stands_until_its_time_is_over(offers: Offers, clock: Clock):
    await offers.put(Slot.ASKED, message(), offer(clock))
    clock.now_s += 599
    assert await offers.get(Slot.ASKED, message()) is not None
    clock.now_s += 1
    assert await offers.get(Slot.ASKED, message()) is None


async def test_a_newer_offer_takes_the_place_of_the_one_before(offers: Offers, clock: Clock):
    for token in ("first", "second"):
        await offers.put(Slot.ASKED, message(), offer(clock, token))
    standing = await offers.get(Slot.ASKED, message())
    assert standing is not None
    assert standing.token == "second"


async def test_an_offer_that_is_over_already_is_not_kept(offers: Offers, clock: Clock):
    await offers.put(Slot.ASKED, message(), offer(clock, for_s=0))
    assert await offers.get(Slot.ASKED, message()) is None


async def test_what_was_dropped_can_be_offered_again_at_the_same_moment(offers: Offers, clock: Clock):
    await offers.put(Slot.ASKED, message(), offer(clock))
    await offers.drop(Slot.ASKED, message())
    assert await offers.get(Slot.ASKED, message()) is None
    await offers.put(Slot.ASKED, message(), offer(clock))
    assert await offers.get(Slot.ASKED, message()) is not None


@pytest.mark.parametrize("other", [{"user_id": "bob"}, {"guild_id": "h"}, {"channel_id": "d"}])
async def test_a_question_stands_only_for_who_was_asked_and_where(offers: Offers, clock: Clock, other: dict[str, str]):
    await offers.put(Slot.ASKED, message(), offer(clock))
    assert await offers.get(Slot.ASKED, message(**other)) is None


async def test_what_was_done_can_be_undone_anywhere_in_the_guild(offers: Offers, clock: Clock):
    await offers.put(Slot.DONE, message(), offer(clock))
    assert await offers.get(Slot.DONE, message(channel_id="d")) is not None
    assert await offers.get(Slot.DONE, message(guild_id="h")) is None
