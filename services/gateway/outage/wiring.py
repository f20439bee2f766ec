"""The parts of the outage allowance, put together."""

from pathlib import Path

from services.credit.client import CreditClient
from services.gateway.outage.journalled_book import JournalledBook
from services.gateway.outage.lease_keeper import LeaseKeeper
from services.gateway.outage.outage_turns import OutageTurns
from services.gateway.outage.settling import Settling
from services.gateway.outage.upkeep import Upkeep
from services.gateway.settings import GatewaySettings
from services.runtime.entrypoint import Parts


def build_outage(settings: GatewaySettings, credit: CreditClient) -> tuple[OutageTurns, Upkeep]:
    """Build the allowance and its upkeep, which is to be run. Raises JournalLocked where another gateway uses the same folder."""
    folder = Path(settings.data_dir).expanduser() / "gateway" / settings.outage_instance if settings.data_dir else None
    kept = JournalledBook(folder, settings.outage_instance, bytes_max=settings.outage_journal_bytes_max)
    turns = OutageTurns(kept, settings)
    settling = Settling(credit, kept, lambda: turns.running, turns.settled, call_s=settings.outage_call_s, turns_at_once=settings.outage_batch)
    upkeep = Upkeep(kept, turns, settling, LeaseKeeper(credit, kept, settings), settings)
    kept.open()
    return turns, upkeep


def start_outage(settings: GatewaySettings, credit: CreditClient, parts: Parts) -> OutageTurns:
    """Run the allowance for as long as the process serves. Raises JournalLocked."""
    turns, upkeep = build_outage(settings, credit)
    parts.stack.push_async_callback(upkeep.close)
    if settings.data_dir:
        parts.spawn(upkeep.run(), "settle what was answered without credit")
    return turns
