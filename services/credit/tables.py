"""The tables of the ledger. Every key leads with the account, so that the tables can be distributed by it.

There are no foreign keys: they would cost every operation a look-up, and reconciliation checks what they would. The revisions under migrations/
create the tables; a test compares the two.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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
    _text("state", "open"),
    Column("erased", Boolean, nullable=False, server_default=text("false")),
    _number("posted_microcredits", "0"),
    _number("held_microcredits", "0"),
    _number("overdrawn_microcredits", "0"),
    Column("open_holds", Integer, nullable=False, server_default=text("0")),
    _number("last_seq", "0"),
    Column("allowance_period", Integer, nullable=False, server_default=text("0")),
    _number("allowance_granted_microcredits", "0"),
    _number("member_daily_limit_microcredits", "0"),
    # The minute and the day that the last hold was placed in, each with how many were: minute, holds, day, holds.
    Column("pace", ARRAY(Integer), nullable=False, server_default=text("'{0,0,0,0}'")),
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
    # The indexes know a grant as spent or not: then an update of what remains touches no index.
    Column("spent", Boolean, nullable=False, server_default=text("false")),
    Index("grants_with_credits", "account_key", postgresql_where=text("NOT spent")),
    Index("grants_expiring", "expires_at", postgresql_where=text("NOT spent AND expires_at IS NOT NULL")),
)

holds = Table(
    "holds",
    metadata,
    _key("account_key"),
    _key("hold_seq"),
    _text("state"),
    _number("amount_microcredits"),
    _number("captured_microcredits", "0"),
    _number("used_microcredits", "0"),
    _number("refunded_microcredits", "0"),
    _time("created_at"),
    _time("expires_at"),
    _time("ended_at", nullable=True),
    _number("ended_seq", "0"),
    _number("charged_seq", "0"),
    _text("model", ""),
    _text("price_version", ""),
    Column("metadata", JSONB, nullable=False, server_default=text("'{}'")),
    _number("member_key", "0"),
    Column("member_day", Integer, nullable=False, server_default=text("0")),
    # Which grants it earmarked, in the order in which they are spent: grant, amount, grant, amount ...; grant 0 is the overdraft.
    Column("allocations", ARRAY(BigInteger), nullable=False, server_default=text("'{}'")),
    Index("holds_active", "account_key", "expires_at", postgresql_where=text("state = 'active'")),
)

# What a pool has set aside and spent for each member on each day (counted from 1970, UTC).
pool_members = Table(
    "pool_members",
    metadata,
    _key("account_key"),
    _key("member_key"),
    Column("day", Integer, primary_key=True, autoincrement=False),
    _number("used_microcredits"),
)

# Credits on their way: they have left the account, and arrive at the recipient's in an operation of its own.
transfers = Table(
    "transfers",
    metadata,
    _key("account_key"),
    _key("operation_seq"),
    _number("recipient_key"),
    Column("parts", JSONB, nullable=False),
    _time("created_at"),
    _time("finished_at", nullable=True),
    Column("returned", Boolean, nullable=False, server_default=text("false")),
    Index("transfers_on_their_way", "created_at", postgresql_where=text("finished_at IS NULL")),
)

# The head of each chain of batches: locked while a batch is decided and written.
shards = Table(
    "shards",
    metadata,
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    _number("batch_seq", "0"),
    Column("hash", LargeBinary, nullable=False),
    _time("decided_at"),
)

# What was written together, each with the hash of the one before.
batches = Table(
    "batches",
    metadata,
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    _key("batch_seq"),
    _time("decided_at"),
    _text("price_version"),
    Column("operations", Integer, nullable=False),
    Column("operations_hash", LargeBinary, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("batches_decided_at", "decided_at", postgresql_using="brin"),
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
    Column("shard", SmallInteger, nullable=False),
    _number("batch_seq"),
    _time("created_at"),
    # The journal grows in the order of time: a time range finds the entries of batches, and costs an operation nothing.
    Index("entries_created_at", "created_at", postgresql_using="brin"),
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
    _number("batch_seq"),
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
    _number("member_key", "0"),
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
    # Not 0: the turn was taken on this lease, and the account is that of all leases, the member the person.
    _number("lease_seq", "0"),
    _time("created_at"),
    Index("usage_records_created_at", "created_at"),
    Index("usage_records_of_member", "member_key", postgresql_where=text("member_key <> 0")),
)

# What gateway instances may spend while credit cannot be reached. What is left of a lease is its grant, of the same number.
leases = Table(
    "leases",
    metadata,
    _key("account_key"),
    _key("lease_seq"),
    _text("instance_id"),
    _number("amount_microcredits"),
    _number("charged_microcredits", "0"),
    _number("returned_microcredits", "0"),
    _text("state", "open"),
    _time("created_at"),
    _time("expires_at"),
    _time("closed_at", nullable=True),
    Index("leases_open", "account_key", "instance_id", unique=True, postgresql_where=text("state = 'open'")),
)

# Turns that were taken on leases, each settled once. The hold of the same number sets aside what the lease pays if the person does not.
leased_turns = Table(
    "leased_turns",
    metadata,
    _key("account_key"),
    _key("turn_seq"),
    _text("turn_id"),
    _number("lease_seq"),
    # 0: nobody's account was there.
    _number("person_key"),
    _number("bound_microcredits"),
    _number("cost_microcredits"),
    # Of the usage that the settlement brought; empty: it brought none.
    _text("price_version"),
    _time("taken_at", nullable=True),
    # Nothing: the person has not been asked yet.
    _number("charged_to_person_microcredits", nullable=True),
    _number("charged_to_lease_microcredits", "0"),
    _time("created_at"),
    _time("finished_at", nullable=True),
    Index("leased_turns_by_id", "account_key", "turn_id", unique=True),
    Index("leased_turns_of_person", "person_key", postgresql_where=text("person_key <> 0")),
    Index("leased_turns_unfinished", "created_at", postgresql_where=text("finished_at IS NULL")),
)

# Two records of the same thing that disagree, as reconciliation found them. Open until somebody resolves them, with a note.
findings = Table(
    "findings",
    metadata,
    Column("finding_id", BigInteger, Identity(always=True), primary_key=True),
    _text("kind"),
    _number("account_key"),
    _text("detail"),
    _number("difference_microcredits"),
    _time("created_at"),
    _time("resolved_at", nullable=True),
    _text("note", ""),
    Index("findings_open", "kind", "account_key", "detail", unique=True, postgresql_where=text("resolved_at IS NULL")),
    Index("findings_by_account", "account_key"),
)

# How far reconciliation has come in each shard.
reconciled = Table("reconciled", metadata, Column("shard", SmallInteger, primary_key=True, autoincrement=False), _number("batch_seq", "0"))

# How many operations of a batch were erased with their accounts, as long as the others are kept.
erased_operations = Table(
    "erased_operations",
    metadata,
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    _key("batch_seq"),
    _number("operations"),
    _time("erased_at"),
)

# What each erasure took, by table. Whose it was is kept nowhere.
erasures = Table(
    "erasures",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("erased", JSONB, nullable=False),
    _time("begun_at"),
    _time("finished_at", nullable=True),
)
