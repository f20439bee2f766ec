"""Erasing a person: nothing of theirs is left, others keep theirs, it cannot be stopped for good, and a receipt says what was done."""

import asyncio
import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import structlog

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.privacy.erasure import Stage
from services.conversation.privacy.tombstones import Tombstone, TombstoneFile, line_of, subject_hash
from services.runtime.errors import InvalidField, NotFound, RequestIdReused, StaleVersion
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import Service, answered, drained, message, read_reply, rows, wanted

SENTINEL = "Xylophonquartz"
PERSON = "90817263545362718"
NAME = "Adaquartz"
LOUNGE = pb.ConversationKey(guild_id="guild", channel_id="lounge")


@pytest.fixture
def logged(caplog):
    """All that is logged while a test runs."""
    caplog.set_level(logging.WARNING)
    with structlog.testing.capture_logs() as entries:
        yield lambda: f"{entries} {caplog.text}"


@pytest.fixture
def settings(settings, tmp_path):
    """Small batches, so that an erasure has many steps; and a file of tombstones."""
    return settings.model_copy(update={"erasure_batch_max": 2, "erasure_walk_max": 3, "tombstones_file": str(tmp_path / "tombstones")})


async def found(database, *needles: str) -> set[str]:
    """Every table.column in which one of the needles is found, whatever the case; also as bytes, which a request's answer is kept as."""
    columns = await rows(
        database,
        "SELECT table_name, column_name, data_type FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_type = 'BASE TABLE' AND table_schema = 'public'",
    )
    assert len(columns) > 100
    places = set()
    for table, column, kind in columns:
        text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
        for needle in needles:
            if await rows(database, f'SELECT 1 FROM "{table}" WHERE {text} ILIKE %s LIMIT 1', f"%{needle}%"):
                places.add(f"{table}.{column}")
    return places


def theirs(text: str, **fields) -> pb.BeginTurnRequest:
    return message(f"{SENTINEL} {text}", **{"user_id": PERSON, "user_name": NAME, "nickname": f"{NAME}-nick", **fields})


async def erase(client, user_id=PERSON, request_id="erase-1") -> pb.EraseSubjectResponse:
    return await client.erase_subject(pb.EraseSubjectRequest(request_id=request_id, user_id=user_id))


async def erased(client, user_id=PERSON, request_id="erase-1", timeout_s: float = 20) -> pb.GetErasureResponse:
    """Erase a person and wait for the receipt."""
    begun = await erase(client, user_id, request_id)
    return await receipt(client, begun.erasure_id, timeout_s)


async def receipt(client, erasure_id: str, timeout_s: float = 20) -> pb.GetErasureResponse:
    async with asyncio.timeout(timeout_s):
        while not (progress := await client.get_erasure(pb.GetErasureRequest(erasure_id=erasure_id))).complete:
            await asyncio.sleep(0.02)
    return progress


async def written(database, statement: str, *values: object) -> None:
    async with database.connection() as connection:
        await connection.execute(statement.encode(), values)


