"""Row level security, attacked in SQL by somebody who has got hold of the service's connection. What the API shows: test_visibility.py."""

import asyncio
import uuid

import psycopg
import pytest
from psycopg import sql

from parlour.memory.v1 import memory_pb2 as pb
from services.memory.facts import text_hash
from services.memory.scope_lock import APP_ROLE, looking, setting
from services.memory.scopes import Scope, Viewer, Visibility
from services.runtime.errors import NotFound, PermissionRefused
from tests.integration.memory.recorded_statements import count_rows

OWN = Scope(Visibility.GUILD, "g1", "", "ada").scope_id
FOREIGN = Scope(Visibility.GUILD, "g1", "", "bob").scope_id
SECRET = "my vault opens with 4711"
CONTENT_TABLES = ("memories", "memory_versions", "memory_embeddings", "memory_terms", "memory_traits", "observed_messages")
RELATIONS = (*CONTENT_TABLES, "memory_statements")
# Tables that hold nothing of what anybody said. Every other table of the database must be under row level security.
WITHOUT_CONTENT = {
    "scopes": "the ids that name a scope, a version and a count",
    "operations": "hashes of requests, ids and counts",
    "forget_plans": "who asked to forget, and when",
    "forget_plan_items": "ids and versions",
    "erasures": "a hash of the person's id, times and counts",
    "erased_memories": "ids, while an erasure runs",
    "embedding_models": "names of models, and how far each has come",
    "embedded_scopes": "ids of scopes and versions",
    "alembic_version": "the revision of the schema",
    "schema_support": "the revision whose code works with it",
    "procrastinate_jobs": "ids of scopes and people as arguments",
    "procrastinate_events": "when jobs changed their state",
    "procrastinate_periodic_defers": "names of tasks and times",
    "procrastinate_workers": "heartbeats",
}
CONTENT_COLUMNS = {"text", "content", "embedding", "term", "provenance", "author_name", "subject", "attribute", "gist", "summary"}


@pytest.fixture
async def bobs(memory, scopes):
    """Bob's memory in three versions with vectors and terms, a message of his that waits, and one memory of Ada's."""
    added = (await memory.add("my vault opens with 1234", scopes.guild("bob"))).memory
    for version, text in enumerate((f"{SECRET} or so", SECRET), start=1):
        update = pb.UpdateMemoryRequest(
            request_id=scopes.request_id(), viewer=scopes.viewer("bob"), memory_id=added.memory_id, version=version, text=text
        )
        added = (await memory.client.update_memory(update, timeout_s=20)).memory
    message = pb.ObservedMessage(message_id="m1", author_id="bob", text="I live in Oslo")
    await memory.client.observe_messages(
        pb.ObserveMessagesRequest(request_id=scopes.request_id(), scope=scopes.guild("bob"), messages=[message]), timeout_s=20
    )
    await memory.add("my kettle is blue", scopes.guild("ada"))
    return added


@pytest.fixture
def attacker(bobs, memory_database_url):
    """A connection in the service's role and in a transaction of Ada's."""
    with psycopg.connect(memory_database_url) as connection:
        confine(connection, setting([OWN]))
        yield connection
        connection.rollback()


def confine(connection, scopes):
    connection.execute("SELECT set_config('role', %s, true), set_config('parlour.scopes', %s, true)", [APP_ROLE, scopes])


def ask(connection, statement, relation, parameters=()):
    return connection.execute(sql.SQL(statement).format(sql.Identifier(relation)), parameters)


@pytest.fixture
def untouched(bobs, superuser_url):
    """Checks that everything of Bob's is as it was."""

    def everything():
        with psycopg.connect(superuser_url) as connection:
            return {
                table: ask(connection, "SELECT t::text FROM {} t WHERE scope_id = %s ORDER BY 1", table, [FOREIGN]).fetchall()
                for table in CONTENT_TABLES
            }

    before = everything()
    assert all(before.values()), "there is something of Bob's in every table"
    yield
    assert everything() == before


