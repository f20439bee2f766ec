"""The outage allowance: leases of gateway instances, and the settlement of the turns that were taken on them."""

import asyncio
from datetime import UTC

import pytest
from prometheus_client import REGISTRY

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import operations
from services.credit.posting import Limits
from services.runtime.errors import InvalidField, LimitReached, NotFound, RequestIdReused, UnknownModel
from tests.integration.credit.conftest import ALLOWANCE, leased_turn

DAY_S = 86_400


def charges(answer: pb.SettleLeaseResponse) -> list[tuple[str, int, int]]:
    return [(turn.turn_id, turn.charged_to_person_microcredits, turn.charged_to_lease_microcredits) for turn in answer.turns]


async def system(credit, name: str) -> int:
    return (await credit.balance(f"system:{name}")).posted_microcredits


@pytest.fixture
async def lease(credit) -> pb.Lease:
    """A lease of 10,000; the account of user 1 has its allowance."""
    await credit.balance()
    return (await credit.acquire()).lease


async def spend_all(credit, account: str = "user:1", but: int = 0) -> None:
    await credit.capture((await credit.hold(account, ALLOWANCE - but)).hold, ALLOWANCE - but)


async def test_a_lease_is_funded_by_overhead(credit):
    answer = await credit.acquire(amount=700, ttl_s=60)
    assert (answer.lease.amount_microcredits, answer.lease.remaining_microcredits, answer.lease.instance_id) == (700, 700, "gateway-0")
    assert (await system(credit, "overhead"), await system(credit, "lease")) == (-700, 700)
    now = (await credit.rows("SELECT clock_timestamp()"))[0][0]
    assert 55 < (answer.lease.expire_time.ToDatetime(UTC) - now).total_seconds() <= 60
    (entry,) = (await credit.entries("system:lease")).entries
    assert (entry.kind, entry.amount_microcredits) == ("lease", 700)


async def test_before_there_is_a_lease_nothing_is_leased(credit):
    assert await system(credit, "lease") == 0


async def test_the_terms_name_each_tiers_models_turns_and_dearest_prices(credit):
    terms = (await credit.acquire()).terms
    assert (terms.default_tier, terms.price_version) == ("free", "test-1")
    tiers = {tier.tier: tier for tier in terms.tiers}
    assert set(tiers) == set(credit.prices.tiers)
    assert (tiers["free"].turns_max, list(tiers["free"].models)) == (3, ["large", "small"])
    free, strict = tiers["free"], tiers["strict"]
    assert (free.prompt_microcredits_per_million_tokens, free.completion_microcredits_per_million_tokens, free.image_microcredits) == (
        *(10_000_000, 20_000_000, 1_000),
    )
    assert (strict.prompt_microcredits_per_million_tokens, strict.image_microcredits) == (1_000_000, 100)


async def test_an_instance_has_one_open_lease_which_acquiring_again_prolongs(credit):
    first = (await credit.acquire(ttl_s=60)).lease
    again = (await credit.acquire(amount=9, ttl_s=6_000)).lease
    assert (again.lease_id, again.amount_microcredits) == (first.lease_id, first.amount_microcredits)
    assert again.expire_time.seconds > first.expire_time.seconds + 5_000
    assert (await credit.acquire(ttl_s=1)).lease.expire_time == again.expire_time
    assert (await credit.acquire("gateway-1")).lease.lease_id != first.lease_id
    assert await system(credit, "overhead") == -20_000


async def test_many_instances_acquire_at_once_and_each_has_one_lease(make_credit):
    services = [await make_credit(), await make_credit()]
    asked = [services[number % 2].acquire(f"gateway-{number % 4}", 100) for number in range(40)]
    assert len({answer.lease.lease_id for answer in await asyncio.gather(*asked)}) == 4
    assert await system(services[0], "lease") == 400
    assert await services[0].discrepancies() == []


