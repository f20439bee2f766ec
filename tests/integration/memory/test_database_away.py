"""Without its database the service says so, by the status that callers know what to do with."""

import pytest

from parlour.memory.v1 import memory_pb2 as pb
from services.memory.embeddings import EmbeddingModels
from services.memory.forgetting import Forgetting
from services.memory.recall import Recall, Search
from services.memory.remembering import Remembering
from services.memory.result_cache import ResultCache
from services.memory.room import Room
from services.memory.scopes import Viewer
from services.memory.translation import fact_from
from services.runtime.database import Database
from services.runtime.errors import DependencyUnavailable

VIEWER = Viewer("g1", "c1", "ada")


@pytest.fixture
async def away(tmp_path):
    database = Database(f"postgresql://memory@/memory?host={tmp_path}", pool_wait_s=0.2)
    yield database
    await database.close()


@pytest.fixture
def models(away, model):
    return EmbeddingModels(away, model)


async def test_a_search_says_that_the_database_is_away(away, models):
    results = ResultCache(None, ttl_s=1, bytes_max=1_000, hot_s=1, scopes_max=10)
    recall = Recall(away, models, results, candidates_max=100, similarity_floor=0.1)
    with pytest.raises(DependencyUnavailable):
        await recall.search(Search(VIEWER, "my cat", 10))
    with pytest.raises(DependencyUnavailable):
        await recall.page(VIEWER, after=None, size=10)


async def test_a_write_says_that_the_database_is_away(away, models, scopes):
    remembering = Remembering(away, models, room=Room(10, 10), supersede_undo_s=0)
    fact = fact_from(pb.NewMemory(scope=scopes.guild(), text="my cat is called Miso"), "memory", None)
    with pytest.raises(DependencyUnavailable):
        await remembering.add("request", b"payload", [fact])
    with pytest.raises(DependencyUnavailable):
        await Forgetting(away, models, plan_s=1, undo_s=1, items_max=1).plan("request", b"payload", VIEWER, "my cat")
