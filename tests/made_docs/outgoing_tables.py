"""What services ask of others: how long that may take, whether it is repeated, and what stands between, read from the clients and the settings."""

import ast
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from services.conversation import client as conversation_client
from services.conversation.models import language_model
from services.conversation.settings import ConversationSettings
from services.credit import client as credit_client
from services.gateway.discord import interaction_responses, shard_connection
from services.gateway.discord.settings import DiscordSettings
from services.gateway.settings import GatewaySettings
from services.memory import client as memory_client
from services.memory.settings import MemorySettings
from services.runtime.settings import DatabaseSettings, RedisSettings
from tests.made_docs.failure_tables import table

CLIENTS: Sequence[tuple[str, ModuleType, Sequence[str]]] = (
    ("credit", credit_client, credit_client.RETRIED),
    ("memory", memory_client, memory_client.RETRIED),
    ("conversation", conversation_client, conversation_client.RETRIED),
)


@dataclass(frozen=True)
class Call:
    """One RPC that a client module makes: its full method, its usual limit in seconds, and whether the channel may repeat it."""

    target: str
    service: str
    method: str
    timeout_s: float
    repeated: bool


def calls() -> Iterator[Call]:
    """Read every call of every client module."""
    for target, module, retried in CLIENTS:
        tree = ast.parse(inspect.getsource(module))
        [client] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Client")]
        stubs = dict(_stubs(client))
        for function in client.body:
            if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef) and function.name != "__init__":
                for stub, method in _methods(function):
                    service = f"parlour.{target}.v1.{stubs[stub]}"
                    repeated = service in retried or f"{service}/{method}" in retried
                    yield Call(target, stubs[stub], method, _timeout_s(function, module), repeated)


def _stubs(client: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for node in ast.walk(client):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Attribute):
            name = getattr(node.value.func, "attr", "")
            if name.endswith("Stub"):
                yield node.targets[0].attr, name.removesuffix("Stub")


def _methods(function: ast.AST) -> Iterator[tuple[str, str]]:
    """The stub and the method in `self.<stub>.<Method>`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and node.attr[0].isupper() and isinstance(node.value, ast.Attribute):
            yield node.value.attr, node.attr


def _timeout_s(function: ast.AsyncFunctionDef | ast.FunctionDef, module: ModuleType) -> float:
    names = [argument.arg for argument in function.args.kwonlyargs]
    default = function.args.kw_defaults[names.index("timeout_s")]
    assert default is not None
    return float(getattr(module, default.id) if isinstance(default, ast.Name) else ast.literal_eval(default))


def rpc_table() -> str:
    """The calls between services, those with the same rules in one row."""
    rows: dict[tuple[str, str, float, bool], list[str]] = {}
    for call in calls():
        rows.setdefault((call.target, call.service, call.timeout_s, call.repeated), []).append(call.method)
    return table(
        ("to", "service", "methods", "at most", "repeated by the channel"),
        (
            (target, service, ", ".join(sorted(set(methods))), f"{timeout_s:g} s", "yes" if repeated else "**never**")
            for (target, service, timeout_s, repeated), methods in rows.items()
        ),
    )


def _default(settings: Any, name: str) -> str:
    return f"{settings.model_fields[name].default:g} s"


def limit_table() -> str:
    """What is asked of everything else. Times are the settings' defaults."""
    pool, statement = _default(DatabaseSettings, "pool_wait_s"), _default(DatabaseSettings, "statement_timeout_s")
    shared, remote = _default(RedisSettings, "redis_timeout_s"), _default(ConversationSettings, "redis_timeout_s")
    first, idle = _default(ConversationSettings, "first_token_s"), _default(ConversationSettings, "idle_s")
    rows = (
        (
            "PostgreSQL (credit, memory, conversation)",
            f"{pool} for a connection, {statement} a statement, enforced by the server",
            "what met another transaction is read again, three attempts (`retry_stale`); credit asks what became of a commit whose answer was lost",
            "none: a refused connection fails at once, the pool's size bounds what waits",
            "`parlour_database_failures_total`, `parlour_database_waiting_callers`, `parlour_database_rereads_total`",
        ),
        (
            "replicas (memory)",
            f"{_default(MemorySettings, 'replica_wait_s')}, or a fifth of the read's time",
            "once, on the primary",
            "one a replica, `memory-<replica>`",
            "`parlour_memory_reads_total`, `parlour_memory_replica_wait_seconds`, `parlour_memory_replica_behind_bytes`",
        ),
        (
            "Redis (gateway)",
            f"{shared} a command",
            "never: there is another way",
            "one a use: `claim`, `lease`, `stop`, `answers`, `offers`",
            "`parlour_redis_requests_total`, `parlour_lease_requests_total`",
        ),
        (
            "Redis (caches of memory and conversation)",
            f"{_default(MemorySettings, 'result_cache_timeout_s')}, {remote}",
            "never: the database knows, too",
            "one a cache",
            "`parlour_redis_requests_total`, `parlour_cache_reads_total`",
        ),
        (
            "models (conversation)",
            f"{language_model._CONNECT_S:g} s to connect, {first} to the first token, {idle} between two, the turn's time in all",
            "once where a kept connection was dropped, once with a narrower prompt where it was too long; then the next model",
            "one a model, `model:<name>`",
            "`parlour_conversation_model_errors_total`, `_model_retries_total`, `_fallbacks_total`, `_model_standing`",
        ),
        (
            "Discord's REST",
            f"{_default(DiscordSettings, 'discord_request_s')} a request, {interaction_responses.REQUEST_S:g} s one for an interaction",
            f"posts and edits for {_default(DiscordSettings, 'discord_delivery_s')}, with backoff and a nonce, so that each appears once; "
            "a rate limit is waited for",
            "none: Discord's rate limits are kept",
            "`parlour_gateway_discord_*`",
        ),
        (
            "Discord's gateway",
            f"{shard_connection.CONNECT_S:g} s to connect",
            f"for ever, waiting up to {_default(DiscordSettings, 'discord_reconnect_max_s')}; sessions are resumed",
            "none: IDENTIFYs are paced",
            '`parlour_dependency_up{dependency="discord"}`, `parlour_gateway_discord_identifies_total`',
        ),
        (
            "settlements (gateway)",
            f"{_default(GatewaySettings, 'settle_s')} a call",
            f"for {_default(GatewaySettings, 'end_retry_s')}, under the same key; then the settlement job, or the hold's expiry",
            "that of the call",
            "`parlour_gateway_settlements_pending`, `parlour_gateway_settlements_failed_total`",
        ),
        (
            "background jobs (credit, memory, conversation)",
            "each has its own, 60 s if it says nothing",
            "up to 10 times, from 1 s, doubled up to 300 s; a job of a lost process after 12 s",
            "those of the calls that it makes",
            "`parlour_jobs_total`, `parlour_job_duration_seconds`",
        ),
    )
    return table(("what", "at most", "tried again", "breaker", "seen in"), rows)
