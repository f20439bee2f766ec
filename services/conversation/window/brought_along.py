"""What a message brings along, written down for a prompt: what it replies to, its thread's first message, its text files. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from services.conversation.turn import TextFile
from services.conversation.window.window_blocks import Names, Said, replied_to_block, text_file_block, thread_starter_block
from services.conversation.window.window_filling import Candidate

type CountTokens = Callable[[Sequence[str]], list[int]]

_QUOTE_CHARS = 120
_CUT_TOKENS = 24
_CUT_TRIES = 5


class BroughtAlong:
    """What could be shown of it. `chain` is what `replied_to` replies to, and so on, nearest first; a quote without a text is left out."""

    def __init__(
        self,
        replied_to: Said | None,
        chain: Sequence[Said],
        thread_starter: Said | None,
        files: Sequence[TextFile],
        count: CountTokens,
    ) -> None:
        quoted = [said for said in (replied_to, *chain) if said is not None and said.text]
        self.quoted = quoted
        starter = thread_starter if thread_starter is not None and thread_starter.text else None
        self.starter = None if starter is None or any(_same(starter, said) for said in quoted) else starter
        self._files = files
        self._count = count
        self.files_cut = 0
        """How many of the files shown last are not whole."""

    def quotes(self, shown: Sequence[Said], names: Names) -> list[Candidate]:
        """Return what is replied to, nearest first. Of what the model sees among the recent messages a few words tell which one is meant."""
        return self._quoted("replied_to", [_short(said, shown) for said in self.quoted], names)

    def first(self, shown: Sequence[Said], names: Names) -> list[Candidate]:
        """Return the thread's first message, if there is one."""
        return self._quoted("thread_starter", [_short(self.starter, shown)] if self.starter else [], names)

    def cut(self, whole: Candidate, room: int, names: Names) -> list[Candidate]:
        """Return as much of the beginning of a quote as there is room for; nothing where that is next to nothing."""
        said = whole.said
        if said is None or room <= _CUT_TOKENS:
            return []
        chars = len(said.text) * (room - _CUT_TOKENS) // max(whole.tokens, 1)
        return self._quoted(whole.part, [replace(said, text=f"{said.text[:chars]} …")], names) if chars else []

    def _quoted(self, part: str, messages: Sequence[Said], names: Names) -> list[Candidate]:
        write = replied_to_block if part == "replied_to" else thread_starter_block
        texts = [write(said, names) for said in messages]
        return [Candidate(part, text, tokens, said=said) for text, tokens, said in zip(texts, self._count(texts), messages, strict=True)]

    def files(self, room: int) -> list[Candidate]:
        """Return the files for at most so many tokens, in order, each with an equal share of what those before it left.

        One that is too long is cut at a line, and says how many are left out.
        """
        shown: list[Candidate] = []
        self.files_cut = 0
        for number, file in enumerate(self._files):
            found = self._file(file, room // (len(self._files) - number))
            if found is not None:
                shown.append(found)
                room -= found.tokens
        return shown

    def _file(self, file: TextFile, room: int) -> Candidate | None:
        whole = self._written(file.name, file.text, file.left_out_lines)
        if whole.tokens <= room:
            self.files_cut += file.left_out_lines > 0
            return whole
        chars = len(file.text) * max(0, room - _CUT_TOKENS) // max(whole.tokens, 1)
        for _ in range(_CUT_TRIES):
            text = _lines(file.text, chars)
            if not text.strip():
                return None
            rest = file.text[len(text) :]
            found = self._written(file.name, text, file.left_out_lines + rest.count("\n") + (not rest.endswith("\n")))
            if found.tokens <= room:
                self.files_cut += 1
                return found
            chars = len(text) * 3 // 4
        return None

    def _written(self, name: str, text: str, left_out_lines: int) -> Candidate:
        block = text_file_block(name, text, left_out_lines)
        [tokens] = self._count([block])
        return Candidate("files", block, tokens)


def _lines(text: str, chars: int) -> str:
    """Return the lines that so many characters hold; where a line is longer than that, its beginning."""
    if len(text) <= chars:
        return text
    end = text.rfind("\n", 0, chars) + 1
    return text[: end or chars]


def _short(said: Said, shown: Sequence[Said]) -> Said:
    seen = any(_same(said, each) for each in shown)
    return replace(said, text=f"{said.text[:_QUOTE_CHARS]} …") if seen and len(said.text) > _QUOTE_CHARS else said


def _same(said: Said, other: Said) -> bool:
    return said.text == other.text or (bool(said.message_id) and said.message_id == other.message_id)
