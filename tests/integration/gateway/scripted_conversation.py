"""Conversation whose model says the same words each time, and that fails on demand."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from parlour.conversation.v1 import conversation_pb2 as conv
from parlour.conversation.v1 import conversation_pb2_grpc
from services.runtime import errors
from tests.integration.gateway.scripted_faults import WORDS, Fault, Faults


class ScriptedConversation(conversation_pb2_grpc.ConversationServiceServicer):
    """Answers every turn with WORDS. `stops_after` deltas it meets `mid_stream`."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.turns: dict[str, conv.BeginTurnResponse] = {}
        self.messages: dict[str, conv.BeginTurnRequest] = {}
        self.orphans: list[str] = []
        self.replies: list[conv.ReplyRequest] = []
        self.stored = True
        self.stops_after = 2
        self.mid_stream: Fault | None = None
        self.running = 0
        self.running_max = 0
        self.topics: dict[str, list[str]] = defaultdict(list)
        self.export: list[str] = []
        self.erasures: dict[str, str] = {}
        self.erased: dict[str, int] = {"conversation.messages": 1000, "memory.memories": 30, "credit.accounts": 1}
        self.looks: dict[str, int] = defaultdict(int)
        self.looks_failing = 0
        self.cancelled = 0

    async def BeginTurn(self, request, context):
        await self._faults.meet("BeginTurn", request)
        turn_id = f"{request.message_id}:{request.attempt}"
        self.messages.setdefault(turn_id, request)
        fence = len(self.turns) + 1 if self.stored else 0
        turn = conv.BeginTurnResponse(turn_id=turn_id, fence=fence, state=conv.TURN_STATE_ACCEPTED, stored=self.stored)
        return self.turns.setdefault(turn_id, turn) if self.stored else turn

    async def Reply(self, request, context):
        self.running += 1
        self.running_max = max(self.running, self.running_max)
        try:
            async for response in self._reply(request):
                yield response
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1

    async def _reply(self, request: conv.ReplyRequest) -> AsyncIterator[conv.ReplyResponse]:
        await self._faults.meet("Reply", request)
        self.replies.append(request)
        yield conv.ReplyResponse(started=conv.ReplyStarted(model="scripted", prompt_tokens=100))
        for number, word in enumerate(WORDS):
            if number == self.stops_after and self.mid_stream is not None:
                await Faults({"Reply": self.mid_stream}).meet("Reply", request)
            yield conv.ReplyResponse(delta=conv.ReplyDelta(text=word, completion_tokens=number + 1))
        usage = conv.ModelUsage(model="scripted", prompt_tokens=100, completion_tokens=len(WORDS))
        yield conv.ReplyResponse(generated=conv.ReplyGenerated(usage=usage))
        await self._faults.meet("ReplyStored", request)
        if request.turn_id in self.turns:
            turn = self.turns[request.turn_id]
            turn.state, turn.reply_text = conv.TURN_STATE_FINISHED, "".join(WORDS)
            turn.usage.CopyFrom(usage)
        yield conv.ReplyResponse(finished=conv.ReplyFinished(text="".join(WORDS), usage=usage, stored=self.stored))

    async def ListMessages(self, request, context):
        await self._faults.meet("ListMessages", request)
        where = request.conversation
        said = [one for one in self.messages.values() if (one.guild_id, one.channel_id) == (where.guild_id, where.channel_id)]
        messages = [conv.Message(message_id=one.message_id, role="user", author_id=one.user_id, text=one.text) for one in reversed(said)]
        return conv.ListMessagesResponse(messages=messages[: request.page_size])

    async def Summarize(self, request, context):
        await self._faults.meet("Summarize", request)
        topics = self.topics[request.conversation.channel_id]
        return conv.SummarizeResponse(text="\n".join(topics), topics=[conv.TopicSummary(text=topic) for topic in topics])

    async def ResetConversation(self, request, context):
        await self._faults.meet("ResetConversation", request)
        return conv.ResetConversationResponse()

    async def SetOptOut(self, request, context):
        await self._faults.meet("SetOptOut", request)
        return conv.SetOptOutResponse(opted_out=request.opted_out)

    async def ExportSubject(self, request, context):
        await self._faults.meet("ExportSubject", request)
        for chunk in self.export:
            yield conv.ExportSubjectResponse(json_lines=chunk)

    async def EraseSubject(self, request, context):
        """Each look at an erasure finds one table more erased, until all of `erased` is."""
        await self._faults.meet("EraseSubject", request)
        erasure_id = self.erasures.setdefault(request.request_id, f"erasure-{len(self.erasures)}")
        return conv.EraseSubjectResponse(erasure_id=erasure_id, complete=False)

    async def GetErasure(self, request, context):
        await self._faults.meet("GetErasure", request)
        if self.looks_failing:
            self.looks_failing -= 1
            raise errors.DependencyUnavailable("database")
        self.looks[request.erasure_id] += 1
        done = dict(list(self.erased.items())[: self.looks[request.erasure_id]])
        if len(done) < len(self.erased):
            return conv.GetErasureResponse(complete=False, erased_by_table=done)
        response = conv.GetErasureResponse(complete=True, erased_by_table=done, receipt_hash="5eal")
        response.backups_expire_time.FromJsonString("2027-01-01T00:00:00Z")
        return response

    async def EndTurn(self, request, context):
        await self._faults.meet("EndTurn", request)
        turn = self.turns[request.turn_id]
        turn.state, turn.reply_text = request.state, request.text
        return conv.EndTurnResponse(state=request.state)

    async def DeleteMessages(self, request, context):
        await self._faults.meet("DeleteMessages", request)
        gone = [turn_id for turn_id, message in self.messages.items() if message.message_id in request.message_ids]
        for turn_id in gone:
            del self.messages[turn_id]
            if self.turns[turn_id].state == conv.TURN_STATE_ACCEPTED:
                self.turns[turn_id].state = conv.TURN_STATE_WITHDRAWN
        return conv.DeleteMessagesResponse(deleted=len(gone))

    async def EditMessage(self, request, context):
        await self._faults.meet("EditMessage", request)
        mine = [one for one in self.messages.values() if (one.message_id, one.user_id) == (request.message_id, request.author_id)]
        changed = any(one.text != request.text for one in mine)
        for one in mine:
            one.text = request.text
        return conv.EditMessageResponse(changed=changed)

    async def ClaimOrphanedTurns(self, request, context):
        await self._faults.meet("ClaimOrphanedTurns", request)
        mine = [turn_id for turn_id in self.orphans if self.messages[turn_id].origin == request.origin]
        self.orphans = [turn_id for turn_id in self.orphans if turn_id not in mine]
        return conv.ClaimOrphanedTurnsResponse(
            turns=[conv.OrphanedTurn(turn_id=turn_id, fence=99, message=self.messages[turn_id]) for turn_id in mine]
        )
