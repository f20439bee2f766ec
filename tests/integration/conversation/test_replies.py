"""What a reply does when the model is well, ill, slow, cut or gone, and when the database is."""

import asyncio
from contextlib import aclosing

import psycopg
import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.runtime.errors import (
    ContentRefused,
    ContextTooLong,
    DeadlineExceeded,
    ModelUnavailable,
    UnknownModel,
)
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import Reply, Service, answered, drained, message, read_reply, rows, wanted


async def test_the_prompt_holds_persona_memories_conversation_and_message(client, model):
    await answered(client, message("my dog is brown"))
    _, earlier = await answered(client, message("and mine is white", user_id="bob", user_name="Bob"))
    said = message("what should I call him?", replied_to=pb.RepliedTo(message_id="x", author_id="bob", author_name="Bob", text="call him"))
    await answered(client, said, memories=[pb.RecalledMemory(memory_id="1", text="Ann likes short names")])
    sent = model.requests[-1].messages
    assert [each["role"] for each in sent] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "You are Parlour" in sent[0]["content"]
    assert sent[1]["content"] == '<message from="Ann">\nmy dog is brown\n</message>'
    assert sent[3]["content"] == '<message from="Bob">\nand mine is white\n</message>'
    assert sent[4]["content"] == earlier.text
    last = sent[5]["content"]
    assert last.index("<memories>\n- Ann likes short names\n</memories>") < last.index('<replied_to from="Bob">')
    assert last.endswith("Ann asks you:\nwhat should I call him?")


async def test_what_does_not_fit_is_left_out_and_said(client, model):
    for number in range(12):
        await answered(client, message(f"message {number} " + "blah " * 60))
    _, reply = await answered(client, message("short one"), max_prompt_tokens=600)
    assert reply.started[0].prompt_tokens <= 600
    assert any(left_out.endswith("earlier messages") for left_out in reply.started[0].left_out)
    assert "message 11" in model.requests[-1].prompt


async def test_the_models_own_limit_and_the_holds_bound_the_completion(client, model):
    _, reply = await answered(client, message(), max_completion_tokens=5)
    assert model.requests[-1].body["max_tokens"] == 5
    assert reply.finished.truncated
    assert reply.finished.usage.completion_tokens == 5


async def test_a_message_that_fits_no_model_is_refused(client, model):
    said = message("long " * 1500)
    begun = await client.begin_turn(said)
    with pytest.raises(ContextTooLong):
        await read_reply(client, wanted(begun, said, max_prompt_tokens=500))
    assert not model.requests


async def test_what_a_reply_used_is_said_before_it_is_stored(client):
    _, reply = await answered(client, message())
    assert [generated.usage for generated in reply.generated] == [reply.finished.usage]


async def test_usage_is_counted_where_the_provider_reports_none(client, model):
    model.next(Answer(usage=False))
    _, reply = await answered(client, message())
    assert reply.finished.usage.completion_tokens == 20
    assert reply.finished.usage.prompt_tokens == reply.started[0].prompt_tokens > 0


async def test_cached_prompt_tokens_are_passed_on(client, model, neighbours, database):
    model.next(Answer(cached_prompt_tokens=7))
    _, reply = await answered(client, message())
    assert reply.finished.usage.cached_prompt_tokens == 7
    await drained(database)
    assert neighbours.credit.recorded[0].usage.cached_prompt_tokens == 7


async def test_the_first_delta_is_not_kept_back_and_fast_ones_are_joined(client, model):
    _, reply = await answered(client, message())
    assert len(reply.deltas) < 20
    model.next(Answer(deltas=("one", " two"), delta_delay_s=0.5))
    said = message()
    begun = await client.begin_turn(said)
    loop = asyncio.get_running_loop()
    async with aclosing(client.reply(wanted(begun, said), timeout_s=10)) as responses:
        times = {response.WhichOneof("event"): loop.time() async for response in responses if response.delta.text != " two"}
    assert times["finished"] - times["delta"] > 0.3


