"""Who sees what, tried as an attacker would: over the API, and in SQL as the role that the service works as."""

import uuid

import psycopg
import pytest

from parlour.memory.v1 import memory_pb2 as pb
from services.memory.scope_lock import APP_ROLE
from services.memory.scopes import Scope, Viewer, Visibility
from services.runtime.errors import NotFound

CONTENT_TABLES = ("memories", "memory_versions", "memory_embeddings", "memory_terms", "observed_messages")


async def everything(memory, viewer):
    """What a viewer gets out of every way of reading."""
    listed = await memory.list(viewer)
    searched = await memory.search("secret", viewer, limit=100)
    planned = [one.text for one in (await memory.plan("secret", viewer)).memories]
    return sorted({*listed, *searched, *planned})


@pytest.fixture
async def secrets(memory, scopes):
    """One memory of each kind of place, by what it says."""
    places = {
        "ada in g1": scopes.guild("ada", "g1"),
        "ada in g1 in the hidden channel": scopes.guild("ada", "g1", "hidden"),
        "ada in g2": scopes.guild("ada", "g2"),
        "ada in private": scopes.private("ada"),
        "bob in g1": scopes.guild("bob", "g1"),
        "shared by bob in g1": scopes.shared("bob", "g1"),
        "shared by bob in g1 in the hidden channel": scopes.shared("bob", "g1", "hidden"),
        "shared by bob in g2": scopes.shared("bob", "g2"),
    }
    return {name: (await memory.add(f"secret: {name}", scope)).memory for name, scope in places.items()}


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [
        (("ada", "g1", "c1"), ["ada in g1", "shared by bob in g1"]),
        (
            ("ada", "g1", "hidden"),
            ["ada in g1", "ada in g1 in the hidden channel", "shared by bob in g1", "shared by bob in g1 in the hidden channel"],
        ),
        (("ada", "g1", ""), ["ada in g1", "shared by bob in g1"]),
        (("ada", "g2", "hidden"), ["ada in g2", "shared by bob in g2"]),
        (("ada", "", ""), ["ada in private"]),
        (("ada", "", "dm1"), ["ada in private"]),
        (("bob", "g1", "c1"), ["bob in g1", "shared by bob in g1"]),
        (("eve", "g1", "c1"), ["shared by bob in g1"]),
        (("eve", "g3", "c1"), []),
        (("eve", "", ""), []),
    ],
)
async def test_a_viewer_sees_their_own_place_and_what_is_shared_in_it(memory, secrets, viewer, seen):
    user, guild, channel = viewer
    looking = pb.Viewer(user_id=user, guild_id=guild, channel_id=channel)
    assert await everything(memory, looking) == [f"secret: {name}" for name in seen]


async def test_knowing_an_id_opens_nothing(memory, secrets, scopes):
    eve = scopes.viewer("eve")
    for name in ("ada in g1", "ada in private", "ada in g1 in the hidden channel", "shared by bob in g2"):
        stored = secrets[name]
        with pytest.raises(NotFound):
            await memory.client.get_memory(pb.GetMemoryRequest(viewer=eve, memory_id=stored.memory_id))
        with pytest.raises(NotFound):
            await memory.client.delete_memory(pb.DeleteMemoryRequest(request_id=scopes.request_id(), viewer=eve, memory_id=stored.memory_id))
        with pytest.raises(NotFound):
            await memory.client.update_memory(
                pb.UpdateMemoryRequest(request_id=scopes.request_id(), viewer=eve, memory_id=stored.memory_id, version=1, text="taken over")
            )


async def test_a_private_memory_cannot_be_asked_for_in_a_guild(memory, secrets, scopes):
    with pytest.raises(NotFound):
        await memory.client.get_memory(pb.GetMemoryRequest(viewer=scopes.viewer("ada"), memory_id=secrets["ada in private"].memory_id))


async def test_ids_that_imitate_the_separator_reach_no_other_scope(memory, secrets):
    assert Scope(Visibility.GUILD, "g1", "", "ada").scope_id != Scope(Visibility.GUILD, "g1\n", "", "ada").scope_id
    assert await memory.list(pb.Viewer(guild_id="g1,", user_id="ada")) == []


