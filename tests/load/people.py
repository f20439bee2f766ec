"""The people of guilds, as the gateway's API sees them: one message said, and what was heard."""

import time
from collections.abc import Sequence

import grpc

from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from tests.load.mix import Kind
from tests.load.plan import CHANNELS, DIRECT_EVERY, GUILD_PEOPLE, Plan, Scheduled, is_direct
from tests.load.tally import Heard, Outcome
from tests.load.words import text_of

CALL_S = 65.0
"""A turn's own time is 60 s."""
SUPERSEDED = frozenset({"STALE_FENCE", "WITHDRAWN", "STOPPED"})
_OUTCOMES = {
    gateway_pb2.Final.OUTCOME_ANSWERED: Outcome.ANSWERED,
    gateway_pb2.Final.OUTCOME_COMMAND: Outcome.COMMAND,
    gateway_pb2.Final.OUTCOME_CUT: Outcome.CUT,
    gateway_pb2.Final.OUTCOME_REFUSED: Outcome.REFUSED,
}


class Guilds:
    """People who say what a plan schedules.

    `name` sets them apart from those of other runs on the same stack; `part`, the messages of a part of a run from those of the others.
    """

    def __init__(self, channels: Sequence[grpc.aio.Channel], plan: Plan, name: str, part: int = 0) -> None:
        self._plan, self._name, self._part = plan, name, part
        self._stubs: list[gateway_pb2_grpc.AssistantServiceAsyncStub] = [gateway_pb2_grpc.AssistantServiceStub(channel) for channel in channels]
        self._edited = frozenset(message.edits for message in plan if message.edits is not None)

    def message(self, scheduled: Scheduled) -> gateway_pb2.IncomingMessage:
        """What a person's program makes of it."""
        person, guild_id, channel_id = scheduled.person, "", f"{self._name}-direct-{scheduled.person}"
        if not is_direct(person):
            guild_id = f"{self._name}-guild-{person // GUILD_PEOPLE}"
            channel_id = f"{guild_id}-{person // DIRECT_EVERY % CHANNELS}"
        message = gateway_pb2.IncomingMessage(
            message_id=f"{self._name}-{self._part}-{scheduled.number if scheduled.edits is None else scheduled.edits}",
            guild_id=guild_id,
            channel_id=channel_id,
            user_id=f"{self._name}-{person}",
            user_name=f"Person {person}",
            text=text_of(scheduled.kind, scheduled.number, self._plan.seed),
            mentions_assistant=scheduled.kind is not Kind.CHATTER,
            attempt=0 if scheduled.edits is None else 1,
        )
        message.create_time.GetCurrentTime()
        return message

    async def tell(self, scheduled: Scheduled) -> Heard:
        """Say it and listen until the last event, or until the call's time is over. Raises nothing but CancelledError."""
        request = gateway_pb2.HandleMessageRequest(message=self.message(scheduled))
        first_text_at_s, event = None, None
        try:
            async for event in self._stubs[scheduled.person % len(self._stubs)].HandleMessage(request, timeout=CALL_S):
                if first_text_at_s is None and event.WhichOneof("event") == "delta":
                    first_text_at_s = time.monotonic()
        except grpc.aio.AioRpcError as error:
            refused = error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            return Heard(Outcome.REFUSED if refused else Outcome.FAILED, error.code().name)
        heard = heard_of(event)
        if scheduled.number in self._edited and heard.reason in SUPERSEDED:
            return Heard(Outcome.SUPERSEDED, heard.reason)
        return Heard(heard.outcome, heard.reason, first_text_at_s)


def heard_of(event: gateway_pb2.HandleMessageResponse | None) -> Heard:
    """What the last event of an answer means."""
    match event.WhichOneof("event") if event is not None else None:
        case "ignored":
            assert event is not None
            return Heard(Outcome.IGNORED, event.ignored.reason)
        case "final":
            assert event is not None
            return Heard(_OUTCOMES[event.final.outcome], event.final.reason)
        case _:
            return Heard(Outcome.FAILED, "NO_LAST_EVENT")
