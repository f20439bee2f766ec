"""Turns: begun once, fenced, answered once, settled, never lost."""

import asyncio

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.runtime.errors import InvalidField, NotFound, PermissionRefused, RequestIdReused, StaleFence
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import Service, answered, drained, message, read_reply, rows, wanted


async def test_a_turn_is_begun_once_however_often_it_is_handed_in(client, database):
    said = message()
    begun = await client.begin_turn(said)
    again = await client.begin_turn(said)
    assert begun == again
    assert (begun.turn_id, begun.fence, begun.state, begun.stored) == (f"{said.message_id}:0", 1, pb.TURN_STATE_ACCEPTED, True)
    assert await rows(database, "SELECT count(*) FROM messages") == [(1,)]
    assert await rows(database, "SELECT fence FROM fences") == [(1,)]


async def test_concurrent_hand_ins_of_one_message_lose_no_fence(client, database):
    said = message()
    begun = await asyncio.gather(*(client.begin_turn(said) for _ in range(8)))
    assert {response.fence for response in begun} == {1}
    assert await rows(database, "SELECT fence FROM fences") == [(1,)]


async def test_fences_rise_with_every_turn_of_a_person_in_a_guild(client):
    fences = [(await client.begin_turn(message())).fence for _ in range(3)]
    elsewhere = await client.begin_turn(message(guild_id="other"))
    assert (fences, elsewhere.fence) == ([1, 2, 3], 1)


async def test_a_message_id_with_another_text_is_refused(client):
    said = message()
    await client.begin_turn(said)
    said.text = "something else"
    with pytest.raises(RequestIdReused):
        await client.begin_turn(said)


async def test_a_reply_streams_and_is_stored_with_its_settlement(client, model, neighbours, database):
    said = message()
    begun, reply = await answered(client, said)
    assert reply.started[0].model == "first"
    assert reply.finished is not None
    assert reply.text == reply.finished.text != ""
    assert reply.finished.stored
    assert not reply.finished.truncated
    assert reply.deltas[-1].completion_tokens == reply.finished.usage.completion_tokens == 20
    await drained(database)
    [recorded] = neighbours.credit.recorded
    assert (recorded.turn_id, recorded.account_id, recorded.hold_id) == (begun.turn_id, "user:ann", f"hold-{said.message_id}")
    assert (recorded.usage.model, recorded.usage.completion_tokens) == ("first", 20)
    assert recorded.usage.prompt_tokens == reply.finished.usage.prompt_tokens > 0
    assert [text for (text,) in await rows(database, "SELECT text FROM messages ORDER BY sequence")] == [said.text, reply.text]


async def test_a_turn_taken_on_a_lease_is_recorded_under_it(client, model, neighbours, database):
    said = message()
    begun, reply = await answered(client, said, hold_id="", lease_id="7f")
    assert reply.finished.stored
    cut = message()
    begun_cut = await client.begin_turn(cut)
    ending = pb.EndTurnRequest(
        turn_id=begun_cut.turn_id,
        fence=begun_cut.fence,
        state=pb.TURN_STATE_CUT,
        text="half an ans",
        usage=pb.ModelUsage(model="first", prompt_tokens=12, completion_tokens=3),
        account_id="user:ann",
        lease_id="7f",
    )
    await client.end_turn(ending)
    await drained(database)
    recorded = {one.turn_id: one for one in neighbours.credit.recorded}
    assert set(recorded) == {begun.turn_id, begun_cut.turn_id}
    assert {(one.account_id, one.hold_id, one.lease_id) for one in recorded.values()} == {("user:ann", "", "7f")}
    assert recorded[begun_cut.turn_id].usage.completion_tokens == 3


async def test_an_end_is_charged_to_one_of_a_hold_and_a_lease(client, database):
    said = message()
    begun = await client.begin_turn(said)
    usage = pb.ModelUsage(model="first", prompt_tokens=12, completion_tokens=3)
    for cover in ({}, {"hold_id": "hold", "lease_id": "7f"}):
        ending = pb.EndTurnRequest(
            turn_id=begun.turn_id, fence=begun.fence, state=pb.TURN_STATE_CUT, text="half", usage=usage, account_id="user:ann", **cover
        )
        with pytest.raises(InvalidField) as refused:
            await client.end_turn(ending)
        assert refused.value.field == "usage"


