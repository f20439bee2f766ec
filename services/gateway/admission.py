"""Whose messages are taken at all, and how many: operators' blocks, and the pace of each person and each guild.

Each gateway counts what it sees itself. A guild's messages all come to the gateways of its shard, each of which sees them all, so that in Discord the
counts agree without asking anybody; callers of the API that spread over n gateways get up to n times the pace.
"""

import time
from collections.abc import Callable

from prometheus_client import Counter

from parlour.gateway.v1 import gateway_pb2
from services.gateway.blocks import BlockList
from services.gateway.settings import GatewaySettings
from services.runtime.errors import RateLimited
from services.runtime.rate_limit import RateLimit

BLOCKED = "blocked"
"""Why nothing of somebody's is answered whom operators have blocked. They are not told: a notice would be something to set off again and again."""
TOO_FAST = "rate_limited"
"""Why a message is not answered whose author has just been asked to slow down."""

_limited = Counter(
    "parlour_gateway_rate_limited_total", "Messages refused because of the pace, by whose it was, and whether they were told", ["whose", "told"]
)


class Admission:
    """What comes before a message is begun. `blocks` None: nobody is blocked. `clock` gives seconds."""

    def __init__(self, settings: GatewaySettings, blocks: BlockList | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._blocks = blocks
        self._command_cost = settings.rate_command_cost
        keys_max = settings.rate_keys_max
        self._users = _pace("users", settings.rate_user_per_minute, settings.rate_user_burst, keys_max, clock)
        self._guilds = _pace("guilds", settings.rate_guild_per_minute, settings.rate_guild_burst, keys_max, clock)
        self._tells = RateLimit("gateway_rate_told", per_second=1 / settings.rate_told_s, burst=1, keys_max=keys_max, clock=clock)

    def blocks(self, message: gateway_pb2.IncomingMessage) -> bool:
        """Return whether operators have blocked a message's author, or its guild."""
        return self._blocks is not None and self._blocks.blocks(message.user_id, message.guild_id)

    def limited(self, message: gateway_pb2.IncomingMessage, *, is_command: bool) -> RateLimited | None:
        """Count a message that is meant for the assistant; return why it is refused, if it is. A refused one is not counted.

        A command costs less than a question does.
        """
        cost = self._command_cost if is_command else 1.0
        user_s = self._users.wait_s(message.user_id, cost)
        guild_s = self._guilds.wait_s(message.guild_id, cost) if message.guild_id else 0.0
        if user_s <= 0 and guild_s <= 0:
            self._users.take(message.user_id, cost)
            if message.guild_id:
                self._guilds.take(message.guild_id, cost)
            return None
        whose = "user" if user_s >= guild_s else "guild"
        return RateLimited(f"the pace of this {whose}", metadata={"whose": whose}, retry_after_s=max(user_s, guild_s))

    def tells(self, message: gateway_pb2.IncomingMessage, limited: RateLimited, *, always: bool) -> bool:
        """Return whether the author hears of it: `always`, or once in `rate_told_s`, so that the answer to a flood is not a second one."""
        told = always or self._tells.take(message.user_id) <= 0
        _limited.labels(limited.metadata["whose"], "yes" if told else "no").inc()
        return told


def _pace(whose: str, per_minute: float, burst: int, keys_max: int, clock: Callable[[], float]) -> RateLimit:
    return RateLimit(f"gateway_rate_{whose}", per_second=per_minute / 60, burst=burst, keys_max=keys_max, clock=clock)
