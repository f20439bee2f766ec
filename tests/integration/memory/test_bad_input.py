"""Every field of every request is checked before anything is touched, and the answer names it."""

import copy
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from parlour.memory.v1 import memory_pb2 as pb

VIEWER = pb.Viewer(guild_id="g1", channel_id="c1", user_id="ada")
SCOPE = pb.Scope(guild_id="g1", user_id="ada", visibility=pb.VISIBILITY_GUILD)
NEW = pb.NewMemory(scope=SCOPE, text="I live in Oslo")
AN_ID = "018f0000-0000-7000-8000-000000000000"
LATER = datetime.now(UTC) + timedelta(days=30)

GOOD = {
    "AddMemory": pb.AddMemoryRequest(request_id="r", memory=NEW),
    "BatchAddMemories": pb.BatchAddMemoriesRequest(request_id="r", memories=[NEW, NEW]),
    "UpdateMemory": pb.UpdateMemoryRequest(request_id="r", viewer=VIEWER, memory_id=AN_ID, version=1, text="I live in Rome"),
    "DeleteMemory": pb.DeleteMemoryRequest(request_id="r", viewer=VIEWER, memory_id=AN_ID),
    "ObserveMessages": pb.ObserveMessagesRequest(
        request_id="r", scope=SCOPE, messages=[pb.ObservedMessage(message_id="m1", author_id="ada", author_name="Ada", text="hi")]
    ),
    "PlanForget": pb.PlanForgetRequest(request_id="r", viewer=VIEWER, text="my cat"),
    "CommitForget": pb.CommitForgetRequest(request_id="r", viewer=VIEWER, plan_id=AN_ID),
    "UndoForget": pb.UndoForgetRequest(request_id="r", viewer=VIEWER, plan_id=AN_ID),
    "SearchMemories": pb.SearchMemoriesRequest(viewer=VIEWER, query="cat", limit=5),
    "ListMemories": pb.ListMemoriesRequest(viewer=VIEWER),
    "GetMemory": pb.GetMemoryRequest(viewer=VIEWER, memory_id=AN_ID),
}

SCOPES = [
    ("user_id", ""),
    ("user_id", "u" * 65),
    ("user_id", "a b"),
    ("user_id", "a\0b"),
    ("guild_id", "g" * 65),
    ("guild_id", ""),
    ("guild_id", "a\nb"),
    ("channel_id", "c" * 65),
    ("visibility", pb.VISIBILITY_UNSPECIFIED),
    ("visibility", 9),
]
VIEWERS = [("user_id", ""), ("user_id", "u" * 65), ("user_id", "a b"), ("guild_id", "g" * 65), ("channel_id", "c\td")]
MEMORIES = [
    ("text", ""),
    ("text", " \n "),
    ("text", "x" * 2001),
    ("text", "a\0b"),
    ("kind", "rumour"),
    ("kind", "k" * 41),
    ("subject", "s" * 201),
    ("subject", "a\0b"),
    ("attribute", "a" * 201),
    ("importance", -0.1),
    ("importance", 1.1),
    ("importance", float("nan")),
    ("valid_from", LATER),
    ("provenance.author_id", "a b"),
    ("provenance.author_name", "n" * 201),
    ("provenance.source", "s" * 41),
    ("provenance.message_ids", ["m"] * 101),
]
REQUEST_IDS = [("request_id", ""), ("request_id", "r" * 201), ("request_id", "a b"), ("request_id", "a\0")]
TEXTS = [("text", ""), ("text", "   "), ("text", "x" * 2001), ("text", "a\0b")]
NO_IDS = ("", "x", "x" * 201, "018f0000-0000-7000-8000-00000000000g")


def below(prefix, cases):
    return [(f"{prefix}.{path}", value) for path, value in cases]


