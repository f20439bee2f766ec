"""A turn that a second gateway goes on with, because the first one was killed or paused: it is not apologised for meanwhile."""

import asyncio
from contextlib import aclosing

from parlour.conversation.v1 import conversation_pb2 as pb
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import Service, message, read_reply, rows, wanted

PAST = "UPDATE turns SET deadline_at = now() - interval '1 second'"
ORPHANS = pb.ClaimOrphanedTurnsRequest(claimant="one")


async def test_a_turn_that_is_begun_again_has_a_whole_turns_time(client, database):
    said = message()
    await client.begin_turn(said)
    async with database.connection() as connection:
        await connection.execute(PAST)
    await client.begin_turn(said)
    assert not (await client.claim_orphaned_turns(ORPHANS)).turns


async def test_a_turn_that_ended_or_that_somebody_apologises_for_gets_none(client, database):
    ended, orphaned = message(), message(user_id="lost")
    begun = await client.begin_turn(ended)
    await client.end_turn(pb.EndTurnRequest(turn_id=begun.turn_id, fence=begun.fence, state=pb.TURN_STATE_CUT, text="so far"))
    await client.begin_turn(orphaned)
    async with database.connection() as connection:
        await connection.execute(PAST)
    assert len((await client.claim_orphaned_turns(ORPHANS)).turns) == 1
    before = await rows(database, "SELECT turn_id, deadline_at FROM turns ORDER BY turn_id")
    for said in (ended, orphaned):
        await client.begin_turn(said)
    assert await rows(database, "SELECT turn_id, deadline_at FROM turns ORDER BY turn_id") == before


async def test_a_reader_that_goes_away_while_another_one_reads_on_leaves_the_turn_alone(settings, model, database):
    service = await Service(settings.model_copy(update={"abandoned_s": 0.05})).start()
    model.default = Answer(delta_delay_s=0.05)
    said = message()
    begun = await service.client.begin_turn(said)
    try:
        async with aclosing(service.client.reply(wanted(begun, said))) as paused:
            await anext(paused)
            reading = asyncio.create_task(read_reply(service.client, wanted(begun, said)))
            await model.request(1)  # the second gateway's
        await asyncio.sleep(0.3)
        assert not (await service.client.claim_orphaned_turns(ORPHANS)).turns
        assert (await reading).finished is not None
    finally:
        await service.stop()