async def write_everywhere(client, database, model) -> None:
    """Have the person's words and id stored in every way there is."""
    await client.set_opt_out(pb.SetOptOutRequest(request_id="opt-out", user_id=PERSON, opted_out=True))
    await client.set_opt_out(pb.SetOptOutRequest(request_id="opt-in", user_id=PERSON, opted_out=False))
    model.next(Answer(text=f"I see, {SENTINEL} it is, {NAME}."))
    said = theirs("in the lounge", images=[pb.Image(url="https://example.org/x.png", media_type="image/png", description=f"{SENTINEL} at sea")])
    await answered(client, said)
    await answered(client, theirs("in private", guild_id="", channel_id="dm"))
    hidden = theirs("in hiding", channel_id="cellar", channel_hidden=True)
    begun = await client.begin_turn(hidden)
    await client.end_turn(pb.EndTurnRequest(turn_id=begun.turn_id, fence=begun.fence, state=pb.TURN_STATE_APOLOGISED, text=f"sorry, {SENTINEL}"))
    await client.begin_turn(theirs("never answered", guild_id="other", channel_id="hall"))
    overheard = pb.Message(message_id="o1", author_id=PERSON, author_name=NAME, text=f"{SENTINEL} overheard")
    await client.append_messages(pb.AppendMessagesRequest(request_id=f"append-{PERSON}", conversation=LOUNGE, messages=[overheard]))
    quotes = [
        pb.RepliedTo(message_id=said.message_id, author_id=PERSON, author_name=NAME, text=said.text),
        pb.RepliedTo(message_id="chat-1", author_id="bot", author_name="Parlour", text=f"{SENTINEL} it is, {NAME}"),
        pb.RepliedTo(message_id="chat-2", author_id="eve", author_name="Eve", text=f"<@{PERSON}> says so"),
    ]
    for quote in quotes:
        await answered(client, message("really?", user_id="bob", user_name="Bob", replied_to=quote))
    mentions = f"ask <@{PERSON}>, or <@!{PERSON}>, that is {PERSON}, or @{NAME}"
    await answered(client, message(mentions, user_id="bob", user_name="Bob"))
    await answered(client, message(f"ask <@{PERSON}>", user_id="eve", user_name="Eve", guild_id="third", channel_id="far"))
    persona = pb.Persona(warmth=2, instructions=f"{SENTINEL} always")
    for scope in ("guild", ""):
        await client.update_persona(pb.UpdatePersonaRequest(request_id=f"{PERSON}-{scope}", guild_id=scope, user_id=PERSON, persona=persona))
    await client.edit_message(
        pb.EditMessageRequest(request_id="edit", conversation=LOUNGE, message_id=said.message_id, author_id=PERSON, text=f"{SENTINEL} edited")
    )
    ignoring = pb.GuildSettings(guild_id="third", extraction=True, ignored_user_ids=["eve", PERSON])
    await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id=f"ignore-{PERSON}", settings=ignoring))
    await answered(client, theirs("once more"))
    await drained(database)
    await written(
        database,
        "INSERT INTO topics (guild_id, channel_id, level, first_sequence, last_sequence, closed, summary, summary_source)"
        " SELECT guild_id, channel_id, 2, min(sequence), max(sequence), true, %s, 'model' FROM messages GROUP BY guild_id, channel_id",
        f"{NAME} spoke of {SENTINEL}",
    )


async def test_nothing_of_a_person_is_left_in_any_table_or_log_or_file(client, database, model, neighbours, settings, logged):
    await write_everywhere(client, database, model)
    before = await found(database, SENTINEL, PERSON, NAME)
    assert {"messages.text", "messages.replied_to", "messages.images", "messages.author_id", "turns.user_id", "topics.summary"} <= before
    assert {"personas.instructions", "persona_versions.instructions", "relationships.user_id", "user_activity.user_id", "fences.user_id"} <= before
    assert {"requests.user_id", "requests.response", "message_terms.term"} <= before
    assert {"guild_settings.ignored_user_ids", "guild_settings_versions.ignored_user_ids"} <= before
    bobs = await rows(database, "SELECT count(*) FROM messages WHERE author_id IN ('bob', 'eve')")
    done = await erased(client, request_id=f"erase-{PERSON}")
    assert await found(database, SENTINEL, PERSON, NAME) == set()
    await drained(database)
    assert await found(database, SENTINEL, PERSON, NAME) == set()
    assert SENTINEL.casefold() not in logged().casefold()
    assert PERSON not in logged()
    assert "a person was erased" in logged()
    tombstones = Path(settings.tombstones_file).read_text()
    assert subject_hash(PERSON).hex() in tombstones
    assert PERSON not in tombstones
    assert await rows(database, "SELECT count(*) FROM messages WHERE author_id IN ('bob', 'eve')") == bobs
    assert [text for (text,) in await rows(database, "SELECT text FROM messages WHERE text LIKE 'ask%%' ORDER BY sequence")] == [
        "ask @somebody, or @somebody, that is @somebody, or @somebody",
        "ask @somebody",
    ]
    for table in ("messages", "turns", "personas", "persona_versions", "fences", "user_activity", "relationships", "requests"):
        assert done.erased_by_table[f"conversation.{table}"] > 0, table
    assert (done.erased_by_table["memory.memories"], done.erased_by_table["credit.account_keys"]) == (3, 1)
    assert [request.user_id for request in (*neighbours.memory.erased, *neighbours.credit_admin.erased)] == [PERSON, PERSON]


async def test_the_receipt_counts_rows_and_its_hash_follows_from_it(client, database):
    await answered(client, theirs("one"))
    await answered(client, message("two", user_id="bob", user_name="Bob"))
    await drained(database)
    begun = await erase(client)
    done = await receipt(client, begun.erasure_id)
    counts = dict(done.erased_by_table)
    assert (counts["conversation.messages"], counts["conversation.turns"], counts["conversation.fences"]) == (2, 1, 1)
    lines = "".join(f"{table}={counts[table]}\n" for table in sorted(counts))
    said = f"{lines}{begun.erasure_id}\n{done.complete_time.ToMicroseconds()}"
    assert done.receipt_hash == hashlib.sha256(said.encode()).hexdigest()
    assert (done.backups_expire_time.ToDatetime() - done.complete_time.ToDatetime()).days == 35


