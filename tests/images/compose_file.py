"""compose.yaml as plain data, with the variables of .env filled in, and what of its shorter forms has to be told apart."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.images import ROOT

FILE = ROOT / "compose.yaml"
EXAMPLE = ROOT / ".env.example"
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?::(?P<kind>[-?])(?P<words>[^}]*))?\}")

type Service = Mapping[str, Any]


class Missing(ValueError):
    """A variable that must be given is not, or is empty; the message names it."""


def services(variables: Mapping[str, str]) -> Mapping[str, Service]:
    """Return the services with `variables` in place. Raises Missing."""
    found: Mapping[str, Service] = _filled(yaml.safe_load(FILE.read_text()), variables)["services"]
    return found


def variables_named() -> frozenset[str]:
    """Return the names of all variables that the file asks for."""
    return frozenset(found["name"] for found in _VARIABLE.finditer(FILE.read_text()))


def example() -> Mapping[str, str]:
    """Return what .env.example gives each variable."""
    lines = (line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def mounts(service: Service) -> list[tuple[str, str, bool]]:
    """Return what a service is given: a volume's name or a path here, the path there, and whether it may be written."""
    split = (volume.split(":") for volume in service.get("volumes", []))
    return [(parts[0], parts[1], parts[2:] != ["ro"]) for parts in split]


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    return _VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    given = variables.get(found["name"], "")
    if not given and found["kind"] == "?":
        raise Missing(f"{found['name']}: {found['words']}")
    return given or (found["words"] if found["kind"] == "-" else "")
