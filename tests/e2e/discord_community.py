"""A server in Discord with Parlour in it: a fake Discord on a real socket, and the whole stack as its own processes with a scripted model."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.local.addresses import free_port, free_port_base
from tests.fakes.discord_server import Channel, FakeDiscord, Guild, Interaction, Message, User
from tests.running_stack import RunningStack

WAIT_S = 30.0


@dataclass
class Community:
    """A server in Discord with one channel, and Parlour in it."""

    discord: FakeDiscord
    guild: Guild
    general: Channel
    stack: RunningStack
    model_port: int

    def newcomer(self, name: str = "ada") -> User:
        return self.discord.create_user(name, guilds=[self.guild])

    def mention(self, person: User, text: str) -> Message:
        return self.discord.person_says(self.general, person, text, mentions=[self.discord.bot])

    async def reply_with(self, said: Message, text: str) -> Message:
        return await self.discord.wait_for_text(said, text, timeout_s=WAIT_S)

    async def replied_with(self, used: Interaction, text: str) -> Message:
        return (await self.discord.until(lambda: [one for one in used.messages if text in one.content], timeout_s=WAIT_S))[0]

    async def says(self, message: Message, text: str) -> None:
        """Wait until a message contains a text."""
        await self.discord.until(lambda: text in message.content, timeout_s=WAIT_S)

    async def printed(self, text: str) -> str:
        """The first line of the stack's output with this text."""
        assert self.stack.process.stdout is not None
        while not (found := [line for line in self.stack.lines if text in line]):
            line = await asyncio.to_thread(self.stack.process.stdout.readline)
            assert line, "the stack has ended"
            self.stack.lines.append(line.rstrip())
        return found[0]


@asynccontextmanager
async def running_community(**environment: str) -> AsyncIterator[Community]:
    """Start one, with further settings of the stack, and stop it afterwards. It is of the loop that starts it."""
    data_dir = Path(tempfile.mkdtemp(prefix="parlour-e2e-discord-"))
    data_dir.chmod(0o755)
    async with FakeDiscord() as discord:
        guild = discord.create_guild("Book club")
        general, model_port = discord.create_channel(guild, "general"), free_port()
        settings = {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
            "PARLOUR_MODEL": "scripted",
            "DISCORD_TOKEN": discord.token,
            "PARLOUR_DISCORD_API_URL": discord.api_url,
            "PARLOUR_DISCORD_GATEWAY_URL": discord.gateway_url,
            "PARLOUR_GATEWAY_DISCORD_IDENTIFY_INTERVAL_S": "0",
            "PARLOUR_GATEWAY_DISCORD_EDIT_INTERVAL_S": "0.1",
            "PARLOUR_GATEWAY_TURN_S": "15",
            "PARLOUR_GATEWAY_ORPHAN_POLL_S": "0.5",
            "PARLOUR_GATEWAY_LEASE_TTL_S": "3",  # a person whose gateway was killed waits for its lease to run out
        }
        stack = RunningStack(data_dir, free_port_base(), settings | environment)
        await asyncio.to_thread(stack.start)
        await discord.wait_connected(timeout_s=WAIT_S)
        yield Community(discord, guild, general, stack, model_port)
        await asyncio.to_thread(stack.stop)
    shutil.rmtree(data_dir, ignore_errors=True)
