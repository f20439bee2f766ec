"""What a check found: how things stand, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How well something is."""

    OK = "ok"
    WARN = "warn"  # people are answered, with something missing or at risk
    BROKEN = "broken"  # something does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `check` names what looked, `subject` what it looked at; `advice` is what to do where it is not well."""

    check: str
    subject: str
    standing: Standing
    what: str
    advice: str = ""


def ok(check: str, subject: str, what: str) -> Finding:
    """All is well."""
    return Finding(check, subject, Standing.OK, what)


def warn(check: str, subject: str, what: str, advice: str) -> Finding:
    """Worth a look."""
    return Finding(check, subject, Standing.WARN, what, advice)


def broken(check: str, subject: str, what: str, advice: str) -> Finding:
    """Somebody has to do something."""
    return Finding(check, subject, Standing.BROKEN, what, advice)
