"""What calls to language models cost and how they end, by model and by what they are for.

The prefix caches' hit rate is cached_prompt / (cached_prompt + prompt) of _tokens_total.
"""

from prometheus_client import Counter, Histogram

from services.conversation.turn import Usage

FEATURES = frozenset({"reply", "extraction", "summary", "names", "relationship", "preferences"})

_tokens = Counter("parlour_conversation_tokens_total", "Tokens used; reasoning is a part of completion", ["model", "feature", "kind"])
_images = Counter("parlour_conversation_images_total", "Pictures shown to models", ["model", "feature"])
first_token_seconds = Histogram(
    "parlour_conversation_first_token_seconds",
    "From the call to the first text of a model",
    ["model"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25),
)
fallbacks = Counter("parlour_conversation_fallbacks_total", "Models that failed before their first text, by reason", ["model", "reason"])
errors = Counter("parlour_conversation_model_errors_total", "Calls of models that failed, by reason", ["model", "reason"])
retries = Counter("parlour_conversation_model_retries_total", "Calls repeated with the same model, and why", ["model", "why"])
unstored = Counter("parlour_conversation_unstored_total", "Turns answered while the database was away", ["what"])


def count_tokens(usage: Usage, feature: str) -> None:
    """Count what a call used, under "other" for a feature that is not in FEATURES: a label must not grow with traffic."""
    feature = feature if feature in FEATURES else "other"
    _tokens.labels(usage.model, feature, "prompt").inc(max(0, usage.prompt_tokens - usage.cached_prompt_tokens))
    _tokens.labels(usage.model, feature, "cached_prompt").inc(usage.cached_prompt_tokens)
    _tokens.labels(usage.model, feature, "completion").inc(usage.completion_tokens)
    if usage.reasoning_tokens:
        _tokens.labels(usage.model, feature, "reasoning").inc(usage.reasoning_tokens)
    if usage.images:
        _images.labels(usage.model, feature).inc(usage.images)
