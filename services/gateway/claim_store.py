"""Claims on messages and the lines of their people, in Redis.

Keys are `parlour:message:{<line>}:<message_id>:<attempt>`, which hold who works on it or that it is done, and `parlour:line:{<line>}`, which hold
the turns that wait; a line is the digest of a person. Ids and states, never text. Discord's message ids grow with time, and so order a line; other
ids have no order.
"""

from collections.abc import Sequence

import redis.asyncio as redis
from redis.exceptions import RedisError

from services.runtime.guarded_redis import GuardedRedis, RedisUnavailable

PREFIX = "parlour:message"
LINE_PREFIX = "parlour:line"
LINE_MS = 600_000  # what waits in a line that nobody adds to any more is forgotten
DONE = b"done"
BEHIND, BEHIND_A_WORKER = "behind", "behind a worker"
# Returns what the key held before: nothing, "done", or who has it. Only the first of its person's line is granted; of one behind another, that
# one is returned, after whether anybody works on it.
_CLAIM = """
local held = redis.call('get', KEYS[1])
if held then
  if held == 'done' then redis.call('zrem', KEYS[2], ARGV[3]) end
  return held
end
if ARGV[4] ~= '' then
  redis.call('zadd', KEYS[2], ARGV[4], ARGV[3])
  redis.call('pexpire', KEYS[2], ARGV[5])
  local first = redis.call('zrange', KEYS[2], 0, 0)[1]
  while first ~= ARGV[3] do
    local ahead = redis.call('get', ARGV[6] .. first)
    if ahead ~= 'done' then return (ahead and 'behind a worker:' or 'behind:') .. first end
    redis.call('zrem', KEYS[2], first)
    first = redis.call('zrange', KEYS[2], 0, 0)[1]
  end
end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
"""
_RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
_FINISH = """
local held = redis.call('get', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], 'done', 'PX', ARGV[2])
redis.call('zrem', KEYS[2], ARGV[3])
return 1
"""
_ANNOUNCE = "redis.call('zadd', KEYS[1], ARGV[1], ARGV[2]) redis.call('pexpire', KEYS[1], ARGV[3]) return 1"
_STRIKE = "return redis.call('zrem', KEYS[1], ARGV[1])"
_RELEASE = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('zrem', KEYS[2], ARGV[2])
return redis.call('del', KEYS[1])
"""


class ClaimsUnavailable(Exception):
    """Redis could not be asked."""


class ClaimStore:
    """Claims under one Redis (`client` None: there is none, and nothing can be asked). Every method raises ClaimsUnavailable.

    `ttl_s`: how long a claim lasts that is not renewed. `done_s`: how long it is remembered that a message is done.
    """

    def __init__(self, client: "redis.Redis | None", *, ttl_s: float, done_s: float) -> None:
        self._client = client
        self._ttl_ms, self._done_ms = int(ttl_s * 1000), int(done_s * 1000)
        self._redis = GuardedRedis(client, "claim", open_s=min(1.0, ttl_s / 4))  # claims are renewed thrice in their time

    async def put(self, turn_id: str, line: str, secret: bytes, *, in_order: bool) -> bytes | None:
        """Put a claim, if nobody has one; return what there was: None, DONE, somebody's secret, or what the message is behind in its line."""
        score = _score(turn_id) if in_order else ""
        before = _name("", line)
        found = await self._run(_CLAIM, _names(turn_id, line), secret, self._ttl_ms, turn_id, score, LINE_MS, before)
        return found if isinstance(found, bytes) else None

    async def renew(self, turn_id: str, line: str, secret: bytes) -> bool:
        """Prolong a claim; False if it is no longer ours."""
        return bool(await self._run(_RENEW, [_name(turn_id, line)], secret, self._ttl_ms))

    async def finish(self, turn_id: str, line: str, secret: bytes) -> None:
        """Say that a message is done, unless somebody else has it now."""
        await self._run(_FINISH, _names(turn_id, line), secret, self._done_ms, turn_id)

    async def release(self, turn_id: str, line: str, secret: bytes) -> None:
        """Give a claim up, so that anybody may have the message."""
        await self._run(_RELEASE, _names(turn_id, line), secret, turn_id)

    async def announce(self, turn_id: str, line: str) -> None:
        """Let a message wait in its person's line."""
        if _score(turn_id):
            await self._run(_ANNOUNCE, [_line_name(line)], _score(turn_id), turn_id, LINE_MS)

    async def strike(self, turn_id: str, line: str) -> None:
        """Take a message out of its person's line."""
        await self._run(_STRIKE, [_line_name(line)], turn_id)

    async def open_to_all(self, messages: Sequence[tuple[str, str]]) -> list[bool]:
        """Return of each message, a turn id and its line, whether nobody works on it: it is done, or its claim is gone."""
        if self._client is None:
            raise ClaimsUnavailable("no Redis")
        try:
            async with self._client.pipeline(transaction=False) as pipeline:  # the messages lie in many slots of a cluster
                for turn_id, line in messages:
                    pipeline.get(_name(turn_id, line))
                found = await pipeline.execute()
        except (RedisError, OSError) as error:
            raise ClaimsUnavailable(str(error)) from error
        return [value is None or value == DONE for value in found]

    async def _run(self, script: str, keys: list[str], *arguments: bytes | str | int) -> bytes | int | None:
        try:
            found: bytes | int | None = await self._redis.ask(lambda client: client.eval(script, len(keys), *keys, *arguments))
        except RedisUnavailable as error:
            raise ClaimsUnavailable(str(error)) from error
        return found


class Behind:
    """What a message is behind in its line, as `put` says it, and for how long nobody has been working on that."""

    def __init__(self, now_s: float) -> None:
        self._ahead = ""
        self._idle_since_s = now_s
        self.a_worker = False

    def of(self, held: bytes, now_s: float) -> str | None:
        """Return the turn that is ahead; None: the message itself is somebody's."""
        kind, separator, ahead = held.decode().partition(":")
        if not separator or kind not in (BEHIND, BEHIND_A_WORKER):
            return None
        self.a_worker = kind == BEHIND_A_WORKER
        if self.a_worker or ahead != self._ahead:
            self._idle_since_s = now_s
        self._ahead = ahead
        return ahead

    def idle_s(self, now_s: float) -> float:
        """Return how long nobody has been working on what is ahead."""
        return 0.0 if self.a_worker else now_s - self._idle_since_s


def _score(turn_id: str) -> str:
    message_id = turn_id.partition(":")[0]
    return message_id if message_id.isascii() and message_id.isdigit() else ""


# The braces have a cluster keep a line, and the claims of all that is in it, in one slot.
def _names(turn_id: str, line: str) -> list[str]:
    return [_name(turn_id, line), _line_name(line or turn_id)]


def _name(turn_id: str, line: str) -> str:
    return f"{PREFIX}:{{{line or turn_id}}}:{turn_id}"


def _line_name(line: str) -> str:
    return f"{LINE_PREFIX}:{{{line}}}"
