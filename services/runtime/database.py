"""One PostgreSQL database: transactions that read, transactions that write, and plain connections for hot paths.

What goes wrong below is raised as DependencyUnavailable, DeadlineExceeded or StaleVersion, so that nobody above knows psycopg's errors.
"""

import asyncio
import re
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import psycopg
import psycopg_pool
from prometheus_client import Counter, Gauge
from sqlalchemy import event, exc, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from services.runtime import spans
from services.runtime.bounded_connection import ON_THE_WAY_S, BoundedConnection, check_idle, says_something
from services.runtime.errors import DeadlineExceeded, DependencyUnavailable, ParlourError, Retry, StaleVersion

PLANNED_ONCE: Mapping[str, str] = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""For prepared statements whose arrays are of any length and whose plan is the same for all. The plan may be made while the tables are empty: reading
them whole looks cheap then, and would go on as they grow, until they are analysed."""
LOOKED_UP: Mapping[str, str] = {**PLANNED_ONCE, "enable_hashjoin": "off", "enable_mergejoin": "off"}
"""For statements that find each row by its key."""

_waiting = Gauge("parlour_database_waiting_callers", "Who waits for a free connection of the pool of hot paths")
_failures = Counter(
    "parlour_database_failures_total", "What went wrong with the database: no_connection, lost, only_reads, statement_timeout, race", ["kind"]
)
_rereads = Counter("parlour_database_rereads_total", "Transactions run again because another one was faster")
_RENEWED_EVERY_S = 5.0
_REFUSAL = re.compile(r"(?:FATAL: +|SSL error: )(.+)")
_RACES = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class Database:
    """A database with a bounded number of connections. Make it inside the running loop; nothing connects before the first use.

    `pool_wait_s` bounds the wait for a free connection, `statement_timeout_s` each statement (enforced by the server). While the database refuses
    connections, `read` and `write` fail at once; `connection` waits for its return, or fails at once without `wait_while_refused`. `planner` has
    the planner's settings for `connection`; with any, statements are prepared the first time they are run, on each connection. A server that says
    nothing is given up within two seconds more than a statement may take, and with it the connections that lie idle: they may be as dead. The same
    is done where a write finds that the server only reads: another one may be the primary now.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 8,
        pool_wait_s: float = 2.0,
        statement_timeout_s: float = 5.0,
        application_name: str = "parlour",
        wait_while_refused: bool = True,
        planner: Mapping[str, str] | None = None,
    ) -> None:
        self._url = make_url(url).set(drivername="postgresql")
        limit_ms = int(statement_timeout_s * 1000)
        # Who began a transaction and was never heard of again keeps others from the rows that it locked.
        self._options = f"-c statement_timeout={limit_ms} -c idle_in_transaction_session_timeout={2 * limit_ms}"
        self._direct: dict[str, object] = {"options": self._options}
        if planner:
            settings = " ".join(f"-c {name}={value}" for name, value in planner.items())
            self._direct = {"options": f"{self._options} {settings}", "prepare_threshold": 0}
        self._spanned = {
            operation: {"db.system.name": "postgresql", "db.namespace": self._url.database or "", "db.operation.name": operation}
            for operation in ("read", "write", "statements")
        }
        self._connect_timeout_s = max(2, round(pool_wait_s))
        self._answer_max_s = statement_timeout_s + ON_THE_WAY_S
        self._renewed_at = float("-inf")
        self._application_name = application_name
        self._engine = self._make_engine(pool_size, pool_wait_s)
        self._reading = self._engine.execution_options(postgresql_readonly=True)
        self._pool = self._make_pool(pool_size, pool_wait_s, wait_while_refused)
        self._pool_waits: set[asyncio.Timeout] = set()  # one for each caller who waits for a connection
        self._pool_opening = asyncio.Lock()
        self._kept: list[KeptConnection] = []
        _open.add(self)

    @property
    def waiting(self) -> int:
        """How many callers wait for a free connection of `connection`."""
        return len(self._pool_waits)

    def _make_engine(self, pool_size: int, pool_wait_s: float) -> AsyncEngine:
        engine = create_async_engine(
            self._url.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_wait_s,
            hide_parameters=True,  # they are what people write, and an error's text ends in a log
            connect_args={**self._connect_arguments(), "async_creator_fn": self._connect},
        )
        event.listen(engine.sync_engine, "checkout", _lend)
        return engine

    def _make_pool(self, pool_size: int, pool_wait_s: float, wait_while_refused: bool) -> psycopg_pool.AsyncConnectionPool[psycopg.AsyncConnection]:
        return psycopg_pool.AsyncConnectionPool(
            self._url.render_as_string(hide_password=False),
            connection_class=BoundedConnection,
            configure=self._bound,
            check=check_idle,
            min_size=0,
            max_size=pool_size,
            timeout=pool_wait_s,
            max_idle=300,
            # A new try waits twice as long each time: who asks after an outage of minutes must not wait for one of those.
            reconnect_timeout=pool_wait_s if wait_while_refused else 0.0,
            reconnect_failed=None if wait_while_refused else self._end_waits,
            open=False,
            kwargs={"autocommit": True, **self._connect_arguments(), **self._direct},
        )

    def _connect_arguments(self) -> dict[str, object]:
        return {"options": self._options, "application_name": self._application_name, "connect_timeout": self._connect_timeout_s}

    async def _connect(self, *arguments: str, **named: Any) -> BoundedConnection:
        connection = await BoundedConnection.connect(*arguments, **named)
        await self._bound(connection)
        return connection

    async def _bound(self, connection: psycopg.AsyncConnection) -> None:
        assert isinstance(connection, BoundedConnection)
        connection.answer_max_s, connection.fell_silent = self._answer_max_s, self._renew_soon

    def _renew_soon(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._renewed_at + _RENEWED_EVERY_S:
            self._renewed_at = now
            self._renewing = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        """Let go of every connection that lies idle."""
        await self._engine.dispose()
        if not self._pool.closed:
            await self._pool.drain()

    def span(self, operation: str) -> AbstractContextManager[spans.Leaf | None]:
        """Return a span for statements: "read", "write", or "statements" on a plain connection."""
        return spans.leaf(f"postgresql {operation}", self._spanned[operation])

    @property
    def url(self) -> str:
        """The address, password included: for clients of the same database, never for logs."""
        return self._url.render_as_string(hide_password=False)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Open one transaction; it commits when the block ends without an error. Objects stay readable after the commit."""
        with self.span("write"), translated(refused=self._renew_soon):
            async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Open one read-only transaction: the database refuses a write."""
        with self.span("read"), translated():
            async with AsyncSession(self._reading, expire_on_commit=False, autoflush=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection]:
        """Lend a psycopg connection in autocommit mode; open a transaction with `connection.transaction()`."""
        with self.span("statements"):
            async with self.lent() as connection:
                yield connection

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[psycopg.AsyncConnection]:
        """Lend a connection like `connection`, without a span for the time that it is lent."""
        if self._pool.closed:
            async with self._pool_opening:
                await self._pool.open()
        with translated(refused=self._renew_soon):
            try:
                connection = await self._lent()
                try:
                    async with connection:
                        yield connection
                finally:
                    await self._pool.putconn(connection)
            except psycopg.DatabaseError as error:
                if not _is_lost(error):
                    raise
                # A restart of the server leaves every idle connection broken: have them checked, not each fail somebody.
                self._checking = asyncio.create_task(self._pool.check())
                raise

    def keep(self) -> "KeptConnection":
        """Return a place that keeps one connection between uses, for one user at a time: its prepared statements stay at hand."""
        kept = KeptConnection(self)
        self._kept.append(kept)
        return kept

    async def _lent(self) -> psycopg.AsyncConnection:
        try:
            async with asyncio.timeout(None) as wait:
                self._pool_waits.add(wait)
                try:
                    return await self._pool.getconn()
                finally:
                    self._pool_waits.discard(wait)
        except TimeoutError:
            raise DependencyUnavailable("database", "connections are refused") from None

    async def _end_waits(self, pool: object) -> None:
        now = asyncio.get_running_loop().time()
        for wait in self._pool_waits:
            if not wait.expired():
                wait.reschedule(now)

    async def ping(self) -> None:
        """Ask the database for a sign of life. Raises DependencyUnavailable."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def takes_writes(self) -> None:
        """Ask the database whether it takes writes: a standby, a primary that became one, and one that is protected do not. Raises like `ping`."""
        async with self.write() as session:
            if (await session.execute(text("SELECT current_setting('transaction_read_only')"))).scalar_one() == "on":
                self._renew_soon()
                raise _only_reads()

    async def close(self) -> None:
        """Close every connection."""
        for kept in self._kept:
            await kept.close()
        await self._pool.close()
        await self._engine.dispose()


_open: "weakref.WeakSet[Database]" = weakref.WeakSet()
_waiting.set_function(lambda: float(sum(database.waiting for database in list(_open))))


class KeptConnection:
    """One connection of a database's pool, lent when it is first used and kept; one that broke is given back, and another lent at the next use."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lent = AsyncExitStack()
        self._connection: psycopg.AsyncConnection | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection]:
        """Lend the connection, in autocommit mode. Raises DependencyUnavailable."""
        if self._connection is not None and says_something(self._connection):
            await self.close()
        if self._connection is None:
            self._connection = await self._lent.enter_async_context(self._database.lent())
        connection = self._connection
        try:
            with self._database.span("statements"), translated(refused=self._database._renew_soon):
                yield connection
        except DependencyUnavailable as error:
            if only_reads(error):
                await self.close()
            raise
        finally:
            if connection.broken or connection.closed:
                await self.close()

    async def close(self) -> None:
        """Give the connection back."""
        self._connection = None
        await self._lent.aclose()


