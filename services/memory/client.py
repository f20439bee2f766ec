"""How other services call memory. Errors come back as the classes that the service raised (services.runtime.errors)."""

from collections.abc import AsyncIterator

from parlour.memory.v1 import memory_pb2, memory_pb2_grpc
from services.runtime.channel import Remote

SERVICE = "parlour.memory.v1.MemoryService"
QUERY_SERVICE = "parlour.memory.v1.MemoryQueryService"
RETRIED = [SERVICE, QUERY_SERVICE]
"""What a channel may repeat: every mutation carries a request id, and queries only read."""


class MemoryClient:
    """Typed calls over one long-lived channel; `timeout_s` narrows the deadline at hand and never widens it."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._writes = memory_pb2_grpc.MemoryServiceStub(remote.channel)
        self._reads = memory_pb2_grpc.MemoryQueryServiceStub(remote.channel)

    async def add_memory(self, request: memory_pb2.AddMemoryRequest, *, timeout_s: float = 2.0) -> memory_pb2.AddMemoryResponse:
        """Store one memory; `duplicate` says that the scope already held the text."""
        return await self._remote.unary(self._writes.AddMemory, request, timeout_s=timeout_s)

    async def batch_add_memories(
        self, request: memory_pb2.BatchAddMemoriesRequest, *, timeout_s: float = 30.0
    ) -> memory_pb2.BatchAddMemoriesResponse:
        """Store many memories in one transaction."""
        return await self._remote.unary(self._writes.BatchAddMemories, request, timeout_s=timeout_s)

    async def update_memory(self, request: memory_pb2.UpdateMemoryRequest, *, timeout_s: float = 2.0) -> memory_pb2.UpdateMemoryResponse:
        """Change a memory's text. Raises StaleVersion when it was changed meanwhile."""
        return await self._remote.unary(self._writes.UpdateMemory, request, timeout_s=timeout_s)

    async def delete_memory(self, request: memory_pb2.DeleteMemoryRequest, *, timeout_s: float = 2.0) -> memory_pb2.DeleteMemoryResponse:
        """Delete one memory for good. Raises NotFound."""
        return await self._remote.unary(self._writes.DeleteMemory, request, timeout_s=timeout_s)

    async def observe_messages(self, request: memory_pb2.ObserveMessagesRequest, *, timeout_s: float = 2.0) -> memory_pb2.ObserveMessagesResponse:
        """Hand over messages; facts are extracted from them later."""
        return await self._remote.unary(self._writes.ObserveMessages, request, timeout_s=timeout_s)

    async def plan_forget(self, request: memory_pb2.PlanForgetRequest, *, timeout_s: float = 2.0) -> memory_pb2.PlanForgetResponse:
        """Find what a sentence asks to forget. Nothing changes until commit_forget."""
        return await self._remote.unary(self._writes.PlanForget, request, timeout_s=timeout_s)

    async def commit_forget(self, request: memory_pb2.CommitForgetRequest, *, timeout_s: float = 2.0) -> memory_pb2.CommitForgetResponse:
        """Forget what a plan names. Raises PlanExpired."""
        return await self._remote.unary(self._writes.CommitForget, request, timeout_s=timeout_s)

    async def undo_forget(self, request: memory_pb2.UndoForgetRequest, *, timeout_s: float = 2.0) -> memory_pb2.UndoForgetResponse:
        """Bring back what a plan forgot. Raises PlanExpired after the window."""
        return await self._remote.unary(self._writes.UndoForget, request, timeout_s=timeout_s)

    async def reembed_memories(self, request: memory_pb2.ReembedMemoriesRequest, *, timeout_s: float = 5.0) -> memory_pb2.ReembedMemoriesResponse:
        """Have every memory embedded with the model that the service runs; where that is under way, read how far it is."""
        return await self._remote.unary(self._writes.ReembedMemories, request, timeout_s=timeout_s)

    async def get_reembedding(self, request: memory_pb2.GetReembeddingRequest, *, timeout_s: float = 2.0) -> memory_pb2.GetReembeddingResponse:
        """Read how far embedding again is."""
        return await self._remote.unary(self._writes.GetReembedding, request, timeout_s=timeout_s)

    async def import_memories(
        self, requests: AsyncIterator[memory_pb2.ImportMemoriesRequest], *, timeout_s: float = 600.0
    ) -> memory_pb2.ImportMemoriesResponse:
        """Store an export; every message of the stream carries the same request id."""
        return await self._remote.upload(self._writes.ImportMemories, requests, timeout_s=timeout_s)

    async def list_quarantine(self, request: memory_pb2.ListQuarantineRequest, *, timeout_s: float = 10.0) -> memory_pb2.ListQuarantineResponse:
        """List what a guild's people said that looks like an instruction."""
        return await self._remote.unary(self._writes.ListQuarantine, request, timeout_s=timeout_s)

    async def release_quarantined(
        self, request: memory_pb2.ReleaseQuarantinedRequest, *, timeout_s: float = 10.0
    ) -> memory_pb2.ReleaseQuarantinedResponse:
        """Accept a quarantined memory. Raises NotFound."""
        return await self._remote.unary(self._writes.ReleaseQuarantined, request, timeout_s=timeout_s)

    async def erase_subject(self, request: memory_pb2.EraseSubjectRequest, *, timeout_s: float = 600.0) -> memory_pb2.EraseSubjectResponse:
        """Remove a person everywhere. One that was cut off goes on when it is repeated. Raises RequestIdReused, Overloaded."""
        return await self._remote.unary(self._writes.EraseSubject, request, timeout_s=timeout_s)

    def export_memories(
        self, request: memory_pb2.ExportMemoriesRequest, *, timeout_s: float = 600.0
    ) -> AsyncIterator[memory_pb2.ExportMemoriesResponse]:
        """Stream what a viewer may see of their own."""
        return self._remote.stream(self._reads.ExportMemories, request, timeout_s=timeout_s)

    async def search_memories(self, request: memory_pb2.SearchMemoriesRequest, *, timeout_s: float = 1.5) -> memory_pb2.SearchMemoriesResponse:
        """Find the memories that bear on a query, best first."""
        return await self._remote.unary(self._reads.SearchMemories, request, timeout_s=timeout_s)

    async def list_memories(self, request: memory_pb2.ListMemoriesRequest, *, timeout_s: float = 2.0) -> memory_pb2.ListMemoriesResponse:
        """List what a viewer may see, newest first."""
        return await self._remote.unary(self._reads.ListMemories, request, timeout_s=timeout_s)

    async def get_memory(self, request: memory_pb2.GetMemoryRequest, *, timeout_s: float = 2.0) -> memory_pb2.GetMemoryResponse:
        """Read one memory. Raises NotFound where the viewer may not see it."""
        return await self._remote.unary(self._reads.GetMemory, request, timeout_s=timeout_s)
