"""The JSON schema that an answer must keep to, and what is wrong with one that does not. Pure; the jsonschema package does the validating."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from services.runtime.errors import InvalidField

_PROBLEM_CHARS_MAX = 300
_DEPTH_MAX = 40


class WrongAnswer(Exception):
    """An answer that does not keep to its schema; `problem` is a sentence for the model that gave it."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem[:_PROBLEM_CHARS_MAX]


class AnswerSchema:
    """A schema that was checked. References lead nowhere but into itself: nothing is fetched."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises InvalidField where it is no JSON schema."""
        self.schema = schema
        if any(depth > _DEPTH_MAX for depth, _ in _nodes(schema)):
            raise InvalidField("json_schema", "is nested too deeply")
        if any(not str(node["$ref"]).startswith("#") for _, node in _nodes(schema) if isinstance(node, dict) and "$ref" in node):
            raise InvalidField("json_schema", "refers to another document")
        kind = validator_for(schema, default=Draft202012Validator)
        try:
            kind.check_schema(dict(schema))
        except SchemaError as error:
            raise InvalidField("json_schema", f"is not a JSON schema: {error.message[:_PROBLEM_CHARS_MAX]}") from None
        empty: Registry[Any] = Registry()
        self._validator: Validator = kind(schema, registry=empty)

    def read(self, text: str) -> str:
        """Return the JSON value that an answer is, without the code fence that some models put around it.

        Raises WrongAnswer where it is none or breaks the schema, InvalidField where the schema turns out not to work.
        """
        answer = _unfenced(text)
        try:
            value = json.loads(answer, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise WrongAnswer(f"it is not JSON: {error}") from None
        try:
            problem = best_match(self._validator.iter_errors(value))
        except (Unresolvable, RecursionError):
            raise InvalidField("json_schema", "refers to something that it does not hold, or to itself without end") from None
        if problem is not None:
            raise WrongAnswer(f"at {problem.json_path}: {problem.message}")
        return answer


def _unfenced(text: str) -> str:
    text = text.strip()
    if text.startswith("```") and text.endswith("```") and "\n" in text:
        return text[text.index("\n") : -3].strip()
    return text


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _nodes(schema: object) -> Iterator[tuple[int, object]]:
    """Yield everything in a schema with its depth, without recursion: it may be nested a thousand times."""
    pending: list[tuple[int, object]] = [(0, schema)]
    while pending:
        depth, node = pending.pop()
        yield depth, node
        if isinstance(node, dict):
            pending += [(depth + 1, child) for child in node.values()]
        elif isinstance(node, list):
            pending += [(depth + 1, child) for child in node]
