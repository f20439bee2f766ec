"""Commands of moderators about what holds in their guild, carried out: its settings, and whom and where the assistant does not answer."""

from collections.abc import Callable, Mapping

from prometheus_client import Counter

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.gateway import events, notices, requests
from services.gateway.commands import arguments, guild_decisions
from services.gateway.commands.arguments import Unclear
from services.gateway.commands.finals import Handler, said
from services.gateway.commands.guild_decisions import Decision, replace_list, with_items
from services.gateway.commands.moderators import outside_a_guild, refusal
from services.gateway.commands.named_people import people_in
from services.gateway.commands.parsing import Kind
from services.gateway.events import Final
from services.gateway.guild_settings import GuildSettingsCache
from services.gateway.settings import GatewaySettings
from services.runtime.errors import InvalidField, StaleVersion

_changes = Counter("parlour_gateway_settings_changes_total", "Changes of guilds' settings that moderators asked for", ["result"])
_ATTEMPTS = 3
type _Change = Callable[[conversation_pb2.GuildSettings], conversation_pb2.GuildSettings]


class ModerationAnswers:
    """Every method raises ParlourError, which is said in plain words by whoever calls.

    Settings are read from conversation, not from what the gateway keeps of them, and changed as of the version that was read.
    """

    away = "settings_command_unavailable"

    def __init__(self, conversation: ConversationClient, guild_settings: GuildSettingsCache, settings: GatewaySettings) -> None:
        self._conversation = conversation
        self._guild_settings = guild_settings
        self._settings = settings

    def handlers(self) -> Mapping[Kind, Handler]:
        """Who carries out which kind of command."""
        return {Kind.SETTINGS: self.settings, Kind.IGNORE: self.ignore, Kind.ALLOW: self.allow}

    async def settings(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Show what holds here, or change one thing of it. Everybody may look; whom the guild ignores is shown to moderators alone."""
        verb, _, rest = text.partition(" ")
        match verb.lower():
            case "" | "show":
                return await self._show(message, rest.strip())
            case "set":
                return await self._set(message, rest.strip())
            case _:
                return said(message, notices.words("settings_form"), private=True)

    async def ignore(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Answer some people, or in some channels, no longer; with nothing named, show who is not answered and where."""
        if refused := refusal(message):
            return refused
        try:
            people, channels = arguments.people_and_channels(people_in(text, message.mentioned_user_ids))
        except Unclear as unclear:
            return _unclear(message, unclear)
        if not people and not channels:
            return await self._show_ignored(message)
        if message.user_id in people:
            return said(message, notices.words("ignore_oneself"), private=True)

        def change(settings: conversation_pb2.GuildSettings) -> conversation_pb2.GuildSettings:
            replace_list(settings, "ignored_user_ids", with_items(settings.ignored_user_ids, add=people))
            replace_list(settings, "ignored_channel_ids", with_items(settings.ignored_channel_ids, add=channels))
            return settings

        return await self._changed(message, change, notices.words("ignored", list=_named(people, channels)))

    async def allow(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Answer people and channels again. Where a guild names the only channels in which the assistant speaks, the channel becomes one of them."""
        if refused := refusal(message):
            return refused
        try:
            people, channels = arguments.people_and_channels(people_in(text, message.mentioned_user_ids))
        except Unclear as unclear:
            return _unclear(message, unclear)
        if not people and not channels:
            return said(message, notices.words("allow_form"), private=True)

        def change(settings: conversation_pb2.GuildSettings) -> conversation_pb2.GuildSettings:
            replace_list(settings, "ignored_user_ids", with_items(settings.ignored_user_ids, remove=people))
            replace_list(settings, "ignored_channel_ids", with_items(settings.ignored_channel_ids, remove=channels))
            if settings.allowed_channel_ids:
                replace_list(settings, "allowed_channel_ids", with_items(settings.allowed_channel_ids, add=channels))
            return settings

        return await self._changed(message, change, notices.words("allowed", list=_named(people, channels)))

    async def _show(self, message: gateway_pb2.IncomingMessage, name: str) -> Final:
        if refused := outside_a_guild(message):
            return refused
        settings = await self._read(message.guild_id)
        if not name:
            lines = guild_decisions.lines(settings, listed=message.may_moderate)
            return said(message, "\n".join([notices.words("settings"), *lines]), private=True)
        try:
            decision = guild_decisions.find(name)
        except Unclear as unclear:
            return _unclear(message, unclear)
        return said(message, _setting_words(settings, decision, listed=message.may_moderate or decision.form != "people"), private=True)

    async def _set(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        if refused := refusal(message):
            return refused
        name, _, value = text.partition(" ")
        value = people_in(value.strip(), message.mentioned_user_ids) if name.lower().startswith("ignored") else value.strip()
        if not name:
            return said(message, notices.words("settings_form"), private=True)
        try:
            decision = guild_decisions.find(name)
            # What cannot be meant is said before anything is asked; what it comes to depends on what is stored.
            guild_decisions.decided(conversation_pb2.GuildSettings(), decision, value)
            before, after = await self._update(message, lambda settings: guild_decisions.decided(settings, decision, value))
        except Unclear as unclear:
            return _unclear(message, unclear)
        except InvalidField as error:
            return events.refused(requests.turn_id_of(message), notices.words(f"setting_form_{decision.form}", name=decision.name), error.reason)
        key = "setting_same" if before == after else "setting_set"
        values = {"name": decision.name, "value": guild_decisions.value_words(after, decision)}
        return said(message, notices.words(key, **values), private=True)

    async def _show_ignored(self, message: gateway_pb2.IncomingMessage) -> Final:
        settings = await self._read(message.guild_id)
        shown = [_setting_words(settings, guild_decisions.find(name), listed=True) for name in ("ignored_people", "ignored_channels")]
        return said(message, "\n".join([*shown, notices.words("ignore_form")]), private=True)

    async def _changed(self, message: gateway_pb2.IncomingMessage, change: _Change, words: str) -> Final:
        try:
            before, after = await self._update(message, change)
        except InvalidField as error:
            return events.refused(requests.turn_id_of(message), notices.words("ignored_full"), error.reason)
        return said(message, notices.words("ignored_same") if before == after else words, private=True)

    async def _read(self, guild_id: str) -> conversation_pb2.GuildSettings:
        request = conversation_pb2.GetGuildSettingsRequest(guild_id=guild_id)
        return (await self._conversation.get_guild_settings(request, timeout_s=self._settings.command_s)).settings

    async def _update(
        self, message: gateway_pb2.IncomingMessage, change: _Change
    ) -> tuple[conversation_pb2.GuildSettings, conversation_pb2.GuildSettings]:
        """Change the settings as they stand, whoever else changes them at the same moment; return them before and after."""
        for left in range(_ATTEMPTS - 1, -1, -1):
            before = await self._read(message.guild_id)
            wanted = conversation_pb2.GuildSettings()
            wanted.CopyFrom(before)
            wanted = change(wanted)
            if wanted == before:
                _changes.labels("same").inc()
                return before, before
            request_id = f"{requests.turn_id_of(message)}:settings:{before.version}"
            request = conversation_pb2.UpdateGuildSettingsRequest(request_id=request_id, settings=wanted)
            try:
                stored = (await self._conversation.update_guild_settings(request, timeout_s=self._settings.command_s)).settings
            except StaleVersion:
                _changes.labels("stale").inc()
                if not left:
                    raise
            else:
                _changes.labels("stored").inc()
                return before, stored
            finally:
                # Whatever came back: it may be stored.
                self._guild_settings.forget(message.guild_id)
        raise AssertionError("unreachable")


def _setting_words(settings: conversation_pb2.GuildSettings, decision: Decision, *, listed: bool) -> str:
    value = guild_decisions.value_words(settings, decision, listed=listed)
    return notices.words("setting", name=decision.name, value=value, default=decision.default, meaning=decision.meaning)


def _named(people: list[str], channels: list[str]) -> str:
    return ", ".join([*(f"<@{user_id}>" for user_id in people), *(f"<#{channel_id}>" for channel_id in channels)])


def _unclear(message: gateway_pb2.IncomingMessage, unclear: Unclear) -> Final:
    return said(message, notices.words(unclear.key, **unclear.values), private=True)
