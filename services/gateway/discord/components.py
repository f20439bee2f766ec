"""Leads what people press, pick and fill in to whoever deals with it. What each means stands in its custom id (custom_ids)."""

from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import Counter

from services.gateway.discord.custom_ids import CustomId, read_custom_id
from services.gateway.discord.final_components import components_for
from services.gateway.discord.interaction_responses import Interaction, InteractionResponses
from services.gateway.notices import words

type PressHandler = Callable[[Interaction, CustomId], Awaitable[None]]

_presses = Counter("parlour_gateway_discord_presses_total", "Buttons pressed, menus used and forms sent in Discord, by kind", ["kind"])


class ComponentRouter:
    """Knows who deals with which kind of custom id."""

    def __init__(self) -> None:
        self._handlers: dict[str, tuple[PressHandler, bool]] = {}

    def register(self, kind: str, handler: PressHandler, *, asker_only: bool = True) -> None:
        """From now on `handler` deals with custom ids that begin with `kind` and a colon.

        `asker_only`: others than the asker named in the custom id are told so instead. A handler must answer the interaction within 3 s.
        """
        self._handlers[kind] = (handler, asker_only)

    async def route(self, interaction: Interaction) -> None:
        """Hand over a press. One that nobody knows, such as a button of an older release, is answered in words.

        Raises WriteFailed or WriteRefused if Discord does not take the answer, and whatever the handler raises.
        """
        data: Any = interaction.data or {}
        custom_id = read_custom_id(str(data.get("custom_id", "")))
        handler, asker_only = self._handlers.get(custom_id.kind if custom_id else "", (None, False))
        _presses.labels(custom_id.kind if custom_id and handler else "unknown").inc()
        if custom_id is None or handler is None:
            await InteractionResponses(interaction).say(words("button_unknown"))
        elif asker_only and (interaction.user is None or str(interaction.user.id) != custom_id.asker_id):
            await InteractionResponses(interaction).say(words("button_of_another"))
        else:
            await handler(interaction, custom_id)


__all__ = ["ComponentRouter", "PressHandler", "components_for"]
