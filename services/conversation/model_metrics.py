"""What calls to language models cost, by model and by what they are for."""

from prometheus_client import Counter, Histogram

from services.conversation.turn import Usage

FEATURES = frozenset({"reply", "extraction", "summary", "names", "relationship", "preferences"})

_tokens = Counter("parlour_conversation_tokens_total", "Tokens used", ["model", "feature", "kind"])
first_token_seconds = Histogram(
    "parlour_conversation_first_token_seconds",
    "From the call to the first text of a model",
    ["model"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25),
)
fallbacks = Counter("parlour_conversation_fallbacks_total", "Models that failed before their first text, by reason", ["model", "reason"])
unstored = Counter("parlour_conversation_unstored_total", "Turns answered while the database was away", ["what"])


def count_tokens(usage: Usage, feature: str) -> None:
    """Count what a call used, under "other" for a feature that is not in FEATURES: a label must not grow with traffic."""
    feature = feature if feature in FEATURES else "other"
    _tokens.labels(usage.model, feature, "prompt").inc(usage.prompt_tokens - usage.cached_prompt_tokens)
    _tokens.labels(usage.model, feature, "cached_prompt").inc(usage.cached_prompt_tokens)
    _tokens.labels(usage.model, feature, "completion").inc(usage.completion_tokens)
