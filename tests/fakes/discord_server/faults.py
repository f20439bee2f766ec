"""What can go wrong with a request to the fake Discord: scripted faults, and rate limits with the real headers."""

import hashlib
import json
import re
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web


def json_response(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """JSON as Discord sends it: its content type names no charset, and clients compare it exactly."""
    return web.Response(body=json.dumps(body).encode(), status=status, headers=headers, content_type="application/json")


@dataclass(slots=True)
class Fault:
    """The next `count` requests that match get this answer, and nothing else happens. With `silent_s` they are carried out and answered late."""

    method: str
    path: re.Pattern[str]
    status: int
    count: int
    retry_after_s: float = 0.0
    is_global: bool = False
    via: bool = True
    body: dict[str, Any] | None = None
    silent_s: float = 0.0
    written: bytes | None = None  # the body, whether it is JSON or not

    def matches(self, method: str, path: str) -> bool:
        return self.count > 0 and self.method in ("*", method) and self.path.search(path) is not None

    def response(self) -> web.Response:
        self.count -= 1
        if self.written is not None:
            headers = {"Via": "1.1 google"} if self.via else {}
            return web.Response(body=self.written, status=self.status, headers=headers, content_type="application/json")
        if self.status == 429:
            return too_many_requests(self.retry_after_s, is_global=self.is_global, via=self.via)
        return json_response(self.body or {"code": 0, "message": f"{self.status}: scripted"}, status=self.status)


def too_many_requests(retry_after_s: float, *, is_global: bool = False, via: bool = True, headers: dict[str, str] | None = None) -> web.Response:
    """A 429 as Discord sends it. `via`: through its proxy, as nearly all are; nextcord takes one without it for a ban."""
    found = {"Retry-After": str(retry_after_s), "X-RateLimit-Scope": "global" if is_global else "user"} | (headers or {})
    if via:
        found["Via"] = "1.1 google"
    if is_global:
        found["X-RateLimit-Global"] = "true"
    elif headers is None:
        found |= {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": str(retry_after_s)}
        found["X-RateLimit-Reset"] = str(time.time() + retry_after_s)
    body = {"message": "You are being rate limited.", "retry_after": retry_after_s, "global": is_global}
    return json_response(body, status=429, headers=found)


class Buckets:
    """Rate limits: `count` requests in `per_s` seconds, per method and channel or for `everything`. Off until set."""

    def __init__(self, *, everything: bool = False) -> None:
        self.everything = everything
        self.count = 0
        self.per_s = 5.0
        self.refused = 0
        self._windows: dict[str, tuple[float, int]] = {}

    def spend(self, method: str, path: str) -> tuple[dict[str, str], bool]:
        """Count a request; return the headers for its answer and whether it is within the limit."""
        if not self.count or (not self.everything and "/messages" not in path):
            return {}, True
        key = "all" if self.everything else f"{method} {path.split('/messages')[0]}"
        now = time.monotonic()
        started, used = self._windows.get(key, (now, 0))
        if now >= started + self.per_s:
            started, used = now, 0
        within = used < self.count
        self._windows[key] = (started, used + within)
        self.refused += not within
        left_s = max(started + self.per_s - now, 0.0)
        return self._headers(key, self.count - used - within, left_s), within

    def _headers(self, key: str, remaining: int, left_s: float) -> dict[str, str]:
        return {
            "X-RateLimit-Bucket": hashlib.sha256(key.encode()).hexdigest()[:32],
            "X-RateLimit-Limit": str(self.count),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": f"{time.time() + left_s:.3f}",
            "X-RateLimit-Reset-After": f"{left_s:.3f}",
        }
