"""No hot query reads a whole table: the service's own statements, as it says them, under row level security, beside 100,000 memories."""

import asyncio
import importlib
import pkgutil
import re

import numpy as np
import psycopg
import pytest
from sqlalchemy import TextClause

import services.memory
from services.memory.scopes import Scope, Visibility
from services.memory.tables import metadata
from tests.bench.memory.fill import Place, fill
from tests.integration.memory.ordinary_day import Day
from tests.integration.memory.recorded_statements import Recorder, count_rows, explained, nodes, shape

SCOPES = 1_000
MEMORIES_EACH = 100
LARGE_ROWS = 10_000
BUSY_TABLES = (
    "memories",
    "memory_versions",
    "memory_embeddings",
    "memory_terms",
    "memory_traits",
    "observed_messages",
    "operations",
    "forget_plans",
    "forget_plan_items",
)
# What is filled in beside the memories: as it lies there when the service has run for a while.
_BESIDE = (
    """
    INSERT INTO operations (request_id, payload_hash, result, created_at)
    SELECT 'old-' || n, sha256('old'), '{}', now() - interval '29 days' * n / 100000 FROM generate_series(1, 100000) n
    """,
    """
    INSERT INTO observed_messages (scope_id, message_id, author_id, author_name, text, said_at, observed_at, extractor_version)
    SELECT scope_id, 'old-' || n, user_id, '', CASE WHEN n > 95 THEN 'I live in Oslo' END, now(), now() - interval '20 days',
           CASE WHEN n <= 95 THEN 1 END
    FROM scopes CROSS JOIN generate_series(1, 100) n
    """,
    """
    INSERT INTO forget_plans (plan_id, guild_id, channel_id, user_id, created_at, expires_at, committed_at, undo_until, purged_at)
    SELECT gen_random_uuid(), guild_id, '', user_id, now() - interval '9 days', now() - interval '8 days', c, c + interval '1 hour',
           CASE WHEN n > 1 THEN c + interval '2 hours' END
    FROM scopes CROSS JOIN generate_series(1, 20) n CROSS JOIN LATERAL (SELECT CASE WHEN n > 10 THEN now() - interval '8 days' END AS c) committed
    """,
    "UPDATE forget_plans SET purged_at = NULL WHERE committed_at IS NULL",
    """
    INSERT INTO forget_plan_items (plan_id, memory_id, version, scope_id)
    SELECT plan_id, gen_random_uuid(), 1, scope_id FROM forget_plans JOIN scopes USING (guild_id, user_id) CROSS JOIN generate_series(1, 5)
    """,
    "VACUUM ANALYZE",
)


def place(number):
    return Scope(Visibility.GUILD, f"g{number % 50}", "", f"u{number}")


# Not said in a day.
_SELDOM = {
    "services.memory.reembedding._LACKS_ANY": "only where somebody writes in the moment of the switch; it looks as _LACKING_SOME does",
}
_ABOUT = re.compile(rf"\b(?:{'|'.join([*metadata.tables, 'memory_statements'])})\b")
_BEGINS = re.compile(r"\s*(?:WITH|SELECT|INSERT|UPDATE|DELETE)\b")


def asks(said):
    """Whether a text is a whole statement about the service's tables. What only sets what a transaction sees reads nothing."""
    return bool(_BEGINS.match(said) and _ABOUT.search(said)) and "set_config(" not in said


@pytest.fixture(scope="module")
def filled(postgres, cloned_database):
    """(url, superuser's url) of a database with 100,000 memories."""
    name, url = cloned_database("memory")
    vectors = np.random.default_rng(1).standard_normal((1_000, 384), dtype=np.float32)
    places = [Place(place(number), MEMORIES_EACH) for number in range(SCOPES)]
    fill(postgres.url(name), places, vectors, earlier_every=10)
    with psycopg.connect(postgres.url(name), autocommit=True) as connection:
        for statement in _BESIDE:
            connection.execute(statement)
    yield url, postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture(scope="module")
def recorded(filled, running_service, model, valkey):
    """What the service said in a day, and how many whole tables PostgreSQL read for it, by table."""
    url, superuser_url = filled
    before = whole_reads(superuser_url)
    recorder = Recorder()

    async def live():
        async with running_service(url, redis_url=valkey.url) as service:
            day = Day(service, model)
            for _ in range(3):  # what is asked again may be answered from what is kept
                await day.read()
            await day.write()
            await day.observe()
            await day.forget(undo=True)
            await day.hold_back()
            await day.carry()
        async with running_service(url, forget_undo_s=0) as service:
            day = Day(service, model)
            await day.forget(undo=False)
            await day.clean_up()
            await day.embed_again(superuser_url)

    with pytest.MonkeyPatch.context() as patch, recorder.recording(patch):
        asyncio.run(live())
    after = whole_reads(superuser_url)
    return recorder.statements, {table: after[table] - before[table] for table in after}


