import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_pages import CUT_SHORT
from services.gateway.notices import WORDS
from tests.fakes.discord_server.components import labels
from tests.fakes.discord_server.payloads import guild_json
from tests.fakes.discord_server.world import PRIVATE_THREAD, PUBLIC_THREAD, TEXT, Channel, Member

from .conftest import Event, Place, delta, final, ignored, notice, saying, typing

ANYTHING = r"/messages"


async def test_a_mention_is_answered_as_a_reply_without_the_mention_in_the_text(place: Place) -> None:
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "hello there", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_text(question, "You said: hello there")
    assert answer.reply_to == question.id
    [message] = place.assistant.messages
    assert message.text == "hello there"
    assert message.mentions_assistant
    assert (message.guild_id, message.channel_id, message.user_id) == (place.guild.id, place.general.id, place.ada.id)
    assert message.user_name == "Ada L."
    assert place.assistant.origins == ["discord"]


async def test_a_mention_of_the_bots_own_role_is_a_mention_of_the_bot(place: Place) -> None:
    await place.run_connected()
    role = next(role for role in place.guild.roles.values() if role.bot_id)
    question = place.discord.person_says(place.general, place.ada, "hello", mentions=[role])
    await place.discord.wait_for_text(question, "You said: hello")


async def test_a_reply_to_the_assistant_carries_what_it_replies_to(place: Place) -> None:
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "one", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_text(question, "You said: one")
    reply = place.discord.person_says(place.general, place.ada, "two", reply_to=answer)
    await place.discord.wait_for_text(reply, "You said: two")
    replied_to = place.assistant.messages[-1].replied_to
    assert replied_to.from_assistant
    assert (replied_to.message_id, replied_to.text, replied_to.author_id) == (answer.id, "You said: one", place.discord.bot.id)


async def test_a_direct_message_is_answered(place: Place) -> None:
    await place.run_connected()
    message = place.discord.dm(place.ada, "just us")
    await place.discord.wait_for_text(message, "You said: just us")
    assert place.assistant.messages[0].guild_id == ""


async def test_unaddressed_messages_leave_no_trace(place: Place) -> None:
    await place.run_connected()
    place.discord.person_says(place.general, place.ada, "nice weather")
    await place.discord.until(lambda: place.assistant.messages)
    message = place.discord.dm(place.ada, "after it")
    await place.discord.wait_for_text(message, "You said: after it")
    assert place.discord.requests_to("POST", place.general.id) == []


async def test_bots_webhooks_and_itself_are_ignored_before_the_assistant_is_asked(place: Place) -> None:
    other_bot = place.discord.create_bot("OtherBot", "other.token")
    place.discord.join(place.guild, other_bot)
    await place.run_connected()
    place.discord.person_says(place.general, other_bot, "beep", mentions=[place.discord.bot])
    place.discord.person_says(place.general, place.discord.bot, "I said", mentions=[place.discord.bot])
    place.discord.webhook_says(place.general, f"{place.discord.bot.mention} boop")
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, "You said: hi")
    assert [message.text for message in place.assistant.messages] == ["hi"]


async def test_nothing_is_done_where_it_may_not_speak(place: Place) -> None:
    silent = place.discord.create_channel(place.guild, "announcements", bot_may_speak=False)
    await place.run_connected()
    place.discord.person_says(silent, place.ada, "hi", mentions=[place.discord.bot])
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, "You said: hi")
    assert [message.channel_id for message in place.assistant.messages] == [place.general.id]
    assert place.discord.requests_to("POST", silent.id) == []


async def test_a_channel_hidden_from_everyone_is_marked_so(place: Place) -> None:
    hidden = place.discord.create_channel(place.guild, "staff", hidden=True)
    await place.run_connected()
    for channel in (hidden, place.general):
        question = place.discord.person_says(channel, place.discord.owner, "hi", mentions=[place.discord.bot])
        await place.discord.wait_for_text(question, "You said")
    assert [message.channel_hidden for message in place.assistant.messages] == [True, False]


