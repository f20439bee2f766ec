"""What is remembered: `parlour memory search|list|quarantine`. Every function raises grpc.RpcError."""

from collections.abc import Callable
from datetime import datetime

import grpc
from rich.console import Console

from parlour.memory.v1 import memory_pb2 as pb
from parlour.memory.v1 import memory_pb2_grpc as pb_grpc
from services.console.lines import folded
from services.console.memory_answers import counted, print_json, print_memories, print_results, say

CALL_S = 5.0
RELEASE_S = 30.0
SEARCH_LIMIT_MAX = 100
LIST_LIMIT_MAX = 10_000
_PAGE_SIZE = 100
_PAGES_MAX = 10_000


def search(channel: grpc.Channel, console: Console, viewer: pb.Viewer, query: str, *, limit: int, as_of: datetime | None, as_json: bool) -> None:
    """Print the memories that bear on a query, best first; with `as_of`, of what was true then."""
    request = pb.SearchMemoriesRequest(viewer=viewer, query=query, limit=limit)
    if as_of is not None:
        request.as_of.FromDatetime(as_of)
    answer = pb_grpc.MemoryQueryServiceStub(channel).SearchMemories(request, timeout=CALL_S)
    if as_json:
        print_json(console, answer)
    else:
        print_results(console, answer.results)


def list_memories(channel: grpc.Channel, console: Console, viewer: pb.Viewer, *, limit: int, as_json: bool) -> None:
    """Print what a viewer may see, newest first, `limit` at most."""
    stub = pb_grpc.MemoryQueryServiceStub(channel)

    def page(size: int, token: str) -> pb.ListMemoriesResponse:
        return stub.ListMemories(pb.ListMemoriesRequest(viewer=viewer, page_size=size, page_token=token), timeout=CALL_S)

    found = _pages(page, limit)
    if as_json:
        print_json(console, found)
    else:
        more = f"These are {len(found.memories):,} of {counted(found.total_size)}: --limit shows more."
        _print_pages(console, found, none="Nothing is remembered.", more=more)


def list_quarantine(channel: grpc.Channel, console: Console, guild_id: str, *, limit: int, as_json: bool) -> None:
    """Print what a guild's quarantine holds back, `limit` at most."""
    stub = pb_grpc.MemoryServiceStub(channel)

    def page(size: int, token: str) -> pb.ListQuarantineResponse:
        return stub.ListQuarantine(pb.ListQuarantineRequest(guild_id=guild_id, page_size=size, page_token=token), timeout=CALL_S)

    found = _pages(page, limit)
    if as_json:
        print_json(console, found)
    else:
        _print_pages(console, found, none="Nothing is held back.", more=f"There are more than these {len(found.memories):,}: --limit shows more.")


def release(channel: grpc.Channel, console: Console, memory_id: str, guild_id: str, *, request_id: str) -> None:
    """Accept a memory that was held back, and print it; without a guild_id it is looked for everywhere."""
    request = pb.ReleaseQuarantinedRequest(request_id=request_id, memory_id=memory_id, guild_id=guild_id)
    memory = pb_grpc.MemoryServiceStub(channel).ReleaseQuarantined(request, timeout=RELEASE_S).memory
    say(console, f"Released, and found from now on: {folded(memory.text)}")


def _pages[Listed: (pb.ListMemoriesResponse, pb.ListQuarantineResponse)](page: Callable[[int, str], Listed], limit: int) -> Listed:
    """Read page after page into one answer, which has a next page where `limit` left some out."""
    found = page(min(limit, _PAGE_SIZE), "")
    for _ in range(_PAGES_MAX):  # a page may be empty, and others follow all the same
        if not found.next_page_token or len(found.memories) >= limit:
            break
        answer = page(min(limit - len(found.memories), _PAGE_SIZE), found.next_page_token)
        found.memories.extend(answer.memories)
        found.next_page_token = answer.next_page_token
    return found


def _print_pages(console: Console, found: pb.ListMemoriesResponse | pb.ListQuarantineResponse, *, none: str, more: str) -> None:
    if not found.memories:
        say(console, none)
        return
    print_memories(console, found.memories)
    if found.next_page_token:
        say(console, more)
