"""What an operator reads when a call fails."""

from typing import Any

import grpc
import pytest

from services.console.failures import sentence
from services.runtime.errors import (
    AccountClosed,
    AccountFrozen,
    InsufficientCredit,
    InvalidField,
    LimitReached,
    NotFound,
    Overloaded,
    ParlourError,
    PlanExpired,
    RefundExceedsCapture,
    RequestIdReused,
)
from services.runtime.status import status_details


class Failed(grpc.RpcError):
    """A call as grpc hands it back."""

    def __init__(self, code: grpc.StatusCode, details: str = "", trailing: tuple[Any, ...] = ()) -> None:
        self._status = code, details, trailing

    def code(self) -> grpc.StatusCode:
        return self._status[0]

    def details(self) -> str:
        return self._status[1]

    def trailing_metadata(self) -> tuple[Any, ...]:
        return self._status[2]


def failed(error: ParlourError) -> Failed:
    return Failed(*status_details(error, "credit"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            InsufficientCredit(available_microcredits=250_000, required_microcredits=5_000_000),
            "That account has 0.25 credits available and 5.00 are required.",
        ),
        (RefundExceedsCapture(amount_microcredits=9, left_microcredits=20_000), "Of that charge, 0.02 credits are left to be given back."),
        (AccountFrozen("frozen"), "That account is frozen: thaw it first."),
        (AccountClosed("closed"), "That account is closed for good."),
        (NotFound("grant with credits left"), "There is no such grant with credits left."),
        (RequestIdReused("r1"), "That request id was used for something else: leave it out, or repeat exactly what it was used for."),
        (LimitReached("rows of a report", 10_000), "That is too much: rows of a report: the limit is 10000."),
        (InvalidField("account_id", "must be user:<id> or guild:<id>"), "That cannot be: account_id must be user:<id> or guild:<id>."),
        (PlanExpired("the plan is too old to be committed"), "It is too late: the plan is too old to be committed."),
        (Overloaded("full"), "Parlour has too much to do just now; try again."),
    ],
)
def test_a_refusal_is_told_in_credits_and_without_codes(error, said):
    assert sentence(failed(error)) == said


def test_a_failure_without_a_reason_is_told_by_its_code():
    assert "is it running" in sentence(Failed(grpc.StatusCode.UNAVAILABLE, "connection refused"))
    assert sentence(Failed(grpc.StatusCode.DATA_LOSS)) == "That did not work: data loss."
