"""How long the gateway takes to see that a message is not meant for the assistant: rules and model, in a lively channel, settings at hand."""

import statistics
import time

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing.addresser import Addresser
from services.gateway.settings import GatewaySettings
from tests.bench.memory.sentences import sentences

MESSAGES = 2_000
_PEOPLE = 12
_ANSWER_EVERY = 15
_WARM_UP = 100
_SEED = 7


class _Defaults:
    """The settings of a guild that never decided anything."""

    async def get(self, guild_id: str) -> conversation_pb2.GuildSettings:
        return conversation_pb2.GuildSettings(guild_id=guild_id)


async def filter_us() -> float:
    """Return the median, in microseconds, of the messages that are not answered."""
    settings = GatewaySettings.model_construct(
        **{name: field.default for name, field in GatewaySettings.model_fields.items() if not field.is_required()},
    )
    addresser = Addresser(_Defaults(), settings)
    taken_s = []
    for number, text in zip(range(MESSAGES), sentences(_SEED), strict=False):
        user_id = f"person-{number * 7 % _PEOPLE}"
        message = gateway_pb2.IncomingMessage(
            message_id=str(number), guild_id="guild", channel_id="channel", user_id=user_id, user_name=f"Person {user_id}", text=text
        )
        message.create_time.FromSeconds(1_700_000_000 + 20 * number)
        started_s = time.perf_counter()
        decided = await addresser.decide(message, slash=False)
        if not decided.addressed and number >= _WARM_UP:
            taken_s.append(time.perf_counter() - started_s)
        if number % _ANSWER_EVERY == 0:
            addresser.noted(guild_id="guild", channel_id="channel", user_id=user_id, text="That depends on the weather, I would say.")
    return statistics.median(taken_s) * 1e6
