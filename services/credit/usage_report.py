"""Sums what turns used over a time range, by guild, person, tier, model, feature, payer and day."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.journal import Reach, snapshot
from services.runtime.database import Database
from services.runtime.errors import InvalidField, LimitReached

ERASED = "erased"
"""Stands for the account of a person whose link to the books was cut."""

GROUPS = {
    "guild": "u.guild_id",
    "user": f"coalesce(k.account_id, '{ERASED}')",
    "tier": "u.tier",
    "model": "u.model",
    "feature": "u.feature",
    "payer": "CASE WHEN u.lease_seq = 0 THEN CASE WHEN u.member_key = 0 THEN 'person' ELSE 'pool' END"
    " WHEN t.finished_at IS NULL THEN 'nobody' WHEN t.charged_to_person_microcredits > 0 THEN 'person' ELSE 'lease' END",
    "day": "to_char(u.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}

# Where a pool paid, the member used it.
_USER = "LEFT JOIN account_keys k ON k.account_key = CASE WHEN u.member_key <> 0 THEN u.member_key ELSE u.account_key END"
# What was taken on a lease is charged by the lease's settlement.
_LEASED = "LEFT JOIN leased_turns t ON u.lease_seq <> 0 AND t.account_key = u.account_key AND t.turn_id = u.turn_id"
_CHARGED = "u.charged_microcredits + coalesce(t.charged_to_person_microcredits, 0) + coalesce(t.charged_to_lease_microcredits, 0)"
_SUMS = f"""count(*), sum(u.prompt_tokens), sum(u.completion_tokens), sum({_CHARGED}), sum(u.cached_prompt_tokens), sum(u.images),
       sum(u.cost_microcredits)"""
_SINCE, _UNTIL, _IN_GUILD = "u.created_at >= %(since)s", "u.created_at < %(until)s", "u.guild_id = %(guild)s"


async def report_usage(
    database: Database,
    since: datetime | None,
    until: datetime | None,
    group_by: Sequence[str],
    *,
    rows_max: int,
    guild_id: str = "",
    statement_s: float = 30.0,
) -> list[pb.UsageRow]:
    """Sum the usage recorded from `since` until before `until`, of all guilds or of one, in the order of the groups.

    Raises InvalidField and LimitReached.
    """
    _check(since, until, group_by)
    query = _query(group_by, {_SINCE: since is not None, _UNTIL: until is not None, _IN_GUILD: bool(guild_id)})
    async with snapshot(database, Reach(statement_s=statement_s)) as connection:
        cursor = await connection.execute(query.encode(), {"since": since, "until": until, "guild": guild_id, "limit": rows_max + 1})
        rows = await cursor.fetchall()
    if len(rows) > rows_max:
        raise LimitReached("rows of a report", rows_max)
    return [_message(group_by, row) for row in rows]


def _check(since: datetime | None, until: datetime | None, group_by: Sequence[str]) -> None:
    if since is not None and until is not None and since >= until:
        raise InvalidField("from", "must be before to")
    unknown = [group for group in group_by if group not in GROUPS]
    if unknown:
        raise InvalidField("group_by", f"must be of {', '.join(GROUPS)}")
    if len(set(group_by)) < len(group_by):
        raise InvalidField("group_by", "must not name a group twice")


def _query(group_by: Sequence[str], wanted: Mapping[str, bool]) -> str:
    columns = ", ".join([*(GROUPS[group] for group in group_by), _SUMS])
    bounds = [bound for bound, given in wanted.items() if given]
    numbers = ", ".join(str(number) for number in range(1, len(group_by) + 1))
    parts = [
        f"SELECT {columns} FROM usage_records u {_LEASED}",  # noqa: S608 -- made of constants
        _USER if "user" in group_by else "",
        f"WHERE {' AND '.join(bounds)}" if bounds else "",
        f"GROUP BY {numbers} ORDER BY {numbers}" if group_by else "HAVING count(*) > 0",
        "LIMIT %(limit)s",
    ]
    return " ".join(part for part in parts if part)


def _message(group_by: Sequence[str], row: tuple[Any, ...]) -> pb.UsageRow:
    groups, sums = row[: len(group_by)], [int(number) for number in row[len(group_by) :]]
    turns, prompt, completion, charged, cached, images, cost = sums
    return pb.UsageRow(
        group=dict(zip(group_by, groups, strict=True)),
        turns=turns,
        prompt_tokens=prompt,
        completion_tokens=completion,
        charged_microcredits=charged,
        cached_prompt_tokens=cached,
        images=images,
        cost_microcredits=cost,
    )
