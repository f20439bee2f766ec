"""The conversation service: `python -m services.conversation serve|migrate`."""

from collections.abc import Mapping
from functools import partial

from parlour.conversation.v1 import conversation_pb2_grpc as pb_grpc
from services.conversation import jobs as conversation_jobs
from services.conversation.abandoned import AbandonedReplies
from services.conversation.callers import ALLOWED_CALLERS
from services.conversation.guilds.blocks import BlockServicer
from services.conversation.guilds.guild_settings_servicer import GuildSettingsServicer
from services.conversation.guilds.retention import Retention
from services.conversation.guilds.settings_cache import SettingsCache
from services.conversation.models.background_budget import BackgroundBudget
from services.conversation.models.completion import Completions
from services.conversation.models.language_model import LanguageModel, Patience
from services.conversation.models.language_model_servicer import LanguageModelServicer
from services.conversation.models.model_gate import ModelGate
from services.conversation.models.model_reach import ModelReach
from services.conversation.models.models_file import ModelEndpoint, read_models
from services.conversation.people import session_jobs
from services.conversation.people.people import People
from services.conversation.people.relationship_store import RelationshipStore
from services.conversation.people.sessions import Sessions
from services.conversation.personas.observed_style import MAY_BE_DUE, ObservedStyle
from services.conversation.personas.persona_servicer import PersonaServicer
from services.conversation.personas.persona_store import PersonaStore
from services.conversation.personas.spoken_preferences import SpokenPreferences
from services.conversation.privacy.privacy import Privacy, build_privacy
from services.conversation.reply import Replies, ReplyLimits
from services.conversation.servicer import ConversationServicer
from services.conversation.settings import ConversationSettings
from services.conversation.store import TurnStore
from services.conversation.topics.message_index import MessageIndex
from services.conversation.topics.older_messages import OlderMessages
from services.conversation.topics.summarizing import Summarizing, SummaryLimits
from services.conversation.topics.summary_store import SummaryStore
from services.conversation.topics.topic_segmentation import Segmentation
from services.conversation.topics.topics import Topics
from services.conversation.unstored import UnstoredEndings
from services.conversation.window.context_window import Shares
from services.conversation.window.token_counting import TokenCounter, token_counter
from services.credit import client as credit_client
from services.credit.client import CreditClient
from services.memory import client as memory_client
from services.memory.client import MemoryClient
from services.retrieval.embedding import MODEL_NAME, EmbeddingModel
from services.runtime.breaker import Breaker
from services.runtime.channel import Remote
from services.runtime.database import PLANNED_ONCE, Database
from services.runtime.entrypoint import Parts, run
from services.runtime.jobs import Jobs
from services.runtime.settings import BadSettings


async def start(settings: ConversationSettings, parts: Parts, embedding: EmbeddingModel | None = None) -> None:
    """Build the service, with an embedding model of its own unless one is given.

    Raises ValueError where the models file, or a tokenizer that it names, cannot be used.
    """
    try:
        endpoints = read_models(settings.models_file)
        counters = {name: token_counter(endpoint.tokenizer, name, counts_max=settings.token_counts_max) for name, endpoint in endpoints.items()}
    except BadSettings as problem:
        raise ValueError(str(problem)) from problem
    database = Database(
        settings.database_url,
        pool_size=settings.pool_size,
        pool_wait_s=settings.pool_wait_s,
        statement_timeout_s=settings.statement_timeout_s,
        application_name="parlour-conversation",
        wait_while_refused=False,  # a person is answered all the same, and told that nothing is kept
        planner=PLANNED_ONCE,  # planning what a turn says anew each time takes longer than much of it
    )
    parts.stack.push_async_callback(database.close)
    parts.health.watch("database", database.takes_writes)
    jobs = Jobs(database, concurrency=settings.jobs_concurrency, held_max=settings.jobs_held_max)
    store = TurnStore(
        database,
        jobs,
        turn_s=settings.turn_s,
        claim_s=settings.claim_s,
        orphan_keep_s=settings.orphan_keep_s,
        history_max=settings.history_messages_max,
        earlier_images_max=settings.earlier_images_max,
    )
    people = await _people(settings, parts, jobs, database)
    model = embedding or _embedding(settings, parts)
    models = _models(settings, parts, endpoints, counters)
    gate = ModelGate(slots=settings.model_slots, waiting_max=settings.model_waiting_max)
    completions, budget = Completions(list(models.values()), gate), BackgroundBudget(database, tokens_max=settings.background_tokens_max)
    summarizing = _summarizing(settings, jobs, database, completions, budget)
    index = _index(settings, jobs, database, model, summarizing)
    older = _older(settings, database, model)
    cache = SettingsCache(database, settings)
    await cache.start(parts.stack)
    credit, memory = _neighbours(settings, parts)
    privacy = build_privacy(
        settings,
        parts,
        database,
        jobs,
        credit=credit,
        memory=memory,
        editing_persona=cache.editing_persona,
        editing_guild=cache.editing_guild,
    )
    # Nobody waits for these edits to be known everywhere: the reply reads the database.
    personas = PersonaStore(database, versions_max=settings.persona_versions_max, editing=cache.changing_persona)
    preferences = SpokenPreferences(personas)
    style = ObservedStyle(personas, messages_max=settings.style_messages_max, undone_days=settings.style_undone_days)
    replies = _replies(settings, parts, store, models, gate, older, preferences)
    _serve_turns(settings, parts, database, store, replies, people, index, privacy, preferences, summarizing)
    calls = LanguageModelServicer(completions, budget)
    parts.server.add(pb_grpc.add_LanguageModelServiceServicer_to_server, calls, "parlour.conversation.v1.LanguageModelService")
    _serve_settings(settings, parts, database, cache)
    Retention(database, jobs, batch_max=settings.retention_batch_max, run_s=settings.retention_run_s).register()
    _register_jobs(settings, jobs, store, people, database, index, credit, memory, style)
    await parts.stack.enter_async_context(jobs.run())


