"""One turn as a saga: what a person gets, what is charged, and what is left behind, when each part fails in each way."""

import asyncio
from contextlib import aclosing

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.notices import WORDS as NOTICES
from services.runtime import errors
from tests.integration.gateway.scripted_faults import START, WORDS
from tests.integration.gateway.scripted_services import Reader, Scripted, ask, eventually, request, scripted_services

Final = gateway_pb2.Final
WHOLE = "".join(WORDS)
COST = 100 + 10 * len(WORDS)
OUTAGE = errors.DependencyUnavailable("database", "away")


@pytest.fixture
async def scripted():
    async with scripted_services() as scripted:
        yield scripted


async def test_an_answer_is_streamed_then_charged_and_the_rest_of_the_hold_freed(scripted: Scripted):
    answer = await ask(scripted.assistant, "What is a good name for a dog?")
    kinds = [event.WhichOneof("event") for event in answer.events]
    assert kinds == ["typing", *["delta"] * len(WORDS), "final"]
    assert answer.streamed == answer.text == WHOLE
    final = answer.final
    assert final.outcome == Final.OUTCOME_ANSWERED
    assert (final.model, final.prompt_tokens, final.completion_tokens) == ("scripted", 100, len(WORDS))
    assert (final.charged_microcredits, final.available_microcredits, final.balance_known) == (COST, START - COST, True)
    assert scripted.hold_states() == ["CAPTURED"]


async def test_all_request_ids_derive_from_the_turn(scripted: Scripted):
    await ask(scripted.assistant, "Hello", message_id="m1", attempt=2)
    assert scripted.asked("PlaceHold")[0].request_id == "m1:2:hold"
    assert scripted.asked("CaptureHold")[0].request_id == "m1:2:capture"
    assert scripted.asked("PlaceHold")[0].account_id == "user:ada"


async def test_memories_found_are_given_to_the_model(scripted: Scripted):
    await ask(scripted.assistant, "remember that my cat is called Miso")
    answer = await ask(scripted.assistant, "What is my cat called?")
    assert answer.final.memories_used == 1
    assert [memory.text for memory in scripted.conversation.replies[0].memories] == ["my cat is called Miso"]


async def test_repeating_a_message_replays_its_answer_and_charges_once(scripted: Scripted):
    await ask(scripted.assistant, "Hello", message_id="m1")
    again = await ask(scripted.assistant, "Hello", message_id="m1")
    assert (again.text, again.final.replayed, again.final.outcome) == (WHOLE, True, Final.OUTCOME_ANSWERED)
    assert len(scripted.asked("CaptureHold")) == len(scripted.conversation.replies) == 1


async def test_a_message_repeated_while_it_is_answered_joins_the_answer(scripted: Scripted):
    scripted.conversation.mid_stream = gate = asyncio.Event()
    first = Reader(scripted.assistant, "Hello", message_id="m1")
    await first.has_read(2)
    second = Reader(scripted.assistant, "Hello", message_id="m1")
    gate.set()
    assert (await first.task).final.replayed is False
    assert (await second.task).final.replayed is True
    assert (await second.task).text == WHOLE
    assert len(scripted.conversation.replies) == 1


async def test_the_same_id_with_another_text_is_not_given_somebody_elses_answer(scripted: Scripted):
    await ask(scripted.assistant, "remember that my cat is called Miso")
    mine = await ask(scripted.assistant, "what do you remember about me?", message_id="m1")
    theirs = await ask(scripted.assistant, "what do you remember about me?", message_id="m1", user_id="bob")
    assert "Miso" in mine.text
    assert "Miso" not in theirs.text


@pytest.mark.parametrize("method", ["BeginTurn", "Reply"])
@pytest.mark.parametrize("fault", [OUTAGE, errors.Internal("broken"), ValueError("broken")])
async def test_without_conversation_there_is_a_polite_refusal_and_nothing_is_held(scripted: Scripted, method: str, fault: Exception):
    scripted.fail(method, fault)
    answer = await ask(scripted.assistant, "Hello")
    assert answer.final.outcome == Final.OUTCOME_REFUSED
    assert answer.text == NOTICES["conversation_unavailable"]
    assert scripted.hold_states() in ([], ["RELEASED"])
    assert scripted.credit.available["user:ada"] == START


async def test_a_slow_beginning_is_refused_in_time(scripted: Scripted):
    scripted.fail("BeginTurn", asyncio.Event())
    answer = await ask(scripted.assistant, "Hello")
    assert answer.text == NOTICES["conversation_unavailable"]
    assert answer.final.reason == "DEADLINE_EXCEEDED"


