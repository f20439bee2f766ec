"""Takes an erased person out of what guilds decided about people: the settings in force, their versions, and what repeated edits are answered.

The settings get a new version, as by an edit: a moderator who read them before must read them again, and cannot bring the person back unawares.
"""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversation.guilds.guild_settings import DECISIONS

_IGNORED = "ignored_user_ids <> '{}' AND ignored_user_ids @> ARRAY[CAST(:user_id AS text)]"
_WITHOUT = "array_remove(ignored_user_ids, CAST(:user_id AS text))"
_COLUMNS = ", ".join(("guild_id", "version", *DECISIONS, "update_time"))

IGNORING = sa.text(f"SELECT guild_id FROM guild_settings WHERE {_IGNORED} ORDER BY guild_id")  # noqa: S608 -- made of constants
_EDIT = sa.text(f"""
    WITH edited AS (
        UPDATE guild_settings SET ignored_user_ids = {_WITHOUT}, version = version + 1, update_time = now()
        WHERE guild_id = ANY(:guild_ids) AND {_IGNORED} RETURNING {_COLUMNS}
    )
    INSERT INTO guild_settings_versions ({_COLUMNS}) SELECT {_COLUMNS} FROM edited
""")  # noqa: S608 -- made of constants
EDIT_VERSIONS = sa.text(f"UPDATE guild_settings_versions SET ignored_user_ids = {_WITHOUT} WHERE {_IGNORED}")  # noqa: S608 -- made of constants
# The answer to an edit is the settings as they became. An id that only begins like the person's is taken for it, which costs a repetition its answer.
_BLANK_ANSWERS = sa.text("""
    UPDATE requests SET payload_hash = '', response = ''
    WHERE method = 'UpdateGuildSettingsRequest' AND position(convert_to(:user_id, 'UTF8') IN response) > 0
""")


async def ignoring_guilds(session: AsyncSession, user_id: str) -> list[str]:
    """Return the guilds that ignore a person."""
    return list(await session.scalars(IGNORING, {"user_id": user_id}))


async def stop_ignoring(session: AsyncSession, user_id: str, guild_ids: Sequence[str]) -> Counter[str]:
    """Take a person out of the settings of these guilds, and out of all that is kept of earlier ones; return how many rows of which table changed."""
    values = {"user_id": user_id}
    counts: Counter[str] = Counter()
    statements = (
        ("guild_settings", _EDIT, values | {"guild_ids": list(guild_ids)}),
        ("guild_settings_versions", EDIT_VERSIONS, values),
        ("requests", _BLANK_ANSWERS, values),
    )
    for table, statement, given in statements:
        result = await session.execute(statement, given)
        counts[table] += int(result.rowcount)  # type: ignore[attr-defined]
    return counts
