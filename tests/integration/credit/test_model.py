"""The service beside a model of it: whatever is asked in whatever order, both answer the same, and the books hold what the model says.

MODEL_EXAMPLES=2000 in the environment looks further, each time elsewhere.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import jobs, operations
from services.credit.posting import Limits
from services.credit.servicer import CreditServicer
from services.runtime.errors import ParlourError
from tests.integration.credit.ledger_model import FOREVER, Model, Refused

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
LIMITS = Limits(open_holds_max=4, grants_max=5)
USERS, GUILDS = ["user:1", "user:2", "user:3"], ["guild:1", "guild:2"]
ACCOUNTS = st.sampled_from(USERS + GUILDS)
AMOUNTS = st.integers(1, 160) | st.sampled_from([ALLOWANCE - 50, ALLOWANCE, ALLOWANCE + 60])
USED = st.integers(0, 160) | st.just(ALLOWANCE)
TTLS = st.sampled_from([90, 210, 7230])
WAITS = st.sampled_from([1, 2, 4, 11, 121, 720, 1440])
INDEX = st.integers(0, 10**6)
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def written(answer: Message) -> bytes:
    return answer.SerializeToString(deterministic=True)


def words(refused: ParlourError) -> tuple[Any, ...]:
    return type(refused), refused.message, sorted(refused.metadata.items()), refused.retry_after_s


class Bank(RuleBasedStateMachine):
    """Two instances of the service and the model, at the same time of the same day, which moves by whole minutes."""

    open_empty: Callable[[Limits, int], list[Any]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.services = self.runner.run(self._open())
        self.model = Model(TIERS, MODEL_PRICES, LIMITS.open_holds_max, LIMITS.grants_max)
        now = datetime.now(UTC)
        self.noon = (now + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
        self.holds: list[dict[str, Any]] = []
        self.grants: list[tuple[str, dict[str, Any]]] = []
        self.kept: list[tuple[str, Message, bytes | tuple[Any, ...]]] = []
        self.on_their_way: list[tuple[dict[str, Any], dict[str, Any], list[tuple[int, int]]]] = []
        self.steps = 0
        self.worked = timedelta(0)
        self.numbers = 0

    async def _open(self) -> list[Any]:
        return type(self).open_empty(LIMITS, 2)

    def teardown(self) -> None:
        async def close() -> None:
            for service in self.services:
                await service.teller.drain()
                await service.database.close()

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

    def pick(self, index: int) -> dict[str, Any]:
        return self.holds[-1 - index % min(len(self.holds), 6)]

    # What can be asked

    @rule(name=ACCOUNTS, amount=AMOUNTS, ttl_s=TTLS, sponsor=st.sampled_from(["", "", *GUILDS]))
    def place_hold(self, name: str, amount: int, ttl_s: int, sponsor: str) -> None:
        request = pb.PlaceHoldRequest(
            request_id=self.number("r"), account_id=name, amount_microcredits=amount, ttl_s=ttl_s, sponsor_account_id=sponsor
        )
        self._place(request, sponsor, name, lambda _account: amount)

    @rule(
        name=ACCOUNTS,
        model=st.sampled_from(["small", "large", "nobody"]),
        prompt=st.integers(1, 20),
        completion=st.integers(0, 10),
        sponsor=st.sampled_from(["", *GUILDS]),
    )
    def place_quoted_hold(self, name: str, model: str, prompt: int, completion: int, sponsor: str) -> None:
        quote = pb.Quote(model=model, prompt_tokens=prompt, max_completion_tokens=completion)
        sponsor = sponsor if model != "nobody" else ""
        request = pb.PlaceHoldRequest(request_id=self.number("r"), account_id=name, quote=quote, ttl_s=90, sponsor_account_id=sponsor)
        self._place(request, sponsor, name, lambda account: self.model.quote(account, model, prompt, completion))

    def _place(self, request: pb.PlaceHoldRequest, sponsor: str, name: str, size: Callable[[str], int]) -> None:
        def expected() -> dict[str, Any]:
            if sponsor:
                self.model.opened(name)
                self.model.opened(sponsor)
                try:
                    return self.model.place_hold(sponsor, size(sponsor), request.ttl_s, member=name)
                except Refused:
                    pass
            if name in self.model.accounts:
                self.model.opened(name)
            return self.model.place_hold(name, size(name), request.ttl_s)

        hold, answer = self.ask("PlaceHold", request, expected)
        if hold is not None:
            assert answer.hold.account_id == hold["account"]
            assert answer.hold.amount_microcredits == hold["amount"]
            self.same_balance(answer.balance, hold["account"])
            hold["id"] = answer.hold.hold_id
            self.holds.append(hold)

    @precondition(lambda self: self.holds)
    @rule(index=INDEX, used=USED)
    def capture(self, index: int, used: int) -> None:
        hold = self.pick(index)
        request = pb.CaptureHoldRequest(request_id=self.number("r"), account_id=hold["account"], hold_id=hold["id"], amount_microcredits=used)
        self._captured(request, hold, lambda: self.model.capture(hold, used))

    @precondition(lambda self: self.holds)
    @rule(index=INDEX, model=st.sampled_from(["small", "large", "nobody"]), prompt=st.integers(0, 40), completion=st.integers(0, 40))
    def capture_usage(self, index: int, model: str, prompt: int, completion: int) -> None:
        hold = self.pick(index)
        usage = pb.Usage(model=model, prompt_tokens=prompt, completion_tokens=completion)
        request = pb.CaptureHoldRequest(request_id=self.number("r"), account_id=hold["account"], hold_id=hold["id"], usage=usage)

        def expected() -> dict[str, int]:
            self.model.settled_account(hold)
            return self.model.capture(hold, self.model.cost(model, prompt, completion))

        self._captured(request, hold, expected)

    def _captured(self, request: pb.CaptureHoldRequest, hold: dict[str, Any], expected: Callable[[], dict[str, int]]) -> None:
        charge, answer = self.ask("CaptureHold", request, expected)
        if charge is not None:
            for field, value in charge.items():
                assert getattr(answer, f"{field}_microcredits") == value
            self.same_balance(answer.balance, hold["account"])

    @precondition(lambda self: self.holds)
    @rule(index=INDEX)
    def release(self, index: int) -> None:
        hold = self.pick(index)
        request = pb.ReleaseHoldRequest(request_id=self.number("r"), account_id=hold["account"], hold_id=hold["id"], reason="no more")
        released, answer = self.ask("ReleaseHold", request, lambda: self.model.release(hold))
        if released is not None:
            assert answer.released_microcredits == released
            self.same_balance(answer.balance, hold["account"])

    @precondition(lambda self: self.holds)
    @rule(index=INDEX, prompt=st.integers(0, 40), completion=st.integers(0, 60))
    def record_usage(self, index: int, prompt: int, completion: int) -> None:
        hold = self.pick(index)
        usage = pb.Usage(model="small", prompt_tokens=prompt, completion_tokens=completion)
        request = pb.RecordUsageRequest(turn_id=self.number("t"), account_id=hold["account"], hold_id=hold["id"], usage=usage)
        recorded, answer = self.ask("RecordUsage", request, lambda: self.model.record(hold, self.model.cost("small", prompt, completion)))
        if recorded is not None:
            assert (answer.charged_microcredits, answer.captured_now) == (recorded["charged"], recorded["captured_now"])

    @precondition(lambda self: self.holds)
    @rule(index=INDEX, amount=AMOUNTS)
    def refund(self, index: int, amount: int) -> None:
        hold = self.pick(index)
        request = pb.RefundCaptureRequest(request_id=self.number("r"), account_id=hold["account"], hold_id=hold["id"], amount_microcredits=amount)
        done, answer = self.ask("RefundCapture", request, lambda: self.model.refund(hold, amount) or True)
        if done:
            self.same_balance(answer.balance, hold["account"])

    @rule(
        name=ACCOUNTS,
        amount=AMOUNTS,
        source=st.sampled_from(["purchase", "promotion"]),
        priority=st.integers(0, 1),
        starts=st.sampled_from([0, 0, 0, 120]),
        lasts=st.sampled_from([0, 0, 90, 150, 4000 * 60 + 30]),
    )
    def create_grant(self, name: str, amount: int, source: str, priority: int, starts: int, lasts: int) -> None:
        request = pb.CreateGrantRequest(
            request_id=self.number("r"), account_id=name, amount_microcredits=amount, source=source, priority=priority, note="for you"
        )
        fields = {"source": source, "priority": priority}
        if starts:
            fields["from"] = self.model.now + starts
            request.effective_time.FromDatetime(self.noon + timedelta(seconds=fields["from"]))
        if lasts:
            fields["until"] = self.model.now + lasts
            request.expire_time.FromDatetime(self.noon + timedelta(seconds=fields["until"]))

        def expected() -> dict[str, Any]:
            if 0 < lasts <= starts:
                if name in self.model.accounts:
                    self.model.opened(name)
                raise Refused("INVALID_FIELD", kept=False)
            return self.model.grant(name, amount, **fields)

        grant, answer = self.ask("CreateGrant", request, expected)
        if grant is not None:
            assert (answer.grant.remaining_microcredits, answer.grant.amount_microcredits) == (grant["left"], amount)
            self.same_balance(answer.balance, name)
            grant["id"] = answer.grant.grant_id
            self.grants.append((name, grant))

    @precondition(lambda self: self.grants)
    @rule(index=INDEX)
    def revoke_grant(self, index: int) -> None:
        name, grant = self.grants[index % len(self.grants)]
        request = pb.RevokeGrantRequest(request_id=self.number("r"), account_id=name, grant_id=grant["id"])
        revoked, answer = self.ask("RevokeGrant", request, lambda: self.model.revoke(name, grant))
        if revoked is not None:
            assert answer.revoked_microcredits == revoked
            self.same_balance(answer.balance, name)

    @rule(sender=ACCOUNTS, to=ACCOUNTS, amount=AMOUNTS)
    def transfer(self, sender: str, to: str, amount: int) -> None:
        request = pb.TransferRequest(
            request_id=self.number("r"), from_account_id=sender, to_account_id=to, amount_microcredits=amount, note="for the cake"
        )

        def expected() -> tuple[int, int, int, str]:
            if sender == to:
                raise Refused("INVALID_FIELD", kept=False)
            refused = self.model.prepare_receive(to)
            parts = self.model.send(sender, amount, refused)
            account = self.model.accounts[sender]
            left = self.model.posted(account), self.model.held(account), self.model.available(account), account["tier"]
            self.on_their_way.append((account, self.model.accounts[to], parts))
            self._arrive(account)
            return left

        left, answer = self.ask("Transfer", request, expected)
        if left is not None:
            balance = answer.balance
            assert (balance.posted_microcredits, balance.held_microcredits, balance.available_microcredits, balance.tier) == left

    def _arrive(self, sender: dict[str, Any] | None) -> None:
        """What is on its way, of one sender or of all, arrives in the order in which it was sent."""
        for one in list(self.on_their_way):
            if sender is None or one[0] is sender:
                self.model.arrive(*one)
                self.on_their_way.remove(one)

    @rule(sender=ACCOUNTS, to=ACCOUNTS, amount=st.integers(1, 160))
    def transfer_cut_off(self, sender: str, to: str, amount: int) -> None:
        """The service ends between the two operations of a transfer."""
        if sender == to:
            return
        request = pb.TransferRequest(request_id=self.number("r"), from_account_id=sender, to_account_id=to, amount_microcredits=amount)
        refused = self.model.prepare_receive(to)

        async def begin(service: Any) -> None:
            teller = service.teller
            if refused is None:
                await teller.execute(operations.prepare_receive(to))
                rows = await self.services[0].rows(f"SELECT account_key FROM account_keys WHERE account_id = '{to}'")
                await teller.execute(operations.transfer(request, rows[0][0]))

        try:
            self.run(begin)
        except ParlourError as error:
            reason = error.reason
        else:
            reason = ""
        if refused is not None:
            return
        try:
            parts = self.model.send(sender, amount, None)
        except Refused as expected:
            assert reason == expected.reason
        else:
            assert not reason
            self.on_their_way.append((self.model.accounts[sender], self.model.accounts[to], parts))

    @precondition(lambda self: self.on_their_way)
    @rule()
    def finish_transfers(self) -> None:
        async def finish(service: Any) -> int:
            await service.run("UPDATE transfers SET created_at = created_at - interval '10 days'")
            return await service.teller.finish_transfers()

        assert self.run(finish) == len(self.on_their_way)
        self._arrive(None)

    @rule(name=ACCOUNTS, tier=st.sampled_from([*TIERS, "gold"]))
    def set_tier(self, name: str, tier: str) -> None:
        request = pb.SetTierRequest(request_id=self.number("r"), account_id=name, tier=tier)

        def expected() -> bool:
            if tier not in TIERS:
                if name in self.model.accounts:
                    self.model.opened(name)
                raise Refused("INVALID_FIELD", kept=False)
            self.model.set_tier(name, tier)
            return True

        done, answer = self.ask("SetTier", request, expected)
        if done:
            self.same_balance(answer.balance, name)

    @rule(name=st.sampled_from(GUILDS), daily=st.sampled_from([0, 100, 300, ALLOWANCE]))
    def set_pool(self, name: str, daily: int) -> None:
        request = pb.SetPoolRequest(request_id=self.number("r"), account_id=name, member_daily_microcredits=daily)
        done, answer = self.ask("SetPool", request, lambda: self.model.set_pool(name, daily) or True)
        if done:
            self.same_balance(answer.balance, name)

    @rule(name=ACCOUNTS, frozen=st.booleans())
    def freeze(self, name: str, frozen: bool) -> None:
        request = pb.FreezeAccountRequest(request_id=self.number("r"), account_id=name, frozen=frozen, reason="because")
        self.ask("FreezeAccount", request, lambda: self.model.freeze(name, frozen) or True)

    @precondition(lambda self: self.steps > 15)
    @rule(name=ACCOUNTS)
    def close(self, name: str) -> None:
        request = pb.CloseAccountRequest(request_id=self.number("r"), account_id=name, reason="because")
        done, answer = self.ask("CloseAccount", request, lambda: self.model.close(name) or True)
        if done:
            self.same_balance(answer.balance, name)

    @precondition(lambda self: self.steps > 10)
    @rule(name=st.sampled_from(USERS))
    def erase(self, name: str) -> None:
        """An erased person begins anew; what they were answered is forgotten."""
        there = self.model.erase(name)
        answer = self.call("EraseSubject", pb.EraseSubjectRequest(request_id=self.number("e"), user_id=name.partition(":")[2]))
        assert isinstance(answer, pb.EraseSubjectResponse)
        assert bool(answer.erased_by_table["account_keys"]) is (there is not None)
        self.kept = [one for one in self.kept if name not in (getattr(one[1], "account_id", ""), getattr(one[1], "from_account_id", ""))]
        self.holds = [hold for hold in self.holds if hold["member"] is None or hold["member"][0] != name or hold["state"] != "active"] or self.holds

    @rule(minutes=WAITS)
    def wait(self, minutes: int) -> None:
        self.model.now += 60 * minutes

    @rule()
    def expire_due(self) -> None:
        due = [account for account in self.model.accounts.values() if self.model.is_due(account)]
        assert self.run(lambda service: jobs.expire_due(service.database, service.teller, 100)) == len(due)
        for account in due:
            self.model.settle(account)

    @precondition(lambda self: self.kept)
    @rule(index=INDEX)
    def repeat(self, index: int) -> None:
        method, request, first = self.kept[index % len(self.kept)]
        self._touched_before(method, request)
        answer = self.call(method, request)
        if isinstance(answer, ParlourError):
            assert words(answer) == first
        else:
            assert written(answer) == first

    @precondition(lambda self: self.kept)
    @rule(index=INDEX)
    def alter(self, index: int) -> None:
        method, request, _ = self.kept[index % len(self.kept)]
        other = type(request)()
        other.CopyFrom(request)
        for field, value in (("ttl_s", 17), ("reason", "otherwise"), ("note", "otherwise"), ("tier", "free"), ("member_daily_microcredits", 7)):
            if field in other.DESCRIPTOR.fields_by_name and getattr(other, field) != value:
                setattr(other, field, value)
                break
        else:
            if method == "CaptureHold":
                other.amount_microcredits = 123_457
            elif method == "RecordUsage":
                other.usage.prompt_tokens += 1
            else:
                return
        self._touched_before(method, request)
        answer = self.call(method, other)
        assert isinstance(answer, ParlourError)
        assert answer.reason == "REQUEST_ID_REUSED"

    def _touched_before(self, method: str, request: Any) -> None:
        """What the parts of a request that are not kept do, when it is repeated."""
        if method == "Transfer":
            self.model.prepare_receive(request.to_account_id)
        if method == "PlaceHold" and request.sponsor_account_id:
            self.model.opened(request.account_id)

    @rule(name=ACCOUNTS)
    def look(self, name: str) -> None:
        if name not in self.model.accounts:
            self.model.opened(name)
        answer = self.call("GetBalance", pb.GetBalanceRequest(account_id=name))
        assert isinstance(answer, pb.GetBalanceResponse)
        shown = self.model.settled()
        account = shown.accounts[name]
        assert (answer.balance.posted_microcredits, answer.balance.held_microcredits) == (shown.posted(account), shown.held(account))
        assert answer.balance.available_microcredits == shown.available(account)
        grants = self.call("ListGrants", pb.ListGrantsRequest(account_id=name))
        assert isinstance(grants, pb.ListGrantsResponse)
        assert sum(grant.remaining_microcredits for grant in grants.grants) == sum(grant["left"] for grant in account["grants"])

    @precondition(lambda self: self.holds)
    @rule(index=INDEX)
    def look_at_a_hold(self, index: int) -> None:
        hold = self.pick(index)
        answer = self.call("GetHold", pb.GetHoldRequest(account_id=hold["account"], hold_id=hold["id"]))
        shown = self.model.settled()
        account = shown.accounts.get(hold["account"])
        found = next((one for one in account["holds"] if one.get("id") == hold["id"]), None) if account is not None else None
        if isinstance(answer, ParlourError):
            assert answer.reason == "NOT_FOUND"
            assert found is None
        else:
            assert found is not None
            assert pb.Hold.State.Name(answer.hold.state) == f"STATE_{found['state'].upper()}"
            assert (answer.hold.captured_microcredits, answer.hold.used_microcredits) == (found["charged"], found["used"])

    @precondition(lambda self: self.holds)
    @rule(index=INDEX, name=ACCOUNTS)
    def ask_for_what_is_not_there(self, index: int, name: str) -> None:
        """Holds of others and holds that never were are not found, and nothing but what was due is changed."""
        hold = {"account": name, "id": self.pick(index)["id"] if self.pick(index)["account"] != name else "hold_1_1"}
        request = pb.ReleaseHoldRequest(request_id=self.number("r"), account_id=name, hold_id=hold["id"])

        def expected() -> None:
            self.model.known(name)
            raise Refused("NOT_FOUND", kept=False)

        self.ask("ReleaseHold", request, expected)

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
        found = self.runner.run(self.services[0].discrepancies())
        unfinished = {"transit_is_not_empty", "transit_is_not_what_is_on_its_way"} if self.on_their_way else set()
        assert not [one for one in found if one.kind not in unfinished | {"usage_was_not_captured"}]


def test_the_service_answers_what_the_model_answers(open_empty_ledger):
    machine = type("Bank", (Bank,), {"open_empty": staticmethod(open_empty_ledger)})
    examples = os.environ.get("MODEL_EXAMPLES")
    profile = settings(max_examples=int(examples or 20), stateful_step_count=40, report_multiple_bugs=False, derandomize=examples is None, **SETTINGS)
    run_state_machine_as_test(machine, settings=profile)
