"""The life of a gateway's lease: prolonged in time, and replaced where it is spent, unknown to credit or of another amount than is wanted."""

import asyncio
from pathlib import Path

from tests.integration.gateway.scripted_services import ask
from tests.integration.gateway.test_outage import AWAY, BOUND, COST, LEASE, credit_is_back, outage, status


async def test_a_lease_of_which_much_is_spent_is_closed_and_another_acquired(tmp_path: Path) -> None:
    async with outage(tmp_path, outage_lease_microcredits=BOUND, outage_replace_below=0.99) as scripted:
        await scripted.upkeep.once()
        (first,) = scripted.credit.leases.open
        scripted.credit.available["user:ada"] = 0
        scripted.fail("PlaceHold", AWAY)
        await ask(scripted.assistant, "Hello", message_id="m1")
        await credit_is_back(scripted)
        await scripted.upkeep.once()
        assert scripted.credit.leases.closed[first].remaining_microcredits == BOUND - COST
        assert first not in scripted.credit.leases.open
        assert status(scripted).remaining_microcredits == BOUND


async def test_a_lease_is_prolonged_in_time(tmp_path: Path) -> None:
    async with outage(tmp_path, outage_lease_ttl_s=10, outage_renew_after=0.01) as scripted:
        await scripted.upkeep.once()
        (lease,) = scripted.credit.leases.open.values()
        expired_at = lease.expire_time.ToMilliseconds()

        async def renewed() -> None:
            while not scripted.asked("RenewLease"):
                await asyncio.sleep(0.02)
                await scripted.upkeep.once()

        await asyncio.wait_for(renewed(), 5)
        assert lease.expire_time.ToMilliseconds() > expired_at
        assert len(scripted.asked("AcquireLease")) == 1


async def test_a_lease_that_credit_no_longer_knows_is_replaced(tmp_path: Path) -> None:
    async with outage(tmp_path, outage_lease_ttl_s=10, outage_renew_after=0.01) as scripted:
        await scripted.upkeep.once()
        scripted.credit.leases.open.clear()

        async def replaced() -> None:
            while not scripted.credit.leases.open:
                await asyncio.sleep(0.02)
                await scripted.upkeep.once()

        await asyncio.wait_for(replaced(), 5)


async def test_another_amount_is_acquired_after_a_restart(tmp_path: Path) -> None:
    async with outage(tmp_path) as scripted:
        await scripted.upkeep.once()
    async with outage(tmp_path, outage_lease_microcredits=2 * LEASE) as again:
        await again.upkeep.once()
        assert [lease.amount_microcredits for lease in again.credit.leases.open.values()] == [2 * LEASE]
