"""Messages with parts: what is answered, with which quotes, what it costs, and how it ends when something is in the way."""

import asyncio

import pytest

from parlour.conversation.v1 import conversation_pb2 as conv
from parlour.gateway.v1 import gateway_pb2
from services.gateway.answer_parts import message_id_of, turn_message_ids
from services.gateway.notices import WORDS as NOTICES
from services.gateway.orphans import OrphanPoll
from services.runtime import errors
from tests.integration.gateway.scripted_faults import WORDS
from tests.integration.gateway.scripted_services import Reader, Scripted, ask, eventually, scripted_services

Final = gateway_pb2.Final
WHOLE = "".join(WORDS)
HERE = {"guild_id": "g", "mentions_assistant": True}
MIXED = "Parlour, what is the tallest mountain of Europe? @Bob dinner is at eight. Parlour, and how high is it?"
FIRST, SECOND = "> what is the tallest mountain of Europe?\n", "> and how high is it?\n"
USED = 100 + 10 * len(WORDS)


@pytest.fixture
async def scripted():
    async with scripted_services(parts_characters_min=40, parts_max=3) as scripted:
        yield scripted


def said(scripted: Scripted) -> list[str]:
    return [reply.message.text for reply in scripted.conversation.replies]


async def test_own_parts_are_answered_in_order_each_below_its_quote(scripted: Scripted):
    answer = await ask(scripted.assistant, MIXED, **HERE)
    assert said(scripted) == ["what is the tallest mountain of Europe?", "and how high is it?"]
    assert answer.text == answer.streamed == f"{FIRST}{WHOLE}\n\n{SECOND}{WHOLE}"
    assert answer.final.outcome == Final.OUTCOME_ANSWERED


async def test_one_own_part_is_quoted_where_the_rest_is_for_others(scripted: Scripted):
    answer = await ask(scripted.assistant, "@Bob dinner is at eight. Parlour, what is the tallest mountain?", **HERE)
    assert answer.text == f"> what is the tallest mountain?\n{WHOLE}"


async def test_each_part_is_a_turn_of_its_own_and_all_are_charged(scripted: Scripted):
    answer = await ask(scripted.assistant, MIXED, message_id="m", **HERE)
    assert list(scripted.conversation.turns) == ["m:0", "m.p2:0"]
    assert scripted.hold_states() == ["CAPTURED", "CAPTURED"]
    final = answer.final
    assert (final.turn_id, final.charged_microcredits, final.prompt_tokens, final.completion_tokens) == ("m:0", 2 * USED, 200, 2 * len(WORDS))
    assert final.available_microcredits == scripted.credit.available["user:ada"]


async def test_what_is_said_to_others_is_shown_to_the_model_as_what_is_replied_to(scripted: Scripted):
    await ask(scripted.assistant, MIXED, user_name="Ada", **HERE)
    for reply in scripted.conversation.replies:
        assert (reply.message.replied_to.author_name, reply.message.replied_to.text) == ("Ada", "@Bob dinner is at eight.")


async def test_a_real_reply_goes_on_behind_that(scripted: Scripted):
    replied_to = gateway_pb2.RepliedTo(message_id="r", author_id="bob", author_name="Bob", text="shall we eat?")
    await ask(scripted.assistant, MIXED, replied_to=replied_to, **HERE)
    assert [one.text for one in scripted.conversation.replies[0].message.reply_chain] == ["shall we eat?"]


async def test_listed_questions_get_an_answer_each_without_a_word_about_others(scripted: Scripted):
    answer = await ask(scripted.assistant, "1. What is the tallest mountain?\n2. What is the longest river?")
    assert answer.text == f"> What is the tallest mountain?\n{WHOLE}\n\n> What is the longest river?\n{WHOLE}"
    assert not scripted.conversation.replies[1].message.HasField("replied_to")


async def test_a_short_message_is_answered_as_a_whole(scripted: Scripted):
    answer = await ask(scripted.assistant, "1. What is A?\n2. What is B?")
    assert (said(scripted), answer.text) == (["1. What is A?\n2. What is B?"], WHOLE)


async def test_a_guild_can_have_whole_messages_answered(scripted: Scripted):
    scripted.guilds.of("g").partial_responses = False
    answer = await ask(scripted.assistant, MIXED, **HERE)
    assert len(said(scripted)) == 1
    assert answer.text == WHOLE


