"""What does not add up is found by name."""

import pytest

from services.credit.reconcile import CHECKS, check_books_at

PLANTED = {
    "operation_does_not_sum_to_zero": "UPDATE entries SET amount_microcredits = amount_microcredits + 1 WHERE system_account = 'revenue'",
    "posted_is_not_the_sum_of_entries": "UPDATE accounts SET posted_microcredits = posted_microcredits + 1",
    "posted_is_not_what_grants_have_left": "UPDATE accounts SET posted_microcredits = posted_microcredits - 1",
    "grant_is_not_the_sum_of_its_entries": "UPDATE grants SET remaining_microcredits = remaining_microcredits - 1",
    "overdrawn_is_not_the_sum_of_its_entries": "UPDATE accounts SET overdrawn_microcredits = 1",
    "held_is_not_the_sum_of_open_holds": "UPDATE accounts SET held_microcredits = held_microcredits + 1",
    "hold_is_not_the_sum_of_its_allocations": "UPDATE holds SET amount_microcredits = amount_microcredits + 1",
    "grant_is_not_held_by_its_allocations": "UPDATE grants SET held_microcredits = held_microcredits - 1 WHERE held_microcredits > 0",
    "capture_is_not_its_entries": "UPDATE holds SET captured_microcredits = captured_microcredits - 1 WHERE state = 'captured'",
    "usage_was_charged_otherwise": "UPDATE usage_records SET charged_microcredits = charged_microcredits + 1",
    "transit_is_not_empty": "DELETE FROM entries WHERE kind = 'transfer' AND amount_microcredits > 0 AND system_account = 'transit'",
}


@pytest.fixture
async def busy(make_credit):
    """Books in which everything has happened once."""
    credit = await make_credit()
    await credit.capture((await credit.hold(amount=10)).hold, 5)
    await credit.record((await credit.hold(amount=10)).hold, prompt_tokens=5)
    await credit.hold(amount=10)
    await credit.transfer(7)
    await credit.run("ALTER TABLE entries DISABLE TRIGGER entries_append_only")
    return credit


async def test_sound_books_have_no_discrepancy(busy, credit_database_url):
    assert await check_books_at(credit_database_url) == []


@pytest.mark.parametrize("kind", PLANTED)
async def test_a_planted_discrepancy_is_found_by_name(busy, kind):
    assert await busy.run(PLANTED[kind]) > 0
    found = await busy.discrepancies()
    assert kind in {discrepancy.kind for discrepancy in found}
    assert all(discrepancy.difference_microcredits for discrepancy in found if discrepancy.kind == kind)


def test_every_check_is_proved_by_a_planted_discrepancy():
    assert set(PLANTED) == set(CHECKS)


async def test_a_missing_entry_is_found(busy):
    assert await busy.run("DELETE FROM entries WHERE kind = 'capture' AND system_account IS NULL") > 0
    kinds = {discrepancy.kind for discrepancy in await busy.discrepancies()}
    assert {"operation_does_not_sum_to_zero", "posted_is_not_the_sum_of_entries", "capture_is_not_its_entries"} <= kinds
