"""A message as Discord takes it: as JSON, or as a form where there are files. Pure. Nobody is ever pinged by one, except in words."""

import json
from collections.abc import Iterable
from typing import Any

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_pages import AnswerPage

NO_MENTIONS: dict[str, Any] = {"parse": [], "users": [], "roles": [], "replied_user": False}
_ANY_BYTES = "application/octet-stream"


def payload_of(page: AnswerPage) -> dict[str, Any]:
    """Return the JSON of a message. Its files are named in it only where there are any."""
    payload: dict[str, Any] = {"content": page.text, "allowed_mentions": NO_MENTIONS, "components": list(page.components)}
    attached = [{"id": number, "filename": file.name} for number, file in enumerate(page.files)]
    return payload | ({"attachments": attached} if attached else {})


def form_of(payload: dict[str, Any], files: Iterable[gateway_pb2.File]) -> list[dict[str, Any]]:
    """Return the fields of the form that carries a message with its files, as nextcord takes them; none without files."""
    fields = [
        {"name": f"files[{number}]", "value": file.data, "filename": file.name, "content_type": file.media_type or _ANY_BYTES}
        for number, file in enumerate(files)
    ]
    return [{"name": "payload_json", "value": json.dumps(payload), "content_type": "application/json"}, *fields] if fields else []
