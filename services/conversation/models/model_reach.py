"""Whether the models' providers answer: asked now and then, so that it is known before somebody waits for an answer. Costs no tokens."""

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

import aiohttp
import httpx2
import openai
from prometheus_client import Gauge

from services.runtime.telemetry import get_logger

_standing = Gauge("parlour_conversation_model_standing", "1 for how a model's provider answered when it was last asked", ["model", "standing"])
_log = get_logger(__name__)


class Standing(StrEnum):
    """How a provider answered."""

    REACHED = "reached"
    REFUSED = "refused"  # it does not take our key
    UNREACHABLE = "unreachable"  # nobody answered, or that it is not well


class Asked(Protocol):
    """A model whose provider can be asked for a sign of life."""

    @property
    def name(self) -> str:
        """The name in the models file."""

    async def list_models(self, *, timeout_s: float) -> None:
        """Ask the provider for its list of models. Raises what the openai package raises."""


async def standing_of(model: Asked, *, timeout_s: float) -> Standing:
    """Ask a model's provider once. Any answer but a failure of its own or a refusal of our key is good enough: not all of them list their models."""
    try:
        async with asyncio.timeout(timeout_s):
            await model.list_models(timeout_s=timeout_s)
    except (openai.AuthenticationError, openai.PermissionDeniedError):
        return Standing.REFUSED
    except openai.APIStatusError as error:
        return Standing.UNREACHABLE if error.status_code >= 500 else Standing.REACHED
    except (openai.APIError, httpx2.HTTPError, aiohttp.ClientError, OSError):  # TimeoutError is an OSError; an answer that is no HTTP is aiohttp's
        return Standing.UNREACHABLE
    return Standing.REACHED


class ModelReach:
    """Asks every provider each `interval_s` seconds, side by side; each has `timeout_s` to answer."""

    def __init__(self, models: Iterable[Asked], *, interval_s: float, timeout_s: float) -> None:
        self._models = tuple(models)
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._stopped = False
        self._before: dict[str, Standing] = {}  # keyed by model: as many as the models file names

    async def ask_forever(self) -> None:
        """Ask until stopped."""
        while not self._stopped:
            await asyncio.gather(*(self._ask(model) for model in self._models))
            await asyncio.sleep(self._interval_s)

    def stop(self) -> None:
        """Ask no more: the models are about to be closed."""
        self._stopped = True

    async def _ask(self, model: Asked) -> None:
        now = await standing_of(model, timeout_s=self._timeout_s)
        if now is not self._before.get(model.name, Standing.REACHED):
            (_log.info if now is Standing.REACHED else _log.warning)("a model's provider answers otherwise", model=model.name, standing=str(now))
        self._before[model.name] = now
        for each in Standing:
            _standing.labels(model.name, each).set(each is now)
