"""What somebody who joins the line would wait is told by how fast it moved."""

from services.gateway.waiting_time import WaitingTime


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def after(ends: int, every_s: float, waiting: int = 5) -> tuple[WaitingTime, Clock]:
    clock = Clock()
    time = WaitingTime(clock)
    for _ in range(ends):
        clock.now += every_s
        time.ended(waiting=waiting)
    return time, clock


def test_nothing_is_known_at_first() -> None:
    time, _ = after(5, every_s=1.0)
    assert time.behind(1_000) == 0


def test_the_wait_is_the_time_that_those_before_take() -> None:
    time, _ = after(50, every_s=0.1)
    assert abs(time.behind(99) - 10.0) < 1e-6


def test_it_follows_a_line_that_slows_down() -> None:
    time, clock = after(50, every_s=0.1)
    for _ in range(100):
        clock.now += 0.4
        time.ended(waiting=5)
    assert 0.35 < time.behind(0) < 0.4


def test_the_time_when_nobody_waited_does_not_count() -> None:
    time, clock = after(50, every_s=0.1)
    time.ended(waiting=0)
    clock.now += 3_600
    time.ended(waiting=3)
    assert time.behind(0) < 0.2
