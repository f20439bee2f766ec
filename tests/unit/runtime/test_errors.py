"""R3.1, R3.2: the failure table is data, complete, and the only way to a status."""

import grpc
import pytest

from services.runtime import errors
from services.runtime.errors import FAILURES, Category, LogLevel, Retry, error_classes
from services.runtime.status import error_from_rpc, status_details


def example(cls: type[errors.ParlourError]) -> errors.ParlourError:
    arguments = {
        errors.InvalidField: ("text", "is too long"),
        errors.NotFound: ("hold",),
        errors.RequestIdReused: ("r1",),
        errors.HoldNotActive: ("CAPTURED",),
        errors.UnknownModel: ("gpt-0",),
        errors.LimitReached: ("memories", 500),
        errors.DependencyUnavailable: ("database", "refused"),
        errors.CircuitOpen: ("memory",),
    }
    return cls(*arguments.get(cls, ("because",)))


def as_received(error: errors.ParlourError) -> errors.ParlourError:
    code, message, trailing = status_details(error, "credit")
    call = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), message, None)
    return error_from_rpc(call, "credit")


def test_every_error_class_has_a_row_and_every_row_a_class():
    assert set(error_classes()) == set(FAILURES)


@pytest.mark.parametrize("reason", FAILURES)
def test_a_row_is_consistent(reason):
    failure = FAILURES[reason]
    if failure.category is Category.CRITICAL:
        assert failure.log_level is LogLevel.ERROR
        assert failure.alert
    if failure.category is Category.BACKGROUND:
        assert failure.retry is Retry.JOB
        assert failure.notice is None
    if failure.retry is Retry.CHANNEL:
        assert failure.code is grpc.StatusCode.UNAVAILABLE
    if failure.category is Category.FEATURE:
        assert not failure.unwell
    if failure.final:
        assert failure.category is Category.FEATURE
        assert failure.retry is Retry.NEVER


def test_what_a_wrong_setting_or_a_busy_moment_gives_is_no_refusal_for_good():
    final = {reason for reason, failure in FAILURES.items() if failure.final}
    assert {"NOT_FOUND", "INVALID_FIELD", "UNKNOWN_MODEL", "REQUEST_ID_REUSED", "HOLD_NOT_ACTIVE"} <= final
    assert not final & {"PERMISSION_REFUSED", "UNIMPLEMENTED", "STALE_VERSION", "DEADLINE_MISSING", "LIMIT_REACHED", "ACCOUNT_CLOSED"}


@pytest.mark.parametrize("reason", FAILURES)
def test_an_error_arrives_as_it_was_raised(reason):
    raised = example(error_classes()[reason])
    received = as_received(raised)
    assert type(received) is type(raised)
    assert received.message == (raised.message or reason)
    assert received.metadata == raised.metadata


def test_amounts_and_the_time_to_wait_survive_the_way():
    poor = as_received(errors.InsufficientCredit(available_microcredits=3, required_microcredits=5))
    assert isinstance(poor, errors.InsufficientCredit)
    assert (poor.available_microcredits, poor.required_microcredits) == (3, 5)
    assert as_received(errors.Overloaded("full", retry_after_s=2.5)).retry_after_s == 2.5


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (grpc.StatusCode.UNAVAILABLE, errors.DependencyUnavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, errors.DeadlineExceeded),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, errors.Overloaded),
        (grpc.StatusCode.INTERNAL, errors.Internal),
        (grpc.StatusCode.UNKNOWN, errors.Internal),
    ],
)
def test_a_bare_status_becomes_the_nearest_error(code, expected):
    call = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), "details", None)
    assert type(error_from_rpc(call, "memory")) is expected


def test_a_connection_that_ended_in_garbage_says_that_the_target_is_away():
    call = grpc.aio.AioRpcError(grpc.StatusCode.UNKNOWN, grpc.aio.Metadata(), grpc.aio.Metadata(), "Stream removed (Failed parsing HTTP/2)", None)
    assert type(error_from_rpc(call, "memory")) is errors.DependencyUnavailable
