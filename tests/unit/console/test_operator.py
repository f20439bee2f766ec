"""The operator's commands against fake channels."""

import io
from concurrent import futures

import grpc
import grpc_testing
import pytest
from rich.console import Console

from parlour.memory.v1 import memory_pb2
from services.console import operator
from services.console.__main__ import address, person

pytestmark = pytest.mark.timeout(20)
QUERY = memory_pb2.DESCRIPTOR.services_by_name["MemoryQueryService"]


def _console() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=120), out


def test_a_search_shows_memories_without_reading_their_markup() -> None:
    channel = grpc_testing.channel([QUERY], grpc_testing.strict_real_time())
    console, out = _console()
    with futures.ThreadPoolExecutor(1) as pool:
        done = pool.submit(operator.search_memories, channel, console, memory_pb2.Viewer(user_id="u"), "cat", 5)
        _, _, rpc = channel.take_unary_unary(QUERY.methods_by_name["SearchMemories"])
        rpc.send_initial_metadata(())
        found = memory_pb2.SearchResult(memory=memory_pb2.Memory(memory_id="m1", text="[bold]Miso[/]"), score=0.5)
        rpc.terminate(memory_pb2.SearchMemoriesResponse(results=[found]), (), grpc.StatusCode.OK, "")
        done.result(10)
    assert "[bold]Miso[/]" in out.getvalue()


def test_addresses_come_from_the_port_base_then_the_environment_then_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address("gateway", None) == "127.0.0.1:50054"
    monkeypatch.setenv("PARLOUR_GATEWAY_ADDRESS", "gateway.internal:443")
    assert address("gateway", None) == "gateway.internal:443"
    assert address("gateway", 40000) == "127.0.0.1:40003"


def test_a_person_s_id_is_stable_and_holds_no_white_space() -> None:
    assert person("ana maría").user_id == person("ana maría").user_id == "console-ana-mar-a"
