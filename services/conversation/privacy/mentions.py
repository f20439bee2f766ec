"""How other people's messages name somebody who is erased, and what they say instead. Pure."""

import re
from collections.abc import Collection

SOMEBODY = "@somebody"
"""Stands where a person was mentioned."""
NAME_MIN = 3
"""A name of fewer characters is not looked for: it is a part of too many words."""
ID_MIN = 10
"""An id of so many characters is looked for as a word of its own too; Discord's have 17 and more."""


def mention_pattern(user_id: str, names: Collection[str] = ()) -> str:
    """Return a regular expression of what mentions a person: Discord's marks, the id, @ with a name. PostgreSQL and Python read it alike."""
    identity = re.escape(user_id)
    ways = [f"<@!?{identity}>"]
    if len(user_id) >= ID_MIN:
        ways.append(rf"(?<![A-Za-z0-9]){identity}(?![A-Za-z0-9])")
    # The longest first, so that no name is cut short by another that it begins with.
    known = sorted({name for name in names if len(name) >= NAME_MIN}, key=lambda name: (-len(name), name))
    ways += [f"@{re.escape(name)}(?![A-Za-z0-9])" for name in known]
    return "|".join(ways)
