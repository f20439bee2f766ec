"""What goes wrong in a scripted service, and what it was asked."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from google.protobuf.message import Message

START = 100_000_000
WORDS = ["Call ", "him ", "Rex", "."]

Fault = Exception | asyncio.Event
"""Raised, or waited for."""


@dataclass
class Faults:
    """What goes wrong in which method, and what was asked of each."""

    by_method: dict[str, Fault] = field(default_factory=dict)
    after: dict[str, Fault] = field(default_factory=dict)
    """Waited for or raised when the work is done: the answer is late, lost, or another one."""
    calls: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))

    async def meet(self, method: str, request: Message) -> None:
        self.calls[method].append(request)
        await _happen(self.by_method.get(method))

    async def answering(self, method: str) -> None:
        await _happen(self.after.get(method))


async def _happen(fault: Fault | None) -> None:
    if isinstance(fault, asyncio.Event):
        await fault.wait()
    elif fault is not None:
        raise fault
