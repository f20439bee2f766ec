"""The chat against a fake channel: what is sent to the gateway, and what a person or a program sees of the answer."""

import io
import itertools
from collections.abc import Iterable, Iterator
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc_testing
import pytest

from parlour.gateway.v1 import gateway_pb2
from services.console.assistant import Assistant, Person
from services.console.chat import Chat
from services.console.screens import Pipe

pytestmark = pytest.mark.timeout(20)
SERVICE = gateway_pb2.DESCRIPTOR.services_by_name["AssistantService"]
HANDLE = SERVICE.methods_by_name["HandleMessage"]
STATUS = SERVICE.methods_by_name["GetStatus"]
Event = gateway_pb2.HandleMessageResponse
Final = gateway_pb2.Final


@dataclass
class Talk:
    """A chat that runs in a thread, fed with lines."""

    channel: grpc_testing.Channel
    out: io.StringIO
    err: io.StringIO
    ended: "futures.Future[None]"

    def receive(self) -> tuple[gateway_pb2.HandleMessageRequest, grpc_testing.UnaryStreamChannelRpc]:
        """Take the next message that the chat sends."""
        _, request, rpc = self.channel.take_unary_stream(HANDLE)
        rpc.send_initial_metadata(())
        return request, rpc

    def answer(self, *events: Event) -> gateway_pb2.HandleMessageRequest:
        """Answer the next message with these events."""
        request, rpc = self.receive()
        for event in events:
            rpc.send_response(event)
        rpc.terminate((), grpc.StatusCode.OK, "")
        return request


@pytest.fixture
def time() -> grpc_testing.Time:
    return grpc_testing.strict_fake_time(1_700_000_000.0)


@pytest.fixture
def talk(time: grpc_testing.Time) -> Iterator["Talker"]:
    with futures.ThreadPoolExecutor(1) as pool:
        yield Talker(time, pool)


class Agreeing(Pipe):
    """A screen on which every question gets the same answer."""

    def __init__(self, source: io.StringIO, out: io.StringIO, err: io.StringIO, agreed: bool) -> None:
        super().__init__(source, out, err)
        self._agreed = agreed

    def confirm(self, question: str) -> bool | None:
        self.remark(question)
        return self._agreed


class Talker:
    """Starts chats on a fake channel with fake time."""

    def __init__(self, time: grpc_testing.Time, pool: futures.Executor) -> None:
        self._time = time
        self._pool = pool

    def __call__(self, *lines: str, problems: Iterable[gateway_pb2.FeatureStatus] = (), agreed: bool | None = None, folder: Path = Path()) -> Talk:
        channel = grpc_testing.channel([SERVICE], self._time)
        out, err, numbers = io.StringIO(), io.StringIO(), itertools.count(1)
        assistant = Assistant(
            channel,
            Person("console-ana", "ana"),
            message_id=lambda: f"m{next(numbers)}",
            clock=self._time.time,
            sleep=self._time.sleep_for,
        )
        source = io.StringIO("".join(f"{line}\n" for line in lines))
        screen = Pipe(source, out, err) if agreed is None else Agreeing(source, out, err, agreed)
        ended = self._pool.submit(Chat(assistant, screen, folder).run)
        _, _, status = channel.take_unary_unary(STATUS)
        status.send_initial_metadata(())
        status.terminate(gateway_pb2.GetStatusResponse(features=problems), (), grpc.StatusCode.OK, "")
        return Talk(channel, out, err, ended)


def final(text: str, **fields: object) -> Event:
    return Event(final=Final(text=text, **{"outcome": Final.OUTCOME_ANSWERED, **fields}))


def test_an_answer_is_one_line_on_standard_output(talk: Talker) -> None:
    chat = talk("hello")
    chat.answer(Event(typing=gateway_pb2.Typing()), Event(delta=gateway_pb2.Delta(text="Hi\n")), final("Hi\n\nthere"))
    chat.ended.result(10)
    assert chat.out.getvalue() == "parlour> Hi there\n"


def test_messages_are_sent_in_direct_messages_with_ids_of_their_own(talk: Talker) -> None:
    chat = talk("one", "two")
    first, second = chat.answer(final("1")), chat.answer(final("2"))
    chat.ended.result(10)
    assert (first.message.guild_id, first.message.user_id, first.message.text) == ("", "console-ana", "one")
    assert first.message.message_id != second.message.message_id
    assert first.message.create_time.seconds == 1_700_000_000


def test_cost_balance_and_what_was_remembered_go_to_standard_error(talk: Talker) -> None:
    chat = talk("remember it")
    remembered = [gateway_pb2.ShownMemory(text="the cat is called Miso")]
    chat.answer(final("Noted.", charged_microcredits=70_000, available_microcredits=99_930_000, balance_known=True, remembered=remembered))
    chat.ended.result(10)
    assert "remembered: the cat is called Miso\ncost 0.07 credits · 99.93 left\n" in chat.err.getvalue()


