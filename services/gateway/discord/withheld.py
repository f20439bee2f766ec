"""Answers for their asker's eyes only that were asked for in front of others. What the others see instead has a button that shows the answer."""

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_pages import AnswerPage
from services.gateway.discord.final_components import components_for, show_components
from services.gateway.notices import words
from services.gateway.requests import turn_id_of
from services.runtime.bounded_map import BoundedMap


class Withheld:
    """Keeps such answers for a while, in this process: at most `size_max` of them, `keep_s` seconds after they were last looked at."""

    def __init__(self, *, size_max: int, keep_s: float) -> None:
        self._finals: BoundedMap[tuple[str, str], gateway_pb2.Final] = BoundedMap("discord_withheld_answers", size_max=size_max, ttl_s=keep_s)

    def shown_to_all(self, message: gateway_pb2.IncomingMessage, final: gateway_pb2.Final) -> AnswerPage:
        """Return what stands in the channel of an answer: the answer, or for a private one in a guild the button that shows it, and keep that one."""
        if not (final.private and message.guild_id):
            return page_of(final, message.user_id)
        if final.files:  # too large to be kept for a press that may not come
            return AnswerPage(words("private_file"))
        self._finals.put((message.user_id, turn_id_of(message)), final)
        return AnswerPage(words("private_here"), show_components(message, final))

    def get(self, asker_id: str, turn_id: str) -> gateway_pb2.Final | None:
        """Return the answer that its button shows to its asker, if it is still here."""
        return self._finals.get((asker_id, turn_id))


def page_of(final: gateway_pb2.Final, asker_id: str, *, page_token: str = "") -> AnswerPage:
    """Return an answer with its buttons and files. `page_token` names the page of memories that it shows; empty: the first."""
    return AnswerPage(final.text, components_for(final, asker_id, page_token=page_token), tuple(final.files))
