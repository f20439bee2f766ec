"""Erasing a person from the books: their account ends, its link to them is cut, and a receipt says what was erased.

The receipt is kept under the request's id, with no sign of whose it is. Its hash is SHA-256, in hexadecimal digits, over a line "table=count" for
each table, in the order of their names, each ended by a line feed, and the request id after them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.credit import store
from services.credit.identifiers import account_kind
from services.credit.teller import Teller
from services.runtime.database import Database
from services.runtime.errors import RequestIdReused

# The link itself, what people wrote, what requests were answered, and the ids of turns, which are replaced.
_COUNTS = b"""
    SELECT (SELECT count(*) FROM account_keys WHERE account_key = %(key)s), (SELECT count(*) FROM notes WHERE account_key = %(key)s),
           (SELECT count(*) FROM operations WHERE account_key = %(key)s),
           (SELECT count(*) FROM usage_records WHERE account_key = %(key)s OR (member_key = %(key)s AND member_key <> 0)),
           (SELECT count(*) FROM leased_turns WHERE person_key = %(key)s AND person_key <> 0)
"""
_TABLES = ("account_keys", "notes", "operations", "usage_records", "leased_turns")
_BEGIN = b"INSERT INTO erasures (request_id, erased, begun_at) VALUES (%s, %s, clock_timestamp()) ON CONFLICT DO NOTHING"
_FIND = b"SELECT erased, finished_at FROM erasures WHERE request_id = %s"
_FINISH = b"UPDATE erasures SET finished_at = clock_timestamp() WHERE request_id = %s"
_OPENED_AT = b"SELECT created_at FROM accounts JOIN account_keys USING (account_key) WHERE account_id = %s"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, by table."""

    request_id: str
    erased: Mapping[str, int]

    @property
    def hash(self) -> str:
        """What tells this receipt from any other."""
        lines = "".join(f"{table}={count}\n" for table, count in sorted(self.erased.items()))
        return hashlib.sha256((lines + self.request_id).encode()).hexdigest()


class Erasure:
    """Erases people from the books of one database."""

    def __init__(self, database: Database, teller: Teller) -> None:
        self._database = database
        self._teller = teller

    async def erase(self, request_id: str, user_id: str) -> Receipt:
        """Erase a person; repeating the request answers the first receipt, and leaves alone what the person has opened since.

        What it counts was there when it began: one that was cut off goes on when it is repeated. Raises InvalidField, and RequestIdReused where the
        account of the person was there when the erasure of this request was finished, so that it cannot have been theirs.
        """
        account_id = f"user:{user_id}"
        account_kind(account_id, "user_id")
        receipt, finished_at = await self._begun(request_id, account_id)
        if finished_at is None:
            await self._teller.erase(user_id)
            async with self._database.connection() as connection:
                await connection.execute(_FINISH, [request_id])
        elif await self._was_there(account_id, finished_at):
            raise RequestIdReused(request_id)
        return receipt

    async def _begun(self, request_id: str, account_id: str) -> tuple[Receipt, datetime | None]:
        """Return what the request is to erase, and when that was finished."""
        async with self._database.connection() as connection:
            row = await (await connection.execute(_FIND, [request_id])).fetchone()
            if row is None:
                key = (await store.find_keys(connection, [account_id])).get(account_id, 0)
                counts = await (await connection.execute(_COUNTS, {"key": key})).fetchone()
                assert counts is not None
                await connection.execute(_BEGIN, [request_id, json.dumps(dict(zip(_TABLES, counts, strict=True)))])
                row = await (await connection.execute(_FIND, [request_id])).fetchone()
        assert row is not None
        return Receipt(request_id, row[0]), row[1]

    async def _was_there(self, account_id: str, at: datetime) -> bool:
        async with self._database.connection() as connection:
            row = await (await connection.execute(_OPENED_AT, [account_id])).fetchone()
        return row is not None and bool(row[0] <= at)
