"""Who may do what moderators do: checked by the gateway itself, whatever Discord was told to let through."""

from parlour.gateway.v1 import gateway_pb2
from services.gateway import events, notices, requests
from services.gateway.events import Final
from services.runtime.errors import PermissionRefused


def refusal(message: gateway_pb2.IncomingMessage) -> Final | None:
    """Refuse in words who may not moderate, and what makes no sense outside of a guild; None where it may be carried out. Nothing is asked for it."""
    if not message.guild_id:
        return _refused(message, "only_in_a_server")
    return None if message.may_moderate else _refused(message, "only_moderators")


def outside_a_guild(message: gateway_pb2.IncomingMessage) -> Final | None:
    """Refuse what makes no sense outside of a guild, whoever asks."""
    return None if message.guild_id else _refused(message, "only_in_a_server")


def _refused(message: gateway_pb2.IncomingMessage, key: str) -> Final:
    final = events.refused(requests.turn_id_of(message), notices.words(key), PermissionRefused.reason)
    final.private = True
    return final
