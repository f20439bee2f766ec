"""What a button, a menu or a form carries in its custom id, so that it works after a restart and on any instance. Pure.

The form is `<kind>:<subject>:<asker id>`; the subject may hold further colons. Discord allows 100 characters.
"""

from dataclasses import dataclass
from enum import StrEnum

CUSTOM_ID_MAX = 100


class PressKind(StrEnum):
    """What pressing means. The subject is named behind each."""

    FORGET = "forget"  # plan id: carry the forget out
    KEEP = "keep"  # plan id: do not
    UNDO = "undo"  # plan id: bring back what was forgotten
    LIST = "list"  # nothing: show the first page of memories in a message of its own
    PAGE = "page"  # page token: show this page of memories in place
    BACK = "back"  # page token: show the page before this one
    PICK = "pick"  # page token: show one memory of this page, which the menu names
    EDIT = "edit"  # memory, version and look: open the form to change it
    SAVE = "save"  # memory, version and look: the form was sent
    DROP = "drop"  # memory, version and look: delete it
    CONFIRM = "sure"  # confirmation id: yes
    CANCEL = "nope"  # confirmation id: no
    SHOW = "show"  # message id and attempt: show the private answer to it


@dataclass(frozen=True, slots=True)
class CustomId:
    """A custom id taken apart. `kind` is what stands before the first colon, known here or not."""

    kind: str
    subject: str
    asker_id: str

    def split_subject(self) -> tuple[str, int]:
        """Return the subject as an id and the number behind its last colon; 0 where there is none."""
        name, _, number = self.subject.rpartition(":")
        return (name, int(number)) if name and number.isascii() and number.isdigit() else (self.subject, 0)


def write_custom_id(kind: str, subject: str, asker_id: str) -> str | None:
    """Return the custom id, or None where it would be longer than Discord takes: such a button is left out, and words do the same."""
    written = f"{kind}:{subject}:{asker_id}"
    return written if len(written) <= CUSTOM_ID_MAX else None


def read_custom_id(written: str) -> CustomId | None:
    """Take a custom id apart; None if it is not of our form."""
    kind, colon, rest = written.partition(":")
    subject, second, asker_id = rest.rpartition(":")
    return CustomId(kind, subject, asker_id) if kind and colon and second and asker_id else None
