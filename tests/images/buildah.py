"""Builds images without an engine: Debian's buildah, with storage of its own that goes when it is closed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.images import ROOT

BASE = "localhost/python"
_NEEDED = ("buildah", "debootstrap", "unshare", "setpriv")
# Debian's own Python is there for the libraries that any Python needs, whatever this release calls them.
_INCLUDED = "ca-certificates,netbase,tzdata,python3"


class CannotBuild(RuntimeError):
    """This machine lacks what it takes; the message says what to do."""


@dataclass(frozen=True)
class Image:
    """A built image: what it says about how it is run."""

    name: str
    user: str
    entrypoint: Sequence[str]
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    labels: Mapping[str, str]


class Buildah:
    """One storage, in a folder. Raises CannotBuild where it cannot work."""

    def __init__(self, folder: Path) -> None:
        if os.geteuid() != 0:
            raise CannotBuild("run this as root: containers need namespaces and a root of their own")
        if missing := [program for program in _NEEDED if shutil.which(program) is None]:
            raise CannotBuild(f"{' and '.join(missing)} must be here: apt-get install buildah debootstrap")
        self._folder = folder

    def make_base(self) -> None:
        """Make what stands for the official Python image: Debian's smallest system with this machine's Python in /usr/local."""
        if sys.base_prefix == "/usr":
            raise CannotBuild("this Python belongs to Debian and cannot be copied: run with one that has a prefix of its own")
        root = self._folder / "base"
        release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
        _run("debootstrap", "--variant=minbase", f"--include={_INCLUDED}", release["VERSION_CODENAME"], str(root))
        shutil.copytree(
            sys.base_prefix, root / "usr/local", symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("test", "__pycache__", "*.a")
        )
        for script in (root / "usr/local/bin").glob("pip*"):
            script.write_text("#!/usr/local/bin/python3\n" + script.read_text().partition("\n")[2])
        shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / "etc/ssl/certs/ca-certificates.crt")  # as this machine reaches its registry
        _run("ldconfig", "-r", str(root))
        container = self._buildah("from", "scratch")
        self._buildah("add", container, str(root), "/")
        self._buildah("commit", "--quiet", "--rm", container, BASE)
        shutil.rmtree(root)

    def build(self, service: str, tag: str) -> Image:
        """Build a service's image as the Dockerfile says, from the context that .dockerignore leaves."""
        arguments = [f"SERVICE={service}", f"PYTHON_IMAGE={BASE}"]
        given = [word for argument in arguments for word in ("--build-arg", argument)]
        self._buildah(
            "bud", "--quiet", "--layers", "--isolation", "chroot", "--network", "host", "--format", "docker", *given, "--tag", tag, str(ROOT)
        )
        told: Any = json.loads(self._buildah("inspect", "--type", "image", tag))["OCIv1"]["config"]
        environment = dict(variable.split("=", 1) for variable in told["Env"])
        return Image(tag, told["User"], told["Entrypoint"], told["Cmd"], environment, told["WorkingDir"], told["Labels"])

    def root_of(self, image: str) -> Path:
        """Return the root of a new container of an image."""
        return Path(self._buildah("mount", self._buildah("from", image)))

    def close(self) -> None:
        """Let go of all containers, and remove the storage."""
        self._buildah("umount", "--all")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _buildah(self, *words: str) -> str:
        storage = ["--root", str(self._folder / "storage"), "--runroot", str(self._folder / "run"), "--storage-driver", "overlay"]
        return _run("buildah", *storage, *words)


def _run(*words: str) -> str:
    """Run a program and return what it answered. Raises CannotBuild with the end of what it complained of."""
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise CannotBuild(f"{words[0]} ended with {ran.returncode}: {' '.join(words)}\n{(ran.stdout + ran.stderr)[-3_000:]}")
    return ran.stdout.strip()
