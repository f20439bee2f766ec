"""Memory that finds what it was given and fails on demand."""

import uuid
from collections import defaultdict

from parlour.memory.v1 import memory_pb2, memory_pb2_grpc
from services.runtime import errors
from tests.integration.gateway.scripted_faults import Faults


class ScriptedMemory(memory_pb2_grpc.MemoryServiceServicer, memory_pb2_grpc.MemoryQueryServiceServicer):
    """Keeps memories of everybody in one list each; finds all of them."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.memories: dict[str, list[memory_pb2.Memory]] = defaultdict(list)
        self.plans: dict[str, list[memory_pb2.Memory]] = {}
        self.committed: set[str] = set()
        self.undone: set[str] = set()
        self.deletions: set[str] = set()
        self.quarantine: dict[str, list[memory_pb2.Memory]] = defaultdict(list)

    async def AddMemory(self, request, context):
        await self._faults.meet("AddMemory", request)
        held = self.memories[request.memory.scope.user_id]
        for memory in held:
            if memory.text == request.memory.text:
                return memory_pb2.AddMemoryResponse(memory=memory, duplicate=True)
        memory = memory_pb2.Memory(memory_id=uuid.uuid4().hex, version=1, text=request.memory.text, scope=request.memory.scope)
        held.append(memory)
        return memory_pb2.AddMemoryResponse(memory=memory)

    async def SearchMemories(self, request, context):
        await self._faults.meet("SearchMemories", request)
        found = self.memories[request.viewer.user_id][: request.limit]
        return memory_pb2.SearchMemoriesResponse(results=[memory_pb2.SearchResult(memory=memory, score=1) for memory in found])

    async def ListMemories(self, request, context):
        await self._faults.meet("ListMemories", request)
        held = self.memories[request.viewer.user_id]
        first = int(request.page_token or 0)
        shown, behind = held[first : first + request.page_size], first + request.page_size
        next_page_token = str(behind) if behind < len(held) else ""
        return memory_pb2.ListMemoriesResponse(memories=shown, total_size=len(held), next_page_token=next_page_token)

    def _own(self, request) -> memory_pb2.Memory:
        for user_id, held in self.memories.items():
            for memory in held:
                if memory.memory_id == request.memory_id and (user_id == request.viewer.user_id or memory.scope.visibility == 3):
                    return memory
        raise errors.NotFound("memory")

    async def GetMemory(self, request, context):
        await self._faults.meet("GetMemory", request)
        return memory_pb2.GetMemoryResponse(memory=self._own(request))

    async def UpdateMemory(self, request, context):
        await self._faults.meet("UpdateMemory", request)
        memory = self._own(request)
        if memory.scope.user_id != request.viewer.user_id:
            raise errors.PermissionRefused("only who stored a shared memory may change it")
        if memory.version != request.version:
            raise errors.StaleVersion("changed meanwhile")
        memory.text, memory.version = request.text, memory.version + 1
        return memory_pb2.UpdateMemoryResponse(memory=memory)

    async def DeleteMemory(self, request, context):
        await self._faults.meet("DeleteMemory", request)
        if request.request_id not in self.deletions:
            memory = self._own(request)
            if memory.scope.user_id != request.viewer.user_id:
                raise errors.PermissionRefused("only who stored a shared memory may change it")
            self.memories[request.viewer.user_id].remove(memory)
            self.deletions.add(request.request_id)
        return memory_pb2.DeleteMemoryResponse()

    async def ListQuarantine(self, request, context):
        await self._faults.meet("ListQuarantine", request)
        held, first = self.quarantine[request.guild_id], int(request.page_token or 0)
        behind = first + request.page_size
        return memory_pb2.ListQuarantineResponse(memories=held[first:behind], next_page_token=str(behind) if behind < len(held) else "")

    async def ReleaseQuarantined(self, request, context):
        await self._faults.meet("ReleaseQuarantined", request)
        for memory in self.quarantine[request.guild_id]:
            if memory.memory_id == request.memory_id:
                self.quarantine[request.guild_id].remove(memory)
                return memory_pb2.ReleaseQuarantinedResponse(memory=memory)
        raise errors.NotFound("memory")

    async def PlanForget(self, request, context):
        await self._faults.meet("PlanForget", request)
        found = [memory for memory in self.memories[request.viewer.user_id] if request.text in memory.text]
        if not found:
            return memory_pb2.PlanForgetResponse()
        plan = memory_pb2.PlanForgetResponse(plan_id=uuid.uuid4().hex, memories=found)
        plan.expire_time.GetCurrentTime()
        plan.expire_time.seconds += 600
        self.plans[plan.plan_id] = found
        return plan

    async def CommitForget(self, request, context):
        await self._faults.meet("CommitForget", request)
        if request.plan_id not in self.plans:
            raise errors.PlanExpired("no such plan")
        if request.plan_id not in self.committed:
            self.committed.add(request.plan_id)
            for memory in self.plans[request.plan_id]:
                self.memories[request.viewer.user_id].remove(memory)
        done = memory_pb2.CommitForgetResponse(forgotten=len(self.plans[request.plan_id]))
        done.undo_until_time.GetCurrentTime()
        done.undo_until_time.seconds += 600
        return done

    async def UndoForget(self, request, context):
        await self._faults.meet("UndoForget", request)
        if request.plan_id not in self.undone:
            self.undone.add(request.plan_id)
            self.memories[request.viewer.user_id] += self.plans[request.plan_id]
        return memory_pb2.UndoForgetResponse(restored=len(self.plans[request.plan_id]))
