"""Who may call what: the tables against the protos and against the code that calls, and what an operator lays over them."""

import ast
import functools
import importlib
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from google.protobuf.descriptor import FileDescriptor

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2
from services.runtime.callers import CALLERS, OPERATOR, TOOLS, Table, allowed, amended, extra_callers
from services.runtime.security import handshake_problem, identity, is_loopback
from services.runtime.settings import SERVICES, BadSettings

ROOT = Path(__file__).resolve().parents[3] / "services"
PROTOS: Mapping[str, FileDescriptor] = {
    "credit": credit_pb2.DESCRIPTOR,
    "memory": memory_pb2.DESCRIPTOR,
    "conversation": conversation_pb2.DESCRIPTOR,
    "gateway": gateway_pb2.DESCRIPTOR,
}
A_TABLE = allowed("parlour.credit.v1.CreditService", {"PlaceHold": ["gateway"], "GetBalance": ["gateway", OPERATOR], "GetHold": []})


def table_of(service: str) -> Table:
    table: Table = importlib.import_module(f"services.{service}.callers").ALLOWED_CALLERS
    return table


def methods_of(service: str) -> dict[str, str]:
    """The path of each method by its name; names are unique within a service but for EraseSubject of credit."""
    return {
        f"/{full_name}/{method.name}": method.name
        for full_name, described in ((each.full_name, each) for each in PROTOS[service].services_by_name.values())
        for method in described.methods
    }


def calls_by_client(owner: str) -> dict[str, str]:
    """The path that each method of a service's client calls, by the method's name."""
    stubs: dict[str, str] = {}
    calls: dict[str, str] = {}
    for function in ast.walk(ast.parse((ROOT / owner / "client.py").read_text())):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute) and (stub := re.search(r"(\w+)Stub\(", ast.unparse(node))):
                stubs[node.targets[0].attr] = stub[1]
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr in stubs:
                calls[function.name] = f"/parlour.{owner}.v1.{stubs[node.value.attr]}/{node.attr}"
    return calls


@functools.cache
def calls_between_services() -> frozenset[tuple[str, str, str]]:
    """(caller, owner, path) of every call in the code: a client's method named on something that is called after the client's service."""
    clients = {owner: calls_by_client(owner) for owner in ("credit", "memory", "conversation")}
    found = set()
    for caller in SERVICES:
        for source in (ROOT / caller).rglob("*.py"):
            for node in ast.walk(ast.parse(source.read_text())):
                if isinstance(node, ast.Attribute):
                    named = [owner for owner, calls in clients.items() if owner != caller and node.attr in calls]
                    found |= {(caller, owner, clients[owner][node.attr]) for owner in named if owner in ast.unparse(node.value).lower()}
    return frozenset(found)


def calls_of_the_console() -> set[tuple[str, str]]:
    """(owner, path) of every call in the console."""
    found = set()
    for source in (ROOT / "console").rglob("*.py"):
        text = source.read_text()
        protos = set(re.findall(r"from parlour\.(\w+)\.v1 import", text))
        for name in re.findall(r"[Ss]tub(?:\(\w+\))?\.([A-Z]\w+)\(", text):
            found |= {(owner, path) for owner in protos & set(SERVICES) for path, method in methods_of(owner).items() if method == name}
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_method_of_the_protos_has_its_row_and_every_row_its_method(service: str) -> None:
    assert set(table_of(service)) == set(methods_of(service))


@pytest.mark.parametrize("service", SERVICES)
def test_tables_name_nobody_unknown(service: str) -> None:
    assert {name for names in table_of(service).values() for name in names} <= set(CALLERS)


def test_every_call_between_services_is_allowed() -> None:
    calls = calls_between_services()
    assert len(calls) > 40  # else the search found nothing, and proves nothing
    assert {call for call in calls if call[0] not in table_of(call[1])[call[2]]} == set()


