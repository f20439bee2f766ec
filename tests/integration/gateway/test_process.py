"""`python -m services.gateway serve` as a process: it starts without the others, says so, and stops when told to."""

import asyncio
import os
import signal
import sys

import grpc
import pytest

from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from services.gateway.notices import WORDS as NOTICES
from services.local.addresses import free_port
from tests.integration.gateway.scripted_services import Answer, request


@pytest.fixture
async def port():
    port = free_port()
    nobody = f"127.0.0.1:{free_port()}"
    environment = os.environ | {
        "PARLOUR_GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "PARLOUR_CREDIT_ADDRESS": nobody,
        "PARLOUR_MEMORY_ADDRESS": nobody,
        "PARLOUR_CONVERSATION_ADDRESS": nobody,
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.gateway", "serve", env=environment)
    yield port
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(15):
        assert await process.wait() == 0


async def test_alone_it_starts_refuses_politely_and_says_what_is_missing(port: int):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.max_reconnect_backoff_ms", 200)]) as channel:
        stub = gateway_pb2_grpc.AssistantServiceStub(channel)
        status = await stub.GetStatus(gateway_pb2.GetStatusRequest(), timeout=15, wait_for_ready=True)
        assert {feature.name: feature.healthy for feature in status.features} == {"credit": False, "memory": False, "conversation": False}
        answer = Answer([event async for event in stub.HandleMessage(request("Hello"), timeout=10)])
        assert answer.text == NOTICES["conversation_unavailable"]
        helped = Answer([event async for event in stub.HandleMessage(request("help"), timeout=10)]).text
        assert helped.startswith(NOTICES["help_talk"])
        told = Answer([event async for event in stub.HandleMessage(request("/status"), timeout=10)]).text
        assert told.splitlines()[0] == NOTICES["status_nothing_works"]
        assert NOTICES["without_credit"] in told
