"""The laws of the outage allowance, over any order of turns, ends, settlements, lost answers and crashes at any moment of a write.

A small world without I/O: the real rules and the real journal format, a credit service that settles each turn once, and a disk that keeps what was
written down (fsync has returned) and any part of what was being written when the process died.
"""

from collections import Counter
from collections.abc import Callable, Coroutine
from typing import cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from parlour.credit.v1 import credit_pb2
from services.credit.client import CreditClient
from services.gateway.outage.allowance import Asked, Grant, decide
from services.gateway.outage.book import Book, HeldLease, compacted
from services.gateway.outage.journalled_book import JournalledBook
from services.gateway.outage.lease_keeper import LeaseKeeper
from services.gateway.outage.records import Dropped, Opened, Over, Record, Settled, Taken, Used, WrittenOff, line_of, read
from services.gateway.outage.settling import batches, settle_request
from services.gateway.settings import GatewaySettings
from services.runtime.errors import DependencyUnavailable, NotFound, ParlourError, PermissionRefused
from tests.unit.gateway.test_outage_allowance import NOW_MS, TERMS

TURNS_MAX = 2
LEASE_S = 3_600
AWAY = DependencyUnavailable("credit")
SETTINGS = GatewaySettings(
    credit_address="credit:1",
    memory_address="memory:1",
    conversation_address="conversation:1",
    outage_lease_microcredits=100_000,
    outage_lease_ttl_s=LEASE_S,
)


class Killed(BaseException):
    """The process ends here."""


class Credit:
    """Settles each turn once; a person of two can pay. An instance has one open lease, and nothing can be done on a closed one."""

    def __init__(self) -> None:
        self.leases: dict[str, int] = {}
        self.instances: dict[str, str] = {}
        self.closed: set[str] = set()
        self.spent: Counter[str] = Counter()
        self.settled: dict[str, int] = {}
        self.times_charged: Counter[str] = Counter()
        self.before: BaseException | None = None
        """What the next call fails with."""
        self.after: BaseException | None = None
        """What the next call fails with once it is carried out."""

    def acquire(self, instance: str, amount: int) -> HeldLease:
        lease_id = next((one for one, owner in self.instances.items() if owner == instance and one not in self.closed), f"lease-{len(self.leases)}")
        self.leases.setdefault(lease_id, amount)
        self.instances.setdefault(lease_id, instance)
        return self.held(lease_id)

    def held(self, lease_id: str) -> HeldLease:
        amount = self.leases[lease_id]
        return HeldLease(lease_id, amount, amount - self.spent[lease_id], NOW_MS + LEASE_S * 1000, TERMS)

    async def acquire_lease(self, request: credit_pb2.AcquireLeaseRequest, *, timeout_s: float) -> credit_pb2.AcquireLeaseResponse:
        return self._met(lambda: credit_pb2.AcquireLeaseResponse(lease=self._told(request), terms=TERMS))

    def _told(self, request: credit_pb2.AcquireLeaseRequest) -> credit_pb2.Lease:
        return told(self.acquire(request.instance_id, request.amount_microcredits))

    async def renew_lease(self, request: credit_pb2.RenewLeaseRequest, *, timeout_s: float) -> credit_pb2.RenewLeaseResponse:
        return self._met(lambda: credit_pb2.RenewLeaseResponse(lease=told(self._open(request.lease_id)), terms=TERMS))

    async def settle_lease(self, request: credit_pb2.SettleLeaseRequest, *, timeout_s: float) -> credit_pb2.SettleLeaseResponse:
        return self._met(lambda: self._close(request.lease_id))

    def _open(self, lease_id: str) -> HeldLease:
        if lease_id in self.closed:
            raise NotFound("open lease")
        return self.held(lease_id)

    def _close(self, lease_id: str) -> credit_pb2.SettleLeaseResponse:
        self.closed.add(lease_id)
        return credit_pb2.SettleLeaseResponse()

    def _met[T](self, work: Callable[[], T]) -> T:
        if self.before is not None:
            raise self.before
        made = work()
        if self.after is not None:
            raise self.after
        return made

    def settle(self, book: Book, size_max: int) -> list[Settled]:
        answers = []
        for lease_id, batch in batches(list(book.turns.values()), size_max):
            request = settle_request(lease_id, batch)
            for turn in request.turns:
                if turn.turn_id in self.settled:
                    continue
                self.times_charged[turn.turn_id] += 1
                pays = turn.HasField("usage") and turn.account_id == "user:0"
                cost = (turn.usage.prompt_tokens * 100 if turn.HasField("usage") else turn.upper_bound_microcredits) if not pays else 0
                self.settled[turn.turn_id] = min(cost, turn.upper_bound_microcredits)
                self.spent[lease_id] += self.settled[turn.turn_id]
            remaining = self.leases[lease_id] - self.spent[lease_id]
            answers.append(Settled(lease_id, tuple(turn.turn_id for turn in request.turns), remaining))
        return answers


