"""What an operator asks of the memory service: `parlour memory ...`."""

import grpc
from rich.console import Console
from rich.table import Table

from parlour.memory.v1 import memory_pb2, memory_pb2_grpc
from services.console.lines import cell
from services.console.tables import id_column

CALL_S = 5.0


def search_memories(channel: grpc.Channel, console: Console, viewer: memory_pb2.Viewer, query: str, limit: int) -> None:
    """Print the memories that bear on a query, best first. Raises grpc.RpcError."""
    stub = memory_pb2_grpc.MemoryQueryServiceStub(channel)
    request = memory_pb2.SearchMemoriesRequest(viewer=viewer, query=query, limit=limit)
    answer = stub.SearchMemories(request, timeout=CALL_S)
    if not answer.results:
        console.print("Nothing found.")
        return
    table = Table("score", "memory", "kind", "since", id_column("id"))
    for result in answer.results:
        memory = result.memory
        since = memory.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M")
        table.add_row(f"{result.score:.3f}", cell(memory.text), cell(memory.kind), since, cell(memory.memory_id))
    console.print(table)
