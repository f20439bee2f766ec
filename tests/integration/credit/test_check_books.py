"""What does not add up is found by name."""

import asyncio

import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import jobs
from services.credit.chain import SHARDS
from services.credit.checks import CHECKS, EVENTS, parameters
from services.credit.journal_check import JOURNAL_CHECKS
from services.credit.lease_checks import LEASE_CHECKS
from services.credit.reconcile import check_books_at

THE_SHARD = f"(SELECT account_key % {SHARDS} FROM account_keys WHERE account_id = 'user:1')"

PLANTED = {
    "operation_does_not_sum_to_zero": "UPDATE entries SET amount_microcredits = amount_microcredits + 1 WHERE system_account = 'revenue'",
    "entry_is_in_no_batch": "UPDATE entries SET batch_seq = batch_seq + 1000 WHERE kind = 'capture'",
    "operation_is_in_no_batch": "UPDATE operations SET batch_seq = batch_seq + 1000 WHERE method = 'CaptureHold'",
    "account_is_behind_its_entries": "UPDATE accounts SET last_seq = 1",
    "posted_is_not_the_sum_of_entries": "UPDATE accounts SET posted_microcredits = posted_microcredits + 1",
    "posted_is_not_what_grants_have_left": "UPDATE accounts SET posted_microcredits = posted_microcredits - 1",
    "grant_is_not_the_sum_of_its_entries": "UPDATE grants SET remaining_microcredits = remaining_microcredits - 1",
    "overdrawn_is_not_the_sum_of_its_entries": "UPDATE accounts SET overdrawn_microcredits = 1",
    "held_is_not_the_sum_of_open_holds": "UPDATE accounts SET held_microcredits = held_microcredits + 1",
    "hold_is_not_the_sum_of_its_allocations": "UPDATE holds SET amount_microcredits = amount_microcredits + 1",
    "grant_is_not_held_by_its_allocations": "UPDATE grants SET held_microcredits = held_microcredits - 1 WHERE held_microcredits > 0",
    "capture_is_not_its_entries": "UPDATE holds SET captured_microcredits = captured_microcredits - 1 WHERE state = 'captured'",
    "refund_is_not_its_entries": "UPDATE holds SET refunded_microcredits = refunded_microcredits - 1 WHERE refunded_microcredits > 0",
    "transfer_is_not_its_entries": "UPDATE transfers SET parts = '[[null, 8]]'",
    "transfer_is_stuck": "UPDATE transfers SET finished_at = NULL, created_at = created_at - interval '6 minutes'",
    "hold_outlived_its_time": "UPDATE holds SET expires_at = clock_timestamp() - interval '6 minutes' WHERE state = 'active'",
    "usage_was_priced_otherwise": "UPDATE usage_records SET cost_microcredits = cost_microcredits + 1",
    "usage_was_charged_otherwise": "UPDATE usage_records SET charged_microcredits = charged_microcredits + 1",
    "usage_was_not_captured": """
        INSERT INTO usage_records
        SELECT account_key, 'lost', 99, 0, 'small', 7, 0, 0, 0, 'test-1', 7, 0, false, 'free', '', '', 0, now() FROM accounts
    """,
    "batch_is_missing": f"DELETE FROM batches WHERE batch_seq = 2 AND shard = {THE_SHARD}",
    "batch_does_not_follow": f"UPDATE batches SET previous_hash = sha256(previous_hash) WHERE batch_seq = 2 AND shard = {THE_SHARD}",
    "batch_is_not_its_entries": "UPDATE entries SET hold_seq = hold_seq + 1 WHERE kind = 'capture'",
    "batch_is_not_its_operations": "UPDATE operations SET result = result || '\\x00' WHERE method = 'CaptureHold'",
    "entries_have_no_account": "DELETE FROM accounts",
    "head_is_not_the_last_batch": f"""
        DELETE FROM batches b USING shards s WHERE (s.shard, s.batch_seq) = (b.shard, b.batch_seq) AND b.shard = {THE_SHARD}
    """,
    "journal_is_shorter_than_it_was": f"UPDATE reconciled SET batch_seq = 1000 WHERE shard = {THE_SHARD}",
    "transit_is_not_empty": "DELETE FROM entries WHERE kind = 'transfer' AND amount_microcredits > 0 AND system_account = 'transit'",
}
OF_NO_AMOUNT = {"operation_is_in_no_batch", *JOURNAL_CHECKS} - {"transit_is_not_empty"}


