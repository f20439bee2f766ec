"""A scripted language model behind an OpenAI-compatible HTTP server, on a real socket.

In a test:

    async with ModelServer() as model:
        model.next(Answer(cut_after=3), Answer(status=429))     # the next two requests, in order
        model.always("small", Answer(never=True))               # every request for this model
        ... model.base_url ...
        request = await model.request()                         # waits for the first request
        await request.cancelled.wait()                          # the client went away before the end

Unscripted requests are answered at once, in 20 deltas of text that no other answer has. For benches and other processes:
`python -m tests.fakes.model_server --port 9000`, read with GET /_requests and scripted with POST /_script:
`{"next": [{"cut_after": 3}], "models": {"small": {"never": true}}, "default": {"delta_delay_s": 0.1}}`.
"""

import argparse
import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from types import TracebackType
from typing import Any, Self

from aiohttp import web

DELTAS = 20
REQUESTS_KEPT = 1_000
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "iris", "juniper")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server does with one request. Delays are in seconds; one delta counts as one completion token."""

    text: str | None = None  # split into deltas at spaces; None: DELTAS distinct deltas, or an instance of the JSON schema asked for
    deltas: tuple[str, ...] | None = None
    first_delay_s: float = 0.0
    delta_delay_s: float = 0.0
    cut_after: int | None = None  # deltas before the connection is dropped
    status: int = 200
    retry_after_s: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # of an answer that is an error
    error_code: str = "scripted"  # of an error body, such as context_length_exceeded or content_filter
    error_message: str = "scripted failure"
    error_after: int | None = None  # deltas before an error is reported in mid-stream
    garbage: bool = False  # 200, and something that is no event and no JSON
    raw: str | None = None  # 200, and this as the whole stream of events
    huge_line: int = 0  # characters of a line that comes first and never ends
    reset: bool = False  # the connection is reset before anything is answered
    gzip: bool = False
    empty_choices: bool = False
    never: bool = False  # the request is read and nothing is ever sent
    hang_after: int | None = None  # deltas before the stream stalls without closing
    usage: bool = True  # False: a provider that reports no usage
    usage_in_last: bool = False  # in the last event with a choice, not in one of its own
    cached_prompt_tokens: int = 0
    reasoning: tuple[str, ...] = ()  # deltas of thoughts, before the text
    reasoning_field: str = "reasoning_content"
    reasoning_tokens: int | None = None  # as reported; None: not reported
    refusal: str = ""  # comes in place of the text
    finish_reason: str = "stop"


@dataclass(eq=False, slots=True)
class Request:
    """A request as it came, and how it went."""

    body: dict[str, Any]
    at: float = field(default_factory=time.monotonic)
    deltas_sent: int = 0
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled_at: float | None = None
    cut: bool = False

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body.get("messages", []))

    @property
    def prompt(self) -> str:
        """Every word the model was shown, in order."""
        return "\n".join(_words(message.get("content", "")) for message in self.messages)

    @property
    def pictures(self) -> list[str]:
        """The address of every picture the model was shown, in order."""
        parts = [part for message in self.messages if isinstance(message.get("content"), list) for part in message["content"]]
        return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]


def _words(content: Any) -> str:
    return "\n".join(part.get("text", "") for part in content) if isinstance(content, list) else str(content)


class ModelServer:
    """The server. `requests` holds the last REQUESTS_KEPT requests for completions, oldest first."""

    def __init__(self, *, default: Answer | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.default = default or Answer()
        self.requests: deque[Request] = deque(maxlen=REQUESTS_KEPT)
        self.host, self.port = host, port
        self._queued: deque[Answer] = deque()
        self._by_model: dict[str, Answer] = {}
        self._numbers = count(1)
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL or a models file names."""
        return f"http://{self.host}:{self.port}/v1"

    def next(self, *answers: Answer) -> None:
        """Script the next requests, whatever their model."""
        self._queued.extend(answers)

    def always(self, model: str, answer: Answer) -> None:
        """Script every request for a model that nothing is queued for."""
        self._by_model[model] = answer

    async def request(self, index: int = 0, *, timeout_s: float = 10.0) -> Request:
        """Wait until so many requests have come and return the one at `index`."""
        async with asyncio.timeout(timeout_s), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) > index)
            return self.requests[index]

    async def start(self) -> Self:
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/_script", self._script)
        app.router.add_get("/_requests", self._requests)
        # With handler_cancellation a client that goes away cancels its request, as a real model server stops generating.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Close the socket and every connection; the port stays free for `start` to take again."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def _complete(self, http: web.Request) -> web.StreamResponse:
        request = Request(json.loads(await http.read()))
        self.requests.append(request)
        answer = self._queued.popleft() if self._queued else self._by_model.get(request.model, self.default)
        async with self._arrived:
            self._arrived.notify_all()
        try:
            response = await self._answer(http, request, answer)
        except (asyncio.CancelledError, ConnectionResetError):
            if not request.cut:
                request.cancelled_at = time.monotonic()
                request.cancelled.set()
            raise
        request.finished.set()
        return response

    async def _answer(self, http: web.Request, request: Request, answer: Answer) -> web.StreamResponse:
        if answer.never:
            await asyncio.Event().wait()
        await _pause(answer.first_delay_s)
        if answer.reset:
            await _cut(http, request)
        if answer.status != 200:
            return _error(answer)
        if answer.garbage:
            return web.Response(text="<html>this is not the server you are looking for", content_type="text/html")
        deltas, finish_reason = _limited(self._deltas(request, answer), answer, request.body)
        if request.body.get("stream"):
            return await _stream(http, request, answer, deltas, finish_reason)
        await _pause(answer.delta_delay_s * len(deltas))
        if answer.cut_after is not None:
            await _cut(http, request)
        return web.json_response(_whole(request, answer, deltas, finish_reason))

    def _deltas(self, request: Request, answer: Answer) -> tuple[str, ...]:
        if answer.deltas is not None:
            return answer.deltas
        if answer.text is not None:
            return tuple(_split(answer.text))
        schema = request.body.get("response_format", {}).get("json_schema", {}).get("schema")
        if schema is not None:
            return tuple(_split(json.dumps(_instance(schema))))
        number = next(self._numbers)
        return tuple(f"{'' if i == 0 else ' '}{_WORDS[(number + i) % len(_WORDS)]}-{number}.{i}" for i in range(DELTAS))

    async def _models(self, http: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "scripted", "object": "model", "created": 0, "owned_by": "tests"}]})

    async def _script(self, http: web.Request) -> web.Response:
        script = await http.json()
        self.next(*(Answer(**answer) for answer in script.get("next", [])))
        for model, answer in script.get("models", {}).items():
            self.always(model, Answer(**answer))
        if "default" in script:
            self.default = replace(Answer(), **script["default"])
        return web.json_response({})

    async def _requests(self, http: web.Request) -> web.Response:
        seen = [{"model": r.model, "messages": r.messages, "deltas_sent": r.deltas_sent, "cancelled": r.cancelled.is_set()} for r in self.requests]
        return web.json_response({"requests": seen})


