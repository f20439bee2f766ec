"""The slash commands: each says to the assistant the words for the same."""

from collections.abc import Callable
from typing import Any, Protocol

import nextcord
from nextcord.ext import commands

QUESTION_MAX = 2000
FACT_MAX = 1000

Interaction = nextcord.Interaction[Any]


class AnswersCommands(Protocol):
    """The client that a command reaches: services.gateway.discord.bot.AssistantBot."""

    async def answer_command(self, interaction: Interaction, text: str, *, private: bool) -> None:
        """Say `text` to the assistant and show its answer; `private`: only to its user."""


def _slash(name: str, description: str) -> Callable[[Callable[..., Any]], nextcord.SlashApplicationCommand]:
    """nextcord's decorator, with a type."""
    decorate: Callable[[Callable[..., Any]], nextcord.SlashApplicationCommand] = nextcord.slash_command(name=name, description=description)
    return decorate


async def _say(interaction: Interaction, text: str, *, private: bool = True) -> None:
    client: AnswersCommands = interaction.client
    await client.answer_command(interaction, text, private=private)


class AssistantCommands(commands.Cog):
    """/ask is answered for all to read; what concerns a person's own memories and credits only that person sees.

    nextcord shares a cog's commands among all instances of its class, so they keep nothing here: the interaction leads to its client.
    """

    @_slash("ask", "Ask me anything")
    async def ask(
        self,
        interaction: Interaction,
        question: str = nextcord.SlashOption(description="What you would like to know", max_length=QUESTION_MAX),
    ) -> None:
        """Answer a question."""
        await _say(interaction, question, private=False)

    @_slash("remember", "Let me remember something about you")
    async def remember(
        self,
        interaction: Interaction,
        what: str = nextcord.SlashOption(description="For instance: my cat is called Miso", max_length=FACT_MAX),
    ) -> None:
        """Store a memory."""
        await _say(interaction, f"/remember {what}")

    @_slash("memories", "See what I remember about you")
    async def memories(self, interaction: Interaction) -> None:
        """List memories."""
        await _say(interaction, "/memories")

    @_slash("forget", "Let me forget something; I ask before I do")
    async def forget(
        self,
        interaction: Interaction,
        what: str = nextcord.SlashOption(description="What to forget, in your own words", max_length=FACT_MAX),
    ) -> None:
        """Offer to forget memories."""
        await _say(interaction, f"/forget {what}")

    @_slash("credits", "See how many credits you have")
    async def credits(self, interaction: Interaction) -> None:
        """Show the balance."""
        await _say(interaction, "/credits")

    @_slash("help", "What I can do")
    async def help(self, interaction: Interaction) -> None:
        """Explain."""
        await _say(interaction, "/help")


def command_payloads() -> list[dict[str, Any]]:
    """Return the commands as Discord registers them."""
    return [command.get_payload(None) for command in AssistantCommands().application_commands]
