"""The jobs that bring relationships up to date: names after a turn, and the rest when a session has ended."""

from collections.abc import Sequence

from services.conversation.people.relationship import Person
from services.conversation.people.relationship_store import RelationshipStore
from services.conversation.people.sessions import Sessions
from services.conversation.store import Aftermath
from services.runtime import failures
from services.runtime.database import Database
from services.runtime.errors import ParlourError
from services.runtime.jobs import DEFER, Jobs
from services.runtime.telemetry import get_logger

COMMIT_SESSION = "commit_session"
LEFT_AT_ONCE_MAX = 500
"""People looked up in one query: those whose turns no process counted."""
_log = get_logger(__name__)


class SessionCommits:
    """Enqueues the job that commits a session."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    async def __call__(self, people: Sequence[Person]) -> None:
        """Enqueue one job for each, all or nothing. Raises DependencyUnavailable."""
        deferred = [self._jobs.deferred(COMMIT_SESSION, guild_id=person.guild_id, user_id=person.user_id) for person in people]
        async with self._database.connection() as connection, connection.transaction():
            await connection.cursor().executemany(f"SELECT {DEFER}", deferred)


class Acquaintance:
    """The step after a turn that keeps what its author is called; names that the author's session knows to be kept cause no write."""

    def __init__(self, relationships: RelationshipStore, sessions: Sessions) -> None:
        self._relationships = relationships
        self._sessions = sessions

    async def __call__(self, after: Aftermath) -> None:
        """Keep the names of a turn's author."""
        turn = after.turn
        names = (turn.user_name, turn.nickname)
        session = self._sessions.get(Person(turn.guild_id, turn.user_id))
        if session is not None and session.names == names:
            return
        await self._relationships.note_names(turn)
        if session is not None:
            session.names = names


def register(jobs: Jobs, relationships: RelationshipStore, *, session_idle_s: float) -> None:
    """Register the jobs."""

    @jobs.task(name=COMMIT_SESSION, timeout_s=60.0)
    async def commit_session(*, guild_id: str, user_id: str) -> None:
        await relationships.count(Person(guild_id, user_id))

    @jobs.periodic(cron="*/5 * * * *", name="commit_left_sessions")
    async def commit_left_sessions() -> None:
        await commit_left(relationships, session_idle_s)


async def commit_left(relationships: RelationshipStore, idle_s: float) -> int:
    """Commit sessions that no process will: each was quiet for idle_s, and the process that had it is gone. Return how many."""
    committed = 0
    while True:
        people = await relationships.idle(idle_s, LEFT_AT_ONCE_MAX)
        counted = sum([await _counted(relationships, person) for person in people])
        committed += counted
        if len(people) < LEFT_AT_ONCE_MAX or not counted:
            break
    if committed:
        _log.info("sessions of lost processes were committed", sessions=committed)
    return committed


async def _counted(relationships: RelationshipStore, person: Person) -> bool:
    """Count a person's turns, and say whether that was done: one who cannot be counted now must not keep the others waiting."""
    try:
        return await relationships.count(person) > 0
    except ParlourError as error:
        failures.ended(error, failures.Place.BACKGROUND, "a session could not be committed")
        return False
