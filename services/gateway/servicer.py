"""AssistantService: what Discord's people get, for tools, the console and load generators."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc

from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from services.gateway.assistant import Assistant
from services.gateway.status import Status


class AssistantServicer(gateway_pb2_grpc.AssistantServiceServicer):
    """Serves the assistant."""

    def __init__(self, assistant: Assistant, status: Status) -> None:
        self._assistant = assistant
        self._status = status

    async def HandleMessage(
        self, request: gateway_pb2.HandleMessageRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[gateway_pb2.HandleMessageResponse]:
        """Answer one message; a caller that goes away stops the answer."""
        async with aclosing(self._assistant.handle(request, origin="api")) as answer:
            async for event in answer:
                yield event

    async def StopAnswer(self, request: gateway_pb2.StopAnswerRequest, context: grpc.aio.ServicerContext[Any, Any]) -> gateway_pb2.StopAnswerResponse:
        """Stop an answer under way."""
        return await self._assistant.stop_answer(request)

    async def WithdrawMessages(
        self, request: gateway_pb2.WithdrawMessagesRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gateway_pb2.WithdrawMessagesResponse:
        """Take deleted messages out of their conversation."""
        return await self._assistant.withdraw(request)

    async def ExplainAddressing(
        self, request: gateway_pb2.ExplainAddressingRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gateway_pb2.ExplainAddressingResponse:
        """Say why the last message of a person in a channel was or was not answered."""
        return self._assistant.addresser.explain(request)

    async def GetStatus(self, request: gateway_pb2.GetStatusRequest, context: grpc.aio.ServicerContext[Any, Any]) -> gateway_pb2.GetStatusResponse:
        """Say which features work."""
        return self._status.describe()
