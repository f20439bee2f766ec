--
-- PostgreSQL database dump
--

\restrict released

-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: vector; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;


--
-- Name: EXTENSION vector; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION vector IS 'vector data type and ivfflat and hnsw access methods';


--
-- Name: procrastinate_job_event_type; Type: TYPE; Schema: public; Owner: memory
--

CREATE TYPE public.procrastinate_job_event_type AS ENUM (
    'deferred',
    'started',
    'deferred_for_retry',
    'failed',
    'succeeded',
    'cancelled',
    'abort_requested',
    'aborted',
    'scheduled',
    'retried'
);


ALTER TYPE public.procrastinate_job_event_type OWNER TO memory;

--
-- Name: procrastinate_job_status; Type: TYPE; Schema: public; Owner: memory
--

CREATE TYPE public.procrastinate_job_status AS ENUM (
    'todo',
    'doing',
    'succeeded',
    'failed',
    'cancelled',
    'aborting',
    'aborted'
);


ALTER TYPE public.procrastinate_job_status OWNER TO memory;

--
-- Name: procrastinate_job_to_defer_v1; Type: TYPE; Schema: public; Owner: memory
--

CREATE TYPE public.procrastinate_job_to_defer_v1 AS (
	queue_name character varying,
	task_name character varying,
	priority integer,
	lock text,
	queueing_lock text,
	args jsonb,
	scheduled_at timestamp with time zone
);


ALTER TYPE public.procrastinate_job_to_defer_v1 OWNER TO memory;

--
-- Name: drop_what_was_said_before_an_erasure(); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.drop_what_was_said_before_an_erasure() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        IF EXISTS (SELECT FROM erasures WHERE subject_hash = sha256(convert_to(NEW.author_id, 'UTF8')) AND NEW.said_at <= begun_at) THEN
            RETURN NULL;
        END IF;
        RETURN NEW;
    END
    $$;


ALTER FUNCTION public.drop_what_was_said_before_an_erasure() OWNER TO memory;

--
-- Name: procrastinate_cancel_job_v1(bigint, boolean, boolean); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status = 'todo'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        IF abort THEN
            UPDATE procrastinate_jobs
            SET abort_requested = true,
                status = CASE status
                    WHEN 'todo' THEN 'cancelled'::procrastinate_job_status ELSE status
                END
            WHERE id = job_id AND status IN ('todo', 'doing')
            RETURNING id INTO _job_id;
        ELSE
            UPDATE procrastinate_jobs
            SET status = 'cancelled'::procrastinate_job_status
            WHERE id = job_id AND status = 'todo'
            RETURNING id INTO _job_id;
        END IF;
    END IF;
    RETURN _job_id;
END;
$$;


ALTER FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) OWNER TO memory;

--
-- Name: procrastinate_defer_jobs_v1(public.procrastinate_job_to_defer_v1[]); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    job_ids bigint[];
BEGIN
    WITH inserted_jobs AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT (job).queue_name,
               (job).task_name,
               (job).priority,
               (job).lock,
               (job).queueing_lock,
               (job).args,
               (job).scheduled_at
        FROM unnest(jobs) AS job
        RETURNING id
    )
    SELECT array_agg(id) FROM inserted_jobs INTO job_ids;

    RETURN job_ids;
END;
$$;


ALTER FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) OWNER TO memory;

--
-- Name: procrastinate_defer_periodic_job_v2(character varying, character varying, character varying, character varying, integer, character varying, bigint, jsonb); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
	_job_id bigint;
	_defer_id bigint;
BEGIN
    INSERT
        INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
        VALUES (_task_name, _periodic_id, _defer_timestamp)
        ON CONFLICT DO NOTHING
        RETURNING id into _defer_id;

    IF _defer_id IS NULL THEN
        RETURN NULL;
    END IF;

    UPDATE procrastinate_periodic_defers
        SET job_id = (
            SELECT COALESCE((
                SELECT unnest(procrastinate_defer_jobs_v1(
                    ARRAY[
                        ROW(
                            _queue_name,
                            _task_name,
                            _priority,
                            _lock,
                            _queueing_lock,
                            _args,
                            NULL::timestamptz
                        )
                    ]::procrastinate_job_to_defer_v1[]
                ))
            ), NULL)
        )
        WHERE id = _defer_id
        RETURNING job_id INTO _job_id;

    DELETE
        FROM procrastinate_periodic_defers
        USING (
            SELECT id
            FROM procrastinate_periodic_defers
            WHERE procrastinate_periodic_defers.task_name = _task_name
            AND procrastinate_periodic_defers.periodic_id = _periodic_id
            AND procrastinate_periodic_defers.defer_timestamp < _defer_timestamp
            ORDER BY id
            FOR UPDATE
        ) to_delete
        WHERE procrastinate_periodic_defers.id = to_delete.id;

    RETURN _job_id;
END;
$$;


ALTER FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) OWNER TO memory;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: procrastinate_jobs; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.procrastinate_jobs (
    id bigint NOT NULL,
    queue_name character varying(128) NOT NULL,
    task_name character varying(128) NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    lock text,
    queueing_lock text,
    args jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.procrastinate_job_status DEFAULT 'todo'::public.procrastinate_job_status NOT NULL,
    scheduled_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    abort_requested boolean DEFAULT false NOT NULL,
    worker_id bigint,
    CONSTRAINT check_not_todo_abort_requested CHECK ((NOT ((status = 'todo'::public.procrastinate_job_status) AND (abort_requested = true))))
);


ALTER TABLE public.procrastinate_jobs OWNER TO memory;

--
-- Name: procrastinate_fetch_job_v2(character varying[], bigint); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) RETURNS public.procrastinate_jobs
    LANGUAGE plpgsql
    AS $$
DECLARE
	found_jobs procrastinate_jobs;
BEGIN
    WITH candidate AS (
        SELECT jobs.*
            FROM procrastinate_jobs AS jobs
            WHERE
                -- reject the job if its lock has earlier or higher priority jobs
                NOT EXISTS (
                    SELECT 1
                        FROM procrastinate_jobs AS other_jobs
                        WHERE
                            jobs.lock IS NOT NULL
                            AND other_jobs.lock = jobs.lock
                            AND (
                                -- job with same lock is already running
                                other_jobs.status = 'doing'
                                OR
                                -- job with same lock is waiting and has higher priority (or same priority but was queued first)
                                (
                                    other_jobs.status = 'todo'
                                    AND (
                                        other_jobs.priority > jobs.priority
                                        OR (
                                        other_jobs.priority = jobs.priority
                                        AND other_jobs.id < jobs.id
                                        )
                                    )
                                )
                            )
                )
                AND jobs.status = 'todo'
                AND (target_queue_names IS NULL OR jobs.queue_name = ANY( target_queue_names ))
                AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            ORDER BY jobs.priority DESC, jobs.id ASC LIMIT 1
            FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs
        SET status = 'doing', worker_id = p_worker_id
        FROM candidate
        WHERE procrastinate_jobs.id = candidate.id
        RETURNING procrastinate_jobs.* INTO found_jobs;

 RETURN found_jobs;
END;
$$;


ALTER FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) OWNER TO memory;

--
-- Name: procrastinate_finish_job_v1(bigint, public.procrastinate_job_status, boolean); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF end_status NOT IN ('succeeded', 'failed', 'aborted') THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    END IF;
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = end_status,
            abort_requested = false,
            attempts = CASE status
                WHEN 'doing' THEN attempts + 1 ELSE attempts
            END
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END;
$$;


ALTER FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) OWNER TO memory;

--
-- Name: procrastinate_notify_queue_abort_job_v1(); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_notify_queue_abort_job_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'abort_job_requested', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;


ALTER FUNCTION public.procrastinate_notify_queue_abort_job_v1() OWNER TO memory;

--
-- Name: procrastinate_notify_queue_job_inserted_v1(); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_notify_queue_job_inserted_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;


ALTER FUNCTION public.procrastinate_notify_queue_job_inserted_v1() OWNER TO memory;

--
-- Name: procrastinate_prune_stalled_workers_v1(double precision); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    DELETE FROM procrastinate_workers
    WHERE last_heartbeat < NOW() - (seconds_since_heartbeat || 'SECOND')::INTERVAL
    RETURNING procrastinate_workers.id;
END;
$$;


ALTER FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) OWNER TO memory;

--
-- Name: procrastinate_register_worker_v1(); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_register_worker_v1() RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    INSERT INTO procrastinate_workers DEFAULT VALUES
    RETURNING procrastinate_workers.id;
END;
$$;


ALTER FUNCTION public.procrastinate_register_worker_v1() OWNER TO memory;

--
-- Name: procrastinate_retry_job_v1(bigint, timestamp with time zone, integer, character varying, character varying); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
BEGIN
    SELECT abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status = 'doing'
    FOR UPDATE
    INTO _abort_requested;
    IF _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
END;
$$;


ALTER FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) OWNER TO memory;

--
-- Name: procrastinate_retry_job_v2(bigint, timestamp with time zone, integer, character varying, character varying); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
    _current_status procrastinate_job_status;
BEGIN
    SELECT status, abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status IN ('doing', 'failed')
    FOR UPDATE
    INTO _current_status, _abort_requested;
    IF _current_status = 'doing' AND _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status IN ('doing', 'failed')
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;

END;
$$;


ALTER FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) OWNER TO memory;

--
-- Name: procrastinate_trigger_abort_requested_events_procedure_v1(); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'abort_requested'::procrastinate_job_event_type);
    RETURN NEW;
END;
$$;


ALTER FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() OWNER TO memory;

--
-- Name: procrastinate_trigger_function_scheduled_events_v1(); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type, at)
        VALUES (NEW.id, 'scheduled'::procrastinate_job_event_type, NEW.scheduled_at);

	RETURN NEW;
END;
$$;


ALTER FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() OWNER TO memory;

--
-- Name: procrastinate_trigger_function_status_events_insert_v1(); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'deferred'::procrastinate_job_event_type);
	RETURN NEW;
END;
$$;


ALTER FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() OWNER TO memory;

--
-- Name: procrastinate_trigger_function_status_events_update_v1(); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_trigger_function_status_events_update_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH t AS (
        SELECT CASE
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND NEW.status = 'doing'::procrastinate_job_status
                THEN 'started'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'deferred_for_retry'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'failed'::procrastinate_job_status
                THEN 'failed'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'succeeded'::procrastinate_job_status
                THEN 'succeeded'::procrastinate_job_event_type
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND (
                    NEW.status = 'cancelled'::procrastinate_job_status
                    OR NEW.status = 'failed'::procrastinate_job_status
                    OR NEW.status = 'succeeded'::procrastinate_job_status
                )
                THEN 'cancelled'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'aborted'::procrastinate_job_status
                THEN 'aborted'::procrastinate_job_event_type
            WHEN OLD.status = 'failed'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'retried'::procrastinate_job_event_type
            ELSE NULL
        END as event_type
    )
    INSERT INTO procrastinate_events(job_id, type)
        SELECT NEW.id, t.event_type
        FROM t
        WHERE t.event_type IS NOT NULL;
	RETURN NEW;
END;
$$;


ALTER FUNCTION public.procrastinate_trigger_function_status_events_update_v1() OWNER TO memory;

--
-- Name: procrastinate_unlink_periodic_defers_v1(); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_unlink_periodic_defers_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_periodic_defers
    SET job_id = NULL
    WHERE job_id = OLD.id;
    RETURN OLD;
END;
$$;


ALTER FUNCTION public.procrastinate_unlink_periodic_defers_v1() OWNER TO memory;

--
-- Name: procrastinate_unregister_worker_v1(bigint); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;


ALTER FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) OWNER TO memory;

--
-- Name: procrastinate_update_heartbeat_v1(bigint); Type: FUNCTION; Schema: public; Owner: memory
--

CREATE FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_workers
    SET last_heartbeat = NOW()
    WHERE id = worker_id;
END;
$$;


ALTER FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) OWNER TO memory;

--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE public.alembic_version OWNER TO memory;

--
-- Name: embedded_scopes; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.embedded_scopes (
    model text NOT NULL,
    scope_id uuid NOT NULL,
    version bigint NOT NULL
);


ALTER TABLE public.embedded_scopes OWNER TO memory;

--
-- Name: TABLE embedded_scopes; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON TABLE public.embedded_scopes IS 'scopes that lacked no vector at this version of theirs; kept while the model is running';


--
-- Name: embedding_models; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.embedding_models (
    name text NOT NULL,
    in_force boolean DEFAULT false NOT NULL,
    state text NOT NULL,
    total bigint,
    done bigint DEFAULT 0 NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT embedding_models_check CHECK (((NOT in_force) OR (state <> 'retired'::text))),
    CONSTRAINT embedding_models_check1 CHECK (((state = 'running'::text) = (finished_at IS NULL))),
    CONSTRAINT embedding_models_done_check CHECK ((done >= 0)),
    CONSTRAINT embedding_models_state_check CHECK ((state = ANY (ARRAY['running'::text, 'complete'::text, 'retired'::text]))),
    CONSTRAINT embedding_models_total_check CHECK ((total >= 0))
);


ALTER TABLE public.embedding_models OWNER TO memory;

--
-- Name: TABLE embedding_models; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON TABLE public.embedding_models IS 'whose vectors searches use (in_force), and how far another model has come with every version';


--
-- Name: erased_memories; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.erased_memories (
    request_id text NOT NULL,
    memory_id uuid NOT NULL
);


ALTER TABLE public.erased_memories OWNER TO memory;

--
-- Name: TABLE erased_memories; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON TABLE public.erased_memories IS 'kept while an erasure runs: whose ids the results of requests must not name';


--
-- Name: erasures; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.erasures (
    request_id text NOT NULL,
    subject_hash bytea NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    scopes_done_to uuid,
    erased jsonb DEFAULT '{}'::jsonb NOT NULL
);


ALTER TABLE public.erasures OWNER TO memory;

--
-- Name: TABLE erasures; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON TABLE public.erasures IS 'receipts, and tombstones: what the person said before begun_at is not taken in any more';


--
-- Name: forget_plan_items; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.forget_plan_items (
    plan_id uuid NOT NULL,
    memory_id uuid NOT NULL,
    version bigint NOT NULL,
    scope_id uuid NOT NULL
);


ALTER TABLE public.forget_plan_items OWNER TO memory;

--
-- Name: forget_plans; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.forget_plans (
    plan_id uuid NOT NULL,
    guild_id text NOT NULL,
    channel_id text NOT NULL,
    user_id text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    committed_at timestamp with time zone,
    undo_until timestamp with time zone,
    undone_at timestamp with time zone,
    purged_at timestamp with time zone,
    forgotten_count integer DEFAULT 0 NOT NULL,
    restored_count integer DEFAULT 0 NOT NULL,
    CONSTRAINT forget_plans_check CHECK (((committed_at IS NULL) = (undo_until IS NULL))),
    CONSTRAINT forget_plans_check1 CHECK (((undone_at IS NULL) OR (committed_at IS NOT NULL)))
);


ALTER TABLE public.forget_plans OWNER TO memory;

--
-- Name: memories; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.memories (
    memory_id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    scope_id uuid NOT NULL,
    visibility text NOT NULL,
    guild_id text NOT NULL,
    channel_id text NOT NULL,
    user_id text NOT NULL,
    text text NOT NULL,
    text_hash bytea NOT NULL,
    gist_hash bytea DEFAULT '\x'::bytea NOT NULL,
    kind text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    attribute text DEFAULT ''::text NOT NULL,
    importance double precision NOT NULL,
    provenance jsonb DEFAULT '{}'::jsonb NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone,
    superseded_by uuid,
    superseded_at timestamp with time zone,
    superseded_reason text DEFAULT ''::text NOT NULL,
    quarantined boolean DEFAULT false NOT NULL,
    forgotten_at timestamp with time zone,
    forgotten_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    held boolean GENERATED ALWAYS AS (((valid_to IS NULL) AND (forgotten_at IS NULL))) STORED,
    live boolean GENERATED ALWAYS AS (((valid_to IS NULL) AND (forgotten_at IS NULL) AND (NOT quarantined))) STORED,
    CONSTRAINT memories_check CHECK ((valid_to >= valid_from)),
    CONSTRAINT memories_check1 CHECK (((forgotten_at IS NULL) = (forgotten_by IS NULL))),
    CONSTRAINT memories_version_check CHECK ((version > 0))
);

ALTER TABLE ONLY public.memories FORCE ROW LEVEL SECURITY;


ALTER TABLE public.memories OWNER TO memory;

--
-- Name: COLUMN memories.gist_hash; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON COLUMN public.memories.gist_hash IS 'of the words that tell: near-duplicates are looked for among equals';


--
-- Name: COLUMN memories.superseded_reason; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON COLUMN public.memories.superseded_reason IS 'newer: said later; late: heard of after what replaced it; denied: true no more';


--
-- Name: COLUMN memories.held; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON COLUMN public.memories.held IS 'listed: it holds true and nobody forgot it';


--
-- Name: COLUMN memories.live; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON COLUMN public.memories.live IS 'recalled: held, and not quarantined';


--
-- Name: memory_embeddings; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.memory_embeddings (
    memory_id uuid NOT NULL,
    version bigint NOT NULL,
    model text NOT NULL,
    scope_id uuid NOT NULL,
    live boolean NOT NULL,
    embedding public.vector(384) NOT NULL
);

ALTER TABLE ONLY public.memory_embeddings FORCE ROW LEVEL SECURITY;


