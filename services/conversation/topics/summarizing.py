"""Summing up: the job that leaves no topic without a summary, and the same while a person waits.

Everything due gets an extractive summary first, so that it has one whatever happens next. Closed topics that are worth it are then put to a model, in
the background: people's calls go first, the guild's budget of the day is kept to, and one run asks for a few at most. A model that fails is tried
again by the queue; after some tries, or where its answer is not good enough, the extractive summary stays.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from prometheus_client import Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation.message_store import Conversation
from services.conversation.models.background_budget import BackgroundBudget
from services.conversation.models.completion import Completions, CompletionWanted
from services.conversation.models.model_gate import Priority
from services.conversation.topics.summaries import checked, extractive, prompt
from services.conversation.topics.summary_store import EXTRACTIVE, MODEL, Source, SummaryStore, Topic
from services.conversation.topics.topics import SUMMARIZE, Topics, enqueue_segmentation, enqueue_summaries
from services.conversation.turn import Usage
from services.runtime import failures
from services.runtime.database import Database
from services.runtime.errors import Category, DependencyUnavailable, ParlourError, PermissionRefused, StaleVersion
from services.runtime.jobs import Jobs

FEATURE = "summary"
_DUE_MAX = 200
_ROUNDS_MAX = 100
_KEEP_TRIES_MAX = 3
_ANSWER_S = 1.0
"""Kept of a person's time for storing and answering."""
_RETRIES_MAX = 20

_summaries = Counter("parlour_conversation_summaries_total", "Summaries that were kept, by where they come from and why", ["source", "why"])
_seconds = Histogram(
    "parlour_conversation_summary_model_duration_seconds",
    "How long a model took for a summary, waiting included",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 120),
)


@dataclass(frozen=True, slots=True)
class SummaryLimits:
    """How much is summed up how; times are seconds.

    Topics shorter than `model_messages_min` are not worth a model, whose summary may take `model_s`. One that fails is tried again after `retry_s`
    and more, `tries_max` times in all. `jobs_max` jobs of an instance wait for a model at once. More than `top_max` summaries are summed up together,
    `group` at a time. A person waits for at most `wait_s`.
    """

    model_messages_min: int
    characters_max: int
    source_bytes_max: int
    completion_tokens_max: int
    model_s: float
    tries_max: int
    retry_s: float
    calls_per_job: int
    jobs_max: int
    top_max: int
    group: int
    wait_s: float


