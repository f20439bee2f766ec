"""Reconciliation as operators meet it: what it looks at, what it keeps, and what becomes of a finding."""

import pytest
from prometheus_client import REGISTRY

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.chain import SHARDS
from services.credit.checks import FOUND_MAX, Discrepancy
from services.credit.journal import Reach
from services.credit.reconcile import Examination, Extent
from services.runtime.errors import InvalidField, NotFound
from services.runtime.validation import validate

EDIT_A_BALANCE = "UPDATE accounts SET posted_microcredits = posted_microcredits + 3"


async def reconcile(credit, *, full: bool = True) -> pb.ReconcileResponse:
    return await credit.admin.Reconcile(pb.ReconcileRequest(full=full), None)


async def findings(credit, **fields) -> pb.ListFindingsResponse:
    return await credit.admin.ListFindings(pb.ListFindingsRequest(**fields), None)


async def resolve(credit, finding_id: str, note: str = "looked into") -> pb.Finding:
    return (await credit.admin.ResolveFinding(pb.ResolveFindingRequest(finding_id=finding_id, note=note), None)).finding


@pytest.fixture
async def used(make_credit):
    """Books of three accounts, to be edited."""
    credit = await make_credit()
    for number in (1, 2, 3):
        await credit.capture((await credit.hold(f"user:{number}", amount=10)).hold, 5)
    await credit.run("ALTER TABLE entries DISABLE TRIGGER entries_append_only")
    return credit


async def test_a_run_says_what_it_looked_at_and_finds_nothing_in_sound_books(used):
    answer = await reconcile(used)
    assert (answer.accounts_checked, answer.batches_checked, answer.entries_checked) == (3, 6, 12)
    assert (answer.found, list(answer.findings)) == (0, [])
    assert await used.rows("SELECT * FROM findings") == []


async def test_a_finding_says_whose_account_which_row_and_how_much(used):
    await used.run(f"{EDIT_A_BALANCE} WHERE account_key = (SELECT account_key FROM account_keys WHERE account_id = 'user:2')")
    answer = await reconcile(used)
    assert answer.found == 2
    assert {finding.kind for finding in answer.findings} == {"posted_is_not_the_sum_of_entries", "posted_is_not_what_grants_have_left"}
    for finding in answer.findings:
        assert (finding.account_id, finding.detail, finding.difference_microcredits) == ("user:2", "posted", 3)
        assert finding.state == pb.Finding.STATE_OPEN
        assert finding.create_time.seconds > 0
        assert not finding.HasField("resolve_time")


async def test_nothing_that_was_found_is_set_right(used):
    await used.run(EDIT_A_BALANCE)
    before = await used.rows("SELECT * FROM accounts ORDER BY 1")
    await reconcile(used)
    assert await used.rows("SELECT * FROM accounts ORDER BY 1") == before


async def test_a_repeated_run_does_not_repeat_an_open_finding(used):
    await used.run(EDIT_A_BALANCE)
    first = await reconcile(used)
    again = await reconcile(used)
    assert (first.found, again.found) == (6, 0)
    assert again.findings == first.findings


async def test_a_discrepancy_that_is_still_there_after_it_was_resolved_is_found_again(used):
    await used.run(EDIT_A_BALANCE)
    for finding in (await reconcile(used)).findings:
        await resolve(used, finding.finding_id)
    assert (await reconcile(used)).found == 6


async def test_what_has_happened_and_was_resolved_is_not_found_again(make_credit):
    credit = await make_credit()
    credit.put_clock_ahead(-3_600)
    await credit.hold(amount=10)
    credit.put_clock_ahead(3_600)
    await credit.balance()
    await credit.hold(amount=10)  # settles the first
    (finding,) = (await reconcile(credit)).findings
    assert (finding.kind, finding.difference_microcredits) == ("hold_was_abandoned", 10)
    await resolve(credit, finding.finding_id)
    assert (await reconcile(credit)).found == 0


async def test_an_abandoned_hold_is_no_discrepancy_of_the_books(credit):
    credit.put_clock_ahead(-3_600)
    await credit.hold(amount=10)
    credit.put_clock_ahead(3_600)
    await credit.hold(amount=10)
    assert await credit.discrepancies() == []


async def test_a_hold_that_can_still_be_charged_late_is_not_abandoned(credit):
    credit.put_clock_ahead(-300)
    await credit.hold(amount=10)
    credit.put_clock_ahead(300)
    await credit.hold(amount=10)
    assert await credit.rows("SELECT count(*) FROM holds WHERE state = 'expired'") == [(1,)]
    assert (await reconcile(credit)).found == 0


