"""What a message brings with it from Discord: replies, threads, pictures, files; and that nothing of it is looked up in vain."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from parlour.gateway.v1 import gateway_pb2
from tests.fakes.discord_server import Channel, Message, User
from tests.fakes.discord_server.payloads import message_event_json
from tests.fakes.discord_server.world import PRIVATE_THREAD, PUBLIC_THREAD, READ_MESSAGE_HISTORY, Overwrite, Role

from .conftest import Place

MANAGE_GUILD = 1 << 5


async def asked(place: Place, channel: Channel, person: User, text: str = "well?", **fields: Any) -> gateway_pb2.IncomingMessage:
    """Say something to the assistant, and return what it was asked with, all of it looked up."""
    question = place.discord.person_says(channel, person, text, mentions=[place.discord.bot], **fields)
    await place.discord.wait_for_text(question, "You said")
    return next(message for message in place.assistant.messages if message.message_id == question.id)


def fetched(place: Place) -> list[str]:
    return [request.path for request in place.discord.requests_to("GET", r"/channels/\d+/messages")]


def say(place: Place, person: User, text: str, reply_to: Message | None = None) -> Message:
    return place.discord.person_says(place.general, person, text, reply_to=reply_to)


# replies


async def test_the_chain_of_replies_comes_nearest_first(place: Place) -> None:
    ben = place.discord.create_user("ben", guilds=[place.guild])
    first = say(place, place.ada, "shall we go to Lisbon?")
    second = say(place, ben, "rather Porto", first)
    third = say(place, place.ada, "why Porto?", second)
    await place.run_connected()
    message = await asked(place, place.general, ben, reply_to=third)
    assert (message.replied_to.text, message.replied_to.author_name) == ("why Porto?", "ada")  # it comes along without the name in the guild
    assert [(one.message_id, one.text, one.author_name) for one in message.reply_chain] == [
        (second.id, "rather Porto", "ben"),
        (first.id, "shall we go to Lisbon?", "ada"),
    ]
    assert not any(one.from_assistant for one in message.reply_chain)


async def test_the_chain_ends_at_the_limit(place: Place) -> None:
    said = say(place, place.ada, "number 0")
    for number in range(1, 9):
        said = say(place, place.ada, f"number {number}", said)
    await place.run_connected(discord_reply_chain_max=3)
    message = await asked(place, place.general, place.ada, reply_to=said)
    assert [one.text for one in message.reply_chain] == ["number 7", "number 6", "number 5"]
    assert len(fetched(place)) <= 4


async def test_a_chain_of_messages_that_it_saw_costs_no_request(place: Place) -> None:
    await place.run_connected()
    first = say(place, place.ada, "one")
    second = say(place, place.ada, "two", first)
    await place.discord.until(lambda: len(place.assistant.messages) == 2)
    message = await asked(place, place.general, place.ada, reply_to=second)
    assert [one.text for one in message.reply_chain] == ["one"]
    assert fetched(place) == []


async def test_a_message_for_others_has_nothing_looked_up_for_it(place: Place) -> None:
    first = say(place, place.ada, "one")
    second = say(place, place.ada, "two", first)
    thread = place.discord.create_channel(place.guild, "about cats", kind=PUBLIC_THREAD, parent=place.general)
    await place.run_connected()
    say(place, place.ada, "three", second)
    file = place.discord.attachment("notes.txt", b"secret", "text/plain")
    place.discord.person_says(thread, place.ada, "four", attachments=[file])
    await place.discord.until(lambda: len(place.assistant.messages) == 2)
    await place.discord.wait_for_text(place.discord.dm(place.ada, "after it"), "after it")
    assert fetched(place) == []
    assert place.discord.file_requests == []


async def test_where_it_may_not_speak_nothing_is_looked_up(place: Place) -> None:
    silent = place.discord.create_channel(place.guild, "announcements", bot_may_speak=False)
    first = place.discord.person_says(silent, place.ada, "one")
    second = place.discord.person_says(silent, place.ada, "two", reply_to=first)
    await place.run_connected()
    file = place.discord.attachment("notes.txt", b"secret", "text/plain")
    place.discord.person_says(silent, place.ada, "three", mentions=[place.discord.bot], reply_to=second, attachments=[file])
    await place.discord.wait_for_text(place.discord.dm(place.ada, "after it"), "after it")
    assert [one.channel_id for one in place.assistant.messages] == [place.discord.open_dm(place.ada).id]
    assert fetched(place) == []
    assert place.discord.file_requests == []
    assert silent.typing == []


async def test_what_the_asker_may_not_read_is_not_looked_up_for_them(place: Place) -> None:
    first = say(place, place.discord.owner, "between us")
    second = say(place, place.discord.owner, "and this", first)
    place.general.overwrites.append(Overwrite(place.ada.id, 1, deny=READ_MESSAGE_HISTORY))
    await place.run_connected()
    message = await asked(place, place.general, place.ada, reply_to=second)
    assert list(message.reply_chain) == []


async def test_a_forwarded_message_is_no_reply(place: Place) -> None:
    elsewhere = place.discord.create_channel(place.guild, "staff", hidden=True)
    theirs = place.discord.person_says(elsewhere, place.discord.owner, "the plan")
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "look", mentions=[place.discord.bot])
    event = message_event_json(question, place.discord.world) | {
        "id": place.discord.world.snowflakes.next(),
        "message_reference": {"type": 1, "channel_id": elsewhere.id, "message_id": theirs.id, "guild_id": place.guild.id},
    }
    place.discord.send_event("MESSAGE_CREATE", event)
    await place.discord.until(lambda: len(place.assistant.messages) == 2)
    assert not place.assistant.messages[1].HasField("replied_to")


async def test_what_takes_too_long_is_left_out(place: Place) -> None:
    first = say(place, place.ada, "one")
    second = say(place, place.ada, "two", first)
    await place.run_connected(discord_context_s=0.1)
    place.discord.rate_limit_next("GET", retry_after_s=3.0)
    message = await asked(place, place.general, place.ada, reply_to=second)
    assert list(message.reply_chain) == []


async def test_a_message_of_the_chain_that_is_gone_ends_it(place: Place) -> None:
    first = say(place, place.ada, "one")
    second = say(place, place.ada, "two", first)
    third = say(place, place.ada, "three", second)
    await place.run_connected()
    place.general.messages.pop(first.id)
    message = await asked(place, place.general, place.ada, reply_to=third)
    assert [one.text for one in message.reply_chain] == ["two"]


# threads


def thread_from(place: Place, starter: Message, kind: int = PUBLIC_THREAD) -> Channel:
    """A thread has the id of the message that it was started from."""
    return place.discord.world.add_channel(Channel(starter.id, kind, "thread", place.guild.id, place.general.id))


async def test_a_thread_brings_the_message_that_it_was_started_from(place: Place) -> None:
    thread = thread_from(place, say(place, place.ada, "who is in for chess?"))
    await place.run_connected()
    for _ in range(2):
        message = await asked(place, thread, place.ada)
        assert (message.thread_starter.message_id, message.thread_starter.text) == (thread.id, "who is in for chess?")
    assert len(fetched(place)) == 1


async def test_an_edited_starter_is_looked_up_anew(place: Place) -> None:
    starter = say(place, place.ada, "who is in for chess?")
    thread = thread_from(place, starter)
    await place.run_connected()
    await asked(place, thread, place.ada)
    place.discord.person_edits(starter, "who is in for go?")
    await place.discord.until(lambda: place.assistant.edits or len(place.assistant.messages) == 2)
    assert (await asked(place, thread, place.ada)).thread_starter.text == "who is in for go?"


async def test_a_thread_without_a_starter_has_none(place: Place) -> None:
    thread = place.discord.create_channel(place.guild, "about cats", kind=PRIVATE_THREAD, parent=place.general)
    await place.run_connected()
    assert not (await asked(place, thread, place.ada)).HasField("thread_starter")


async def test_the_starter_is_kept_from_whoever_may_not_read_the_parent(place: Place) -> None:
    thread = thread_from(place, say(place, place.discord.owner, "between us"))
    place.general.overwrites.append(Overwrite(place.ada.id, 1, deny=READ_MESSAGE_HISTORY))
    await place.run_connected()
    message = await asked(place, thread, place.ada)
    assert not message.HasField("thread_starter")
    assert fetched(place) == []


# files


async def test_pictures_go_along_as_addresses_with_their_descriptions(place: Place) -> None:
    await place.run_connected(discord_images_max=2, discord_image_bytes_max=1000)
    files = [
        place.discord.attachment("cat.png", b"x" * 10, "image/png", description="my cat\x00"),
        place.discord.attachment("huge.png", b"x" * 2000, "image/png"),
        place.discord.attachment("dog.jpeg", b"x" * 10),
        place.discord.attachment("third.webp", b"x" * 10, "image/webp"),
        place.discord.attachment("film.mp4", b"x" * 10, "video/mp4"),
    ]
    message = await asked(place, place.general, place.ada, attachments=files)
    assert [(image.url, image.media_type, image.description) for image in message.images] == [
        (files[0]["url"], "image/png", "my cat"),
        (files[2]["url"], "image/jpeg", ""),
    ]
    assert list(message.unread_files) == ["huge.png", "third.webp", "film.mp4"]
    assert place.discord.file_requests == []


async def test_texts_are_read_up_to_the_limits(place: Place) -> None:
    await place.run_connected(discord_text_files_max=2, discord_text_file_bytes_max=100)
    files = [
        place.discord.attachment("notes.txt", "﻿Grüße\r\nAda\x07".encode(), "text/plain; charset=utf-8"),
        place.discord.attachment("big.txt", b"x" * 101, "text/plain"),
        place.discord.attachment("main.py", b"print(1)\n"),
        place.discord.attachment("more.txt", b"x", "text/plain"),
    ]
    message = await asked(place, place.general, place.ada, attachments=files)
    assert [(file.name, file.text) for file in message.text_files] == [("notes.txt", "Grüße\nAda"), ("main.py", "print(1)\n")]
    assert list(message.unread_files) == ["big.txt", "more.txt"]


async def test_a_file_that_is_no_text_or_larger_than_it_said_stays_empty(place: Place) -> None:
    await place.run_connected(discord_text_file_bytes_max=100)
    files = [
        place.discord.attachment("data.csv", b"a\0b", "text/csv"),
        place.discord.attachment("lies.txt", b"x" * 500, "text/plain") | {"size": 5},
        place.discord.attachment("gone.txt", b"x", "text/plain"),
    ]
    place.discord.files.pop(files[2]["id"])
    message = await asked(place, place.general, place.ada, attachments=files)
    assert [(file.name, file.text) for file in message.text_files] == [("data.csv", ""), ("lies.txt", ""), ("gone.txt", "")]


@pytest.fixture
async def other_host() -> AsyncIterator[tuple[str, list[str]]]:
    """A host that is not Discord's, and what was asked of it."""
    asked_for: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        asked_for.append(request.path)
        return web.Response(text="internal")

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked_for
    await runner.cleanup()


