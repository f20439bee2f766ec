"""Under which key a result is kept: everything that shapes it, and nothing that can be read back."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.memory.result_cache import Shape, key_of

ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
SHAPE = Shape("Where does Ada live?", 10, "model", options=(0.1, 100.0))
NOON, EVENING = datetime(2026, 5, 1, 12, tzinfo=UTC), datetime(2026, 5, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    "shape",
    [
        replace(SHAPE, query="Where does Ben live?"),
        replace(SHAPE, limit=11),
        replace(SHAPE, model="another"),
        replace(SHAPE, start=NOON),
        replace(SHAPE, end=NOON),
        replace(SHAPE, start=EVENING),
        replace(SHAPE, kinds=("event",)),
        replace(SHAPE, options=(0.2, 100.0)),
    ],
)
def test_another_search_has_another_key(shape):
    assert key_of(shape, {ONE: 3}) != key_of(SHAPE, {ONE: 3})


@pytest.mark.parametrize("versions", [{ONE: 4}, {OTHER: 3}, {ONE: 3, OTHER: 1}, {}])
def test_other_scopes_and_other_versions_have_another_key(versions):
    assert key_of(SHAPE, versions) != key_of(SHAPE, {ONE: 3})


def test_case_and_blanks_of_the_query_and_the_order_of_scopes_and_kinds_make_no_difference():
    first = replace(SHAPE, query="where does  ADA live?", kinds=("fact", "event"))
    second = replace(SHAPE, query="Where does Ada live? ", kinds=("event", "fact"))
    assert key_of(first, {ONE: 3, OTHER: 1}) == key_of(second, {OTHER: 1, ONE: 3})


def test_a_key_tells_nothing():
    assert set(key_of(SHAPE, {ONE: 3}).removeprefix("parlour:memory:results:")) <= set("0123456789abcdef")