async def test_reply_usage_and_jobs_are_committed_together_or_not_at_all(client, database, model):
    said = message()
    begun = await client.begin_turn(said)
    await rows_written(database, "ALTER TABLE procrastinate_jobs ADD CONSTRAINT no_jobs CHECK (task_name <> 'after_turn')")
    with pytest.raises(Exception, match="unexpected"):
        await read_reply(client, wanted(begun, said))
    assert await rows(database, "SELECT state FROM turns") == [(pb.TURN_STATE_ACCEPTED,)]
    assert await rows(database, "SELECT role FROM messages") == [("user",)]


async def rows_written(database, statement: str) -> None:
    async with database.connection() as connection:
        await connection.execute(statement)


async def test_a_repeated_reply_is_replayed_without_the_model(client, model, neighbours, database):
    said = message()
    begun, first = await answered(client, said)
    second = await read_reply(client, wanted(begun, said))
    assert second.finished == first.finished
    assert second.text == first.text
    assert len(model.requests) == 1
    again = await client.begin_turn(said)
    assert (again.state, again.reply_text, again.usage) == (pb.TURN_STATE_FINISHED, first.text, first.finished.usage)
    await drained(database)
    assert len(neighbours.credit.recorded) == 1


async def test_an_older_fence_may_not_answer(client, model):
    older, newer = message(), message()
    begun = await client.begin_turn(older)
    await client.begin_turn(newer)
    with pytest.raises(StaleFence):
        await read_reply(client, wanted(begun, older))
    assert not model.requests


async def test_a_fence_that_was_never_issued_is_not_found(client):
    said = message()
    begun = await client.begin_turn(said)
    begun.fence += 1
    with pytest.raises(NotFound):
        await read_reply(client, wanted(begun, said))


async def test_a_turn_taken_over_by_another_gateway_cannot_be_stored_by_the_first(client, model, database):
    said = message()
    begun = await client.begin_turn(said)
    model.next(Answer(delta_delay_s=0.05))
    slow = asyncio.create_task(read_reply(client, wanted(begun, said)))
    await model.request()
    await rows_written(database, "UPDATE turns SET deadline_at = now() - interval '1 second'")
    [orphan] = (await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="two"))).turns
    with pytest.raises(StaleFence):
        await slow
    finished = await read_reply(client, wanted(begun, said, fence=orphan.fence))
    assert finished.finished.stored


async def test_a_cut_turn_keeps_what_was_delivered_and_charges_it(client, neighbours, database):
    said = message()
    begun = await client.begin_turn(said)
    ending = pb.EndTurnRequest(
        turn_id=begun.turn_id,
        fence=begun.fence,
        state=pb.TURN_STATE_CUT,
        text="half an ans",
        usage=pb.ModelUsage(model="first", prompt_tokens=12, completion_tokens=3),
        account_id="user:ann",
        hold_id="hold",
    )
    assert (await client.end_turn(ending)).state == pb.TURN_STATE_CUT
    assert (await client.end_turn(ending)).state == pb.TURN_STATE_CUT
    await drained(database)
    [recorded] = neighbours.credit.recorded
    assert (recorded.usage.prompt_tokens, recorded.usage.completion_tokens) == (12, 3)
    again = await client.begin_turn(said)
    assert (again.state, again.reply_text) == (pb.TURN_STATE_CUT, "half an ans")
    assert (await read_reply(client, wanted(begun, said))).finished.truncated


async def test_an_apology_charges_nothing_and_is_shown_to_no_model(client, model, neighbours, database):
    said = message()
    begun = await client.begin_turn(said)
    apology = pb.EndTurnRequest(turn_id=begun.turn_id, fence=begun.fence, state=pb.TURN_STATE_APOLOGISED, text="Sorry, that went wrong.")
    await client.end_turn(apology)
    await drained(database)
    assert (await client.begin_turn(said)).reply_text == "Sorry, that went wrong."
    assert neighbours.credit.recorded == []
    await answered(client, message("and now?"))
    assert "Sorry" not in model.requests[-1].prompt


async def test_a_finished_turn_cannot_be_ended_otherwise(client):
    said = message()
    begun, _ = await answered(client, said)
    ending = pb.EndTurnRequest(turn_id=begun.turn_id, fence=begun.fence, state=pb.TURN_STATE_APOLOGISED, text="Sorry")
    assert (await client.end_turn(ending)).state == pb.TURN_STATE_FINISHED


