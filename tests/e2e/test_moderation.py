"""What moderators decide and what people do with their credits, through all four processes: what is said is so, in the books and afterwards."""

import re
import uuid

import grpc
import pytest

from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from parlour.gateway.v1 import gateway_pb2
from tests.running_stack import Person, RunningStack, eventually

Final = gateway_pb2.Final
CREDIT = 1_000_000


class Member(Person):
    """A member of a guild; `may_moderate`: one who manages it."""

    def __init__(self, channel: grpc.aio.Channel, guild_id: str, *, may_moderate: bool = False) -> None:
        super().__init__(channel, guild_id=guild_id)
        self.may_moderate = may_moderate

    def message(self, text: str, message_id: str | None = None) -> gateway_pb2.IncomingMessage:
        message = super().message(text, message_id)
        message.may_moderate = self.may_moderate
        message.mentioned_user_ids.extend(re.findall(r"<@!?(\w+)>", text))
        return message

    async def told(self, text: str) -> str:
        """Say something and return the text of the answer."""
        return (await self.ask(text)).final.text


@pytest.fixture
def guild_id() -> str:
    return uuid.uuid4().hex[:16]


@pytest.fixture
def moderator(gateway: grpc.aio.Channel, guild_id: str) -> Member:
    return Member(gateway, guild_id, may_moderate=True)


@pytest.fixture
def member(gateway: grpc.aio.Channel, guild_id: str) -> Member:
    return Member(gateway, guild_id)


async def granted(stack: RunningStack, account_id: str, amount: int) -> None:
    """Give an account credits, as operators do."""
    async with grpc.aio.insecure_channel(stack.address("credit")) as channel:
        stub = credit_pb2_grpc.CreditAdminServiceStub(channel)
        request = credit_pb2.CreateGrantRequest(
            request_id=uuid.uuid4().hex, account_id=account_id, amount_microcredits=amount * CREDIT, source="promotion"
        )
        await stub.CreateGrant(request, timeout=5)


async def reported(stack: RunningStack, guild_id: str) -> list[credit_pb2.UsageRow]:
    """What credit knows of a guild's use."""
    async with grpc.aio.insecure_channel(stack.address("credit")) as channel:
        report = credit_pb2_grpc.CreditAdminServiceStub(channel).ReportUsage
        return list((await report(credit_pb2.ReportUsageRequest(guild_id=guild_id), timeout=5)).rows)


async def test_a_gift_arrives_and_is_told_in_the_use_of_both(member, moderator):
    assert (await member.told("/credits")).startswith("You have 100 credits.")
    assert await member.told(f"give <@{moderator.user_id}> 2.5 credits for the cake") == (
        f"I gave 2.50 credits of yours to <@{moderator.user_id}>: for the cake."
    )
    assert (await member.told("/credits")).startswith("You have 97.50 credits.")
    assert (await moderator.told("/credits")).startswith("You have 102.50 credits.")
    assert "You gave away 2.50." in await member.told("/usage")
    assert "You were given 2.50." in await moderator.told("/usage")
    assert (await member.told(f"/gift <@{moderator.user_id}> 98")).startswith("You can't give that much: you have 97.50 credits")


async def test_a_setting_is_stored_and_whom_a_guild_ignores_is_not_answered_until_it_is_taken_back(model, member, moderator):
    assert await moderator.told("/settings set rules Be kind to dragons") == "Done: rules is Be kind to dragons now."
    assert "**rules**: Be kind to dragons (default: none)" in await member.told("/settings")
    assert (await member.ask("hello")).final.outcome == Final.OUTCOME_ANSWERED
    assert "Be kind to dragons" in (await model.request()).prompt
    assert f"<@{member.user_id}>" in await moderator.told(f"/ignore <@{member.user_id}>")
    assert (await member.ask("hello again")).events[-1].ignored.reason == "ignored"
    await moderator.told(f"/allow <@{member.user_id}>")
    assert (await member.ask("hello once more")).final.outcome == Final.OUTCOME_ANSWERED


async def test_a_pool_pays_for_members_and_is_granted_from_and_never_more_than_it_has(stack, model, member, moderator, guild_id):
    await granted(stack, f"guild:{guild_id}", 10)
    assert "It pays for nobody." in await moderator.told("/pool")
    assert "up to 2 credits a day" in await moderator.told("/pool 2")
    answer = (await member.ask("hello")).final
    assert (answer.outcome, answer.balance_known) == (Final.OUTCOME_ANSWERED, False)
    assert answer.charged_microcredits > 0
    assert (await member.told("/credits")).startswith("You have 100 credits.")
    assert (await moderator.told(f"/grant <@{member.user_id}> 5 30")).endswith("They last 30 days.")
    told = await member.told("/credits")
    assert told.startswith("You have 105 credits.")
    assert "5 of them expire on " in told
    assert (await moderator.told(f"/grant <@{member.user_id}> 40")).startswith("This server's pool doesn't have that much: ")
    assert (await member.told("/pool")) == "Only people who manage this server can do that."


async def test_what_a_guild_used_is_reported_to_its_moderators(stack, model, member, moderator, guild_id):
    await member.ask("hello")

    async def recorded() -> bool:
        return bool(await reported(stack, guild_id))

    await eventually(recorded, "the turn is recorded")
    told = await moderator.told("/usage server")
    assert "- reply with scripted:" in told


async def test_a_persons_voice_is_set_shown_and_reset(model, member):
    assert (
        await member.told("set your formality to very formal")
        == 'From now on my formality with you is very formal. "/personality undo" takes it back.'
    )
    assert "- formality: +2, very formal (yours)" in await member.told("/personality")
    await member.ask("hello")
    assert "Write very formally." in (await model.request()).prompt
    assert (await member.told("/personality reset")).startswith("I talk to you as to everybody here again.")
    assert "very formal" not in await member.told("/personality")
    assert (await member.told("/personality set language pt_BR")).startswith("Give the language as its code")


async def test_what_works_is_told_in_words(member):
    told = await member.told("/status")
    assert told.startswith("These work: credits, memories, answers")


async def test_an_empty_quarantine_is_told(moderator):
    assert await moderator.told("/quarantine") == "There is nothing in quarantine here."
