"""What people get while credit cannot be reached, what is written down before and after, and how it is settled: each turn once."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.notices import WORDS as NOTICES
from services.gateway.outage.book import Book
from services.gateway.outage.journal import JOURNAL, JournalLocked
from services.gateway.outage.records import read
from services.gateway.outage.side_file import SET_ASIDE
from services.runtime import errors
from tests.integration.gateway.scripted_faults import START, WORDS
from tests.integration.gateway.scripted_services import Reader, Scripted, ask, eventually, scripted_services

Final = gateway_pb2.Final
WHOLE = "".join(WORDS)
COST = 100 + 10 * len(WORDS)
AWAY = errors.DependencyUnavailable("database", "away")
LEASE = 100_000
BOUND = 1600 + 10 * 400 + 2 * 100
"""The most that a turn without files may cost: prompt, completion, two earlier pictures."""


def outage(folder: Path, **changes: object) -> AbstractAsyncContextManager[Scripted]:
    values: dict[str, object] = {"data_dir": str(folder), "outage_instance": "here", "outage_lease_microcredits": LEASE, "end_retry_s": 0.0}
    # Nothing but credit is slow here, however busy the machine is.
    values |= {"begin_s": 15.0, "search_s": 15.0, "settle_s": 5.0, "command_s": 5.0}
    return scripted_services(credit_open_s=0.1, **(values | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def credit_away(folder: Path) -> AsyncIterator[Scripted]:
    """Credit has granted a lease, and is away."""
    async with outage(folder) as scripted:
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        yield scripted


@pytest.fixture
async def scripted(tmp_path: Path) -> AsyncIterator[Scripted]:
    async with credit_away(tmp_path) as scripted:
        yield scripted


def journal(folder: Path) -> bytes:
    return (folder / "gateway" / "here" / JOURNAL).read_bytes()


def book(folder: Path) -> Book:
    return Book(read(journal(folder)).records)


async def credit_is_back(scripted: Scripted) -> None:
    scripted.heal("PlaceHold")
    await eventually(lambda: scripted.remotes["credit"].breaker_state != "open", "credit is asked again")


def status(scripted: Scripted) -> gateway_pb2.OutageStatus:
    assert scripted.services.outage is not None
    return scripted.services.outage.status()


@pytest.mark.parametrize("fault", [AWAY, errors.CircuitOpen("credit"), errors.Internal("unexpected"), "slow"])
async def test_a_question_is_answered_on_the_lease_and_the_person_told(scripted: Scripted, fault: Exception | str) -> None:
    scripted.fail("PlaceHold", asyncio.Event() if fault == "slow" else fault)  # type: ignore[arg-type]
    answer = await ask(scripted.assistant, "Hello")
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_ANSWERED, WHOLE)
    assert answer.notices == ["outage"]
    assert (answer.final.charged_microcredits, answer.final.balance_known) == (0, False)
    reply = scripted.conversation.replies[0]
    assert (reply.hold_id, reply.account_id, list(reply.models)) == ("", "user:ada", ["scripted"])
    assert reply.lease_id in scripted.credit.leases.open


@pytest.mark.parametrize(
    "refusal",
    [
        errors.InsufficientCredit(),
        errors.AccountFrozen(),
        errors.AccountClosed(),
        errors.RateLimited(),
        errors.LimitReached("turns", 1),
        errors.PermissionRefused(),
        errors.Unimplemented(),
    ],
)
async def test_what_credit_refuses_is_not_answered_on_the_lease(scripted: Scripted, refusal: Exception) -> None:
    scripted.fail("PlaceHold", refusal)
    assert (await ask(scripted.assistant, "Hello")).final.outcome == Final.OUTCOME_REFUSED
    assert scripted.conversation.replies == []


async def test_the_bound_is_on_the_disk_before_the_model_is_called(scripted: Scripted, tmp_path: Path) -> None:
    scripted.fail("Reply", gate := asyncio.Event())
    reader = Reader(scripted.assistant, "Hello", message_id="m1")
    await eventually(lambda: scripted.asked("Reply"), "the model is called")
    turn = book(tmp_path).turns["m1:0"]
    assert (turn.taken.account_id, turn.taken.bound_microcredits, turn.used) == ("user:ada", BOUND, None)
    gate.set()
    await reader.task
    used = book(tmp_path).turns["m1:0"].used
    assert used is not None
    assert (used.model, used.prompt_tokens, used.completion_tokens) == ("scripted", 100, len(WORDS))


async def test_when_credit_is_back_the_person_pays_once_and_the_lease_nothing(scripted: Scripted, tmp_path: Path) -> None:
    await ask(scripted.assistant, "Hello", message_id="m1")
    await credit_is_back(scripted)
    await scripted.upkeep.once()
    await scripted.upkeep.once()
    assert scripted.credit.leases.paid() == {"m1:0": (COST, 0)}
    assert scripted.credit.available["user:ada"] == START - COST
    assert (book(tmp_path).turns, status(scripted).remaining_microcredits) == ({}, LEASE)


async def test_who_cannot_pay_is_paid_for_by_the_lease(scripted: Scripted) -> None:
    scripted.credit.available["user:ada"] = COST - 1
    await ask(scripted.assistant, "Hello", message_id="m1")
    await scripted.upkeep.once()
    assert scripted.credit.leases.paid() == {"m1:0": (0, COST)}
    assert scripted.credit.available["user:ada"] == COST - 1
    assert status(scripted).remaining_microcredits == LEASE - COST


async def test_a_person_has_so_many_turns_in_an_outage_and_is_told_once(scripted: Scripted) -> None:
    answers = [await ask(scripted.assistant, "Hello") for _ in range(3)]
    assert [answer.final.outcome for answer in answers] == [Final.OUTCOME_ANSWERED, Final.OUTCOME_ANSWERED, Final.OUTCOME_REFUSED]
    assert [answer.notices for answer in answers] == [["outage"], [], []]
    assert answers[2].text == NOTICES["outage_turns_used"]
    assert (await ask(scripted.assistant, "Hello", user_id="bob")).text == WHOLE


async def test_a_known_tier_has_its_own_turns(scripted: Scripted) -> None:
    scripted.heal("PlaceHold")
    scripted.credit.tiers["user:ada"] = "patron"
    await ask(scripted.assistant, "Hello")
    scripted.fail("PlaceHold", AWAY)
    assert [(await ask(scripted.assistant, "Hello")).final.outcome for _ in range(6)] == [Final.OUTCOME_ANSWERED] * 5 + [Final.OUTCOME_REFUSED]


async def test_a_frozen_account_is_not_answered_on_the_lease(scripted: Scripted) -> None:
    scripted.fail("PlaceHold", errors.AccountFrozen())
    await ask(scripted.assistant, "Hello")
    scripted.fail("PlaceHold", AWAY)
    assert (await ask(scripted.assistant, "Hello")).text == NOTICES["account_frozen"]


async def test_a_hold_that_is_answered_ends_the_outage(scripted: Scripted) -> None:
    for _ in range(3):
        await ask(scripted.assistant, "Hello")
    await credit_is_back(scripted)
    await ask(scripted.assistant, "Hello")
    assert not status(scripted).active
    scripted.fail("PlaceHold", AWAY)
    again = await ask(scripted.assistant, "Hello")
    assert (again.text, again.notices) == (WHOLE, ["outage"])


async def test_a_restart_gives_nobody_new_turns_and_keeps_the_lease(tmp_path: Path) -> None:
    async with outage(tmp_path) as scripted:
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        for number in range(2):
            await ask(scripted.assistant, "Hello", message_id=f"m{number}")
    async with outage(tmp_path) as again:
        for method in ("PlaceHold", "AcquireLease", "RenewLease", "SettleLease"):
            again.fail(method, AWAY)
        await again.upkeep.once()
        assert (await ask(again.assistant, "Hello")).text == NOTICES["outage_turns_used"]
        assert (await ask(again.assistant, "Hello", user_id="bob")).text == WHOLE
        assert status(again).remaining_microcredits == LEASE - 3 * BOUND


async def test_what_is_left_of_the_lease_is_the_limit_for_all(tmp_path: Path) -> None:
    async with outage(tmp_path, outage_lease_microcredits=2 * BOUND + BOUND - 1) as scripted:
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        answers = await asyncio.gather(*(ask(scripted.assistant, "Hello", user_id=f"user-{number}") for number in range(5)))
        assert sorted(answer.final.outcome for answer in answers) == [Final.OUTCOME_ANSWERED] * 2 + [Final.OUTCOME_REFUSED] * 3
        assert {answer.text for answer in answers} == {WHOLE, NOTICES["emergency"]}
        assert status(scripted).emergency
        assert (await ask(scripted.assistant, "help")).final.outcome == Final.OUTCOME_COMMAND
        assert (await ask(scripted.assistant, "remember that I sing")).final.outcome == Final.OUTCOME_COMMAND
        scripted.fail("GetBalance", AWAY)
        assert (await ask(scripted.assistant, "/credits")).text == NOTICES["credit_command_unavailable"]
        # Settled, the turns have cost less than was set aside for them.
        await credit_is_back(scripted)
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        assert (await ask(scripted.assistant, "Hello", user_id="user-9")).text == WHOLE


async def test_small_turns_are_bounded_by_what_they_are_and_files_count(scripted: Scripted, tmp_path: Path) -> None:
    file = gateway_pb2.TextFile(name="notes.txt", text="word " * 200)
    await ask(scripted.assistant, "Hello", message_id="m1")
    await ask(scripted.assistant, "Read this", message_id="m2", text_files=[file])
    turns = book(tmp_path).turns
    assert turns["m2:0"].taken.bound_microcredits - turns["m1:0"].taken.bound_microcredits == 1000 // 3 + 32


async def test_without_a_lease_a_question_gets_the_words_of_an_emergency(tmp_path: Path) -> None:
    async with outage(tmp_path) as scripted:
        scripted.fail("AcquireLease", errors.LimitReached("leases", 1))
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        answer = await ask(scripted.assistant, "Hello")
        assert (answer.text, answer.final.outcome) == (NOTICES["emergency"], Final.OUTCOME_REFUSED)
        assert status(scripted).emergency
        assert scripted.conversation.replies == []


async def test_an_expired_lease_takes_no_turn(tmp_path: Path) -> None:
    async with outage(tmp_path, outage_lease_ttl_s=10, outage_margin_s=10.0) as scripted:
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        assert (await ask(scripted.assistant, "Hello")).text == NOTICES["emergency"]


async def test_with_no_allowance_nothing_is_acquired_and_nobody_answered(tmp_path: Path) -> None:
    async with outage(tmp_path, outage_lease_microcredits=0) as scripted:
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        assert (await ask(scripted.assistant, "Hello")).text == NOTICES["credit_unavailable"]
        assert scripted.asked("AcquireLease") == []


@pytest.mark.parametrize("when", ["before", "during"])
async def test_a_journal_that_cannot_be_written_means_no_turn(tmp_path: Path, when: str) -> None:
    folder = tmp_path / "gateway" / "here"
    if when == "before":
        folder.parent.mkdir()
        folder.write_text("in the way")
    async with outage(tmp_path) as scripted:
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        if when == "during":
            # The disk is full: /dev/full takes no byte.
            assert scripted.services.outage is not None
            file = scripted.services.outage._kept._journal._file  # type: ignore[union-attr]
            full = os.open("/dev/full", os.O_RDWR)
            os.dup2(full, file)
            os.close(full)
        assert (await ask(scripted.assistant, "Hello")).text == NOTICES["emergency"]
        assert scripted.conversation.replies == []


@pytest.fixture
def stalled_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """While it is cleared, nothing that is to be on the disk gets there."""
    works, fsync = threading.Event(), os.fsync
    works.set()
    monkeypatch.setattr(os, "fsync", lambda file: (works.wait(30), fsync(file))[1])
    yield works
    works.set()


async def test_a_turn_whose_lease_a_stalled_disk_does_not_take_ends_in_its_time_and_costs_nobody_anything(
    tmp_path: Path, stalled_disk: threading.Event
) -> None:
    async with outage(tmp_path, turn_s=3.0, settle_s=0.5, hold_s=0.5) as scripted:
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        stalled_disk.clear()
        async with asyncio.timeout(10):
            assert (await ask(scripted.assistant, "Hello", message_id="m1")).text == NOTICES["credit_unavailable"]
            await credit_is_back(scripted)
            assert (await ask(scripted.assistant, "Hello", message_id="m2")).final.outcome == Final.OUTCOME_ANSWERED
        stalled_disk.set()
        assert scripted.services.outage is not None
        await eventually(lambda: not scripted.services.outage.running, "what was taken too late is ended")  # type: ignore[union-attr]
        await scripted.upkeep.once()
        assert scripted.credit.leases.paid() == {"m1:0": (0, 0)}


@pytest.mark.parametrize("stopped", [False, True])
async def test_a_disk_that_stalls_during_an_answer_does_not_hold_up_its_end_and_all_of_it_is_charged(
    tmp_path: Path, stalled_disk: threading.Event, stopped: bool
) -> None:
    async with outage(tmp_path, settle_s=0.5) as scripted:
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        scripted.conversation.mid_stream = gate = asyncio.Event()
        reader = Reader(scripted.assistant, "Hello", message_id="m1")
        await reader.has_read(2)
        stalled_disk.clear()
        async with asyncio.timeout(10):
            if stopped:
                await scripted.assistant.stop_answer(gateway_pb2.StopAnswerRequest(message_id="m1", user_id="ada"))
            gate.set()
            assert (await reader.task).final.outcome == (Final.OUTCOME_CUT if stopped else Final.OUTCOME_ANSWERED)
        stalled_disk.set()
        await eventually(lambda: not scripted.services.outage.running, "what was delivered is written down")  # type: ignore[union-attr]
        await scripted.upkeep.once()
        assert scripted.credit.leases.paid() == {"m1:0": (120 if stopped else COST, 0)}


async def test_what_was_delivered_before_a_stop_is_written_down_and_charged(scripted: Scripted) -> None:
    scripted.conversation.mid_stream = asyncio.Event()
    reader = Reader(scripted.assistant, "Hello", message_id="m1")
    await reader.has_read(2)
    await scripted.assistant.stop_answer(gateway_pb2.StopAnswerRequest(message_id="m1", user_id="ada"))
    assert (await reader.task).final.outcome == Final.OUTCOME_CUT
    await scripted.upkeep.once()
    assert scripted.credit.leases.paid() == {"m1:0": (100 + 20, 0)}
    ended = scripted.asked("EndTurn")[0]
    assert isinstance(ended, conversation_pb2.EndTurnRequest)
    assert (bool(ended.lease_id), ended.hold_id, ended.usage.completion_tokens) == (True, "", 2)


async def test_a_turn_of_which_nothing_was_delivered_costs_nobody_anything(scripted: Scripted) -> None:
    scripted.fail("Reply", errors.ModelUnavailable())
    assert (await ask(scripted.assistant, "Hello", message_id="m1")).final.outcome == Final.OUTCOME_REFUSED
    await scripted.upkeep.once()
    assert scripted.credit.leases.paid() == {"m1:0": (0, 0)}


async def test_a_turn_that_another_gateway_has_taken_over_is_settled_without_its_use(scripted: Scripted) -> None:
    scripted.fail("Reply", errors.StaleFence())
    await ask(scripted.assistant, "Hello", message_id="m1")
    await scripted.upkeep.once()
    assert scripted.credit.leases.paid() == {"m1:0": (0, BOUND)}


async def test_a_reader_who_goes_away_pays_for_what_they_read(scripted: Scripted) -> None:
    scripted.conversation.mid_stream = asyncio.Event()
    reader = Reader(scripted.assistant, "Hello", message_id="m1")
    await reader.has_read(2)
    await reader.stop()
    await eventually(lambda: scripted.turn_states() == ["CUT"] and not scripted.services.outage.running, "the turn ends")  # type: ignore[union-attr]
    await scripted.upkeep.once()
    assert scripted.credit.leases.paid() == {"m1:0": (120, 0)}


async def test_a_turn_under_way_is_not_settled_before_its_end(scripted: Scripted) -> None:
    scripted.conversation.mid_stream = gate = asyncio.Event()
    reader = Reader(scripted.assistant, "Hello", message_id="m1")
    await reader.has_read(2)
    await scripted.upkeep.once()
    assert scripted.credit.leases.settled == {}
    gate.set()
    await reader.task
    await scripted.upkeep.once()
    assert scripted.credit.leases.paid() == {"m1:0": (COST, 0)}


async def test_a_hold_that_was_placed_before_credit_failed_is_freed(tmp_path: Path) -> None:
    async with outage(tmp_path, end_retry_s=20.0) as scripted:
        await scripted.upkeep.once()
        scripted.fail_after("PlaceHold", errors.Internal("unexpected"))
        assert (await ask(scripted.assistant, "Hello", message_id="m1")).text == WHOLE
        assert scripted.hold_states() == ["ACTIVE"]
        scripted.faults.after.clear()
        await eventually(lambda: scripted.hold_states() == ["RELEASED"], "the hold is freed")
        await scripted.upkeep.once()
        assert scripted.credit.available["user:ada"] == START - COST


async def test_a_hold_that_was_placed_all_the_same_is_freed(tmp_path: Path) -> None:
    async with outage(tmp_path, end_retry_s=20.0) as scripted:
        await scripted.upkeep.once()
        scripted.fail_after("PlaceHold", gate := asyncio.Event())
        assert (await ask(scripted.assistant, "Hello", message_id="m1")).text == WHOLE
        assert scripted.hold_states() == ["ACTIVE"]
        gate.set()
        await eventually(lambda: scripted.hold_states() == ["RELEASED"], "the hold is freed")
        await scripted.upkeep.once()
        assert scripted.credit.available["user:ada"] == START - COST


async def test_a_settlement_whose_answer_was_lost_is_repeated_under_the_same_id_and_charged_once(scripted: Scripted) -> None:
    scripted.settings.__dict__["outage_call_s"] = 0.3
    scripted.upkeep._settling._call_s = 0.3
    await ask(scripted.assistant, "Hello", message_id="m1")
    scripted.fail_after("SettleLease", gate := asyncio.Event())
    await scripted.upkeep.once()
    assert status(scripted).turns_unsettled == 1
    gate.set()
    await scripted.upkeep.once()
    first, second = scripted.asked("SettleLease")
    assert first == second
    assert scripted.credit.leases.charges == {"m1:0": 1}
    assert status(scripted).turns_unsettled == 0


async def test_a_turn_that_credit_refuses_is_set_aside_and_the_others_are_settled(scripted: Scripted, tmp_path: Path) -> None:
    for number in range(4):
        await ask(scripted.assistant, "Hello", message_id=f"m{number}", user_id=f"user-{number}")
    scripted.credit.leases.refusals = {"m2:0": errors.InvalidField("turns", "is odd")}
    await credit_is_back(scripted)
    await scripted.upkeep.once()
    assert set(scripted.credit.leases.paid()) == {"m0:0", "m1:0", "m3:0"}
    assert status(scripted).turns_unsettled == 0
    # Nobody knows whether it was spent, so that it is not there to be spent again.
    assert status(scripted).remaining_microcredits == LEASE - BOUND
    kept = (tmp_path / "gateway" / "here" / SET_ASIDE).read_text()
    assert kept.startswith("refused INVALID_FIELD ")
    assert '"turn_id":"m2:0"' in kept


async def test_two_gateways_do_not_share_a_journal(scripted: Scripted, tmp_path: Path) -> None:
    with pytest.raises(JournalLocked, match=r"^another gateway \(process \d+\) uses the outage journal in .*: give this one another PARLOUR_\w+"):
        async with outage(tmp_path):
            pass


async def test_a_gateway_that_lost_its_journal_gets_another_lease(tmp_path: Path) -> None:
    async with outage(tmp_path) as scripted:
        await scripted.upkeep.once()
    name = book(tmp_path).instance
    (tmp_path / "gateway" / "here" / JOURNAL).unlink()
    async with outage(tmp_path) as scripted:
        await scripted.upkeep.once()
        (request,) = scripted.asked("AcquireLease")
        assert isinstance(request, credit_pb2.AcquireLeaseRequest)
        assert request.instance_id.startswith("here-")
        assert request.instance_id != name


async def test_a_journal_removed_while_it_is_in_use_is_put_back(scripted: Scripted, tmp_path: Path) -> None:
    (tmp_path / "gateway" / "here" / JOURNAL).unlink()
    assert (await ask(scripted.assistant, "Hello", message_id="m1")).text == WHOLE
    kept = book(tmp_path)
    assert (list(kept.turns), kept.lease is not None) == (["m1:0"], True)


async def test_status_says_that_people_are_answered_on_the_lease(scripted: Scripted) -> None:
    await ask(scripted.assistant, "Hello")
    said = status(scripted)
    assert (said.active, said.emergency) == (True, False)
    assert (said.lease_microcredits, said.remaining_microcredits, said.turns_unsettled) == (LEASE, LEASE - BOUND, 1)


async def test_a_message_repeated_after_a_crash_is_not_answered_a_second_time_on_the_lease(tmp_path: Path) -> None:
    async with outage(tmp_path) as scripted:
        await scripted.upkeep.once()
        scripted.fail("PlaceHold", AWAY)
        scripted.fail("Reply", asyncio.Event())
        reader = Reader(scripted.assistant, "Hello", message_id="m1")
        await eventually(lambda: scripted.asked("Reply"), "the model is called")
        crashed = journal(tmp_path)
        await reader.stop()
    (tmp_path / "gateway" / "here" / JOURNAL).write_bytes(crashed)
    async with outage(tmp_path) as again:
        again.fail("PlaceHold", AWAY)
        answer = await ask(again.assistant, "Hello", message_id="m1")
        assert (answer.text, answer.final.outcome) == (NOTICES["orphaned"], Final.OUTCOME_REFUSED)
        assert again.conversation.replies == []
