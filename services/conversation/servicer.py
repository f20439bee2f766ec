"""ConversationService: translates between protos and turns, replies and messages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import grpc
from sqlalchemy.ext.asyncio import AsyncSession

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.abandoned import AbandonedReplies
from services.conversation.message_store import append_messages, hold_fence, list_messages, reset_conversation
from services.conversation.models import model_metrics
from services.conversation.people.people import People
from services.conversation.people.relationship import Person
from services.conversation.personas.spoken_preferences import SpokenPreferences
from services.conversation.privacy.privacy import Privacy
from services.conversation.privacy.privacy_servicer import PrivacyCalls
from services.conversation.proto_forms import (
    begin_request,
    conversation_key,
    message_proto,
    new_turn,
    prompt_part_proto,
    relationship_proto,
    stored_message,
    topic_proto,
    usage_proto,
    usage_value,
)
from services.conversation.reply import Replies, Wanted
from services.conversation.reply_events import Delta, Finished, Generated, Started
from services.conversation.requests import once
from services.conversation.store import Begun, Orphan, TurnStore
from services.conversation.topics.message_index import MessageIndex
from services.conversation.topics.summarizing import Summarizing
from services.conversation.turn import NOT_STORED, Ending, TurnState
from services.runtime import failures
from services.runtime.database import Database
from services.runtime.deadline import remaining_s
from services.runtime.errors import DeadlineExceeded, DeadlineMissing, DependencyUnavailable, InvalidField

_PAGE_SIZE = 50
_CLAIMED = 20
_BEGIN_SHARE = 0.6
"""Of the caller's time: it has to hear in time that the turn is begun without the database."""
_ENDS = (pb.TURN_STATE_CUT, pb.TURN_STATE_APOLOGISED, pb.TURN_STATE_WITHDRAWN)
_ROLES = ("user", "assistant")

type _Context[A] = grpc.aio.ServicerContext[Any, A]


