"""One service as a process of its own: what it writes until it serves, or ends."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from services.local.model_choice import choose, models_toml

ROOT = Path(__file__).resolve().parents[1]
WAIT_S = 60.0


async def told_by(service: str, role: str, environment: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run `python -m services.<service> <role>` with nothing else in its environment; return its exit status and what it wrote to standard error.

    One that serves is stopped as soon as it says so.
    """
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'protos'}", **environment}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{service}", role), cwd=ROOT, env=given, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    lines: list[str] = []
    async with asyncio.timeout(WAIT_S):
        async for line in process.stderr:
            lines.append(line.decode())
            if '"serving"' in lines[-1]:
                process.terminate()
        return await process.wait(), lines


def models_file(folder: Path) -> Path:
    """Write a models file that names one model, which nobody serves."""
    path = folder / "models.toml"
    path.write_text(models_toml(choose({}, embedded=True, ollama_models=list), "http://127.0.0.1:9/v1", ""))
    return path
