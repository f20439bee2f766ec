"""What is done to two gateways while a crowd talks to them, and the settings with which nobody is refused only because the machine is slow."""

import asyncio
import sys
from collections.abc import Mapping, Sequence

from tests.chaos.gateway.crowd import Crowd
from tests.gateway_process import GatewayProcess

LEASE_S = 2.0
PAUSE_S = 3 * LEASE_S
PATIENT: Mapping[str, str] = {
    "PARLOUR_GATEWAY_ORPHAN_POLL_S": "0.5",
    "PARLOUR_GATEWAY_CLAIM_TTL_S": str(LEASE_S),
    "PARLOUR_GATEWAY_LEASE_TTL_S": str(LEASE_S),
    "PARLOUR_GATEWAY_BEGIN_S": "20",
    "PARLOUR_GATEWAY_HOLD_S": "20",
    "PARLOUR_GATEWAY_SLOW_BEGIN_S": "20",
    "PARLOUR_GATEWAY_WAIT_S_MAX": "60",
    "PARLOUR_GATEWAY_RATE_USER_PER_MINUTE": "0",
}


async def disturb(crowd: Crowd, pair: Sequence[GatewayProcess], messages: int, faults: int, *, pause_s: float = PAUSE_S) -> None:
    """Pause one for longer than its claims last and kill the other, by turns, spread over so many messages."""
    for number in range(faults):
        while crowd.answered < messages * (number + 1) // (faults + 1):
            await asyncio.sleep(0.05)
        one, other = pair if number // 2 % 2 == 0 else reversed(pair)
        if number % 2 == 0:
            print(f"pausing {one.name} for {pause_s:.0f} s", file=sys.stderr)
            one.pause()
            await asyncio.sleep(pause_s)
            one.resume()
        else:
            print(f"killing {other.name}", file=sys.stderr)
            await other.kill()
            await other.start()
