"""A connection to PostgreSQL that waits for no longer than a statement may take, also where the server has fallen silent.

`statement_timeout` is kept by the server. Where its machine, or the way to it, is gone without a word, nothing arrives and nothing is closed: psycopg
then waits as long as it takes, and ten seconds for the end of a statement that is cancelled, while the person whose turn it is waits, too.
"""

import asyncio
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from prometheus_client import Counter
from psycopg import waiting
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

ON_THE_WAY_S = 2.0
"""How much later than a statement's end its answer may arrive."""
CANCEL_S = 0.15
"""How long a cancelled statement's end is waited for, twice: to ask the server for it, and to hear of it. Then the connection is given up."""

_silent = Counter("parlour_database_silent_connections_total", "Connections that were given up because the server said nothing")


class BoundedConnection(psycopg.AsyncConnection):
    """`answer_max_s` bounds the wait for each answer, in seconds; `fell_silent` is told of a connection that was given up."""

    answer_max_s: float = 7.0
    fell_silent: Callable[[], None] | None = None

    async def wait[A](self, gen: PQGen[A], interval: float = 0.1, timeout: float | None = None) -> A:
        """Wait for an answer. Raises OperationalError where none came; a cancelled wait ends within twice CANCEL_S."""
        try:
            return await waiting.wait_async(gen, self.pgconn.socket, interval, timeout or self.answer_max_s)
        except psycopg.errors._WaitTimeout:
            if timeout:
                raise  # the caller's own limit, as of one who waits for notifications
            self._give_up()
            raise psycopg.OperationalError("the server says nothing") from None
        except asyncio.CancelledError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                await self._end_statement(gen, interval)
            raise

    async def _end_statement[A](self, gen: PQGen[A], interval: float) -> None:
        """Have the server end the statement, so that the connection can be used on; one that does not is closed."""
        try:
            async with asyncio.timeout(CANCEL_S):
                await self.cancel_safe(timeout=CANCEL_S)
            await waiting.wait_async(gen, self.pgconn.socket, interval, CANCEL_S)
        except psycopg.errors.QueryCanceled:
            return
        except Exception:  # whatever it is: nobody knows what the connection would say next
            self._give_up()
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        _silent.inc()
        self.pgconn.finish()
        if self.fell_silent is not None:
            self.fell_silent()


def says_something(connection: psycopg.AsyncConnection) -> bool:
    """Whether something came in on a connection that lies idle, most likely its end: it costs no round trip to ask, and a failed statement not to."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    return bool(poll.poll(0))


async def check_idle(connection: psycopg.AsyncConnection) -> None:
    """Raise OperationalError where a connection that is to be lent has been closed meanwhile."""
    if says_something(connection):
        await connection.execute("")


@contextmanager
def longer_statements(connection: psycopg.AsyncConnection, statement_s: float) -> Iterator[None]:
    """Wait for as long as `statement_timeout` allows, which was raised to `statement_s` seconds for a transaction."""
    if not isinstance(connection, BoundedConnection):
        yield
        return
    usual_s, connection.answer_max_s = connection.answer_max_s, statement_s + ON_THE_WAY_S
    try:
        yield
    finally:
        connection.answer_max_s = usual_s