async def test_threads_are_answered_and_private_ones_count_as_hidden(place: Place) -> None:
    await place.run_connected()
    public = place.discord.create_channel(place.guild, "about cats", kind=PUBLIC_THREAD, parent=place.general)
    private = place.discord.create_channel(place.guild, "about staff", kind=PRIVATE_THREAD, parent=place.general)
    for thread in (public, private):
        question = place.discord.person_says(thread, place.ada, "hi", mentions=[place.discord.bot])
        await place.discord.wait_for_text(question, "You said: hi")
    assert [message.channel_hidden for message in place.assistant.messages] == [False, True]


async def test_where_discord_did_not_send_its_own_member_it_asks_once(place: Place) -> None:
    await place.run_connected()
    channel = sparse_channel(place)
    for text in ("one", "two"):
        question = place.discord.person_says(channel, place.ada, text, mentions=[place.discord.bot])
        await place.discord.wait_for_text(question, f"You said: {text}")
    assert len(place.discord.requests_to("GET", f"/guilds/{channel.guild_id}/members/")) == 1


async def test_a_burst_keeps_its_order_while_discord_is_slow_to_tell_who_it_is_there(place: Place) -> None:
    await place.run_connected()
    channel = sparse_channel(place)
    asked = place.discord.silence_next("GET", "/members/", silent_s=0.4, count=50)
    said = await burst(place, channel)
    await place.discord.until(lambda: len(place.assistant.messages) == len(said))
    assert [message.text for message in place.assistant.messages] == said
    assert asked.count == 49


async def test_a_burst_in_a_thread_that_is_not_known_keeps_its_order_and_asks_once(place: Place) -> None:
    await place.run_connected()
    thread = place.discord.world.add_channel(
        Channel(place.discord.world.snowflakes.next(), PUBLIC_THREAD, "hidden", place.guild.id, parent_id=place.general.id)
    )
    asked = place.discord.silence_next("GET", f"/channels/{thread.id}$", silent_s=0.4, count=50)
    said = await burst(place, thread)
    await place.discord.until(lambda: len(place.assistant.messages) == len(said))
    assert [message.text for message in place.assistant.messages] == said
    assert asked.count == 49


def sparse_channel(place: Place) -> Channel:
    """A channel of a guild of which Discord does not send the assistant's own member."""
    guild = place.discord.world.add_guild("Sparse", place.discord.owner)
    guild.members[place.discord.bot.id] = Member(place.discord.bot.id)
    guild.members[place.ada.id] = Member(place.ada.id)
    channel = place.discord.world.add_channel(Channel(place.discord.world.snowflakes.next(), TEXT, "sparse", guild.id))
    place.discord.send_event("GUILD_CREATE", guild_json(guild, place.discord.world, place.discord.bot.id) | {"members": []})
    return channel


async def burst(place: Place, channel: Channel) -> list[str]:
    """Twelve messages of one person, one about every 0.1 s; return their texts."""
    said = [f"message {number}" for number in range(12)]
    for text in said:
        place.discord.person_says(channel, place.ada, text, mentions=[place.discord.bot])
        await asyncio.sleep(0.1)
    return said


async def test_the_answer_is_streamed_as_edits_and_ends_with_the_final_text(place: Place) -> None:
    steps: asyncio.Queue[str] = asyncio.Queue()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield typing()
        while (text := await steps.get()) != "end":
            yield delta(text)
        yield final("one two three four")

    place.assistant.script = script
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "count", mentions=[place.discord.bot])
    await place.discord.until(lambda: place.general.typing)
    assert place.discord.by_bot(place.general) == []
    steps.put_nowait("one")
    answer = await place.discord.wait_for_reply(question)
    assert answer.content == "one"
    steps.put_nowait(" two")
    await place.discord.until(lambda: answer.content == "one two")
    steps.put_nowait(" three")
    steps.put_nowait("end")
    await place.discord.until(lambda: answer.content == "one two three four")
    assert place.discord.replies_to(question) == [answer]


