"""Commands are answered from the stores: what they change, what they say, and that they cost nothing."""

import pytest

from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2
from services.gateway.notices import WORDS as NOTICES
from services.runtime import errors
from tests.integration.gateway.scripted_faults import START
from tests.integration.gateway.scripted_services import Scripted, ask, scripted_services

Final = gateway_pb2.Final


@pytest.fixture
async def scripted():
    async with scripted_services() as scripted:
        yield scripted


async def test_remembering_stores_the_words_and_says_so(scripted: Scripted):
    answer = await ask(scripted.assistant, "remember that my cat is called Miso", message_id="m1")
    assert answer.text == "I'll remember that: my cat is called Miso."
    assert answer.final.outcome == Final.OUTCOME_COMMAND
    assert [memory.text for memory in answer.final.remembered] == ["my cat is called Miso"]
    (added,) = scripted.asked("AddMemory")
    assert added.request_id == "m1:0:remember"
    assert list(added.memory.provenance.message_ids) == ["m1"]
    assert (added.memory.provenance.author_id, added.memory.provenance.source) == ("ada", "stated")


async def test_commands_ask_no_model_and_charge_nothing(scripted: Scripted):
    for text in ("remember that I sing", "what do you remember about me?", "forget about opera", "how many credits do I have?", "help", "undo"):
        answer = await ask(scripted.assistant, text)
        assert answer.final.outcome == Final.OUTCOME_COMMAND, text
    assert scripted.asked("BeginTurn") == scripted.asked("PlaceHold") == scripted.asked("Reply") == []


@pytest.mark.parametrize(
    ("fields", "scope"),
    [
        ({}, ("", "", memory_pb2.VISIBILITY_PRIVATE)),
        ({"guild_id": "g", "mentions_assistant": True}, ("g", "", memory_pb2.VISIBILITY_GUILD)),
        ({"guild_id": "g", "mentions_assistant": True, "channel_hidden": True}, ("g", "dm", memory_pb2.VISIBILITY_GUILD)),
    ],
)
async def test_what_is_remembered_belongs_where_it_was_said(scripted: Scripted, fields: dict[str, object], scope: tuple[str, str, int]):
    await ask(scripted.assistant, "remember that I sing", **fields)
    stored = scripted.asked("AddMemory")[0].memory.scope
    assert (stored.guild_id, stored.channel_id, stored.visibility) == scope


async def test_the_viewer_always_names_the_channel(scripted: Scripted):
    await ask(scripted.assistant, "what do you remember about me?")
    await ask(scripted.assistant, "Hello")
    assert scripted.asked("ListMemories")[0].viewer.channel_id == scripted.asked("SearchMemories")[0].viewer.channel_id == "dm"


async def test_what_is_remembered_is_listed_in_one_line(scripted: Scripted):
    assert (await ask(scripted.assistant, "what do you remember about me?")).text == NOTICES["memories_none"]
    await ask(scripted.assistant, "remember that my cat is called Miso.")
    await ask(scripted.assistant, "remember that I sing")
    answer = await ask(scripted.assistant, "what do you remember about me?")
    assert answer.text == "I remember 2 things: my cat is called Miso; I sing."
    assert [memory.text for memory in answer.final.memories] == ["my cat is called Miso", "I sing"]


async def test_a_long_list_is_shortened_and_says_by_how_much():
    async with scripted_services(listed_max=2) as scripted:
        for number in range(5):
            await ask(scripted.assistant, f"remember that fact {number} holds")
        answer = await ask(scripted.assistant, "/memories")
        assert "fact 0 holds; fact 1 holds; and 3 more." in answer.text


async def test_what_is_remembered_already_is_not_stored_twice(scripted: Scripted):
    await ask(scripted.assistant, "remember that I sing")
    assert (await ask(scripted.assistant, "remember that I sing")).text == "I already remember that: I sing."


