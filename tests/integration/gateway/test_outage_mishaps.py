"""Where credit's answer is lost or wrong, or cannot be written down: no settlement is lost, and no lease is used that may be closed."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.gateway.notices import WORDS as NOTICES
from services.gateway.outage.side_file import SET_ASIDE
from services.runtime import errors
from tests.integration.gateway.scripted_services import Scripted, ask
from tests.integration.gateway.test_outage import AWAY, BOUND, COST, LEASE, Final, book, credit_away, credit_is_back, outage, status


@pytest.fixture
async def scripted(tmp_path: Path) -> AsyncIterator[Scripted]:
    async with credit_away(tmp_path) as scripted:
        yield scripted


async def looked_after(scripted: Scripted, done: Callable[[], bool]) -> None:
    """Go on until it is done: what frees holds at the same time may be what finds out that credit is back."""
    async with asyncio.timeout(10):
        while not done():
            await scripted.upkeep.once()
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "answer", [errors.PermissionRefused("SettleLease"), errors.Unimplemented("404"), errors.StaleVersion(), errors.LimitReached("turns", 1)]
)
async def test_an_answer_that_another_time_may_not_give_loses_no_settlement(scripted: Scripted, answer: Exception) -> None:
    for number in range(3):
        await ask(scripted.assistant, "Hello", message_id=f"m{number}", user_id=f"user-{number}")
    scripted.fail("SettleLease", answer)
    await credit_is_back(scripted)
    await looked_after(scripted, lambda: len(scripted.asked("SettleLease")) > 1)
    assert status(scripted).turns_unsettled == 3
    scripted.heal("SettleLease")
    await looked_after(scripted, lambda: not status(scripted).turns_unsettled)
    assert scripted.credit.leases.paid() == {f"m{number}:0": (COST, 0) for number in range(3)}


async def test_a_refused_turn_that_cannot_be_set_aside_stays_in_the_journal_and_the_others_are_settled(scripted: Scripted, tmp_path: Path) -> None:
    for number in range(3):
        await ask(scripted.assistant, "Hello", message_id=f"m{number}", user_id=f"user-{number}")
    scripted.credit.leases.refusals = {"m1:0": errors.InvalidField("turns", "is odd")}
    (tmp_path / "gateway" / "here" / SET_ASIDE).mkdir()
    await credit_is_back(scripted)
    await looked_after(scripted, lambda: status(scripted).turns_unsettled == 1)
    assert set(scripted.credit.leases.paid()) == {"m0:0", "m2:0"}
    assert (list(book(tmp_path).turns), status(scripted).remaining_microcredits) == (["m1:0"], LEASE - BOUND)
    (tmp_path / "gateway" / "here" / SET_ASIDE).rmdir()
    await looked_after(scripted, lambda: not status(scripted).turns_unsettled)
    assert (book(tmp_path).turns, status(scripted).remaining_microcredits) == ({}, LEASE - BOUND)
    assert '"turn_id":"m1:0"' in (tmp_path / "gateway" / "here" / SET_ASIDE).read_text()


async def test_a_lease_that_credit_may_have_closed_takes_no_turn_and_is_closed_before_another_is_acquired(tmp_path: Path) -> None:
    """Credit goes away in its answer to the closing."""
    async with outage(tmp_path, outage_lease_microcredits=2 * BOUND, outage_replace_below=0.99) as scripted:
        await scripted.upkeep.once()
        (first,) = scripted.credit.leases.open
        scripted.credit.available["user:ada"] = 0
        scripted.fail("PlaceHold", AWAY)
        await ask(scripted.assistant, "Hello", message_id="m1")
        await scripted.upkeep._settling.settle()
        scripted.settings.__dict__["outage_call_s"] = 0.3
        scripted.fail_after("SettleLease", gate := asyncio.Event())
        await scripted.upkeep.once()
        assert first in scripted.credit.leases.closed
        assert book(tmp_path).lease is None
        answer = await ask(scripted.assistant, "Hello", message_id="m2", user_id="bob")
        assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES["emergency"])
        gate.set()
        scripted.settings.__dict__["outage_call_s"] = 5.0
        scripted.credit.leases.open[first] = scripted.credit.leases.closed.pop(first)  # a repetition is answered as the first was
        await credit_is_back(scripted)
        await looked_after(scripted, lambda: len(scripted.asked("AcquireLease")) == 2)
        *_, closed, again = scripted.asked("SettleLease")
        assert again == closed
        assert first in scripted.credit.leases.closed
        assert status(scripted).remaining_microcredits == 2 * BOUND


async def test_a_lease_is_not_closed_before_that_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with outage(tmp_path) as scripted:
        await scripted.upkeep.once()
        scripted.settings.__dict__["outage_lease_microcredits"] = 0
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", _full)
            await scripted.upkeep.once()
            assert scripted.asked("SettleLease") == []
            assert book(tmp_path).lease is not None
        await scripted.upkeep.once()
        assert (len(scripted.asked("SettleLease")), scripted.credit.leases.open) == (1, {})


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")
