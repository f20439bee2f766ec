"""No container of an object, a class or a module grows with traffic: each that starts empty is a BoundedMap, or says here what bounds it.

What is looked for are attributes that are made as an empty dict, set, list, deque or Counter: those can only have come to be filled. A container
that a function makes and leaves behind with its last line is none of this test's business.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTAINERS = frozenset({"dict", "set", "list", "deque", "defaultdict", "OrderedDict", "Counter"}) | {
    "WeakSet",
    "WeakKeyDictionary",
    "WeakValueDictionary",
}

FOR_ONE = "its object lives for one message, call or run"
UNDER_WAY = "what is under way, each removed at its end; limits of admission bound how much is"
BY_NAME = "by a name in the code or the settings, of which there are a few"

BOUNDED_BY: Mapping[str, str] = {
    "conversation/abandoned.py: AbandonedReplies._readers": UNDER_WAY,
    "conversation/abandoned.py: AbandonedReplies._tasks": "abandoned_max",
    "conversation/models/generated.py: Generated.texts": FOR_ONE,
    "conversation/models/model_events.py: Progress._usage": FOR_ONE,
    "conversation/models/model_gate.py: ModelGate._yielding": "at most one a slot",
    "conversation/models/model_reach.py: ModelReach._before": BY_NAME,
    "conversation/models/models_file.py: ModelEndpoint.capabilities": BY_NAME,
    "conversation/people/relationship.py: Relationship.topics": FOR_ONE,
    "conversation/people/sessions.py: Sessions._to_commit": "sessions_max; what is beyond is counted and left to a job",
    "conversation/personas/persona_layers.py: Layer.reasons": FOR_ONE,
    "conversation/personas/preferences.py: Preference.wishes": FOR_ONE,
    "conversation/topics/topic_segmentation.py: _Evidence._found": FOR_ONE,
    "conversation/topics/topic_segmentation.py: _Evidence._similarities": FOR_ONE,
    "conversation/unstored.py: UnstoredEndings._tasks": "unstored_max",
    "conversation/window/context_window.py: _Window._marks": FOR_ONE,
    "conversation/window/window_filling.py: Tail._open": FOR_ONE,
    "conversation/window/window_filling.py: Tail.taken": FOR_ONE,
    "credit/accounts.py: Account.grants": "grants_max, those that are spent are dropped once written",
    "credit/accounts.py: Account.holds": "open_holds_max, those that ended are dropped once written",
    "credit/accounts.py: Account.leases": "those that are open, of which an instance has one; the others are dropped once written",
    "credit/accounts.py: Account.members": "emptied once written",
    "credit/accounts.py: Account.recorded": "emptied once written",
    "credit/accounts.py: Account.touched": "emptied once written",
    "credit/accounts.py: Account.turns": "those of the last batch",
    "credit/accounts.py: Hold.metadata": "a hold's own, of which the protos bound the size",
    "credit/batch.py: Books.records": FOR_ONE,
    "credit/batch.py: Books.remembered": FOR_ONE,
    "credit/batch.py: Changes.accounts": FOR_ONE,
    "credit/batch.py: Changes.opened": FOR_ONE,
    "credit/batch.py: Changes.records": FOR_ONE,
    "credit/decisions.py: Tape.arrived": FOR_ONE,
    "credit/decisions.py: Tape.asked": FOR_ONE,
    "credit/decisions.py: Tape.erased": FOR_ONE,
    "credit/decisions.py: Tape.journal": FOR_ONE,
    "credit/decisions.py: Tape.notes": FOR_ONE,
    "credit/decisions.py: Tape.transfers": FOR_ONE,
    "credit/decisions.py: Tape.usage": FOR_ONE,
    "credit/memory.py: Memory._records": "shard_requests_max, the oldest are dropped",
    "credit/reconcile.py: Step.found": FOR_ONE,
    "credit/reconcile.py: Step.reached": FOR_ONE,
    "credit/shard.py: Shard._queue": "shard_queue_max",
    "credit/shard.py: _Draft.counted": FOR_ONE,
    "credit/store.py: Loaded.accounts": FOR_ONE,
    "credit/store.py: Loaded.records": FOR_ONE,
    "credit/verification.py: Verification.problems": FOR_ONE,
    "credit/verification.py: _Check._first": FOR_ONE,
    "credit/verification.py: _Check._last": FOR_ONE,
    "gateway/addressing/channel_talk.py: ChannelTalk._known": "addressing_messages_max, in a BoundedMap by channel",
    "gateway/addressing/channel_talk.py: Heard.likely": "KEPT_MAX, by settled()",
    "gateway/addressing/channel_talk.py: ChannelTalk._names": "a few for each of those messages, the oldest are dropped",
    "gateway/arrival_order.py: ArrivalOrder._places": UNDER_WAY,
    "gateway/assistant.py: Assistant._tasks": UNDER_WAY,
    "gateway/assistant_turn.py: AssistantTurn._said_notices": FOR_ONE,
    "gateway/assistant_turn.py: _Progress.delivered": FOR_ONE,
    "gateway/blocks.py: BlockList._ends": "as long as conversation's list, and replaced as a whole",
    "gateway/discord/answer_records.py: AnswerRecords._writes": "_WRITES_MAX; what is beyond is counted and not shared",
    "gateway/discord/answering.py: _Gathered.notices": FOR_ONE,
    "gateway/discord/bot.py: Link._up": "by shard, of which there are as many as Discord says",
    "gateway/discord/components.py: ComponentRouter._handlers": BY_NAME,
    "gateway/discord/event_shapes.py": FOR_ONE,
    "gateway/discord/identify.py: IdentifyPace._free_at": "by bucket, of which there are as many as Discord says",
    "gateway/discord/replier.py: Replier._changing": UNDER_WAY,
    "gateway/discord/replier.py: Replier._tasks": UNDER_WAY,
    "gateway/discord/replies.py: _Pages._done": FOR_ONE,
    "gateway/message_claims.py: MessageClaims._held": UNDER_WAY,
    "gateway/message_claims.py: MessageClaims._tasks": UNDER_WAY,
    "gateway/message_claims.py: MessageClaims._watched": "watched_max",
    "gateway/orphans.py: Couriers._by_origin": BY_NAME,
    "gateway/person_lease.py: PersonLeases._releasing": UNDER_WAY,
    "gateway/settlement.py: Settlement._tasks": UNDER_WAY,
    "gateway/stop_signals.py: StopSignals._served": BY_NAME,
    "gateway/stop_signals.py: StopSignals._serving": UNDER_WAY,
    "gateway/turn_queue.py: TurnQueue._running": "running_max",
    "gateway/turn_queue.py: TurnQueue._waiting_by_key": "waiting_max",
    "gateway/turn_record.py: TurnRecord._ms_by_step": BY_NAME,
    "memory/last_writes.py: LastWrites._samples": "samples_max, the oldest are dropped",
    "memory/last_writes.py: _by_database": "by database object, which it holds weakly",
    "memory/replicas.py: Replica.left": "searches that were given up, each until its statement times out",
    "runtime/bounded_map.py: _maps": "weak references to the maps themselves",
    "runtime/database.py: Database._kept": "by the shards that keep a connection",
    "runtime/database.py: Database._pool_waits": UNDER_WAY,
    "runtime/database.py: _open": "weak references to the databases themselves",
    "runtime/entrypoint.py: Parts.drains": BY_NAME,
    "runtime/entrypoint.py: Parts.tasks": BY_NAME,
    "runtime/health.py: Health._probes": BY_NAME,
    "runtime/health.py: Health._up": BY_NAME,
    "runtime/held_jobs.py: HeldJobs._busy": "jobs_concurrency",
    "runtime/renewed_channel.py: RenewedChannel._closing": "by renewal of the certificates, each for its drain",
    "runtime/renewed_channel.py: RenewedChannel._methods": "by method, of which there are as many as the protos have",
    "runtime/security.py: Tls._renewed": BY_NAME,
    "runtime/server.py: Guard._guarded": "by method that is served; another one is not kept",
    "gateway/outage/book.py: Book.turns": "outage_journal_bytes_max",
    "gateway/outage/book.py: Book.turns_by_account": "outage_journal_bytes_max",
    "gateway/outage/book.py: Book.written_off": "outage_journal_bytes_max",
    "gateway/outage/journal.py: Journal._waiting": UNDER_WAY,
    "gateway/outage/outage_turns.py: OutageTurns._tasks": UNDER_WAY,
    "gateway/outage/outage_turns.py: OutageTurns.running": UNDER_WAY,
    "gateway/outage/records.py: Counted.turns_by_account": FOR_ONE,
}
"""What bounds each of them: a setting, or how it comes that there are few. By the file below services/, the class and the attribute; or by a file."""


def _name_of(called: ast.expr) -> str:
    """The name of what is called, also as a module's: deque, collections.deque."""
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _starts_empty(value: ast.expr | None) -> bool:
    """Whether an expression makes an empty container that has no limit of its own."""
    match value:
        case ast.Dict(keys=[]) | ast.List(elts=[]):
            return True
        case ast.Call(func=function, args=arguments, keywords=keywords) if _name_of(function) in CONTAINERS:
            limited = any(keyword.arg == "maxlen" for keyword in keywords)
            filled = [one for one in arguments if not (_name_of(function) == "defaultdict" and isinstance(one, ast.Name | ast.Lambda))]
            return not limited and not filled
        case ast.Call(func=function, keywords=keywords) if _name_of(function) == "field":
            made = next((keyword.value for keyword in keywords if keyword.arg == "default_factory"), None)
            made = made.value if isinstance(made, ast.Subscript) else made
            return made is not None and _name_of(made) in CONTAINERS
    return False


