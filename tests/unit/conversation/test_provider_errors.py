"""What providers say went wrong becomes a typed error, with the time to wait and the size that would fit, and without a word of theirs."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversation.models.provider_errors import WAIT_MAX_S, smaller_prompt_tokens, telling, typed, typed_body, wait_s
from services.runtime.errors import CircuitOpen, ContentRefused, ContextTooLong, ModelUnavailable, RateLimited

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def status_error(status: int, body: object = None, headers: dict[str, str] | None = None) -> openai.APIStatusError:
    response = httpx2.Response(status, headers=headers or {}, request=httpx2.Request("POST", "http://x/v1"))
    kind = openai.RateLimitError if status == 429 else openai.APIStatusError
    return kind("secret prompt", response=response, body=body)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=30), usegmt=True)}, 30.0),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=30), usegmt=True)}, 0.0),
        ({"retry-after": "99999999"}, WAIT_MAX_S),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-tokens": "120ms"}, 0.12),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "1m2s"}, 62.0),
        ({"x-ratelimit-reset-requests": "1h", "x-ratelimit-remaining-requests": "12", "x-ratelimit-reset-tokens": "2s"}, 2.0),
        ({"x-ratelimit-reset": str(NOW.timestamp() + 20)}, 20.0),
        ({"x-ratelimit-reset": "20"}, 20.0),
        ({"x-ratelimit-reset": "20 fortnights"}, None),
        ({}, None),
    ],
)
def test_the_time_to_wait_is_read_from_what_providers_send_and_bounded(headers, seconds):
    waited = wait_s(headers, NOW)
    assert waited == (None if seconds is None else pytest.approx(seconds))


@given(st.text(max_size=40))
def test_no_header_breaks_the_reading_or_gives_a_time_out_of_bounds(text):
    for name in ("retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-reset-tokens"):
        waited = wait_s({name: text}, NOW)
        assert waited is None or 0 <= waited <= WAIT_MAX_S


TOO_LONG = [
    ({"code": "context_length_exceeded", "message": "This model's maximum context length is 8192 tokens. However, your messages resulted in "
      "9000 tokens."}, ("8192", "9000")),
    ({"code": 400, "type": "exceed_context_size_error", "message": "request (3031 tokens) exceeds the available context size (2048 tokens)",
      "n_prompt_tokens": 3031, "n_ctx": 2048}, ("2048", "3031")),
    ({"type": "BadRequestError", "message": "This model's maximum context length is 2048 tokens. However, you requested 2100 tokens "
      "(1800 in the messages, 300 in the completion)."}, ("2048", "1800")),
    ({"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}, ("200000", "210000")),
    ({"code": "context_length_exceeded", "message": "too long"}, (None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("body", "sizes"), TOO_LONG)
def test_a_prompt_that_was_too_long_is_known_by_code_or_words_and_the_sizes_are_read(body, sizes):
    error = typed(status_error(400, body), "small")
    assert isinstance(error, ContextTooLong)
    assert (error.metadata.get("window_tokens"), error.metadata.get("prompt_tokens")) == sizes


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"code": "content_filter"}, ContentRefused),
        (400, {"code": "content_policy_violation"}, ContentRefused),
        (400, {"code": "invalid_value", "message": "no such parameter"}, ModelUnavailable),
        (401, {"code": "invalid_api_key"}, ModelUnavailable),
        (413, None, ContextTooLong),
        (429, {"code": "rate_limit_exceeded"}, RateLimited),
        (403, {"code": "insufficient_quota"}, RateLimited),
        (500, {"message": "the context length machinery fell over"}, ModelUnavailable),
        (503, "not even an object", ModelUnavailable),
    ],
)
def test_every_status_has_its_error_and_no_word_of_the_providers(status, body, kind):
    error = typed(status_error(status, body), "small")
    assert type(error) is kind
    assert "secret" not in error.message
    assert error.metadata["model"] == "small"


def test_a_503_with_a_time_to_wait_carries_it():
    assert typed(status_error(503, None, {"retry-after": "4"}), "small").retry_after_s == 4


def test_an_error_in_mid_stream_is_typed_like_one_before_it():
    assert isinstance(typed_body({"code": "context_length_exceeded"}, "small"), ContextTooLong)
    assert isinstance(typed_body({"code": "rate_limit_exceeded"}, "small"), RateLimited)
    assert isinstance(typed_body({}, "small"), ModelUnavailable)


@given(st.integers(1, 10**6), st.integers(1, 10**5), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_second_prompt_is_always_smaller_than_the_first(prompt, completion, window, counted):
    metadata = {"window_tokens": str(window), "prompt_tokens": str(counted)}
    assert 0 <= smaller_prompt_tokens(ContextTooLong("", metadata=metadata), prompt, completion) < prompt


def test_a_second_prompt_fits_what_the_provider_counted():
    named = ContextTooLong("", metadata={"window_tokens": "2048", "prompt_tokens": "2400"})
    smaller = smaller_prompt_tokens(named, 1200, 400)  # we counted half of what the provider did
    assert smaller * 2 + 400 <= 2048
    assert smaller > 700
    assert smaller_prompt_tokens(ContextTooLong("", metadata={"window_tokens": "1000"}), 5000, 400) == 570
    assert smaller_prompt_tokens(ContextTooLong(""), 1000, 400) == 700


def test_of_several_failures_the_one_that_says_when_to_come_back_is_told_else_the_last():
    soon, late = RateLimited("", retry_after_s=2), RateLimited("", retry_after_s=9)
    assert telling([late, ModelUnavailable(""), soon, ContextTooLong("")]) is soon
    last = ContextTooLong("")
    assert telling([ModelUnavailable(""), last]) is last
    assert telling([late, CircuitOpen("x", retry_after_s=1)]) is late
    assert isinstance(telling([]), ModelUnavailable)


def test_models_that_are_all_given_time_are_told_of_as_models_and_with_the_time():
    told = telling([CircuitOpen("a", retry_after_s=4), CircuitOpen("b", retry_after_s=2)])
    assert isinstance(told, ModelUnavailable)
    assert told.retry_after_s == 2
    asked = ModelUnavailable("")
    assert telling([asked, CircuitOpen("b", retry_after_s=2)]) is asked
