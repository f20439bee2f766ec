"""One language model behind an OpenAI-compatible address: a stream of text, typed errors, a breaker.

The openai package makes the request and knows its errors. The event stream is read here: parsing each chunk into the package's types costs 4 ms of
processor time for a reply of 20 deltas, more than half of what a whole turn has; reading the three fields that we need costs a tenth of that.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import openai

from services.conversation.context_window import PromptMessage, estimate_tokens
from services.conversation.models_file import ModelEndpoint
from services.runtime.breaker import Breaker, Outcome
from services.runtime.errors import CircuitOpen, ContentRefused, ContextTooLong, ModelUnavailable, ParlourError, RateLimited

_CONNECT_S = 3.0
_LONGEST_TOKEN_CHARS = 24
_LINE_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a model may stay silent, in seconds: before its first text, and between two."""

    first_token_s: float
    idle_s: float


@dataclass(frozen=True, slots=True)
class ModelCall:
    """What is asked of a model. `stop_at` is a time.monotonic() at which generation ends wherever it is."""

    messages: Sequence[PromptMessage]
    max_completion_tokens: int
    stop_at: float
    json_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """More text; `tokens` is its estimated number of tokens."""

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class End:
    """The model is done. What the provider did not report is None. `truncated`: a limit of tokens or time was met first."""

    truncated: bool
    prompt_tokens: int | None = None
    cached_prompt_tokens: int = 0
    completion_tokens: int | None = None


class LanguageModel:
    """One model. Make it inside the running loop; close it when done."""

    def __init__(self, endpoint: ModelEndpoint, *, patience: Patience, breaker: Breaker, environment: Mapping[str, str] = os.environ) -> None:
        self.endpoint = endpoint
        self._patience = patience
        self._breaker = breaker
        key = environment.get(endpoint.api_key_env, "") if endpoint.api_key_env else ""
        # Retries are ours: the next model, or the caller's. The package's own would eat the turn's time unseen.
        # aiohttp reads and writes HTTP in C: a third less processor time a reply than with the package's default.
        http = openai.DefaultAioHttpClient()
        self._client = openai.AsyncOpenAI(base_url=endpoint.base_url, api_key=key or "none", max_retries=0, http_client=http)

    @property
    def name(self) -> str:
        """The name in the models file."""
        return self.endpoint.name

    @property
    def resting(self) -> bool:
        """The model failed repeatedly and is given time to recover."""
        return self._breaker.state == "open"

    async def stream(self, call: ModelCall) -> AsyncGenerator[Text | End, None]:
        """Yield text as it comes, then one End. Closing the iterator or cancelling its reader closes the connection at once.

        Raises ModelUnavailable, RateLimited, ContextTooLong, ContentRefused, CircuitOpen. Read it in one task: timeouts belong to it.
        """
        permit = self._breaker.admit()
        outcome = Outcome.NEUTRAL
        try:
            async for part in self._timed(call):
                outcome = Outcome.ALIVE
                yield part
        except ModelUnavailable:
            outcome = Outcome.UNWELL
            raise
        except ParlourError:
            outcome = Outcome.ALIVE
            raise
        finally:
            permit.report(outcome)

    async def _timed(self, call: ModelCall) -> AsyncGenerator[Text | End, None]:
        """Apply patience and stop_at to the stream."""
        chars = 0
        try:
            async with asyncio.timeout_at(self._limit(call, self._patience.first_token_s)) as timeout, self._events(call) as events:
                progress = _Progress()
                async for event in events:
                    text = progress.take(event)
                    if text is not None:
                        chars += len(text.text)
                        timeout.reschedule(self._limit(call, self._patience.idle_s))
                        yield text
                yield progress.end()
        except TimeoutError:
            if chars and time.monotonic() >= call.stop_at:
                yield End(truncated=True)
                return
            raise ModelUnavailable(f"{self.name} went silent", metadata={"model": self.name}) from None

    @staticmethod
    def _limit(call: ModelCall, silence_s: float) -> float:
        now = time.monotonic()
        return asyncio.get_running_loop().time() + max(0.0, min(silence_s, call.stop_at - now))

    @asynccontextmanager
    async def _events(self, call: ModelCall) -> AsyncIterator[AsyncIterator[Mapping[str, Any]]]:
        limit = "max_completion_tokens" if "max_completion_tokens" in self.endpoint.capabilities else "max_tokens"
        # The messages travel in extra_body: what the client does with its own argument walks all of them by their types, for milliseconds.
        messages = [{"role": message.role, "content": message.text} for message in call.messages]
        extra: dict[str, Any] = {limit: call.max_completion_tokens, "messages": messages}
        if call.json_schema is not None:
            schema = {"name": "answer", "schema": dict(call.json_schema), "strict": True}
            extra["response_format"] = {"type": "json_schema", "json_schema": schema}
        try:
            async with self._client.chat.completions.with_streaming_response.create(
                model=self.endpoint.provider_model,
                messages=[],
                stream=True,
                stream_options={"include_usage": True},
                timeout=openai.Timeout(None, connect=_CONNECT_S),
                extra_body=extra,
            ) as response:
                yield _parsed(response.iter_bytes())
        except (openai.APIError, httpx2.HTTPError) as error:
            raise typed(error, self.name) from error

    async def close(self) -> None:
        """Close the connections to the provider."""
        await self._client.close()


