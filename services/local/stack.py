"""The order in which the parts of a stack start, and stop: what is needed comes first and goes last."""

import asyncio
import hashlib
import os
import signal
import sys
import urllib.request
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.local.addresses import SERVICES, Addresses, free_port, require_free
from services.local.certificates import certificate_environment, make_certificates, operator_credentials
from services.local.child import Command
from services.local.data_folder import DataFolder
from services.local.discord import MODULE as REGISTER_MODULE
from services.local.discord import Registration
from services.local.environment import DATABASES, service_environment
from services.local.failure import StackFailure
from services.local.gguf import NotGguf
from services.local.model_choice import choose, models_toml, ollama_models
from services.local.model_server import model_file
from services.local.model_tokenizer import UnknownTokenizer, write_tokenizer
from services.local.postgres import Postgres
from services.local.supervisor import Say, Supervised, last_words
from services.local.valkey import Valkey
from services.local.watchdog import Watchdog

MIGRATION_WAIT_S = 60.0
_PROBE_S = 0.5
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Plan:
    """What to start."""

    addresses: Addresses
    embedded_model: bool  # whatever else there is
    environment: Mapping[str, str]
    tls: bool = False  # between the services, by certificates in the data folder


class Stack:
    """One stack on one data folder. `start` either leaves everything ready or raises StackFailure; `stop` ends whatever was started."""

    def __init__(self, plan: Plan, folder: DataFolder, watchdog: Watchdog, say: Say) -> None:
        self._plan = plan
        self._folder = folder
        self._watchdog = watchdog
        self._say = say
        self._running: list[Supervised] = []  # in the order of their start; eight at most
        self._postgres = Postgres(folder.database)
        self._valkey = Valkey(folder.valkey, self._postgres.socket_folder)
        self._registration: Registration | None = None
        self.model_sentence = ""

    async def start(self) -> None:
        """Start everything and wait until it is ready. Raises StackFailure."""
        require_free(self._plan.addresses)
        if self._plan.tls:
            await asyncio.to_thread(make_certificates, self._folder.certificates)
        self._postgres.require_version()
        models_file, model = await self._start_model()
        if not (self._folder.database / "PG_VERSION").exists():
            self._folder.migrated_file.unlink(missing_ok=True)
        await asyncio.to_thread(self._postgres.prepare)
        self._valkey.prepare()
        postgres, valkey = self._supervise(self._postgres.command()), self._supervise(self._valkey.command())
        await _all(
            asyncio.to_thread(self._postgres.wait_ready, postgres.process, postgres.log_path),
            asyncio.to_thread(self._valkey.wait_ready, valkey.process, valkey.log_path),
        )
        await self._migrate()
        self._register_with_discord()
        await _all(*self._start_services(models_file), *([] if model is None else [self._model_ready(*model)]))
        await self._gateway_reaches_the_others()
        if self._registration is not None:
            await self._registration.told()
        for child in self._running:
            child.keep()

    async def stop(self) -> None:
        """Stop everything in reverse order, each part in bounded time."""
        if self._registration is not None:
            await self._registration.stop()
        while self._running:
            await self._running[-1].stop()
            self._running.pop()

    def lines(self) -> list[str]:
        """Every address, one a line."""
        addresses = self._plan.addresses
        shown = [f"{name:<13} {addresses.service(name):<18} metrics http://{addresses.metrics(name)}/metrics" for name in SERVICES]
        certificates = [f"{'certificates':<13} {self._folder.certificates}"] if self._plan.tls else []
        return [*shown, *certificates, f"{'data':<13} {self._folder.path}"]

    def client_environment(self) -> dict[str, str]:
        """What a client of this stack is told."""
        addresses = {f"PARLOUR_{name.upper()}_ADDRESS": self._plan.addresses.service(name) for name in SERVICES}
        return {**_with_our_code(self._plan.environment), **addresses, **self._certificate("operator")}

    def _supervise(self, command: Command) -> Supervised:
        child = Supervised(command, self._folder.log(command.name), self._watchdog, self._say)
        self._running.append(child)
        child.start()
        return child

    async def _start_model(self) -> tuple[Path, tuple[Supervised, int] | None]:
        """Settle on the models; start the embedded one where it is chosen. Answers the models file, and the embedded server with its port."""
        if given := self._plan.environment.get("PARLOUR_MODELS_FILE"):
            self.model_sentence = f"The models are those of {given}."
            return _given_models_file(given), None
        choice = await asyncio.to_thread(choose, self._plan.environment, embedded=self._plan.embedded_model, ollama_models=ollama_models)
        self.model_sentence = choice.sentence
        base_url, model, tokenizer_file = choice.base_url, None, ""
        if choice.embedded:
            port = free_port()
            base_url, model = f"http://127.0.0.1:{port}/v1", (self._start_model_server(port), port)
            tokenizer_file = await asyncio.to_thread(self._write_tokenizer)
        self._folder.models_file.write_text(models_toml(choice, base_url, tokenizer_file))
        return self._folder.models_file, model

    def _write_tokenizer(self) -> str:
        """Write the embedded model's tokenizer beside the models file, so that its tokens are counted and not estimated; answers where."""
        try:
            write_tokenizer(model_file(), self._folder.tokenizer_file)
        except (UnknownTokenizer, NotGguf) as problem:  # of another version of the weights; an estimate serves as well
            self._say(f"Tokens are estimated: {problem}.")
            return ""
        return str(self._folder.tokenizer_file)

    def _start_model_server(self, port: int) -> Supervised:
        # It holds nothing, and llama.cpp takes its time with SIGTERM.
        return self._supervise(self._module("model", "services.local.model_server", str(port), stop_signal=signal.SIGKILL))

    async def _model_ready(self, server: Supervised, port: int) -> None:
        await server.wait_ready(lambda: asyncio.to_thread(_model_answers, port))

    async def _migrate(self) -> None:
        """Bring the databases up to date, unless this folder has had these very migrations."""
        wanted = migrations_digest()
        done = self._folder.migrated_file
        if done.exists() and done.read_text() == wanted:
            return
        child = self._supervise(self._module("migrations", "services.local.databases", str(self._folder.database)))
        status = await child.ended(MIGRATION_WAIT_S)
        if status is None:
            raise StackFailure(f"The databases were not up to date after {MIGRATION_WAIT_S:.0f} s; the log is {child.log_path}.")
        if status != 0:
            raise StackFailure(f"The databases could not be brought up to date: {last_words(child.log_path)}")
        self._running.remove(child)
        self._watchdog.forget(child.process.pid)
        done.write_text(wanted)

    def _register_with_discord(self) -> None:
        if not self._plan.environment.get("DISCORD_TOKEN"):
            return
        child = Supervised(self._module("discord", REGISTER_MODULE), self._folder.log("discord"), self._watchdog, self._say)
        self._registration = Registration(child, self._say)
        self._registration.start()

    def _start_services(self, models_file: Path) -> list[Awaitable[None]]:
        addresses = self._plan.addresses
        environment = service_environment(
            self._plan.environment,
            addresses,
            database_urls={name: self._postgres.url(name, user=name) for name in DATABASES},
            redis_url=self._valkey.url,
            models_file=str(models_file),
            data_folder=str(self._folder.path),
        )
        waiting: list[Awaitable[None]] = []
        for name in SERVICES:
            told = {**environment, **self._certificate(name)}
            child = self._supervise(self._module(name, f"services.{name}", "serve", environment=told))
            waiting.append(child.wait_ready(partial(_serving, self._credentials(), addresses.service(name))))
        return waiting

    async def _gateway_reaches_the_others(self) -> None:
        """Wait until the first message will find everything: services that serve may still be unseen by one that started before them."""
        gateway = next(child for child in self._running if child.command.name == "gateway")
        for name in DATABASES:
            await gateway.wait_ready(partial(_serving, self._credentials(), self._plan.addresses.service("gateway"), f"dependency.{name}"))

    def _certificate(self, name: str) -> dict[str, str]:
        return certificate_environment(self._folder.certificates, name) if self._plan.tls else {}

    def _credentials(self) -> grpc.ChannelCredentials | None:
        return operator_credentials(self._folder.certificates) if self._plan.tls else None

    def _module(
        self, name: str, module: str, *arguments: str, environment: Mapping[str, str] | None = None, stop_signal: signal.Signals = signal.SIGTERM
    ) -> Command:
        """A program of ours, found whatever folder it is started in."""
        argv = [sys.executable, "-m", module, *arguments]
        return Command(name=name, argv=argv, env=_with_our_code(environment or self._plan.environment), stop_signal=stop_signal)


