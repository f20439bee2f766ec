"""One stack for all end-to-end tests, talking to a scripted model."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest

from services.local.addresses import free_port, free_port_base
from tests.fakes.model_server import ModelServer
from tests.running_stack import Person, RunningStack


class ModelPort:
    """The scripted model's port, the same for every test: each starts its own model there."""

    def __init__(self, port: int) -> None:
        self.port = port


@pytest.fixture(scope="session")
def model_port() -> ModelPort:
    return ModelPort(free_port())


@pytest.fixture(scope="session")
def stack(model_port: ModelPort) -> Iterator[RunningStack]:
    data_dir = Path(tempfile.mkdtemp(prefix="parlour-e2e-"))
    data_dir.chmod(0o755)
    environment = {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port.port}/v1",
        "PARLOUR_MODEL": "scripted",
        # Short enough for a test to see a turn or a hold that nobody finished, and the lease that a killed gateway left.
        "PARLOUR_GATEWAY_TURN_S": "15",
        "PARLOUR_GATEWAY_ORPHAN_POLL_S": "0.5",
        "PARLOUR_GATEWAY_LEASE_TTL_S": "3",
        # Soon settled after an outage of credit.
        "PARLOUR_GATEWAY_OUTAGE_POLL_S": "0.5",
        "PARLOUR_GATEWAY_OUTAGE_RETRY_MAX_S": "1",
        "PARLOUR_CONVERSATION_MODEL_PROBE_S": "0.5",
        "PARLOUR_GATEWAY_POOLS": "true",
        "PARLOUR_GATEWAY_POOL_GRANT_MAX_CREDITS": "50",
    }
    running = RunningStack(data_dir, free_port_base(), environment)
    running.start()
    yield running
    running.stop()
    shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture
async def model(model_port: ModelPort) -> AsyncIterator[ModelServer]:
    async with ModelServer(port=model_port.port) as server:
        yield server


@pytest.fixture
async def gateway(stack: RunningStack) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(stack.address("gateway"), options=[("grpc.max_reconnect_backoff_ms", 200)]) as channel:
        await channel.channel_ready()
        yield channel


@pytest.fixture
def person(gateway: grpc.aio.Channel) -> Person:
    """Somebody nobody has met."""
    return Person(gateway)
