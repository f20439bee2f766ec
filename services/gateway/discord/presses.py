"""What pressing a button, picking from a menu or sending a form does, and how its result is shown.

The same press gives the same request ids, so that what is pressed twice is done once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_pages import AnswerPage
from services.gateway.discord.answering import AssistantLike, events_of
from services.gateway.discord.clean_text import clean
from services.gateway.discord.components import ComponentRouter
from services.gateway.discord.custom_ids import CustomId, PressKind
from services.gateway.discord.final_components import LOOK_DIGITS, edit_form, list_components, memory_components, memory_subject, read_memory_subject
from services.gateway.discord.incoming import command_message
from services.gateway.discord.interaction_responses import EPHEMERAL, ORIGINAL, Interaction, InteractionResponses
from services.gateway.discord.replies import with_notices
from services.gateway.discord.settings import DiscordSettings
from services.gateway.discord.withheld import Withheld, page_of
from services.gateway.notices import words
from services.runtime.errors import FAILURES, Category

type _Request = gateway_pb2.HandleMessageRequest


class Presses:
    """Deals with the components of `final_components`."""

    def __init__(self, settings: DiscordSettings, assistant: AssistantLike, withheld: Withheld) -> None:
        self._pages_back_max = settings.discord_pages_back_max
        self._assistant = assistant
        self._withheld = withheld

    def register(self, router: ComponentRouter) -> None:
        """Take what belongs here from the router."""
        router.register(PressKind.FORGET, self._forget)
        router.register(PressKind.KEEP, self._keep)
        router.register(PressKind.UNDO, self._undo)
        router.register(PressKind.CONFIRM, self._confirm)
        router.register(PressKind.CANCEL, self._cancel)
        router.register(PressKind.LIST, self._list)
        router.register(PressKind.PAGE, self._page)
        router.register(PressKind.BACK, self._back)
        router.register(PressKind.PICK, self._pick)
        router.register(PressKind.EDIT, self._edit)
        router.register(PressKind.SAVE, self._save)
        router.register(PressKind.DROP, self._drop)
        router.register(PressKind.SHOW, self._show)

    async def _forget(self, interaction: Interaction, pressed: CustomId) -> None:
        decision = gateway_pb2.ForgetDecision(plan_id=pressed.subject)
        await self._decided(interaction, _request(interaction, pressed, forget_decision=decision))

    async def _keep(self, interaction: Interaction, pressed: CustomId) -> None:
        decision = gateway_pb2.ForgetDecision(plan_id=pressed.subject, keep=True)
        await self._decided(interaction, _request(interaction, pressed, forget_decision=decision))

    async def _undo(self, interaction: Interaction, pressed: CustomId) -> None:
        decision = gateway_pb2.ForgetDecision(plan_id=pressed.subject, undo=True)
        await self._decided(interaction, _request(interaction, pressed, forget_decision=decision))

    async def _confirm(self, interaction: Interaction, pressed: CustomId) -> None:
        decision = gateway_pb2.ConfirmationDecision(confirmation_id=pressed.subject, confirmed=True)
        await self._decided(interaction, _request(interaction, pressed, confirmation=decision))

    async def _cancel(self, interaction: Interaction, pressed: CustomId) -> None:
        decision = gateway_pb2.ConfirmationDecision(confirmation_id=pressed.subject)
        await self._decided(interaction, _request(interaction, pressed, confirmation=decision))

    async def _carried_out(self, responses: InteractionResponses, request: _Request) -> gateway_pb2.Final | None:
        """Carry out what a button stands for; None where it may be tried again: that is said, and the button stays."""
        await responses.defer_update()
        final = await self._ask(request)
        if _may_be_tried_again(final):
            await responses.say(final.text)
            return None
        return final

    async def _decided(self, interaction: Interaction, request: _Request) -> None:
        """Carry out what was offered, and let its result stand where the offer stood."""
        responses = InteractionResponses(interaction)
        final = await self._carried_out(responses, request)
        if final is None:
            return
        page = page_of(final, request.message.user_id)
        if final.private and _is_seen_by_others(interaction):
            await responses.drop_components()
            await responses.follow_up_all(page)
        else:
            await responses.replace_all(page)

    async def _list(self, interaction: Interaction, pressed: CustomId) -> None:
        responses = InteractionResponses(interaction)
        await responses.defer_message(ephemeral=True)
        final = await self._memories(interaction, pressed, "")
        await responses.replace_all(page_of(final, pressed.asker_id))

    async def _page(self, interaction: Interaction, pressed: CustomId) -> None:
        responses = InteractionResponses(interaction)
        await responses.defer_update()
        await self._turn_to(interaction, responses, pressed, await self._memories(interaction, pressed, pressed.subject), pressed.subject)

    async def _back(self, interaction: Interaction, pressed: CustomId) -> None:
        """Show the page before. Page tokens lead forward only, so that it is looked for from the first page on."""
        responses = InteractionResponses(interaction)
        await responses.defer_update()
        token = ""
        first = found = await self._memories(interaction, pressed, token)
        for number in range(1, self._pages_back_max):
            if found.next_page_token in ("", pressed.subject):
                break
            token = found.next_page_token
            found = await self._memories(interaction, pressed, token, number)
        if found.next_page_token != pressed.subject:
            found, token = first, ""
        await self._turn_to(interaction, responses, pressed, found, token)

    @staticmethod
    async def _turn_to(
        interaction: Interaction, responses: InteractionResponses, pressed: CustomId, final: gateway_pb2.Final, page_token: str
    ) -> None:
        page = page_of(final, pressed.asker_id, page_token=page_token)
        if _may_be_tried_again(final):
            await responses.say(final.text)
        elif final.private and _is_seen_by_others(interaction):
            await responses.follow_up_all(page)
        else:
            await responses.replace_all(page)

    async def _pick(self, interaction: Interaction, pressed: CustomId) -> None:
        """Show one memory in full, with what can be done with it."""
        responses = InteractionResponses(interaction)
        await responses.defer_update()
        data: Any = interaction.data
        chosen = [str(value) for value in data.get("values", ())]
        final = await self._memories(interaction, pressed, pressed.subject)
        memory = next((memory for memory in final.memories if memory.memory_id in chosen), None)
        if memory is None:
            await responses.say(final.text if _may_be_tried_again(final) else words("not_found"))
            return
        subject = memory_subject(memory, look=str(interaction.id)[-LOOK_DIGITS:])
        page = AnswerPage(words("memory_shown"), memory_components(subject, pressed.asker_id, page_token=pressed.subject))
        embeds = [{"description": memory.text}]
        if _is_seen_by_others(interaction):
            await responses.follow_up(page, ephemeral=True, embeds=embeds)
        else:
            await responses.edit(ORIGINAL, page, embeds=embeds)

    async def _edit(self, interaction: Interaction, pressed: CustomId) -> None:
        """Open the form at once, which nothing may come before: the memory's text stands in the message above the button."""
        embeds = interaction.message.embeds if interaction.message is not None else []
        text = next((embed.description for embed in embeds if embed.description), "")
        await InteractionResponses(interaction).open_form(edit_form(pressed.subject, pressed.asker_id, text))

    async def _save(self, interaction: Interaction, pressed: CustomId) -> None:
        memory_id, version = read_memory_subject(pressed.subject)
        text = clean(_filled_in(interaction)).strip()
        edit = gateway_pb2.MemoryEdit(memory_id=memory_id, version=version, text=text)
        await self._changed(interaction, _request(interaction, pressed, text, memory_edit=edit))

    async def _drop(self, interaction: Interaction, pressed: CustomId) -> None:
        memory_id, version = read_memory_subject(pressed.subject)
        deletion = gateway_pb2.MemoryDeletion(memory_id=memory_id, version=version)
        await self._changed(interaction, _request(interaction, pressed, memory_deletion=deletion))

    async def _changed(self, interaction: Interaction, request: _Request) -> None:
        """Carry out a change of a memory, and say what became of it in place of the memory, with the way back to the list."""
        responses = InteractionResponses(interaction)
        final = await self._carried_out(responses, request)
        if final is None:
            return
        page = page_of(final, request.message.user_id)
        await responses.replace_all(replace(page, components=[*page.components, *list_components(request.message.user_id)]))

    async def _show(self, interaction: Interaction, pressed: CustomId) -> None:
        responses = InteractionResponses(interaction)
        final = self._withheld.get(pressed.asker_id, pressed.subject)
        if final is None:
            await responses.say(words("private_gone"))
            return
        await responses.defer_message(ephemeral=True)
        await responses.replace_all(page_of(final, pressed.asker_id))

    async def _memories(self, interaction: Interaction, pressed: CustomId, page_token: str, number: int = 0) -> gateway_pb2.Final:
        """List a page as it is now. `number`: which look of this press it is; a look has an id of its own, or the first answer would be repeated."""
        request = _request(interaction, pressed, memories_page=gateway_pb2.MemoriesPage(page_token=page_token))
        request.message.message_id = f"{interaction.id}-{number}"
        return await self._ask(request)

    async def _ask(self, request: _Request) -> gateway_pb2.Final:
        """Hand a request to the assistant and wait for its answer, with its notices under it."""
        notices: list[str] = []
        final = gateway_pb2.Final(text=words("something_broke"), outcome=gateway_pb2.Final.OUTCOME_REFUSED, reason="INTERNAL")
        async with events_of(self._assistant, request) as events:
            async for event in events:
                match event.WhichOneof("event"):
                    case "notice":
                        notices.append(event.notice.text)
                    case "final":
                        final = event.final
        return _with(final, notices)


