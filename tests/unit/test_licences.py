"""What is shipped may be shipped."""

import pytest

from tests.licences import binds_what_ships_it, is_known, licences


@pytest.mark.parametrize(("name", "licence"), licences().items())
def test_every_package_may_be_shipped_with_what_is_under_another_licence(name: str, licence: str) -> None:
    assert is_known(licence), f"{name} says {licence!r}"
    assert not binds_what_ships_it(licence), f"{name} says {licence!r}"


@pytest.mark.parametrize("licence", ["GPL-3.0", "AGPL-3.0-only", "GNU General Public License v3 (GPLv3)"])
def test_a_licence_that_binds_is_told_from_one_that_does_not(licence: str) -> None:
    assert binds_what_ships_it(licence)
    assert not binds_what_ships_it("LGPL-3.0-only")


def test_a_licence_that_nobody_knows_is_none() -> None:
    assert not is_known("All rights reserved")
    assert not is_known("")
