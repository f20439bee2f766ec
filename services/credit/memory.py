"""What one instance remembers of a shard between batches, so that a hot account is not read again for each.

It is right as long as nobody else writes to the shard: a batch is written only where the shard's head is the one that is remembered here.
"""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence

from services.credit.accounts import Account
from services.credit.batch import Books, Changes
from services.credit.chain import Batch, Head, OperationRecord
from services.credit.identifiers import hold_seq, lease_seq
from services.credit.operations import Operation
from services.credit.store import Loaded, Wanted
from services.credit.tiers import DAY_S
from services.runtime.bounded_map import BoundedMap
from services.runtime.errors import NotFound

type Keyed = Sequence[tuple[int, Operation]]
"""Operations with the keys of their accounts."""


class Memory:
    """The head of a shard, the accounts of its last batches as they leave them, and what the last requests were answered."""

    def __init__(self, accounts_max: int, requests_max: int) -> None:
        self._accounts_max = accounts_max
        self._requests_max = requests_max
        self.forget()

    def forget(self, head: Head | None = None) -> None:
        """Trust nothing of it any more; the head, where one is given, is what was just read."""
        self.head = head
        self._accounts: BoundedMap[int, Account] = BoundedMap("credit_accounts", size_max=self._accounts_max)
        self._last = Changes()
        self._records: dict[tuple[int, str], OperationRecord] = {}

    def accounts_of(self, operations: Keyed) -> dict[int, Account]:
        """The remembered accounts of these operations. Those of the last batch are, however few may be kept: the database may not have them yet."""
        found = {key: self._last.accounts.get(key) or self._accounts.get(key) for key, _ in operations}
        return {key: account for key, account in found.items() if account is not None}

    @staticmethod
    def wanted(operations: Keyed, remembered: Mapping[int, Account]) -> Wanted:
        """What has to be loaded for these operations."""
        accounts, holds, members, requests, leases, turns = set(), [], [], [], [], []
        since_day = int(time.time() // DAY_S) - 2
        for key, operation in operations:
            account = remembered.get(key)
            if account is None:
                accounts.add(key)
            if operation.request_key:
                requests.append((key, operation.request_key))
            if operation.hold_id and (seq := _seq_of(key, operation.hold_id)) and (account is None or seq not in account.holds):
                holds.append((key, seq))
            if operation.lease_id and (seq := _seq_of(key, operation.lease_id, lease_seq)) and (account is None or seq not in account.leases):
                leases.append((key, seq))
            # What a person was charged for a turn is written with the person's account: what is remembered may not know it.
            turns += [(key, turn_id) for turn_id in operation.turn_ids]
            if operation.member_key:
                members.append((key, operation.member_key, since_day))
        return Wanted(sorted(accounts), holds, members, requests, leases, turns)

    def books(self, loaded: Loaded, remembered: Mapping[int, Account]) -> Books:
        """What a batch is decided on. What is remembered is newer than what was loaded: the batch before may still be on its way."""
        accounts = {**loaded.accounts, **remembered}
        for key, hold in loaded.holds:
            accounts[key].holds.setdefault(hold.seq, hold)
        for key, member in loaded.members:
            accounts[key].members.setdefault((member.key, member.day), member)
        for key, lease in loaded.leases:
            accounts[key].leases.setdefault(lease.seq, lease)
        for key, turn in loaded.turns:
            known = accounts[key].turns.setdefault(turn.turn_id, turn)
            if known.charged_to_person is None:
                known.charged_to_person = turn.charged_to_person
        for key, turn_id, cost in loaded.recorded:
            accounts[key].recorded[turn_id] = cost
        return Books(accounts, dict(loaded.records), self._records)

    def keep(self, changes: Changes, sealed: Batch | None, remembered: Mapping[int, Account]) -> None:
        """Remember what a batch left, before it is written: whoever fails to write it calls `forget`."""
        for key, account in changes.accounts.items():
            account.written()
            if key not in remembered:
                self._accounts.put(key, account)
        if sealed is not None:
            self.head, self._last = sealed.head, changes
            for record in changes.records:
                self._records[record.account_key, record.request_key] = record
            for oldest in list(itertools.islice(self._records, max(0, len(self._records) - self._requests_max))):
                del self._records[oldest]

    def __len__(self) -> int:
        return len(self._accounts)


def _seq_of(key: int, given: str, seq_of: Callable[[int, str], int] = hold_seq) -> int:
    try:
        return seq_of(key, given)
    except NotFound:  # the decision says so
        return 0