async def _stream(http: web.Request, request: Request, answer: Answer, deltas: tuple[str, ...], finish_reason: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    if answer.gzip:
        response.enable_compression(web.ContentCoding.gzip)
    await response.prepare(http)
    if answer.huge_line:
        await response.write(b"data: " + b"x" * answer.huge_line)
        await asyncio.Event().wait()
    if answer.raw is not None:
        await response.write(answer.raw.encode())
        await response.write_eof()
        return response
    for text in answer.reasoning:
        await response.write(_event(request, {"choices": [_choice({answer.reasoning_field: text}, None)]}))
        await _pause(answer.delta_delay_s)
    if answer.refusal:
        await response.write(_event(request, {"choices": [_choice({"refusal": answer.refusal}, None)]}))
        deltas = ()
    for number, text in enumerate(deltas):
        if answer.cut_after == number:
            await _cut(http, request)
        if answer.hang_after == number:
            await asyncio.Event().wait()
        if answer.error_after == number:
            await response.write(_event(request, {"error": {"message": answer.error_message, "code": answer.error_code}}))
            await response.write_eof()
            return response
        await _pause(answer.delta_delay_s if number else 0.0)
        choices = [] if answer.empty_choices else [_choice({"role": "assistant", "content": text} if number == 0 else {"content": text}, None)]
        await response.write(_event(request, {"choices": choices}))
        request.deltas_sent += 1
    if answer.cut_after is not None:
        await _cut(http, request)
    if answer.hang_after is not None:
        await asyncio.Event().wait()
    if not answer.empty_choices:
        last: dict[str, Any] = {"choices": [_choice({}, finish_reason)]}
        await response.write(_event(request, last | ({"usage": _usage(request, answer, deltas)} if answer.usage_in_last else {})))
    if answer.usage and not answer.usage_in_last and request.body.get("stream_options", {}).get("include_usage"):
        await response.write(_event(request, {"choices": [], "usage": _usage(request, answer, deltas)}))
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


def _event(request: Request, part: dict[str, Any]) -> bytes:
    body = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": request.model, **part}
    return f"data: {json.dumps(body)}\n\n".encode()


def _choice(delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


def _whole(request: Request, answer: Answer, deltas: tuple[str, ...], finish_reason: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": "".join(deltas)}
    choices = [] if answer.empty_choices else [{"index": 0, "message": message, "finish_reason": finish_reason}]
    body: dict[str, Any] = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": request.model,
        "choices": choices,
    }
    if answer.usage:
        body["usage"] = _usage(request, answer, deltas)
    request.deltas_sent = len(deltas)
    return body


def _usage(request: Request, answer: Answer, deltas: tuple[str, ...]) -> dict[str, Any]:
    prompt_tokens = max(1, len(request.prompt) // 4)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": len(answer.reasoning) + len(deltas),
        "total_tokens": prompt_tokens + len(answer.reasoning) + len(deltas),
        "prompt_tokens_details": {"cached_tokens": answer.cached_prompt_tokens},
    } | ({} if answer.reasoning_tokens is None else {"completion_tokens_details": {"reasoning_tokens": answer.reasoning_tokens}})


def _limited(deltas: tuple[str, ...], answer: Answer, body: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    if limit is not None and len(deltas) > limit:
        return deltas[:limit], "length"
    return deltas, answer.finish_reason


def _error(answer: Answer) -> web.Response:
    headers = dict(answer.headers) | ({} if answer.retry_after_s is None else {"Retry-After": str(answer.retry_after_s)})
    body = {"error": {"message": answer.error_message, "type": "scripted", "code": answer.error_code}}
    return web.json_response(body, status=answer.status, headers=headers)


async def _cut(http: web.Request, request: Request) -> None:
    """Reset the connection in the middle of whatever was being sent; losing it cancels this task."""
    request.cut = True
    if http.transport is not None:
        http.transport.abort()
    await asyncio.Event().wait()


async def _pause(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)


def _split(text: str) -> Iterator[str]:
    for number, word in enumerate(text.split(" ")):
        yield word if number == 0 else f" {word}"


def _instance(schema: dict[str, Any]) -> Any:
    """The smallest value that a simple JSON schema accepts."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: _instance(properties[name]) for name in schema.get("required", []) if name in properties}
        case "array":
            return [_instance(schema.get("items", {}))] * schema.get("minItems", 0)
        case "string":
            return "x" * schema.get("minLength", 0)
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case _:
            return None


async def _serve_forever(options: argparse.Namespace) -> None:
    default = Answer(first_delay_s=options.first_delay_s, delta_delay_s=options.delta_delay_s)
    async with ModelServer(default=default, host=options.host, port=options.port) as server:
        print(f"model server ready on {server.base_url}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A scripted OpenAI-compatible model server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--first-delay-s", type=float, default=0.0)
    parser.add_argument("--delta-delay-s", type=float, default=0.0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve_forever(parser.parse_args()))


if __name__ == "__main__":
    main()
