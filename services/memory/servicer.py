"""parlour.memory.v1.MemoryService: translates, and nothing else."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import grpc

from parlour.memory.v1 import memory_pb2, memory_pb2_grpc
from services.memory import portable, translation
from services.memory.erasure import Erasure
from services.memory.extraction import Message
from services.memory.forgetting import Forgetting
from services.memory.importing import Importing
from services.memory.observing import Observing
from services.memory.operations import payload_hash
from services.memory.quarantined import Position, Quarantined
from services.memory.reembedding import Reembedding
from services.memory.remembering import Remembering

_Context = grpc.aio.ServicerContext[Any, Any]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MemoryServicer(memory_pb2_grpc.MemoryServiceServicer):
    """Writes."""

    def __init__(
        self,
        remembering: Remembering,
        observing: Observing,
        forgetting: Forgetting,
        reembedding: Reembedding,
        importing: Importing,
        quarantined: Quarantined,
        erasure: Erasure,
        *,
        page_size_default: int,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._remembering = remembering
        self._reembedding = reembedding
        self._observing = observing
        self._forgetting = forgetting
        self._importing = importing
        self._quarantined = quarantined
        self._erasure = erasure
        self._page_size_default = page_size_default
        self._clock = clock

    async def AddMemory(self, request: memory_pb2.AddMemoryRequest, context: _Context) -> memory_pb2.AddMemoryResponse:
        fact = translation.fact_from(request.memory, "memory", self._clock())
        (added,), token = await self._remembering.add(request.request_id, payload_hash(request), [fact])
        return translation.added_to(added, token)

    async def BatchAddMemories(self, request: memory_pb2.BatchAddMemoriesRequest, context: _Context) -> memory_pb2.BatchAddMemoriesResponse:
        now = self._clock()
        facts = [translation.fact_from(memory, f"memories[{index}]", now) for index, memory in enumerate(request.memories)]
        added, token = await self._remembering.add(request.request_id, payload_hash(request), facts)
        results = [translation.added_to(one, token) for one in added]
        return memory_pb2.BatchAddMemoriesResponse(results=results, consistency_token=token)

    async def UpdateMemory(self, request: memory_pb2.UpdateMemoryRequest, context: _Context) -> memory_pb2.UpdateMemoryResponse:
        memory_id = translation.uuid_from(request.memory_id, "memory_id")
        memory, token = await self._remembering.update(
            request.request_id, payload_hash(request), translation.viewer_from(request.viewer), memory_id, request.version, request.text
        )
        return memory_pb2.UpdateMemoryResponse(memory=translation.memory_to(memory), consistency_token=token)

    async def DeleteMemory(self, request: memory_pb2.DeleteMemoryRequest, context: _Context) -> memory_pb2.DeleteMemoryResponse:
        memory_id = translation.uuid_from(request.memory_id, "memory_id")
        viewer = translation.viewer_from(request.viewer)
        token = await self._remembering.delete(request.request_id, payload_hash(request), viewer, memory_id)
        return memory_pb2.DeleteMemoryResponse(consistency_token=token)

    async def ObserveMessages(self, request: memory_pb2.ObserveMessagesRequest, context: _Context) -> memory_pb2.ObserveMessagesResponse:
        scope = translation.scope_from(request.scope, "scope")
        messages = [_message_from(message) for message in request.messages]
        accepted = await self._observing.observe(request.request_id, payload_hash(request), scope, messages)
        return memory_pb2.ObserveMessagesResponse(accepted=accepted)

    async def PlanForget(self, request: memory_pb2.PlanForgetRequest, context: _Context) -> memory_pb2.PlanForgetResponse:
        viewer = translation.viewer_from(request.viewer)
        plan = await self._forgetting.plan(request.request_id, payload_hash(request), viewer, request.text)
        return memory_pb2.PlanForgetResponse(
            plan_id=str(plan.plan_id or ""),
            memories=[translation.memory_to(memory) for memory in plan.memories],
            expire_time=translation.time_to(plan.expires_at) if plan.expires_at is not None else None,
        )

    async def CommitForget(self, request: memory_pb2.CommitForgetRequest, context: _Context) -> memory_pb2.CommitForgetResponse:
        viewer, plan_id = translation.viewer_from(request.viewer), translation.uuid_from(request.plan_id, "plan_id")
        forgotten, undo_until = await self._forgetting.commit(request.request_id, payload_hash(request), viewer, plan_id)
        return memory_pb2.CommitForgetResponse(
            forgotten=forgotten, undo_until_time=translation.time_to(undo_until), consistency_token=await self._remembering.token()
        )

    async def UndoForget(self, request: memory_pb2.UndoForgetRequest, context: _Context) -> memory_pb2.UndoForgetResponse:
        viewer, plan_id = translation.viewer_from(request.viewer), translation.uuid_from(request.plan_id, "plan_id")
        restored = await self._forgetting.undo(request.request_id, payload_hash(request), viewer, plan_id)
        return memory_pb2.UndoForgetResponse(restored=restored, consistency_token=await self._remembering.token())

    async def ImportMemories(
        self, request_iterator: AsyncIterator[memory_pb2.ImportMemoriesRequest], context: _Context
    ) -> memory_pb2.ImportMemoriesResponse:
        imported, duplicates = await self._importing.run(portable.imported(request_iterator, self._clock()))
        return memory_pb2.ImportMemoriesResponse(imported=imported, duplicates=duplicates)

    async def ListQuarantine(self, request: memory_pb2.ListQuarantineRequest, context: _Context) -> memory_pb2.ListQuarantineResponse:
        size = request.page_size or self._page_size_default
        found, behind = await self._quarantined.page(request.guild_id, after=_position_from(request.page_token), size=size)
        return memory_pb2.ListQuarantineResponse(
            memories=[translation.memory_to(memory) for memory in found],
            next_page_token="" if behind is None else f"{behind.scope_id}/{behind.memory_id}",
        )

    async def ReleaseQuarantined(self, request: memory_pb2.ReleaseQuarantinedRequest, context: _Context) -> memory_pb2.ReleaseQuarantinedResponse:
        memory_id = translation.uuid_from(request.memory_id, "memory_id")
        memory = await self._quarantined.release(request.request_id, payload_hash(request), memory_id, guild_id=request.guild_id)
        return memory_pb2.ReleaseQuarantinedResponse(memory=translation.memory_to(memory))

    async def EraseSubject(self, request: memory_pb2.EraseSubjectRequest, context: _Context) -> memory_pb2.EraseSubjectResponse:
        receipt = await self._erasure.erase(request.request_id, request.user_id)
        return memory_pb2.EraseSubjectResponse(
            erased_by_table=receipt.erased, receipt_hash=receipt.hash, erase_time=translation.time_to(receipt.erased_at)
        )

    async def ReembedMemories(self, request: memory_pb2.ReembedMemoriesRequest, context: _Context) -> memory_pb2.ReembedMemoriesResponse:
        return memory_pb2.ReembedMemoriesResponse(reembedding=translation.reembedding_to(await self._reembedding.start()))

    async def GetReembedding(self, request: memory_pb2.GetReembeddingRequest, context: _Context) -> memory_pb2.GetReembeddingResponse:
        return memory_pb2.GetReembeddingResponse(reembedding=translation.reembedding_to(await self._reembedding.progress()))


def _position_from(token: str) -> Position:
    if not token:
        return Position()
    scope_id, _, memory_id = token.partition("/")
    return Position(translation.uuid_from(scope_id, "page_token"), translation.uuid_from(memory_id, "page_token"))


def _message_from(message: memory_pb2.ObservedMessage) -> Message:
    said_at = translation.time_from(message.create_time) if message.HasField("create_time") else None
    return Message(message.message_id, message.author_id, message.author_name, message.text, said_at)
