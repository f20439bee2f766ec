"""`make test-images`: builds every image, starts what compose.yaml says from them, has a person talk with it, and stops it.

There is no Docker engine in this: Debian's buildah builds, over Debian's smallest system with this machine's Python, and namespaces of the kernel
stand for containers. PostgreSQL and Valkey are those of the local stack, the model is a scripted one. Ends with 1 where something is not as it
should be.
"""

import argparse
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.local.watchdog import Watchdog
from tests.images import ROOT, compose_file, prometheus
from tests.images.buildah import Buildah, CannotBuild, Image
from tests.images.stack import Checks, Stack, eventually, hosts_file

_MODEL_PORT = 8080
_VARIABLES = {"PARLOUR_MODEL": "scripted", "OPENAI_BASE_URL": f"http://model:{_MODEL_PORT}/v1"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.images", description=__doc__)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    inside: Path | None = parser.parse_args().inside
    return _inside(inside) if inside is not None else _outside()


def _outside() -> int:
    """Build the images, then run ourselves in a network and among mounts that nobody else sees."""
    if not _composes():
        return 1
    folder = Path(tempfile.mkdtemp(prefix="parlour-images-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        buildah = Buildah(folder)
        try:
            _write_plan(buildah, folder)
            command = ["unshare", "--net", "--mount", "--propagation", "private", sys.executable, "-m", "tests.images", "--inside", str(folder)]
            return subprocess.run(command, cwd=ROOT, check=False).returncode
        finally:
            buildah.close()
    except CannotBuild as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _composes() -> bool:
    """Return whether Docker's own reader of compose files understands ours, where it is here; it needs no engine."""
    if shutil.which("docker") is None or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0:
        print("docker compose is not here: compose.yaml was not read by it", flush=True)
        return True
    command = ["docker", "compose", "--file", str(compose_file.FILE), "--env-file", os.devnull, "--profile", "console", "config", "--quiet"]
    read = subprocess.run(command, env={**os.environ, **_variables()}, check=False).returncode == 0
    print("docker compose reads compose.yaml" if read else "docker compose does not read compose.yaml", flush=True)
    return read


def _write_plan(buildah: Buildah, folder: Path) -> None:
    began = time.monotonic()
    buildah.make_base()
    print(f"the base: {time.monotonic() - began:.0f} s", flush=True)
    composed = compose_file.services(_variables())
    images: dict[str, Image] = {}
    roots: dict[str, str] = {}
    for name, service in composed.items():
        if "build" not in service:
            continue
        tag, began = service["image"], time.monotonic()
        new = tag not in images
        if new:
            images[tag] = buildah.build(service["build"]["args"]["SERVICE"], tag)
        root = buildah.root_of(tag)
        roots[name] = str(root)
        if new:
            print(f"{tag}: {time.monotonic() - began:.0f} s, {_megabytes(root / 'opt/parlour'):.0f} MB over the base", flush=True)
    (folder / "hosts").write_text(hosts_file(list(composed)))
    (folder / "plan.json").write_text(json.dumps({"images": {name: asdict(image) for name, image in images.items()}, "roots": roots}))


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*")) / 1e6


def _variables() -> Mapping[str, str]:
    """Return what .env would hold: each password another, to see that each is used where it belongs."""
    return {name: f"{name.lower().replace('_', '')}7" for name in compose_file.example() if name.endswith("_PASSWORD")} | _VARIABLES


def _inside(folder: Path) -> int:
    _switch_loopback_on()
    subprocess.run(["mount", "--bind", folder / "hosts", "/etc/hosts"], check=True)
    plan = json.loads((folder / "plan.json").read_text())
    images = {name: Image(**image) for name, image in plan["images"].items()}
    roots = {name: Path(root) for name, root in plan["roots"].items()}
    watchdog = Watchdog()
    model = subprocess.Popen([sys.executable, "-m", "tests.fakes.model_server", "--port", str(_MODEL_PORT)], cwd=ROOT)
    stack = Stack(folder, compose_file.services(_variables()), images, roots, watchdog)
    try:
        with prometheus.collecting(folder) as collected:
            stack.while_running = lambda: eventually(collected.all_up, "Prometheus collects from every service", seen=collected.told)
            checks = stack.rehearse()
    finally:
        model.kill()
        watchdog.close()
    return _shown(checks)


def _switch_loopback_on() -> None:
    """Bring up lo, which is down in a new network (netdevice(7))."""
    set_flags, up_and_running = 0x8914, 0x41
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up_and_running))


def _shown(checks: Checks) -> int:
    table = Table("", "what", "seen", box=None)
    for what, is_so, seen in checks:
        table.add_row("ok" if is_so else "NOT SO", what, "" if is_so and "\n" in seen else seen)
    Console(width=int(os.environ.get("COLUMNS", "150"))).print(table)
    failed = sum(not is_so for _, is_so, _ in checks)
    print(f"{len(checks) - failed} of {len(checks)} checks are as they should be.")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
