"""People whom the assistant knows: each has an account, a conversation with something said in it, and some have memories."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc

from parlour.conversation.v1 import conversation_pb2, conversation_pb2_grpc
from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from parlour.memory.v1 import memory_pb2, memory_pb2_grpc
from tests.bench.memory.sentences import sentences
from tests.bench.turn import channel_to
from tests.running_stack import Person, RunningStack

PEOPLE = 10_000
REMEMBERED = 100
MEMORIES = 100
_AT_ONCE = 48
_BATCHES_AT_ONCE = 8
"""As many as memory has connections: on a slow machine more of them would wait for one for longer than they may."""
_BATCH = 50
_TIMEOUT_S = 60
_SEED = 20261127


@dataclass(frozen=True)
class KnownPeople:
    """Everybody, by the ids of their accounts without "user:", and those of them who have memories."""

    everybody: list[str]
    remembered: list[str]

    def drawn(self, channel: grpc.aio.Channel, count: int, *, remembered_share: float, seed: int) -> list[Person]:
        """Return different people by chance, of whom so many have memories."""
        dice = random.Random(seed)
        with_memories = dice.sample(self.remembered, round(count * remembered_share))
        without = dice.sample(self.everybody[len(self.remembered) :], count - len(with_memories))
        drawn = [*with_memories, *without]
        dice.shuffle(drawn)
        return [Person(channel, user_id) for user_id in drawn]


@asynccontextmanager
async def known_people(stack: RunningStack) -> AsyncIterator[KnownPeople]:
    """Make them known, over the services' own calls."""
    people = KnownPeople([f"known-{number}" for number in range(PEOPLE)], [f"known-{number}" for number in range(REMEMBERED)])
    async with (
        channel_to(stack.address("credit")) as credit,
        channel_to(stack.address("conversation")) as conversation,
        channel_to(stack.address("memory")) as memory,
    ):
        await _side_by_side(people.everybody, lambda user_id: _open_account(credit_pb2_grpc.CreditServiceStub(credit), user_id))
        await _side_by_side(people.everybody, lambda user_id: _talk(conversation_pb2_grpc.ConversationServiceStub(conversation), user_id))
        told = sentences(_SEED)
        work = [(user_id, [next(told) for _ in range(_BATCH)], number) for user_id in people.remembered for number in range(MEMORIES // _BATCH)]
        await _side_by_side(work, lambda batch: _remember(memory_pb2_grpc.MemoryServiceStub(memory), *batch), _BATCHES_AT_ONCE)
    yield people


async def _side_by_side[T](items: Iterable[T], work: Callable[[T], Awaitable[None]], at_once: int = _AT_ONCE) -> None:
    left = iter(items)

    async def one() -> None:
        for item in left:
            await work(item)

    await asyncio.gather(*(one() for _ in range(at_once)))


async def _open_account(stub: "credit_pb2_grpc.CreditServiceAsyncStub", user_id: str) -> None:
    request = credit_pb2.PlaceHoldRequest(request_id="known", account_id=f"user:{user_id}", amount_microcredits=1000, ttl_s=60)
    placed = await stub.PlaceHold(request, timeout=_TIMEOUT_S)
    hold = placed.hold
    release = credit_pb2.ReleaseHoldRequest(request_id="known:release", account_id=hold.account_id, hold_id=hold.hold_id, reason="BENCH")
    await stub.ReleaseHold(release, timeout=_TIMEOUT_S)


async def _talk(stub: "conversation_pb2_grpc.ConversationServiceAsyncStub", user_id: str) -> None:
    said = [("user", user_id, "Good morning! How do I keep bees warm?"), ("assistant", "assistant", "Wrap the hive and keep the entrance small.")]
    messages = [
        conversation_pb2.Message(message_id=f"{user_id}-{number}", role=role, author_id=author_id, author_name=user_id, text=text)
        for number, (role, author_id, text) in enumerate(said)
    ]
    key = conversation_pb2.ConversationKey(channel_id=f"channel-{user_id}")
    await stub.AppendMessages(
        conversation_pb2.AppendMessagesRequest(request_id=f"known-{user_id}", conversation=key, messages=messages), timeout=_TIMEOUT_S
    )


async def _remember(stub: "memory_pb2_grpc.MemoryServiceAsyncStub", user_id: str, texts: list[str], number: int) -> None:
    scope = memory_pb2.Scope(user_id=user_id, visibility=memory_pb2.VISIBILITY_PRIVATE)
    memories = [memory_pb2.NewMemory(scope=scope, text=text, provenance=memory_pb2.Provenance(author_id=user_id, source="stated")) for text in texts]
    await stub.BatchAddMemories(memory_pb2.BatchAddMemoriesRequest(request_id=f"known-{user_id}-{number}", memories=memories), timeout=_TIMEOUT_S)
