"""What a person reads when the stack registers the slash commands: the invite link, or a sentence; the stack goes on."""

import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.gateway.discord.api import invite_link
from services.gateway.discord.slash_commands import command_payloads
from services.local.addresses import free_port
from services.local.child import Command
from services.local.discord import MODULE, Registration
from services.local.supervisor import Supervised
from services.local.watchdog import Watchdog
from tests.fakes.discord_server import FakeDiscord

WAIT_S = 30.0


class Registering:
    """A registration, and what was said about it."""

    def __init__(self, log_path: Path, watchdog: Watchdog, api_url: str, token: str, register_s: float) -> None:
        root = str(Path(__file__).resolve().parents[3])
        path = os.pathsep.join([root, f"{root}/protos"])
        environment = {**os.environ, "PYTHONPATH": path, "DISCORD_TOKEN": token, "PARLOUR_DISCORD_API_URL": api_url}
        self.said: list[str] = []
        self.child = Supervised(Command("discord", [sys.executable, "-m", MODULE], environment), log_path, watchdog, self.said.append)
        self.registration = Registration(self.child, self.said.append, register_s)

    async def run(self) -> str:
        """Register and return what was said."""
        self.registration.start()
        await self.registration.told(WAIT_S)
        [said] = self.said
        return said


Make = Callable[..., Registering]


@pytest.fixture
async def registering(tmp_path: Path, watchdog: Watchdog) -> AsyncIterator[Make]:
    made: list[Registering] = []

    def make(api_url: str, token: str, register_s: float = WAIT_S) -> Registering:
        made.append(Registering(tmp_path / "discord.log", watchdog, api_url, token, register_s))
        return made[-1]

    yield make
    for one in made:
        await one.registration.stop()


async def test_the_commands_are_registered_and_the_invite_link_is_said(registering: Make) -> None:
    async with FakeDiscord() as discord:
        said = await registering(discord.api_url, discord.token).run()
        assert said.endswith(invite_link(discord.bot.id))
        assert len(discord.interactions.commands[(discord.bot.id, None)]) == len(command_payloads())


async def test_a_refused_token_gets_a_sentence_that_says_what_to_change(registering: Make) -> None:
    async with FakeDiscord() as discord:
        said = await registering(discord.api_url, "wrong").run()
    assert "does not accept the token in DISCORD_TOKEN" in said
    assert "Everything else goes on" in said
    assert "wrong" not in said


async def test_a_discord_that_does_not_answer_in_time_gets_a_sentence_and_no_process_stays(registering: Make) -> None:
    one = registering(f"http://127.0.0.1:{free_port()}", "token", register_s=0.2)
    said = await one.run()
    assert "did not take them within 0.2 s" in said
    assert one.child.process.poll() is not None


async def test_a_stop_in_mid_registration_ends_it_without_a_word(registering: Make) -> None:
    one = registering(f"http://127.0.0.1:{free_port()}", "token")
    one.registration.start()
    await one.registration.told(0)  # as long as it takes to start
    await one.registration.stop()
    assert one.said == []
    assert one.child.process.poll() is not None
