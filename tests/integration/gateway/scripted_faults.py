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
    after: dict[str, asyncio.Event] = field(default_factory=dict)
    """Waited for when the work is done: the answer is late, or lost."""
    calls: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))

    async def meet(self, method: str, request: Message) -> None:
        self.calls[method].append(request)
        fault = self.by_method.get(method)
        if isinstance(fault, asyncio.Event):
            await fault.wait()
        elif fault is not None:
            raise fault

    async def answering(self, method: str) -> None:
        if method in self.after:
            await self.after[method].wait()
