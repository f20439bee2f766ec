"""The model in the wheel: the right files, the right vectors, off the event loop, bounded."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest

from services.retrieval.embedding import DIMENSIONS, EmbeddingModel
from services.retrieval.model_files import MODEL, ModelFilesUnusable, PinnedFile, read_pinned
from services.runtime.errors import Overloaded


@pytest.fixture(scope="module")
def model() -> Iterator[EmbeddingModel]:
    model = EmbeddingModel()
    yield model
    model.close()


async def test_like_meanings_are_near_and_unlike_ones_are_not(model):
    question = await model.embed_query("what is my cat called")
    near, far = await model.embed(["my cat is called Miso", "the meeting is on Thursday"])
    assert question @ near > 0.6
    assert question @ far < 0.2


async def test_vectors_have_length_one_and_come_in_order(model):
    texts = ["a", "a much longer text " * 40, "I live in Oslo", ""] * 6
    vectors = await model.embed(texts)
    assert vectors.shape == (len(texts), DIMENSIONS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts[:4], vectors[:4], strict=True):
        # The int8 model scales each batch, so a text's vector differs a little with its company.
        assert await model.embed_query(text) @ vector > 0.97


async def test_no_texts_have_no_vectors(model):
    assert (await model.embed([])).shape == (0, DIMENSIONS)


async def test_the_event_loop_goes_on_while_texts_are_embedded(model):
    embedding = asyncio.create_task(model.embed(["the quick brown fox jumps over the lazy dog"] * 48))
    turns = 0
    while not embedding.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100


async def test_a_person_does_not_wait_for_a_batch(model):
    batch = asyncio.create_task(model.embed(["the quick brown fox jumps over the lazy dog " * 5] * 96))
    await asyncio.sleep(0)
    await model.embed_query("what is my cat called")
    assert not batch.done()
    await batch


async def test_a_query_that_was_asked_lately_is_embedded_once(monkeypatch):
    model = EmbeddingModel(recent_max=2)
    batches = []
    embed_batch = model._embed_batch
    monkeypatch.setattr(model, "_embed_batch", lambda texts: batches.append(texts) or embed_batch(texts))
    try:
        first, again = [await model.embed_query("cat") for _ in range(2)]
        assert first is again
        assert batches == [["cat"]]
        for text in ("dog", "cow", "cat"):
            await model.embed_query(text)
        assert batches == [["cat"], ["dog"], ["cow"], ["cat"]]
    finally:
        model.close()


async def test_more_than_may_wait_is_refused():
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
def test_another_file_than_the_pinned_one_is_refused(pinned):
    with pytest.raises(ModelFilesUnusable):
        read_pinned(pinned)
