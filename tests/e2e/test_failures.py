"""What a person gets when a part of the stack fails during a turn, and what is left behind: nothing stuck, nothing lost, books in order."""

import asyncio
import uuid

import grpc
import psycopg

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from parlour.gateway.v1 import gateway_pb2
from services.credit.reconcile import check_books
from services.runtime.database import Database
from tests.fakes.model_server import Answer as Scripted
from tests.running_stack import Answer, Person, RunningStack, eventually

Final = gateway_pb2.Final
SLOW = Scripted(delta_delay_s=0.1)  # two seconds for its twenty deltas


async def books_balance(stack: RunningStack) -> list[str]:
    database = Database(stack.database_url("credit"))
    try:
        return [str(problem) for problem in await check_books(database)]
    finally:
        await database.close()


async def query(url: str, statement: str, *parameters: object) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return await (await connection.execute(statement, parameters)).fetchall()  # type: ignore[arg-type]


async def wait_for_the_end_of(stack: RunningStack, message_id: str) -> str:
    """Wait until a turn has ended one way or the other; return how."""
    state = ""

    async def ended() -> bool:
        nonlocal state
        rows = await query(stack.database_url("conversation"), "SELECT state FROM turns WHERE turn_id = %s", f"{message_id}:0")
        stored = conversation_pb2.TurnState.Name(int(str(rows[0][0]))) if rows else ""
        state = stored.removeprefix("TURN_STATE_").lower()
        return state not in ("", "accepted")

    await eventually(ended, "the accepted turn is answered or apologised for", 60)
    return state


async def no_hold_outlives_its_expiry(stack: RunningStack) -> None:
    async def none_stuck() -> bool:
        rows = await query(
            stack.database_url("credit"),
            "SELECT count(*) FROM holds WHERE lower(state::text) LIKE '%%active%%' AND expires_at < now() - interval '20 s'",
        )
        return rows[0][0] == 0

    await eventually(none_stuck, "no hold is stuck past its expiry", 60)


async def first_delta(person: Person, text: str, message_id: str) -> tuple[asyncio.Task[None], list[object], asyncio.Event]:
    """Ask, and return once the first text has come; the task goes on collecting."""
    events: list[object] = []
    came = asyncio.Event()

    async def collect() -> None:
        async for event in person.say(text, message_id=message_id):
            events.append(event)
            if event.WhichOneof("event") == "delta":
                came.set()

    task = asyncio.create_task(collect())
    async with asyncio.timeout(20):
        await came.wait()
    return task, events, came


async def test_a_model_that_dies_mid_stream_is_charged_for_what_was_delivered(stack, model, person):
    model.next(Scripted(cut_after=5, delta_delay_s=0.02))
    answer = await person.ask("Tell me a story")
    final = answer.final
    assert final.outcome == Final.OUTCOME_CUT
    assert answer.streamed
    assert 0 < final.completion_tokens <= 5
    assert final.charged_microcredits > 0
    whole = await person.ask("And another one")
    assert whole.final.completion_tokens == 20
    assert await books_balance(stack) == []


async def test_a_model_that_never_answers_costs_nothing(stack, model, person):
    model.default = Scripted(status=500)
    answer = await person.ask("Tell me a story")
    assert answer.final.outcome == Final.OUTCOME_REFUSED
    assert answer.final.text
    assert answer.final.charged_microcredits == 0
    told = await person.ask("how many credits do I have?")
    assert told.final.available_microcredits == 100_000_000
    assert await books_balance(stack) == []


async def test_without_the_memory_service_the_answer_comes_and_says_so_once(stack, model, person):
    await person.ask("Hello")
    victim = stack.process_of("memory")
    victim.suspend()
    try:
        answer = await person.ask("What is a good name for a dog?")
    finally:
        victim.resume()
    assert answer.final.outcome == Final.OUTCOME_ANSWERED
    assert answer.notices == ["memory_unavailable"]

    async def recalled() -> bool:
        return (await person.ask("What now?")).notices == []

    await eventually(recalled, "memories are used again")


