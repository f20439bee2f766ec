"""What reconciliation found, kept until somebody resolves it. Nothing that was found is ever set right by itself."""

from collections.abc import Sequence
from typing import Any

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import metrics
from services.credit.checks import ONCE, Discrepancy
from services.credit.forms import timestamp
from services.credit.identifiers import KEY_MAX, page_start, page_token
from services.runtime.database import Database
from services.runtime.errors import InvalidField, NotFound

PAGE_SIZE = 50
SHOWN_MAX = 500

_LIST = 0  # stands for the account in page tokens: lists of findings are of none
_PREFIX = "finding_"

_INSERT = b"""
    INSERT INTO findings (kind, account_key, detail, difference_microcredits, created_at)
    SELECT DISTINCT ON (kind, account_key, detail) kind, account_key, detail, difference, clock_timestamp()
    FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::bigint[]) AS n (kind, account_key, detail, difference)
    WHERE NOT (kind = ANY(%s) AND EXISTS (
        SELECT FROM findings f WHERE f.kind = n.kind AND f.account_key = n.account_key AND f.detail = n.detail))
    ON CONFLICT (kind, account_key, detail) WHERE resolved_at IS NULL DO NOTHING
"""
_COLUMNS = """f.finding_id, f.kind, coalesce(k.account_id, ''), f.detail, f.difference_microcredits, f.created_at, f.resolved_at, f.note
    FROM findings f LEFT JOIN account_keys k USING (account_key)"""
_PAGE = f"""
    SELECT {_COLUMNS}
    WHERE f.finding_id < %(start)s AND (%(resolved)s::boolean IS NULL OR (f.resolved_at IS NOT NULL) = %(resolved)s)
    ORDER BY f.finding_id DESC LIMIT %(limit)s
""".encode()
_ONE = f"SELECT {_COLUMNS} WHERE f.finding_id = %s".encode()
_RESOLVE = b"UPDATE findings SET resolved_at = clock_timestamp(), note = %s WHERE finding_id = %s AND resolved_at IS NULL"
_OPEN = b"SELECT kind, count(*) FROM findings WHERE resolved_at IS NULL GROUP BY kind"
_RESOLVED: dict[int, bool | None] = {pb.Finding.STATE_UNSPECIFIED: None, pb.Finding.STATE_OPEN: False, pb.Finding.STATE_RESOLVED: True}


class Findings:
    """The findings of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, found: Sequence[Discrepancy]) -> int:
        """Keep what was found, but for what is open already, or has happened and was resolved; return how many findings are new."""
        if not found:
            return 0
        rows = zip(*((d.kind, d.account_key, d.detail, d.difference_microcredits) for d in found), strict=True)
        async with self._database.connection() as connection:
            return (await connection.execute(_INSERT, [*map(list, rows), list(ONCE)])).rowcount

    async def page(self, state: int, size: int, token: str) -> tuple[list[pb.Finding], str]:
        """Return a page of the findings of a state (all, where it is not specified), newest first, and the token of the next. Raises InvalidField."""
        if state not in _RESOLVED:
            raise InvalidField("state", "is none that findings have")
        limit = size or PAGE_SIZE
        given = {"start": _start(state, token), "resolved": _RESOLVED[state], "limit": limit + 1}
        async with self._database.connection() as connection:
            rows = await (await connection.execute(_PAGE, given)).fetchall()
        more = page_token(_LIST, rows[limit - 1][0], state) if len(rows) > limit else ""
        return [_message(row) for row in rows[:limit]], more

    async def open(self) -> list[pb.Finding]:
        """Return the newest open findings, as many as one answer shows."""
        return (await self.page(pb.Finding.STATE_OPEN, SHOWN_MAX, ""))[0]

    async def resolve(self, finding_id: str, note: str) -> pb.Finding:
        """Close a finding; one that is closed keeps its first note. Raises NotFound."""
        number = _number(finding_id)
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(_RESOLVE, [note, number])
            row = await (await connection.execute(_ONE, [number])).fetchone()
        if row is None:
            raise NotFound("finding")
        await self.count_open()
        return _message(row)

    async def count_open(self) -> dict[str, int]:
        """Count the open findings of each kind, and tell Prometheus."""
        async with self._database.connection() as connection:
            counts = {str(kind): int(count) for kind, count in await (await connection.execute(_OPEN)).fetchall()}
        metrics.findings_open.clear()
        for kind, count in counts.items():
            metrics.findings_open.labels(kind).set(count)
        return counts


def _start(state: int, token: str) -> int:
    start, listed = page_start(_LIST, token)
    if token and listed != state:
        raise InvalidField("page_token", "belongs to another list")
    return start if token else KEY_MAX


def _number(finding_id: str) -> int:
    digits = finding_id.removeprefix(_PREFIX)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 18 or f"{_PREFIX}{int(digits)}" != finding_id:
        raise NotFound("finding")
    return int(digits)


def _message(row: tuple[Any, ...]) -> pb.Finding:
    number, kind, account_id, detail, difference, created_at, resolved_at, note = row
    return pb.Finding(
        finding_id=f"{_PREFIX}{number}",
        kind=kind,
        account_id=account_id,
        detail=detail,
        difference_microcredits=difference,
        state=pb.Finding.STATE_RESOLVED if resolved_at is not None else pb.Finding.STATE_OPEN,
        create_time=timestamp(created_at),
        note=note,
        resolve_time=timestamp(resolved_at) if resolved_at is not None else None,
    )
