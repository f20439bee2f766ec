"""Decides for each message whether it is meant for the assistant: by rules, else by the model; and says why."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import Counter, Histogram

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing import explanation
from services.gateway.addressing.addressees import Likely, candidates_of, settled
from services.gateway.addressing.channel_talk import ASSISTANT, SOMEBODY, ChannelTalk, Heard
from services.gateway.addressing.cues import cues_of
from services.gateway.addressing.features import measure
from services.gateway.addressing.fingerprints import fingerprint
from services.gateway.addressing.model import JudgingModel, shipped_model
from services.gateway.addressing.names import assistant_pattern, named_in
from services.gateway.addressing.rules import Addressing, Reason, decide, names_another
from services.gateway.addressing.spoken import spoken
from services.gateway.addressing.talk import Said, Talk
from services.gateway.settings import GatewaySettings
from services.runtime.bounded_map import BoundedMap

_decisions = Counter("parlour_gateway_addressing_decisions_total", "Messages seen, by what decided whether they are answered", ["reason"])
_probabilities = Histogram(
    "parlour_gateway_addressing_probability_ratio",
    "How likely the model found messages that no rule decided",
    buckets=tuple(tenth / 10 for tenth in range(1, 11)),
)
_seconds = Histogram(
    "parlour_gateway_addressing_seconds",
    "Deciding whether a message is meant for the assistant, its guild's settings excluded",
    buckets=(0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.005, 0.02),
)
_decisions_by_reason = {reason: _decisions.labels(reason.value) for reason in Reason}

# Nobody else sees commands and pressed buttons; and whoever writes to the assistant alone means it.
_NOT_HEARD = (Reason.SLASH, Reason.EMPTY)

_Place = tuple[str, str]
_Person = tuple[str, str, str]


class GuildSettingsSource(Protocol):
    """Knows what a guild decided: services.gateway.guild_settings.GuildSettingsCache."""

    async def get(self, guild_id: str) -> conversation_pb2.GuildSettings:
        """Return the settings of a guild; the defaults where it is not known."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """The last decision for a person in a channel. Ids and numbers alone: `values` are those of FEATURES, where the model was asked."""

    message_id: str
    attempt: int
    reason: Reason
    probability: float | None
    threshold: float | None
    values: tuple[float, ...]


class Addresser:
    """Hears every message that people write where the assistant is, and decides which are meant for it.

    What it keeps is bounded (settings `addressing_*`) and holds ids, minutes and numbers, never a text. `asks_why` tells whether something said to
    the assistant asks for an explanation: what is explained is the message before it. `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        guild_settings: GuildSettingsSource,
        settings: GatewaySettings,
        *,
        model: JudgingModel | None = None,
        asks_why: Callable[[str], bool] = lambda text: False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._guild_settings = guild_settings
        self._name = settings.assistant_name
        self._name_pattern = assistant_pattern(settings.assistant_name)
        self._messages_max = settings.addressing_messages_max
        self._model: JudgingModel = model or shipped_model()
        self._asks_why = asks_why
        self._clock = clock
        self._talks: BoundedMap[_Place, ChannelTalk] = BoundedMap(
            "gateway_channel_talks", size_max=settings.addressing_channels_max, ttl_s=settings.addressing_channel_s
        )
        self._last: BoundedMap[_Person, _Decision] = BoundedMap(
            "gateway_addressing_decisions", size_max=settings.addressing_decisions_max, ttl_s=settings.addressing_decision_s
        )

    async def decide(self, message: gateway_pb2.IncomingMessage, *, slash: bool) -> Addressing:
        """Decide whether a message is meant for the assistant, and take note of it. `slash`: its text is a slash command of ours.

        To be called once for each message, in order; called again for the same one it decides the same. Raises nothing.
        """
        guild = await self._guild_settings.get(message.guild_id)
        started_s = time.perf_counter()
        ruling = decide(message, name=self._name, slash=slash, settings=guild)
        values: tuple[float, ...] = ()
        if message.guild_id and ruling.reason not in _NOT_HEARD:
            ruling, values = self._hear(message, ruling, guild)
        if not self._is_no_message(message, ruling):
            decision = _Decision(message.message_id, message.attempt, ruling.reason, ruling.probability, ruling.threshold, values)
            self._last.put((message.guild_id, message.channel_id, message.user_id), decision)
        _decisions_by_reason[ruling.reason].inc()
        _seconds.observe(time.perf_counter() - started_s)
        return ruling

    def noted(self, *, guild_id: str, channel_id: str, user_id: str, text: str, at_s: float | None = None) -> None:
        """Take note of what the assistant said to a person in a channel. `at_s`: seconds since 1970, now if not given; empty `user_id`: to nobody."""
        if not guild_id:
            return
        minute = int((self._clock() if at_s is None else at_s) // 60)
        talk, words, meaning = self._talk((guild_id, channel_id)), fingerprint(text), self._model.meanings.read(text)
        likely: Likely = {user_id: 1.0}
        if not user_id:
            said = Said(ASSISTANT, minute, cues_of(text), words, meaning)
            candidates = candidates_of(Talk.before(said, talk.before(0), self._model.word_weights))
            likely = settled(self._model.likely(candidates), 0.0)
        talk.note(Heard(0, ASSISTANT, minute, user_id or None, "?" in text, likely, words, meaning))

    def explain(self, request: gateway_pb2.ExplainAddressingRequest) -> gateway_pb2.ExplainAddressingResponse:
        """Say why the last message of a person in a channel was or was not answered."""
        last = self._last.get((request.guild_id, request.channel_id, request.user_id))
        if last is None:
            return gateway_pb2.ExplainAddressingResponse(text=explanation.UNKNOWN)
        return gateway_pb2.ExplainAddressingResponse(
            known=True,
            message_id=last.message_id,
            addressed=Addressing(last.reason, "").addressed,
            reason=last.reason.value,
            probability=last.probability,
            threshold=last.threshold,
            text=explanation.explain(last.reason, last.probability, last.threshold, last.values, self._model),
        )

    def _is_no_message(self, message: gateway_pb2.IncomingMessage, ruling: Addressing) -> bool:
        """A command, a pressed button, which has no text, or the question itself: why is asked about the message before it."""
        if ruling.reason is Reason.SLASH or (ruling.reason is Reason.EMPTY and not message.text):
            return True
        return ruling.addressed and self._asks_why(ruling.text)

    def _hear(
        self, message: gateway_pb2.IncomingMessage, ruling: Addressing, guild: conversation_pb2.GuildSettings
    ) -> tuple[Addressing, tuple[float, ...]]:
        """Judge by the model what no rule decided, and keep who spoke to whom."""
        talk = self._talk((message.guild_id, message.channel_id))
        said, to = self._said(message, talk)
        key = hash(message.message_id)
        values: tuple[float, ...] = ()
        likely: Likely = {ASSISTANT: 1.0} if ruling.addressed else {to: 1.0} if to is not None else {}
        if ruling.reason is Reason.NOT_ADDRESSED and _model_is_on(guild):
            ruling, values, likely = self._ask_model(message, ruling, guild, said, to, talk.before(key))
        by_name = ruling.addressed and ruling.reason not in (Reason.MODEL, Reason.CHANNEL)
        talk.note(Heard(key, said.author, said.minute, ASSISTANT if by_name else to, said.cues.asks, likely, said.words, said.meaning))
        talk.meet(message.user_id, message.user_name)
        return ruling, values

    def _ask_model(
        self,
        message: gateway_pb2.IncomingMessage,
        ruling: Addressing,
        guild: conversation_pb2.GuildSettings,
        said: Said,
        to: str | None,
        heard: list[Heard],
    ) -> tuple[Addressing, tuple[float, ...], Likely]:
        talk = Talk.before(said, heard, self._model.word_weights)
        candidates = candidates_of(talk)
        likely = self._model.likely(candidates)
        last = self._last.peek((message.guild_id, message.channel_id, message.user_id))
        if last is not None and last.probability is not None and (last.message_id, last.attempt) == (message.message_id, message.attempt):
            probability, values = last.probability, last.values
        else:
            measured = measure(talk, candidates, likely)
            probability, values = self._model.probability(measured), tuple(measured)
            _probabilities.observe(probability)
        threshold = guild.addressing_threshold or self._model.cautious_threshold
        reason = Reason.MODEL if probability >= threshold else Reason.NOT_ADDRESSED
        meant = settled({to: 1.0} if to is not None else likely, probability)
        return Addressing(reason, ruling.text, probability, threshold), values, meant

    def _said(self, message: gateway_pb2.IncomingMessage, talk: ChannelTalk) -> tuple[Said, str | None]:
        """Return the message as the model sees it, and whom it names."""
        text = spoken(message.text)
        author = message.user_id

        def another(key: int) -> str | None:
            found = talk.person(key)
            return None if found == author else found

        named = named_in(text, assistant=self._name_pattern, find=another, is_common=self._is_common)
        to = _named_by_discord(message) or named.addressed or (SOMEBODY if named.addresses_unknown else None)
        said = Said(
            author,
            self._minute(message),
            cues_of(text),
            fingerprint(text),
            self._model.meanings.read(text),
            names_assistant=named.mentions_assistant,
            names_person=names_another(message) or named.addressed is not None,
            names_inside=named.mentioned is not None,
            names_unknown=named.addresses_unknown,
        )
        return said, to

    def _is_common(self, word: str) -> bool:
        return any(number in self._model.word_weights for number in fingerprint(word))

    def _minute(self, message: gateway_pb2.IncomingMessage) -> int:
        return int((message.create_time.seconds if message.HasField("create_time") else self._clock()) // 60)

    def _talk(self, place: _Place) -> ChannelTalk:
        return self._talks.get_or_create(place, lambda: ChannelTalk(self._messages_max))


def _model_is_on(guild: conversation_pb2.GuildSettings) -> bool:
    return guild.addressing_model if guild.HasField("addressing_model") else True


def _named_by_discord(message: gateway_pb2.IncomingMessage) -> str | None:
    """Return whom a message replies to or mentions: the assistant, or the first other person."""
    if message.HasField("replied_to"):
        return ASSISTANT if message.replied_to.from_assistant else message.replied_to.author_id or SOMEBODY
    return message.mentioned_user_ids[0] if message.mentioned_user_ids else None