async def test_a_person_without_credit_is_told_so_and_the_model_is_not_asked(stack, model, person):
    await person.ask("Hello")
    asked = len(model.requests)
    async with grpc.aio.insecure_channel(stack.address("credit")) as channel:
        stub: credit_pb2_grpc.CreditServiceAsyncStub = credit_pb2_grpc.CreditServiceStub(channel)
        balance = (await stub.GetBalance(credit_pb2.GetBalanceRequest(account_id=person.account_id), timeout=5)).balance
        await stub.Transfer(
            credit_pb2.TransferRequest(
                request_id=uuid.uuid4().hex,
                from_account_id=person.account_id,
                to_account_id="user:somebody-else",
                amount_microcredits=balance.available_microcredits,
            ),
            timeout=5,
        )
    answer = await person.ask("Tell me a story")
    assert answer.final.outcome == Final.OUTCOME_REFUSED
    assert answer.final.reason == "INSUFFICIENT_CREDIT"
    assert "credit" in answer.final.text
    assert len(model.requests) == asked
    assert await books_balance(stack) == []


async def test_credit_killed_during_a_turn_loses_no_charge(stack, model, person):
    model.default = SLOW
    message_id = uuid.uuid4().hex
    task, events, _ = await first_delta(person, "Tell me a story", message_id)
    stack.kill("credit")
    await task
    assert Answer(events).final.outcome == Final.OUTCOME_ANSWERED
    model.default = Scripted()

    async def charged() -> bool:
        rows = await query(stack.database_url("credit"), "SELECT state::text FROM holds WHERE metadata @> %s::jsonb", '{"feature": "reply"}')
        return all("active" not in str(row[0]).lower() for row in rows)

    await eventually(charged, "the settlement job has captured the hold")
    assert await wait_for_the_end_of(stack, message_id) == "finished"
    await eventually(lambda: answered(person), "credit works again")
    assert await books_balance(stack) == []


async def answered(person: Person) -> bool:
    return (await person.ask("Hello again")).final.outcome == Final.OUTCOME_ANSWERED


async def test_memory_killed_during_a_turn_is_not_noticed(stack, model, person):
    model.default = SLOW
    message_id = uuid.uuid4().hex
    task, events, _ = await first_delta(person, "My dog is called Rex.", message_id)
    stack.kill("memory")
    await task
    assert Answer(events).final.outcome == Final.OUTCOME_ANSWERED
    model.default = Scripted()

    async def known() -> bool:
        return "Rex" in (await person.ask("what do you remember about me?")).final.text

    await eventually(known, "the message is observed once memory is back", 60)


async def test_conversation_killed_during_a_turn_leaves_a_cut_answer_that_is_paid_for(stack, model, person):
    model.default = SLOW
    message_id = uuid.uuid4().hex
    task, events, _ = await first_delta(person, "Tell me a story", message_id)
    stack.kill("conversation")
    await task
    final = Answer(events).final
    assert final.outcome == Final.OUTCOME_CUT
    assert final.text
    model.default = Scripted()
    assert await wait_for_the_end_of(stack, message_id) in ("cut", "apologised")
    await eventually(lambda: answered(person), "conversation works again")
    await no_hold_outlives_its_expiry(stack)
    assert await books_balance(stack) == []


async def test_gateway_killed_during_a_turn_is_apologised_for_or_answered(stack, model, person):
    model.default = SLOW
    message_id = uuid.uuid4().hex
    task, _, _ = await first_delta(person, "Tell me a story", message_id)
    stack.kill("gateway")
    await asyncio.gather(task, return_exceptions=True)
    model.default = Scripted()
    state = await wait_for_the_end_of(stack, message_id)
    assert state in ("finished", "cut", "apologised")

    async def repeated() -> bool:
        try:
            return bool((await person.ask("Tell me a story", message_id=message_id)).final.text)
        except grpc.aio.AioRpcError:
            return False

    await eventually(repeated, "repeating the message gives what became of it")
    await eventually(lambda: answered(person), "the gateway works again")
    await no_hold_outlives_its_expiry(stack)
    assert await books_balance(stack) == []


async def test_a_person_who_goes_away_mid_stream_stops_the_model_and_pays_for_what_came(stack, model, person):
    model.default = SLOW
    message_id = uuid.uuid4().hex
    task, _, _ = await first_delta(person, "Tell me a story", message_id)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(10):
        await (await model.request()).cancelled.wait()
    model.default = Scripted()
    assert await wait_for_the_end_of(stack, message_id) == "cut"

    async def paid() -> bool:
        told = await person.ask("how many credits do I have?")
        return told.final.available_microcredits < 100_000_000

    await eventually(paid, "what was delivered is charged")
    assert await books_balance(stack) == []
