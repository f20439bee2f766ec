"""CreditService and CreditAdminService: from protos to operations and back.

The books know no account ids but in one table; here the caller's own is put into the answers.
"""

from typing import Any

import grpc

from parlour.credit.v1 import credit_pb2 as pb
from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.credit import operations
from services.credit.teller import Teller

_Context = grpc.aio.ServicerContext[Any, Any]


class CreditServicer(pb_grpc.CreditServiceServicer):
    """Holds, captures, balances."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    async def PlaceHold(self, request: pb.PlaceHoldRequest, context: _Context) -> pb.PlaceHoldResponse:
        """Set credits aside."""
        response = pb.PlaceHoldResponse.FromString(await self._teller.execute(operations.place_hold(request)))
        response.hold.account_id = response.balance.account_id = request.account_id
        return response

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
        hold = await self._teller.hold(request.account_id, request.hold_id)
        hold.account_id = request.account_id
        return pb.GetHoldResponse(hold=hold)

    async def GetBalance(self, request: pb.GetBalanceRequest, context: _Context) -> pb.GetBalanceResponse:
        """Read a balance."""
        balance = await self._teller.balance(request.account_id)
        balance.account_id = request.account_id
        return pb.GetBalanceResponse(balance=balance)

    async def ListEntries(self, request: pb.ListEntriesRequest, context: _Context) -> pb.ListEntriesResponse:
        """List entries, newest first."""
        entries, token = await self._teller.entries(request.account_id, request.page_size, request.page_token)
        return pb.ListEntriesResponse(entries=entries, next_page_token=token)

    async def Transfer(self, request: pb.TransferRequest, context: _Context) -> pb.TransferResponse:
        """Move credits."""
        response = pb.TransferResponse.FromString(await self._teller.execute(operations.transfer(request)))
        response.balance.account_id = request.from_account_id
        return response

    async def RecordUsage(self, request: pb.RecordUsageRequest, context: _Context) -> pb.RecordUsageResponse:
        """Record what a turn used, and charge it if nobody has."""
        return pb.RecordUsageResponse.FromString(await self._teller.execute(operations.record_usage(request)))


class CreditAdminServicer(pb_grpc.CreditAdminServiceServicer):
    """What operators and billing tools need."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    async def CreateGrant(self, request: pb.CreateGrantRequest, context: _Context) -> pb.CreateGrantResponse:
        """Add credits."""
        response = pb.CreateGrantResponse.FromString(await self._teller.execute(operations.create_grant(request)))
        response.grant.account_id = response.balance.account_id = request.account_id
        return response