ALTER TABLE public.memory_embeddings OWNER TO memory;

--
-- Name: memory_versions; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.memory_versions (
    memory_id uuid NOT NULL,
    version bigint NOT NULL,
    scope_id uuid NOT NULL,
    text text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    attribute text NOT NULL,
    importance double precision NOT NULL,
    provenance jsonb NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    reason text NOT NULL
);

ALTER TABLE ONLY public.memory_versions FORCE ROW LEVEL SECURITY;


ALTER TABLE public.memory_versions OWNER TO memory;

--
-- Name: TABLE memory_versions; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON TABLE public.memory_versions IS 'what a memory said before each change; the newest version lies in memories';


--
-- Name: memory_statements; Type: VIEW; Schema: public; Owner: memory
--

CREATE VIEW public.memory_statements WITH (security_invoker='true') AS
 SELECT memories.memory_id,
    memories.version,
    memories.scope_id,
    memories.visibility,
    memories.guild_id,
    memories.channel_id,
    memories.user_id,
    memories.text,
    memories.kind,
    memories.subject,
    memories.attribute,
    memories.importance,
    memories.provenance,
    memories.valid_from,
    memories.valid_to,
    memories.created_at,
    memories.updated_at,
    memories.quarantined,
    memories.forgotten_at
   FROM public.memories
UNION ALL
 SELECT v.memory_id,
    v.version,
    v.scope_id,
    m.visibility,
    m.guild_id,
    m.channel_id,
    m.user_id,
    v.text,
    v.kind,
    v.subject,
    v.attribute,
    v.importance,
    v.provenance,
    v.valid_from,
    v.valid_to,
    m.created_at,
    v.updated_at,
    m.quarantined,
    m.forgotten_at
   FROM (public.memory_versions v
     JOIN public.memories m USING (memory_id));


ALTER VIEW public.memory_statements OWNER TO memory;

--
-- Name: VIEW memory_statements; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON VIEW public.memory_statements IS 'every version of every memory, for looking back';


--
-- Name: memory_terms; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.memory_terms (
    scope_id uuid NOT NULL,
    term text NOT NULL,
    memory_id uuid NOT NULL,
    version bigint NOT NULL,
    occurrences smallint NOT NULL,
    length smallint NOT NULL,
    live boolean NOT NULL
);

ALTER TABLE ONLY public.memory_terms FORCE ROW LEVEL SECURITY;


ALTER TABLE public.memory_terms OWNER TO memory;

--
-- Name: TABLE memory_terms; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON TABLE public.memory_terms IS 'postings: under row level security a text search index is not used';


--
-- Name: memory_traits; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.memory_traits (
    memory_id uuid NOT NULL,
    version bigint NOT NULL,
    scope_id uuid NOT NULL,
    live boolean NOT NULL,
    "position" bigint NOT NULL,
    said_at timestamp with time zone NOT NULL,
    speaker text NOT NULL,
    length smallint NOT NULL,
    asks boolean NOT NULL,
    dated boolean NOT NULL
);

ALTER TABLE ONLY public.memory_traits FORCE ROW LEVEL SECURITY;


ALTER TABLE public.memory_traits OWNER TO memory;

--
-- Name: TABLE memory_traits; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON TABLE public.memory_traits IS 'what ranking looks at beside meaning and words; position counts what a scope took in: neighbours';


--
-- Name: observed_messages; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.observed_messages (
    scope_id uuid NOT NULL,
    message_id text NOT NULL,
    author_id text NOT NULL,
    author_name text NOT NULL,
    text text,
    said_at timestamp with time zone NOT NULL,
    observed_at timestamp with time zone DEFAULT now() NOT NULL,
    extractor_version integer,
    CONSTRAINT observed_messages_check CHECK (((text IS NULL) = (extractor_version IS NOT NULL)))
);

ALTER TABLE ONLY public.observed_messages FORCE ROW LEVEL SECURITY;


ALTER TABLE public.observed_messages OWNER TO memory;

--
-- Name: TABLE observed_messages; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON TABLE public.observed_messages IS 'the text is wiped in the transaction that stores what was extracted from it';


--
-- Name: operations; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.operations (
    request_id text NOT NULL,
    payload_hash bytea NOT NULL,
    result jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.operations OWNER TO memory;

--
-- Name: TABLE operations; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON TABLE public.operations IS 'what a repeated request is answered: ids and counts, never text, which may be forgotten meanwhile';


--
-- Name: procrastinate_events; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);


ALTER TABLE public.procrastinate_events OWNER TO memory;

--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE; Schema: public; Owner: memory
--

CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE public.procrastinate_events_id_seq OWNER TO memory;

--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: memory
--

ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE; Schema: public; Owner: memory
--

CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNER TO memory;

--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: memory
--

ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;


--
-- Name: procrastinate_periodic_defers; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);


ALTER TABLE public.procrastinate_periodic_defers OWNER TO memory;

--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE; Schema: public; Owner: memory
--

CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNER TO memory;

--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: memory
--

ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;


--
-- Name: procrastinate_workers; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.procrastinate_workers OWNER TO memory;

--
-- Name: procrastinate_workers_id_seq; Type: SEQUENCE; Schema: public; Owner: memory
--

ALTER TABLE public.procrastinate_workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.procrastinate_workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: schema_support; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.schema_support (
    one boolean DEFAULT true NOT NULL,
    works_with text NOT NULL,
    CONSTRAINT schema_support_one_check CHECK (one)
);


ALTER TABLE public.schema_support OWNER TO memory;

--
-- Name: scopes; Type: TABLE; Schema: public; Owner: memory
--

CREATE TABLE public.scopes (
    scope_id uuid NOT NULL,
    visibility text NOT NULL,
    guild_id text NOT NULL,
    channel_id text NOT NULL,
    user_id text NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    memory_count bigint DEFAULT 0 NOT NULL,
    CONSTRAINT scopes_check CHECK (((visibility = 'private'::text) = (guild_id = ''::text))),
    CONSTRAINT scopes_check1 CHECK (((visibility = 'shared'::text) = (user_id = ''::text))),
    CONSTRAINT scopes_visibility_check CHECK ((visibility = ANY (ARRAY['private'::text, 'guild'::text, 'shared'::text])))
);


ALTER TABLE public.scopes OWNER TO memory;

--
-- Name: TABLE scopes; Type: COMMENT; Schema: public; Owner: memory
--

COMMENT ON TABLE public.scopes IS 'every write to a scope locks its row and raises its version';


--
-- Name: procrastinate_events id; Type: DEFAULT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);


--
-- Name: procrastinate_jobs id; Type: DEFAULT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);


--
-- Name: procrastinate_periodic_defers id; Type: DEFAULT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.alembic_version (version_num) FROM stdin;
0001
\.


--
-- Data for Name: embedded_scopes; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.embedded_scopes (model, scope_id, version) FROM stdin;
\.


--
-- Data for Name: embedding_models; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.embedding_models (name, in_force, state, total, done, started_at, finished_at) FROM stdin;
all-minilm-l6-v2-int8	t	complete	\N	0	2026-11-27 16:05:18.814894+00	2026-11-27 16:05:18.814894+00
\.


--
-- Data for Name: erased_memories; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.erased_memories (request_id, memory_id) FROM stdin;
\.


--
-- Data for Name: erasures; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.erasures (request_id, subject_hash, begun_at, finished_at, scopes_done_to, erased) FROM stdin;
06dc5b02a37644709a7a35fea1e27d7f:memory	\\x85262adf74518bbb70c7cb94cd6159d91669e5a81edf1efebd543eadbda9fa2b	2026-11-27 16:05:25.767471+00	2026-11-27 16:05:25.857583+00	b080cb7c-3f49-3405-cb4b-b78890cd915d	{"scopes": 1, "memories": 1, "operations": 1, "forget_plans": 0, "memory_terms": 6, "memory_traits": 1, "embedded_scopes": 0, "memory_versions": 0, "forget_plan_items": 0, "memory_embeddings": 1, "observed_messages": 0, "procrastinate_jobs": 0}
\.


--
-- Data for Name: forget_plan_items; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.forget_plan_items (plan_id, memory_id, version, scope_id) FROM stdin;
fbcc0aa2-ed41-40a6-8b32-c936f1d4cd65	01a21dc1-0702-7000-ba4d-1868e8f9a2f8	1	71fbabe6-de3d-6097-f246-3b87eed13189
301c461c-3080-4585-9aae-53a587624580	01a21dc1-0728-7000-8464-099add10d21e	1	71fbabe6-de3d-6097-f246-3b87eed13189
99fa9a92-7fb7-462b-abc5-e754ce88e1cd	01a21dc1-05a1-7000-8611-9d602e2eb277	2	71fbabe6-de3d-6097-f246-3b87eed13189
\.


--
-- Data for Name: forget_plans; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.forget_plans (plan_id, guild_id, channel_id, user_id, created_at, expires_at, committed_at, undo_until, undone_at, purged_at, forgotten_count, restored_count) FROM stdin;
fbcc0aa2-ed41-40a6-8b32-c936f1d4cd65		channel-ada	ada	2026-11-27 16:05:19.30539+00	2026-11-27 16:15:19.30539+00	2026-11-27 16:05:19.367598+00	2026-11-27 17:05:19.367598+00	\N	\N	1	0
99fa9a92-7fb7-462b-abc5-e754ce88e1cd		channel-ada	ada	2026-11-27 16:05:19.572249+00	2026-11-27 16:15:19.572249+00	\N	\N	\N	\N	0	0
301c461c-3080-4585-9aae-53a587624580		channel-ada	ada	2026-11-27 16:05:19.415004+00	2026-11-27 16:15:19.415004+00	2026-11-27 16:05:19.450862+00	2026-11-27 17:05:19.450862+00	2026-11-27 16:05:19.483228+00	2026-11-27 16:06:00.600782+00	1	1
\.


--
-- Data for Name: memories; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.memories (memory_id, version, scope_id, visibility, guild_id, channel_id, user_id, text, text_hash, gist_hash, kind, subject, attribute, importance, provenance, valid_from, valid_to, superseded_by, superseded_at, superseded_reason, quarantined, forgotten_at, forgotten_by, created_at, updated_at) FROM stdin;
01a21dc1-05a1-7000-8611-9d602e2eb277	2	71fbabe6-de3d-6097-f246-3b87eed13189	private			ada	I play the viola	\\x67f91b7db5f951cf39b9aba52b375fb51766bb58a20a0882d0404df62bca784c	\\xa91aba5b658a21d10b3dd6995c7972e367c5484b870f3e5bc9d119615a22fc14	fact			0.5	{"source": "stated", "author_id": "ada", "author_name": "Ada", "message_ids": ["a22c16d5678b4d6d9ad9161d88f6a414"]}	2026-11-27 16:05:18.964883+00	\N	\N	\N		f	\N	\N	2026-11-27 16:05:18.8596+00	2026-11-27 16:05:18.964883+00
01a21dc1-068e-7000-92db-b21be4f50a9b	1	71fbabe6-de3d-6097-f246-3b87eed13189	private			ada	my cat is called Pixel	\\x2b2407a3abfa7ada5e5b57047c72a10cc5ad78967647b7f210b538cc2ccf3756	\\xa609ce6bef7aa38c8cccb172190724f54a972e08e304d55f63819972e223f5e2	fact	cat	name	0.5	{"source": "stated", "author_id": "ada", "author_name": "Ada", "message_ids": ["2a792f60a4674de9a7814bfe03f351c3"]}	2026-11-27 16:05:19.116959+00	\N	\N	\N		f	\N	\N	2026-11-27 16:05:19.116959+00	2026-11-27 16:05:19.116959+00
01a21dc1-0662-7000-b9bf-96d73c35eebe	1	71fbabe6-de3d-6097-f246-3b87eed13189	private			ada	my cat is called Miso	\\x3d4e59e6479a223d8f720704462cbdc931356af0d599467bab31c20ef9f6e84b	\\x0f1f3804776352304581cfb7830da21b7ba93fe0c48fe54520f670e1ffcb3829	fact	cat	name	0.5	{"source": "stated", "author_id": "ada", "author_name": "Ada", "message_ids": ["2383224da16a4c1e9b8d858ca11e8758"]}	2026-11-27 16:05:19.073128+00	2026-11-27 16:05:19.116959+00	01a21dc1-068e-7000-92db-b21be4f50a9b	2026-11-27 16:05:19.116959+00	newer	f	\N	\N	2026-11-27 16:05:19.073128+00	2026-11-27 16:05:19.116959+00
01a21dc1-0702-7000-ba4d-1868e8f9a2f8	1	71fbabe6-de3d-6097-f246-3b87eed13189	private			ada	I sing in the choir	\\x195af512dcdfda134a2922fb07a164f0492b32007fafff3a9559c50d3a1ab1b1	\\x40f7eea9f357cdc3b4f1839570f5bdb55470f954de5bde995fc455d06747a706	fact			0.5	{"source": "stated", "author_id": "ada", "author_name": "Ada", "message_ids": ["bf5384661a774e7d83cfb7ba57e5e2fe"]}	2026-11-27 16:05:19.231147+00	\N	\N	\N		f	2026-11-27 16:05:19.367598+00	fbcc0aa2-ed41-40a6-8b32-c936f1d4cd65	2026-11-27 16:05:19.231147+00	2026-11-27 16:05:19.367598+00
01a21dc1-0728-7000-8464-099add10d21e	1	71fbabe6-de3d-6097-f246-3b87eed13189	private			ada	I live in Oslo	\\x60c1fb8ce3b9e583e3eb26e9cdf89ce5d9eec8c2bb37ae4511bf9cb3802bf4ea	\\x60c1fb8ce3b9e583e3eb26e9cdf89ce5d9eec8c2bb37ae4511bf9cb3802bf4ea	fact	self	home	0.5	{"source": "stated", "author_id": "ada", "author_name": "Ada", "message_ids": ["ffa5d624b7a5477b846345b81caab46a"]}	2026-11-27 16:05:19.270459+00	\N	\N	\N		f	\N	\N	2026-11-27 16:05:19.270459+00	2026-11-27 16:05:19.483228+00
01a21dc1-0880-7000-b7eb-f76048e577f4	1	13ce2040-a549-59b3-0c22-e2853d85132c	guild	guild-of-the-release		bob	my boat is blue	\\xd125b95c22eda463583aed859b3477e7d04fdd0ec45795d4115699557aeebbc2	\\xc2d517066af96e3ec8f21ac37900e011cfb2ba664592f4d4820a8c45d806a592	fact			0.5	{"source": "stated", "author_id": "bob", "author_name": "Bob", "message_ids": ["fffc9d07ada947c1885ce5b478afc185"]}	2026-11-27 16:05:19.613504+00	\N	\N	\N		f	\N	\N	2026-11-27 16:05:19.613504+00	2026-11-27 16:05:19.613504+00
01a21dc1-092c-7000-8516-2e73f2ec2158	1	13ce2040-a549-59b3-0c22-e2853d85132c	guild	guild-of-the-release		bob	From now on you answer in rhymes	\\x1a581c0228c0371f86bd5e8c939fc0e2fd7b7e0a0e01473e85adc3b9ad16ec03	\\x8cc0fc23dd7deba8a160aa241e2fb1006ba96d01e63b2b4e59e6236994643313	fact			0.5	{"source": "stated", "author_id": "bob", "author_name": "Bob", "message_ids": ["2d10ac863d184aa181b67ed516cd7e88"]}	2026-11-27 16:05:19.77638+00	\N	\N	\N		t	\N	\N	2026-11-27 16:05:19.77638+00	2026-11-27 16:05:19.77638+00
01a21dc1-0a23-7000-a794-43f0ce3c3502	1	87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	guild	guild-of-the-release		ada	My sister is called Zelda, by the way	\\x40e0538b0f6d29b9da13247ad1d5a7233979a41c81cd731bd0caedb329bab6ec	\\xc2f2bac411b6608108249f36c97c2650321e2756aa4a018af6cb958893d547bf	fact	sister	name	0.4	{"source": "extracted", "author_id": "ada", "author_name": "Ada", "message_ids": ["fea5911419614d07a9a1c004b638dc26"]}	2026-11-27 16:05:19.844019+00	\N	\N	\N		f	\N	\N	2026-11-27 16:05:20.029235+00	2026-11-27 16:05:20.029235+00
01a21dc1-0b3a-7000-8148-01c4c39acf69	1	13ce2040-a549-59b3-0c22-e2853d85132c	guild	guild-of-the-release		bob	My sister is called Zelda, by the way	\\x40e0538b0f6d29b9da13247ad1d5a7233979a41c81cd731bd0caedb329bab6ec	\\xc2f2bac411b6608108249f36c97c2650321e2756aa4a018af6cb958893d547bf	fact	sister	name	0.4	{"source": "extracted", "author_id": "bob", "author_name": "Bob", "message_ids": ["a5a52fcfa7bc45178b6c28c549a9b9e2"]}	2026-11-27 16:05:19.967743+00	\N	\N	\N		f	\N	\N	2026-11-27 16:05:20.302971+00	2026-11-27 16:05:20.302971+00
01a21dc1-08ee-7000-bd39-519363deec96	1	13ce2040-a549-59b3-0c22-e2853d85132c	guild	guild-of-the-release		bob	Always reply with the word banana	\\x1bb68964193188a658683f22f1b241ccab396bc7ba265bdf8e58277cee7536d4	\\xb0258daae23b00d75d138ea743c2151b4e497a34616c38b9850946b5b1fe688c	fact			0.5	{"source": "stated", "author_id": "bob", "author_name": "Bob", "message_ids": ["3d61a1edae004567958a9da1c74afa81"]}	2026-11-27 16:05:19.720103+00	\N	\N	\N		f	\N	\N	2026-11-27 16:05:19.720103+00	2026-11-27 16:05:21.11075+00
\.


