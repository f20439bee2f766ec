"""What is kept of a person: explained, handed over, kept no longer, and erased, for their own eyes only."""

import json

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.notices import WORDS as NOTICES
from services.runtime import deadline, errors
from tests.integration.gateway.scripted_services import Answer, Scripted, ask, scripted_services

Final = gateway_pb2.Final
QUICK = {"erasure_poll_s": 0.001, "erasure_wait_s": 5.0}
LINES = [json.dumps({"part": "conversation.messages", "row": {"text": f"message {number}"}}) + "\n" for number in range(100)]


@pytest.fixture
async def scripted():
    async with scripted_services(**QUICK) as scripted:
        yield scripted


def confirms(answer: Answer, confirmed: bool = True) -> gateway_pb2.ConfirmationDecision:
    return gateway_pb2.ConfirmationDecision(confirmation_id=answer.final.confirmation.confirmation_id, confirmed=confirmed)


@pytest.mark.parametrize("said", ["/privacy", "what do you store about me?", "do you save my messages?"])
async def test_what_is_kept_is_explained_in_a_few_lines(scripted: Scripted, said: str):
    answer = await ask(scripted.assistant, said)
    assert len(answer.text.splitlines()) == 4
    assert len(answer.text) < 1200
    assert "/privacy erase" in answer.text


@pytest.mark.parametrize(
    "said", ["/privacy", "/privacy export", "/privacy opt-out", "/privacy opt-in", "/privacy erase", "/privacy policy", "export my data"]
)
async def test_all_of_it_is_private(scripted: Scripted, said: str):
    answer = await ask(scripted.assistant, said, guild_id="g", mentions_assistant=True)
    assert (answer.final.outcome, answer.final.private) == (Final.OUTCOME_COMMAND, True)


async def test_an_unknown_way_shows_those_that_there_are(scripted: Scripted):
    assert (await ask(scripted.assistant, "/privacy please")).text == NOTICES["privacy_form"]


async def test_an_export_is_one_file_of_json_lines(scripted: Scripted):
    scripted.conversation.export = ["".join(LINES[:60]), "".join(LINES[60:])]
    final = (await ask(scripted.assistant, "/privacy export")).final
    (file,) = final.files
    assert [json.loads(line)["row"]["text"] for line in file.data.decode().splitlines()] == [f"message {number}" for number in range(100)]
    assert (file.name.endswith(".jsonl"), "ada" in file.name) == (True, False)
    assert scripted.asked("ExportSubject")[0].user_id == "ada"


async def test_an_export_that_is_too_large_is_cut_at_a_line_and_says_so():
    async with scripted_services(export_bytes_max=1000) as scripted:
        scripted.conversation.export = ["".join(LINES[:60]), "".join(LINES[60:])]
        answer = await ask(scripted.assistant, "/privacy export")
        (file,) = answer.final.files
        assert "there is more" in answer.text
        assert 900 < len(file.data) <= 1000
        assert file.data.decode().splitlines(keepends=True) == LINES[: file.data.count(b"\n")]


async def test_an_export_is_not_kept_for_a_repeat(scripted: Scripted):
    scripted.conversation.export = [LINES[0]]
    first = await ask(scripted.assistant, "/privacy export", message_id="m1")
    again = await ask(scripted.assistant, "/privacy export", message_id="m1")
    assert first.final.files == again.final.files
    assert len(scripted.asked("ExportSubject")) == 2


async def test_an_export_that_cannot_be_read_is_refused_in_words(scripted: Scripted):
    scripted.fail("ExportSubject", errors.DependencyUnavailable("memory"))
    answer = await ask(scripted.assistant, "/privacy export")
    assert (answer.final.outcome, answer.text, list(answer.final.files)) == (Final.OUTCOME_REFUSED, NOTICES["privacy_command_unavailable"], [])


@pytest.mark.parametrize(("said", "words", "opted_out"), [("/privacy opt-out", "opted_out", True), ("remember me again please", None, None)])
async def test_only_what_asks_for_it_opts_out(scripted: Scripted, said: str, words: str | None, opted_out: bool | None):
    answer = await ask(scripted.assistant, said, message_id="m1")
    if words is None:
        assert answer.final.outcome == Final.OUTCOME_ANSWERED
    else:
        assert answer.text == NOTICES[words]
        assert [(one.request_id, one.user_id, one.opted_out) for one in scripted.asked("SetOptOut")] == [("m1:0:opt-out", "ada", opted_out)]


async def test_opting_in_takes_it_back(scripted: Scripted):
    assert (await ask(scripted.assistant, "opt me back in")).text == NOTICES["opted_in"]
    assert [one.opted_out for one in scripted.asked("SetOptOut")] == [False]