@pytest.mark.parametrize("given", ["", None, f"{FOREIGN}x", "*", "%", "null", "{}", "' OR true --", f"{FOREIGN}'", "\u200b", f"{OWN}{FOREIGN}"])
def test_a_setting_that_is_no_list_of_scopes_shows_nothing(bobs, memory_database_url, given):
    with psycopg.connect(memory_database_url) as connection:
        for relation in RELATIONS:
            connection.execute(f"SET LOCAL ROLE {APP_ROLE}")
            if given is not None:
                connection.execute("SELECT set_config('parlour.scopes', %s, true)", [given])
            try:
                assert count_rows(connection, relation) == 0
            except psycopg.errors.InvalidTextRepresentation:
                assert given  # refused outright
            connection.rollback()


_SELECTIONS = (
    "SELECT * FROM {} WHERE scope_id = %(foreign)s",
    "SELECT * FROM {} WHERE scope_id <> %(own)s",
    "SELECT * FROM {} WHERE scope_id = %(own)s OR true EXCEPT SELECT * FROM {} WHERE scope_id = %(own)s",
    "SELECT other.* FROM {} own FULL JOIN {} other ON other.scope_id = %(foreign)s WHERE other.scope_id = %(foreign)s",
    "WITH taken AS MATERIALIZED (SELECT * FROM {}) SELECT * FROM taken WHERE scope_id = %(foreign)s",
    "SELECT * FROM (SELECT scope_id, row_to_json(t) FROM {} t) j WHERE scope_id = %(foreign)s",
    "SELECT * FROM {} WHERE row_to_json({}.*)->>'memory_id' = %(memory)s",
    "SELECT * FROM {} WHERE scope_id = %(foreign)s FOR UPDATE",
)


@pytest.mark.parametrize("relation", RELATIONS)
def test_no_way_of_selecting_shows_another_scope(attacker, bobs, relation):
    for statement in _SELECTIONS:
        if relation == "memory_statements" and ("FOR UPDATE" in statement or "FULL JOIN" in statement):
            continue
        asked = sql.SQL(statement).format(*[sql.Identifier(relation)] * statement.count("{}"))
        assert attacker.execute(asked, {"own": OWN, "foreign": FOREIGN, "memory": bobs.memory_id}).fetchall() == [], statement


@pytest.mark.parametrize("relation", RELATIONS)
def test_copying_out_shows_no_other_scope(attacker, relation):
    # A view is copied by a query, a table also by its name.
    for statement in ("COPY (SELECT * FROM {}) TO STDOUT", "COPY {} TO STDOUT"):
        if relation == "memory_statements" and "SELECT" not in statement:
            continue
        with attacker.cursor().copy(sql.SQL(statement).format(sql.Identifier(relation))) as copy:
            assert str(FOREIGN) not in b"".join(bytes(part) for part in copy).decode()


_CHANGES = (
    "UPDATE {} SET scope_id = scope_id WHERE scope_id = %(foreign)s",
    "UPDATE {} SET scope_id = %(own)s WHERE scope_id = %(foreign)s",
    "DELETE FROM {} WHERE scope_id = %(foreign)s",
    "DELETE FROM {} WHERE scope_id <> %(own)s",
    "MERGE INTO {} t USING (SELECT %(foreign)s::uuid AS scope_id) s ON t.scope_id = s.scope_id WHEN MATCHED THEN DELETE",
    "DELETE FROM {} t USING scopes s WHERE t.scope_id = s.scope_id AND s.user_id = 'bob'",
)


@pytest.mark.parametrize("table", CONTENT_TABLES)
@pytest.mark.usefixtures("untouched")
def test_another_scope_s_rows_are_neither_changed_nor_taken_over(attacker, table):
    for statement in _CHANGES:
        changed = attacker.execute(sql.SQL(statement).format(sql.Identifier(table)), {"own": OWN, "foreign": FOREIGN}).rowcount
        assert changed == 0, statement
    attacker.commit()


