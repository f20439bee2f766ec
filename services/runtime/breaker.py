"""A circuit breaker per target and method class, fed with outcomes.

Built on the circuitbreaker package, which keeps the count and the state. What it lacks is added here: a single probe while half open (it admits every
concurrent call), and a generation, so that a call which began before the breaker opened cannot close it.
"""

import time
from collections.abc import Callable
from enum import Enum, auto

from circuitbreaker import CircuitBreaker
from prometheus_client import Counter, Gauge

from services.runtime.errors import CircuitOpen

_STATES = ("closed", "half_open", "open")
_state = Gauge("parlour_breaker_state", "1 for the state a circuit breaker is in", ["target", "method_class", "state"])
_refusals = Counter("parlour_breaker_refusals_total", "Calls that were not made because a breaker was open", ["target", "method_class"])
_transitions = Counter("parlour_breaker_transitions_total", "Changes of a circuit breaker's state", ["target", "method_class", "to"])


class Outcome(Enum):
    """What a call tells about its target."""

    ALIVE = auto()
    UNWELL = auto()
    UNREACHABLE = auto()  # nobody answered: unwell, until a health check is answered
    NEUTRAL = auto()  # it tells nothing: cancelled by the caller, or given too little time to be fair


class Permit:
    """The permission for one call; report its outcome exactly once, and before that, where it is known so early, that the target answers."""

    __slots__ = ("_breaker", "_generation", "_probe", "_reported")

    def __init__(self, breaker: "Breaker", generation: int, probe: bool) -> None:
        self._breaker = breaker
        self._generation = generation
        self._probe = probe
        self._reported = False

    def answered(self) -> None:
        """Tell that the target answers a call that goes on: nobody need wait for the end of a probe, which counts like any other call's."""
        if self._probe and not self._reported:
            self._generation = self._breaker._answered(self, self._generation)
            self._probe = False

    def report(self, outcome: Outcome) -> None:
        """Tell what came of the call; later reports are ignored."""
        if not self._reported:
            self._reported = True
            self._breaker._report(outcome, self, self._generation, self._probe)


class Breaker:
    """Opens after `failures_max` failures in a row, lets one probe through after `open_s` seconds, closes when the probe is answered.

    A probe of which nothing is heard for another `open_s` is not waited for: the next one is let through.
    """

    def __init__(
        self, target: str, method_class: str, *, failures_max: int = 5, open_s: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._target = target
        self._method_class = method_class
        self._circuit = CircuitBreaker(failure_threshold=failures_max, recovery_timeout=0, name=f"{target}.{method_class}")
        self._open_s = open_s
        self._clock = clock
        self._opened_at = 0.0
        self._generation = 0
        self._probe: Permit | None = None
        self._probed_at = 0.0
        self._unreachable = False
        self._published = ""
        self._publish()

    @property
    def state(self) -> str:
        """closed, half_open or open."""
        if self._circuit.closed:
            return "closed"
        return "half_open" if self._clock() >= self._opened_at + self._open_s else "open"

    def admit(self) -> Permit:
        """Return the permit for a call. Raises CircuitOpen while the target is given time."""
        state = self.state
        self._publish()
        if state == "closed":
            return Permit(self, self._generation, probe=False)
        now = self._clock()
        wait_s = (self._opened_at if self._probe is None else max(self._opened_at, self._probed_at)) + self._open_s - now
        if wait_s > 0:
            _refusals.labels(self._target, self._method_class).inc()
            raise CircuitOpen(self._target, retry_after_s=max(0.1, wait_s))
        self._probe, self._probed_at = Permit(self, self._generation, probe=True), now
        return self._probe

    def _answered(self, permit: Permit, generation: int) -> int:
        """Take that a probe is answered; return the generation that its end belongs to."""
        self._report(Outcome.ALIVE, permit, generation, probe=True)
        return self._generation

    def _report(self, outcome: Outcome, permit: Permit, generation: int, probe: bool) -> None:
        if self._probe is permit:
            self._probe = None
        if outcome is Outcome.NEUTRAL or generation != self._generation:
            return
        if outcome is Outcome.ALIVE:
            self._alive(probe)
        else:
            self._unreachable = outcome is Outcome.UNREACHABLE
            self._unwell()
        self._publish()

    def reached(self) -> None:
        """Close a breaker that opened because nobody answered: somebody does again. One that opened for what was answered stays open."""
        if self._unreachable and not self._circuit.closed:
            self._alive(probe=True)
            self._publish()

    def _alive(self, probe: bool) -> None:
        if probe:
            self._generation += 1
        self._circuit.reset()

    def _unwell(self) -> None:
        was_closed = self._circuit.closed
        # Leaving the package's context manager with an error is its public way to count a failure.
        self._circuit.__exit__(ConnectionError, ConnectionError(), None)
        if not self._circuit.closed:
            self._opened_at = self._clock()
            self._generation += was_closed

    def _publish(self) -> None:
        state = self.state
        if state == self._published:
            return
        if self._published:
            _transitions.labels(self._target, self._method_class, state).inc()
        self._published = state
        for each in _STATES:
            _state.labels(self._target, self._method_class, each).set(each == state)
