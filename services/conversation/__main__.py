"""The conversation service: `python -m services.conversation serve|migrate`."""

from collections.abc import Mapping
from functools import partial

from parlour.conversation.v1 import conversation_pb2_grpc as pb_grpc
from services.conversation import jobs as conversation_jobs
from services.conversation.abandoned import AbandonedReplies
from services.conversation.background_budget import BackgroundBudget
from services.conversation.completion import Completions
from services.conversation.context_window import Shares
from services.conversation.language_model import LanguageModel, Patience
from services.conversation.language_model_servicer import LanguageModelServicer
from services.conversation.model_gate import ModelGate
from services.conversation.models_file import ModelEndpoint, read_models
from services.conversation.reply import Replies, ReplyLimits
from services.conversation.servicer import ConversationServicer
from services.conversation.settings import ConversationSettings
from services.conversation.settings_servicer import GuildSettingsServicer, PersonaServicer
from services.conversation.store import TurnStore
from services.conversation.unstored import UnstoredEndings
from services.credit import client as credit_client
from services.memory import client as memory_client
from services.runtime.breaker import Breaker
from services.runtime.channel import Remote
from services.runtime.database import Database
from services.runtime.entrypoint import Parts, run
from services.runtime.jobs import Jobs
from services.runtime.settings import BadSettings


async def start(settings: ConversationSettings, parts: Parts) -> None:
    """Build the service. Raises ValueError where the models file cannot be used."""
    try:
        endpoints = read_models(settings.models_file)
    except BadSettings as problem:
        raise ValueError(str(problem)) from problem
    database = Database(
        settings.database_url,
        pool_size=settings.pool_size,
        pool_wait_s=settings.pool_wait_s,
        statement_timeout_s=settings.statement_timeout_s,
        application_name="parlour-conversation",
        wait_while_refused=False,  # a person is answered all the same, and told that nothing is kept
    )
    parts.stack.push_async_callback(database.close)
    parts.health.watch("database", database.ping)
    jobs = Jobs(database, concurrency=settings.jobs_concurrency)
    store = TurnStore(
        database,
        jobs,
        turn_s=settings.turn_s,
        claim_s=settings.claim_s,
        orphan_keep_s=settings.orphan_keep_s,
        history_max=settings.history_messages_max,
    )
    _serve(settings, parts, database, store, _models(settings, parts, endpoints))
    _register_jobs(settings, parts, jobs, store, database)
    await parts.stack.enter_async_context(jobs.run())


def _models(settings: ConversationSettings, parts: Parts, endpoints: Mapping[str, ModelEndpoint]) -> dict[str, LanguageModel]:
    patience = Patience(settings.first_token_s, settings.idle_s)
    models = {}
    for name, endpoint in endpoints.items():
        breaker = Breaker(f"model:{name}", "stream", failures_max=settings.model_failures_max, open_s=settings.model_open_s)
        models[name] = LanguageModel(endpoint, patience=patience, breaker=breaker)
        parts.stack.push_async_callback(models[name].close)
    return models


def _serve(settings: ConversationSettings, parts: Parts, database: Database, store: TurnStore, models: dict[str, LanguageModel]) -> None:
    gate = ModelGate(slots=settings.model_slots, waiting_max=settings.model_waiting_max)
    unstored = UnstoredEndings(store.end, size_max=settings.unstored_max, retry_s=settings.unstored_retry_s)
    parts.stack.push_async_callback(unstored.close)
    shares = Shares(settings.memory_share, settings.replied_to_share)
    limits = ReplyLimits(settings.end_before_s, settings.delta_interval_s, shares)
    replies = Replies(store, models, gate, unstored, limits, assistant_name=settings.assistant_name)
    completions = Completions(list(models.values()), gate)
    add = parts.server.add
    abandoned = AbandonedReplies(partial(store.hasten, within_s=settings.abandoned_s), size_max=settings.abandoned_max)
    parts.stack.push_async_callback(abandoned.close)
    turns = ConversationServicer(store, database, replies, abandoned)
    add(pb_grpc.add_ConversationServiceServicer_to_server, turns, "parlour.conversation.v1.ConversationService")
    budget = BackgroundBudget(database, tokens_max=settings.background_tokens_max)
    calls = LanguageModelServicer(completions, budget)
    add(pb_grpc.add_LanguageModelServiceServicer_to_server, calls, "parlour.conversation.v1.LanguageModelService")
    personas = PersonaServicer(database)
    add(pb_grpc.add_PersonaServiceServicer_to_server, personas, "parlour.conversation.v1.PersonaService")
    guilds = GuildSettingsServicer(database)
    add(pb_grpc.add_GuildSettingsServiceServicer_to_server, guilds, "parlour.conversation.v1.GuildSettingsService")


def _register_jobs(settings: ConversationSettings, parts: Parts, jobs: Jobs, store: TurnStore, database: Database) -> None:
    credit = Remote("credit", settings.credit_address, retried=credit_client.RETRIED, tls=parts.tls)
    memory = Remote("memory", settings.memory_address, retried=memory_client.RETRIED, tls=parts.tls)
    parts.stack.push_async_callback(credit.close)
    parts.stack.push_async_callback(memory.close)
    conversation_jobs.register(
        jobs,
        store,
        database,
        credit_client.CreditClient(credit),
        memory_client.MemoryClient(memory),
        request_keep_days=settings.request_keep_days,
    )


if __name__ == "__main__":
    run("conversation", ConversationSettings, start, migrations_package="services.conversation")
