"""The health check of containers, asked of a real server."""

import asyncio

from services.local.addresses import free_port
from services.runtime.health import Health, serve_probes
from services.runtime.probe import serves


async def test_a_probe_tells_who_serves_from_who_is_stopping_and_who_is_not_there() -> None:
    health, address = Health(), f"127.0.0.1:{free_port()}"
    assert not await asyncio.to_thread(serves, address)
    server = await serve_probes(health, address)
    try:
        await health.serving()
        assert await asyncio.to_thread(serves, address)
        await health.stopping()
        assert not await asyncio.to_thread(serves, address)
    finally:
        await server.stop(None)
