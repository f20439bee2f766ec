"""The one entry for messages, whether they come from Discord or over gRPC."""

from collections.abc import AsyncIterator

from parlour.gateway.v1 import gateway_pb2
from services.gateway.orphans import Couriers


class Assistant:
    """Answers messages.

    `couriers`: the Discord bot connects itself with `assistant.couriers.connect("discord", self)` when it is ready.
    """

    couriers: Couriers

    async def handle(self, request: gateway_pb2.HandleMessageRequest, *, origin: str = "api") -> AsyncIterator[gateway_pb2.HandleMessageResponse]:
        """Answer one message: yields the events of HandleMessage; the last one is `ignored` or `final`.

        `origin` is "discord" for the bot. Raises nothing but CancelledError: what fails is said in a `final` that refuses.
        Close the iterator (`contextlib.aclosing`) to stop the answer; what was delivered until then is charged and stored.
        """
        raise NotImplementedError
        yield
