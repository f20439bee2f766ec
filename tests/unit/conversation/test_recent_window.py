"""Where the recent messages begin: they fit, they hold most of what would fit, and they begin where they began before until they must move on."""

from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.conversation.window.recent_window import MESSAGE_BYTES, Placed, recent_start, step_bytes

sizes = st.lists(st.integers(1, 400), min_size=1, max_size=120)
rooms = st.integers(0, 3000)


def conversation(sizes: list[int], *, people_every: int = 2) -> list[Placed]:
    """Messages of so many bytes, a token for every four and six around each; people say every second one."""
    offsets = accumulate((size + MESSAGE_BYTES for size in sizes), initial=0)
    numbered = enumerate(zip(offsets, sizes, strict=False))
    return [Placed(offset, size + MESSAGE_BYTES, size // 4 + 6, number % people_every == 0) for number, (offset, size) in numbered]


def cost(messages: list[Placed]) -> int:
    return sum(message.tokens for message in messages)


@given(sizes, rooms, st.booleans())
def test_what_is_shown_fits_and_begins_with_a_person(sizes, room, whole):
    messages = conversation(sizes)
    start = recent_start(messages, room, whole=whole)
    assert cost(messages[start:]) <= room
    assert start == len(messages) or messages[start].by_person


@given(sizes, rooms)
def test_a_conversation_that_fits_is_shown_from_its_beginning(sizes, room):
    messages = conversation(sizes)
    assert recent_start(messages, room + cost(messages), whole=True) == 0


@given(sizes, st.integers(500, 3000))
def test_what_is_left_out_for_the_sake_of_steps_is_a_step_and_two_messages_at_most(sizes, room):
    messages = conversation(sizes)
    start = recent_start(messages, room, whole=True)
    without_steps = next(index for index in range(len(messages) + 1) if cost(messages[index:]) <= room)
    assert sum(message.size_bytes for message in messages[without_steps:start]) < step_bytes(room) + 2 * (400 + MESSAGE_BYTES)


@given(sizes, st.integers(100, 3000))
def test_while_a_conversation_grows_the_beginning_moves_on_once_a_step(sizes, room):
    messages = conversation(sizes)
    starts = [recent_start(messages[: end + 1], room, whole=True) for end in range(0, len(messages), 2)]  # a message and its answer at a time
    shown = [start for start, end in zip(starts, range(0, len(messages), 2), strict=True) if start <= end]
    assert shown == sorted(shown)
    assert sum(first != second for first, second in pairwise(shown)) <= sum(message.size_bytes for message in messages) // step_bytes(room) + 1


@given(st.lists(st.integers(20, 120), min_size=200, max_size=200))
def test_where_so_many_messages_are_looked_at_and_no_more_the_beginning_stays_as_well(sizes):
    messages = conversation(sizes)
    starts = [end - 60 + recent_start(messages[end - 60 : end], 10_000, whole=False) for end in range(60, 200, 2)]
    moves = sum(first != second for first, second in pairwise(starts))
    assert moves <= 28  # of 69 turns; a step is an eighth of what is looked at, at least
    assert all(end - start >= 40 for start, end in zip(starts, range(60, 200, 2), strict=True))


def test_rooms_that_differ_a_little_have_the_same_steps():
    assert {step_bytes(room) for room in range(512, 1024)} == {1024}
    assert step_bytes(0) == 64


def test_where_nothing_fits_nothing_is_shown():
    assert recent_start(conversation([400, 400]), 50, whole=True) == 2
    assert recent_start([], 50, whole=True) == 0
