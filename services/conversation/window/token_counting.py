"""How many tokens a text is: by the model's own tokenizer where its file is at hand, else estimated."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from prometheus_client import Counter
from tokenizers import Tokenizer

from services.runtime.bounded_map import BoundedMap
from services.runtime.settings import BadSettings

COUNTS_MAX = 20_000
"""Texts whose number of tokens is kept, for each tokenizer: about 5 MB."""

COUNTS_IDLE_S = 3600.0

_ASCII_PER_TOKEN = 3.5
_BYTES_PER_TOKEN = 2.0
_MESSAGE_OVERHEAD = 6
_ANSWER_OVERHEAD = 4
# Longer texts are counted in stretches: of a prompt most was in the one before, so that little of it is new. Where a line ends and the next one
# begins without blanks no tokenizer joins what stands before with what comes after.
_STRETCH_CHARS = 400
_STRETCHES = re.compile(r"(?<=\S\n)(?=\S)")
_STRETCH_CHARS_MAX = 16_000  # a longer one is estimated: nobody waits while a book without line ends is counted

_counted = Counter("parlour_conversation_token_counts_total", "Texts whose tokens were asked for, by where the number came from", ["source"])


class TokenCounter(Protocol):
    """Counts tokens the way one model does."""

    @property
    def answer_overhead(self) -> int:
        """What the chat template puts at the end of a prompt, for the answer to begin."""
        ...

    def overhead(self, role: str) -> int:
        """Return what the chat template puts around a message of this role."""
        ...

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, without what a chat template adds."""
        ...


class Estimate:
    """Counts for a model whose tokenizer is not at hand. The overheads are those of ChatML, whose markup is about the longest."""

    answer_overhead = _ANSWER_OVERHEAD

    def overhead(self, role: str) -> int:
        """Return what a chat template puts around a message."""
        return _MESSAGE_OVERHEAD

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Estimate the tokens of each text."""
        return [estimate_tokens(text) for text in texts]


ESTIMATE = Estimate()


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text, rather too many than too few: 3.5 ASCII characters or 2 bytes of anything else a token.

    English averages 4.2 characters a token in common tokenizers, CJK about one token a character (3 bytes).
    """
    if text.isascii():
        return int(len(text) / _ASCII_PER_TOKEN) + 1
    size = len(text.encode("utf-8", "replace"))
    ascii_chars = len(text.encode("ascii", "ignore"))
    return int(ascii_chars / _ASCII_PER_TOKEN + (size - ascii_chars) / _BYTES_PER_TOKEN) + 1


class ModelTokenizer:
    """Counts with a model's own tokenizer. The numbers of the latest texts are kept, by their hashes: most of a prompt was in the one before."""

    def __init__(self, tokenizer: Tokenizer, *, counts_max: int = COUNTS_MAX) -> None:
        self._tokenizer = tokenizer
        self._counts: BoundedMap[int, int] = BoundedMap("token_counts", size_max=counts_max, ttl_s=COUNTS_IDLE_S)
        self._known = _counted.labels("kept")
        self._new = _counted.labels("tokenizer")
        # Where the template is ChatML (its marks are tokens then) it is counted; elsewhere it is not longer.
        self._chatml = tokenizer.token_to_id("<|im_start|>") is not None
        self.answer_overhead = self._encoded(["<|im_start|>assistant\n"])[0] if self._chatml else _ANSWER_OVERHEAD
        self._overheads: dict[str, int] = {role: self._around(role) for role in ("system", "user", "assistant")}

    def _around(self, role: str) -> int:
        return self._encoded([f"<|im_start|>{role}\n<|im_end|>\n"])[0] if self._chatml else _MESSAGE_OVERHEAD

    def overhead(self, role: str) -> int:
        """Return what the chat template puts around a message of this role."""
        return self._overheads.get(role, _MESSAGE_OVERHEAD)

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text."""
        counts = [self._counts.get(hash(text)) if len(text) <= _STRETCH_CHARS else self._of_long(text) for text in texts]
        return self._completed(texts, counts)

    def _completed(self, texts: Sequence[str], counts: list[int | None]) -> list[int]:
        """Count what is not known yet, in one batch."""
        unknown = [number for number, count in enumerate(counts) if count is None]
        self._known.inc(len(texts) - len(unknown))
        if unknown:
            self._new.inc(len(unknown))
            for number, count in zip(unknown, self._encoded([texts[number] for number in unknown]), strict=True):
                self._counts.put(hash(texts[number]), count)
                counts[number] = count
        return [count or 0 for count in counts]

    def _of_long(self, text: str) -> int:
        stretches = _STRETCHES.split(text)
        counts = [estimate_tokens(each) if len(each) > _STRETCH_CHARS_MAX else self._counts.get(hash(each)) for each in stretches]
        return sum(self._completed(stretches, counts))

    def _encoded(self, texts: list[str]) -> list[int]:
        sound = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]  # a lone surrogate is no text to a tokenizer
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(sound, add_special_tokens=False)]


def token_counter(tokenizer_file: str, model: str, *, counts_max: int = COUNTS_MAX) -> TokenCounter:
    """Return the counter of a model: that of its tokenizer.json, the estimate where none is named.

    Raises BadSettings, with a sentence, for a file that cannot be used.
    """
    if not tokenizer_file:
        return ESTIMATE
    path = Path(tokenizer_file)
    about = f"PARLOUR_MODELS_FILE: [models.{model}.endpoint]: tokenizer: {path}"
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadSettings(f"{about} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadSettings(f"{about} is no tokenizer.json of Hugging Face: it is not text.") from None
    try:
        tokenizer = Tokenizer.from_str(content)
    except Exception as error:  # the library raises nothing narrower
        raise BadSettings(f"{about} is no tokenizer.json of Hugging Face: {error}.") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return ModelTokenizer(tokenizer, counts_max=counts_max)
