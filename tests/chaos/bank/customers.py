"""Customers of a bank who do everything at once, and know beforehand what they should be answered.

Accounts are chosen by a Zipf distribution: most of what happens concerns a few. A hold belongs to the customer who placed it, and the popular
accounts never run dry, so that an answer can be foretold whatever the others do. Every request is repeated until its outcome is known.
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from parlour.credit.v1 import credit_pb2 as pb
from services.runtime.errors import ParlourError
from tests.chaos.bank.world import undecided

ACCOUNTS = 300
POOLS = 4
ZIPF = 1.1
PLENTY = 10**12
_TRIES_MAX = 600
_PAUSE_S = 0.05

type Call = Callable[[int, str, Message], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Told:
    """A request and what it was answered: the response, or the refusal's reason and message."""

    method: str
    request: Any
    response: Message | None
    reason: str = ""
    message: str = ""

    def same_as(self, other: "Told") -> bool:
        if self.response is not None and other.response is not None:
            return self.response.SerializeToString(deterministic=True) == other.response.SerializeToString(deterministic=True)
        return (self.reason, self.message) == (other.reason, other.message)


@dataclass
class Bank:
    """What all customers share: how the service is called, and what became of it."""

    call: Call
    seed: int
    stretch: int = 500
    told: list[Told] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    unknown: int = 0
    """Requests whose outcome was not known at first, and then was."""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def name(self, what: str) -> str:
        return f"{what}-{self.seed}-{next(self.numbers)}"

    def door(self, dice: random.Random) -> int:
        """Which instance to ask: now either of them, now only the one, now only the other, for so many requests at a stretch.

        An instance that is alone decides ahead of what it writes; two that meet wait for each other.
        """
        stretch = len(self.told) // self.stretch % 4
        return stretch // 2 if stretch % 2 else dice.randrange(2)

    async def ask(self, method: str, request: Message, dice: random.Random) -> Told:
        """Repeat a request until somebody knows what became of it."""
        doubtful = False
        for tries in range(_TRIES_MAX):
            try:
                response = await self.call(dice.randrange(2) if tries else self.door(dice), method, request)
            except ParlourError as error:
                if undecided(error):
                    doubtful |= error.reason not in ("OVERLOADED", "CIRCUIT_OPEN")
                    await asyncio.sleep(_PAUSE_S * dice.uniform(0.5, 1.5))
                    continue
                told = Told(method, request, None, error.reason, error.message)
            else:
                told = Told(method, request, response)
            self.unknown += doubtful
            self.told.append(told)
            return told
        raise AssertionError(f"{method} was never answered")