async def test_leases_have_limits(make_credit):
    credit = await make_credit(limits=Limits(lease_microcredits_max=100, leases_microcredits_max=250, lease_ttl_max_s=3_600))
    for instance, amount, ttl_s in (("a", 101, 60), ("a", 100, 3_601)):
        with pytest.raises(LimitReached):
            await credit.acquire(instance, amount, ttl_s)
    first = (await credit.acquire("a", 100)).lease
    await credit.acquire("b", 100)
    with pytest.raises(LimitReached) as refused:
        await credit.acquire("c", 51)
    assert refused.value.metadata["left"] == "50"
    with pytest.raises(LimitReached):
        await credit.renew(first.lease_id, 3_601)
    await credit.settle(first.lease_id, close=True)
    await credit.acquire("c", 100)
    assert await credit.discrepancies() == []


async def test_a_renewed_lease_lasts_longer(credit, lease):
    renewed = await credit.renew(lease.lease_id, 9_000)
    assert renewed.lease.expire_time.seconds > lease.expire_time.seconds + 8_000
    assert renewed.terms.default_tier == "free"
    await credit.settle(lease.lease_id, close=True)
    with pytest.raises(NotFound):
        await credit.renew(lease.lease_id)


async def test_the_person_pays_for_a_turn_that_their_credit_covers(credit, lease):
    answer = await credit.settle(lease.lease_id, leased_turn(used=100))
    assert charges(answer) == [("turn-1", 100, 0)]
    assert (answer.charged_to_people_microcredits, answer.charged_to_lease_microcredits, answer.remaining_microcredits) == (100, 0, 10_000)
    assert (await credit.balance()).available_microcredits == ALLOWANCE - 100
    entry = (await credit.entries()).entries[0]
    assert (entry.kind, entry.amount_microcredits) == ("leased_turn", -100)
    assert await system(credit, "revenue") == 100


async def test_the_lease_pays_the_whole_of_what_the_persons_credit_does_not_cover(credit, lease):
    await spend_all(credit, but=99)
    answer = await credit.settle(lease.lease_id, leased_turn(used=100))
    assert charges(answer) == [("turn-1", 0, 100)]
    assert answer.remaining_microcredits == 9_900
    assert (await credit.balance()).available_microcredits == 99
    assert await system(credit, "revenue") == ALLOWANCE - 99 + 100


async def test_what_is_held_of_a_persons_credit_covers_no_turn(credit, lease):
    await credit.hold(amount=ALLOWANCE - 50)
    assert charges(await credit.settle(lease.lease_id, leased_turn(used=51), leased_turn("turn-2", used=50))) == [
        ("turn-1", 0, 51),
        ("turn-2", 50, 0),
    ]


async def test_what_a_tier_lets_the_person_overdraw_covers_a_turn(credit, lease):
    await credit.set_tier("extend", "guild:9")  # nothing, and 50 to overdraw
    for turn_id, payer in (("turn-1", (30, 0)), ("turn-2", (0, 30))):
        assert charges(await credit.settle(lease.lease_id, leased_turn(turn_id, "guild:9", used=30))) == [(turn_id, *payer)]
    assert (await credit.balance("guild:9")).posted_microcredits == -30


@pytest.mark.parametrize("ended", ["freeze", "close"])
async def test_the_lease_pays_for_whoever_is_frozen_or_closed_by_now(credit, lease, ended):
    await getattr(credit, ended)()
    assert charges(await credit.settle(lease.lease_id, leased_turn())) == [("turn-1", 0, 100)]


async def test_the_lease_pays_for_whoever_has_no_account_and_opens_none(credit, lease):
    assert charges(await credit.settle(lease.lease_id, leased_turn(account="user:new"))) == [("turn-1", 0, 100)]
    assert await credit.rows("SELECT count(*) FROM account_keys WHERE account_id = 'user:new'") == [(0,)]
    await credit.balance("user:new")
    assert charges(await credit.settle(lease.lease_id, leased_turn(account="user:new"))) == [("turn-1", 0, 100)]


async def test_of_a_use_that_nobody_knows_the_lease_pays_the_bound(credit, lease):
    assert charges(await credit.settle(lease.lease_id, leased_turn(used=None, bound=321))) == [("turn-1", 0, 321)]
    assert (await credit.balance()).available_microcredits == ALLOWANCE


