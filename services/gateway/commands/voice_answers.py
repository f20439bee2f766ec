"""Commands about how the assistant talks, carried out: why it talks so, taking a change back, and personalities that can be chosen."""

from collections.abc import Callable
from dataclasses import dataclass

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.gateway import notices, requests
from services.gateway.settings import GatewaySettings
from services.runtime.errors import ParlourError, StaleVersion

_OWN_CHANGES = ("said", "set", "preset")
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class VoiceAnswers:
    """Returns the words of each answer. Every method raises ParlourError; `now_s` is the wall clock."""

    conversation: ConversationClient
    settings: GatewaySettings
    now_s: Callable[[], float]

    async def explain(self, message: gateway_pb2.IncomingMessage) -> str:
        """Say why the assistant talks to a person as it does."""
        explained = await self.conversation.explain_persona(requests.explain_persona(message), timeout_s=self.settings.command_s)
        return explained.text

    async def undo(self, message: gateway_pb2.IncomingMessage) -> str:
        """Take back the last change; said again, the one before it."""
        undone = await self.conversation.undo_persona(requests.undo_persona(message), timeout_s=self.settings.command_s)
        return undone.text if undone.undone else notices.words("voice_undo_nothing")

    async def presets(self) -> str:
        """List the personalities."""
        listed = await self._presets()
        names = notices.list_text(f"{preset.name} ({preset.description})" for preset in listed)
        return notices.words("presets", list=names, first=listed[1].name if len(listed) > 1 else listed[0].name)

    async def take(self, message: gateway_pb2.IncomingMessage, name: str) -> str:
        """Choose a personality, whatever is changed at the same moment."""
        presets = {preset.name: preset for preset in await self._presets()}
        chosen = presets.get(name.lower())
        if chosen is None:
            return notices.words("preset_unknown", names=", ".join(presets))
        whose = conversation_pb2.GetPersonaRequest(guild_id=message.guild_id, user_id=message.user_id)
        for left in range(_ATTEMPTS - 1, -1, -1):
            own = (await self.conversation.get_persona(whose, timeout_s=self.settings.command_s)).own
            try:
                await self.conversation.update_persona(requests.take_preset(message, own, chosen.name), timeout_s=self.settings.command_s)
                break
            except StaleVersion:
                if not left:
                    raise
        return notices.words("preset_taken", description=chosen.description)

    async def changed_at_s(self, message: gateway_pb2.IncomingMessage) -> float | None:
        """Return when a person last changed the voice themselves, where that is so recent that "undo" may mean it; else, or not known, None."""
        request = conversation_pb2.ListPersonaVersionsRequest(guild_id=message.guild_id, user_id=message.user_id, page_size=1)
        try:
            newest = (await self.conversation.list_persona_versions(request, timeout_s=self.settings.command_s)).versions
        except ParlourError:
            return None
        if not newest or newest[0].origin not in _OWN_CHANGES:
            return None
        changed_at_s = newest[0].update_time.ToMilliseconds() / 1000
        return changed_at_s if changed_at_s > self.now_s() - self.settings.voice_undo_s else None

    async def _presets(self) -> list[conversation_pb2.Preset]:
        listed = await self.conversation.list_presets(conversation_pb2.ListPresetsRequest(), timeout_s=self.settings.command_s)
        return list(listed.presets)
