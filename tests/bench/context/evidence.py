"""How much of what answers a question stands in the prompt that is made for it, on public dialogues.

Each dialogue is a guild's channel, stored with AppendMessages as it was said, and indexed and summed up by the service's own jobs. A third person,
who has said nothing, asks: the questions speak of both speakers as somebody else. The prompt is what reaches the model's server. Then the question is
taken out again, so that every question meets the dialogue alone. Nothing but the question goes into a prompt: no memory, no answer, no evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.progress import track

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.personas.persona import DEFAULT, system_text
from services.conversation.window.context_window import Parts, Said, Shares, build_prompt
from tests.bench.context.running import Running
from tests.bench.recall.dialogues import Dialogue, Question, load
from tests.fakes.model_server import Answer

BUDGET_TOKENS = 2_000
CHANNEL = "general"
_BATCH = 100
_LAST_MAX = 200
_errors = Console(stderr=True)
_TAKE_OUT = "WITH turn AS (DELETE FROM turns) DELETE FROM messages WHERE author_id = 'reader'"


@dataclass(frozen=True, slots=True)
class Shown:
    """A question, and the share of its evidence in the prompt as it is made, and in one of the newest messages alone."""

    dialogue: str
    question: Question
    in_prompt: float
    in_newest: float
    tokens: int


async def store(running: Running, data: Path) -> None:
    """Store the dialogues of a folder, and wait until the jobs have done all that follows."""
    for dialogue in track(load(data), "storing", console=_errors):
        await _store(running, dialogue)
    await running.indexed()


async def measure(running: Running, data: Path) -> tuple[dict[str, float], list[Shown]]:
    """Ask every scored question of the dialogues of a folder, which must be stored."""
    shown: list[Shown] = []
    dialogues = load(data)
    running.model.always("scripted", Answer(hang_after=1))  # no reply is finished, stored and shown to the next question
    asked = [(dialogue, question) for dialogue in dialogues for question in dialogue.questions if question.scored and question.evidence]
    for number, (dialogue, question) in enumerate(track(asked, "asking", console=_errors)):
        shown.append(await _ask(running, dialogue, question, number))
    return {
        "evidence_in_context": round(mean([one.in_prompt for one in shown]), 4),
        "last_n_at_same_budget": round(mean([one.in_newest for one in shown]), 4),
        "evidence_questions": len(shown),
        "evidence_prompt_tokens_max": max(one.tokens for one in shown),
    }, shown


def mean(numbers: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(numbers) / max(1, len(numbers))


async def _store(running: Running, dialogue: Dialogue) -> None:
    where = pb.ConversationKey(guild_id=dialogue.name, channel_id=CHANNEL)
    for first in range(0, len(dialogue.turns), _BATCH):
        messages = []
        for turn in dialogue.turns[first : first + _BATCH]:
            said_at = Timestamp()
            said_at.FromDatetime(turn.said_at)
            author_id = turn.speaker.casefold().replace(" ", "_")
            messages.append(
                pb.Message(message_id=turn.turn_id, role="user", author_id=author_id, author_name=turn.speaker, text=turn.text, create_time=said_at)
            )
        request = pb.AppendMessagesRequest(request_id=f"{dialogue.name}-{first}", conversation=where, messages=messages)
        await running.client.append_messages(request, timeout_s=60)


async def _ask(running: Running, dialogue: Dialogue, question: Question, number: int) -> Shown:
    said = pb.BeginTurnRequest(
        message_id=f"question-{number}", guild_id=dialogue.name, channel_id=CHANNEL, user_id="reader", user_name="Reader", text=question.text
    )
    begun = await running.client.begin_turn(said, timeout_s=60)
    request = pb.ReplyRequest(turn_id=begun.turn_id, fence=begun.fence, message=said, models=["scripted"], max_prompt_tokens=BUDGET_TOKENS)
    tokens = 0
    async for response in running.client.reply(request, timeout_s=60):
        if response.HasField("started"):
            tokens = response.started.prompt_tokens
            break  # the prompt is with the model: the reply would only be in the way of the next question
    prompt = running.model.requests[-1].prompt
    async with running.database.connection() as connection:
        await connection.execute(_TAKE_OUT)
    texts = {turn.turn_id: turn.text for turn in dialogue.turns}
    evidence = [texts[turn_id] for turn_id in question.evidence]
    return Shown(dialogue.name, question, share(evidence, prompt), share(evidence, _newest(dialogue, question)), tokens)


def share(evidence: Sequence[str], prompt: str) -> float:
    """Return the share of texts that a prompt holds word for word; line breaks count as blanks."""
    shown = " ".join(prompt.split())
    return mean([" ".join(text.split()) in shown for text in evidence])


def _newest(dialogue: Dialogue, question: Question) -> str:
    """Return a prompt of the same budget that is given the newest messages alone."""
    history = [
        Said("user", turn.speaker.casefold(), turn.speaker, turn.text, number, turn.turn_id, turn.said_at)
        for number, turn in enumerate(dialogue.turns[-_LAST_MAX:], start=1)
    ]
    parts = Parts(system=system_text(DEFAULT, "Parlour"), message=Said("user", "reader", "Reader", question.text), history=history)
    prompt = build_prompt(parts, BUDGET_TOKENS, Shares(1.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    return "\n".join(message.text for message in prompt.messages)