@pytest.mark.parametrize("fault", [OUTAGE, errors.Internal("broken"), "slow"])
async def test_without_credit_there_is_a_polite_refusal(scripted: Scripted, fault: Exception | str):
    scripted.fail("PlaceHold", asyncio.Event() if fault == "slow" else fault)  # type: ignore[arg-type]
    answer = await ask(scripted.assistant, "Hello")
    assert answer.final.outcome == Final.OUTCOME_REFUSED
    assert answer.text == NOTICES["credit_unavailable"]
    assert scripted.turn_states() == ["APOLOGISED"]


async def test_a_hold_whose_answer_was_lost_is_found_and_freed(scripted: Scripted):
    scripted.fail_after("PlaceHold", gate := asyncio.Event())
    answer = await ask(scripted.assistant, "Hello")
    assert answer.text == NOTICES["credit_unavailable"]
    assert scripted.hold_states() == ["ACTIVE"]
    gate.set()
    await eventually(lambda: scripted.hold_states() == ["RELEASED"], "the hold is freed")


async def test_a_hold_being_placed_when_the_reader_goes_away_is_freed(scripted: Scripted):
    scripted.fail_after("PlaceHold", gate := asyncio.Event())
    reader = Reader(scripted.assistant, "Hello")
    await eventually(lambda: scripted.hold_states() == ["ACTIVE"], "the hold is placed")
    await reader.stop()
    gate.set()
    await eventually(lambda: scripted.hold_states() == ["RELEASED"], "the hold is freed")


async def test_the_hold_is_placed_while_the_turn_is_being_stored(scripted: Scripted):
    scripted.fail("BeginTurn", gate := asyncio.Event())
    reader = Reader(scripted.assistant, "Hello")
    await eventually(lambda: scripted.hold_states() == ["ACTIVE"], "the hold is placed")
    gate.set()
    answer = await reader.task
    assert answer.final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.hold_states() == ["CAPTURED"]


async def test_a_hold_that_was_being_placed_when_the_turn_was_refused_is_freed_before_the_refusal_is_said(scripted: Scripted):
    scripted.fail_after("PlaceHold", gate := asyncio.Event())
    scripted.fail("BeginTurn", OUTAGE)
    reader = Reader(scripted.assistant, "Hello")
    await eventually(lambda: scripted.hold_states() == ["ACTIVE"], "the hold is placed")
    gate.set()
    answer = await reader.task
    assert answer.text == NOTICES["conversation_unavailable"]
    assert scripted.hold_states() == ["RELEASED"]


async def test_repeating_the_message_of_a_turn_that_was_apologised_for_holds_nothing(scripted: Scripted):
    scripted.fail("PlaceHold", OUTAGE)
    first = await ask(scripted.assistant, "Hello", message_id="m1")
    scripted.heal("PlaceHold")
    again = await ask(scripted.assistant, "Hello", message_id="m1")
    assert (again.text, again.final.replayed) == (first.text, True)
    await eventually(lambda: scripted.hold_states() == ["RELEASED"], "the hold is freed")
    assert scripted.credit.available["user:ada"] == START


async def test_too_few_credits_are_said_with_the_balance_and_the_model_is_not_asked(scripted: Scripted):
    scripted.credit.available["user:ada"] = 10
    answer = await ask(scripted.assistant, "Hello")
    assert answer.final.reason == "INSUFFICIENT_CREDIT"
    assert "0.00001 left" in answer.text
    assert scripted.conversation.replies == []
    assert scripted.turn_states() == ["APOLOGISED"]


@pytest.mark.parametrize("fault", [OUTAGE, errors.Internal("broken"), errors.Overloaded(), "slow"])
async def test_without_memory_the_answer_comes_and_says_so_once(scripted: Scripted, fault: Exception | str):
    scripted.fail("SearchMemories", asyncio.Event() if fault == "slow" else fault)  # type: ignore[arg-type]
    answer = await ask(scripted.assistant, "Hello")
    assert answer.text == WHOLE
    assert answer.notices == ["memory_unavailable"]


async def test_with_conversations_database_away_the_answer_comes_and_says_once_that_it_is_not_kept(scripted: Scripted):
    scripted.conversation.stored = False
    answer = await ask(scripted.assistant, "Hello")
    assert answer.text == WHOLE
    assert answer.notices == ["not_kept"]
    assert scripted.hold_states() == ["CAPTURED"]