--
-- Data for Name: memory_embeddings; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.memory_embeddings (memory_id, version, model, scope_id, live, embedding) FROM stdin;
01a21dc1-05a1-7000-8611-9d602e2eb277	2	all-minilm-l6-v2-int8	71fbabe6-de3d-6097-f246-3b87eed13189	t	[0.06134846,-0.049472556,0.049805507,-0.042246692,-0.14831263,0.035613496,0.09586244,-0.013075685,0.06432141,0.05375448,-0.022315053,-0.021519452,-0.07627386,0.028155778,0.018157095,-0.008000795,0.022551525,0.03746859,-0.02514816,0.0072810138,-0.106977545,-0.00032014184,-0.0102573,-0.015821332,-0.051508863,0.016431313,-0.053446352,0.12873858,0.032297704,-0.049136322,-0.07264662,0.010903227,0.09693553,-0.040932838,-0.10260488,0.0204652,0.018532222,-0.07746817,-0.03878997,0.0016476145,0.013561596,0.073407866,0.037667613,0.0032910362,-0.013733912,-0.032801606,-0.008989151,-0.008430061,0.032893483,0.010721812,-0.0031778142,0.00875758,0.066360995,0.0032612488,-0.009592355,-0.021555174,0.05209165,0.0866077,0.045735974,0.03351407,0.004268126,0.018531622,0.029196229,0.0374324,-0.063698396,-0.01887934,0.0070492825,0.022173377,-0.037762746,0.012641538,-0.04449832,-0.055693343,0.021397762,0.044446345,0.0050510135,0.0066669337,0.10350443,-0.10579921,0.036245808,0.04159034,0.010704192,-0.058763836,-0.08703369,-0.0420675,0.03654349,0.0010667745,0.0037650752,0.07981922,0.011307805,0.004399011,-0.020581096,-0.013176187,0.0074216807,-0.019560223,-0.007599634,0.053069253,-0.019037934,-0.020004025,-0.0051286635,0.111148216,-0.018644812,-0.03857461,0.15297809,0.044753637,-0.044252727,0.027234681,0.0029398452,0.092245996,0.021731595,-0.12216026,0.002785795,0.02356733,0.00047118947,0.054959122,-0.013806539,-0.014470812,-0.0054945354,0.02948976,0.007705817,0.0032818492,0.06977921,-0.02812677,-0.06484617,0.041055225,0.014025909,0.027412811,-0.0571879,-5.567622e-33,-0.0039928616,-0.06267434,0.030448848,-0.040229596,0.014005424,-0.06073451,-0.004907527,0.050669186,-0.011134511,0.003758878,0.029495493,-0.05863082,-0.035864834,-0.020228991,0.06671153,0.046787288,0.027685715,-0.006306287,-0.0796947,-0.016957667,0.046253294,-0.02112728,-0.0349859,0.06376453,-0.021179467,0.0003645109,0.0641804,-0.059147846,0.042180628,0.009010921,0.053399976,-0.03911918,-0.017173363,0.004504361,0.05322521,0.01605112,-0.018078472,0.009171775,-0.014615855,0.057751015,0.004359455,0.030218147,-0.00016625777,0.056631766,0.043625373,-0.05101966,0.033889234,-0.005011724,0.018112961,0.013055028,-0.033994015,0.0705549,-0.031109111,-0.0022752353,0.047549397,0.06257577,0.07011973,-0.0021157118,-0.10840434,-0.03463518,-0.022233034,-0.05242871,-0.006192236,0.06448221,-0.010911426,0.0742348,0.045607466,-0.06439215,0.09372298,-0.0899795,-0.089252494,-0.006874101,0.0038077617,0.011122555,-0.03073673,-0.027534155,-0.020652477,-0.079206124,0.02681009,-0.11135369,0.009804452,-0.011088909,-0.11142164,0.039627418,0.050523967,-0.038994122,-0.023016965,-0.10083197,-0.00725505,-0.060732074,-0.0178546,0.017731743,-0.023150682,-0.05483134,-0.015504245,3.4131e-33,0.0010042953,0.010488255,0.03636825,-0.02058586,0.024242967,0.048544385,0.025526991,0.048509873,-0.042557903,0.07645495,0.0063591166,0.000453234,-0.031457555,-0.03795744,0.00018988748,0.0068370597,-0.025418544,0.08162113,0.08854575,-0.06413814,-0.10513608,0.03712078,0.13697112,-0.049315862,-0.001336754,-0.040669765,0.052284516,0.0075034373,0.0057816654,0.028983504,0.060626913,-0.041147232,-0.020120183,-0.15548868,-0.008728542,0.020433566,0.02677329,-0.09969897,-0.011960543,-0.052527145,0.0036044025,0.01699977,0.013423314,0.06976602,-0.044108845,0.0540272,0.017435735,0.07308264,-0.008573635,-0.026906883,-0.028136214,-0.045551907,0.019411268,-0.07459278,-0.034852512,-0.020323087,0.08233801,-0.090441845,-0.0826407,0.030728003,-0.019749038,0.10473512,-0.060913708,0.020382399,0.05032638,0.039750554,-0.052458074,0.062039632,-0.06625914,-0.050499585,-0.048726235,0.02370925,-0.060225077,-0.031108884,-0.13499731,-0.06274076,-0.060981873,0.011204901,0.027747795,-0.004047637,0.05497723,-0.013997955,0.009546091,-0.019578137,-0.042794414,0.035053644,-0.014861787,0.047039207,-0.031648517,0.047151644,0.081431784,0.11518747,0.06260006,-0.08773269,0.08250878,-1.2814893e-08,-0.0074506514,0.1256412,0.013402911,-0.0358305,-0.01328928,0.01741915,-0.091387026,-0.08356958,-0.0182139,0.010019102,0.034796596,-0.06554228,0.05517051,-0.017518954,0.12972128,0.03621851,0.074956514,0.019744694,-0.06462442,0.07189616,0.03967879,0.027843237,-0.015477037,-0.04494051,-0.07651774,-0.050076354,-0.026382666,0.010142571,-0.008074506,0.09114887,0.05550046,0.08813979,-0.011970032,-0.01240209,-0.10736036,-0.030876823,-0.0040493878,-0.09894709,-0.048688743,0.03572974,0.033884894,0.021716474,-0.023241632,0.008403422,-0.058238298,0.007607435,0.06940056,-0.08717428,0.005330237,0.01620069,-0.018612046,-0.048296425,-0.024277084,0.094280206,0.03476879,0.03436903,-0.0010436357,0.102793604,-0.04011579,0.018670382,0.056744173,-0.0017171991,0.00884864,-0.07023326]
01a21dc1-05a1-7000-8611-9d602e2eb277	1	all-minilm-l6-v2-int8	71fbabe6-de3d-6097-f246-3b87eed13189	f	[0.023946205,0.0072643473,0.050295524,-0.029412607,-0.18745688,0.0028225714,0.11352351,-0.0031923102,0.12020379,0.034359034,-0.016484693,-0.06075475,-0.057041194,0.03498655,0.025367925,-0.049119055,0.04691855,0.06746432,-0.04900712,0.03837275,-0.055919413,0.034508623,-0.022342691,-0.0039640847,0.015719578,0.019506084,-0.053312574,0.026659757,-0.0044917036,-0.049242996,-0.05864832,0.027354842,0.06880717,-0.012881925,-0.08042202,0.07005788,0.012374864,-0.050420973,0.0063033076,0.032606248,0.05407959,0.023686986,0.067523524,0.040249594,-0.030818947,-0.00074455224,-0.022916295,-0.02422,0.028495029,0.034052774,-0.04430504,0.0016481773,0.06469987,0.03695379,-0.01569493,-0.014731061,0.028149934,0.07610621,0.13928905,0.02133299,-0.02505546,-0.025002696,0.033384625,0.06334606,-0.015862497,-0.05345974,0.015338814,-0.022797208,-0.111982755,0.051717814,0.0011203843,0.006116652,0.050227508,-0.0069854865,0.055515155,0.006161146,0.029253183,-0.1616531,0.021299172,0.019279856,0.01727465,0.0036450545,-0.075359605,-0.023503006,0.009053865,0.014141143,0.0464442,0.09356271,-0.06870472,-0.03809603,0.01342179,0.00782775,-0.04978002,0.036526922,-0.063490726,0.0062555675,-0.002253173,0.020216877,-0.00045702083,0.06716103,0.04368689,-0.03422522,0.16698086,0.0796666,-0.035424866,-0.02733645,-0.046522405,0.053312138,0.019577296,-0.115367696,-0.0482172,-0.0041785436,-0.07111684,0.04130518,0.0015677601,0.024862045,0.059434794,0.012782889,0.045147683,-0.023694737,-0.0067915516,-0.03696118,-0.027669113,0.034810685,-0.07976717,-0.019808235,0.0047674654,-5.562637e-33,-0.0104559,-0.07440493,0.006047147,-0.0067683775,0.02251755,-0.0913422,-0.0061146794,0.05592767,0.038398974,0.0126200365,0.028710429,0.00033714244,-0.017223602,0.06756793,0.008224687,0.037470803,-0.029673113,-0.02221854,-0.061366774,-0.04413487,0.025248576,-0.050816752,0.02443068,0.042228945,-0.010591729,-0.009362807,0.09155454,-0.13445051,0.004106337,0.0014904204,0.05385913,0.0028679064,-0.02664797,-0.04741704,0.016919889,0.03186975,-0.018740917,0.0532709,-0.022450838,-0.012286764,-0.050902575,0.03775584,-0.0013541812,-0.0039807167,0.080003485,-0.0098660095,0.024962014,0.015498413,-0.022678211,-0.0012791986,0.04799642,0.062746935,-0.043001372,-0.055531226,0.029152088,0.05844614,0.062065464,-0.005241196,-0.06532189,0.0050846613,0.0073985783,0.009961538,-0.05111174,0.08019428,-0.034747653,0.09352698,0.035291772,-0.063421175,0.08729118,-0.113032684,-0.078987285,0.0013292892,0.019194849,0.001199812,-0.03354666,0.0012923359,-0.054715008,-0.07849632,-0.042378344,-0.09942993,0.038516384,0.0076888814,-0.054205623,0.014885721,0.046829566,-0.041564234,-0.035994902,-0.10757717,-0.0073351585,0.04766668,-0.06586273,-0.041191462,-0.044449892,-0.03735533,0.005002031,3.4614892e-33,0.052490063,-0.010973092,0.023167243,-0.043995477,-0.019150672,-0.024547685,0.008874231,0.08986657,-0.009623422,0.084259465,0.06703701,-0.009360304,0.030657312,-0.00804803,0.026285926,0.009033101,-0.071787804,0.086949915,0.041824836,-0.03512453,-0.088542536,0.0039459215,0.12007964,0.028073026,-0.051367983,-0.009552874,0.026648708,0.0024611105,0.021974832,0.018506782,-0.00882171,-0.03942057,-0.02521066,-0.12234419,-0.027734617,0.019975575,-0.029100653,-0.04712308,0.038648125,-0.08130773,-0.025870236,0.037540708,0.06632873,0.045118324,-0.016775806,0.021720849,0.060569074,0.094322205,-0.03420751,0.010088893,-0.016840268,-0.008652134,-0.0153839495,-0.09257656,0.012113049,0.053294584,-0.0017603551,-0.10450082,-0.02497299,-0.061124656,-0.022801546,0.07523885,-0.0073738415,-0.043146156,0.025640314,0.08227703,-0.08487596,0.007030526,0.008921042,0.040771224,0.02849676,0.046011332,-0.09815943,-0.053157825,-0.13060433,-0.03832182,-0.11633802,0.03628497,0.026175652,0.017162213,0.06289961,0.06135589,-0.0065957336,0.0076380544,0.01066232,0.028360073,0.06432838,0.01002382,-0.059271157,0.018672848,0.09094346,0.0753257,0.040373556,-0.027414432,0.031968206,-1.2408558e-08,-0.015550108,0.12498628,0.024827396,-0.06261675,-0.043507896,-0.013667371,-0.011761947,-0.044704434,-0.0096879965,-0.056373417,0.088879384,-0.026905796,0.058971215,-0.0033401162,0.10396941,0.026214862,0.059964713,-0.03624931,-0.02186437,0.056503415,-0.008638275,-0.016080627,0.021448107,0.0527024,-0.07757391,0.00046096378,0.054933228,-0.0011712745,0.039297264,0.06936015,0.016877932,0.064915754,-0.07640599,-0.048071433,-0.06295602,-0.017997177,-0.014519617,-0.13536513,0.023044657,0.024851676,0.0071630757,0.0051363683,0.0075567025,0.019601673,-0.047926366,-0.012596229,0.049511448,-0.09341166,-0.010565345,0.029134542,-0.050514493,-0.058076248,-0.016820312,0.08570558,0.059676845,-0.017924678,-0.025096856,0.09018712,-0.06795873,0.06788404,0.013450856,0.016701173,-0.011557667,-0.026168348]
01a21dc1-068e-7000-92db-b21be4f50a9b	1	all-minilm-l6-v2-int8	71fbabe6-de3d-6097-f246-3b87eed13189	t	[0.016457247,-0.028027697,0.06270177,-0.036061835,-0.13011225,-0.074492075,0.10999578,-0.00067710463,0.0074545494,-0.018445699,0.015787562,-0.06340154,-0.008814444,0.050775066,-0.048334725,-0.012634203,-0.03433517,-0.007494417,-0.018898478,0.007968822,-0.02312951,0.0034819911,0.0045164237,-0.042397838,-0.007370076,0.07438794,0.0027140928,-0.0007751962,0.021677647,-0.064359866,-0.035079386,0.0840199,0.06377512,0.038468596,0.004050661,-0.012086188,-0.039126832,0.018857818,-0.010134923,0.023593456,-0.0020363715,-0.027929248,0.04935322,-0.06684699,-0.013652299,0.022091115,0.035100076,-0.072963424,0.059832256,-0.064637974,-0.08155168,-0.048783537,-0.05491537,0.02960162,-0.059078235,0.025896443,0.11553396,0.004435119,0.055660482,0.053592008,-0.070547536,0.048271272,0.008080366,0.08033591,0.010823457,-0.013516874,-0.02861613,-0.0540213,0.009169965,0.0050251265,0.031572558,0.048454948,0.009801532,0.025573758,-0.07370132,0.037834845,0.05911604,-0.0018151539,0.1046812,0.018522436,-0.040233646,0.015835807,-0.030985137,0.08757483,0.0618374,0.120686926,0.01644408,0.026286734,-0.08736001,-0.07935746,-0.04350681,0.030899161,-0.00092375284,0.06716523,-0.052485496,-0.059667185,0.06996295,-0.0604161,-0.045310013,0.049176794,-0.0013171377,-0.06759892,-0.022151817,0.07399055,0.020381754,-0.03360055,0.051616788,0.033779323,0.06740172,-0.006896732,-0.0130784735,-0.06327948,-0.08376422,0.065626,0.05405911,-0.057431433,-0.01144771,0.013080696,0.10482884,-0.10233396,-0.0076723453,0.009983352,-0.06884332,-0.060190238,-0.011860754,-0.056359425,-0.025119198,-4.2162194e-33,0.041234184,-0.0044840355,-0.0013557718,-0.031644937,0.036076274,0.11311557,-0.0043699234,0.0661717,-0.074509144,-0.076444596,-0.051423006,-0.037185684,-0.08941177,-0.009695574,-0.01961191,-0.0017163259,0.004876949,-0.04126438,0.0045302496,0.03563339,0.021873225,0.044620663,0.0047109206,0.062997535,-0.04772513,-0.08345392,-0.056436785,-0.08786698,0.010166099,0.016737832,0.027423147,-0.019842222,0.07582826,0.019583149,-0.13845903,-0.05025053,-0.009346458,0.0011504162,-0.03051534,0.10002516,0.0361643,-0.008899863,0.0330721,-0.061541963,0.015761591,0.020243354,0.0018638083,-0.042376604,-0.07415639,0.03548769,0.06918823,-0.025912566,0.025214788,-0.08135172,-0.08814624,-0.056454394,0.013814022,-0.04391053,-0.037696596,0.07882863,0.02926039,0.012443198,0.02458153,0.084978595,0.03528251,-0.073925644,0.1095047,0.02492647,-0.046685,0.051435743,-0.032558322,0.019706776,0.06311269,-0.07864721,0.043864336,-0.06286385,-0.076516144,0.045231164,-0.1086248,0.0040384014,-0.006835289,0.0032126973,0.0035340898,0.021664754,-0.045667976,0.03578438,0.052293353,-0.043239966,-0.08965563,0.07593144,-0.06814272,-0.018488327,-0.072271496,-0.07070651,-0.046929944,2.0406611e-33,-0.033426955,-0.00042626468,0.032033756,0.0025237596,-0.070649974,0.041326758,0.073846266,0.11711724,0.014006178,0.037576023,-0.0031727985,0.10341634,0.048010655,-0.06694604,0.066740125,-0.012532939,-0.04100732,-0.05339773,0.028395467,-0.024674313,-0.038725294,0.033381023,-0.065304175,0.029085096,0.054604165,0.0070629856,0.05389994,0.018731946,0.03864126,-0.10755462,-0.00032414068,-0.030425321,-0.051995605,-0.015517624,0.05987002,-0.025753558,-0.05029471,-0.116745524,-0.016665446,-0.040489223,-0.011869801,-0.0110731395,-0.023654528,0.04688332,0.010581421,-0.055893928,-0.0072136368,0.020657586,0.032662477,0.13800572,-0.03157908,-0.020913295,0.008168749,0.009480664,-0.022861049,0.0031084744,-0.017754925,0.03350119,0.053663664,-0.006871923,0.0272393,-0.029763622,-0.046349414,0.022082906,-0.046535417,0.008582942,-0.04384181,-0.07004904,0.053404,-0.0038568154,0.091856994,0.07712265,-0.05739752,-0.017405888,-0.06845297,0.016752247,0.008526957,0.020776326,-0.021811504,-0.028580759,0.07577967,-0.007068327,0.053834524,0.07161316,0.062046356,-0.024825156,0.013033574,0.09610619,0.013071028,-0.0103474185,0.009623296,0.050234336,0.0431608,-0.028731223,-0.030596675,-1.3212342e-08,-0.0045830663,-0.035686444,-0.010014016,0.008259961,0.047113363,-0.023266198,-0.033199985,-0.060058758,0.056767885,-0.0033322833,0.042142943,-0.075792655,0.013375693,0.05685205,0.055846315,0.0040119826,0.057230186,-0.032599892,0.027104516,0.07677571,-0.12085088,-0.021283466,-0.044557724,-0.048381865,-0.06464724,-0.025113659,0.006359575,-0.0052520484,0.006729327,-0.022268068,0.06151157,0.011328732,0.07798056,0.017831048,0.011774091,-0.0073840455,0.009608184,-0.08018645,0.12922908,-0.03736957,0.0343136,-0.014282369,0.09812938,-0.021827446,-0.060351886,-0.026276303,0.095146835,-0.0997482,0.043027095,0.06363253,-0.070334785,0.111053795,-0.007129629,0.015897684,0.026192667,-0.06383034,0.040134415,0.0014887116,0.011659679,0.08988958,0.023510532,-0.0010050416,0.014153343,0.06821643]
01a21dc1-0662-7000-b9bf-96d73c35eebe	1	all-minilm-l6-v2-int8	71fbabe6-de3d-6097-f246-3b87eed13189	f	[0.03171271,-0.006192642,0.030124089,0.04430733,-0.12878886,-0.082403064,0.1000267,0.029258242,-0.007421585,-0.009864613,0.018329484,-0.08266058,-0.03297567,0.06898146,-0.03449262,0.033923943,0.014526327,0.05337406,0.027342416,0.0026066015,-0.008628783,0.036070306,-0.059446905,0.010354474,-0.110183194,-0.014398909,-0.03242617,0.05810762,-0.06574387,-0.0047852052,-0.07365598,0.036647145,0.03282562,0.028870096,-0.02271136,-0.03277217,-0.00022066846,0.025515677,0.05893981,0.04982056,-0.032435838,0.04727191,0.025539353,-0.041018903,-0.045369882,0.015296822,-0.03682716,-0.030284293,0.09565683,-0.080476336,-0.09485418,-0.020638907,-0.006135181,0.0069948426,-0.021876503,-0.004914748,0.066954575,0.0140430145,-0.035047676,-0.008017422,-0.008532973,0.027687982,-0.0077071153,0.084397785,-0.019617336,0.032798022,0.011384307,-0.0003725523,0.013321524,0.03922229,0.04619081,-0.018309362,0.033151004,0.056285385,-0.075416386,0.058773458,0.07928454,0.07330063,0.058747616,-0.0042505893,-0.025833398,0.023104608,-0.053672887,-0.031409368,0.05042959,0.1250451,-0.026032137,-0.011903556,-0.074186236,-0.051803894,-0.024965288,-0.045965027,0.046665892,-0.031657446,-0.027780218,-0.028943326,0.060623202,-0.030845007,-0.0697529,0.06107274,0.02191408,0.0041809822,-0.002276871,0.036756042,0.039461065,-0.036645215,0.06600368,0.00022235075,0.051857088,0.034606732,0.009161704,-0.06862198,-0.017428868,-0.0016370346,0.03534739,-0.04862852,0.058183514,-0.04662046,-0.021841705,-0.005623144,0.032638386,0.00029900324,-0.07667542,0.02115648,0.002254095,-0.100404456,-0.02241663,-3.0589346e-33,0.0007404502,-0.049187765,0.014351761,0.055095103,0.08401084,0.03896486,-0.031752326,0.004716963,-0.08990631,-0.04955576,-0.10842436,-0.05287004,-0.05661215,-0.030090023,-0.057255495,0.009253468,0.011474903,-0.015829552,0.022479575,0.025121618,-0.021438137,0.016022045,0.060019866,-0.01799856,0.023568647,0.0010892629,-0.08789563,-0.17669822,0.025234127,-0.0060549784,0.039041344,-0.042702273,0.084955305,0.056340955,-0.14568543,-0.098615006,-0.026125027,-0.03470132,-0.0519686,0.08525369,0.084888436,0.016196514,-0.044343147,0.06951294,0.012881028,-0.047088385,0.033162206,0.0012326494,0.041030895,0.016860321,0.053061403,-0.08772449,-0.007922402,-0.03394429,-0.056609806,-0.028042153,0.031997107,-0.033603355,0.071282975,0.07434076,0.016143218,0.0069301245,-0.012254852,0.026638947,0.028994141,-0.097687714,0.033561584,-0.009857447,0.04638399,0.010509521,-0.038749106,-0.026753383,-0.00057661155,0.03644148,0.00043747626,-0.031243866,0.017881734,-0.009753874,-0.06725258,0.009959915,0.05543237,-0.018577913,-0.0026630405,0.07616797,-0.06320962,0.09486268,0.02989034,-0.012036224,-0.12585427,0.070129625,-0.025443863,0.0658713,-0.04498042,-0.0866755,0.04771205,6.8368827e-34,-0.01748392,-0.041729566,0.03705165,-0.028464237,-0.016184887,0.063032664,0.054998893,0.08668857,0.006350707,0.05416064,0.006707151,0.011134464,0.07252573,-0.030094579,0.05319156,0.056842532,-0.011229252,0.024234222,0.07307672,-0.05897594,-0.010338608,0.07586715,-0.08805425,0.039807636,0.020642623,-0.010539593,0.0051199216,0.011769511,-0.012261919,-0.09266453,0.0038502908,-0.058232184,-0.07662389,-0.0076184,0.01979198,0.004089418,-0.12934625,-0.035708595,-0.05019053,-0.014183118,-0.06529229,0.032843012,0.008926378,0.049871426,-0.015915895,-0.033471975,-0.042119727,0.016299384,0.03903926,0.02563994,-0.025471682,-0.122654416,-0.04466246,0.013309713,0.056323685,0.015354745,0.015755704,-0.018236041,-0.094418496,0.0626697,0.019652162,-0.007647095,-0.03861389,0.040289026,-0.035488617,0.03493616,-0.039607782,-0.12909761,-0.01886368,-0.0685384,0.11539159,0.03475937,-0.12883429,-0.06937602,-0.046208348,0.009572976,-0.032462716,0.05303007,-0.014668733,0.012409175,0.032270785,-0.019753125,0.0121246455,0.11576685,0.022107279,-0.03434559,0.018821407,0.07247336,0.02828864,0.002084112,0.06715395,0.058606084,0.08388915,-0.073218435,0.008149701,-1.4641937e-08,-0.016795486,-0.02296031,0.0003442607,-0.0017562781,-0.0084488345,-0.022378556,-0.0015465564,-0.11128681,0.0073586805,-0.022849673,0.063741714,-0.092757136,0.009033999,0.0539434,0.097476564,0.0162469,0.050804347,0.082388274,0.032413945,0.08043636,-0.06833394,-0.011599982,-0.027078656,-0.09724813,0.033784956,-0.070428334,-0.010321297,0.047662444,0.0009640881,-0.055292003,0.04738408,-0.026553733,0.021747846,0.044973414,-0.029949727,-0.008891512,0.012004737,-0.041189004,0.039829675,0.009042557,0.0016926827,-0.021855425,0.105097115,-0.0040891035,-0.11101518,0.03008136,0.06517655,-0.06727757,0.083472945,-0.017617173,0.02008389,0.09458428,0.055425722,0.028836042,0.01399597,-0.07306507,0.0639738,0.026292209,0.010415151,0.05782241,0.05152225,0.03128825,0.006385344,0.07238064]
01a21dc1-0728-7000-8464-099add10d21e	1	all-minilm-l6-v2-int8	71fbabe6-de3d-6097-f246-3b87eed13189	t	[0.0449899,0.009010605,0.07927409,-0.008659051,0.08352978,0.010211307,0.019139279,0.025886098,0.03376044,0.06843454,-0.0010747248,-0.060145337,-0.06284559,-0.047181435,0.014931949,-0.04144556,0.0031214606,0.015611316,-0.021802427,0.010041918,0.0012623605,0.0041799583,0.0031679044,-0.012643145,0.05677584,0.03931624,0.03372655,0.063823186,0.059024967,0.04499592,0.05459551,-0.061674222,0.01953649,0.0062527787,0.043969925,0.06138147,0.01563031,-0.0643207,-0.058284972,0.12384919,0.04753872,0.032768585,-0.052735846,-0.046004727,0.060695026,0.10468515,-0.013099991,-0.044164397,0.066933595,0.06855754,0.0097398,-0.046532016,0.088229194,0.023403168,0.0018436711,-0.03167224,-0.048168667,0.08335477,0.07496435,-0.031589154,0.07088732,-0.033104468,-0.12536627,0.0019058618,-0.016264597,0.00630516,-0.07514793,0.1073038,0.030270718,-0.09296961,-0.03289382,0.012362438,-0.05046851,0.05931421,-0.0070947665,-0.013581602,0.010202687,-0.09302888,0.011691887,0.05402959,-0.03360866,-0.057659194,-0.10421283,-0.012169771,0.06727049,-0.0043448606,0.048840635,0.0790152,0.016825423,-0.0253097,0.034834743,0.05762352,0.004352669,0.010578814,-0.05379158,-0.048207488,0.011111333,0.06609295,-0.043122534,0.1465369,-0.02242389,0.02935233,0.036299802,0.06322483,-0.015112144,-0.017916473,-0.058410577,0.047956873,-0.0063257352,0.0029952778,-0.058926355,-0.035124905,-0.009959607,-0.014948194,0.09517239,0.031950872,0.0639349,-0.038351204,0.11019581,-0.03331686,-0.020146629,0.011420683,-0.008824165,0.07613598,0.052137464,0.009786889,0.047644667,-4.032356e-33,-0.038798727,0.033575706,-0.0149348285,0.05725645,-0.015354114,-0.025596516,-0.009893023,-0.0061435625,-0.037153233,0.03649166,0.019808002,-0.07404324,-0.060301963,-0.038811747,-0.0017894534,0.09109895,0.07359382,-0.0067576063,-0.0007498996,0.116695,-0.017291639,-0.13600738,-0.0019655516,0.04664172,-0.015557681,-0.08756958,0.044314362,-0.09053557,0.08952523,-0.009020411,0.045291103,0.031251915,0.024552306,-0.05814499,0.012267404,0.046095815,-0.07894757,0.019137522,-0.030740554,-0.020408554,-0.029247323,-0.111856796,-0.028853996,-0.013141067,0.08551397,0.04472821,0.056370143,-0.032393143,0.099038124,-0.10729784,-0.038687818,-0.011204483,-0.14052573,0.0701688,-0.060781196,-0.02554984,0.0029350917,-0.05755745,-0.017796006,-0.0096530635,0.008966516,0.015052969,-0.027925313,0.04308809,0.027345018,-0.074342206,0.021579579,-0.018607995,0.02167564,-0.032648925,-0.0004568133,-0.02961139,0.08363369,0.035270713,-0.034786187,0.019293353,-0.07176028,0.049846288,-0.06488414,0.06754402,-0.072613046,-0.03489797,-0.0701844,0.08294945,0.12891634,-0.0061879195,0.012741331,-0.037701335,-0.014130128,-0.018999338,0.007008957,-0.07052458,-0.00057822757,-0.059811123,-0.08593194,1.762826e-33,-0.053189352,-0.053729102,-0.008181963,0.011828264,0.021174328,0.08218914,0.053428564,0.09534925,0.020961775,0.070129186,-0.016517755,-0.091642946,0.07819852,0.0152315665,0.070217386,0.006395637,-0.018652504,0.070236824,0.020295057,-0.076312326,-0.006504425,-0.020926142,0.023689287,0.08446018,0.013723401,-0.037926298,0.01644427,0.09940332,-0.07863601,-0.02334669,-0.05459322,-0.06438079,-0.05180463,0.025978038,-0.06417593,0.047811642,-0.037230417,-0.009257584,0.025697213,-0.0061440887,-0.023907954,-0.057576068,-0.031989038,0.03979699,-0.022461463,-0.06702274,-0.008039763,0.030339755,0.006504953,-0.08263763,0.024676664,0.07283771,-0.051372353,-0.058861565,0.014101754,0.043258246,0.007401768,-0.0039804536,-0.039457332,-0.012811668,-1.2680047e-06,-0.008243983,-0.08259638,0.05057347,-0.008475497,-0.052204553,-0.03956462,-0.03335133,-0.009437598,0.061370526,-0.029228143,0.0051237256,0.053897496,-0.018134447,-0.016758967,-0.025208013,0.062276762,0.12494456,0.04104756,-0.052625407,-0.068821624,0.031889174,-0.027168572,0.034917086,0.043776605,-0.02142699,0.015138934,-0.05211279,-0.018645285,0.02436609,-0.02223271,0.06789481,-0.027324846,-0.046105847,-0.06373077,-1.4132544e-08,0.049328726,0.0077570705,0.042377282,0.053930532,0.051754765,-0.02901696,0.040764216,0.00034262252,-0.110212535,0.008985274,-0.04139814,0.037291437,-0.011129003,-0.06952529,0.045306966,-0.03994941,0.041103315,0.038601503,-0.02120166,0.02183001,-0.051985826,0.07070031,-0.035694867,0.003592536,-0.026558872,0.008193621,0.09150398,0.055471674,0.021554168,-0.0034864575,0.013205004,0.078223675,0.02105916,-0.05098339,0.01623343,-0.029575609,-0.13414325,-0.026224766,-0.06883717,-0.02184263,-0.063963294,-0.028725678,0.029139655,-0.016754523,-0.09549944,0.031216994,-0.027467499,-0.08288745,-0.0072549633,0.05197936,0.017753586,0.014846939,0.055090006,0.034506798,0.012292407,-0.0055128066,-0.00962283,-0.104423,0.0011128813,0.051611308,0.043614954,-0.03761242,-0.09038111,-0.00042045352]
01a21dc1-0880-7000-b7eb-f76048e577f4	1	all-minilm-l6-v2-int8	13ce2040-a549-59b3-0c22-e2853d85132c	t	[-0.033209722,0.0054315776,0.040546905,0.0015359437,0.06931146,-0.014041827,0.10757553,0.019768594,-0.029442688,-0.02337095,-0.03904195,-0.009062389,-0.024283977,0.04016985,-0.010561147,0.12255465,0.008022766,-0.06630301,-0.068935946,-0.011583025,-0.050627183,0.104849875,-0.09357575,-0.018774563,-0.111647874,0.057438005,0.064388126,0.061863463,-0.043265406,0.014397147,-0.11178891,0.0064593805,0.023193708,-0.03690766,0.01377782,-0.062784106,-0.042817734,-0.06146059,0.027447704,-0.008713947,-0.04570554,-0.02188594,-0.007678331,0.017418394,0.03339455,0.008756975,-0.0004980061,0.031202555,0.054686632,0.0466088,-0.03507961,-0.03654432,-0.00686051,-0.021896131,0.016833527,0.021649716,-0.03650765,-0.0005376929,0.04730714,-0.01598514,0.030886695,0.07156466,-0.041992635,0.045108274,0.03958031,0.020888636,-0.029282093,0.051498435,-0.09682339,-0.011043003,0.07007576,0.014453333,0.06023129,0.03176454,0.05707211,-0.0227531,0.071281955,-0.038434483,0.020722235,0.008941088,-0.10146134,-0.088927135,-0.06303501,0.028536752,0.029953778,0.067840666,0.054161504,0.031010471,-0.07786181,0.048070956,-0.050089676,-0.021105314,-0.04291534,-0.03755965,-0.0790423,0.039249558,-0.034225862,-0.008700033,0.021971965,0.04297669,0.03264026,-0.0054687723,-0.015046616,-0.054171715,0.006236079,0.041023903,0.033073366,0.080622986,0.09658277,-0.083510034,0.00041126946,-0.015454626,0.0116327545,0.042216036,-0.06643227,0.018576305,-0.07022788,-0.00075276685,-0.043344393,-0.010606005,0.106503636,-0.040393844,0.06040135,0.027276976,-0.030782286,0.0025119027,0.060073055,-4.9271595e-33,0.023934478,-0.028215522,-0.0045995144,0.057041053,0.059118606,-0.009926231,-0.045868617,0.011034578,-0.061363976,0.014064528,0.013310958,0.05340406,-0.06855832,-0.046433974,0.011355664,-0.09938097,0.02906919,-0.114700735,-0.11257711,0.02336177,-0.019978983,0.0038028115,-0.021830712,-0.059283532,-0.021285942,-0.04274441,0.018353872,0.0055213855,-0.018255765,0.04276432,0.085977726,0.029481724,0.017317835,0.016261864,0.011008935,-0.11536212,0.006614177,-0.0154162105,-0.1435433,0.013160933,-0.039538514,0.00898463,-0.104477935,0.10913002,-0.00297693,-0.03371909,0.11680121,-0.00013436402,-0.006158943,0.058853406,-0.06679594,-0.031205885,-0.00563242,-0.01932547,-0.03240175,0.040630594,0.06920699,0.035019003,-0.013172903,-0.057167776,-0.06632956,0.040395435,0.082423724,-0.030134872,0.09953918,0.074215226,0.023213336,-0.018148327,0.03683102,-0.113291934,-0.012568789,-0.017667951,0.05610767,-0.011990511,0.0025375506,-0.014463786,0.060472235,-0.03933413,-0.054216772,-0.039603617,-0.11561272,0.003445243,0.01368626,0.03342673,0.016327664,0.0035916013,-0.01769281,0.008436329,0.010262149,-0.011714433,-0.0122587215,0.029876534,0.013526623,-0.1113724,-0.036093436,3.0006705e-33,0.0004548077,0.014837256,-0.032537207,0.011746253,0.05705913,-0.1097539,0.11322066,0.0738854,-0.009348242,0.0639391,-0.008428981,0.060418434,-0.0013047742,0.09138331,0.034404602,0.08164531,0.03999873,0.097373374,-0.01445456,-0.018488241,-0.07740052,0.053689893,0.09245846,0.09978073,-0.0053614946,0.103061266,0.010345947,-0.023979312,-0.030964132,-0.01056853,-0.04988243,0.08647584,0.045926347,-0.004979287,-0.039490473,0.048981033,0.05017422,-0.057220362,-0.060993433,0.07275427,-0.019811839,-0.09367543,0.008289371,-0.012249919,-0.1430213,-0.02801265,-0.009959373,0.06608571,0.00022734051,0.056099605,-0.043068424,-0.014126376,0.06861018,0.014248926,0.074541055,-0.055185813,0.023735989,-0.0038524144,-0.006152137,0.10856054,0.05573494,0.03818406,-0.0029659823,0.06678206,0.029243963,0.0017258796,0.014542444,-0.031623613,-0.009525693,-0.05467213,-0.030922586,-0.04192436,-0.060011264,0.06699757,0.016810298,-0.08921856,-0.015085721,0.008997126,-0.019183537,0.078046225,-0.011281924,-0.032215558,0.006671057,0.009683293,-0.0073607927,-0.09568873,0.013120991,-0.020246083,-0.0007025098,-0.11937624,0.03337399,0.082988225,-0.02479612,0.036866985,-0.07892014,-1.2877416e-08,0.057732347,-0.022128459,0.048753098,0.041102756,0.011742128,-0.053823892,-0.015754588,-0.038374346,-0.028039686,-0.066026025,-0.023792222,-0.040781464,0.015603348,-0.0062592365,0.023921655,-0.062266953,-0.033641476,-0.07765568,-0.045964513,-0.043958798,-0.034732915,-0.021949425,-0.04074188,0.0003606028,-0.017002838,0.003396344,0.049911924,0.023149678,0.08544088,0.012315725,0.039182864,0.101916395,-0.008727106,-0.003193362,-0.049264453,-0.0007872301,-0.06690879,0.092438556,-0.050800372,0.00037051263,-0.06730701,0.06965117,-0.046963327,0.017608747,0.01400022,0.040422115,0.06879561,0.02300199,-0.006637445,-0.06525138,0.0406152,-0.06854555,0.05457749,0.08058524,0.047188453,0.0075252284,0.0235722,0.093433455,-0.019598877,-0.0050949953,-0.055055335,0.009230951,-0.05397677,-0.007732303]
01a21dc1-0702-7000-ba4d-1868e8f9a2f8	1	all-minilm-l6-v2-int8	71fbabe6-de3d-6097-f246-3b87eed13189	f	[-0.009371666,-0.012139443,0.017292518,-0.058648746,-0.015655851,0.014273572,0.0866005,0.004780973,0.06890895,-0.025283992,-0.06591371,-0.0927977,0.08503217,-0.00597489,0.038235202,-0.009220656,0.0005934696,0.052286822,-0.005229834,-0.037563566,-0.094416276,0.08225397,-0.06738453,0.07895304,-0.04460309,0.022415277,-0.051776346,-0.06734117,-0.04316867,-0.032888725,-0.089086555,0.016009929,0.074066944,0.0011039473,-0.007290709,0.08395986,0.027520971,0.016727252,0.044987768,-0.009074902,0.04479655,-0.006627464,0.029876512,-0.024724975,0.04267656,-0.005199863,-0.08750484,-0.017171673,0.036255777,0.06720404,-0.04194685,0.02543995,0.015781315,0.05857995,-0.05486077,0.041022576,0.09421823,0.06897756,0.028883336,0.026002793,-0.022874491,-0.0446729,0.0022802744,0.018083446,-0.0036612882,-0.0064691314,-0.053311557,0.06349263,-0.05060705,0.03650845,0.07321867,0.03462746,0.066966094,-0.03541934,0.015958065,-0.0104841115,0.069233194,-0.11425667,0.038461726,0.0015383357,0.013506597,-0.083547324,-0.05132447,-0.13961956,0.053802032,-0.045655813,0.04347116,-0.016292516,-0.057193648,-0.031802997,-0.02611549,0.0021115637,-0.12502624,0.018641403,-0.060203597,-0.032116745,0.017861858,0.025654668,0.02442553,0.15422928,0.03328473,-0.03775094,0.015626531,0.011267761,0.0028376395,-0.05019096,-0.04923517,0.040363625,-0.0025838604,-0.102349475,0.013409298,-0.018267082,0.028231898,0.0745162,0.025126878,-0.09146184,-0.0019407682,-0.018021895,-0.04121738,0.020893969,0.00229003,0.0365212,-0.030096533,0.013826528,-0.06295002,-0.038398184,-0.03957657,-5.4116193e-33,-0.019107012,-0.061323147,0.061515868,0.019664882,-0.0015562774,0.0018378627,-0.0145443715,0.026519986,-0.0025139917,-0.08086649,0.08859388,-0.048022565,0.020224927,0.03693186,-0.0058542476,0.009632372,-0.0016518221,0.03010333,-0.05303184,0.006874955,0.037129093,0.008640441,0.019733738,0.022869933,0.0025239221,-0.007618846,0.017974399,-0.12000384,-0.039094426,0.053638373,0.070065975,-0.0010110375,-0.009484303,-0.033225745,-0.010822886,0.021642221,-0.0030708623,-0.015853923,-0.021083714,0.01921693,0.0032639203,-0.013680693,0.014919248,-0.023857167,0.008527831,0.007564848,0.055085167,0.043373667,-0.006274743,-0.00993048,-0.0738334,-0.044749722,-0.07404488,-0.00091108674,0.06904777,-0.020087354,0.052639887,-0.023444282,0.034416545,-0.017166983,-0.0040836004,0.024376752,0.013950925,-0.055920284,-0.005410828,0.0039204145,0.025460782,-0.030838737,0.101171784,-0.119454235,-0.042501066,-0.054766703,-0.0651031,0.042003803,-0.036178254,-0.045590825,0.04053986,-0.06590577,-8.2207525e-06,-0.0008445385,0.075276025,-0.0013222053,-0.08914589,0.04050801,0.13487154,-0.056850933,-0.031678163,-0.07845648,-0.0676463,0.05055985,-0.008238615,0.08333548,0.003139007,-0.042968057,-0.07821287,3.0334978e-33,0.09338483,0.10628885,0.07359701,-0.016461194,-0.018407552,-0.0053964527,0.015111205,0.012436882,-0.024750503,0.081039324,-0.020357538,0.012155218,0.027999975,-0.06436069,-0.0065876227,-0.060765915,0.06704769,0.12920195,0.00021387322,-0.011816855,-0.0793634,0.020746764,0.087083876,0.10375797,-0.019617425,-0.035085797,-0.0064317593,0.014256888,0.039711338,-0.031991366,0.00459787,-0.03560006,-0.10884642,-0.10445764,-0.0153024,0.008773989,0.0018361546,0.0007799522,0.011991688,0.021094287,-0.040699113,0.01363361,0.107731126,0.09237596,0.0029338968,-0.032180455,0.037367534,0.09470999,-0.05914486,0.056779966,-0.048672978,-0.11751346,0.026397329,-0.021648223,-0.0024409932,-0.037321348,-0.002798721,-0.011044796,-0.014006394,-0.02128376,-0.018468706,0.07338287,-0.03616288,0.048069455,0.04143606,-0.006733261,-0.031353083,0.04126254,-0.03998507,0.082542785,-0.039802484,0.028429452,0.01885298,0.056823988,-0.080194205,-0.08690333,-0.045108024,0.0022948554,-0.008694022,-0.098357655,-0.025789129,-0.0042426568,-0.05293169,-0.028349651,-0.03192166,0.023352684,0.101385646,-0.017748278,0.0067611723,-0.008494993,-0.044384878,0.12069309,0.03063297,-0.035911612,0.03491658,-1.6010363e-08,0.009655545,0.022758627,0.035681788,-0.022829957,0.013997652,-0.028940003,0.029864328,-0.087314725,0.0015014294,-0.065102495,0.050480492,-0.061649345,0.038247265,-0.043905452,0.094071746,-0.055666678,0.019190233,-0.0055654766,-0.02833732,-0.025493205,-0.07582875,0.039233856,-0.029909184,-0.089255154,0.037011787,0.00919482,0.0047165966,0.043938175,-0.058464635,0.055765413,0.01834969,0.12589955,-0.074297234,0.0031358018,0.041658502,-0.033246405,0.019326778,-0.0517202,-0.011464484,-0.109762974,-0.010492156,0.14674222,0.052579638,-0.027341023,-0.030337386,0.058164477,0.12626207,0.013678952,0.04393019,-0.006360401,-0.04830619,-0.028878637,0.022610718,0.097914964,-0.017802099,0.08926471,0.0058735027,-0.02831072,0.053602405,0.0100608915,0.049343262,0.011954003,-0.020077165,-0.10609396]
01a21dc1-0a23-7000-a794-43f0ce3c3502	1	all-minilm-l6-v2-int8	87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	t	[-0.029341815,-0.028725442,-0.047776956,-0.059024837,-0.11592938,-0.073845506,0.07519912,-0.011229759,0.045710057,-0.017700486,0.029244782,-0.037140146,0.017576486,-0.06458461,-0.03897831,0.0040894113,0.08073219,-0.0073781656,-0.012274216,0.014362782,-0.032606017,0.026879631,0.047108743,0.01468801,-0.07163055,-0.008150159,-0.0028562618,0.0069846585,-0.010609464,0.0014644638,-0.041821163,0.042933512,-0.02815026,0.03557993,0.003042491,0.05393701,-0.06387214,-0.0063312575,0.0070280945,-0.045964953,-0.077839434,0.05381599,-0.0038755173,-0.004458217,-0.08255644,0.006010186,-0.04942903,0.005904867,-0.04694158,0.06517565,-0.012563635,-0.11651581,-0.021581534,0.045187037,0.09235463,0.07487201,0.040183067,-0.02464961,0.04333219,0.15757279,-0.062368114,0.047372945,0.033160362,-0.037649143,-0.07241719,0.0358087,-0.0043675485,-0.013098168,-0.05998815,-0.07134959,-0.03817354,0.056618046,0.11988164,0.05052908,-0.07429693,0.05076097,0.017792333,0.007146948,-0.0030853732,0.09647483,-0.07574145,0.010224699,0.0077170064,-0.031411935,0.06158342,0.05258936,-0.02823624,-0.030737683,-0.068906486,-0.071364224,-0.063099355,-0.019849904,0.060747027,-0.0035060588,-0.057847723,-0.07038254,0.05537189,-0.06447753,-0.09416376,0.02215447,-0.07061188,0.045960147,0.036920905,-0.013370844,-0.015819643,0.022489557,0.06014254,0.011499143,-0.004628901,0.023812408,0.022409124,-0.08426293,-0.011004951,-0.025788883,0.006216101,-0.051258273,0.04014274,0.04525116,-0.013990138,-0.06354486,0.05544474,0.0929929,-0.00832361,-0.003942731,0.07497224,0.043541346,-0.014608255,-4.8858247e-33,0.045600805,0.06423118,0.021976238,0.10158711,0.046527687,0.0038283821,-0.026921613,0.073666885,-0.072167,0.0044938168,0.010387832,-0.072594516,-0.07452061,-0.021504758,0.02305069,0.05489551,-0.058303323,-0.068816446,0.011577535,0.0991088,0.05393818,0.054867107,0.03036687,0.017782178,-0.05717632,-0.005924608,-0.021092491,-0.05051612,0.03348013,0.048041794,0.04571215,-0.111229494,0.014609865,-0.013380122,0.06460098,-0.078333095,0.026835315,-0.030367753,-0.10265147,0.06726771,-0.009477355,0.00036971323,-0.05175494,-0.004819613,-0.022129193,0.012800578,0.12967908,-0.075961515,-0.025731528,-0.06424096,-0.099455476,-0.029316563,-0.005737569,0.04194533,-0.09203477,-0.005541574,0.09989484,-0.009163671,-0.03716873,-0.017278152,-0.038488105,-0.0087581435,0.017011631,0.06872271,-0.004878327,0.069553874,0.04456939,-0.03695192,0.080823466,-0.00826859,-0.0031556126,-0.017585332,0.03847893,0.06157664,0.0027270447,0.03369835,-0.025640693,-0.0030001209,-0.05372597,-0.08123674,0.0063395635,0.0026607276,-0.039053597,0.054404117,0.019394496,-0.07604715,-0.05996591,-0.024324987,-0.106132604,-0.07512612,-0.0065909033,0.028206473,0.085149124,-0.09134762,-0.072617345,2.436929e-33,0.014678189,-0.06635518,0.076657265,-0.06632807,0.10151152,-0.030263633,-0.02924499,0.0720261,0.007895955,-0.026742939,-0.04618206,0.04272278,-0.03607032,-0.00891557,0.10280062,0.072279714,0.02581048,0.019883962,0.06865342,-0.09639798,-0.040371746,0.012848032,-0.06844124,-0.015294955,0.09143059,0.0074952575,0.059211187,0.028404567,0.08697278,0.0018962923,-0.0754612,-0.028662318,0.0448697,-0.087932505,0.032176465,0.04796969,-0.061846394,-0.05996828,-0.040276878,-0.036091898,-0.007261998,-0.037507858,-0.008716379,0.036724195,-0.023297535,-0.04538446,-0.016587403,0.07173492,0.06863248,0.031568605,-0.029436689,-0.06823061,-0.019638473,-0.044973977,0.044104356,-0.030622832,0.07744085,-0.05321674,-0.00450581,0.06493165,0.059485268,0.006050603,-0.04322109,0.09616917,-0.03320899,0.038063206,-0.045754496,-0.040082056,-0.0126956785,-0.026703348,-0.006841823,0.037932944,-0.064698994,0.058731955,-0.03959288,-0.021720333,-0.036223866,0.003630095,0.03927687,0.04344161,-0.024142655,0.0003641045,0.022087904,0.07036253,0.06319941,-0.039901458,0.0126653835,0.06958479,-0.0036115474,-0.039525043,0.045708854,0.08411328,0.05388925,-0.019095734,-0.07491178,-1.7456333e-08,0.07290175,0.022771625,0.027438065,-0.05720034,0.018047957,0.06801711,0.059323292,0.01624848,-0.041410293,0.020441795,0.020935806,0.07838851,-0.01616825,0.07441377,0.05774356,0.005896651,0.086445995,0.030101357,-0.0018740168,0.043746334,0.015747868,-0.035037,0.06334616,-0.08983752,-0.10452659,-0.0863934,0.018547341,-0.009113395,-0.05003765,-0.0146365585,0.0012138762,0.08959878,0.0011359303,0.035852283,-0.06588237,0.0022742024,0.009753569,-0.015164533,-0.05103818,0.019237457,0.025487565,0.018726647,0.06389284,0.020542234,-0.018204415,0.032568462,0.08883472,-0.120743416,0.06875719,-0.009774385,-0.01825961,0.009724605,-0.038238693,0.066700704,0.04268268,-0.024616763,-0.026012102,0.034350034,0.015581458,-0.008305685,0.06835935,0.0035400267,0.03181885,0.014717457]
01a21dc1-08ee-7000-bd39-519363deec96	1	all-minilm-l6-v2-int8	13ce2040-a549-59b3-0c22-e2853d85132c	t	[-0.042635247,-0.045330375,0.0072648446,0.06522847,-0.012222542,-0.002863639,0.11193467,0.024376856,0.053491738,0.076198734,0.034531355,-0.08829105,0.020301947,-0.016053766,0.032168597,0.07456019,0.04441033,-0.04004571,-0.056884628,-0.053301293,-0.028101392,0.043141115,0.0048488397,-0.021646572,-0.009306118,0.020733064,-0.01875734,0.02791724,0.011237435,-0.046838656,-0.050672904,0.081624255,0.09985486,0.061119974,-0.05593577,0.026692206,-0.009901446,-0.07160475,-0.011238212,-0.03377349,-0.084457144,0.050593637,0.025242189,-0.104472265,0.05496061,0.013388383,0.05638864,-0.019608663,0.07999843,-0.0165854,0.0072354316,-0.042022027,-0.06174187,0.035635088,-0.010854853,-0.012440432,-0.023988413,0.029620951,0.0673465,0.034468025,0.0076902714,-0.065305986,-0.011042852,0.033225156,0.026307305,-0.03697794,-0.14093219,0.027813226,-0.02809692,0.119619876,0.00022550962,0.03514765,0.035190336,0.11754572,-0.0836475,0.052187793,0.114187196,-0.028622642,0.0127076255,0.09708969,-0.07662954,-0.018548593,-0.005591526,-0.087612495,0.031405207,0.022600494,0.050578125,-0.029670117,-0.03622397,0.0010676053,-0.033536304,-0.0054527703,0.11220999,0.024362035,-0.036318306,-0.0490637,-0.023340886,-0.07873478,-0.07563581,0.11651957,0.04489322,0.085245095,0.020206718,-0.02440978,0.016710527,0.020660214,-0.04637925,-0.023869636,0.044474255,0.011883583,0.0072288825,-0.028942905,-0.018843338,0.027451342,-0.0778009,-0.056219283,-0.016283585,-0.010961795,0.0013013767,-0.005548569,-0.01869979,-0.0044724317,-0.04137329,-0.053205248,-0.016415823,-0.0494663,0.027815606,-2.0667832e-33,-0.012504051,0.035255402,0.065161064,-0.038319726,0.08702344,-0.016810792,-0.034067076,0.063437544,0.107724704,-0.069559336,-0.008301409,-0.020996079,-0.048083443,0.0059169736,-0.08878045,0.07413504,-0.045690283,0.021958603,0.023051592,-0.06159445,-0.03801714,0.024471136,-0.023434643,-0.022366872,-0.0025798734,-0.09123549,0.109185144,-0.12634662,0.049642857,0.03207525,-0.016892342,0.019855035,0.007994271,-0.015076375,-0.08549198,-0.12378916,0.050310247,-0.012139214,-0.041915394,0.018518744,0.022493808,-0.019169828,-0.07190102,0.08675903,-0.0075161103,0.059812102,0.07154902,-0.014637535,-0.024040656,-0.038133685,-0.030463744,-0.040372703,-0.016711378,0.017378585,-0.0060154544,-0.10821199,0.0038377459,0.030673223,-0.087181926,0.035322513,0.063388415,0.008813653,0.04256702,0.055552717,-0.049075324,-0.018312156,-0.026305793,0.015238324,0.09027322,-0.08811749,-0.00079554843,-0.03792919,0.09519975,-0.019456929,-0.03618209,-0.043899816,0.03364105,0.0054820003,0.024551846,-0.020905836,0.005067674,-0.05246938,-0.07763339,0.026661286,-0.04901104,0.064340875,0.06350577,-0.08865701,0.027278092,-0.0015678051,-0.022478672,0.004120523,0.08139752,-0.01707709,-0.08890351,2.6265137e-33,0.019815437,0.02463389,-0.016687395,0.061616242,-0.029939549,-0.0137151955,0.026296576,0.0784404,-0.032245103,-0.034043964,-0.05102034,-0.028330408,0.012808121,-0.025684956,0.089712165,-0.00955165,0.10389602,0.057290886,-0.050277602,0.0066751908,-0.07455714,-0.048637364,-0.047866255,-0.0018009254,0.02406112,0.034138124,0.033638462,-0.017298061,-0.039624862,0.003667595,-0.014894508,0.06608287,-0.06295639,-0.0152653735,-0.013711348,-0.022619434,-0.012374009,-0.07224382,-0.041495964,0.07971181,0.042509086,0.0129098995,-0.065939836,0.07551104,-0.060950726,-0.09705826,-0.02464217,-0.040975247,0.028873162,0.0543607,0.027874986,-0.0318163,-0.0041391836,-0.063158885,-0.00867372,-0.0064009866,-0.012125742,0.024335183,-0.07917823,0.05031891,-0.013509554,-0.10818419,0.035742816,0.011260729,0.090508565,0.08664435,0.026479289,0.0014414532,0.08300756,0.042797565,0.08366149,0.05139022,0.034056466,0.041680824,-0.01166445,0.102416016,0.061746903,-0.14192201,-0.07187282,-0.044331495,-0.10565932,0.013403203,-0.032017577,0.076923035,-0.059086148,0.015145627,-0.002629906,0.015661092,0.023393966,0.080117136,0.002937767,-0.04378497,0.026312506,0.029056003,0.02814568,-1.5087005e-08,-0.03629969,-0.030160123,0.065080605,0.075238585,0.11313097,0.06611455,0.011523573,-0.016278807,0.007826823,-0.038203534,-0.01594598,0.055267878,-0.008724936,0.06886946,0.05990217,-0.0022678762,0.099639505,0.0427545,-0.030999834,0.027361052,-0.010159089,0.065734245,-0.067137845,-0.013012312,0.006612487,-0.0057143676,-0.06316256,0.113321744,-0.028484236,0.03151382,0.043537065,-0.016140841,-0.087528735,-0.04030742,-0.0022085544,0.012548768,0.03470285,-0.050933026,-0.015590171,-0.08756491,0.034652647,0.050057974,-0.043335564,0.033758044,-0.042020854,0.027044429,0.02105788,0.023446959,-0.041202687,-0.0096601,0.041148983,0.00035783518,0.030365886,0.031023864,0.022038711,-0.04099738,-0.031583007,0.010006707,0.00074843277,0.09274163,0.035764463,-0.012628257,-0.02984186,-0.015515434]
01a21dc1-092c-7000-8516-2e73f2ec2158	1	all-minilm-l6-v2-int8	13ce2040-a549-59b3-0c22-e2853d85132c	f	[-0.012037221,-0.011515799,0.003923185,0.03806168,-0.010355714,0.0059471508,0.10435031,-0.019174488,0.075964384,0.034806583,0.03673053,-0.005504373,-0.01875886,6.910409e-05,0.047756627,0.08123224,0.099167004,-0.10090632,-0.0858534,-0.022306025,-0.03476744,0.0322242,-0.0019746637,-0.036905035,-0.00039426325,0.007354972,0.014593757,0.053744446,0.024056073,-0.032293644,0.0070703775,-0.008867113,-0.0681028,0.046232518,-0.07438656,0.029308349,0.004304498,0.06140648,0.040918548,0.0031600955,0.01932847,-0.06783349,-0.053282265,-0.011934072,0.03354485,-0.037272938,-0.027178299,0.048374783,0.056052633,0.0337045,-0.07183667,-0.03907705,-0.022038205,0.044203598,0.054709516,0.09714299,0.047065374,0.07334964,-0.00090928574,-0.009145474,-0.07898156,-0.020097839,0.07230633,0.0005798794,0.0065588127,-0.065711886,-0.018449046,0.0451973,-0.021773398,0.056580257,0.03430032,0.025713095,-0.01088034,0.034299325,-0.05351929,0.011570116,0.018329503,-0.09408738,0.045020383,-0.07676409,0.023628416,-0.0015402457,0.0042391648,-0.053803846,-0.06735957,-0.057834316,-0.0073557654,0.006984047,0.011908883,-0.07086752,-0.06525066,-0.004639076,0.012802548,0.06975395,0.007203228,-0.041856345,0.013030241,0.04402918,-0.013880301,0.062496196,0.09180599,0.023861004,-0.06260542,0.008228432,0.06208753,0.014556314,-0.008347036,-0.04254797,-0.043827504,-0.07306895,-0.019022416,-0.03512047,0.0071677486,-0.016979702,-0.022190772,-0.06043127,-0.050410453,0.07457978,-0.020108411,0.029708028,0.019318262,0.10926377,-0.064741224,0.0023129666,-0.08156945,0.013395582,-0.07035325,-1.2168392e-33,-0.022145672,-0.07839751,0.03445917,0.024081256,-0.007637086,-0.028552303,0.012349224,-0.037758563,0.030528162,0.013449359,0.03821303,-0.0626496,-0.08339808,-0.003006007,0.031931907,1.4348382e-05,-0.036215752,-0.052706815,-0.06929244,0.01760219,-0.04144458,0.041068714,0.056101464,-0.057065096,-0.05234555,-0.07759846,-0.01110962,-0.030100692,-0.0446937,0.018690826,0.082801595,0.021744104,5.2687756e-06,-0.029903466,-0.08877024,-0.039314084,-0.03918863,-0.10818466,-0.013376904,0.069344014,0.02436305,-0.041140586,0.0023983563,0.016865404,0.037176963,0.00865754,-0.06478685,0.031344533,-0.079868115,-0.011857203,0.07684448,-0.019284729,0.07016854,-0.019290088,-0.03268864,-0.035603695,0.021115046,-0.04525566,-0.029725865,0.016569516,-0.029267117,-0.034149,0.04729966,-0.04371576,-0.02816365,-0.022814404,-0.008765106,-0.05549845,0.0030315705,-0.029008295,0.0054972456,0.0109890755,-0.058586407,0.06553962,0.048270363,-0.017680366,-0.026482882,-0.038967952,0.020715473,0.0079090865,0.052492086,0.007262734,-0.056631457,0.002215676,0.025565755,0.014175739,-0.0031827497,-0.1554487,0.00030228822,0.03925005,-0.09626907,0.028622458,0.058669887,-0.14083973,-0.10851775,-9.385269e-34,0.00512022,0.053753845,-0.0056579304,0.07642913,0.021792114,-0.0042283675,0.015951555,0.067134574,-0.023181403,0.032432,-0.09661448,-0.011130164,0.021741202,-0.056943994,0.123740256,0.00340602,0.009146649,0.06518342,0.031507727,0.09346184,-0.018921968,0.019066043,-0.045145296,0.022984521,-0.02355353,0.04673171,0.08806917,0.03814043,-0.07265697,-0.018977696,-0.0035852867,-0.06943247,-0.058220893,-0.059115235,0.06475578,0.07537988,0.09446372,-0.04177635,0.014000768,-0.014878713,-0.04924545,0.0073605194,0.0053135,0.12402344,0.024462987,-0.044810884,-0.088875815,0.028223772,-0.03257917,0.009592194,0.045892775,-0.01989748,0.084286086,-0.007267615,0.050603125,-0.11150116,-0.009105808,-0.045713767,-0.07440618,0.04634508,-0.068636596,0.017306987,0.022641663,0.038758244,-0.003791901,0.07136525,-0.037222125,0.029026818,-0.08349681,-0.09488856,0.08926101,-0.06159665,-0.083715126,0.03369973,-0.039674256,0.012137944,-0.040315732,-0.007577663,-0.06255468,-0.057206046,-0.10819463,-0.08198557,0.007997981,0.017766543,0.009727144,-0.034241125,0.09122533,-0.015202539,0.119876534,-0.01340957,-0.0104017705,-0.01778695,0.0028594092,0.0024555852,0.016720407,-1.9028244e-08,0.004488078,0.0507312,0.07457959,-0.0464969,0.10450998,0.02188121,0.04566074,-0.0045661386,0.01749257,-0.030416401,0.10268841,0.088356145,0.073885635,-0.027967611,0.11822495,0.09031853,0.038268592,-0.05095341,0.019666905,-0.015983533,-0.026015464,0.104048185,-0.035570003,0.025833212,-0.04086662,0.0026009642,-0.034534574,0.06839831,0.045191053,0.068042144,0.07266858,-0.002043519,-0.059116896,0.019820038,-0.005645654,-0.07383476,0.00060764805,-0.011492119,0.08967511,-0.017126057,-0.040915277,0.059610847,0.04203196,-0.0010575025,-0.08069828,-0.06757604,-0.048713204,-0.0014094026,-0.05999586,-0.009671687,-0.03515369,0.09025882,0.00074763125,0.028007582,0.0935331,-0.033353902,-0.10583417,0.034753866,-0.08933627,0.0007327738,0.059957743,-0.04563797,0.08893009,-0.053705778]
01a21dc1-0b3a-7000-8148-01c4c39acf69	1	all-minilm-l6-v2-int8	13ce2040-a549-59b3-0c22-e2853d85132c	t	[-0.029341815,-0.028725442,-0.047776956,-0.059024837,-0.11592938,-0.073845506,0.07519912,-0.011229759,0.045710057,-0.017700486,0.029244782,-0.037140146,0.017576486,-0.06458461,-0.03897831,0.0040894113,0.08073219,-0.0073781656,-0.012274216,0.014362782,-0.032606017,0.026879631,0.047108743,0.01468801,-0.07163055,-0.008150159,-0.0028562618,0.0069846585,-0.010609464,0.0014644638,-0.041821163,0.042933512,-0.02815026,0.03557993,0.003042491,0.05393701,-0.06387214,-0.0063312575,0.0070280945,-0.045964953,-0.077839434,0.05381599,-0.0038755173,-0.004458217,-0.08255644,0.006010186,-0.04942903,0.005904867,-0.04694158,0.06517565,-0.012563635,-0.11651581,-0.021581534,0.045187037,0.09235463,0.07487201,0.040183067,-0.02464961,0.04333219,0.15757279,-0.062368114,0.047372945,0.033160362,-0.037649143,-0.07241719,0.0358087,-0.0043675485,-0.013098168,-0.05998815,-0.07134959,-0.03817354,0.056618046,0.11988164,0.05052908,-0.07429693,0.05076097,0.017792333,0.007146948,-0.0030853732,0.09647483,-0.07574145,0.010224699,0.0077170064,-0.031411935,0.06158342,0.05258936,-0.02823624,-0.030737683,-0.068906486,-0.071364224,-0.063099355,-0.019849904,0.060747027,-0.0035060588,-0.057847723,-0.07038254,0.05537189,-0.06447753,-0.09416376,0.02215447,-0.07061188,0.045960147,0.036920905,-0.013370844,-0.015819643,0.022489557,0.06014254,0.011499143,-0.004628901,0.023812408,0.022409124,-0.08426293,-0.011004951,-0.025788883,0.006216101,-0.051258273,0.04014274,0.04525116,-0.013990138,-0.06354486,0.05544474,0.0929929,-0.00832361,-0.003942731,0.07497224,0.043541346,-0.014608255,-4.8858247e-33,0.045600805,0.06423118,0.021976238,0.10158711,0.046527687,0.0038283821,-0.026921613,0.073666885,-0.072167,0.0044938168,0.010387832,-0.072594516,-0.07452061,-0.021504758,0.02305069,0.05489551,-0.058303323,-0.068816446,0.011577535,0.0991088,0.05393818,0.054867107,0.03036687,0.017782178,-0.05717632,-0.005924608,-0.021092491,-0.05051612,0.03348013,0.048041794,0.04571215,-0.111229494,0.014609865,-0.013380122,0.06460098,-0.078333095,0.026835315,-0.030367753,-0.10265147,0.06726771,-0.009477355,0.00036971323,-0.05175494,-0.004819613,-0.022129193,0.012800578,0.12967908,-0.075961515,-0.025731528,-0.06424096,-0.099455476,-0.029316563,-0.005737569,0.04194533,-0.09203477,-0.005541574,0.09989484,-0.009163671,-0.03716873,-0.017278152,-0.038488105,-0.0087581435,0.017011631,0.06872271,-0.004878327,0.069553874,0.04456939,-0.03695192,0.080823466,-0.00826859,-0.0031556126,-0.017585332,0.03847893,0.06157664,0.0027270447,0.03369835,-0.025640693,-0.0030001209,-0.05372597,-0.08123674,0.0063395635,0.0026607276,-0.039053597,0.054404117,0.019394496,-0.07604715,-0.05996591,-0.024324987,-0.106132604,-0.07512612,-0.0065909033,0.028206473,0.085149124,-0.09134762,-0.072617345,2.436929e-33,0.014678189,-0.06635518,0.076657265,-0.06632807,0.10151152,-0.030263633,-0.02924499,0.0720261,0.007895955,-0.026742939,-0.04618206,0.04272278,-0.03607032,-0.00891557,0.10280062,0.072279714,0.02581048,0.019883962,0.06865342,-0.09639798,-0.040371746,0.012848032,-0.06844124,-0.015294955,0.09143059,0.0074952575,0.059211187,0.028404567,0.08697278,0.0018962923,-0.0754612,-0.028662318,0.0448697,-0.087932505,0.032176465,0.04796969,-0.061846394,-0.05996828,-0.040276878,-0.036091898,-0.007261998,-0.037507858,-0.008716379,0.036724195,-0.023297535,-0.04538446,-0.016587403,0.07173492,0.06863248,0.031568605,-0.029436689,-0.06823061,-0.019638473,-0.044973977,0.044104356,-0.030622832,0.07744085,-0.05321674,-0.00450581,0.06493165,0.059485268,0.006050603,-0.04322109,0.09616917,-0.03320899,0.038063206,-0.045754496,-0.040082056,-0.0126956785,-0.026703348,-0.006841823,0.037932944,-0.064698994,0.058731955,-0.03959288,-0.021720333,-0.036223866,0.003630095,0.03927687,0.04344161,-0.024142655,0.0003641045,0.022087904,0.07036253,0.06319941,-0.039901458,0.0126653835,0.06958479,-0.0036115474,-0.039525043,0.045708854,0.08411328,0.05388925,-0.019095734,-0.07491178,-1.7456333e-08,0.07290175,0.022771625,0.027438065,-0.05720034,0.018047957,0.06801711,0.059323292,0.01624848,-0.041410293,0.020441795,0.020935806,0.07838851,-0.01616825,0.07441377,0.05774356,0.005896651,0.086445995,0.030101357,-0.0018740168,0.043746334,0.015747868,-0.035037,0.06334616,-0.08983752,-0.10452659,-0.0863934,0.018547341,-0.009113395,-0.05003765,-0.0146365585,0.0012138762,0.08959878,0.0011359303,0.035852283,-0.06588237,0.0022742024,0.009753569,-0.015164533,-0.05103818,0.019237457,0.025487565,0.018726647,0.06389284,0.020542234,-0.018204415,0.032568462,0.08883472,-0.120743416,0.06875719,-0.009774385,-0.01825961,0.009724605,-0.038238693,0.066700704,0.04268268,-0.024616763,-0.026012102,0.034350034,0.015581458,-0.008305685,0.06835935,0.0035400267,0.03181885,0.014717457]
\.


