"""A conversation with the assistant over gRPC, from one person's side."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc

TURN_S = 65.0  # the gateway gives a turn 60 s
STATUS_S = 2.0
RECONNECT_S = 30.0
RECONNECT_PAUSE_S = 0.5

Event = gateway_pb2.HandleMessageResponse


@dataclass(frozen=True)
class Person:
    """Who speaks, in direct messages."""

    user_id: str
    name: str

    @property
    def channel_id(self) -> str:
        """Their direct-message channel."""
        return f"dm-{self.user_id}"


def new_message_id() -> str:
    """An id that no other message has."""
    return f"console-{uuid.uuid4().hex}"


class Assistant:
    """Sends one message at a time and gives the events of its answer."""

    def __init__(
        self,
        channel: grpc.Channel,
        person: Person,
        *,
        message_id: Callable[[], str] = new_message_id,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stub = gateway_pb2_grpc.AssistantServiceStub(channel)
        self._person = person
        self._message_id = message_id
        self._clock = clock
        self._sleep = sleep

    def ask(self, text: str) -> Iterator[Event]:
        """Send a message. Closing the iterator stops the answer. Raises grpc.RpcError."""
        return self._handle(gateway_pb2.HandleMessageRequest(message=self._message(text)))

    def decide_forget(self, plan_id: str, *, undo: bool) -> Iterator[Event]:
        """Carry out a forget that was offered, or bring back what one took."""
        decision = gateway_pb2.ForgetDecision(plan_id=plan_id, undo=undo)
        return self._handle(gateway_pb2.HandleMessageRequest(message=self._message("undo" if undo else "yes"), forget_decision=decision))

    def decide(self, confirmation_id: str, *, confirmed: bool) -> Iterator[Event]:
        """Say yes or no to what an earlier answer asked."""
        decision = gateway_pb2.ConfirmationDecision(confirmation_id=confirmation_id, confirmed=confirmed)
        return self._handle(gateway_pb2.HandleMessageRequest(message=self._message("yes" if confirmed else "no"), confirmation=decision))

    def problems(self) -> list[str]:
        """What does not work now, in words for a person. Raises grpc.RpcError."""
        status = self._stub.GetStatus(gateway_pb2.GetStatusRequest(), timeout=STATUS_S)
        return [feature.detail or f"{feature.name} is not well." for feature in status.features if not feature.healthy]

    def _message(self, text: str) -> gateway_pb2.IncomingMessage:
        now = Timestamp()
        now.FromMilliseconds(int(self._clock() * 1000))
        return gateway_pb2.IncomingMessage(
            message_id=self._message_id(),
            channel_id=self._person.channel_id,
            user_id=self._person.user_id,
            user_name=self._person.name,
            text=text,
            create_time=now,
        )

    def _handle(self, request: gateway_pb2.HandleMessageRequest) -> Iterator[Event]:
        """Send it, and the same again when the gateway goes away meanwhile: it replays what it had answered."""
        give_up = self._clock() + RECONNECT_S
        while True:
            try:
                yield from self._events(request)
                return
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE or self._clock() >= give_up:
                    raise
            self._sleep(RECONNECT_PAUSE_S)

    def _events(self, request: gateway_pb2.HandleMessageRequest) -> Iterator[Event]:
        call = self._stub.HandleMessage(request, timeout=TURN_S)
        try:
            yield from call
        finally:
            call.cancel()  # nothing, once it has ended
