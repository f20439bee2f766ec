"""Commands about the assistant itself, carried out: what of it works now, and why it answered somebody or did not."""

from collections.abc import Callable, Mapping

from parlour.gateway.v1 import gateway_pb2
from services.gateway import notices
from services.gateway.commands.finals import Handler, said
from services.gateway.commands.parsing import Kind
from services.gateway.events import Final

Explain = Callable[[gateway_pb2.ExplainAddressingRequest], gateway_pb2.ExplainAddressingResponse]
Describe = Callable[[], gateway_pb2.GetStatusResponse]


class StandingAnswers:
    """Answers from what this gateway knows itself: `describe` tells which features work, `explain` why a message was answered or not."""

    away = "service_unavailable"

    def __init__(self, describe: Describe, explain: Explain) -> None:
        self._describe = describe
        self._explain = explain

    def handlers(self) -> Mapping[Kind, Handler]:
        """Who carries out which kind of command."""
        return {Kind.STATUS: self.status, Kind.WHY: self.why}

    async def status(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Say what works, and what it means that something does not."""
        return said(message, status_words(self._describe()), private=True)

    async def why(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Say why the last message of the person here was answered or not."""
        request = gateway_pb2.ExplainAddressingRequest(guild_id=message.guild_id, channel_id=message.channel_id, user_id=message.user_id)
        return said(message, self._explain(request).text, private=True)


def status_words(status: gateway_pb2.GetStatusResponse) -> str:
    """Say in a line what works and in one for each what does not, in people's words: no names of parts, no addresses."""
    names = {feature.name: notices.words(f"feature_{feature.name}") for feature in status.features}
    works = [names[feature.name] for feature in status.features if feature.healthy]
    lines = [notices.words("status_works", list=", ".join(works)) if works else notices.words("status_nothing_works")]
    lines += [
        notices.words("status_broken", name=names[feature.name], meaning=notices.words(_without(feature.name, status.outage)))
        for feature in status.features
        if not feature.healthy
    ]
    return "\n".join(lines)


def _without(name: str, outage: gateway_pb2.OutageStatus) -> str:
    return "without_credit_on_lease" if name == "credit" and outage.active else f"without_{name}"