_ROWS = {
    "memories": "(memory_id, scope_id, visibility, guild_id, channel_id, user_id, text, text_hash, kind, importance, valid_from)"
    " VALUES (%(id)s, %(scope)s, 'guild', 'g1', '', 'bob', 'planted', %(hash)s, 'fact', 0.5, now())",
    "memory_versions": "(memory_id, version, scope_id, text, kind, subject, attribute, importance, provenance, valid_from, valid_to, updated_at,"
    " reason)"
    " VALUES (%(id)s, 9, %(scope)s, 'planted', 'fact', '', '', 0.5, '{{}}', now(), now(), now(), 'updated')",
    "memory_embeddings": "(memory_id, version, model, scope_id, live, embedding)"
    " VALUES (%(id)s, 9, 'm', %(scope)s, true, array_fill(0.1, ARRAY[384])::vector)",
    "memory_terms": "(scope_id, term, memory_id, version, occurrences, length, live) VALUES (%(scope)s, 'planted', %(id)s, 9, 1, 1, true)",
    "memory_traits": "(memory_id, version, scope_id, live, position, said_at, speaker, length, asks, dated)"
    " VALUES (%(id)s, 9, %(scope)s, true, 9, now(), 'planted', 1, false, false)",
    "observed_messages": "(scope_id, message_id, author_id, author_name, text, said_at) VALUES (%(scope)s, 'm9', 'bob', '', 'planted', now())",
}


@pytest.mark.parametrize("table", CONTENT_TABLES)
def test_nothing_is_planted_in_another_scope(attacker, untouched, table):
    statement = "INSERT INTO {} " + _ROWS[table]
    row = {"id": uuid.uuid4(), "hash": text_hash("planted")}
    ask(attacker, statement, table, {**row, "scope": OWN})  # into one's own: the statement itself is sound
    attacker.commit()
    for upsert in ("", " ON CONFLICT DO NOTHING"):
        confine(attacker, setting([OWN]))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(attacker, statement + upsert, table, {**row, "scope": FOREIGN})
        attacker.rollback()
    confine(attacker, setting([OWN]))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(attacker, "UPDATE {} SET scope_id = %s WHERE scope_id = %s", table, [FOREIGN, OWN])


def test_a_guess_at_another_s_text_is_answered_the_same_right_or_wrong(attacker):
    """The unique index on scope and text must not tell which text a scope holds."""
    answers = set()
    for guess in (SECRET, "my vault opens with 0815"):
        row = {"id": uuid.uuid4(), "scope": FOREIGN, "hash": text_hash(guess)}
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
            ask(attacker, "INSERT INTO {} " + _ROWS["memories"] + " ON CONFLICT DO NOTHING", "memories", row)
        answers.add(str(refused.value))
        attacker.rollback()
        confine(attacker, setting([OWN]))
    assert len(answers) == 1


def test_neither_functions_nor_errors_nor_statistics_tell_of_other_scopes(attacker, superuser_url):
    with psycopg.connect(superuser_url, autocommit=True) as superuser:
        superuser.execute("ANALYZE memories, memory_terms, memory_versions, observed_messages")
    heard = []
    attacker.add_notice_handler(lambda notice: heard.append(notice.message_primary))
    # So cheap that the planner would rather ask it before the policy, were it allowed to.
    attacker.execute(
        "CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS"
        " $$ BEGIN RAISE NOTICE 'heard %', $1; RETURN true; END $$"
    )
    attacker.execute("SELECT FROM memories WHERE pg_temp.tell(text)")
    assert heard == ["heard my kettle is blue"]
    attacker.execute("SELECT FROM memories WHERE 1 / (CASE WHEN text LIKE '%vault%' THEN 0 ELSE 1 END) = 1")  # would divide by zero
    told = attacker.execute("SELECT count(*) FROM pg_stats WHERE tablename = ANY(%s) AND schemaname = 'public'", [list(CONTENT_TABLES)]).fetchone()
    assert told == (0,)


def test_no_other_role_is_within_reach_and_the_owner_s_sees_no_more(attacker):
    for role in ("postgres", "pg_read_all_data", "pg_execute_server_program", "credit"):
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue)):
            attacker.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        attacker.rollback()
        confine(attacker, setting([OWN]))
    for way_out in ("RESET ROLE", "SET LOCAL ROLE NONE", "SET SESSION AUTHORIZATION DEFAULT"):
        attacker.execute(way_out)
        for relation in RELATIONS:
            assert ask(attacker, "SELECT count(*) FROM {} WHERE scope_id = %s", relation, [FOREIGN]).fetchone() == (0,)
    attacker.execute("SET LOCAL row_security = off")  # makes queries fail rather than skip the policy
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attacker.execute("SELECT FROM memories")