@pytest.fixture
async def busy(make_credit):
    """Books in which everything has happened once."""
    credit = await make_credit()
    captured = (await credit.hold(amount=10)).hold
    await credit.capture(captured, 5)
    refund = {"request_id": "refund", "account_id": captured.account_id, "hold_id": captured.hold_id, "amount_microcredits": 2}
    await credit.admin.RefundCapture(pb.RefundCaptureRequest(**refund), None)
    await credit.record((await credit.hold(amount=10)).hold, prompt_tokens=5)
    await credit.hold(amount=10)
    await credit.transfer(7)
    await credit.run("ALTER TABLE entries DISABLE TRIGGER entries_append_only")
    return credit


async def kinds(credit) -> set[str]:
    return {discrepancy.kind for discrepancy in await credit.discrepancies()}


async def test_sound_books_have_no_discrepancy(busy, credit_database_url):
    assert await check_books_at(credit_database_url) == []
    assert await busy.discrepancies() == []


@pytest.mark.parametrize("kind", PLANTED)
async def test_a_planted_discrepancy_is_found_by_name(busy, kind):
    assert await busy.run(PLANTED[kind]) > 0
    found = await busy.discrepancies()
    assert kind in {discrepancy.kind for discrepancy in found}
    assert all(discrepancy.difference_microcredits for discrepancy in found if discrepancy.kind not in OF_NO_AMOUNT)


def test_every_check_is_proved_by_a_planted_discrepancy():
    assert set(PLANTED) == {*CHECKS, *JOURNAL_CHECKS} - set(LEASE_CHECKS)  # those are in test_lease_findings


async def test_no_check_reads_more_than_its_accounts(busy):
    """Where an index could be used, none of these tables is read whole."""
    given = {**parameters(busy.prices, SHARDS), "keys": [1, 2, 3]}
    async with busy.database.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        for kind, query in {**CHECKS, **EVENTS}.items():
            plan = "\n".join(row[0] for row in await (await connection.execute(f"EXPLAIN {query}".encode(), given)).fetchall())
            assert "Seq Scan" not in plan, f"{kind}: {plan}"


async def test_a_missing_entry_is_found(busy):
    assert await busy.run("DELETE FROM entries WHERE kind = 'capture' AND system_account IS NULL") > 0
    expected = {"operation_does_not_sum_to_zero", "posted_is_not_the_sum_of_entries", "capture_is_not_its_entries", "batch_is_not_its_entries"}
    assert expected <= await kinds(busy)


async def test_an_entry_edited_so_that_every_sum_still_holds_is_found(busy):
    await busy.run("UPDATE entries SET kind = 'expiry' WHERE kind = 'transfer' AND amount_microcredits > 0 AND system_account IS NULL")
    assert await kinds(busy) == {"batch_is_not_its_entries"}


async def test_an_added_operation_of_entries_that_sum_to_zero_is_found(busy):
    await busy.run(
        "INSERT INTO entries SELECT account_key, 99, leg, system_account, grant_seq, amount, 'grant', NULL, shard, batch_seq, decided_at"
        f" FROM account_keys JOIN batches ON shard = account_key % {SHARDS}"
        " CROSS JOIN (VALUES (0, NULL, 1, 50), (1, 'issued', NULL, -50)) made (leg, system_account, grant_seq, amount)"
        " WHERE account_id = 'user:1' AND batch_seq = 2"
    )
    assert {"batch_is_not_its_entries", "account_is_behind_its_entries"} <= await kinds(busy)


