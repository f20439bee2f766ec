"""How other services call credit. Every method raises the error that credit raised, or CircuitOpen, DeadlineExceeded or DependencyUnavailable.

Every call may be repeated: mutations carry a request id (or a turn id), so the channel may be told to retry all of them (`RETRIED`).
An exported journal is written, and checked without any service, by `batch_line`, `heads_line` and `verify_journal`.
"""

from parlour.credit.v1 import credit_pb2 as pb
from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.credit.verification import Verification, batch_line, heads_line, verify_journal
from services.runtime.channel import Remote

__all__ = ["RETRIED", "TIMEOUT_S", "CreditClient", "Verification", "batch_line", "heads_line", "verify_journal"]

RETRIED = ["parlour.credit.v1.CreditService", "parlour.credit.v1.CreditAdminService"]
TIMEOUT_S = 2.0


class CreditClient:
    """The credit service, over a channel that outlives it."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._credit = pb_grpc.CreditServiceStub(remote.channel)
        self._admin = pb_grpc.CreditAdminServiceStub(remote.channel)

    async def place_hold(self, request: pb.PlaceHoldRequest, *, timeout_s: float = TIMEOUT_S) -> pb.PlaceHoldResponse:
        """Set credits aside. Raises InsufficientCredit, AccountFrozen, LimitReached, UnknownModel, PermissionRefused, RequestIdReused."""
        return await self._remote.unary(self._credit.PlaceHold, request, timeout_s=timeout_s)

    async def capture_hold(self, request: pb.CaptureHoldRequest, *, timeout_s: float = TIMEOUT_S) -> pb.CaptureHoldResponse:
        """Charge a hold and free the rest. Raises HoldNotActive, HoldExpired, NotFound, UnknownModel, RequestIdReused."""
        return await self._remote.unary(self._credit.CaptureHold, request, timeout_s=timeout_s)

    async def release_hold(self, request: pb.ReleaseHoldRequest, *, timeout_s: float = TIMEOUT_S) -> pb.ReleaseHoldResponse:
        """Free a hold. Raises HoldNotActive, NotFound, RequestIdReused."""
        return await self._remote.unary(self._credit.ReleaseHold, request, timeout_s=timeout_s)

    async def get_hold(self, request: pb.GetHoldRequest, *, timeout_s: float = TIMEOUT_S) -> pb.GetHoldResponse:
        """Read a hold. Raises NotFound."""
        return await self._remote.unary(self._credit.GetHold, request, timeout_s=timeout_s)

    async def get_balance(self, request: pb.GetBalanceRequest, *, timeout_s: float = TIMEOUT_S) -> pb.GetBalanceResponse:
        """Read a balance; a user's account is opened when it is first asked for."""
        return await self._remote.unary(self._credit.GetBalance, request, timeout_s=timeout_s)

    async def list_entries(self, request: pb.ListEntriesRequest, *, timeout_s: float = TIMEOUT_S) -> pb.ListEntriesResponse:
        """List an account's entries, newest first. Raises NotFound."""
        return await self._remote.unary(self._credit.ListEntries, request, timeout_s=timeout_s)

    async def transfer(self, request: pb.TransferRequest, *, timeout_s: float = TIMEOUT_S) -> pb.TransferResponse:
        """Move credits. Raises InsufficientCredit, AccountFrozen, LimitReached, RequestIdReused."""
        return await self._remote.unary(self._credit.Transfer, request, timeout_s=timeout_s)

    async def record_usage(self, request: pb.RecordUsageRequest, *, timeout_s: float = TIMEOUT_S) -> pb.RecordUsageResponse:
        """Record what a turn used, and charge it if nobody has. Raises NotFound, UnknownModel, RequestIdReused."""
        return await self._remote.unary(self._credit.RecordUsage, request, timeout_s=timeout_s)

    async def acquire_lease(self, request: pb.AcquireLeaseRequest, *, timeout_s: float = TIMEOUT_S) -> pb.AcquireLeaseResponse:
        """Fund a gateway instance for turns taken while credit cannot be reached. Raises LimitReached, RequestIdReused."""
        return await self._remote.unary(self._credit.AcquireLease, request, timeout_s=timeout_s)

    async def renew_lease(self, request: pb.RenewLeaseRequest, *, timeout_s: float = TIMEOUT_S) -> pb.RenewLeaseResponse:
        """Prolong a lease. Raises NotFound, RequestIdReused."""
        return await self._remote.unary(self._credit.RenewLease, request, timeout_s=timeout_s)

    async def settle_lease(self, request: pb.SettleLeaseRequest, *, timeout_s: float = 5.0) -> pb.SettleLeaseResponse:
        """Settle turns taken on a lease, each once, and close it where that is asked. Raises NotFound, UnknownModel, RequestIdReused."""
        return await self._remote.unary(self._credit.SettleLease, request, timeout_s=timeout_s)

    async def list_grants(self, request: pb.ListGrantsRequest, *, timeout_s: float = TIMEOUT_S) -> pb.ListGrantsResponse:
        """List an account's grants. Raises NotFound."""
        return await self._remote.unary(self._credit.ListGrants, request, timeout_s=timeout_s)

    async def erase_subject(self, request: pb.EraseSubjectRequest, *, timeout_s: float = 30.0) -> pb.EraseSubjectResponse:
        """Cut the link between a person and the books. Raises RequestIdReused, InvalidField."""
        return await self._remote.unary(self._admin.EraseSubject, request, timeout_s=timeout_s)

    async def set_pool(self, request: pb.SetPoolRequest, *, timeout_s: float = TIMEOUT_S) -> pb.SetPoolResponse:
        """Say what a guild's account pays a day for each member. Raises AccountClosed, RequestIdReused."""
        return await self._remote.unary(self._admin.SetPool, request, timeout_s=timeout_s)

    async def report_usage(self, request: pb.ReportUsageRequest, *, timeout_s: float = 30.0) -> pb.ReportUsageResponse:
        """Sum what was used. Raises InvalidField, LimitReached."""
        return await self._remote.unary(self._admin.ReportUsage, request, timeout_s=timeout_s)

    async def create_grant(self, request: pb.CreateGrantRequest, *, timeout_s: float = TIMEOUT_S) -> pb.CreateGrantResponse:
        """Add credits. Raises LimitReached, RequestIdReused."""
        return await self._remote.unary(self._admin.CreateGrant, request, timeout_s=timeout_s)
