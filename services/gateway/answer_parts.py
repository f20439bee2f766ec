"""Answering several parts of one message as one answer: a turn for each, one after the other, every answer behind the part that it answers."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from prometheus_client import Counter, Histogram

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.gateway import events, message_context, notices
from services.gateway.events import Event, EventSink, Final
from services.gateway.message_parts import Part, own_parts, split
from services.gateway.part_cues import For
from services.gateway.settings import GatewaySettings
from services.runtime import failures
from services.runtime.errors import ParlourError

_messages = Counter("parlour_gateway_messages_in_parts_total", "Messages that were answered in parts", ["outcome"])
_parts = Histogram("parlour_gateway_message_parts", "Parts for the assistant in such messages", buckets=(1, 2, 3, 4, 5, 7, 10, 20))

# What is wrong with one part and not with the next: every other refusal would only be repeated.
_OF_THE_PART = frozenset({"CONTENT_REFUSED", "CONTEXT_TOO_LONG", "INVALID_FIELD"})
_MESSAGE_ID_MAX = 64
_GAP = "\n\n"
_PART_SUFFIX = re.compile(r"\.p\d+$")


def turn_message_ids(message_id: str, parts_max: int) -> tuple[str, ...]:
    """Return the ids that the parts of a message are kept under in its conversation, whether it has so many or not: the first is the message's own.

    Whoever deletes or edits a message means all of them.
    """
    return tuple(_part_id(message_id, number) for number in range(1, parts_max + 1))


def _part_id(message_id: str, number: int) -> str:
    if number == 1:
        return message_id
    suffix = f".p{number}"
    # An id that has no room for more is shortened so that two long ids stay two.
    fits = len(message_id) + len(suffix) <= _MESSAGE_ID_MAX
    return (message_id if fits else hashlib.sha256(message_id.encode()).hexdigest()[:40]) + suffix


def message_id_of(turn_message_id: str) -> str:
    """Return the id of the message that a part belongs to, as long as it was not too long to be written into the part's."""
    return _PART_SUFFIX.sub("", turn_message_id)


def parts_of(message: gateway_pb2.IncomingMessage, guild: conversation_pb2.GuildSettings, settings: GatewaySettings) -> Sequence[Part]:
    """Return the parts that a message is answered in; none where it is answered as a whole, as always where its guild wants that."""
    if guild.HasField("partial_responses") and not guild.partial_responses:
        return ()
    parts = split(
        message.text,
        message_context.audience_of(message, settings.assistant_name),
        characters_min=settings.parts_characters_min,
        quote_characters_max=settings.part_quote_characters_max,
    )
    return parts if len(parts) > 1 else ()


@dataclass(frozen=True, slots=True)
class PartTurn:
    """A part as a message of its own: what a turn is made of, what is said in it, and where its events go."""

    message: gateway_pb2.IncomingMessage
    said: str
    relay: EventSink


AnswerPart = Callable[[PartTurn], Awaitable[Final]]
"""Answers one part, as a whole message is answered; its deltas go to the part's relay."""


class PartRelay:
    """Passes the events of one part on, with the quote in front of its first text; a notice that was given before is not repeated."""

    def __init__(self, relay: EventSink, quote: str, said_notices: set[tuple[str, str]]) -> None:
        self._relay = relay
        self._front = quote
        self._said_notices = said_notices
        self._shown = ""

    async def send(self, event: Event, taken: Callable[[], None] = lambda: None) -> None:
        """Pass on an event, as Relay does."""
        match event.WhichOneof("event"):
            case "delta":
                self._shown += event.delta.text
                event, self._front = events.delta(self._front + event.delta.text), ""
            case "notice":
                notice = (event.notice.kind, event.notice.text)
                if notice in self._said_notices:
                    return
                self._said_notices.add(notice)
        await self._relay.send(event, taken)

    async def complete(self, text: str) -> None:
        """Show what was not streamed of a part's answer, before the next part's begins."""
        if text != self._shown and text.startswith(self._shown):
            await self.send(events.delta(text[len(self._shown) :]))


