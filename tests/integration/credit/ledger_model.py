"""The ledger once more, in plain dicts and by the letter of docs/credit.md, to be compared with the service. It shares no code with it.

Times are whole seconds since the model began; what is due is settled whenever the service looks at an account to decide something.
"""

import copy
from typing import Any

DAY_S = 86_400
NOON_S = 43_200
"""The model begins at noon, so that days (UTC) end this long after it."""

GIVEN = ("allowance", "promotion")
FOREVER = 10**12


class Refused(Exception):
    """The operation is refused, for a reason. `kept`: the refusal is what every repetition is answered."""

    def __init__(self, reason: str, *, kept: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kept = kept


def day(now: int) -> int:
    return (now + NOON_S) // DAY_S


class Model:
    """What every account has, and what the system accounts have. `tiers` are as the models file says them, but only what it says."""

    def __init__(self, tiers: dict[str, dict[str, Any]], prices: dict[str, tuple[int, int]], open_holds_max: int, grants_max: int) -> None:
        self.tiers = tiers
        self.prices = prices
        self.open_holds_max = open_holds_max
        self.grants_max = grants_max
        self.now = 0
        self.erased = 0
        self.accounts: dict[str, dict[str, Any]] = {}
        self.system = dict.fromkeys(("issued", "revenue", "breakage", "transit", "write_off"), 0)

    # Looking

    def tier(self, account: dict[str, Any], what: str) -> Any:
        return self.tiers[account["tier"]].get(what, {"policy": "cap", "period": "once", "models": ("small",)}.get(what, 0))

    def usable(self, grant: dict[str, Any]) -> bool:
        return grant["from"] <= self.now < grant["until"]

    @staticmethod
    def free(grant: dict[str, Any]) -> int:
        return grant["left"] - sum(grant["held_by"].values())

    def spendable(self, account: dict[str, Any]) -> list[dict[str, Any]]:
        order = sorted(account["grants"], key=lambda one: (one["priority"], one["until"], one["source"] not in GIVEN, one["number"]))
        return [grant for grant in order if self.usable(grant) and self.free(grant) > 0]

    def available(self, account: dict[str, Any]) -> int:
        borrowed = account["owed"] + sum(hold["on_credit"] for hold in account["holds"] if hold["state"] == "active")
        return sum(self.free(grant) for grant in self.spendable(account)) + self.tier(account, "overdraft") - borrowed

    def held(self, account: dict[str, Any]) -> int:
        return sum(hold["amount"] for hold in account["holds"] if hold["state"] == "active")

    def posted(self, account: dict[str, Any]) -> int:
        return sum(grant["left"] for grant in account["grants"]) - account["owed"]

    def settled(self) -> "Model":
        """What everybody would be shown now."""
        later = copy.deepcopy(self)
        for account in later.accounts.values():
            later.settle(account)
        return later

    def is_due(self, account: dict[str, Any]) -> bool:
        holds = any(hold["state"] == "active" and hold["until"] <= self.now for hold in account["holds"])
        return holds or any(grant["until"] <= self.now and self.free(grant) for grant in account["grants"])

    # What happens by itself

    def opened(self, name: str) -> dict[str, Any]:
        """An account that is looked at; one that nobody has opened is opened. What is due on it is settled."""
        if name not in self.accounts:
            account: dict[str, Any] = {"user": name.startswith("user:"), "tier": "free", "state": "open", "grants": [], "holds": [], "owed": 0}
            account |= {"numbers": 0, "period": None, "given": 0, "member_limit": 0, "members": {}, "pace": {}}
            self.accounts[name] = account
            if account["user"] and self.tier(account, "period") == "once" and self.tier(account, "allowance"):
                self.add(account, self.tier(account, "allowance"), "allowance", "issued")
        self.settle(self.accounts[name])
        return self.accounts[name]

    def known(self, name: str) -> dict[str, Any]:
        if name not in self.accounts:
            raise Refused("NOT_FOUND", kept=False)
        return self.opened(name)

    def settle(self, account: dict[str, Any]) -> None:
        for hold in account["holds"]:
            if hold["state"] == "active" and hold["until"] <= self.now:
                self.end(account, hold, "expired")
        self.break_expired(account)
        self.renew(account)
        self.repay(account)

    def break_expired(self, account: dict[str, Any]) -> None:
        for grant in account["grants"]:
            if grant["until"] <= self.now:
                self.system["breakage"] += self.free(grant)
                grant["left"] -= self.free(grant)

    def renew(self, account: dict[str, Any]) -> None:
        size = self.tier(account, "allowance")
        if self.tier(account, "period") != "day" or not size or not account["user"] or account["state"] == "closed":
            return
        if account["period"] != day(self.now):
            account["period"], account["given"] = day(self.now), 0
        if account["given"] < size:
            self.add(account, size - account["given"], "allowance", "issued", until=(day(self.now) + 1) * DAY_S - NOON_S)
            account["given"] = size

    def repay(self, account: dict[str, Any]) -> None:
        for grant in self.spendable(account):
            part = min(account["owed"], self.free(grant))
            account["owed"] -= part
            grant["left"] -= part

    def add(self, account: dict[str, Any], amount: int, source: str, origin: str, **fields: Any) -> dict[str, Any]:
        grant = {"source": source, "amount": amount, "left": amount, "held_by": {}, "priority": 0, "from": self.now, "until": FOREVER}
        account["numbers"] += 1
        grant |= fields | {"number": account["numbers"]}
        account["grants"].append(grant)
        self.system[origin] -= amount
        self.repay(account)
        return grant

    def end(self, account: dict[str, Any], hold: dict[str, Any], state: str, used: int = 0) -> None:
        """Free a hold but for what of it is used, which is taken from its grants in order."""
        hold["state"] = state
        for grant in account["grants"]:
            grant["held_by"].pop(hold["number"], None)
        if hold["member"]:
            account["members"][hold["member"]] -= hold["amount"] - used

    # What is asked for

    def place_hold(self, name: str, amount: int, ttl_s: int, member: str = "") -> dict[str, Any]:
        account = self.opened(name)
        self.must_be(account, "open")
        if sum(1 for hold in account["holds"] if hold["state"] == "active") >= self.open_holds_max:
            raise Refused("LIMIT_REACHED")
        share = (member, day(self.now))
        if member and account["members"].get(share, 0) + amount > account["member_limit"]:
            raise Refused("LIMIT_REACHED")
        if amount > self.available(account):
            raise Refused("INSUFFICIENT_CREDIT")
        for what, unit in (("per_minute", self.now // 60), ("per_day", day(self.now))):
            if self.tier(account, what) and account["pace"].get((what, unit), 0) >= self.tier(account, what):
                raise Refused("RATE_LIMITED")
        if self.tier(account, "per_minute") or self.tier(account, "per_day"):
            for place in (("per_minute", self.now // 60), ("per_day", day(self.now))):
                account["pace"][place] = account["pace"].get(place, 0) + 1
        account["numbers"] += 1
        hold: dict[str, Any] = {
            "number": account["numbers"],
            "amount": amount,
            "until": self.now + ttl_s,
            "state": "active",
            "charged": 0,
            "used": 0,
            "refunded": 0,
            "was_charged": False,
        }
        hold |= {"parts": [], "on_credit": 0, "member": share if member else None, "account": name}
        left = amount
        for grant in self.spendable(account):
            part = min(left, self.free(grant))
            if part:
                grant["held_by"][hold["number"]] = part
                hold["parts"].append((grant, part))
            left -= part
        hold["on_credit"] = left
        if member:
            account["members"][share] = account["members"].get(share, 0) + amount
        account["holds"].append(hold)
        return hold

    def capture(self, hold: dict[str, Any], used: int) -> dict[str, int]:
        account = self.settled_account(hold)
        policy = self.tier(account, "policy")
        late = hold["state"] == "expired"
        if hold["state"] in ("captured", "released") or hold["was_charged"]:
            raise Refused("HOLD_NOT_ACTIVE")
        if late and self.now > hold["until"] + self.tier(account, "grace_s"):
            raise Refused("HOLD_EXPIRED")
        hold["used"] = max(hold["used"], used)
        if used > hold["amount"] and policy == "strict":
            raise Refused("CAPTURE_EXCEEDS_HOLD")
        charged = 0
        if not late:
            within = min(used, hold["amount"])
            self.end(account, hold, "captured", within)
            for grant, part in [*hold["parts"], (None, hold["on_credit"])]:
                taken = min(part, within - charged)
                charged += taken
                self.take(account, grant, taken)
            hold["on_credit"] = 0
        wanted = (used if policy == "extend" else min(used, hold["amount"])) - charged
        if late or account["state"] == "open":
            charged += self.take_more(account, min(wanted, max(0, self.available(account))))
        lost = used - charged if policy == "extend" else 0
        self.system["revenue"] += charged + lost
        self.system["write_off"] -= lost
        if not late:
            self.break_expired_of(account, hold)
        if hold["member"]:  # what was set aside counted already, until it was freed
            account["members"][hold["member"]] += charged - (0 if late else within)
        hold["charged"], hold["was_charged"] = charged, True
        released = 0 if late else hold["amount"] - min(used, hold["amount"])
        return {"charged": charged, "released": released, "overage": used - charged, "written_off": lost}

    def take(self, account: dict[str, Any], grant: dict[str, Any] | None, amount: int) -> None:
        if grant is None:
            account["owed"] += amount
        else:
            grant["left"] -= amount

    def take_more(self, account: dict[str, Any], amount: int) -> int:
        left = amount
        for grant in self.spendable(account):
            part = min(left, self.free(grant))
            self.take(account, grant, part)
            left -= part
        self.take(account, None, left)
        return amount

    def break_expired_of(self, account: dict[str, Any], hold: dict[str, Any]) -> None:
        for grant, _ in hold["parts"]:
            if grant["until"] <= self.now:
                self.system["breakage"] += self.free(grant)
                grant["left"] -= self.free(grant)

    def release(self, hold: dict[str, Any]) -> int:
        account = self.settled_account(hold)
        if hold["state"] != "active":
            raise Refused("HOLD_NOT_ACTIVE")
        self.end(account, hold, "released")
        self.break_expired_of(account, hold)
        return int(hold["amount"])

    def record(self, hold: dict[str, Any], cost: int) -> dict[str, Any]:
        self.settled_account(hold)
        before = hold["was_charged"]
        try:
            self.capture(hold, cost)
        except Refused:  # what cannot be charged is recorded all the same
            pass
        return {"charged": hold["charged"], "captured_now": hold["was_charged"] and not before}

    def refund(self, hold: dict[str, Any], amount: int) -> None:
        account = self.settled_account(hold)
        self.must_be(account, "open", "frozen")
        if amount > hold["charged"] - hold["refunded"]:
            raise Refused("REFUND_EXCEEDS_CAPTURE")
        hold["refunded"] += amount
        self.add(account, amount, "refund", "revenue")

    def grant(self, name: str, amount: int, **fields: Any) -> dict[str, Any]:
        account = self.opened(name)
        self.require_room(account)
        return self.add(account, amount, origin="issued", **fields)

    def require_room(self, account: dict[str, Any]) -> None:
        self.must_be(account, "open", "frozen")
        if sum(1 for grant in account["grants"] if grant["left"]) >= self.grants_max:
            raise Refused("LIMIT_REACHED")

    def revoke(self, name: str, grant: dict[str, Any]) -> int:
        account = self.known(name)
        if not any(one is grant for one in account["grants"]) or not grant["left"]:
            raise Refused("NOT_FOUND", kept=False)
        revoked = self.free(grant)
        grant["left"] -= revoked
        grant["until"] = min(grant["until"], self.now)
        self.system["issued"] += revoked
        return revoked

    def prepare_receive(self, name: str) -> Refused | None:
        try:
            self.require_room(self.opened(name))
        except Refused as refused:
            return refused
        return None

    def send(self, sender: str, amount: int, refused: Refused | None) -> list[tuple[int, int]]:
        account = self.opened(sender)
        if refused is not None:
            raise refused
        self.must_be(account, "open")
        if amount > self.available(account) - self.tier(account, "overdraft"):
            raise Refused("INSUFFICIENT_CREDIT")
        parts: dict[int, int] = {}
        for grant in self.spendable(account):
            part = min(amount, self.free(grant))
            self.take(account, grant, part)
            amount -= part
            if part:
                parts[grant["until"]] = parts.get(grant["until"], 0) + part
        self.system["transit"] += sum(parts.values())
        return list(parts.items())

    def arrive(self, sender: dict[str, Any], recipient: dict[str, Any], parts: list[tuple[int, int]]) -> None:
        """What was sent arrives; a closed account cannot take it, and it returns."""
        self.settle(recipient)
        account = recipient
        if recipient["state"] == "closed":
            account = sender
            self.settle(account)
        for until, amount in parts:
            self.add(account, amount, "gift", "transit", until=until if account["state"] != "closed" else self.now)
        self.break_expired(account)

    def set_tier(self, name: str, tier: str) -> None:
        account = self.opened(name)
        self.must_be(account, "open", "frozen")
        account["tier"] = tier
        self.settle(account)

    def set_pool(self, name: str, daily: int) -> None:
        account = self.opened(name)
        self.must_be(account, "open", "frozen")
        account["member_limit"] = daily

    def freeze(self, name: str, frozen: bool) -> None:
        account = self.opened(name)
        self.must_be(account, "open", "frozen")
        account["state"] = "frozen" if frozen else "open"

    def close(self, name: str) -> None:
        account = self.known(name)
        account["state"] = "closed"
        for grant in account["grants"]:
            grant["until"] = min(grant["until"], self.now)
        self.break_expired(account)

    def erase(self, name: str) -> dict[str, Any] | None:
        if name not in self.accounts:
            return None
        account = self.opened(name)
        for hold in account["holds"]:
            if hold["state"] == "active":
                self.end(account, hold, "released")
        self.close(name)
        self.erased += 1
        nobody = f"erased {self.erased}"  # to pools, who opens the account anew is another member
        for other in self.accounts.values():
            other["members"] = {(nobody if who == name else who, at): used for (who, at), used in other["members"].items()}
            for hold in other["holds"]:
                if hold["member"] and hold["member"][0] == name:
                    hold["member"] = (nobody, hold["member"][1])
        return self.accounts.pop(name)

    def settled_account(self, hold: dict[str, Any]) -> dict[str, Any]:
        account = self.known(hold["account"])
        if not any(one is hold for one in account["holds"]):
            raise Refused("NOT_FOUND", kept=False)
        return account

    @staticmethod
    def must_be(account: dict[str, Any], *states: str) -> None:
        if account["state"] not in states:
            raise Refused("ACCOUNT_FROZEN" if account["state"] == "frozen" else "ACCOUNT_CLOSED")

    def quote(self, name: str, model: str, prompt: int, completion: int) -> int:
        """What a call may cost, where the account's tier may use the model."""
        cost = self.cost(model, prompt, completion)
        tier = self.accounts[name]["tier"] if name in self.accounts else "free"
        if model not in self.tiers[tier].get("models", ("small",)):
            raise Refused("PERMISSION_REFUSED", kept=False)
        return cost

    def cost(self, model: str, prompt: int, completion: int) -> int:
        if model not in self.prices:
            raise Refused("UNKNOWN_MODEL", kept=False)
        return prompt * self.prices[model][0] + completion * self.prices[model][1]
