"""Whatever is said, edited, deleted and reset, in whatever order: what has left the newest messages is summed up, and its originals are there."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from tests.integration.conversation.conftest import drained, rows
from tests.integration.conversation.test_topics import CATS, TRAINS, append, beside, running

LOUNGE = pb.ConversationKey(guild_id="guild", channel_id="lounge")
NEWEST = 10

# Of messages that a prompt may show: those in no topic, in several, or in one that nothing tells of.
_UNTOLD = """
SELECT m.sequence FROM messages m
WHERE m.sequence NOT IN (SELECT sequence FROM messages ORDER BY sequence DESC LIMIT %s)
    AND (SELECT count(*) FROM topics t WHERE t.level = 1 AND m.sequence BETWEEN t.first_sequence AND t.last_sequence AND t.summary <> '') <> 1
"""
# From the top of what sums a topic up down to it, all of it is told.
_BROKEN_CHAINS = """
SELECT t.topic_id FROM topics t LEFT JOIN topics p ON p.topic_id = t.parent_id
WHERE t.summary = '' OR t.summary_stale OR (t.parent_id IS NOT NULL AND (
    p.topic_id IS NULL OR p.level <> t.level + 1 OR p.first_sequence > t.first_sequence OR p.last_sequence < t.last_sequence
))
"""


class Talk:
    """Does things to a conversation in an order that a seed decides, and keeps what should be in it."""

    def __init__(self, client, seed: int) -> None:
        self._client = client
        self._random = random.Random(seed)
        self._at = datetime.now(UTC) - timedelta(days=20)
        self._request = 0
        self.texts: dict[str, str] = {}

    async def step(self) -> None:
        act = self._random.choices([self.say, self.edit, self.delete, self.reset], [8, 2, 2, 1])[0]
        await act()

    async def say(self) -> None:
        count = self._random.randint(1, 25)
        texts = [f"{self._random.choice(CATS + TRAINS)} ({self._random.randint(1, 99)})" for _ in range(count)]
        self._at += timedelta(seconds=self._random.choice([20, 400, 4000, 90_000]))
        apart_s = self._random.choice([5, 60, 300])
        ids = await append(self._client, texts, self._at, apart_s=apart_s, authors=("ann",))
        self._at += timedelta(seconds=apart_s * count)
        self.texts |= dict(zip(ids, texts, strict=True))

    async def edit(self) -> None:
        if self.texts:
            message_id, text = self._random.choice(list(self.texts)), f"now it says {self._random.randint(1, 10**9)}"
            request = pb.EditMessageRequest(request_id=self._next(), conversation=LOUNGE, message_id=message_id, author_id="ann", text=text)
            assert (await self._client.edit_message(request)).changed
            self.texts[message_id] = text

    async def delete(self) -> None:
        gone = self._random.sample(list(self.texts), min(len(self.texts), self._random.randint(1, 12)))
        if gone:
            await self._client.delete_messages(pb.DeleteMessagesRequest(request_id=self._next(), conversation=LOUNGE, message_ids=gone))
            for message_id in gone:
                del self.texts[message_id]

    async def reset(self) -> None:
        await self._client.reset_conversation(pb.ResetConversationRequest(request_id=self._next(), conversation=LOUNGE))

    def _next(self) -> str:
        self._request += 1
        return f"r{self._request}"


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_not_among_the_newest_is_told_by_one_topic_and_can_be_read(settings, database, seed):
    async with running(settings, summaries_max=4, summaries_group=3, topic_messages_min=4, topic_messages_max=15) as service:
        talk = Talk(service.client, seed)
        for _ in range(14):
            await talk.step()
            if talk._random.random() < 0.3:
                await drained(database, 60)
        await drained(database, 60)
        assert await rows(database, _UNTOLD, NEWEST) == []
        assert await rows(database, _BROKEN_CHAINS) == []
        stored: dict[str, str] = {}
        token = ""
        while True:
            page = await service.client.list_messages(pb.ListMessagesRequest(conversation=LOUNGE, page_size=100, page_token=token))
            stored |= {message.message_id: message.text for message in page.messages}
            token = page.next_page_token
            if not token:
                break
        assert stored == talk.texts
        # Everybody has fallen silent by now: nothing is left to be done, and no topic is open.
        await beside(database).sweep()
        await drained(database, 60)
        assert await rows(database, _UNTOLD, 0) == []
        assert await rows(database, "SELECT topic_id FROM topics WHERE NOT closed") == []
