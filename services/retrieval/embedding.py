"""Texts to vectors: all-MiniLM-L6-v2, int8, on the processor, in threads of its own so that the event loop never waits.

sentence-transformers was considered: it brings PyTorch for what onnxruntime does in a twentieth of the memory.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]
from prometheus_client import Gauge, Histogram
from tokenizers import Encoding, Tokenizer

from services.retrieval.embedding_batches import batches_within
from services.retrieval.model_files import MODEL, TOKENIZER, read_pinned
from services.retrieval.text_embedding import Vectors
from services.runtime.bounded_map import BoundedMap
from services.runtime.errors import Overloaded

_Embed = Callable[[list[str]], Vectors]

MODEL_NAME = "all-minilm-l6-v2-int8"
DIMENSIONS = 384
TOKENS_MAX = 256
"""What the model was trained to read (sentence-transformers/all-MiniLM-L6-v2); the rest of a longer text is not looked at."""
RECENT_S = 600.0
"""How long an unused vector of embed_query is kept: what is asked again soon (a retry, a regenerated answer, "hi") is embedded once."""
BATCH_TEXTS_MAX = 16
"""More do not go faster on one thread, and the next caller waits longer."""
BATCH_TOKENS_MAX = TOKENS_MAX
"""What the model reads together if nothing else is said: no more than the longest text alone.

On one thread 256 tokens take as long in one batch as in two, but memory grows with the largest batch ever read and is not given back: 16 texts of
256 tokens at once leave a process 360 MB larger, one after the other 28 MB.
"""

_seconds = Histogram(
    "parlour_retrieval_embedding_duration_seconds",
    "How long embedding took, waiting included",
    ["lane"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2, 10, 30),
)
_batch_tokens = Histogram(
    "parlour_retrieval_embedding_batch_tokens",
    "Tokens that the model read at once, padding included",
    buckets=(16, 32, 64, 128, 256, 512, 1_024, 4_096),
)
_waiting = Gauge("parlour_retrieval_embedding_waiting_texts", "Texts that wait to be embedded or are being embedded", ["lane"])


class EmbeddingModel:
    """The model, loaded. `embed` is for many texts, `embed_query` for one that a person waits for: each has a thread of its own.

    At most `waiting_max` texts wait in each lane; more are refused with Overloaded. The model reads at most `batch_tokens_max` tokens at once, with
    padding, or one text. The vectors of the last `recent_max` queries are kept, under a hash of the text and not the text itself, which may have to
    be forgotten. Vectors have length 1, so a dot product is their cosine.
    """

    name = MODEL_NAME
    dimensions = DIMENSIONS

    def __init__(self, *, waiting_max: int = 4_096, recent_max: int = 1_000, batch_tokens_max: int = BATCH_TOKENS_MAX) -> None:
        """Load the model; takes about 0.3 s. Raises ModelFilesUnusable."""
        self._tokenizer = Tokenizer.from_str(read_pinned(TOKENIZER).decode("utf-8"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(TOKENS_MAX)
        self._session = onnxruntime.InferenceSession(read_pinned(MODEL), _session_options(), providers=["CPUExecutionProvider"])
        self._batch_tokens_max = batch_tokens_max
        self._recent: BoundedMap[bytes, Vectors] = BoundedMap("recent_query_vectors", size_max=recent_max, ttl_s=RECENT_S)
        self._lanes = {lane: _Lane(lane, waiting_max) for lane in ("query", "bulk")}

    async def embed_query(self, text: str) -> Vectors:
        """Return the vector of one text, shape (384,), read-only. Raises Overloaded."""
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        vector = self._recent.get(key)
        if vector is None:
            vector = (await self._lanes["query"].run(self._embed_batch, [text])).reshape(DIMENSIONS)
            vector.setflags(write=False)
            self._recent.put(key, vector)
        return vector

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of many texts, shape (len(texts), 384), in their order. Raises Overloaded."""
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        # Texts of like length go together, because those of a batch are padded to its longest.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        lane = self._lanes["bulk"]
        for start in range(0, len(order), BATCH_TEXTS_MAX):
            batch = order[start : start + BATCH_TEXTS_MAX]
            vectors[batch] = await lane.run(self._embed_batch, [texts[index] for index in batch])
        return vectors

    def close(self) -> None:
        """Let the threads go; a batch under way ends first."""
        for lane in self._lanes.values():
            lane.close()

    def _embed_batch(self, texts: list[str]) -> Vectors:
        encodings = self._tokenizer.encode_batch_fast(texts)
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        for batch in batches_within([len(encoding) for encoding in encodings], tokens_max=self._batch_tokens_max):
            vectors[batch] = self._read([encodings[place] for place in batch])
        return vectors

    def _read(self, encodings: Sequence[Encoding]) -> Vectors:
        ids, mask = _padded(encodings)
        _batch_tokens.observe(ids.size)
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (hidden,) = self._session.run(None, feeds)
        return _pooled(np.asarray(hidden, dtype=np.float32), mask)


class _Lane:
    """One thread and the limit of what may wait for it."""

    def __init__(self, name: str, waiting_max: int) -> None:
        self._executor: Executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"embedding-{name}")
        self._waiting = 0
        self._waiting_max = waiting_max
        self._gauge = _waiting.labels(name)
        self._seconds = _seconds.labels(name)

    async def run(self, embed: _Embed, texts: list[str]) -> Vectors:
        if self._waiting + len(texts) > self._waiting_max:
            raise Overloaded(f"{self._waiting} texts wait to be embedded")
        started_s = time.monotonic()
        self._waiting += len(texts)
        self._gauge.set(self._waiting)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, embed, texts)
        finally:
            self._waiting -= len(texts)
            self._gauge.set(self._waiting)
            self._seconds.observe(time.monotonic() - started_s)

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # A plan of the memory for each shape of a batch is kept for good, and with batches this small it makes nothing faster.
    options.enable_mem_pattern = False
    # Idle threads must not spin on a machine with two cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _padded(encodings: Sequence[Encoding]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    longest = max(len(encoding.ids) for encoding in encodings)
    ids = np.zeros((len(encodings), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    return ids, mask


def _pooled(hidden: Vectors, mask: npt.NDArray[np.int64]) -> Vectors:
    """Average the tokens' vectors, padding left out, and scale to length 1 (the pooling the model was trained with)."""
    weights = mask[:, :, None].astype(np.float32)
    mean = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12), dtype=np.float32)
