"""A primary, and replicas of it."""

import itertools

import pytest

from services.local.databases import EXTENSIONS
from services.runtime.migrations import migrate
from tests.streaming_replica import StreamingReplica

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def primary(start_postgres):
    # Durable: what is not flushed is not sent.
    return start_postgres("memory-primary", durable=True)


@pytest.fixture(scope="package")
def url(primary):
    primary.create_database("memory", owner="memory", extensions=EXTENSIONS["memory"])
    url = primary.url("memory", user="memory")
    migrate(url, "services.memory")
    return url


@pytest.fixture
def start_replica(primary, url, engine_folder, watchdog):
    """Starts replicas of the primary, or of another replica."""
    started = []

    def start(source=None):
        replica = StreamingReplica(source or primary, engine_folder / f"replica{next(_numbers)}", watchdog)
        replica.start()
        started.append(replica)
        return replica

    yield start
    for replica in reversed(started):
        replica.stop()


@pytest.fixture
def replica(start_replica):
    return start_replica()