@pytest.mark.parametrize(
    ("error", "notice"),
    [
        (errors.ModelUnavailable("all of them"), "model_unavailable"),
        (errors.RateLimited("provider"), "slow_down"),
        (errors.ContextTooLong(""), "too_long"),
        (errors.ContentRefused(""), "content_refused"),
        (errors.Overloaded(""), "busy"),
    ],
)
async def test_a_model_that_cannot_answer_is_said_plainly_and_costs_nothing(scripted: Scripted, error: Exception, notice: str):
    scripted.fail("Reply", error)
    answer = await ask(scripted.assistant, "Hello")
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES[notice])
    assert scripted.hold_states() == ["RELEASED"]
    assert scripted.turn_states() == ["APOLOGISED"]
    assert answer.final.available_microcredits == START


@pytest.mark.parametrize("error", [errors.ModelUnavailable("died"), OUTAGE, errors.Internal("broken")])
async def test_a_reply_cut_mid_stream_is_delivered_so_far_and_only_that_is_charged(scripted: Scripted, error: Exception):
    scripted.conversation.mid_stream = error
    answer = await ask(scripted.assistant, "Hello")
    final = answer.final
    assert final.outcome == Final.OUTCOME_CUT
    assert final.text == f"Call him \n\n{NOTICES['cut']}"
    assert final.charged_microcredits == 100 + 10 * 2
    assert scripted.hold_states() == ["CAPTURED"]
    ended = scripted.asked("EndTurn")[0]
    assert (ended.text, ended.usage.completion_tokens, ended.hold_id != "") == (final.text, 2, True)
    assert scripted.turn_states() == ["CUT"]


async def test_a_message_of_discord_whose_fence_another_gateway_has_is_left_to_that_one(scripted: Scripted):
    scripted.conversation.mid_stream = errors.StaleFence("a newer turn has it")
    answer = await ask(scripted.assistant, "Hello", origin="discord")
    assert answer.events[-1].ignored.reason == "duplicate"
    assert scripted.hold_states() == ["ACTIVE"]  # the one that settles it is the other one
    assert scripted.asked("EndTurn") == []


async def test_a_cut_before_the_first_word_costs_nothing(scripted: Scripted):
    scripted.conversation.mid_stream, scripted.conversation.stops_after = errors.ModelUnavailable("died"), 0
    answer = await ask(scripted.assistant, "Hello")
    assert answer.final.outcome == Final.OUTCOME_REFUSED
    assert scripted.hold_states() == ["RELEASED"]


async def test_a_turn_past_its_deadline_keeps_what_was_said_and_charges_that():
    async with scripted_services(turn_s=0.6, turn_margin_s=0.1) as scripted:
        scripted.conversation.mid_stream = asyncio.Event()
        answer = await ask(scripted.assistant, "Hello")
        assert answer.final.outcome == Final.OUTCOME_CUT
        assert answer.text.endswith(NOTICES["cut_time"])
        assert scripted.hold_states() == ["CAPTURED"]
        await eventually(lambda: scripted.conversation.cancelled == 1, "the model is stopped")


async def test_a_reader_who_goes_away_is_charged_for_what_was_delivered(scripted: Scripted):
    scripted.conversation.mid_stream = asyncio.Event()
    async with aclosing(scripted.assistant.handle(request("Hello"))) as events:
        async for event in events:
            if event.WhichOneof("event") == "delta" and event.delta.text == WORDS[1]:
                break
    await eventually(lambda: scripted.turn_states() == ["CUT"], "the turn is stored as cut")
    await eventually(lambda: scripted.hold_states() == ["CAPTURED"], "the hold is captured")
    assert scripted.asked("CaptureHold")[0].usage.completion_tokens == 2
    await eventually(lambda: scripted.conversation.cancelled == 1, "the model is stopped")


async def test_a_reader_who_goes_away_before_the_first_word_pays_nothing(scripted: Scripted):
    scripted.fail("Reply", asyncio.Event())
    reader = Reader(scripted.assistant, "Hello")
    await eventually(lambda: scripted.asked("Reply"), "the reply is asked for")
    await reader.stop()
    await eventually(lambda: scripted.hold_states() == ["RELEASED"], "the hold is released")
    await eventually(lambda: scripted.turn_states() == ["APOLOGISED"], "the turn is ended")


