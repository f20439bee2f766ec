"""kill -9 of a gateway process at every step of a turn taken on the lease: each turn is settled exactly once, whatever was on the disk."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from services.local.addresses import free_port
from services.runtime import errors
from tests.integration.gateway.scripted_faults import WORDS
from tests.integration.gateway.scripted_services import Scripted, eventually, request, scripted_services
from tests.integration.gateway.test_outage import AWAY, BOUND, COST, LEASE

START_S = 30


@dataclass
class Gateway:
    """A gateway process that uses scripted services."""

    environment: dict[str, str]
    address: str
    process: Process | None = None
    events: list[gateway_pb2.HandleMessageResponse] = field(default_factory=list)

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.gateway", "serve", env=self.environment)
        await self.status()

    async def status(self) -> gateway_pb2.OutageStatus:
        async with grpc.aio.insecure_channel(self.address) as channel:
            stub = gateway_pb2_grpc.AssistantServiceStub(channel)
            return (await stub.GetStatus(gateway_pb2.GetStatusRequest(), timeout=START_S, wait_for_ready=True)).outage

    async def ask(self, message_id: str) -> None:
        """Ask, as somebody whom nobody has met; a gateway that dies is the end of it."""
        self.events.clear()
        async with grpc.aio.insecure_channel(self.address) as channel:
            stub = gateway_pb2_grpc.AssistantServiceStub(channel)
            try:
                async for event in stub.HandleMessage(request("Hello", message_id=message_id, user_id=f"of-{message_id}"), timeout=30):
                    self.events.append(event)
            except grpc.aio.AioRpcError:
                return

    @property
    def deltas(self) -> int:
        return sum(event.WhichOneof("event") == "delta" for event in self.events)

    async def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        self.process = None

    async def settles(self) -> None:
        """Wait until nothing is left to settle."""
        async with asyncio.timeout(20):
            while (await self.status()).turns_unsettled:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def a_gateway(scripted: Scripted, folder: Path) -> AsyncIterator[Gateway]:
    address = f"127.0.0.1:{free_port()}"
    services = {f"PARLOUR_{name}_ADDRESS": f"127.0.0.1:{scripted.server.port}" for name in ("CREDIT", "MEMORY", "CONVERSATION")}
    told = {
        "PARLOUR_GATEWAY_LISTEN": address,
        "PARLOUR_DATA_DIR": str(folder),
        "PARLOUR_GATEWAY_OUTAGE_INSTANCE": "killed",
        "PARLOUR_GATEWAY_OUTAGE_LEASE_MICROCREDITS": str(LEASE),
        "PARLOUR_GATEWAY_OUTAGE_POLL_S": "0.1",
        "PARLOUR_GATEWAY_OUTAGE_RETRY_MAX_S": "0.2",
        "PARLOUR_GATEWAY_END_RETRY_S": "0",
        "PARLOUR_LOG_LEVEL": "warning",
    }
    gateway = Gateway(dict(os.environ) | services | told, address)
    try:
        yield gateway
    finally:
        if gateway.process is not None:
            await gateway.kill()


async def before_the_model_speaks(scripted: Scripted, gateway: Gateway) -> tuple[int, int]:
    scripted.fail("Reply", gate := asyncio.Event())
    asking = asyncio.create_task(gateway.ask("m1"))
    await eventually(lambda: scripted.asked("Reply"), "the model is called", START_S)
    await gateway.kill()
    await asking
    gate.set()
    scripted.heal("Reply")
    return 0, BOUND


async def in_mid_stream(scripted: Scripted, gateway: Gateway) -> tuple[int, int]:
    scripted.conversation.mid_stream = gate = asyncio.Event()
    asking = asyncio.create_task(gateway.ask("m2"))
    await eventually(lambda: gateway.deltas == 2, "two deltas are read", START_S)
    await gateway.kill()
    await asking
    gate.set()
    scripted.conversation.mid_stream = None
    return 0, BOUND


async def when_what_it_used_is_written_down(scripted: Scripted, gateway: Gateway) -> tuple[int, int]:
    scripted.fail("SettleLease", AWAY)
    await gateway.ask("m3")
    assert gateway.deltas == len(WORDS)
    await gateway.kill()
    scripted.heal("SettleLease")
    return COST, 0


async def when_it_has_asked_for_the_settlement(scripted: Scripted, gateway: Gateway) -> tuple[int, int]:
    scripted.fail("SettleLease", gate := asyncio.Event())
    asked = len(scripted.asked("SettleLease"))
    await gateway.ask("m4")
    await eventually(lambda: len(scripted.asked("SettleLease")) > asked, "the settlement is asked for", START_S)
    await gateway.kill()
    scripted.heal("SettleLease")
    gate.set()
    return COST, 0


async def when_it_is_settled_and_the_journal_does_not_know(scripted: Scripted, gateway: Gateway) -> tuple[int, int]:
    scripted.fail_after("SettleLease", gate := asyncio.Event())
    await gateway.ask("m5")
    await eventually(lambda: "m5:0" in scripted.credit.leases.settled, "the turn is settled", START_S)
    await gateway.kill()
    gate.set()
    del scripted.faults.after["SettleLease"]
    return COST, 0


STEPS = (
    before_the_model_speaks,
    in_mid_stream,
    when_what_it_used_is_written_down,
    when_it_has_asked_for_the_settlement,
    when_it_is_settled_and_the_journal_does_not_know,
)


async def test_killed_at_every_step_a_gateway_settles_each_turn_once_and_keeps_to_its_lease(tmp_path: Path) -> None:
    async with scripted_services() as scripted, a_gateway(scripted, tmp_path) as gateway:
        scripted.fail("PlaceHold", errors.DependencyUnavailable("database", "away"))
        await gateway.start()
        await eventually(lambda: scripted.credit.leases.open, "the lease is acquired", START_S)
        lease_pays = 0
        for number, step in enumerate(STEPS, 1):
            person, lease = await step(scripted, gateway)
            lease_pays += lease
            await gateway.start()
            await gateway.settles()
            assert scripted.credit.leases.paid()[f"m{number}:0"] == (person, lease), step.__name__
        assert dict(scripted.credit.leases.charges) == {f"m{number}:0": 1 for number in range(1, len(STEPS) + 1)}
        assert len(scripted.credit.leases.open) == 1
        assert (await gateway.status()).remaining_microcredits == LEASE - lease_pays
        assert sum(scripted.credit.leases.spent_by_lease.values()) == lease_pays <= LEASE