async def test_forgetting_is_offered_first_and_done_after_a_yes(scripted: Scripted):
    await ask(scripted.assistant, "remember that my cat is called Miso")
    offered = await ask(scripted.assistant, "forget about my cat")
    assert offered.text == "I would forget 1 thing: my cat is called Miso. Shall I? Say yes or no."
    assert [memory.text for memory in offered.final.forget_offer.memories] == ["my cat is called Miso"]
    assert scripted.asked("CommitForget") == []
    done = await ask(scripted.assistant, "yes, forget it")
    assert done.final.forget_done.forgotten == 1
    assert (await ask(scripted.assistant, "/memories")).text == NOTICES["memories_none"]


async def test_a_no_keeps_what_would_be_forgotten(scripted: Scripted):
    await ask(scripted.assistant, "remember that I sing")
    await ask(scripted.assistant, "forget that I sing")
    assert (await ask(scripted.assistant, "no")).text == NOTICES["forget_declined"]
    await ask(scripted.assistant, "yes")
    assert scripted.asked("CommitForget") == []


async def test_a_yes_to_nothing_is_talk(scripted: Scripted):
    assert (await ask(scripted.assistant, "yes")).final.outcome == Final.OUTCOME_ANSWERED


async def test_a_yes_after_other_talk_forgets_nothing(scripted: Scripted):
    await ask(scripted.assistant, "remember that I sing")
    await ask(scripted.assistant, "forget that I sing")
    await ask(scripted.assistant, "do you like dogs?")
    assert (await ask(scripted.assistant, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.asked("CommitForget") == []


async def test_one_persons_yes_does_not_answer_anothers_offer(scripted: Scripted):
    await ask(scripted.assistant, "remember that I sing")
    await ask(scripted.assistant, "forget that I sing")
    assert (await ask(scripted.assistant, "yes", user_id="bob")).final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.asked("CommitForget") == []


async def test_a_forget_can_be_undone(scripted: Scripted):
    await ask(scripted.assistant, "remember that I sing")
    await ask(scripted.assistant, "forget that I sing")
    await ask(scripted.assistant, "yes")
    assert (await ask(scripted.assistant, "undo that")).text == "I brought back 1 thing."
    assert "I sing" in (await ask(scripted.assistant, "/memories")).text
    assert (await ask(scripted.assistant, "undo")).text == NOTICES["undo_nothing"]


async def test_buttons_forget_and_undo_as_words_do(scripted: Scripted):
    await ask(scripted.assistant, "remember that I sing")
    plan_id = (await ask(scripted.assistant, "forget that I sing")).final.forget_offer.plan_id
    pressed = gateway_pb2.ForgetDecision(plan_id=plan_id)
    done = await ask(scripted.assistant, "yes", forget_decision=pressed, guild_id="")
    assert done.final.forget_done.plan_id == plan_id
    undone = await ask(scripted.assistant, "undo", forget_decision=gateway_pb2.ForgetDecision(plan_id=plan_id, undo=True))
    assert undone.text == "I brought back 1 thing."


async def test_a_button_that_keeps_withdraws_the_offer(scripted: Scripted):
    await ask(scripted.assistant, "remember that I sing")
    plan_id = (await ask(scripted.assistant, "forget that I sing")).final.forget_offer.plan_id
    kept = await ask(scripted.assistant, "", forget_decision=gateway_pb2.ForgetDecision(plan_id=plan_id, keep=True))
    assert kept.text == NOTICES["forget_declined"]
    assert (await ask(scripted.assistant, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.asked("CommitForget") == []


async def test_a_button_that_keeps_what_an_older_offer_named_leaves_the_newer_one(scripted: Scripted):
    await ask(scripted.assistant, "remember that I sing")
    older = (await ask(scripted.assistant, "forget that I sing")).final.forget_offer.plan_id
    newer = (await ask(scripted.assistant, "forget about singing, that I sing")).final.forget_offer.plan_id
    assert older != newer
    await ask(scripted.assistant, "", forget_decision=gateway_pb2.ForgetDecision(plan_id=older, keep=True))
    assert (await ask(scripted.assistant, "yes")).final.forget_done.plan_id == newer


async def test_a_button_pressed_too_late_says_so(scripted: Scripted):
    answer = await ask(scripted.assistant, "yes", forget_decision=gateway_pb2.ForgetDecision(plan_id="gone"))
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES["plan_expired"])


async def test_a_repeated_yes_replays_what_was_done(scripted: Scripted):
    await ask(scripted.assistant, "remember that I sing")
    await ask(scripted.assistant, "forget that I sing")
    first = await ask(scripted.assistant, "yes", message_id="m9")
    again = await ask(scripted.assistant, "yes", message_id="m9")
    assert again.final.replayed
    assert again.text == first.text
    assert len(scripted.asked("CommitForget")) == 1


async def test_credits_are_told_from_the_books(scripted: Scripted):
    answer = await ask(scripted.assistant, "how many credits do I have?")
    assert answer.text == "You have 100 credits."
    assert (answer.final.available_microcredits, answer.final.balance_known) == (START, True)


@pytest.mark.parametrize("text", ["/remember", "/forget"])
def test_a_command_without_its_object_has_words(text: str):
    assert NOTICES[f"{text.removeprefix('/')}_what"]


@pytest.mark.parametrize(
    ("text", "method", "notice"),
    [
        ("remember that I sing", "AddMemory", "memory_command_unavailable"),
        ("/memories", "ListMemories", "memory_command_unavailable"),
        ("forget that I sing", "PlanForget", "memory_command_unavailable"),
        ("/credits", "GetBalance", "credit_command_unavailable"),
    ],
)
async def test_a_command_whose_store_is_away_is_refused_in_its_words(scripted: Scripted, text: str, method: str, notice: str):
    scripted.fail(method, errors.DependencyUnavailable("database"))
    answer = await ask(scripted.assistant, text)
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES[notice])


@pytest.mark.parametrize("text", ["why do you talk like this?", "talk like before", "list personalities", "use the butler personality"])
async def test_a_command_about_the_voice_is_refused_in_its_words_while_conversation_is_away(scripted: Scripted, text: str):
    await scripted.server.stop(0)
    answer = await ask(scripted.assistant, text)
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES["voice_command_unavailable"])


async def test_a_forget_is_undone_though_nobody_knows_of_changes_of_the_voice(scripted: Scripted):
    await ask(scripted.assistant, "remember that I sing")
    await ask(scripted.assistant, "forget that I sing")
    await ask(scripted.assistant, "yes")
    assert (await ask(scripted.assistant, "undo that")).text == "I brought back 1 thing."


async def test_a_full_memory_is_said_plainly(scripted: Scripted):
    scripted.fail("AddMemory", errors.LimitReached("memories", 5000))
    assert (await ask(scripted.assistant, "remember that I sing")).text == NOTICES["limit_reached"]


async def test_a_text_too_long_to_remember_is_refused_before_it_is_sent(scripted: Scripted):
    answer = await ask(scripted.assistant, "remember that " + "x" * 2001)
    assert "2000" in answer.text
    assert scripted.asked("AddMemory") == []


async def test_commands_work_while_conversation_is_away(scripted: Scripted):
    scripted.fail("BeginTurn", errors.DependencyUnavailable("database"))
    assert (await ask(scripted.assistant, "remember that I sing")).final.outcome == Final.OUTCOME_COMMAND


async def test_a_command_in_a_guild_needs_to_be_addressed(scripted: Scripted):
    unaddressed = await ask(scripted.assistant, "remember that I sing", guild_id="g")
    assert unaddressed.ignored == "not_addressed"
    named = await ask(scripted.assistant, "Parlour, remember that I sing", guild_id="g")
    assert named.text == "I'll remember that: I sing."
    slash = await ask(scripted.assistant, "/credits", guild_id="g")
    assert slash.text == "You have 100 credits."


@pytest.mark.parametrize("text", ["what do you remember about me?", "forget that I sing", "how many credits do I have?", "what's my usage?"])
async def test_in_a_guild_what_is_listed_of_a_person_is_private_in_whatever_words(scripted: Scripted, text: str):
    where = {"guild_id": "guild", "channel_id": "general", "mentions_assistant": True}
    await ask(scripted.assistant, "/remember I sing", **where)
    answer = await ask(scripted.assistant, text, **where)
    assert (answer.final.outcome, answer.final.private) == (Final.OUTCOME_COMMAND, True)
