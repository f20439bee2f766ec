"""Builds prompts and counts what went into them."""

import time

from prometheus_client import Counter, Histogram

from services.conversation.window.context_window import Parts, Prompt, Shares, build_prompt
from services.conversation.window.token_counting import TokenCounter

_tokens = Counter("parlour_conversation_window_tokens_total", "Tokens of prompts by part", ["part"])
_left_out = Counter("parlour_conversation_window_left_out_total", "What prompts had no room for, or could not be had", ["part", "reason"])
_build_seconds = Histogram(
    "parlour_conversation_window_build_seconds", "Building a prompt of its parts", buckets=(0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.03, 0.1, 0.3)
)


def build_measured(parts: Parts, budget_tokens: int, shares: Shares, counter: TokenCounter) -> Prompt:
    """Build a prompt and count it. Raises ContextTooLong."""
    started_at = time.perf_counter()
    prompt = build_prompt(parts, budget_tokens, shares, counter)
    _build_seconds.observe(time.perf_counter() - started_at)
    for report in prompt.parts:
        _tokens.labels(report.name).inc(report.tokens)
        if report.left_out or report.reason == "unavailable":
            _left_out.labels(report.name, report.reason).inc(max(1, report.left_out))
    return prompt