def as_app(connection, scope_ids):
    """Begin a transaction as the service does."""
    connection.execute(f"SET LOCAL ROLE {APP_ROLE}".encode())
    if scope_ids is not None:
        connection.execute("SELECT set_config('parlour.scopes', %s, true)", [",".join(map(str, scope_ids))])


def visible(connection, table):
    row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    return row[0]


@pytest.fixture
async def observed(memory, secrets, scopes):
    message = pb.ObservedMessage(message_id="m1", author_id="ada", text="I live in Oslo")
    await memory.client.observe_messages(
        pb.ObserveMessagesRequest(request_id=scopes.request_id(), scope=scopes.guild("ada", "g1"), messages=[message])
    )
    updated = secrets["ada in g1"]
    await memory.client.update_memory(
        pb.UpdateMemoryRequest(request_id=scopes.request_id(), viewer=scopes.viewer(), memory_id=updated.memory_id, version=1, text="secret: new")
    )


@pytest.mark.parametrize("table", [*CONTENT_TABLES, "memory_statements"])
@pytest.mark.parametrize("url", ["memory_database_url", "superuser_url"])
@pytest.mark.usefixtures("observed")
def test_sql_sees_only_the_scopes_that_are_set(request, url, table):
    with psycopg.connect(request.getfixturevalue(url)) as connection:
        own = Scope(Visibility.GUILD, "g1", "", "ada").scope_id
        as_app(connection, [own])
        assert visible(connection, table) > 0
        assert connection.execute(f"SELECT DISTINCT scope_id FROM {table}".encode()).fetchall() == [(own,)]
        connection.rollback()
        for wrong in (
            None,
            [],
            [uuid.uuid4()],
            Viewer("g9", "c1", "ada").scope_ids(),
            Viewer("g1", "c1", "eve").scope_ids()[:1],
            Viewer("", "", "eve").scope_ids(),
        ):
            as_app(connection, wrong)
            assert visible(connection, table) == 0
            connection.rollback()


@pytest.mark.usefixtures("observed")
def test_the_setting_ends_with_its_transaction(memory_database_url):
    with psycopg.connect(memory_database_url) as connection:
        as_app(connection, [Scope(Visibility.GUILD, "g1", "", "ada").scope_id])
        assert visible(connection, "memories") == 1
        connection.commit()
        as_app(connection, None)
        assert visible(connection, "memories") == 0


@pytest.mark.usefixtures("observed")
def test_the_owner_of_the_tables_is_confined_too(memory_database_url):
    with psycopg.connect(memory_database_url) as connection:
        assert [visible(connection, table) for table in CONTENT_TABLES] == [0] * len(CONTENT_TABLES)


@pytest.mark.usefixtures("observed")
def test_sql_writes_only_into_the_scopes_that_are_set(memory_database_url):
    own, other = Scope(Visibility.GUILD, "g1", "", "ada").scope_id, Scope(Visibility.GUILD, "g1", "", "bob").scope_id
    with psycopg.connect(memory_database_url) as connection:
        as_app(connection, [own])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE memories SET scope_id = %s", [other])
        connection.rollback()
        as_app(connection, [own])
        assert connection.execute("DELETE FROM memories WHERE scope_id = %s", [other]).rowcount == 0
        connection.rollback()
        as_app(connection, [own])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO memory_terms VALUES (%s, 'term', %s, 1, 1, 1, true)", [other, uuid.uuid4()])


def test_the_app_role_may_neither_bypass_policies_nor_change_them(superuser_url):
    with psycopg.connect(superuser_url) as connection:
        row = connection.execute("SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone()
        assert row == (False, False, False)
        forced = connection.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity AND relname = ANY(%s)", [list(CONTENT_TABLES)]
        ).fetchall()
        assert {name for (name,) in forced} == set(CONTENT_TABLES)
        connection.execute(f"SET ROLE {APP_ROLE}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("ALTER TABLE memories NO FORCE ROW LEVEL SECURITY")


async def test_what_a_search_may_see_ends_with_it(memory, secrets):
    await memory.search("the code of the gate")
    async with memory.database.connection() as connection:  # the pool lends the one that was used last
        cursor = await connection.execute("SELECT current_setting('parlour.scopes', true), current_user = session_user")
        assert await cursor.fetchone() in [("", True), (None, True)]