async def test_of_a_use_that_was_recorded_the_lease_pays_what_it_cost(credit, lease):
    assert (await credit.record_leased(lease.lease_id, "turn-1", prompt_tokens=40)).charged_microcredits == 0
    assert charges(await credit.settle(lease.lease_id, leased_turn(used=None))) == [("turn-1", 0, 40)]


async def test_of_a_model_that_has_no_price_any_more_the_lease_pays_the_bound(credit, lease):
    assert charges(await credit.settle(lease.lease_id, leased_turn(model="gone", bound=77))) == [("turn-1", 0, 77)]


async def test_nobody_pays_more_than_the_bound(credit, lease):
    await credit.balance("user:2")
    await spend_all(credit)
    over = leased_turn(used=600, bound=500), leased_turn("turn-2", "user:2", used=600, bound=500)
    assert charges(await credit.settle(lease.lease_id, *over)) == [("turn-1", 0, 500), ("turn-2", 500, 0)]
    await credit.record_leased(lease.lease_id, "turn-3", prompt_tokens=900)
    assert charges(await credit.settle(lease.lease_id, leased_turn("turn-3", used=None, bound=500))) == [("turn-3", 0, 500)]


async def test_a_lease_never_pays_more_than_it_has(credit):
    lease = (await credit.acquire(amount=150)).lease
    turns = [leased_turn(f"turn-{number}", "user:none", used=100) for number in range(3)]
    answer = await credit.settle(lease.lease_id, *turns)
    assert charges(answer) == [("turn-0", 0, 100), ("turn-1", 0, 50), ("turn-2", 0, 0)]
    assert answer.remaining_microcredits == 0
    assert (await credit.acquire(amount=999)).lease.lease_id == lease.lease_id
    assert (await credit.settle(lease.lease_id, close=True)).remaining_microcredits == 0
    assert (await credit.acquire(amount=999)).lease.amount_microcredits == 999


async def test_a_turn_is_settled_once_however_often_it_is_told(credit, lease):
    turn = leased_turn()
    first = await credit.settle(lease.lease_id, turn, turn)
    assert charges(first) == [("turn-1", 100, 0)]
    other = (await credit.acquire("gateway-1")).lease
    for lease_id in (lease.lease_id, other.lease_id):
        for again in (turn, leased_turn(used=400), leased_turn(used=None), leased_turn(account="user:2")):
            assert charges(await credit.settle(lease_id, again)) == [("turn-1", 100, 0)]
    assert (await credit.balance()).available_microcredits == ALLOWANCE - 100
    assert await system(credit, "lease") == 20_000


