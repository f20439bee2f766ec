"""One language model behind an OpenAI-compatible address: a stream of text, typed errors, a breaker, and slots of its own.

The openai package makes the request and knows its errors. The event stream is read by model_events: parsing each chunk into the package's types costs
4 ms of processor time for a reply of 20 deltas, more than half of what a whole turn has; reading the fields that we need costs a tenth of that.
"""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx2
import openai

from services.conversation.models import model_metrics
from services.conversation.models.images import content
from services.conversation.models.model_events import THOUGHT_ONLY, End, Part, Progress, parsed
from services.conversation.models.model_gate import ModelGate
from services.conversation.models.models_file import ModelEndpoint
from services.conversation.models.provider_errors import finds_fault_with_the_prompt, typed
from services.conversation.window.context_window import PromptMessage
from services.conversation.window.token_counting import ESTIMATE, TokenCounter
from services.runtime import spans
from services.runtime.breaker import Breaker, Outcome
from services.runtime.errors import ModelUnavailable, ParlourError

_CONNECT_S = 3.0
_OVERRUN = 2
_OVERRUN_TOKENS = 100


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a model may stay silent, in seconds: before its first text or thought, and between two."""

    first_token_s: float
    idle_s: float


@dataclass(frozen=True, slots=True)
class ModelCall:
    """What is asked of a model. `stop_at` is a time.monotonic() at which generation ends wherever it is."""

    messages: Sequence[PromptMessage]
    max_completion_tokens: int
    stop_at: float
    json_schema: Mapping[str, Any] | None = None


class LanguageModel:
    """One model. Make it inside the running loop; close it when done. `gate` lets through as many calls at once as the models file says."""

    def __init__(
        self,
        endpoint: ModelEndpoint,
        *,
        patience: Patience,
        breaker: Breaker,
        gate: ModelGate | None = None,
        counter: TokenCounter = ESTIMATE,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.endpoint = endpoint
        self.counter = counter
        self.gate = gate or ModelGate(slots=None, waiting_max=0)
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
    def sees(self) -> bool:
        """Whether pictures are passed on to it."""
        return "images" in self.endpoint.capabilities

    @property
    def resting(self) -> bool:
        """The model failed repeatedly and is given time to recover."""
        return self._breaker.state == "open"

    def slot_wait_s(self, stop_at: float) -> float:
        """How long a person waits for one of its slots, in seconds: no longer than for its first word, then the next model is asked."""
        return max(0.0, min(self._patience.first_token_s, stop_at - time.monotonic()))

    async def stream(self, call: ModelCall) -> AsyncGenerator[Part, None]:
        """Yield text and thoughts as they come, then one End. Closing the iterator or cancelling its reader closes the connection at once.

        Raises ModelUnavailable, RateLimited, ContextTooLong, ContentRefused, CircuitOpen. Read it in one task: timeouts belong to it.
        """
        with spans.leaf(f"chat {self.endpoint.provider_model}", self._asked(call)) as span:
            async with aclosing(self._guarded(call)) as parts:  # closed at once, not when it is collected: the connection ends with it
                async for part in parts:
                    if isinstance(part, End) and span is not None:
                        span.add(_used(part))
                    yield part

    def _asked(self, call: ModelCall) -> spans.Attributes:
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.name,
            "gen_ai.request.model": self.endpoint.provider_model,
            "gen_ai.request.max_tokens": call.max_completion_tokens,
        }

    async def _guarded(self, call: ModelCall) -> AsyncGenerator[Part, None]:
        permit = self._breaker.admit()
        outcome = Outcome.NEUTRAL
        try:
            async for part in self._timed(call):
                outcome = Outcome.ALIVE
                permit.answered()
                yield part
        except ParlourError as error:
            unwell = isinstance(error, ModelUnavailable) and THOUGHT_ONLY not in error.metadata and not finds_fault_with_the_prompt(error)
            outcome = Outcome.UNWELL if unwell else Outcome.ALIVE
            model_metrics.errors.labels(self.name, error.reason).inc()
            raise
        finally:
            permit.report(outcome)

    async def _timed(self, call: ModelCall) -> AsyncGenerator[Part, None]:
        """Apply patience, stop_at and a limit on what a model may send to the stream."""
        progress = Progress(self.name, thinks="reasoning" in self.endpoint.capabilities)
        try:
            async with asyncio.timeout_at(self._limit(call, self._patience.first_token_s)) as timeout, self._events(call) as events:
                async for event in events:
                    for part in progress.take(event):
                        timeout.reschedule(self._limit(call, self._patience.idle_s))
                        yield part
                    if progress.tokens > _OVERRUN * call.max_completion_tokens + _OVERRUN_TOKENS:
                        break  # a provider that knows no limit: what it sends must not grow without end
                for part in progress.rest():
                    yield part
                overrun = progress.tokens > _OVERRUN * call.max_completion_tokens + _OVERRUN_TOKENS
                yield progress.stopped() if overrun and progress.any_text else progress.end()
        except TimeoutError:
            if progress.any_text and time.monotonic() >= call.stop_at:
                yield progress.stopped()
                return
            raise ModelUnavailable(f"{self.name} went silent", metadata={"model": self.name}) from None

    @staticmethod
    def _limit(call: ModelCall, silence_s: float) -> float:
        now = time.monotonic()
        return asyncio.get_running_loop().time() + max(0.0, min(silence_s, call.stop_at - now))

    @asynccontextmanager
    async def _events(self, call: ModelCall) -> AsyncIterator[AsyncIterator[Mapping[str, Any]]]:
        try:
            async with AsyncExitStack() as stack:
                response = await self._response(call, stack)
                yield parsed(response.iter_bytes())
        except (openai.APIError, httpx2.HTTPError) as error:
            raise typed(error, self.name) from error
        except aiohttp.ClientError as error:  # an answer that is no HTTP, which the transport passes on as it is
            raise ModelUnavailable(f"{self.name}: {type(error).__name__}", metadata={"model": self.name}) from error

    async def _response(self, call: ModelCall, stack: AsyncExitStack) -> openai.AsyncAPIResponse[Any]:
        """Return the answer to the request, which is sent again once where the connection was dropped before anything was answered: servers close
        connections that they kept open at any time, and who sends at that moment cannot know. A completion may be begun twice."""
        try:
            return await stack.enter_async_context(self._request(call))
        except openai.APIConnectionError as error:
            if not _dropped(error):
                raise
            model_metrics.retries.labels(self.name, "connection_dropped").inc()
            return await stack.enter_async_context(self._request(call))

    def _request(self, call: ModelCall) -> AbstractAsyncContextManager[openai.AsyncAPIResponse[Any]]:
        return self._client.chat.completions.with_streaming_response.create(
            model=self.endpoint.provider_model,
            messages=[],
            stream=True,
            stream_options={"include_usage": True},
            timeout=openai.Timeout(None, connect=_CONNECT_S),
            extra_body=self._body(call),
        )

    def _body(self, call: ModelCall) -> dict[str, Any]:
        limit = "max_completion_tokens" if "max_completion_tokens" in self.endpoint.capabilities else "max_tokens"
        # The messages travel in extra_body: what the client does with its own argument walks all of them by their types, for milliseconds.
        messages = [{"role": message.role, "content": content(message.text, message.images, sees=self.sees)} for message in call.messages]
        body: dict[str, Any] = {limit: call.max_completion_tokens, "messages": messages}
        if call.json_schema is not None:
            schema = {"name": "answer", "schema": dict(call.json_schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    async def list_models(self, *, timeout_s: float) -> None:
        """Ask the provider for its list of models, as a sign of life; nothing is made of it. Raises what the openai package raises."""
        await self._client.models.with_raw_response.list(timeout=timeout_s)

    async def close(self) -> None:
        """Close the connections to the provider."""
        await self._client.close()


def _used(end: End) -> spans.Attributes:
    counts = {"gen_ai.usage.input_tokens": end.prompt_tokens, "gen_ai.usage.output_tokens": end.completion_tokens}
    return {name: count for name, count in counts.items() if count is not None}


def _dropped(error: BaseException) -> bool:
    """Whether the server closed or reset the connection. A refused connection, or one that took too long, is another matter."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, aiohttp.ServerDisconnectedError | ConnectionResetError) or (
            isinstance(cause, aiohttp.ClientOSError) and not isinstance(cause, aiohttp.ClientConnectorError)
        ):
            return True
        cause = cause.__cause__
    return False
