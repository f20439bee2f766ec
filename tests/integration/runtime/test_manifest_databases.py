"""The logins and databases of k8s/, made on a real server as each overlay makes them: enough for migrations and for memory's roles, and no more."""

from collections.abc import Callable

import psycopg
import pytest

from services.local.environment import DATABASES
from services.local.postgres import Postgres
from services.runtime.migrations import migrate
from tests.manifests import K8S, OVERLAYS, built, of_kind


def development(server: Postgres) -> None:
    """Do what the image of PostgreSQL does with the script."""
    script = (K8S / "overlays" / "development" / "stores" / "databases.sql").read_text()
    for part in f"postgres\n{script}".split("\\connect "):
        database, _, statements = part.partition("\n")
        with psycopg.connect(server.url(database), autocommit=True) as connection:
            for statement in filter(str.strip, statements.split(";")):
                connection.execute(statement.encode())


def production(server: Postgres) -> None:
    """Do what CloudNativePG does: the owner and the database, then the statements in it, then the roles that it manages."""
    for cluster in of_kind(built("production", "stores"), "Cluster").values():
        initdb = cluster["spec"]["bootstrap"]["initdb"]
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {initdb['owner']} LOGIN".encode())  # with no right to make roles
        server.create_database(initdb["database"], owner=initdb["owner"])
        with psycopg.connect(server.url(initdb["database"]), autocommit=True) as connection:
            for statement in initdb.get("postInitApplicationSQL", []):
                connection.execute(statement.encode())
            for role in cluster["spec"].get("managed", {}).get("roles", []):
                inherits = "INHERIT" if role.get("inherit", True) else "NOINHERIT"
                connection.execute(f"CREATE ROLE {role['name']} LOGIN {inherits} IN ROLE {', '.join(role['inRoles'])}".encode())


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest, start_postgres: Callable[..., Postgres]) -> tuple[str, Postgres]:
    server = start_postgres(f"manifests-{request.param}")
    {"development": development, "production": production}[request.param](server)
    return request.param, server


def test_every_service_can_migrate_its_own_database(overlay):
    _, server = overlay
    for service in DATABASES:
        migrate(server.url(service, user=service), f"services.{service}")


def test_memory_is_bound_by_row_level_security_as_itself_and_in_its_role(overlay):
    name, server = overlay
    migrate(server.url("memory", user="memory"), "services.memory")
    logins = ["memory", "memory_maintenance"] if name == "production" else ["memory"]
    for login in logins:
        with psycopg.connect(server.url("memory", user=login)) as connection:
            (bypasses,) = connection.execute("SELECT rolbypassrls OR rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user").fetchone()
            assert not bypasses
            (inherits,) = connection.execute("SELECT pg_has_role(current_user, 'parlour_memory_app', 'USAGE')").fetchone()
            assert not inherits
            connection.execute("SET LOCAL ROLE parlour_memory_app")
            assert connection.execute("SELECT count(*) FROM memories").fetchone() == (0,)


def test_memory_sees_which_timeline_a_replica_follows_where_there_is_one(overlay):
    name, server = overlay
    with psycopg.connect(server.url("memory", user="memory")) as connection:
        sees = connection.execute("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')").fetchone()
    assert sees == (name == "production",)