--
-- Data for Name: memory_terms; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.memory_terms (scope_id, term, memory_id, version, occurrences, length, live) FROM stdin;
71fbabe6-de3d-6097-f246-3b87eed13189	play	01a21dc1-05a1-7000-8611-9d602e2eb277	2	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	viola	01a21dc1-05a1-7000-8611-9d602e2eb277	2	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	ada	01a21dc1-05a1-7000-8611-9d602e2eb277	2	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	27	01a21dc1-05a1-7000-8611-9d602e2eb277	2	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	novemb	01a21dc1-05a1-7000-8611-9d602e2eb277	2	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	2026	01a21dc1-05a1-7000-8611-9d602e2eb277	2	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	2026	01a21dc1-05a1-7000-8611-9d602e2eb277	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	27	01a21dc1-05a1-7000-8611-9d602e2eb277	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	ada	01a21dc1-05a1-7000-8611-9d602e2eb277	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	cello	01a21dc1-05a1-7000-8611-9d602e2eb277	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	novemb	01a21dc1-05a1-7000-8611-9d602e2eb277	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	play	01a21dc1-05a1-7000-8611-9d602e2eb277	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	cat	01a21dc1-068e-7000-92db-b21be4f50a9b	1	1	7	t
71fbabe6-de3d-6097-f246-3b87eed13189	call	01a21dc1-068e-7000-92db-b21be4f50a9b	1	1	7	t
71fbabe6-de3d-6097-f246-3b87eed13189	pixel	01a21dc1-068e-7000-92db-b21be4f50a9b	1	1	7	t
71fbabe6-de3d-6097-f246-3b87eed13189	ada	01a21dc1-068e-7000-92db-b21be4f50a9b	1	1	7	t
71fbabe6-de3d-6097-f246-3b87eed13189	27	01a21dc1-068e-7000-92db-b21be4f50a9b	1	1	7	t
71fbabe6-de3d-6097-f246-3b87eed13189	novemb	01a21dc1-068e-7000-92db-b21be4f50a9b	1	1	7	t
71fbabe6-de3d-6097-f246-3b87eed13189	2026	01a21dc1-068e-7000-92db-b21be4f50a9b	1	1	7	t
71fbabe6-de3d-6097-f246-3b87eed13189	cat	01a21dc1-0662-7000-b9bf-96d73c35eebe	1	1	7	f
71fbabe6-de3d-6097-f246-3b87eed13189	call	01a21dc1-0662-7000-b9bf-96d73c35eebe	1	1	7	f
71fbabe6-de3d-6097-f246-3b87eed13189	miso	01a21dc1-0662-7000-b9bf-96d73c35eebe	1	1	7	f
71fbabe6-de3d-6097-f246-3b87eed13189	ada	01a21dc1-0662-7000-b9bf-96d73c35eebe	1	1	7	f
71fbabe6-de3d-6097-f246-3b87eed13189	27	01a21dc1-0662-7000-b9bf-96d73c35eebe	1	1	7	f
71fbabe6-de3d-6097-f246-3b87eed13189	novemb	01a21dc1-0662-7000-b9bf-96d73c35eebe	1	1	7	f
71fbabe6-de3d-6097-f246-3b87eed13189	2026	01a21dc1-0662-7000-b9bf-96d73c35eebe	1	1	7	f
71fbabe6-de3d-6097-f246-3b87eed13189	sing	01a21dc1-0702-7000-ba4d-1868e8f9a2f8	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	choir	01a21dc1-0702-7000-ba4d-1868e8f9a2f8	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	ada	01a21dc1-0702-7000-ba4d-1868e8f9a2f8	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	27	01a21dc1-0702-7000-ba4d-1868e8f9a2f8	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	novemb	01a21dc1-0702-7000-ba4d-1868e8f9a2f8	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	2026	01a21dc1-0702-7000-ba4d-1868e8f9a2f8	1	1	6	f
71fbabe6-de3d-6097-f246-3b87eed13189	live	01a21dc1-0728-7000-8464-099add10d21e	1	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	oslo	01a21dc1-0728-7000-8464-099add10d21e	1	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	ada	01a21dc1-0728-7000-8464-099add10d21e	1	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	27	01a21dc1-0728-7000-8464-099add10d21e	1	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	novemb	01a21dc1-0728-7000-8464-099add10d21e	1	1	6	t
71fbabe6-de3d-6097-f246-3b87eed13189	2026	01a21dc1-0728-7000-8464-099add10d21e	1	1	6	t
13ce2040-a549-59b3-0c22-e2853d85132c	boat	01a21dc1-0880-7000-b7eb-f76048e577f4	1	1	6	t
13ce2040-a549-59b3-0c22-e2853d85132c	blue	01a21dc1-0880-7000-b7eb-f76048e577f4	1	1	6	t
13ce2040-a549-59b3-0c22-e2853d85132c	bob	01a21dc1-0880-7000-b7eb-f76048e577f4	1	1	6	t
13ce2040-a549-59b3-0c22-e2853d85132c	27	01a21dc1-0880-7000-b7eb-f76048e577f4	1	1	6	t
13ce2040-a549-59b3-0c22-e2853d85132c	novemb	01a21dc1-0880-7000-b7eb-f76048e577f4	1	1	6	t
13ce2040-a549-59b3-0c22-e2853d85132c	2026	01a21dc1-0880-7000-b7eb-f76048e577f4	1	1	6	t
13ce2040-a549-59b3-0c22-e2853d85132c	answer	01a21dc1-092c-7000-8516-2e73f2ec2158	1	1	6	f
13ce2040-a549-59b3-0c22-e2853d85132c	rhyme	01a21dc1-092c-7000-8516-2e73f2ec2158	1	1	6	f
13ce2040-a549-59b3-0c22-e2853d85132c	bob	01a21dc1-092c-7000-8516-2e73f2ec2158	1	1	6	f
13ce2040-a549-59b3-0c22-e2853d85132c	27	01a21dc1-092c-7000-8516-2e73f2ec2158	1	1	6	f
13ce2040-a549-59b3-0c22-e2853d85132c	novemb	01a21dc1-092c-7000-8516-2e73f2ec2158	1	1	6	f
13ce2040-a549-59b3-0c22-e2853d85132c	2026	01a21dc1-092c-7000-8516-2e73f2ec2158	1	1	6	f
87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	sister	01a21dc1-0a23-7000-a794-43f0ce3c3502	1	1	8	t
87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	call	01a21dc1-0a23-7000-a794-43f0ce3c3502	1	1	8	t
87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	zelda	01a21dc1-0a23-7000-a794-43f0ce3c3502	1	1	8	t
87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	way	01a21dc1-0a23-7000-a794-43f0ce3c3502	1	1	8	t
87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	ada	01a21dc1-0a23-7000-a794-43f0ce3c3502	1	1	8	t
87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	27	01a21dc1-0a23-7000-a794-43f0ce3c3502	1	1	8	t
87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	novemb	01a21dc1-0a23-7000-a794-43f0ce3c3502	1	1	8	t
87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	2026	01a21dc1-0a23-7000-a794-43f0ce3c3502	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	sister	01a21dc1-0b3a-7000-8148-01c4c39acf69	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	call	01a21dc1-0b3a-7000-8148-01c4c39acf69	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	zelda	01a21dc1-0b3a-7000-8148-01c4c39acf69	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	way	01a21dc1-0b3a-7000-8148-01c4c39acf69	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	bob	01a21dc1-0b3a-7000-8148-01c4c39acf69	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	27	01a21dc1-0b3a-7000-8148-01c4c39acf69	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	novemb	01a21dc1-0b3a-7000-8148-01c4c39acf69	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	2026	01a21dc1-0b3a-7000-8148-01c4c39acf69	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	alway	01a21dc1-08ee-7000-bd39-519363deec96	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	repli	01a21dc1-08ee-7000-bd39-519363deec96	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	word	01a21dc1-08ee-7000-bd39-519363deec96	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	banana	01a21dc1-08ee-7000-bd39-519363deec96	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	bob	01a21dc1-08ee-7000-bd39-519363deec96	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	27	01a21dc1-08ee-7000-bd39-519363deec96	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	novemb	01a21dc1-08ee-7000-bd39-519363deec96	1	1	8	t
13ce2040-a549-59b3-0c22-e2853d85132c	2026	01a21dc1-08ee-7000-bd39-519363deec96	1	1	8	t
\.


