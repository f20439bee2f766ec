"""Which models embed what is written, and which one a search must use.

Searches use the vectors of one model, the one in force. Where the service runs another one, everything that is written gets the vectors of both, so
that it is found today, and lacks nothing on the day of the switch (services.memory.reembedding).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import Counter
from sqlalchemy import text

from services.retrieval.embedding import DIMENSIONS
from services.retrieval.text_embedding import TextEmbedding, Vectors
from services.runtime.database import Database

KNOWN_S = 5.0
"""How long a write trusts what it knows about the model in force. Trusting it for too long costs a vector that nobody needs, no more: a model comes
into force only when every instance that runs writes its vectors."""

IN_FORCE = "SELECT name FROM embedding_models WHERE in_force"

_IN_FORCE = text(IN_FORCE)
_REGISTER = text("INSERT INTO embedding_models (name, in_force, state, finished_at) VALUES (:name, true, 'complete', now()) ON CONFLICT DO NOTHING")
_missing = Counter("parlour_memory_embedding_model_missing_total", "Uses of vectors whose model this instance does not hold")


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of some texts, by the name of each model that made them, in one order."""

    by_model: Mapping[str, Vectors]

    def __getitem__(self, rows: Sequence[int]) -> "Embedded":
        """Return the vectors of some of the texts."""
        return Embedded({name: vectors[list(rows)] for name, vectors in self.by_model.items()})


class EmbeddingModels:
    """The model that the service runs, `present`, and those before it that it still holds."""

    def __init__(
        self, database: Database, present: TextEmbedding, earlier: Sequence[TextEmbedding] = (), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises ValueError where a model's vectors do not fit the table."""
        for model in (present, *earlier):
            if model.dimensions != DIMENSIONS:
                raise ValueError(f"the vectors of {model.name} have {model.dimensions} numbers, and {DIMENSIONS} are stored")
        self._database = database
        self.present = present
        self._held = {model.name: model for model in (*earlier, present)}
        self._clock = clock
        self._known: TextEmbedding | None = None
        self._known_until_s = 0.0

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Return the vectors of texts that are to be stored. Raises Overloaded, DependencyUnavailable."""
        return Embedded({model.name: await model.embed(texts) for model in await self._wanted()})

    async def embed_one(self, text: str) -> Embedded:
        """Return the vectors of one text that is to be stored while somebody waits. Raises Overloaded, DependencyUnavailable."""
        return Embedded({model.name: (await model.embed_query(text))[None, :] for model in await self._wanted()})

    async def _wanted(self) -> list[TextEmbedding]:
        if self._known is None or self._clock() >= self._known_until_s:
            await self.in_force()
        return [self.present] if self._known is None or self._known is self.present else [self.present, self._known]

    async def in_force(self) -> TextEmbedding:
        """Return the model whose vectors are searched, as the database says now. Raises DependencyUnavailable."""
        async with self._database.read() as session:
            name = await session.scalar(_IN_FORCE)
        if name is None:
            name = await self._registered()
        self._known = self.fitting(name)
        self._known_until_s = self._clock() + KNOWN_S
        return self._known

    async def _registered(self) -> str:
        """Where nothing was ever stored, the model of the instance that comes first is in force."""
        async with self._database.write() as session:
            await session.execute(_REGISTER, {"name": self.present.name})
            return str(await session.scalar(_IN_FORCE))

    def fitting(self, name: str | None) -> TextEmbedding:
        """Return the model that fits the vectors of the one in force; None: nothing was ever stored.

        Where this instance does not hold it, its own: what has vectors of that already is found by meaning, all else by words.
        """
        if name is not None and name not in self._held:
            _missing.inc()
        return self.present if name is None else self._held.get(name, self.present)