async def test_more_parts_than_may_be_answered_are_told_of_in_words(scripted: Scripted):
    answer = await ask(scripted.assistant, "\n".join(f"What is the number {number}?" for number in range(5)))
    assert len(said(scripted)) == 3
    assert answer.text.endswith(f"{WHOLE}\n\n{NOTICES['parts_more'].format(left=2, questions='questions')}")
    assert answer.final.outcome == Final.OUTCOME_ANSWERED


async def test_a_repeated_message_is_answered_from_its_turns_and_charged_once(scripted: Scripted):
    first = await ask(scripted.assistant, MIXED, message_id="m", **HERE)
    left = scripted.credit.available["user:ada"]
    again = await ask(scripted.assistant, MIXED, message_id="m", **HERE)
    assert (again.text, again.final.replayed) == (first.text, True)
    assert len(scripted.conversation.replies) == 2
    await eventually(lambda: scripted.credit.available["user:ada"] == left, "nothing more is charged or held")


async def test_lack_of_credit_after_the_first_ends_it_in_words(scripted: Scripted):
    settings = scripted.settings
    held = settings.prompt_tokens_max + 10 * settings.completion_tokens_max
    scripted.credit.available["user:ada"] = held + USED - 1
    answer = await ask(scripted.assistant, f"{MIXED} Parlour, and who climbed it first?", **HERE)
    assert len(said(scripted)) == 1
    assert answer.text.startswith(f"{FIRST}{WHOLE}\n\n{SECOND}You don't have enough credits")
    assert answer.text.endswith(NOTICES["parts_left"].format(left=1, questions="question"))
    assert (answer.final.outcome, answer.final.reason) == (Final.OUTCOME_CUT, "INSUFFICIENT_CREDIT")
    assert answer.final.charged_microcredits == USED


async def test_lack_of_credit_for_the_first_is_a_plain_refusal(scripted: Scripted):
    scripted.credit.available["user:ada"] = 1
    answer = await ask(scripted.assistant, MIXED, **HERE)
    assert answer.final.outcome == Final.OUTCOME_REFUSED
    assert answer.text.startswith("You don't have enough credits")


async def test_a_part_that_the_model_declines_does_not_keep_the_next_from_being_answered(scripted: Scripted):
    scripted.fail("Reply", errors.ContentRefused("no"))
    reader = Reader(scripted.assistant, MIXED, **HERE)
    await eventually(lambda: len(scripted.asked("Reply")) == 1, "the first part is asked")
    scripted.heal("Reply")
    answer = await reader.task
    assert answer.text == answer.streamed == f"{FIRST}{NOTICES['content_refused']}\n\n{SECOND}{WHOLE}"
    assert answer.final.outcome == Final.OUTCOME_CUT


async def test_a_notice_is_given_once_for_all_parts(scripted: Scripted):
    scripted.fail("SearchMemories", errors.DependencyUnavailable("memory", "away"))
    assert (await ask(scripted.assistant, MIXED, **HERE)).notices == ["memory_unavailable"]


async def test_stopping_stops_all_parts_and_what_was_delivered_is_charged(scripted: Scripted):
    scripted.conversation.mid_stream = asyncio.Event()
    reader = Reader(scripted.assistant, MIXED, message_id="m", user_id="ada", **HERE)
    await eventually(lambda: any(event.WhichOneof("event") == "delta" for event in reader.events), "the first part is being answered")
    stop = gateway_pb2.StopAnswerRequest(message_id="m", guild_id="g", user_id="ada")
    assert (await scripted.assistant.stop_answer(stop)).stopped
    final = (await reader.task).final
    assert (final.stopped, final.outcome) == (True, Final.OUTCOME_CUT)
    assert list(scripted.conversation.turns) == ["m:0"]
    assert scripted.hold_states() == ["CAPTURED"]


async def test_a_reader_who_goes_away_stops_all_parts(scripted: Scripted):
    scripted.conversation.mid_stream = asyncio.Event()
    reader = Reader(scripted.assistant, MIXED, **HERE)
    await eventually(lambda: any(event.WhichOneof("event") == "delta" for event in reader.events), "the first part is being answered")
    await reader.stop()
    await eventually(lambda: scripted.turn_states() == ["CUT"], "what was delivered is stored, and nothing more begins")