async def test_files_on_other_hosts_are_never_loaded_and_redirects_never_followed(place: Place, other_host: tuple[str, list[str]]) -> None:
    address, asked_for = other_host
    await place.run_connected()
    file = place.discord.attachment("notes.txt", b"x", "text/plain")
    redirecting = place.discord.attachment("moved.txt", b"x", "text/plain")
    place.discord.redirects[redirecting["id"]] = f"{address}/secret"
    message = await asked(place, place.general, place.ada, attachments=[file | {"url": f"{address}/notes.txt"}, redirecting])
    assert [file.text for file in message.text_files] == ["", ""]
    assert asked_for == []


async def test_only_a_picture_reaches_the_assistant(place: Place) -> None:
    await place.run_connected()
    message = await asked(place, place.general, place.ada, "", attachments=[place.discord.attachment("cat.png", b"x", "image/png")])
    assert (message.text, len(message.images)) == ("", 1)


# who


async def test_whom_a_message_mentions_goes_along_without_the_assistant(place: Place) -> None:
    ben = place.discord.create_user("ben", guilds=[place.guild])
    await place.run_connected()
    message = await asked(place, place.general, place.ada, f"ask {ben.mention}")
    assert list(message.mentioned_user_ids) == [ben.id]


async def test_who_may_manage_the_guild_may_moderate(place: Place) -> None:
    role = Role(place.discord.world.snowflakes.next(), "keepers", MANAGE_GUILD)
    place.guild.roles[role.id] = role
    keeper = place.discord.create_user("keeper", guilds=[place.guild])
    place.guild.members[keeper.id].roles.append(role.id)
    await place.run_connected()
    assert [(await asked(place, place.general, person)).may_moderate for person in (place.ada, keeper, place.discord.owner)] == [False, True, True]
    place.discord.dm(place.discord.owner, "here?")
    await place.discord.until(lambda: place.assistant.messages[-1].guild_id == "")
    assert not place.assistant.messages[-1].may_moderate