async def test_many_settle_the_same_turns_at_once_and_each_is_charged_once(make_credit):
    services = [await make_credit(), await make_credit()]
    leases = [(await services[0].acquire(f"gateway-{number}", 100_000)).lease.lease_id for number in range(2)]
    people = [f"user:{number}" for number in range(5)]
    for person in people[:3]:
        await services[0].balance(person)
    turns = [leased_turn(f"turn-{number}", people[number % 5], used=10 + number) for number in range(40)]
    answers = await asyncio.gather(*(services[number % 2].settle(leases[number // 2 % 2], *turns) for number in range(8)))
    assert len({tuple(charges(answer)) for answer in answers}) == 1
    expected = [(turn.turn_id, *((0, 10 + n) if n % 5 > 2 else (10 + n, 0))) for n, turn in enumerate(turns)]
    assert charges(answers[0]) == expected
    assert await system(services[0], "revenue") == sum(10 + number for number in range(40))
    assert await services[0].discrepancies() == []


async def test_a_repeated_request_is_answered_the_same_byte_for_byte(credit, lease):
    turns = leased_turn(), leased_turn("turn-2", "user:none")
    for ask in (
        lambda: credit.acquire("gateway-7", 55, request_id="a"),
        lambda: credit.renew(lease.lease_id, 700, "b"),
        lambda: credit.settle(lease.lease_id, *turns, request_id="c"),
        lambda: credit.record_leased(lease.lease_id, "turn-1", prompt_tokens=100),
    ):
        first = (await ask()).SerializeToString(deterministic=True)
        await credit.settle(lease.lease_id, leased_turn(f"turn-{first[:8].hex()}"))
        assert (await ask()).SerializeToString(deterministic=True) == first


async def test_a_request_id_with_another_payload_is_refused_before_anybody_is_charged(credit, lease):
    await credit.settle(lease.lease_id, leased_turn(), request_id="settle")
    with pytest.raises(RequestIdReused):
        await credit.settle(lease.lease_id, leased_turn("turn-2"), request_id="settle")
    assert (await credit.balance()).available_microcredits == ALLOWANCE - 100
    with pytest.raises(RequestIdReused):
        await credit.renew(lease.lease_id, 61, "settle")
    await credit.acquire("gateway-0", request_id="acquire")
    with pytest.raises(RequestIdReused):
        await credit.acquire("gateway-0", amount=5, request_id="acquire")
    await credit.acquire("gateway-1", amount=5, request_id="acquire")


@pytest.mark.parametrize("lease_id", ["lease_1_1", "lease", "hold_1_1", ""])
async def test_a_lease_that_is_not_there_is_not_found(credit, lease_id):
    for _ in range(2):
        for ask in (credit.renew(lease_id), credit.settle(lease_id, leased_turn()), credit.settle(lease_id, close=True)):
            with pytest.raises(NotFound) as refused:
                await ask
            assert refused.value.metadata["what"] == "lease"
        await credit.acquire()
    if lease_id:
        with pytest.raises(NotFound):
            await credit.record_leased(lease_id, "turn-1", prompt_tokens=1)


async def test_what_is_wrong_with_a_settlement_is_refused_by_field_and_charges_nobody(credit, lease):
    cached = leased_turn("turn-2")
    cached.usage.cached_prompt_tokens = 101
    for wrong, field in ((leased_turn("turn-2", "system:lease"), "turns[1].account_id"), (cached, "turns[1].usage.cached_prompt_tokens")):
        with pytest.raises(InvalidField) as refused:
            await credit.settle(lease.lease_id, leased_turn(), wrong)
        assert refused.value.field == field
    assert (await credit.balance()).available_microcredits == ALLOWANCE


async def test_usage_is_recorded_for_a_hold_or_for_a_lease(credit, lease):
    hold = (await credit.hold()).hold
    for ids in ({"hold_id": hold.hold_id, "lease_id": lease.lease_id}, {}):
        request = pb.RecordUsageRequest(turn_id="turn-1", account_id="user:1", usage=pb.Usage(model="small"), **ids)
        with pytest.raises(InvalidField):
            await credit.rpc.RecordUsage(request, None)
    with pytest.raises(UnknownModel):
        await credit.record_leased(lease.lease_id, "turn-1", model="nobody")
    await credit.release(hold)


async def test_recording_usage_of_a_leased_turn_tells_what_its_settlement_charged_and_charges_nothing(credit, lease):
    await credit.settle(lease.lease_id, leased_turn(), leased_turn("turn-2", "user:none", used=70))
    for turn_id, account, used in (("turn-1", "user:1", 100), ("turn-2", "user:none", 70)):
        recorded = await credit.record_leased(lease.lease_id, turn_id, account, prompt_tokens=used)
        assert (recorded.charged_microcredits, recorded.captured_now) == (used, False)
    assert (await credit.balance()).available_microcredits == ALLOWANCE - 100


async def test_an_expired_lease_can_be_settled_and_closing_it_returns_the_rest(credit, lease):
    credit.put_clock_ahead(3 * DAY_S)
    answer = await credit.settle(lease.lease_id, leased_turn(account="user:none"), close=True)
    assert charges(answer) == [("turn-1", 0, 100)]
    assert answer.remaining_microcredits == 0
    assert (await system(credit, "overhead"), await system(credit, "lease")) == (-100, 0)
    credit.put_clock_ahead(-3 * DAY_S)


async def test_a_closed_lease_takes_no_new_turns_and_still_tells_of_old_ones(credit, lease):
    await credit.settle(lease.lease_id, leased_turn(), close=True)
    assert charges(await credit.settle(lease.lease_id, leased_turn(), close=True)) == [("turn-1", 100, 0)]
    with pytest.raises(NotFound) as refused:
        await credit.settle(lease.lease_id, leased_turn(), leased_turn("turn-2"))
    assert refused.value.metadata["what"] == "open lease"
    assert (await credit.acquire()).lease.lease_id != lease.lease_id
    assert (await credit.record_leased(lease.lease_id, "turn-1", prompt_tokens=100)).charged_microcredits == 100


async def test_a_lease_that_is_closed_amid_a_settlement_pays_and_returns_as_that_ends(credit, lease):
    turns = leased_turn(used=100), leased_turn("turn-2", "user:none", used=70)
    request = pb.SettleLeaseRequest(request_id="cut", lease_id=lease.lease_id, turns=turns)
    await credit.teller.execute(operations.take_in_turns(request, await credit.teller.leases._keys(["user:1"])))
    assert (await credit.settle(lease.lease_id, close=True)).remaining_microcredits == 170
    assert await system(credit, "overhead") == -170
    answer = await credit.rpc.SettleLease(request, None)
    assert (charges(answer), answer.remaining_microcredits) == ([("turn-1", 100, 0), ("turn-2", 0, 70)], 0)
    assert await system(credit, "overhead") == -70


@pytest.mark.parametrize("people_asked", [False, True])
@pytest.mark.parametrize("goes_on", ["job", "repetition"])
async def test_a_settlement_that_was_cut_off_is_gone_on_with(make_credit, people_asked, goes_on):
    first, second = await make_credit(), await make_credit()
    await first.balance()
    lease_id = (await first.acquire()).lease.lease_id
    turns = leased_turn(used=100), leased_turn("turn-2", "user:none", used=70)
    request = pb.SettleLeaseRequest(request_id="cut", lease_id=lease_id, turns=turns)
    desk = first.teller.leases
    await first.teller.execute(operations.take_in_turns(request, await desk._keys(["user:1"])))
    if people_asked:
        await desk._ask(await desk._unfinished(b"SELECT account_key, turn_seq, turn_id, person_key, cost_microcredits, charged_to_person_microcredits"
                                               b" FROM leased_turns", {}))  # fmt: skip
        await first.grant(amount=1)
        await first.close()  # who has paid has paid
    assert await first.discrepancies() == []
    if goes_on == "job":
        assert await second.teller.leases.finish() == 0
        await second.run("UPDATE leased_turns SET created_at = created_at - interval '1 min'")
        assert await second.teller.leases.finish() == 2
        assert await second.teller.leases.finish() == 0
    answer = await second.rpc.SettleLease(request, None)
    assert charges(answer) == [("turn-1", 100, 0), ("turn-2", 0, 70)]
    assert await second.rows("SELECT sum(amount_microcredits) FROM entries WHERE system_account = 'revenue'") == [(170,)]
    assert await second.discrepancies() == []


async def test_who_was_erased_amid_a_settlement_after_they_had_paid_has_paid(make_credit):
    credit = await make_credit()
    await credit.balance()
    lease_id = (await credit.acquire()).lease.lease_id
    desk = credit.teller.leases
    request = pb.SettleLeaseRequest(request_id="cut", lease_id=lease_id, turns=[leased_turn()])
    await credit.teller.execute(operations.take_in_turns(request, await desk._keys(["user:1"])))
    await desk._ask(await desk._unfinished(b"SELECT account_key, turn_seq, turn_id, person_key, cost_microcredits, charged_to_person_microcredits"
                                           b" FROM leased_turns", {}))  # fmt: skip
    await credit.teller.erase("1")
    await credit.run("UPDATE leased_turns SET created_at = created_at - interval '1 min'")
    assert await desk.finish() == 1
    assert await credit.rows("SELECT charged_to_person_microcredits, charged_to_lease_microcredits FROM leased_turns") == [(100, 0)]
    assert await credit.discrepancies() == []


async def test_erasing_a_person_cuts_the_turn_from_its_message_and_keeps_it_beside_its_usage(credit, lease):
    await credit.settle(lease.lease_id, leased_turn(), leased_turn("turn-2", used=None, bound=30))
    await credit.record_leased(lease.lease_id, "turn-1", prompt_tokens=100)
    answer = await credit.admin.EraseSubject(pb.EraseSubjectRequest(request_id="erase", user_id="1"), None)
    assert (answer.erased_by_table["leased_turns"], answer.erased_by_table["usage_records"]) == (2, 1)
    kept = await credit.rows("SELECT t.turn_id FROM leased_turns t JOIN usage_records u USING (account_key, turn_id)")
    assert len(kept) == 1
    found = await credit.rows("SELECT turn_id FROM leased_turns UNION SELECT turn_id FROM usage_records")
    assert not {"turn-1", "turn-2"} & {row[0] for row in found}
    credit.put_clock_ahead(10)
    # Told once more, it cannot be known any more: the lease pays, and nobody's account is opened.
    assert charges(await credit.settle(lease.lease_id, leased_turn())) == [("turn-1", 0, 100)]
    assert await credit.rows("SELECT count(*) FROM account_keys WHERE account_id = 'user:1'") == [(0,)]


async def test_a_lease_that_nobody_has_closed_for_days_is_lost_and_returns_what_is_left(credit, lease):
    await credit.settle(lease.lease_id, leased_turn(account="user:none"))
    assert await credit.teller.leases.close_lost(7) == 0
    credit.put_clock_ahead(8 * DAY_S)
    other = (await credit.acquire("gateway-1", 50)).lease
    assert await credit.teller.leases.close_lost(7, ahead=credit.ahead) == 1
    assert await credit.teller.leases.close_lost(7, ahead=credit.ahead) == 0
    assert (await system(credit, "overhead"), await system(credit, "lease")) == (-150, 50)
    with pytest.raises(NotFound):
        await credit.settle(lease.lease_id, leased_turn("turn-2"))
    assert charges(await credit.settle(lease.lease_id, leased_turn(account="user:none"))) == [("turn-1", 0, 100)]
    await credit.settle(other.lease_id, close=True)
    answer = await credit.admin.Reconcile(pb.ReconcileRequest(), None)
    assert [(f.kind, f.account_id, f.difference_microcredits) for f in answer.findings] == [("lost_lease_journal", "system:lease", 9_900)]
    assert (await credit.balance()).available_microcredits == ALLOWANCE


async def test_the_report_tells_what_people_and_leases_paid(credit, lease):
    await credit.record((await credit.hold()).hold, "turn-0", prompt_tokens=5)
    await credit.settle(lease.lease_id, leased_turn(), leased_turn("turn-2", "user:none", used=70))
    for turn_id, account, used in (("turn-1", "user:1", 100), ("turn-2", "user:none", 70), ("turn-3", "user:1", 9)):
        await credit.record_leased(lease.lease_id, turn_id, account, prompt_tokens=used)
    rows = (await credit.admin.ReportUsage(pb.ReportUsageRequest(group_by=["user", "payer"]), None)).rows
    assert [(row.group["user"], row.group["payer"], row.turns, row.charged_microcredits, row.cost_microcredits) for row in rows] == [
        ("system:lease", "lease", 1, 70, 70),
        ("user:1", "nobody", 1, 0, 9),
        ("user:1", "person", 2, 105, 105),
    ]


async def test_metrics_tell_of_leases_and_of_who_paid(credit, lease):
    def sample(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(f"parlour_credit_{name}", labels) or 0.0

    settled = [sample("leased_turns_charged_microcredits_total", payer=payer) for payer in ("person", "lease")]
    closed = sample("leases_total", event="closed")
    await credit.teller.leases.count_open()
    assert (sample("leases_open"), sample("leased_microcredits")) == (1, 10_000)
    await credit.settle(lease.lease_id, leased_turn(), leased_turn("turn-2", "user:none", used=70), close=True)
    await credit.teller.leases.count_open()
    assert (sample("leases_open"), sample("leased_microcredits")) == (0, 0)
    assert [sample("leased_turns_charged_microcredits_total", payer=payer) for payer in ("person", "lease")] == [settled[0] + 100, settled[1] + 70]
    assert sample("leases_total", event="closed") == closed + 1