def _assigned(statement: ast.stmt) -> tuple[ast.expr | None, ast.expr | None]:
    match statement:
        case ast.Assign(targets=[target], value=value):
            return target, value
        case ast.AnnAssign(target=target, value=value):
            return target, value
    return None, None


def growing_in(source: str) -> Iterator[str]:
    """Names of the containers that a module's classes and itself keep and start empty: "Class.attribute" or "name"."""
    tree = ast.parse(source)
    for statement in tree.body:
        target, value = _assigned(statement)
        if isinstance(target, ast.Name) and _starts_empty(value):
            yield target.id
    for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        fields = [statement for statement in owner.body if isinstance(statement, ast.Assign | ast.AnnAssign)]
        for node in [*fields, *(inner for inner in ast.walk(owner) if isinstance(inner, ast.Assign | ast.AnnAssign) and inner not in fields)]:
            target, value = _assigned(node)
            of_self = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in ("self", "cls")
            if _starts_empty(value) and (of_self or (isinstance(target, ast.Name) and node in fields)):
                yield f"{owner.name}.{target.attr if isinstance(target, ast.Attribute) else target.id}"  # type: ignore[union-attr]


@cache
def _growing() -> frozenset[str]:
    found: set[str] = set()
    for path in sorted((ROOT / "services").rglob("*.py")):
        if "migrations" not in path.parts and path.relative_to(ROOT).parts[1] not in ("console", "local"):  # one person's programs
            found |= {f"{path.relative_to(ROOT / 'services')}: {name}" for name in growing_in(path.read_text())}
    return frozenset(found)


