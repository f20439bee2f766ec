"""What people have, give away and use, told from the books; and what a command that makes no sense is answered."""

import time
from datetime import UTC, datetime

import pytest

from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.notices import WORDS as NOTICES
from services.runtime import errors
from tests.integration.gateway.scripted_faults import START
from tests.integration.gateway.scripted_services import Scripted, ask, scripted_services

Final = gateway_pb2.Final
CREDIT = 1_000_000
ADA = "user:ada"


@pytest.fixture
async def scripted():
    async with scripted_services() as scripted:
        yield scripted


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def grant(source: str, amount: int, left: int, ends: str = "") -> credit_pb2.Grant:
    made = credit_pb2.Grant(source=source, amount_microcredits=amount * CREDIT, remaining_microcredits=left * CREDIT)
    if ends:
        made.expire_time.seconds = at(ends)
    return made


def entry(kind: str, amount: float, operation: str, age_s: float = 60) -> credit_pb2.Entry:
    made = credit_pb2.Entry(kind=kind, amount_microcredits=round(amount * CREDIT), operation_id=operation)
    made.create_time.FromMilliseconds(round((time.time() - age_s) * 1000))
    return made


async def test_credits_say_what_renews_and_what_ends_next(scripted: Scripted):
    scripted.credit.grants[ADA] = [
        grant("allowance", 100, 60, "2030-02-01"),
        grant("gift", 10, 4, "2030-01-20 12:30"),
        grant("gift", 3, 3, "2030-01-20 12:30"),
        grant("purchase", 50, 50),
        grant("promotion", 5, 0, "2030-01-01"),
    ]
    answer = await ask(scripted.assistant, "/credits")
    assert answer.text == (
        "You have 100 credits. 60 of them are left of your allowance of 100, which is renewed on 1 February 2030, 00:00 UTC. "
        "7 of them expire on 20 January 2030, 12:30 UTC."
    )
    assert (answer.final.available_microcredits, answer.final.balance_known, answer.final.private) == (START, True, True)


async def test_the_balance_is_told_though_what_it_is_made_of_cannot_be_learnt(scripted: Scripted):
    scripted.fail("ListGrants", errors.DependencyUnavailable("database"))
    assert (await ask(scripted.assistant, "/credits")).text == "You have 100 credits."


async def test_a_gift_moves_credits_once_and_keeps_what_it_is_for(scripted: Scripted):
    for _ in range(2):
        answer = await ask(scripted.assistant, "/gift <@bob> 2.5 for the cake", message_id="m1")
    assert answer.text == "I gave 2.50 credits of yours to <@bob>: for the cake."
    assert answer.final.outcome == Final.OUTCOME_COMMAND
    (sent,) = scripted.credit.transfers.values()
    assert (sent.request_id, sent.from_account_id, sent.to_account_id) == ("m1:0:gift", ADA, "user:bob")
    assert (sent.amount_microcredits, sent.note) == (2_500_000, "for the cake")
    assert scripted.credit.available["user:bob"] == START + 2_500_000


@pytest.mark.parametrize(
    "said",
    [
        "give <@bob> 5 credits",
        "please give <@bob> 5 credits for the help",
        "can you send <@bob> 5 credits?",
        "transfer 5 credits to <@!bob>",
        "Give <@bob>, 5 credits!",
    ],
)
async def test_a_gift_can_be_asked_for_in_plain_words(scripted: Scripted, said: str):
    assert (await ask(scripted.assistant, said)).text.startswith("I gave 5 credits of yours to <@bob>")
    assert scripted.asked("Transfer")[0].amount_microcredits == 5 * CREDIT


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("/gift", NOTICES["gift_form"]),
        ("/gift Bob 5", NOTICES["person_form"]),
        ("give Bob 5 credits", NOTICES["person_form"]),
        ("/gift <@bob> 1,000", NOTICES["amount_form"]),
        ("/gift <@bob> -1", NOTICES["amount_too_small"]),
        ("/gift <@bob> 0", NOTICES["amount_too_small"]),
        ("/gift <@bob> 5000000", NOTICES["amount_too_large"].format(most="1,000,000")),
        ("/gift <@ada> 5", NOTICES["gift_to_oneself"]),
        ("/gift <@assistant> 5", NOTICES["gift_to_assistant"]),
    ],
)
async def test_a_gift_that_makes_no_sense_is_answered_in_words_and_moves_nothing(scripted: Scripted, said: str, words: str):
    assert (await ask(scripted.assistant, said)).text == words
    assert scripted.asked("Transfer") == []


async def test_the_assistant_itself_is_told_from_others_by_who_is_mentioned(scripted: Scripted):
    both = {"guild_id": "g", "mentions_assistant": True, "mentioned_user_ids": ["222"]}
    answer = await ask(scripted.assistant, "/gift <@111> 5 for <@222>", **both)
    assert (answer.text, scripted.asked("Transfer")) == (NOTICES["gift_to_assistant"], [])
    assert (await ask(scripted.assistant, "/gift <@222> 5", **both)).text.startswith("I gave 5 credits")


async def test_a_gift_to_somebody_who_is_named_as_discord_shows_it_goes_to_who_is_mentioned(scripted: Scripted):
    answer = await ask(scripted.assistant, "give @Bob Smith 5 credits for the cake", mentioned_user_ids=["222"])
    assert answer.text == "I gave 5 credits of yours to <@222>: for the cake."
    assert scripted.asked("Transfer")[0].to_account_id == "user:222"
    unclear = await ask(scripted.assistant, "/gift @Bob 500 5", mentioned_user_ids=["222"])
    assert (unclear.text, len(scripted.asked("Transfer"))) == (NOTICES["person_unclear"], 1)


