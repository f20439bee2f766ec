"""The service as its callers meet it: over gRPC, with all that the server adds."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import REGISTRY

from parlour.credit.v1 import credit_pb2 as pb
from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.credit.client import RETRIED, CreditClient
from services.runtime.channel import Remote
from services.runtime.errors import HoldNotActive, InsufficientCredit, InvalidField, NotFound, RequestIdReused, UnknownModel
from services.runtime.health import Health
from services.runtime.server import Server
from services.runtime.settings import ServiceSettings
from tests.integration.credit.conftest import leased_turn

ALLOWANCE = 1_000_000
TRILLION = 10**12


@pytest.fixture
async def remote(credit) -> AsyncIterator[Remote]:
    server = Server("credit", ServiceSettings(listen="127.0.0.1:0"), Health())
    server.add(pb_grpc.add_CreditServiceServicer_to_server, credit.rpc, "parlour.credit.v1.CreditService")
    server.add(pb_grpc.add_CreditAdminServiceServicer_to_server, credit.admin, "parlour.credit.v1.CreditAdminService")
    await server.start()
    remote = Remote("credit", f"127.0.0.1:{server.port}", retried=RETRIED)
    yield remote
    await remote.close()
    await server.stop(0)


@pytest.fixture
def client(remote: Remote) -> CreditClient:
    return CreditClient(remote)


async def test_a_turn_is_held_captured_and_recorded(client):
    placed = await client.place_hold(
        pb.PlaceHoldRequest(
            request_id="1:0:hold",
            account_id="user:1",
            quote=pb.Quote(prompt_tokens=1600, max_completion_tokens=400),
            ttl_s=180,
            metadata={"guild_id": "7", "feature": "reply"},
        )
    )
    usage = pb.Usage(model=placed.models[0], prompt_tokens=120, completion_tokens=30)
    ids = {"account_id": "user:1", "hold_id": placed.hold.hold_id}
    captured = await client.capture_hold(pb.CaptureHoldRequest(request_id="1:0:capture", usage=usage, **ids))
    assert captured.charged_microcredits == 1800
    recorded = await client.record_usage(pb.RecordUsageRequest(turn_id="1:0", usage=usage, **ids))
    assert (recorded.charged_microcredits, recorded.captured_now) == (1800, False)
    with pytest.raises(HoldNotActive) as refused:
        await client.release_hold(pb.ReleaseHoldRequest(request_id="1:0:release", **ids))
    assert refused.value.metadata == {"state": "captured"}
    hold = (await client.get_hold(pb.GetHoldRequest(**ids))).hold
    assert (hold.state, hold.captured_microcredits) == (pb.Hold.STATE_CAPTURED, 1800)
    balance = (await client.get_balance(pb.GetBalanceRequest(account_id="user:1"))).balance
    assert balance.posted_microcredits == ALLOWANCE - 1800
    entries = (await client.list_entries(pb.ListEntriesRequest(account_id="user:1"))).entries
    assert [entry.amount_microcredits for entry in entries] == [-1800, ALLOWANCE]
    assert entries[0].hold_id == placed.hold.hold_id


async def test_operators_grant_and_people_give(client):
    grant = pb.CreateGrantRequest(request_id="g", account_id="guild:1", amount_microcredits=50, source="purchase", note="order 7")
    assert (await client.create_grant(grant)).grant.account_id == "guild:1"
    gift = pb.TransferRequest(request_id="t", from_account_id="guild:1", to_account_id="user:1", amount_microcredits=20)
    assert (await client.transfer(gift)).balance.posted_microcredits == 30


async def test_refusals_arrive_as_the_errors_that_were_raised(client):
    hold = pb.PlaceHoldRequest(request_id="h", account_id="user:1", amount_microcredits=ALLOWANCE + 1)
    with pytest.raises(InsufficientCredit) as refused:
        await client.place_hold(hold)
    assert (refused.value.available_microcredits, refused.value.required_microcredits) == (ALLOWANCE, ALLOWANCE + 1)
    hold.amount_microcredits = 5
    with pytest.raises(RequestIdReused):
        await client.place_hold(hold)
    quote = pb.PlaceHoldRequest(request_id="q", account_id="user:1", quote=pb.Quote(model="nobody", prompt_tokens=1))
    with pytest.raises(UnknownModel):
        await client.place_hold(quote)
    with pytest.raises(NotFound):
        await client.get_hold(pb.GetHoldRequest(account_id="user:1", hold_id="hold_1_1"))


CHARGED = {"model": "small", "tier": "free", "guild_class": "none", "feature": "other"}


@pytest.mark.parametrize(
    ("account_id", "metadata", "guild_class", "feature"),
    [
        ("user:1", {}, "none", "other"),
        ("user:1", {"guild_id": "g1", "feature": "reply"}, "guild", "reply"),
        ("user:1", {"guild_id": "g1", "feature": "a-series-at-will"}, "guild", "other"),
    ],
)
async def test_tokens_and_charges_are_counted_by_what_they_were_for(client, account_id, metadata, guild_class, feature):
    labels = {"model": "small", "tier": "free", "guild_class": guild_class, "feature": feature}

    def counted() -> list[float]:
        series = [("parlour_credit_charged_microcredits_total", labels)]
        series += [("parlour_credit_used_tokens_total", labels | {"kind": kind}) for kind in ("prompt", "cached_prompt", "completion")]
        return [REGISTRY.get_sample_value(name, by) or 0.0 for name, by in series]

    before = counted()
    request = pb.PlaceHoldRequest(request_id="h", account_id=account_id, amount_microcredits=50, metadata=metadata)
    hold_id = (await client.place_hold(request)).hold.hold_id
    usage = pb.Usage(model="small", prompt_tokens=20, cached_prompt_tokens=5, completion_tokens=3)
    record = pb.RecordUsageRequest(turn_id="t", account_id=account_id, hold_id=hold_id, usage=usage)
    charged = (await client.record_usage(record)).charged_microcredits
    await client.record_usage(record)
    assert [late - early for late, early in zip(counted(), before, strict=True)] == [charged, 15, 5, 3]
    assert charged > 0


async def test_what_happens_is_counted(client):
    def counted(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    series = [
        ("parlour_credit_holds_total", {"event": "placed"}),
        ("parlour_credit_holds_total", {"event": "captured"}),
        ("parlour_credit_charged_microcredits_total", CHARGED),
        ("parlour_credit_replays_total", {"method": "PlaceHold"}),
        ("parlour_credit_refusals_total", {"method": "PlaceHold", "reason": "INSUFFICIENT_CREDIT"}),
    ]
    before = [counted(name, **labels) for name, labels in series]
    request = pb.PlaceHoldRequest(request_id="h", account_id="user:1", amount_microcredits=50)
    hold_id = (await client.place_hold(request)).hold.hold_id
    await client.place_hold(request)
    usage = pb.Usage(model="small", prompt_tokens=20)
    await client.capture_hold(pb.CaptureHoldRequest(request_id="c", account_id="user:1", hold_id=hold_id, usage=usage))
    with pytest.raises(InsufficientCredit):
        await client.place_hold(pb.PlaceHoldRequest(request_id="x", account_id="user:1", amount_microcredits=TRILLION))
    after = [counted(name, **labels) for name, labels in series]
    assert [late - early for late, early in zip(after, before, strict=True)] == [1, 1, 20, 1, 1]


HOLD = {"request_id": "r", "account_id": "user:1", "amount_microcredits": 1}
QUOTED = {"request_id": "r", "account_id": "user:1"}
CAPTURE = {"request_id": "r", "account_id": "user:1", "hold_id": "hold_1_1", "amount_microcredits": 1}
USED = {"request_id": "r", "account_id": "user:1", "hold_id": "hold_1_1"}
GET_HOLD = {"account_id": "user:1", "hold_id": "hold_1_1"}
ENTRIES = {"account_id": "user:1"}
TRANSFER = {"request_id": "r", "from_account_id": "user:1", "to_account_id": "user:2", "amount_microcredits": 1}
RECORD = {"turn_id": "t", "account_id": "user:1", "hold_id": "hold_1_1", "usage": pb.Usage(model="small")}
GRANT = {"request_id": "r", "account_id": "user:1", "amount_microcredits": 1, "source": "purchase"}
REVOKE = {"request_id": "r", "account_id": "user:1", "grant_id": "grant_1_1"}
REFUND = {"request_id": "r", "account_id": "user:1", "hold_id": "hold_1_1", "amount_microcredits": 1}
TIER = {"request_id": "r", "account_id": "user:1", "tier": "free"}
POOL = {"request_id": "r", "account_id": "guild:1", "member_daily_microcredits": 1}
ACCOUNT = {"request_id": "r", "account_id": "user:1"}

BAD_IDS = ["", " ", "a b", "a\x00b", "a\nb", "x" * 201]
BAD_ACCOUNTS = [*BAD_IDS, "1", "user", "user:", ":1", "robot:1", "system:revenue"]
BAD_AMOUNTS = [0, -1, -(2**63), TRILLION + 1]
BAD_TEXTS = ["a\x00b", "x" * 201]
BAD_TOKENS = [-1, 10_000_001, 2**63 - 1]

LEASED = {"turn_id": "t", "account_id": "user:1", "lease_id": "lease_1_1", "usage": pb.Usage(model="small")}
ACQUIRE = {"request_id": "r", "instance_id": "gateway-0", "amount_microcredits": 1, "ttl_s": 60}
RENEW = {"request_id": "r", "lease_id": "lease_1_1", "ttl_s": 60}
SETTLE = {"request_id": "r", "lease_id": "lease_1_1"}
BAD_TURNS = [
    *(leased_turn(turn_id) for turn_id in BAD_IDS),
    *(leased_turn(account=account_id) for account_id in BAD_ACCOUNTS),
    *(leased_turn(bound=bound) for bound in (-1, TRILLION + 1)),
    *(leased_turn(model=model) for model in BAD_IDS),
    *(leased_turn(used=used) for used in BAD_TOKENS),
    pb.LeasedTurn(turn_id="t", account_id="user:1", take_time=Timestamp(seconds=2**60)),
    pb.LeasedTurn(turn_id="t", account_id="user:1", usage=pb.Usage(model="small", prompt_tokens=1, cached_prompt_tokens=2)),
]

Case = tuple[dict[str, Any], str]


def cases(good: dict[str, Any], field: str, values: list[Any], *, named: str = "") -> list[Case]:
    return [(good | {field: value}, named or field) for value in values]


def usage_cases(good: dict[str, Any]) -> list[Case]:
    found = []
    for field, values in (
        ("model", BAD_IDS),
        ("prompt_tokens", BAD_TOKENS),
        ("cached_prompt_tokens", [*BAD_TOKENS, 1]),
        ("completion_tokens", BAD_TOKENS),
        ("images", [-1, 1001]),
    ):
        usages = [pb.Usage(**({"model": "small"} | {field: value})) for value in values]
        found += cases(good, "usage", usages, named=f"usage.{field}")
    return found


def quote_cases(good: dict[str, Any]) -> list[Case]:
    found = []
    for field, values in (("model", BAD_IDS[2:]), ("prompt_tokens", BAD_TOKENS), ("max_completion_tokens", [*BAD_TOKENS, 0]), ("images", [-1, 1001])):
        found += cases(good, "quote", [pb.Quote(**{field: value}) for value in values], named=f"quote.{field}")
    return found


BAD = {
    "place_hold": [
        *cases(HOLD, "request_id", BAD_IDS),
        *cases(HOLD, "account_id", BAD_ACCOUNTS),
        *cases(HOLD, "amount_microcredits", BAD_AMOUNTS),
        *cases(HOLD, "ttl_s", [-1, 86_401]),
        *cases(HOLD, "metadata", [{str(n): "" for n in range(17)}, {"k": "x" * 201}, {"k\x00": "v"}]),
        *quote_cases(QUOTED),
        (QUOTED, "amount_microcredits"),
        *cases(HOLD, "sponsor_account_id", [*BAD_ACCOUNTS[1:], "user:2"]),
    ],
    "capture_hold": [
        *cases(CAPTURE, "request_id", BAD_IDS),
        *cases(CAPTURE, "account_id", BAD_ACCOUNTS),
        *cases(CAPTURE, "hold_id", BAD_IDS),
        *cases(CAPTURE, "amount_microcredits", [-1, TRILLION + 1]),
        *usage_cases(USED),
        (USED, "amount_microcredits"),
    ],
    "release_hold": [
        *cases(USED, "request_id", BAD_IDS),
        *cases(USED, "account_id", BAD_ACCOUNTS),
        *cases(USED, "hold_id", BAD_IDS),
        *cases(USED, "reason", BAD_TEXTS),
    ],
    "get_hold": [*cases(GET_HOLD, "account_id", BAD_ACCOUNTS), *cases(GET_HOLD, "hold_id", BAD_IDS)],
    "get_balance": cases({}, "account_id", [*BAD_ACCOUNTS[:-1], "system:nobody", "system:"]),
    "list_entries": [
        *cases(ENTRIES, "account_id", BAD_ACCOUNTS),
        *cases(ENTRIES, "page_size", [-1, 501]),
        *cases(ENTRIES, "page_token", BAD_IDS[2:]),
    ],
    "transfer": [
        *cases(TRANSFER, "request_id", BAD_IDS),
        *cases(TRANSFER, "from_account_id", BAD_ACCOUNTS),
        *cases(TRANSFER, "to_account_id", [*BAD_ACCOUNTS, "user:1"]),
        *cases(TRANSFER, "amount_microcredits", BAD_AMOUNTS),
        *cases(TRANSFER, "note", BAD_TEXTS),
        *cases(TRANSFER, "expire_time", [Timestamp(seconds=2**60)]),
    ],
    "record_usage": [
        *cases(RECORD, "turn_id", BAD_IDS),
        *cases(RECORD, "account_id", BAD_ACCOUNTS),
        *cases(RECORD, "hold_id", BAD_IDS),
        *cases(LEASED, "lease_id", BAD_IDS[1:]),
        (RECORD | LEASED, "hold_id"),
        *cases(RECORD, "usage", [None]),
        *usage_cases(RECORD),
    ],
    "acquire_lease": [
        *cases(ACQUIRE, "request_id", BAD_IDS),
        *cases(ACQUIRE, "instance_id", BAD_IDS),
        *cases(ACQUIRE, "amount_microcredits", BAD_AMOUNTS),
        *cases(ACQUIRE, "ttl_s", [-1, 0, 604_801]),
    ],
    "renew_lease": [
        *cases(RENEW, "request_id", BAD_IDS),
        *cases(RENEW, "lease_id", BAD_IDS),
        *cases(RENEW, "ttl_s", [-1, 0, 604_801]),
    ],
    "settle_lease": [
        *cases(SETTLE, "request_id", BAD_IDS),
        *cases(SETTLE, "lease_id", BAD_IDS),
        *cases(SETTLE, "turns", [[turn] for turn in BAD_TURNS], named="turns"),
        *cases(SETTLE, "turns", [[leased_turn(str(number)) for number in range(501)]]),
    ],
    "create_grant": [
        *cases(GRANT, "request_id", BAD_IDS),
        *cases(GRANT, "account_id", BAD_ACCOUNTS),
        *cases(GRANT, "amount_microcredits", BAD_AMOUNTS),
        *cases(GRANT, "source", [*BAD_IDS, "x" * 41, "theft"]),
        *cases(GRANT, "priority", [-1, 1001]),
        *cases(GRANT, "expire_time", [Timestamp(seconds=1), Timestamp(seconds=2**60)]),
        *cases(GRANT, "note", BAD_TEXTS),
        *cases(GRANT, "effective_time", [Timestamp(seconds=2**60)]),
        *cases(GRANT | {"expire_time": Timestamp(seconds=4 * 10**9)}, "effective_time", [Timestamp(seconds=5 * 10**9)], named="expire_time"),
    ],
    "list_grants": cases({}, "account_id", BAD_ACCOUNTS),
    "revoke_grant": [
        *cases(REVOKE, "request_id", BAD_IDS),
        *cases(REVOKE, "account_id", BAD_ACCOUNTS),
        *cases(REVOKE, "grant_id", BAD_IDS),
        *cases(REVOKE, "note", BAD_TEXTS),
    ],
    "refund_capture": [
        *cases(REFUND, "request_id", BAD_IDS),
        *cases(REFUND, "account_id", BAD_ACCOUNTS),
        *cases(REFUND, "hold_id", BAD_IDS),
        *cases(REFUND, "amount_microcredits", BAD_AMOUNTS),
        *cases(REFUND, "reason", BAD_TEXTS),
    ],
    "set_tier": [
        *cases(TIER, "request_id", BAD_IDS),
        *cases(TIER, "account_id", BAD_ACCOUNTS),
        *cases(TIER, "tier", [*BAD_IDS, "x" * 41, "gold"]),
    ],
    "set_pool": [
        *cases(POOL, "request_id", BAD_IDS),
        *cases(POOL, "account_id", [*BAD_ACCOUNTS, "user:1"]),
        *cases(POOL, "member_daily_microcredits", [-1, TRILLION + 1]),
    ],
    "close_account": [
        *cases(ACCOUNT, "request_id", BAD_IDS),
        *cases(ACCOUNT, "account_id", BAD_ACCOUNTS),
        *cases(ACCOUNT, "reason", BAD_TEXTS),
    ],
    "freeze_account": [
        *cases(ACCOUNT, "request_id", BAD_IDS),
        *cases(ACCOUNT, "account_id", BAD_ACCOUNTS),
        *cases(ACCOUNT, "reason", BAD_TEXTS),
    ],
}
CANNOT_BE_WRONG = {"frozen", "close"}
NAMES = {method: "".join(word.title() for word in method.split("_")) for method in BAD}
REQUESTS = {method: getattr(pb, f"{name}Request") for method, name in NAMES.items()}


@pytest.mark.parametrize("method", BAD)
async def test_a_bad_field_is_named_and_nothing_is_stored(credit, remote, method):
    stubs = pb_grpc.CreditServiceStub(remote.channel), pb_grpc.CreditAdminServiceStub(remote.channel)
    call = next(found for stub in stubs if (found := getattr(stub, NAMES[method], None)) is not None)
    before = await credit.everything()
    for fields, named in BAD[method]:
        with pytest.raises(InvalidField) as refused:
            await remote.unary(call, REQUESTS[method](**fields), timeout_s=2)
        assert refused.value.field.partition("[")[0] == named, fields
        assert refused.value.failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert await credit.everything() == before


@pytest.mark.parametrize("method", BAD)
def test_every_field_of_every_request_has_bad_cases(method):
    fields = {field.name for field in REQUESTS[method].DESCRIPTOR.fields} - CANNOT_BE_WRONG
    assert {named.partition(".")[0] for _, named in BAD[method]} >= fields
