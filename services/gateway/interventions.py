"""What people do to a message after they wrote it: stop its answer, take it back, change its text."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from prometheus_client import Counter

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.gateway.stop_signals import StopSignals
from services.gateway.stopping import StopSwitch, Why
from services.runtime import failures
from services.runtime.errors import ParlourError

_withdrawn = Counter("parlour_gateway_messages_withdrawn_total", "Deleted messages that were taken out of their conversations")
_edited = Counter("parlour_gateway_messages_edited_total", "Messages whose stored text was changed by a later edit")
_DELETED_AT_ONCE = 100  # of conversation's DeleteMessagesRequest.message_ids


class UnderWay(Protocol):
    """One answer under way."""

    @property
    def message(self) -> gateway_pb2.IncomingMessage:
        """The message that is answered."""

    @property
    def stop(self) -> StopSwitch:
        """Stops the answer."""

    @property
    def done(self) -> "asyncio.Future[gateway_pb2.Final | None]":
        """Set when the answer has ended and is settled."""


class Interventions:
    """Stops, withdrawals and later edits; those of answers under way reach every gateway that can be reached.

    `under_way` lists the answers of this gateway. `turn_message_ids` gives the ids under which the parts of a message are stored, its own first.
    """

    def __init__(
        self,
        conversation: ConversationClient,
        signals: StopSignals,
        under_way: Callable[[], Iterable[UnderWay]],
        turn_message_ids: Callable[[str], Sequence[str]],
        *,
        settle_s: float,
        store_s: float,
    ) -> None:
        self._conversation = conversation
        self._signals = signals
        self._under_way = under_way
        self._turn_message_ids = turn_message_ids
        self._settle_s = settle_s
        self._store_s = store_s
        signals.serve(self._stop_here, self._withdraw_here)

    async def stop(self, request: gateway_pb2.StopAnswerRequest) -> gateway_pb2.StopAnswerResponse:
        """Stop the answers to a message, here or on another gateway; only for who asked or may moderate in the guild."""
        stopped = await self._stop_here(request) or await self._signals.stop_elsewhere(request)
        return gateway_pb2.StopAnswerResponse(stopped=stopped > 0)

    async def _stop_here(self, request: gateway_pb2.StopAnswerRequest) -> int:
        return sum(answer.stop.stop(Why.STOPPED) for answer in list(self._under_way()) if _may_stop(request, answer.message))

    async def withdraw(self, request: gateway_pb2.WithdrawMessagesRequest) -> gateway_pb2.WithdrawMessagesResponse:
        """Stop the answers to deleted messages, then take the messages and what was answered out of the conversation.

        In this order: an answer that went on would be stored again. Raises what conversation's DeleteMessages raises; repeating it is safe.
        """
        here, elsewhere = await asyncio.gather(self._withdraw_here(request), self._signals.withdraw_elsewhere(request))
        stored = [kept for message_id in request.message_ids for kept in self._turn_message_ids(message_id)]
        deleted = 0
        for first in range(0, len(stored), _DELETED_AT_ONCE):
            deletion = conversation_pb2.DeleteMessagesRequest(
                request_id=f"{request.request_id}:{first}" if first else request.request_id,
                conversation=conversation_pb2.ConversationKey(guild_id=request.guild_id, channel_id=request.channel_id),
                message_ids=stored[first : first + _DELETED_AT_ONCE],
            )
            deleted += (await self._conversation.delete_messages(deletion, timeout_s=self._store_s)).deleted
        _withdrawn.inc(deleted)
        return gateway_pb2.WithdrawMessagesResponse(withdrawn=deleted, stopped=here + elsewhere)

    async def _withdraw_here(self, request: gateway_pb2.WithdrawMessagesRequest) -> int:
        """Stop answers and wait until they have settled; return how many there were."""
        gone = frozenset(request.message_ids)
        found = [answer for answer in list(self._under_way()) if _is_among(gone, request, answer.message)]
        stopped = sum(answer.stop.stop(Why.WITHDRAWN) for answer in found)
        if found:
            await asyncio.wait([answer.done for answer in found], timeout=self._settle_s)
        return stopped

    async def edited(self, message: gateway_pb2.IncomingMessage, said: str, request_id: str) -> bool:
        """Store the new text of a message that is not answered anew; return whether there was one to change.

        `said`: the text without the assistant's name. What is stored of further parts of the message is of its old text, and goes.
        Never raises for a refusal or an outage: then the old text stays, and that is logged.
        """
        where = conversation_pb2.ConversationKey(guild_id=message.guild_id, channel_id=message.channel_id)
        edit = conversation_pb2.EditMessageRequest(
            request_id=request_id, conversation=where, message_id=message.message_id, author_id=message.user_id, text=said
        )
        try:
            changed = (await self._conversation.edit_message(edit, timeout_s=self._store_s)).changed
            further = list(self._turn_message_ids(message.message_id))[1:]
            if changed and further:
                parts = conversation_pb2.DeleteMessagesRequest(request_id=f"{request_id}:parts", conversation=where, message_ids=further)
                await self._conversation.delete_messages(parts, timeout_s=self._store_s)
        except ParlourError as error:
            failures.ended(error, failures.Place.BACKGROUND, "an edit could not be stored")
            return False
        _edited.inc(changed)
        return changed


def _may_stop(request: gateway_pb2.StopAnswerRequest, message: gateway_pb2.IncomingMessage) -> bool:
    asked = request.user_id == message.user_id or (request.may_moderate and bool(message.guild_id))
    return message.message_id == request.message_id and message.guild_id == request.guild_id and asked


def _is_among(gone: frozenset[str], request: gateway_pb2.WithdrawMessagesRequest, message: gateway_pb2.IncomingMessage) -> bool:
    return message.message_id in gone and (message.guild_id, message.channel_id) == (request.guild_id, request.channel_id)
