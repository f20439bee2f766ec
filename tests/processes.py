"""Processes that may end while they are looked at."""

from collections.abc import Callable, Iterable

import psutil


def told[T](processes: Iterable[psutil.Process], ask: Callable[[psutil.Process], T]) -> list[tuple[psutil.Process, T]]:
    """Return what each process says of itself; those that have ended meanwhile are left out."""
    answers = []
    for process in processes:
        try:
            answers.append((process, ask(process)))
        except psutil.NoSuchProcess:
            continue
    return answers
