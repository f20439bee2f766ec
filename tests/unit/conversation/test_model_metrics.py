"""What a call used is counted by model, feature and kind, and no feature that somebody makes up becomes a label."""

from prometheus_client import REGISTRY

from services.conversation.models.model_metrics import count_tokens
from services.conversation.turn import Usage


def tokens(model: str, feature: str) -> dict[str, float]:
    kinds = ("prompt", "cached_prompt", "completion", "reasoning")
    return {
        kind: REGISTRY.get_sample_value("parlour_conversation_tokens_total", {"model": model, "feature": feature, "kind": kind}) for kind in kinds
    }


def test_the_hit_rate_of_the_prefix_cache_follows_from_two_counters():
    count_tokens(Usage("cached-model", prompt_tokens=100, cached_prompt_tokens=80, completion_tokens=9, reasoning_tokens=4), "reply")
    found = tokens("cached-model", "reply")
    assert found == {"prompt": 20, "cached_prompt": 80, "completion": 9, "reasoning": 4}
    assert found["cached_prompt"] / (found["cached_prompt"] + found["prompt"]) == 0.8


def test_pictures_are_counted_beside_their_tokens():
    count_tokens(Usage("seeing-model", prompt_tokens=3000, images=2), "reply")
    assert REGISTRY.get_sample_value("parlour_conversation_images_total", {"model": "seeing-model", "feature": "reply"}) == 2


def test_a_feature_that_is_not_known_is_counted_as_other():
    count_tokens(Usage("odd-model", prompt_tokens=5), "made-up")
    assert tokens("odd-model", "other")["prompt"] == 5
    assert tokens("odd-model", "made-up")["prompt"] is None
