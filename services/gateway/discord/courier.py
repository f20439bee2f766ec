"""Brings apologies for turns that nobody finished to the channels they came from."""

from nextcord.http import HTTPClient

from parlour.conversation.v1 import conversation_pb2
from services.gateway.discord.replies import split_for_discord
from services.gateway.discord.writers import ChannelWriter, WriteRefused
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)


class DiscordCourier:
    """A Courier (services.gateway.orphans) by REST alone: it works while the gateway connection is being renewed."""

    def __init__(self, http: HTTPClient) -> None:
        self._http = http

    async def deliver(self, turn: conversation_pb2.OrphanedTurn, text: str) -> None:
        """Say `text` in reply to the turn's message. What the lost turn had posted within the last minutes is replaced by it.

        Raises WriteFailed if Discord cannot take it now. A channel that is gone or closed to us takes no apology: that is logged, not raised.
        """
        message = turn.message
        writer = ChannelWriter(self._http, message.channel_id, reply_to=message.message_id, key=message.message_id)
        try:
            for part, page in enumerate(split_for_discord(text)):
                await writer.send(part, page)
        except WriteRefused as refusal:
            _log.warning("an apology was refused by Discord", turn_id=turn.turn_id, status=str(refusal))
