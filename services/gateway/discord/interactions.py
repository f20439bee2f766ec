"""Slash commands, buttons, menus and forms: each is answered, in words where nothing else can be done, and none ends in an error."""

from collections.abc import Sequence
from typing import Any, Protocol

import nextcord
from prometheus_client import Counter

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_buttons import stop_row
from services.gateway.discord.answer_pages import AnswerPage
from services.gateway.discord.answering import AssistantLike, answer
from services.gateway.discord.components import ComponentRouter
from services.gateway.discord.incoming import command_message
from services.gateway.discord.interaction_responses import Interaction, InteractionResponses
from services.gateway.discord.interaction_writer import InteractionWriter
from services.gateway.discord.remember_this import NotTheirOwn, is_remember_this, said_of_message
from services.gateway.discord.slash_commands import Said, said_of
from services.gateway.discord.stream_edits import StreamedReply
from services.gateway.discord.withheld import page_of
from services.gateway.discord.writers import ReplyWriter, WriteFailed, WriteRefused
from services.gateway.notices import words
from services.runtime import failures
from services.runtime.telemetry import get_logger


class MakesReply(Protocol):
    """How answers are streamed here: services.gateway.discord.channel_answers.streamed_reply."""

    def __call__(self, writer: ReplyWriter, *, controls: Sequence[dict[str, Any]]) -> StreamedReply:
        """Return an answer to be written by `writer`, with `controls` under it while it grows."""


_log = get_logger(__name__)
_interactions = Counter("parlour_gateway_discord_interactions_total", "Slash commands, buttons, menus and forms, by what became of them", ["result"])


class Interactions:
    """Deals with everything that people do in Discord other than write messages. `reply`: how answers are streamed here."""

    def __init__(self, assistant: AssistantLike, router: ComponentRouter, reply: MakesReply) -> None:
        self._assistant = assistant
        self._router = router
        self._reply = reply

    async def take(self, interaction: Interaction) -> None:
        """Answer an interaction. Raises nothing: what Discord no longer takes, because its time is over or another instance was first, is logged."""
        try:
            result = await self._answered(interaction)
        except WriteRefused as refusal:
            result = "refused"
            _log.info("Discord takes no answer to an interaction", status=str(refusal), interaction_type=interaction.type.name)
        except WriteFailed:
            result = "failed"
            _log.warning("an interaction could not be answered", interaction_type=interaction.type.name)
        except Exception as error:
            result = "broken"
            failures.ended(error, failures.Place.DISCORD, "an interaction failed")
            await apologise(interaction, "something_broke")
        _interactions.labels(result).inc()

    async def _answered(self, interaction: Interaction) -> str:
        match interaction.type:
            case nextcord.InteractionType.application_command:
                return await self._command(interaction)
            case nextcord.InteractionType.component | nextcord.InteractionType.modal_submit:
                await self._router.route(interaction)
                return "pressed"
            case _:
                return "not_ours"

    async def _command(self, interaction: Interaction) -> str:
        responses = InteractionResponses(interaction)
        bot_id = str(interaction.client.user.id) if interaction.client.user is not None else ""
        try:
            said = _said(interaction, bot_id)
        except NotTheirOwn:
            await responses.say(words("remember_own"))
            return "not_their_own"
        if said is None:
            await responses.say(words("command_unknown"))
            return "unknown_command"
        await responses.defer_message(ephemeral=said.private)
        return await self._answer(responses, command_message(interaction, said.text), said, bot_id)

    async def _answer(self, responses: InteractionResponses, message: gateway_pb2.IncomingMessage, said: Said, bot_id: str) -> str:
        message.mentioned_user_ids.extend(person for person in said.people if person != bot_id)
        aside: list[AnswerPage] = []

        def presents(final: gateway_pb2.Final) -> AnswerPage:
            page = page_of(final, message.user_id)
            if not final.private or said.private:
                return page
            aside.append(page)
            return AnswerPage(words("private_by_message"))

        controls = stop_row(message.message_id, message.user_id) if said.stoppable else []
        async with self._reply(InteractionWriter(responses, ephemeral=said.private), controls=controls) as reply:
            answered = await answer(self._assistant, message, reply, presents, expected=True)
        if aside:
            await responses.follow_up_all(aside[-1])
        return "command_answered" if answered.shown else "command_not_answered"


def _said(interaction: Interaction, bot_id: str) -> Said | None:
    data: Any = interaction.data or {}
    if is_remember_this(data):
        return said_of_message(data, str(interaction.user.id) if interaction.user is not None else "", bot_id)
    return said_of(data)


async def apologise(interaction: Interaction, key: str) -> None:
    """Say to whoever did it, for their eyes only, why nothing comes of it; if Discord takes nothing, then not."""
    try:
        await InteractionResponses(interaction).say(words(key))
    except (WriteFailed, WriteRefused) as problem:
        _log.info("Discord takes no apology", problem=str(problem))


__all__ = ["Interactions", "apologise"]
