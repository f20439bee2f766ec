"""What callers write never becomes part of a statement: every text field of every call is given what breaks out of SQL where it can."""

import uuid

import grpc
import psycopg
import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor

from parlour.memory.v1 import memory_pb2 as pb
from services.memory.scopes import Scope, Visibility

FOREIGN = Scope(Visibility.GUILD, "g1", "", "bob").scope_id
SECRET = "my vault opens with 4711"
MARK = "zqxj"
ATTACKS = (
    f"{MARK}'); SELECT set_config('parlour.scopes', '{FOREIGN}', false); --",
    f"{MARK}' OR scope_id = '{FOREIGN}' OR 'a' = 'b",
    f'{MARK}"; RESET ROLE; DROP TABLE memories; --',
    f"{MARK} %s %(scope_ids)s %% :scopes :ids $1 \\ E'\\''",
    f"{MARK}\u02bc\uff07\u2019); RESET ROLE; --",
    # Without a blank and within 64 characters, so that ids accept it.
    f"{MARK}',{FOREIGN}",
    f"{MARK}');RESET/**/ROLE;--",
    f"{MARK}%s%(scopes)s:ids$1\\",
    f"{MARK}\u02bc\uff07;--",
    f"{MARK}\n{FOREIGN}",
)
REFUSALS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNIMPLEMENTED,
}
TIMES = {"valid_from": 1_700_000_000, "valid_to": 1_700_000_100}


@pytest.fixture
async def attacked(postgres, cloned_database, running_service):
    """(service, superuser's url) on a database that logs every statement."""
    name, url = cloned_database("memory")
    with psycopg.connect(postgres.url(name), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
    async with running_service(url) as service:
        yield service, postgres.url(name)
    postgres.drop_database(name)


def sound(descriptor, known):
    """A request that says something in every field and is accepted as it is, where the call needs no more than that."""
    if descriptor.name == "Scope":
        return pb.Scope(guild_id="g1", user_id="ada", visibility=pb.VISIBILITY_GUILD)
    if descriptor.name == "Viewer":
        return pb.Viewer(guild_id="g1", channel_id="c1", user_id="ada")
    message = getattr(pb, descriptor.name)()
    for field in descriptor.fields:
        if field.name in TIMES:
            getattr(message, field.name).FromSeconds(TIMES[field.name])
        if field.name.endswith("_token") or (field.message_type is not None and field.message_type.file != pb.DESCRIPTOR):
            continue
        if field.message_type is not None:
            inner = sound(field.message_type, known)
            getattr(message, field.name).append(inner) if field.is_repeated else getattr(message, field.name).CopyFrom(inner)
        elif field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
            setattr(message, field.name, known.get(field.name, "ada"))
        elif field.name in ("version", "format_version"):
            setattr(message, field.name, 2 if descriptor.name == "Memory" else 1)  # a memory has a version before
    return message


def text_fields(descriptor, path=()):
    """The paths of all fields that hold text."""
    for field in descriptor.fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            yield (*path, field.name)
        elif field.message_type is not None and field.message_type.file == pb.DESCRIPTOR:
            yield from text_fields(field.message_type, (*path, field.name))


def planted(message, path, text):
    """The message with a text in the field at the path."""
    copy = type(message)()
    copy.CopyFrom(message)
    holder = copy
    for name in path[:-1]:
        inner = getattr(holder, name)
        holder = inner if hasattr(inner, "DESCRIPTOR") else inner[0] if inner else inner.add()
    if isinstance(getattr(holder, path[-1]), str):
        setattr(holder, path[-1], text)
    else:
        getattr(holder, path[-1]).append(text)
    return copy


async def call(service, service_name, method, request, *, refusals=frozenset(REFUSALS)):
    """Everything that the call answers, as text; a refusal answers nothing."""
    stub = getattr({"MemoryService": service.writes, "MemoryQueryService": service.reads}[service_name], method.name)
    try:
        answer = stub(iter([request]) if method.client_streaming else request, timeout=20)
        answers = [part async for part in answer] if method.server_streaming else [await answer]
    except grpc.aio.AioRpcError as error:
        assert error.code() in refusals, f"{method.name}: {error.code()} {error.details()}"
        answers = []
    return " ".join(json_format.MessageToJson(part, ensure_ascii=False) for part in answers)


def everything_of_bobs(url):
    with psycopg.connect(url) as connection:
        return [
            connection.execute(f"SELECT t::text FROM {table} t WHERE scope_id = %s ORDER BY 1", [FOREIGN]).fetchall()
            for table in ("memories", "memory_terms", "memory_embeddings")
        ]


def statements(log_path, begun):
    """What the server logged since then, statements and complaints alike."""
    with log_path.open("rb") as log:
        log.seek(begun)
        return log.read().decode(errors="replace")


METHODS = [
    (service, method.name)
    for service in sorted(pb.DESCRIPTOR.services_by_name)
    for method in pb.DESCRIPTOR.services_by_name[service].methods
    if any(text_fields(method.input_type))
]


@pytest.mark.parametrize(("service_name", "method_name"), METHODS)
async def test_no_text_field_reaches_sql_as_sql(attacked, scopes, engine_folder, service_name, method_name):
    service, superuser_url = attacked
    await service.add(SECRET, scopes.guild("bob"))
    own = (await service.add("my kettle is blue", scopes.guild("ada"))).memory
    plan = await service.plan("my blue kettle", scopes.viewer("ada"))
    before = everything_of_bobs(superuser_url)
    method = pb.DESCRIPTOR.services_by_name[service_name].methods_by_name[method_name]
    log_path, begun = engine_folder / "postgres" / "log", (engine_folder / "postgres" / "log").stat().st_size

    def known():
        # What is imported is new.
        memory_id = str(uuid.uuid4()) if method_name == "ImportMemories" else own.memory_id
        ids = {"request_id": f"sound-{uuid.uuid4()}", "memory_id": memory_id, "plan_id": plan.plan_id, "superseded_by": str(uuid.uuid4())}
        return {**ids, "kind": "fact", "text": f"a text {memory_id}"}

    # A request of this form is not refused for its form, else nothing would be tried here.
    if method_name != "DeleteMemory":
        await call(service, service_name, method, sound(method.input_type, known()), refusals=REFUSALS - {grpc.StatusCode.INVALID_ARGUMENT})
    tried = 0
    for path in text_fields(method.input_type):
        for attack in ATTACKS:
            request = planted(sound(method.input_type, known()), path, attack)
            assert SECRET not in await call(service, service_name, method, request)
            tried += 1
    assert tried >= len(ATTACKS)
    assert everything_of_bobs(superuser_url) == before
    assert await service.search("vault", scopes.viewer("ada")) != [SECRET]
    assert await service.list(scopes.viewer("bob")) == [SECRET]
    said = statements(log_path, begun)
    assert "parlour.scopes" in said, "the log shows what the service says"
    assert MARK not in said


async def test_the_log_would_show_a_text_that_became_sql(attacked, engine_folder):
    _, superuser_url = attacked
    log_path, begun = engine_folder / "postgres" / "log", (engine_folder / "postgres" / "log").stat().st_size
    with psycopg.connect(superuser_url) as connection:
        connection.execute(f"SELECT '{MARK}'")
        connection.execute("SELECT %s", [f"{MARK}-as-a-value"])
    said = statements(log_path, begun)
    assert f"'{MARK}'" in said
    assert f"{MARK}-as-a-value" not in said
