"""The model in the wheel: the right files, the right vectors, off the event loop, bounded."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from prometheus_client import REGISTRY

from services.retrieval.embedding import DIMENSIONS, TOKENS_MAX, EmbeddingModel
from services.retrieval.model_files import MODEL, ModelFilesUnusable, PinnedFile, read_pinned
from services.retrieval.text_embedding import Vectors
from services.runtime.errors import Overloaded

GROWTH = """
import asyncio, psutil
from services.retrieval.embedding import EmbeddingModel

def resident_mb():
    return psutil.Process().memory_info().rss / 1e6

async def main():
    model = EmbeddingModel()
    await model.embed_query("what is my cat called")
    before_mb = resident_mb()
    await model.embed(["a long text about rain " * 100] * 16)
    print(resident_mb() - before_mb)
    model.close()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def model() -> Iterator[EmbeddingModel]:
    model = EmbeddingModel()
    yield model
    model.close()


async def test_like_meanings_are_near_and_unlike_ones_are_not(model: EmbeddingModel) -> None:
    question = await model.embed_query("what is my cat called")
    near, far = await model.embed(["my cat is called Miso", "the meeting is on Thursday"])
    assert question @ near > 0.6
    assert question @ far < 0.2


async def test_vectors_have_length_one_and_come_in_order(model: EmbeddingModel) -> None:
    texts = ["a", "a much longer text " * 40, "I live in Oslo", ""] * 6
    vectors = await model.embed(texts)
    assert vectors.shape == (len(texts), DIMENSIONS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts[:4], vectors[:4], strict=True):
        # The int8 model scales each batch, so a text's vector differs a little with its company.
        assert await model.embed_query(text) @ vector > 0.97


def tokens_read() -> tuple[float, float]:
    """How often a model has read, and how many tokens in all, padding included."""
    count, total = (REGISTRY.get_sample_value(f"parlour_retrieval_embedding_batch_tokens_{what}") for what in ("count", "sum"))
    assert count is not None
    assert total is not None
    return count, total


async def test_texts_that_do_not_fit_into_one_batch_have_the_vectors_they_have_alone(model: EmbeddingModel) -> None:
    texts = [f"{number} {'the rain in Oslo and the cat on the mat ' * length}" for number, length in enumerate((1, 40, 0, 12, 40, 3, 40, 9, 2, 40))]
    together = await model.embed(texts)
    alone = np.concatenate([await model.embed([text]) for text in texts])
    assert np.all(np.sum(together * alone, axis=1) > 0.97)
    # Those of a batch of their own are the very same, and each is nearest to itself.
    longest = [place for place, text in enumerate(texts) if len(text) > 1_000]
    assert np.allclose(together[longest], alone[longest], atol=1e-6)
    assert list(np.argmax(together @ alone.T, axis=1)) == list(range(len(texts)))


async def test_long_texts_are_not_read_at_once(model: EmbeddingModel) -> None:
    count, total = tokens_read()
    await model.embed(["a long text about rain " * 100] * 6)
    assert tokens_read() == (count + 6, total + 6 * TOKENS_MAX)


async def test_how_much_is_read_at_once_can_be_set() -> None:
    model = EmbeddingModel(batch_tokens_max=3 * TOKENS_MAX)
    try:
        count, total = tokens_read()
        await model.embed(["a long text about rain " * 100] * 6)
        assert tokens_read() == (count + 2, total + 6 * TOKENS_MAX)
    finally:
        model.close()


def test_long_texts_do_not_leave_the_process_larger_for_good() -> None:
    """In a process of its own, where nothing has been embedded before. Read 16 at once, they leave it some 360 MB larger."""
    grown_mb = float(subprocess.run([sys.executable, "-c", GROWTH], check=True, capture_output=True, text=True).stdout)
    assert grown_mb < 100


async def test_no_texts_have_no_vectors(model: EmbeddingModel) -> None:
    assert (await model.embed([])).shape == (0, DIMENSIONS)


async def test_the_event_loop_goes_on_while_texts_are_embedded(model: EmbeddingModel) -> None:
    embedding = asyncio.create_task(model.embed(["the quick brown fox jumps over the lazy dog"] * 48))
    turns = 0
    while not embedding.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100


async def test_a_person_does_not_wait_for_a_batch(model: EmbeddingModel) -> None:
    batch = asyncio.create_task(model.embed(["the quick brown fox jumps over the lazy dog " * 5] * 96))
    await asyncio.sleep(0)
    await model.embed_query("what is my cat called")
    assert not batch.done()
    await batch


async def test_a_query_that_was_asked_lately_is_embedded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = EmbeddingModel(recent_max=2)
    batches: list[list[str]] = []
    embed_batch = model._embed_batch

    def noted(texts: list[str]) -> Vectors:
        batches.append(texts)
        return embed_batch(texts)

    monkeypatch.setattr(model, "_embed_batch", noted)
    try:
        first, again = [await model.embed_query("cat") for _ in range(2)]
        assert first is again
        assert batches == [["cat"]]
        for text in ("dog", "cow", "cat"):
            await model.embed_query(text)
        assert batches == [["cat"], ["dog"], ["cow"], ["cat"]]
    finally:
        model.close()


async def test_more_than_may_wait_is_refused() -> None:
    model = EmbeddingModel(waiting_max=2)
    try:
        outcomes = await asyncio.gather(*(model.embed_query(f"cat {number}") for number in range(4)), return_exceptions=True)
        assert sum(isinstance(outcome, Overloaded) for outcome in outcomes) == 2
        assert (await model.embed_query("cat")).shape == (DIMENSIONS,)
    finally:
        model.close()


@pytest.mark.parametrize(
    "pinned",
    [
        PinnedFile("no_such_package_here", "model.onnx", MODEL.sha256),
        PinnedFile(MODEL.package, "no_such_file", MODEL.sha256),
        PinnedFile(MODEL.package, MODEL.path, "0" * 64),
    ],
)
def test_another_file_than_the_pinned_one_is_refused(pinned: PinnedFile) -> None:
    with pytest.raises(ModelFilesUnusable):
        read_pinned(pinned)
