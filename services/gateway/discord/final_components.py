"""The buttons and menus that belong to an answer, as Discord's component payloads. Pure.

Each carries who asked (custom_ids): only they may press it.
"""

from collections.abc import Iterable
from typing import Any

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.custom_ids import PressKind, write_custom_id
from services.gateway.requests import turn_id_of

type Component = dict[str, Any]

ROW, BUTTON, MENU, TEXT_INPUT = 1, 2, 3, 4
PRIMARY, SECONDARY, SUCCESS, DANGER = 1, 2, 3, 4
PARAGRAPH = 2
OPTIONS_MAX = 25
LABEL_MAX = 80
OPTION_LABEL_MAX = 100
LOOK_DIGITS = 6
MEMORY_MAX = 2000
"""What MemoryEdit accepts."""


def components_for(final: gateway_pb2.Final, asker_id: str, *, page_token: str = "") -> list[Component]:
    """Return the rows of components of an answer; none for most.

    `page_token` names the page of memories that the answer shows; empty: the first.
    """
    rows: list[Component] = []
    if final.forget_offer.plan_id:
        rows += _row(
            _button(_them("Forget", len(final.forget_offer.memories)), DANGER, PressKind.FORGET, final.forget_offer.plan_id, asker_id),
            _button(_them("Keep", len(final.forget_offer.memories)), SECONDARY, PressKind.KEEP, final.forget_offer.plan_id, asker_id),
        )
    if final.forget_done.plan_id:
        rows += _row(_button("Undo", SECONDARY, PressKind.UNDO, final.forget_done.plan_id, asker_id))
    if final.memories:
        rows += _row(_menu(final.memories, page_token, asker_id))
    if page_token or final.next_page_token:
        rows += _row(
            _button("Previous", SECONDARY, PressKind.BACK, page_token, asker_id) if page_token else None,
            _button("Next", SECONDARY, PressKind.PAGE, final.next_page_token, asker_id) if final.next_page_token else None,
        )
    if final.confirmation.confirmation_id:
        confirmation = final.confirmation
        rows += _row(
            _button(confirmation.confirm_label or "Yes", DANGER, PressKind.CONFIRM, confirmation.confirmation_id, asker_id),
            _button("Cancel", SECONDARY, PressKind.CANCEL, confirmation.confirmation_id, asker_id),
        )
    return rows


def memory_subject(memory: gateway_pb2.ShownMemory, *, look: str) -> str:
    """Name a memory as it was shown. `look` tells one showing from another: a memory that was brought back can be deleted again."""
    return f"{memory.memory_id}:{memory.version}:{look}"


def read_memory_subject(subject: str) -> tuple[str, int]:
    """Return the id and the version of the memory that a subject names. Version 0 where it names none."""
    memory_id, _, version = subject.rpartition(":")[0].rpartition(":")
    return (memory_id, int(version)) if version.isascii() and version.isdigit() else (subject, 0)


def memory_components(subject: str, asker_id: str, *, page_token: str) -> list[Component]:
    """Return what can be done with the memory of a subject: edit it, delete it, go back to its page."""
    return _row(
        _button("Edit", PRIMARY, PressKind.EDIT, subject, asker_id),
        _button("Delete", DANGER, PressKind.DROP, subject, asker_id),
        _button("Back to the list", SECONDARY, PressKind.PAGE, page_token, asker_id),
    )


def list_components(asker_id: str) -> list[Component]:
    """Return the way back to the list of memories, from what became of one."""
    return _row(_button("Back to the list", SECONDARY, PressKind.PAGE, "", asker_id))


def show_components(message: gateway_pb2.IncomingMessage, final: gateway_pb2.Final) -> list[Component]:
    """Return the button that shows a private answer to whoever asked for it in front of others: memories are listed anew."""
    kind, subject = (PressKind.LIST, "") if final.memories else (PressKind.SHOW, turn_id_of(message))
    return _row(_button("Show me", PRIMARY, kind, subject, message.user_id))


def edit_form(subject: str, asker_id: str, text: str) -> Component:
    """Return the form to change a memory, filled in with its text as it is."""
    field: Component = {
        "type": TEXT_INPUT,
        "custom_id": "text",
        "style": PARAGRAPH,
        "label": "What I remember",
        "min_length": 1,
        "max_length": MEMORY_MAX,
        "required": True,
    }
    if text:
        field["value"] = text[:MEMORY_MAX]
    return {
        "custom_id": write_custom_id(PressKind.SAVE, subject, asker_id),
        "title": "Change what I remember",
        "components": [{"type": ROW, "components": [field]}],
    }


def one_line(text: str, limit: int) -> str:
    """Return a text on one line of at most `limit` characters, never empty."""
    line = " ".join(text.split()) or "…"
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _them(verb: str, count: int) -> str:
    return f"{verb} it" if count == 1 else f"{verb} them"


def _button(label: str, style: int, kind: PressKind, subject: str, asker_id: str) -> Component | None:
    custom_id = write_custom_id(kind, subject, asker_id)
    return {"type": BUTTON, "style": style, "label": one_line(label, LABEL_MAX), "custom_id": custom_id} if custom_id else None


def _menu(memories: Iterable[gateway_pb2.ShownMemory], page_token: str, asker_id: str) -> Component | None:
    custom_id = write_custom_id(PressKind.PICK, page_token, asker_id)
    shown = [memory for memory in memories if 0 < len(memory.memory_id) <= OPTION_LABEL_MAX][:OPTIONS_MAX]
    if custom_id is None or not shown:
        return None
    options = [{"label": one_line(memory.text, OPTION_LABEL_MAX), "value": memory.memory_id} for memory in shown]
    return {
        "type": MENU,
        "custom_id": custom_id,
        "placeholder": "Change or delete one of these",
        "min_values": 1,
        "max_values": 1,
        "options": options,
    }


def _row(*components: Component | None) -> list[Component]:
    """Return one row of those that there are; no row without any."""
    present = [component for component in components if component is not None]
    return [{"type": ROW, "components": present}] if present else []