@contextmanager
def translated(*, refused: Callable[[], None] | None = None) -> Iterator[None]:
    """Raise what the database driver raises as an error of ours. `refused` is called where a write finds that the database only reads; without it a
    write is a mistake of ours, and its error stays as it is."""
    try:
        yield
    except (psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed, exc.TimeoutError) as error:
        _failures.labels("no_connection").inc()
        raise DependencyUnavailable("database", f"no connection: {error}") from error
    except (exc.DBAPIError, psycopg.Error) as error:
        cause, disconnected = (error.orig, error.connection_invalidated) if isinstance(error, exc.DBAPIError) else (error, False)
        if refused is not None and isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
            refused()
            raise _only_reads() from error
        known = _known(cause, disconnected)
        if known is None:
            raise
        raise known from error


async def driver_connection(transaction: AsyncSession | psycopg.AsyncConnection) -> psycopg.AsyncConnection:
    """Return the driver's connection of a transaction."""
    if isinstance(transaction, psycopg.AsyncConnection):
        return transaction
    with translated():
        raw = await (await transaction.connection()).get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    return driver


def _known(error: BaseException | None, disconnected: bool) -> ParlourError | None:
    if isinstance(error, _RACES):
        _failures.labels("race").inc()
        return StaleVersion("two transactions met")
    if isinstance(error, psycopg.errors.QueryCanceled):
        _failures.labels("statement_timeout").inc()
        return DeadlineExceeded("a statement took too long")
    if disconnected or isinstance(error, psycopg.InterfaceError) or _is_lost(error):
        _failures.labels("lost").inc()
        return DependencyUnavailable("database", _why(error))
    return None