async def test_the_next_message_waits_until_a_stopped_turn_is_settled(scripted: Scripted):
    scripted.conversation.mid_stream = asyncio.Event()
    scripted.fail("CaptureHold", gate := asyncio.Event())
    reader = Reader(scripted.assistant, "Hello")
    await reader.has_read(2)
    await reader.stop()
    scripted.conversation.mid_stream = None
    following = asyncio.create_task(ask(scripted.assistant, "And now?"))
    await eventually(lambda: scripted.asked("CaptureHold"), "the stopped turn is being charged")
    assert len(scripted.asked("BeginTurn")) == 1
    gate.set()
    assert (await following).text == WHOLE


async def test_a_capture_that_fails_is_made_up_for_in_the_background(scripted: Scripted):
    scripted.fail("CaptureHold", OUTAGE)
    answer = await ask(scripted.assistant, "Hello")
    assert answer.final.outcome == Final.OUTCOME_ANSWERED
    assert not answer.final.balance_known
    scripted.heal("CaptureHold")
    await eventually(lambda: scripted.hold_states() == ["CAPTURED"], "the capture is repeated", 10)


async def test_a_slow_capture_does_not_keep_the_answer_back(scripted: Scripted):
    scripted.fail("CaptureHold", asyncio.Event())
    started = asyncio.get_running_loop().time()
    answer = await ask(scripted.assistant, "Hello")
    assert answer.text == WHOLE
    assert asyncio.get_running_loop().time() - started < 3


async def test_a_capture_that_the_settlement_job_made_first_is_shown_as_the_charge(scripted: Scripted):
    scripted.fail("CaptureHold", gate := asyncio.Event())
    task = asyncio.create_task(ask(scripted.assistant, "Hello"))
    await eventually(lambda: scripted.asked("CaptureHold"), "the capture is on its way")
    (hold,) = scripted.credit.holds.values()
    hold.state, hold.captured_microcredits = 2, 77
    gate.set()
    assert (await task).final.charged_microcredits == 77


async def test_the_credits_are_charged_while_the_reply_is_being_stored(scripted: Scripted):
    scripted.fail("ReplyStored", gate := asyncio.Event())
    task = asyncio.create_task(ask(scripted.assistant, "Hello"))
    await eventually(lambda: scripted.hold_states() == ["CAPTURED"], "the hold is captured")
    assert not task.done()
    gate.set()
    answer = await task
    assert (answer.final.outcome, answer.final.charged_microcredits) == (Final.OUTCOME_ANSWERED, 100 + 10 * len(WORDS))
    assert len(scripted.asked("CaptureHold")) == 1


@pytest.mark.parametrize("error", [OUTAGE, errors.Internal("broken")])
async def test_a_reply_that_breaks_off_while_it_is_being_stored_is_charged_once_for_all_that_was_delivered(scripted: Scripted, error: Exception):
    scripted.fail("ReplyStored", error)
    final = (await ask(scripted.assistant, "Hello")).final
    assert (final.outcome, final.charged_microcredits) == (Final.OUTCOME_CUT, 100 + 10 * len(WORDS))
    assert len(scripted.asked("CaptureHold")) == 1
    assert scripted.asked("ReleaseHold") == []


async def test_an_end_that_cannot_be_stored_is_tried_again(scripted: Scripted):
    scripted.fail("Reply", errors.ModelUnavailable("away"))
    scripted.fail("EndTurn", OUTAGE)
    answer = await ask(scripted.assistant, "Hello")
    assert answer.text == NOTICES["model_unavailable"]
    scripted.heal("EndTurn")
    await eventually(lambda: scripted.turn_states() == ["APOLOGISED"], "the end is stored", 10)


async def test_an_unknown_bug_in_a_turn_frees_the_hold_and_shows_no_internals(scripted: Scripted, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("services.gateway.assistant_turn.AssistantTurn._reply_request", broken)
    answer = await ask(scripted.assistant, "Hello")
    assert answer.final.outcome == Final.OUTCOME_REFUSED
    assert "secret" not in answer.text
    assert scripted.hold_states() == ["RELEASED"]


async def test_a_stopping_gateway_charges_what_was_delivered_and_leaves_the_rest_to_be_claimed(scripted: Scripted):
    scripted.conversation.mid_stream = asyncio.Event()
    delivered = Reader(scripted.assistant, "Hello")
    await delivered.has_read(2)
    scripted.fail("Reply", asyncio.Event())
    undelivered = Reader(scripted.assistant, "Hello", user_id="bob")
    await eventually(lambda: len(scripted.asked("Reply")) == 2, "the second reply is asked for")
    await scripted.assistant.close()
    assert scripted.turn_states() == ["CUT", "ACCEPTED"]
    assert scripted.hold_states() == ["CAPTURED", "ACTIVE"]
    await delivered.stop()
    await undelivered.stop()
