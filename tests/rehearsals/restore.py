"""`make rehearse-restore`: loses the database of a busy stack for good, restores it from a base backup and the log, and goes on.

A base backup is taken while people talk, the log after it is received as it is written, and somebody is erased. Then everything is killed, and the
files of PostgreSQL and Valkey are deleted. After the restore every row must be there as it was (`backup_restore_lost_rows`), the books must agree,
people must be remembered and answered, and whoever was erased stays so. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import logging
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc
import psutil

from services.credit.reconcile import check_books_at
from services.local.addresses import free_port, free_port_base
from services.local.child import spawn, stop
from services.local.postgres import Postgres
from services.local.watchdog import Watchdog
from tests.fakes.model_server import Answer, ModelServer
from tests.rehearsals.backup import Backup
from tests.rehearsals.rows import Rows, lost, rows_of
from tests.running_stack import SERVICES, Person, RunningStack, eventually

_INSTRUMENTS = ("cello", "banjo", "flute", "oboe", "viola", "harp", "tuba", "piano")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsals.restore", description=__doc__)
    parser.add_argument("--people", type=int, default=16)
    people = parser.parse_args().people
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="parlour-restore-"))
    folder.chmod(0o755)
    try:
        figures = asyncio.run(_rehearse(folder, people))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures))
    return 1 if figures["backup_restore_lost_rows"] or figures["books_off"] or figures["forgotten_people"] or figures["erased_people_back"] else 0


async def _rehearse(folder: Path, number: int) -> Mapping[str, Any]:
    async with ModelServer(port=free_port(), default=Answer(deltas=("Certainly.",))) as model:
        stack = RunningStack(folder / "data", free_port_base(), {"OPENAI_BASE_URL": model.base_url, "PARLOUR_MODEL": "scripted"})
        await asyncio.to_thread(stack.start)
        watchdog = Watchdog()
        backup = Backup(Postgres(stack.data_dir / "postgres"), folder / "backup", watchdog)
        people = await _live(stack, backup, number)
        before = await _kill_everything(stack, backup)
        began_s = time.monotonic()
        after = await asyncio.to_thread(_restore, stack, backup, watchdog)
        restored_s = time.monotonic() - began_s
        await asyncio.to_thread(stack.start, 120)
        try:
            return await _judge(stack, people, before, after) | {
                "restore_s": round(restored_s, 1),
                "ready_again_s": round(time.monotonic() - began_s, 1),
            }
        finally:
            await asyncio.to_thread(stack.stop)


async def _live(stack: RunningStack, backup: Backup, number: int) -> list[tuple[str, str]]:
    """Let people talk, and take the backup meanwhile. Return who said that they play what; the first of them was erased in the end."""
    await asyncio.to_thread(backup.receive_log)
    known = [(f"person-{position}", _INSTRUMENTS[position % len(_INSTRUMENTS)]) for position in range(number)]
    async with grpc.aio.insecure_channel(stack.address("gateway")) as channel:
        people = [Person(channel, user_id) for user_id, _ in known]
        await asyncio.gather(*(person.ask(f"Remember that I play the {plays}") for person, (_, plays) in zip(people[::2], known[::2], strict=True)))
        practising = [asyncio.create_task(_practise(person)) for person in people]
        await asyncio.to_thread(backup.copy_base)
        await asyncio.gather(*practising)
        await asyncio.gather(*(person.ask(f"Remember that I play the {plays}") for person, (_, plays) in zip(people[1::2], known[1::2], strict=True)))
        await asyncio.gather(*(person.ask("And tomorrow?") for person in people))
        await _erase(stack, known[0][0])
    return known


async def _practise(person: Person) -> None:
    for _ in range(4):
        await person.ask("What should I practise today?")


async def _erase(stack: RunningStack, user_id: str) -> None:
    command = [sys.executable, "-m", "services.console", "--port-base", str(stack.port_base), "privacy", "erase", user_id, "--yes"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(said.decode())


async def _kill_everything(stack: RunningStack, backup: Backup) -> Rows:
    """Kill the services, note every row, wait until the log is received, then kill the database and delete its files and Valkey's."""
    stack.process.send_signal(signal.SIGSTOP)  # or it would start anew what is killed
    for name in SERVICES:
        stack.kill(name)
    server = Postgres(stack.data_dir / "postgres")
    before = await asyncio.to_thread(rows_of, server)
    await eventually(lambda: asyncio.to_thread(backup.has_everything), "the log is received")
    children = psutil.Process(stack.process.pid).children(recursive=True)
    stack.process.kill()
    for child in children:
        child.kill()
    await asyncio.to_thread(psutil.wait_procs, children, 30)
    await asyncio.to_thread(stack.process.communicate)
    await asyncio.to_thread(backup.end)
    for lost_folder in ("postgres", "valkey"):
        await asyncio.to_thread(shutil.rmtree, stack.data_dir / lost_folder, ignore_errors=True)
    return before


def _restore(stack: RunningStack, backup: Backup, watchdog: Watchdog) -> Rows:
    """Put the backup back, let the server read the log, and return what it has then."""
    server = Postgres(stack.data_dir / "postgres")
    backup.restore_to(server.folder)
    server.prepare()
    log_path = stack.data_dir / "restore.log"
    process = spawn(server.command(), log_path, watchdog)
    try:
        server.wait_ready(process, log_path)
        return rows_of(server)
    finally:
        stop(process, server.command(), watchdog)


async def _judge(stack: RunningStack, people: list[tuple[str, str]], before: Rows, after: Rows) -> dict[str, Any]:
    missing = lost(before, after)
    for table, rows in missing.items():
        print(f"{rows} rows of {table} are lost", file=sys.stderr)
    async with grpc.aio.insecure_channel(stack.address("gateway")) as channel:
        told = [(await Person(channel, user_id).ask("What do you know about me?")).final.text for user_id, _ in people]
        answered = [(await Person(channel, user_id).ask("Where were we?")).final.text for user_id, _ in people[1:]]
    knows = [plays in text for (_, plays), text in zip(people, told, strict=True)]
    return {
        "backup_restore_lost_rows": sum(missing.values()),
        "backup_restore_rows": sum(rows.total() for rows in before.values()),
        "books_off": len(await check_books_at(stack.database_url("credit"))),
        "forgotten_people": knows[1:].count(False) + answered.count(""),
        "erased_people_back": int(knows[0]),
    }


if __name__ == "__main__":
    sys.exit(main())
