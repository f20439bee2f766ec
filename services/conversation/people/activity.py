"""How active people are, as far as it must survive a restart: the turn's own statement counts, this takes back."""

from services.runtime.database import Database

_HANDED_OVER = """
    UPDATE user_activity a SET messages_since_extraction = least(a.messages_since_extraction, (
        SELECT count(*) FROM turns n
        WHERE n.user_id = a.user_id AND n.guild_id = a.guild_id AND n.accept_time > t.accept_time AND NOT n.unkept AND n.payload_hash <> ''
    ))
    FROM turns t WHERE t.turn_id = %(turn_id)s AND a.guild_id = t.guild_id AND a.user_id = t.user_id
"""


async def note_extraction(database: Database, turn_id: str) -> None:
    """Note that memory was handed a turn's message: only the person's messages after it wait for extraction now. It may be noted twice, and late."""
    async with database.connection() as connection:
        await connection.execute(_HANDED_OVER, {"turn_id": turn_id})
