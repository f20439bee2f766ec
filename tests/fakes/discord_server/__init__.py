"""A plain fake Discord over a real socket: the gateway protocol and REST v10, as far as a bot meets them.

async with FakeDiscord() as discord:
    guild = discord.create_guild("Book club")
    general = discord.create_channel(guild, "general")
    ada = discord.create_user("ada", guilds=[guild])
    ...start a bot with discord.api_url and discord.token...
    await discord.wait_connected()
    question = discord.person_says(general, ada, "hello?", mentions=[discord.bot])
    answer = await discord.wait_for_reply(question)
"""

from tests.fakes.discord_server.interactions import Interaction
from tests.fakes.discord_server.server import FakeDiscord
from tests.fakes.discord_server.world import Channel, Guild, Message, User

__all__ = ["Channel", "FakeDiscord", "Guild", "Interaction", "Message", "User"]
