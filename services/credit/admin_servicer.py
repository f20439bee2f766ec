"""CreditAdminService: what operators and billing tools need, from protos to operations and back."""

from typing import Any

import grpc

from parlour.credit.v1 import credit_pb2 as pb
from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.credit import operations
from services.credit.teller import Teller

_Context = grpc.aio.ServicerContext[Any, Any]


class CreditAdminServicer(pb_grpc.CreditAdminServiceServicer):
    """Grants, tiers, refunds, pools, states of accounts."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    async def CreateGrant(self, request: pb.CreateGrantRequest, context: _Context) -> pb.CreateGrantResponse:
        """Add credits."""
        response = pb.CreateGrantResponse.FromString(await self._teller.execute(operations.create_grant(request)))
        response.grant.account_id = response.balance.account_id = request.account_id
        return response

    async def RevokeGrant(self, request: pb.RevokeGrantRequest, context: _Context) -> pb.RevokeGrantResponse:
        """Take back what is left of a grant."""
        response = pb.RevokeGrantResponse.FromString(await self._teller.execute(operations.revoke_grant(request)))
        response.balance.account_id = request.account_id
        return response

    async def RefundCapture(self, request: pb.RefundCaptureRequest, context: _Context) -> pb.RefundCaptureResponse:
        """Give back a capture."""
        response = pb.RefundCaptureResponse.FromString(await self._teller.execute(operations.refund_capture(request)))
        response.balance.account_id = request.account_id
        return response

    async def SetTier(self, request: pb.SetTierRequest, context: _Context) -> pb.SetTierResponse:
        """Move an account to another tier."""
        response = pb.SetTierResponse.FromString(await self._teller.execute(operations.set_tier(request)))
        response.balance.account_id = request.account_id
        return response

    async def SetPool(self, request: pb.SetPoolRequest, context: _Context) -> pb.SetPoolResponse:
        """Say what a guild's account pays for its members."""
        response = pb.SetPoolResponse.FromString(await self._teller.execute(operations.set_pool(request)))
        response.balance.account_id = request.account_id
        return response

    async def FreezeAccount(self, request: pb.FreezeAccountRequest, context: _Context) -> pb.FreezeAccountResponse:
        """Freeze or thaw an account."""
        return pb.FreezeAccountResponse.FromString(await self._teller.execute(operations.freeze_account(request)))

    async def CloseAccount(self, request: pb.CloseAccountRequest, context: _Context) -> pb.CloseAccountResponse:
        """End an account for good."""
        response = pb.CloseAccountResponse.FromString(await self._teller.execute(operations.close_account(request)))
        response.balance.account_id = request.account_id
        return response