async def test_answers_in_one_channel_share_its_rate_limit_without_a_refusal(place: Place) -> None:
    place.discord.limit_messages(5, 1.0)
    people = [place.discord.create_user(f"person{number}", guilds=[place.guild]) for number in range(3)]
    await place.run_connected()

    async def script(message: gateway_pb2.IncomingMessage) -> AsyncIterator[gateway_pb2.HandleMessageResponse]:
        for number in range(20):
            yield gateway_pb2.HandleMessageResponse(delta=gateway_pb2.Delta(text=f"{number} "))
            await asyncio.sleep(0.02)
        yield gateway_pb2.HandleMessageResponse(final=gateway_pb2.Final(text=f"done {message.text}", outcome=gateway_pb2.Final.OUTCOME_ANSWERED))

    place.assistant.script = script
    questions = [place.discord.person_says(place.general, one, one.username, mentions=[place.discord.bot]) for one in people]
    for question, person in zip(questions, people, strict=True):
        await place.discord.wait_for_text(question, f"done {person.username}", timeout_s=20)
    assert place.discord.rest.buckets.refused == 0


async def test_of_a_channel_that_its_author_may_not_see_a_message_tells_no_name(place: Place) -> None:
    hidden = place.discord.create_channel(place.guild, "staff", hidden=True)
    await place.run_connected()
    for person in (place.ada, place.discord.owner):
        text = f"what is in <#{hidden.id}> and <#{place.general.id}>?"
        question = place.discord.person_says(place.general, person, text, mentions=[place.discord.bot])
        await place.discord.wait_for_text(question, "You said")
    assert [message.text for message in place.assistant.messages] == [
        f"what is in <#{hidden.id}> and #general?",
        "what is in #staff and #general?",
    ]


