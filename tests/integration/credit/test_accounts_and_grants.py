"""Accounts, allowances, grants and transfers, on a real database."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.posting import Limits
from services.credit.pricing import PriceList
from services.runtime.errors import InsufficientCredit, InvalidField, LimitReached, NotFound

ALLOWANCE = 1_000_000


def in_an_hour() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


async def test_a_user_account_is_opened_with_the_allowance_when_first_asked_for(credit):
    balance = await credit.balance("user:new")
    assert (balance.account_id, balance.tier) == ("user:new", "free")
    assert balance.posted_microcredits == balance.available_microcredits == ALLOWANCE
    assert (await credit.balance("system:issued")).posted_microcredits == -ALLOWANCE


async def test_the_allowance_is_granted_once_however_many_ask_at_once(make_credit):
    instances = [await make_credit(), await make_credit()]
    firsts = [call("user:new") for _ in range(10) for one in instances for call in (one.balance, one.hold, one.grant)]
    await asyncio.gather(*firsts)
    assert await instances[0].rows("SELECT count(*) FROM grants WHERE source = 'allowance'") == [(1,)]
    balance = await instances[1].balance("user:new")
    assert balance.posted_microcredits == ALLOWANCE + 20 * 100
    assert await instances[0].discrepancies() == []


async def test_a_guild_account_is_opened_empty(credit):
    assert (await credit.balance("guild:1")).posted_microcredits == 0
    with pytest.raises(InsufficientCredit):
        await credit.hold("guild:1", amount=1)


async def test_the_books_know_people_by_a_random_key(credit):
    await credit.hold("user:424242")
    everything = await credit.everything()
    assert [table for table, rows in everything.items() if "424242" in repr(rows)] == ["account_keys"]


async def test_grants_burn_by_priority_then_expiry_then_given_before_paid_then_age(credit):
    account = "guild:1"
    expiry = in_an_hour()
    await credit.grant(account, 10, "correction", priority=1, expire_time=expiry)
    for source, fields in (
        ("purchase", {"priority": 0}),
        ("gift", {"priority": 0}),
        ("promotion", {"priority": 0}),
        ("purchase", {"priority": 0, "expire_time": expiry}),
        ("promotion", {"priority": 0, "expire_time": expiry}),
    ):
        await credit.grant(account, 10, source, **fields)
    order = []
    for _ in range(6):
        await credit.capture((await credit.hold(account, amount=10)).hold, 10)
        order += await credit.rows(
            "SELECT source, expires_at IS NOT NULL FROM grants JOIN entries USING (account_key, grant_seq)"
            " WHERE kind = 'capture' ORDER BY operation_seq DESC LIMIT 1"
        )
    sources = ["promotion", "purchase", "promotion", "purchase", "gift", "correction"]
    assert order == list(zip(sources, [True, True, False, False, False, True], strict=True))


async def test_a_released_hold_returns_credits_to_the_grants_that_gave_them(credit):
    await credit.grant("guild:1", 10, "promotion")
    await credit.grant("guild:1", 10, "purchase")
    placed = await credit.hold("guild:1", amount=15)
    held = "SELECT source, remaining_microcredits, held_microcredits FROM grants ORDER BY grant_seq"
    assert await credit.rows(held) == [("promotion", 10, 10), ("purchase", 10, 5)]
    await credit.release(placed.hold)
    assert await credit.rows(held) == [("promotion", 10, 0), ("purchase", 10, 0)]


async def test_what_a_hold_earmarked_can_be_spent_after_its_grant_expired_and_the_rest_is_breakage(credit):
    await credit.grant("guild:1", 100, "promotion", expire_time=in_an_hour())
    placed = await credit.hold("guild:1", amount=60, ttl_s=7200)
    credit.put_clock_ahead(3700)
    assert (await credit.balance("guild:1")).posted_microcredits == 60  # what was free is gone
    captured = await credit.capture(placed.hold, 25)
    assert captured.charged_microcredits == 25
    assert captured.balance.posted_microcredits == captured.balance.available_microcredits == 0
    assert (await credit.balance("system:breakage")).posted_microcredits == 75
    assert (await credit.balance("system:revenue")).posted_microcredits == 25
    kinds = [entry.kind for entry in (await credit.entries("guild:1")).entries]
    assert sorted(kinds) == ["breakage", "capture", "expiry", "grant"]


async def test_a_grant_that_expires_in_the_past_is_refused(credit):
    with pytest.raises(InvalidField, match="expire_time"):
        await credit.grant(expire_time=datetime(2020, 1, 1, tzinfo=UTC))
    assert await credit.rows("SELECT count(*) FROM accounts") == [(0,)]


async def test_a_transfer_moves_credits_through_transit(credit):
    sent = await credit.transfer(400, "user:1", "user:2", note="for the cake")
    assert sent.balance.account_id == "user:1"
    assert sent.balance.posted_microcredits == ALLOWANCE - 400
    assert (await credit.balance("user:2")).posted_microcredits == ALLOWANCE + 400
    assert (await credit.balance("system:transit")).posted_microcredits == 0
    received = (await credit.entries("user:2")).entries[0]
    assert (received.kind, received.amount_microcredits, received.note) == ("transfer", 400, "for the cake")


async def test_a_gift_keeps_the_expiry_of_the_credits_it_is_made_of(credit):
    await credit.grant("guild:1", 30, "promotion", expire_time=in_an_hour())
    await credit.grant("guild:1", 30, "purchase")
    await credit.transfer(50, "guild:1", "guild:2")
    rows = await credit.rows("SELECT amount_microcredits, expires_at IS NOT NULL FROM grants WHERE source = 'gift' ORDER BY grant_seq")
    assert rows == [(30, True), (20, False)]


async def test_held_credits_cannot_be_sent(credit):
    await credit.hold(amount=ALLOWANCE - 10)
    with pytest.raises(InsufficientCredit):
        await credit.transfer(11)


async def test_transfers_in_both_directions_at_once_do_not_block_each_other(credit):
    await credit.balance("user:1")
    await credit.balance("user:2")
    pairs = [("user:1", "user:2"), ("user:2", "user:1")] * 20
    await asyncio.gather(*(credit.transfer(10, sender, to) for sender, to in pairs))
    assert (await credit.balance("user:1")).posted_microcredits == ALLOWANCE


async def test_an_overdraft_is_used_last_and_repaid_first(make_credit, prices):
    tiers = {"free": {"models": ["small"], "overdraft_microcredits": 50}}
    credit = await make_credit(PriceList.model_validate(prices.model_dump() | {"tiers": tiers}))
    await credit.grant("guild:1", 20)
    assert (await credit.balance("guild:1")).available_microcredits == 70
    captured = await credit.capture((await credit.hold("guild:1", amount=60)).hold, 60)
    assert (captured.balance.posted_microcredits, captured.balance.available_microcredits) == (-40, 10)
    with pytest.raises(InsufficientCredit):
        await credit.hold("guild:1", amount=11)
    granted = await credit.grant("guild:1", 100)
    assert granted.balance.posted_microcredits == 60
    assert granted.grant.remaining_microcredits == 60
    assert await credit.discrepancies() == []


async def test_one_account_may_have_so_many_open_holds_and_grants(make_credit):
    credit = await make_credit(limits=Limits(open_holds_max=2, grants_max=3))
    for _ in range(2):
        await credit.hold(amount=1)
        await credit.grant(amount=1)
    with pytest.raises(LimitReached, match="open holds"):
        await credit.hold(amount=1)
    with pytest.raises(LimitReached, match="grants"):
        await credit.grant(amount=1)


async def test_entries_are_listed_newest_first_in_pages(credit):
    for amount in range(1, 8):
        await credit.capture((await credit.hold(amount=10)).hold, amount)
    seen, token = [], ""
    while True:
        page = await credit.entries(page_size=3, page_token=token)
        seen += [entry.amount_microcredits for entry in page.entries]
        token = page.next_page_token
        if not token:
            break
        assert len(page.entries) == 3
    assert seen == [-7, -6, -5, -4, -3, -2, -1, ALLOWANCE]


async def test_a_page_token_of_another_list_is_refused(credit):
    for account in ("user:1", "user:2"):
        await credit.grant(account)
        await credit.grant(account)
    token = (await credit.entries("user:1", page_size=1)).next_page_token
    for wrong in (token, token[:-1], "nonsense", "AAAA", "é", "=" * 8):
        with pytest.raises(InvalidField, match="page_token"):
            await credit.entries("user:2", page_token=wrong)


async def test_entries_of_an_account_that_never_was_are_not_found(credit):
    with pytest.raises(NotFound, match="account"):
        await credit.entries("user:nobody")


async def test_an_account_that_was_erased_elsewhere_is_not_found_again_by_an_instance_that_remembers_its_key(credit, make_credit):
    other = await make_credit()
    placed = await credit.hold("user:1", amount=100)
    await other.teller.erase("1")
    with pytest.raises(NotFound):
        await credit.capture(placed.hold, 50)
    again = await credit.hold("user:1", amount=100)
    assert again.balance.posted_microcredits == ALLOWANCE
    assert again.hold.hold_id != placed.hold.hold_id
    assert await credit.rows("SELECT count(*) FROM accounts") == [(2,)]


async def test_an_account_that_was_erased_and_opened_by_another_instance_is_found_there(make_credit):
    one, other = await make_credit(), await make_credit()
    await one.hold("user:1", amount=100)
    await other.teller.erase("1")
    await other.hold("user:1", amount=200)
    placed = await one.hold("user:1", amount=300)
    assert placed.balance.held_microcredits == 500
    assert await one.discrepancies() == []


async def test_many_who_remember_an_account_that_was_erased_open_one_new_one(make_credit):
    instances = [await make_credit(), await make_credit()]
    await asyncio.gather(*(one.hold("user:1", amount=1) for one in instances))
    await instances[0].teller.erase("1")
    placed = await asyncio.gather(*(one.hold("user:1", amount=1) for _ in range(30) for one in instances))
    assert len({hold.hold.hold_id for hold in placed}) == 60
    assert (await instances[0].balance("user:1")).held_microcredits == 60
    assert await instances[0].rows("SELECT count(*) FROM accounts") == [(2,)]
    assert await instances[0].discrepancies() == []


@pytest.mark.parametrize("text", ['say "hi"', r"back\slash \x41", "{a,b}", "NULL", "", "a\nb\tc", "'); DROP", "é 猫 🐈", "%s"])
async def test_texts_are_stored_as_they_are(credit, text):
    placed = await credit.hold("user:1", amount=1, request_id=f"id {text}", metadata={"feature": text, "guild_id": text})
    assert (await credit.hold("user:1", amount=1, request_id=f"id {text}", metadata={"feature": text, "guild_id": text})) == placed
    await credit.transfer(1, "user:1", "user:2", note=text)
    assert (await credit.entries("user:2")).entries[0].note == text
    request = pb.GetHoldRequest(account_id="user:1", hold_id=placed.hold.hold_id)
    assert dict((await credit.rpc.GetHold(request, None)).hold.metadata) == {"feature": text, "guild_id": text}
    await credit.record(placed.hold, f"turn {text}", prompt_tokens=1)
    assert await credit.rows("SELECT turn_id, feature, guild_id FROM usage_records") == [(f"turn {text}", text, text)]