BAD = {
    "AddMemory": [*REQUEST_IDS, ("memory", None), ("memory.scope", None), *below("memory.scope", SCOPES), *below("memory", MEMORIES)],
    "BatchAddMemories": [
        *REQUEST_IDS,
        ("memories", []),
        ("memories", [NEW] * 501),
        *below("memories[1].scope", SCOPES),
        *below("memories[1]", MEMORIES),
    ],
    "UpdateMemory": [
        *REQUEST_IDS,
        ("viewer", None),
        *below("viewer", VIEWERS),
        *(("memory_id", value) for value in NO_IDS),
        ("version", 0),
        ("version", -1),
        *TEXTS,
    ],
    "DeleteMemory": [*REQUEST_IDS, ("viewer", None), *below("viewer", VIEWERS), *(("memory_id", value) for value in NO_IDS)],
    "ObserveMessages": [
        *REQUEST_IDS,
        ("scope", None),
        *below("scope", SCOPES),
        ("messages", []),
        ("messages[0].message_id", ""),
        ("messages[0].message_id", "m" * 65),
        ("messages[0].author_id", ""),
        ("messages[0].author_name", "n" * 201),
        ("messages[0].text", ""),
        ("messages[0].text", "x" * 8001),
        ("messages[0].text", "a\0b"),
    ],
    "PlanForget": [*REQUEST_IDS, ("viewer", None), *below("viewer", VIEWERS), *TEXTS],
    "CommitForget": [*REQUEST_IDS, ("viewer", None), *below("viewer", VIEWERS), *(("plan_id", value) for value in NO_IDS)],
    "UndoForget": [*REQUEST_IDS, ("viewer", None), *below("viewer", VIEWERS), *(("plan_id", value) for value in NO_IDS)],
    "SearchMemories": [
        ("viewer", None),
        *below("viewer", VIEWERS),
        ("query", ""),
        ("query", "  "),
        ("query", "x" * 8001),
        ("query", "a\0b"),
        ("limit", -1),
        ("limit", 0),
        ("limit", 101),
        ("limit", 10_000),
        ("consistency_token", "yesterday"),
        ("time_range.end_time", datetime(1990, 1, 1, tzinfo=UTC)),
    ],
    "ListMemories": [
        ("viewer", None),
        *below("viewer", VIEWERS),
        ("page_size", -1),
        ("page_size", 101),
        ("page_token", "next"),
        ("consistency_token", "1"),
    ],
    "GetMemory": [("viewer", None), *below("viewer", VIEWERS), *(("memory_id", value) for value in NO_IDS), ("consistency_token", "yesterday")],
}


def broken(method, path, value):
    """The good request with one field changed."""
    request = copy.deepcopy(GOOD[method])
    if path == "time_range.end_time":
        request.time_range.start_time.FromDatetime(datetime(2000, 1, 1, tzinfo=UTC))
    *parents, name = path.split(".")
    message = request
    for parent in parents:
        field, _, index = parent.rstrip("]").partition("[")
        message = getattr(message, field)[int(index)] if index else getattr(message, field)
    if value is None or value == []:
        message.ClearField(name)
    elif isinstance(value, list):
        del getattr(message, name)[:]
        getattr(message, name).extend(value)
    elif isinstance(value, datetime):
        getattr(message, name).FromDatetime(value)
    else:
        setattr(message, name, value)
    return request


def named_field(error):
    """The field that an INVALID_ARGUMENT names, and its reason."""
    details = dict(error.trailing_metadata())["grpc-status-details-bin"]
    info = error_details_pb2.ErrorInfo()
    status_pb2.Status.FromString(details).details[0].Unpack(info)
    return info.reason, info.metadata["field"]


def call(memory, method):
    return getattr(memory.writes if hasattr(memory.writes, method) else memory.reads, method)


@pytest.mark.parametrize("method", BAD)
async def test_a_bad_field_is_named_and_nothing_is_stored(memory, method):
    for path, value in BAD[method]:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(memory, method)(broken(method, path, value), timeout=20)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT, path
        assert named_field(refused.value) == ("INVALID_FIELD", path), path
    async with memory.database.connection() as connection:
        for table in ("scopes", "operations", "forget_plans"):
            assert await (await connection.execute(f"SELECT count(*) FROM {table}".encode())).fetchone() == (0,)


async def test_a_private_memory_with_a_guild_is_refused(memory):
    request = copy.deepcopy(GOOD["AddMemory"])
    request.memory.scope.visibility = pb.VISIBILITY_PRIVATE
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await memory.writes.AddMemory(request, timeout=20)
    assert named_field(refused.value) == ("INVALID_FIELD", "memory.scope.guild_id")


async def test_text_that_is_no_unicode_is_refused_with_its_field(memory):
    request = GOOD["AddMemory"].SerializeToString().replace(b"Oslo", b"\xed\xa0\x80o")
    raw = memory.client._remote.channel.unary_unary("/parlour.memory.v1.MemoryService/AddMemory")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await raw(request, timeout=20)
    assert named_field(refused.value) == ("INVALID_FIELD", "memory.text")


@pytest.mark.parametrize("method", GOOD)
async def test_a_call_without_a_deadline_is_refused(memory, method):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(memory, method)(GOOD[method])
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("method", ["AddMemory", "BatchAddMemories", "ObserveMessages", "PlanForget", "SearchMemories", "ListMemories"])
async def test_the_good_requests_are_accepted(memory, method):
    await call(memory, method)(GOOD[method], timeout=20)


@pytest.mark.parametrize(
    "text", ["’; DROP TABLE memories; --", "100 % of {this} %(that)s :id", "🙂👩‍👩‍👧", "ünïcödé 中文字", "a\nb\tc", "\\x00 \\u0000"]
)
async def test_odd_but_honest_text_is_kept_as_it_is(memory, text):
    stored = (await memory.add(text)).memory
    assert stored.text == text
    assert await memory.list() == [text]
    assert isinstance(await memory.search(text), list)