class ConversationServicer(PrivacyCalls):
    """Turns and messages."""

    def __init__(
        self,
        store: TurnStore,
        database: Database,
        replies: Replies,
        abandoned: AbandonedReplies,
        people: People,
        index: MessageIndex,
        privacy: Privacy,
        preferences: SpokenPreferences,
        summarizing: Summarizing,
        *,
        store_wait_s: float,
    ) -> None:
        self._store_wait_s = store_wait_s
        self._summarizing = summarizing
        self._store = store
        self._database = database
        self._replies = replies
        self._abandoned = abandoned
        self._people = people
        self._index = index
        self._privacy = privacy
        self._preferences = preferences

    async def BeginTurn(self, request: pb.BeginTurnRequest, context: _Context[pb.BeginTurnResponse]) -> pb.BeginTurnResponse:
        """Begin a turn. While the database is away it is begun all the same: the person is answered, and told that it is not kept."""
        new = new_turn(request)
        try:
            async with asyncio.timeout(min(self._store_wait_s, _left_s() * _BEGIN_SHARE)):
                begun = await self._store.begin(new)
        except (DependencyUnavailable, DeadlineExceeded, TimeoutError) as error:
            late = DeadlineExceeded("the turn could not be stored in time") if isinstance(error, TimeoutError) else error
            failures.ended(late, failures.Place.TURN, "a turn is not stored", turn_id=new.turn_id)
            model_metrics.unstored.labels("turn").inc()
            return pb.BeginTurnResponse(turn_id=new.turn_id, fence=NOT_STORED, state=pb.TURN_STATE_ACCEPTED, stored=False)
        self._people.sessions.turn(Person(new.guild_id, new.user_id))
        if begun.turn.state == TurnState.ACCEPTED:
            await self._preferences.heed(new, stored=True)
        return _begun(begun)

    async def Reply(self, request: pb.ReplyRequest, context: _Context[pb.ReplyResponse]) -> AsyncIterator[pb.ReplyResponse]:
        """Stream the reply of a turn."""
        with self._abandoned.noticed(request.turn_id, request.fence):
            async with aclosing(self._replies.reply(_wanted(request), _left_s())) as events:
                async for event in events:
                    yield _reply_response(event)

    async def EndTurn(self, request: pb.EndTurnRequest, context: _Context[pb.EndTurnResponse]) -> pb.EndTurnResponse:
        """End a turn that has no finished reply; one that was never stored has nothing to be ended."""
        if request.state not in _ENDS:
            raise InvalidField("state", "must be CUT, APOLOGISED or WITHDRAWN")
        if request.HasField("usage") and not (request.account_id and request.usage.model and bool(request.hold_id) != bool(request.lease_id)):
            raise InvalidField("usage", "needs usage.model, account_id and one of hold_id and lease_id to be charged")
        if request.fence == NOT_STORED:
            return pb.EndTurnResponse(state=request.state)
        ended = await self._store.end(_ending(request))
        return pb.EndTurnResponse(state=_state(ended.turn.state))

    async def ClaimOrphanedTurns(
        self, request: pb.ClaimOrphanedTurnsRequest, context: _Context[pb.ClaimOrphanedTurnsResponse]
    ) -> pb.ClaimOrphanedTurnsResponse:
        """Hand out orphans."""
        orphans = await self._store.claim_orphans(request.claimant, request.origin, request.limit or _CLAIMED)
        return pb.ClaimOrphanedTurnsResponse(turns=[_orphan(orphan) for orphan in orphans])

    async def AppendMessages(self, request: pb.AppendMessagesRequest, context: _Context[pb.AppendMessagesResponse]) -> pb.AppendMessagesResponse:
        """Store messages that were not answered; on behalf of a person's turn only while no other has its place."""
        if bool(request.user_id) != bool(request.fence):
            raise InvalidField("fence" if request.user_id else "user_id", "is needed where the other is given")
        for number, message in enumerate(request.messages):
            if message.role and message.role not in _ROLES:
                raise InvalidField(f"messages[{number}].role", "must be user or assistant")
            if message.HasField("create_time") and not -(10**10) < message.create_time.seconds < 10**11:
                raise InvalidField(f"messages[{number}].create_time", "is no time of our age")

        async def act(session: AsyncSession) -> pb.AppendMessagesResponse:
            where, messages = conversation_key(request.conversation), [stored_message(message) for message in request.messages]
            if request.fence:
                await hold_fence(session, where.guild_id, request.user_id, request.fence)
            appended = await append_messages(session, where, messages)
            if appended:
                await self._index.after_append(session, where)
            return pb.AppendMessagesResponse(appended=appended)

        return await once(self._database, request, pb.AppendMessagesResponse, act)

    async def ListMessages(self, request: pb.ListMessagesRequest, context: _Context[pb.ListMessagesResponse]) -> pb.ListMessagesResponse:
        """List a page of messages."""
        size = request.page_size or _PAGE_SIZE
        before = _page_token(request.page_token)
        async with self._database.read() as session:
            found = await list_messages(session, conversation_key(request.conversation), before=before, limit=size + 1)
        page = found[:size]
        token = str(page[-1].sequence) if len(found) > size else ""
        return pb.ListMessagesResponse(messages=[message_proto(message) for message in page], next_page_token=token)

    async def Summarize(self, request: pb.SummarizeRequest, context: _Context[pb.SummarizeResponse]) -> pb.SummarizeResponse:
        """Say what was talked about."""
        topics = await self._summarizing.on_demand(conversation_key(request.conversation), _left_s())
        return pb.SummarizeResponse(text="\n".join(topic.summary for topic in topics), topics=[topic_proto(topic) for topic in topics])

    async def ResetConversation(
        self, request: pb.ResetConversationRequest, context: _Context[pb.ResetConversationResponse]
    ) -> pb.ResetConversationResponse:
        """Start a conversation afresh."""

        async def act(session: AsyncSession) -> pb.ResetConversationResponse:
            where = conversation_key(request.conversation)
            await reset_conversation(session, where)
            await self._summarizing.after_reset(session, where)
            return pb.ResetConversationResponse()

        return await once(self._database, request, pb.ResetConversationResponse, act)

    async def GetRelationship(self, request: pb.GetRelationshipRequest, context: _Context[pb.GetRelationshipResponse]) -> pb.GetRelationshipResponse:
        """Read a relationship."""
        known = await self._people.relationships.read(Person(request.guild_id, request.user_id))
        return pb.GetRelationshipResponse(relationship=relationship_proto(known, self._people.relationships.today()) if known is not None else None)


