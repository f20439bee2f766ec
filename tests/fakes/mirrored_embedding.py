"""A second embedding model: the vectors of the first, mirrored. As good as the first among its own, worthless compared with the first's."""

from collections.abc import Sequence

import numpy as np

from services.retrieval.text_embedding import TextEmbedding, Vectors


class MirroredEmbedding:
    """Has dimensions reversed and every second one negated, which keeps lengths and angles. Counts what it embeds, and fails when told to."""

    def __init__(self, model: TextEmbedding, name: str = "mirrored") -> None:
        self._model = model
        self.name = name
        self.dimensions = model.dimensions
        self._signs = np.where(np.arange(model.dimensions) % 2, -1, 1).astype(np.float32)
        self.embedded: list[str] = []
        self.fail_after_texts: int | None = None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if self.fail_after_texts is not None and len(self.embedded) >= self.fail_after_texts:
            self.fail_after_texts = None
            raise RuntimeError("killed")
        vectors = await self._model.embed(texts)
        self.embedded += texts
        return self._mirrored(vectors)

    async def embed_query(self, text: str) -> Vectors:
        return self._mirrored(await self._model.embed_query(text))

    def _mirrored(self, vectors: Vectors) -> Vectors:
        return vectors[..., ::-1] * self._signs
