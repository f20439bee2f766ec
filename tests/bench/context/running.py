"""The conversation service as it ships, on a PostgreSQL of its own, for measurements in this process."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.conversation.__main__ import start
from services.conversation.client import RETRIED, ConversationClient
from services.conversation.settings import ConversationSettings
from services.local.child import spawn, stop
from services.local.databases import EXTENSIONS
from services.local.postgres import NOT_DURABLE, Postgres
from services.local.watchdog import Watchdog
from services.retrieval.embedding import EmbeddingModel
from services.runtime.channel import Remote
from services.runtime.database import Database
from services.runtime.entrypoint import Parts
from services.runtime.health import Health
from services.runtime.jobs import Jobs
from services.runtime.migrations import migrate
from services.runtime.server import Server
from tests.fakes.model_server import ModelServer

OWNER = "conversation"
NOWHERE = "127.0.0.1:9"
_MODELS = """
[models.scripted.endpoint]
base_url = "{url}"
provider_model = "scripted"
context_window_tokens = 16384
max_completion_tokens = 400
"""


@dataclass(frozen=True, slots=True)
class Running:
    """The service, a look into its database, and the model that it asks."""

    client: ConversationClient
    settings: ConversationSettings
    database: Database
    embedding: EmbeddingModel
    model: ModelServer

    async def indexed(self) -> None:
        """Wait until every job has run that was enqueued."""
        await Jobs(self.database).drained()


@contextmanager
def new_database() -> Iterator[tuple[str, str]]:
    """Give the url of an empty database with the service's tables, and its superuser's; both go with the block."""
    folder, watchdog = Path(tempfile.mkdtemp(prefix="parlour-bench-")), Watchdog()
    folder.chmod(0o755)
    watchdog.remove_folder(str(folder))
    postgres = Postgres(folder / "data", settings=NOT_DURABLE)
    postgres.prepare()
    process = spawn(postgres.command(), folder / "log", watchdog)
    try:
        postgres.wait_ready(process, folder / "log")
        postgres.create_database("conversation", owner=OWNER, extensions=EXTENSIONS["conversation"])
        url = postgres.url("conversation", user=OWNER)
        migrate(url, "services.conversation")
        yield url, postgres.url("conversation")
    finally:
        stop(process, postgres.command(), watchdog)
        shutil.rmtree(folder, ignore_errors=True)
        watchdog.close()


@asynccontextmanager
async def running_service(url: str) -> AsyncIterator[Running]:
    """Run the service with the settings that it has unless it is told otherwise; no credit and no memory are there to be asked."""
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(ModelServer())
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="parlour-bench-"))
        models_file = Path(folder) / "models.toml"
        models_file.write_text(_MODELS.format(url=model.base_url))
        addresses = {"PARLOUR_CREDIT_ADDRESS": NOWHERE, "PARLOUR_MEMORY_ADDRESS": NOWHERE, "PARLOUR_MODELS_FILE": str(models_file)}
        settings = ConversationSettings(listen="127.0.0.1:0", database_url=url, **addresses)  # type: ignore[arg-type]
        embedding = EmbeddingModel(
            waiting_max=settings.embedding_waiting_max,
            recent_max=settings.embeddings_recent_max,
            batch_tokens_max=settings.embedding_batch_tokens_max,
        )
        stack.callback(embedding.close)
        health = Health()
        server = Server("conversation", settings, health)
        await start(settings, Parts(server, health, stack, None, asyncio.get_running_loop().create_future()), embedding)
        await server.start()
        stack.push_async_callback(server.stop, 1.0)
        remote = Remote("conversation", f"127.0.0.1:{server.port}", retried=RETRIED)
        stack.push_async_callback(remote.close)
        database = Database(url, pool_size=2)
        stack.push_async_callback(database.close)
        yield Running(ConversationClient(remote), settings, database, embedding, model)
