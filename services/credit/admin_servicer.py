"""CreditAdminService: what operators and billing tools need, from protos to operations and back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf.message import Message

from parlour.credit.v1 import credit_pb2 as pb
from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.credit import operations
from services.credit.auditor import Auditor
from services.credit.erasure import Erasure
from services.credit.teller import Teller

_Context = grpc.aio.ServicerContext[Any, Any]


class CreditAdminServicer(pb_grpc.CreditAdminServiceServicer):
    """Grants, tiers, refunds, pools, states of accounts; the audit; erasure."""

    def __init__(self, teller: Teller, auditor: Auditor, erasure: Erasure) -> None:
        self._teller = teller
        self._auditor = auditor
        self._erasure = erasure

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

    async def Reconcile(self, request: pb.ReconcileRequest, context: _Context) -> pb.ReconcileResponse:
        """Compare the books with themselves."""
        run = await self._auditor.reconcile(full=request.full)
        return pb.ReconcileResponse(
            accounts_checked=run.accounts,
            entries_checked=run.entries,
            batches_checked=run.batches,
            found=run.found,
            findings=await self._auditor.findings.open(),
        )

    async def ListFindings(self, request: pb.ListFindingsRequest, context: _Context) -> pb.ListFindingsResponse:
        """List findings, newest first."""
        found, token = await self._auditor.findings.page(request.state, request.page_size, request.page_token)
        return pb.ListFindingsResponse(findings=found, next_page_token=token)

    async def ResolveFinding(self, request: pb.ResolveFindingRequest, context: _Context) -> pb.ResolveFindingResponse:
        """Close a finding."""
        return pb.ResolveFindingResponse(finding=await self._auditor.findings.resolve(request.finding_id, request.note))

    async def ReportUsage(self, request: pb.ReportUsageRequest, context: _Context) -> pb.ReportUsageResponse:
        """Sum usage."""
        rows = await self._auditor.report_usage(_time(request, "from"), _time(request, "to"), request.group_by, guild_id=request.guild_id)
        return pb.ReportUsageResponse(rows=rows)

    async def ExportEntries(self, request: pb.ExportEntriesRequest, context: _Context) -> AsyncIterator[pb.ExportEntriesResponse]:
        """Stream the journal."""
        async for response in self._auditor.export(_time(request, "from"), _time(request, "to")):
            yield response

    async def EraseSubject(self, request: pb.EraseSubjectRequest, context: _Context) -> pb.EraseSubjectResponse:
        """Cut the link between a person and the books."""
        receipt = await self._erasure.erase(request.request_id, request.user_id)
        return pb.EraseSubjectResponse(erased_by_table=receipt.erased, receipt_hash=receipt.hash)


def _time(request: Message, field: str) -> datetime | None:
    """`from` is a word of Python's, so that its field has to be asked for by name."""
    return getattr(request, field).ToDatetime(UTC) if request.HasField(field) else None
