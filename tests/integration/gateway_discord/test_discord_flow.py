"""Stop and Regenerate, edits and deletions, against the fake Discord with an assistant that follows a script."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import redis.asyncio as redis

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.notices import WORDS
from services.runtime.errors import DependencyUnavailable
from tests.fakes.discord_server import Interaction, Message
from tests.fakes.discord_server.world import MANAGE_MESSAGES, Role

from .conftest import Event, Place, Script, delta, final, ignored, saying, typing

Final = gateway_pb2.Final
PATCHES = r"/messages/"


def numbered() -> Script:
    """Answers each attempt with its number."""

    async def script(message: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        if message.guild_id and not message.mentions_assistant:
            yield ignored()
            return
        yield typing()
        yield delta(f"attempt {message.attempt}: ")
        yield final(f"attempt {message.attempt}: {message.text}")

    return script


class Held:
    """An answer that stands at its first words until it is let go; `said` is its last event."""

    def __init__(self, text: str, said: Event) -> None:
        self.text = text
        self.said = said
        self.go_on = asyncio.Event()

    async def script(self, _: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield typing()
        yield delta(self.text)
        await self.go_on.wait()
        yield self.said


def stopped(text: str) -> Event:
    return Event(final=Final(text=text, outcome=Final.OUTCOME_CUT, stopped=True, reason="STOPPED"))


def refused(text: str, reason: str = "INSUFFICIENT_CREDIT") -> Event:
    return Event(final=Final(text=text, outcome=Final.OUTCOME_REFUSED, reason=reason))


def labels(message: Message) -> list[str]:
    return [button["label"] for row in message.components for button in row["components"]]


async def ask(place: Place, text: str = "hi") -> Message:
    return place.discord.person_says(place.general, place.ada, text, mentions=[place.discord.bot])


async def told(place: Place, pressed: Interaction, key: str) -> None:
    """Wait until whoever pressed is told something, for their eyes only."""
    [said] = await place.discord.until(lambda: [one for one in pressed.messages if one.content == WORDS[key]])
    assert said.visible_to == pressed.user.id


# Stop


async def test_an_answer_has_a_stop_button_while_it_grows_and_regenerate_afterwards(place: Place) -> None:
    held = Held("one", final("one two"))
    place.assistant.script = held.script
    await place.run_connected()
    answer = await place.discord.wait_for_reply(await ask(place))
    assert labels(answer) == ["Stop"]
    held.go_on.set()
    await place.discord.until(lambda: answer.content == "one two")
    assert labels(answer) == ["Regenerate"]


async def test_a_commands_answer_has_neither(place: Place) -> None:
    place.assistant.script = saying(Event(final=Final(text="Done.", outcome=Final.OUTCOME_COMMAND)))
    await place.run_connected()
    assert labels(await place.discord.wait_for_reply(await ask(place))) == []


async def test_the_asker_stops_an_answer_and_its_text_stays_with_a_note(place: Place) -> None:
    held = Held("one", stopped("one\n\n(Stopped.)"))
    place.assistant.script = held.script
    await place.run_connected()
    question = await ask(place)
    answer = await place.discord.wait_for_reply(question)
    place.discord.person_presses(answer, place.ada, "Stop")
    [request] = await place.discord.until(lambda: place.assistant.stops)
    assert (request.message_id, request.user_id, request.guild_id, request.may_moderate) == (question.id, place.ada.id, place.guild.id, False)
    held.go_on.set()
    await place.discord.until(lambda: answer.content == "one\n\n(Stopped.)")
    assert labels(answer) == ["Regenerate"]


async def test_others_are_told_that_they_cannot_stop_it_and_nothing_is_stopped(place: Place) -> None:
    place.assistant.script = Held("one", final("one")).script
    await place.run_connected()
    answer = await place.discord.wait_for_reply(await ask(place))
    pressed = place.discord.person_presses(answer, place.discord.create_user("ben", guilds=[place.guild]), "Stop")
    await told(place, pressed, "button_of_another")
    assert place.assistant.stops == []


async def test_whoever_may_manage_messages_may_stop_it(place: Place) -> None:
    place.assistant.script = Held("one", final("one")).script
    keeper = place.discord.create_user("keeper", guilds=[place.guild])
    role = Role(place.discord.world.snowflakes.next(), "keepers", MANAGE_MESSAGES)
    place.guild.roles[role.id] = role
    place.guild.members[keeper.id].roles.append(role.id)
    await place.run_connected()
    answer = await place.discord.wait_for_reply(await ask(place))
    place.discord.person_presses(answer, keeper, "Stop")
    [request] = await place.discord.until(lambda: place.assistant.stops)
    assert (request.user_id, request.may_moderate) == (keeper.id, True)


async def test_stop_on_an_answer_that_nobody_gives_any_more_says_so_and_goes_away(place: Place) -> None:
    place.assistant.script = Held("one", final("one")).script
    await place.run_connected(discord_drain_s=0.0)
    answer = await place.discord.wait_for_reply(await ask(place))
    await place.stop()
    await place.run_connected()
    await told(place, place.discord.person_presses(answer, place.ada, "Stop"), "nothing_to_stop")
    assert labels(answer) == []


async def test_the_stop_button_moves_on_with_the_last_message(place: Place) -> None:
    held = Held("word " * 500, final("word " * 500))
    place.assistant.script = held.script
    await place.run_connected()
    question = await ask(place)
    await place.discord.until(lambda: len(place.discord.replies_to(question)) == 2)
    first, last = place.discord.replies_to(question)
    await place.discord.until(lambda: (labels(first), labels(last)) == ([], ["Stop"]))
    held.go_on.set()
    await place.discord.until(lambda: labels(last) == ["Regenerate"])


# Regenerate


async def test_regenerate_answers_anew_in_place(place: Place) -> None:
    place.assistant.script = numbered()
    await place.run_connected()
    question = await ask(place)
    answer = await place.discord.wait_for_text(question, "attempt 0: hi")
    for number in (1, 2):
        await place.discord.until(lambda: labels(answer) == ["Regenerate"])
        place.discord.person_presses(answer, place.ada, "Regenerate")
        await place.discord.until(lambda number=number: answer.content == f"attempt {number}: hi")
    assert place.discord.by_bot(place.general) == [answer]
    assert [message.attempt for message in place.assistant.messages] == [0, 1, 2]
    assert {message.user_id for message in place.assistant.messages} == {place.ada.id}


async def test_an_answer_of_several_messages_is_replaced_as_a_whole(place: Place) -> None:
    async def script(message: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield final("short" if message.attempt else "word " * 700)

    place.assistant.script = script
    await place.run_connected()
    question = await ask(place)
    first, last = await place.discord.until(lambda: place.discord.replies_to(question)[1:] and place.discord.replies_to(question))
    await place.discord.until(lambda: labels(last) == ["Regenerate"])
    place.discord.person_presses(last, place.ada, "Regenerate")
    await place.discord.until(lambda: first.content == "short" and place.discord.by_bot(place.general) == [first])
    assert labels(first) == ["Regenerate"]


async def test_regenerate_pressed_twice_answers_once(place: Place) -> None:
    place.assistant.script = numbered()
    await place.run_connected()
    answer = await place.discord.wait_for_text(await ask(place), "attempt 0: hi")
    await place.discord.until(lambda: labels(answer) == ["Regenerate"])
    custom_id = answer.components[0]["components"][0]["custom_id"]
    pressed = [place.discord.person_presses_id(answer, place.ada, custom_id) for _ in range(2)]
    await place.discord.until(lambda: answer.content == "attempt 1: hi" and all(one.callback for one in pressed))
    again = place.discord.person_presses_id(answer, place.ada, custom_id)
    await place.discord.until(lambda: again.callback)
    assert {message.attempt for message in place.assistant.messages} <= {0, 1}
    assert answer.content == "attempt 1: hi"


async def test_regenerate_pressed_before_the_assistant_is_through_is_not_lost(place: Place) -> None:
    through = asyncio.Event()

    async def script(message: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield final(f"attempt {message.attempt}")
        await through.wait()

    place.assistant.script = script
    await place.run_connected()
    answer = await place.discord.wait_for_text(await ask(place), "attempt 0")
    pressed = place.discord.person_presses(answer, place.ada, "Regenerate")
    await place.discord.until(lambda: pressed.callback)
    through.set()
    await place.discord.until(lambda: answer.content == "attempt 1")


async def test_an_edit_lets_an_answer_that_stands_there_come_to_its_end(place: Place) -> None:
    through = asyncio.Event()

    async def script(message: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield final(f"attempt {message.attempt}")
        await through.wait()

    place.assistant.script = script
    await place.run_connected()
    question = await ask(place)
    answer = await place.discord.wait_for_text(question, "attempt 0")
    place.discord.person_edits(question, f"{place.discord.bot.mention} two")
    await place.discord.wait_for_text(place.discord.dm(place.ada, "after it"), "attempt 0")  # the edit is being dealt with
    through.set()
    await place.discord.until(lambda: answer.content == "attempt 1")
    assert place.assistant.cut == 0


async def test_a_refusal_to_answer_anew_leaves_the_answer_and_is_said_to_whoever_pressed(place: Place) -> None:
    await place.run_connected()
    question = await ask(place)
    answer = await place.discord.wait_for_text(question, "You said: hi")
    await place.discord.until(lambda: labels(answer) == ["Regenerate"])
    place.assistant.script = saying(typing(), refused("You don't have enough credits for this."))
    pressed = place.discord.person_presses(answer, place.ada, "Regenerate")
    [said] = await place.discord.until(lambda: pressed.messages)
    assert (said.content, said.visible_to) == ("You don't have enough credits for this.", place.ada.id)
    assert answer.content == "You said: hi"
    place.assistant.script = numbered()
    place.discord.person_presses(answer, place.ada, "Regenerate")
    await place.discord.until(lambda: answer.content == "attempt 2: hi")  # the first attempt would get its refusal again


async def test_others_cannot_regenerate(place: Place) -> None:
    await place.run_connected()
    answer = await place.discord.wait_for_text(await ask(place), "You said: hi")
    await place.discord.until(lambda: labels(answer) == ["Regenerate"])
    pressed = place.discord.person_presses(answer, place.discord.create_user("ben", guilds=[place.guild]), "Regenerate")
    await told(place, pressed, "button_of_another")
    assert len(place.assistant.messages) == 1


@pytest.mark.parametrize(("setting", "value", "key"), [("discord_attempts_max", 0, "again_too_often"), ("discord_again_s", 0.001, "again_too_late")])
async def test_regenerate_has_limits(place: Place, setting: str, value: float, key: str) -> None:
    await place.run_connected(**{setting: value})
    answer = await place.discord.wait_for_text(await ask(place), "You said: hi")
    await place.discord.until(lambda: labels(answer) == ["Regenerate"])
    await told(place, place.discord.person_presses(answer, place.ada, "Regenerate"), key)
    assert len(place.assistant.messages) == 1


async def test_regenerate_of_a_question_that_is_gone_says_so(place: Place) -> None:
    await place.run_connected()
    question = await ask(place)
    answer = await place.discord.wait_for_text(question, "You said: hi")
    await place.discord.until(lambda: labels(answer) == ["Regenerate"])
    place.general.messages.pop(question.id)
    await told(place, place.discord.person_presses(answer, place.ada, "Regenerate"), "not_found")


async def test_regenerate_works_after_a_restart(place: Place) -> None:
    place.assistant.script = numbered()
    await place.run_connected()
    answer = await place.discord.wait_for_text(await ask(place), "attempt 0: hi")
    await place.discord.until(lambda: labels(answer) == ["Regenerate"])
    await place.stop()
    await place.run_connected()
    place.discord.person_presses(answer, place.ada, "Regenerate")
    await place.discord.until(lambda: answer.content == "attempt 1: hi")


async def test_a_button_with_an_absurd_id_is_answered_in_words(place: Place) -> None:
    await place.run_connected()
    answer = await place.discord.wait_for_text(await ask(place), "You said: hi")
    for custom_id in ("again:x:1", f"again:{'9' * 40}:0:{place.ada.id}", f"again::{place.ada.id}", f"again:1:-1:{place.ada.id}"):
        await told(place, place.discord.person_presses_id(answer, place.ada, custom_id), "button_unknown")


# edits


async def test_an_edit_soon_after_is_answered_anew_in_place(place: Place) -> None:
    place.assistant.script = numbered()
    await place.run_connected()
    question = await ask(place, "one")
    answer = await place.discord.wait_for_text(question, "attempt 0: one")
    place.discord.person_edits(question, f"{place.discord.bot.mention} two")
    await place.discord.until(lambda: answer.content == "attempt 1: two")
    assert place.discord.by_bot(place.general) == [answer]
    assert answer.reply_to == question.id


async def test_an_edit_while_the_answer_grows_cuts_it_and_goes_on_in_the_same_message(place: Place) -> None:
    held = Held("old words", final("old words"))
    place.assistant.script = held.script
    await place.run_connected()
    question = await ask(place, "one")
    answer = await place.discord.wait_for_text(question, "old words")
    place.assistant.script = numbered()
    place.discord.person_edits(question, f"{place.discord.bot.mention} two")
    await place.discord.until(lambda: answer.content == "attempt 1: two")
    assert place.assistant.cut == 1
    assert place.discord.by_bot(place.general) == [answer]


async def test_of_edits_in_quick_succession_the_last_one_stands_in_one_message(place: Place) -> None:
    place.assistant.script = Held("old words", final("old words")).script
    await place.run_connected()
    question = await ask(place, "zero")
    answer = await place.discord.wait_for_text(question, "old words")
    place.assistant.script = numbered()
    for text in ("one", "two", "three"):
        place.discord.person_edits(question, f"{place.discord.bot.mention} {text}")
    await place.discord.until(lambda: answer.content.endswith("three") and labels(answer) == ["Regenerate"])
    assert place.discord.by_bot(place.general) == [answer]


async def test_an_edit_that_no_longer_means_the_assistant_takes_a_growing_answer_back(place: Place) -> None:
    place.assistant.script = Held("old words", final("old words")).script
    await place.run_connected()
    question = await ask(place, "one")
    await place.discord.wait_for_text(question, "old words")
    place.assistant.script = numbered()
    place.discord.person_edits(question, "never mind")
    await place.discord.until(lambda: not place.discord.by_bot(place.general))
    await place.discord.until(lambda: [message.text for message in place.assistant.edits] == ["never mind"])


async def test_an_edit_that_first_means_the_assistant_is_answered(place: Place) -> None:
    place.assistant.script = numbered()
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "what is up?")
    await place.discord.until(lambda: place.assistant.messages)
    place.discord.person_edits(question, f"{place.discord.bot.mention} what is up?")
    await place.discord.wait_for_text(question, "what is up?")
    assert len(place.discord.by_bot(place.general)) == 1


async def test_a_later_edit_changes_the_stored_text_and_answers_nothing(place: Place) -> None:
    ben = place.discord.create_user("ben", guilds=[place.guild])
    await place.run_connected(discord_edit_window_s=0.0)
    question = await ask(place, "one")
    answer = await place.discord.wait_for_text(question, "You said: one")
    place.discord.person_edits(question, f"{place.discord.bot.mention} two {ben.mention}")
    [edited] = await place.discord.until(lambda: place.assistant.edits)
    assert (edited.message_id, edited.text, edited.user_id, edited.channel_id) == (question.id, "two @ben", place.ada.id, place.general.id)
    assert edited.guild_id == place.guild.id
    assert len(place.assistant.messages) == 1
    assert answer.content == "You said: one"


async def test_link_previews_and_pins_are_no_edits(place: Place) -> None:
    place.assistant.script = numbered()
    await place.run_connected()
    question = await ask(place, "look at https://example.org")
    answer = await place.discord.wait_for_text(question, "attempt 0")
    place.discord.embeds_arrive(question, "https://example.org")
    place.discord.rest.announce("MESSAGE_UPDATE", question)  # the whole message, not edited
    place.discord.person_edits(question, f"{place.discord.bot.mention} edited")
    await place.discord.until(lambda: answer.content == "attempt 1: edited")
    place.discord.rest.announce("MESSAGE_UPDATE", question)  # the whole message, edited before
    await place.discord.wait_for_text(place.discord.dm(place.ada, "after it"), "after it")
    assert [message.attempt for message in place.assistant.messages] == [0, 1, 0]
    assert place.assistant.edits == []


async def test_edits_of_bots_webhooks_and_its_own_messages_are_nothing(place: Place) -> None:
    other = place.discord.create_bot("OtherBot", "other.token")
    place.discord.join(place.guild, other)
    await place.run_connected()
    theirs = place.discord.person_says(place.general, other, "beep", mentions=[place.discord.bot])
    hooked = place.discord.webhook_says(place.general, "boop")
    own = await place.discord.wait_for_text(await ask(place), "You said: hi")
    for message in (theirs, hooked, own):
        place.discord.person_edits(message, f"{place.discord.bot.mention} changed")
    await place.discord.wait_for_text(place.discord.dm(place.ada, "after it"), "after it")
    assert [message.text for message in place.assistant.messages] == ["hi", "after it"]
    assert place.assistant.edits == []


async def test_where_it_may_not_speak_an_edit_leads_to_no_work(place: Place) -> None:
    silent = place.discord.create_channel(place.guild, "announcements", bot_may_speak=False)
    message = place.discord.person_says(silent, place.ada, "one")  # before the bot could remember it: it would have to be looked up
    await place.run_connected()
    place.discord.person_edits(message, f"{place.discord.bot.mention} two")
    await place.discord.wait_for_text(await ask(place), "You said: hi")
    await place.discord.until(lambda: place.assistant.edits)
    assert [one.channel_id for one in place.assistant.messages] == [place.general.id]
    assert place.discord.requests_to("GET", silent.id) == place.discord.requests_to("POST", silent.id) == []


async def test_after_a_restart_the_answer_to_an_edited_message_is_found_in_the_channel(place: Place) -> None:
    place.assistant.script = numbered()
    await place.run_connected()
    question = await ask(place, "one")
    answer = await place.discord.wait_for_text(question, "attempt 0: one")
    await place.discord.until(lambda: labels(answer) == ["Regenerate"])
    await place.stop()
    await place.run_connected()
    place.discord.person_edits(question, f"{place.discord.bot.mention} two")
    await place.discord.until(lambda: answer.content == "attempt 1: two")
    assert place.discord.by_bot(place.general) == [answer]


async def test_after_a_restart_all_messages_of_an_answer_are_found_and_nobody_elses(place: Place) -> None:
    async def script(message: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield final("short" if message.attempt else "word " * 500)

    place.assistant.script = script
    await place.run_connected()
    question = await ask(place, "one")
    await place.discord.until(lambda: labels((place.discord.replies_to(question) or [question])[-1]) == ["Regenerate"])
    first, second = place.discord.replies_to(question)
    other = await place.discord.wait_for_reply(await ask(place, "two"))
    await place.discord.until(lambda: len(place.discord.by_bot(place.general)) == 4)
    await place.stop()
    await place.run_connected()
    place.discord.person_edits(question, f"{place.discord.bot.mention} three")
    await place.discord.until(lambda: first.content == "short" and second not in place.discord.by_bot(place.general))
    assert len(place.discord.by_bot(place.general)) == 3
    assert other.content.startswith("word")


async def test_an_apology_for_an_answer_given_anew_takes_its_place(place: Place) -> None:
    place.assistant.script = saying(final("word " * 500))
    await place.run_connected()
    question = await ask(place, "one")
    await place.discord.until(lambda: labels((place.discord.replies_to(question) or [question])[-1]) == ["Regenerate"])
    await place.discord.until(lambda: not place.assistant.under_way)
    turn = conversation_pb2.OrphanedTurn(turn_id=f"{question.id}:1")
    turn.message.message_id, turn.message.channel_id, turn.message.attempt = question.id, place.general.id, 1
    await place.assistant.couriers.connected["discord"].deliver(turn, "Sorry, I lost track.")
    [apology] = place.discord.by_bot(place.general)
    assert (apology.content, labels(apology)) == ("Sorry, I lost track.", [])


async def test_an_attempt_that_was_used_before_is_counted_up(place: Place) -> None:
    async def script(message: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield refused("Somebody changed this.", "REQUEST_ID_REUSED") if message.attempt < 2 else final("at last")

    place.assistant.script = script
    await place.run_connected()
    await place.discord.wait_for_text(await ask(place), "at last")
    assert [message.attempt for message in place.assistant.messages] == [0, 1, 2]


# deletions


async def test_a_deleted_question_is_withdrawn_and_its_answer_goes_with_it(place: Place) -> None:
    await place.run_connected()
    question, other = await ask(place, "one"), await ask(place, "two")
    await place.discord.wait_for_text(question, "You said: one")
    kept = await place.discord.wait_for_text(other, "You said: two")
    place.discord.person_deletes(question)
    await place.discord.until(lambda: place.discord.by_bot(place.general) == [kept])
    [withdrawn] = await place.discord.until(lambda: place.assistant.withdrawals)
    assert (withdrawn.guild_id, withdrawn.channel_id, list(withdrawn.message_ids)) == (place.guild.id, place.general.id, [question.id])


async def test_a_deletion_stops_an_answer_under_way_and_removes_what_was_posted(place: Place) -> None:
    place.assistant.script = Held("half of it", final("never")).script
    await place.run_connected()
    question = await ask(place)
    await place.discord.wait_for_text(question, "half of it")
    place.discord.person_deletes(question)
    await place.discord.until(lambda: not place.discord.by_bot(place.general))
    await place.discord.until(lambda: place.assistant.withdrawals)
    assert place.assistant.cut == 1


async def test_an_answer_that_is_withdrawn_elsewhere_is_removed(place: Place) -> None:
    held = Held("half of it", Event(final=Final(text="gone", outcome=Final.OUTCOME_CUT, stopped=True, reason="WITHDRAWN")))
    place.assistant.script = held.script
    await place.run_connected()
    question = await ask(place)
    await place.discord.wait_for_text(question, "half of it")
    held.go_on.set()
    await place.discord.until(lambda: not place.discord.by_bot(place.general))


async def test_many_deleted_at_once_are_withdrawn_together(place: Place) -> None:
    await place.run_connected()
    questions = [await ask(place, str(number)) for number in range(3)]
    for number, question in enumerate(questions):
        await place.discord.wait_for_text(question, f"You said: {number}")
    idle = [place.discord.person_says(place.general, place.ada, "chat") for _ in range(120)]
    place.discord.moderator_deletes(place.general, [*questions, *idle])
    await place.discord.until(lambda: not place.discord.by_bot(place.general))
    await place.discord.until(lambda: len(place.assistant.withdrawals) == 2)
    assert [len(one.message_ids) for one in place.assistant.withdrawals] == [100, 23]
    assert len({one.request_id for one in place.assistant.withdrawals}) == 2


async def test_a_withdrawal_that_fails_is_tried_again(place: Place) -> None:
    place.assistant.withdraw_problems = [DependencyUnavailable("conversation")]
    await place.run_connected()
    question = await ask(place)
    await place.discord.wait_for_text(question, "You said: hi")
    place.discord.person_deletes(question)
    [withdrawn] = await place.discord.until(lambda: place.assistant.withdrawals)
    assert list(withdrawn.message_ids) == [question.id]


async def test_its_own_messages_are_withdrawn_for_nobody(place: Place) -> None:
    await place.run_connected()
    answer = await place.discord.wait_for_text(await ask(place), "You said: hi")
    await place.discord.until(lambda: labels(answer) == ["Regenerate"])
    place.discord.person_deletes(answer)
    other = place.discord.person_says(place.general, place.ada, "chat")
    place.discord.person_deletes(other)
    await place.discord.until(lambda: place.assistant.withdrawals)
    assert [list(one.message_ids) for one in place.assistant.withdrawals] == [[other.id]]


async def test_an_answer_whose_message_was_deleted_stops_the_model(place: Place) -> None:
    went_on = asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        text = ""
        while not went_on.is_set():
            yield delta("word ")
            text += "word "
            await asyncio.sleep(0.02)
        yield final(text)

    place.assistant.script = script
    await place.run_connected()
    answer = await place.discord.wait_for_reply(await ask(place))
    place.discord.person_deletes(answer)
    await place.discord.until(lambda: place.assistant.cut == 1)


# another instance


@pytest.fixture
async def shared(place: Place, redis_url: str) -> AsyncIterator[Place]:
    """The bot keeps its records in Redis; stopped and run again, it is another instance."""
    place.redis = redis.from_url(redis_url, socket_timeout=0.5)
    yield place
    await place.stop()
    await place.redis.aclose()


async def moved(place: Place) -> None:
    """Let another instance, which knows nothing by itself, take over."""
    await place.discord.until(lambda: not place.assistant.under_way)
    await place.stop()
    place.instance = "another"
    await place.run_connected()


async def test_another_instance_removes_all_of_the_answer_to_a_deleted_question(shared: Place) -> None:
    shared.assistant.script = saying(final("word " * 900))
    await shared.run_connected()
    question = await ask(shared)
    await shared.discord.until(lambda: labels((shared.discord.replies_to(question) or [question])[-1]) == ["Regenerate"])
    assert len(shared.discord.by_bot(shared.general)) == 3
    await moved(shared)
    shared.discord.person_deletes(question)
    await shared.discord.until(lambda: not shared.discord.by_bot(shared.general))


async def test_another_instance_goes_on_from_the_newest_attempt(shared: Place) -> None:
    shared.assistant.script = numbered()
    await shared.run_connected()
    question = await ask(shared, "one")
    answer = await shared.discord.wait_for_text(question, "attempt 0: one")
    shared.discord.person_edits(question, f"{shared.discord.bot.mention} two")
    await shared.discord.until(lambda: answer.content == "attempt 1: two" and labels(answer) == ["Regenerate"])
    await moved(shared)
    shared.discord.rest.announce("MESSAGE_UPDATE", question)  # the same edit, seen again
    shared.discord.person_edits(question, f"{shared.discord.bot.mention} three")
    await shared.discord.until(lambda: answer.content == "attempt 2: three")
    assert [message.attempt for message in shared.assistant.messages] == [0, 1, 2]
    assert shared.discord.by_bot(shared.general) == [answer]


async def test_an_edit_of_what_another_instance_is_answering_is_left_to_it(shared: Place) -> None:
    shared.assistant.script = Held("half of it", final("half of it and more")).script
    await shared.run_connected()
    question = await ask(shared, "one")
    await shared.discord.wait_for_text(question, "half of it")
    key = f"parlour:discord:answer:{question.id}"
    async with asyncio.timeout(5):
        while (record := await shared.redis.get(key)) is None:
            await asyncio.sleep(0.005)
    await shared.stop()
    await shared.redis.set(key, record)  # as if the other one were still at it
    shared.instance = "another"
    shared.assistant.script = numbered()
    await shared.run_connected()
    shared.discord.person_edits(question, f"{shared.discord.bot.mention} two")
    await shared.discord.wait_for_text(shared.discord.dm(shared.ada, "after it"), "after it")
    assert [message.text for message in shared.assistant.messages] == ["one", "after it"]


async def test_an_edit_that_the_other_instance_does_not_answer_is_taken_over(shared: Place) -> None:
    shared.assistant.script = Held("half of it", final("half of it and more")).script
    await shared.run_connected()
    question = await ask(shared, "one")
    answer = await shared.discord.wait_for_text(question, "half of it")
    await shared.stop()
    record = {"message_id": question.id, "channel_id": shared.general.id, "guild_id": shared.guild.id, "asker_id": shared.ada.id}
    left_behind = record | {"message_ids": [answer.id], "instance": "dead"}
    await shared.redis.set(f"parlour:discord:answer:{question.id}", json.dumps(left_behind))
    shared.assistant.script = numbered()
    await shared.run_connected(discord_takeover_s=0.05)
    shared.discord.person_edits(question, f"{shared.discord.bot.mention} two")
    await shared.discord.until(lambda: answer.content == "attempt 1: two")
    assert shared.discord.by_bot(shared.general) == [answer]


# nobody is pinged


async def test_no_mass_ping_leaves_in_edits_files_and_follow_ups(place: Place) -> None:
    loud = f"@everyone @here {place.ada.mention} <@&{place.guild.id}>"
    for role in place.guild.roles.values():
        role.permissions |= 1 << 17  # it may mention everyone

    async def script(message: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield delta(f"{loud} ")
        yield final(f"{loud} {message.attempt} " + "word " * (200 if message.attempt else 3000))

    place.assistant.script = script
    await place.run_connected()
    question = await ask(place, "call them")
    await place.discord.until(lambda: len(place.discord.replies_to(question)) == 5)
    last = place.discord.replies_to(question)[-1]
    await place.discord.until(lambda: labels(last) == ["Regenerate"])
    assert [file["filename"] for file in last.attachments] == ["answer.md"]
    place.discord.person_presses(last, place.ada, "Regenerate")
    await place.discord.until(lambda: len(place.discord.replies_to(question)) == 1)
    place.assistant.script = saying(refused(loud))
    [answer] = place.discord.replies_to(question)
    await place.discord.until(lambda: labels(answer) == ["Regenerate"])
    pressed = place.discord.person_presses(answer, place.ada, "Regenerate")
    await place.discord.until(lambda: pressed.messages)
    written = [one for one in place.discord.requests if one.method in ("POST", "PATCH") and isinstance(one.payload, dict) and one.payload]
    payloads = [one.payload.get("data") or one.payload for one in written]
    texts = [payload for payload in payloads if "content" in payload]
    assert any("files" in payload for payload in texts)
    assert any("/webhooks/" in one.path for one in written)
    assert all(payload["allowed_mentions"] == {"parse": [], "users": [], "roles": [], "replied_user": False} for payload in texts)
    everything = [*place.discord.by_bot(place.general), *pressed.messages]
    assert not any(message.pinged_everyone or message.pinged_users or message.pinged_roles for message in everything)
