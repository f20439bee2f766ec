"""`parlour doctor` on a running stack: all well, and with parts of it stopped."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from tests.fakes.model_server import ModelServer
from tests.running_stack import OURS, Person, RunningStack, eventually


@dataclass(frozen=True)
class Seen:
    """What the doctor said, by check and subject."""

    status: int
    findings: list[dict[str, Any]]

    def standings(self, check: str, subject: str) -> set[str]:
        return {one["standing"] for one in self.findings if (one["check"], one["subject"]) == (check, subject)}

    def told(self, standing: str) -> list[str]:
        return [f"{one['check']} {one['subject']}: {one['what']}" for one in self.findings if one["standing"] == standing]


async def doctor(stack: RunningStack, *arguments: str) -> tuple[int, str]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [sys.executable, "-m", "services.console", "--port-base", str(stack.port_base), "doctor", *arguments]
    process = await asyncio.create_subprocess_exec(*command, env=outer, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, err = await process.communicate()
    assert process.returncode is not None
    assert not err, err.decode()
    return process.returncode, out.decode()


async def seen(stack: RunningStack) -> Seen:
    status, out = await doctor(stack, "--json")
    document = json.loads(out)
    assert document["healthy"] is (status == 0)
    return Seen(status, document["findings"])


async def all_well(stack: RunningStack) -> Seen:
    """What an earlier test broke closes its breakers by itself."""
    latest = await seen(stack)

    async def well() -> bool:
        nonlocal latest
        latest = await seen(stack)
        return not latest.told("broken") and not latest.told("warn")

    try:
        await eventually(well, "the doctor finds nothing", 40)
    except (AssertionError, TimeoutError):
        pytest.fail("\n".join([*latest.told("broken"), *latest.told("warn")]))
    return latest


async def test_a_stack_that_works_is_found_to_be_well(stack: RunningStack, model: ModelServer, person: Person) -> None:
    assert [event async for event in person.say("hello")]  # which closes what an earlier test may have opened
    found = await all_well(stack)
    assert found.status == 0
    assert {one["check"] for one in found.findings} >= {"reachable", "versions", "dependencies", "breakers", "clocks", "models"}
    assert {one["subject"] for one in found.findings if one["check"] == "reachable"} == {"credit", "memory", "conversation", "gateway"}
    assert found.standings("models", "scripted") == {"ok"}
    assert not [one for one in found.findings if one["advice"]]


async def test_a_service_that_hangs_is_named_and_the_breaker_to_it(stack: RunningStack, model: ModelServer, gateway: grpc.aio.Channel) -> None:
    memory = stack.process_of("memory")
    memory.send_signal(signal.SIGSTOP)
    try:
        people = [Person(gateway) for _ in range(8)]

        async def talk(person: Person) -> None:
            async for _ in person.say("hello"):
                pass

        await asyncio.gather(*(talk(person) for person in people))
        found = await seen(stack)
    finally:
        memory.send_signal(signal.SIGCONT)
    assert found.status == 1
    assert found.standings("reachable", "memory") == {"broken"}
    assert "dependencies gateway: does not reach memory" in found.told("broken")
    assert any(line.startswith("breakers gateway: ") and "memory (unary)" in line for line in found.told("warn"))
    assert found.standings("reachable", "credit") == {"ok"}
    assert all(one["advice"] for one in found.findings if one["standing"] != "ok")


async def test_a_model_that_is_away_is_named_and_a_person_reads_what_to_do(stack: RunningStack) -> None:
    async def named() -> bool:
        return (await seen(stack)).standings("models", "scripted") == {"broken"}

    await eventually(named, "the doctor names the model", 30)
    status, out = await doctor(stack)
    assert status == 1
    assert "its provider does not answer" in out
    assert "see whether it runs" in out
    assert out.rstrip().endswith("broken.")
