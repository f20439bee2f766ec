"""Reports of usage, compared with sums over what was recorded."""

import random
from collections import defaultdict

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.admin_servicer import CreditAdminServicer
from services.credit.auditor import Auditor
from services.credit.erasure import Erasure
from services.runtime.errors import InvalidField, LimitReached

GROUPS = ("guild", "user", "tier", "model", "feature", "payer", "day")
DAY_S = 86_400
PRICES = {"small": (1, 2), "large": (10, 20)}


async def report(credit, *group_by: str, **times: int) -> list[pb.UsageRow]:
    request = pb.ReportUsageRequest(group_by=group_by)
    for field, seconds in times.items():
        getattr(request, field.rstrip("_")).CopyFrom(Timestamp(seconds=seconds))
    return list((await credit.admin.ReportUsage(request, None)).rows)


def sums(rows: list[pb.UsageRow]) -> dict[tuple[str, ...], tuple[int, ...]]:
    return {
        tuple(row.group[name] for name in GROUPS if name in row.group): (
            *(row.turns, row.prompt_tokens, row.completion_tokens, row.charged_microcredits, row.cached_prompt_tokens, row.images),
            row.cost_microcredits,
        )
        for row in rows
    }


@pytest.fixture
async def month(credit):
    """Sixty turns of three people in two guilds over three days, with what they must sum to."""
    credit.put_clock_ahead(-3 * DAY_S)
    dice, turns = random.Random(7), []
    for number in range(60):
        if number % 20 == 19:
            credit.put_clock_ahead(DAY_S)
        day = str(
            (await credit.rows(f"SELECT to_char((clock_timestamp() + '{credit.ahead.total_seconds()} s') AT TIME ZONE 'UTC', 'YYYY-MM-DD')"))[0][0]
        )
        user, guild, model = f"user:{dice.randrange(3)}", dice.choice(["g1", "g2", ""]), dice.choice(["small", "large"])
        prompt, completion, feature = dice.randrange(1, 200), dice.randrange(100), dice.choice(["reply", "summary"])
        hold = (await credit.hold(user, amount=3_000, metadata={"guild_id": guild, "feature": feature})).hold
        await credit.record(hold, f"turn-{number}", model=model, prompt_tokens=prompt, completion_tokens=completion)
        cost = prompt * PRICES[model][0] + completion * PRICES[model][1]
        key = {"guild": guild, "user": user, "tier": "free", "model": model, "feature": feature, "payer": "person", "day": day}
        turns.append((key, (1, prompt, completion, min(cost, 3_000), 0, 0, cost)))
    return turns


def expected(turns, *group_by: str) -> dict[tuple[str, ...], tuple[int, ...]]:
    totals: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * 7)
    for key, numbers in turns:
        total = totals[tuple(key[name] for name in GROUPS if name in group_by)]
        for place, number in enumerate(numbers):
            total[place] += number
    return {key: tuple(total) for key, total in totals.items()}


async def test_every_grouping_sums_to_what_was_recorded(credit, month):
    for group_by in [(), *((group,) for group in GROUPS), ("guild", "model", "day"), GROUPS]:
        rows = await report(credit, *group_by)
        assert sums(rows) == expected(month, *group_by)
        shown = [tuple(row.group[name] for name in group_by) for row in rows]
        assert shown == sorted(shown)


async def test_the_report_of_a_guild_holds_nothing_of_others(credit, month):
    request = pb.ReportUsageRequest(group_by=["model", "feature"], guild_id="g1")
    assert sums(list((await credit.admin.ReportUsage(request, None)).rows)) == expected(
        [turn for turn in month if turn[0]["guild"] == "g1"], "model", "feature"
    )
    request.guild_id = "elsewhere"
    assert not (await credit.admin.ReportUsage(request, None)).rows


async def test_a_range_takes_its_beginning_and_leaves_its_end(credit, month):
    times = await credit.rows("SELECT extract(epoch FROM date_trunc('second', created_at))::bigint FROM usage_records ORDER BY created_at")
    first, last = times[0][0], times[-1][0] + 1
    assert sums(await report(credit, from_=first, to=last)) == expected(month)
    days = sorted({key["day"] for key, _ in month})
    midnight = int((await credit.rows(f"SELECT extract(epoch FROM timestamptz '{days[1]} 00:00+00')::bigint"))[0][0])
    early, late = await report(credit, to=midnight), await report(credit, from_=midnight)
    assert sums(early) == expected([turn for turn in month if turn[0]["day"] < days[1]])
    assert sums(late) == expected([turn for turn in month if turn[0]["day"] >= days[1]])
    assert await report(credit, to=first) == []


async def test_what_a_pool_paid_is_its_members_use(credit):
    await credit.grant("guild:7", 10_000)
    await credit.admin.SetPool(pb.SetPoolRequest(request_id="pool", account_id="guild:7", member_daily_microcredits=5_000), None)
    placed = await credit.hold("user:1", amount=1_000, sponsor_account_id="guild:7")
    assert placed.hold.account_id == "guild:7"
    await credit.record(placed.hold, prompt_tokens=50)
    (row,) = await report(credit, "user", "payer")
    assert (row.group["user"], row.group["payer"], row.charged_microcredits) == ("user:1", "pool", 50)


async def test_the_use_of_erased_people_is_shown_as_of_nobody(credit):
    for user in ("1", "2", "3"):
        await credit.record((await credit.hold(f"user:{user}", amount=1_000)).hold, f"turn-{user}", prompt_tokens=10)
    await credit.teller.erase("1")
    await credit.teller.erase("2")
    rows = await report(credit, "user")
    assert [(row.group["user"], row.turns, row.charged_microcredits) for row in rows] == [("erased", 2, 20), ("user:3", 1, 10)]


@pytest.mark.parametrize(
    ("group_by", "times", "field"),
    [
        (["planet"], {}, "group_by"),
        (["guild", "guild"], {}, "group_by"),
        ([""], {}, "group_by"),
        ([], {"from_": 10, "to": 10}, "from"),
        ([], {"from_": 11, "to": 10}, "from"),
    ],
)
async def test_what_cannot_be_reported_is_refused_by_field(credit, group_by, times, field):
    with pytest.raises(InvalidField) as refused:
        await report(credit, *group_by, **times)
    assert refused.value.field == field


async def test_a_report_of_too_many_rows_is_refused_and_not_cut(credit, month):
    credit.admin = CreditAdminServicer(
        credit.teller, Auditor(credit.database, credit.prices, report_rows_max=3), Erasure(credit.database, credit.teller)
    )
    assert len(await report(credit, "user")) == 3
    with pytest.raises(LimitReached):
        await report(credit, "user", "model")
