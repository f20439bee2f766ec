"""Everything that can be asked of the service and of the model beside it, in any order."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from parlour.credit.v1 import credit_pb2 as pb
from services.credit import jobs, operations
from services.runtime.errors import ParlourError
from tests.integration.credit.ledger_model import Refused
from tests.integration.credit.outages import Outages
from tests.integration.credit.side_by_side import ALLOWANCE, CHANCES, HAPPENINGS, TIERS, happens, words, written

USERS, GUILDS = ["user:1", "user:2", "user:3"], ["guild:1", "guild:2"]
ACCOUNTS = st.sampled_from(USERS + GUILDS)
SMALL = st.integers(1, 160)
AMOUNTS = SMALL | SMALL | SMALL | SMALL | st.sampled_from([ALLOWANCE - 50, ALLOWANCE, ALLOWANCE + 60])
USED = st.integers(0, 160) | st.integers(0, 160) | st.integers(0, 160) | st.just(ALLOWANCE)
TTLS = st.sampled_from([90, 210, 7230, 7230])
WAITS = st.sampled_from([1, 1, 1, 2, 2, 4, 11, 121, 720, 1440])
INDEX = st.integers(0, 10**6)


class Bank(Outages):
    """Everything that can be asked, in any order; time moves in between."""

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        what = data.draw(st.sampled_from(CHANCES), label="what")
        needs, drawn = HAPPENINGS[what]
        if not needs or getattr(self, needs):
            getattr(self, what)(**{name: data.draw(strategy, label=name) for name, strategy in drawn.items()})

    @property
    def well_begun(self) -> bool:
        return self.steps > 15

    def pick(self, index: int) -> dict[str, Any]:
        """One of the last holds, more often one that is open."""
        held = [hold for hold in self.holds if hold["state"] == "active"] if index % 3 else []
        held = (held or self.holds)[-6:]
        return held[index // 3 % len(held)]

    # What can be asked

    @happens(9, name=ACCOUNTS, amount=AMOUNTS, ttl_s=TTLS, sponsor=st.sampled_from(["", "", *GUILDS]))
    def place_hold(self, name: str, amount: int, ttl_s: int, sponsor: str) -> None:
        request = pb.PlaceHoldRequest(
            request_id=self.number("r"), account_id=name, amount_microcredits=amount, ttl_s=ttl_s, sponsor_account_id=sponsor
        )
        self._place(request, sponsor, name, lambda _account: amount)

    @happens(
        4,
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

    @happens(7, needs="holds", index=INDEX, used=USED)
    def capture(self, index: int, used: int) -> None:
        hold = self.pick(index)
        request = pb.CaptureHoldRequest(request_id=self.number("r"), account_id=hold["account"], hold_id=hold["id"], amount_microcredits=used)
        self._captured(request, hold, lambda: self.model.capture(hold, used))

    @happens(
        3, needs="holds", index=INDEX, model=st.sampled_from(["small", "large", "nobody"]), prompt=st.integers(0, 40), completion=st.integers(0, 40)
    )
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

    @happens(3, needs="holds", index=INDEX)
    def release(self, index: int) -> None:
        hold = self.pick(index)
        request = pb.ReleaseHoldRequest(request_id=self.number("r"), account_id=hold["account"], hold_id=hold["id"], reason="no more")
        released, answer = self.ask("ReleaseHold", request, lambda: self.model.release(hold))
        if released is not None:
            assert answer.released_microcredits == released
            self.same_balance(answer.balance, hold["account"])

    @happens(4, needs="holds", index=INDEX, prompt=st.integers(0, 40), completion=st.integers(0, 60))
    def record_usage(self, index: int, prompt: int, completion: int) -> None:
        hold = self.pick(index)
        usage = pb.Usage(model="small", prompt_tokens=prompt, completion_tokens=completion)
        request = pb.RecordUsageRequest(turn_id=self.number("t"), account_id=hold["account"], hold_id=hold["id"], usage=usage)
        recorded, answer = self.ask("RecordUsage", request, lambda: self.model.record(hold, self.model.cost("small", prompt, completion)))
        if recorded is not None:
            assert (answer.charged_microcredits, answer.captured_now) == (recorded["charged"], recorded["captured_now"])

    @happens(3, needs="holds", index=INDEX, amount=AMOUNTS)
    def refund(self, index: int, amount: int) -> None:
        hold = self.pick(index)
        request = pb.RefundCaptureRequest(request_id=self.number("r"), account_id=hold["account"], hold_id=hold["id"], amount_microcredits=amount)
        done, answer = self.ask("RefundCapture", request, lambda: self.model.refund(hold, amount) or True)
        if done:
            self.same_balance(answer.balance, hold["account"])

    @happens(
        5,
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

    @happens(2, needs="grants", index=INDEX)
    def revoke_grant(self, index: int) -> None:
        name, grant = self.grants[index % len(self.grants)]
        request = pb.RevokeGrantRequest(request_id=self.number("r"), account_id=name, grant_id=grant["id"])
        revoked, answer = self.ask("RevokeGrant", request, lambda: self.model.revoke(name, grant))
        if revoked is not None:
            assert answer.revoked_microcredits == revoked
            self.same_balance(answer.balance, name)

    @happens(4, sender=ACCOUNTS, to=ACCOUNTS, amount=AMOUNTS)
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
            self.arrive(account)
            return left

        left, answer = self.ask("Transfer", request, expected)
        if left is not None:
            balance = answer.balance
            assert (balance.posted_microcredits, balance.held_microcredits, balance.available_microcredits, balance.tier) == left

    @happens(2, sender=ACCOUNTS, to=ACCOUNTS, amount=st.integers(1, 160))
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

    @happens(2, needs="on_their_way")
    def finish_transfers(self) -> None:
        async def finish(service: Any) -> int:
            await service.run("UPDATE transfers SET created_at = created_at - interval '10 days'")
            return await service.teller.finish_transfers()

        assert self.run(finish) == len(self.on_their_way)
        self.arrive(None)

    @happens(4, name=ACCOUNTS, tier=st.sampled_from([*TIERS, "strict", "extend", "paced", "gold"]))
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

    @happens(2, name=st.sampled_from(GUILDS), daily=st.sampled_from([0, 100, 300, ALLOWANCE]))
    def set_pool(self, name: str, daily: int) -> None:
        request = pb.SetPoolRequest(request_id=self.number("r"), account_id=name, member_daily_microcredits=daily)
        done, answer = self.ask("SetPool", request, lambda: self.model.set_pool(name, daily) or True)
        if done:
            self.same_balance(answer.balance, name)

    @happens(2, name=ACCOUNTS, frozen=st.booleans())
    def freeze(self, name: str, frozen: bool) -> None:
        request = pb.FreezeAccountRequest(request_id=self.number("r"), account_id=name, frozen=frozen, reason="because")
        self.ask("FreezeAccount", request, lambda: self.model.freeze(name, frozen) or True)

    @happens(1, needs="well_begun", name=ACCOUNTS)
    def close(self, name: str) -> None:
        request = pb.CloseAccountRequest(request_id=self.number("r"), account_id=name, reason="because")
        done, answer = self.ask("CloseAccount", request, lambda: self.model.close(name) or True)
        if done:
            self.same_balance(answer.balance, name)

    @happens(1, needs="well_begun", name=st.sampled_from(USERS))
    def erase(self, name: str) -> None:
        """An erased person begins anew; what they were answered is forgotten."""
        there = self.model.erase(name)
        answer = self.call("EraseSubject", pb.EraseSubjectRequest(request_id=self.number("e"), user_id=name.partition(":")[2]))
        assert isinstance(answer, pb.EraseSubjectResponse)
        assert bool(answer.erased_by_table["account_keys"]) is (there is not None)
        self.kept = [one for one in self.kept if name not in (getattr(one[1], "account_id", ""), getattr(one[1], "from_account_id", ""))]

    @happens(5, minutes=WAITS)
    def wait(self, minutes: int) -> None:
        self.model.now += 60 * minutes

    @happens(1)
    def expire_due(self) -> None:
        due = [account for account in self.model.accounts.values() if self.model.is_due(account)]
        assert self.run(lambda service: jobs.expire_due(service.database, service.teller, 100)) == len(due)
        for account in due:
            self.model.settle(account)

    @happens(3, needs="kept", index=INDEX)
    def repeat(self, index: int) -> None:
        method, request, first = self.kept[index % len(self.kept)]
        self._touched_before(method, request)
        answer = self.call(method, request)
        if isinstance(answer, ParlourError):
            assert words(answer) == first
        else:
            assert written(answer) == first
            if isinstance(request, pb.TransferRequest):  # what else of the sender's is on its way arrives as well
                self.arrive(self.model.accounts[request.from_account_id])

    @happens(2, needs="kept", index=INDEX)
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

    @happens(2, name=ACCOUNTS)
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

    @happens(2, needs="holds", index=INDEX)
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

    @happens(1, needs="holds", index=INDEX, name=ACCOUNTS)
    def ask_for_what_is_not_there(self, index: int, name: str) -> None:
        """Holds of others and holds that never were are not found, and nothing but what was due is changed."""
        hold = {"account": name, "id": self.pick(index)["id"] if self.pick(index)["account"] != name else "hold_1_1"}
        request = pb.ReleaseHoldRequest(request_id=self.number("r"), account_id=name, hold_id=hold["id"])

        def expected() -> None:
            self.model.known(name)
            raise Refused("NOT_FOUND", kept=False)

        self.ask("ReleaseHold", request, expected)