class _Progress:
    """What the events so far amount to."""

    def __init__(self) -> None:
        self._finish_reason: str | None = None
        self._usage: Mapping[str, Any] = {}
        self._any_text = False

    def take(self, event: Mapping[str, Any]) -> Text | None:
        """Take in one event; return its text, if it has any. Raises ModelUnavailable where the provider reports an error."""
        if event.get("error"):
            raise ModelUnavailable("the provider reported an error in mid-stream")
        self._usage = event.get("usage") or self._usage
        choice = next(iter(event.get("choices") or ()), None)
        if choice is None:
            return None
        self._finish_reason = choice.get("finish_reason") or self._finish_reason
        text = (choice.get("delta") or {}).get("content")
        if not text:
            return None
        self._any_text = True
        return Text(text, tokens_of_chunk(text))

    def end(self) -> End:
        """Return how the stream ended. Raises ContentRefused, and ModelUnavailable where it was cut or held no text."""
        if self._finish_reason == "content_filter":
            raise ContentRefused("the provider's filter stopped the answer")
        if not self._any_text:
            raise ModelUnavailable("the model answered without text")
        if self._finish_reason is None:
            raise ModelUnavailable("the stream ended before the model was done")
        details = self._usage.get("prompt_tokens_details") or {}
        return End(
            truncated=self._finish_reason == "length",
            prompt_tokens=self._usage.get("prompt_tokens"),
            cached_prompt_tokens=details.get("cached_tokens") or 0,
            completion_tokens=self._usage.get("completion_tokens"),
        )


def tokens_of_chunk(text: str) -> int:
    """Estimate the tokens of a chunk: providers send one token at a time, some join several."""
    return 1 if len(text) <= _LONGEST_TOKEN_CHARS else estimate_tokens(text)


async def _parsed(chunks: AsyncIterator[bytes]) -> AsyncGenerator[Mapping[str, Any], None]:
    """Yield the JSON objects of a stream of server-sent events. Raises ModelUnavailable for what is none."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LINE_BYTES_MAX:
            raise ModelUnavailable("the provider sent a line without end")
        for line in lines:
            data = line.removeprefix(b"data:").strip() if line.startswith(b"data:") else b""
            if data and data != b"[DONE]":
                yield _object(data)


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(data)
    except ValueError:
        raise ModelUnavailable("the provider sent something that is not JSON") from None
    if not isinstance(event, dict):
        raise ModelUnavailable("the provider sent something that is no event")
    return event


def typed(error: openai.APIError | httpx2.HTTPError, model: str) -> ParlourError:
    """Return our error for a provider's."""
    about = {"model": model}
    if isinstance(error, openai.RateLimitError):
        return RateLimited(f"{model}: too many requests", metadata=about, retry_after_s=_retry_after_s(error))
    if isinstance(error, openai.APIStatusError):
        code = str(error.code or "").lower()
        if error.status_code == 413 or "context_length" in code or "exceed_context" in code:
            return ContextTooLong(f"{model}: the prompt is too long", metadata=about)
        if "content_filter" in code or "content_policy" in code:
            return ContentRefused(f"{model}: the provider refused the content", metadata=about)
        return ModelUnavailable(f"{model}: HTTP {error.status_code}", metadata=about)
    return ModelUnavailable(f"{model}: {type(error).__name__}", metadata=about)


def _retry_after_s(error: openai.APIStatusError) -> float | None:
    try:
        return float(error.response.headers["retry-after"])
    except (KeyError, ValueError):
        return None


def worth_another_model(error: ParlourError) -> bool:
    """Return whether another model may answer what this one did not. What a provider refused is not offered to the next."""
    return isinstance(error, ModelUnavailable | RateLimited | ContextTooLong | CircuitOpen)