async def test_a_repeated_request_is_the_same_erasure_and_spares_what_came_since(client, database):
    await answered(client, theirs("one"))
    first = await erase(client)
    done = await receipt(client, first.erasure_id)
    await answered(client, theirs("afterwards"))
    again = await erase(client)
    assert (again.erasure_id, again.complete, again.receipt_hash) == (first.erasure_id, True, done.receipt_hash)
    await drained(database)
    assert await rows(database, "SELECT text FROM messages WHERE role = 'user'") == [(f"{SENTINEL} afterwards",)]
    with pytest.raises(RequestIdReused):
        await erase(client, "bob")


async def test_the_same_request_twice_at_the_same_time_is_one_erasure(client, database):
    begun = await asyncio.gather(*(erase(client) for _ in range(5)))
    assert len({each.erasure_id for each in begun}) == 1
    await receipt(client, begun[0].erasure_id)
    assert await rows(database, "SELECT count(*) FROM erasures") == [(1,)]


async def test_an_erasure_nobody_began_is_not_found(client):
    with pytest.raises(NotFound):
        await client.get_erasure(pb.GetErasureRequest(erasure_id="unknown"))


@pytest.mark.parametrize("user_id", ["assistant", "", "a b"])
async def test_nobody_is_erased_by_a_request_that_names_no_person(client, database, user_id):
    await answered(client, message())
    with pytest.raises(InvalidField) as refused:
        await erase(client, user_id)
    assert refused.value.field == "user_id"
    assert await rows(database, "SELECT count(*) FROM messages") == [(2,)]
    for table in ("erasures", "tombstones"):
        assert await rows(database, f"SELECT count(*) FROM {table}") == [(0,)]


async def test_a_neighbour_that_is_away_delays_the_receipt_and_nothing_else(client, database, neighbours):
    neighbours.memory.failures = 1
    neighbours.credit_admin.failures = 1
    await answered(client, theirs("one"))
    await drained(database)
    neighbours.memory.failures = away = 1_000
    begun = await erase(client)
    async with asyncio.timeout(10):
        while neighbours.memory.failures == away:
            await asyncio.sleep(0.01)
    assert await found(database, SENTINEL) == set()
    progress = await client.get_erasure(pb.GetErasureRequest(erasure_id=begun.erasure_id))
    assert (progress.complete, progress.receipt_hash) == (False, "")
    assert progress.erased_by_table["conversation.messages"] == 2
    neighbours.memory.failures = 0
    done = await receipt(client, begun.erasure_id)
    assert done.erased_by_table["conversation.messages"] == 2
    assert [request.request_id for request in neighbours.memory.erased] == [f"{begun.erasure_id}:memory"]


async def test_what_others_said_is_summed_up_again_without_the_person(client, database):
    for number in range(3):
        await answered(client, theirs(f"thought {number}"))
        await answered(client, message(f"the harbour has {number} boats", user_id="bob", user_name="Bob"))
    await drained(database)
    await written(database, "UPDATE topics SET summary = %s, summary_source = 'model', closed = true", f"{NAME} spoke of {SENTINEL}")
    await erased(client)
    await drained(database)
    assert await found(database, SENTINEL, NAME) == set()
    assert [text for (text,) in await rows(database, "SELECT text FROM messages WHERE author_id = 'bob' ORDER BY sequence")] == [
        f"the harbour has {number} boats" for number in range(3)
    ]


async def test_a_conversation_of_direct_messages_leaves_nothing_behind(client, database):
    await answered(client, theirs("one", guild_id="", channel_id="dm-channel"))
    await client.reset_conversation(pb.ResetConversationRequest(request_id="r", conversation=pb.ConversationKey(channel_id="dm-channel")))
    await drained(database)
    await erased(client)
    await drained(database)
    assert await found(database, "dm-channel") == set()


async def test_a_reply_under_way_is_not_stored_after_its_author_was_erased(client, database, model):
    said = theirs("one")
    begun = await client.begin_turn(said)
    model.next(Answer(delta_delay_s=0.05))
    replying = asyncio.create_task(read_reply(client, wanted(begun, said)))
    await model.request()
    await erased(client)
    with pytest.raises(NotFound):
        await replying
    assert await found(database, SENTINEL, PERSON) == set()


async def test_jobs_that_come_late_bring_nothing_back_and_fail_for_no_reason(client, database, neighbours, logged):
    neighbours.memory.failures = 3
    await answered(client, theirs("one"))
    async with asyncio.timeout(10):
        while neighbours.memory.failures == 3:
            await asyncio.sleep(0.01)
    neighbours.memory.failures = 0
    await erased(client)
    await drained(database)
    assert neighbours.memory.observed == []
    assert await found(database, SENTINEL, PERSON) == set()
    assert "job given up" not in logged()


