"""Commands about how the assistant talks, carried out: why it talks so, what a person set, setting it, taking a change back, and personalities."""

import time
from collections.abc import Callable, Mapping

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.gateway import events, notices, requests
from services.gateway.commands import voice_values
from services.gateway.commands.arguments import Unclear
from services.gateway.commands.finals import Handler, is_typed, said
from services.gateway.commands.parsing import Kind
from services.gateway.commands.voice_values import SCALES, Wish
from services.gateway.events import Final
from services.gateway.settings import GatewaySettings
from services.runtime import failures
from services.runtime.errors import InvalidField, ParlourError, StaleVersion

_OWN_CHANGES = ("said", "set", "preset")
_ATTEMPTS = 3
type _Own = conversation_pb2.Persona


class VoiceAnswers:
    """Every method raises ParlourError, which is said in plain words by whoever calls."""

    away = "voice_command_unavailable"

    def __init__(self, conversation: ConversationClient, settings: GatewaySettings, wall_clock: Callable[[], float] = time.time) -> None:
        self._conversation = conversation
        self._settings = settings
        self._now_s = wall_clock

    def handlers(self) -> Mapping[Kind, Handler]:
        """Who carries out which kind of command."""
        return {
            Kind.EXPLAIN_VOICE: self.explain,
            Kind.UNDO_VOICE: self.undo,
            Kind.LIST_PRESETS: self.presets,
            Kind.TAKE_PRESET: self.take,
            Kind.PERSONALITY: self.personality,
        }

    async def personality(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Do what follows /personality: show, set, preset, reset or undo; nothing shows."""
        verb, _, rest = text.strip().partition(" ")
        match verb.lower(), rest.strip():
            case (("" | "show"), ""):
                return await self.show(message)
            case (("set" | "change"), wish):
                return await self.set(message, wish)
            case "preset", "":
                return await self.presets(message, "")
            case "preset", name:
                return await self.take(message, name)
            case "reset", "":
                return await self.reset(message)
            case "undo", "":
                return await self.undo(message, "")
            case _:
                return _said(message, notices.words("personality_form"))

    async def explain(self, message: gateway_pb2.IncomingMessage, _: str) -> Final:
        """Say why the assistant talks to a person as it does."""
        explained = await self._conversation.explain_persona(requests.explain_persona(message), timeout_s=self._settings.command_s)
        return _said(message, explained.text)

    async def show(self, message: gateway_pb2.IncomingMessage) -> Final:
        """Say how the assistant talks to a person, and by whose wish."""
        explained = await self._conversation.explain_persona(requests.explain_persona(message), timeout_s=self._settings.command_s)
        persona = await self._conversation.get_persona(_whose(message), timeout_s=self._settings.command_s)
        return _said(message, "\n".join([explained.text, *persona_lines(persona)]))

    async def set(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Change one thing of how the assistant talks to a person."""
        try:
            wish = voice_values.wish(text)
            await self._change(message, "set", lambda own: voice_values.wished(own, wish))
        except Unclear as unclear:
            return _said(message, notices.words(unclear.key, **unclear.values))
        except InvalidField as error:
            # Only of these two does conversation know more than we do: which languages there are, and what would leave its part of the prompt.
            words = notices.words(f"personality_{wish.name}", limit=voice_values.INSTRUCTIONS_CHARS_MAX)
            return events.refused(requests.turn_id_of(message), words, error.reason)
        return _said(message, _set_words(wish))

    async def reset(self, message: gateway_pb2.IncomingMessage) -> Final:
        """Take back everything that a person ever set."""
        changed = await self._change(message, "reset", lambda own: conversation_pb2.Persona(version=own.version))
        return _said(message, notices.words("personality_reset" if changed else "personality_reset_nothing"))

    async def undo(self, message: gateway_pb2.IncomingMessage, _: str) -> Final:
        """Take back the last change; said again, the one before it."""
        undone = await self._conversation.undo_persona(requests.undo_persona(message), timeout_s=self._settings.command_s)
        return _said(message, undone.text if undone.undone else notices.words("voice_undo_nothing"))

    async def presets(self, message: gateway_pb2.IncomingMessage, _: str) -> Final:
        """List the personalities."""
        listed = await self._presets()
        names = notices.list_text(f"{preset.name} ({preset.description})" for preset in listed)
        return _said(message, notices.words("presets", list=names, first=listed[1].name if len(listed) > 1 else listed[0].name))

    async def take(self, message: gateway_pb2.IncomingMessage, name: str) -> Final:
        """Choose a personality, whatever is changed at the same moment."""
        presets = {preset.name: preset for preset in await self._presets()}
        chosen = presets.get(name.lower())
        if chosen is None:
            return _said(message, notices.words("preset_unknown", names=", ".join(presets)))
        await self._store(message, lambda own: requests.take_preset(message, own, chosen.name))
        return _said(message, notices.words("preset_taken", description=chosen.description))

    async def changed_at_s(self, message: gateway_pb2.IncomingMessage) -> float | None:
        """Return when a person last changed the voice themselves, where that is so recent that "undo" may mean it; else, or not known, None."""
        request = conversation_pb2.ListPersonaVersionsRequest(guild_id=message.guild_id, user_id=message.user_id, page_size=1)
        try:
            newest = (await self._conversation.list_persona_versions(request, timeout_s=self._settings.command_s)).versions
        except ParlourError as error:
            failures.ended(error, failures.Place.COMMAND, "the last change of a voice is not known")
            return None
        if not newest or newest[0].origin not in _OWN_CHANGES:
            return None
        changed_at_s = newest[0].update_time.ToMilliseconds() / 1000
        return changed_at_s if changed_at_s > self._now_s() - self._settings.voice_undo_s else None

    async def _change(self, message: gateway_pb2.IncomingMessage, what: str, change: Callable[[_Own], _Own]) -> bool:
        """Change what a person has set; return whether that was anything else before."""

        def request(own: _Own) -> conversation_pb2.UpdatePersonaRequest | None:
            changed = change(own)
            return None if changed == own else requests.change_persona(message, changed, what)

        return await self._store(message, request)

    async def _store(self, message: gateway_pb2.IncomingMessage, request_of: Callable[[_Own], conversation_pb2.UpdatePersonaRequest | None]) -> bool:
        for left in range(_ATTEMPTS - 1, -1, -1):
            own = (await self._conversation.get_persona(_whose(message), timeout_s=self._settings.command_s)).own
            request = request_of(own)
            if request is None:
                return False
            try:
                await self._conversation.update_persona(request, timeout_s=self._settings.command_s)
            except StaleVersion:
                if not left:
                    raise
            else:
                return True
        raise AssertionError("unreachable")

    async def _presets(self) -> list[conversation_pb2.Preset]:
        listed = await self._conversation.list_presets(conversation_pb2.ListPresetsRequest(), timeout_s=self._settings.command_s)
        return list(listed.presets)


def persona_lines(found: conversation_pb2.GetPersonaResponse) -> list[str]:
    """Write each dimension's value, and whose wish it is where it is somebody's."""
    whose = {"user": " (yours)", "guild": " (this server's)"}
    lines = []
    for name in (*SCALES, "language"):
        value = getattr(found.persona, name)
        shown = voice_values.value_words(name, value) if value or name in SCALES else "the one you write in"
        number = f"{value:+d}, " if name in SCALES and value else ""
        lines.append(f"- {name}: {number}{shown}{whose.get(found.sources.get(name, ''), '')}")
    return lines


def _set_words(wish: Wish) -> str:
    if wish.value is None:
        return notices.words("personality_unset", name=wish.name)
    return notices.words("personality_set", name=wish.name, value=voice_values.value_words(wish.name, wish.value))


def _whose(message: gateway_pb2.IncomingMessage) -> conversation_pb2.GetPersonaRequest:
    return conversation_pb2.GetPersonaRequest(guild_id=message.guild_id, user_id=message.user_id)


def _said(message: gateway_pb2.IncomingMessage, text: str) -> Final:
    return said(message, text, private=is_typed(message))
