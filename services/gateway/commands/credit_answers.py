"""Commands about a person's own credits, carried out: what they have, giving some away, and what they used them for."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import Counter

from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from services.credit.client import CreditClient
from services.gateway import events, notices, requests
from services.gateway.commands import arguments
from services.gateway.commands.arguments import Look, Span, Unclear
from services.gateway.commands.finals import Handler, is_personal, is_typed, quotable, said
from services.gateway.commands.moderators import refusal
from services.gateway.commands.named_people import ASSISTANT, with_ids
from services.gateway.commands.parsing import Kind
from services.gateway.events import Final
from services.gateway.settings import GatewaySettings
from services.runtime import failures
from services.runtime.bounded_map import BoundedMap
from services.runtime.errors import AccountClosed, InsufficientCredit, LimitReached, NotFound, ParlourError

GIVEN = Counter("parlour_gateway_given_microcredits_total", "What was given away by commands, repetitions included", ["source"])
_ALLOWANCE = "allowance"
_ENTRIES_PAGE = 500
_ROWS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Spent:
    """What the entries of an account in a stretch of time come to, in microcredits. `whole`: there were no more than could be read."""

    answers: int = 0
    used: int = 0
    sent: int = 0
    received: int = 0
    whole: bool = True


class CreditAnswers:
    """Every method raises ParlourError, which is said in plain words by whoever calls."""

    away = "credit_command_unavailable"

    def __init__(self, credit: CreditClient, settings: GatewaySettings, wall_clock: Callable[[], float] = time.time) -> None:
        self._credit = credit
        self._settings = settings
        self._now_s = wall_clock
        # A report sums what all guilds used, so that a moderator who is curious must not have it made again and again.
        self._reports: BoundedMap[tuple[str, Span], tuple[float, str]] = BoundedMap("gateway_usage_reports", ttl_s=settings.usage_report_s)

    def handlers(self) -> Mapping[Kind, Handler]:
        """Who carries out which kind of command."""
        return {Kind.CREDITS: self.credits, Kind.GIFT: self.gift, Kind.USAGE: self.usage}

    async def credits(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Say what a person has: available, set aside, tier, allowance, and what expires next."""
        account_id = requests.account_of(message.user_id)
        balance, grants = await asyncio.gather(self._balance(account_id), self._grants(account_id))
        final = said(message, credits_words(balance, grants), private=is_personal(message))
        final.balance_known, final.available_microcredits = True, balance.available_microcredits
        return final

    async def gift(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Give a person's credits to another one."""
        try:
            gift = arguments.gift(with_ids(text, message.mentioned_user_ids, self._settings.assistant_name))
        except Unclear as unclear:
            return said(message, notices.words(unclear.key, **unclear.values))
        if gift.user_id == message.user_id:
            return said(message, notices.words("gift_to_oneself"))
        if gift.user_id == ASSISTANT:
            return said(message, notices.words("gift_to_assistant"))
        request = credit_pb2.TransferRequest(
            request_id=f"{requests.turn_id_of(message)}:gift",
            from_account_id=requests.account_of(message.user_id),
            to_account_id=requests.account_of(gift.user_id),
            amount_microcredits=gift.microcredits,
            note=gift.note,
        )
        try:
            await self._credit.transfer(request, timeout_s=self._settings.command_s)
        except InsufficientCredit as error:
            return _refused(message, error, "gift_insufficient", available=notices.credits_text(error.available_microcredits))
        except (LimitReached, AccountClosed) as error:
            # One's own closed account cannot ask: what is said of the other's holds for both.
            return _refused(message, error, "gift_not_taken")
        GIVEN.labels("person").inc(gift.microcredits)
        key = "gift_done_note" if gift.note else "gift_done"
        words = notices.words(key, amount=notices.credits_text(gift.microcredits), person=f"<@{gift.user_id}>", note=quotable(gift.note))
        return said(message, words)

    async def usage(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Say what a person used, or, to who may moderate, what their guild did."""
        try:
            look = arguments.look(text)
        except Unclear as unclear:
            return said(message, notices.words(unclear.key, **unclear.values), private=is_typed(message))
        if look.of_guild:
            return refusal(message) or said(message, await self._guild_usage(message.guild_id, look), private=True)
        since_s = self._now_s() - look.span.hours * 3600
        spent = await self._spent(requests.account_of(message.user_id), since_s)
        return said(message, usage_words(spent, look.span), private=is_personal(message))

    async def _balance(self, account_id: str) -> credit_pb2.Balance:
        request = credit_pb2.GetBalanceRequest(account_id=account_id)
        return (await self._credit.get_balance(request, timeout_s=self._settings.command_s)).balance

    async def _grants(self, account_id: str) -> Sequence[credit_pb2.Grant]:
        """What the balance is made of; nothing where that cannot be learnt: the balance is worth telling without it."""
        try:
            return (await self._credit.list_grants(credit_pb2.ListGrantsRequest(account_id=account_id), timeout_s=self._settings.command_s)).grants
        except ParlourError as error:
            failures.ended(error, failures.Place.COMMAND, "a balance is told without its grants")
            return ()

    async def _spent(self, account_id: str, since_s: float) -> Spent:
        entries: list[credit_pb2.Entry] = []
        token = ""
        for _ in range(self._settings.usage_pages_max):
            request = credit_pb2.ListEntriesRequest(account_id=account_id, page_size=_ENTRIES_PAGE, page_token=token)
            try:
                page = await self._credit.list_entries(request, timeout_s=self._settings.command_s)
            except NotFound:  # somebody who has used nothing yet has no account
                return sum_entries(())
            recent = [entry for entry in page.entries if _seconds(entry.create_time) >= since_s]
            entries += recent
            token = page.next_page_token
            if not token or len(recent) < len(page.entries):
                return sum_entries(entries)
        return sum_entries(entries, whole=False)

    async def _guild_usage(self, guild_id: str, look: Look) -> str:
        kept = self._reports.get((guild_id, look.span))
        now_s = self._now_s()
        if kept is not None and kept[0] > now_s - self._settings.usage_report_s:
            return kept[1]
        request = credit_pb2.ReportUsageRequest(group_by=["model", "feature"], guild_id=guild_id)
        # `from` is a word of Python's.
        getattr(request, "from").FromMilliseconds(int((now_s - look.span.hours * 3600) * 1000))
        rows = (await self._credit.report_usage(request, timeout_s=self._settings.command_s)).rows
        words = guild_usage_words(rows, look.span)
        self._reports.put((guild_id, look.span), (now_s, words))
        return words


def credits_words(balance: credit_pb2.Balance, grants: Sequence[credit_pb2.Grant]) -> str:
    """Say what an account has, in a sentence for each thing there is to say."""
    available = notices.credits_text(balance.available_microcredits)
    parts = [notices.words("credits_held" if balance.held_microcredits else "credits", available=available, held=_held(balance))]
    if balance.state == credit_pb2.Balance.STATE_FROZEN:
        parts.append(notices.words("credits_frozen"))
    if balance.tier:
        parts.append(notices.words("credits_tier", tier=balance.tier))
    allowance = next((grant for grant in grants if grant.source == _ALLOWANCE and grant.HasField("expire_time")), None)
    if allowance is not None:
        parts.append(
            notices.words(
                "credits_allowance",
                amount=notices.credits_text(allowance.amount_microcredits),
                left=notices.credits_text(allowance.remaining_microcredits),
                when=time_words(allowance.expire_time),
            )
        )
    expiring = [grant for grant in grants if grant.HasField("expire_time") and grant.remaining_microcredits and grant is not allowance]
    if expiring:
        next_time = min(expiring, key=lambda grant: _seconds(grant.expire_time)).expire_time
        amount = sum(grant.remaining_microcredits for grant in expiring if grant.expire_time == next_time)
        parts.append(notices.words("credits_expiring", amount=notices.credits_text(amount), when=time_words(next_time)))
    return " ".join(parts)


def sum_entries(entries: Sequence[credit_pb2.Entry], *, whole: bool = True) -> Spent:
    """Sum an account's entries. An operation has an entry for each grant that it touched, so that answers are counted by operation."""
    captures = [entry for entry in entries if entry.kind == "capture"]
    refunded = sum(entry.amount_microcredits for entry in entries if entry.kind == "refund")
    moved = [entry.amount_microcredits for entry in entries if entry.kind == "transfer"]
    return Spent(
        answers=len({entry.operation_id for entry in captures}),
        used=max(0, -sum(entry.amount_microcredits for entry in captures) - refunded),
        sent=-sum(amount for amount in moved if amount < 0),
        received=sum(amount for amount in moved if amount > 0),
        whole=whole,
    )


def usage_words(spent: Spent, span: Span) -> str:
    """Say what a person used."""
    key = "usage" if spent.whole else "usage_at_least"
    answers = "1 answer" if spent.answers == 1 else f"{spent.answers:,} answers"
    parts = [notices.words(key, span=notices.words(f"span_{span}"), used=notices.credits_text(spent.used), answers=answers)]
    if spent.sent:
        parts.append(notices.words("usage_sent", amount=notices.credits_text(spent.sent)))
    if spent.received:
        parts.append(notices.words("usage_received", amount=notices.credits_text(spent.received)))
    return " ".join(parts)


def guild_usage_words(rows: Sequence[credit_pb2.UsageRow], span: Span) -> str:
    """Say what a guild's members used: in all, and for what and by which model, the dearest first."""
    when = notices.words(f"span_{span}")
    if not rows:
        return notices.words("guild_usage_none", span=when)
    charged, turns = sum(row.charged_microcredits for row in rows), sum(row.turns for row in rows)
    lines = [notices.words("guild_usage", span=when, charged=notices.credits_text(charged), turns=f"{turns:,}")]
    dearest = sorted(rows, key=lambda row: -row.charged_microcredits)
    lines += [
        notices.words(
            "guild_usage_row",
            feature=row.group["feature"] or "other",
            model=row.group["model"],
            charged=notices.credits_text(row.charged_microcredits),
            turns=f"{row.turns:,}",
        )
        for row in dearest[:_ROWS_SHOWN]
    ]
    if len(dearest) > _ROWS_SHOWN:
        lines.append(notices.words("guild_usage_more", more=len(dearest) - _ROWS_SHOWN))
    return "\n".join(lines)


def time_words(at: Timestamp) -> str:
    """Write a time for people everywhere: in UTC, to the minute."""
    when = datetime.fromtimestamp(_seconds(at), UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def _held(balance: credit_pb2.Balance) -> str:
    return notices.credits_text(balance.held_microcredits)


def _refused(message: gateway_pb2.IncomingMessage, error: ParlourError, key: str, **values: object) -> Final:
    return events.refused(requests.turn_id_of(message), notices.words(key, **values), error.reason)


def _seconds(at: Timestamp) -> float:
    return at.ToMilliseconds() / 1000