_WAYS_AROUND = (
    "TRUNCATE {}",
    "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY in_scope ON {}",
    "CREATE POLICY open ON {} USING (true)",
    "ALTER TABLE {} OWNER TO CURRENT_USER",
    "CREATE TRIGGER tell BEFORE UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE INDEX ON {} (scope_id)",
    "CREATE VIEW public.opened AS SELECT * FROM {}",
    "DROP TABLE {}",
)


@pytest.mark.parametrize("table", CONTENT_TABLES)
def test_the_role_cannot_go_around_the_policies(attacker, table):
    for statement in _WAYS_AROUND:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(attacker, statement, table)
        attacker.rollback()
        confine(attacker, setting([OWN]))
    warned = []
    attacker.add_notice_handler(lambda notice: warned.append(notice.message_primary))
    ask(attacker, "GRANT SELECT ON {} TO PUBLIC", table)  # PostgreSQL only warns, and grants nothing
    assert warned == [f'no privileges were granted for "{table}"']


def test_every_table_is_under_a_forced_policy_or_known_to_hold_nothing_said(superuser_url):
    with psycopg.connect(superuser_url) as connection:
        tables = connection.execute(
            """
            SELECT c.relname, c.relkind, c.relrowsecurity AND c.relforcerowsecurity,
                   ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
                   ARRAY(SELECT pg_get_expr(polqual, polrelid) || '|' || pg_get_expr(polwithcheck, polrelid) || '|' || polcmd::text
                               || polpermissive::text FROM pg_policy WHERE polrelid = c.oid)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
            """
        ).fetchall()
    policies = {}
    for name, kind, forced, columns, policy in tables:
        assert kind in "rp", f"{name}: what is materialised, or foreign, is under no policy"
        if name in WITHOUT_CONTENT:
            assert not CONTENT_COLUMNS & set(columns), f"{name} holds content"
            continue
        assert forced, f"{name}: enable and force row level security, or name it in WITHOUT_CONTENT with the reason"
        policies[name] = policy
    assert set(CONTENT_TABLES) <= set(policies)
    # One policy each, for every command, the same for what is read and what is written.
    (policy,) = {tuple(policy) for policy in policies.values()}
    (expression,) = policy
    read, written, command = expression.split("|")
    assert read == written
    assert command == "*true"
    assert "scope_id = ANY" in read
    assert "current_setting('parlour.scopes'::text, true)" in read


def test_every_view_looks_with_its_reader_s_eyes_and_no_function_with_its_maker_s(superuser_url):
    with psycopg.connect(superuser_url) as connection:
        views = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace"
            " AND NOT coalesce('security_invoker=true' = ANY(reloptions), false)"
        ).fetchall()
        functions = connection.execute("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace").fetchall()
    assert (views, functions) == ([], [])


async def test_a_query_that_fails_leaves_no_setting_behind(memory, bobs):
    async with memory.database.connection() as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            async with looking(connection, [FOREIGN]):
                await connection.execute("SELECT 1 / 0")
        cursor = await connection.execute("SELECT coalesce(current_setting('parlour.scopes', true), ''), current_user = session_user")
        assert await cursor.fetchone() == ("", True)
        cursor = await connection.execute("SELECT count(*) FROM memories")
        assert await cursor.fetchone() == (0,)


async def test_people_who_search_at_once_over_few_connections_see_their_own(start_service, scopes):
    service = await start_service(pool_size=2)
    people = [f"person{number}" for number in range(12)]
    for person in people:
        await service.add(f"the number of {person} is {person}", scopes.guild(person))

    async def look(person):
        viewer = scopes.viewer(person)
        return [await service.search("the number of somebody", viewer), await service.list(viewer)]

    for found, person in zip(await asyncio.gather(*(look(person) for person in people * 4)), people * 4, strict=True):
        assert found == [[f"the number of {person} is {person}"]] * 2


@pytest.mark.parametrize("when", [{"time_range": {"start_time": {"seconds": 1}}}, {"as_of": {"seconds": 4_000_000_000}}, {"limit": 100}])
async def test_no_kind_of_search_finds_another_s(memory, bobs, scopes, when):
    assert await memory.search("my vault opens with", scopes.viewer("bob"), **when)
    elsewhere = (scopes.viewer("bob", "g2"), scopes.viewer("bob", "g1x"), scopes.private_viewer("bob"))
    for viewer in (*elsewhere, scopes.viewer("eve"), scopes.viewer("eve", channel="bob"), pb.Viewer(guild_id="bob", user_id="g1")):
        assert await memory.search("my vault opens with", viewer, **when) == []


