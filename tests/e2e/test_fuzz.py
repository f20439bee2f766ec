"""The short form of `python -m tests.chaos.fuzz`: hostile requests to every RPC and hostile events to the bot, always the same ones."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.fuzz.ahead import made_here
from tests.chaos.fuzz.discord_run import EventFuzzer, EventReport
from tests.chaos.fuzz.fuzzed_stack import Findings, fuzzed_stack
from tests.chaos.fuzz.methods import all_methods
from tests.chaos.fuzz.run import Fuzzer, Report

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

SEED = 7
EVENTS = 100
SHARE = 0.6
REQUESTS_MAX = 10_000

type Run = tuple[Report, EventReport, Findings]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run() -> AsyncIterator[Run]:
    """One run for all tests: they look at different sides of it."""
    folder = Path(tempfile.mkdtemp(prefix="parlour-e2e-fuzz-"))
    folder.chmod(0o755)
    try:
        async with fuzzed_stack(folder) as fuzzed:
            requests = await Fuzzer(fuzzed.stack, SEED).run(made_here(SEED, share=SHARE), REQUESTS_MAX)
            events = await EventFuzzer(fuzzed.discord).run(SEED, EVENTS)
            yield requests, events, await fuzzed.findings()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def test_every_hostile_request_is_done_or_refused_with_a_reason(run: Run) -> None:
    requests, _, _ = run
    assert requests.problems == {}, requests.examples
    assert requests.crossed == 0


async def test_every_method_is_asked_hostile_things(run: Run) -> None:
    requests, _, _ = run
    assert [method.path for method, covered in zip(all_methods(), requests.covered, strict=True) if covered.calls == 0] == []
    assert sum(one.accepted for one in requests.covered) > requests.requests / 5
    assert sum(one.refusals for one in requests.covered) > requests.requests / 5


async def test_hostile_events_neither_end_the_bot_nor_cost_its_connection(run: Run) -> None:
    _, events, _ = run
    assert events.events >= EVENTS / 2
    assert events.unanswered == []
    assert events.reconnects == 0
    assert events.frame_reconnects == 0


async def test_no_process_dies_or_logs_an_error_and_the_books_balance(run: Run) -> None:
    _, _, findings = run
    assert findings.crashes == []
    assert findings.logged == []
    assert findings.books_off == []
    assert findings.prompts_mixed == 0
