"""A turn through the four processes is one trace, and what it causes later links to it."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from parlour.gateway.v1 import gateway_pb2
from services.local.addresses import free_port, free_port_base
from services.local.postgres import Postgres
from services.local.watchdog import Watchdog
from tests.fakes.model_server import ModelServer
from tests.fakes.trace_collector import TraceCollector, tree
from tests.running_stack import Person, RunningStack, eventually
from tests.streaming_replica import StreamingReplica
from tests.traces import BATCH, is_whole, jobs_of, lines_without_trace, missing_hops

SAID = "sentinel-word-71c4"
KEY = "sk-sentinel-88aa"


@dataclass(frozen=True)
class Traced:
    """A stack that exports its traces, and whose memory reads from a replica."""

    stack: RunningStack
    model_port: int
    collector_port: int


@pytest.fixture(scope="module")
def traced(watchdog: Watchdog) -> Iterator[Traced]:
    data_dir = Path(tempfile.mkdtemp(prefix="parlour-trace-"))
    data_dir.chmod(0o755)
    model_port, collector_port = free_port(), free_port()
    replica = StreamingReplica(Postgres(data_dir / "postgres"), data_dir / "replica", watchdog)
    environment = {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
        "OPENAI_API_KEY": KEY,
        "PARLOUR_MODEL": "scripted",
        "PARLOUR_MEMORY_REPLICA_URLS": replica.server.url("memory", user="memory"),
        "PARLOUR_MEMORY_REPLICA_WAIT_S": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector_port}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "0.5",
    }
    stack = RunningStack(data_dir, free_port_base(), environment)
    stack.start(timeout_s=120)
    replica.start()
    yield Traced(stack, model_port, collector_port)
    replica.stop()
    stack.stop()
    shutil.rmtree(data_dir, ignore_errors=True)


async def test_a_turn_is_one_whole_trace_of_all_hops_and_its_jobs_link_to_it(traced: Traced) -> None:
    async with (
        ModelServer(port=traced.model_port),
        TraceCollector(traced.collector_port) as collector,
        grpc.aio.insecure_channel(traced.stack.address("gateway")) as channel,
    ):
        person = Person(channel)

        async def from_the_replica() -> bool:
            answer = await person.ask(f"What do you think of {SAID}?")
            assert answer.final.outcome == gateway_pb2.Final.OUTCOME_ANSWERED
            return any(span.attributes.get("parlour.memory.served_by") == "replica-1" for span in collector.spans)

        await eventually(from_the_replica, "memory reads from the replica", 60)
        turn = next(collector.trace(span.trace_id) for span in collector.spans if span.attributes.get("parlour.memory.served_by") == "replica-1")
        trace_id = turn[0].trace_id
        await eventually(lambda: is_whole(collector.trace(trace_id)) and jobs_of(collector, trace_id), "the whole trace and its jobs")
        found = collector.trace(trace_id)
        print(tree(found))
        assert missing_hops(found) == []
        assert any(span.name == BATCH and span.links for span in found)
        assert all(span.trace_id != trace_id for span in jobs_of(collector, trace_id))
        assert not [text for text in collector.received if SAID in text or KEY in text or "Ada" in text]
        assert lines_without_trace(traced.stack) == []
