"""What follows a turn, on nobody's time: its settlement, and what memory may learn from it. Every job may run twice."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from parlour.credit.v1 import credit_pb2
from parlour.memory.v1 import memory_pb2
from services.conversation.models.background_budget import forget_usage
from services.conversation.people.activity import note_extraction
from services.conversation.requests import forget_requests
from services.conversation.store import Aftermath, Condition, TurnStore
from services.conversation.turn import Turn
from services.credit.client import CreditClient
from services.memory.client import MemoryClient
from services.runtime import failures
from services.runtime.database import Database
from services.runtime.errors import NotFound, ParlourError
from services.runtime.jobs import Jobs
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)
_CALL_S = 5.0
RETRIES_MAX = 1_000
"""Three and a half days at five minutes each: credit or memory may be away over a weekend, and nothing else comes back to a turn."""
USAGE_KEEP_DAYS = 400
"""Longer than a year, so that months can be compared; a few rows a guild and day."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that follows a turn; it may run twice. Most turns are not `due`: that is asked along with the turn, for less than a question of
    its own."""

    work: Callable[[Aftermath], Awaitable[None]]
    due: Condition | None = None


def register(
    jobs: Jobs,
    store: TurnStore,
    database: Database,
    credit: CreditClient,
    memory: MemoryClient,
    *,
    request_keep_days: int,
    further_steps: Mapping[str, Step],
) -> None:
    """Register the service's jobs. `further_steps` follow a turn beside its settlement and what memory is told."""

    async def settle(after: Aftermath) -> None:
        await settle_turn(credit, after.turn)

    async def observe(after: Aftermath) -> None:
        if await observe_turn(memory, after):
            await note_extraction(database, after.turn.turn_id)

    steps = {"observe": Step(observe), **further_steps}

    @jobs.task(name="after_turn", retries_max=RETRIES_MAX, backoff_s=1.0, backoff_max_s=300.0, priority=10, timeout_s=30.0)
    async def after_turn(*, turn_id: str) -> None:
        await follow_turn(store, steps, {"settle": Step(settle)}, turn_id)

    @jobs.periodic(cron="*/5 * * * *", name="give_up_orphans")
    async def give_up_orphans() -> None:
        given_up = await store.give_up_orphans()
        if given_up:
            _log.error("turns were never answered", turns=given_up)

    @jobs.periodic(cron="17 4 * * *", name="forget_requests")
    async def forget_old_requests() -> None:
        await forget_requests(database, request_keep_days)
        await forget_usage(database, USAGE_KEEP_DAYS)


async def follow_turn(store: TurnStore, steps: Mapping[str, Step], last: Mapping[str, Step], turn_id: str) -> None:
    """Do what follows a turn, side by side: no step waits for another, and a refusal of one is not another's.

    `last` is done after the others: the gateway, for which a person waits, has charged the hold by then, and nothing is in its way. Raises the
    first failure that may pass, after all have ended: then all are tried again, which changes nothing where it was done. Nothing follows a turn
    that is gone because its author was erased.
    """
    conditions = {name: step.due for part in (steps, last) for name, step in part.items() if step.due is not None}
    try:
        after = await store.aftermath(turn_id, conditions)
    except NotFound:
        return
    idle = conditions.keys() - after.due
    done: list[BaseException | None] = []
    for part in (steps, last):
        works = [_final(step.work(after), name, turn_id) for name, step in part.items() if name not in idle]
        done += await asyncio.gather(*works, return_exceptions=True)
    for failure in done:
        if failure is not None:
            raise failure


async def settle_turn(credit: CreditClient, turn: Turn) -> None:
    """Tell credit what a turn used; it charges the hold unless the gateway did, and only records it where the turn was taken on a lease.

    A turn without either has nothing to settle.
    """
    if not (turn.hold_id or turn.lease_id) or not turn.usage.model:
        return
    usage = credit_pb2.Usage(
        model=turn.usage.model,
        prompt_tokens=turn.usage.prompt_tokens,
        cached_prompt_tokens=turn.usage.cached_prompt_tokens,
        completion_tokens=turn.usage.completion_tokens,
        images=turn.usage.images,
    )
    request = credit_pb2.RecordUsageRequest(
        turn_id=turn.turn_id, account_id=turn.account_id, hold_id=turn.hold_id, lease_id=turn.lease_id, usage=usage
    )
    await credit.record_usage(request, timeout_s=_CALL_S)


async def observe_turn(memory: MemoryClient, after: Aftermath) -> bool:
    """Hand a person's message to memory, unless they or their guild do not want that; say whether it was. The assistant's words never are."""
    turn = after.turn
    if after.said is None:
        return False
    message = memory_pb2.ObservedMessage(message_id=turn.message_id, author_id=turn.user_id, author_name=turn.user_name, text=after.said)
    message.create_time.FromDatetime(turn.accept_time)
    request = memory_pb2.ObserveMessagesRequest(request_id=f"{turn.turn_id}:observe", scope=memory_scope(turn), messages=[message])
    await memory.observe_messages(request, timeout_s=_CALL_S)
    return True


def memory_scope(said: Turn) -> memory_pb2.Scope:
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
        if not error.failure.final:
            raise
        failures.ended(error, failures.Place.JOB, "job refused for good", job=job, turn_id=turn_id)