async def test_a_page_token_that_names_another_s_memory_shows_only_one_s_own(memory, bobs, scopes):
    assert set(await memory.list(scopes.viewer("ada"), page_token=bobs.memory_id)) <= {"my kettle is blue"}
    assert await memory.list(scopes.viewer("ada"), page_token="ffffffff-ffff-ffff-ffff-ffffffffffff") == ["my kettle is blue"]


@pytest.mark.usefixtures("untouched")
async def test_another_s_memory_is_neither_read_nor_changed_from_anywhere(memory, bobs, scopes):
    for viewer in (scopes.viewer("ada"), scopes.viewer("bob", "g2"), scopes.private_viewer("bob")):
        with pytest.raises(NotFound):
            await memory.client.get_memory(pb.GetMemoryRequest(viewer=viewer, memory_id=bobs.memory_id), timeout_s=20)
        with pytest.raises(NotFound):
            update = pb.UpdateMemoryRequest(
                request_id=scopes.request_id(), viewer=viewer, memory_id=bobs.memory_id, version=bobs.version, text="taken over"
            )
            await memory.client.update_memory(update, timeout_s=20)
        with pytest.raises(NotFound):
            delete = pb.DeleteMemoryRequest(request_id=scopes.request_id(), viewer=viewer, memory_id=bobs.memory_id)
            await memory.client.delete_memory(delete, timeout_s=20)


async def test_what_a_hidden_channel_holds_is_not_reached_by_id_from_another_channel(memory, scopes):
    hidden = (await memory.add("the surprise is on Friday", scopes.shared("bob", channel="hidden"))).memory
    for viewer in (scopes.viewer("bob", channel="c1"), scopes.viewer("bob", channel=""), scopes.viewer("eve", channel="hidden2")):
        with pytest.raises(NotFound):
            await memory.client.get_memory(pb.GetMemoryRequest(viewer=viewer, memory_id=hidden.memory_id), timeout_s=20)
    eve = scopes.viewer("eve", channel="hidden")  # she is in the channel: she may read what is shared there, not change it
    assert (await memory.client.get_memory(pb.GetMemoryRequest(viewer=eve, memory_id=hidden.memory_id), timeout_s=20)).memory.text == hidden.text
    with pytest.raises(PermissionRefused):
        await memory.client.delete_memory(
            pb.DeleteMemoryRequest(request_id=scopes.request_id(), viewer=eve, memory_id=hidden.memory_id), timeout_s=20
        )


async def test_another_s_plan_is_neither_committed_nor_undone(memory, bobs, scopes):
    bob = scopes.viewer("bob")
    plan = await memory.plan("the vault", bob)
    others = (scopes.viewer("ada"), scopes.viewer("bob", "g2"), scopes.private_viewer("bob"), pb.Viewer(guild_id="bob", user_id="g1"))
    for viewer in others:
        with pytest.raises(NotFound):
            await memory.commit(plan.plan_id, viewer)
    assert await memory.list(bob) == [SECRET]
    assert (await memory.commit(plan.plan_id, bob)).forgotten == 1
    for viewer in others:
        with pytest.raises(NotFound):
            await memory.undo(plan.plan_id, viewer)
    assert await memory.list(bob) == []
    assert (await memory.undo(plan.plan_id, bob)).restored == 1


def test_no_two_viewers_of_different_people_share_a_scope_of_their_own():
    people = ("ada", "bob", "a", "da", "g1", "", "ada\u200b", "ADA")
    places = (("g1", ""), ("g1", "c1"), ("g", "1c1"), ("", ""), ("", "c1"), ("g1c1", ""))
    shared = {Scope(Visibility.SHARED, guild, channel, "").scope_id for guild, named in places for channel in ("", named)}
    seen = {}
    for person in people:
        for guild, channel in places:
            for scope_id in set(Viewer(guild, channel, person).scope_ids()) - shared:
                assert seen.setdefault(scope_id, person) == person