class Summarizing:
    """Sums up topics."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        store: SummaryStore,
        topics: Topics,
        completions: Completions,
        budget: BackgroundBudget,
        limits: SummaryLimits,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._store = store
        self._topics = topics
        self._completions = completions
        self._budget = budget
        self._limits = limits
        self._asking = asyncio.Semaphore(limits.jobs_max)

    def register(self) -> None:
        """Register the jobs, those of topics included."""
        self._topics.register(self.follow)
        job_s = 60.0 + self._limits.calls_per_job * self._limits.model_s

        @self._jobs.task(name=SUMMARIZE, retries_max=_RETRIES_MAX, backoff_s=self._limits.retry_s, backoff_max_s=600.0, timeout_s=job_s)
        async def summarize_topics(*, guild_id: str, channel_id: str) -> None:
            await self.run(Conversation(guild_id, channel_id))

    async def follow(self, where: Conversation) -> None:
        """Assign what was indexed to topics, and sum up the one that is still talked about; those that are over have a job of their own.

        Raises StaleVersion and DependencyUnavailable.
        """
        await self._topics.segment(where)
        talked_about = await self._store.open(where)
        if talked_about is not None:
            await self._keep_extractive(where, talked_about, "open")

    async def run(self, where: Conversation) -> None:
        """Sum up what is due in a conversation; what one run does not come to is enqueued again. Raises what a model failed with."""
        if not await self._store.allowed(where):
            return
        waiting = await self._extract(where)
        limits = self._limits
        while await self._store.group(where, top_max=limits.top_max, group=limits.group, characters_max=limits.characters_max):
            waiting = await self._extract(where)
        if not waiting:
            return
        if self._asking.locked():
            # The queue's workers are few, and a job that waits for a model keeps one: turns must be settled meanwhile.
            await self._again(where, delay_s=max(1, round(limits.retry_s)))
            return
        async with self._asking:
            for number, topic in enumerate(waiting[: limits.calls_per_job]):
                failure = await self._ask(where, topic, Priority.BACKGROUND, limits.model_s)
                if failure is not None:
                    await self._give_up_on(where, waiting[number:])
                    raise failure
        # The rest, and what sums up these with others.
        await self._again(where)

    async def after_reset(self, session: AsyncSession, where: Conversation) -> None:
        """Have the topic closed that a reset ends, if its transaction commits."""
        await enqueue_segmentation(self._jobs, session, where)

    async def on_demand(self, where: Conversation, left_s: float) -> list[Topic]:
        """Return what was talked about since the last reset, oldest first, all of it summed up: by a model as far as there is time for it.

        Raises PermissionRefused where the guild does without summaries, and DependencyUnavailable.
        """
        stop_at = time.monotonic() + min(left_s - _ANSWER_S, self._limits.wait_s)
        if not await self._store.allowed(where):
            raise PermissionRefused("this guild does without summaries")
        await self._topics.segment(where, all_of_it=True)
        await self._extract(where)
        # What is still talked about is worth a model here: a person asks for it, and every message may be in it.
        worth_it = [one for one in await self._store.top(where) if one.source != MODEL and self._worth_a_model(replace(one, closed=True))]
        unfinished = False
        for topic in reversed(worth_it):
            left = stop_at - time.monotonic()
            if left <= 0 or await self._ask(where, topic, Priority.INTERACTIVE, left) is not None:
                unfinished = True
                break
        if unfinished:
            await self._again(where)
        return [one for one in await self._store.top(where) if one.summary]

    async def _extract(self, where: Conversation) -> list[Topic]:
        """Sum up everything due without a model; return what is to be put to one."""
        waiting: dict[int, Topic] = {}
        for _ in range(_ROUNDS_MAX):  # what sums up others is due once they are done
            due = [topic for topic in await self._store.due(where, _DUE_MAX) if topic.topic_id not in waiting]
            for topic in due:
                worth_it = self._worth_a_model(topic)
                if not (worth_it and topic.source):
                    why = "for_now" if worth_it else "short" if topic.closed else "open"
                    await self._keep_extractive(where, topic, why, stale=worth_it)
                if worth_it:
                    waiting[topic.topic_id] = topic
            if not due:
                break
        return list(waiting.values())

    def _worth_a_model(self, topic: Topic) -> bool:
        long_enough = topic.level > 1 or topic.message_count >= self._limits.model_messages_min
        return topic.closed and long_enough and topic.tries < self._limits.tries_max

    async def _keep_extractive(self, where: Conversation, topic: Topic, why: str, *, stale: bool = False) -> None:
        """Keep an extractive summary, whatever happens to the topic meanwhile. Raises StaleVersion where it does not hold still."""
        now: Topic | None = topic
        for _ in range(_KEEP_TRIES_MAX):
            if now is None:
                return
            source = await self._store.source(where, now)
            if not source.lines:
                await self._store.delete_empty(where, now)
                return
            text = extractive(source.lines, characters_max=self._limits.characters_max)
            await self._store.note_activity(where, source.user_ids)
            if await self._store.keep(where, now, source, text, EXTRACTIVE, stale=stale, tries=now.tries):
                _summaries.labels(EXTRACTIVE, why).inc()
                return
            now = await self._store.topic(now.topic_id)
        raise StaleVersion("a topic changed again and again while it was summed up")

    async def _ask(self, where: Conversation, topic: Topic, priority: Priority, left_s: float) -> ParlourError | None:
        """Have a model sum up a topic, and keep that if it is good enough; return the failure of one that may answer later."""
        source = await self._store.source(where, topic)
        if not source.lines:
            await self._store.delete_empty(where, topic)
            return None
        try:
            answer = await self._answer(where, source, priority, left_s)
        except ParlourError as error:
            failures.ended(error, failures.Place.BACKGROUND, "a topic was not summed up by a model")
            if error.failure.category is not Category.FEATURE:
                return error
            # The budget is spent, the content refused, the prompt too long: it would be so again.
            await self._keep_extractive(where, topic, error.reason.lower())
            return None
        result = checked(answer, source.lines, characters_max=self._limits.characters_max)
        if result.problem is not None:
            await self._keep_extractive(where, topic, result.problem)
            return None
        await self._store.note_activity(where, source.user_ids)
        if await self._store.keep(where, topic, source, result.text, MODEL):
            _summaries.labels(MODEL, "kept").inc()
        # Otherwise it changed meanwhile, and is due again.
        return None

    async def _answer(self, where: Conversation, source: Source, priority: Priority, left_s: float) -> str:
        limits = self._limits
        await self._budget.require(where.guild_id)
        messages = prompt(source.lines, bytes_max=limits.source_bytes_max, characters_max=limits.characters_max)
        wanted = CompletionWanted(priority, messages, FEATURE, max_completion_tokens=limits.completion_tokens_max)
        spent: list[Usage] = []
        try:
            with _seconds.time():
                return (await self._completions.complete(wanted, left_s, spent)).text
        finally:
            await asyncio.shield(self._count(where, spent))

    async def _count(self, where: Conversation, spent: Sequence[Usage]) -> None:
        try:
            for usage in spent:
                await self._budget.spend(where.guild_id, FEATURE, usage)
        except DependencyUnavailable as error:  # the summary was made and paid for: it is not thrown away
            failures.ended(error, failures.Place.BACKGROUND, "the usage of a summary was not counted", guild_id=where.guild_id)

    async def _give_up_on(self, where: Conversation, topics: Sequence[Topic]) -> None:
        """Count a try of a model that failed, for all that it would have failed for; after the last one the extractive summary stays."""
        tries = max(topic.tries for topic in topics) + 1
        await self._store.count_try(topics, tries)
        if tries < self._limits.tries_max:
            return
        for topic in topics:
            await self._keep_extractive(where, replace(topic, tries=tries), "model_failed")

    async def _again(self, where: Conversation, *, delay_s: int = 0) -> None:
        async with self._database.connection() as connection, connection.transaction():
            await enqueue_summaries(self._jobs, connection, where, delay_s=delay_s)
