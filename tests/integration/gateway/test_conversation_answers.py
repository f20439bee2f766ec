"""What was talked about in a channel, and starting afresh: who may, what is asked before, and what a yes does."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.notices import WORDS as NOTICES
from services.runtime import errors
from tests.integration.gateway.scripted_services import Scripted, ask, scripted_services

Final = gateway_pb2.Final
GUILD = {"guild_id": "g", "channel_id": "c", "mentions_assistant": True}


@pytest.fixture
async def scripted():
    async with scripted_services() as scripted:
        yield scripted


def confirms(confirmation: gateway_pb2.Confirmation, confirmed: bool = True) -> gateway_pb2.ConfirmationDecision:
    return gateway_pb2.ConfirmationDecision(confirmation_id=confirmation.confirmation_id, confirmed=confirmed)


@pytest.mark.parametrize("said", ["/summary", "summarize this channel", "what did I miss?"])
async def test_a_channel_is_summed_up_topic_by_topic(scripted: Scripted, said: str):
    scripted.conversation.topics["c"] = ["Ada adopted a cat.", "Bob looks for\na raid group."]
    scripted.conversation.topics["other"] = ["A secret."]
    answer = await ask(scripted.assistant, said, **GUILD)
    assert answer.text == "This is what we talked about here:\n- Ada adopted a cat.\n- Bob looks for a raid group."
    assert answer.final.outcome == Final.OUTCOME_COMMAND


async def test_a_channel_without_talk_is_said_to_have_none(scripted: Scripted):
    assert (await ask(scripted.assistant, "/summary")).text == NOTICES["summary_nothing"]


async def test_a_guild_without_summaries_is_said_to_have_none(scripted: Scripted):
    scripted.fail("Summarize", errors.PermissionRefused("this guild does without summaries"))
    assert (await ask(scripted.assistant, "/summary", **GUILD)).text == NOTICES["summary_off"]


async def test_nothing_is_started_afresh_before_a_yes(scripted: Scripted):
    answer = await ask(scripted.assistant, "/reset")
    assert (answer.text, answer.final.confirmation.confirm_label) == (NOTICES["reset_ask"], NOTICES["reset_label"])
    now = Timestamp()
    now.GetCurrentTime()
    assert 0 < answer.final.confirmation.until_time.seconds - now.seconds <= scripted.settings.confirmation_s
    assert scripted.asked("ResetConversation") == []


async def test_a_pressed_yes_starts_this_channel_afresh(scripted: Scripted):
    asked = (await ask(scripted.assistant, "/reset")).final.confirmation
    assert (await ask(scripted.assistant, "", confirmation=confirms(asked))).text == NOTICES["reset_done"]
    (request,) = scripted.asked("ResetConversation")
    assert request.conversation == conversation_pb2.ConversationKey(channel_id="dm")


async def test_two_presses_are_one_request(scripted: Scripted):
    asked = (await ask(scripted.assistant, "/reset")).final.confirmation
    for _ in range(2):
        await ask(scripted.assistant, "", confirmation=confirms(asked))
    assert len({request.request_id for request in scripted.asked("ResetConversation")}) == 1


async def test_a_yes_in_words_starts_afresh_once(scripted: Scripted):
    await ask(scripted.assistant, "start a new conversation")
    assert (await ask(scripted.assistant, "yes")).text == NOTICES["reset_done"]
    assert (await ask(scripted.assistant, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert len(scripted.asked("ResetConversation")) == 1


@pytest.mark.parametrize("by_button", [True, False])
async def test_a_no_leaves_everything_as_it_is(scripted: Scripted, by_button: bool):
    asked = (await ask(scripted.assistant, "/reset")).final.confirmation
    declined = await (
        ask(scripted.assistant, "", confirmation=confirms(asked, confirmed=False)) if by_button else ask(scripted.assistant, "no thanks")
    )
    assert declined.text == NOTICES["declined"]
    assert (await ask(scripted.assistant, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.asked("ResetConversation") == []


async def test_talk_takes_the_question_back(scripted: Scripted):
    await ask(scripted.assistant, "/reset")
    await ask(scripted.assistant, "do you like dogs?")
    assert (await ask(scripted.assistant, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.asked("ResetConversation") == []


async def test_a_newer_question_is_the_one_that_a_yes_answers(scripted: Scripted):
    await ask(scripted.assistant, "/remember I sing")
    await ask(scripted.assistant, "/forget I sing")
    await ask(scripted.assistant, "/reset")
    await ask(scripted.assistant, "yes")
    assert (len(scripted.asked("CommitForget")), len(scripted.asked("ResetConversation"))) == (0, 1)


async def test_in_a_guild_only_a_moderator_starts_afresh(scripted: Scripted):
    refused = await ask(scripted.assistant, "/reset", **GUILD)
    assert (refused.text, refused.final.HasField("confirmation")) == (NOTICES["reset_not_yours"], False)
    asked = await ask(scripted.assistant, "/reset", **GUILD, may_moderate=True)
    assert asked.text == NOTICES["reset_ask_guild"]
    await ask(scripted.assistant, "", **GUILD, may_moderate=True, confirmation=confirms(asked.final.confirmation))
    assert scripted.asked("ResetConversation")[0].conversation == conversation_pb2.ConversationKey(guild_id="g", channel_id="c")


async def test_who_is_no_moderator_any_more_starts_nothing_afresh(scripted: Scripted):
    asked = (await ask(scripted.assistant, "/reset", **GUILD, may_moderate=True)).final.confirmation
    assert (await ask(scripted.assistant, "", **GUILD, confirmation=confirms(asked))).text == NOTICES["reset_not_yours"]
    assert scripted.asked("ResetConversation") == []


async def test_somebody_elses_button_does_nothing(scripted: Scripted):
    asked = (await ask(scripted.assistant, "/reset", **GUILD, may_moderate=True)).final.confirmation
    pressed = await ask(scripted.assistant, "", **GUILD, user_id="bob", may_moderate=True, confirmation=confirms(asked))
    assert (pressed.text, pressed.final.private) == (NOTICES["question_not_yours"], True)
    assert scripted.asked("ResetConversation") == []


async def test_a_button_pressed_too_late_does_nothing():
    async with scripted_services(confirmation_s=0.001) as scripted:
        asked = (await ask(scripted.assistant, "/reset")).final.confirmation
        assert (await ask(scripted.assistant, "", confirmation=confirms(asked))).text == NOTICES["question_expired"]
        assert scripted.asked("ResetConversation") == []


@pytest.mark.parametrize(("text", "words"), [("/summary in three words", "summary_form"), ("/reset password", "reset_form")])
async def test_a_command_with_absurd_arguments_shows_its_form(scripted: Scripted, text: str, words: str):
    assert (await ask(scripted.assistant, text)).text == NOTICES[words]
    assert scripted.asked("Summarize") == scripted.asked("ResetConversation") == []


async def test_a_conversation_that_is_away_is_said_in_words(scripted: Scripted):
    scripted.fail("Summarize", errors.DependencyUnavailable("database"))
    answer = await ask(scripted.assistant, "/summary")
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES["conversation_command_unavailable"])


@pytest.mark.parametrize("said", ["/summary", "what did I miss?"])
async def test_who_may_not_read_what_was_written_is_told_nothing_of_it(scripted: Scripted, said: str):
    assert (await ask(scripted.assistant, said, history_hidden=True, **GUILD)).text == NOTICES["summary_not_yours"]
    assert scripted.asked("Summarize") == []
