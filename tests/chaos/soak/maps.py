"""`python -m tests.chaos.soak.maps`: a million distinct users, guilds, channels and messages through what keeps something by them in a process.

Each part is driven through its own methods, one id after the other, at the size that it has by default. Prints a table and, as its last line, one
JSON object. Ends with 1 where the resident set or the number of metrics' series still grew in the last tenth, or a map took in every id.

What cannot be driven without a database or a model (credit_accounts, credit_account_keys, token_counts, recent_query_vectors, cache_*) is driven by
the soak of the running stack, where those maps are full; what is kept by objects of Discord's library is kept in the same BoundedMap.
"""

import argparse
import asyncio
import json
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import psutil
import redis.asyncio as redis
from prometheus_client import REGISTRY
from rich.console import Console
from rich.table import Table

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.conversation.client import ConversationClient
from services.conversation.people.relationship import Person
from services.conversation.people.sessions import Sessions
from services.gateway.addressing.addresser import Addresser
from services.gateway.arrival_order import ArrivalOrder
from services.gateway.commands.offers import Offer, Offers, Slot
from services.gateway.discord.answer_records import AnswerRecord, AnswerRecords
from services.gateway.discord.claimed_writer import WriteTurns
from services.gateway.discord.withheld import Withheld
from services.gateway.guild_settings import GuildSettingsCache
from services.gateway.message_claims import MessageClaims
from services.gateway.settings import GatewaySettings
from services.gateway.turn_queue import TurnQueue, paced_queue
from services.memory.last_writes import LastWrites
from services.memory.result_cache import ResultCache, Shape
from services.runtime.bounded_map import all_maps
from services.runtime.rate_limit import RateLimit
from tests.chaos.soak.residence import growth_percent

GROWTH_PERCENT_MAX = 2.0
IDS = 1_000_000
TENTHS = 10
HOUR_S = 3600.0

type Drive = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Driven:
    """What one part did: the resident set in MB, and how many series its metrics have, after each tenth of its ids."""

    name: str
    seconds: float
    resident_mb: Sequence[float]
    series: Sequence[int]

    @property
    def growth_percent(self) -> float:
        return growth_percent(self.resident_mb)

    @property
    def series_grown(self) -> int:
        """How many series the last tenth of the ids made."""
        return self.series[-1] - self.series[-2]


class _NoConversation:
    """Conversation's answer for a guild that never decided anything."""

    async def get_guild_settings(
        self, request: conversation_pb2.GetGuildSettingsRequest, *, timeout_s: float
    ) -> conversation_pb2.GetGuildSettingsResponse:
        return conversation_pb2.GetGuildSettingsResponse(settings=conversation_pb2.GuildSettings(guild_id=request.guild_id))


def _settings() -> GatewaySettings:
    """The gateway's settings as they are by default."""
    defaults = {name: found.default for name, found in GatewaySettings.model_fields.items() if not found.is_required()}
    return GatewaySettings.model_construct(**defaults)


def _message(number: int) -> gateway_pb2.IncomingMessage:
    message = gateway_pb2.IncomingMessage(
        message_id=f"m{number}",
        guild_id=f"g{number}",
        channel_id=f"c{number}",
        user_id=f"u{number}",
        user_name=f"Person {number}",
        text="Good morning!",
    )
    message.create_time.FromSeconds(1_700_000_000 + number)
    return message


@asynccontextmanager
async def drives() -> AsyncIterator[Mapping[str, Drive]]:
    """What is driven, by name; each is called with the number of an id."""
    settings = _settings()
    guilds = GuildSettingsCache(cast(ConversationClient, _NoConversation()), settings)
    client = redis.Redis()  # asked for nothing
    made = {
        "the addresser's channels and decisions, and guilds' settings": _addresser(Addresser(guilds, settings)),
        "the line of turns": _queue(paced_queue(settings)),
        "the order of arrival": _order(ArrivalOrder(waiting_per_key_max=5, waiting_max=512)),
        "claims on messages": _claims(MessageClaims.alone(settings.claim_done_s)),
        "offers": _offers(Offers(None, keep_s=HOUR_S)),
        "records of answers in Discord": _records(AnswerRecords(None, size_max=settings.discord_answers_kept_max, keep_s=HOUR_S)),
        "withheld answers in Discord": _withheld(Withheld(size_max=settings.discord_answers_kept_max, keep_s=HOUR_S)),
        "turns to write in Discord": _write_turns(WriteTurns()),
        "rates": _rates(RateLimit("soak_rates", per_second=1.0, burst=60.0, keys_max=10_000)),
        "sessions": _sessions(Sessions(_committed, size_max=10_000, idle_s=HOUR_S)),
        "memory's last writes": _last_writes(LastWrites()),
        "memory's searched scopes": _searches(ResultCache(client, ttl_s=60, bytes_max=1_000, hot_s=HOUR_S, scopes_max=10_000)),
    }
    try:
        yield made
    finally:
        await guilds.close()
        await client.aclose()