async def test_more_than_one_has_cannot_be_given(scripted: Scripted):
    scripted.credit.available[ADA] = 3 * CREDIT
    answer = await ask(scripted.assistant, "/gift <@bob> 5")
    assert (answer.text, answer.final.reason) == ("You can't give that much: you have 3 credits of your own to give.", "INSUFFICIENT_CREDIT")
    assert scripted.credit.transfers == {}


@pytest.mark.parametrize("fault", [errors.AccountClosed("closed"), errors.LimitReached("grants", 1000)])
async def test_an_account_that_cannot_take_a_gift_is_said_without_saying_whose(scripted: Scripted, fault: errors.ParlourError):
    scripted.fail("Transfer", fault)
    answer = await ask(scripted.assistant, "/gift <@bob> 5")
    assert (answer.text, answer.final.outcome) == (NOTICES["gift_not_taken"], Final.OUTCOME_REFUSED)


async def test_a_gift_while_credit_is_away_is_refused_and_may_be_repeated(scripted: Scripted):
    scripted.fail("Transfer", errors.DependencyUnavailable("database"))
    assert (await ask(scripted.assistant, "/gift <@bob> 5", message_id="m1")).text == NOTICES["credit_command_unavailable"]
    scripted.heal("Transfer")
    assert (await ask(scripted.assistant, "/gift <@bob> 5", message_id="m1")).text == "I gave 5 credits of yours to <@bob>."


async def test_use_is_summed_from_ones_own_entries_of_that_time(scripted: Scripted):
    hour_s = 3600.0
    scripted.credit.entries[ADA] = [
        entry("capture", -1.5, "o4"),
        entry("capture", -0.5, "o4"),
        entry("transfer", -5, "o3"),
        entry("transfer", 2, "o3b"),
        entry("refund", 0.25, "o3c"),
        entry("grant", 100, "o2"),
        entry("capture", -3, "o1", 30 * hour_s),
        entry("capture", -7, "o0", 40 * 24 * hour_s),
    ]
    scripted.credit.entries["user:bob"] = [entry("capture", -99, "x")]
    day = await ask(scripted.assistant, "/usage")
    assert day.text == "In the last 24 hours you used 1.75 credits for 1 answer. You gave away 5. You were given 2."
    assert day.final.private
    week = await ask(scripted.assistant, "how many credits have I used this week?")
    assert week.text.startswith("In the last 7 days you used 4.75 credits for 2 answers.")
    assert (await ask(scripted.assistant, "/usage year")).text == NOTICES["usage_form"]


async def test_somebody_without_an_account_has_used_nothing(scripted: Scripted):
    answer = await ask(scripted.assistant, "/usage")
    assert answer.text == "In the last 24 hours you used 0 credits for 0 answers."


async def test_use_is_read_page_by_page_and_no_further_than_asked_or_allowed(scripted: Scripted):
    scripted.credit.entries_page = 2
    scripted.credit.entries[ADA] = [entry("capture", -1, f"o{number}", age_s=number * 7200 + 60) for number in range(40)]
    assert "for 12 answers" in (await ask(scripted.assistant, "/usage")).text
    assert len(scripted.asked("ListEntries")) == 7


async def test_use_beyond_what_may_be_read_is_said_to_be_more():
    async with scripted_services(usage_pages_max=2) as scripted:
        scripted.credit.entries_page = 2
        scripted.credit.entries[ADA] = [entry("capture", -1, f"o{number}") for number in range(40)]
        assert "at least 4 credits for 4 answers" in (await ask(scripted.assistant, "/usage month")).text


MODERATOR = {"guild_id": "g", "may_moderate": True}


async def test_moderators_see_what_their_guild_used_and_no_others(scripted: Scripted):
    scripted.credit_admin.rows = [
        credit_pb2.UsageRow(group={"model": "small", "feature": "reply"}, turns=3, charged_microcredits=CREDIT),
        credit_pb2.UsageRow(group={"model": "large", "feature": "reply"}, turns=1200, charged_microcredits=90 * CREDIT),
    ]
    answer = await ask(scripted.assistant, "/usage server week", **MODERATOR)
    assert answer.text.splitlines() == [
        "In the last 7 days people here used 91 credits for 1,203 answers:",
        "- reply with large: 90 credits, 1,200 answers",
        "- reply with small: 1 credits, 3 answers",
    ]
    assert answer.final.private
    (asked,) = scripted.asked("ReportUsage")
    assert (asked.guild_id, list(asked.group_by)) == ("g", ["model", "feature"])
    assert abs(getattr(asked, "from").seconds - (time.time() - 7 * 86_400)) < 60


async def test_a_report_is_made_once_in_a_while(scripted: Scripted):
    first = await ask(scripted.assistant, "/usage server", **MODERATOR)
    scripted.credit_admin.rows = [credit_pb2.UsageRow(group={"model": "small", "feature": ""}, turns=3, charged_microcredits=CREDIT)]
    assert (await ask(scripted.assistant, "/usage server", **MODERATOR)).text == first.text == "In the last 24 hours nobody here used any credits."
    assert "other with small" in (await ask(scripted.assistant, "/usage server", guild_id="elsewhere", may_moderate=True)).text
    assert len(scripted.asked("ReportUsage")) == 2


@pytest.mark.parametrize(("fields", "words"), [({"guild_id": "g"}, "only_moderators"), ({"may_moderate": True}, "only_in_a_server")])
async def test_what_a_guild_used_is_told_to_its_moderators_alone(scripted: Scripted, fields: dict[str, object], words: str):
    answer = await ask(scripted.assistant, "/usage server", **fields)
    assert (answer.text, answer.final.reason, answer.final.private) == (NOTICES[words], "PERMISSION_REFUSED", True)
    assert scripted.asked("ReportUsage") == []
