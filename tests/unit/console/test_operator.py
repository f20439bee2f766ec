"""The operator's commands against fake channels."""

import io
from concurrent import futures

import grpc
import grpc_testing
import pytest
from rich.console import Console

from parlour.credit.v1 import credit_pb2
from parlour.memory.v1 import memory_pb2
from services.console import operator
from services.console.__main__ import address, person

pytestmark = pytest.mark.timeout(20)
ADMIN = credit_pb2.DESCRIPTOR.services_by_name["CreditAdminService"]
QUERY = memory_pb2.DESCRIPTOR.services_by_name["MemoryQueryService"]


def _console() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=120), out


def test_a_grant_carries_a_request_id_and_shows_the_balance() -> None:
    channel = grpc_testing.channel([ADMIN], grpc_testing.strict_real_time())
    console, out = _console()
    with futures.ThreadPoolExecutor(1) as pool:
        done = pool.submit(operator.grant, channel, console, "user:7", 5_000_000, source="gift", note="", request_id=lambda: "r1")
        _, request, rpc = channel.take_unary_unary(ADMIN.methods_by_name["CreateGrant"])
        rpc.send_initial_metadata(())
        balance = credit_pb2.Balance(account_id="user:7", tier="free", posted_microcredits=105_000_000, available_microcredits=105_000_000)
        grant = credit_pb2.Grant(grant_id="g1", amount_microcredits=5_000_000)
        rpc.terminate(credit_pb2.CreateGrantResponse(grant=grant, balance=balance), (), grpc.StatusCode.OK, "")
        done.result(10)
    assert (request.request_id, request.account_id, request.amount_microcredits, request.source) == ("r1", "user:7", 5_000_000, "gift")
    assert "Granted 5.00 credits (g1)." in out.getvalue()
    assert "105.00" in out.getvalue()


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
