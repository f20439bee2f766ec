"""CreditService: from protos to operations and back.

The books know no account ids but in one table; here the caller's own is put into the answers.
"""

from typing import Any

import grpc

from parlour.credit.v1 import credit_pb2 as pb
from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.credit import operations
from services.credit.reading import Reader
from services.credit.teller import Teller
from services.runtime.errors import NotFound

_Context = grpc.aio.ServicerContext[Any, Any]


class CreditServicer(pb_grpc.CreditServiceServicer):
    """Holds, captures, balances."""

    def __init__(self, teller: Teller, reader: Reader) -> None:
        self._teller = teller
        self._reader = reader

    async def PlaceHold(self, request: pb.PlaceHoldRequest, context: _Context) -> pb.PlaceHoldResponse:
        """Set credits aside."""
        return await self._teller.place_hold(request)

    async def CaptureHold(self, request: pb.CaptureHoldRequest, context: _Context) -> pb.CaptureHoldResponse:
        """Charge a hold."""
        response = pb.CaptureHoldResponse.FromString(await self._teller.execute(operations.capture_hold(request)))
        response.balance.account_id = request.account_id
        return response

    async def ReleaseHold(self, request: pb.ReleaseHoldRequest, context: _Context) -> pb.ReleaseHoldResponse:
        """Free a hold."""
        response = pb.ReleaseHoldResponse.FromString(await self._teller.execute(operations.release_hold(request)))
        response.balance.account_id = request.account_id
        return response

    async def GetHold(self, request: pb.GetHoldRequest, context: _Context) -> pb.GetHoldResponse:
        """Read a hold."""
        hold = await self._reader.hold(request.account_id, request.hold_id)
        hold.account_id = request.account_id
        return pb.GetHoldResponse(hold=hold)

    async def GetBalance(self, request: pb.GetBalanceRequest, context: _Context) -> pb.GetBalanceResponse:
        """Read a balance, opening the account where nobody has."""
        try:
            balance = await self._reader.balance(request.account_id)
        except NotFound:
            answer = await self._teller.execute(operations.open_account(request.account_id))
            balance = pb.GetBalanceResponse.FromString(answer).balance
        balance.account_id = request.account_id
        return pb.GetBalanceResponse(balance=balance)

    async def ListGrants(self, request: pb.ListGrantsRequest, context: _Context) -> pb.ListGrantsResponse:
        """List the grants that have credits left."""
        grants = await self._reader.grants(request.account_id)
        for grant in grants:
            grant.account_id = request.account_id
        return pb.ListGrantsResponse(grants=grants)

    async def ListEntries(self, request: pb.ListEntriesRequest, context: _Context) -> pb.ListEntriesResponse:
        """List entries, newest first."""
        entries, token = await self._reader.entries(request.account_id, request.page_size, request.page_token)
        return pb.ListEntriesResponse(entries=entries, next_page_token=token)

    async def Transfer(self, request: pb.TransferRequest, context: _Context) -> pb.TransferResponse:
        """Move credits."""
        return await self._teller.transfer(request)

    async def RecordUsage(self, request: pb.RecordUsageRequest, context: _Context) -> pb.RecordUsageResponse:
        """Record what a turn used, and charge it if nobody has."""
        if request.lease_id:
            return await self._teller.leases.record_usage(request)
        return pb.RecordUsageResponse.FromString(await self._teller.execute(operations.record_usage(request)))

    async def AcquireLease(self, request: pb.AcquireLeaseRequest, context: _Context) -> pb.AcquireLeaseResponse:
        """Fund a gateway instance in advance."""
        return await self._teller.leases.acquire(request)

    async def RenewLease(self, request: pb.RenewLeaseRequest, context: _Context) -> pb.RenewLeaseResponse:
        """Prolong a lease."""
        return await self._teller.leases.renew(request)

    async def SettleLease(self, request: pb.SettleLeaseRequest, context: _Context) -> pb.SettleLeaseResponse:
        """Settle turns that were taken on a lease."""
        return await self._teller.leases.settle(request)
