"""What does not add up about leases is found by name, and what happened to them is told."""

import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.lease_checks import LEASE_CHECKS
from tests.integration.credit.conftest import leased_turn

PLANTED = {
    "lease_does_not_add_up": "UPDATE leases SET returned_microcredits = returned_microcredits + 1 WHERE state = 'open'",
    "lease_is_not_its_entries": "UPDATE leases SET amount_microcredits = amount_microcredits + 1",
    "lease_is_not_what_its_turns_were_charged": "UPDATE leased_turns SET charged_to_lease_microcredits = 69 WHERE turn_id = 'turn-2'",
    "leased_turn_is_not_its_hold": "UPDATE leased_turns SET finished_at = NULL",
    "leased_turn_was_charged_otherwise": "UPDATE leased_turns SET bound_microcredits = 99",
    "leased_turns_are_not_what_the_person_was_charged": "UPDATE leased_turns SET charged_to_person_microcredits = 0",
    "leased_turn_is_stuck": "UPDATE leased_turns SET finished_at = NULL, created_at = created_at - interval '6 minutes'",
    "leased_usage_was_settled_otherwise": "UPDATE usage_records SET cost_microcredits = cost_microcredits - 1",
}
TAMPERED = {
    "a turn that was charged to both": ("UPDATE leased_turns SET charged_to_lease_microcredits = 1", "leased_turn_was_charged_otherwise"),
    "a person charged for a use that nobody knew": ("UPDATE leased_turns SET price_version = ''", "leased_turn_was_charged_otherwise"),
    "a turn that is gone": ("DELETE FROM leased_turns", "leased_turn_is_not_its_hold"),
    "a turn of another person": ("UPDATE leased_turns SET person_key = 7", "leased_turns_are_not_what_the_person_was_charged"),
    "a lease that is gone": ("DELETE FROM leases", "lease_is_not_its_entries"),
    "a use on another lease": ("UPDATE usage_records SET lease_seq = 99", "leased_usage_was_settled_otherwise"),
    "a lease of another size": ("UPDATE grants SET remaining_microcredits = 7 WHERE source = 'lease' AND NOT spent", "lease_does_not_add_up"),
}


@pytest.fixture
async def outage(make_credit):
    """Books after an outage: a closed lease and an open one, on which a person paid for a turn and the lease for another."""
    credit = await make_credit()
    await credit.balance()
    await credit.settle((await credit.acquire("gateway-1")).lease.lease_id, close=True)
    lease_id = (await credit.acquire()).lease.lease_id
    await credit.record_leased(lease_id, "turn-1", prompt_tokens=100)
    await credit.settle(lease_id, leased_turn(), leased_turn("turn-2", "user:none", used=70))
    await credit.record_leased(lease_id, "turn-2", "user:none", prompt_tokens=70)
    return credit


async def found(credit) -> dict[str, int]:
    return {discrepancy.kind: discrepancy.difference_microcredits for discrepancy in await credit.discrepancies()}


async def events(credit) -> list[tuple[str, int]]:
    return [(one.kind, one.difference_microcredits) for one in (await credit.admin.Reconcile(pb.ReconcileRequest(full=True), None)).findings]


def test_every_check_is_proved_by_a_planted_discrepancy():
    assert set(PLANTED) == set(LEASE_CHECKS)


async def test_sound_books_have_no_discrepancy_and_nothing_has_happened(outage):
    assert await found(outage) == {}
    assert await events(outage) == []


@pytest.mark.parametrize("kind", PLANTED)
async def test_a_planted_discrepancy_is_found_by_name(outage, kind):
    assert await outage.run(PLANTED[kind]) > 0
    differences = await found(outage)
    assert kind in differences
    assert differences[kind] or kind == "leased_turn_is_not_its_hold"


@pytest.mark.parametrize("what", TAMPERED)
async def test_what_was_tampered_with_is_found(outage, what):
    statement, kind = TAMPERED[what]
    assert await outage.run(statement) > 0
    assert kind in await found(outage)


async def test_a_settlement_that_is_stuck_is_found_by_the_run_of_changes(outage):
    await outage.admin.Reconcile(pb.ReconcileRequest(), None)
    await outage.run(PLANTED["leased_turn_is_stuck"])
    answer = await outage.admin.Reconcile(pb.ReconcileRequest(), None)
    assert "leased_turn_is_stuck" in {finding.kind for finding in answer.findings}


async def test_usage_on_a_lease_that_was_closed_without_its_turn_is_told_once(outage):
    lease = (await outage.acquire()).lease
    await outage.record_leased(lease.lease_id, "turn-3", prompt_tokens=11)
    assert await events(outage) == []
    await outage.settle(lease.lease_id, close=True)
    assert await events(outage) == [("leased_usage_was_not_settled", 11)]
    assert await found(outage) == {}
    (finding,) = (await outage.admin.ListFindings(pb.ListFindingsRequest(), None)).findings
    await outage.admin.ResolveFinding(pb.ResolveFindingRequest(finding_id=finding.finding_id, note="seen"), None)
    assert await events(outage) == []


@pytest.mark.parametrize(("bound", "uncovered"), [(100, 0), (90, 10)])
async def test_what_a_turn_cost_beyond_its_bound_is_told(outage, bound, uncovered):
    lease = (await outage.acquire()).lease
    await outage.settle(lease.lease_id, leased_turn("turn-3", bound=bound, used=100))
    assert await events(outage) == ([("leased_turn_was_not_covered", uncovered)] if uncovered else [])
    assert await found(outage) == {}


async def test_what_a_lease_could_not_pay_is_told(outage):
    lease = (await outage.acquire("gateway-2", amount=30)).lease
    await outage.settle(lease.lease_id, leased_turn("turn-3", "user:none", used=100))
    assert await events(outage) == [("leased_turn_was_not_covered", 70)]


async def test_a_use_that_is_recorded_after_the_lease_paid_the_bound_is_no_finding_as_long_as_it_is_within(outage):
    lease = (await outage.acquire()).lease
    await outage.settle(lease.lease_id, leased_turn("turn-3", used=None, bound=80), leased_turn("turn-4", used=None, bound=80))
    await outage.record_leased(lease.lease_id, "turn-3", prompt_tokens=60)
    assert await events(outage) == []
    await outage.record_leased(lease.lease_id, "turn-4", prompt_tokens=90)
    assert await events(outage) == [("leased_turn_was_not_covered", 10)]
