"""The long tier of tests/load in short: every kind of message is sent to a real stack, and of each it is known what became of it."""

import uuid

import grpc

from tests.fakes.model_server import ModelServer
from tests.load.arrivals import Phase
from tests.load.meters import Processes, logged_statements, statements_of
from tests.load.mix import Kind, parse_mix
from tests.load.people import Guilds
from tests.load.plan import Plan
from tests.load.sender import send
from tests.load.tally import ERRORS, Outcome, Tally
from tests.running_stack import SERVICES, Person, RunningStack, eventually

MIX = "questions=8,chatter=4,commands=3,edits=6,long=2,short=2"
EXPECTED = {
    Kind.QUESTION: {Outcome.ANSWERED, Outcome.SUPERSEDED},
    Kind.CHATTER: {Outcome.IGNORED, Outcome.ANSWERED},  # whether some of it sounds as if it were meant is not this test's matter
    Kind.COMMAND: {Outcome.COMMAND},
    Kind.EDIT: {Outcome.ANSWERED},
    Kind.LONG: {Outcome.ANSWERED},
    Kind.SHORT: {Outcome.ANSWERED},
}


async def test_all_kinds_are_sent_and_none_is_lost(model: ModelServer, gateway: grpc.aio.Channel) -> None:
    plan = Plan([Phase("short", 10, 4.5)], parse_mix(MIX), 30, seed=7)
    assert all(plan.counts().values()), plan.counts()
    tally = Tally(plan.seconds, len(plan))
    await send(plan, Guilds([gateway], plan, uuid.uuid4().hex[:12]).tell, [tally])
    sent = {kind: sum(count for (of, _, _), count in tally.outcomes.items() if of is kind) for kind in Kind}
    assert sent == plan.counts()
    assert tally.accounted == tally.due == len(plan)
    assert tally.in_flight == 0
    unlike = {(kind, outcome, reason): count for (kind, outcome, reason), count in tally.outcomes.items() if outcome not in EXPECTED[kind]}
    assert unlike == {}
    # Whoever was answered was shown the text on its way as well, and every one of them by the model.
    assert tally.first_texts.get_total_count() == tally.answers.get_total_count() == tally.turns
    assert len(model.requests) >= tally.turns


async def test_what_finds_no_gateway_is_an_error_of_its_own() -> None:
    plan = Plan([Phase("nobody", 20, 0.5)], parse_mix("questions=1,chatter=1"), 30, seed=3)
    tally = Tally(plan.seconds, len(plan))
    async with grpc.aio.insecure_channel("127.0.0.1:1") as nowhere:
        await send(plan, Guilds([nowhere], plan, "nobody").tell, [tally])
    assert {(outcome, reason) for _, outcome, reason in tally.outcomes} == {(Outcome.FAILED, "UNAVAILABLE")}
    assert tally.errors == len(plan)
    assert Outcome.FAILED in ERRORS


async def test_what_a_turn_costs_is_read_off_the_stacks_own_processes(stack: RunningStack, model: ModelServer, person: Person) -> None:
    processes = Processes(stack)
    before = processes.cpu_s()
    began = len(stack.log("postgres"))
    async with logged_statements(stack):
        await person.ask("What is there to know about tides?")

        def counted() -> bool:
            return all(statements_of(stack.log("postgres")[began:])[0][name] for name in ("credit", "memory", "conversation"))

        await eventually(counted, "statements of every database are logged")

    async def all_took_time() -> bool:
        await person.ask("And what about maps?")  # the clock of a process ticks a hundred times a second: one turn may be less
        after = processes.cpu_s()
        return all(after[name] > before[name] for name in (*SERVICES, "postgres"))

    await eventually(all_took_time, "the turns cost every part of the stack something")
    assert set(before) >= {*SERVICES, "postgres", "valkey"}
    assert set(processes.resident_mb()) == {*SERVICES, "generator"}