async def test_what_is_quoted_names_only_channels_that_everybody_may_see(place: Place) -> None:
    hidden = place.discord.create_channel(place.guild, "staff", hidden=True)
    await place.run_connected()
    quoted = place.discord.person_says(place.general, place.discord.owner, f"see <#{hidden.id}> and <#{place.general.id}>")
    question = place.discord.person_says(place.general, place.ada, "what is that?", mentions=[place.discord.bot], reply_to=quoted)
    await place.discord.wait_for_text(question, "You said")
    assert place.assistant.messages[-1].replied_to.text == f"see <#{hidden.id}> and #general"


@pytest.mark.parametrize("command", ["/ignore", "/allow", "/settings set answered_channels add"])
async def test_typed_commands_take_channels_by_their_ids(place: Place, command: str) -> None:
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, f"{command} <#{place.general.id}>", mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, "You said")
    assert place.assistant.messages[-1].text == f"{command} <#{place.general.id}>"


async def test_a_typed_ask_is_the_question_alone(place: Place) -> None:
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "/ask why is the sky blue?", mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, "You said")
    assert place.assistant.messages[-1].text == "why is the sky blue?"


async def test_a_message_says_that_its_author_may_not_read_what_was_written_before(place: Place) -> None:
    closed = place.discord.create_channel(place.guild, "no past")
    closed.overwrites.append(Overwrite(place.guild.id, 0, deny=READ_MESSAGE_HISTORY))
    closed.overwrites.append(Overwrite(place.discord.bot.id, 1, allow=READ_MESSAGE_HISTORY))
    await place.run_connected()
    assert [(await asked(place, channel, place.ada)).history_hidden for channel in (closed, place.general)] == [True, False]