def _explanations(name: str) -> set[str]:
    return {name, name.partition(":")[0]} & BOUNDED_BY.keys()


def test_every_container_that_may_grow_is_a_bounded_map_or_says_what_bounds_it() -> None:
    assert {name for name in _growing() if not _explanations(name)} == set()


def test_nothing_is_explained_that_is_not_there_any_more() -> None:
    assert BOUNDED_BY.keys() - {explained for name in _growing() for explained in _explanations(name)} == set()


@pytest.mark.parametrize(
    "source",
    [
        "_seen = {}",
        "class Answers:\n    def __init__(self):\n        self._by_user: dict[str, int] = {}",
        "class Answers:\n    def __init__(self):\n        self._by_user = defaultdict(list)",
        "class Answers:\n    def forget(self):\n        self._users = set()",
        "@dataclass\nclass Answers:\n    users: list[str] = field(default_factory=list)",
        "class Answers:\n    def __init__(self):\n        self._queue = collections.deque()",
    ],
)
def test_a_container_that_may_grow_is_found(source: str) -> None:
    assert list(growing_in(source))


@pytest.mark.parametrize(
    "source",
    [
        "LIMITS = {'a': 1}",
        "def count():\n    seen = {}\n    return seen",
        "class Answers:\n    def __init__(self):\n        self._last = deque(maxlen=10)",
        "class Answers:\n    def __init__(self):\n        self._by_user = BoundedMap('answers')",
    ],
)
def test_what_cannot_grow_is_not_found(source: str) -> None:
    assert not list(growing_in(source))