def whole_reads(superuser_url):
    """How often each table was read from one end to the other; a server process tells when it ends."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        while connection.execute(others).fetchone() != (0,):
            connection.execute("SELECT pg_sleep(0.01)")
        return dict(connection.execute("SELECT relname, seq_scan FROM pg_stat_user_tables").fetchall())


@pytest.fixture(scope="module")
def distinct(recorded):
    """One statement of each shape, of those about the service's tables."""
    return {statement.shape: statement for statement in recorded[0] if asks(statement.query)}


@pytest.fixture(scope="module")
def connection(filled):
    """A connection of the service's own role, which is bound by row level security."""
    with psycopg.connect(filled[0], autocommit=True, prepare_threshold=None) as connection:
        yield connection


@pytest.fixture(scope="module")
def large(filled):
    """The tables that must not be read whole: those that hold much here."""
    with psycopg.connect(filled[1]) as connection:
        return {table for table in metadata.tables if count_rows(connection, table) >= LARGE_ROWS}


def test_the_tables_hold_what_they_hold_after_a_while(large):
    assert set(BUSY_TABLES) <= large


def sql_constants():
    """Every whole statement about the service's tables that its modules hold, by where it lies."""
    for found in pkgutil.walk_packages(services.memory.__path__, "services.memory."):
        if ".migrations" in found.name:
            continue
        for name, value in vars(importlib.import_module(found.name)).items():
            for held in [*value.values()] if isinstance(value, dict) else value if isinstance(value, tuple | list) else [value]:
                said = held.text if isinstance(held, TextClause) else held
                if isinstance(said, str) and asks(said) and "{" not in said:  # a brace: a template of statements
                    yield f"{found.name}.{name}", said


def test_every_statement_that_the_modules_hold_was_said(recorded):
    said = {statement.shape for statement in recorded[0]}
    constants = list(sql_constants())
    assert len(constants) > 20
    # Within: a statement may be said as a part of another.
    missing = sorted({where for where, constant in constants if not any(shape(constant) in one for one in said)} - _SELDOM.keys())
    assert not missing, "have ordinary_day.Day do what says these too, so that their plans are looked at"


@pytest.mark.parametrize("generic", [False, True], ids=["planned for its values", "planned for any values"])
def test_no_statement_reads_a_whole_table(distinct, connection, large, generic):
    assert len(distinct) > 40
    wrong = []
    for statement in distinct.values():
        plan = explained(connection, statement, generic=generic)
        wrong += [f"{problem}: {statement.shape}" for node in nodes(plan) if (problem := reads_a_whole_table(connection, node, large))]
    assert not wrong, "\n\n".join(wrong)


def reads_a_whole_table(connection, node, large):
    """What is wrong with a node of a plan, if anything: it reads a table, or an index from one end to the other.

    An index over part of a table may be read whole: it holds what waits for a job.
    """
    kind, table, index = node["Node Type"], node.get("Relation Name"), node.get("Index Name")
    if kind == "Seq Scan" and table in large:
        return f"Seq Scan on {table}"
    if index is None:
        return None
    of, whole, first = connection.execute(
        "SELECT indrelid::regclass::text, indpred IS NULL, pg_get_indexdef(indexrelid, 1, true) FROM pg_index WHERE indexrelid = %s::regclass",
        [index],
    ).fetchone()
    narrowed = re.search(rf"\b{first}\b", node.get("Index Cond", ""))
    return f"{kind} of all of {index}" if of in large and whole and not narrowed else None


def test_the_server_counted_no_read_of_a_whole_table(recorded, large):
    assert {table: reads for table, reads in recorded[1].items() if table in large and reads} == {}


def test_a_search_touches_its_own_scopes_and_little_else(distinct, connection):
    searches = [statement for statement in distinct.values() if "<=>" in statement.query]
    assert len(searches) >= 4  # what holds now, what holds in a range of time, what held then, what is to be forgotten
    pages = connection.execute("SELECT sum(relpages) FROM pg_class WHERE relname = ANY(%s)", [list(BUSY_TABLES)]).fetchone()[0]
    for statement in searches:
        plan = explained(connection, statement, generic=False, options=", ANALYZE, BUFFERS, TIMING OFF")
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < pages / 20, statement.shape


def test_a_query_without_an_index_is_noticed(connection, large):
    plan = connection.execute("EXPLAIN (FORMAT JSON) SELECT FROM operations WHERE payload_hash = 'x'").fetchone()[0][0]["Plan"]
    assert any(reads_a_whole_table(connection, node, large) for node in nodes(plan))
