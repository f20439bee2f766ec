"""The absolute deadline of the work at hand, handed on to every call it makes.

A server sets it from the RPC; a client subtracts a margin, so that the callee reports its own timeout before the caller gives up on it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

MARGIN_S = 0.020
"""What a hop keeps for itself, for the way back."""

STALLED_S = 0.5
"""A timeout that is noticed later than this says that we were paused, as by a stopped process, and nothing about the target."""

_deadline: ContextVar[float | None] = ContextVar("parlour_deadline", default=None)


def remaining_s() -> float | None:
    """Return the seconds left, possibly negative; None where no deadline is set."""
    at = _deadline.get()
    return None if at is None else at - time.monotonic()


def enter(seconds: float) -> Token[float | None]:
    """Set the deadline of this context, `seconds` from now."""
    return _deadline.set(time.monotonic() + seconds)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Narrow the deadline to at most `seconds` from now; it never widens one."""
    at = time.monotonic() + seconds
    outer = _deadline.get()
    token = _deadline.set(at if outer is None else min(at, outer))
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def detached(seconds: float) -> Iterator[None]:
    """Set a deadline of its own for work that outlives the caller's, such as settling a turn."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def call_timeout_s(limit_s: float) -> float:
    """Return the timeout for a call that may take `limit_s`: what is left minus the margin, if that is less."""
    left = remaining_s()
    return limit_s if left is None else min(limit_s, left - MARGIN_S)
