"""The examples of the API guide run as they stand there."""

import asyncio
import re
import sys
from pathlib import Path

from tests.running_stack import RunningStack

ROOT = Path(__file__).resolve().parents[2]


async def test_the_ten_lines_of_python_print_an_answer(stack: RunningStack, model):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.S)
    assert len(example.strip().splitlines()) <= 10
    code = example.replace("127.0.0.1:50054", stack.address("gateway"))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    printed, problems = await process.communicate()
    assert process.returncode == 0, problems.decode()
    events = [line.split(" ", 1)[0] for line in printed.decode().splitlines()]
    assert events[0] == "typing"
    assert events[-1] == "final"
    assert "delta" in events
