"""Credit that charges by a simple price and fails on demand."""

import uuid
from collections import defaultdict

from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from services.runtime import errors
from tests.integration.gateway.scripted_faults import START, Faults
from tests.integration.gateway.scripted_leases import ScriptedLeases


class ScriptedCredit(credit_pb2_grpc.CreditServiceServicer):
    """Charges one microcredit a prompt token and ten a completion token."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.available: dict[str, int] = defaultdict(lambda: START)
        self.holds: dict[str, credit_pb2.Hold] = {}
        self._by_request: dict[str, str] = {}
        self.grants: dict[str, list[credit_pb2.Grant]] = defaultdict(list)
        self.entries: dict[str, list[credit_pb2.Entry]] = defaultdict(list)
        self.entries_page = 500
        self.sponsors: set[str] = set()
        self.transfers: dict[str, credit_pb2.TransferRequest] = {}
        self.tiers: dict[str, str] = {}
        self.leases = ScriptedLeases(faults.meet, faults.answering, self.available)

    def _balance(self, account_id: str) -> credit_pb2.Balance:
        tier = self.tiers.get(account_id, "")
        return credit_pb2.Balance(account_id=account_id, available_microcredits=self.available[account_id], tier=tier)

    async def AcquireLease(self, request, context):
        return await self.leases.acquire(request)

    async def RenewLease(self, request, context):
        return await self.leases.renew(request)

    async def SettleLease(self, request, context):
        return await self.leases.settle(request)

    async def PlaceHold(self, request, context):
        await self._faults.meet("PlaceHold", request)
        if request.request_id not in self._by_request:
            amount = request.quote.prompt_tokens + 10 * request.quote.max_completion_tokens
            if self.available[request.account_id] < amount:
                raise errors.InsufficientCredit(available_microcredits=self.available[request.account_id], required_microcredits=amount)
            payer = request.sponsor_account_id if request.sponsor_account_id in self.sponsors else request.account_id
            hold = credit_pb2.Hold(hold_id=uuid.uuid4().hex, account_id=payer, amount_microcredits=amount, state=credit_pb2.Hold.STATE_ACTIVE)
            self.holds[hold.hold_id] = hold
            self._by_request[request.request_id] = hold.hold_id
            self.available[payer] -= amount
        hold = self.holds[self._by_request[request.request_id]]
        await self._faults.answering("PlaceHold")
        return credit_pb2.PlaceHoldResponse(hold=hold, balance=self._balance(request.account_id), models=["scripted"])

    async def CaptureHold(self, request, context):
        await self._faults.meet("CaptureHold", request)
        hold = self._active(request.hold_id)
        used = request.usage.prompt_tokens + 10 * request.usage.completion_tokens
        hold.state, hold.captured_microcredits = credit_pb2.Hold.STATE_CAPTURED, used
        self.available[hold.account_id] += hold.amount_microcredits - used
        return credit_pb2.CaptureHoldResponse(charged_microcredits=used, balance=self._balance(hold.account_id))

    async def ReleaseHold(self, request, context):
        await self._faults.meet("ReleaseHold", request)
        hold = self._active(request.hold_id)
        hold.state = credit_pb2.Hold.STATE_RELEASED
        self.available[hold.account_id] += hold.amount_microcredits
        return credit_pb2.ReleaseHoldResponse(released_microcredits=hold.amount_microcredits, balance=self._balance(hold.account_id))

    def _active(self, hold_id: str) -> credit_pb2.Hold:
        hold = self.holds[hold_id]
        if hold.state != credit_pb2.Hold.STATE_ACTIVE:
            raise errors.HoldNotActive(credit_pb2.Hold.State.Name(hold.state))
        return hold

    async def GetHold(self, request, context):
        await self._faults.meet("GetHold", request)
        return credit_pb2.GetHoldResponse(hold=self.holds[request.hold_id])

    async def GetBalance(self, request, context):
        await self._faults.meet("GetBalance", request)
        return credit_pb2.GetBalanceResponse(balance=self._balance(request.account_id))

    async def ListGrants(self, request, context):
        await self._faults.meet("ListGrants", request)
        return credit_pb2.ListGrantsResponse(grants=self.grants[request.account_id])

    async def ListEntries(self, request, context):
        await self._faults.meet("ListEntries", request)
        if request.account_id not in self.entries:
            raise errors.NotFound("account")
        entries, first = self.entries[request.account_id], int(request.page_token or 0)
        behind = first + self.entries_page
        return credit_pb2.ListEntriesResponse(entries=entries[first:behind], next_page_token=str(behind) if behind < len(entries) else "")

    async def Transfer(self, request, context):
        await self._faults.meet("Transfer", request)
        if request.request_id not in self.transfers:
            if self.available[request.from_account_id] < request.amount_microcredits:
                available = self.available[request.from_account_id]
                raise errors.InsufficientCredit(available_microcredits=available, required_microcredits=request.amount_microcredits)
            self.transfers[request.request_id] = request
            self.available[request.from_account_id] -= request.amount_microcredits
            self.available[request.to_account_id] += request.amount_microcredits
        return credit_pb2.TransferResponse(balance=self._balance(request.from_account_id))
