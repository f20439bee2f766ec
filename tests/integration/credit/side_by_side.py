"""The service beside a model of it: how both are asked, and how the books are compared after each step."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from parlour.credit.v1 import credit_pb2 as pb
from services.credit.posting import Limits
from services.credit.servicer import CreditServicer
from services.runtime.errors import ParlourError
from tests.integration.credit.lease_model import LeaseModel
from tests.integration.credit.ledger_model import FOREVER, Refused

ALLOWANCE = 1_000_000
TIERS: dict[str, dict[str, Any]] = {
    "free": {"models": ("large", "small"), "allowance": ALLOWANCE, "grace_s": 600},
    "strict": {"policy": "strict", "grace_s": 600},
    "extend": {"policy": "extend", "overdraft": 50, "grace_s": 600},
    "daily": {"allowance": 100, "period": "day", "grace_s": 600},
    "daily_more": {"allowance": 250, "period": "day", "grace_s": 600},
    "paced": {"per_minute": 2, "per_day": 3, "grace_s": 600},
}
MODEL_PRICES = {"small": (1, 2), "large": (10, 20)}
LEASES_MAX = 300, 500
LIMITS = Limits(4, 5, *LEASES_MAX)


def written(answer: Message) -> bytes:
    return answer.SerializeToString(deterministic=True)


def words(refused: ParlourError) -> tuple[Any, ...]:
    return type(refused), refused.message, sorted(refused.metadata.items()), refused.retry_after_s


CHANCES: list[str] = []
HAPPENINGS: dict[str, tuple[str, dict[str, st.SearchStrategy[Any]]]] = {}


def happens[F: Callable[..., None]](times: int, needs: str = "", **drawn: st.SearchStrategy[Any]) -> Callable[[F], F]:
    """Mark what can happen, with its weight, what there must be for it, and what is drawn. Rules of hypothesis have no weights."""

    def mark(what: F) -> F:
        CHANCES.extend([what.__name__] * times)
        HAPPENINGS[what.__name__] = needs, drawn
        return what

    return mark


class SideBySide(RuleBasedStateMachine):
    """Two instances of the service and the model, at the same time of the same day, which moves by whole minutes."""

    open_empty: Callable[[Limits, int], list[Any]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.services = self.runner.run(self._open())
        self.model = LeaseModel(TIERS, MODEL_PRICES, LIMITS.open_holds_max, LIMITS.grants_max, lease_max=LEASES_MAX[0], leases_max=LEASES_MAX[1])
        now = datetime.now(UTC)
        self.noon = (now + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
        self.holds: list[dict[str, Any]] = []
        self.grants: list[tuple[str, dict[str, Any]]] = []
        self.kept: list[tuple[str, Message, bytes | tuple[Any, ...]]] = []
        self.on_their_way: list[tuple[dict[str, Any], dict[str, Any], list[tuple[int, int]]]] = []
        self.steps = 0
        self.worked = timedelta(0)
        self.numbers = 0
        self.reasons: set[str] = set()

    async def _open(self) -> list[Any]:
        return type(self).open_empty(LIMITS, 2)

    def teardown(self) -> None:
        async def close() -> None:
            for service in self.services:
                await service.teller.drain()
                await service.database.close()

        try:
            self.check_books()
        finally:
            self.runner.run(close())
        self.runner.close()

    # How to ask

    def number(self, what: str) -> str:
        self.numbers += 1
        return f"{what}-{self.numbers}"

    def run[T](self, work: Callable[[Any], Awaitable[T]]) -> T:
        """Have one of the instances do something. They take turns; their clocks show the model's time, and the little that such work has taken."""
        self.steps += 1
        service = self.services[self.steps % 2]
        service.ahead, began = timedelta(0), datetime.now(UTC)
        service.put_clock_ahead((self.noon + timedelta(seconds=self.model.now) + self.worked - began).total_seconds())
        try:
            return self.runner.run(work(service))
        finally:
            self.worked += datetime.now(UTC) - began + timedelta(milliseconds=1)
            assert self.worked < timedelta(seconds=25), "times that the model takes for different would be the same to the service"

    def call(self, method: str, request: Message) -> Message | ParlourError:
        try:
            return self.run(lambda service: getattr(service.rpc if method in vars(CreditServicer) else service.admin, method)(request, None))
        except ParlourError as refused:
            self.reasons.add(refused.reason)
            return refused

    def ask(self, method: str, request: Message, expected: Callable[[], Any]) -> tuple[Any, Any]:
        """Ask both; return the model's answer and the service's, or (None, None) where both refuse for the same reason."""
        try:
            predicted = expected()
            refused = None
        except Refused as error:
            predicted, refused = None, error
        answer = self.call(method, request)
        if isinstance(answer, ParlourError):
            assert refused is not None, f"{method} was refused: {answer.reason} {answer.message}"
            assert answer.reason == refused.reason
            if refused.kept:
                self.kept.append((method, request, words(answer)))
            return None, None
        assert refused is None, f"{method} was not refused: {refused}"
        self.kept.append((method, request, written(answer)))
        return predicted, answer

    def same_balance(self, balance: pb.Balance, name: str) -> None:
        account = self.model.accounts[name]
        assert balance.account_id == name
        assert balance.posted_microcredits == self.model.posted(account)
        assert balance.held_microcredits == self.model.held(account)
        assert balance.available_microcredits == self.model.available(account)
        assert balance.tier == account["tier"]
        assert pb.Balance.State.Name(balance.state) == f"STATE_{account['state'].upper()}"

    def arrive(self, sender: dict[str, Any] | None) -> None:
        """What is on its way, of one sender or of all, arrives in the order in which it was sent."""
        for one in list(self.on_their_way):
            if sender is None or one[0] is sender:
                self.model.arrive(*one)
                self.on_their_way.remove(one)

    # What must hold

    @invariant()
    def the_books_are_the_models(self) -> None:
        found, system = self.runner.run(self._rows())
        expected = {}
        for name, account in self.model.accounts.items():
            grants = sorted(
                (g["source"], g["amount"], g["left"], sum(g["held_by"].values()), self._minute(g["until"])) for g in account["grants"] if g["left"]
            )
            holds = [(h["amount"], h["state"], h["charged"], h["used"], h["refunded"]) for h in account["holds"]]
            balances = self.model.posted(account), self.model.held(account), account["owed"], account["tier"], account["state"]
            expected[name] = (balances, grants, holds)
        assert found == expected
        assert system == {name: total for name, total in self.model.system.items() if total}

    @invariant()
    def outages_cost_no_more_than_was_leased(self) -> None:
        """What the leases paid is what overhead has lost for good, and never more than it gave."""
        left = sum(lease["grant"]["left"] for lease in self.model.leases)
        assert self.model.paid_by_leases == -self.model.system["overhead"] - left <= self.model.leased_in_all

    @staticmethod
    def _minute(until: int) -> int:
        return until // 60 if until != FOREVER else FOREVER

    async def _rows(self) -> tuple[dict[str, Any], dict[str, int]]:
        rows, found = self.services[0].rows, {}
        keys = dict(await rows("SELECT account_key, account_id FROM account_keys"))
        columns = "posted_microcredits, held_microcredits, overdrawn_microcredits, tier, state"
        for key, *balances in await rows(f"SELECT account_key, {columns} FROM accounts WHERE NOT erased"):
            found[keys[key]] = (tuple(balances), [], [])
        columns = "source, amount_microcredits, remaining_microcredits, held_microcredits, expires_at"
        for key, *grant, until in await rows(f"SELECT account_key, {columns} FROM grants WHERE NOT spent"):
            if key in keys:
                found[keys[key]][1].append((*grant, (until - self.noon) // timedelta(minutes=1) if until is not None else FOREVER))
        columns = "amount_microcredits, state, captured_microcredits, used_microcredits, refunded_microcredits"
        for key, *hold in await rows(f"SELECT account_key, {columns} FROM holds ORDER BY account_key, hold_seq"):
            if key in keys:
                found[keys[key]][2].append(tuple(hold))
        for _, grants, _ in found.values():
            grants.sort()
        query = "SELECT system_account, sum(amount_microcredits)::bigint FROM entries WHERE system_account IS NOT NULL GROUP BY 1"
        return found, {name: total for name, total in await rows(query) if total}

    @invariant()
    def the_books_balance(self) -> None:
        """Looked at now and then, and after each step where many examples are asked for: it takes three times as long as all the rest."""
        if "MODEL_EXAMPLES" in os.environ or self.steps % 5 == 0:
            self.check_books()

    def check_books(self) -> None:
        found = self.runner.run(self.services[0].discrepancies())
        unfinished = {"transit_is_not_empty", "transit_is_not_what_is_on_its_way"} if self.on_their_way else set()
        told_otherwise = {"usage_was_not_captured", "leased_usage_was_settled_otherwise"}  # that is how they were used
        assert not [one for one in found if one.kind not in unfinished | told_otherwise]