async def test_ending_a_turn_with_an_older_fence_is_refused(client, database):
    said = message()
    begun = await client.begin_turn(said)
    await rows_written(database, "UPDATE turns SET deadline_at = now() - interval '1 second'")
    await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="two"))
    with pytest.raises(StaleFence):
        await client.end_turn(pb.EndTurnRequest(turn_id=begun.turn_id, fence=begun.fence, state=pb.TURN_STATE_CUT, text="x"))


BAD_ENDS = [
    ({"state": pb.TURN_STATE_FINISHED}, "state"),
    ({"state": pb.TURN_STATE_ACCEPTED}, "state"),
    ({"state": 0}, "state"),
    ({"usage": pb.ModelUsage(model="first")}, "usage"),
    ({"turn_id": ""}, "turn_id"),
    ({"fence": -1}, "fence"),
]


async def test_an_end_that_makes_no_sense_is_refused(client):
    ending = {"turn_id": "m:0", "fence": 1, "state": pb.TURN_STATE_CUT}
    for changes, field in BAD_ENDS:
        with pytest.raises(InvalidField) as refused:
            await client.end_turn(pb.EndTurnRequest(**{**ending, **changes}))
        assert refused.value.field == field


async def test_ending_an_unknown_turn_is_not_found(client):
    with pytest.raises(NotFound):
        await client.end_turn(pb.EndTurnRequest(turn_id="nobody:0", fence=1, state=pb.TURN_STATE_CUT))


async def test_two_claimants_never_get_the_same_orphan(settings, service, database):
    said = [message(user_id=f"user{number}") for number in range(12)]
    await asyncio.gather(*(service.client.begin_turn(each) for each in said))
    await rows_written(database, "UPDATE turns SET deadline_at = now() - interval '1 second'")
    other = await Service(settings).start()
    try:
        claims = await asyncio.gather(
            *(
                client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant=name, limit=4))
                for name, client in (("one", service.client), ("two", other.client), ("three", service.client))
            )
        )
    finally:
        await other.stop()
    claimed = [turn.turn_id for claim in claims for turn in claim.turns]
    assert len(claimed) == len(set(claimed))
    rest = await service.client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="last"))
    assert {*claimed, *(turn.turn_id for turn in rest.turns)} == {f"{each.message_id}:0" for each in said}


async def test_a_claim_carries_the_message_and_a_new_fence_and_lapses(client, database):
    said = message(replied_to=pb.RepliedTo(message_id="r", author_id="bob", author_name="Bob", text="earlier"), channel_hidden=True)
    begun = await client.begin_turn(said)
    assert not (await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="one"))).turns
    await rows_written(database, "UPDATE turns SET deadline_at = now() - interval '1 second'")
    assert not (await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="one", origin="discord"))).turns
    [orphan] = (await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="one", origin="api"))).turns
    assert (orphan.message, orphan.fence) == (said, begun.fence + 1)
    assert not (await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="two"))).turns
    await rows_written(database, "UPDATE turns SET claimed_until = now() - interval '1 second'")
    [again] = (await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="two"))).turns
    assert again.fence == orphan.fence + 1


async def test_an_orphan_waits_while_its_person_has_a_turn_under_way(client, database):
    await client.begin_turn(message())
    await rows_written(database, "UPDATE turns SET deadline_at = now() - interval '1 second'")
    live = message()
    begun = await client.begin_turn(live)
    assert not (await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="one"))).turns
    await read_reply(client, wanted(begun, live))
    assert len((await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="one"))).turns) == 1


async def test_a_second_attempt_replaces_the_first_answer_in_later_prompts(client, model):
    said = message("tell me a joke")
    _, first = await answered(client, said)
    said.attempt, said.text = 1, "tell me a short joke"
    _, second = await answered(client, said)
    assert first.text != second.text
    await answered(client, message("another one"))
    prompt = model.requests[-1].prompt
    assert second.text in prompt
    assert first.text not in prompt
    assert "tell me a short joke" in prompt
    assert "tell me a joke" not in prompt