def _request(interaction: Interaction, pressed: CustomId, filled_in: str = "", **action: Any) -> _Request:
    """Return a press as a request. Its message has an id that the same press always has, and no text."""
    message = command_message(interaction, "")
    digest = hashlib.blake2b("\n".join((pressed.kind, pressed.subject, pressed.asker_id, filled_in)).encode(), digest_size=16)
    message.message_id = f"press-{digest.hexdigest()}"
    return gateway_pb2.HandleMessageRequest(message=message, **action)


def _filled_in(interaction: Interaction) -> str:
    """Return what was written into the only field of a form."""
    data: Any = interaction.data
    for row in data.get("components", ()):
        for field in (*row.get("components", ()), row.get("component") or {}):
            if "value" in field:
                return str(field["value"])
    return ""


def _is_seen_by_others(interaction: Interaction) -> bool:
    """Whether the message whose button was pressed stands in front of others, who must not see what is private."""
    ephemeral = interaction.message is not None and interaction.message.flags.value & EPHEMERAL
    return interaction.guild_id is not None and not ephemeral


def _may_be_tried_again(final: gateway_pb2.Final) -> bool:
    """Whether the same press may succeed later: then its button stays."""
    failure = FAILURES.get(final.reason) if final.outcome == gateway_pb2.Final.OUTCOME_REFUSED else None
    return failure is not None and (failure.unwell or failure.category is Category.TRANSIENT)


def _with(final: gateway_pb2.Final, notices: Sequence[str]) -> gateway_pb2.Final:
    noted = gateway_pb2.Final()
    noted.CopyFrom(final)
    noted.text = with_notices(final.text, notices)
    return noted
