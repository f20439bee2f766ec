"""How people write shapes how they are written to: a step after the turn, once a day and person at most, where their guild lets it.

Nothing that the person, their guild or the default has decided is touched; what a person has taken back is not tried again for `undone_days`.
"""

import sqlalchemy as sa
from prometheus_client import Counter

from services.conversation.personas.persona_layers import NAMES, Change, Origin, Source
from services.conversation.personas.persona_store import PersonaStore, select_persona, select_settled
from services.conversation.personas.writing_style import MESSAGES_MIN, moved, style_of, suggestions
from services.conversation.store import Aftermath, Condition
from services.runtime.database import retry_stale

_looks = Counter("parlour_conversation_writing_style_total", "Looks at how somebody writes, by what came of it", ["result"])

MAY_BE_DUE = Condition(
    """EXISTS (SELECT FROM user_activity a WHERE a.guild_id = t.guild_id AND a.user_id = t.user_id
        AND (a.style_time IS NULL OR a.style_time <= now() - make_interval(days => 1))
        AND %(style_messages_min)s <= (SELECT count(*) FROM (
            SELECT FROM messages n WHERE n.author_id = a.user_id AND n.guild_id = a.guild_id LIMIT %(style_messages_min)s
        ) few)
    )""",
    {"style_messages_min": MESSAGES_MIN},
)
"""Asked first: most turns are not due, and an edit tells every instance to look again."""

# One look a day, whatever the number of instances and repetitions: who changes the row looks. The turn is locked against an erasure at this moment.
_DUE = sa.text("""
    UPDATE user_activity a SET style_time = now()
    FROM (SELECT t.guild_id, t.user_id FROM turns t WHERE t.turn_id = :turn_id AND NOT t.unkept FOR SHARE OF t) turn
    WHERE a.guild_id = turn.guild_id AND a.user_id = turn.user_id AND (a.style_time IS NULL OR a.style_time <= now() - make_interval(days => 1))
        AND (SELECT g.writing_style FROM guild_settings g WHERE g.guild_id = a.guild_id) IS NOT FALSE
        AND NOT EXISTS (SELECT FROM opt_outs o WHERE o.user_id = a.user_id)
        AND (
            SELECT count(*) FROM (SELECT FROM messages m WHERE m.author_id = a.user_id AND m.guild_id = a.guild_id LIMIT :messages_min) few
        ) >= :messages_min
    RETURNING 1
""")
_TEXTS = sa.text("""
    SELECT text FROM messages WHERE author_id = :user_id AND guild_id = :guild_id AND role = 'user' AND text <> ''
    ORDER BY sequence DESC LIMIT :messages_max
""")


class ObservedStyle:
    """The step after a turn."""

    def __init__(self, personas: PersonaStore, *, messages_max: int, undone_days: int) -> None:
        self._personas = personas
        self._messages_max = messages_max
        self._undone_days = undone_days

    async def __call__(self, after: Aftermath) -> None:
        """Look at how the author of a turn writes, where that MAY_BE_DUE and is, and let their persona follow by one step."""
        await retry_stale(lambda: self._look(after))

    async def _look(self, after: Aftermath) -> None:
        turn = after.turn
        key = (turn.guild_id, turn.user_id)
        async with self._personas.edit(*key) as session:
            due = await session.execute(_DUE, {"turn_id": turn.turn_id, "messages_min": MESSAGES_MIN})
            if due.one_or_none() is None:
                return
            values = {"guild_id": turn.guild_id, "user_id": turn.user_id, "messages_max": self._messages_max}
            style = style_of((await session.scalars(_TEXTS, values)).all())
            if style is None:
                return
            persona = await select_persona(session, *key)
            settled = await select_settled(session, key, self._undone_days)
            settled |= {name for name in NAMES for source, layer in persona.layers.items() if source != Source.USER and layer.value(name) is not None}
            suggested = {name: value for name, value in suggestions(style).items() if name not in settled}
            changes = moved(persona.own.values(), suggested)
            if changes:
                await self._personas.save(session, key, persona.own, Change(changes, Origin.WRITING))
        _looks.labels("moved" if changes else "same").inc()
