"""What leaves as messages comes back as it was, whatever it says, and no message grows beyond its limit."""

import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from parlour.memory.v1 import memory_pb2 as pb
from services.memory.facts import Kind, Provenance, StoredMemory
from services.memory.portable import MESSAGE_BYTES_MAX, MESSAGE_MEMORIES_MAX, EarlierVersion, PortableMemory, exported, imported
from services.memory.quarantine import looks_like_an_instruction
from services.memory.scopes import Scope, Visibility

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCOPE = Scope(Visibility.GUILD, "g1", "", "ada")

moments = st.datetimes(datetime(1970, 1, 1), datetime(2025, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 -- the strategy adds it
spans = st.tuples(moments, moments).map(sorted)
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=2_000).map(str.strip).filter(bool)
keys = st.sampled_from(["", "cat", "the colour of the door", "gr\u00f6sse"])  # case-folded, as they are stored
importances = st.floats(0, 1)
origins = st.builds(
    Provenance,
    st.lists(st.sampled_from(["m1", "m2"])).map(tuple),
    st.sampled_from(["", "ada"]),
    st.sampled_from(["", "Ada L."]),
    st.sampled_from(["stated", "extracted"]),
)


@st.composite
def versions(draw, number):
    start, end = draw(spans)
    said = (draw(texts), draw(st.sampled_from(Kind)).value, draw(keys), draw(keys), draw(importances), draw(origins))
    return EarlierVersion(number, *said, start, end, draw(moments), draw(st.sampled_from(["", "updated"])))


@st.composite
def memories(draw):
    start, end = draw(spans)
    text = draw(texts)
    replaced = draw(st.booleans())
    version = draw(st.integers(1, 5))
    memory = StoredMemory(
        draw(st.uuids()),
        version,
        SCOPE,
        text,
        draw(st.sampled_from(Kind)).value,
        draw(keys),
        draw(keys),
        draw(importances),
        draw(origins),
        start,
        end if replaced else None,
        draw(moments),
        draw(moments),
        draw(st.booleans()) or looks_like_an_instruction(text),
    )
    earlier = tuple(draw(versions(number)) for number in range(1, version))
    return PortableMemory(memory, draw(st.uuids()) if replaced else None, draw(moments) if replaced else None, "newer" if replaced else "", earlier)


def read(responses):
    async def requests():
        for response in responses:
            yield pb.ImportMemoriesRequest(request_id="r", format_version=response.format_version, memories=response.memories)

    async def collect():
        return [memory async for batch in imported(requests(), NOW) for memory in batch.memories]

    return asyncio.run(collect())


@given(st.lists(memories(), min_size=1, max_size=5))
def test_what_is_exported_is_read_as_it_was(given_memories):
    assert read(exported(given_memories)) == given_memories


def test_no_message_is_larger_than_its_limit_and_nothing_is_left_out():
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    long = "ä" * 2_000
    memory = StoredMemory(uuid.uuid4(), 300, SCOPE, long, "fact", "", "", 0.5, Provenance(), moment, None, moment, moment)
    earlier = tuple(EarlierVersion(number, long, "fact", "", "", 0.5, Provenance(), moment, moment, moment, "updated") for number in range(1, 300))
    many = [replace(PortableMemory(memory, None, None, "", ()), memory=replace(memory, memory_id=uuid.uuid4(), text="short")) for _ in range(450)]
    responses = list(exported([PortableMemory(memory, None, None, "", earlier), *many]))
    assert max(response.ByteSize() for response in responses) < MESSAGE_BYTES_MAX + 2_048  # what frames each memory is not counted
    assert max(len(response.memories) for response in responses) == MESSAGE_MEMORIES_MAX
    read_again = read(responses)
    assert [version for one in read_again for version in one.earlier] == list(earlier)
    assert [one.memory.text for one in read_again].count("short") == len(many)