async def test_a_swapped_pair_of_batches_is_found(busy):
    for table in ("batches", "entries", "operations"):
        shard = f"account_key % {SHARDS}" if table == "operations" else "shard"
        for old, new in ((2, 9002), (3, 2), (9002, 3)):
            await busy.run(f"UPDATE {table} SET batch_seq = {new} WHERE batch_seq = {old} AND {shard} = {THE_SHARD}")
    assert {"batch_does_not_follow", "batch_is_not_its_entries"} <= await kinds(busy)


async def test_a_batch_deleted_with_all_that_it_wrote_is_found(busy):
    for table, shard in (("entries", "shard"), ("batches", "shard"), ("operations", f"account_key % {SHARDS}")):
        await busy.run(f"DELETE FROM {table} WHERE batch_seq = 2 AND {shard} = {THE_SHARD}")
    assert "batch_is_missing" in await kinds(busy)


async def test_a_missing_operation_is_found(busy):
    assert await busy.run("DELETE FROM operations WHERE method = 'CaptureHold'") == 1
    assert await kinds(busy) == {"batch_is_not_its_operations"}


async def test_an_edited_time_or_price_list_of_a_batch_is_found(busy):
    await busy.run(f"UPDATE batches SET price_version = 'cheaper' WHERE batch_seq = 2 AND shard = {THE_SHARD}")
    assert await kinds(busy) == {"batch_is_not_its_entries"}


@pytest.mark.parametrize("moment", ["epoch", "2100-01-01"])
async def test_a_batch_moved_in_time_is_found_and_the_others_are_still_looked_at(busy, moment):
    await busy.run(f"UPDATE batches SET decided_at = '{moment}' WHERE batch_seq = 2 AND shard = {THE_SHARD}")
    await busy.run("UPDATE entries SET kind = 'expiry' WHERE kind = 'transfer'")
    found = await busy.discrepancies()
    assert {"batch_is_not_its_entries", "entry_is_in_no_batch"} <= {discrepancy.kind for discrepancy in found}
    assert len([discrepancy for discrepancy in found if discrepancy.kind == "batch_is_not_its_entries"]) >= 2


async def test_credits_on_their_way_are_no_discrepancy(busy):
    await busy.run("UPDATE transfers SET finished_at = NULL")
    assert await busy.discrepancies() == []


async def test_erasing_a_person_leaves_books_that_balance_and_operations_that_are_still_counted(busy):
    assert await busy.teller.erase("1")
    assert await busy.discrepancies() == []
    await busy.run("DELETE FROM operations WHERE account_key = (SELECT account_key FROM account_keys)")
    assert await kinds(busy) == {"batch_is_not_its_operations"}


async def test_operations_that_are_too_old_to_be_kept_are_not_missed(make_credit):
    credit = await make_credit()
    credit.put_clock_ahead(-31 * 86_400)
    await credit.capture((await credit.hold(amount=10)).hold, 5)
    credit.put_clock_ahead(31 * 86_400)
    await credit.hold(amount=10)
    assert await jobs.forget_old_requests(credit.database, 30, 100) == 2
    assert await credit.discrepancies() == []


async def test_books_are_sound_at_every_moment_of_their_use(make_credit):
    """What is written while a check runs is no discrepancy."""
    credit = await make_credit()
    done = asyncio.Event()

    async def use(person: int) -> None:
        account = f"user:{person}"
        for turn in range(12):
            hold = (await credit.hold(account, amount=20)).hold
            await credit.capture(hold, turn)
            await credit.record((await credit.hold(account, amount=20)).hold, f"{person}-{turn}", prompt_tokens=turn)
            await credit.transfer(3, account, f"user:{(person + turn) % 6}0")
            if turn % 5 == 4:
                await credit.teller.erase(str(person))

    async def watch() -> int:
        checks = 0
        while not done.is_set():
            assert await credit.discrepancies() == []
            await credit.auditor.reconcile(full=False)
            checks += 1
        return checks

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(use(person) for person in range(1, 7)))
    done.set()
    assert await watching > 1
    assert await credit.rows("SELECT kind, detail FROM findings WHERE kind <> 'hold_was_abandoned'") == []