async def test_a_spoiler_is_hidden_while_it_grows(place: Place) -> None:
    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        text = ""
        for part in ("The twist: ||", "Snape ", "killed ", "Dumbledore", "||"):
            text += part
            yield delta(part)
            await asyncio.sleep(0.1)
        yield final(text)

    place.assistant.script = script
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "how does it end?", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_text(question, "||Snape killed Dumbledore||")
    assert len(answer.edits) > 2
    assert all(edit.content.count("||") == 2 for edit in answer.edits if "Snape" in edit.content)


async def test_a_fast_answer_costs_one_post_and_at_most_one_edit(place: Place) -> None:
    place.assistant.script = saying(typing(), *(delta(f"{number} ") for number in range(50)), final(" ".join(map(str, range(50)))))
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "count", mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, "48 49")
    assert len(place.discord.requests_to("POST", ANYTHING)) == 1
    assert len(place.discord.requests_to("PATCH", ANYTHING)) <= 1


async def test_edits_keep_their_distance(place: Place) -> None:
    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        for number in range(60):
            yield delta(f"{number} ")
            await asyncio.sleep(0.01)
        yield final("done")

    place.assistant.script = script
    await place.run_connected(discord_edit_interval_s=0.15)
    question = place.discord.person_says(place.general, place.ada, "count", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_text(question, "done")
    times = [edit.at for edit in answer.edits]
    assert len(times) >= 3
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.14


async def test_a_429_on_an_edit_is_waited_out_and_the_final_text_arrives(place: Place) -> None:
    posted = asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield delta("first")
        await posted.wait()
        yield delta(" then")
        await place.discord.until(lambda: place.discord.requests_to("PATCH", ANYTHING))
        yield delta(" and")
        yield final("first and last")

    place.assistant.script = script
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_reply(question)
    place.discord.rate_limit_next("PATCH", retry_after_s=0.4)
    posted.set()
    await place.discord.until(lambda: answer.content == "first and last")
    edits = place.discord.requests_to("PATCH", ANYTHING)
    assert edits[0].status == 429
    assert edits[1].at - edits[0].at >= 0.4
    assert [edit.status for edit in edits[1:]] == [200] * (len(edits) - 1)


async def test_a_429_that_came_past_discords_proxy_is_waited_out_too(place: Place) -> None:
    place.discord.rate_limit_next("POST", retry_after_s=0.2, via=False)
    place.assistant.script = saying(final("hello"))
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, "hello")
    refused, posted = place.discord.requests_to("POST", ANYTHING)
    assert (refused.status, posted.status) == (429, 200)
    assert posted.at - refused.at >= 0.2
    assert len(place.discord.by_bot(place.general)) == 1


@pytest.mark.parametrize("written", [b"", b'{"message": "slow"}', b"null"])
async def test_a_429_that_does_not_say_how_long_is_tried_again(place: Place, written: bytes) -> None:
    place.discord.garble_next("POST", status=429, written=written)
    place.assistant.script = saying(final("hello"))
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, "hello", timeout_s=15)
    assert len(place.discord.by_bot(place.general)) == 1


async def test_enforced_rate_limits_are_kept_without_a_refusal(place: Place) -> None:
    place.discord.limit_messages(5, 1.0)

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        for number in range(40):
            yield delta(f"{number} ")
            await asyncio.sleep(0.02)
        yield final("done")

    place.assistant.script = script
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "count", mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, "done")
    assert place.discord.rest.buckets.refused == 0


async def test_a_server_error_on_the_post_is_tried_again_and_posts_once(place: Place) -> None:
    place.discord.fail_next("POST", r"/messages$", status=503)
    place.assistant.script = saying(final("hello"))
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, "hello")
    assert len(place.discord.by_bot(place.general)) == 1


async def test_a_post_that_discord_never_answers_is_tried_again_and_appears_once(place: Place) -> None:
    silenced = place.discord.silence_next("POST", r"/messages$")
    place.assistant.script = saying(final("hello"))
    await place.run_connected(discord_request_s=0.3)
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])

    def posts() -> int:
        return sum(one.method == "POST" and one.path.endswith("/messages") for one in place.discord.rest.requests)

    await place.discord.until(lambda: posts() == 2)
    assert silenced.count == 0
    await place.discord.wait_for_text(question, "hello")
    assert len(place.discord.by_bot(place.general)) == 1