def _left_s() -> float:
    left_s = remaining_s()
    if left_s is None:
        raise DeadlineMissing("every call needs a deadline")
    return left_s


def _begun(begun: Begun) -> pb.BeginTurnResponse:
    turn = begun.turn
    ended = turn.state != TurnState.ACCEPTED
    return pb.BeginTurnResponse(
        turn_id=turn.turn_id,
        fence=turn.fence,
        state=_state(turn.state),
        stored=True,
        reply_text=begun.reply_text,
        usage=usage_proto(turn.usage) if ended else None,
    )


def _state(state: TurnState) -> pb.TurnState.ValueType:
    return cast("pb.TurnState.ValueType", int(state))


def _wanted(request: pb.ReplyRequest) -> Wanted:
    message = new_turn(request.message, images_field="message.images")
    if message.turn_id != request.turn_id:
        raise InvalidField("turn_id", "must be that of the message and its attempt")
    if request.hold_id and request.lease_id:
        raise InvalidField("lease_id", "is not taken beside hold_id")
    if bool(request.account_id) != bool(request.hold_id or request.lease_id):
        raise InvalidField("hold_id", "or lease_id is needed with account_id, and only then")
    return Wanted(
        turn_id=request.turn_id,
        fence=request.fence,
        message=message,
        models=list(request.models),
        account_id=request.account_id,
        hold_id=request.hold_id,
        lease_id=request.lease_id,
        max_prompt_tokens=request.max_prompt_tokens,
        max_completion_tokens=request.max_completion_tokens,
        memories=[memory.text for memory in request.memories],
        max_images=request.max_images if request.HasField("max_images") else None,
    )


def _reply_response(event: Started | Delta | Generated | Finished) -> pb.ReplyResponse:
    match event:
        case Started():
            started = pb.ReplyStarted(
                model=event.model,
                prompt_tokens=event.prompt_tokens,
                left_out=event.left_out,
                fell_back=event.fell_back,
                parts=[prompt_part_proto(report) for report in event.parts],
                persona_change=event.persona_change,
            )
            return pb.ReplyResponse(started=started)
        case Delta():
            return pb.ReplyResponse(delta=pb.ReplyDelta(text=event.text, completion_tokens=event.completion_tokens))
        case Generated():
            return pb.ReplyResponse(generated=pb.ReplyGenerated(usage=usage_proto(event.usage)))
        case Finished():
            usage = usage_proto(event.usage)
            finished = pb.ReplyFinished(text=event.text, usage=usage, stored=event.stored, truncated=event.truncated)
            return pb.ReplyResponse(finished=finished)


def _ending(request: pb.EndTurnRequest) -> Ending:
    return Ending(
        turn_id=request.turn_id,
        fence=request.fence,
        state=TurnState(request.state),
        text=request.text,
        usage=usage_value(request.usage) if request.HasField("usage") else None,
        account_id=request.account_id,
        hold_id=request.hold_id,
        lease_id=request.lease_id,
        truncated=request.state == pb.TURN_STATE_CUT,
    )


def _orphan(orphan: Orphan) -> pb.OrphanedTurn:
    sent = pb.OrphanedTurn(turn_id=orphan.turn.turn_id, fence=orphan.turn.fence, message=begin_request(orphan.message))
    sent.accept_time.FromDatetime(orphan.turn.accept_time)
    return sent


def _page_token(token: str) -> int | None:
    if not token:
        return None
    if not token.isascii() or not token.isdigit() or len(token) > 18:
        raise InvalidField("page_token", "is not one that a page came with")
    return int(token)
