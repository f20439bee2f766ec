"""parlour.memory.v1.MemoryQueryService: translates, and nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import grpc

from parlour.memory.v1 import memory_pb2, memory_pb2_grpc
from services.memory import portable, translation
from services.memory.exporting import Exporting
from services.memory.recall import Recall

_Context = grpc.aio.ServicerContext[Any, Any]


class MemoryQueryServicer(memory_pb2_grpc.MemoryQueryServiceServicer):
    """Reads."""

    def __init__(self, recall: Recall, exporting: Exporting, *, search_limit_default: int, page_size_default: int) -> None:
        self._recall = recall
        self._exporting = exporting
        self._search_limit_default = search_limit_default
        self._page_size_default = page_size_default

    async def SearchMemories(self, request: memory_pb2.SearchMemoriesRequest, context: _Context) -> memory_pb2.SearchMemoriesResponse:
        found = await self._recall.search(translation.search_from(request, self._search_limit_default))
        return memory_pb2.SearchMemoriesResponse(results=[translation.found_to(one) for one in found.value], served_by=found.served_by)

    async def ListMemories(self, request: memory_pb2.ListMemoriesRequest, context: _Context) -> memory_pb2.ListMemoriesResponse:
        translation.check_token(request.consistency_token)
        after = translation.uuid_from(request.page_token, "page_token") if request.page_token else None
        size = request.page_size or self._page_size_default
        # One more than asked for tells whether another page follows.
        found, total = await self._recall.page(translation.viewer_from(request.viewer), after=after, size=size + 1, token=request.consistency_token)
        shown = found[:size]
        return memory_pb2.ListMemoriesResponse(
            memories=[translation.memory_to(memory) for memory in shown],
            next_page_token=str(shown[-1].memory_id) if len(found) > size else "",
            total_size=total,
        )

    async def GetMemory(self, request: memory_pb2.GetMemoryRequest, context: _Context) -> memory_pb2.GetMemoryResponse:
        translation.check_token(request.consistency_token)
        memory_id = translation.uuid_from(request.memory_id, "memory_id")
        found = await self._recall.get(translation.viewer_from(request.viewer), memory_id, token=request.consistency_token)
        return memory_pb2.GetMemoryResponse(memory=translation.memory_to(found))

    async def ExportMemories(self, request: memory_pb2.ExportMemoriesRequest, context: _Context) -> AsyncIterator[memory_pb2.ExportMemoriesResponse]:
        translation.check_token(request.consistency_token)
        viewer = translation.viewer_from(request.viewer)
        async for page in self._exporting.pages(viewer, token=request.consistency_token, everywhere=request.everywhere):
            for response in portable.exported(page):
                yield response