class Customer:
    """One who asks for one thing after the other."""

    def __init__(self, bank: Bank, number: int) -> None:
        self.bank = bank
        self.number = number
        self.dice = random.Random(bank.seed * 10_007 + number)
        self.mine: list[Told] = []
        self.private = itertools.count()

    def popular(self) -> str:
        rank = 0
        while not 1 <= rank <= ACCOUNTS:
            rank = int(self.dice.paretovariate(ZIPF))
        return f"user:{rank}"

    async def ask(self, method: str, expected: str = "", **fields: Any) -> Any:
        """Ask for something, expecting a response ("") or a refusal; return the response."""
        request = getattr(pb, f"{method}Request")(**fields)
        told = await self.bank.ask(method, request, self.dice)
        if told.reason != expected:
            self.bank.surprises.append(f"{method} {expected or 'answered'}: {told.reason or 'answered'} {told.message} {request}")
        if told.reason != "NOT_FOUND":
            self.mine.append(told)
        return told.response if told.response is not None else getattr(pb, f"{method}Response")()

    def expect(self, what: str, answer: Message, **fields: int) -> None:
        found = {name: getattr(answer, f"{name}_microcredits", getattr(answer, name, None)) for name in fields}
        if found != fields:
            self.bank.surprises.append(f"{what}: {found} instead of {fields}")

    def id(self) -> str:
        return self.bank.name(f"r{self.number}")

    async def hold(self, account: str, amount: int, expected: str = "", **fields: Any) -> pb.Hold:
        answer = await self.ask("PlaceHold", expected, request_id=self.id(), account_id=account, amount_microcredits=amount, **fields)
        if not expected:
            self.expect("a hold", answer.hold, amount=amount)
        return pb.Hold.FromString(answer.hold.SerializeToString())

    async def on(self, method: str, hold: pb.Hold, expected: str = "", **fields: Any) -> Any:
        return await self.ask(method, expected, request_id=self.id(), account_id=hold.account_id, hold_id=hold.hold_id, **fields)

    # What customers do

    async def visit(self) -> None:
        things = (
            *(self.use, self.use, self.use, self.use, self.use_by_turn, self.use_by_turn, self.change_mind, self.give, self.be_given),
            *(self.be_sponsored, self.repeat, self.repeat, self.confuse, self.refund, self.ask_for_too_much, self.be_late),
            *(self.run_an_account, self.run_a_strict_account, self.overdraw),
        )
        await self.dice.choice(things)()

    async def use(self) -> None:
        account, amount = self.popular(), self.dice.randrange(1, 2000)
        hold = await self.hold(account, amount, metadata={"guild_id": "7", "feature": "reply"})
        used = self.dice.randrange(0, 2500)
        answer = await self.on("CaptureHold", hold, amount_microcredits=used)
        charged = min(used, amount)
        self.expect("a capture", answer, charged=charged, released=amount - charged, overage=used - charged)
        if self.dice.random() < 0.2:
            await self.on("ReleaseHold", hold, "HOLD_NOT_ACTIVE")

    async def use_by_turn(self) -> None:
        account = self.popular()
        prompt, completion = self.dice.randrange(1, 500), self.dice.randrange(0, 500)
        quote = pb.Quote(prompt_tokens=500, max_completion_tokens=500)
        answer = await self.ask("PlaceHold", request_id=self.id(), account_id=account, quote=quote)
        usage = pb.Usage(model="small", prompt_tokens=prompt, completion_tokens=completion)
        ids = {"account_id": answer.hold.account_id, "hold_id": answer.hold.hold_id, "usage": usage}
        captured = self.dice.random() < 0.5
        if captured:
            answer = await self.ask("CaptureHold", request_id=self.id(), **ids)
            self.expect("a capture by usage", answer, charged=prompt + 2 * completion)
        answer = await self.ask("RecordUsage", turn_id=self.id(), **ids)
        self.expect("a record", answer, charged=prompt + 2 * completion, captured_now=not captured)

    async def change_mind(self) -> None:
        hold = await self.hold(self.popular(), 100)
        self.expect("a release", await self.on("ReleaseHold", hold, reason="no answer"), released=100)
        await self.on("CaptureHold", hold, "HOLD_NOT_ACTIVE", amount_microcredits=1)
        usage = pb.Usage(model="small", prompt_tokens=7)
        answer = await self.ask("RecordUsage", turn_id=self.id(), account_id=hold.account_id, hold_id=hold.hold_id, usage=usage)
        self.expect("a record of a released hold", answer, charged=0, captured_now=False)

    async def give(self) -> None:
        sender, to = self.popular(), f"user:{self.dice.randrange(1, ACCOUNTS)}"
        if sender != to:
            fields = {"from_account_id": sender, "to_account_id": to, "amount_microcredits": self.dice.randrange(1, 50)}
            await self.ask("Transfer", request_id=self.id(), note="for the cake", **fields)

    async def be_given(self) -> None:
        account = self.popular()
        fields = {"account_id": account, "amount_microcredits": 70, "source": "promotion", "priority": 1000}
        answer = await self.ask("CreateGrant", request_id=self.id(), note="order 7", **fields)
        if self.dice.random() < 0.5:  # so low a priority that nobody has spent it
            answer = await self.ask("RevokeGrant", request_id=self.id(), account_id=account, grant_id=answer.grant.grant_id)
            self.expect("a revocation", answer, revoked=70)
        else:
            await self.ask("GetBalance", account_id=account)

    async def be_sponsored(self) -> None:
        pool = self.dice.randrange(POOLS)
        answer = await self.ask(
            "PlaceHold", request_id=self.id(), account_id=self.popular(), amount_microcredits=40, sponsor_account_id=f"guild:{pool}"
        )
        paid = answer.hold.account_id.startswith("guild:")
        if paid is not (pool > 0):  # the first pool pays nothing
            self.bank.surprises.append(f"the pool {pool} {'paid' if paid else 'did not pay'}")
        answer = await self.on("CaptureHold", answer.hold, amount_microcredits=30)
        self.expect("a sponsored capture", answer, charged=30, released=10)

    async def repeat(self) -> None:
        """What was asked before is answered as before."""
        for told in self.dice.sample(self.mine, min(3, len(self.mine))):
            if told.method == "GetBalance":
                continue
            again = await self.bank.ask(told.method, told.request, self.dice)
            if not again.same_as(told):
                self.bank.surprises.append(f"a repetition was answered otherwise: {told} {again}")

    async def confuse(self) -> None:
        """The id of another request is refused."""
        alterable = [told for told in self.mine[-40:] if told.method == "CaptureHold" and told.request.WhichOneof("used") == "amount_microcredits"]
        for told in alterable[:1]:
            other = pb.CaptureHoldRequest.FromString(told.request.SerializeToString())
            other.amount_microcredits += 1
            again = await self.bank.ask("CaptureHold", other, self.dice)
            if again.reason != "REQUEST_ID_REUSED":
                self.bank.surprises.append(f"an altered request was answered {again}")

    async def refund(self) -> None:
        hold = await self.hold(self.popular(), 90)
        await self.on("CaptureHold", hold, amount_microcredits=90)
        part = self.dice.randrange(1, 90)
        await self.on("RefundCapture", hold, amount_microcredits=part, reason="cut off")
        await self.on("RefundCapture", hold, "REFUND_EXCEEDS_CAPTURE", amount_microcredits=91 - part)

    async def ask_for_too_much(self) -> None:
        await self.hold(self.popular(), PLENTY, "INSUFFICIENT_CREDIT")
        await self.ask("ReleaseHold", "NOT_FOUND", request_id=self.id(), account_id=self.popular(), hold_id="hold_1_1")

    async def be_late(self) -> None:
        """The hold expires meanwhile, or does not: within the grace it is charged in any case."""
        hold = await self.hold(self.popular(), 80, ttl_s=1)
        await asyncio.sleep(self.dice.choice([0.0, 1.2]))
        used = self.dice.randrange(0, 120)
        self.expect("a late capture", await self.on("CaptureHold", hold, amount_microcredits=used), charged=min(used, 80))

    async def run_an_account(self) -> None:
        """One of one's own, from its beginning to its end."""
        account = f"user:{self.number}-{self.bank.seed}-{next(self.private)}"
        ids = {"account_id": account}
        answer = await self.ask("GetBalance", **ids)
        self.expect("a new account", answer.balance, posted=1_000_000)
        await self.ask("FreezeAccount", request_id=self.id(), frozen=True, reason="spam", **ids)
        await self.hold(account, 1, "ACCOUNT_FROZEN")
        await self.ask("FreezeAccount", request_id=self.id(), frozen=False, **ids)
        hold = await self.hold(account, 300)
        answer = await self.ask("CloseAccount", request_id=self.id(), reason="asked to", **ids)
        self.expect("a closed account", answer.balance, posted=300, held=300)
        await self.hold(account, 1, "ACCOUNT_CLOSED")
        gift = {"from_account_id": self.popular(), "to_account_id": account, "amount_microcredits": 5}
        await self.ask("Transfer", "ACCOUNT_CLOSED", request_id=self.id(), **gift)
        answer = await self.on("CaptureHold", hold, amount_microcredits=100)
        self.expect("a capture of a closed account", answer, charged=100, released=200)
        self.expect("an ended account", answer.balance, posted=0, held=0)

    async def run_a_strict_account(self) -> None:
        account = f"guild:{self.number}-{self.bank.seed}-{next(self.private)}"
        await self.ask("SetTier", request_id=self.id(), account_id=account, tier="strict")
        await self.ask("CreateGrant", request_id=self.id(), account_id=account, amount_microcredits=100, source="purchase")
        hold = await self.hold(account, 60)
        await self.on("CaptureHold", hold, "CAPTURE_EXCEEDS_HOLD", amount_microcredits=61)
        self.expect("a strict capture", await self.on("CaptureHold", hold, amount_microcredits=60), charged=60)
        await self.hold(account, 41, "INSUFFICIENT_CREDIT")

    async def overdraw(self) -> None:
        account = f"guild:{self.number}-{self.bank.seed}-{next(self.private)}"
        await self.ask("SetTier", request_id=self.id(), account_id=account, tier="extend")
        await self.ask("CreateGrant", request_id=self.id(), account_id=account, amount_microcredits=100, source="purchase")
        hold = await self.hold(account, 60)
        answer = await self.on("CaptureHold", hold, amount_microcredits=170)
        self.expect("an extended capture", answer, charged=150, overage=20, written_off=20)
        self.expect("an overdrawn account", answer.balance, posted=-50, available=0)
        answer = await self.ask("CreateGrant", request_id=self.id(), account_id=account, amount_microcredits=70, source="purchase")
        self.expect("a repayment", answer.balance, posted=20, available=70)


async def open_for_business(bank: Bank) -> None:
    """Fund the popular accounts and the pools."""
    owner = Customer(bank, 0)

    async def fund(account: str) -> None:
        # Spent last, so that gifts and refunds do not gather.
        fields = {"account_id": account, "amount_microcredits": PLENTY // 2, "source": "purchase", "priority": 900}
        await owner.ask("CreateGrant", request_id=owner.id(), **fields)

    await asyncio.gather(*(fund(f"user:{number}") for number in range(1, ACCOUNTS + 1)), *(fund(f"guild:{number}") for number in range(POOLS)))
    for number in range(1, POOLS):
        await owner.ask("SetPool", request_id=owner.id(), account_id=f"guild:{number}", member_daily_microcredits=PLENTY)


async def serve(bank: Bank, operations: int, customers: int) -> None:
    """Let customers come until so many operations were answered."""

    async def come(number: int) -> None:
        customer = Customer(bank, number)
        while len(bank.told) < operations:
            await customer.visit()

    async with asyncio.TaskGroup() as group:
        for number in range(1, customers + 1):
            group.create_task(come(number))
