"""Which language model the stack uses, and the file that tells the services about it."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.local.failure import StackFailure
from services.local.model_server import CONTEXT_TOKENS, MODEL, SLOTS

OLLAMA_URL = "http://127.0.0.1:11434"
OPENAI_URL = "https://api.openai.com/v1"
OLLAMA_WAIT_S = 0.3
_OLLAMA_ANSWER_BYTES_MAX = 1_000_000
_TINY = (
    f"The model is the embedded {MODEL}: tiny, offline, good enough to see everything work. For better answers set OPENAI_BASE_URL or "
    "OPENAI_API_KEY, with PARLOUR_MODEL, or start Ollama."
)


@dataclass(frozen=True)
class ModelChoice:
    """A model behind an OpenAI-compatible address. Without `base_url` it is the embedded one, which the stack starts itself."""

    sentence: str
    provider_model: str
    base_url: str = ""
    api_key_env: str = ""
    context_window_tokens: int = 16_000
    completion_tokens_max: int = 1_000
    capabilities: tuple[str, ...] = ()
    slots: int | None = None  # calls that it works on at once; None: nobody knows

    @property
    def embedded(self) -> bool:
        """Whether the stack must start it."""
        return not self.base_url

    @property
    def name(self) -> str:
        """What Parlour calls it."""
        return re.sub(r"[^a-z0-9]+", "-", self.provider_model.lower()).strip("-") or "model"


def choose(environment: Mapping[str, str], *, embedded: bool, ollama_models: Callable[[], list[str]]) -> ModelChoice:
    """Choose by what is there: an OpenAI-compatible provider in the environment, Ollama, else the embedded model.

    `embedded` skips the search. Raises StackFailure when a provider is named but no model.
    """
    if embedded:
        return _embedded()
    wanted = environment.get("PARLOUR_MODEL", "")
    if environment.get("OPENAI_BASE_URL") or environment.get("OPENAI_API_KEY"):
        return _provider(environment, wanted)
    found = ollama_models()
    if found:
        model = wanted or found[0]
        return ModelChoice(
            sentence=f"The model is {model}, from Ollama on this machine.",
            provider_model=model,
            base_url=f"{OLLAMA_URL}/v1",
            context_window_tokens=4096,  # what Ollama gives a model unless told otherwise
            capabilities=("json_schema",),
        )
    return _embedded()


def _provider(environment: Mapping[str, str], model: str) -> ModelChoice:
    base_url = environment.get("OPENAI_BASE_URL") or OPENAI_URL
    if not model:
        raise StackFailure(f"Set PARLOUR_MODEL to the name of a model that {base_url} offers, such as PARLOUR_MODEL=gpt-4o-mini, and start again.")
    return ModelChoice(
        sentence=f"The model is {model}, from {base_url}.",
        provider_model=model,
        base_url=base_url,
        api_key_env="OPENAI_API_KEY" if environment.get("OPENAI_API_KEY") else "",
        capabilities=("json_schema",),
    )


def _embedded() -> ModelChoice:
    return ModelChoice(_TINY, MODEL, context_window_tokens=CONTEXT_TOKENS, completion_tokens_max=400, capabilities=("json_schema",), slots=SLOTS)


def ollama_models() -> list[str]:
    """The models of an Ollama on loopback, by its own order; none when it does not answer at once."""
    try:
        with urllib.request.urlopen(f"{OLLAMA_URL}/api/tags", timeout=OLLAMA_WAIT_S) as answer:  # noqa: S310 - a fixed loopback address
            listed = json.loads(answer.read(_OLLAMA_ANSWER_BYTES_MAX))
        return [str(model["name"]) for model in listed["models"]]
    except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError):
        return []


def models_toml(choice: ModelChoice, base_url: str, tokenizer_file: str = "") -> str:
    """The text of PARLOUR_MODELS_FILE: conversation reads the endpoint, credit the price and the tier. Without a tokenizer tokens are estimated."""
    quoted = json.dumps  # a JSON string of these characters is a TOML string
    return f"""\
# Written at every start by the local stack. To use your own, set PARLOUR_MODELS_FILE.
price_version = "2026-11"
default_tier = "free"

[models.{choice.name}.endpoint]
base_url = {quoted(base_url)}
provider_model = {quoted(choice.provider_model)}
api_key_env = {quoted(choice.api_key_env)}
context_window_tokens = {choice.context_window_tokens}
max_completion_tokens = {choice.completion_tokens_max}
capabilities = {quoted(list(choice.capabilities))}
tokenizer = {quoted(tokenizer_file)}
{"" if choice.slots is None else f"slots = {choice.slots}"}

[models.{choice.name}.price]
prompt_microcredits_per_million_tokens = 100_000_000
cached_prompt_microcredits_per_million_tokens = 50_000_000
completion_microcredits_per_million_tokens = 400_000_000
image_microcredits = 0

[tiers.free]
models = [{quoted(choice.name)}]
allowance_microcredits = 100_000_000
overdraft_microcredits = 0
capture_policy = "cap"
grace_s = 600
# Turns that a person may take in one outage of the credit service, on the outage allowance; 0: none.
outage_turns = 3
"""