def _addresser(addresser: Addresser) -> Drive:
    async def drive(number: int) -> None:
        message = _message(number)
        await addresser.decide(message, slash=False)
        addresser.noted(guild_id=message.guild_id, channel_id=message.channel_id, user_id=message.user_id, text="Good morning.")

    return drive


def _queue(queue: TurnQueue[tuple[str, str]]) -> Drive:
    async def drive(number: int) -> None:
        async with queue.turn((f"u{number}", f"g{number}")):
            pass

    return drive


def _order(order: ArrivalOrder[str]) -> Drive:
    async def drive(number: int) -> None:
        order.arrive(f"u{number}").leave()

    return drive


def _claims(claims: MessageClaims) -> Drive:
    async def drive(number: int) -> None:
        async with claims.claimed(f"m{number}:0") as claim:
            claim.done()

    return drive


def _offers(offers: Offers) -> Drive:
    async def drive(number: int) -> None:
        message = _message(number)
        await offers.put(Slot.DONE, message, Offer("forget", "token", time.time(), time.time() + HOUR_S, f"m{number}:0"))
        if number % 2:
            offers.drop_here(Slot.DONE, message)

    return drive


def _records(records: AnswerRecords) -> Drive:
    async def drive(number: int) -> None:
        records.put(AnswerRecord(f"m{number}", f"c{number}", f"g{number}", f"u{number}", message_ids=(f"r{number}",)))

    return drive


def _withheld(withheld: Withheld) -> Drive:
    async def drive(number: int) -> None:
        withheld.shown_to_all(_message(number), gateway_pb2.Final(turn_id=f"m{number}:0", text="You have 100 credits.", private=True))

    return drive


def _write_turns(turns: WriteTurns) -> Drive:
    async def drive(number: int) -> None:
        async with turns.of(f"c{number}", "send"):
            pass

    return drive


def _rates(rates: RateLimit) -> Drive:
    async def drive(number: int) -> None:
        rates.take(f"u{number}")

    return drive


async def _committed(people: Sequence[Person]) -> None:
    """As if they were stored."""


def _sessions(sessions: Sessions) -> Drive:
    async def drive(number: int) -> None:
        sessions.turn(Person(f"g{number}", f"u{number}"))
        if number % 20_000 == 0:  # as the sweep does
            sessions.sweep()
            await sessions.commit_ended()

    return drive


def _last_writes(writes: LastWrites) -> Drive:
    async def drive(number: int) -> None:
        writes.wrote([uuid.UUID(int=number)])

    return drive


def _searches(results: ResultCache) -> Drive:
    shape = Shape("Good morning!", 10, "model")

    async def drive(number: int) -> None:
        results.key(shape, {uuid.UUID(int=number): 1})

    return drive


async def driven(name: str, drive: Drive, ids: int) -> Driven:
    """Drive one part with so many ids."""
    process, began_s = psutil.Process(), time.monotonic()
    resident, series = [], []
    for tenth in range(TENTHS):
        for number in range(ids * tenth // TENTHS, ids * (tenth + 1) // TENTHS):
            await drive(number)
        resident.append(process.memory_info().rss / 1e6)
        series.append(sum(len(family.samples) for family in REGISTRY.collect()))
    return Driven(name, time.monotonic() - began_s, resident, series)


async def _run(ids: int) -> tuple[list[Driven], dict[str, int]]:
    async with drives() as made:
        parts = []
        for name, drive in made.items():
            parts.append(await driven(name, drive, ids))
            print(f"{name}: {parts[-1].growth_percent:+.2f} % in {parts[-1].seconds:.0f} s", file=sys.stderr)
        return parts, {one.name: len(one) for one in all_maps() if len(one)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak.maps", description=__doc__)
    parser.add_argument("--ids", type=int, default=IDS)
    arguments = parser.parse_args()
    parts, sizes = asyncio.run(_run(arguments.ids))
    table = Table("part", "seconds", "MB after 1/10", "9/10", "10/10", "growth", "series", title=f"{arguments.ids:,} distinct ids")
    for part in parts:
        megabytes = (f"{part.resident_mb[tenth]:.1f}" for tenth in (0, -2, -1))
        table.add_row(part.name, f"{part.seconds:.0f}", *megabytes, f"{part.growth_percent:+.2f} %", f"{part.series[-1]} ({part.series_grown:+})")
    Console(width=150).print(table)
    print("items:", ", ".join(f"{name} {size:,}" for name, size in sorted(sizes.items())))
    worst = max(part.growth_percent for part in parts)
    series_grown = max(part.series_grown for part in parts)
    figures = {
        "maps_growth_percent": round(worst, 2),
        "maps_ids": arguments.ids,
        "maps_items_max": max(sizes.values()),
        "metric_series_grown": series_grown,
    }
    print(json.dumps(figures))
    return 0 if worst <= GROWTH_PERCENT_MAX and not series_grown and max(sizes.values()) < arguments.ids else 1


if __name__ == "__main__":
    sys.exit(main())