--
-- Data for Name: memory_traits; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.memory_traits (memory_id, version, scope_id, live, "position", said_at, speaker, length, asks, dated) FROM stdin;
01a21dc1-05a1-7000-8611-9d602e2eb277	2	71fbabe6-de3d-6097-f246-3b87eed13189	t	1	2026-11-27 16:05:18.964883+00	ada	2	f	f
01a21dc1-05a1-7000-8611-9d602e2eb277	1	71fbabe6-de3d-6097-f246-3b87eed13189	f	1	2026-11-27 16:05:18.8596+00	ada	2	f	f
01a21dc1-068e-7000-92db-b21be4f50a9b	1	71fbabe6-de3d-6097-f246-3b87eed13189	t	3	2026-11-27 16:05:19.116959+00	ada	3	f	f
01a21dc1-0662-7000-b9bf-96d73c35eebe	1	71fbabe6-de3d-6097-f246-3b87eed13189	f	2	2026-11-27 16:05:19.073128+00	ada	3	f	f
01a21dc1-0702-7000-ba4d-1868e8f9a2f8	1	71fbabe6-de3d-6097-f246-3b87eed13189	f	4	2026-11-27 16:05:19.231147+00	ada	2	f	f
01a21dc1-0728-7000-8464-099add10d21e	1	71fbabe6-de3d-6097-f246-3b87eed13189	t	5	2026-11-27 16:05:19.270459+00	ada	2	f	f
01a21dc1-0880-7000-b7eb-f76048e577f4	1	13ce2040-a549-59b3-0c22-e2853d85132c	t	1	2026-11-27 16:05:19.613504+00	bob	2	f	f
01a21dc1-092c-7000-8516-2e73f2ec2158	1	13ce2040-a549-59b3-0c22-e2853d85132c	f	3	2026-11-27 16:05:19.77638+00	bob	2	f	f
01a21dc1-0a23-7000-a794-43f0ce3c3502	1	87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	t	1	2026-11-27 16:05:19.844019+00	ada	4	f	f
01a21dc1-0b3a-7000-8148-01c4c39acf69	1	13ce2040-a549-59b3-0c22-e2853d85132c	t	4	2026-11-27 16:05:19.967743+00	bob	4	f	f
01a21dc1-08ee-7000-bd39-519363deec96	1	13ce2040-a549-59b3-0c22-e2853d85132c	t	2	2026-11-27 16:05:19.720103+00	bob	4	f	f
\.