async def test_a_run_of_changes_looks_at_what_was_written_since_the_last(used):
    first = await reconcile(used, full=False)
    assert (first.accounts_checked, first.batches_checked) == (3, 6)
    nothing = await reconcile(used, full=False)
    assert (nothing.accounts_checked, nothing.batches_checked, nothing.entries_checked) == (0, 0, 0)
    await used.hold("user:3", amount=10)
    changed = await reconcile(used, full=False)
    assert (changed.accounts_checked, changed.batches_checked, changed.entries_checked) == (1, 1, 0)


async def test_a_run_of_changes_finds_what_is_wrong_with_a_changed_account_and_a_full_one_the_rest(used):
    await reconcile(used)
    await used.hold("user:3", amount=10)
    await used.run(EDIT_A_BALANCE)
    changed = await reconcile(used, full=False)
    assert {finding.account_id for finding in changed.findings} == {"user:3"}
    full = await reconcile(used)
    assert {finding.account_id for finding in full.findings} == {"user:1", "user:2", "user:3"}


async def test_a_run_of_changes_looks_at_accounts_on_which_something_is_overdue(used):
    await used.hold("user:3", amount=10)
    await used.transfer(7, "user:1", "user:2")
    await reconcile(used)
    await used.run("UPDATE holds SET expires_at = clock_timestamp() - interval '6 minutes' WHERE state = 'active'")
    await used.run("UPDATE transfers SET finished_at = NULL, created_at = clock_timestamp() - interval '6 minutes'")
    answer = await reconcile(used, full=False)
    assert {(finding.kind, finding.account_id) for finding in answer.findings} == {
        ("hold_outlived_its_time", "user:3"),
        ("transfer_is_stuck", "user:1"),
    }


async def test_a_run_of_changes_notices_that_the_batch_it_goes_on_from_is_gone(used):
    await reconcile(used)
    await used.hold("user:3", amount=10)
    await used.run(
        "DELETE FROM batches b USING reconciled r, account_keys k"
        f" WHERE (b.shard, b.batch_seq) = (r.shard, r.batch_seq) AND account_id = 'user:3' AND r.shard = account_key % {SHARDS}"
    )
    found = {finding.kind for finding in (await reconcile(used, full=False)).findings}
    assert found == {"batch_is_missing", "entry_is_in_no_batch", "operation_is_in_no_batch"}


async def test_a_journal_whose_end_was_cut_off_together_with_its_head_is_found(used):
    await reconcile(used)
    await used.run(
        "WITH gone AS (DELETE FROM batches b USING shards s WHERE b.shard = s.shard AND b.batch_seq = s.batch_seq AND b.batch_seq > 1 RETURNING b.*)"
        " UPDATE shards s SET batch_seq = gone.batch_seq - 1, hash = gone.previous_hash FROM gone WHERE gone.shard = s.shard"
    )
    found = {finding.kind for finding in (await reconcile(used, full=False)).findings}
    assert "journal_is_shorter_than_it_was" in found
    assert "head_is_not_the_last_batch" not in found


async def test_a_run_in_the_smallest_parts_finds_the_same(used):
    await used.transfer(7, "user:1", "user:2")
    await used.run("UPDATE entries SET kind = 'expiry' WHERE kind = 'capture'")
    await used.run(EDIT_A_BALANCE)

    async def found(extent: Extent) -> list[set[Discrepancy]]:
        steps = [step async for step in Examination(used.database, used.prices, extent).of_everything()]
        changes = [step async for step in Examination(used.database, used.prices, extent).of_changes()]
        assert sum(step.batches for step in steps) == sum(step.batches for step in changes) > 6
        return [{discrepancy for step in run for discrepancy in step.found} for run in (steps, changes)]

    parts = Extent(accounts_max=1, changed_max=1, reach=Reach(operations_max=1))
    assert await found(parts) == await found(Extent())


async def test_a_check_that_finds_very_much_lists_a_part(used):
    await used.run(
        "INSERT INTO usage_records SELECT account_key, n::text, n, 0, 'small', 7, 0, 0, 0, 'test-1', 7, 0, false, 'free', '', '', 0, now()"
        f" FROM accounts, generate_series(1000, {1000 + FOUND_MAX}) n"
    )
    answer = await reconcile(used)
    assert answer.found == FOUND_MAX
    assert len(answer.findings) == 500


