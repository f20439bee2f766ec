"""What is done about outages while nobody waits: turns are settled, the lease is kept, the journal stays small."""

import asyncio

from services.gateway.outage.journal import JournalLocked
from services.gateway.outage.journalled_book import JournalledBook
from services.gateway.outage.lease_keeper import LeaseKeeper
from services.gateway.outage.outage_turns import OutageTurns
from services.gateway.outage.settling import Settling
from services.gateway.settings import GatewaySettings
from services.runtime import failures
from services.runtime.telemetry import get_logger

_log = get_logger(__name__)


class Upkeep:
    """Looks every `outage_poll_s` seconds, and less often, up to `outage_retry_max_s`, while credit does not answer."""

    def __init__(self, kept: JournalledBook, turns: OutageTurns, settling: Settling, keeper: LeaseKeeper, settings: GatewaySettings) -> None:
        self._kept = kept
        self._turns = turns
        self._settling = settling
        self._keeper = keeper
        self._settings = settings
        self._woken = asyncio.Event()
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        turns.wake = self._woken.set

    async def run(self) -> None:
        """Go on until closed or cancelled."""
        self._task = asyncio.current_task()
        while True:
            self._woken.clear()
            await self.once()
            settings = self._settings
            pause_s = min(settings.outage_poll_s * 2 ** min(self._failures, 20), max(settings.outage_poll_s, settings.outage_retry_max_s))
            try:
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def once(self) -> None:
        """Do what is due; what fails is due again."""
        try:
            if not self._kept.open():
                return
        except JournalLocked as error:
            _log.error("the outage journal is in use", problem=str(error))
            return
        try:
            await self._settling.settle()
            await self._keeper.keep()
        except Exception as error:  # whatever it is: people are still to be answered, and it is tried again
            self._failures += 1
            failures.ended(error, failures.Place.BACKGROUND, "turns taken without credit, or the lease, are not taken care of")
        else:
            self._failures = 0
        await self._kept.compact()
        self._kept.publish()

    async def close(self) -> None:
        """Stop, and let go of the journal: what is not settled is there when the gateway starts again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._turns.close()
        await self._kept.close()