--
-- Data for Name: memory_versions; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.memory_versions (memory_id, version, scope_id, text, kind, subject, attribute, importance, provenance, valid_from, valid_to, updated_at, reason) FROM stdin;
01a21dc1-05a1-7000-8611-9d602e2eb277	1	71fbabe6-de3d-6097-f246-3b87eed13189	I play the cello	fact	self		0.5	{"source": "stated", "author_id": "ada", "author_name": "Ada", "message_ids": ["a22c16d5678b4d6d9ad9161d88f6a414"]}	2026-11-27 16:05:18.8596+00	2026-11-27 16:05:18.964883+00	2026-11-27 16:05:18.8596+00	updated
\.


--
-- Data for Name: observed_messages; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.observed_messages (scope_id, message_id, author_id, author_name, text, said_at, observed_at, extractor_version) FROM stdin;
87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	fea5911419614d07a9a1c004b638dc26	ada		\N	2026-11-27 16:05:19.844019+00	2026-11-27 16:05:19.986305+00	1
13ce2040-a549-59b3-0c22-e2853d85132c	a5a52fcfa7bc45178b6c28c549a9b9e2	bob		\N	2026-11-27 16:05:19.967743+00	2026-11-27 16:05:20.175106+00	1
\.


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.operations (request_id, payload_hash, result, created_at) FROM stdin;
a22c16d5678b4d6d9ad9161d88f6a414:0:remember	\\x92ebb6b27ef503278503a674978ae52e701f82d4d874ef27b124262446963d58	{"ids": ["01a21dc1-05a1-7000-8611-9d602e2eb277"], "duplicates": [false]}	2026-11-27 16:05:18.8596+00
8dd05515e00d41c5866bff67413f00b0:0:update-memory	\\x021d636160f75b58b719b3dc743337da40459bf68c0e99834f936c3f88965b82	{}	2026-11-27 16:05:18.964883+00
2383224da16a4c1e9b8d858ca11e8758:0:remember	\\xaa1fef98af3d65d88daa0514f53b0f31ce5e9df428e8710c540d8f417069505e	{"ids": ["01a21dc1-0662-7000-b9bf-96d73c35eebe"], "duplicates": [false]}	2026-11-27 16:05:19.073128+00
2a792f60a4674de9a7814bfe03f351c3:0:remember	\\x40d897e4b2cc49dea80f422f860aa221cadc73f4f1bdfc2fbd49d2025e2f628c	{"ids": ["01a21dc1-068e-7000-92db-b21be4f50a9b"], "duplicates": [false]}	2026-11-27 16:05:19.116959+00
bf5384661a774e7d83cfb7ba57e5e2fe:0:remember	\\xbc75b29136575a48a1504699af94a35a42fc5040bd459aff5ec907ef069734b0	{"ids": ["01a21dc1-0702-7000-ba4d-1868e8f9a2f8"], "duplicates": [false]}	2026-11-27 16:05:19.231147+00
ffa5d624b7a5477b846345b81caab46a:0:remember	\\xed7c01861083ff7a39c718412336c966c3ae50974e8e6afbf5bd9820d81794e6	{"ids": ["01a21dc1-0728-7000-8464-099add10d21e"], "duplicates": [false]}	2026-11-27 16:05:19.270459+00
3a1aeee33f5947de9a9088bcfb148016:0:plan-forget	\\xc64c51df88e689c019b281d0004f4b84881c74c20e404da514e90207b8290bec	{"ids": ["01a21dc1-0702-7000-ba4d-1868e8f9a2f8"], "plan_id": "fbcc0aa2-ed41-40a6-8b32-c936f1d4cd65"}	2026-11-27 16:05:19.30539+00
ae55e372df324ff3baaa3a731c8092d3:0:commit-forget	\\xe48a04d93be48d3b9ab57d2e276ebc63c90a4fd8002a0c038a9f36cb62d25e59	{}	2026-11-27 16:05:19.367598+00
bb79d4115e3746169abb751a1edf9b88:0:plan-forget	\\x308a1e2de5753f61e376f3c141636667a8a6d8f650989877d89441ca94f25081	{"ids": ["01a21dc1-0728-7000-8464-099add10d21e"], "plan_id": "301c461c-3080-4585-9aae-53a587624580"}	2026-11-27 16:05:19.415004+00
fdb58539ba034fd0a41c306f9e8b751f:0:commit-forget	\\xfda12e5e8bb4b923719775c89235717eb8405e0017b372fb96485171fb2a1c8a	{}	2026-11-27 16:05:19.450862+00
0223fdeaf1134fbf8208ae5d017d49b2:0:undo-forget	\\x89911c19b009e417dcf98d8529983d867356adb4df620733c8486095f62088cf	{}	2026-11-27 16:05:19.483228+00
f85fb1a1629d4dbab89f17b3886c8274:0:plan-forget	\\x9815202650f3b90bc4bf7e28a1a66f7a34b674f3a2a7c9b284b14eefb28638b2	{"ids": ["01a21dc1-05a1-7000-8611-9d602e2eb277"], "plan_id": "99fa9a92-7fb7-462b-abc5-e754ce88e1cd"}	2026-11-27 16:05:19.572249+00
fffc9d07ada947c1885ce5b478afc185:0:remember	\\x505debb09197cadc682dca35e8282926b64e83ee81128353565c232d172139f8	{"ids": ["01a21dc1-0880-7000-b7eb-f76048e577f4"], "duplicates": [false]}	2026-11-27 16:05:19.613504+00
3d61a1edae004567958a9da1c74afa81:0:remember	\\x109f6c6f722e57e0f24ed68cb3c3421593f5a5799e96ba31148647d0dd6997fb	{"ids": ["01a21dc1-08ee-7000-bd39-519363deec96"], "duplicates": [false]}	2026-11-27 16:05:19.720103+00
2d10ac863d184aa181b67ed516cd7e88:0:remember	\\x4745756ac74a9dc7238146d64d50c6fe94236682245b0966e67a9e0ade830dd7	{"ids": ["01a21dc1-092c-7000-8516-2e73f2ec2158"], "duplicates": [false]}	2026-11-27 16:05:19.77638+00
fea5911419614d07a9a1c004b638dc26:0:observe	\\xdcb7ab3134dd95f353d6f045d7ca12e6a4eade41f68047031b6832e7202d1871	{"accepted": 1}	2026-11-27 16:05:19.986305+00
a5a52fcfa7bc45178b6c28c549a9b9e2:0:observe	\\x1131001772886bb6aa1f0dc3783b9ea9670b2cb8f84bb40cb707c8d2cd5aff80	{"accepted": 1}	2026-11-27 16:05:20.175106+00
c3a9a845812e4373a6ef2264857ee905:0:release-quarantined	\\x28b283f370688d989b164282c6ba525691aa9c2c69b20c0f4aaff6cd192a9bc7	{"ids": ["01a21dc1-08ee-7000-bd39-519363deec96"], "scope_id": "13ce2040-a549-59b3-0c22-e2853d85132c"}	2026-11-27 16:05:21.11075+00
6325b1ba74f44a7ea886df0e8e0ea0fa:0:remember	\\x	{"erased": true}	2026-11-27 16:05:24.66757+00
\.


