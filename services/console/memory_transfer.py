"""Memories out and in: `parlour memory export|import`. Every function raises grpc.RpcError, OSError and UnusableFile."""

from collections.abc import Iterable, Iterator, Sequence

import grpc
from rich.console import Console

from parlour.memory.v1 import memory_pb2 as pb
from parlour.memory.v1 import memory_pb2_grpc as pb_grpc
from services.console.failures import sentence
from services.console.memory_answers import counted, say
from services.console.memory_file import STANDARD, UnusableFile, first_line, last_line, memory_line, opened, read_memories, read_version, written
from services.console.memory_terminal import progress_bar, remark

EXPORT_S = 3600.0
IMPORT_CALL_S = 120.0
COUNT_S = 5.0
VERSION_OF_NOTHING = 1
"""The format's version where the service has no memory to send, and so no answer that names one."""
BATCH_MEMORIES_MAX = 200
BATCH_TEXTS_MAX = 500
"""Memories and their earlier versions: each has to be embedded."""
BATCH_BYTES_MAX = 256 << 10
"""A batch is well below the megabyte that a service takes at once."""


def export(channel: grpc.Channel, console: Console, viewer: pb.Viewer, name: str) -> None:
    """Write what a viewer may see to a file, which appears when it is whole, or to standard output."""
    stub = pb_grpc.MemoryQueryServiceStub(channel)
    total = stub.ListMemories(pb.ListMemoriesRequest(viewer=viewer, page_size=1), timeout=COUNT_S).total_size
    lines = done = 0
    last_id = ""
    with written(name) as file, progress_bar() as progress:
        task = progress.add_task("exporting", total=total)
        begun = False
        for answer in stub.ExportMemories(pb.ExportMemoriesRequest(viewer=viewer), timeout=EXPORT_S):
            if not begun:
                file.write(first_line(answer.format_version))
                begun = True
            for memory in answer.memories:
                file.write(memory_line(memory))
                lines += 1
                done += memory.memory_id != last_id  # one with many earlier versions comes in parts
                last_id = memory.memory_id
            # An export also has what a list leaves out.
            progress.update(task, completed=done, total=max(total, done))
        if not begun:
            file.write(first_line(VERSION_OF_NOTHING))
        file.write(last_line(lines))
    where = "standard output" if name == STANDARD else name
    said = f"{counted(done)} {'is' if done == 1 else 'are'} in {where}."
    if name == STANDARD:
        remark(said)
    else:
        say(console, said)


def import_memories(channel: grpc.Channel, console: Console, name: str, *, request_id: str) -> None:
    """Store what a file or standard input holds, and say how much of it was new. Nothing is sent of a file that is not whole."""
    stub = pb_grpc.MemoryServiceStub(channel)
    sent = imported = duplicates = 0
    with opened(name) as file, progress_bar() as progress:
        version = read_version(file)
        total = sum(1 for _ in read_memories(file))
        file.seek(0)
        read_version(file)
        task = progress.add_task("importing", total=total)
        for number, batches in enumerate(_calls(_batches(read_memories(file)))):
            try:
                answer = stub.ImportMemories(_requests(batches, version, f"{request_id}-{number}"), timeout=IMPORT_CALL_S)
            except grpc.RpcError as error:
                raise UnusableFile(_stopped(error, sent, total)) from error
            sent, imported, duplicates = sent + sum(map(len, batches)), imported + answer.imported, duplicates + answer.duplicates
            progress.update(task, completed=sent)
    say(console, f"Imported {counted(imported)}; {duplicates:,} {'was' if duplicates == 1 else 'were'} there already.")


def _requests(batches: Sequence[Sequence[pb.Memory]], version: int, request_id: str) -> Iterator[pb.ImportMemoriesRequest]:
    return (pb.ImportMemoriesRequest(request_id=request_id, format_version=version, memories=batch) for batch in batches)


def _calls(batches: Iterable[list[pb.Memory]]) -> Iterator[list[list[pb.Memory]]]:
    """What is sent in one call each: a batch, for a service renews its connections sooner than a long import ends; the parts of a memory together."""
    call: list[list[pb.Memory]] = []
    for batch in batches:
        if call and batch[0].memory_id != call[-1][-1].memory_id:
            yield call
            call = []
        call.append(batch)
    if call:
        yield call


def _batches(memories: Iterable[pb.Memory]) -> Iterator[list[pb.Memory]]:
    batch: list[pb.Memory] = []
    size = texts = 0
    for memory in memories:
        size, texts = size + memory.ByteSize(), texts + 1 + len(memory.earlier_versions)
        if batch and (len(batch) == BATCH_MEMORIES_MAX or size > BATCH_BYTES_MAX or texts > BATCH_TEXTS_MAX):
            yield batch
            batch, size, texts = [], memory.ByteSize(), 1 + len(memory.earlier_versions)
        batch.append(memory)
    if batch:
        yield batch


def _stopped(error: grpc.RpcError, sent: int, total: int) -> str:
    said = sentence(error)
    where = f" The file's line {sent + 2:,} is memories[0]." if "memories[" in said else ""
    before = f" {sent:,} of {total:,} lines were imported before that; the same command again goes on from there." if sent else ""
    return f"{said}{where}{before}"
