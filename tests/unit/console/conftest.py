"""A fake channel to the credit service, for commands as they are typed."""

import argparse
import io
from collections.abc import Iterator, Sequence
from concurrent import futures
from typing import Any

import grpc
import grpc_testing
import pytest
from google.protobuf.message import Message
from rich.console import Console

from parlour.credit.v1 import credit_pb2 as pb
from services.console import credit_commands
from services.console.credit_commands import add_credit_commands

SERVICES = [pb.DESCRIPTOR.services_by_name[name] for name in ("CreditService", "CreditAdminService")]
METHODS = {method.name: method for service in SERVICES for method in service.methods}


class Typed:
    """Runs commands, one at a time, and plays the service."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pool: futures.Executor) -> None:
        self.channel = grpc_testing.channel(SERVICES, grpc_testing.strict_real_time())
        self.out = io.StringIO()
        self.console = Console(file=self.out, width=240)
        self.requests: list[Any] = []
        self._pool = pool
        self._parser = argparse.ArgumentParser()
        add_credit_commands(self._parser.add_subparsers(), lambda given: self.channel)
        monkeypatch.setattr(credit_commands, "console", lambda: self.console)

    def run(self, command: str, *answers: tuple[str, Message | Sequence[Message] | grpc.StatusCode]) -> int | None:
        """Run a command; the service answers each call with a message, with a stream of messages, or with a status."""
        given = self._parser.parse_args(command.split())
        done = self._pool.submit(given.run, given)
        for method, answer in answers:
            if method == "ExportEntries":
                self._stream(method, answer)
            else:
                self._unary(method, answer)
        return done.result(10)

    @property
    def shown(self) -> str:
        return self.out.getvalue()

    def _unary(self, method: str, answer: Any) -> None:
        _, request, rpc = self.channel.take_unary_unary(METHODS[method])
        self.requests.append(request)
        rpc.send_initial_metadata(())
        if isinstance(answer, grpc.StatusCode):
            rpc.terminate(None, (), answer, "no")
        else:
            rpc.terminate(answer, (), grpc.StatusCode.OK, "")

    def _stream(self, method: str, answer: Any) -> None:
        _, request, rpc = self.channel.take_unary_stream(METHODS[method])
        self.requests.append(request)
        rpc.send_initial_metadata(())
        for message in answer:
            rpc.send_response(message)
        rpc.terminate((), grpc.StatusCode.OK, "")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    with futures.ThreadPoolExecutor(1) as pool:
        yield Typed(monkeypatch, pool)
