"""Leases once more, in plain dicts and by the letter of docs/credit.md, beside the rest of the ledger."""

from typing import Any

from tests.integration.credit.ledger_model import FOREVER, Model, Refused

LEASES = "system:lease"


class LeaseModel(Model):
    """The account of leases is one like others, whose grants are leases and whose holds are turns."""

    def __init__(self, *given: Any, lease_max: int, leases_max: int) -> None:
        super().__init__(*given)
        self.system["overhead"] = 0
        self.lease_max, self.leases_max = lease_max, leases_max
        self.leases: list[dict[str, Any]] = []
        self.turns: dict[str, dict[str, Any]] = {}
        self.recorded: dict[str, tuple[str, int]] = {}
        self.leased_in_all = self.paid_by_leases = 0

    def open_leases(self) -> list[dict[str, Any]]:
        return [lease for lease in self.leases if lease["state"] == "open"]

    def acquire(self, instance: str, amount: int, ttl_s: int) -> dict[str, Any]:
        account = self.opened(LEASES)
        for lease in self.open_leases():
            if lease["instance"] == instance:
                lease["until"] = max(lease["until"], self.now + ttl_s)
                return lease
        if amount > self.lease_max or sum(lease["amount"] for lease in self.open_leases()) + amount > self.leases_max:
            raise Refused("LIMIT_REACHED")
        grant = self.add(account, amount, "lease", "overhead")
        lease = {"instance": instance, "amount": amount, "state": "open", "until": self.now + ttl_s, "grant": grant}
        self.leases.append(lease)
        self.leased_in_all += amount
        return lease

    def renew_lease(self, lease: dict[str, Any], ttl_s: int) -> dict[str, Any]:
        self.must_be_open(lease)
        lease["until"] = max(lease["until"], self.now + ttl_s)
        return lease

    @staticmethod
    def must_be_open(lease: dict[str, Any]) -> None:
        if lease["state"] != "open":
            raise Refused("NOT_FOUND", kept=False)

    def take_in(self, lease: dict[str, Any], turns: list[dict[str, Any]]) -> None:
        """Begin a settlement: of each new turn, set aside what the lease pays if the person does not."""
        account = self.accounts[LEASES]
        new = [turn for turn in {turn["id"]: turn for turn in reversed(turns)}.values() if turn["id"] not in self.turns]
        if new:
            self.must_be_open(lease)
            if sum(1 for hold in account["holds"] if hold["state"] == "active") + len(new) > self.open_holds_max:
                raise Refused("OVERLOADED", kept=False)
        for given in reversed(new):
            person, known = self.accounts.get(given["name"]), given["cost"] is not None
            recorded = self.recorded[given["id"]][1] if given["id"] in self.recorded else given["bound"]
            due = min(given["bound"], given["cost"] if known else recorded)
            grant = lease["grant"]
            account["numbers"] += 1
            hold = {"number": account["numbers"], "amount": min(due, self.free(grant)), "until": FOREVER, "state": "active", "charged": 0, "used": 0}
            hold |= {"refunded": 0, "was_charged": False, "parts": [], "on_credit": 0, "member": None, "account": LEASES}
            if hold["amount"]:
                grant["held_by"][hold["number"]] = hold["amount"]
            account["holds"].append(hold)
            person = person if known and due else None
            turn = {"lease": lease, "hold": hold, "person": person, "name": given["name"] if given["name"] in self.accounts else ""}
            self.turns[given["id"]] = turn | {"due": due, "by_person": None if person else 0, "by_lease": 0, "finished": False}

    def ask(self, turn: dict[str, Any]) -> None:
        """The person pays the whole or nothing."""
        if turn["by_person"] is None:
            account = turn["person"]
            self.settle(account)
            pays = account["state"] == "open" and turn["due"] <= self.available(account)
            turn["by_person"] = self.take_more(account, turn["due"]) if pays else 0
            self.system["revenue"] += turn["by_person"]

    def finish(self, turn: dict[str, Any]) -> None:
        """The lease pays what was set aside if the person has not; a closed one has the rest returned."""
        if turn["finished"]:
            return
        account, hold, lease = self.accounts[LEASES], turn["hold"], turn["lease"]
        self.end(account, hold, "released" if turn["by_person"] else "captured")
        if not turn["by_person"]:
            turn["by_lease"] = hold["charged"] = hold["used"] = hold["amount"]
            lease["grant"]["left"] -= hold["amount"]
            self.system["revenue"] += hold["amount"]
            self.paid_by_leases += hold["amount"]
        turn["finished"] = True
        if lease["state"] != "open":
            self.return_rest(lease)

    def settle_lease(self, lease: dict[str, Any], turns: list[dict[str, Any]], close: bool) -> dict[str, Any]:
        self.take_in(lease, turns)
        asked = [self.turns[name] for name in dict.fromkeys(turn["id"] for turn in turns)]
        for turn in sorted(asked, key=lambda turn: turn["hold"]["number"]):
            self.ask(turn)
        for turn in asked:
            self.finish(turn)
        if close:
            self.close_lease(lease)
        return {"turns": [(turn["by_person"], turn["by_lease"]) for turn in asked], "left": lease["grant"]["left"]}

    def unfinished(self) -> list[dict[str, Any]]:
        return sorted((turn for turn in self.all_turns() if not turn["finished"]), key=lambda turn: turn["hold"]["number"])

    def all_turns(self) -> list[dict[str, Any]]:
        return list(self.turns.values())

    def finish_all(self) -> int:
        cut_off = self.unfinished()
        for turn in cut_off:
            self.ask(turn)
        for turn in cut_off:
            self.finish(turn)
        return len(cut_off)

    def close_lease(self, lease: dict[str, Any], state: str = "closed") -> None:
        if lease["state"] == "open":
            lease["state"] = state
            self.return_rest(lease)

    def return_rest(self, lease: dict[str, Any]) -> None:
        rest = self.free(lease["grant"])
        lease["grant"]["left"] -= rest
        self.system["overhead"] += rest

    def close_lost(self, days: int) -> int:
        lost = [lease for lease in self.open_leases() if lease["until"] + days * 86_400 <= self.now]
        for lease in lost:
            self.close_lease(lease, "lost")
        return len(lost)

    def record_leased(self, name: str, turn_id: str, cost: int) -> int:
        self.recorded[turn_id] = (name if name in self.accounts else "", cost)
        turn = self.turns.get(turn_id)
        return (turn["by_person"] or 0) + turn["by_lease"] if turn is not None else 0

    def erase(self, name: str) -> dict[str, Any] | None:
        """Their turns go by other ids from then on."""
        if name in self.accounts:
            self.turns = {(f"erased {self.erased} {one}" if turn["name"] == name else one): turn for one, turn in self.turns.items()}
            self.recorded = {one: (who, cost) for one, (who, cost) in self.recorded.items() if who != name}
        return super().erase(name)
