"""From a message in Discord to one that the assistant can be asked: a person's, and where it may speak; nothing else is looked up before that."""

import nextcord

from services.gateway.arrival_order import ArrivalOrder
from services.gateway.discord.channel_answers import Asked
from services.gateway.discord.incoming import edited_at_of, is_from_person, to_incoming
from services.gateway.discord.settings import DiscordSettings
from services.gateway.discord.speaking import Speaking, may_speak
from services.gateway.discord.surroundings import Surroundings
from services.runtime.bounded_map import BoundedMap

GONE_MAX = 10_000
GONE_S = 600.0


class Asking:
    """Makes `Asked` of messages, those of one person in the order in which they came, however long Discord is asked about one of them.

    Remembers for a while which messages were deleted: their answers must not begin after that.
    """

    def __init__(self, settings: DiscordSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._speaking = Speaking()
        # As many wait as are dealt with at once: whoever asks bounds those.
        waiting_max = settings.discord_answers_max + settings.discord_changes_max
        self._order: ArrivalOrder[tuple[int, int]] = ArrivalOrder(waiting_per_key_max=waiting_max, waiting_max=waiting_max)
        self._gone: BoundedMap[int, bool] = BoundedMap("discord_deleted_messages", size_max=GONE_MAX, ttl_s=GONE_S)

    async def permissions(self, channel: object, guild: nextcord.Guild | None, client: nextcord.Client) -> nextcord.Permissions | None:
        """Return what the assistant may do in a channel; None where it may not speak."""
        found = await self._speaking.permissions(channel, guild, client)
        return found if may_speak(found, channel) else None

    async def asked(self, message: nextcord.Message, client: nextcord.Client, *, attempt: int = 0) -> Asked | None:
        """Return what the assistant is asked; None where no person wrote it, it may not speak, or the message is gone."""
        bot_id = client.user.id if client.user is not None else 0
        if not is_from_person(message, bot_id):
            return None
        place = self._order.arrive((message.author.id, message.guild.id if message.guild else 0), str(message.id))
        try:
            await place.first()
            own = await self.permissions(message.channel, message.guild, client)
        finally:
            place.leave()
        if own is None or message.id in self._gone:
            return None
        incoming = to_incoming(message, bot_id, self._settings, attempt=attempt)
        complete = self._surroundings.completion(message, bot_id, own)
        return Asked(message, incoming, own.read_message_history, complete, edited_at_of(message.edited_at))

    def gone(self, message_id: int) -> None:
        """Note that a message was deleted."""
        self._gone.put(message_id, True)