def _embedding(settings: ConversationSettings, parts: Parts) -> EmbeddingModel:
    model = EmbeddingModel(
        waiting_max=settings.embedding_waiting_max,
        recent_max=settings.embeddings_recent_max,
        batch_tokens_max=settings.embedding_batch_tokens_max,
    )
    parts.stack.callback(model.close)
    return model


def _index(settings: ConversationSettings, jobs: Jobs, database: Database, model: EmbeddingModel, summarizing: Summarizing) -> MessageIndex:
    index = MessageIndex(
        database,
        jobs,
        model,
        summarizing.follow,
        batch_max=settings.index_batch_max,
        sweep_age_s=settings.index_sweep_age_s,
        sweep_max=settings.index_sweep_max,
        wait_messages=settings.index_wait_messages,
    )
    index.register()
    return index


def _older(settings: ConversationSettings, database: Database, model: EmbeddingModel) -> OlderMessages:
    return OlderMessages(
        database,
        model,
        searched_max=settings.older_searched_max,
        read_max=settings.older_read_max,
        found_max=settings.older_messages_max,
        similarity_floor=settings.older_similarity_floor,
        wait_s=settings.older_wait_s,
    )


async def _people(settings: ConversationSettings, parts: Parts, jobs: Jobs, database: Database) -> People:
    relationships = RelationshipStore(database, assistant_name=settings.assistant_name)
    sessions = Sessions(session_jobs.SessionCommits(database, jobs), size_max=settings.sessions_max, idle_s=settings.session_idle_s)
    session_jobs.register(jobs, relationships, session_idle_s=settings.session_idle_s)
    await parts.stack.enter_async_context(sessions.running(settings.session_sweep_s, settings.session_stop_s))
    return People(sessions, relationships)


def _models(
    settings: ConversationSettings, parts: Parts, endpoints: Mapping[str, ModelEndpoint], counters: Mapping[str, TokenCounter]
) -> dict[str, LanguageModel]:
    patience = Patience(settings.first_token_s, settings.idle_s)
    models = {}
    for name, endpoint in endpoints.items():
        breaker = Breaker(f"model:{name}", "stream", failures_max=settings.model_failures_max, open_s=settings.model_open_s)
        gate = ModelGate(slots=endpoint.slots, waiting_max=settings.model_waiting_max, name=name)
        models[name] = LanguageModel(endpoint, patience=patience, breaker=breaker, gate=gate, counter=counters[name])
        parts.stack.push_async_callback(models[name].close)
    reach = ModelReach(models.values(), interval_s=settings.model_probe_s, timeout_s=settings.model_probe_timeout_s)
    parts.stack.callback(reach.stop)
    parts.spawn(reach.ask_forever(), "ask models' providers for a sign of life")
    return models


def _replies(
    settings: ConversationSettings,
    parts: Parts,
    store: TurnStore,
    models: dict[str, LanguageModel],
    gate: ModelGate,
    older: OlderMessages,
    preferences: SpokenPreferences,
) -> Replies:
    unstored = UnstoredEndings(store.end, size_max=settings.unstored_max, retry_s=settings.unstored_retry_s)
    parts.stack.push_async_callback(unstored.close)
    shares = Shares(
        recent=settings.recent_share,
        older=settings.older_share,
        memories=settings.memory_share,
        summaries=settings.summary_share,
        replied_to=settings.replied_to_share,
        relationship=settings.relationship_share,
        files=settings.file_share,
    )
    limits = ReplyLimits(settings.end_before_s, settings.delta_interval_s, shares, settings.store_wait_s)
    return Replies(store, models, gate, unstored, limits, older, preferences, assistant_name=settings.assistant_name)


