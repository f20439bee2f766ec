"""The models file, as far as it is ours: where each model is and what it can do. Prices and tiers are the credit service's."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from services.runtime.settings import BadSettings

Capability = Literal["json_schema", "images", "reasoning", "max_completion_tokens"]
_LEFT_TO_THE_ENVIRONMENT = ("base_url", "provider_model")
"""What `<key>_env` may leave to the environment variable of that name; a value in the file stands where the variable is empty."""


def _http(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return url


class ModelEndpoint(BaseModel):
    """Where a model is and what it can do. Windows and limits are tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(min_length=1, max_length=200, pattern=r"^\S+$")
    base_url: Annotated[str, AfterValidator(_http)]
    provider_model: str = Field(min_length=1)
    api_key_env: str = ""  # the NAME of the environment variable that holds the key; empty: none is needed
    context_window_tokens: int = Field(ge=256, le=100_000_000)
    max_completion_tokens: int = Field(ge=1, le=10_000_000)
    capabilities: list[Capability] = []
    tokenizer: str = ""  # path of the model's tokenizer.json (Hugging Face's format), from the folder of the models file; empty: tokens are estimated
    # What a picture counts in a prompt's budget, so that the hold covers it. One of 1024 x 1024 is 765 tokens for OpenAI's models and about 1,400 for
    # Anthropic's (pixels / 750); a smaller one is less.
    image_tokens: int = Field(default=1000, ge=0, le=100_000)
    slots: int | None = Field(default=None, ge=1, le=1000)  # calls at once; not set: as many as the instance makes

    @property
    def prompt_tokens_max(self) -> int:
        """The room that a full-length completion leaves."""
        return self.context_window_tokens - self.max_completion_tokens


def read_models(path: str | Path, environment: Mapping[str, str] = os.environ) -> Mapping[str, ModelEndpoint]:
    """Read every [models.<name>.endpoint], in the file's order. Raises BadSettings with a sentence for each thing that does not fit."""
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"PARLOUR_MODELS_FILE: {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"PARLOUR_MODELS_FILE: {path} is not TOML: {error}.") from None
    models = content.get("models")
    if not isinstance(models, dict) or not models:
        raise BadSettings(f"PARLOUR_MODELS_FILE: {path} names no model: it needs a [models.<name>.endpoint].")
    return {name: _endpoint(name, section, path, environment) for name, section in models.items()}


def _endpoint(name: str, section: object, path: str | Path, environment: Mapping[str, str]) -> ModelEndpoint:
    endpoint = section.get("endpoint") if isinstance(section, dict) else None
    if not isinstance(endpoint, dict):
        raise BadSettings(f"PARLOUR_MODELS_FILE: {path}: [models.{name}.endpoint] is missing.")
    try:
        model = ModelEndpoint(**{**_filled(endpoint, environment), "name": name})
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors(include_url=False))
        raise BadSettings(f"PARLOUR_MODELS_FILE: {path}: [models.{name}.endpoint]: {'; '.join(problems)}.") from None
    if model.prompt_tokens_max < 1:
        raise BadSettings(f"PARLOUR_MODELS_FILE: {path}: [models.{name}.endpoint]: max_completion_tokens leaves no room for a prompt.")
    return model.model_copy(update={"tokenizer": str(Path(path).parent / model.tokenizer)}) if model.tokenizer else model


def _filled(endpoint: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    filled = dict(endpoint)
    for key in _LEFT_TO_THE_ENVIRONMENT:
        variable = filled.pop(f"{key}_env", None)
        if isinstance(variable, str) and environment.get(variable):
            filled[key] = environment[variable]
    return filled
