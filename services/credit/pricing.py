"""What a model costs and what a tier allows, read from the models file. Pure, but for `load_price_list`, which reads one file.

A price is in microcredits per million tokens, so that a single token may cost a fraction of a microcredit; the sum is rounded up once.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.credit.tiers import AMOUNT_MAX, Tier
from services.runtime.errors import InvalidField, PermissionRefused, UnknownModel
from services.runtime.settings import BadSettings

_TOKENS_PER_PRICE = 1_000_000
_PRICE_MAX = 10**12
_BOUNDS_MAX = 1_024


@dataclass(frozen=True, slots=True)
class TokenUse:
    """What one call to a model used: tokens and images. `cached_prompt_tokens` is a part of `prompt_tokens`."""

    prompt_tokens: int
    completion_tokens: int
    cached_prompt_tokens: int = 0
    images: int = 0


class Price(BaseModel):
    """What one model costs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt_microcredits_per_million_tokens: int = Field(ge=0, le=_PRICE_MAX)
    cached_prompt_microcredits_per_million_tokens: int = Field(ge=0, le=_PRICE_MAX)
    completion_microcredits_per_million_tokens: int = Field(ge=0, le=_PRICE_MAX)
    image_microcredits: int = Field(0, ge=0, le=AMOUNT_MAX)

    def cost(self, use: TokenUse) -> int:
        """Price what was used, in microcredits, rounded up."""
        fresh = use.prompt_tokens - use.cached_prompt_tokens
        tokens = (
            fresh * self.prompt_microcredits_per_million_tokens
            + use.cached_prompt_tokens * self.cached_prompt_microcredits_per_million_tokens
            + use.completion_tokens * self.completion_microcredits_per_million_tokens
        )
        return -(-tokens // _TOKENS_PER_PRICE) + use.images * self.image_microcredits

    def upper_bound(self, prompt_tokens: int, max_completion_tokens: int, images: int = 0) -> int:
        """Price the dearest way in which a call of this size can end: nothing cached, or everything, whichever costs more."""
        return max(self.cost(TokenUse(prompt_tokens, max_completion_tokens, cached, images)) for cached in {0, prompt_tokens})


def dearest(prices: Iterable[Price]) -> Price:
    """For each kind of token, and for images, the dearest of these prices, cached or not.

    As a cost only rises with each price, that of this one is no lower than that of any of them, whatever the use.
    """
    known = list(prices)
    prompt = max(max(price.prompt_microcredits_per_million_tokens, price.cached_prompt_microcredits_per_million_tokens) for price in known)
    return Price(
        prompt_microcredits_per_million_tokens=prompt,
        cached_prompt_microcredits_per_million_tokens=prompt,
        completion_microcredits_per_million_tokens=max(price.completion_microcredits_per_million_tokens for price in known),
        image_microcredits=max(price.image_microcredits for price in known),
    )


class _Model(BaseModel):
    price: Price


class PriceList(BaseModel):
    """The prices of all models and the tiers, under one version, which captures and usage record."""

    model_config = ConfigDict(frozen=True)

    price_version: str = Field(min_length=1, max_length=100)
    default_tier: str
    models: dict[str, _Model]
    tiers: dict[str, Tier]
    known_bounds: dict[tuple[str, int, int, int], Mapping[str, int]] = Field(default_factory=dict, init=False, exclude=True, repr=False)

    @model_validator(mode="after")
    def _names_are_known(self) -> "PriceList":
        if self.default_tier not in self.tiers:
            raise ValueError(f"default_tier {self.default_tier} has no [tiers.{self.default_tier}]")
        for name, tier in self.tiers.items():
            missing = [model for model in tier.models if model not in self.models]
            if missing:
                raise ValueError(f"tier {name} names the model {missing[0]}, which has no price")
        return self

    def tier_name(self, stored: str) -> str:
        """Return the tier to apply: the stored one, or the default where the file no longer names it."""
        return stored if stored in self.tiers else self.default_tier

    def tier(self, stored: str) -> Tier:
        """Return the rules of a stored tier, or of the default one where the file no longer names it."""
        return self.tiers[self.tier_name(stored)]

    def price(self, model: str) -> Price:
        """Return a model's price. Raises UnknownModel."""
        found = self.models.get(model)
        if found is None:
            raise UnknownModel(model)
        return found.price

    def cost(self, model: str, use: TokenUse) -> int:
        """Price usage of a model, in microcredits. Raises UnknownModel, and InvalidField where more is cached than was prompted."""
        if use.cached_prompt_tokens > use.prompt_tokens:
            raise InvalidField("usage.cached_prompt_tokens", "must not be more than prompt_tokens")
        return self.price(model).cost(use)

    def quote(self, tier: str, model: str, prompt_tokens: int, max_completion_tokens: int, images: int = 0) -> int:
        """Return the most that a call can cost, in microcredits; without a model, by the tier's dearest one.

        Raises UnknownModel, and PermissionRefused for a model that the tier may not use.
        """
        bounds = self._bounds(self.tier_name(tier), prompt_tokens, max_completion_tokens, images)
        if not model:
            return max(bounds.values())
        self.price(model)
        if model not in bounds:
            raise PermissionRefused(f"tier {self.tier_name(tier)} may not use model {model}")
        return bounds[model]

    def covered(self, tier: str, amount_microcredits: int, prompt_tokens: int, max_completion_tokens: int, images: int = 0) -> list[str]:
        """Return the tier's models, in order of preference, for which this amount is enough whatever happens."""
        bounds = self._bounds(self.tier_name(tier), prompt_tokens, max_completion_tokens, images)
        return [model for model, bound in bounds.items() if bound <= amount_microcredits]

    def _bounds(self, tier: str, prompt_tokens: int, max_completion_tokens: int, images: int) -> Mapping[str, int]:
        """The most that a call of this size can cost with each of a tier's models. Callers ask for few sizes, again and again."""
        size = tier, prompt_tokens, max_completion_tokens, images
        known = self.known_bounds.get(size)
        if known is None:
            if len(self.known_bounds) >= _BOUNDS_MAX:
                self.known_bounds.clear()
            models = self.tiers[tier].models
            known = {model: self.models[model].price.upper_bound(prompt_tokens, max_completion_tokens, images) for model in models}
            self.known_bounds[size] = known
        return known


def load_price_list(path: Path) -> PriceList:
    """Read prices and tiers from the models file. Raises BadSettings with a sentence for the operator."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return PriceList.model_validate(content)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"PARLOUR_MODELS_FILE {path} cannot be read: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, detail['loc'])) or 'the file'}: {detail['msg']}" for detail in error.errors())
        raise BadSettings(f"PARLOUR_MODELS_FILE {path} does not fit: {problems}.") from error
