"""What the model is shown: a prompt that fits a token budget, built from the parts of a conversation. Pure.

What stays the same from turn to turn comes first: persona, rules, relationship, summaries, and the recent messages, which begin where they began
the turn before (recent_window.py). How much room these have depends on nothing that changes with every turn, so that a provider's prefix cache
keeps them. What does change comes last, in the message that is answered: earlier messages about the same thing, memories, the thread's first message,
what is replied to, files, the message.

Persona, rules and message are always in. Every other part has a share of the room that no other can take from it. What the shares leave over goes,
in this order, to the last exchange if it is too long for its share, what is replied to (without it "what does that mean?" has no answer), files,
earlier messages about the same thing, memories, and messages too old to be recent: beyond the last few, what was said about a thing helps more than
what was said just before. Summaries and relationship get nothing of it, since they come first and must not change.
Where a message has files, they have a share of the last message's room, and the shares of its other parts are so much smaller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from services.conversation.turn import TextFile
from services.conversation.window.brought_along import BroughtAlong
from services.conversation.window.recent_window import MESSAGE_BYTES, Placed, recent_start
from services.conversation.window.token_counting import ESTIMATE, TokenCounter
from services.conversation.window.token_counting import estimate_tokens as estimate_tokens
from services.conversation.window.window_blocks import (
    EARLIER_CLOSE,
    EARLIER_OPEN,
    MEMORIES_CLOSE,
    MEMORIES_OPEN,
    SUMMARIES_CLOSE,
    SUMMARIES_OPEN,
    Names,
    asked_block,
    day_line,
    earlier_line,
    memory_line,
    merged,
    names_of,
    relationship_block,
    rules_block,
    summary_line,
    turn_message,
)
from services.conversation.window.window_blocks import PromptMessage as PromptMessage
from services.conversation.window.window_blocks import Said as Said
from services.conversation.window.window_blocks import Summary as Summary
from services.conversation.window.window_filling import Candidate, Tail, distinct, newest_that_fit, spread
from services.runtime.errors import ContextTooLong

PARTS = ("persona", "rules", "relationship", "summaries", "recent", "older", "memories", "thread_starter", "replied_to", "files", "message")
"""The parts of a prompt, in its order. Recent messages that find no place among the recent ones stand with the older ones."""

_MESSAGE_TOKENS_MIN = 128
_ATTEMPTS = 6
_EXCHANGE = 2  # a message and its answer
_BLOCKS = {"earlier": (EARLIER_OPEN, EARLIER_CLOSE), "memories": (MEMORIES_OPEN, MEMORIES_CLOSE)}


@dataclass(frozen=True, slots=True)
class Parts:
    """What could go into a prompt: `memories` and `older` messages best first, `summaries` and `history` (the newest messages) oldest first.

    `history_is_whole`: the conversation has no older messages than those. `unavailable`: parts that could not be had. `reply_chain` is what
    `replied_to` replies to, and so on, nearest first.
    """

    system: str
    message: Said
    memories: Sequence[str] = ()
    history: Sequence[Said] = ()
    replied_to: Said | None = None
    rules: str = ""
    relationship: str = ""
    summaries: Sequence[Summary] = ()
    older: Sequence[Said] = ()
    history_is_whole: bool = True
    unavailable: frozenset[str] = frozenset()
    reply_chain: Sequence[Said] = ()
    thread_starter: Said | None = None
    files: Sequence[TextFile] = ()


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the room beside persona, rules and message each part is sure of, 0 to 1, together 1 at most.

    What is replied to shares its own with the thread's first message. `files`: of the last message's room, where there are any.
    """

    recent: float = 0.3
    older: float = 0.3
    memories: float = 0.15
    summaries: float = 0.1
    replied_to: float = 0.1
    relationship: float = 0.05
    files: float = 0.5

    def __post_init__(self) -> None:
        """Raise ValueError where the shares are more than there is."""
        given = (self.recent, self.older, self.memories, self.summaries, self.replied_to, self.relationship)
        if not 0 <= self.files <= 1:
            raise ValueError(f"PARLOUR_CONVERSATION_FILE_SHARE: a share is 0 to 1, not {self.files:.2f}.")
        if min(given) < 0 or sum(given) > 1 + 1e-9:
            raise ValueError(f"PARLOUR_CONVERSATION_..._SHARE: the shares of a prompt are {sum(given):.2f} together; 1 is all there is.")


