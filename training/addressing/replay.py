"""Logs told to the gateway's own Addresser message by message, as Discord would tell them: what is trained and measured is what runs."""

import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing.addresser import Addresser
from services.gateway.addressing.model import JudgingModel
from services.gateway.addressing.rules import Addressing, Reason
from services.gateway.settings import GatewaySettings
from training.addressing.logs import Line, View

_NOWHERE = "127.0.0.1:1"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one judged message. `taken_s` is the time of the whole decision; `by_rule`: a rule said that it is for the assistant."""

    label: bool
    probability: float
    by_rule: bool
    taken_s: float


class _OneGuild:
    """A guild that decided on one threshold and nothing else."""

    def __init__(self, threshold: float) -> None:
        self._settings = conversation_pb2.GuildSettings(guild_id="guild", addressing_threshold=threshold)

    async def get(self, guild_id: str) -> conversation_pb2.GuildSettings:
        return self._settings


async def replay(view: View, model: JudgingModel) -> AsyncIterator[tuple[Line, Addressing, float]]:
    """Yield every message of a person with the decision on it and the seconds that it took."""
    settings = GatewaySettings(  # type: ignore[call-arg]  # the others have defaults
        assistant_name=view.assistant[:32],
        credit_address=_NOWHERE,
        memory_address=_NOWHERE,
        conversation_address=_NOWHERE,
    )
    addresser = Addresser(_OneGuild(model.threshold), settings, model=model)
    for line in view.lines:
        if line.author == view.assistant:
            addresser.noted(guild_id="guild", channel_id=view.log, user_id=line.to, text=line.text, at_s=line.at_s)
            continue
        message = _message(view, line, line.text)
        started_s = time.perf_counter()
        decision = await addresser.decide(message, slash=False)
        taken_s = time.perf_counter() - started_s
        yield line, decision, taken_s
        if line.context != line.text:
            # To later messages it is what it was: as if its author had edited it.
            await addresser.decide(_message(view, line, line.context, attempt=1), slash=False)


async def judge(views: Iterable[View], model: JudgingModel) -> list[Judged]:
    """Return what a model makes of every judged message."""
    return [
        Judged(line.label, probability_of(decision), by_rule=decision.addressed and decision.reason is not Reason.MODEL, taken_s=taken_s)
        for view in views
        async for line, decision, taken_s in replay(view, model)
        if line.label is not None
    ]


def probability_of(decision: Addressing) -> float:
    """Return the model's probability, or that of a rule, which is sure."""
    return decision.probability if decision.probability is not None else float(decision.addressed)


def _message(view: View, line: Line, text: str, *, attempt: int = 0) -> gateway_pb2.IncomingMessage:
    return gateway_pb2.IncomingMessage(
        message_id=str(line.number),
        guild_id="guild",
        channel_id=view.log,
        user_id=line.author,
        user_name=line.author,
        text=text,
        attempt=attempt,
        create_time=Timestamp(seconds=line.at_s),
    )