def migrations_digest() -> str:
    """Changes whenever a migration, or what runs migrations, does."""
    digest = hashlib.sha256()
    services = _ROOT / "services"
    for path in sorted([*services.glob("*/migrations/**/*.py"), *services.glob("local/databases.py"), services / "runtime" / "migrations.py"]):
        digest.update(str(path.relative_to(services)).encode() + path.read_bytes())
    return digest.hexdigest()


def _given_models_file(given: str) -> Path:
    path = Path(given).absolute()
    if not path.is_file():
        raise StackFailure(f"PARLOUR_MODELS_FILE names {given}, which is not a file.")
    return path


def _with_our_code(environment: Mapping[str, str]) -> dict[str, str]:
    path = [str(_ROOT), str(_ROOT / "protos"), *filter(None, [environment.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(path)}


async def _all(*waiting: Awaitable[None]) -> None:
    """Wait for all, side by side; the first failure ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in waiting:
                group.create_task(_awaited(one))
    except* StackFailure as failures:
        raise failures.exceptions[0] from None


async def _awaited(one: Awaitable[None]) -> None:
    await one


def _model_answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=_PROBE_S) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


async def _serving(credentials: grpc.ChannelCredentials | None, address: str, part: str = "") -> bool:
    """Whether a service says that it serves, or that it reaches a part it depends on."""
    async with grpc.aio.secure_channel(address, credentials) if credentials else grpc.aio.insecure_channel(address) as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]
                health_pb2.HealthCheckRequest(service=part), timeout=_PROBE_S
            )
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