async def test_what_a_turn_used_is_told_to_credit_before_the_turn_goes(client, database, neighbours):
    neighbours.credit.error = NotFound("not now")
    neighbours.memory.failures = 1
    await answered(client, theirs("one"))
    async with asyncio.timeout(10):
        while neighbours.memory.failures:
            await asyncio.sleep(0.01)
    neighbours.credit.recorded.clear()
    neighbours.credit.error = None
    await erased(client)
    assert len(neighbours.credit.recorded) >= 1


async def test_a_transaction_that_began_before_is_waited_for_and_what_it_wrote_goes_too(client, database, shared_database):
    await answered(client, theirs("one"))
    await drained(database)
    async with await psycopg.AsyncConnection.connect(shared_database[1]) as writer:
        await writer.execute(
            "INSERT INTO messages (guild_id, channel_id, message_id, role, author_id, text) VALUES ('guild', 'lounge', 'late', 'user', %s, %s)",
            [PERSON, f"{SENTINEL} late"],
        )
        begun = await erase(client)
        async with asyncio.timeout(10):
            while await rows(database, "SELECT stage FROM erasures") != [(Stage.WAITING,)]:
                await asyncio.sleep(0.01)
        assert not (await client.get_erasure(pb.GetErasureRequest(erasure_id=begun.erasure_id))).complete
        await writer.commit()
    done = await receipt(client, begun.erasure_id)
    assert await found(database, SENTINEL, PERSON) == set()
    assert done.erased_by_table["conversation.messages"] == 3


async def test_a_job_that_runs_is_waited_for(client, database):
    await written(
        database,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, args) VALUES ('elsewhere', 'summarize_topics', 'doing', '{}')",
    )
    begun = await erase(client)
    async with asyncio.timeout(10):
        while await rows(database, "SELECT stage FROM erasures") != [(Stage.WAITING,)]:
            await asyncio.sleep(0.01)
    assert not (await client.get_erasure(pb.GetErasureRequest(erasure_id=begun.erasure_id))).complete
    await written(database, "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE queue_name = 'elsewhere'")
    assert (await receipt(client, begun.erasure_id)).complete


async def test_messages_from_before_are_not_taken_in_and_those_from_after_are(client, database):
    await erased(client)
    for number, hours in ((1, -1), (2, 1)):
        late = pb.Message(message_id=f"o{number}", author_id=PERSON, author_name=NAME, text=f"{SENTINEL} {number}")
        late.create_time.FromDatetime(datetime.now(UTC) + timedelta(hours=hours))
        appended = await client.append_messages(pb.AppendMessagesRequest(request_id=f"a{number}", conversation=LOUNGE, messages=[late]))
        assert appended.appended == (number == 2)
    assert await rows(database, "SELECT text FROM messages") == [(f"{SENTINEL} 2",)]


async def test_a_late_repetition_of_a_request_brings_nothing_back(client, database):
    persona = pb.UpdatePersonaRequest(request_id="p", guild_id="guild", user_id=PERSON, persona=pb.Persona(instructions=SENTINEL))
    await client.update_persona(persona)
    await erased(client)
    with pytest.raises(RequestIdReused):
        await client.update_persona(persona)
    assert await found(database, SENTINEL, PERSON) == set()


async def test_whoever_comes_back_is_served_and_remembered(client, database, neighbours):
    await answered(client, theirs("before"))
    await erased(client)
    _, reply = await answered(client, theirs("afterwards"))
    assert reply.finished.stored
    await drained(database)
    assert neighbours.memory.observed[-1].messages[0].text == f"{SENTINEL} afterwards"
    assert await rows(database, "SELECT text FROM messages WHERE role = 'user'") == [(f"{SENTINEL} afterwards",)]


async def test_whoever_had_opted_out_and_comes_back_has_opted_out(client, database, neighbours):
    await client.set_opt_out(pb.SetOptOutRequest(request_id="o1", user_id=PERSON, opted_out=True))
    await erased(client)
    assert await found(database, PERSON) == set()
    overheard = pb.Message(message_id="o1", author_id=PERSON, author_name=NAME, text=SENTINEL)
    appended = await client.append_messages(pb.AppendMessagesRequest(request_id="a1", conversation=LOUNGE, messages=[overheard]))
    assert appended.appended == 0
    await answered(client, theirs("afterwards"))
    await drained(database)
    assert neighbours.memory.observed == []
    assert await rows(database, "SELECT user_id FROM opt_outs") == [(PERSON,)]
    await client.set_opt_out(pb.SetOptOutRequest(request_id="o2", user_id=PERSON, opted_out=False))
    await answered(client, theirs("remember me"))
    await drained(database)
    assert [request.messages[0].text for request in neighbours.memory.observed] == [f"{SENTINEL} remember me"]


