"""Every RPC of the four services, read from their descriptors, so that one which is added is fuzzed without anybody thinking of it."""

from dataclasses import dataclass
from functools import cached_property

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2

_FILES: dict[str, FileDescriptor] = {
    "credit": credit_pb2.DESCRIPTOR,
    "memory": memory_pb2.DESCRIPTOR,
    "conversation": conversation_pb2.DESCRIPTOR,
    "gateway": gateway_pb2.DESCRIPTOR,
}
# What ends something for good, or takes seconds, is called less often: or the run would be about little else. The others have 10.
_WEIGHTS = {
    "CloseAccount": 1,
    "Complete": 5,
    "EraseSubject": 2,
    "ExportEntries": 2,
    "ExportSubject": 4,
    "FreezeAccount": 4,
    "HandleMessage": 30,
    "PlaceHold": 30,
    "BeginTurn": 20,
    "AddMemory": 20,
    "ReembedMemories": 2,
    "Reconcile": 6,
    "Summarize": 5,
}


@dataclass(frozen=True)
class Method:
    """One RPC. `process` is the service that serves it: credit, memory, conversation or gateway."""

    process: str
    service: str
    name: str
    request: type[Message]
    response: type[Message]
    uploads: bool
    streams: bool

    @cached_property
    def path(self) -> str:
        """What is asked for over HTTP/2."""
        return f"/{self.service}/{self.name}"

    @property
    def weight(self) -> int:
        """How often it is called, compared with the others."""
        return _WEIGHTS.get(self.name, 10)


def all_methods() -> list[Method]:
    """Return every RPC there is, in the order of the protos."""
    return [
        Method(
            process,
            service.full_name,
            method.name,
            GetMessageClass(method.input_type),
            GetMessageClass(method.output_type),
            method.client_streaming,
            method.server_streaming,
        )
        for process, file in _FILES.items()
        for service in file.services_by_name.values()
        for method in service.methods
    ]
