"""Many callers, several instances, one ledger."""

import asyncio
import random

from services.runtime.errors import HoldNotActive, InsufficientCredit

ALLOWANCE = 1_000_000


async def test_many_callers_of_one_account_never_hold_more_than_it_has(make_credit):
    instances = [await make_credit(), await make_credit()]
    attempts = [one.hold("user:1", amount=ALLOWANCE // 10 - 1) for _ in range(20) for one in instances]
    holds = await asyncio.gather(*attempts, return_exceptions=True)
    placed = [hold for hold in holds if not isinstance(hold, BaseException)]
    assert len(placed) == 10
    assert all(isinstance(hold, InsufficientCredit) for hold in holds if isinstance(hold, BaseException))
    assert (await instances[0].balance()).available_microcredits == 10
    assert await instances[0].discrepancies() == []


async def test_a_hold_that_many_try_to_end_has_one_final_state_and_one_charge(make_credit):
    instances = [await make_credit(), await make_credit()]
    placed = await instances[0].hold(amount=300)
    attempts = []
    for number, one in enumerate(instances):
        attempts += [one.capture(placed.hold, 100, f"c{number}-{attempt}") for attempt in range(5)]
        attempts += [one.release(placed.hold, f"r{number}-{attempt}") for attempt in range(5)]
        attempts += [one.record(placed.hold, f"t{number}-{attempt}", prompt_tokens=100) for attempt in range(2)]
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    assert all(isinstance(answer, HoldNotActive) for answer in answers if isinstance(answer, BaseException))
    assert (await instances[0].balance()).posted_microcredits in (ALLOWANCE, ALLOWANCE - 100)
    assert await instances[0].discrepancies() == []


async def test_the_books_balance_after_a_mix_of_everything_at_once(make_credit):
    instances = [await make_credit(), await make_credit()]
    accounts = [f"user:{number}" for number in range(5)]
    dice = random.Random(7)

    async def visitor(number: int) -> None:
        one, mine = instances[number % 2], random.Random(dice.random())
        for step in range(12):
            name = f"{number}-{step}"
            account = mine.choice(accounts)
            try:
                placed = await one.hold(account, mine.randrange(1, ALLOWANCE // 2), f"{name}-hold")
                match mine.randrange(4):
                    case 0:
                        await one.capture(placed.hold, mine.randrange(ALLOWANCE), f"{name}-capture")
                    case 1:
                        await one.release(placed.hold, f"{name}-release")
                    case 2:
                        await one.record(placed.hold, name, prompt_tokens=mine.randrange(1000))
                    case _:
                        others = [other for other in accounts if other != account]
                        await one.transfer(mine.randrange(1, 1000), account, mine.choice(others))
            except InsufficientCredit:
                continue

    await asyncio.gather(*(visitor(number) for number in range(12)))
    assert await instances[0].discrepancies() == []
    balances = [await instances[0].balance(account) for account in accounts]
    assert all(balance.available_microcredits >= 0 for balance in balances)
    revenue = (await instances[0].balance("system:revenue")).posted_microcredits
    assert sum(balance.posted_microcredits for balance in balances) + revenue == len(accounts) * ALLOWANCE


async def test_whoever_is_sent_credits_while_two_instances_open_the_account_gets_them(make_credit):
    instances = [await make_credit(), await make_credit()]
    dice = random.Random(3)

    async def visitor(one, accounts: list[str]) -> None:
        for _ in range(2):
            account, other = dice.sample(accounts, 2)
            await one.hold(account, dice.randrange(1, 100), sponsor_account_id=dice.choice(["", "guild:1"]))
            await one.transfer(1, account, other)

    await instances[0].grant("guild:1", ALLOWANCE)
    await instances[0].set_pool(ALLOWANCE, "guild:1")
    for number in range(12):
        accounts = [f"user:{number}-{letter}" for letter in "abcde"]
        await asyncio.gather(*(visitor(instances[visit % 2], accounts) for visit in range(12)))
        balances = await asyncio.gather(*(instances[0].balance(account) for account in accounts))
        assert sum(balance.posted_microcredits for balance in balances) == len(accounts) * ALLOWANCE
    known = await instances[0].rows("SELECT count(*) FROM pool_members WHERE member_key NOT IN (SELECT account_key FROM account_keys)")
    assert known == [(0,)]
    assert await instances[0].discrepancies() == []
