"""Brings apologies for turns that nobody finished to the channels they came from."""

from contextlib import suppress

from nextcord.http import HTTPClient

from parlour.conversation.v1 import conversation_pb2
from services.gateway.discord.answer_pages import AnswerPage
from services.gateway.discord.answer_records import AnswerRecords
from services.gateway.discord.channel_answers import answer_key
from services.gateway.discord.replies import LIMIT
from services.gateway.discord.writers import ChannelWriter, WriteRefused
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)


class DiscordCourier:
    """A Courier (services.gateway.orphans) by REST alone: it works while the gateway connection is being renewed."""

    def __init__(self, http: HTTPClient, records: AnswerRecords | None = None) -> None:
        self._http = http
        self._records = records

    async def deliver(self, turn: conversation_pb2.OrphanedTurn, text: str) -> None:
        """Say `text` in reply to the turn's message. What the lost turn had posted within the last minutes is replaced by it.

        Raises WriteFailed if Discord cannot take it now. A channel that is gone or closed to us takes no apology: that is logged, not raised.
        """
        message = turn.message
        writer = ChannelWriter(self._http, message.channel_id, reply_to=message.message_id, key=answer_key(message.message_id, message.attempt))
        try:
            await self._deliver(message, writer, AnswerPage(text[:LIMIT]))
        except WriteRefused as refusal:
            _log.warning("an apology was refused by Discord", turn_id=turn.turn_id, status=str(refusal))

    async def _deliver(self, message: conversation_pb2.BeginTurnRequest, writer: ChannelWriter, page: AnswerPage) -> None:
        """Put the apology in place of an earlier answer that was to be replaced, or post it."""
        record = await self._records.get(message.message_id) if self._records is not None and message.attempt else None
        if record is None or not record.message_ids:
            await writer.send(0, page)
            return
        await writer.edit(record.message_ids[0], page)
        for surplus in record.message_ids[1:]:
            with suppress(WriteRefused):
                await writer.delete(surplus)