def told(held: HeldLease) -> credit_pb2.Lease:
    lease = credit_pb2.Lease(lease_id=held.lease_id, amount_microcredits=held.amount_microcredits, remaining_microcredits=held.remaining_microcredits)
    lease.expire_time.FromMilliseconds(held.expire_time_ms)
    return lease


def run(work: Coroutine[None, None, None]) -> None:
    """Carry out what never waits."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits for something")


class Kept:
    """A book and what of it is on the disk."""

    def __init__(self) -> None:
        self.disk = b""
        self.book = Book()

    async def write(self, record: Record) -> None:
        self.note_now(record)

    async def note(self, record: Record) -> None:
        self.note_now(record)

    def note_now(self, record: Record) -> None:
        """Apply and fsync."""
        self.book.apply(record)
        self.disk += line_of(record)


class Outages(RuleBasedStateMachine):
    """One gateway, killed again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.credit = Credit()
        self.kept = Kept()
        self.called: dict[str, tuple[str, int]] = {}
        """Of each turn that the model was called for: its lease, and the most that it cost."""
        self.turns_by_account: Counter[str] = Counter()
        self.written_off: set[str] = set()
        self.messages = 0
        self.instances = 1
        self.clock_s = NOW_MS / 1000
        self.settings = SETTINGS.model_copy()
        self.keeper = self.new_keeper()

    @initialize(amount=st.integers(40_100, 300_000))
    def start(self, amount: int) -> None:
        self.kept.note_now(Opened("here-1"))
        self.kept.note_now(self.credit.acquire("here-1", amount).record())

    @property
    def book(self) -> Book:
        return self.kept.book

    def new_keeper(self) -> LeaseKeeper:
        """The lease's keeper of a process that starts."""
        return LeaseKeeper(cast(CreditClient, self.credit), cast(JournalledBook, self.kept), self.settings, wall_clock=lambda: self.clock_s)

    @rule(person=st.integers(0, 3), prompt=st.integers(1, 1_000), repeat=st.booleans())
    def take_a_turn(self, person: int, prompt: int, repeat: bool) -> None:
        self.messages += not repeat
        asked = Asked(f"m{self.messages}:0", f"user:{person}", prompt, 100, 0)
        if asked.turn_id in self.credit.settled or asked.turn_id in self.written_off:
            return  # what the gateway has settled it does not take; after a restart conversation says that the turn has ended
        decided = decide(self.book, asked, known_tier="", now_ms=NOW_MS, margin_ms=0, people_max=100)
        if isinstance(decided, Grant):
            self.kept.note_now(Taken(decided.turn_id, decided.account_id, decided.lease_id, decided.bound_microcredits, NOW_MS))
            assert decided.turn_id not in self.called
            assert decided.lease_id not in self.credit.closed
            self.called[decided.turn_id] = (decided.lease_id, decided.bound_microcredits)
            self.turns_by_account[decided.account_id] += 1

    @precondition(lambda self: self.book.turns)
    @rule(data=st.data())
    def end_a_turn(self, data: st.DataObject) -> None:
        turn = data.draw(st.sampled_from(sorted(self.book.turns)))
        self.kept.note_now(Used(turn, "small", data.draw(st.integers(0, 100))))

    @rule(size_max=st.integers(1, 3), marked=st.booleans())
    def settle(self, size_max: int, marked: bool) -> None:
        """The answer may be lost, or the process dies before it is written down: then it is asked again."""
        for answer in self.credit.settle(self.book, size_max):
            if marked:
                self.kept.note_now(answer)

    @precondition(lambda self: set(self.book.turns) - set(self.credit.settled))
    @rule(data=st.data())
    def refuse_to_settle_a_turn(self, data: st.DataObject) -> None:
        turn_id = data.draw(st.sampled_from(sorted(set(self.book.turns) - set(self.credit.settled))))
        taken = self.book.turns[turn_id].taken
        self.written_off.add(turn_id)
        self.kept.note_now(WrittenOff(taken.lease_id, (turn_id,), taken.bound_microcredits))

    @precondition(lambda self: not set(self.book.turns) & set(self.credit.settled))
    @rule(answer=st.sampled_from(["given", "lost", "killed", "away", "refused", "unknown"]), later=st.booleans(), replaced=st.booleans())
    def look_after_the_lease(self, answer: str, later: bool, replaced: bool) -> None:
        """Acquired, prolonged or closed, whichever is due, once all that can be settled is. `later`: a lease is to be prolonged."""
        self.settings.__dict__["outage_replace_below"] = 2.0 if replaced else 0.5
        before: dict[str, BaseException] = {"away": AWAY, "refused": PermissionRefused("SettleLease"), "unknown": NotFound("lease")}
        after: dict[str, BaseException] = {"lost": AWAY, "killed": Killed()}
        self.credit.before, self.credit.after = before.get(answer), after.get(answer)
        self.clock_s = NOW_MS / 1000 + (LEASE_S / 2 if later else 0)
        try:
            run(self.keeper.keep())
        except ParlourError:
            pass
        except Killed:
            self.start_anew(self.kept.disk)
        self.credit.before = self.credit.after = None

    @rule(kept_share=st.floats(0, 1), doing=st.sampled_from(["take", "use", "over", "nothing"]))
    def die(self, kept_share: float, doing: str) -> None:
        """kill -9: of what was being written, any part is on the disk; the model was not called for it."""
        writings: dict[str, Record] = {"take": Taken("torn:0", "user:9", "lease-0", 7, 1), "use": Used("m1:0", "small", 1), "over": Over()}
        writing = writings.get(doing, Over())
        torn = line_of(writing) if doing != "nothing" else b""
        cut = int(len(torn) * kept_share)
        self.start_anew(self.kept.disk + torn[: min(cut, len(torn) - 1)] if torn else self.kept.disk)

    def start_anew(self, disk: bytes) -> None:
        found = read(disk)
        assert found.bad == ()
        before, self.kept = self.book, Kept()
        for record in compacted(found.records):
            self.kept.note_now(record)
        self.keeper = self.new_keeper()
        assert vars(self.book) == vars(before)

    @rule(data=st.data())
    def lose_a_line(self, data: st.DataObject) -> None:
        """The disk lost something that was written down: the lease is not used any more."""
        lines = self.kept.disk.splitlines(keepends=True)
        bad = data.draw(st.integers(0, len(lines) - 1))
        found = read(b"".join(b"x" + line if number == bad else line for number, line in enumerate(lines)))
        assert len(found.bad) == 1
        book = Book(found.records)
        lost = [Dropped(book.lease.lease_id)] if book.lease is not None else []
        self.instances += 1
        opened = Opened(f"here-{self.instances}")
        self.kept = Kept()
        for record in compacted([*found.records, *lost, opened, self.credit.acquire(opened.instance, 100_000).record()]):
            self.kept.note_now(record)
        self.keeper = self.new_keeper()
        self.messages += 1  # a turn whose line is lost is not taken again by a repetition: conversation knows that it was begun
        # People's counts may be lost with a line: the lease bounds what that costs.
        self.turns_by_account = Counter(self.book.turns_by_account)

    @rule()
    def credit_answers_a_hold(self) -> None:
        self.kept.note_now(Over())
        self.turns_by_account.clear()

    @invariant()
    def every_turn_is_charged_once_at_most(self) -> None:
        assert all(times == 1 for times in self.credit.times_charged.values())

    @invariant()
    def what_the_model_was_called_for_never_costs_more_than_the_lease(self) -> None:
        """Settled turns at what was spent on them, the others at all that they may cost; and no more is there to be spent."""
        owed = Counter[str]()
        for turn_id, (lease_id, bound) in self.called.items():
            owed[lease_id] += self.credit.settled.get(turn_id, bound)
        assert all(owed[lease_id] <= amount for lease_id, amount in self.credit.leases.items())
        if (held := self.book.lease) is not None:
            assert self.book.left_microcredits <= held.amount_microcredits - owed[held.lease_id]

    @invariant()
    def nothing_more_is_set_aside_than_the_lease_has(self) -> None:
        assert self.book.left_microcredits >= 0

    @invariant()
    def nobody_has_more_turns_than_their_tier_gives(self) -> None:
        assert all(turns <= TURNS_MAX for turns in self.turns_by_account.values())


Outages.TestCase.settings = settings(max_examples=50, stateful_step_count=40)
TestOutages = Outages.TestCase