async def test_a_fact_to_remember_in_one_part_is_remembered_without_the_rest(scripted: Scripted):
    text = "Parlour, remember that my cat is called Miso. @Bob dinner is at eight. Parlour, what do cats eat?"
    answer = await ask(scripted.assistant, text, **HERE)
    assert [memory.text for memory in scripted.memory.memories["ada"]] == ["my cat is called Miso"]
    assert said(scripted) == ["what do cats eat?"]
    assert answer.text == answer.streamed
    assert len(answer.final.remembered) == 1


async def test_a_withdrawn_message_goes_with_all_its_parts(scripted: Scripted):
    await ask(scripted.assistant, MIXED, message_id="m", **HERE)
    withdrawn = gateway_pb2.WithdrawMessagesRequest(request_id="w", guild_id="g", channel_id="dm", message_ids=["m"])
    assert (await scripted.assistant.withdraw(withdrawn)).withdrawn == 2


async def test_a_hundred_withdrawn_messages_are_withdrawn_in_calls_that_are_accepted(scripted: Scripted):
    withdrawn = gateway_pb2.WithdrawMessagesRequest(request_id="w", guild_id="g", channel_id="dm", message_ids=map(str, range(100)))
    await scripted.assistant.withdraw(withdrawn)
    calls = scripted.asked("DeleteMessages")
    assert [len(call.message_ids) for call in calls] == [100, 100, 100]
    assert len({call.request_id for call in calls}) == 3


async def test_a_new_attempt_with_fewer_parts_takes_the_former_ones_out(scripted: Scripted):
    await ask(scripted.assistant, MIXED, message_id="m", **HERE)
    await ask(scripted.assistant, "Parlour, what is the tallest mountain of Europe?", message_id="m", attempt=1, **HERE)
    [deletion] = scripted.asked("DeleteMessages")
    assert (list(deletion.message_ids), deletion.author_id) == (["m.p2", "m.p3"], "ada")


async def test_a_first_attempt_takes_nothing_out(scripted: Scripted):
    await ask(scripted.assistant, MIXED, **HERE)
    assert scripted.asked("DeleteMessages") == []


async def test_pictures_come_with_the_first_part_and_files_with_all(scripted: Scripted):
    picture = gateway_pb2.Image(url="https://cdn.example.org/cat.png", media_type="image/png")
    file = gateway_pb2.TextFile(name="notes.txt", text="a\nb\n")
    await ask(scripted.assistant, MIXED, images=[picture], text_files=[file], **HERE)
    assert [len(reply.message.images) for reply in scripted.conversation.replies] == [1, 0]
    assert [[one.name for one in reply.message.text_files] for reply in scripted.conversation.replies] == [["notes.txt"], ["notes.txt"]]


@pytest.mark.parametrize("message_id", ["m", "1" * 61, "1" * 64])
def test_the_ids_of_parts_fit_and_differ(message_id: str):
    ids = turn_message_ids(message_id, 5)
    assert ids[0] == message_id
    assert len(set(ids) | set(turn_message_ids("2" * len(message_id), 5))) == 10
    assert max(map(len, ids)) <= 64


def test_the_message_of_a_part_is_known_where_it_came_from():
    assert [message_id_of(part) for part in turn_message_ids("1410000000000000000", 12)] == ["1410000000000000000"] * 12


async def test_an_apology_for_a_lost_part_goes_to_its_message(scripted: Scripted):
    lost = conv.BeginTurnRequest(message_id="m.p2", channel_id="c", user_id="ada", text="hi", origin="discord")
    scripted.conversation.messages["m.p2:0"] = lost
    scripted.conversation.turns["m.p2:0"] = conv.BeginTurnResponse(turn_id="m.p2:0", state=conv.TURN_STATE_ACCEPTED, stored=True)
    scripted.conversation.orphans.append("m.p2:0")
    told: list[str] = []

    class Channel:
        async def deliver(self, turn: conv.OrphanedTurn, text: str) -> None:
            told.append(turn.message.message_id)

    scripted.assistant.couriers.connect("discord", Channel())
    assert await OrphanPoll(scripted.services, scripted.settlement, scripted.settings, scripted.assistant.couriers).poll_once() == 1
    assert (told, scripted.turn_states()) == (["m"], ["APOLOGISED"])


async def test_a_turn_state_of_every_part_is_stored(scripted: Scripted):
    await ask(scripted.assistant, MIXED, **HERE)
    assert {turn.state for turn in scripted.conversation.turns.values()} == {conv.TURN_STATE_FINISHED}
