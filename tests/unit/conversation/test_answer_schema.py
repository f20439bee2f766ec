"""Answers are JSON that keeps to a schema; what is no schema is refused before a model is asked."""

import pytest

from services.conversation.models.answer_schema import AnswerSchema, WrongAnswer
from services.runtime.errors import InvalidField

FACT = {"type": "object", "properties": {"fact": {"type": "string", "minLength": 3}}, "required": ["fact"]}


def test_an_answer_that_keeps_to_the_schema_is_returned_without_the_fence_around_it():
    schema = AnswerSchema(FACT)
    assert schema.read('{"fact": "yes"}') == '{"fact": "yes"}'
    assert schema.read('\n```json\n{"fact": "yes"}\n```\n') == '{"fact": "yes"}'


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('{"fact": "no"}', "$.fact"),
        ("{}", "'fact' is a required property"),
        ("[]", "is not of type 'object'"),
        ('{"fact": "yes"', "not JSON"),
        ("Sure! Here it is.", "not JSON"),
        ("", "not JSON"),
        ('{"fact": "yes", "n": NaN}', "not JSON"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_wrong_answer_is_told_in_a_sentence_of_bounded_length(answer, said):
    with pytest.raises(WrongAnswer) as wrong:
        AnswerSchema(FACT).read(answer)
    assert said in wrong.value.problem
    assert len(wrong.value.problem) <= 300


def _nested(depth: int) -> dict:
    return {"not": _nested(depth - 1)} if depth else {}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"properties": []},
        {"minLength": -1},
        {"$ref": "http://127.0.0.1/schema.json"},
        {"properties": {"x": {"$ref": "file:///etc/passwd"}}},
        _nested(100),
    ],
)
def test_what_is_no_schema_is_refused(schema):
    with pytest.raises(InvalidField) as refused:
        AnswerSchema(schema)
    assert refused.value.field == "json_schema"


@pytest.mark.parametrize("schema", [{"$ref": "#/nowhere"}, {"$ref": "#"}])
def test_a_schema_that_leads_nowhere_is_refused_when_it_is_used(schema):
    with pytest.raises(InvalidField):
        AnswerSchema(schema).read("1")
