"""A fake Discord in the terminal: each line typed is said to the bot by a person, and what the bot posts is printed.

python -m tests.fakes.discord_server --port 8095
"""

import argparse
import asyncio
import sys

from tests.fakes.discord_server import Channel, FakeDiscord


async def _print_posts(discord: FakeDiscord, channel: Channel) -> None:
    printed: dict[str, int] = {}
    while True:
        for message in discord.by_bot(channel):
            if printed.get(message.id, 0) < len(message.edits):
                kind = "edits" if message.id in printed else "posts"
                printed[message.id] = len(message.edits)
                print(f"[{discord.bot.username} {kind}] {message.content}", flush=True)
        await asyncio.sleep(0.05)


async def _serve(port: int, token: str) -> None:
    async with FakeDiscord(token=token) as discord:
        await discord.stop()
        await discord.start(port=port)
        guild = discord.create_guild("Fake guild")
        general = discord.create_channel(guild, "general")
        ada = discord.create_user("ada", guilds=[guild])
        print(f"DISCORD_TOKEN={discord.token} PARLOUR_DISCORD_API_URL={discord.api_url} PARLOUR_DISCORD_GATEWAY_URL={discord.gateway_url}")
        sys.stdout.flush()
        printer = asyncio.create_task(_print_posts(discord, general))
        try:
            while line := await asyncio.to_thread(sys.stdin.readline):
                if line.strip():
                    discord.person_says(general, ada, line.strip(), mentions=[discord.bot])
            await asyncio.Event().wait()
        finally:
            printer.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8095)
    parser.add_argument("--token", default="fake.bot.token")
    arguments = parser.parse_args()
    try:
        asyncio.run(_serve(arguments.port, arguments.token))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
