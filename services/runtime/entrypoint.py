"""From `python -m services.<name> serve|migrate` to a process that starts, serves and stops in order."""

import argparse
import asyncio
import faulthandler
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import NoReturn

import uvloop

from services.runtime import bounded_map, failures, telemetry
from services.runtime.callers import CALLERS, Table, amended, extra_callers
from services.runtime.errors import PartFailed
from services.runtime.health import Health, serve_probes
from services.runtime.security import Tls, UnusableTls, own_tls, tls_files
from services.runtime.server import Server
from services.runtime.settings import BadSettings, ServiceSettings, load
from services.runtime.span_export import ExportLimits

_log = telemetry.get_logger(__name__)


@dataclass
class Parts:
    """What a service is given to build itself with.

    `stack` closes in reverse order, after the server has drained. `spawn` runs background work until then; if it fails, the process stops.
    `drains`: what else takes work from outside. While the server drains, each stops doing so and ends what is under way.
    """

    server: Server
    health: Health
    stack: AsyncExitStack
    tls: Tls | None
    failed: "asyncio.Future[None]"
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    drains: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def spawn(self, work: Coroutine[object, object, None], name: str) -> "asyncio.Task[None]":
        """Run background work for as long as the process serves."""
        task = asyncio.create_task(work, name=name)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            failed = PartFailed(task.get_name())
            failed.__cause__ = error
            ended = failures.ended(failed, failures.Place.PROCESS, "the process ends: a part of it failed")
            if not self.failed.done():
                self.failed.set_exception(ended)


def run[S: ServiceSettings](
    name: str, settings_type: type[S], start: Callable[[S, Parts], Awaitable[None]], *, callers: Table, migrations_package: str | None = None
) -> NoReturn:
    """Run a service: `serve` until SIGTERM or SIGINT, or `migrate` its database. Bad settings end with exit status 2 and a sentence for each.

    `callers` says who may call what, where calls come over TLS. SIGUSR1 has it write to standard error where each of its threads stands.
    """
    arguments = _arguments(name, migrations_package is not None)
    try:
        settings = load(settings_type, name)
        callers = _callers(name, settings, callers)
    except BadSettings as problem:
        print(f"parlour-{name} cannot start:\n{problem}", file=sys.stderr)
        sys.exit(2)
    telemetry.configure_logging(name, settings.log_level)
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    if arguments.role == "migrate" and migrations_package is not None:
        sys.exit(_migrate(name, settings, migrations_package))
    sys.exit(uvloop.run(_serve(name, settings, start, callers, migrations_package)))


def _callers(name: str, settings: ServiceSettings, table: Table) -> Table:
    variable = f"PARLOUR_{name.upper()}_ALLOWED_CALLERS"
    return amended(table, settings.allowed_callers, variable=variable, known=(*CALLERS, *extra_callers(settings.extra_callers)))


def _arguments(name: str, has_database: bool) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m services.{name}")
    parser.add_argument("role", choices=["serve", "migrate"] if has_database else ["serve"])
    return parser.parse_args()


def _migrate(name: str, settings: ServiceSettings, package: str) -> int:
    from services.runtime import migrations  # the gateway runs without Alembic

    try:
        migrations.migrate(str(getattr(settings, "database_url", "")), package)
    except Exception as error:
        # The first line alone: what comes after it may quote rows.
        print(f"parlour-{name} cannot migrate its database: {(str(error) or type(error).__name__).splitlines()[0]}", file=sys.stderr)
        return 1
    return 0


async def _serve[S: ServiceSettings](
    name: str, settings: S, start: Callable[[S, Parts], Awaitable[None]], callers: Table, migrations_package: str | None
) -> int:
    stopping = _stop_signal()
    limits = ExportLimits(settings.otlp_queue_max, settings.otlp_batch_max, settings.otlp_delay_ms, settings.otlp_timeout_s)
    provider = telemetry.configure_tracing(name, settings.otlp_endpoint, ratio=settings.otlp_ratio, limits=limits)
    health = Health()
    async with AsyncExitStack() as stack:
        stack.callback(provider.shutdown)
        try:
            files = tls_files(settings.tls_ca, settings.tls_cert, settings.tls_key)
            tls = own_tls(name, files, listen=settings.listen, plaintext=settings.plaintext, identity_prefix=settings.tls_identity_prefix)
        except UnusableTls as problem:
            print(f"parlour-{name} cannot start: {problem}", file=sys.stderr)
            return 2
        server = Server(name, settings, health, tls, callers=callers)
        parts = Parts(server, health, stack, tls, asyncio.get_running_loop().create_future())
        stack.push_async_callback(_stop_tasks, parts)
        try:
            if migrations_package is not None:
                await _require_schema(settings, migrations_package)
            await start(settings, parts)
            await _begin(name, settings, parts)
        except (OSError, ValueError) as problem:
            print(f"parlour-{name} cannot start: {problem}", file=sys.stderr)
            return 1
        _log.info("serving", listen=settings.listen, port=parts.server.port)
        done, _ = await asyncio.wait({stopping, parts.failed}, return_when=asyncio.FIRST_COMPLETED)
        if parts.failed.done():
            parts.failed.exception()  # it was logged where it ended
        await _drain(settings, parts)
        return 0 if stopping in done else 1


async def _require_schema(settings: ServiceSettings, package: str) -> None:
    from services.runtime import schema  # the gateway runs without psycopg

    await schema.require_schema(str(getattr(settings, "database_url", "")), package)


def _stop_signal() -> "asyncio.Future[None]":
    loop = asyncio.get_running_loop()
    stopping: asyncio.Future[None] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: None if stopping.done() else stopping.set_result(None))
    return stopping


async def _begin(name: str, settings: ServiceSettings, parts: Parts) -> None:
    if settings.metrics_listen:
        telemetry.serve_metrics(settings.metrics_listen, name)
    await parts.health.probe_all()
    parts.spawn(parts.health.probe_forever(settings.probe_interval_s), "probe dependencies")
    parts.spawn(bounded_map.sweep_forever(settings.sweep_interval_s), "sweep maps")
    if parts.tls is not None:
        parts.spawn(parts.tls.watch(settings.tls_look_s), "watch certificates")
    set_up_collector()
    await parts.server.start()
    if settings.health_listen:  # only now: what answers there is ready
        probes = await serve_probes(parts.health, settings.health_listen)
        parts.stack.push_async_callback(probes.stop, None)


def set_up_collector() -> None:
    """Have the collector pass over what is there now, which stays.

    Walking the 170,000 objects of the modules stops everything for a tenth of a second or more, and finds nothing. A call makes some hundred objects
    that go by themselves: looking for rings among them every 2,000, as Python does by default, takes a tenth of the credit service's time.
    What was under way then is looked at again after every fifth time: of refused calls much is left in rings, and to look at all of it after every
    twentieth stopped a gateway that had too much to do for half a second.
    """
    gc.freeze()
    gc.set_threshold(20_000, 5, 100)


async def _drain(settings: ServiceSettings, parts: Parts) -> None:
    _log.info("stopping", drain_s=settings.drain_s)
    await parts.health.stopping()
    await asyncio.sleep(settings.not_serving_s)
    await asyncio.gather(parts.server.stop(settings.drain_s), *(drain() for drain in parts.drains))


async def _stop_tasks(parts: Parts) -> None:
    await stopped(*parts.tasks)


async def stopped(*tasks: "asyncio.Task[None]") -> None:
    """Cancel tasks and wait until they have ended; what they raise is reported where they were spawned."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
