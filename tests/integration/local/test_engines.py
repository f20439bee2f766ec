"""The embedded engines, as the tests of every service use them."""

import psycopg
import redis

from services.local.postgres import Postgres


def test_the_embedded_postgresql_is_version_18_with_pgvector(postgres: Postgres) -> None:
    postgres.create_database("vectors", owner="vectors", extensions=("vector",))
    with psycopg.connect(postgres.url("vectors", user="vectors")) as connection:
        version, distance = connection.execute("SELECT current_setting('server_version'), '[1,2]'::vector <-> '[1,0]'::vector").fetchone()
    assert version.startswith("18.")
    assert distance == 2


def test_a_service_role_is_no_superuser(postgres: Postgres) -> None:
    postgres.create_database("plain", owner="plain")
    with psycopg.connect(postgres.url("plain", user="plain")) as connection:
        assert connection.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone() == (False, False)


def test_valkey_answers_and_is_empty_for_each_test(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "over")


def test_valkey_is_empty_again(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