async def test_no_mass_ping_ever_leaves(place: Place) -> None:
    place.assistant.script = saying(delta("@everyone "), final(f"@everyone @here {place.ada.mention} <@&{place.guild.id}> come!"))
    for role in place.guild.roles.values():
        role.permissions |= 1 << 17  # it may mention everyone
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "call them", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_text(question, "come!")
    assert not answer.pinged_everyone
    assert answer.pinged_users == answer.pinged_roles == []
    payloads = [request.payload for request in place.discord.requests if "/messages" in request.path]
    assert payloads
    assert all(payload["allowed_mentions"] == {"parse": [], "users": [], "roles": [], "replied_user": False} for payload in payloads)


async def test_a_long_answer_is_split_and_only_its_first_message_replies(place: Place) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 80 for number in range(12))
    place.assistant.script = saying(delta(text[:100]), final(text))
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "tell me everything", mentions=[place.discord.bot])
    await place.discord.wait_for_text(question, "Paragraph 11")
    posted = place.discord.by_bot(place.general)
    assert len(posted) >= 3
    assert all(len(message.content) <= 2000 for message in posted)
    assert [message.reply_to for message in posted] == [question.id] + [None] * (len(posted) - 1)
    assert "".join("".join(message.content.split()) for message in posted) == "".join(text.split())


async def test_where_it_may_not_attach_files_a_long_answer_says_that_it_is_cut_short_and_is_done(place: Place) -> None:
    text = "word " * 4000
    place.discord.forbid_files(place.general)
    place.assistant.script = saying(delta(text[:3000]), final(text))
    await place.run_connected()
    place.discord.person_says(place.general, place.ada, "write a lot", mentions=[place.discord.bot])
    await place.discord.until(lambda: any(CUT_SHORT in one.content for one in place.discord.by_bot(place.general)))
    messages = place.discord.by_bot(place.general)
    assert len(messages) == 5
    assert not any("Stop" in labels(message.components) for message in messages)
    assert sum("files" in (request.payload or {}) for request in place.discord.requests_to("POST", ANYTHING)) <= 1


async def test_notices_stand_in_small_print_under_the_answer(place: Place) -> None:
    place.assistant.script = saying(notice("I can't reach my memory right now."), delta("Hel"), final("Hello"))
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_text(question, "Hello")
    await place.discord.until(lambda: answer.content == "Hello\n\n-# I can't reach my memory right now.")


async def test_sends_carry_an_enforced_nonce_so_that_another_instance_takes_over_the_same_message(place: Place) -> None:
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_text(question, "You said: hi")
    [payload] = [request.payload for request in place.discord.requests_to("POST", r"/messages$")]
    assert payload["enforce_nonce"] is True
    assert len(payload["nonce"]) <= 25
    turn = conversation_pb2.OrphanedTurn(turn_id=f"{question.id}:0")
    turn.message.message_id, turn.message.channel_id = question.id, place.general.id
    await place.assistant.couriers.connected["discord"].deliver(turn, "Sorry, I lost track.")
    assert [message.content for message in place.discord.by_bot(place.general)] == ["Sorry, I lost track."]
    assert answer.content == "Sorry, I lost track."


async def test_an_apology_for_a_lost_turn_replies_to_its_message(place: Place) -> None:
    await place.run_connected()
    lost = place.discord.person_says(place.general, place.ada, "nobody answered this")
    turn = conversation_pb2.OrphanedTurn(turn_id=f"{lost.id}:0")
    turn.message.message_id, turn.message.channel_id = lost.id, place.general.id
    await place.assistant.couriers.connected["discord"].deliver(turn, "Sorry, I lost track.")
    assert [message.content for message in place.discord.replies_to(lost)] == ["Sorry, I lost track."]


