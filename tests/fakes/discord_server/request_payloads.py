"""What a request to the fake Discord carries, and the rules that its content has to keep."""

import json
from typing import Any

from aiohttp import web

from tests.fakes.discord_server.faults import json_response

CONTENT_MAX = 2000


class Refusal(Exception):
    """An error with Discord's status, code and message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.response = json_response({"message": message, "code": code}, status=status)


def checked_content(payload: dict[str, Any]) -> str:
    content = (payload.get("content") or "").strip()
    if len(content) > CONTENT_MAX:
        raise Refusal(400, 50035, "Invalid Form Body: content must be 2000 or fewer in length.")
    if not content and not payload.get("embeds") and not payload.get("attachments") and not payload.get("components"):
        raise Refusal(400, 50006, "Cannot send an empty message")
    return content


async def read_payload(request: web.Request) -> Any:
    if request.content_type == "multipart/form-data":
        return await _multipart(request)
    body = await request.read()
    return json.loads(body) if body and request.content_type == "application/json" else {}


async def _multipart(request: web.Request) -> Any:
    form = await request.post()
    written = form.get("payload_json", "{}")  # bytes where the part says that it is JSON
    payload = json.loads(written if isinstance(written, str | bytes | bytearray) else "{}")
    for name, file in form.items():
        if isinstance(file, web.FileField):
            payload.setdefault("files", {})[file.filename or name] = file.file.read()
    payload["attachments"] = [
        {"id": str(number), "filename": name, "size": len(data), "url": f"http://cdn/{name}", "proxy_url": f"http://cdn/{name}"}
        for number, (name, data) in enumerate(payload.get("files", {}).items())
    ]
    return payload
