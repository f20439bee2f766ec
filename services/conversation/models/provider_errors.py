"""From what a language model's provider says went wrong to our errors. No text of a provider's goes on: it may quote the prompt."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai

from services.runtime.errors import CircuitOpen, ContentRefused, ContextTooLong, ModelUnavailable, Overloaded, ParlourError, RateLimited

WAIT_MAX_S = 3600.0
"""No longer time to wait is passed on: who waits for more than an hour asks again."""

_SMALLER = 0.7
"""What is left of a prompt where the provider does not say by how much it was too long."""
_MARGIN = 0.95
_TOKENS_MAX = 100_000_000

_TOO_LONG_CODES = ("context_length", "exceed_context", "context_window", "string_above_max_length")
_TOO_LONG_WORDS = re.compile(r"context (?:length|size|window)|prompt is too long|too many tokens|maximum (?:prompt|input) length", re.IGNORECASE)
_REFUSED_CODES = ("content_filter", "content_policy", "content_moderation", "safety")
_RATE_CODES = ("rate_limit", "insufficient_quota", "too_many_requests")

# How providers name the window, and the prompt that was too long for it: OpenAI and vLLM, llama.cpp, Anthropic.
_WINDOW = (
    re.compile(r"maximum context length (?:is|of) (\d{2,9})", re.IGNORECASE),
    re.compile(r"context (?:size|length|window)[^0-9]{0,12}(\d{2,9})", re.IGNORECASE),
    re.compile(r"tokens > (\d{2,9})", re.IGNORECASE),
)
_PROMPT = (
    re.compile(r"\((\d{2,9}) in the messages", re.IGNORECASE),
    re.compile(r"messages resulted in (\d{2,9}) tokens", re.IGNORECASE),
    re.compile(r"request \((\d{2,9}) tokens\)", re.IGNORECASE),
    re.compile(r"too long: (\d{2,9}) tokens", re.IGNORECASE),
)
_RESETS = ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-reset")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_EPOCH_S = 1_000_000_000.0
_PROMPT_STATUSES = ("400", "415", "422")


def typed(error: openai.APIError | httpx2.HTTPError, model: str, *, now: datetime | None = None) -> ParlourError:
    """Return our error for a failed request. `now` is what a date in Retry-After is compared with."""
    about = {"model": model}
    if not isinstance(error, openai.APIStatusError):
        return ModelUnavailable(f"{model}: {type(error).__name__}", metadata=about)
    body = error.body if isinstance(error.body, dict) else {}
    found = typed_body(body, model, status=error.status_code)
    if isinstance(found, RateLimited | ModelUnavailable):
        found.retry_after_s = wait_s(error.response.headers, now or datetime.now(UTC))
    return found


def typed_body(body: Mapping[str, Any], model: str, *, status: int = 0) -> ParlourError:
    """Return our error for an error object of a provider's, which may also come in mid-stream (status 0)."""
    about = {"model": model} | ({"status": str(status)} if status else {})
    code = " ".join(str(body.get(name) or "").lower() for name in ("code", "type"))
    message = str(body.get("message") or "")[:2000]
    if status == 429 or any(each in code for each in _RATE_CODES):
        return RateLimited(f"{model}: too many requests", metadata=about)
    if any(each in code for each in _REFUSED_CODES):
        return ContentRefused(f"{model}: the provider refused the content", metadata=about)
    if status == 413 or any(each in code for each in _TOO_LONG_CODES) or (status in (0, 400, 422) and _TOO_LONG_WORDS.search(message)):
        return ContextTooLong(f"{model}: the prompt is too long", metadata={**about, **_sizes(body, message)})
    return ModelUnavailable(f"{model}: HTTP {status}" if status else f"{model}: an error in mid-stream", metadata=about)


