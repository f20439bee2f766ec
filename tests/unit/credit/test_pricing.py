"""Prices, tiers and the file that states them."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit.pricing import Price, PriceList, TokenUse, load_price_list
from services.runtime.errors import InvalidField, PermissionRefused, UnknownModel
from services.runtime.settings import BadSettings

FILE = """
price_version = "2026-11"
default_tier = "free"
[models.small.endpoint]
base_url = "http://127.0.0.1:1/v1"
[models.small.price]
prompt_microcredits_per_million_tokens = 100_000_000
cached_prompt_microcredits_per_million_tokens = 50_000_000
completion_microcredits_per_million_tokens = 400_000_000
image_microcredits = 7
[models.large.price]
prompt_microcredits_per_million_tokens = 1_000_000_000
cached_prompt_microcredits_per_million_tokens = 500_000_000
completion_microcredits_per_million_tokens = 4_000_000_000
[tiers.free]
models = ["small"]
allowance_microcredits = 100_000_000
[tiers.gold]
models = ["large", "small"]
"""
tokens = st.integers(0, 10_000_000)
prices = st.builds(
    Price,
    *[],
    **{
        name: st.integers(0, 10**9)
        for name in (
            "prompt_microcredits_per_million_tokens",
            "cached_prompt_microcredits_per_million_tokens",
            "completion_microcredits_per_million_tokens",
            "image_microcredits",
        )
    },
)


@pytest.fixture
def price_list(tmp_path: Path) -> PriceList:
    (tmp_path / "models.toml").write_text(FILE)
    return load_price_list(tmp_path / "models.toml")


def test_usage_is_priced_by_the_part_that_was_cached(price_list):
    use = TokenUse(prompt_tokens=10, cached_prompt_tokens=4, completion_tokens=3, images=2)
    assert price_list.cost("small", use) == 6 * 100 + 4 * 50 + 3 * 400 + 2 * 7


def test_a_fraction_of_a_microcredit_rounds_up_once():
    price = Price(
        prompt_microcredits_per_million_tokens=400_000,
        cached_prompt_microcredits_per_million_tokens=0,
        completion_microcredits_per_million_tokens=400_000,
        image_microcredits=0,
    )
    assert price.cost(TokenUse(1, 1)) == math.ceil(0.8)


@given(prices, tokens, tokens, tokens, tokens, st.integers(0, 1000), st.integers(0, 1000))
def test_a_quote_is_an_upper_bound(price: Price, prompt: int, completion: int, cached: int, used: int, images: int, shown: int):
    use = TokenUse(prompt, min(used, completion), min(cached, prompt), min(shown, images))
    assert price.cost(use) <= price.upper_bound(prompt, completion, images)


@given(prices, tokens, tokens)
def test_a_quote_is_reached_where_nothing_is_cached_or_everything(price: Price, prompt: int, completion: int):
    ends = {price.cost(TokenUse(prompt, completion, cached)) for cached in (0, prompt)}
    assert price.upper_bound(prompt, completion) == max(ends)


@given(prices, tokens, tokens)
def test_a_price_is_a_whole_number_and_never_negative(price: Price, prompt: int, completion: int):
    cost = price.cost(TokenUse(prompt, completion))
    assert isinstance(cost, int)
    assert cost >= 0


def test_a_quote_without_a_model_is_the_dearest_of_the_tier(price_list):
    assert price_list.quote("free", "", 10, 10) == 5_000
    assert price_list.quote("gold", "", 10, 10) == 50_000
    assert price_list.quote("gold", "small", 10, 10) == 5_000


def test_images_are_a_part_of_a_quote(price_list):
    assert price_list.quote("free", "small", 10, 10, 3) == 5_021
    assert price_list.covered("free", 5_020, 10, 10, 3) == []
    assert price_list.covered("free", 5_021, 10, 10, 3) == ["small"]


def test_a_quote_is_the_same_however_often_and_in_whatever_order_it_is_asked_for(price_list):
    sizes = [(tokens, tokens % 7, tokens % 3) for tokens in range(1, 1500)]
    first = [price_list.quote("gold", "", *size) for size in sizes]
    assert [price_list.quote("gold", "", *size) for size in reversed(sizes)] == first[::-1]


def test_a_tier_has_limits_and_a_policy_only_where_it_says_so(price_list):
    tier = price_list.tier("gold")
    assert (tier.capture_policy, tier.allowance_period) == ("cap", "once")
    assert (tier.allowance_microcredits, tier.overdraft_microcredits, tier.holds_per_minute_max, tier.holds_per_day_max) == (0, 0, 0, 0)


def test_a_hold_covers_the_models_that_it_can_pay_for(price_list):
    assert price_list.covered("gold", 50_000, 10, 10) == ["large", "small"]
    assert price_list.covered("gold", 49_999, 10, 10) == ["small"]
    assert price_list.covered("gold", 4_999, 10, 10) == []


def test_a_tier_that_the_file_no_longer_names_is_the_default_one(price_list):
    assert price_list.tier_name("platinum") == "free"
    assert price_list.tier("platinum").models == ("small",)


def test_what_cannot_be_priced_is_refused(price_list):
    with pytest.raises(UnknownModel):
        price_list.cost("nobody", TokenUse(1, 1))
    with pytest.raises(UnknownModel):
        price_list.quote("free", "nobody", 1, 1)
    with pytest.raises(PermissionRefused):
        price_list.quote("free", "large", 1, 1)
    with pytest.raises(InvalidField):
        price_list.cost("small", TokenUse(1, 1, cached_prompt_tokens=2))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('default_tier = "free"', 'default_tier = "none"', "default_tier none"),
        ('models = ["small"]', 'models = ["tiny"]', "tiny"),
        ('models = ["small"]', "models = []", "tiers.free.models"),
        ('price_version = "2026-11"', "", "price_version"),
        ("image_microcredits = 7", "image_microcredits = -7", "models.small.price.image_microcredits"),
        ("image_microcredits = 7", "image_microcredit = 7", "models.small.price.image_microcredit"),
        ("allowance_microcredits = 100_000_000", "alowance = 1", "tiers.free.alowance"),
        ("allowance_microcredits = 100_000_000", 'capture_policy = "generous"', "tiers.free.capture_policy"),
        ("allowance_microcredits = 100_000_000", 'allowance_period = "week"', "tiers.free.allowance_period"),
        ("allowance_microcredits = 100_000_000", "overdraft_microcredits = -1", "tiers.free.overdraft_microcredits"),
        ("allowance_microcredits = 100_000_000", "grace_s = 86_401", "tiers.free.grace_s"),
        ("allowance_microcredits = 100_000_000", "holds_per_minute_max = -1", "tiers.free.holds_per_minute_max"),
        ("allowance_microcredits = 100_000_000", "holds_per_day_max = 1.5", "tiers.free.holds_per_day_max"),
        ("[tiers.free]", "[tiers.free", "cannot be read"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_a_sentence(tmp_path, before, after, said):
    path = tmp_path / "models.toml"
    path.write_text(FILE.replace(before, after))
    with pytest.raises(BadSettings, match=said) as refused:
        load_price_list(path)
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(BadSettings, match="cannot be read"):
        load_price_list(tmp_path / "none.toml")