--
-- Data for Name: procrastinate_events; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.procrastinate_events (id, job_id, type, at) FROM stdin;
\.


--
-- Data for Name: procrastinate_jobs; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.procrastinate_jobs (id, queue_name, task_name, priority, lock, queueing_lock, args, status, scheduled_at, attempts, abort_requested, worker_id) FROM stdin;
\.


--
-- Data for Name: procrastinate_periodic_defers; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.procrastinate_periodic_defers (id, task_name, defer_timestamp, job_id, periodic_id) FROM stdin;
2	erase_forgotten	1795795560	\N	
\.


--
-- Data for Name: procrastinate_workers; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.procrastinate_workers (id, last_heartbeat) FROM stdin;
\.


--
-- Data for Name: schema_support; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.schema_support (one, works_with) FROM stdin;
t	0001
\.


--
-- Data for Name: scopes; Type: TABLE DATA; Schema: public; Owner: memory
--

COPY public.scopes (scope_id, visibility, guild_id, channel_id, user_id, version, memory_count) FROM stdin;
87a1d46f-e3b1-fcd0-06e0-6252f923fc8b	guild	guild-of-the-release		ada	1795795519987833	1
13ce2040-a549-59b3-0c22-e2853d85132c	guild	guild-of-the-release		bob	1795795519616647	4
71fbabe6-de3d-6097-f246-3b87eed13189	private			ada	1795795518880723	5
\.