def _serve_turns(
    settings: ConversationSettings,
    parts: Parts,
    database: Database,
    store: TurnStore,
    replies: Replies,
    people: People,
    index: MessageIndex,
    privacy: Privacy,
    preferences: SpokenPreferences,
    summarizing: Summarizing,
) -> None:
    abandoned = AbandonedReplies(partial(store.hasten, within_s=settings.abandoned_s), size_max=settings.abandoned_max)
    parts.stack.push_async_callback(abandoned.close)
    turns = ConversationServicer(
        store, database, replies, abandoned, people, index, privacy, preferences, summarizing, store_wait_s=settings.store_wait_s
    )
    parts.server.add(pb_grpc.add_ConversationServiceServicer_to_server, turns, "parlour.conversation.v1.ConversationService")


def _summarizing(settings: ConversationSettings, jobs: Jobs, database: Database, completions: Completions, budget: BackgroundBudget) -> Summarizing:
    rules = Segmentation(
        messages_min=settings.topic_messages_min,
        messages_max=max(settings.topic_messages_max, settings.topic_messages_min),
        pause_certain_s=settings.session_idle_s,
    )
    topics = Topics(
        database, jobs, MODEL_NAME, rules, step=settings.topic_step_messages, idle_s=settings.session_idle_s, sweep_max=settings.topic_sweep_max
    )
    limits = SummaryLimits(
        model_messages_min=settings.summary_model_messages_min,
        characters_max=settings.summary_characters_max,
        source_bytes_max=settings.summary_source_bytes_max,
        completion_tokens_max=settings.summary_completion_tokens_max,
        model_s=settings.summary_model_s,
        tries_max=settings.summary_tries_max,
        retry_s=settings.summary_retry_s,
        calls_per_job=settings.summary_calls_per_job,
        jobs_max=settings.summary_jobs_max,
        top_max=settings.summaries_max,
        group=settings.summaries_group,
        wait_s=settings.summarize_wait_s,
    )
    store = SummaryStore(database, MODEL_NAME, assistant_name=settings.assistant_name)
    summarizing = Summarizing(database, jobs, store, topics, completions, budget, limits)
    summarizing.register()
    return summarizing


def _serve_settings(settings: ConversationSettings, parts: Parts, database: Database, cache: SettingsCache) -> None:
    store = PersonaStore(database, versions_max=settings.persona_versions_max, editing=cache.editing_persona)
    personas = PersonaServicer(database, store, cache)
    parts.server.add(pb_grpc.add_PersonaServiceServicer_to_server, personas, "parlour.conversation.v1.PersonaService")
    guilds = GuildSettingsServicer(database, cache, versions_max=settings.settings_versions_max)
    parts.server.add(pb_grpc.add_GuildSettingsServiceServicer_to_server, guilds, "parlour.conversation.v1.GuildSettingsService")
    blocks = BlockServicer(database, blocks_max=settings.blocks_max)
    parts.server.add(pb_grpc.add_BlockServiceServicer_to_server, blocks, "parlour.conversation.v1.BlockService")


def _neighbours(settings: ConversationSettings, parts: Parts) -> tuple[CreditClient, MemoryClient]:
    credit = Remote("credit", settings.credit_address, retried=credit_client.RETRIED, tls=parts.tls)
    memory = Remote("memory", settings.memory_address, retried=memory_client.RETRIED, tls=parts.tls)
    parts.stack.push_async_callback(credit.close)
    parts.stack.push_async_callback(memory.close)
    return CreditClient(credit), MemoryClient(memory)


def _register_jobs(
    settings: ConversationSettings,
    jobs: Jobs,
    store: TurnStore,
    people: People,
    database: Database,
    index: MessageIndex,
    credit: CreditClient,
    memory: MemoryClient,
    style: ObservedStyle,
) -> None:
    conversation_jobs.register(
        jobs,
        store,
        database,
        credit,
        memory,
        request_keep_days=settings.request_keep_days,
        further_steps={
            "acquaintance": conversation_jobs.Step(session_jobs.Acquaintance(people.relationships, people.sessions)),
            "index": conversation_jobs.Step(index.after_turn, due=index.enough_wait),
            "writing_style": conversation_jobs.Step(style, due=MAY_BE_DUE),
        },
    )


if __name__ == "__main__":
    run("conversation", ConversationSettings, start, callers=ALLOWED_CALLERS, migrations_package="services.conversation")
