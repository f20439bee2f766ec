"""Programs are started from a process that speaks gRPC."""

import os
import subprocess
import sys

# Under root a program is started as another user, for which Python forks instead of using vfork, and what gRPC registered for forks would run.
SPAWNS = """
import asyncio, sys, tempfile
from pathlib import Path
from services.local.child import Command, spawn
from services.local.watchdog import Watchdog
import grpc

async def main():
    watchdog = Watchdog()
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    account = {"uid": 65534, "gid": 65534} if sys.argv[1] == "0" else {}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        for _ in range(300):
            channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
            await channel.channel_ready()
            await channel.close()
            process = spawn(Command("true", ["/bin/true"], **account), log, watchdog)
            assert process.wait() == 0, process.returncode
            watchdog.forget(process.pid)
        print(log.read_text(), end="")
    await server.stop(None)
    watchdog.close()

asyncio.run(main())
"""


def test_a_program_started_beside_grpc_runs_and_says_only_what_it_says_itself():
    environment = {name: value for name, value in os.environ.items() if name != "GRPC_ENABLE_FORK_SUPPORT"}
    done = subprocess.run([sys.executable, "-c", SPAWNS, str(os.geteuid())], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr[-2000:]
