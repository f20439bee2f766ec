"""Databases and Redis with passwords, over TLS. The engines of the wheels have no TLS built in, so that it is spoken by a proxy in front of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import redis.exceptions
import sqlalchemy as sa

from services.console.development_certificates import files_in, write_certificates
from services.local.postgres import Postgres
from services.local.valkey import Valkey
from services.runtime.database import Database
from services.runtime.errors import DependencyUnavailable
from services.runtime.guarded_redis import connect
from tests.fakes.tls_front import TlsFront
from tests.service_process import models_file, told_by

PASSWORD = "sentinel/p@ss:word"
WRONG = "sentinel-wrong-one"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    write_certificates(folder, ["store"], datetime.now(UTC), days=1)
    write_certificates(folder / "other", ["store"], datetime.now(UTC), days=1)
    return folder


@pytest.fixture(scope="module")
def guarded_postgres(start_postgres: Callable[..., Postgres]) -> Postgres:
    """A server that lets nobody in without a password."""
    server = start_postgres("guarded")
    server.create_database("credit", owner="credit")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("ALTER ROLE credit PASSWORD {}").format(PASSWORD))
        (rules,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        Path(rules).write_text("local all postgres trust\nlocal all all scram-sha-256\n")
        connection.execute("SELECT pg_reload_conf()")
    return server


@pytest.fixture
async def database_front(guarded_postgres: Postgres, certificates: Path) -> AsyncIterator[TlsFront]:
    files = files_in(certificates, "store")
    async with TlsFront(guarded_postgres.socket_folder / ".s.PGSQL.5432", certificate=files.cert, key=files.key, postgres=True) as front:
        yield front


@pytest.fixture
def guarded_valkey(start_valkey: Callable[[str], Valkey]) -> Iterator[Valkey]:
    server = start_valkey("guarded-valkey")
    with redis.Redis.from_url(server.url) as client:
        client.execute_command("ACL", "SETUSER", "parlour", "on", f">{PASSWORD}", "~*", "&*", "+@all")
    yield server
    with redis.Redis.from_url(server.url) as client:
        client.execute_command("ACL", "DELUSER", "parlour")


@pytest.fixture
async def redis_front(guarded_valkey: Valkey, certificates: Path) -> AsyncIterator[TlsFront]:
    files = files_in(certificates, "store")
    async with TlsFront(guarded_valkey.socket, certificate=files.cert, key=files.key, postgres=False) as front:
        yield front


def database_url(front: TlsFront, ca: Path, password: str = PASSWORD) -> str:
    """An address as an operator writes it."""
    return f"postgresql://credit:{quote(password, safe='')}@localhost:{front.port}/credit?sslmode=verify-full&sslrootcert={ca}"


def redis_url(front: TlsFront, ca: Path, password: str = PASSWORD) -> str:
    """An address as an operator writes it."""
    return f"rediss://parlour:{quote(password, safe='')}@localhost:{front.port}/0?ssl_ca_certs={ca}"


async def test_a_database_is_reached_over_tls_with_a_password_by_both_ways_in(database_front: TlsFront, certificates: Path) -> None:
    database = Database(database_url(database_front, certificates / "ca.pem"))
    try:
        async with database.read() as session:
            assert (await session.execute(sa.text("SELECT current_user"))).scalar_one() == "credit"
        async with database.connection() as connection:
            assert await (await connection.execute("SELECT current_user")).fetchone() == ("credit",)
    finally:
        await database.close()
    assert database_front.encrypted == 2


async def test_a_database_with_a_certificate_of_another_authority_is_not_spoken_to(database_front: TlsFront, certificates: Path) -> None:
    database = Database(database_url(database_front, certificates / "other" / "ca.pem"))
    try:
        with pytest.raises(DependencyUnavailable, match="certificate verify failed"):
            await database.ping()
    finally:
        await database.close()


async def test_a_wrong_password_is_told_in_one_line_without_it(database_front: TlsFront, certificates: Path) -> None:
    database = Database(database_url(database_front, certificates / "ca.pem", WRONG))
    try:
        with pytest.raises(DependencyUnavailable) as refused:
            await database.ping()
    finally:
        await database.close()
    assert refused.value.message == 'database: password authentication failed for user "credit"'


async def test_redis_is_reached_over_tls_with_a_name_and_a_password(redis_front: TlsFront, certificates: Path) -> None:
    client = connect(redis_url(redis_front, certificates / "ca.pem"), timeout_s=5, connections_max=2)
    try:
        assert await client.acl_whoami() in (b"parlour", "parlour")
    finally:
        await client.aclose()
    assert redis_front.encrypted == 1


@pytest.mark.parametrize("what", ["password", "authority"])
async def test_redis_that_is_not_what_it_should_be_says_so_without_the_password(redis_front: TlsFront, certificates: Path, what: str) -> None:
    ca, password = (certificates / "ca.pem", WRONG) if what == "password" else (certificates / "other" / "ca.pem", PASSWORD)
    client = connect(redis_url(redis_front, ca, password), timeout_s=5, connections_max=2)
    try:
        with pytest.raises(redis.exceptions.RedisError) as refused:
            await client.ping()
    finally:
        await client.aclose()
    assert ("username-password" if what == "password" else "certificate verify failed") in str(refused.value)
    assert WRONG not in str(refused.value)
    assert PASSWORD not in str(refused.value)


async def test_a_service_with_a_wrong_password_says_so_in_one_line_and_keeps_it_to_itself(
    database_front: TlsFront, certificates: Path, tmp_path: Path
) -> None:
    url = database_url(database_front, certificates / "ca.pem", WRONG)
    environment = {"PARLOUR_CREDIT_DATABASE_URL": url, "PARLOUR_MODELS_FILE": str(models_file(tmp_path)), "PARLOUR_LOG_LEVEL": "debug"}
    told = await asyncio.gather(told_by("credit", "migrate", environment), told_by("credit", "serve", environment))
    for _, lines in told:
        assert WRONG not in "\n".join(lines)
        assert quote(WRONG, safe="") not in "\n".join(lines)
        naming = [line for line in lines if "password authentication failed for user" in line]
        assert len(naming) == 1
        assert "Traceback" not in "\n".join(lines)
