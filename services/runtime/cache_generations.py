"""Generations in Redis: whether what an instance keeps of something is still what the database holds. Never the thing itself, nor its name.

A generation is a random number under the hash of a name. Whoever keeps a value notes the generation that he saw before he read the database; who
edits puts a mark in its place first, and a new generation afterwards. So a generation that is gone, for whatever reason, is never there again.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from services.runtime.guarded_redis import GuardedRedis, RedisUnavailable, connect

CONNECTIONS_MAX = 64
_MARK = b"!"
# The names of a value lie in one slot of a cluster (see _name), as scripts with several keys need.
_OBSERVE = """
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call('get', key)
  if not found[i] then
    found[i] = ARGV[i + 1]
    redis.call('set', key, found[i], 'PX', ARGV[1])
  end
end
return found
"""
# A mark names its editors, so that the first to be ready does not take the others' away. Those of editors who died go with the key.
_BEGIN = """
for i, key in ipairs(KEYS) do
  local value = redis.call('get', key)
  if not value or string.sub(value, 1, 1) ~= '!' or string.len(value) > 4096 then value = '!' end
  redis.call('set', key, value .. ARGV[2] .. ' ', 'PX', ARGV[1])
end
return 1
"""
_FINISH = """
for i, key in ipairs(KEYS) do
  local value = redis.call('get', key)
  local others = ''
  if value and string.sub(value, 1, 1) == '!' then others = string.gsub(value, ARGV[2] .. ' ', '') end
  if string.len(others) > 1 then
    redis.call('set', key, others, 'KEEPTTL')
  else
    redis.call('set', key, ARGV[3], 'PX', ARGV[1])
  end
end
return 1
"""


class Generations:
    """The generations of one cache. No call raises for a Redis that is away, slow or full of something else: it answers None or False.

    `ttl_s` is how long Redis keeps a generation, `edit_s` how long the mark of an editor who died stands, `timeout_s` how long a call may take.
    """

    def __init__(self, url: str, name: str, *, timeout_s: float, ttl_s: float, edit_s: float) -> None:
        self._name_prefix = f"parlour:cache:{{{name}}}:"
        self._ttl_ms, self._edit_ms = int(ttl_s * 1000), int(edit_s * 1000)
        self._client = connect(url, timeout_s=timeout_s, connections_max=CONNECTIONS_MAX, connected=self._connected)
        self._observe = self._client.register_script(_OBSERVE)
        self._begin = self._client.register_script(_BEGIN)
        self._finish = self._client.register_script(_FINISH)
        self._redis = GuardedRedis(self._client, f"cache_{name}", open_s=1.0)
        self.connections = 0
        """How many connections were made: behind a new one may stand a Redis that was set back, with generations that had been replaced."""

    async def observe(self, keys: Sequence[str]) -> tuple[bytes, ...] | None:
        """Return the generation of each key, made where there was none; None where Redis does not say. See `edited`."""
        found = await self._run(lambda: self._observe(keys=self._names(keys), args=[self._ttl_ms, *(secrets.token_hex(8) for _ in keys)]))
        return tuple(found) if isinstance(found, list) and len(found) == len(keys) and all(isinstance(each, bytes) for each in found) else None

    async def begin(self, keys: Sequence[str], edit_id: str) -> bool:
        """Mark keys as being edited; tell whether that was done."""
        return bool(await self._run(lambda: self._begin(keys=self._names(keys), args=[self._edit_ms, edit_id])))

    async def finish(self, keys: Sequence[str], edit_id: str) -> bool:
        """Give keys a new generation, or leave them to those who edit them still; tell whether that was done."""
        return bool(await self._run(lambda: self._finish(keys=self._names(keys), args=[self._ttl_ms, edit_id, secrets.token_hex(8)])))

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _connected(self, connection: Any) -> None:
        self.connections += 1
        await connection.on_connect()

    def _names(self, keys: Sequence[str]) -> list[str]:
        return [self._name_prefix + hashlib.blake2b(key.encode(), digest_size=16).hexdigest() for key in keys]

    async def _run(self, call: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await self._redis.ask(lambda _: call())
        except RedisUnavailable:
            return None


def edited(generations: Sequence[bytes]) -> bool:
    """Tell whether somebody is editing one of them."""
    return any(each.startswith(_MARK) for each in generations)
