"""What can be set, read from the settings classes: the variable, its default, what it may be, and what it is for."""

from collections.abc import Iterator, Mapping
from typing import Any

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from services.conversation.settings import ConversationSettings
from services.credit.settings import CreditSettings
from services.gateway.discord.settings import DiscordSettings
from services.gateway.settings import GatewaySettings
from services.memory.settings import MemorySettings
from services.runtime.settings import DatabaseSettings, RedisSettings, ServiceSettings, variable
from tests.made_docs.failure_tables import table

SETTINGS: Mapping[str, type[BaseSettings]] = {
    "credit": CreditSettings,
    "memory": MemorySettings,
    "conversation": ConversationSettings,
    "gateway": GatewaySettings,
}
SHARED = (ServiceSettings, DatabaseSettings, RedisSettings, DiscordSettings)
COLUMNS = ("variable", "default", "may be", "for")


def shared_table(settings: type[BaseSettings], service: str = "<SERVICE>") -> str:
    """One row for each setting of a class that services have in common."""
    return table(COLUMNS, (_row(settings, service, name) for name in settings.model_fields))


def own_table(service: str) -> str:
    """One row for each setting of one service that is not shared, or that it gives other bounds."""
    return table(COLUMNS, (_row(SETTINGS[service], service, name) for name in _own(SETTINGS[service])))


def _own(settings: type[BaseSettings]) -> Iterator[str]:
    shared = {name: repr(info) for base in SHARED if issubclass(settings, base) for name, info in base.model_fields.items()}
    return (name for name, info in settings.model_fields.items() if shared.get(name) != repr(info))


def _row(settings: type[BaseSettings], service: str, name: str) -> tuple[str, str, str, str]:
    info = settings.model_fields[name]
    return f"`{variable(settings, service, name)}`", _default(info), _may_be(info), info.description or ""


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "must be set"
    if info.default is PydanticUndefined:
        return "from the host's name"
    return f"`{_written(info.default)}`" if info.default != "" else "empty"


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,}".replace(",", "_") if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


_KINDS: Mapping[Any, str] = {bool: "true, false", int: "whole number", float: "number"}
_SIGNS = {Ge: ("ge", ">= "), Gt: ("gt", "> "), Le: ("le", "<= "), Lt: ("lt", "< ")}


def _may_be(info: FieldInfo) -> str:
    told = [f"{sign}{_written(getattr(bound, name))}" for bound in info.metadata for kind, (name, sign) in _SIGNS.items() if isinstance(bound, kind)]
    told += [f"{bound.min_length} characters or more" for bound in info.metadata if isinstance(bound, MinLen) and bound.min_length > 1]
    told += [f"{bound.max_length} characters at most" for bound in info.metadata if isinstance(bound, MaxLen)]
    told += [f"`{pattern}`" for bound in info.metadata if (pattern := getattr(bound, "pattern", None))]
    return ", ".join(part for part in (_KINDS.get(info.annotation, ""), *told) if part)
