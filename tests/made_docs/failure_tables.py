"""The failure table, the words and the alerts, as Markdown."""

from collections.abc import Iterable, Sequence

from services.gateway import notices
from services.runtime.alerts import ALERTS
from services.runtime.errors import FAILURES, Category, error_classes

DEGRADED = (
    "memory_unavailable",
    "not_kept",
    "outage",
    "outage_turns_used",
    "emergency",
    "credit_unavailable",
    "conversation_unavailable",
    "memory_command_unavailable",
    "credit_command_unavailable",
    "cut",
    "cut_time",
    "orphaned",
)
"""What is said of a part that is away, beside an answer or instead of one."""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def failure_table() -> str:
    """One row for each reason."""
    rows = []
    for reason, failure in sorted(FAILURES.items(), key=lambda item: (list(Category).index(item[1].category), item[0])):
        rows.append(
            (
                f"`{reason}`",
                (error_classes()[reason].__doc__ or "").partition("\n")[0].removesuffix("."),
                failure.category.value,
                failure.code.name,
                failure.log_level.value,
                failure.retry.value,
                failure.recovery.value.replace("_", " "),
                f"`{failure.notice}`" if failure.notice else "",
                f"[{failure.alert}](operations.md#alerts)" if failure.alert else "",
                "yes" if failure.unwell else "",
                "yes" if failure.final else "",
            )
        )
    columns = ("reason", "what happened", "category", "status", "log", "retry", "recovery", "words", "alert", "opens breakers", "for good")
    return table(columns, rows)


def words_table() -> str:
    """What people are told, by the key that the failures name, and what is said of a part that is away."""
    keys = [*sorted({failure.notice for failure in FAILURES.values() if failure.notice}), *DEGRADED]
    return table(("words", "what a person reads"), ((f"`{key}`", notices.WORDS[key]) for key in keys))


def alert_table() -> str:
    """Every alert."""
    rows = ((one.name, one.severity.value, one.summary, f"`{one.expression}`", f"{one.for_s} s", f"[{one.anchor}](#{one.anchor})") for one in ALERTS)
    return table(("alert", "severity", "says", "where", "for", "what to do"), rows)
