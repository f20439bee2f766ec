"""An answer as the messages that show it: their texts, and the buttons and files of the last one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.replies import LIMIT, split_for_discord, with_notices

WHOLE_ANSWER = "answer.md"
IN_FILE = f"The whole answer is in {WHOLE_ANSWER}."
CUT_SHORT = "The rest does not fit here, and I may not attach files in this place."
FILES_LEFT_OUT = "There is a file to this, but I may not attach files in this place."
_SMALL_PRINT_MAX = 1000
_GAP = 2


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """One message of an answer. `components` are Discord's payloads, a row each; none of them removes those that were there."""

    text: str
    components: Sequence[dict[str, Any]] = ()
    files: Sequence[gateway_pb2.File] = ()


@dataclass(frozen=True, slots=True)
class AnswerContent:
    """All that an answer shows at a moment. `finished`: it will not grow any more. `attaches`: files may stand under it."""

    text: str = ""
    notices: Sequence[str] = ()
    components: Sequence[dict[str, Any]] = ()
    files: Sequence[gateway_pb2.File] = ()
    finished: bool = False
    attaches: bool = True


def pages_of(content: AnswerContent, messages_max: int) -> list[AnswerPage]:
    """Return the messages of an answer, at most `messages_max` (1 or more); a blank answer gives none.

    Components and files stand on the last one. Of a longer answer they hold the beginning; once it is finished, the whole is a file. Where there
    may be no files, small print says what is missing.
    """
    files = tuple(content.files) if content.attaches else ()
    notices = content.notices if content.attaches or not content.files else [*content.notices, FILES_LEFT_OUT]
    texts = split_for_discord(with_notices(content.text, notices))
    if len(texts) > messages_max:
        texts = split_for_discord(content.text)[:messages_max]
        if content.finished:
            texts[-1] = _with_small_print(texts[-1], [*notices, IN_FILE if content.attaches else CUT_SHORT])
            files = (whole_answer(content.text), *files) if content.attaches else ()
    last = len(texts) - 1
    return [AnswerPage(text, content.components, files) if number == last else AnswerPage(text) for number, text in enumerate(texts)]


def whole_answer(text: str) -> gateway_pb2.File:
    """Return an answer as a file."""
    return gateway_pb2.File(name=WHOLE_ANSWER, media_type="text/markdown", data=text.encode())


def _with_small_print(text: str, lines: Sequence[str]) -> str:
    """Shorten a message at a place where it may break, so that the small print fits under it."""
    small = with_notices("", lines)
    if len(small) > _SMALL_PRINT_MAX:
        small = with_notices("", lines[-1:])
    beginning = split_for_discord(text, limit=LIMIT - len(small) - _GAP)
    return f"{beginning[0]}\n\n{small}" if beginning else small