@dataclass(frozen=True, slots=True)
class PartReport:
    """What became of one part: how many of its items are in and how many are not, the tokens of what is in, and why something is missing.

    `reason`: budget (no room was left), share (the part's share is used up), unavailable, empty (there was nothing), or nothing where all is in.
    """

    name: str
    included: int
    left_out: int
    tokens: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The prompt, its size in tokens, what did not fit in plain words, and a report on every part, whose tokens add up to the prompt's."""

    messages: tuple[PromptMessage, ...]
    tokens: int
    left_out: tuple[str, ...]
    parts: tuple[PartReport, ...] = ()


def prompt_tokens(messages: Sequence[PromptMessage], counter: TokenCounter = ESTIMATE) -> int:
    """Return the tokens of a prompt, the chat template's own included."""
    counts = counter.count_all([message.text for message in messages])
    return sum(counts) + sum(counter.overhead(message.role) for message in messages) + counter.answer_overhead


def build_prompt(parts: Parts, budget_tokens: int, shares: Shares, counter: TokenCounter = ESTIMATE) -> Prompt:
    """Return the prompt that fits the budget. Raises ContextTooLong when persona, rules and message alone do not."""
    window = _Window(parts, shares, counter)
    if window.fixed_tokens > budget_tokens:
        raise ContextTooLong(f"persona, rules and message need {window.fixed_tokens} tokens, {budget_tokens} may be used")
    # With some tokenizers a whole has more tokens than its lines have, and there is less room than it seemed. Then the last message is made shorter
    # first, for the sake of the prefix, and at last everything.
    aimed_at, cut = budget_tokens, 0
    for attempt in range(_ATTEMPTS):
        prompt = window.prompt(aimed_at, cut)
        excess = prompt.tokens - budget_tokens
        if excess <= 0:
            return prompt
        if attempt < _ATTEMPTS // 2:
            cut += 2 * excess
        else:
            aimed_at = window.fixed_tokens + (aimed_at - window.fixed_tokens) * (budget_tokens - window.fixed_tokens) // (2 * prompt.tokens)
    return window.prompt(window.fixed_tokens, 0)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a prompt, the part that it belongs to, and how many of the part's items it holds: a mark around others holds none."""

    part: str
    message: PromptMessage
    tokens: int
    items: int = 0


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What comes before the last message: its pieces, its tokens, where in the history it goes on, and how many summaries tell more than that.

    `spare_tokens`: of the recent messages' own room, since they begin in steps.
    """

    pieces: Sequence[_Piece]
    tokens: int
    spare_tokens: int
    recent_from: int
    summaries: int


class _Window:
    """The parts of one prompt, written down and counted."""

    def __init__(self, parts: Parts, shares: Shares, counter: TokenCounter) -> None:
        self._parts = parts
        self._shares = shares
        self._counter = counter
        spoke = {said.author_id for said in parts.history if said.role != "assistant"}
        self._named = bool(spoke - {parts.message.author_id})
        # What comes first may only use names that do not change with what is found for this turn.
        self._names: Names = names_of([*parts.history, parts.message])
        self._brought = BroughtAlong(parts.replied_to, parts.reply_chain, parts.thread_starter, parts.files, self._tokens)
        others = [*parts.older, *self._brought.quoted, *([self._brought.starter] if self._brought.starter else [])]
        self._all_names: Names = {**names_of(others), **self._names}
        self._recent = [turn_message(said, self._names, named=self._named) for said in parts.history]
        self._marks: dict[str, int] = {}
        self._persona = self._pieces("persona", "system", [(parts.system, 1)])
        if parts.rules:
            self._persona += self._pieces("rules", "system", [(rules_block(parts.rules), 1)])
        [self._asked] = self._pieces("message", "user", [(asked_block(parts.message, self._all_names, named=self._named), 1)])
        self._system_tokens = prompt_tokens(merged([piece.message for piece in self._persona]), counter)
        self.fixed_tokens = prompt_tokens(merged([piece.message for piece in [*self._persona, self._asked]]), counter)

    def prompt(self, budget_tokens: int, cut_tokens: int) -> Prompt:
        """Return the prompt for a budget that the fixed parts fit into; it may be a few tokens more. `cut_tokens` are taken off the last message."""
        left = budget_tokens - self.fixed_tokens
        # A usual message changes nothing about the room of what comes first; a long one does by its power of two.
        reserved = max(_MESSAGE_TOKENS_MIN, 1 << (self.fixed_tokens - self._system_tokens).bit_length())
        shared = max(0, min(left, budget_tokens - self._system_tokens - reserved))
        beginning = self._beginning(shared)
        history, start = self._parts.history, beginning.recent_from
        older = distinct(self._parts.older, but=history[start:] or history[-_EXCHANGE:])
        rest = distinct(reversed(history[:start]), but=[*history[start:], *older])
        tail = self._tail(shared, max(0, left - beginning.tokens - cut_tokens), beginning.spare_tokens, history[start:], older, rest)
        given = {"recent": len(history) - start + len(rest), "older": len(older), "summaries": beginning.summaries}
        return self._finished([*self._persona, *beginning.pieces, *self._written(tail), self._asked], given)

    def _beginning(self, shared: int) -> _Beginning:
        shares, summaries = self._shares, self._parts.summaries
        relationship, relationship_tokens = self._relationship(int(shared * shares.relationship))
        # What the person's part leaves over is for the recent messages: it changes as seldom. So is the summaries' share, until there are any.
        room = int(shared * (shares.recent + shares.relationship + (0 if summaries else shares.summaries))) - relationship_tokens
        history, costs = self._parts.history, self._recent_tokens()
        placed = [
            Placed(said.offset_bytes, len(said.text.encode("utf-8", "replace")) + MESSAGE_BYTES, tokens, said.role != "assistant")
            for said, tokens in zip(history, costs, strict=True)
        ]
        start = recent_start(placed, room, whole=self._parts.history_is_whole)
        # What the recent messages tell for the most part needs no summary.
        told = [one for one in summaries if start == len(history) or one.sequence < max(history[start].sequence, 1)]
        summed_up, summaries_tokens = self._summaries(told, int(shared * shares.summaries))
        recent = [_Piece("recent", message, tokens, 1) for message, tokens in zip(self._recent[start:], costs[start:], strict=True)]
        tokens = sum(costs[start:])
        used = relationship_tokens + summaries_tokens + tokens
        return _Beginning([*relationship, *summed_up, *recent], used, max(0, room - tokens), start, len(told))

    def _relationship(self, limit: int) -> tuple[list[_Piece], int]:
        if not self._parts.relationship:
            return [], 0
        [piece] = self._pieces("relationship", "system", [(relationship_block(self._parts.relationship), 1)])
        return ([piece], piece.tokens) if piece.tokens <= limit else ([], 0)

    def _summaries(self, told: Sequence[Summary], limit: int) -> tuple[list[_Piece], int]:
        lines = [summary_line(summary.text) for summary in told]
        costs = self._tokens(lines)
        around = sum(self._tokens([SUMMARIES_OPEN, SUMMARIES_CLOSE])) + self._counter.overhead("user")
        first = newest_that_fit(costs, limit - around)
        if first == len(lines):
            return [], 0
        block = [(SUMMARIES_OPEN, 0), *((line, 1) for line in lines[first:]), (SUMMARIES_CLOSE, 0)]
        return self._pieces("summaries", "user", block), around + sum(costs[first:])

    def _recent_tokens(self) -> list[int]:
        counts = self._tokens([message.text for message in self._recent])
        return [tokens + self._counter.overhead(message.role) for tokens, message in zip(counts, self._recent, strict=True)]

    def _tail(self, shared: int, left: int, spare: int, shown: Sequence[Said], older: Sequence[Said], rest: Sequence[Said]) -> Tail:
        """Choose what stands in the last message: each part its share first, then what is left over in order of priority."""
        shares, brought, names = self._shares, self._brought, self._all_names
        replied_to, first = brought.quotes(shown, names), brought.first(shown, names)
        for_files = int(left * shares.files) if self._parts.files else 0
        shared = int(shared * (1 - shares.files)) if self._parts.files else shared
        earlier = self._earlier("older", older)
        memories = self._candidates("memories", [memory_line(memory) for memory in self._parts.memories], block="memories")
        before = self._earlier("recent", rest)
        tail = Tail(left - for_files, self._mark_tokens)
        quotes = int(shared * shares.replied_to)
        tail.fill(replied_to, quotes, gaps=False)
        tail.fill(first, quotes - (left - for_files - tail.left))
        tail.fill(before, spare, gaps=False)
        tail.fill(earlier, int(shared * shares.older))
        tail.fill(memories, int(shared * shares.memories))
        tail.left += for_files
        if not shown:  # the last words, too long for their own place, are worth more than what bears on the message
            tail.fill(before[:_EXCHANGE], tail.left, gaps=False)
        tail.fill(replied_to, tail.left, gaps=False)
        if replied_to and not tail.of("replied_to"):
            tail.fill(brought.cut(replied_to[0], tail.left, names), tail.left)
        tail.fill(first, tail.left)
        if first and not tail.of("thread_starter"):  # a forum's posts are long, and what else bears on the message is worth as much
            tail.fill(brought.cut(first[0], tail.left // 2, names), tail.left)
        tail.fill(brought.files(tail.left), tail.left)
        tail.fill(earlier, tail.left)
        tail.fill(memories, tail.left)
        tail.fill(before, tail.left, gaps=False)
        return tail

    def _earlier(self, part: str, messages: Sequence[Said]) -> list[Candidate]:
        lines = [earlier_line(said, self._all_names) for said in messages]
        days = [day_line(said) for said in messages]
        new_days = list({day for day in days if day} - self._marks.keys())
        self._marks.update(zip(new_days, self._tokens(new_days), strict=True))
        counted = zip(lines, self._tokens(lines), days, messages, strict=True)
        return [Candidate(part, line, tokens, "earlier", day, said) for line, tokens, day, said in counted]

    def _candidates(self, part: str, texts: Sequence[str], block: str = "") -> list[Candidate]:
        return [Candidate(part, text, tokens, block) for text, tokens in zip(texts, self._tokens(texts), strict=True)]

    def _pieces(self, part: str, role: str, lines: Sequence[tuple[str, int]]) -> list[_Piece]:
        counted = zip(lines, self._tokens([text for text, _ in lines]), strict=True)
        return [_Piece(part, PromptMessage(role, text), tokens, items) for (text, items), tokens in counted]

    def _written(self, tail: Tail) -> list[_Piece]:
        """Write down the beginning of the last message: earlier messages by their time, memories, what is replied to."""
        pieces: list[_Piece] = []
        if earlier := tail.of("older", "recent"):
            earlier.sort(key=lambda candidate: candidate.place)
            opening, closing = self._pieces("older", "user", [(EARLIER_OPEN, 0), (EARLIER_CLOSE, 0)])
            pieces.append(opening)
            for day, of_day in groupby(earlier, key=lambda candidate: candidate.day):
                if day:
                    pieces.append(_Piece("older", PromptMessage("user", day), self._mark_tokens(day)))
                pieces += map(_piece, of_day)
            pieces.append(closing)
        if memories := tail.of("memories"):
            opening, closing = self._pieces("memories", "user", [(MEMORIES_OPEN, 0), (MEMORIES_CLOSE, 0)])
            pieces += [opening, *map(_piece, memories), closing]
        # Oldest first: each replies to the one before.
        return [*pieces, *map(_piece, [*tail.of("thread_starter"), *reversed(tail.of("replied_to")), *tail.of("files")])]

    def _mark_tokens(self, mark: str) -> int:
        """Return what the marks of a block cost, or the line of a day."""
        if mark not in self._marks:
            self._marks[mark] = sum(self._tokens(_BLOCKS.get(mark, (mark,))))
        return self._marks[mark]

    def _tokens(self, texts: Sequence[str]) -> list[int]:
        """Count texts that others follow."""
        return self._counter.count_all([f"{text}\n" for text in texts])

    def _finished(self, pieces: Sequence[_Piece], given: Mapping[str, int]) -> Prompt:
        messages = merged([piece.message for piece in pieces])
        counts = self._counter.count_all([message.text for message in messages])
        totals = [count + self._counter.overhead(message.role) for count, message in zip(counts, messages, strict=True)]
        included, tokens = dict.fromkeys(PARTS, 0), dict.fromkeys(PARTS, 0)
        groups = [list(group) for _, group in groupby(pieces, key=lambda piece: piece.message.role)]
        for group, total in zip(groups, totals, strict=True):
            for piece, share in zip(group, spread(total, [piece.tokens for piece in group]), strict=True):
                tokens[piece.part] += share
                included[piece.part] += piece.items
        tokens["message"] += self._counter.answer_overhead
        counted = {**self._given(), **given}
        reports = tuple(self._report(name, included[name], tokens[name], counted[name]) for name in PARTS)
        return Prompt(tuple(messages), sum(totals) + self._counter.answer_overhead, _in_words(reports, self._brought.files_cut), reports)

    def _given(self) -> Mapping[str, int]:
        """Return how many items each part had, but the messages, which may be in two."""
        parts = self._parts
        return {
            "persona": 1,
            "rules": int(bool(parts.rules)),
            "relationship": int(bool(parts.relationship)),
            "memories": len(parts.memories),
            "thread_starter": int(self._brought.starter is not None),
            "replied_to": len(self._brought.quoted),
            "files": len(parts.files),
            "message": 1,
        }

    def _report(self, name: str, included: int, tokens: int, given: int) -> PartReport:
        left_out = given - included
        if left_out:
            reason = "share" if name in ("relationship", "summaries") else "budget"
        elif name in self._parts.unavailable:
            reason = "unavailable"
        else:
            reason = "" if given else "empty"
        return PartReport(name, included, left_out, tokens, reason)


def _piece(candidate: Candidate) -> _Piece:
    return _Piece(candidate.part, PromptMessage("user", candidate.text), candidate.tokens, 1)


def _in_words(reports: Sequence[PartReport], files_cut: int) -> tuple[str, ...]:
    missing = {report.name: report.left_out for report in reports}
    included = {report.name: report.included for report in reports}
    words = []
    if missing["relationship"]:
        words.append("what is known of the person")
    if missing["summaries"]:
        words.append(_counted(missing["summaries"], "summary", "summaries"))
    if messages := missing["recent"] + missing["older"]:
        words.append(_counted(messages, "earlier message", "earlier messages"))
    if missing["memories"]:
        words.append(_counted(missing["memories"], "memory", "memories"))
    if missing["thread_starter"]:
        words.append("the first message of the thread")
    if missing["replied_to"]:
        words.append("the message replied to" if included["replied_to"] == 0 else "what the message replied to replies to")
    if missing["files"]:
        words.append(_counted(missing["files"], "file", "files"))
    if files_cut:
        words.append(f"the rest of {_counted(files_cut, 'file', 'files')}")
    return tuple(words)


def _counted(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"
