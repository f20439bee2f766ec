"""What a model that embeds texts has to offer. The one that Parlour brings is services.retrieval.embedding.EmbeddingModel."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


def vector_literal(vector: Vectors) -> str:
    """Return a vector as pgvector reads it."""
    # Nine digits give back every float32 exactly; repr would write the seventeen of a float64.
    return "[" + ",".join(["%.9g" % number for number in vector.tolist()]) + "]"  # noqa: UP031 -- twice as fast as format()


class TextEmbedding(Protocol):
    """A model that turns texts into vectors of length 1. Vectors of different models, which their names tell apart, are never compared."""

    @property
    def name(self) -> str:
        """Names the model, its quantisation and whatever else changes its vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of many texts, shape (len(texts), dimensions), in their order; no query waits for it. Raises Overloaded."""
        ...

    async def embed_query(self, text: str) -> Vectors:
        """Return the vector of one text that somebody waits for, shape (dimensions,). Raises Overloaded."""
        ...