async def test_settlement_is_tried_again_and_given_up_when_credit_refuses_for_good(client, neighbours, database):
    neighbours.credit.error = NotFound("hold")
    await answered(client, message())
    await drained(database)
    assert (len(neighbours.credit.recorded), len(neighbours.memory.observed)) == (1, 1)
    assert await rows(database, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'") == [(0,)]


async def test_settlement_outlives_a_wrong_answer_that_another_time_may_not_give(client, neighbours, database):
    neighbours.credit.error = PermissionRefused("RecordUsage")
    await answered(client, message())
    async with asyncio.timeout(20):
        while len(neighbours.credit.recorded) < 2:
            await asyncio.sleep(0.01)
    neighbours.credit.error = None
    told = len(neighbours.credit.recorded)
    await drained(database)
    assert len(neighbours.credit.recorded) > told
    assert await rows(database, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'") == [(0,)]


async def test_memory_is_handed_the_persons_message_in_its_scope(client, neighbours, database):
    scopes = [
        ({}, ("guild", "", "ann", 2)),
        ({"channel_hidden": True}, ("guild", "lounge", "ann", 2)),
        ({"guild_id": "", "channel_id": "dm"}, ("", "", "ann", 1)),
    ]
    for changes, scope in scopes:
        said = message("my cat is called Miso", **changes)
        await answered(client, said)
        await drained(database)
        observed = neighbours.memory.observed.pop()
        where = observed.scope
        assert (where.guild_id, where.channel_id, where.user_id, where.visibility) == scope
        assert [(each.message_id, each.author_id, each.text) for each in observed.messages] == [(said.message_id, "ann", said.text)]
    assert neighbours.memory.observed == []


async def test_memory_is_tried_again_when_it_fails(client, neighbours, database):
    neighbours.memory.failures = 1
    await answered(client, message())
    await drained(database)
    assert len(neighbours.memory.observed) == 1


async def test_who_opted_out_is_answered_and_not_observed(client, neighbours, database):
    await rows_written(database, "INSERT INTO opt_outs (user_id) VALUES ('ann')")
    _, reply = await answered(client, message())
    await drained(database)
    assert reply.text
    assert neighbours.memory.observed == []


async def test_a_guild_that_does_without_extraction_is_not_observed(client, neighbours, database):
    settings = pb.GuildSettings(guild_id="guild", addressing_threshold=0.5, extraction=False)
    await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="r", settings=settings))
    await answered(client, message())
    await drained(database)
    assert neighbours.memory.observed == []


async def test_activity_is_counted_for_later_extraction(client, database):
    for _ in range(3):
        await client.begin_turn(message())
    assert await rows(database, "SELECT messages_since_extraction FROM user_activity") == [(3,)]


BAD_MESSAGES = [
    ({"message_id": ""}, "message_id"),
    ({"message_id": "a b"}, "message_id"),
    ({"channel_id": ""}, "channel_id"),
    ({"user_id": "u" * 65}, "user_id"),
    ({"text": " "}, "text"),
    ({"text": "x" * 8001}, "text"),
    ({"text": "nul\0"}, "text"),
    ({"attempt": -1}, "attempt"),
    ({"attempt": 101}, "attempt"),
    ({"replied_to": pb.RepliedTo(text="x" * 8001)}, "replied_to.text"),
]


async def test_a_message_that_breaks_a_rule_is_refused_and_not_stored(client, database):
    for changes, field in BAD_MESSAGES:
        with pytest.raises(InvalidField) as refused:
            await client.begin_turn(message(**changes))
        assert refused.value.field == field
    assert await rows(database, "SELECT count(*) FROM turns") == [(0,)]


BAD_REPLIES = [
    ({"models": []}, "models"),
    ({"models": [""]}, "models[0]"),
    ({"turn_id": "other:0"}, "turn_id"),
    ({"turn_id": ""}, "turn_id"),
    ({"hold_id": ""}, "hold_id"),
    ({"lease_id": "7f"}, "lease_id"),
    ({"hold_id": "", "lease_id": "7f", "account_id": ""}, "hold_id"),
    ({"max_prompt_tokens": -1}, "max_prompt_tokens"),
    ({"max_completion_tokens": -1}, "max_completion_tokens"),
    ({"memories": [pb.RecalledMemory(memory_id="m", text="")]}, "memories[0].text"),
]


async def test_a_reply_that_breaks_a_rule_is_refused_and_asks_no_model(client, model):
    said = message()
    begun = await client.begin_turn(said)
    for changes, field in BAD_REPLIES:
        with pytest.raises(InvalidField) as refused:
            await read_reply(client, wanted(begun, said, **changes))
        assert refused.value.field == field
    assert not model.requests


async def test_a_claim_that_breaks_a_rule_is_refused(client):
    for changes, field in [({"claimant": ""}, "claimant"), ({"limit": 101}, "limit"), ({"limit": -1}, "limit")]:
        with pytest.raises(InvalidField) as refused:
            await client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(**{"claimant": "one", **changes}))
        assert refused.value.field == field