async def test_refused_content_is_not_offered_to_the_next_model(client, model):
    model.always("first", Answer(status=400, error_code="content_filter"))
    said = message()
    begun = await client.begin_turn(said)
    with pytest.raises(ContentRefused):
        await read_reply(client, wanted(begun, said))
    assert [request.model for request in model.requests] == ["first"]


async def test_a_model_that_cannot_be_reached_is_passed_over_and_rested(client, service):
    for _ in range(service.settings.model_failures_max):
        _, reply = await answered(client, message(), models=["nowhere", "second"])
        assert reply.started[0].model == "second"
    said = message()
    begun = await client.begin_turn(said)
    # A person is told that it is the model which cannot be reached, and when to come back.
    with pytest.raises(ModelUnavailable) as told:
        await read_reply(client, wanted(begun, said, models=["nowhere"]))
    assert told.value.retry_after_s is not None


async def test_unknown_models_are_skipped_and_refused_when_there_is_no_other(client):
    _, reply = await answered(client, message(), models=["unheard-of", "second"])
    assert reply.started[0].model == "second"
    said = message()
    begun = await client.begin_turn(said)
    with pytest.raises(UnknownModel):
        await read_reply(client, wanted(begun, said, models=["unheard-of"]))


@pytest.mark.parametrize("answer", [Answer(cut_after=3, delta_delay_s=0.02), Answer(hang_after=3, delta_delay_s=0.02)], ids=["cut", "stalled"])
async def test_a_stream_that_breaks_after_the_first_word_hands_on_what_came_and_fails(client, model, answer, database, neighbours):
    model.next(answer)
    said = message()
    begun = await client.begin_turn(said)
    reply = Reply()
    with pytest.raises(ModelUnavailable):
        await read_reply(client, wanted(begun, said), reply)
    assert reply.deltas[-1].completion_tokens == 3
    assert len(model.requests) == 1
    assert await rows(database, "SELECT state FROM turns") == [(pb.TURN_STATE_ACCEPTED,)]
    await drained(database)
    assert neighbours.credit.recorded == []


async def test_generation_stops_before_the_deadline_and_the_reply_is_stored_as_truncated(client, model):
    model.next(Answer(deltas=tuple(f" w{number}" for number in range(100)), delta_delay_s=0.1))
    said = message()
    begun = await client.begin_turn(said)
    reply = await read_reply(client, wanted(begun, said), timeout_s=3)
    assert reply.finished.truncated
    assert reply.finished.stored
    assert 0 < reply.finished.usage.completion_tokens < 30
    assert reply.finished.text == reply.text
    await (await model.request()).cancelled.wait()


async def test_stopping_a_reply_reaches_the_model_at_once(client, model):
    model.next(Answer(delta_delay_s=0.5))
    said = message()
    begun = await client.begin_turn(said)
    async with aclosing(client.reply(wanted(begun, said))) as responses:
        async for response in responses:
            if response.HasField("delta"):
                break
    async with asyncio.timeout(2):
        await model.requests[0].cancelled.wait()
    assert model.requests[0].deltas_sent < 10


async def test_a_caller_that_gives_up_before_the_first_word_reaches_the_model_too(client, model):
    model.next(Answer(never=True))
    said = message()
    begun = await client.begin_turn(said)
    reading = asyncio.create_task(read_reply(client, wanted(begun, said)))
    request = await model.request()
    reading.cancel()
    async with asyncio.timeout(2):
        await request.cancelled.wait()


async def test_while_the_database_is_away_people_are_answered_and_told(client, service, model, neighbours, postgres, database):
    said = message("are you there?")
    async with without_database(postgres, service):
        begun = await client.begin_turn(said, timeout_s=10)
        assert (begun.stored, begun.fence, begun.state) == (False, 0, pb.TURN_STATE_ACCEPTED)
        reply = await read_reply(client, wanted(begun, said))
        assert reply.text
        assert not reply.finished.stored
        ending = pb.EndTurnRequest(turn_id=begun.turn_id, fence=0, state=pb.TURN_STATE_CUT)
        assert (await client.end_turn(ending)).state == pb.TURN_STATE_CUT
    assert await rows(database, "SELECT count(*) FROM turns") == [(0,)]