def _sizes(body: Mapping[str, Any], message: str) -> dict[str, str]:
    window = body.get("n_ctx") or _first(_WINDOW, message)
    prompt = body.get("n_prompt_tokens") or _first(_PROMPT, message)
    named = {"window_tokens": window, "prompt_tokens": prompt}
    return {name: str(int(size)) for name, size in named.items() if isinstance(size, int) and 0 < size <= _TOKENS_MAX}


def _first(patterns: tuple[re.Pattern[str], ...], message: str) -> int | None:
    return next((int(match.group(1)) for pattern in patterns if (match := pattern.search(message))), None)


def smaller_prompt_tokens(error: ContextTooLong, prompt_tokens: int, completion_tokens: int) -> int:
    """Return how many tokens, as we count them, a prompt may have after a provider found it too long.

    Where it names its window and how many tokens it counted, ours are scaled by theirs; where it names only the window, we trust our count; else
    _SMALLER of the prompt is kept. It is always less than before.
    """
    window = int(error.metadata.get("window_tokens", 0))
    counted = int(error.metadata.get("prompt_tokens", 0))
    size = _SMALLER * prompt_tokens
    room = window - completion_tokens
    if room > 0 and counted > 0:
        size = _MARGIN * prompt_tokens * room / counted
    elif room > 0:
        size = min(size, _MARGIN * room)
    return max(0, int(min(size, _MARGIN * prompt_tokens)))


def wait_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds to wait that the headers of an answer name, at most WAIT_MAX_S; None where they name none that can be read.

    Retry-After (seconds or an HTTP date, RFC 9110 section 10.2.3) goes first; else the longest x-ratelimit-reset* of what is used up.
    """
    named = [_milliseconds(headers.get("retry-after-ms")), _seconds(headers.get("retry-after")), _until(headers.get("retry-after"), now)]
    found = next((each for each in named if each is not None), None)
    if found is None:
        resets = [_reset_s(headers, name, now) for name in _RESETS]
        found = max((each for each in resets if each is not None), default=None)
    return None if found is None else min(max(found, 0.0), WAIT_MAX_S)


def _milliseconds(text: str | None) -> float | None:
    number = _seconds(text)
    return None if number is None else number / 1000


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _until(text: str | None, now: datetime) -> float | None:
    if text is None:
        return None
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()


def _reset_s(headers: Mapping[str, str], name: str, now: datetime) -> float | None:
    """When a limit is whole again: "6m0s", "120ms", seconds, or seconds since 1970. What is not used up sets no time."""
    text = headers.get(name)
    left = _seconds(headers.get(name.replace("reset", "remaining")))
    if text is None or left:
        return None
    plain = _seconds(text)
    if plain is not None:
        return plain - now.timestamp() if plain >= _EPOCH_S else plain
    parts = _PART.findall(text.strip())
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None
    return sum(float(number) * _UNIT_S[unit] for number, unit in parts)


def finds_fault_with_the_prompt(error: ParlourError) -> bool:
    """Return whether a provider that is well could not use what it was sent, such as the address of a picture that is no longer there."""
    return isinstance(error, ModelUnavailable) and error.metadata.get("status") in _PROMPT_STATUSES


def worth_another_model(error: ParlourError) -> bool:
    """Return whether another model may answer what this one did not. What a provider refused is not offered to the next."""
    return isinstance(error, ModelUnavailable | RateLimited | ContextTooLong | CircuitOpen | Overloaded)


def telling(failures: list[ParlourError]) -> ParlourError:
    """Return the failure of several models that tells most: the one that says when to come back, the soonest of those, else the last that is of a
    model which was asked."""
    asked = [failure for failure in failures if not isinstance(failure, CircuitOpen)]
    if not asked:
        wait_s = min((failure.retry_after_s for failure in failures if failure.retry_after_s is not None), default=None)
        return ModelUnavailable("no model was asked", retry_after_s=wait_s)
    timed = [failure for failure in asked if failure.retry_after_s is not None]
    return min(timed, key=lambda failure: failure.retry_after_s or 0.0) if timed else asked[-1]