def test_no_service_may_make_a_call_that_it_does_not_make() -> None:
    calls = calls_between_services()
    may = {(caller, owner, path) for owner in SERVICES for path, callers in table_of(owner).items() for caller in callers if caller in SERVICES}
    assert may - calls == set()


def test_every_call_of_the_console_is_allowed_to_the_operator() -> None:
    calls = calls_of_the_console()
    assert len(calls) > 30
    # EraseSubject is a name in three services; the console asks each only for what its own module says.
    refused = {(owner, path) for owner, path in calls if OPERATOR not in table_of(owner)[path]}
    assert refused <= {("credit", "/parlour.credit.v1.CreditAdminService/EraseSubject")}


def test_tools_may_do_nothing_but_speak_with_the_gateway() -> None:
    assert {path for service in SERVICES for path, callers in table_of(service).items() if TOOLS in callers} == set(methods_of("gateway"))


def test_an_entry_takes_the_place_of_a_row_or_adds_to_it_and_later_ones_win() -> None:
    text = "CreditService/PlaceHold=operator; parlour.credit.v1.CreditService/GetBalance=+dashboard ;"
    text += "CreditService/GetHold=gateway; CreditService/GetHold="
    after = amended(A_TABLE, text, variable="V", known=(*CALLERS, "dashboard"))
    prefix = "/parlour.credit.v1.CreditService/"
    assert after == {
        f"{prefix}PlaceHold": {OPERATOR},
        f"{prefix}GetBalance": {"gateway", OPERATOR, "dashboard"},
        f"{prefix}GetHold": frozenset(),
    }


def test_a_star_stands_for_every_method_of_a_service() -> None:
    assert set(amended(A_TABLE, "CreditService/*=operator", variable="V", known=CALLERS).values()) == {frozenset({OPERATOR})}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("CreditService/PlaceHolt=gateway", "'CreditService/PlaceHolt' is not a method here"),
        ("MemoryService/*=gateway", "'MemoryService/\\*' is not a method here"),
        ("CreditService/PlaceHold=gatway", "'gatway' is not a caller"),
        ("CreditService/PlaceHold", "not of the form"),
    ],
)
def test_what_does_not_fit_is_named(text: str, problem: str) -> None:
    with pytest.raises(BadSettings, match=f"V does not fit: .*{problem}"):
        amended(A_TABLE, text, variable="V", known=CALLERS)


def test_a_further_caller_that_cannot_be_a_name_is_refused() -> None:
    assert extra_callers("dashboard, billing/eu") == ("dashboard", "billing/eu")
    with pytest.raises(BadSettings, match="PARLOUR_EXTRA_CALLERS does not fit: 'a b'"):
        extra_callers("a b")


def test_a_certificate_names_its_holder_by_the_one_uri_that_is_ours() -> None:
    ours = "spiffe://parlour/"
    assert identity(("spiffe://parlour/credit",), ours) == "credit"
    assert identity(("https://elsewhere/credit", "spiffe://parlour/credit"), ours) == "credit"
    assert identity(("spiffe://elsewhere/credit",), ours) == ""
    assert identity(("spiffe://parlour/credit", "spiffe://parlour/gateway"), ours) == ""
    assert identity((), ours) == ""


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("127.0.0.1:1", True),
        ("localhost:1", True),
        ("[::1]:1", True),
        ("unix:/x", True),
        ("0.0.0.0:1", False),
        ("[::]:1", False),
        ("10.0.0.1:1", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(listen: str, expected: bool) -> None:
    assert is_loopback(listen) is expected


def test_a_closed_connection_says_nothing_of_certificates_without_tls() -> None:
    details = "failed to connect to all addresses; last error: UNAVAILABLE: ipv4:127.0.0.1:1: Socket closed"
    assert handshake_problem(details, encrypted=False) is None
    assert "may not accept our certificate" in str(handshake_problem(details, encrypted=True))