class PartsAnswer:
    """The answer to one message's parts: `run` answers them, at most `parts_max`, and returns the last event for all of them."""

    def __init__(self, message: gateway_pb2.IncomingMessage, parts: Sequence[Part], relay: EventSink, *, parts_max: int) -> None:
        self._message = message
        self._own = own_parts(parts)
        self._rest = _GAP.join(part.said for part in parts if part.addressee is not For.US and part.said)
        self._relay = relay
        self._parts_max = parts_max

    async def run(self, answer: AnswerPart, *, stopped: Callable[[], bool]) -> Final:
        """Answer the parts in order. What would fail for the next part, too, ends it in words; so does a stop."""
        _parts.observe(len(self._own))
        blocks: list[str] = []
        finals: list[Final] = []
        said_notices: set[tuple[str, str]] = set()
        answered = self._own[: self._parts_max]
        for number, part in enumerate(answered, 1):
            quote = f"> {part.quote}\n"
            relay = PartRelay(self._relay, f"{_GAP if blocks else ''}{quote}", said_notices)
            message_id = _part_id(self._message.message_id, number)
            turn = message_context.part_message(self._message, message_id, self._rest, first=number == 1)
            final = await answer(PartTurn(turn, part.said, relay))
            finals.append(final)
            blocks.append(f"{quote}{final.text}")
            if final.stopped or stopped() or _ends_all(final):
                break
            if number < len(answered):
                await relay.complete(final.text)
        if len(finals) == 1 and _ends_all(finals[0]) and finals[0].outcome == Final.OUTCOME_REFUSED:
            return finals[0]  # there is no answer: nothing to tell apart
        final = _one(finals, whole=len(finals) == len(answered))
        final.stopped = final.stopped or stopped()
        if left := len(self._own) - len(finals):
            blocks.append(self._told_left(final, left))
        final.text = _GAP.join(block for block in blocks if block)
        _messages.labels(Final.Outcome.Name(final.outcome).removeprefix("OUTCOME_").lower()).inc()
        return final

    @staticmethod
    def _told_left(final: Final, left: int) -> str:
        if final.stopped:
            return ""
        questions = "question" if left == 1 else "questions"
        key = "parts_more" if final.outcome in (Final.OUTCOME_ANSWERED, Final.OUTCOME_COMMAND) else "parts_left"
        return notices.words(key, left=left, questions=questions)


def _ends_all(final: Final) -> bool:
    failed = final.outcome in (Final.OUTCOME_CUT, Final.OUTCOME_REFUSED)
    return failed and final.reason not in _OF_THE_PART


def _one(finals: Sequence[Final], *, whole: bool) -> Final:
    """Return the last event for several parts: what they used and cost together, and the balance after the last of them."""
    last = finals[-1]
    merged = Final()
    merged.CopyFrom(last)
    merged.turn_id = finals[0].turn_id
    del merged.remembered[:], merged.memories[:], merged.files[:]
    for final in finals:
        merged.remembered.extend(final.remembered)
        merged.memories.extend(final.memories)
        merged.files.extend(final.files)
    merged.prompt_tokens = sum(final.prompt_tokens for final in finals)
    merged.completion_tokens = sum(final.completion_tokens for final in finals)
    merged.charged_microcredits = sum(final.charged_microcredits for final in finals)
    merged.memories_used = max(final.memories_used for final in finals)
    merged.model = next((final.model for final in finals if final.model), "")
    merged.replayed = all(final.replayed for final in finals)
    merged.stopped = any(final.stopped for final in finals)
    merged.private = any(final.private for final in finals)
    merged.reason = next((final.reason for final in reversed(finals) if final.reason), "")
    merged.outcome = _outcome([final.outcome for final in finals], whole=whole)
    return merged


def _outcome(outcomes: "Sequence[Final.Outcome.ValueType]", *, whole: bool) -> "Final.Outcome.ValueType":
    answered = (Final.OUTCOME_ANSWERED, Final.OUTCOME_COMMAND)
    if whole and all(outcome in answered for outcome in outcomes):
        return Final.OUTCOME_COMMAND if all(outcome == Final.OUTCOME_COMMAND for outcome in outcomes) else Final.OUTCOME_ANSWERED
    refused = all(outcome == Final.OUTCOME_REFUSED for outcome in outcomes)
    return Final.OUTCOME_REFUSED if refused else Final.OUTCOME_CUT


async def forget_former_parts(
    conversation: ConversationClient, message: gateway_pb2.IncomingMessage, settings: GatewaySettings, *, kept: int
) -> None:
    """Take what an earlier attempt left of a message's parts out of the conversation, from the one after `kept` on; its first always stays.

    An edited message may have fewer parts than it had. Never raises for a refusal or an outage: then they stay as they were said.
    """
    former = turn_message_ids(message.message_id, settings.parts_max)[max(1, kept) :]
    if not message.attempt or not former:
        return
    request = conversation_pb2.DeleteMessagesRequest(
        request_id=f"{message.message_id}:{message.attempt}:former-parts",
        conversation=conversation_pb2.ConversationKey(guild_id=message.guild_id, channel_id=message.channel_id),
        message_ids=former,
        author_id=message.user_id,
    )
    try:
        await conversation.delete_messages(request, timeout_s=settings.command_s)
    except ParlourError as error:
        failures.ended(error, failures.Place.TURN, "former parts of an edited message stay in the conversation")