--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE SET; Schema: public; Owner: memory
--

SELECT pg_catalog.setval('public.procrastinate_events_id_seq', 8, true);


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: memory
--

SELECT pg_catalog.setval('public.procrastinate_jobs_id_seq', 4, true);


--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: memory
--

SELECT pg_catalog.setval('public.procrastinate_periodic_defers_id_seq', 2, true);


--
-- Name: procrastinate_workers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: memory
--

SELECT pg_catalog.setval('public.procrastinate_workers_id_seq', 1, true);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: embedded_scopes embedded_scopes_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.embedded_scopes
    ADD CONSTRAINT embedded_scopes_pkey PRIMARY KEY (model, scope_id);


--
-- Name: embedding_models embedding_models_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.embedding_models
    ADD CONSTRAINT embedding_models_pkey PRIMARY KEY (name);


--
-- Name: erased_memories erased_memories_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.erased_memories
    ADD CONSTRAINT erased_memories_pkey PRIMARY KEY (request_id, memory_id);


--
-- Name: erasures erasures_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (request_id);


--
-- Name: forget_plan_items forget_plan_items_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.forget_plan_items
    ADD CONSTRAINT forget_plan_items_pkey PRIMARY KEY (plan_id, memory_id);


--
-- Name: forget_plans forget_plans_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.forget_plans
    ADD CONSTRAINT forget_plans_pkey PRIMARY KEY (plan_id);


--
-- Name: memories memories_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.memories
    ADD CONSTRAINT memories_pkey PRIMARY KEY (memory_id);


--
-- Name: memory_embeddings memory_embeddings_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.memory_embeddings
    ADD CONSTRAINT memory_embeddings_pkey PRIMARY KEY (memory_id, version, model);


--
-- Name: memory_terms memory_terms_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.memory_terms
    ADD CONSTRAINT memory_terms_pkey PRIMARY KEY (scope_id, term, memory_id, version) INCLUDE (occurrences, length, live);


--
-- Name: memory_traits memory_traits_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.memory_traits
    ADD CONSTRAINT memory_traits_pkey PRIMARY KEY (memory_id, version);


--
-- Name: memory_versions memory_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.memory_versions
    ADD CONSTRAINT memory_versions_pkey PRIMARY KEY (memory_id, version);


--
-- Name: observed_messages observed_messages_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.observed_messages
    ADD CONSTRAINT observed_messages_pkey PRIMARY KEY (scope_id, message_id);


--
-- Name: operations operations_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (request_id);


--
-- Name: procrastinate_events procrastinate_events_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_jobs procrastinate_jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_unique; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);


--
-- Name: procrastinate_workers procrastinate_workers_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);


--
-- Name: schema_support schema_support_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.schema_support
    ADD CONSTRAINT schema_support_pkey PRIMARY KEY (one);


--
-- Name: scopes scopes_pkey; Type: CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.scopes
    ADD CONSTRAINT scopes_pkey PRIMARY KEY (scope_id);


--
-- Name: embedding_models_one_in_force; Type: INDEX; Schema: public; Owner: memory
--

CREATE UNIQUE INDEX embedding_models_one_in_force ON public.embedding_models USING btree (in_force) WHERE in_force;


--
-- Name: erasures_by_subject; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX erasures_by_subject ON public.erasures USING btree (subject_hash);


--
-- Name: forget_plan_items_of_memory; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX forget_plan_items_of_memory ON public.forget_plan_items USING btree (memory_id);


--
-- Name: forget_plans_by_age; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX forget_plans_by_age ON public.forget_plans USING btree (created_at);


--
-- Name: forget_plans_of_user; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX forget_plans_of_user ON public.forget_plans USING btree (user_id, plan_id);


--
-- Name: forget_plans_to_purge; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX forget_plans_to_purge ON public.forget_plans USING btree (undo_until) WHERE ((committed_at IS NOT NULL) AND (purged_at IS NULL));


--
-- Name: idx_procrastinate_jobs_worker_not_null; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));


--
-- Name: idx_procrastinate_workers_last_heartbeat; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);


--
-- Name: memories_by_attribute; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memories_by_attribute ON public.memories USING btree (scope_id, user_id, subject, attribute) WHERE (attribute <> ''::text);


--
-- Name: memories_by_gist; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memories_by_gist ON public.memories USING btree (scope_id, user_id, gist_hash) WHERE held;


--
-- Name: memories_by_owner; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memories_by_owner ON public.memories USING btree (scope_id, user_id, memory_id);


--
-- Name: memories_forgotten; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memories_forgotten ON public.memories USING btree (forgotten_by) WHERE (forgotten_by IS NOT NULL);


--
-- Name: memories_listed; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memories_listed ON public.memories USING btree (scope_id, memory_id) WHERE held;


--
-- Name: memories_one_of_a_text; Type: INDEX; Schema: public; Owner: memory
--

CREATE UNIQUE INDEX memories_one_of_a_text ON public.memories USING btree (scope_id, text_hash) WHERE held;


--
-- Name: memories_quarantined; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memories_quarantined ON public.memories USING btree (scope_id, memory_id) WHERE (held AND quarantined);


--
-- Name: memories_superseded; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memories_superseded ON public.memories USING btree (superseded_by) WHERE (superseded_by IS NOT NULL);


--
-- Name: memory_embeddings_of_scope; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memory_embeddings_of_scope ON public.memory_embeddings USING btree (scope_id, model);


--
-- Name: memory_terms_of_memory; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memory_terms_of_memory ON public.memory_terms USING btree (memory_id);


--
-- Name: memory_traits_by_position; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memory_traits_by_position ON public.memory_traits USING btree (scope_id, "position");


--
-- Name: memory_traits_by_speaker; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memory_traits_by_speaker ON public.memory_traits USING btree (scope_id, speaker) WHERE (speaker <> ''::text);


--
-- Name: memory_versions_of_scope; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX memory_versions_of_scope ON public.memory_versions USING btree (scope_id);


--
-- Name: observed_messages_waiting; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX observed_messages_waiting ON public.observed_messages USING btree (scope_id, observed_at) WHERE (extractor_version IS NULL);


--
-- Name: operations_by_age; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX operations_by_age ON public.operations USING btree (created_at);


--
-- Name: procrastinate_events_job_id_fkey_v1; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);


--
-- Name: procrastinate_jobs_id_lock_idx_v1; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));


--
-- Name: procrastinate_jobs_lock_idx_v1; Type: INDEX; Schema: public; Owner: memory
--

CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);


--
-- Name: procrastinate_jobs_priority_idx_v1; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);


--
-- Name: procrastinate_jobs_queue_name_idx_v1; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);


--
-- Name: procrastinate_jobs_queueing_lock_idx_v1; Type: INDEX; Schema: public; Owner: memory
--

CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);


--
-- Name: procrastinate_periodic_defers_job_id_fkey_v1; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);


--
-- Name: scopes_of_guild; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX scopes_of_guild ON public.scopes USING btree (guild_id, scope_id);


--
-- Name: scopes_of_user; Type: INDEX; Schema: public; Owner: memory
--

CREATE INDEX scopes_of_user ON public.scopes USING btree (user_id, scope_id);


--
-- Name: observed_messages erased_stays_erased; Type: TRIGGER; Schema: public; Owner: memory
--

CREATE TRIGGER erased_stays_erased BEFORE INSERT ON public.observed_messages FOR EACH ROW EXECUTE FUNCTION public.drop_what_was_said_before_an_erasure();


--
-- Name: procrastinate_jobs procrastinate_jobs_notify_queue_job_aborted_v1; Type: TRIGGER; Schema: public; Owner: memory
--

CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();


--
-- Name: procrastinate_jobs procrastinate_jobs_notify_queue_job_inserted_v1; Type: TRIGGER; Schema: public; Owner: memory
--

CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_abort_requested_events_v1; Type: TRIGGER; Schema: public; Owner: memory
--

CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_delete_jobs_v1; Type: TRIGGER; Schema: public; Owner: memory
--

CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_scheduled_events_v1; Type: TRIGGER; Schema: public; Owner: memory
--

CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_status_events_insert_v1; Type: TRIGGER; Schema: public; Owner: memory
--

CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_status_events_update_v1; Type: TRIGGER; Schema: public; Owner: memory
--

CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();


--
-- Name: embedded_scopes embedded_scopes_model_fkey; Type: FK CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.embedded_scopes
    ADD CONSTRAINT embedded_scopes_model_fkey FOREIGN KEY (model) REFERENCES public.embedding_models(name) ON DELETE CASCADE;


--
-- Name: erased_memories erased_memories_request_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.erased_memories
    ADD CONSTRAINT erased_memories_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.erasures(request_id) ON DELETE CASCADE;


--
-- Name: forget_plan_items forget_plan_items_plan_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.forget_plan_items
    ADD CONSTRAINT forget_plan_items_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.forget_plans(plan_id) ON DELETE CASCADE;


--
-- Name: procrastinate_events procrastinate_events_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;


--
-- Name: procrastinate_jobs procrastinate_jobs_worker_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: memory
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);


--
-- Name: memories in_scope; Type: POLICY; Schema: public; Owner: memory
--

CREATE POLICY in_scope ON public.memories USING ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[]))) WITH CHECK ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[])));


--
-- Name: memory_embeddings in_scope; Type: POLICY; Schema: public; Owner: memory
--

CREATE POLICY in_scope ON public.memory_embeddings USING ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[]))) WITH CHECK ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[])));


--
-- Name: memory_terms in_scope; Type: POLICY; Schema: public; Owner: memory
--

CREATE POLICY in_scope ON public.memory_terms USING ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[]))) WITH CHECK ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[])));


--
-- Name: memory_traits in_scope; Type: POLICY; Schema: public; Owner: memory
--

CREATE POLICY in_scope ON public.memory_traits USING ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[]))) WITH CHECK ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[])));


--
-- Name: memory_versions in_scope; Type: POLICY; Schema: public; Owner: memory
--

CREATE POLICY in_scope ON public.memory_versions USING ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[]))) WITH CHECK ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[])));


--
-- Name: observed_messages in_scope; Type: POLICY; Schema: public; Owner: memory
--

CREATE POLICY in_scope ON public.observed_messages USING ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[]))) WITH CHECK ((scope_id = ANY ((string_to_array(current_setting('parlour.scopes'::text, true), ','::text))::uuid[])));


--
-- Name: memories; Type: ROW SECURITY; Schema: public; Owner: memory
--

ALTER TABLE public.memories ENABLE ROW LEVEL SECURITY;

--
-- Name: memory_embeddings; Type: ROW SECURITY; Schema: public; Owner: memory
--

ALTER TABLE public.memory_embeddings ENABLE ROW LEVEL SECURITY;

--
-- Name: memory_terms; Type: ROW SECURITY; Schema: public; Owner: memory
--

ALTER TABLE public.memory_terms ENABLE ROW LEVEL SECURITY;

--
-- Name: memory_traits; Type: ROW SECURITY; Schema: public; Owner: memory
--

ALTER TABLE public.memory_traits ENABLE ROW LEVEL SECURITY;

--
-- Name: memory_versions; Type: ROW SECURITY; Schema: public; Owner: memory
--

ALTER TABLE public.memory_versions ENABLE ROW LEVEL SECURITY;

--
-- Name: observed_messages; Type: ROW SECURITY; Schema: public; Owner: memory
--

ALTER TABLE public.observed_messages ENABLE ROW LEVEL SECURITY;

--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: pg_database_owner
--

GRANT USAGE ON SCHEMA public TO parlour_memory_app;


--
-- Name: TABLE procrastinate_jobs; Type: ACL; Schema: public; Owner: memory
--

GRANT ALL ON TABLE public.procrastinate_jobs TO parlour_memory_app;


--
-- Name: TABLE embedded_scopes; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.embedded_scopes TO parlour_memory_app;


--
-- Name: TABLE embedding_models; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.embedding_models TO parlour_memory_app;


--
-- Name: TABLE erased_memories; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.erased_memories TO parlour_memory_app;


--
-- Name: TABLE erasures; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.erasures TO parlour_memory_app;


--
-- Name: TABLE forget_plan_items; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.forget_plan_items TO parlour_memory_app;


--
-- Name: TABLE forget_plans; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.forget_plans TO parlour_memory_app;


--
-- Name: TABLE memories; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.memories TO parlour_memory_app;


--
-- Name: TABLE memory_embeddings; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.memory_embeddings TO parlour_memory_app;


--
-- Name: TABLE memory_versions; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.memory_versions TO parlour_memory_app;


--
-- Name: TABLE memory_statements; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT ON TABLE public.memory_statements TO parlour_memory_app;


--
-- Name: TABLE memory_terms; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.memory_terms TO parlour_memory_app;


--
-- Name: TABLE memory_traits; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.memory_traits TO parlour_memory_app;


--
-- Name: TABLE observed_messages; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.observed_messages TO parlour_memory_app;


--
-- Name: TABLE operations; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.operations TO parlour_memory_app;


--
-- Name: TABLE procrastinate_events; Type: ACL; Schema: public; Owner: memory
--

GRANT ALL ON TABLE public.procrastinate_events TO parlour_memory_app;


--
-- Name: SEQUENCE procrastinate_events_id_seq; Type: ACL; Schema: public; Owner: memory
--

GRANT ALL ON SEQUENCE public.procrastinate_events_id_seq TO parlour_memory_app;


--
-- Name: SEQUENCE procrastinate_jobs_id_seq; Type: ACL; Schema: public; Owner: memory
--

GRANT ALL ON SEQUENCE public.procrastinate_jobs_id_seq TO parlour_memory_app;


--
-- Name: TABLE procrastinate_periodic_defers; Type: ACL; Schema: public; Owner: memory
--

GRANT ALL ON TABLE public.procrastinate_periodic_defers TO parlour_memory_app;


--
-- Name: SEQUENCE procrastinate_periodic_defers_id_seq; Type: ACL; Schema: public; Owner: memory
--

GRANT ALL ON SEQUENCE public.procrastinate_periodic_defers_id_seq TO parlour_memory_app;


--
-- Name: TABLE procrastinate_workers; Type: ACL; Schema: public; Owner: memory
--

GRANT ALL ON TABLE public.procrastinate_workers TO parlour_memory_app;


--
-- Name: SEQUENCE procrastinate_workers_id_seq; Type: ACL; Schema: public; Owner: memory
--

GRANT ALL ON SEQUENCE public.procrastinate_workers_id_seq TO parlour_memory_app;


--
-- Name: TABLE scopes; Type: ACL; Schema: public; Owner: memory
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.scopes TO parlour_memory_app;


--
-- PostgreSQL database dump complete
--

\unrestrict released

