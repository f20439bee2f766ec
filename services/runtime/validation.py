"""Checks a request against the rules that its proto states (parlour.rules.v1), before anything is touched.

protovalidate was considered; its Python version works on another protobuf runtime than grpcio's. The rules of a message type are compiled once
into closures, so that a check costs microseconds.
"""

import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from parlour.rules.v1 import rules_pb2
from services.runtime.errors import InvalidField

LENGTH_MAX = 200
ITEMS_MAX = 100

_Check = Callable[[Any, str], None]
_NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
    FieldDescriptor.CPPTYPE_DOUBLE,
    FieldDescriptor.CPPTYPE_FLOAT,
}


def validate(message: Message, path: str = "") -> None:
    """Raise InvalidField for the first field that breaks its rule; `path` goes before its name."""
    for check in _checks(message.DESCRIPTOR):
        check(message, path)


def parse(message_type: type[Message], data: bytes) -> Message:
    """Parse a request. Raises InvalidField, with the field named, where a string is not valid UTF-8 (a lone surrogate is not)."""
    try:
        return message_type.FromString(data)
    except DecodeError:
        field = _undecodable_field(message_type.DESCRIPTOR, data) or "request"
        raise InvalidField(field, "is not valid UTF-8" if field != "request" else "is not a valid protobuf message") from None


@cache
def _checks(descriptor: Any) -> tuple[_Check, ...]:
    return tuple(check for field in descriptor.fields if (check := _field_check(field)) is not None)


def _field_check(field: Any) -> _Check | None:
    rules = field.GetOptions().Extensions[rules_pb2.field]
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return _map_check(field, rules)
    value_check = _value_check(field, rules)
    if field.is_repeated:
        return _repeated_check(field, rules, value_check)
    return _singular_check(field, rules, value_check)


def _singular_check(field: Any, rules: rules_pb2.FieldRules, value_check: _Check | None) -> _Check | None:
    name, required, has_presence = field.name, rules.required, field.has_presence

    def check(message: Any, path: str) -> None:
        if has_presence and not message.HasField(name):
            if required:
                raise InvalidField(path + name, "must be set")
            return
        if value_check is not None:
            value_check(getattr(message, name), path + name)

    return check if value_check is not None or required else None


def _repeated_check(field: Any, rules: rules_pb2.FieldRules, value_check: _Check | None) -> _Check:
    name, required, items_max = field.name, rules.required, rules.max_items or ITEMS_MAX

    def check(message: Any, path: str) -> None:
        values = getattr(message, name)
        _check_items(len(values), path + name, required, items_max)
        if value_check is not None:
            for index, value in enumerate(values):
                value_check(value, f"{path}{name}[{index}]")

    return check


def _map_check(field: Any, rules: rules_pb2.FieldRules) -> _Check:
    name, items_max = field.name, rules.max_items or ITEMS_MAX
    string_values = field.message_type.fields_by_name["value"].cpp_type == FieldDescriptor.CPPTYPE_STRING

    def check(message: Any, path: str) -> None:
        items = getattr(message, name)
        _check_items(len(items), path + name, False, items_max)
        for key in items:
            _check_text(key, path + name, rules_pb2.FieldRules())
            if string_values:
                _check_text(items[key], f"{path}{name}[{key[:40]}]", rules_pb2.FieldRules())

    return check


def _check_items(count: int, path: str, required: bool, items_max: int) -> None:
    if required and count == 0:
        raise InvalidField(path, "must hold at least one item")
    if count > items_max:
        raise InvalidField(path, f"holds {count} items, {items_max} are accepted")


def _value_check(field: Any, rules: rules_pb2.FieldRules) -> _Check | None:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_STRING:
            return lambda value, path: _check_text(value, path, rules)
        case FieldDescriptor.CPPTYPE_MESSAGE if not field.message_type.full_name.startswith("google.protobuf."):
            return lambda value, path: validate(value, path + ".")
        case FieldDescriptor.CPPTYPE_MESSAGE if field.message_type.full_name == "google.protobuf.Timestamp":
            return _check_timestamp
        case FieldDescriptor.CPPTYPE_ENUM:
            known = frozenset(value.number for value in field.enum_type.values)
            return lambda value, path: _check_enum(value, path, known, rules.required)
        case kind if kind in _NUMBERS:
            return lambda value, path: _check_number(value, path, rules)
        case _:
            return None


def _check_text(value: str, path: str, rules: rules_pb2.FieldRules) -> None:
    if not value:
        if rules.required:
            raise InvalidField(path, "must not be empty")
        return
    length_max = rules.max_length or LENGTH_MAX
    if len(value) > length_max:
        raise InvalidField(path, f"has {len(value)} characters, {length_max} are accepted")
    if rules.required and (value.isspace() or not value.strip()):
        raise InvalidField(path, "must hold more than white space")
    if not value.isprintable():
        _check_characters(value, path, rules)
    elif rules.identifier and " " in value:
        raise InvalidField(path, "must not hold white space")


def _check_characters(value: str, path: str, rules: rules_pb2.FieldRules) -> None:
    for character in value:
        if character.isprintable():
            continue
        if rules.identifier and character.isspace():
            raise InvalidField(path, "must not hold white space")
        if unicodedata.category(character) == "Cc" and not (rules.multiline and character in "\n\r\t"):
            raise InvalidField(path, f"holds the control character U+{ord(character):04X}")
    if rules.identifier and " " in value:
        raise InvalidField(path, "must not hold white space")


def _check_number(value: float, path: str, rules: rules_pb2.FieldRules) -> None:
    minimum = rules.minimum if rules.HasField("minimum") else 0
    # Written so that NaN, which compares false with everything, is refused.
    if not value >= minimum:
        raise InvalidField(path, f"is {value}, at least {minimum} is accepted")
    if rules.HasField("maximum") and not value <= rules.maximum:
        raise InvalidField(path, f"is {value}, at most {rules.maximum} is accepted")


def _check_enum(value: int, path: str, known: Iterable[int], required: bool) -> None:
    if value not in known:
        raise InvalidField(path, f"has the unknown value {value}")
    if required and value == 0:
        raise InvalidField(path, "must be set")


def _check_timestamp(value: Any, path: str) -> None:
    try:
        value.ToDatetime()
    except (ValueError, OverflowError):
        raise InvalidField(path, "is not a time") from None


def _undecodable_field(descriptor: Any, data: bytes, path: str = "") -> str | None:
    """Return the path of the first string in wire-format data that is not valid UTF-8; None if that is not what is wrong."""
    for number, payload in _length_delimited(data):
        field = descriptor.fields_by_number.get(number)
        if field is None:
            continue
        if field.type == FieldDescriptor.TYPE_STRING:
            try:
                payload.decode("utf-8")
            except UnicodeDecodeError:
                return f"{path}{field.name}"
        elif field.message_type is not None:
            found = _undecodable_field(field.message_type, payload, f"{path}{field.name}.")
            if found is not None:
                return found
    return None


def _length_delimited(data: bytes) -> Iterable[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        match tag & 7:
            case 0:
                _, position = _varint(data, position)
            case 1:
                position += 8
            case 2:
                length, position = _varint(data, position)
                yield tag >> 3, data[position : position + length]
                position += length
            case 5:
                position += 4
            case _:
                return


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(data) and shift < 64:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return value, position
