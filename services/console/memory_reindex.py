"""Another embedding model: `parlour memory reindex`. Every function raises grpc.RpcError."""

import time
from collections.abc import Callable

import grpc
from rich.console import Console

from parlour.memory.v1 import memory_pb2 as pb
from parlour.memory.v1 import memory_pb2_grpc as pb_grpc
from services.console.credit_accounts import shown_time
from services.console.lines import visible
from services.console.memory_answers import print_json, say
from services.console.memory_terminal import progress_bar

CALL_S = 10.0
POLL_S = 0.5
WAIT_S_MAX = 24 * 3600.0
"""The command stops watching then; the service goes on."""
_UNREACHED_MAX = 120
"""Polls in a row that may fail while the service restarts: it takes the work up again."""

NEEDED, RUNNING, COMPLETE = pb.REEMBEDDING_STATE_NEEDED, pb.REEMBEDDING_STATE_RUNNING, pb.REEMBEDDING_STATE_COMPLETE


def show_status(channel: grpc.Channel, console: Console, *, as_json: bool) -> None:
    """Print how far embedding again is, and change nothing."""
    now = _reembedding(pb_grpc.MemoryServiceStub(channel))
    if as_json:
        print_json(console, now)
    else:
        say(console, status(now))


def reindex(channel: grpc.Channel, console: Console, *, request_id: str, sleep: Callable[[float], None] = time.sleep) -> int:
    """Have everything embedded with the service's model and watch it until it is done; return the exit status: 1 where it was not done in time."""
    stub = pb_grpc.MemoryServiceStub(channel)
    now = stub.ReembedMemories(pb.ReembedMemoriesRequest(request_id=request_id), timeout=CALL_S).reembedding
    give_up_at = time.monotonic() + WAIT_S_MAX
    with progress_bar() as progress:
        task = progress.add_task("embedding", total=None)
        unreached = 0
        while now.state == RUNNING and time.monotonic() < give_up_at:
            progress.update(task, completed=now.done, total=max(now.total, now.done) or None)
            sleep(POLL_S)
            try:
                now, unreached = _reembedding(stub), 0
            except grpc.RpcError as error:
                unreached += 1
                if error.code() is not grpc.StatusCode.UNAVAILABLE or unreached > _UNREACHED_MAX:
                    raise
    say(console, status(now))
    return 0 if now.state == COMPLETE else 1


def status(now: pb.Reembedding) -> str:
    """How far it is, in a sentence."""
    models = f"searches use the vectors of {visible(now.model_in_force)}"
    if now.state == COMPLETE:
        when = f" since {shown_time(now.finish_time)} UTC" if now.HasField("finish_time") else ""
        return f"Nothing is left to do: {models}{when}."
    if now.state == RUNNING:
        far = f"{now.done:,} of {now.total:,} are embedded" if now.total else "what there is to embed is being counted"
        return f"Under way: {far} with {visible(now.model)}; until all are, {models}."
    return f"Not started: the service runs {visible(now.model)} and {models}. `parlour memory reindex` starts the change."


def _reembedding(stub: pb_grpc.MemoryServiceStub) -> pb.Reembedding:
    return stub.GetReembedding(pb.GetReembeddingRequest(), timeout=CALL_S).reembedding
