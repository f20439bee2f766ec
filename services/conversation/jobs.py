"""What follows a turn, on nobody's time: its settlement, and what memory may learn from it. Every job may run twice."""

from collections.abc import Awaitable

from parlour.credit.v1 import credit_pb2
from parlour.memory.v1 import memory_pb2
from services.conversation.requests import forget_requests
from services.conversation.store import TurnStore
from services.conversation.turn import NewTurn, Turn
from services.credit.client import CreditClient
from services.memory.client import MemoryClient
from services.runtime.database import Database
from services.runtime.errors import Category, ParlourError
from services.runtime.jobs import Jobs
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)
_CALL_S = 5.0


def register(jobs: Jobs, store: TurnStore, database: Database, credit: CreditClient, memory: MemoryClient, *, request_keep_days: int) -> None:
    """Register the service's jobs."""

    @jobs.task(name="settle", retries_max=30, backoff_s=1.0, backoff_max_s=300.0, priority=10, timeout_s=30.0)
    async def settle(*, turn_id: str) -> None:
        await _final(settle_turn(store, credit, turn_id), "settle", turn_id)

    @jobs.task(name="observe", retries_max=12, backoff_s=2.0, backoff_max_s=300.0, timeout_s=30.0)
    async def observe(*, turn_id: str) -> None:
        await _final(observe_turn(store, memory, turn_id), "observe", turn_id)

    @jobs.periodic(cron="*/5 * * * *", name="give_up_orphans")
    async def give_up_orphans() -> None:
        given_up = await store.give_up_orphans()
        if given_up:
            _log.error("turns were never answered", turns=given_up)

    @jobs.periodic(cron="17 4 * * *", name="forget_requests")
    async def forget_old_requests() -> None:
        await forget_requests(database, request_keep_days)


async def settle_turn(store: TurnStore, credit: CreditClient, turn_id: str) -> None:
    """Tell credit what a turn used; it charges the hold unless the gateway did."""
    turn = (await store.load(turn_id)).turn
    usage = credit_pb2.Usage(
        model=turn.usage.model,
        prompt_tokens=turn.usage.prompt_tokens,
        cached_prompt_tokens=turn.usage.cached_prompt_tokens,
        completion_tokens=turn.usage.completion_tokens,
    )
    request = credit_pb2.RecordUsageRequest(turn_id=turn_id, account_id=turn.account_id, hold_id=turn.hold_id, usage=usage)
    await credit.record_usage(request, timeout_s=_CALL_S)


async def observe_turn(store: TurnStore, memory: MemoryClient, turn_id: str) -> None:
    """Hand a person's message to memory, unless they or their guild do not want that. The assistant's words are never handed over."""
    observed = await store.observed(turn_id)
    if observed is None:
        return
    turn, said = observed
    message = memory_pb2.ObservedMessage(message_id=said.message_id, author_id=said.user_id, author_name=said.user_name, text=said.text)
    message.create_time.FromDatetime(turn.accept_time)
    request = memory_pb2.ObserveMessagesRequest(request_id=f"{turn_id}:observe", scope=memory_scope(said), messages=[message])
    await memory.observe_messages(request, timeout_s=_CALL_S)


def memory_scope(said: Turn | NewTurn) -> memory_pb2.Scope:
    """Return where what a person said belongs: to them in their guild (only in this channel if it is hidden), or to them in private."""
    if not said.guild_id:
        return memory_pb2.Scope(user_id=said.user_id, visibility=memory_pb2.VISIBILITY_PRIVATE)
    return memory_pb2.Scope(
        guild_id=said.guild_id,
        channel_id=said.channel_id if said.channel_hidden else "",
        user_id=said.user_id,
        visibility=memory_pb2.VISIBILITY_GUILD,
    )


async def _final(work: Awaitable[None], job: str, turn_id: str) -> None:
    """Leave what was refused for good with a line in the log; what may succeed later is raised, so that the queue tries again."""
    try:
        await work
    except ParlourError as error:
        if error.failure.category is not Category.FEATURE:
            raise
        _log.error("job refused for good", job=job, turn_id=turn_id, reason=error.reason)
