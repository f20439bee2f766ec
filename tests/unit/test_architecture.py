"""The shape that docs/architecture.md draws, held by the code."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("credit", "memory", "conversation", "gateway")
SOURCES = sorted((ROOT / "services").rglob("*.py"))
REDIS = ("redis.asyncio", "services.runtime.guarded_redis", "services.runtime.cache_generations", "services.runtime.redis_lease")
LINES_MAX = 400
FUNCTION_LINES_MAX = 70
VAGUE = {"utils", "helpers", "common", "misc", "base", "manager", "handler"}


@functools.cache
def imports(path: Path) -> tuple[str, ...]:
    return tuple(found_imports(path))


def found_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def owner(path: Path) -> str:
    return path.relative_to(ROOT / "services").parts[0]


def imported(path: Path, *packages: str) -> list[str]:
    return [name for name in imports(path) if any(name == package or name.startswith(f"{package}.") for package in packages)]


@pytest.mark.parametrize("service", SERVICES)
def test_another_service_is_reached_through_its_client_alone(service):
    outside = [path for path in SOURCES if owner(path) not in (service, "__init__.py")]
    offending = {
        str(path.relative_to(ROOT)): names
        for path in outside
        if (names := [name for name in imported(path, f"services.{service}") if not name.startswith(f"services.{service}.client")])
    }
    assert offending == {}


def test_the_picture_of_the_services_shows_who_calls_whom_and_who_asks_redis():
    picture = (ROOT / "docs" / "architecture.md").read_text().partition("```mermaid")[2].partition("```")[0]
    names = {letter: name.partition(",")[0].lower() for letter, name in re.findall(r"\b(\w+)\[\(?([^\])]+)\)?\]", picture)}
    drawn = {(names[start], names[end]) for start, end in re.findall(r"^ *(\w+)(?:\[[^\]]*\])? -\.?->\|[^|]*\| (\w+)", picture, re.M)}
    inside = {*SERVICES, "valkey"}
    called = {
        (service, target)
        for service in SERVICES
        for path in SOURCES
        if owner(path) == service
        for target in (*SERVICES, "valkey")
        if target != service and imported(path, *(REDIS if target == "valkey" else (f"services.{target}.client",)))
    }
    assert {edge for edge in drawn if set(edge) <= inside} == called


@pytest.mark.parametrize("place", ["runtime", "retrieval"])
def test_what_all_services_share_knows_none_of_them(place):
    packages = [f"services.{service}" for service in (*SERVICES, "console", "local")]
    assert {path.name: names for path in SOURCES if owner(path) == place and (names := imported(path, *packages))} == {}


@pytest.mark.parametrize("place", ["gateway", "console"])
def test_who_owns_no_storage_imports_none(place):
    packages = ["sqlalchemy", "psycopg", "alembic", "procrastinate", "services.runtime.database", "services.runtime.jobs"]
    assert {path.name: names for path in SOURCES if owner(path) == place and (names := imported(path, *packages))} == {}


def test_discord_is_known_in_one_folder():
    folder = ROOT / "services" / "gateway" / "discord"
    assert [str(path) for path in SOURCES if imported(path, "nextcord") and folder not in path.parents] == []


def test_no_module_holds_two_concepts_by_its_length():
    assert {str(path.relative_to(ROOT)): lines for path in SOURCES if (lines := len(path.read_text().splitlines())) > LINES_MAX} == {}


def test_no_function_is_over_long():
    long = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES_MAX and "migrations" not in path.parts:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def test_no_module_has_a_name_that_says_nothing():
    assert [str(path.relative_to(ROOT)) for path in SOURCES if path.stem in VAGUE] == []
