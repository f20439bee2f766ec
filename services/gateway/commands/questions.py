"""The question that a plain "yes" or "no" answers: the last one that a person was asked in a channel, as long as they talked of nothing else since.

Talk is noted in this process, without a word to Redis for each message. What was said through another gateway, or before a restart, is seen from the
conversation: the person's newest message there must be the one that it was when the question was asked.
"""

import time
from collections.abc import Callable

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.gateway import requests
from services.gateway.commands.offers import Offer, Offers, Slot
from services.runtime import failures
from services.runtime.errors import ParlourError

_LOOKED_AT = 20
"""Messages of the channel in which the person's newest is looked for."""


class Questions:
    """Keeps one question for each person and channel. Raises nothing.

    Where the conversation cannot be asked, a yes counts only in the process that asked the question.
    """

    def __init__(
        self,
        offers: Offers,
        conversation: ConversationClient,
        *,
        instance_id: str,
        look_s: float,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._offers = offers
        self._conversation = conversation
        self._instance_id = instance_id
        self._look_s = look_s
        self._now_s = wall_clock

    async def ask(self, message: gateway_pb2.IncomingMessage, about: str, token: str, until_s: float) -> None:
        """Note that a person was asked something, in place of what they were asked before; `until_s` by the wall clock."""
        seen = await self._newest_message_id(message)
        offer = Offer(about, token, self._now_s(), until_s, requests.turn_id_of(message), seen, self._instance_id)
        await self._offers.put(Slot.ASKED, message, offer)

    async def standing(self, message: gateway_pb2.IncomingMessage) -> Offer | None:
        """Return the question that a yes or no in this message answers, or None where it answers none."""
        asked = await self._offers.get(Slot.ASKED, message)
        if asked is None:
            return None
        newest = await self._newest_message_id(message)
        if newest is None or asked.seen_message_id is None:
            return asked if asked.instance_id == self._instance_id else None
        return asked if newest in ("", asked.seen_message_id) else None

    def talked(self, message: gateway_pb2.IncomingMessage) -> None:
        """Note that a person talks of something else: a later yes is no consent to what they were asked before."""
        self._offers.drop_here(Slot.ASKED, message)

    async def answered(self, message: gateway_pb2.IncomingMessage, token: str = "") -> None:
        """Note that the question was answered; with a token, only if it is that one."""
        asked = await self._offers.get(Slot.ASKED, message) if token else None
        if not token or (asked is not None and asked.token == token):
            await self._offers.drop(Slot.ASKED, message)

    async def _newest_message_id(self, message: gateway_pb2.IncomingMessage) -> str | None:
        """The person's newest message that is kept of this channel, empty where there is none; None where nobody can say."""
        where = conversation_pb2.ConversationKey(guild_id=message.guild_id, channel_id=message.channel_id)
        try:
            listed = await self._conversation.list_messages(
                conversation_pb2.ListMessagesRequest(conversation=where, page_size=_LOOKED_AT), timeout_s=self._look_s
            )
        except ParlourError as error:
            failures.ended(error, failures.Place.COMMAND, "a question cannot be asked: the newest message is not known")
            return None
        theirs = (said.message_id for said in listed.messages if said.role == "user" and said.author_id == message.user_id)
        return next(theirs, "")
