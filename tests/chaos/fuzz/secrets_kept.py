"""Private memories with a mark in them, and whether any answer carries one to somebody else."""

import re

import grpc
from google.protobuf.message import Message

from parlour.memory.v1 import memory_pb2, memory_pb2_grpc
from tests.chaos.fuzz.calls import Call, Outcome
from tests.chaos.fuzz.knowledge import Knowledge

MARK = "keptsecret"
_OWNER = re.compile(rf"{MARK}\(([^)]*)\)")
_PLANTED_AT_ONCE = 3


async def plant(channel: grpc.aio.Channel, knowledge: Knowledge, number: int) -> None:
    """Let some people state something that only they may see; who has opted out or was erased does not."""
    stub = memory_pb2_grpc.MemoryServiceStub(channel)
    for more in range(_PLANTED_AT_ONCE):
        owner = knowledge.people[(number * _PLANTED_AT_ONCE + more) % len(knowledge.people)]
        scope = memory_pb2.Scope(user_id=owner, visibility=memory_pb2.VISIBILITY_PRIVATE)
        text = f"my cat is called {MARK}({owner}) and number {number} is my locker"
        request = memory_pb2.AddMemoryRequest(request_id=knowledge.new("request_id"), memory=memory_pb2.NewMemory(scope=scope, text=text))
        try:
            await stub.AddMemory(request, timeout=15)
        except grpc.aio.AioRpcError:
            continue


def told_to_others(call: Call, outcome: Outcome) -> list[str]:
    """Return whose secrets an answer carries that its request does not name."""
    asked_for = None
    found = []
    for response in outcome.responses:
        for owner in set(_OWNER.findall(_texts(response))):
            asked_for = asked_for or call.data.decode("utf-8", "replace")
            if owner not in asked_for:
                found.append(f"the secret of {owner} is told to somebody else")
    return found


def mixed(prompt: str) -> bool:
    """Whether a prompt for the model holds the secrets of several people."""
    return len(set(_OWNER.findall(prompt))) > 1


def _texts(message: Message) -> str:
    return message.SerializeToString().decode("utf-8", "replace")
