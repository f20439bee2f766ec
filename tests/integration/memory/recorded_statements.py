"""What a service says to PostgreSQL, recorded as it says it, and the plans that PostgreSQL makes for it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import adapt, sql
from psycopg._queries import PostgresQuery

_SETTING = re.compile(r"\bset_config\(|^\s*SET LOCAL\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"%\(\w+\)s|(?<!:):[a-z]\w*|\$\d+")
_CURSORS = (psycopg.AsyncCursor, psycopg.AsyncServerCursor)


@dataclass(frozen=True)
class Recorded:
    """A statement with its parameters, and the statements that confined its transaction before it."""

    query: str
    parameters: Any
    settings: tuple[tuple[str, Any], ...]

    @property
    def shape(self) -> str:
        """The statement without the names of its parameters."""
        return shape(self.query)


@dataclass
class Recorder:
    """Takes down every statement that goes through psycopg's asynchronous cursors."""

    statements: list[Recorded] = field(default_factory=list)
    _settings: dict[int, tuple[tuple[str, Any], ...]] = field(default_factory=dict)

    def note(self, connection: object, query: Any, parameters: Any) -> None:
        """Take a statement down."""
        said = query if isinstance(query, str) else query.decode() if isinstance(query, bytes) else query.as_string(None)
        before = self._settings.get(id(connection), ())
        if not _SETTING.search(said):
            self.statements.append(Recorded(said, parameters, before))
        elif "parlour.scopes" in said:
            self._settings[id(connection)] = ((said, parameters),)  # a transaction on memories begins with it
        else:
            self._settings[id(connection)] = (*before, (said, parameters))

    @contextmanager
    def recording(self, monkeypatch: Any) -> Iterator[None]:
        """Listen while the block runs."""
        with monkeypatch.context() as patch:
            for cursor in _CURSORS:
                patch.setattr(cursor, "execute", self._listening(cursor.execute, lambda parameters: parameters))
                patch.setattr(cursor, "executemany", self._listening(cursor.executemany, lambda rows: next(iter(rows), None)))
            yield

    def _listening(self, original: Any, one: Any) -> Any:
        async def listening(cursor: Any, query: Any, parameters: Any = None, *rest: Any, **options: Any) -> Any:
            self.note(cursor.connection, query, one(parameters))
            return await original(cursor, query, parameters, *rest, **options)

        return listening


def shape(query: str) -> str:
    """A statement without its parameters' names and its layout, so that the constant that it was made from has the same."""
    return " ".join(_PLACEHOLDER.sub("?", query).split())


def explained(connection: psycopg.Connection, recorded: Recorded, *, generic: bool, options: str = "") -> dict[str, Any]:
    """The plan of a statement in a transaction that is confined as its own was; nothing is changed.

    `generic`: as it is planned for no particular values, which PostgreSQL changes to when a statement has been prepared and used a few times.
    """
    with connection.transaction(force_rollback=True):
        for query, parameters in recorded.settings:
            connection.execute(query, parameters)
        asked = f"EXPLAIN (FORMAT JSON{options}) "
        if generic:
            row = connection.execute(asked.encode() + _prepared(connection, recorded)).fetchone()
        else:
            row = connection.execute((asked + recorded.query).encode(), recorded.parameters).fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def _prepared(connection: psycopg.Connection, recorded: Recorded) -> bytes:
    """Prepare the statement with the types that psycopg would send; return what executes it."""
    converted = PostgresQuery(adapt.Transformer(connection))
    converted.convert(recorded.query, recorded.parameters)
    types = [connection.execute("SELECT %s::oid::regtype::text", [oid]).fetchone()[0] if oid else "unknown" for oid in converted.types]
    connection.execute("DEALLOCATE ALL", prepare=False)
    declared = f"({', '.join(types)})" if types else ""
    connection.execute(f"PREPARE explained {declared} AS ".encode() + converted.query, prepare=False)
    connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    return f"EXECUTE explained{'(' + ', '.join(['NULL'] * len(types)) + ')' if types else ''}".encode()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's nodes, from the top."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def count_rows(connection: psycopg.Connection, table: str) -> int:
    """How many rows a table has."""
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])
