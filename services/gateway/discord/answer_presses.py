"""Stop and Regenerate: buttons under an answer that its asker may press, or whoever may manage messages or the guild there."""

import nextcord
from prometheus_client import Counter

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_buttons import AGAIN, STOP, again_row, read_again
from services.gateway.discord.answer_records import AnswerRecord, AnswerRecords
from services.gateway.discord.answering import AssistantLike
from services.gateway.discord.asking import Asking
from services.gateway.discord.channel_answers import ChannelAnswers
from services.gateway.discord.components import ComponentRouter
from services.gateway.discord.custom_ids import CustomId
from services.gateway.discord.interaction_responses import Interaction, InteractionResponses
from services.gateway.discord.settings import DiscordSettings
from services.gateway.discord.surroundings import fetch_message
from services.gateway.notices import words

_pressed = Counter("parlour_gateway_discord_answer_presses_total", "Stop and Regenerate buttons pressed, by what came of it", ["result"])


class AnswerPresses:
    """Deals with the two buttons."""

    def __init__(self, settings: DiscordSettings, assistant: AssistantLike, asking: Asking, answers: ChannelAnswers, records: AnswerRecords) -> None:
        self._settings = settings
        self._assistant = assistant
        self._asking = asking
        self._answers = answers
        self._records = records

    def register(self, router: ComponentRouter) -> None:
        """Take what belongs here from the router; who may press is looked at here, because moderators may, too."""
        router.register(STOP, self._stop, asker_only=False)
        router.register(AGAIN, self._again, asker_only=False)

    async def _stop(self, interaction: Interaction, pressed: CustomId) -> None:
        responses = InteractionResponses(interaction)
        if not may_press(interaction, pressed):
            await self._say(responses, "button_of_another")
            return
        await responses.defer_update()
        request = gateway_pb2.StopAnswerRequest(
            message_id=pressed.subject,
            guild_id=str(interaction.guild_id or ""),
            user_id=presser_id(interaction),
            may_moderate=moderates(interaction),
        )
        if (await self._assistant.stop_answer(request)).stopped:
            _pressed.labels("stopped").inc()  # whoever is writing the answer ends it, buttons included
            return
        if self._answers.attempt_under_way(pressed.subject) is None:
            await responses.drop_components()
        await self._say(responses, "nothing_to_stop")

    async def _again(self, interaction: Interaction, pressed: CustomId) -> None:
        responses, named = InteractionResponses(interaction), read_again(pressed)
        if named is None:
            await self._say(responses, "button_unknown")
        elif not may_press(interaction, pressed):
            await self._say(responses, "button_of_another")
        elif named[1] >= self._settings.discord_attempts_max:
            await self._say(responses, "again_too_often")
        elif _age_s(interaction, int(named[0])) > self._settings.discord_again_s:
            await self._say(responses, "again_too_late")
        else:
            await responses.defer_update()
            await self._anew(interaction, responses, pressed, *named)

    async def _anew(self, interaction: Interaction, responses: InteractionResponses, pressed: CustomId, message_id: str, attempt: int) -> None:
        """Answer again in the same place. Pressed twice, the attempt is the same: it is answered once."""
        if not await self._answers.ended(message_id, attempt):
            return
        channel = interaction.channel
        allowed = await self._asking.permissions(channel, interaction.guild, interaction.client)
        if allowed is None or not isinstance(channel, nextcord.abc.Messageable):
            await self._say(responses, "not_found")
            return
        message = await fetch_message(channel, int(message_id))
        asked = await self._asking.asked(message, interaction.client, attempt=attempt + 1) if message is not None else None
        if asked is None or not asked.says_something:
            await self._say(responses, "not_found")
            return
        record = await self._records.get(message_id)
        if record is not None and record.attempt > attempt:
            return  # the button is an older one: that attempt is being answered, or was
        if self._answers.attempt_under_way(message_id) is not None:
            return
        answered = await self._answers.give(asked, replaces=_posted(interaction, record), spared=_refuses)
        _pressed.labels("again" if answered.shown else "again_refused").inc()
        if answered.final is not None and not answered.shown and _refuses(answered.final):
            # This attempt is used up: the button goes on from it.
            await responses.replace_components(again_row(message_id, asked.incoming.attempt, pressed.asker_id))
            await responses.say(answered.final.text)

    @staticmethod
    async def _say(responses: InteractionResponses, key: str) -> None:
        _pressed.labels(key).inc()
        await responses.say(words(key))


def may_press(interaction: Interaction, pressed: CustomId) -> bool:
    """Return whether who pressed has asked, or keeps order there."""
    return presser_id(interaction) == pressed.asker_id or moderates(interaction)


def presser_id(interaction: Interaction) -> str:
    """Return who pressed; empty where Discord does not say."""
    return str(interaction.user.id) if interaction.user is not None else ""


def moderates(interaction: Interaction) -> bool:
    """Return whether who pressed may manage messages in the channel, or the guild."""
    permissions = interaction.permissions
    return interaction.guild_id is not None and (permissions.manage_messages or permissions.manage_guild or permissions.administrator)


def _age_s(interaction: Interaction, message_id: int) -> float:
    """How long before the press a message was written, both by Discord's clock."""
    return (interaction.created_at - nextcord.utils.snowflake_time(message_id)).total_seconds()


def _posted(interaction: Interaction, record: AnswerRecord | None) -> tuple[str, ...]:
    """The messages of the answer: as the record says, if it has the one whose button was pressed; else that one alone."""
    pressed = (str(interaction.message.id),) if interaction.message is not None else ()
    return record.message_ids if record is not None and set(pressed) <= set(record.message_ids) else pressed


def _refuses(final: gateway_pb2.Final) -> bool:
    """An answer that could be given once is not given up for a refusal."""
    return final.outcome == gateway_pb2.Final.OUTCOME_REFUSED and not final.stopped
