"""Every field of every request of every RPC: a request that keeps the rules passes, and each rule broken is refused by the field's name."""

from collections.abc import Callable, Iterator

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2
from parlour.rules.v1 import rules_pb2
from services.runtime.errors import InvalidField
from services.runtime.validation import ITEMS_MAX, LENGTH_MAX, validate

MODULES = (credit_pb2, memory_pb2, conversation_pb2, gateway_pb2)
REQUESTS = {
    f"{service.full_name.removeprefix('parlour.')}/{method.name}": method.input_type
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
INTEGERS = (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)
Change = tuple[str, Callable[[Message], None]]


def rules(field: FieldDescriptor) -> rules_pb2.FieldRules:
    return field.GetOptions().Extensions[rules_pb2.field]


def is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def valid(descriptor) -> Message:
    """The smallest request that keeps the rules, with every message inside it set."""
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        one = valid_value(field)
        if is_map(field) or one is None:
            continue
        if field.is_repeated:
            getattr(message, field.name).append(one)
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(one)
        else:
            setattr(message, field.name, one)
    return message


def valid_value(field: FieldDescriptor):
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            return "x"
        case FieldDescriptor.CPPTYPE_ENUM:
            return field.enum_type.values[-1].number
        case FieldDescriptor.CPPTYPE_MESSAGE:
            return None if is_map(field) else valid(field.message_type)
        case kind if kind in INTEGERS:
            return rules(field).minimum if rules(field).HasField("minimum") else 1
        case FieldDescriptor.CPPTYPE_DOUBLE:
            return 0.5
        case _:
            return None


def broken_values(field: FieldDescriptor) -> list[object]:
    rule = rules(field)
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            found: list[object] = ["a\x00b", "a\x1bb", "x" * ((rule.max_length or LENGTH_MAX) + 1)]
            found += ["", "   "] if rule.required else []
            found += ["a b", "a\u00a0b", "a\nb"] if rule.identifier else []
            return found if rule.multiline else [*found, "a\nb"]
        case FieldDescriptor.CPPTYPE_ENUM:
            return [99, *([0] if rule.required else [])]
        case kind if kind in INTEGERS:
            return [(rule.minimum if rule.HasField("minimum") else 0) - 1, *([rule.maximum + 1] if rule.HasField("maximum") else [])]
        case FieldDescriptor.CPPTYPE_DOUBLE:
            return [-1.0, float("nan"), *([rule.maximum + 0.5] if rule.HasField("maximum") else [])]
        case _:
            return []


def changes(descriptor, path: str = "") -> Iterator[Change]:
    """Every way to break one rule of a valid request, with the name that must be told."""
    for field in descriptor.fields:
        name = f"{path}{field.name}"
        if is_map(field):
            size = rules(field).max_items or ITEMS_MAX
            yield name, lambda message, field=field, size=size: getattr(message, field.name).update({str(n): "" for n in range(size + 1)})
        elif field.is_repeated:
            yield from repeated_changes(field, name)
        else:
            yield from singular_changes(field, name)


def singular_changes(field: FieldDescriptor, name: str) -> Iterator[Change]:
    for value in broken_values(field):
        yield name, lambda message, value=value: setattr(message, field.name, value)
    if field.message_type is None:
        return
    if field.message_type.full_name == "google.protobuf.Timestamp":
        yield name, lambda message: getattr(message, field.name).FromSeconds(0) or setattr(getattr(message, field.name), "seconds", 10**15)
        return
    if rules(field).required:
        yield name, lambda message: message.ClearField(field.name)
    for inner, change in changes(field.message_type, f"{name}."):
        yield inner, lambda message, change=change: change(chosen(message, field))


def chosen(message: Message, field: FieldDescriptor) -> Message:
    """What is in a field of a message; of fields that exclude each other only the last is set, and any other is set here."""
    if field.containing_oneof is not None and not message.HasField(field.name):
        getattr(message, field.name).CopyFrom(valid(field.message_type))
    return getattr(message, field.name)


def repeated_changes(field: FieldDescriptor, name: str) -> Iterator[Change]:
    size = rules(field).max_items or ITEMS_MAX
    yield name, lambda message: getattr(message, field.name).extend([getattr(message, field.name)[0]] * size)
    if rules(field).required:
        yield name, lambda message: message.ClearField(field.name)
    for value in broken_values(field):
        yield f"{name}[0]", lambda message, value=value: getattr(message, field.name).__setitem__(0, value)
    if field.message_type is not None:
        for inner, change in changes(field.message_type, f"{name}[0]."):
            yield inner, lambda message, change=change: change(getattr(message, field.name)[0])


@pytest.mark.parametrize("method", REQUESTS)
def test_every_rule_of_the_request_is_kept(method):
    descriptor = REQUESTS[method]
    validate(valid(descriptor))
    for name, change in changes(descriptor):
        request = valid(descriptor)
        change(request)
        with pytest.raises(InvalidField) as refused:
            validate(request)
        assert refused.value.field == name


def test_every_service_is_looked_at():
    assert len(REQUESTS) > 50