def test_a_notice_goes_to_standard_error(talk: Talker) -> None:
    chat = talk("hello")
    chat.answer(Event(notice=gateway_pb2.Notice(kind="memory_unavailable", text="I cannot recall anything now.")), final("Hi"))
    chat.ended.result(10)
    assert "I cannot recall anything now.\n" in chat.err.getvalue()
    assert chat.out.getvalue() == "parlour> Hi\n"


def test_bad_lines_are_answered_here_and_the_chat_goes_on(talk: Talker) -> None:
    chat = talk("", "a" * 100_000, "\x07hel\x00lo")
    assert chat.answer(final("Hi")).message.text == "hello"
    chat.ended.result(10)
    empty, long, last = chat.out.getvalue().splitlines()
    assert empty.startswith("parlour> That line holds nothing")
    assert "100,000 characters" in long
    assert last == "parlour> Hi"
    assert "2 control characters were removed" in chat.err.getvalue()


def test_quit_ends_the_chat_without_a_message(talk: Talker) -> None:
    chat = talk("/quit", "never sent")
    chat.ended.result(10)
    assert chat.out.getvalue() == ""


def test_help_is_answered_here(talk: Talker) -> None:
    chat = talk("/help")
    chat.ended.result(10)
    assert "/memories" in chat.out.getvalue()


def test_a_command_that_nobody_knows_is_named_and_a_path_is_only_talk(talk: Talker) -> None:
    chat = talk("/memorise this", "/etc/hosts is what?")
    assert chat.answer(final("a file")).message.text == "/etc/hosts is what?"
    chat.ended.result(10)
    assert "There is no command /memorise" in chat.out.getvalue()


def test_a_message_whose_gateway_goes_away_is_sent_again_with_the_same_id(talk: Talker) -> None:
    chat = talk("hello")
    request, rpc = chat.receive()
    rpc.terminate((), grpc.StatusCode.UNAVAILABLE, "gone")
    again = chat.answer(final("Hi", replayed=True))
    chat.ended.result(10)
    assert again.message.message_id == request.message.message_id
    assert chat.out.getvalue() == "parlour> Hi\n"


def test_a_failed_answer_is_a_sentence_and_the_chat_goes_on(talk: Talker) -> None:
    chat = talk("hello", "again")
    _, rpc = chat.receive()
    rpc.terminate((), grpc.StatusCode.RESOURCE_EXHAUSTED, "too many turns at once")
    chat.answer(final("Hi"))
    chat.ended.result(10)
    assert chat.out.getvalue() == "parlour> That did not work: too many turns at once.\nparlour> Hi\n"


def test_what_does_not_work_is_said_at_the_start(talk: Talker) -> None:
    chat = talk("/quit", problems=[gateway_pb2.FeatureStatus(name="memory", detail="Nothing can be recalled.")])
    chat.ended.result(10)
    assert chat.err.getvalue().startswith("Nothing can be recalled.\n")


CONFIRMATION = gateway_pb2.Confirmation(confirmation_id="erase.1.2.3", confirm_label="Erase everything")


@pytest.mark.parametrize("agreed", [True, False])
def test_a_question_before_something_final_is_asked_and_answered(talk: Talker, agreed: bool) -> None:
    chat = talk("/privacy erase", agreed=agreed)
    chat.answer(final("Shall I?", confirmation=CONFIRMATION))
    decision = chat.answer(final("Done.")).confirmation
    chat.ended.result(10)
    assert (decision.confirmation_id, decision.confirmed) == ("erase.1.2.3", agreed)
    assert "Erase everything?" in chat.err.getvalue()


def test_where_nobody_can_be_asked_the_next_line_answers_the_question(talk: Talker) -> None:
    chat = talk("/privacy erase", "yes")
    chat.answer(final("Shall I?", confirmation=CONFIRMATION))
    request = chat.answer(final("Done."))
    chat.ended.result(10)
    assert (request.message.text, request.HasField("confirmation")) == ("yes", False)


def test_a_file_is_saved_for_its_owner_and_over_nothing(talk: Talker, tmp_path: Path) -> None:
    chat = talk("/privacy export", "/privacy export", folder=tmp_path)
    for number in range(2):
        chat.answer(final("Here.", files=[gateway_pb2.File(name="../export.jsonl", data=f"number {number}".encode())]))
    chat.ended.result(10)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"export.jsonl": "number 0", "export-1.jsonl": "number 1"}
    assert [path for path in tmp_path.iterdir() if path.stat().st_mode & 0o077] == []
    assert "export-1.jsonl" in chat.err.getvalue()


def test_a_file_that_cannot_be_saved_is_said(talk: Talker, tmp_path: Path) -> None:
    chat = talk("/privacy export", folder=tmp_path / "missing")
    chat.answer(final("Here.", files=[gateway_pb2.File(name="export.jsonl", data=b"{}")]))
    chat.ended.result(10)
    assert "export.jsonl could not be saved" in chat.err.getvalue()


@pytest.mark.parametrize("line", ["/summary", "/reset", "/privacy export", "/gift <@1> 5", "/why"])
def test_commands_of_the_assistant_are_handed_to_it(talk: Talker, line: str) -> None:
    chat = talk(line)
    assert chat.answer(final("Done.")).message.text == line
    chat.ended.result(10)
