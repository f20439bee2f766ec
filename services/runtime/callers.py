"""Who may call what: each service's table of its methods and their callers, and what an operator lays over it. Nobody who is not named may.

An operator's setting, PARLOUR_<SERVICE>_ALLOWED_CALLERS, is a list of entries with `;` between them:

    CreditService/GetBalance=+dashboard; CreditAdminService/CreateGrant=; AssistantService/*=operator,chat-bridge

An entry names one method of the service, or with * all of one of its proto services; after `=` stand the callers, with `,` between them, in place of
those of the table; after `=+`, beside them; after `=` nothing: nobody. Later entries win.
"""

import re
from collections.abc import Mapping, Sequence

import grpc
from prometheus_client import Counter

from services.runtime.errors import PermissionRefused
from services.runtime.security import identity
from services.runtime.settings import SERVICES, BadSettings

OPERATOR = "operator"
"""Whoever looks after Parlour: the `parlour` command."""
TOOLS = "tools"
"""Programs that speak for people, such as a bridge to another chat: they may do what a person in a chat may."""
CALLERS = (*SERVICES, OPERATOR, TOOLS)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")

type Table = Mapping[str, frozenset[str]]
"""The callers of each method, by its path: "/parlour.credit.v1.CreditService/PlaceHold"."""

_refusals = Counter("parlour_rpc_callers_refused_total", "Calls refused because of who made them", ["method", "caller"])


def allowed(service: str, callers: Mapping[str, Sequence[str]]) -> Table:
    """Return the table of one proto service ("parlour.credit.v1.CreditService") from the callers of its methods."""
    return {f"/{service}/{method}": frozenset(names) for method, names in callers.items()}


def extra_callers(text: str) -> tuple[str, ...]:
    """Return the names of PARLOUR_EXTRA_CALLERS. Raises BadSettings for one that cannot be a name."""
    names = _names(text)
    for name in names:
        if _NAME.fullmatch(name) is None:
            raise BadSettings(f"PARLOUR_EXTRA_CALLERS does not fit: {name[:40]!r} cannot be a caller's name.")
    return names


def amended(table: Table, text: str, *, variable: str, known: Sequence[str]) -> Table:
    """Return a table with an operator's entries over it. Raises BadSettings for what is no entry, no method of the table or no known caller."""
    entries = [entry.strip() for entry in text.split(";") if entry.strip()]
    result = dict(table)
    for entry in entries:
        method, equals, callers = (part.strip() for part in entry.partition("="))
        if not equals:
            raise BadSettings(f"{variable} does not fit: {entry[:80]!r} is not of the form Service/Method=caller,caller.")
        paths = [path for path in table if _names_path(method, path)]
        if not paths:
            raise BadSettings(f"{variable} does not fit: {method[:80]!r} is not a method here.")
        names = frozenset(_names(callers.removeprefix("+")))
        for name in sorted(names - set(known)):
            raise BadSettings(f"{variable} does not fit: {name[:40]!r} is not a caller; PARLOUR_EXTRA_CALLERS names further ones.")
        for path in paths:
            result[path] = names | result[path] if callers.startswith("+") else names
    return result


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _names_path(entry: str, path: str) -> bool:
    service, _, method = path.removeprefix("/").partition("/")
    given_service, _, given_method = entry.partition("/")
    return given_service in (service, service.rpartition(".")[2]) and given_method in (method, "*")


class AllowedCallers:
    """The table in force, asked about each call before anything of it is read."""

    def __init__(self, table: Table, identity_prefix: str) -> None:
        self._table = table
        self._prefix = identity_prefix

    def caller(self, context: "grpc.aio.ServicerContext[object, object]") -> str:
        """Return who makes a call, by the certificate; empty where it gives no name of ours."""
        uris = tuple(uri.decode(errors="replace") for uri in context.auth_context().get("peer_uri", ()))
        return identity(uris, self._prefix)

    def check(self, caller: str, method: str) -> None:
        """Raise PermissionRefused unless the caller is allowed the method."""
        if caller and caller in self._table.get(method, ()):
            return
        # A name nobody knows is counted as one: an authority may have signed any number of them.
        _refusals.labels(method if method in self._table else "unknown", caller if caller in CALLERS else "unknown").inc()
        name = caller or "a certificate without a name of ours"
        raise PermissionRefused(f"{name[:100]} may not call {method}", metadata={"caller": caller[:100]})