async def test_an_erased_persona_is_in_force_nowhere(client):
    await client.update_persona(pb.UpdatePersonaRequest(request_id="p", guild_id="guild", user_id=PERSON, persona=pb.Persona(warmth=2)))
    asked = pb.GetPersonaRequest(guild_id="guild", user_id=PERSON)
    assert (await client.get_persona(asked)).persona.warmth == 2
    await erased(client)
    assert (await client.get_persona(asked)).source == "default"


async def test_after_a_restore_people_are_erased_again_as_of_then(settings, service, client, database, neighbours):
    """The database of before comes back: the tombstone is in the file alone."""
    await answered(client, theirs("before"))
    await answered(client, message("bob stays", user_id="bob", user_name="Bob"))
    await drained(database)
    await service.stop()
    TombstoneFile(Path(settings.tombstones_file)).append(Tombstone(subject_hash(PERSON), datetime.now(UTC), opted_out=True))
    again = await Service(settings).start()
    try:
        async with asyncio.timeout(20):
            while await rows(database, "SELECT count(*) FROM erasures WHERE complete_time IS NOT NULL") != [(1,)]:
                await asyncio.sleep(0.05)
        assert await found(database, SENTINEL, PERSON) == set()
        assert await rows(database, "SELECT text FROM messages WHERE role = 'user'") == [("bob stays",)]
        assert [request.user_id for request in neighbours.memory.erased] == [PERSON]
        _, reply = await answered(again.client, theirs("afterwards"))
        assert reply.finished.stored
        assert await rows(database, "SELECT user_id FROM opt_outs") == [(PERSON,)]
    finally:
        await again.stop()


async def test_a_start_with_the_database_as_it_was_erases_nobody_again(settings, service, client, database, neighbours):
    await erased(client)
    await answered(client, theirs("afterwards"))
    await service.stop()
    again = await Service(settings).start()
    try:
        await answered(again.client, theirs("and again"))
        await drained(database)
        assert await rows(database, "SELECT count(*) FROM erasures") == [(1,)]
        assert len(neighbours.memory.erased) == 1
    finally:
        await again.stop()


async def test_a_file_that_cannot_be_written_stops_the_start_with_a_sentence(settings, tmp_path):
    bad = settings.model_copy(update={"tombstones_file": str(tmp_path / "nowhere" / "tombstones")})
    service = Service(bad)
    with pytest.raises(ValueError, match="PARLOUR_CONVERSATION_TOMBSTONES_FILE"):
        await service.start()
    await service.stop()


async def test_tombstones_must_be_kept_longer_than_backups(settings):
    service = Service(settings.model_copy(update={"erasure_keep_days": 35}))
    with pytest.raises(ValueError, match="BACKUP_KEEP_DAYS"):
        await service.start()
    await service.stop()


def test_a_tombstone_takes_no_more_room_than_is_said():
    assert len(line_of(Tombstone(subject_hash(PERSON), datetime.now(UTC), opted_out=True))) <= 150
    assert json.loads(line_of(Tombstone(subject_hash(PERSON), datetime.now(UTC)))).keys() == {"subject", "before", "opted_out"}


async def test_a_guild_that_ignored_the_person_ignores_the_others_still_and_its_moderators_read_it_anew(client, database):
    settings = pb.GuildSettings(guild_id="guild", extraction=True, rules="be kind", ignored_user_ids=["eve", PERSON])
    request = pb.UpdateGuildSettingsRequest(request_id="ignore", settings=settings)
    before = (await client.update_guild_settings(request)).settings
    assert list((await client.get_guild_settings(pb.GetGuildSettingsRequest(guild_id="guild"))).settings.ignored_user_ids) == ["eve", PERSON]
    done = await erased(client)
    after = (await client.get_guild_settings(pb.GetGuildSettingsRequest(guild_id="guild"))).settings
    assert (list(after.ignored_user_ids), after.rules, after.version) == (["eve"], "be kind", 2)
    assert done.erased_by_table["conversation.guild_settings"] == 1
    with pytest.raises(StaleVersion):
        await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="again", settings=before))
    with pytest.raises(RequestIdReused):
        await client.update_guild_settings(request)
    assert await found(database, PERSON) == set()
