"""Stop and Regenerate, against the fake Discord with an assistant that follows a script."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from parlour.gateway.v1 import gateway_pb2
from tests.fakes.discord_server.world import MANAGE_MESSAGES, Role

from .conftest import Event, Place, delta, final, saying, typing
from .held_answers import Held, ask, labels, numbered, refused, stopped, told

Final = gateway_pb2.Final


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


async def test_stop_on_an_answer_that_nobody_gives_any_more_says_so_and_goes_away(place: Place, monkeypatch) -> None:
    monkeypatch.setattr("services.gateway.discord.answering.LAST_WORDS_S", 0.0)  # as when the process is killed
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
