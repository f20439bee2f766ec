"""Relationships, names and sessions: written after turns, counted once, kept over restarts, shown to the model and to nobody whose they are not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.client import ConversationClient
from services.conversation.people.relationship import Person
from services.conversation.people.relationship_store import RelationshipStore
from services.conversation.people.session_jobs import commit_left
from services.conversation.settings import ConversationSettings
from services.runtime.errors import InvalidField
from tests.integration.conversation.conftest import Service, answered, drained, message, rows

ANN = Person("guild", "ann")


@pytest.fixture
def store(database) -> RelationshipStore:
    return RelationshipStore(database, assistant_name="Parlour")


async def changed(database, statement: str, *arguments: object) -> None:
    async with database.connection() as connection:
        await connection.execute(statement, arguments)


@asynccontextmanager
async def running(settings: ConversationSettings) -> AsyncIterator[ConversationClient]:
    """An instance beside that of the fixture."""
    service = await Service(settings).start()
    try:
        yield service.client
    finally:
        await service.stop()


async def known(client, guild_id: str = "guild", user_id: str = "ann") -> pb.Relationship:
    return (await client.get_relationship(pb.GetRelationshipRequest(guild_id=guild_id, user_id=user_id))).relationship


def days_later(database, days: int) -> RelationshipStore:
    return RelationshipStore(database, assistant_name="Parlour", clock=lambda: datetime.now(UTC) + timedelta(days=days))


async def a_day_passed(database) -> None:
    """Every turn so far was a day ago."""
    await changed(database, "UPDATE turns SET accept_time = accept_time - interval '1 day', end_time = end_time - interval '1 day'")
    await changed(
        database,
        "UPDATE relationships SET last_day = last_day - 1, line_day = line_day - 1, topics = coalesce((SELECT jsonb_object_agg("
        "key, jsonb_set(value, '{3}', to_jsonb(((value->>3)::date - 1)::text))) FROM jsonb_each(topics)), '{}')",
    )


async def test_after_a_turn_the_names_are_known(client, database):
    await answered(client, message(user_name="Tom", nickname="Miso"))
    await drained(database)
    found = await known(client)
    assert (found.display_name, found.nickname, list(found.former_names)) == ("Tom", "Miso", [])


async def test_a_new_nickname_makes_the_old_one_a_former_name(client, database):
    for nickname in ("Miso", "Miso", "Ramen"):
        await answered(client, message(user_name="Tom", nickname=nickname))
        await drained(database)
    found = await known(client)
    assert (found.nickname, list(found.former_names)) == ("Ramen", ["Miso"])


async def test_names_that_are_known_cause_no_write(client, database):
    for _ in range(3):
        await answered(client, message(user_name="Tom"))
        await drained(database)
    assert await rows(database, "SELECT version FROM relationships") == [(1,)]


async def test_the_same_person_is_another_in_another_guild_and_in_direct_messages(client, database):
    for guild_id, nickname in (("guild", "Miso"), ("other", "Soup"), ("", "")):
        await answered(client, message(guild_id=guild_id, user_name="Tom", nickname=nickname))
    await drained(database)
    assert [(await known(client, guild_id)).nickname for guild_id in ("guild", "other", "")] == ["Miso", "Soup", ""]


async def test_somebody_never_seen_has_an_empty_relationship(client):
    assert await client.get_relationship(pb.GetRelationshipRequest(guild_id="guild", user_id="nobody")) == pb.GetRelationshipResponse()


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.GetRelationshipRequest(guild_id="guild"), "user_id"),
        (pb.GetRelationshipRequest(guild_id="a b", user_id="ann"), "guild_id"),
        (pb.GetRelationshipRequest(guild_id="guild", user_id="u" * 65), "user_id"),
    ],
)
async def test_a_bad_request_names_its_field(client, request_, field):
    with pytest.raises(InvalidField) as refused:
        await client.get_relationship(request_)
    assert refused.value.metadata["field"] == field


async def test_turns_are_counted_once_however_often_the_job_runs(client, store, database):
    for _ in range(3):
        await answered(client, message("chess is what I love"))
    assert [await store.count(ANN) for _ in range(3)] == [3, 0, 0]
    found = await known(client)
    assert (found.turns, found.days) == (3, 1)


async def test_concurrent_jobs_of_one_person_count_each_turn_once(client, store, database):
    for _ in range(5):
        await answered(client, message())
    assert sum(await asyncio.gather(*(store.count(ANN) for _ in range(6)))) == 5
    assert (await known(client)).turns == 5


async def test_a_turn_that_fails_to_be_counted_is_counted_later(client, store, database):
    await answered(client, message())
    await drained(database)
    await changed(database, "ALTER TABLE relationships ADD CONSTRAINT never CHECK (turns = 0) NOT VALID")
    try:
        with pytest.raises(Exception, match="never"):
            await store.count(ANN)
    finally:
        await changed(database, "ALTER TABLE relationships DROP CONSTRAINT never")
    assert await store.count(ANN) == 1


async def test_only_answered_turns_are_counted(client, store):
    said = message()
    begun = await client.begin_turn(said)
    await client.end_turn(pb.EndTurnRequest(turn_id=begun.turn_id, fence=begun.fence, state=pb.TURN_STATE_APOLOGISED, text="sorry"))
    await client.begin_turn(message())
    assert await store.count(ANN) == 0


async def test_more_turns_than_fit_into_one_transaction_are_all_counted(client, store, database, monkeypatch):
    monkeypatch.setattr("services.conversation.people.relationship_store.COUNTED_AT_ONCE_MAX", 2)
    for _ in range(5):
        await answered(client, message())
    assert await store.count(ANN) == 5
    assert (await known(client)).turns == 5


async def test_topics_are_what_a_person_comes_back_to_and_no_names(client, store, database):
    for _ in range(2):
        await answered(client, message("Ann and Bob asked <@42> and Parlour about lighthouses, see https://example.org/puffins"))
        await answered(client, message("hello", user_id="bob", user_name="Bob"))
        await store.count(ANN)
        await a_day_passed(database)
    assert list((await known(client)).topics) == ["lighthouses"]


async def test_what_is_said_in_a_hidden_channel_is_nobodys_topic(client, store, database):
    for _ in range(2):
        await answered(client, message("lighthouses", channel_id="secret", channel_hidden=True))
        await store.count(ANN)
        await a_day_passed(database)
    found = await known(client)
    assert (found.turns, found.days, list(found.topics)) == (2, 2, [])


async def test_who_opted_out_has_no_relationship_and_what_they_said_meanwhile_is_never_counted(client, store, database):
    await answered(client, message(nickname="Miso"))
    await store.count(ANN)
    await changed(database, "INSERT INTO opt_outs (user_id) VALUES ('ann')")
    assert await known(client) == pb.Relationship()
    await answered(client, message())
    await drained(database)
    await store.count(ANN)
    assert await rows(database, "SELECT * FROM relationships") == []
    await changed(database, "DELETE FROM opt_outs")
    assert await store.count(ANN) == 0


async def test_an_opt_out_beside_the_count_leaves_no_relationship(client, store, database):
    for number in range(8):
        user_id = f"user-{number}"
        await answered(client, message(user_id=user_id))
        out = pb.SetOptOutRequest(request_id=f"out-{number}", user_id=user_id, opted_out=True)
        await asyncio.gather(store.count(Person("guild", user_id)), client.set_opt_out(out))
    await drained(database)
    assert await rows(database, "SELECT user_id FROM relationships") == []


async def test_what_was_said_by_somebody_who_had_opted_out_then_is_passed_over_after_their_return(client, store, database):
    await changed(database, "INSERT INTO opt_outs (user_id) VALUES ('ann')")
    await answered(client, message("lighthouses", nickname="Hidden"))
    await drained(database)
    await changed(database, "DELETE FROM opt_outs")
    await answered(client, message("chess", nickname="Miso"))
    await drained(database)
    await store.count(ANN)
    found = await known(client)
    assert (found.nickname, list(found.former_names), found.turns) == ("Miso", [], 1)
    assert await rows(database, "SELECT turn_id FROM turns WHERE NOT counted") == []


async def test_a_guild_that_does_without_relationships_keeps_names_only(client, store, database):
    settings = pb.GuildSettings(guild_id="guild", addressing_threshold=0.5, extraction=True, relationships=False)
    await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="r", settings=settings))
    await answered(client, message("chess", nickname="Miso"))
    await drained(database)
    await store.count(ANN)
    found = await known(client)
    assert (found.nickname, found.turns, found.days) == ("Miso", 0, 0)
    assert await rows(database, "SELECT turns, topics FROM relationships") == [(0, {})]


async def test_nothing_is_made_of_a_turn_that_was_erased(client, store, database):
    begun, _ = await answered(client, message())
    await drained(database)
    turn = await client_turn(database, begun.turn_id)
    await changed(database, "DELETE FROM turns")
    await changed(database, "DELETE FROM relationships")
    await store.note_names(turn)
    assert await store.count(ANN) == 0
    assert await rows(database, "SELECT * FROM relationships") == []


async def client_turn(database, turn_id: str):
    from services.conversation.store import TurnStore
    from services.runtime.jobs import Jobs

    store = TurnStore(database, Jobs(database), turn_s=60, claim_s=30, orphan_keep_s=60, history_max=1)
    return (await store.aftermath(turn_id, {})).turn


async def test_the_model_is_told_who_talks_with_it_in_words_that_do_not_change_from_turn_to_turn(client, store, model, database):
    for _ in range(3):
        await answered(client, message("chess and sourdough", user_name="Tom", nickname="Miso"))
        await drained(database)
        await store.count(ANN)
        await a_day_passed(database)
    await answered(client, message("chess again", user_name="Tom", nickname="Miso"))
    await store.count(ANN)
    asked = []
    for _ in range(3):
        await answered(client, message("hello", user_name="Tom", nickname="Miso"))
        await drained(database)
        await store.count(ANN)
        asked.append(model.requests[-1].body["messages"][0]["content"])
    since = f"{datetime.now(UTC) - timedelta(days=3):%B %Y}"
    line = f"Miso (also called Tom) has talked with you on 4 days since {since}; often about chess and sourdough."
    assert all(line in system for system in asked)
    assert len(set(asked)) == 1


async def test_the_conversation_shows_what_people_are_called_here_now(client, model, database):
    await answered(client, message("first words", user_id="bob", user_name="Robert", nickname="Bobby"))
    await drained(database)
    await answered(client, message("second words", user_id="bob", user_name="Robert", nickname="Captain"))
    await drained(database)
    await answered(client, message("who was that?"))
    prompt = str(model.requests[-1].body["messages"])
    assert prompt.count("Captain") >= 2
    assert "Bobby" not in prompt
    assert "Robert" not in prompt


async def test_an_older_message_that_comes_back_shows_what_its_author_is_called_now(settings, model, database):
    async with running(settings.model_copy(update={"history_messages_max": 2})) as client:
        bob = {"user_id": "bob", "user_name": "Robert"}
        await answered(client, message("the telescope in the garden lost its lens", nickname="Bobby", **bob))
        for text in ("what a warm day", "I had bread for lunch", "good night"):
            await answered(client, message(text, nickname="Captain", **bob))
        await drained(database, timeout_s=30)
        await answered(client, message("which lens did the telescope in the garden lose?"))
        prompt = "\n".join(str(each["content"]) for each in model.requests[-1].body["messages"])
        assert "Captain: the telescope in the garden lost its lens" in prompt.splitlines()


async def test_a_nickname_survives_an_orphans_way_to_another_gateway(client, database):
    await client.begin_turn(message(user_name="Tom", nickname="Miso"))
    await changed(database, "UPDATE turns SET deadline_at = now() - interval '1 second'")
    [orphan] = (await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="two"))).turns
    assert (orphan.message.user_name, orphan.message.nickname) == ("Tom", "Miso")


async def test_an_orderly_stop_commits_the_sessions(settings, database):
    async with running(settings) as first:
        await answered(first, message("chess"))
        await drained(database)
        assert await rows(database, "SELECT turns FROM relationships") == [(0,)]
    async with running(settings) as second:
        await drained(database)
        assert (await known(second)).turns == 1


async def test_sessions_of_a_killed_process_are_found_in_the_database(settings, store, database):
    async with running(settings) as killed:  # its sessions are never heard of below
        await answered(killed, message("chess"))
        await answered(killed, message("chess", user_id="bob"))
        await drained(database)
        assert await commit_left(store, 3600) == 0
        await changed(database, "UPDATE turns SET end_time = end_time - interval '61 minutes' WHERE user_id = 'ann'")
        assert await commit_left(store, 3600) == 1
        assert await rows(database, "SELECT user_id, turns FROM relationships ORDER BY 1") == [("ann", 1), ("bob", 0)]
        assert await commit_left(store, 3600) == 0


async def test_more_lost_sessions_than_are_looked_up_at_once_are_all_committed(client, store, database, monkeypatch):
    monkeypatch.setattr("services.conversation.people.session_jobs.LEFT_AT_ONCE_MAX", 2)
    for number in range(5):
        await answered(client, message(user_id=f"user-{number}"))
    assert await commit_left(store, 0) == 5
    assert await rows(database, "SELECT turns FROM relationships") == [(1,)] * 5


async def test_a_session_ends_and_is_committed_while_the_service_runs(settings, database):
    async with running(settings.model_copy(update={"session_idle_s": 0.3, "session_sweep_s": 0.05})) as client:
        await answered(client, message("chess"))
        async with asyncio.timeout(10):
            while await rows(database, "SELECT 1 FROM turns WHERE NOT counted"):
                await asyncio.sleep(0.05)
        assert (await known(client)).turns == 1


async def test_messages_wait_for_extraction_until_memory_was_handed_them(client, neighbours, database):
    neighbours.memory.failures = 1
    await answered(client, message())
    await drained(database)
    assert await rows(database, "SELECT messages_since_extraction FROM user_activity") == [(0,)]
    assert len(neighbours.memory.observed) == 1
    await client.begin_turn(message())
    assert await rows(database, "SELECT messages_since_extraction FROM user_activity") == [(1,)]


async def test_messages_that_memory_may_not_have_go_on_waiting(client, database):
    settings = pb.GuildSettings(guild_id="guild", addressing_threshold=0.5, extraction=False)
    await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="r", settings=settings))
    await answered(client, message())
    await drained(database)
    assert await rows(database, "SELECT messages_since_extraction FROM user_activity") == [(1,)]


async def test_a_hand_over_noted_late_and_twice_takes_back_no_later_message(client, database):
    from services.conversation.people.activity import note_extraction

    begun = [(await answered(client, message()))[0] for _ in range(2)]
    await drained(database)
    await client.begin_turn(message())
    for turn in (begun[0], begun[1], begun[0]):
        await note_extraction(database, turn.turn_id)
    assert await rows(database, "SELECT messages_since_extraction FROM user_activity") == [(1,)]
