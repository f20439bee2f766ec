"""How far the requests to each RPC got."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import grpc
from rich.table import Table

from tests.chaos.fuzz.calls import Outcome
from tests.chaos.fuzz.methods import Method

NEVER_REFUSED_FOR_CONTENT = frozenset({"GetStatus", "ListPresets", "GetReembedding"})
"""Their requests are empty: only a missing deadline is refused."""


@dataclass
class Covered:
    """The answers of one RPC: `accepted` with OK, `refused` by a service, by reason; `left` by us."""

    accepted: int = 0
    left: int = 0
    by_transport: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def refusals(self) -> int:
        """How many a service has refused."""
        return self.refused.total()

    @property
    def calls(self) -> int:
        """How many there were."""
        return self.accepted + self.left + self.by_transport + self.refusals

    def add(self, outcome: Outcome) -> None:
        """Count an answer."""
        if outcome.given_up or outcome.stuck:
            self.left += 1
        elif outcome.code is grpc.StatusCode.OK:
            self.accepted += 1
        elif outcome.reason:
            self.refused[outcome.reason] += 1
        else:
            self.by_transport += 1


def uncovered(methods: Sequence[Method], covered: Iterable[Covered], least: int) -> list[str]:
    """Return what is not known to be reached behind the first check: RPCs with fewer than `least` accepted, or refused, requests."""
    found = []
    for method, one in zip(methods, covered, strict=True):
        if one.accepted < least:
            found.append(f"{method.service}.{method.name}: {one.accepted} accepted")
        if one.refusals < (1 if method.name in NEVER_REFUSED_FOR_CONTENT else least):
            found.append(f"{method.service}.{method.name}: {one.refusals} refused")
    return found


def table(methods: Sequence[Method], covered: Iterable[Covered]) -> Table:
    """The table of all RPCs."""
    found = Table("rpc", "calls", "accepted", "refused", "left", "by gRPC", "reasons", title="Hostile requests")
    for method, one in zip(methods, covered, strict=True):
        reasons = ", ".join(f"{reason} {number:,}" for reason, number in one.refused.most_common(5))
        numbers = (f"{number:,}" for number in (one.calls, one.accepted, one.refusals, one.left, one.by_transport))
        found.add_row(f"{method.service.split('.')[-1]}.{method.name}", *numbers, reasons)
    return found
