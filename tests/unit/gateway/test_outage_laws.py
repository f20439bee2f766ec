"""The laws of the outage allowance, over any order of turns, ends, settlements, lost answers and crashes at any moment of a write.

A small world without I/O: the real rules and the real journal format, a credit service that settles each turn once, and a disk that keeps what was
written down (fsync has returned) and any part of what was being written when the process died.
"""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.gateway.outage.allowance import Asked, Grant, decide
from services.gateway.outage.book import Book, HeldLease, compacted
from services.gateway.outage.records import Dropped, Opened, Over, Record, Settled, Taken, Used, line_of, read
from services.gateway.outage.settling import batches, settle_request
from tests.unit.gateway.test_outage_allowance import NOW_MS, TERMS

TURNS_MAX = 2


class Credit:
    """Settles each turn once; a person of two can pay."""

    def __init__(self) -> None:
        self.leases: dict[str, int] = {}
        self.spent: Counter[str] = Counter()
        self.settled: dict[str, int] = {}
        self.times_charged: Counter[str] = Counter()

    def acquire(self, amount: int) -> HeldLease:
        lease_id = f"lease-{len(self.leases)}"
        self.leases[lease_id] = amount
        return HeldLease(lease_id, amount, amount, NOW_MS + 3_600_000, TERMS)

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


class Outages(RuleBasedStateMachine):
    """One gateway, killed again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.credit = Credit()
        self.disk = b""
        self.book = Book()
        self.called: dict[str, tuple[str, int]] = {}
        """Of each turn that the model was called for: its lease, and the most that it cost."""
        self.turns_by_account: Counter[str] = Counter()
        self.messages = 0

    @initialize(amount=st.integers(40_100, 300_000))
    def start(self, amount: int) -> None:
        self.write(Opened("here-1"))
        self.write(self.credit.acquire(amount).record())

    def write(self, record: Record) -> None:
        """Apply and fsync."""
        self.book.apply(record)
        self.disk += line_of(record)

    @rule(person=st.integers(0, 3), prompt=st.integers(1, 1_000), repeat=st.booleans())
    def take_a_turn(self, person: int, prompt: int, repeat: bool) -> None:
        self.messages += not repeat
        asked = Asked(f"m{self.messages}:0", f"user:{person}", prompt, 100, 0)
        if asked.turn_id in self.credit.settled:
            return  # what the gateway has settled it does not take; after a restart conversation says that the turn has ended
        decided = decide(self.book, asked, known_tier="", now_ms=NOW_MS, margin_ms=0, people_max=100)
        if isinstance(decided, Grant):
            self.write(Taken(decided.turn_id, decided.account_id, decided.lease_id, decided.bound_microcredits, NOW_MS))
            assert decided.turn_id not in self.called
            self.called[decided.turn_id] = (decided.lease_id, decided.bound_microcredits)
            self.turns_by_account[decided.account_id] += 1

    @precondition(lambda self: self.book.turns)
    @rule(data=st.data())
    def end_a_turn(self, data: st.DataObject) -> None:
        turn = data.draw(st.sampled_from(sorted(self.book.turns)))
        self.write(Used(turn, "small", data.draw(st.integers(0, 100))))

    @rule(size_max=st.integers(1, 3), marked=st.booleans())
    def settle(self, size_max: int, marked: bool) -> None:
        """The answer may be lost, or the process dies before it is written down: then it is asked again."""
        for answer in self.credit.settle(self.book, size_max):
            if marked:
                self.write(answer)

    @rule(kept_share=st.floats(0, 1), doing=st.sampled_from(["take", "use", "over", "nothing"]))
    def die(self, kept_share: float, doing: str) -> None:
        """kill -9: of what was being written, any part is on the disk; the model was not called for it."""
        writings: dict[str, Record] = {"take": Taken("torn:0", "user:9", "lease-0", 7, 1), "use": Used("m1:0", "small", 1), "over": Over()}
        writing = writings.get(doing, Over())
        torn = line_of(writing) if doing != "nothing" else b""
        cut = int(len(torn) * kept_share)
        self.start_anew(self.disk + torn[: min(cut, len(torn) - 1)] if torn else self.disk)

    def start_anew(self, disk: bytes) -> None:
        found = read(disk)
        assert found.bad == ()
        self.disk = b"".join(map(line_of, compacted(found.records)))
        before, self.book = self.book, Book(read(self.disk).records)
        assert (self.book.turns, self.book.lease, self.book.turns_by_account) == (before.turns, before.lease, before.turns_by_account)

    @rule(data=st.data())
    def lose_a_line(self, data: st.DataObject) -> None:
        """The disk lost something that was written down: the lease is not used any more."""
        lines = self.disk.splitlines(keepends=True)
        bad = data.draw(st.integers(0, len(lines) - 1))
        found = read(b"".join(b"x" + line if number == bad else line for number, line in enumerate(lines)))
        assert len(found.bad) == 1
        book = Book(found.records)
        lost = [Dropped(book.lease.lease_id)] if book.lease is not None else []
        self.disk = b"".join(map(line_of, compacted([*found.records, *lost, Opened("here-2"), self.credit.acquire(100_000).record()])))
        self.book = Book(read(self.disk).records)
        self.messages += 1  # a turn whose line is lost is not taken again by a repetition: conversation knows that it was begun
        # People's counts may be lost with a line: the lease bounds what that costs.
        self.turns_by_account = Counter(self.book.turns_by_account)

    @rule()
    def credit_answers_a_hold(self) -> None:
        self.write(Over())
        self.turns_by_account.clear()

    @invariant()
    def every_turn_is_charged_once_at_most(self) -> None:
        assert all(times == 1 for times in self.credit.times_charged.values())

    @invariant()
    def what_the_model_was_called_for_never_costs_more_than_the_lease(self) -> None:
        """Settled turns at what was spent on them, the others at all that they may cost."""
        owed = Counter[str]()
        for turn_id, (lease_id, bound) in self.called.items():
            owed[lease_id] += self.credit.settled.get(turn_id, bound)
        assert all(owed[lease_id] <= amount for lease_id, amount in self.credit.leases.items())

    @invariant()
    def nothing_more_is_set_aside_than_the_lease_has(self) -> None:
        assert self.book.left_microcredits >= 0

    @invariant()
    def nobody_has_more_turns_than_their_tier_gives(self) -> None:
        assert all(turns <= TURNS_MAX for turns in self.turns_by_account.values())


Outages.TestCase.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
TestOutages = Outages.TestCase
