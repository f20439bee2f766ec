"""The chat: a line in, an answer out, until the end of input or /quit."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import grpc

from parlour.gateway.v1 import gateway_pb2
from services.console.answer_files import written
from services.console.assistant import Assistant, Event
from services.console.failures import sentence
from services.console.lines import checked
from services.console.screens import Screen, remarks

HELP = (
    "/memories lists what is remembered about you · /forget <what> forgets it, after asking · /undo brings it back · "
    "/summary sums up what we talked about · /reset starts afresh · /privacy explains what is kept about you, and gives it to you or erases it · "
    "/credits shows your balance · /help · /quit. Anything else is talk: try “remember that my cat is called Miso”."
)
QUIT = ("/quit", "/exit")
# The assistant itself knows these; those of moderators are not here: in direct messages nobody is one.
_ASSISTANTS = (
    *("/remember", "/memories", "/forget", "/undo", "/summary", "/reset", "/privacy"),
    *("/credits", "/balance", "/gift", "/usage", "/personality", "/personalities", "/voice", "/status", "/why"),
)
_COMMAND = re.compile(r"/[a-z]+(?=\s|$)", re.IGNORECASE)


class Chat:
    """One person talking with the assistant on one screen."""

    def __init__(self, assistant: Assistant, screen: Screen, folder: Path = Path()) -> None:
        self._assistant = assistant
        self._screen = screen
        self._folder = folder

    def run(self) -> None:
        """Talk until there is nothing more to read. A failed answer is said, and the chat goes on."""
        self._greet()
        for raw, length in self._screen.lines():
            line = checked(raw, length)
            if line.remark:
                self._screen.remark(line.remark)
            if line.text.lower() in QUIT:
                return
            if line.problem:
                self._screen.answer(line.problem, "")
            elif line.text.lower() == "/help":
                self._screen.answer(HELP, "")
            elif (command := _COMMAND.match(line.text)) and command[0].lower() not in _ASSISTANTS:
                self._screen.answer(f"There is no command {command[0]}: /help lists those that there are.", "")
            else:
                self._turn(self._assistant.ask(line.text))

    def _greet(self) -> None:
        try:
            for problem in self._assistant.problems():
                self._screen.remark(problem)
        except grpc.RpcError as error:
            self._screen.remark(sentence(error))
        self._screen.remark("Say something, or /help.")

    def _turn(self, events: Iterator[Event]) -> None:
        try:
            final = self._shown(events)
        except grpc.RpcError as error:
            self._screen.answer(sentence(error), "")
            return
        except KeyboardInterrupt:
            self._screen.remark("Stopped; only what was delivered is charged.")
            return
        if final is not None and final.HasField("forget_offer"):
            self._offer(final.forget_offer)
        if final is not None and final.HasField("forget_done"):
            self._screen.remark("/undo brings it back.")
        if final is not None:
            self._keep(final.files)
        if final is not None and final.HasField("confirmation"):
            self._confirm(final.confirmation)

    def _shown(self, events: Iterator[Event]) -> gateway_pb2.Final | None:
        """Show an answer as it comes. Returns its end, or None when the message was not for the assistant."""
        streamed = ""
        with closing(cast("_Closable", events)):
            for event in events:
                kind = event.WhichOneof("event")
                if kind == "delta":
                    streamed += event.delta.text
                    self._screen.delta(event.delta.text)
                elif kind == "notice":
                    self._screen.remark(event.notice.text)
                elif kind == "ignored":
                    self._screen.answer(f"That was not answered: {event.ignored.reason.replace('_', ' ')}.", streamed)
                    return None
                elif kind == "final":
                    self._screen.answer(event.final.text, streamed)
                    for remark in remarks(event.final):
                        self._screen.remark(remark)
                    return event.final
        self._screen.answer("The answer broke off.", streamed)
        return None

    def _offer(self, offer: gateway_pb2.ForgetOffer) -> None:
        agreed = self._screen.confirm("Forget this?" if len(offer.memories) == 1 else f"Forget these {len(offer.memories)}?")
        if agreed is not None:
            self._turn(self._assistant.decide_forget(offer.plan_id, undo=False) if agreed else self._assistant.ask("no"))

    def _confirm(self, confirmation: gateway_pb2.Confirmation) -> None:
        agreed = self._screen.confirm(confirmation.confirm_label if confirmation.confirm_label.endswith("?") else f"{confirmation.confirm_label}?")
        if agreed is not None:
            self._turn(self._assistant.decide(confirmation.confirmation_id, confirmed=agreed))

    def _keep(self, files: Iterable[gateway_pb2.File]) -> None:
        """Write what an answer brings to the folder that the chat was started in."""
        for file in files:
            try:
                self._screen.remark(f"Saved as {written(file, self._folder)}.")
            except OSError as problem:
                self._screen.remark(f"{file.name} could not be saved: {problem.strerror}.")


class _Closable(Iterator[Event]):
    def close(self) -> None: ...
