"""How memories are shown: as a table for a person, as JSON for a program. Pure but for what is printed."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table
from rich.text import Text

from parlour.memory.v1 import memory_pb2 as pb
from services.console.credit_accounts import shown_time
from services.console.lines import visible
from services.console.tables import id_column

_WIDTH_OF_COLUMNS_MIN = 150
_LINES = (("score", "why"), ("kind", "whose", "visibility", "since"), ("id",))
"""What stands below a text where there is no room for columns."""
_ARMS = {
    "lexical": "words in common",
    "vector": "likeness of meaning",
    "speaker": "said by the one asked about",
    "neighbour": "said beside another match",
    "time": "of the time asked about",
    "form": "length and form",
}
# JSON escapes only what is below the space; these drive a terminal, too.
_CONTROLS = re.compile("[\x7f-\x9f]")


def why(score_by_arm: Mapping[str, float]) -> str:
    """What found a memory, each with what it gave in its own measure; what gave nothing is left out."""
    names = [*_ARMS, *sorted(score_by_arm.keys() - _ARMS.keys())]
    return ", ".join(f"{_ARMS.get(name, name)} {score_by_arm[name]:.2f}" for name in names if round(score_by_arm.get(name, 0), 2))


def since(memory: pb.Memory) -> str:
    """From when it holds, and until when where it does not hold any more."""
    begin = shown_time(memory.valid_from if memory.HasField("valid_from") else memory.create_time)
    return f"{begin} to {shown_time(memory.valid_to)}" if memory.HasField("valid_to") else begin


def kind(memory: pb.Memory) -> str:
    """What kind it is of, and whether it is held back."""
    return f"{memory.kind}, quarantined" if memory.quarantined else memory.kind


def visibility(memory: pb.Memory) -> str:
    """Who sees it: private, guild or shared, and the hidden channel that it is bound to."""
    name = pb.Visibility.Name(memory.scope.visibility).removeprefix("VISIBILITY_").lower()
    return f"{name}, in {memory.scope.channel_id}" if memory.scope.channel_id else name


def counted(count: int) -> str:
    """So many memories, in words: "1 memory", "1,200 memories"."""
    return "1 memory" if count == 1 else f"{count:,} memories"


def print_results(console: Console, results: Sequence[pb.SearchResult]) -> None:
    """Print what a search found, best first, and why."""
    if not results:
        console.print("Nothing found.")
        return
    rows = [{"score": f"{result.score:.3f}", "why": why(result.score_by_arm), **_told(result.memory)} for result in results]
    console.print(_table(rows, console.width))


def print_memories(console: Console, memories: Sequence[pb.Memory]) -> None:
    """Print memories in the order in which they come, and whose they are."""
    rows = [{"text": "", "kind": "", "whose": one.scope.user_id, "visibility": visibility(one), **_told(one)} for one in memories]
    console.print(_table(rows, console.width))


def print_json(console: Console, message: Message, **more: Any) -> None:
    """Print an answer in the JSON form of its proto, every field named, as one document."""
    document = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    console.out(json_text(document | more, indent=2), highlight=False)


def json_text(value: Any, *, indent: int | None = None) -> str:
    """The value as JSON, readable in any language, and with nothing in it that drives a terminal."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, indent=indent, ensure_ascii=False))


def say(console: Console, text: str) -> None:
    """Print a sentence as it is, on one line however long."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _told(memory: pb.Memory) -> dict[str, str]:
    return {"text": memory.text, "kind": kind(memory), "since": since(memory), "id": memory.memory_id}


def _table(rows: Sequence[Mapping[str, str]], width: int) -> Table:
    """A column for each name; where these would leave no room for the texts, the texts with what belongs to them below."""
    if width >= _WIDTH_OF_COLUMNS_MIN:
        table = Table(*(id_column(name) if name == "id" else name for name in rows[0]))
        for row in rows:
            table.add_row(*(Text(visible(value)) for value in row.values()))
        return table
    table = Table("memory", show_lines=True)
    for row in rows:
        lines = (" · ".join(f"{name} {row[name]}" for name in names if row.get(name)) for names in _LINES)
        table.add_row(Text.assemble(visible(row["text"]), *((f"\n{visible(line)}", "dim") for line in lines if line)))
    return table
