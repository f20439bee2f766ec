"""Stopping an answer, withdrawing messages and later edits, on one gateway and between two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
import redis.asyncio as redis

from parlour.gateway.v1 import gateway_pb2, gateway_pb2_grpc
from services.gateway.assistant import Assistant
from services.gateway.notices import WORDS as NOTICES
from services.gateway.person_lease import PersonLeases
from services.gateway.servicer import AssistantServicer
from services.gateway.status import Status
from services.gateway.stop_signals import STOP_CHANNEL, StopSignals
from services.runtime import errors
from services.runtime.health import Health
from services.runtime.server import Server
from tests.integration.gateway.scripted_faults import WORDS
from tests.integration.gateway.scripted_services import Reader, Scripted, ask, eventually, request, scripted_services

Final = gateway_pb2.Final
TWO_WORDS = "".join(WORDS[:2])
TWO_CHARGED = 100 + 10 * 2  # prompt and two completion tokens, at the scripted prices


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    async with scripted_services() as scripted:
        yield scripted


def stop_of(message_id: str = "m", **fields: object) -> gateway_pb2.StopAnswerRequest:
    return gateway_pb2.StopAnswerRequest(**({"message_id": message_id, "user_id": "ada"} | fields))  # type: ignore[arg-type]


def withdrawal_of(*message_ids: str, **fields: str) -> gateway_pb2.WithdrawMessagesRequest:
    values = {"request_id": "deleted:1", "channel_id": "dm"} | fields
    return gateway_pb2.WithdrawMessagesRequest(message_ids=message_ids, **values)


async def under_way(scripted: Scripted, assistant: Assistant | None = None, **fields: object) -> Reader:
    """An answer of which two words were delivered, and which goes no further by itself."""
    scripted.conversation.mid_stream = asyncio.Event()
    reader = Reader(assistant or scripted.assistant, "Hello", **({"message_id": "m"} | fields))
    await reader.has_read(2)
    return reader


# stop


async def test_a_stopped_answer_keeps_its_text_with_a_note_and_charges_what_was_delivered(scripted: Scripted):
    reader = await under_way(scripted)
    assert (await scripted.assistant.stop_answer(stop_of())).stopped
    answer = await reader.task
    assert answer.text == f"{TWO_WORDS}\n\n{NOTICES['stopped']}"
    assert (answer.final.outcome, answer.final.stopped, answer.final.reason) == (Final.OUTCOME_CUT, True, "STOPPED")
    assert answer.final.charged_microcredits == TWO_CHARGED
    assert (scripted.hold_states(), scripted.turn_states()) == (["CAPTURED"], ["CUT"])
    await eventually(lambda: scripted.conversation.cancelled == 1, "the model is stopped")


async def test_an_answer_stopped_before_its_first_word_costs_nothing(scripted: Scripted):
    scripted.fail("Reply", asyncio.Event())
    reader = Reader(scripted.assistant, "Hello", message_id="m")
    await eventually(lambda: scripted.asked("Reply"), "the model is asked")
    assert (await scripted.assistant.stop_answer(stop_of())).stopped
    answer = await reader.task
    assert (answer.final.outcome, answer.final.stopped, answer.text) == (Final.OUTCOME_REFUSED, True, NOTICES["stopped"])
    assert (scripted.hold_states(), scripted.turn_states()) == (["RELEASED"], ["APOLOGISED"])


async def test_an_answer_that_waits_in_line_can_be_stopped(scripted: Scripted):
    first = await under_way(scripted, message_id="first")
    second = Reader(scripted.assistant, "And this?", message_id="second")
    await asyncio.sleep(0)
    await eventually(lambda: len(scripted.assistant._tasks) == 2, "it waits")
    assert (await scripted.assistant.stop_answer(stop_of("second"))).stopped
    assert (await second.task).final.stopped
    await scripted.assistant.stop_answer(stop_of("first"))
    await first.task
    assert [one.message_id for one in scripted.asked("BeginTurn")] == ["first"]


async def test_the_next_message_is_answered_after_a_stop(scripted: Scripted):
    reader = await under_way(scripted)
    await scripted.assistant.stop_answer(stop_of())
    await reader.task
    scripted.conversation.mid_stream = None
    assert (await ask(scripted.assistant, "Again")).text == "".join(WORDS)


async def test_a_repeat_of_a_stopped_message_gets_what_was_delivered(scripted: Scripted):
    reader = await under_way(scripted)
    await scripted.assistant.stop_answer(stop_of())
    await reader.task
    repeated = await ask(scripted.assistant, "Hello", message_id="m")
    assert (repeated.final.replayed, repeated.text) == (True, f"{TWO_WORDS}\n\n{NOTICES['stopped']}")
    assert repeated.final.charged_microcredits == 0


@pytest.mark.parametrize("request_", [stop_of(user_id="bob"), stop_of(guild_id="g"), stop_of("other"), stop_of(user_id="bob", may_moderate=True)])
async def test_others_and_moderators_of_elsewhere_stop_nothing(scripted: Scripted, request_: gateway_pb2.StopAnswerRequest):
    """In a direct message there is nothing to moderate."""
    reader = await under_way(scripted)
    assert not (await scripted.assistant.stop_answer(request_)).stopped
    assert not reader.task.done()
    await reader.stop()


async def test_a_moderator_of_the_guild_stops_an_answer_there(scripted: Scripted):
    reader = await under_way(scripted, guild_id="g", mentions_assistant=True)
    assert (await scripted.assistant.stop_answer(stop_of(user_id="bob", guild_id="g", may_moderate=True))).stopped
    assert (await reader.task).final.stopped


async def test_a_finished_answer_cannot_be_stopped(scripted: Scripted):
    await ask(scripted.assistant, "Hello", message_id="m")
    assert not (await scripted.assistant.stop_answer(stop_of())).stopped


async def test_an_answer_that_is_being_settled_is_not_cut_any_more(scripted: Scripted):
    scripted.fail("CaptureHold", gate := asyncio.Event())
    reader = Reader(scripted.assistant, "Hello", message_id="m")
    await eventually(lambda: scripted.asked("CaptureHold"), "it is settled")
    assert not (await scripted.assistant.stop_answer(stop_of())).stopped
    gate.set()
    answer = await reader.task
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_ANSWERED, "".join(WORDS))


async def test_stopping_twice_charges_once(scripted: Scripted):
    reader = await under_way(scripted)
    await asyncio.gather(*(scripted.assistant.stop_answer(stop_of()) for _ in range(3)))
    await reader.task
    assert len(scripted.asked("CaptureHold")) == 1


# withdrawals


async def test_withdrawing_takes_messages_out_of_the_conversation(scripted: Scripted):
    await ask(scripted.assistant, "Hello", message_id="m")
    withdrawn = await scripted.assistant.withdraw(withdrawal_of("m", "unknown"))
    assert (withdrawn.withdrawn, withdrawn.stopped) == (1, 0)
    [deletion] = scripted.asked("DeleteMessages")
    assert {"m", "unknown"} <= set(deletion.message_ids)
    assert (deletion.conversation.channel_id, deletion.author_id) == ("dm", "")


async def test_the_parts_of_a_message_go_with_it(scripted: Scripted):
    await scripted.assistant.withdraw(withdrawal_of("m"))
    [deletion] = scripted.asked("DeleteMessages")
    assert "m.p2" in deletion.message_ids


async def test_an_answer_to_a_withdrawn_message_is_stopped_and_settled_before_the_message_goes(scripted: Scripted):
    reader = await under_way(scripted)
    withdrawn = await scripted.assistant.withdraw(withdrawal_of("m"))
    assert (withdrawn.withdrawn, withdrawn.stopped) == (1, 1)
    answer = await reader.task
    assert (answer.final.reason, answer.final.charged_microcredits, answer.text) == ("WITHDRAWN", TWO_CHARGED, NOTICES["withdrawn"])
    assert scripted.turn_states() == ["WITHDRAWN"]
    methods = [method for method in scripted.faults.calls if method in ("EndTurn", "DeleteMessages")]
    assert methods == ["EndTurn", "DeleteMessages"]
    assert scripted.asked("EndTurn")[0].text == ""  # nothing of it is kept


@pytest.mark.parametrize("fields", [{"channel_id": "elsewhere"}, {"guild_id": "g"}])
async def test_a_withdrawal_elsewhere_stops_nothing_here(scripted: Scripted, fields: dict[str, str]):
    reader = await under_way(scripted)
    assert (await scripted.assistant.withdraw(withdrawal_of("m", **fields))).stopped == 0
    assert not reader.task.done()
    await reader.stop()


async def test_a_withdrawal_that_conversation_cannot_take_is_told(scripted: Scripted):
    scripted.fail("DeleteMessages", errors.DependencyUnavailable("database"))
    with pytest.raises(errors.DependencyUnavailable):
        await scripted.assistant.withdraw(withdrawal_of("m"))


# later edits


async def test_a_later_edit_changes_the_stored_text_without_the_assistants_name(scripted: Scripted):
    await ask(scripted.assistant, "Hello", message_id="m")
    edited = request("parlour, hello again", message_id="m").message
    assert await scripted.assistant.edited(edited, request_id="m:edited:1")
    [edit] = scripted.asked("EditMessage")
    assert (edit.message_id, edit.author_id, edit.text, edit.request_id) == ("m", "ada", "hello again", "m:edited:1")
    assert "m.p2" in scripted.asked("DeleteMessages")[0].message_ids


async def test_an_edit_of_what_is_not_stored_touches_nothing_else(scripted: Scripted):
    assert not await scripted.assistant.edited(request("hello again").message, request_id="m:edited:1")
    assert scripted.asked("DeleteMessages") == []


async def test_an_edit_that_conversation_cannot_take_is_let_go(scripted: Scripted):
    scripted.fail("EditMessage", errors.DependencyUnavailable("database"))
    assert not await scripted.assistant.edited(request("hello again").message, request_id="m:edited:1")


async def test_an_edit_to_nothing_is_not_stored(scripted: Scripted):
    assert not await scripted.assistant.edited(request(" \n").message, request_id="m:edited:1")
    assert scripted.asked("EditMessage") == []


# two gateways


@asynccontextmanager
async def two_gateways(scripted: Scripted, redis_url: str) -> AsyncIterator[tuple[Assistant, Assistant]]:
    clients = [redis.from_url(redis_url, socket_timeout=3) for _ in range(2)]
    signals = [StopSignals(client, wait_s=2.0) for client in clients]
    assistants = [
        Assistant(scripted.services, scripted.settings, scripted.settlement, PersonLeases(None, ttl_s=15, wait_s=1), one) for one in signals
    ]
    listening = [asyncio.create_task(one.listen()) for one in signals]

    async def both_listen() -> None:
        while (await clients[0].pubsub_numsub(STOP_CHANNEL))[0][1] < 2:
            await asyncio.sleep(0.01)

    await asyncio.wait_for(both_listen(), 5)
    try:
        yield assistants[0], assistants[1]
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        for assistant in assistants:
            await assistant.close()
        for client in clients:
            await client.aclose()


async def test_a_stop_that_reaches_another_gateway_stops_the_answer(scripted: Scripted, redis_url: str):
    async with two_gateways(scripted, redis_url) as (here, there):
        reader = await under_way(scripted, here)
        assert (await there.stop_answer(stop_of())).stopped
        assert (await reader.task).final.stopped
        assert not (await there.stop_answer(stop_of())).stopped


async def test_a_stop_by_somebody_else_is_refused_on_another_gateway_too(scripted: Scripted, redis_url: str):
    async with two_gateways(scripted, redis_url) as (here, there):
        reader = await under_way(scripted, here)
        assert not (await there.stop_answer(stop_of(user_id="bob"))).stopped
        assert not reader.task.done()
        await reader.stop()


async def test_a_withdrawal_reaches_another_gateway_before_the_message_goes(scripted: Scripted, redis_url: str):
    async with two_gateways(scripted, redis_url) as (here, there):
        reader = await under_way(scripted, here)
        assert (await there.withdraw(withdrawal_of("m"))).stopped == 1
        assert (await reader.task).final.reason == "WITHDRAWN"
        assert [method for method in scripted.faults.calls if method in ("EndTurn", "DeleteMessages")] == ["EndTurn", "DeleteMessages"]


async def test_no_text_goes_through_redis(scripted: Scripted, redis_url: str):
    client = redis.from_url(redis_url)
    async with two_gateways(scripted, redis_url) as (here, there), client.monitor() as monitor:
        reader = await under_way(scripted, here)
        await there.stop_answer(stop_of())
        await reader.task
        seen = []
        while not any("expire" in str(one["command"]).lower() for one in seen[-1:]):
            seen.append(await asyncio.wait_for(monitor.next_command(), 5))
    await client.aclose()
    assert any("parlour:answers" in str(one["command"]) for one in seen)
    assert not any("Hello" in str(one["command"]) or WORDS[0] in str(one["command"]) for one in seen)


async def test_a_lost_connection_to_redis_is_made_anew(scripted: Scripted, redis_url: str):
    client = redis.from_url(redis_url)
    async with two_gateways(scripted, redis_url) as (here, there):
        reader = await under_way(scripted, here)
        await client.client_kill_filter(_type="pubsub", skipme=True)

        async def stopped() -> bool:
            return (await there.stop_answer(stop_of())).stopped

        async with asyncio.timeout(10):
            while not await stopped():
                await asyncio.sleep(0.05)
        assert (await reader.task).final.stopped
    await client.aclose()


async def test_without_redis_what_is_under_way_here_is_stopped_all_the_same(scripted: Scripted):
    client = redis.from_url("redis://127.0.0.1:1", socket_timeout=0.3)
    signals = StopSignals(client, wait_s=1.0)
    assistant = Assistant(scripted.services, scripted.settings, scripted.settlement, PersonLeases(None, ttl_s=15, wait_s=1), signals)
    reader = await under_way(scripted, assistant)
    assert not (await assistant.stop_answer(stop_of("elsewhere"))).stopped
    assert (await assistant.stop_answer(stop_of())).stopped
    await reader.task
    assert (await assistant.withdraw(withdrawal_of("m"))).withdrawn == 1
    await assistant.close()
    await client.aclose()


async def test_a_gateway_that_does_not_answer_is_not_waited_for_longer_than_the_limit(scripted: Scripted, redis_url: str):
    client = redis.from_url(redis_url)
    deaf = client.pubsub()
    await deaf.subscribe(STOP_CHANNEL)
    signals = StopSignals(client, wait_s=0.2)
    assistant = Assistant(scripted.services, scripted.settings, scripted.settlement, PersonLeases(None, ttl_s=15, wait_s=1), signals)
    async with asyncio.timeout(2):
        assert not (await assistant.stop_answer(stop_of())).stopped
    await assistant.close()
    await deaf.aclose()
    await client.aclose()


async def test_nonsense_on_the_channel_harms_nobody(scripted: Scripted, redis_url: str):
    client = redis.from_url(redis_url)
    async with two_gateways(scripted, redis_url) as (here, there):
        await client.publish(STOP_CHANNEL, b"\xff" * 100)
        reader = await under_way(scripted, here)
        assert (await there.stop_answer(stop_of())).stopped
        await reader.task
    await client.aclose()


# over gRPC


async def test_tools_stop_and_withdraw_over_grpc(scripted: Scripted):
    server = Server("gateway", scripted.settings.model_copy(update={"listen": "127.0.0.1:0"}), Health())
    status = Status(Health(), {}, instance_id="gateway-1", version="0.1.0")
    servicer = AssistantServicer(scripted.assistant, status)
    server.add(gateway_pb2_grpc.add_AssistantServiceServicer_to_server, servicer, "parlour.gateway.v1.AssistantService")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = gateway_pb2_grpc.AssistantServiceStub(channel)
        reader = await under_way(scripted)
        assert (await stub.StopAnswer(stop_of(), timeout=5)).stopped
        assert (await reader.task).final.stopped
        assert (await stub.WithdrawMessages(withdrawal_of("m"), timeout=5)).withdrawn == 1
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.WithdrawMessages(gateway_pb2.WithdrawMessagesRequest(request_id="r", channel_id="dm"), timeout=5)
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    await server.stop(0)
