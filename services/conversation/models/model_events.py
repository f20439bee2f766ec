"""What a model's stream of events amounts to: text, thoughts, and how it ended. Reading it is pure but for the bytes that come in."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.conversation.models.provider_errors import typed_body
from services.conversation.models.reasoning import ThoughtFilter, Told
from services.conversation.window.token_counting import estimate_tokens
from services.runtime.errors import ContentRefused, ModelUnavailable

_LONGEST_TOKEN_CHARS = 24
_LINE_BYTES_MAX = 1 << 20
_TOKENS_MAX = 10_000_000

THOUGHT_ONLY = "thought_only"
"""Metadata of the error of a model that is well and spent all its tokens on thoughts."""


@dataclass(frozen=True, slots=True)
class Text:
    """More text; `tokens` is its estimated number of tokens."""

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Thought:
    """A reasoning model thinks: so many tokens, which are charged. What it thinks is not kept."""

    tokens: int


@dataclass(frozen=True, slots=True)
class End:
    """The model is done. What the provider did not report is None. `truncated`: a limit of tokens or time was met first.

    reasoning_tokens are a part of completion_tokens.
    """

    truncated: bool
    prompt_tokens: int | None = None
    cached_prompt_tokens: int = 0
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None


type Part = Text | Thought | End


class Progress:
    """What the events so far amount to. `thinks`: thoughts may stand in <think> marks inside the text."""

    def __init__(self, model: str, *, thinks: bool) -> None:
        self._model = model
        self._filter = ThoughtFilter() if thinks else None
        self._finish_reason: str | None = None
        self._usage: Mapping[str, Any] = {}
        self._refused = False
        self._held_tokens = 0
        self.tokens = 0
        self.any_text = False
        self.any_thought = False

    def take(self, event: Mapping[str, Any]) -> Iterator[Text | Thought]:
        """Take in one event and yield what it holds. Raises what typed_body makes of an error that the provider reports in mid-stream."""
        if event.get("error"):
            error = event["error"]
            raise typed_body(error if isinstance(error, dict) else {}, self._model)
        usage = event.get("usage")
        self._usage = usage if isinstance(usage, dict) and usage else self._usage
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return
        self._finish_reason = choice.get("finish_reason") or self._finish_reason
        delta = choice.get("delta")
        if isinstance(delta, dict):
            self._refused = self._refused or bool(delta.get("refusal"))
            yield from self._parts(_string(delta, "content"), _string(delta, "reasoning_content") or _string(delta, "reasoning"))

    def _parts(self, content: str, reasoning: str) -> Iterator[Text | Thought]:
        if reasoning:
            yield from self._counted(Told(thought=reasoning), tokens_of_chunk(reasoning))
        if content:
            yield from self._counted(Told(content) if self._filter is None else self._filter.take(content), tokens_of_chunk(content))

    def _counted(self, told: Told, tokens: int) -> Iterator[Text | Thought]:
        """Yield what a chunk of so many tokens turned out to be. The tokens of what is held back are those of what it becomes."""
        tokens, self._held_tokens = tokens + self._held_tokens, 0
        if not told.text and not told.thought:
            self._held_tokens = tokens
            return
        self.tokens += tokens
        of_text = 0 if not told.text else min(tokens, tokens_of_chunk(told.text)) if told.thought else tokens
        if told.thought:
            self.any_thought = True
            yield Thought(tokens - of_text)
        if told.text:
            self.any_text = True
            yield Text(told.text, of_text)

    def rest(self) -> Iterator[Text | Thought]:
        """Yield what was held back because it might have become a mark."""
        if self._filter is not None:
            yield from self._counted(self._filter.end(), 0)

    def end(self) -> End:
        """Return how the stream ended. Raises ContentRefused, and ModelUnavailable where it was cut or held no text."""
        if self._refused:
            raise ContentRefused(f"{self._model}: the model refused", metadata={"model": self._model})
        if self._finish_reason == "content_filter":
            raise ContentRefused(f"{self._model}: the provider's filter stopped the answer", metadata={"model": self._model})
        if not self.any_text:
            metadata = {"model": self._model} | ({THOUGHT_ONLY: "true"} if self.any_thought and self._finish_reason else {})
            raise ModelUnavailable(f"{self._model}: {'thought and said nothing' if self.any_thought else 'answered without text'}", metadata=metadata)
        if self._finish_reason is None:
            raise ModelUnavailable(f"{self._model}: the stream ended before the model was done", metadata={"model": self._model})
        return self._reported(truncated=self._finish_reason == "length")

    def stopped(self) -> End:
        """Return the end of a stream that we stopped."""
        return self._reported(truncated=True)

    def _reported(self, *, truncated: bool) -> End:
        usage = self._usage
        prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        reasoning = _count(_details(usage, "completion_tokens_details"), "reasoning_tokens")
        # Some providers leave the thoughts out of completion_tokens; their sum tells.
        if prompt is not None and completion is not None and reasoning and _count(usage, "total_tokens") == prompt + completion + reasoning:
            completion += reasoning
        return End(truncated, prompt, _cached(usage), completion, reasoning)


def _cached(usage: Mapping[str, Any]) -> int:
    """Tokens read from the provider's prefix cache: OpenAI and llama.cpp name them in the details, DeepSeek beside prompt_tokens."""
    return _count(_details(usage, "prompt_tokens_details"), "cached_tokens") or _count(usage, "prompt_cache_hit_tokens") or 0


def _details(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = usage.get(name)
    return details if isinstance(details, dict) else {}


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    """A number of tokens as a provider reports it; None where it is none: what cannot be is counted by us."""
    number = usage.get(name)
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= _TOKENS_MAX else None


def _string(delta: Mapping[str, Any], name: str) -> str:
    value = delta.get(name)
    return value if isinstance(value, str) else ""


def tokens_of_chunk(text: str) -> int:
    """Estimate the tokens of a chunk: providers send one token at a time, some join several."""
    return 1 if len(text) <= _LONGEST_TOKEN_CHARS else estimate_tokens(text)


async def parsed(chunks: AsyncIterator[bytes]) -> AsyncGenerator[Mapping[str, Any], None]:
    """Yield the JSON objects of a stream of server-sent events. Raises ModelUnavailable for what is none."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LINE_BYTES_MAX:
            raise ModelUnavailable("the provider sent a line without end")
        for line in lines:
            if (event := _event(line)) is not None:
                yield event
    if (event := _event(rest)) is not None:
        yield event


def _event(line: bytes) -> Mapping[str, Any] | None:
    if not line.startswith(b"data:"):
        return None
    data = line.removeprefix(b"data:").strip()
    if not data or data == b"[DONE]":
        return None
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise ModelUnavailable("the provider sent something that is not JSON") from None
    if not isinstance(event, dict):
        raise ModelUnavailable("the provider sent something that is no event")
    return event
