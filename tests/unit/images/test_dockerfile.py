"""The Dockerfile: clean by hadolint, and what is run is nobody special, told of a stop itself, with all that it may write stated."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.images import ROOT, WRITTEN

DOCKERFILE = (ROOT / "Dockerfile").read_text()
LAST_STAGE = DOCKERFILE.rpartition("\nFROM ")[2]


def test_hadolint_finds_nothing_and_nothing_is_kept_from_it() -> None:
    ran = subprocess.run([Path(sys.executable).parent / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "hadolint" not in DOCKERFILE
    assert not list(ROOT.glob(".hadolint*"))


def test_whoever_runs_has_a_number_that_is_not_roots_and_is_asked_to_stop_itself() -> None:
    told = dict(re.findall(r"^(USER|ENTRYPOINT|CMD) (.+)$", LAST_STAGE, re.MULTILINE))
    assert re.fullmatch(r"[1-9]\d{4,}:[1-9]\d{4,}", told["USER"])
    assert (json.loads(told["ENTRYPOINT"]), json.loads(told["CMD"])) == (["/opt/parlour/bin/service"], ["serve"])
    assert "\\nexec /opt/parlour/bin/python -m services" in DOCKERFILE


def test_the_folders_that_may_be_written_are_those_that_volumes_are_for() -> None:
    made = re.search(r"install -d -o 10001 -g 10001 -m 0750 (.+)", LAST_STAGE)
    assert made
    assert set(made[1].split()) == WRITTEN


def test_only_what_is_locked_is_installed_and_nothing_is_compiled() -> None:
    installed = re.findall(r"pip [^|&]*?\binstall (.*(?:\\\n.*)*)", DOCKERFILE)
    for how in installed:
        assert "--no-deps" in how
        assert ("--require-hashes" in how and "--only-binary :all:" in how) or "--no-index /wheels" in how
    assert len(installed) == 3
    assert DOCKERFILE.count("FROM ${PYTHON_IMAGE}") == DOCKERFILE.count("\nFROM ")
    assert re.search(r"^ARG PYTHON_IMAGE=python:\d+\.\d+\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
