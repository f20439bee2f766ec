"""The buttons of an answer itself: Stop while it grows, Regenerate afterwards. Pure.

Their custom ids say which message is answered, the attempt that the button stands under, and who asked.
"""

from collections.abc import Iterable
from typing import Any

from services.gateway.discord.custom_ids import CustomId, read_custom_id, write_custom_id

STOP, AGAIN = "stop", "again"
_ROW, _BUTTON, _SECONDARY = 1, 2, 2
_ID_DIGITS_MAX = 20


def stop_row(message_id: str, asker_id: str) -> list[dict[str, Any]]:
    """Return the row with the Stop button."""
    return _row("Stop", write_custom_id(STOP, message_id, asker_id))


def again_row(message_id: str, attempt: int, asker_id: str) -> list[dict[str, Any]]:
    """Return the row with the Regenerate button under attempt number `attempt`."""
    return _row("Regenerate", write_custom_id(AGAIN, f"{message_id}:{attempt}", asker_id))


def attempt_under(components: Iterable[dict[str, Any]], message_id: str) -> int | None:
    """Return the attempt that the Regenerate button under a message belongs to; None where it has none for the message with this id."""
    for row in components:
        for component in row.get("components", ()):
            custom_id = read_custom_id(str(component.get("custom_id", "")))
            if custom_id is not None and custom_id.kind == AGAIN and (found := read_again(custom_id)) is not None and found[0] == message_id:
                return found[1]
    return None


def read_again(custom_id: CustomId) -> tuple[str, int] | None:
    """Return the message and the attempt that a Regenerate button belongs to; None if it is none of ours."""
    message_id, _, attempt = custom_id.subject.partition(":")
    numbers = all(one.isascii() and one.isdigit() and len(one) <= _ID_DIGITS_MAX for one in (message_id, attempt))
    return (message_id, int(attempt)) if numbers else None


def _row(label: str, custom_id: str | None) -> list[dict[str, Any]]:
    if custom_id is None:
        return []
    return [{"type": _ROW, "components": [{"type": _BUTTON, "style": _SECONDARY, "label": label, "custom_id": custom_id}]}]
