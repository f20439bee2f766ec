"""How soon a person gets a slot while background calls hold every one, with the real local model server behind the gate.

The service's own servicer, gate and models, over gRPC, in this process; the model server in one of its own. Each sample: every slot is held by a
background Complete whose answer is under way, and two more wait; a person's Complete is called; the time until the gate grants it a slot is the
figure. The time until the model's first word is told beside it: the model server needs it, to end what was cancelled and to read the prompt.
"""

import asyncio
import contextlib
import json
import math
import statistics
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from services.conversation.client import RETRIED, ConversationClient
from services.conversation.models.background_budget import BackgroundBudget
from services.conversation.models.completion import Completions
from services.conversation.models.language_model import LanguageModel, ModelCall, Patience
from services.conversation.models.language_model_servicer import LanguageModelServicer
from services.conversation.models.model_events import Part
from services.conversation.models.model_gate import ModelGate
from services.conversation.models.models_file import ModelEndpoint
from services.conversation.settings import ConversationSettings
from services.local.model_server import CONTEXT_TOKENS, MODEL, SLOTS
from services.runtime.breaker import Breaker
from services.runtime.channel import Remote
from services.runtime.database import Database
from services.runtime.errors import ModelUnavailable, ParlourError
from services.runtime.health import Health
from services.runtime.server import Server
from tests.local_model import local_model

SAMPLES = 40
_CALL_S = 120.0
_BACKGROUND = "Tell me a very long story about a fox, a crow and a piece of cheese."
_PERSON = "Say hello."
_PERSON_TOKENS = 8


class _Watched(LanguageModel):
    """Notes when each call has its slot and when its first word came: the gate lets a call through to here and no further."""

    def __init__(self, endpoint: ModelEndpoint, gate: ModelGate) -> None:
        breaker = Breaker(f"model:{endpoint.name}", "stream", failures_max=1000)
        super().__init__(endpoint, patience=Patience(_CALL_S, _CALL_S), breaker=breaker, gate=gate)
        self.granted_at: dict[str, float] = {}
        self.first_at: dict[str, float] = {}
        self.answering = asyncio.Condition()
        self.under_way = 0

    async def stream(self, call: ModelCall) -> AsyncGenerator[Part, None]:
        asked = call.messages[-1].text
        self.granted_at[asked] = time.perf_counter()
        begun = False
        try:
            async with aclosing(super().stream(call)) as parts:
                async for part in parts:
                    if not begun:
                        begun = True
                        self.first_at[asked] = time.perf_counter()
                        await self._count(1)
                    yield part
        finally:
            if begun:
                self.under_way -= 1

    async def _count(self, change: int) -> None:
        async with self.answering:
            self.under_way += change
            self.answering.notify_all()

    async def all_slots_taken(self) -> None:
        """Wait until a background answer is under way in every slot."""
        async with self.answering, asyncio.timeout(_CALL_S):
            await self.answering.wait_for(lambda: self.under_way >= SLOTS)


async def measure(samples: int = SAMPLES) -> dict[str, float]:
    """Return preemption_ms_p50 and _p95, and preemption_first_word_ms_p50, over so many samples, in milliseconds."""
    with local_model() as url:
        async with _served(url) as (model, client):
            granted, first = [], []
            for number in range(samples):
                one, two = await _sample(model, client, number)
                granted.append(one * 1000)
                first += [] if math.isnan(two) else [two * 1000]
    return {
        "preemption_ms_p50": round(statistics.median(granted), 1),
        "preemption_ms_p95": round(statistics.quantiles(granted, n=20)[18], 1),
        "preemption_first_word_ms_p50": round(statistics.median(first), 1),
    }


async def _sample(model: _Watched, client: ConversationClient, number: int) -> tuple[float, float]:
    """Return the seconds from a person's call to its slot, and to the model's first word."""
    await model.all_slots_taken()
    asked = f"{_PERSON} {number}"
    called_at = time.perf_counter()
    with contextlib.suppress(ModelUnavailable):  # so small a model may answer with no word at all
        await client.complete(_request(asked, pb.PRIORITY_INTERACTIVE, _PERSON_TOKENS), timeout_s=_CALL_S)
    return model.granted_at[asked] - called_at, model.first_at.get(asked, math.nan) - called_at


@asynccontextmanager
async def _served(url: str) -> AsyncIterator[tuple[_Watched, ConversationClient]]:
    """Serve LanguageModelService, with background calls that never end before the block does."""
    settings = _settings()
    endpoint = ModelEndpoint(
        name="local", base_url=url, provider_model=MODEL, context_window_tokens=CONTEXT_TOKENS, max_completion_tokens=400, slots=SLOTS
    )
    model = _Watched(endpoint, ModelGate(slots=SLOTS, waiting_max=settings.model_waiting_max, name="local"))
    completions = Completions([model], ModelGate(slots=settings.model_slots, waiting_max=settings.model_waiting_max))
    server = Server("conversation", settings, Health())
    # No call names a guild: nothing is counted, and no database is asked.
    servicer = LanguageModelServicer(completions, BackgroundBudget(Database("postgresql://nowhere", pool_size=1), tokens_max=0))
    server.add(conversation_pb2_grpc.add_LanguageModelServiceServicer_to_server, servicer, "parlour.conversation.v1.LanguageModelService")
    await server.start()
    remote = Remote("conversation", f"127.0.0.1:{server.port}", retried=RETRIED)
    client = ConversationClient(remote)
    background = [asyncio.create_task(_without_end(client)) for _ in range(SLOTS + 2)]
    try:
        yield model, client
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await remote.close()
        await server.stop(0)
        await model.close()


async def _without_end(client: ConversationClient) -> None:
    while True:
        with contextlib.suppress(ParlourError):
            await client.complete(_request(_BACKGROUND, pb.PRIORITY_BACKGROUND, 400), timeout_s=_CALL_S)


def _request(text: str, priority: "pb.Priority.ValueType", tokens: int) -> pb.CompleteRequest:
    prompt = pb.PromptMessage(role="user", text=text)
    return pb.CompleteRequest(request_id="bench", priority=priority, messages=[prompt], feature="bench", max_completion_tokens=tokens)


def _settings() -> ConversationSettings:
    nowhere = "127.0.0.1:9"
    return ConversationSettings(
        database_url="postgresql://nowhere", PARLOUR_CREDIT_ADDRESS=nowhere, PARLOUR_MEMORY_ADDRESS=nowhere, PARLOUR_MODELS_FILE="none"
    )


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))
