"""Answers that were given before, as conversation keeps them."""

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.gateway import requests
from services.gateway.events import Final
from services.gateway.settings import GatewaySettings
from services.runtime import failures
from services.runtime.errors import ParlourError

_ORIGIN = "discord"
_ENDED = {
    conversation_pb2.TURN_STATE_FINISHED: Final.OUTCOME_ANSWERED,
    conversation_pb2.TURN_STATE_CUT: Final.OUTCOME_CUT,
    conversation_pb2.TURN_STATE_APOLOGISED: Final.OUTCOME_REFUSED,
    conversation_pb2.TURN_STATE_WITHDRAWN: Final.OUTCOME_REFUSED,
}
CHARGED = (conversation_pb2.TURN_STATE_FINISHED, conversation_pb2.TURN_STATE_CUT)


def ended_answer(begun: conversation_pb2.BeginTurnResponse) -> Final | None:
    """Return how a turn ended; None where it has not."""
    if begun.state not in _ENDED:
        return None
    return Final(
        turn_id=begun.turn_id,
        text=begun.reply_text,
        outcome=_ENDED[begun.state],
        model=begun.usage.model,
        prompt_tokens=begun.usage.prompt_tokens,
        completion_tokens=begun.usage.completion_tokens,
        replayed=True,
    )


async def stored_answer(conversation: ConversationClient, message: gateway_pb2.IncomingMessage, said: str, settings: GatewaySettings) -> Final | None:
    """Return the answer that a message of Discord was given, by whichever gateway; None where there is none, or it cannot be asked for.

    `said`: the text without the assistant's name. Only for a message that was answered: one that was not would be taken to be answered here.
    """
    turn = requests.begin_turn(message, said, _ORIGIN, file_characters_max=settings.text_file_characters_max)
    try:
        return ended_answer(await conversation.begin_turn(turn, timeout_s=settings.begin_s))
    except ParlourError as error:
        failures.ended(error, failures.Place.BACKGROUND, "the answer of another gateway could not be asked for", turn_id=requests.turn_id_of(message))
        return None