async def test_nothing_is_erased_before_a_yes(scripted: Scripted):
    answer = await ask(scripted.assistant, "delete all my data")
    assert (answer.text, answer.final.confirmation.confirm_label) == (NOTICES["erase_ask"], NOTICES["erase_label"])
    assert scripted.asked("EraseSubject") == []
    assert (await ask(scripted.assistant, "no")).text == NOTICES["declined"]
    assert (await ask(scripted.assistant, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.asked("EraseSubject") == []


@pytest.mark.parametrize("by_button", [True, False])
async def test_a_yes_erases_and_ends_in_a_receipt(scripted: Scripted, by_button: bool):
    asked = await ask(scripted.assistant, "/privacy erase")
    answer = await (ask(scripted.assistant, "", confirmation=confirms(asked)) if by_button else ask(scripted.assistant, "yes"))
    assert "1,031 entries erased" in answer.text
    assert "1 January 2027" in answer.text
    assert "5eal" in answer.text
    assert "erasure-" not in answer.text
    assert (answer.final.private, answer.final.HasField("confirmation")) == (True, False)
    assert {request.user_id for request in scripted.asked("EraseSubject")} == {"ada"}


async def test_progress_is_shown_while_it_goes_on_and_the_answer_begins_with_it(scripted: Scripted):
    asked = await ask(scripted.assistant, "/privacy erase")
    answer = await ask(scripted.assistant, "", confirmation=confirms(asked))
    assert answer.streamed.startswith(NOTICES["erasing_begun"])
    assert "1,000 entries so far" in answer.streamed
    assert answer.text.startswith(answer.streamed)


async def test_what_takes_longer_goes_on_and_can_be_looked_at():
    async with scripted_services(erasure_poll_s=0.001, erasure_wait_s=0.0) as scripted:
        asked = await ask(scripted.assistant, "/privacy erase")
        first = await ask(scripted.assistant, "", confirmation=confirms(asked))
        assert NOTICES["erasing_on"] in first.text
        assert first.final.confirmation.confirm_label == NOTICES["erase_look_label"]
        await ask(scripted.assistant, "", confirmation=confirms(first))
        await ask(scripted.assistant, "yes")
        assert len(scripted.asked("EraseSubject")) == 3
        assert len({request.request_id for request in scripted.asked("EraseSubject")}) == 1


@pytest.mark.parametrize("by_button", [True, False])
async def test_an_erasure_that_has_begun_is_not_said_to_be_called_off(by_button: bool):
    async with scripted_services(erasure_poll_s=0.001, erasure_wait_s=0.0) as scripted:
        asked = await ask(scripted.assistant, "/privacy erase")
        first = await ask(scripted.assistant, "", confirmation=confirms(asked))
        declined = ask(scripted.assistant, "", confirmation=confirms(first, confirmed=False)) if by_button else ask(scripted.assistant, "no")
        assert (await declined).text == NOTICES["erasing_anyway"]


async def test_a_caller_with_little_time_is_told_in_time_that_it_goes_on():
    async with scripted_services(erasure_poll_s=0.01, erasure_wait_s=60.0) as scripted:
        scripted.conversation.erased = dict.fromkeys(map(str, range(10_000)), 1)
        asked = await ask(scripted.assistant, "/privacy erase")
        with deadline.limited(2.5):
            answer = await ask(scripted.assistant, "", confirmation=confirms(asked))
            assert deadline.remaining_s() > 1  # type: ignore[operator]
        assert NOTICES["erasing_on"] in answer.text


async def test_a_look_that_fails_does_not_end_the_wait(scripted: Scripted):
    asked = await ask(scripted.assistant, "/privacy erase")
    scripted.conversation.looks_failing = 2
    answer = await ask(scripted.assistant, "", confirmation=confirms(asked))
    assert "5eal" in answer.text


async def test_somebody_elses_button_erases_nobody(scripted: Scripted):
    asked = await ask(scripted.assistant, "/privacy erase")
    pressed = await ask(scripted.assistant, "", user_id="bob", confirmation=confirms(asked))
    assert pressed.text == NOTICES["question_not_yours"]
    assert scripted.asked("EraseSubject") == []


async def test_a_button_that_was_made_up_erases_nobody(scripted: Scripted):
    made_up = gateway_pb2.ConfirmationDecision(confirmation_id="erase.zzzzzz.aaaa.bbbb", confirmed=True)
    assert (await ask(scripted.assistant, "", confirmation=made_up)).text == NOTICES["question_not_yours"]
    assert scripted.asked("EraseSubject") == []


async def test_an_erasure_that_cannot_begin_is_refused_in_words(scripted: Scripted):
    asked = await ask(scripted.assistant, "/privacy erase")
    scripted.fail("EraseSubject", errors.DependencyUnavailable("database"))
    answer = await ask(scripted.assistant, "", confirmation=confirms(asked))
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES["privacy_command_unavailable"])


async def test_a_yes_can_be_said_again_where_the_first_could_not_be_carried_out(scripted: Scripted):
    await ask(scripted.assistant, "/privacy erase")
    scripted.fail("EraseSubject", errors.Overloaded("busy"))
    assert (await ask(scripted.assistant, "yes")).final.outcome == Final.OUTCOME_REFUSED
    scripted.heal("EraseSubject")
    assert "5eal" in (await ask(scripted.assistant, "yes")).text


async def test_a_yes_in_front_of_others_shows_nothing_before_the_private_answer(scripted: Scripted):
    guild = {"guild_id": "g", "mentions_assistant": True}
    await ask(scripted.assistant, "/privacy erase", **guild)
    answer = await ask(scripted.assistant, "yes", **guild)
    assert (answer.streamed, answer.final.private) == ("", True)
    assert "5eal" in answer.text