async def test_while_the_database_only_reads_people_are_answered_and_told_and_kept_again_afterwards(client, service, model, postgres, database):
    said = message("are you there?")
    async with only_reading(postgres, service):
        begun = await client.begin_turn(said, timeout_s=10)
        assert (begun.stored, begun.fence) == (False, 0)
        reply = await read_reply(client, wanted(begun, said))
        assert reply.text == reply.finished.text
        assert not reply.finished.stored
    async with asyncio.timeout(10):
        while not (await client.begin_turn(message("and now?"), timeout_s=10)).stored:
            await asyncio.sleep(0.1)


async def test_a_database_lost_in_mid_reply_ends_the_turn_when_it_is_back(client, service, model, neighbours, postgres, database):
    said = message()
    begun = await client.begin_turn(said)
    model.next(Answer(delta_delay_s=0.02))
    reading = asyncio.create_task(read_reply(client, wanted(begun, said), timeout_s=8))
    await model.request()
    async with without_database(postgres, service):
        reply = await reading
        assert reply.text == reply.finished.text
        assert not reply.finished.stored
    async with asyncio.timeout(10):
        while await rows(database, "SELECT state FROM turns") != [(pb.TURN_STATE_FINISHED,)]:
            await asyncio.sleep(0.05)
    await drained(database)
    assert [recorded.usage.completion_tokens for recorded in neighbours.credit.recorded] == [20]
    assert await rows(database, "SELECT role FROM messages") == [("user",)]


class without_database:
    """The service's database refuses every connection while the block runs."""

    def __init__(self, postgres, service) -> None:
        self._postgres = postgres
        self._name = service.settings.database_url.rsplit("/", 1)[-1].partition("?")[0]

    async def __aenter__(self) -> None:
        self._run(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false')
        self._end_sessions()

    async def __aexit__(self, *_) -> None:
        self._run(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS true')

    def _end_sessions(self) -> None:
        self._run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


class only_reading(without_database):
    """Who connects to the service's database while the block runs may only read, also later on the same connection."""

    async def __aenter__(self) -> None:
        self._run(f'ALTER DATABASE "{self._name}" SET default_transaction_read_only = on')
        self._end_sessions()

    async def __aexit__(self, *_) -> None:
        self._run(f'ALTER DATABASE "{self._name}" RESET default_transaction_read_only')


async def test_an_unstarted_reply_without_time_left_is_refused(client, model):
    said = message()
    begun = await client.begin_turn(said)
    with pytest.raises((DeadlineExceeded, ModelUnavailable)):
        await read_reply(client, wanted(begun, said, models=["first"]), timeout_s=0.3)


async def test_a_turn_whose_reader_went_away_is_soon_an_orphan_unless_it_is_ended(settings, model):
    service = await Service(settings.model_copy(update={"abandoned_s": 0.1})).start()
    model.default = Answer(delta_delay_s=0.2)
    ended, lost = message(), message(user_id="lost")
    for said in (ended, lost):
        begun = await service.client.begin_turn(said)
        async with aclosing(service.client.reply(wanted(begun, said))) as responses:
            async for response in responses:
                if response.HasField("delta"):
                    break
        if said is ended:
            await service.client.end_turn(pb.EndTurnRequest(turn_id=begun.turn_id, fence=begun.fence, state=pb.TURN_STATE_CUT, text="so far"))
    claimed = []
    async with asyncio.timeout(10):
        while not claimed:
            claimed = (await service.client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="one"))).turns
    assert [orphan.message.user_id for orphan in claimed] == ["lost"]
    await service.stop()
