"""The tables of the ledger. Every key leads with the account, so that the tables can be distributed by it.

There are no foreign keys: they would cost every operation a look-up, and reconciliation checks what they would. The revisions under migrations/
create the tables; a test compares the two.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()


def _key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _number(name: str, default: str | None = None, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable, server_default=None if default is None else text(default))


def _text(name: str, default: str | None = None, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, server_default=None if default is None else text(f"'{default}'"))


def _time(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


# Balances and the last number given out. Every operation on an account locks its row.
accounts = Table(
    "accounts",
    metadata,
    _key("account_key"),
    _text("kind"),
    _text("tier"),
    Column("frozen", Boolean, nullable=False, server_default=text("false")),
    _number("posted_microcredits", "0"),
    _number("held_microcredits", "0"),
    _number("overdrawn_microcredits", "0"),
    Column("open_holds", Integer, nullable=False, server_default=text("0")),
    _number("last_seq", "0"),
    _time("created_at"),
)

# The only link between a person and the books: erasing a person deletes the row.
account_keys = Table(
    "account_keys",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("account_key", BigInteger, nullable=False, unique=True),
)

grants = Table(
    "grants",
    metadata,
    _key("account_key"),
    _key("grant_seq"),
    _text("source"),
    Column("priority", Integer, nullable=False),
    _number("amount_microcredits"),
    _number("remaining_microcredits"),
    _number("held_microcredits"),
    _time("effective_at"),
    _time("expires_at", nullable=True),
    _time("created_at"),
    Index("grants_with_credits", "account_key", postgresql_where=text("remaining_microcredits > 0")),
    Index("grants_expiring", "expires_at", postgresql_where=text("remaining_microcredits > 0 AND expires_at IS NOT NULL")),
)

holds = Table(
    "holds",
    metadata,
    _key("account_key"),
    _key("hold_seq"),
    _text("state"),
    _number("amount_microcredits"),
    _number("captured_microcredits", "0"),
    _time("created_at"),
    _time("expires_at"),
    _time("ended_at", nullable=True),
    _number("ended_seq", "0"),
    _number("charged_seq", "0"),
    _text("model", ""),
    _text("price_version", ""),
    Column("metadata", JSONB, nullable=False, server_default=text("'{}'")),
    Index("holds_active", "account_key", "expires_at", postgresql_where=text("state = 'active'")),
)

# Which grants a hold earmarked, in the order in which they are spent; grant_seq 0 is the overdraft.
hold_allocations = Table(
    "hold_allocations",
    metadata,
    _key("account_key"),
    _key("hold_seq"),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _number("grant_seq"),
    _number("amount_microcredits"),
)

# The journal. A trigger refuses every change to it. A leg is on the account itself (grant_seq says on which of its grants) or on a system account.
entries = Table(
    "entries",
    metadata,
    _key("account_key"),
    _key("operation_seq"),
    Column("leg", Integer, primary_key=True, autoincrement=False),
    _text("system_account", nullable=True),
    _number("grant_seq", nullable=True),
    _number("amount_microcredits"),
    _text("kind"),
    _number("hold_seq", nullable=True),
    _time("created_at"),
)

# What people wrote, apart from the journal, so that it can be erased.
notes = Table("notes", metadata, _key("account_key"), _key("operation_seq"), _text("note"))

# What each request id was answered with, kept for 30 days.
operations = Table(
    "operations",
    metadata,
    _key("account_key"),
    Column("request_key", Text, primary_key=True),
    _number("operation_seq"),
    _text("method"),
    Column("payload_hash", LargeBinary, nullable=False),
    _text("refusal", ""),
    Column("result", LargeBinary, nullable=False),
    _time("created_at"),
    Index("operations_created_at", "created_at", postgresql_using="brin"),
)

# What turns used, by the account of the conversation service: the other side of what was captured.
usage_records = Table(
    "usage_records",
    metadata,
    _key("account_key"),
    Column("turn_id", Text, primary_key=True),
    _number("hold_seq"),
    _text("model"),
    _number("prompt_tokens"),
    _number("cached_prompt_tokens"),
    _number("completion_tokens"),
    _number("images"),
    _text("price_version"),
    _number("cost_microcredits"),
    _number("charged_microcredits"),
    Column("captured_now", Boolean, nullable=False),
    _text("tier"),
    _text("guild_id"),
    _text("feature"),
    _time("created_at"),
    Index("usage_records_created_at", "created_at"),
)