async def test_an_apology_for_a_channel_that_is_gone_is_let_go(place: Place) -> None:
    await place.run_connected()
    turn = conversation_pb2.OrphanedTurn(turn_id="1:0")
    turn.message.message_id, turn.message.channel_id = "1", "2"
    await place.assistant.couriers.connected["discord"].deliver(turn, "Sorry, I lost track.")


async def test_an_assistant_that_breaks_is_apologised_for_without_details(place: Place) -> None:
    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield delta("Well")
        raise RuntimeError("secret detail")

    place.assistant.script = script
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_text(question, "went wrong")
    assert answer.content.startswith("Well\n\n-# Sorry")
    assert "secret" not in answer.content


async def test_a_deleted_answer_stays_deleted(place: Place) -> None:
    go_on = asyncio.Event()

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield delta("one")
        await go_on.wait()
        yield delta(" two")
        yield final("one two")

    place.assistant.script = script
    await place.run_connected()
    question = place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_reply(question)
    place.discord.person_deletes(answer)
    go_on.set()
    await place.discord.until(lambda: place.discord.requests_to("PATCH", ANYTHING))
    assert place.discord.requests_to("PATCH", ANYTHING)[0].status == 404
    assert place.discord.by_bot(place.general) == []


async def test_only_a_mention_is_answered_with_help(place: Place) -> None:
    await place.run_connected()
    bare = place.discord.person_says(place.general, place.ada, "", mentions=[place.discord.bot])
    assert "Just talk to me" in (await place.discord.wait_for_reply(bare)).content


async def test_only_a_mention_by_somebody_who_is_ignored_is_not_answered(place: Place) -> None:
    place.assistant.script = saying(ignored("ignored"))
    await place.run_connected()
    place.discord.person_says(place.general, place.ada, "", mentions=[place.discord.bot])
    await place.discord.until(lambda: place.assistant.messages)
    message = place.discord.dm(place.ada, "after it")
    place.assistant.script = saying(final("You said: after it"))
    await place.discord.wait_for_text(message, "You said: after it")
    assert place.discord.by_bot(place.general) == []


async def test_names_stand_in_for_other_peoples_mentions(place: Place) -> None:
    ben = place.discord.create_user("ben", guilds=[place.guild], global_name="Ben")
    await place.run_connected()
    place.discord.person_says(place.general, place.ada, f"tell {ben.mention} about {place.general.id}", mentions=[place.discord.bot])
    await place.discord.until(lambda: place.assistant.messages)
    assert place.assistant.messages[0].text == f"tell @Ben about {place.general.id}"


async def test_stopping_waits_for_answers_under_way_and_then_cuts_them(place: Place) -> None:
    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield typing()
        await asyncio.Event().wait()

    place.assistant.script = script
    await place.run_connected(discord_drain_s=0.1)
    place.discord.person_says(place.general, place.ada, "hi", mentions=[place.discord.bot])
    await place.discord.until(lambda: place.general.typing)
    await place.stop()
    assert place.assistant.cut == 1
    assert place.assistant.couriers.connected == {}


async def test_an_answer_that_is_cut_by_the_end_of_the_process_says_so(place: Place) -> None:
    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield typing()
        yield delta("Once upon a time")
        await asyncio.Event().wait()

    place.assistant.script = script
    await place.run_connected(discord_drain_s=0.1)
    question = place.discord.person_says(place.general, place.ada, "a story", mentions=[place.discord.bot])
    answer = await place.discord.wait_for_text(question, "Once upon a time")
    await place.stop()
    assert answer.content == f"Once upon a time\n\n{WORDS['cut']}"
    assert answer.components == []


async def test_past_the_limit_of_answers_messages_are_ignored(place: Place) -> None:
    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        yield typing()
        await asyncio.Event().wait()

    place.assistant.script = script
    await place.run_connected(discord_answers_max=2, discord_drain_s=0.0)
    for number in range(5):
        place.discord.person_says(place.general, place.ada, str(number), mentions=[place.discord.bot])
    session = place.discord.gateway.connected()[0]
    await place.discord.until(lambda: len(place.assistant.messages) == 2 and session.sequence >= 7)
    assert [message.text for message in place.assistant.messages] == ["0", "1"]
