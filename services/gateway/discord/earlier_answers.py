"""Finds in a channel the answer to a message of which there is no record, as after a restart without Redis."""

from collections.abc import Sequence
from typing import Any

import nextcord

from services.gateway.discord.answer_buttons import attempt_under
from services.gateway.discord.answer_records import AnswerRecord
from services.gateway.discord.message_edits import MessageEdit

LOOKED_THROUGH = 50  # the newest messages behind the one that is answered


async def find_answer(place: nextcord.abc.Messageable, edit: MessageEdit, bot_id: int) -> AnswerRecord | None:
    """Return the answer as the channel has it: from what refers to the message to what has its Regenerate button. None: there is none to be seen."""
    after = nextcord.Object(id=int(edit.message_id))
    try:
        later = [one async for one in place.history(limit=LOOKED_THROUGH, after=after, oldest_first=True)]
    except (nextcord.DiscordException, OSError, KeyError, ValueError):
        return None
    messages, attempt = answer_among([one for one in later if one.author.id == bot_id], edit.message_id)
    if not messages:
        return None
    ids = tuple(str(one.id) for one in messages)
    return AnswerRecord(edit.message_id, edit.channel_id, edit.guild_id, edit.author_id, attempt, message_ids=ids, done=True)


def answer_among(own: Sequence[nextcord.Message], message_id: str) -> tuple[Sequence[nextcord.Message], int]:
    """Return the messages of an answer among the assistant's own, oldest first, and its attempt (0 where no button says it).

    Messages between the first and the last one belong to it unless they answer somebody: then only the two are sure.
    """
    first = next((number for number, one in enumerate(own) if _refers_to(one) == message_id), None)
    if first is None:
        return (), 0
    for last in range(first, len(own)):
        attempt = attempt_under(_rows(own[last]), message_id)
        if attempt is not None:
            between = own[first + 1 : last + 1]
            sure = all(_refers_to(one) is None for one in between)
            return own[first : last + 1] if sure or last == first else [own[first], own[last]], attempt
    return [own[first]], 0


def _rows(message: nextcord.Message) -> list[dict[str, Any]]:
    return [dict(row.to_dict()) for row in message.components]


def _refers_to(message: nextcord.Message) -> str | None:
    reference = message.reference
    return str(reference.message_id) if reference is not None and reference.message_id is not None else None