async def test_findings_are_counted_by_kind_and_the_time_of_a_run_is_told(used):
    await used.run(EDIT_A_BALANCE)
    found = (await reconcile(used)).findings
    open_before = REGISTRY.get_sample_value("parlour_credit_findings_open", {"kind": "posted_is_not_the_sum_of_entries"})
    for finding in found:
        await resolve(used, finding.finding_id)
    assert open_before == 3
    assert REGISTRY.get_sample_value("parlour_credit_findings_open", {"kind": "posted_is_not_the_sum_of_entries"}) is None
    assert REGISTRY.get_sample_value("parlour_credit_reconciled_timestamp_seconds", {"extent": "full"}) > 0


async def test_findings_are_listed_by_state_newest_first_in_pages(used):
    await used.run(EDIT_A_BALANCE)
    found = list((await reconcile(used)).findings)
    resolved = await resolve(used, found[0].finding_id, "restored from the entries")
    assert [f.finding_id for f in (await findings(used, state=pb.Finding.STATE_RESOLVED)).findings] == [resolved.finding_id]
    everything, token = [], ""
    while True:
        page = await findings(used, page_size=2, page_token=token)
        everything += [finding.finding_id for finding in page.findings]
        token = page.next_page_token
        if not token:
            break
    assert everything == [finding.finding_id for finding in found]
    assert [f.finding_id for f in (await findings(used, state=pb.Finding.STATE_OPEN)).findings] == everything[1:]


async def test_a_page_token_of_another_list_is_refused(used):
    await used.run(EDIT_A_BALANCE)
    await reconcile(used)
    token = (await findings(used, state=pb.Finding.STATE_OPEN, page_size=1)).next_page_token
    entries_token = (await used.entries("user:1", page_size=1)).next_page_token
    for other in ({"page_token": token}, {"page_token": entries_token}, {"page_token": "nonsense"}, {"state": 7}):
        with pytest.raises(InvalidField):
            await findings(used, **other)


async def test_resolving_a_finding_twice_keeps_the_first_note(used):
    await used.run(EDIT_A_BALANCE)
    finding = (await reconcile(used)).findings[0]
    first = await resolve(used, finding.finding_id, "first")
    assert (first.state, first.note) == (pb.Finding.STATE_RESOLVED, "first")
    assert await resolve(used, finding.finding_id, "second") == first


@pytest.mark.parametrize("finding_id", ["finding_0", "finding_", "finding_x", "1", "finding_01", "finding_٣", "finding_" + "9" * 30])
async def test_a_finding_that_is_not_there_cannot_be_resolved(credit, finding_id):
    with pytest.raises(NotFound):
        await resolve(credit, finding_id)


async def test_a_note_and_a_finding_must_be_named():
    for fields in ({"finding_id": "finding_1"}, {"note": "x"}, {"finding_id": "finding_1", "note": "x" * 1001}):
        with pytest.raises(InvalidField):
            validate(pb.ResolveFindingRequest(**fields))


async def test_a_finding_of_an_erased_person_names_nobody(used):
    await used.run(f"{EDIT_A_BALANCE} WHERE account_key = (SELECT account_key FROM account_keys WHERE account_id = 'user:2')")
    await reconcile(used)
    await used.run("UPDATE accounts SET posted_microcredits = posted_microcredits - 3 WHERE posted_microcredits = 1000000 - 5 + 3")
    await used.teller.erase("2")
    assert {finding.account_id for finding in (await findings(used)).findings} == {""}


async def test_no_finding_quotes_the_id_of_a_turn(used):
    await used.record((await used.hold("user:1", amount=10)).hold, "message-123:0", prompt_tokens=5)
    await used.run("UPDATE usage_records SET cost_microcredits = 99, charged_microcredits = 98")
    await used.run("UPDATE holds SET charged_seq = 0")
    found = (await reconcile(used)).findings
    assert {"usage_was_priced_otherwise", "usage_was_charged_otherwise", "usage_was_not_captured"} <= {finding.kind for finding in found}
    assert all("message-123" not in finding.detail for finding in found)


async def test_costs_of_another_price_list_are_not_computed_again(used):
    await used.record((await used.hold("user:1", amount=10)).hold, prompt_tokens=5)
    await used.run("UPDATE usage_records SET price_version = 'last year', cost_microcredits = 4")
    assert (await reconcile(used)).found == 0