def only_reads(error: ParlourError) -> bool:
    """Whether an error of `Database` says that the database only reads: then nothing was written, for certain."""
    cause = error.__cause__
    return isinstance(cause.orig if isinstance(cause, exc.DBAPIError) else cause, psycopg.errors.ReadOnlySqlTransaction)


def _only_reads() -> DependencyUnavailable:
    _failures.labels("only_reads").inc()
    return DependencyUnavailable("database", "it only reads")


def _why(error: BaseException | None) -> str:
    """Return why there is no connection: in the words of the server or of TLS, which name roles and databases and never a password; else the kind."""
    said = _REFUSAL.search(str(error)) if isinstance(error, psycopg.OperationalError) else None
    return said[1] if said is not None else type(error).__name__


def _lend(connection: Any, _record: object, _proxy: object) -> None:
    if says_something(connection.driver_connection):
        raise exc.DisconnectionError("closed while it lay idle")
    if connection.read_only is False:
        # What SQLAlchemy leaves after `read`: it would overrule a database that is set to only read, and a standby takes it for a mistake.
        connection.set_read_only(None)


def _is_lost(error: BaseException | None) -> bool:
    """Whether the connection is to blame. What came was no answer where the driver says so itself, without a code of the server's."""
    garbled = type(error) in (psycopg.DatabaseError, psycopg.InternalError) and getattr(error, "sqlstate", None) is None
    return garbled or isinstance(error, psycopg.OperationalError)


async def retry_stale[T](attempt: Callable[[], Awaitable[T]], *, attempts: int = 3) -> T:
    """Run `attempt`, which reads and writes, again when it fails with what is worth reading again for (StaleVersion); raise the last one."""
    for left in range(attempts - 1, -1, -1):
        try:
            return await attempt()
        except ParlourError as error:
            if left == 0 or error.failure.retry is not Retry.REREAD:
                raise
            _rereads.inc()
    raise AssertionError("attempts must be positive")
