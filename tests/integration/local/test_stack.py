"""The embedded stack as a person meets it: it gets ready, it recovers, it ends without a trace, it fails with a sentence."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services.conversation.window.token_counting import ModelTokenizer, token_counter
from services.local.addresses import SERVICES
from services.local.data_folder import LAYOUT
from tests.integration.local.stack_process import StackProcess, all_gone


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A short path that another user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="parlour-stack-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[StackProcess]:
    """A stack that several tests look at."""
    stack = StackProcess(folder / "main")
    try:
        yield stack.wait_ready()
    finally:
        status, lingering = stack.stop_all()
    assert (status, lingering) == (0, [])


def serving(address: str) -> bool:
    with grpc.insecure_channel(address) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def failed(stack: StackProcess) -> str:
    """Wait for a start that must fail; answers its one sentence."""
    assert stack.wait_end() == 1, stack.output
    said = stack.output.splitlines()
    assert len(said) == 1, stack.output
    assert said[0].startswith("parlour: ")
    return said[0]


def test_every_address_is_printed_and_ready_is_the_last_line(stack: StackProcess) -> None:
    lines = stack.output.splitlines()
    assert lines[-1] == "parlour is ready"
    for name in SERVICES:
        assert f"127.0.0.1:{stack.addresses.service(name).rpartition(':')[2]}" in stack.output
        assert stack.addresses.metrics(name) in stack.output
    assert "tiny" in stack.output


def test_the_embedded_models_tokens_are_counted_with_its_own_tokenizer(stack: StackProcess) -> None:
    [endpoint] = [model["endpoint"] for model in tomllib.loads((stack.data_folder / "models.toml").read_text())["models"].values()]
    assert endpoint["tokenizer"] == str(stack.data_folder / "tokenizer.json")
    assert isinstance(token_counter(endpoint["tokenizer"], "embedded"), ModelTokenizer)


@pytest.mark.parametrize("name", SERVICES)
def test_health_and_reflection_answer_on_every_service(stack: StackProcess, name: str) -> None:
    assert serving(stack.addresses.service(name))
    with grpc.insecure_channel(stack.addresses.service(name)) as channel:
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        answers = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([request]), timeout=5)
        listed = [service.name for service in next(iter(answers)).list_services_response.service]
    assert any(service.startswith(f"parlour.{name}.v1.") for service in listed)


def test_a_second_stack_on_the_same_folder_is_refused_and_the_first_goes_on(stack: StackProcess) -> None:
    assert "uses the data folder" in failed(StackProcess(stack.data_folder.parent / "main" / ".." / "main"))
    assert serving(stack.addresses.service("gateway"))


def test_a_port_in_use_is_named_and_nothing_is_started(stack: StackProcess, folder: Path) -> None:
    other = StackProcess(folder / "ports", stack.port_base)
    assert f"Port {stack.port_base} is taken (address already in use)" in failed(other)
    assert not (folder / "ports" / "postgres").exists()


def test_a_service_that_is_killed_comes_back_and_one_line_says_so(stack: StackProcess) -> None:
    process = stack.service("credit")
    process.kill()
    until(lambda: "credit ended (killed by SIGKILL)" in stack.output)
    until(lambda: serving(stack.addresses.service("credit")))
    assert stack.service("credit").pid != process.pid


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_two_stacks_run_side_by_side_and_one_ends_without_a_trace(stack: StackProcess, folder: Path, number: signal.Signals) -> None:
    other = StackProcess(folder / "other").wait_ready()
    family = other.family()
    assert len(family) >= 8
    other.process.send_signal(number)
    other.wait_end()
    assert all_gone(family) == []
    assert other.process.returncode == (-9 if number == signal.SIGKILL else 0)
    assert serving(stack.addresses.service("gateway"))


def test_the_death_of_the_parent_ends_the_stack(folder: Path) -> None:
    outer = StackProcess(folder / "other", before=["sh", "-c", '"$@"; exit $?', "sh"]).wait_ready()
    family = outer.family()
    outer.process.kill()
    outer.wait_end()
    assert all_gone(family) == []


def test_a_stop_during_the_start_leaves_nothing(folder: Path) -> None:
    other = StackProcess(folder / "other")
    until(lambda: any("postgres" in process.name() for process in other.family()))
    family = other.family()
    other.process.send_signal(signal.SIGTERM)
    assert other.wait_end() == 0
    assert all_gone(family) == []


def test_data_of_another_postgresql_is_left_alone(folder: Path) -> None:
    data = folder / "old"
    (data / "postgres").mkdir(parents=True)
    (data / "layout").write_text(f"{LAYOUT}\n")
    (data / "postgres" / "PG_VERSION").write_text("16\n")
    assert "was written by PostgreSQL 16 and this is PostgreSQL 18" in failed(StackProcess(data))


def test_a_folder_that_may_not_be_written_gets_a_sentence(folder: Path) -> None:
    locked = folder / "locked"
    locked.mkdir(mode=0o555)
    before = []
    if os.geteuid() == 0:
        if (setpriv := shutil.which("setpriv")) is None:
            pytest.skip("needs setpriv to be somebody else")
        # Somebody who may read everything, this interpreter included, and write nothing.
        before = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    assert "cannot be used: permission denied" in failed(StackProcess(locked / "data", before=before))


def test_a_disk_that_takes_no_more_gets_a_sentence(folder: Path) -> None:
    limited = ["bash", "-c", 'ulimit -f 1000; exec "$@"', "bash"]
    assert "cannot be written to: file too large" in failed(StackProcess(folder / "full", before=limited))


def test_a_provider_without_a_model_is_asked_for_one_and_nothing_is_started(folder: Path) -> None:
    arguments = ["--data-dir", str(folder / "asked"), "--port-base", "29990"]
    environment = {**os.environ, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    done = subprocess.run([sys.executable, "-m", "services.local", "up", *arguments], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Set PARLOUR_MODEL" in done.stderr
    assert not (folder / "asked" / "postgres").exists()


def test_an_older_python_gets_a_sentence() -> None:
    older = shutil.which("python3.11")
    if older is None:
        pytest.skip("no older Python here")
    done = subprocess.run([older, "-m", "services.local", "up"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Parlour needs Python 3.12 or newer, and this is 3.11: install one, then `make setup`.\n"
