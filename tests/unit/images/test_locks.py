"""What each image installs: what its service needs, in the versions that everything is tested with, nothing of the local stack or of the tools."""

import re
import tomllib
from collections.abc import Iterator, Mapping

import pytest

from tests.images import IMAGES, ROOT

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_EXTRAS: Mapping[str, list[str]] = _PROJECT["project"]["optional-dependencies"]
_SHIPPED_TOO = {"aiohttp", "pyyaml"}
"""Needed by tests and, through other packages, by services."""


def _pins(lock: str) -> Mapping[str, tuple[str, frozenset[str]]]:
    blocks = re.split(r"\n(?=[a-z0-9])", "\n" + (ROOT / lock).read_text())
    found = [(re.match(r"\s*([a-z0-9-]+)==(\S+)", block), block) for block in blocks]
    return {pin[1]: (pin[2], frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))) for pin, block in found if pin}


def _named(requirement: str) -> tuple[str, list[str]]:
    found = re.fullmatch(r"([A-Za-z0-9_-]+)(?:\[(.*)\])?", requirement)
    assert found, requirement
    return found[1].lower(), found[2].split(",") if found[2] else []


def _wanted(requirements: list[str]) -> Iterator[str]:
    for name, extras in map(_named, requirements):
        if name == "parlour":
            yield from (wanted for extra in extras for wanted in _wanted(_EXTRAS[extra]))
        else:
            yield name


@pytest.mark.parametrize("image", [*IMAGES, "build"])
def test_every_pin_of_an_image_is_the_same_pin_with_the_same_hashes_in_the_lock_of_everything(image: str) -> None:
    everything, pins = _pins("requirements.lock"), _pins(f"locks/{image}.lock")
    assert pins
    assert {name: pin for name, pin in pins.items() if everything.get(name) != pin} == {}
    assert all(hashes for _, hashes in pins.values())


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_has_what_its_service_names_and_nothing_of_the_local_stack_or_the_tools(image: str) -> None:
    installed = set(_pins(f"locks/{image}.lock"))
    named = {*_wanted(_PROJECT["project"]["dependencies"]), *_wanted(_EXTRAS[image])}
    assert named <= installed, "write it anew: make lock"
    not_ours = {_named(one)[0] for extra in ("local", "dev") for one in _EXTRAS[extra]} - {"parlour"} - _SHIPPED_TOO
    assert installed & not_ours == set()


def test_the_gateway_has_nothing_to_reach_a_database_with_and_no_service_has_the_consoles_packages() -> None:
    assert not {"sqlalchemy", "psycopg", "alembic", "procrastinate"} & set(_pins("locks/gateway.lock"))
    assert not any({"cryptography", "rich"} & set(_pins(f"locks/{image}.lock")) for image in IMAGES if image != "console")


def test_the_makefile_and_the_wheels_builder_lock_what_is_built() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert f"IMAGES := {' '.join(IMAGES)}\n" in makefile
    assert _PROJECT["build-system"]["requires"] == ["hatchling"]
    assert "echo hatchling | $(LOCKED)" in makefile
