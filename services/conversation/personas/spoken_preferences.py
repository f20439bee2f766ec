"""Wishes on how to be talked to, said in passing: read out of the message of a turn, and kept before its reply is made, so that it follows them.

A message that states none costs microseconds; one that does costs a transaction. It is heeded once, however often its turn is begun: the message is
named in what is stored. While the database is away the wish shapes this one reply.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
from prometheus_client import Counter

from services.conversation.personas.persona import DEFAULT, Persona
from services.conversation.personas.persona_explanation import reset_text, shift_text
from services.conversation.personas.persona_layers import Change, Origin, Value
from services.conversation.personas.persona_store import PersonaStore, select_persona, select_said
from services.conversation.personas.preferences import Preference, detect
from services.conversation.turn import NewTurn
from services.runtime import failures
from services.runtime.database import retry_stale
from services.runtime.errors import DeadlineExceeded, DependencyUnavailable, StaleVersion

_heard = Counter("parlour_conversation_preferences_total", "Messages with a wish on how to be talked to, by what became of it", ["result"])

# What is said in a hidden channel is not quoted: whoever asks for a reason may ask elsewhere.
# The turn is locked, so that an erasure of its author waits for what is written here, or finds nothing to be written any more.
_CIRCUMSTANCES = sa.text("""
    SELECT NOT (t.unkept OR t.channel_hidden OR EXISTS (SELECT FROM opt_outs o WHERE o.user_id = t.user_id)) AS quotable,
        (SELECT g.preference_detection FROM guild_settings g WHERE g.guild_id = t.guild_id) IS NOT FALSE AS wanted
    FROM turns t WHERE t.turn_id = :turn_id AND t.state = 1 FOR SHARE OF t
""")


# Wishes of one person come one after the other: each goes on from what the one before it has changed.
_IN_ORDER = sa.text("SELECT FROM fences WHERE guild_id = :guild_id AND user_id = :user_id FOR UPDATE")


@dataclass(frozen=True, slots=True)
class Heeded:
    """A wish that shapes the reply: what to tell the person, and what is to be changed of a persona that was read without it (kept: nothing)."""

    text: str
    unkept: Mapping[str, Value]

    def over(self, persona: Persona) -> Persona:
        """Return the persona as the person wishes it."""
        return replace(persona, **{name: value for name, value in self.unkept.items() if value is not None})  # type: ignore[arg-type]


class SpokenPreferences:
    """Heeds what people say about the voice of the assistant, where their guild lets them."""

    def __init__(self, personas: PersonaStore) -> None:
        self._personas = personas

    async def heed(self, new: NewTurn, *, stored: bool) -> Heeded | None:
        """Keep what a message wishes for, once; None where it wishes for nothing new. `stored`: the turn is. Raises nothing of the database's.

        A second attempt at a message says nothing that its first did not.
        """
        preference = detect(new.text) if new.attempt == 0 else None
        if preference is None:
            return None
        if stored:
            try:
                return await retry_stale(lambda: self._keep(new, preference))
            except (DependencyUnavailable, DeadlineExceeded, StaleVersion) as error:
                failures.ended(error, failures.Place.TURN, "a wish is heeded in one reply only", turn_id=new.turn_id)
        _heard.labels("unstored").inc()
        values = preference.values(DEFAULT)
        text = shift_text(values, _steps(preference), kept=None if stored else False)
        return Heeded(text, values) if text else None

    async def _keep(self, new: NewTurn, preference: Preference) -> Heeded | None:
        key = (new.guild_id, new.user_id)
        async with self._personas.edit(*key) as session:
            await session.execute(_IN_ORDER, {"guild_id": new.guild_id, "user_id": new.user_id})
            known = await select_said(session, key, new.message_id)
            if known is not None:
                return None if known.undone_at else _kept(preference, {name: known.layer.value(name) for name in known.changed})
            turn = (await session.execute(_CIRCUMSTANCES, {"turn_id": new.turn_id})).one_or_none()
            if turn is None or not turn.wanted:
                return None
            persona = await select_persona(session, *key)
            values = preference.values(persona.persona)
            if not persona.own.differing(values):
                _heard.labels("already").inc()
                return None
            quote = preference.quote if turn.quotable else ""
            await self._personas.save(session, key, persona.own, Change(values, Origin.SAID, quote, new.message_id, preference.about))
        _heard.labels("kept").inc()
        return _kept(preference, values)


def _kept(preference: Preference, values: Mapping[str, Value]) -> Heeded:
    return Heeded(reset_text() if preference.reset else shift_text(values, _steps(preference)), {})


def _steps(preference: Preference) -> dict[str, int]:
    return {name: wish.steps for name, wish in preference.wishes.items()}
