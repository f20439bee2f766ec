"""Buttons, menus and forms, from the press to what Discord shows."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.register import register_commands
from services.gateway.notices import words
from tests.fakes.discord_server import Interaction, Message
from tests.fakes.discord_server.components import find_button, labels

from .conftest import Event, Place, saying, settings_for

Final = gateway_pb2.Final
Request = gateway_pb2.HandleMessageRequest
COMMAND, REFUSED = Final.OUTCOME_COMMAND, Final.OUTCOME_REFUSED


def offer(*, private: bool = True) -> Final:
    memories = [gateway_pb2.ShownMemory(memory_id="m1", text="my cat is called Miso", version=1)]
    return Final(
        text="I would forget: my cat.", outcome=COMMAND, private=private, forget_offer=gateway_pb2.ForgetOffer(plan_id="plan-1", memories=memories)
    )


def done(*, private: bool = False) -> Final:
    return Final(text="Done: I forgot 1 thing.", outcome=COMMAND, private=private, forget_done=gateway_pb2.ForgetDone(plan_id="plan-1", forgotten=1))


def page(number: int, pages: int = 3) -> Final:
    """A page of one memory; its token is the number of the page before."""
    memory = gateway_pb2.ShownMemory(memory_id=f"m{number}", text=f"thing {number} " + "x" * 200, version=number)
    following = str(number) if number < pages else ""
    return Final(text=f"Page {number}.", outcome=COMMAND, private=True, memories=[memory], next_page_token=following)


def answers(first: Final, act: Callable[[Request], Final], place: Place) -> None:
    """Answer words with `first`, and presses with what `act` says."""

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        request = place.assistant.requests[-1]
        yield Event(final=first if request.WhichOneof("action") is None else act(request))

    place.assistant.script = script


async def ready(place: Place, first: Final, act: Callable[[Request], Final]) -> None:
    answers(first, act, place)
    await register_commands(settings_for(place.discord))
    await place.run_connected()


async def used(place: Place, command: str = "memories", **options: str) -> Message:
    """Use a command and return the message that answers it, to its user alone."""
    interaction = place.discord.person_uses(place.general, place.ada, command, **options)
    return (await place.discord.until(lambda: interaction.messages))[0]


async def asked(place: Place, text: str = "what do you remember?") -> Message:
    """Ask in the channel and return the answer there."""
    question = place.discord.person_says(place.general, place.ada, text, mentions=[place.discord.bot])
    return await place.discord.wait_for_reply(question)


async def says(place: Place, message: Message, text: str) -> None:
    await place.discord.until(lambda: text in message.content)


async def told(place: Place, interaction: Interaction, text: str) -> Message:
    """Wait until an interaction was answered in a message of its own, to its user alone."""
    [found] = await place.discord.until(lambda: [one for one in interaction.messages if text in one.content])
    assert found.visible_to == interaction.user.id
    return found


def actions(place: Place) -> list[Request]:
    return [request for request in place.assistant.requests if request.WhichOneof("action") is not None]


async def test_forget_is_offered_carried_out_and_undone_in_one_message(place: Place) -> None:
    def act(request: Request) -> Final:
        return Final(text="I brought back 1 thing.", outcome=COMMAND) if request.forget_decision.undo else done()

    await ready(place, offer(), act)
    message = await used(place, "forget", what="my cat")
    assert labels(message.components) == ["Forget it", "Keep it"]
    place.discord.person_presses(message, place.ada, "Forget it")
    await says(place, message, "Done: I forgot 1 thing.")
    assert labels(message.components) == ["Undo"]
    place.discord.person_presses(message, place.ada, "Undo")
    await says(place, message, "I brought back 1 thing.")
    assert message.components == []
    assert [(one.forget_decision.plan_id, one.forget_decision.undo) for one in actions(place)] == [("plan-1", False), ("plan-1", True)]


async def test_keeping_withdraws_the_offer(place: Place) -> None:
    await ready(place, offer(), lambda request: Final(text=f"kept {request.forget_decision.keep}", outcome=COMMAND))
    message = await used(place, "forget", what="my cat")
    place.discord.person_presses(message, place.ada, "Keep it")
    await says(place, message, "kept True")
    assert message.components == []


@pytest.mark.parametrize(("label", "confirmed"), [("Erase everything", True), ("Cancel", False)])
async def test_a_question_is_answered_by_its_buttons(place: Place, label: str, confirmed: bool) -> None:
    confirmation = gateway_pb2.Confirmation(confirmation_id="erase.1.2.3", confirm_label="Erase everything")
    first = Final(text="Shall I?", outcome=COMMAND, private=True, confirmation=confirmation)
    await ready(place, first, lambda request: Final(text="So be it.", outcome=COMMAND, private=True))
    message = await used(place, "privacy erase")
    place.discord.person_presses(message, place.ada, label)
    await says(place, message, "So be it.")
    assert message.components == []
    [request] = actions(place)
    assert (request.confirmation.confirmation_id, request.confirmation.confirmed) == ("erase.1.2.3", confirmed)


async def test_a_press_carries_who_where_and_whether_they_may_moderate(place: Place) -> None:
    await ready(place, offer(private=False), lambda _: done())
    message = await asked(place)
    place.discord.person_presses(message, place.ada, "Forget it")
    await says(place, message, "Done")
    pressed = actions(place)[0].message
    assert (pressed.user_id, pressed.channel_id, pressed.guild_id, pressed.text) == (place.ada.id, place.general.id, place.guild.id, "")
    assert not pressed.may_moderate


async def test_a_press_twice_is_one_request(place: Place) -> None:
    await ready(place, offer(), lambda _: done())
    message = await used(place, "forget", what="my cat")
    custom_id = find_button(message.components, "Forget it")["custom_id"]
    for _ in range(2):
        place.discord.person_presses_id(message, place.ada, custom_id)
    await place.discord.until(lambda: len(actions(place)) == 2)
    first, second = (request.message.message_id for request in actions(place))
    assert first == second
    await says(place, message, "Done")


async def test_somebody_elses_button_is_refused_to_their_eyes_only(place: Place) -> None:
    await ready(place, offer(private=False), lambda _: done())
    message = await asked(place)
    bob = place.discord.create_user("bob", guilds=[place.guild])
    pressed = place.discord.person_presses(message, bob, "Forget it")
    await told(place, pressed, words("button_of_another"))
    assert actions(place) == []
    assert labels(message.components) == ["Forget it", "Keep it"]


@pytest.mark.parametrize("custom_id", ["dance:1:2", "x", "", "forget", "::", "stop:::"])
async def test_a_button_that_nobody_knows_is_answered_in_words(place: Place, custom_id: str) -> None:
    await ready(place, offer(private=False), lambda _: done())
    message = await asked(place)
    pressed = place.discord.person_presses_id(message, place.ada, custom_id)
    await told(place, pressed, words("button_unknown"))
    assert actions(place) == []


async def test_what_cannot_be_undone_any_more_is_said_and_its_button_goes(place: Place) -> None:
    await ready(place, done(private=True), lambda _: Final(text=words("plan_expired"), outcome=REFUSED, reason="PLAN_EXPIRED"))
    message = await used(place, "forget", what="my cat")
    place.discord.person_presses(message, place.ada, "Undo")
    await says(place, message, words("plan_expired"))
    assert message.components == []


async def test_what_may_succeed_later_is_said_beside_and_its_button_stays(place: Place) -> None:
    away = words("memory_command_unavailable")
    await ready(place, offer(), lambda _: Final(text=away, outcome=REFUSED, reason="DEPENDENCY_UNAVAILABLE"))
    message = await used(place, "forget", what="my cat")
    pressed = place.discord.person_presses(message, place.ada, "Forget it")
    await told(place, pressed, away)
    assert labels(message.components) == ["Forget it", "Keep it"]


async def test_an_assistant_that_breaks_is_apologised_for(place: Place) -> None:
    def act(_: Request) -> Final:
        raise RuntimeError("broken")

    await ready(place, offer(), act)
    message = await used(place, "forget", what="my cat")
    pressed = place.discord.person_presses(message, place.ada, "Forget it")
    await told(place, pressed, words("something_broke"))


async def test_a_private_result_of_a_public_button_is_shown_to_its_presser_alone(place: Place) -> None:
    await ready(place, offer(private=False), lambda _: done(private=True))
    message = await asked(place)
    pressed = place.discord.person_presses(message, place.ada, "Forget it")
    result = await told(place, pressed, "Done: I forgot 1 thing.")
    assert labels(result.components) == ["Undo"]
    await place.discord.until(lambda: message.components == [])
    assert "I would forget" in message.content


def paged(request: Request) -> Final:
    return page(int(request.memories_page.page_token or 0) + 1)


async def test_memories_are_paged_forward_and_back_in_place(place: Place) -> None:
    await ready(place, page(1), paged)
    message = await used(place)
    assert labels(message.components) == ["Next"]
    for label, text, then in (
        ("Next", "Page 2.", ["Previous", "Next"]),
        ("Next", "Page 3.", ["Previous"]),
        ("Previous", "Page 2.", ["Previous", "Next"]),
        ("Previous", "Page 1.", ["Next"]),
    ):
        place.discord.person_presses(message, place.ada, label)
        await says(place, message, text)
        assert labels(message.components) == then


async def test_looking_twice_at_a_page_looks_anew(place: Place) -> None:
    await ready(place, page(1), paged)
    message = await used(place)
    custom_id = find_button(message.components, "Next")["custom_id"]
    for _ in range(2):
        place.discord.person_presses_id(message, place.ada, custom_id)
    await place.discord.until(lambda: len(actions(place)) == 2)
    assert len({request.message.message_id for request in actions(place)}) == 2


async def test_back_from_a_page_that_no_longer_follows_any_leads_to_the_first(place: Place) -> None:
    await ready(place, page(1), paged)
    message = await used(place)
    place.discord.person_presses_id(message, place.ada, f"back:gone:{place.ada.id}")
    await place.discord.until(lambda: len(actions(place)) == 3)
    await says(place, message, "Page 1.")
    assert labels(message.components) == ["Next"]


async def picked(place: Place, act: Callable[[Request], Final] = paged) -> Message:
    """The list, with its first memory picked and shown in full."""
    await ready(place, page(1), act)
    message = await used(place)
    place.discord.person_picks(message, place.ada, "thing 1")
    await says(place, message, words("memory_shown"))
    return message


async def test_a_picked_memory_is_shown_in_full_and_can_be_left(place: Place) -> None:
    message = await picked(place)
    assert message.embeds == [{"description": page(1).memories[0].text}]
    assert labels(message.components) == ["Edit", "Delete", "Back to the list"]
    place.discord.person_presses(message, place.ada, "Back to the list")
    await says(place, message, "Page 1.")
    assert message.embeds == []


async def test_a_picked_memory_that_is_gone_is_not_found(place: Place) -> None:
    await ready(place, page(1), lambda _: page(2))
    message = await used(place)
    chosen = place.discord.person_picks(message, place.ada, "thing 1")
    await told(place, chosen, words("not_found"))


async def test_a_list_that_all_may_read_is_leafed_through_and_picked_from_for_its_asker_alone(place: Place) -> None:
    first = page(1)
    first.private = False
    await ready(place, first, paged)
    message = await asked(place)
    turned = place.discord.person_presses(message, place.ada, "Next")
    await told(place, turned, "Page 2.")
    chosen = place.discord.person_picks(message, place.ada, "thing 1")
    shown = await told(place, chosen, words("memory_shown"))
    assert shown.embeds == [{"description": first.memories[0].text}]
    assert (message.content, labels(message.components)) == ("Page 1.", ["Next"])


def changing(request: Request) -> Final:
    match request.WhichOneof("action"):
        case "memory_edit":
            return Final(text=f"From now on: {request.memory_edit.text}", outcome=COMMAND, private=True)
        case "memory_deletion":
            return Final(text="Deleted.", outcome=COMMAND, private=True)
        case _:
            return paged(request)


async def test_edit_opens_a_form_with_the_whole_text_and_sends_what_is_written(place: Place) -> None:
    message = await picked(place, changing)
    opened = place.discord.person_presses(message, place.ada, "Edit")
    await place.discord.until(lambda: opened.callback)
    assert opened.form["components"][0]["components"][0]["value"] == page(1).memories[0].text
    place.discord.person_sends_form(opened, "  thing one  ")
    await says(place, message, "From now on: thing one")
    assert labels(message.components) == ["Back to the list"]
    assert message.embeds == []
    edit = actions(place)[-1].memory_edit
    assert (edit.memory_id, edit.version, edit.text) == ("m1", 1, "thing one")


async def test_delete_names_the_memory_as_it_was_shown(place: Place) -> None:
    message = await picked(place, changing)
    place.discord.person_presses(message, place.ada, "Delete")
    await says(place, message, "Deleted.")
    assert labels(message.components) == ["Back to the list"]
    deletion = actions(place)[-1].memory_deletion
    assert (deletion.memory_id, deletion.version) == ("m1", 1)


async def test_somebody_else_cannot_send_a_form(place: Place) -> None:
    message = await picked(place, changing)
    opened = place.discord.person_presses(message, place.ada, "Edit")
    await place.discord.until(lambda: opened.callback)
    opened.user = place.discord.create_user("bob", guilds=[place.guild])
    sent = place.discord.person_sends_form(opened, "mine now")
    await told(place, sent, words("button_of_another"))
    assert all(request.WhichOneof("action") == "memories_page" for request in actions(place))


async def test_a_private_answer_asked_for_in_the_channel_is_shown_by_a_button_to_its_asker_alone(place: Place) -> None:
    await ready(place, Final(text="You opted out.", outcome=COMMAND, private=True), lambda _: done())
    message = await asked(place)
    assert message.content == words("private_here")
    shown = place.discord.person_presses(message, place.ada, "Show me")
    await told(place, shown, "You opted out.")
    bob = place.discord.create_user("bob", guilds=[place.guild])
    refused = place.discord.person_presses(message, bob, "Show me")
    await told(place, refused, words("button_of_another"))
    assert all("opted out" not in one.content for one in place.discord.by_bot(place.general) if one.visible_to is None)


async def test_a_private_list_asked_for_in_the_channel_is_listed_anew_for_its_asker(place: Place) -> None:
    await ready(place, page(1), paged)
    message = await asked(place)
    assert message.content == words("private_here")
    shown = place.discord.person_presses(message, place.ada, "Show me")
    listed = await told(place, shown, "Page 1.")
    assert labels(listed.components) == ["Next"]
    place.discord.person_presses(listed, place.ada, "Next")
    await says(place, listed, "Page 2.")


async def test_a_private_answer_that_is_no_longer_here_is_asked_for_anew(place: Place) -> None:
    await ready(place, Final(text="You opted out.", outcome=COMMAND, private=True), lambda _: done())
    message = await asked(place)
    await place.stop()
    await place.run_connected()
    shown = place.discord.person_presses(message, place.ada, "Show me")
    await told(place, shown, words("private_gone"))


async def test_in_a_direct_message_a_private_answer_is_said_at_once_with_its_file(place: Place) -> None:
    file = gateway_pb2.File(name="export.jsonl", media_type="application/jsonl", data=b"{}\n")
    await ready(place, Final(text="Here it is.", outcome=COMMAND, private=True, files=[file]), lambda _: done())
    question = place.discord.dm(place.ada, "export my data")
    message = await place.discord.wait_for_text(question, "Here it is.")
    assert message.payloads[-1]["files"] == {"export.jsonl": file.data}


async def test_buttons_work_after_a_restart(place: Place) -> None:
    await ready(place, offer(private=False), lambda _: done())
    message = await asked(place)
    await place.stop()
    await place.run_connected()
    place.discord.person_presses(message, place.ada, "Forget it")
    await says(place, message, "Done: I forgot 1 thing.")


async def test_a_press_that_discord_no_longer_waits_for_does_nothing(place: Place) -> None:
    await ready(place, offer(private=False), lambda _: done())
    message = await asked(place)
    place.discord.interactions.answer_within_s = -1.0
    place.discord.person_presses(message, place.ada, "Forget it")
    await place.discord.until(lambda: [one for one in place.discord.requests_to("POST", "/callback") if one.status == 404])
    place.discord.interactions.answer_within_s = 3.0
    assert actions(place) == []
    place.discord.person_presses(message, place.ada, "Forget it")
    await says(place, message, "Done")


async def test_a_slow_press_is_acknowledged_in_time(place: Place) -> None:
    go_on = asyncio.Event()
    await ready(place, offer(private=False), lambda _: done())
    message = await asked(place)

    async def script(_: gateway_pb2.IncomingMessage) -> AsyncIterator[Event]:
        await go_on.wait()
        yield Event(final=done())

    place.assistant.script = script
    place.discord.interactions.answer_within_s = 1.0
    pressed = place.discord.person_presses(message, place.ada, "Forget it")
    await place.discord.until(lambda: pressed.callback)
    assert "I would forget" in message.content
    go_on.set()
    await says(place, message, "Done")


async def test_a_long_result_follows_privately_and_pings_nobody(place: Place) -> None:
    text = "\n\n".join(f"{number} @everyone " + "word " * 90 for number in range(12))
    await ready(place, offer(), lambda _: Final(text=text, outcome=COMMAND, private=True))
    message = await used(place, "forget", what="my cat")
    pressed = place.discord.person_presses(message, place.ada, "Forget it")
    await told(place, pressed, "11 @everyone")
    assert len(message.content) <= 2000
    assert {one.visible_to for one in pressed.messages} == {place.ada.id}
    payloads = [payload for one in (message, *pressed.messages) for payload in one.payloads]
    assert all(payload["allowed_mentions"]["parse"] == [] for payload in payloads)


async def test_what_a_notice_says_stands_under_the_result(place: Place) -> None:
    await ready(place, offer(), lambda _: done())
    message = await used(place, "forget", what="my cat")
    notice = gateway_pb2.Notice(kind="some", text="I can't reach my memory.")
    place.assistant.script = saying(Event(notice=notice), Event(final=done()))
    place.discord.person_presses(message, place.ada, "Forget it")
    await says(place, message, "-# I can't reach my memory.")
