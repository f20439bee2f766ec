"""Edited messages: answered anew in place soon after they were written, stored later."""

import asyncio
from collections.abc import AsyncIterator

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2

from .conftest import Event, Place, final, saying
from .held_answers import Held, ask, labels, numbered, refused


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
