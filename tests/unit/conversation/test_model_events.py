"""A provider's events, well formed or not, come to text, thoughts, an end, or a typed error; nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversation.models.model_events import THOUGHT_ONLY, End, Progress, Text, Thought, parsed
from services.runtime.errors import ContentRefused, ModelUnavailable, ParlourError


def event(delta=None, finish=None, **more):
    return {"choices": [{"delta": delta, "finish_reason": finish}], **more}


def read(*events, thinks=False):
    progress = Progress("small", thinks=thinks)
    parts = [part for each in events for part in progress.take(each)]
    return [*parts, *progress.rest(), progress.end()]


def test_reasoning_is_counted_and_not_kept_under_either_name():
    for name in ("reasoning_content", "reasoning"):
        parts = read(event({name: "hmm"}), event({"content": "Hi"}, "stop"))
        assert parts == [Thought(1), Text("Hi", 1), End(truncated=False)]


def test_marks_of_thoughts_are_text_for_a_model_that_does_not_reason():
    assert read(event({"content": "<think>a</think>"}, "stop"))[0] == Text("<think>a</think>", 1)
    assert [type(part) for part in read(event({"content": "<think>a</think>b"}, "stop"), thinks=True)] == [Thought, Text, End]


def test_a_model_that_only_thought_has_failed_and_is_not_unwell():
    with pytest.raises(ModelUnavailable) as failed:
        read(event({"reasoning": "hmm"}, "length"))
    assert THOUGHT_ONLY in failed.value.metadata
    with pytest.raises(ModelUnavailable) as failed:
        read(event({"reasoning": "hmm"}))  # cut off
    assert THOUGHT_ONLY not in failed.value.metadata


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 7, "completion_tokens_details": {"reasoning_tokens": 5}}, (9, 0, 7, 5)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 16, "completion_tokens_details": {"reasoning_tokens": 5}}, (9, 0, 7, 5)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}, (9, 4, 2, None)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 6}, (9, 6, 2, None)),
        ({"prompt_tokens": "nine", "completion_tokens": -1, "prompt_tokens_details": None}, (None, 0, None, None)),
        ({"prompt_tokens": True, "completion_tokens": 10**9}, (None, 0, None, None)),
        (None, (None, 0, None, None)),
        ("much", (None, 0, None, None)),
    ],
)
def test_usage_is_taken_as_far_as_it_makes_sense(usage, expected):
    end = read(event({"content": "Hi"}, "stop", usage=usage))[-1]
    assert (end.prompt_tokens, end.cached_prompt_tokens, end.completion_tokens, end.reasoning_tokens) == expected


def test_a_refusal_is_one_whatever_the_finish_reason():
    with pytest.raises(ContentRefused):
        read(event({"refusal": "I can't."}), event({}, "stop"))


_json = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda x: st.lists(x, max_size=3), max_leaves=5)
_deltas = st.dictionaries(st.sampled_from(["content", "reasoning", "reasoning_content", "refusal"]), _json)
_choices = st.fixed_dictionaries({}, optional={"delta": _json | _deltas, "finish_reason": st.sampled_from([None, "stop", "length"])})
_usage = st.dictionaries(st.sampled_from(["prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details"]), _json)
_events = st.fixed_dictionaries({}, optional={"choices": _json | st.lists(_choices, max_size=2), "usage": _json | _usage})


@given(st.lists(_events, max_size=5), st.booleans())
def test_whatever_comes_is_read_or_refused_with_a_typed_error(events, thinks):
    try:
        parts = read(*events, thinks=thinks)
    except ParlourError:
        return
    assert isinstance(parts[-1], End)
    assert any(isinstance(part, Text) for part in parts)


async def _chunks(*chunks: bytes):
    for chunk in chunks:
        yield chunk


async def test_lines_may_be_cut_anywhere_end_with_either_newline_and_the_last_with_none():
    first, second = json.dumps({"a": "ü"}).encode(), b'{"b": 1}'
    stream = b": a comment\r\ndata: " + first + b"\r\n\r\nevent: x\ndata:" + second
    for size in (1, 2, 7, 100):
        chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [each async for each in parsed(_chunks(*chunks))] == [{"a": "ü"}, {"b": 1}]


@pytest.mark.parametrize("data", [b"data: {nope\n", b"data: [1]\n", b"data: " + b"[" * 100_000 + b"\n", b"data: \xff\n"])
async def test_what_is_no_event_is_refused(data):
    with pytest.raises(ModelUnavailable):
        [each async for each in parsed(_chunks(data))]


async def test_a_line_without_end_is_refused_before_it_fills_the_memory():
    read_bytes = 0

    async def endless():
        nonlocal read_bytes
        yield b"data: "
        while True:
            read_bytes += 1 << 16
            yield b"x" * (1 << 16)

    with pytest.raises(ModelUnavailable):
        [each async for each in parsed(endless())]
    assert read_bytes <= 2 << 20
