"""Fake channels to the services, for commands as they are typed."""

import argparse
import io
import shlex
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from types import ModuleType
from typing import Any

import grpc
import grpc_testing
import pytest
from google.protobuf.message import Message
from rich.console import Console

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2 as pb
from parlour.memory.v1 import memory_pb2
from services.console import credit_commands, memory_commands, persona_commands, privacy_commands, settings_commands

CREDIT = [pb.DESCRIPTOR.services_by_name[name] for name in ("CreditService", "CreditAdminService")]
MEMORY = [memory_pb2.DESCRIPTOR.services_by_name[name] for name in ("MemoryService", "MemoryQueryService")]
CONVERSATION = list(conversation_pb2.DESCRIPTOR.services_by_name.values())


class Typed:
    """Runs commands, one at a time, and plays the service."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        pool: futures.Executor,
        services: Sequence[Any],
        commands: ModuleType,
        add: Callable[..., None],
        *more: str,
    ) -> None:
        self.channel = grpc_testing.channel(services, grpc_testing.strict_real_time())
        self._methods = {method.name: method for service in services for method in service.methods}
        self.out = io.StringIO()
        self.console = Console(file=self.out, width=240)
        self.requests: list[Any] = []
        self._pool = pool
        self._parser = argparse.ArgumentParser()
        add(self._parser.add_subparsers(), lambda given: self.channel, *more)
        monkeypatch.setattr(commands, "console", lambda: self.console)

    def run(self, command: str, *answers: tuple[str, Message | Sequence[Message] | grpc.StatusCode]) -> int | None:
        """Run a command; the service answers each call with a message, with a stream of messages, or with a status."""
        given = self._parser.parse_args(shlex.split(command))
        done = self._pool.submit(given.run, given)
        for method, answer in answers:
            if method.startswith("Export"):
                self._stream(method, answer)
            elif method.startswith("Import"):
                self._upload(method, answer)
            else:
                self._unary(method, answer)
        return done.result(10)

    @property
    def shown(self) -> str:
        return self.out.getvalue()

    def _unary(self, method: str, answer: Any) -> None:
        _, request, rpc = self.channel.take_unary_unary(self._methods[method])
        self.requests.append(request)
        rpc.send_initial_metadata(())
        if isinstance(answer, grpc.StatusCode):
            rpc.terminate(None, (), answer, "no")
        else:
            rpc.terminate(answer, (), grpc.StatusCode.OK, "")

    def _stream(self, method: str, answer: Any) -> None:
        _, request, rpc = self.channel.take_unary_stream(self._methods[method])
        self.requests.append(request)
        rpc.send_initial_metadata(())
        for message in answer:
            if isinstance(message, grpc.StatusCode):
                rpc.terminate((), message, "no")
                return
            rpc.send_response(message)
        rpc.terminate((), grpc.StatusCode.OK, "")

    def _upload(self, method: str, answer: Any) -> None:
        _, rpc = self.channel.take_stream_unary(self._methods[method])
        answer, messages = answer if isinstance(answer, tuple) else (answer, 1)
        self.requests += [rpc.take_request() for _ in range(messages)]
        rpc.requests_closed()
        rpc.send_initial_metadata(())
        if isinstance(answer, grpc.StatusCode):
            rpc.terminate(None, (), answer, "no")
        else:
            rpc.terminate(answer, (), grpc.StatusCode.OK, "")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    with futures.ThreadPoolExecutor(1) as pool:
        yield Typed(monkeypatch, pool, CREDIT, credit_commands, credit_commands.add_credit_commands)


@pytest.fixture
def memory_typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    with futures.ThreadPoolExecutor(1) as pool:
        yield Typed(monkeypatch, pool, MEMORY, memory_commands, memory_commands.add_memory_commands, "ada")


@pytest.fixture
def privacy_typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    with futures.ThreadPoolExecutor(1) as pool:
        yield Typed(monkeypatch, pool, CONVERSATION, privacy_commands, privacy_commands.add_privacy_commands)


@pytest.fixture
def settings_typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    with futures.ThreadPoolExecutor(1) as pool:
        yield Typed(monkeypatch, pool, CONVERSATION, settings_commands, settings_commands.add_settings_commands)


@pytest.fixture
def persona_typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    with futures.ThreadPoolExecutor(1) as pool:
        yield Typed(monkeypatch, pool, CONVERSATION, persona_commands, persona_commands.add_persona_commands, "ada")
