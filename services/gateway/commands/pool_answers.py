"""Commands of moderators about their guild's credits, carried out: what the pool pays for members, and giving some of it to one of them.

A grant moves credits out of the pool; it never makes any. Whoever opens a guild moderates it, so that moderators who could make credits would be
everybody. What is in a pool was put there by the operators, or sent by somebody who had it. Even so a pool is meant for use in its guild, and what
is given away leaves it for good: operators decide whether moderators may do that at all, and how much at once (`pool_grant_max_credits`).
"""

import time
from collections.abc import Callable, Mapping

from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from services.credit.client import CreditClient
from services.gateway import events, notices, requests
from services.gateway.commands import arguments
from services.gateway.commands.arguments import MICROCREDITS, Unclear
from services.gateway.commands.credit_answers import GIVEN
from services.gateway.commands.finals import Handler, said
from services.gateway.commands.moderators import refusal
from services.gateway.commands.named_people import ASSISTANT, with_ids
from services.gateway.commands.parsing import Kind
from services.gateway.events import Final
from services.gateway.settings import GatewaySettings
from services.runtime.errors import AccountClosed, InsufficientCredit, LimitReached, PermissionRefused

_DAY_S = 86_400
_NOBODY = frozenset({"off", "none", "0"})


class PoolAnswers:
    """Every method raises ParlourError, which is said in plain words by whoever calls."""

    away = "credit_command_unavailable"

    def __init__(self, credit: CreditClient, settings: GatewaySettings, wall_clock: Callable[[], float] = time.time) -> None:
        self._credit = credit
        self._settings = settings
        self._now_s = wall_clock

    def handlers(self) -> Mapping[Kind, Handler]:
        """Who carries out which kind of command."""
        return {Kind.POOL: self.pool, Kind.GRANT: self.grant}

    async def pool(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Show what is in the pool and whom it pays for, or change how much it pays a day for each member."""
        if refused := refusal(message):
            return refused
        words = text.lower().split()
        if not words or words == ["show"]:
            request = credit_pb2.GetBalanceRequest(account_id=requests.pool_of(message.guild_id))
            balance = (await self._credit.get_balance(request, timeout_s=self._settings.command_s)).balance
            return said(message, self._pool_words(balance), private=True)
        try:
            daily = _daily(words)
        except Unclear as unclear:
            return said(message, notices.words(unclear.key, **unclear.values), private=True)
        change = credit_pb2.SetPoolRequest(
            request_id=f"{requests.turn_id_of(message)}:pool", account_id=requests.pool_of(message.guild_id), member_daily_microcredits=daily
        )
        balance = (await self._credit.set_pool(change, timeout_s=self._settings.command_s)).balance
        return said(message, self._pool_words(balance), private=True)

    async def grant(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Give some of the pool's credits to somebody for good."""
        if refused := refusal(message):
            return refused
        most = self._settings.pool_grant_max_credits * MICROCREDITS
        if not most:
            return _refused(message, PermissionRefused.reason, "grants_off")
        try:
            given = arguments.pool_grant(with_ids(text, message.mentioned_user_ids, self._settings.assistant_name))
        except Unclear as unclear:
            return said(message, notices.words(unclear.key, **unclear.values), private=True)
        if given.microcredits > most:
            return said(message, notices.words("amount_too_large", most=notices.credits_text(most)), private=True)
        if given.user_id == ASSISTANT:
            return said(message, notices.words("gift_to_assistant"), private=True)
        try:
            await self._credit.transfer(self._transfer(message, given), timeout_s=self._settings.command_s)
        except InsufficientCredit as error:
            return _refused(message, error.reason, "grant_insufficient", available=notices.credits_text(error.available_microcredits))
        except (LimitReached, AccountClosed) as error:
            return _refused(message, error.reason, "gift_not_taken")
        GIVEN.labels("pool").inc(given.microcredits)
        values = {"amount": notices.credits_text(given.microcredits), "person": f"<@{given.user_id}>", "days": given.days}
        return said(message, notices.words("grant_done_days" if given.days else "grant_done", **values), private=True)

    def _transfer(self, message: gateway_pb2.IncomingMessage, given: arguments.PoolGrant) -> credit_pb2.TransferRequest:
        request = credit_pb2.TransferRequest(
            request_id=f"{requests.turn_id_of(message)}:grant",
            from_account_id=requests.pool_of(message.guild_id),
            to_account_id=requests.account_of(given.user_id),
            amount_microcredits=given.microcredits,
        )
        if given.days:
            # From when the message was written: a repetition must be the same request.
            written_s = message.create_time.seconds if message.HasField("create_time") else int(self._now_s())
            request.expire_time.seconds = written_s + given.days * _DAY_S
        return request

    def _pool_words(self, balance: credit_pb2.Balance) -> str:
        parts = [notices.words("pool", available=notices.credits_text(balance.available_microcredits))]
        daily = balance.member_daily_microcredits
        parts.append(notices.words("pool_pays", daily=notices.credits_text(daily)) if daily else notices.words("pool_pays_nobody"))
        if daily and not self._settings.pools:
            parts.append(notices.words("pools_off"))
        return " ".join(parts)


def _daily(words: list[str]) -> int:
    """Read "[set] <credits a day for each member>", or "off". Raises Unclear."""
    left = [word for word in words if word not in ("set", "credits", "credit")]
    if len(left) != 1:
        raise Unclear("pool_form")
    return 0 if left[0] in _NOBODY else arguments.amount(left[0])


def _refused(message: gateway_pb2.IncomingMessage, reason: str, key: str, **values: object) -> Final:
    final = events.refused(requests.turn_id_of(message), notices.words(key, **values), reason)
    final.private = True
    return final
