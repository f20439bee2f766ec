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
-- Name: procrastinate_job_event_type; Type: TYPE; Schema: public; Owner: conversation
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


ALTER TYPE public.procrastinate_job_event_type OWNER TO conversation;

--
-- Name: procrastinate_job_status; Type: TYPE; Schema: public; Owner: conversation
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


ALTER TYPE public.procrastinate_job_status OWNER TO conversation;

--
-- Name: procrastinate_job_to_defer_v1; Type: TYPE; Schema: public; Owner: conversation
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


ALTER TYPE public.procrastinate_job_to_defer_v1 OWNER TO conversation;

--
-- Name: drop_quotes(); Type: FUNCTION; Schema: public; Owner: conversation
--

CREATE FUNCTION public.drop_quotes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        UPDATE persona_versions SET quote = ''
        WHERE guild_id = OLD.guild_id AND user_id = OLD.author_id AND message_id = OLD.message_id AND message_id <> '' AND quote <> '';
        RETURN NULL;
    END $$;


ALTER FUNCTION public.drop_quotes() OWNER TO conversation;

--
-- Name: drop_what_was_said_before_an_erasure(); Type: FUNCTION; Schema: public; Owner: conversation
--

CREATE FUNCTION public.drop_what_was_said_before_an_erasure() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        IF EXISTS (SELECT FROM tombstones WHERE subject_hash = sha256(convert_to(NEW.author_id, 'UTF8')) AND NEW.create_time <= before_time) THEN
            RETURN NULL;
        END IF;
        RETURN NEW;
    END $$;


ALTER FUNCTION public.drop_what_was_said_before_an_erasure() OWNER TO conversation;

--
-- Name: empty_summaries(); Type: FUNCTION; Schema: public; Owner: conversation
--

CREATE FUNCTION public.empty_summaries() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        UPDATE topics SET summary = '', summary_source = '', summary_stale = true, summary_tries = 0, centroid = NULL
        WHERE guild_id = OLD.guild_id AND channel_id = OLD.channel_id AND OLD.sequence BETWEEN first_sequence AND last_sequence
            AND (summary <> '' OR NOT summary_stale OR centroid IS NOT NULL);
        RETURN NULL;
    END $$;


ALTER FUNCTION public.empty_summaries() OWNER TO conversation;

--
-- Name: place_message(); Type: FUNCTION; Schema: public; Owner: conversation
--

CREATE FUNCTION public.place_message() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_sort TO 'off'
    AS $$
    BEGIN
        SELECT offset_bytes + octet_length(text) + 32 INTO NEW.offset_bytes FROM messages
        WHERE guild_id = NEW.guild_id AND channel_id = NEW.channel_id ORDER BY sequence DESC LIMIT 1;
        NEW.offset_bytes := coalesce(NEW.offset_bytes, 0);
        RETURN NEW;
    END $$;


ALTER FUNCTION public.place_message() OWNER TO conversation;

--
-- Name: procrastinate_cancel_job_v1(bigint, boolean, boolean); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) OWNER TO conversation;

--
-- Name: procrastinate_defer_jobs_v1(public.procrastinate_job_to_defer_v1[]); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) OWNER TO conversation;

--
-- Name: procrastinate_defer_periodic_job_v2(character varying, character varying, character varying, character varying, integer, character varying, bigint, jsonb); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) OWNER TO conversation;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: procrastinate_jobs; Type: TABLE; Schema: public; Owner: conversation
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


ALTER TABLE public.procrastinate_jobs OWNER TO conversation;

--
-- Name: procrastinate_fetch_job_v2(character varying[], bigint); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) OWNER TO conversation;

--
-- Name: procrastinate_finish_job_v1(bigint, public.procrastinate_job_status, boolean); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) OWNER TO conversation;

--
-- Name: procrastinate_notify_queue_abort_job_v1(); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_notify_queue_abort_job_v1() OWNER TO conversation;

--
-- Name: procrastinate_notify_queue_job_inserted_v1(); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_notify_queue_job_inserted_v1() OWNER TO conversation;

--
-- Name: procrastinate_prune_stalled_workers_v1(double precision); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) OWNER TO conversation;

--
-- Name: procrastinate_register_worker_v1(); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_register_worker_v1() OWNER TO conversation;

--
-- Name: procrastinate_retry_job_v1(bigint, timestamp with time zone, integer, character varying, character varying); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) OWNER TO conversation;

--
-- Name: procrastinate_retry_job_v2(bigint, timestamp with time zone, integer, character varying, character varying); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) OWNER TO conversation;

--
-- Name: procrastinate_trigger_abort_requested_events_procedure_v1(); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() OWNER TO conversation;

--
-- Name: procrastinate_trigger_function_scheduled_events_v1(); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() OWNER TO conversation;

--
-- Name: procrastinate_trigger_function_status_events_insert_v1(); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() OWNER TO conversation;

--
-- Name: procrastinate_trigger_function_status_events_update_v1(); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_trigger_function_status_events_update_v1() OWNER TO conversation;

--
-- Name: procrastinate_unlink_periodic_defers_v1(); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_unlink_periodic_defers_v1() OWNER TO conversation;

--
-- Name: procrastinate_unregister_worker_v1(bigint); Type: FUNCTION; Schema: public; Owner: conversation
--

CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;


ALTER FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) OWNER TO conversation;

--
-- Name: procrastinate_update_heartbeat_v1(bigint); Type: FUNCTION; Schema: public; Owner: conversation
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


ALTER FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) OWNER TO conversation;

--
-- Name: unindex_message(); Type: FUNCTION; Schema: public; Owner: conversation
--

CREATE FUNCTION public.unindex_message() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        DELETE FROM message_embeddings WHERE guild_id = OLD.guild_id AND channel_id = OLD.channel_id AND sequence = OLD.sequence;
        DELETE FROM message_terms WHERE guild_id = OLD.guild_id AND channel_id = OLD.channel_id AND sequence = OLD.sequence;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        NEW.indexed := false;
        RETURN NEW;
    END $$;


ALTER FUNCTION public.unindex_message() OWNER TO conversation;

--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE public.alembic_version OWNER TO conversation;

--
-- Name: background_usage; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.background_usage (
    guild_id text NOT NULL,
    day date NOT NULL,
    feature text NOT NULL,
    calls bigint DEFAULT 0 NOT NULL,
    prompt_tokens bigint DEFAULT 0 NOT NULL,
    completion_tokens bigint DEFAULT 0 NOT NULL
);


ALTER TABLE public.background_usage OWNER TO conversation;

--
-- Name: blocks; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.blocks (
    subject text NOT NULL,
    block_id bigint NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    create_time timestamp with time zone DEFAULT now() NOT NULL,
    expire_time timestamp with time zone
);


ALTER TABLE public.blocks OWNER TO conversation;

--
-- Name: blocks_block_id_seq; Type: SEQUENCE; Schema: public; Owner: conversation
--

ALTER TABLE public.blocks ALTER COLUMN block_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.blocks_block_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: cache_epoch; Type: SEQUENCE; Schema: public; Owner: conversation
--

CREATE SEQUENCE public.cache_epoch
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE public.cache_epoch OWNER TO conversation;

--
-- Name: conversations; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.conversations (
    guild_id text NOT NULL,
    channel_id text NOT NULL,
    reset_sequence bigint DEFAULT 0 NOT NULL,
    reset_time timestamp with time zone
);


ALTER TABLE public.conversations OWNER TO conversation;

--
-- Name: erased_places; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.erased_places (
    erasure_id text NOT NULL,
    guild_id text NOT NULL,
    channel_id text NOT NULL
);


ALTER TABLE public.erased_places OWNER TO conversation;

--
-- Name: erasures; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.erasures (
    erasure_id text NOT NULL,
    request_hash bytea NOT NULL,
    subject_hash bytea NOT NULL,
    user_id text DEFAULT ''::text NOT NULL,
    before_time timestamp with time zone NOT NULL,
    stage smallint DEFAULT 0 NOT NULL,
    walked jsonb,
    awaited jsonb,
    erased jsonb DEFAULT '{}'::jsonb NOT NULL,
    begun_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    complete_time timestamp with time zone,
    backups_expire_time timestamp with time zone,
    receipt_hash text DEFAULT ''::text NOT NULL
);


ALTER TABLE public.erasures OWNER TO conversation;

--
-- Name: fences; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.fences (
    guild_id text NOT NULL,
    user_id text NOT NULL,
    fence bigint NOT NULL
);


ALTER TABLE public.fences OWNER TO conversation;

--
-- Name: guild_settings; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.guild_settings (
    guild_id text NOT NULL,
    addressing_threshold double precision NOT NULL,
    channel_context boolean NOT NULL,
    extraction boolean NOT NULL,
    rules text DEFAULT ''::text NOT NULL,
    retention_days integer DEFAULT 0 NOT NULL,
    summaries boolean,
    preference_detection boolean,
    writing_style boolean,
    relationships boolean,
    images boolean,
    addressing_model boolean,
    partial_responses boolean,
    answered_channel_ids text[] DEFAULT '{}'::text[] NOT NULL,
    allowed_channel_ids text[] DEFAULT '{}'::text[] NOT NULL,
    ignored_channel_ids text[] DEFAULT '{}'::text[] NOT NULL,
    ignored_user_ids text[] DEFAULT '{}'::text[] NOT NULL,
    version bigint NOT NULL,
    update_time timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT guild_settings_retention_days_check CHECK ((retention_days >= 0))
);


ALTER TABLE public.guild_settings OWNER TO conversation;

--
-- Name: guild_settings_versions; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.guild_settings_versions (
    guild_id text NOT NULL,
    version bigint NOT NULL,
    addressing_threshold double precision NOT NULL,
    channel_context boolean NOT NULL,
    extraction boolean NOT NULL,
    rules text DEFAULT ''::text NOT NULL,
    retention_days integer DEFAULT 0 NOT NULL,
    summaries boolean,
    preference_detection boolean,
    writing_style boolean,
    relationships boolean,
    images boolean,
    addressing_model boolean,
    partial_responses boolean,
    answered_channel_ids text[] DEFAULT '{}'::text[] NOT NULL,
    allowed_channel_ids text[] DEFAULT '{}'::text[] NOT NULL,
    ignored_channel_ids text[] DEFAULT '{}'::text[] NOT NULL,
    ignored_user_ids text[] DEFAULT '{}'::text[] NOT NULL,
    update_time timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT guild_settings_versions_retention_days_check CHECK ((retention_days >= 0))
);


ALTER TABLE public.guild_settings_versions OWNER TO conversation;

--
-- Name: message_embeddings; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.message_embeddings (
    guild_id text NOT NULL,
    channel_id text NOT NULL,
    sequence bigint NOT NULL,
    model text NOT NULL,
    embedding public.halfvec(384) NOT NULL
);


ALTER TABLE public.message_embeddings OWNER TO conversation;

--
-- Name: message_terms; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.message_terms (
    guild_id text NOT NULL,
    channel_id text NOT NULL,
    term text NOT NULL,
    sequence bigint NOT NULL,
    occurrences smallint NOT NULL,
    length smallint NOT NULL
);


ALTER TABLE public.message_terms OWNER TO conversation;

--
-- Name: messages; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.messages (
    guild_id text NOT NULL,
    channel_id text NOT NULL,
    sequence bigint NOT NULL,
    message_id text NOT NULL,
    role text NOT NULL,
    author_id text NOT NULL,
    author_name text DEFAULT ''::text NOT NULL,
    text text NOT NULL,
    answers_message_id text DEFAULT ''::text NOT NULL,
    replied_to jsonb,
    images jsonb,
    in_context boolean DEFAULT true NOT NULL,
    edited_at timestamp with time zone,
    create_time timestamp with time zone DEFAULT now() NOT NULL,
    indexed boolean DEFAULT false NOT NULL,
    offset_bytes bigint DEFAULT 0 NOT NULL,
    CONSTRAINT messages_role_check CHECK ((role = ANY (ARRAY['user'::text, 'assistant'::text])))
);


ALTER TABLE public.messages OWNER TO conversation;

--
-- Name: messages_sequence_seq; Type: SEQUENCE; Schema: public; Owner: conversation
--

ALTER TABLE public.messages ALTER COLUMN sequence ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.messages_sequence_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: opt_outs; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.opt_outs (
    user_id text NOT NULL,
    create_time timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.opt_outs OWNER TO conversation;

--
-- Name: persona_versions; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.persona_versions (
    guild_id text NOT NULL,
    user_id text NOT NULL,
    version bigint NOT NULL,
    formality smallint,
    verbosity smallint,
    humour smallint,
    warmth smallint,
    directness smallint,
    emoji smallint,
    language text,
    instructions text DEFAULT ''::text NOT NULL,
    reasons jsonb DEFAULT '{}'::jsonb NOT NULL,
    changed text[] NOT NULL,
    origin text NOT NULL,
    quote text DEFAULT ''::text NOT NULL,
    message_id text DEFAULT ''::text NOT NULL,
    undone_at timestamp with time zone,
    update_time timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT persona_versions_origin_check CHECK ((origin = ANY (ARRAY['set'::text, 'preset'::text, 'said'::text, 'writing'::text, 'undo'::text])))
);


ALTER TABLE public.persona_versions OWNER TO conversation;

--
-- Name: personas; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.personas (
    guild_id text NOT NULL,
    user_id text NOT NULL,
    formality smallint,
    verbosity smallint,
    humour smallint,
    warmth smallint,
    directness smallint,
    emoji smallint,
    language text,
    instructions text DEFAULT ''::text NOT NULL,
    reasons jsonb DEFAULT '{}'::jsonb NOT NULL,
    version bigint NOT NULL,
    update_time timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT personas_directness_check CHECK (((directness >= '-2'::integer) AND (directness <= 2))),
    CONSTRAINT personas_emoji_check CHECK (((emoji >= '-2'::integer) AND (emoji <= 2))),
    CONSTRAINT personas_formality_check CHECK (((formality >= '-2'::integer) AND (formality <= 2))),
    CONSTRAINT personas_humour_check CHECK (((humour >= '-2'::integer) AND (humour <= 2))),
    CONSTRAINT personas_verbosity_check CHECK (((verbosity >= '-2'::integer) AND (verbosity <= 2))),
    CONSTRAINT personas_warmth_check CHECK (((warmth >= '-2'::integer) AND (warmth <= 2)))
);


ALTER TABLE public.personas OWNER TO conversation;

--
-- Name: procrastinate_events; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);


ALTER TABLE public.procrastinate_events OWNER TO conversation;

--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE; Schema: public; Owner: conversation
--

CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE public.procrastinate_events_id_seq OWNER TO conversation;

--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: conversation
--

ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE; Schema: public; Owner: conversation
--

CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNER TO conversation;

--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: conversation
--

ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;


--
-- Name: procrastinate_periodic_defers; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);


ALTER TABLE public.procrastinate_periodic_defers OWNER TO conversation;

--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE; Schema: public; Owner: conversation
--

CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNER TO conversation;

--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: conversation
--

ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;


--
-- Name: procrastinate_workers; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.procrastinate_workers OWNER TO conversation;

--
-- Name: procrastinate_workers_id_seq; Type: SEQUENCE; Schema: public; Owner: conversation
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
-- Name: relationships; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.relationships (
    guild_id text NOT NULL,
    user_id text NOT NULL,
    display_name text DEFAULT ''::text NOT NULL,
    nickname text DEFAULT ''::text NOT NULL,
    former_names text[] DEFAULT '{}'::text[] NOT NULL,
    names_time timestamp with time zone NOT NULL,
    first_seen_time timestamp with time zone NOT NULL,
    last_seen_time timestamp with time zone NOT NULL,
    turns bigint DEFAULT 0 NOT NULL,
    days bigint DEFAULT 0 NOT NULL,
    last_day date,
    topics jsonb DEFAULT '{}'::jsonb NOT NULL,
    line text DEFAULT ''::text NOT NULL,
    line_day date,
    version bigint DEFAULT 1 NOT NULL
);


ALTER TABLE public.relationships OWNER TO conversation;

--
-- Name: requests; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.requests (
    method text NOT NULL,
    request_id text NOT NULL,
    user_id text DEFAULT ''::text NOT NULL,
    payload_hash bytea NOT NULL,
    response bytea NOT NULL,
    create_time timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.requests OWNER TO conversation;

--
-- Name: schema_support; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.schema_support (
    one boolean DEFAULT true NOT NULL,
    works_with text NOT NULL,
    CONSTRAINT schema_support_one_check CHECK (one)
);


ALTER TABLE public.schema_support OWNER TO conversation;

--
-- Name: tombstones; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.tombstones (
    subject_hash bytea NOT NULL,
    before_time timestamp with time zone NOT NULL,
    opted_out boolean DEFAULT false NOT NULL
);


ALTER TABLE public.tombstones OWNER TO conversation;

--
-- Name: topics; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.topics (
    topic_id bigint NOT NULL,
    guild_id text NOT NULL,
    channel_id text NOT NULL,
    level smallint DEFAULT 1 NOT NULL,
    parent_id bigint,
    first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    start_time timestamp with time zone DEFAULT now() NOT NULL,
    end_time timestamp with time zone DEFAULT now() NOT NULL,
    message_count integer DEFAULT 0 NOT NULL,
    closed boolean DEFAULT false NOT NULL,
    centroid public.vector(384),
    summary text DEFAULT ''::text NOT NULL,
    summary_source text DEFAULT ''::text NOT NULL,
    summary_stale boolean DEFAULT false NOT NULL,
    summary_tries smallint DEFAULT 0 NOT NULL,
    summarized_at timestamp with time zone,
    CONSTRAINT topics_check CHECK ((last_sequence >= first_sequence)),
    CONSTRAINT topics_level_check CHECK ((level > 0)),
    CONSTRAINT topics_summary_source_check CHECK ((summary_source = ANY (ARRAY[''::text, 'model'::text, 'extractive'::text])))
);


ALTER TABLE public.topics OWNER TO conversation;

--
-- Name: topics_topic_id_seq; Type: SEQUENCE; Schema: public; Owner: conversation
--

ALTER TABLE public.topics ALTER COLUMN topic_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.topics_topic_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: turns; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.turns (
    turn_id text NOT NULL,
    message_id text NOT NULL,
    attempt integer NOT NULL,
    guild_id text NOT NULL,
    channel_id text NOT NULL,
    user_id text NOT NULL,
    user_name text DEFAULT ''::text NOT NULL,
    nickname text DEFAULT ''::text NOT NULL,
    channel_hidden boolean DEFAULT false NOT NULL,
    origin text DEFAULT ''::text NOT NULL,
    state smallint NOT NULL,
    fence bigint NOT NULL,
    accept_time timestamp with time zone DEFAULT now() NOT NULL,
    deadline_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    claimed_by text DEFAULT ''::text NOT NULL,
    end_time timestamp with time zone,
    model text DEFAULT ''::text NOT NULL,
    prompt_tokens bigint DEFAULT 0 NOT NULL,
    cached_prompt_tokens bigint DEFAULT 0 NOT NULL,
    completion_tokens bigint DEFAULT 0 NOT NULL,
    reasoning_tokens bigint DEFAULT 0 NOT NULL,
    images bigint DEFAULT 0 NOT NULL,
    truncated boolean DEFAULT false NOT NULL,
    account_id text DEFAULT ''::text NOT NULL,
    hold_id text DEFAULT ''::text NOT NULL,
    lease_id text DEFAULT ''::text NOT NULL,
    payload_hash bytea NOT NULL,
    counted boolean DEFAULT false NOT NULL,
    unkept boolean DEFAULT false NOT NULL,
    CONSTRAINT turns_state_check CHECK (((state >= 1) AND (state <= 5)))
);


ALTER TABLE public.turns OWNER TO conversation;

--
-- Name: user_activity; Type: TABLE; Schema: public; Owner: conversation
--

CREATE TABLE public.user_activity (
    guild_id text NOT NULL,
    user_id text NOT NULL,
    last_active_time timestamp with time zone DEFAULT now() NOT NULL,
    messages_since_extraction bigint DEFAULT 0 NOT NULL,
    last_summary_time timestamp with time zone,
    style_time timestamp with time zone
);


ALTER TABLE public.user_activity OWNER TO conversation;

--
-- Name: procrastinate_events id; Type: DEFAULT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);


--
-- Name: procrastinate_jobs id; Type: DEFAULT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);


--
-- Name: procrastinate_periodic_defers id; Type: DEFAULT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.alembic_version (version_num) FROM stdin;
0001
\.


--
-- Data for Name: background_usage; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.background_usage (guild_id, day, feature, calls, prompt_tokens, completion_tokens) FROM stdin;
guild-of-the-release	2026-11-27	summary	4	954	16
\.


--
-- Data for Name: blocks; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.blocks (subject, block_id, reason, create_time, expire_time) FROM stdin;
user:spammer	1	advertises boats	2026-11-27 16:05:21.186133+00	\N
\.


--
-- Data for Name: conversations; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.conversations (guild_id, channel_id, reset_sequence, reset_time) FROM stdin;
	channel-ada	18	2026-11-27 16:05:20.983921+00
\.


--
-- Data for Name: erased_places; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.erased_places (erasure_id, guild_id, channel_id) FROM stdin;
\.


--
-- Data for Name: erasures; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.erasures (erasure_id, request_hash, subject_hash, user_id, before_time, stage, walked, awaited, erased, begun_at, complete_time, backups_expire_time, receipt_hash) FROM stdin;
06dc5b02a37644709a7a35fea1e27d7f	\\x37af0f09e47fc5afc237c5f88eb8bb73778e6865430d3ba292c1b0ff8e47ed5a	\\x85262adf74518bbb70c7cb94cd6159d91669e5a81edf1efebd543eadbda9fa2b		2026-11-27 16:05:25.512311+00	7	\N	\N	{"credit.notes": 1, "memory.scopes": 1, "memory.memories": 1, "credit.operations": 2, "memory.operations": 1, "conversation.turns": 1, "conversation.fences": 1, "conversation.topics": 1, "credit.account_keys": 1, "credit.leased_turns": 0, "memory.forget_plans": 0, "memory.memory_terms": 6, "credit.usage_records": 1, "memory.memory_traits": 1, "conversation.messages": 2, "memory.embedded_scopes": 0, "memory.memory_versions": 0, "memory.forget_plan_items": 0, "memory.memory_embeddings": 1, "memory.observed_messages": 0, "memory.procrastinate_jobs": 0, "conversation.relationships": 1, "conversation.user_activity": 1, "conversation.procrastinate_jobs": 0}	2026-11-27 16:05:25.512997+00	2026-11-27 16:05:25.907011+00	2027-01-01 16:05:25.907011+00	f57ea9598713fbcf5b5c6b489ca0aa7571a2603bbcab1427ffa09e7f8d0ab103
\.


--
-- Data for Name: fences; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.fences (guild_id, user_id, fence) FROM stdin;
guild-of-the-release	ada	4
guild-of-the-release	bob	5
guild-of-the-release	mona	1
	ada	2
\.


--
-- Data for Name: guild_settings; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.guild_settings (guild_id, addressing_threshold, channel_context, extraction, rules, retention_days, summaries, preference_detection, writing_style, relationships, images, addressing_model, partial_responses, answered_channel_ids, allowed_channel_ids, ignored_channel_ids, ignored_user_ids, version, update_time) FROM stdin;
guild-of-the-release	0	t	t	Be kind to dragons	0	\N	\N	\N	\N	\N	\N	\N	{}	{}	{}	{troll}	3	2026-11-27 16:05:21.082616+00
\.


--
-- Data for Name: guild_settings_versions; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.guild_settings_versions (guild_id, version, addressing_threshold, channel_context, extraction, rules, retention_days, summaries, preference_detection, writing_style, relationships, images, addressing_model, partial_responses, answered_channel_ids, allowed_channel_ids, ignored_channel_ids, ignored_user_ids, update_time) FROM stdin;
guild-of-the-release	1	0	f	t	Be kind to dragons	0	\N	\N	\N	\N	\N	\N	\N	{}	{}	{}	{}	2026-11-27 16:05:21.009456+00
guild-of-the-release	2	0	t	t	Be kind to dragons	0	\N	\N	\N	\N	\N	\N	\N	{}	{}	{}	{}	2026-11-27 16:05:21.059786+00
guild-of-the-release	3	0	t	t	Be kind to dragons	0	\N	\N	\N	\N	\N	\N	\N	{}	{}	{}	{troll}	2026-11-27 16:05:21.082616+00
\.


--
-- Data for Name: message_embeddings; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.message_embeddings (guild_id, channel_id, sequence, model, embedding) FROM stdin;
guild-of-the-release	channel-guild-of-the-release	1	all-minilm-l6-v2-int8	[-0.020629883,-0.028884888,-0.044189453,-0.049316406,-0.117248535,-0.08135986,0.06561279,-0.013725281,0.041900635,-0.013420105,0.028289795,-0.030166626,0.020690918,-0.06222534,-0.03765869,-0.0022449493,0.08050537,-0.02041626,-0.0036010742,0.022903442,-0.035614014,0.028182983,0.046905518,0.019897461,-0.062805176,-0.008255005,-0.0023078918,0.011024475,-0.012626648,0.0051231384,-0.052490234,0.043395996,-0.03060913,0.0340271,0.0107803345,0.05682373,-0.062927246,-0.011230469,0.012489319,-0.047729492,-0.07684326,0.061645508,-0.0050582886,0.00090932846,-0.07763672,-0.0022716522,-0.05441284,0.0045204163,-0.05682373,0.06347656,-0.008079529,-0.105285645,-0.020935059,0.043792725,0.09136963,0.070617676,0.03616333,-0.02935791,0.04196167,0.15881348,-0.06903076,0.045715332,0.0362854,-0.02609253,-0.074523926,0.039855957,-0.0076141357,-0.0046195984,-0.06149292,-0.07745361,-0.035491943,0.054016113,0.12634277,0.057037354,-0.07543945,0.042938232,0.028427124,0.010246277,-0.00029349327,0.10089111,-0.073791504,0.011558533,0.0034484863,-0.027450562,0.06329346,0.047607422,-0.027740479,-0.024902344,-0.06463623,-0.06707764,-0.06817627,-0.022720337,0.060546875,-0.00063848495,-0.05722046,-0.074157715,0.053894043,-0.061187744,-0.093444824,0.017532349,-0.07293701,0.05014038,0.044433594,-0.011177063,-0.018035889,0.022460938,0.05380249,0.007007599,-0.007537842,0.020462036,0.019821167,-0.08459473,-0.012191772,-0.023101807,0.009780884,-0.046569824,0.03062439,0.047058105,-0.02243042,-0.05618286,0.053466797,0.10461426,-0.011802673,-0.005104065,0.09057617,0.04559326,-0.018157959,-0,0.040618896,0.06222534,0.03173828,0.09637451,0.040893555,0.001408577,-0.028198242,0.078186035,-0.06542969,0.0014762878,0.015060425,-0.07116699,-0.079833984,-0.010765076,0.02218628,0.06347656,-0.056396484,-0.06555176,0.011428833,0.09527588,0.056030273,0.05621338,0.02204895,0.01737976,-0.05984497,-0.00642395,-0.016967773,-0.048431396,0.035217285,0.050720215,0.044647217,-0.11407471,0.020309448,-0.011627197,0.07110596,-0.08300781,0.027038574,-0.034851074,-0.0982666,0.06298828,-0.0093307495,-0.0010156631,-0.04864502,-0.00028562546,-0.025970459,0.004501343,0.13256836,-0.07739258,-0.028289795,-0.059020996,-0.105651855,-0.023620605,0.0077438354,0.038970947,-0.092163086,-0.006477356,0.09844971,-0.017974854,-0.036315918,-0.013572693,-0.04473877,-5.066395e-06,0.017852783,0.07421875,-0.0067214966,0.07287598,0.042297363,-0.032989502,0.08105469,0.00095939636,0.006576538,-0.025299072,0.034698486,0.059295654,0.0052986145,0.037231445,-0.02394104,-0.007320404,-0.052978516,-0.08514404,0.0053138733,0.0031223297,-0.036712646,0.04925537,0.024871826,-0.068481445,-0.06161499,-0.028030396,-0.101257324,-0.081848145,0.006416321,0.019546509,0.087646484,-0.0859375,-0.07885742,0,0.01374054,-0.06903076,0.07342529,-0.061645508,0.10241699,-0.03466797,-0.034942627,0.06427002,-0.0005249977,-0.025650024,-0.05456543,0.05029297,-0.030776978,-0.0077438354,0.09307861,0.074035645,0.020187378,0.016998291,0.06756592,-0.09259033,-0.032348633,0.009437561,-0.068359375,-0.009925842,0.0904541,0.013977051,0.062286377,0.022277832,0.08331299,0.00070762634,-0.0770874,-0.035369873,0.0519104,-0.09442139,0.039642334,0.04977417,-0.05709839,-0.066467285,-0.03942871,-0.043914795,-0.0023422241,-0.03982544,0.0017871857,0.03515625,-0.028076172,-0.04272461,-0.018447876,0.0690918,0.06298828,0.025054932,-0.04534912,-0.066833496,-0.020202637,-0.04800415,0.04345703,-0.027526855,0.07141113,-0.05923462,-0.0045280457,0.06225586,0.059783936,0.0043182373,-0.041290283,0.097473145,-0.035186768,0.037902832,-0.051452637,-0.024475098,-0.016311646,-0.020996094,0.008041382,0.029373169,-0.06097412,0.04812622,-0.047424316,-0.013954163,-0.039123535,0.00089120865,0.041137695,0.043792725,-0.028442383,0.0043907166,0.02758789,0.07507324,0.06427002,-0.041259766,0.00178051,0.06677246,-0.0057029724,-0.033081055,0.04586792,0.08312988,0.05343628,-0.019805908,-0.07720947,-0,0.07171631,0.026290894,0.02508545,-0.0597229,0.020523071,0.059051514,0.058624268,0.012779236,-0.04421997,0.019836426,0.023544312,0.074645996,-0.012054443,0.06677246,0.0597229,0.013748169,0.08734131,0.025604248,-0.0013923645,0.04840088,0.01889038,-0.027008057,0.05996704,-0.09088135,-0.10449219,-0.082092285,0.012641907,-0.00982666,-0.048675537,-0.019073486,-0.002696991,0.090026855,-0.0074691772,0.03552246,-0.06488037,0.0041236877,0.011436462,-0.01966858,-0.04949951,0.022598267,0.019744873,0.02507019,0.064941406,0.014328003,-0.009048462,0.034973145,0.08795166,-0.11578369,0.075683594,-0.0054244995,-0.019317627,0.018630981,-0.035339355,0.070739746,0.04815674,-0.028717041,-0.028121948,0.02696228,0.009033203,-0.015510559,0.0736084,-0.002603531,0.03265381,0.018081665]
guild-of-the-release	channel-guild-of-the-release	2	all-minilm-l6-v2-int8	[-0.020629883,-0.028884888,-0.044189453,-0.049316406,-0.117248535,-0.08135986,0.06561279,-0.013725281,0.041900635,-0.013420105,0.028289795,-0.030166626,0.020690918,-0.06222534,-0.03765869,-0.0022449493,0.08050537,-0.02041626,-0.0036010742,0.022903442,-0.035614014,0.028182983,0.046905518,0.019897461,-0.062805176,-0.008255005,-0.0023078918,0.011024475,-0.012626648,0.0051231384,-0.052490234,0.043395996,-0.03060913,0.0340271,0.0107803345,0.05682373,-0.062927246,-0.011230469,0.012489319,-0.047729492,-0.07684326,0.061645508,-0.0050582886,0.00090932846,-0.07763672,-0.0022716522,-0.05441284,0.0045204163,-0.05682373,0.06347656,-0.008079529,-0.105285645,-0.020935059,0.043792725,0.09136963,0.070617676,0.03616333,-0.02935791,0.04196167,0.15881348,-0.06903076,0.045715332,0.0362854,-0.02609253,-0.074523926,0.039855957,-0.0076141357,-0.0046195984,-0.06149292,-0.07745361,-0.035491943,0.054016113,0.12634277,0.057037354,-0.07543945,0.042938232,0.028427124,0.010246277,-0.00029349327,0.10089111,-0.073791504,0.011558533,0.0034484863,-0.027450562,0.06329346,0.047607422,-0.027740479,-0.024902344,-0.06463623,-0.06707764,-0.06817627,-0.022720337,0.060546875,-0.00063848495,-0.05722046,-0.074157715,0.053894043,-0.061187744,-0.093444824,0.017532349,-0.07293701,0.05014038,0.044433594,-0.011177063,-0.018035889,0.022460938,0.05380249,0.007007599,-0.007537842,0.020462036,0.019821167,-0.08459473,-0.012191772,-0.023101807,0.009780884,-0.046569824,0.03062439,0.047058105,-0.02243042,-0.05618286,0.053466797,0.10461426,-0.011802673,-0.005104065,0.09057617,0.04559326,-0.018157959,-0,0.040618896,0.06222534,0.03173828,0.09637451,0.040893555,0.001408577,-0.028198242,0.078186035,-0.06542969,0.0014762878,0.015060425,-0.07116699,-0.079833984,-0.010765076,0.02218628,0.06347656,-0.056396484,-0.06555176,0.011428833,0.09527588,0.056030273,0.05621338,0.02204895,0.01737976,-0.05984497,-0.00642395,-0.016967773,-0.048431396,0.035217285,0.050720215,0.044647217,-0.11407471,0.020309448,-0.011627197,0.07110596,-0.08300781,0.027038574,-0.034851074,-0.0982666,0.06298828,-0.0093307495,-0.0010156631,-0.04864502,-0.00028562546,-0.025970459,0.004501343,0.13256836,-0.07739258,-0.028289795,-0.059020996,-0.105651855,-0.023620605,0.0077438354,0.038970947,-0.092163086,-0.006477356,0.09844971,-0.017974854,-0.036315918,-0.013572693,-0.04473877,-5.066395e-06,0.017852783,0.07421875,-0.0067214966,0.07287598,0.042297363,-0.032989502,0.08105469,0.00095939636,0.006576538,-0.025299072,0.034698486,0.059295654,0.0052986145,0.037231445,-0.02394104,-0.007320404,-0.052978516,-0.08514404,0.0053138733,0.0031223297,-0.036712646,0.04925537,0.024871826,-0.068481445,-0.06161499,-0.028030396,-0.101257324,-0.081848145,0.006416321,0.019546509,0.087646484,-0.0859375,-0.07885742,0,0.01374054,-0.06903076,0.07342529,-0.061645508,0.10241699,-0.03466797,-0.034942627,0.06427002,-0.0005249977,-0.025650024,-0.05456543,0.05029297,-0.030776978,-0.0077438354,0.09307861,0.074035645,0.020187378,0.016998291,0.06756592,-0.09259033,-0.032348633,0.009437561,-0.068359375,-0.009925842,0.0904541,0.013977051,0.062286377,0.022277832,0.08331299,0.00070762634,-0.0770874,-0.035369873,0.0519104,-0.09442139,0.039642334,0.04977417,-0.05709839,-0.066467285,-0.03942871,-0.043914795,-0.0023422241,-0.03982544,0.0017871857,0.03515625,-0.028076172,-0.04272461,-0.018447876,0.0690918,0.06298828,0.025054932,-0.04534912,-0.066833496,-0.020202637,-0.04800415,0.04345703,-0.027526855,0.07141113,-0.05923462,-0.0045280457,0.06225586,0.059783936,0.0043182373,-0.041290283,0.097473145,-0.035186768,0.037902832,-0.051452637,-0.024475098,-0.016311646,-0.020996094,0.008041382,0.029373169,-0.06097412,0.04812622,-0.047424316,-0.013954163,-0.039123535,0.00089120865,0.041137695,0.043792725,-0.028442383,0.0043907166,0.02758789,0.07507324,0.06427002,-0.041259766,0.00178051,0.06677246,-0.0057029724,-0.033081055,0.04586792,0.08312988,0.05343628,-0.019805908,-0.07720947,-0,0.07171631,0.026290894,0.02508545,-0.0597229,0.020523071,0.059051514,0.058624268,0.012779236,-0.04421997,0.019836426,0.023544312,0.074645996,-0.012054443,0.06677246,0.0597229,0.013748169,0.08734131,0.025604248,-0.0013923645,0.04840088,0.01889038,-0.027008057,0.05996704,-0.09088135,-0.10449219,-0.082092285,0.012641907,-0.00982666,-0.048675537,-0.019073486,-0.002696991,0.090026855,-0.0074691772,0.03552246,-0.06488037,0.0041236877,0.011436462,-0.01966858,-0.04949951,0.022598267,0.019744873,0.02507019,0.064941406,0.014328003,-0.009048462,0.034973145,0.08795166,-0.11578369,0.075683594,-0.0054244995,-0.019317627,0.018630981,-0.035339355,0.070739746,0.04815674,-0.028717041,-0.028121948,0.02696228,0.009033203,-0.015510559,0.0736084,-0.002603531,0.03265381,0.018081665]
guild-of-the-release	channel-guild-of-the-release	3	all-minilm-l6-v2-int8	[0.0057144165,0.022979736,-0.053619385,-0.03250122,-0.03338623,-0.060272217,0.00497818,0.027816772,-0.03994751,-0.02406311,0.055267334,-0.03756714,-0.05303955,-0.025146484,-0.033447266,0.016281128,0.09515381,-0.066101074,0.058135986,0.012214661,-0.0052108765,0.053649902,0.0016851425,-0.025756836,-0.07128906,0.034851074,0.027633667,0.045806885,-0.04611206,-0.021011353,-0.06768799,0.058776855,-0.061035156,0.020736694,-0.0052757263,0.0077400208,0.005382538,-0.07110596,0.02067566,-0.032836914,-0.07305908,0.038146973,-0.0096588135,0.041931152,-0.059173584,-0.013153076,-0.026046753,0.00289917,0.015716553,0.056884766,-0.030395508,-0.14257812,-0.055786133,-0.002811432,0.052978516,0.03842163,-0.06384277,-0.030151367,0.054718018,0.091308594,-0.024108887,0.07745361,0.008628845,0.00868988,-0.004802704,-0.03189087,-0.055541992,-0.017456055,-0.03314209,-0.08581543,0.017044067,0.054016113,0.07208252,-0.048187256,-0.092041016,-0.040618896,0.040924072,-0.051116943,0.011520386,0.046844482,-0.0692749,0.019058228,0.0014591217,-0.0010519028,0.037078857,0.092041016,-0.008903503,-0.014526367,-0.0524292,-0.020767212,-0.061798096,-0.031402588,0.0021877289,-0.014022827,-0.08306885,0.022003174,-0.025726318,-0.017166138,-0.048095703,-0.0006432533,0.008506775,0.06011963,0.05886841,0.0011692047,-0.017242432,0.015075684,0.06237793,0.039611816,0.03756714,-0.0058288574,-0.026290894,-0.05154419,0.008522034,0.0075416565,-0.062805176,-0.036895752,-0.002817154,0.034362793,-0.014701843,-0.023513794,0.07879639,-0.00091171265,0.09631348,0.035186768,0.03741455,0.06335449,-0.01537323,-0,0.03945923,0.03933716,0.0045547485,0.036071777,0.10736084,0.024505615,-0.015419006,0.055603027,-0.05328369,0.076293945,-0.059814453,-0.052734375,-0.08831787,0.014259338,0.03933716,0.025253296,-0.040863037,-0.07977295,-0.10333252,0.027023315,0.08795166,0.07556152,0.008773804,-0.042297363,-0.03869629,0.0014228821,-0.010765076,-0.011390686,0.011917114,0.075927734,0.00894928,-0.12597656,-0.02041626,-0.013259888,0.06585693,-0.070129395,0.031433105,-0.051452637,-0.14221191,0.005004883,-0.04724121,0.0027313232,-0.06750488,0.09185791,-0.03652954,-0.010322571,0.13928223,-0.0048713684,0.026947021,-0.027313232,-0.0635376,-0.01727295,-0.040649414,0.02458191,-0.07281494,0.047546387,0.09399414,0.017486572,-0.0023384094,-0.022949219,-0.05380249,0.016693115,0.06286621,0.030197144,0.041534424,0.13330078,0.041534424,-0.059906006,0.080444336,-0.03390503,-0.009155273,-0.036712646,0.076171875,0.032928467,0.0259552,0.027404785,0.0076828003,-0.014656067,-0.017593384,-0.06866455,-0.077819824,0.030578613,-0.058654785,0.13000488,0.013458252,-0.07513428,-0.022109985,-0.026870728,-0.039886475,-0.054718018,-0.050567627,0.056121826,0.07904053,-0.12597656,-0.009437561,0,0.01398468,-0.08300781,0.03704834,-0.036071777,0.09161377,-0.045898438,0.022613525,0.036712646,0.041534424,-0.0018253326,-0.08251953,0.03778076,-0.022705078,0.030578613,0.095825195,0.10333252,0.03744507,-0.00894928,0.04650879,-0.050872803,-0.005493164,0.020645142,0.016708374,0.029129028,0.07281494,0.072631836,0.103637695,-0.08154297,-0.015586853,-0.029373169,-0.08135986,0.0045433044,0.105529785,-0.028305054,-0.06298828,0.06994629,0.0051612854,-0.05001831,-0.068359375,0.033081055,0.02949524,-0.06738281,0.0044517517,0.088134766,-0.048706055,-0.0038108826,-0.020370483,0.099731445,0.055786133,0.04638672,-0.029464722,-0.055023193,0.008399963,-0.011108398,0.068725586,-0.04196167,0.0362854,-0.059753418,0.006855011,0.044433594,0.0524292,-0.024261475,-0.0960083,0.103759766,-0.019073486,0.03250122,0.023208618,-0.014862061,-0.05227661,-0.029266357,-0.0058784485,-0.0026416779,-0.020401001,0.04284668,0.004295349,-0.017105103,-0.005630493,0.05078125,0.105041504,0.048614502,-0.015823364,-0.026885986,0.009300232,0.06311035,0.09857178,-0.054718018,-0.030380249,0.0018453598,0.043304443,-0.069885254,0.028381348,0.07739258,-0.042633057,-0.053588867,-0.044036865,-0,0.06958008,0.036895752,0.0473938,-0.054107666,0.013160706,-0.016967773,0.01222229,0.063964844,-0.07928467,-0.017593384,-0.0051612854,0.053863525,-0.046325684,0.026153564,0.04824829,0.034698486,0.048828125,-0.02432251,-0.058746338,0.03555298,0.015266418,-0.009681702,0.046569824,-0.07861328,-0.13024902,-0.044769287,-0.025161743,-0.0018386841,0.002702713,-0.056518555,0.015304565,0.10461426,-0.044555664,0.010971069,-0.052520752,-0.023971558,-0.052001953,0.013534546,-0.05557251,0.014312744,-0.015434265,0.030563354,0.024017334,0.034973145,0.018753052,0.055236816,0.10430908,-0.107666016,0.026748657,-0.03164673,-0.048583984,-0.06222534,0.0007352829,0.08251953,0.02507019,0.009643555,-0.015586853,-0.011642456,-0.08758545,0.030944824,0.053131104,-0.019424438,-0.018844604,0.06274414]
guild-of-the-release	channel-guild-of-the-release	4	all-minilm-l6-v2-int8	[-0.060577393,0.010864258,-0.013053894,-0.0032424927,-0.12792969,0.027191162,0.036010742,-0.061767578,-0.03314209,0.0047836304,0.054840088,0.117370605,-0.038024902,0.10223389,0.14404297,0.018615723,0.0848999,0.0859375,0.05343628,0.08972168,-0.041503906,0.05380249,0.09197998,-0.07336426,-0.018325806,-0.07385254,-0.0023994446,0.027420044,0.011077881,-0.036102295,-0.045440674,-0.003993988,0.0075263977,-0.016052246,-0.012435913,0.05178833,0.044647217,-0.017578125,0.037597656,0.006980896,0.06286621,-0.04144287,0.018463135,0.00054883957,-0.046020508,0.06951904,0.011924744,-0.04083252,0.018066406,0.013839722,0.08654785,-0.0052375793,0.09326172,0.03942871,0.051086426,0.028564453,-0.028808594,-0.074279785,-0.008178711,0.016220093,-0.00029706955,0.06378174,-0.05795288,0.15258789,0.049468994,-0.017913818,-0.054840088,-0.014053345,-0.01928711,0.04345703,-0.0021381378,0.070007324,0.072631836,0.008033752,-0.055877686,-0.011741638,-0.0071868896,-0.031799316,-0.060668945,0.019607544,-0.044525146,-0.07141113,0.0077781677,-0.017654419,-0.13867188,-0.06732178,0.05441284,-0.09063721,-0.031463623,0.002500534,-0.080566406,0.07800293,-0.04208374,-0.041778564,-0.03173828,-0.059509277,-0.015670776,-0.043884277,-0.04119873,-0.019851685,-0.004524231,0.08770752,-0.042663574,-0.011062622,-0.06774902,0.0031700134,-0.09509277,0.048461914,0.0069007874,-0.04473877,-0.056884766,0.00013494492,0.008728027,-0.0052948,0.074279785,0.030654907,-0.04421997,0.005302429,0.086364746,-0.032836914,0.054595947,-0.028518677,0.07910156,-0.0051841736,0.024765015,-0.19470215,0.07611084,-0,-0.0028362274,0.036102295,0.06573486,0.038513184,0.009895325,0.08251953,-0.0018491745,-0.020996094,-0.0054473877,-0.06100464,-0.045043945,0.027694702,0.0109939575,0.006111145,-0.018692017,-0.003660202,0.048431396,0.035583496,-0.069885254,-0.011833191,0.011978149,-0.0082092285,-0.003370285,-0.0077590942,-0.035461426,-0.06762695,0.04727173,-0.057647705,0.056793213,0.01335144,-0.020980835,0.009147644,-0.07550049,-0.02218628,7.581711e-05,0.0725708,-0.087524414,0.047027588,-0.028198242,0.048217773,0.005886078,-0.008628845,-0.054840088,0.048675537,-0.060638428,-0.007965088,0.045715332,0.0059013367,-0.08270264,-0.019927979,-0.021270752,0.032348633,0.023361206,-0.0062561035,0.0146865845,0.08581543,0.03527832,-0.010643005,0.026565552,-0.047821045,-0.038482666,0.0058250427,-0.026901245,-0.021560669,-0.07330322,0.06185913,0.042297363,0.02809143,-0.014511108,-0.021133423,-0.036834717,0.04510498,0.008079529,-0.0020923615,-0.064453125,-0.044189453,0.04510498,-0.053222656,0.07574463,-0.02230835,0.06011963,-0.03463745,-0.027450562,-0.00831604,0.09729004,-0.016555786,0.04159546,-0.10736084,0.051818848,-0.013542175,-0.052368164,-0.016952515,0.044006348,-0.09039307,-0.08294678,0,-0.014099121,-0.06542969,-0.015235901,0.049316406,0.016326904,0.04827881,-0.034088135,-0.03781128,-0.0982666,0.09631348,-0.02848816,-0.014930725,-0.0418396,-0.015792847,-0.014167786,-0.021438599,0.0045318604,0.051696777,-0.036956787,-0.0008659363,-0.014579773,0.052612305,-0.003282547,-0.05456543,-0.06958008,0.06915283,0.017440796,-0.0011234283,-0.0725708,0.028564453,0.073913574,-0.009277344,-0.107788086,-0.03338623,0.0055007935,0.02355957,0.09631348,0.026153564,0.018600464,0.044189453,-0.03289795,0.0071868896,0.00054597855,0.17944336,0.022232056,3.0398369e-05,0.036010742,0.00157547,-0.033721924,0.044158936,-0.0038394928,0.0046844482,-0.029037476,-0.11254883,0.027008057,-0.06750488,-0.036621094,-0.0368042,0.02583313,-0.095458984,-0.12036133,0.02810669,0.006038666,-0.012481689,0.09259033,-0.026550293,0.0029945374,0.023834229,-0.01727295,0.028778076,0.01474762,-0.0368042,-0.049102783,0.08074951,0.023971558,-0.07507324,0.07635498,-0.12310791,0.016677856,-0.030227661,-0.023117065,-0.02279663,0.06384277,-0.051696777,-0.0038394928,-0.0043182373,-0.04812622,-0.07684326,-0.045135498,-0.021392822,-0.035858154,0.056854248,0.024505615,-0.060760498,0.03390503,-0,-0.023849487,0.023468018,0.0058288574,0.039855957,-0.010498047,0.0446167,0.061553955,0.015068054,-0.009147644,0.05493164,0.049072266,0.011405945,0.05999756,0.093811035,0.04586792,0.018218994,0.117370605,0.032073975,-0.06878662,0.035614014,0.0715332,0.04736328,0.018951416,0.0357666,-0.05319214,0.014144897,0.009712219,0.005836487,0.032928467,0.00047302246,0.032989502,-0.015205383,-0.04083252,0.015556335,0.07739258,-0.14782715,-0.04864502,-0.028625488,-0.017288208,-0.03378296,0.007171631,0.034301758,0.015434265,0.044677734,-0.026046753,-0.042114258,0.05319214,-0.055236816,-0.0031166077,0.02368164,-0.019210815,0.06549072,0.020523071,0.014968872,0.046051025,0.0126571655,0.010368347,-0.037628174,-0.021408081,0.032989502,0.012321472,-0.06124878,0.12939453,-0.04663086]
guild-of-the-release	channel-guild-of-the-release	5	all-minilm-l6-v2-int8	[-0.026306152,0.028701782,-0.037475586,-0.051879883,0.021408081,0.033935547,0.024307251,-0.097717285,0.026992798,0.044647217,0.055755615,-0.08526611,-0.050079346,-0.019927979,0.03881836,0.08087158,0.006969452,0.054595947,-0.030197144,0.015457153,0.037200928,0.14831543,-0.047332764,-0.004245758,-0.047912598,0.011520386,-0.0035915375,0.028961182,-0.0287323,-0.033081055,0.009155273,0.1505127,0.0028190613,0.0105896,-0.017868042,0.08618164,-0.035949707,-0.068359375,0.03994751,0.08068848,-0.076538086,-0.020050049,0.10839844,0.06970215,0.0017337799,-0.06536865,0.056610107,0.0009255409,0.060455322,-0.041625977,0.008758545,-0.024841309,-0.10272217,-0.06896973,-0.07824707,0.0031661987,-0.08618164,0.0395813,0.019989014,-0.008995056,0.04953003,0.040374756,0.0052261353,-0.022277832,0.011985779,0.002111435,-0.05960083,0.09893799,0.0010576248,-0.008224487,0.0146102905,0.016845703,-0.015571594,0.06573486,-0.13330078,-0.034729004,-0.06628418,-0.059387207,-0.022109985,-0.0027656555,-0.0541687,0.062072754,-0.044769287,0.05078125,0.110839844,0.03918457,0.040863037,0.050598145,-0.02230835,0.020202637,0.015083313,-0.06591797,0.019348145,0.005027771,-0.059661865,0.055480957,0.022521973,-0.110961914,-0.10308838,-0.03062439,0.046539307,-0.0020828247,-0.003616333,-0.05105591,0.032165527,-0.014175415,-0.061950684,-0.012939453,0.030670166,-0.023162842,-0.12854004,-0.032073975,-0.09667969,0.03668213,-0.0013685226,0.05859375,0.06451416,-0.099609375,0.028900146,0.010681152,0.0006532669,-0.02268982,0.008255005,0.056152344,-0.040893555,0.06542969,0.014892578,-0,0.035217285,-0.0022735596,-0.011978149,0.061706543,0.07147217,-0.083618164,0.04321289,-0.078186035,-0.032836914,-0.042999268,-0.09173584,0.022659302,-0.054382324,0.022384644,0.013282776,-0.052093506,-0.005241394,-0.049926758,-0.02507019,-0.0234375,-0.0087509155,0.0015544891,-0.019332886,-0.012031555,0.025756836,-0.11627197,0.107543945,-0.08905029,0.008514404,0.03466797,0.04107666,-0.08050537,0.02456665,0.01133728,0.025543213,0.0013360977,-0.053344727,-0.0060424805,0.018356323,0.02659607,0.03466797,0.03756714,0.057250977,-0.012763977,0.06677246,-0.008132935,0.06695557,0.04800415,0.02281189,-0.01449585,0.039245605,0.015090942,0.009986877,0.026977539,-0.014007568,0.025802612,0.08258057,0.06829834,-0.038208008,0.048858643,-0.080200195,0.046295166,-0.007858276,0.04324341,0.0546875,0.08959961,-0.049987793,0.0017776489,-0.023498535,-0.051239014,0.016952515,-0.016555786,0.079956055,0.044891357,-0.014007568,0.0569458,0.019454956,-0.024917603,-0.09564209,0.047912598,0.068603516,0.029205322,-0.074645996,0.072509766,-0.0317688,0.0011062622,-0.008781433,0.06878662,0.0015563965,-0.031036377,-0.019515991,-0.014770508,0.09362793,-0.17089844,-0.10620117,0,-0.007133484,-0.025604248,0.040771484,0.08569336,0.056884766,-0.024887085,0.02456665,-0.016708374,0.048950195,0.053222656,-0.13110352,0.010505676,0.10662842,-0.03201294,0.022842407,-0.029434204,0.01828003,0.09802246,0.028442383,0.036102295,-0.05923462,0.039215088,0.081970215,0.039855957,-0.037750244,0.0031852722,0.047821045,0.000705719,-0.10229492,-0.023040771,-0.008453369,0.032592773,-0.044891357,-0.087402344,-0.0859375,-0.0446167,-0.035308838,-0.081604004,0.012512207,0.10638428,-0.01852417,-0.041625977,0.049804688,0.05166626,-0.015060425,-0.054656982,-0.0072669983,0.04244995,-0.016342163,-0.0028438568,-0.025512695,0.00856781,0.031234741,-0.0033683777,0.09185791,-0.09289551,-0.03475952,0.060180664,0.0073890686,-0.011703491,-0.016479492,0.0013875961,-0.0011148453,-0.009651184,-0.004764557,0.04333496,0.011962891,0.07495117,-0.051208496,0.049957275,0.022109985,0.021026611,0.032104492,0.04675293,0.008155823,-0.06329346,-0.004447937,0.018310547,0.007881165,0.009178162,-0.03643799,0.013969421,-0.021102905,-0.039764404,0.037872314,-0.070617676,0.014045715,-0.0024299622,0.04458618,-0.012176514,-0.061523438,-0.016952515,-0.101867676,-0.011772156,0.070007324,-0,0.055877686,-0.01713562,0.018936157,0.03387451,-0.035949707,-0.07739258,0.06781006,0.058746338,0.046844482,-0.055114746,-0.01461792,0.015167236,0.029067993,0.0031929016,-0.017150879,-0.07727051,0.08984375,-0.029067993,-0.040130615,0.0036239624,0.037750244,0.040802002,-0.012763977,-0.010391235,-0.0082092285,0.01675415,0.038238525,-0.04840088,0.08892822,0.056518555,0.05117798,-0.026031494,-0.050933838,0.014213562,-0.112854004,-0.078186035,-0.044525146,0.013633728,-0.027175903,-0.012580872,-0.06567383,0.06378174,0.029251099,0.016906738,-0.0569458,0.04849243,0.0024585724,0.027954102,-0.040771484,-0.02229309,0.009338379,-0.029647827,0.06976318,-0.040374756,0.043762207,0.09094238,-0.0032176971,-0.0046157837,-0.046142578,0.064819336,-0.11730957,0.0074920654,-0.028884888,0.029403687]
guild-of-the-release	channel-guild-of-the-release	6	all-minilm-l6-v2-int8	[-0.026306152,0.028701782,-0.037475586,-0.051879883,0.021408081,0.033935547,0.024307251,-0.097717285,0.026992798,0.044647217,0.055755615,-0.08526611,-0.050079346,-0.019927979,0.03881836,0.08087158,0.006969452,0.054595947,-0.030197144,0.015457153,0.037200928,0.14831543,-0.047332764,-0.004245758,-0.047912598,0.011520386,-0.0035915375,0.028961182,-0.0287323,-0.033081055,0.009155273,0.1505127,0.0028190613,0.0105896,-0.017868042,0.08618164,-0.035949707,-0.068359375,0.03994751,0.08068848,-0.076538086,-0.020050049,0.10839844,0.06970215,0.0017337799,-0.06536865,0.056610107,0.0009255409,0.060455322,-0.041625977,0.008758545,-0.024841309,-0.10272217,-0.06896973,-0.07824707,0.0031661987,-0.08618164,0.0395813,0.019989014,-0.008995056,0.04953003,0.040374756,0.0052261353,-0.022277832,0.011985779,0.002111435,-0.05960083,0.09893799,0.0010576248,-0.008224487,0.0146102905,0.016845703,-0.015571594,0.06573486,-0.13330078,-0.034729004,-0.06628418,-0.059387207,-0.022109985,-0.0027656555,-0.0541687,0.062072754,-0.044769287,0.05078125,0.110839844,0.03918457,0.040863037,0.050598145,-0.02230835,0.020202637,0.015083313,-0.06591797,0.019348145,0.005027771,-0.059661865,0.055480957,0.022521973,-0.110961914,-0.10308838,-0.03062439,0.046539307,-0.0020828247,-0.003616333,-0.05105591,0.032165527,-0.014175415,-0.061950684,-0.012939453,0.030670166,-0.023162842,-0.12854004,-0.032073975,-0.09667969,0.03668213,-0.0013685226,0.05859375,0.06451416,-0.099609375,0.028900146,0.010681152,0.0006532669,-0.02268982,0.008255005,0.056152344,-0.040893555,0.06542969,0.014892578,-0,0.035217285,-0.0022735596,-0.011978149,0.061706543,0.07147217,-0.083618164,0.04321289,-0.078186035,-0.032836914,-0.042999268,-0.09173584,0.022659302,-0.054382324,0.022384644,0.013282776,-0.052093506,-0.005241394,-0.049926758,-0.02507019,-0.0234375,-0.0087509155,0.0015544891,-0.019332886,-0.012031555,0.025756836,-0.11627197,0.107543945,-0.08905029,0.008514404,0.03466797,0.04107666,-0.08050537,0.02456665,0.01133728,0.025543213,0.0013360977,-0.053344727,-0.0060424805,0.018356323,0.02659607,0.03466797,0.03756714,0.057250977,-0.012763977,0.06677246,-0.008132935,0.06695557,0.04800415,0.02281189,-0.01449585,0.039245605,0.015090942,0.009986877,0.026977539,-0.014007568,0.025802612,0.08258057,0.06829834,-0.038208008,0.048858643,-0.080200195,0.046295166,-0.007858276,0.04324341,0.0546875,0.08959961,-0.049987793,0.0017776489,-0.023498535,-0.051239014,0.016952515,-0.016555786,0.079956055,0.044891357,-0.014007568,0.0569458,0.019454956,-0.024917603,-0.09564209,0.047912598,0.068603516,0.029205322,-0.074645996,0.072509766,-0.0317688,0.0011062622,-0.008781433,0.06878662,0.0015563965,-0.031036377,-0.019515991,-0.014770508,0.09362793,-0.17089844,-0.10620117,0,-0.007133484,-0.025604248,0.040771484,0.08569336,0.056884766,-0.024887085,0.02456665,-0.016708374,0.048950195,0.053222656,-0.13110352,0.010505676,0.10662842,-0.03201294,0.022842407,-0.029434204,0.01828003,0.09802246,0.028442383,0.036102295,-0.05923462,0.039215088,0.081970215,0.039855957,-0.037750244,0.0031852722,0.047821045,0.000705719,-0.10229492,-0.023040771,-0.008453369,0.032592773,-0.044891357,-0.087402344,-0.0859375,-0.0446167,-0.035308838,-0.081604004,0.012512207,0.10638428,-0.01852417,-0.041625977,0.049804688,0.05166626,-0.015060425,-0.054656982,-0.0072669983,0.04244995,-0.016342163,-0.0028438568,-0.025512695,0.00856781,0.031234741,-0.0033683777,0.09185791,-0.09289551,-0.03475952,0.060180664,0.0073890686,-0.011703491,-0.016479492,0.0013875961,-0.0011148453,-0.009651184,-0.004764557,0.04333496,0.011962891,0.07495117,-0.051208496,0.049957275,0.022109985,0.021026611,0.032104492,0.04675293,0.008155823,-0.06329346,-0.004447937,0.018310547,0.007881165,0.009178162,-0.03643799,0.013969421,-0.021102905,-0.039764404,0.037872314,-0.070617676,0.014045715,-0.0024299622,0.04458618,-0.012176514,-0.061523438,-0.016952515,-0.101867676,-0.011772156,0.070007324,-0,0.055877686,-0.01713562,0.018936157,0.03387451,-0.035949707,-0.07739258,0.06781006,0.058746338,0.046844482,-0.055114746,-0.01461792,0.015167236,0.029067993,0.0031929016,-0.017150879,-0.07727051,0.08984375,-0.029067993,-0.040130615,0.0036239624,0.037750244,0.040802002,-0.012763977,-0.010391235,-0.0082092285,0.01675415,0.038238525,-0.04840088,0.08892822,0.056518555,0.05117798,-0.026031494,-0.050933838,0.014213562,-0.112854004,-0.078186035,-0.044525146,0.013633728,-0.027175903,-0.012580872,-0.06567383,0.06378174,0.029251099,0.016906738,-0.0569458,0.04849243,0.0024585724,0.027954102,-0.040771484,-0.02229309,0.009338379,-0.029647827,0.06976318,-0.040374756,0.043762207,0.09094238,-0.0032176971,-0.0046157837,-0.046142578,0.064819336,-0.11730957,0.0074920654,-0.028884888,0.029403687]
guild-of-the-release	channel-guild-of-the-release	7	all-minilm-l6-v2-int8	[-0.026412964,0.011299133,-0.02470398,-0.01184082,0.08380127,0.0036239624,0.009086609,-0.04925537,-0.01474762,0.026000977,0.045288086,-0.06500244,-0.09649658,0.00014996529,-0.0016298294,0.09051514,0.02949524,0.03173828,-0.02015686,0.027999878,0.02468872,0.15002441,-0.045684814,-0.042175293,-0.04421997,0.053619385,0.009254456,0.05041504,-0.050842285,-0.040496826,-0.028381348,0.1463623,-0.013092041,0.0037136078,0.006538391,0.037017822,-0.0013895035,-0.081604004,0.08050537,0.05319214,-0.070129395,-0.022018433,0.097473145,0.07562256,-0.007843018,-0.079589844,0.03189087,0.0072135925,0.060699463,-0.037139893,-0.023712158,-0.07922363,-0.09729004,-0.088256836,-0.0513916,-0.02810669,-0.11663818,0.048034668,0.04840088,0.021347046,0.06921387,0.05227661,0.01134491,-0.0116119385,0.019073486,0.009124756,-0.09265137,0.076049805,-0.0071525574,-0.04763794,0.025650024,0.036499023,-0.031402588,0.011695862,-0.12719727,-0.048461914,-0.018814087,-0.05935669,0.013572693,-0.010147095,-0.074157715,0.06567383,-0.05581665,0.050994873,0.045196533,0.07348633,0.04437256,0.048187256,-0.037963867,0.041168213,-0.007987976,-0.07836914,-0.0029563904,-0.026931763,-0.06109619,0.08355713,-0.007411957,-0.08959961,-0.072021484,-0.025497437,0.057159424,0.019363403,0.019714355,-0.03112793,0.002922058,0.023986816,-0.06561279,-0.008964539,0.07470703,-0.041625977,-0.11352539,-0.018081665,-0.086364746,0.054718018,-0.06829834,0.0028572083,0.026504517,-0.09442139,0.021347046,0.004802704,0.026290894,-0.019836426,0.056549072,0.055877686,-0.015808105,0.052581787,0.027770996,-0,0.0040779114,-0.0050354004,0.003452301,0.041778564,0.10180664,-0.06185913,0.014503479,-0.037475586,-0.010879517,0.027435303,-0.09423828,0.018066406,-0.0690918,0.05328369,0.018005371,-0.048583984,-0.016708374,-0.07550049,-0.067993164,-0.049072266,0.0010976791,0.012214661,-0.025344849,-0.02798462,0.026901245,-0.10345459,0.077941895,-0.09729004,0.00041270256,0.04949951,0.021606445,-0.054748535,0.0063476562,0.008148193,0.012329102,-0.06359863,-0.01914978,-0.018310547,-0.042022705,0.004180908,-0.00016486645,0.032958984,0.045043945,0.05392456,0.019638062,-0.010910034,0.07019043,0.07751465,0.034606934,0.002292633,0.023834229,0.0052490234,0.010719299,-0.015701294,-0.00447464,0.036499023,0.077819824,0.0635376,-0.028076172,0.0022602081,-0.09277344,0.05895996,0.021209717,0.011993408,0.061584473,0.11920166,-0.05392456,-0.008331299,-0.00031399727,-0.016586304,0.00031542778,-0.05392456,0.06591797,0.033081055,0.00022506714,0.042236328,0.041931152,-0.020385742,-0.049713135,0.031677246,0.012176514,0.038146973,-0.09466553,0.08343506,-0.02458191,-0.012054443,-0.02607727,0.021865845,0.023590088,-0.018707275,-0.034698486,0.021331787,0.06286621,-0.15600586,-0.049316406,0,0.011306763,-0.01966858,0.027526855,0.05734253,0.049468994,-0.054748535,0.02029419,-0.042816162,0.051757812,0.04711914,-0.1352539,0.04244995,0.05895996,0.013717651,0.014572144,0.008895874,0.027648926,0.048339844,-0.009178162,0.039093018,-0.06573486,0.03201294,0.09350586,0.061462402,-0.018829346,0.055389404,0.083740234,-0.05206299,-0.11065674,-0.050445557,-0.030029297,0.0435791,0.042114258,-0.08532715,-0.120788574,-0.010269165,-0.009986877,-0.070617676,-0.003080368,0.0803833,0.011390686,-0.054504395,0.05130005,0.0647583,-0.04067993,-0.04324341,-0.023773193,0.08239746,-0.00013840199,0.024093628,-0.022033691,0.019973755,0.03387451,0.005027771,0.099487305,-0.073791504,0.007545471,0.016845703,0.01751709,0.010818481,-0.008041382,-0.005279541,-0.043395996,0.047058105,-0.00031113625,0.04083252,0.028320312,0.06604004,-0.062683105,0.021102905,0.027236938,0.008293152,0.050811768,0.034606934,-0.0014715195,-0.049957275,0.024353027,0.0209198,0.039978027,0.026657104,-0.010032654,-0.028305054,-0.005340576,-0.02444458,0.06744385,-0.084228516,-0.018310547,-0.02746582,0.07647705,-0.025390625,-0.027832031,0.0036411285,-0.105529785,-0.025802612,0.061920166,-0,0.060546875,-0.015159607,0.036743164,0.012382507,-0.011672974,-0.09820557,0.040985107,0.09686279,0.019958496,-0.076171875,-0.032348633,0.02217102,-0.018981934,0.0039634705,0.04550171,-0.049682617,0.06524658,-0.043640137,-0.053955078,-0.002275467,0.035308838,0.028839111,-0.015289307,0.0048103333,-0.03652954,0.011062622,0.043670654,-0.030593872,0.101623535,0.032958984,0.0670166,0.03390503,-0.07128906,0.01737976,-0.08026123,-0.06689453,-0.061279297,0.018875122,-0.053985596,-0.0009384155,-0.09118652,0.059326172,0.0007586479,0.022354126,-0.048217773,0.064453125,0.045837402,-0.00036001205,-0.06149292,-0.043823242,-0.006629944,-0.06237793,0.101501465,0.0023441315,0.032470703,0.09173584,-0.0018787384,0.020690918,-0.06793213,0.06347656,-0.08648682,0.014228821,-0.050201416,0.01576233]
guild-of-the-release	channel-guild-of-the-release	8	all-minilm-l6-v2-int8	[-0.060577393,0.010864258,-0.013053894,-0.0032424927,-0.12792969,0.027191162,0.036010742,-0.061767578,-0.03314209,0.0047836304,0.054840088,0.117370605,-0.038024902,0.10223389,0.14404297,0.018615723,0.0848999,0.0859375,0.05343628,0.08972168,-0.041503906,0.05380249,0.09197998,-0.07336426,-0.018325806,-0.07385254,-0.0023994446,0.027420044,0.011077881,-0.036102295,-0.045440674,-0.003993988,0.0075263977,-0.016052246,-0.012435913,0.05178833,0.044647217,-0.017578125,0.037597656,0.006980896,0.06286621,-0.04144287,0.018463135,0.00054883957,-0.046020508,0.06951904,0.011924744,-0.04083252,0.018066406,0.013839722,0.08654785,-0.0052375793,0.09326172,0.03942871,0.051086426,0.028564453,-0.028808594,-0.074279785,-0.008178711,0.016220093,-0.00029706955,0.06378174,-0.05795288,0.15258789,0.049468994,-0.017913818,-0.054840088,-0.014053345,-0.01928711,0.04345703,-0.0021381378,0.070007324,0.072631836,0.008033752,-0.055877686,-0.011741638,-0.0071868896,-0.031799316,-0.060668945,0.019607544,-0.044525146,-0.07141113,0.0077781677,-0.017654419,-0.13867188,-0.06732178,0.05441284,-0.09063721,-0.031463623,0.002500534,-0.080566406,0.07800293,-0.04208374,-0.041778564,-0.03173828,-0.059509277,-0.015670776,-0.043884277,-0.04119873,-0.019851685,-0.004524231,0.08770752,-0.042663574,-0.011062622,-0.06774902,0.0031700134,-0.09509277,0.048461914,0.0069007874,-0.04473877,-0.056884766,0.00013494492,0.008728027,-0.0052948,0.074279785,0.030654907,-0.04421997,0.005302429,0.086364746,-0.032836914,0.054595947,-0.028518677,0.07910156,-0.0051841736,0.024765015,-0.19470215,0.07611084,-0,-0.0028362274,0.036102295,0.06573486,0.038513184,0.009895325,0.08251953,-0.0018491745,-0.020996094,-0.0054473877,-0.06100464,-0.045043945,0.027694702,0.0109939575,0.006111145,-0.018692017,-0.003660202,0.048431396,0.035583496,-0.069885254,-0.011833191,0.011978149,-0.0082092285,-0.003370285,-0.0077590942,-0.035461426,-0.06762695,0.04727173,-0.057647705,0.056793213,0.01335144,-0.020980835,0.009147644,-0.07550049,-0.02218628,7.581711e-05,0.0725708,-0.087524414,0.047027588,-0.028198242,0.048217773,0.005886078,-0.008628845,-0.054840088,0.048675537,-0.060638428,-0.007965088,0.045715332,0.0059013367,-0.08270264,-0.019927979,-0.021270752,0.032348633,0.023361206,-0.0062561035,0.0146865845,0.08581543,0.03527832,-0.010643005,0.026565552,-0.047821045,-0.038482666,0.0058250427,-0.026901245,-0.021560669,-0.07330322,0.06185913,0.042297363,0.02809143,-0.014511108,-0.021133423,-0.036834717,0.04510498,0.008079529,-0.0020923615,-0.064453125,-0.044189453,0.04510498,-0.053222656,0.07574463,-0.02230835,0.06011963,-0.03463745,-0.027450562,-0.00831604,0.09729004,-0.016555786,0.04159546,-0.10736084,0.051818848,-0.013542175,-0.052368164,-0.016952515,0.044006348,-0.09039307,-0.08294678,0,-0.014099121,-0.06542969,-0.015235901,0.049316406,0.016326904,0.04827881,-0.034088135,-0.03781128,-0.0982666,0.09631348,-0.02848816,-0.014930725,-0.0418396,-0.015792847,-0.014167786,-0.021438599,0.0045318604,0.051696777,-0.036956787,-0.0008659363,-0.014579773,0.052612305,-0.003282547,-0.05456543,-0.06958008,0.06915283,0.017440796,-0.0011234283,-0.0725708,0.028564453,0.073913574,-0.009277344,-0.107788086,-0.03338623,0.0055007935,0.02355957,0.09631348,0.026153564,0.018600464,0.044189453,-0.03289795,0.0071868896,0.00054597855,0.17944336,0.022232056,3.0398369e-05,0.036010742,0.00157547,-0.033721924,0.044158936,-0.0038394928,0.0046844482,-0.029037476,-0.11254883,0.027008057,-0.06750488,-0.036621094,-0.0368042,0.02583313,-0.095458984,-0.12036133,0.02810669,0.006038666,-0.012481689,0.09259033,-0.026550293,0.0029945374,0.023834229,-0.01727295,0.028778076,0.01474762,-0.0368042,-0.049102783,0.08074951,0.023971558,-0.07507324,0.07635498,-0.12310791,0.016677856,-0.030227661,-0.023117065,-0.02279663,0.06384277,-0.051696777,-0.0038394928,-0.0043182373,-0.04812622,-0.07684326,-0.045135498,-0.021392822,-0.035858154,0.056854248,0.024505615,-0.060760498,0.03390503,-0,-0.023849487,0.023468018,0.0058288574,0.039855957,-0.010498047,0.0446167,0.061553955,0.015068054,-0.009147644,0.05493164,0.049072266,0.011405945,0.05999756,0.093811035,0.04586792,0.018218994,0.117370605,0.032073975,-0.06878662,0.035614014,0.0715332,0.04736328,0.018951416,0.0357666,-0.05319214,0.014144897,0.009712219,0.005836487,0.032928467,0.00047302246,0.032989502,-0.015205383,-0.04083252,0.015556335,0.07739258,-0.14782715,-0.04864502,-0.028625488,-0.017288208,-0.03378296,0.007171631,0.034301758,0.015434265,0.044677734,-0.026046753,-0.042114258,0.05319214,-0.055236816,-0.0031166077,0.02368164,-0.019210815,0.06549072,0.020523071,0.014968872,0.046051025,0.0126571655,0.010368347,-0.037628174,-0.021408081,0.032989502,0.012321472,-0.06124878,0.12939453,-0.04663086]
guild-of-the-release	channel-guild-of-the-release	9	all-minilm-l6-v2-int8	[0.08013916,0.055664062,0.038269043,0.03466797,0.061645508,-0.006816864,0.06567383,-0.08880615,0.0038986206,-0.00028920174,0.050109863,0.01374054,0.06500244,-0.01777649,0.14001465,0.019348145,-0.013313293,-0.009063721,0.016571045,0.05795288,-0.031402588,0.027069092,0.044830322,0.025878906,0.01966858,-0.022888184,0.00655365,0.03741455,0.052947998,-0.0013723373,0.05267334,-0.028701782,-0.034118652,-0.022415161,0.0037155151,0.017242432,0.061035156,-0.029815674,0.08380127,0.020629883,-0.0041618347,-0.034332275,0.006000519,-0.013595581,-0.03314209,-0.03274536,0.016052246,-0.06951904,0.12512207,-0.04989624,-0.002784729,0.05682373,0.0032138824,0.089904785,-0.038513184,0.06951904,0.036621094,0.0014772415,0.06451416,0.036712646,0.04333496,0.017471313,-0.09698486,0.111694336,0.045074463,-0.019821167,-0.08166504,0.010864258,0.048858643,-0.059753418,0.0033550262,0.08068848,0.056243896,-0.07299805,-0.06427002,-0.008399963,-0.002779007,-0.067871094,-0.042053223,-0.023651123,0.009269714,-0.04751587,-0.008148193,0.074035645,-0.013153076,0.016738892,0.046142578,0.010795593,-0.06719971,0.025344849,-0.075927734,-0.050048828,-0.16210938,0.02519226,-0.04837036,-0.049621582,-0.023208618,-0.0035648346,0.016098022,0.08807373,-0.00819397,-0.014183044,-0.0067596436,0.04333496,-0.01576233,-0.04586792,-0.010292053,0.048614502,-0.029464722,-0.05609131,-0.033172607,-0.019973755,0.055023193,0.08514404,0.015731812,-0.060913086,0.13537598,0.014266968,-0.007659912,0.052246094,0.08026123,0.06567383,0.050354004,0.10076904,0.051757812,-0.046813965,0.021728516,-0,0.032836914,0.03842163,0.00029611588,0.0027370453,0.08929443,0.05532837,-0.034057617,0.042114258,-0.0017967224,0.021224976,-0.02709961,-0.06604004,-0.028060913,-0.054626465,-0.026031494,0.041259766,0.050567627,0.04071045,-0.070739746,-0.049835205,-0.07647705,0.051605225,0.0029315948,0.08831787,-0.038208008,-0.03213501,0.068115234,0.010719299,-0.04260254,0.03729248,0.013008118,0.031585693,0.01953125,0.057525635,0.0079193115,0.03604126,-0.040771484,-0.008354187,-0.06738281,0.014762878,-0.017196655,0.042266846,0.089782715,0.08959961,-0.08886719,0.019714355,0.0423584,0.024124146,-0.042907715,0.040252686,-0.012832642,0.033325195,-0.08093262,-0.016693115,0.024765015,0.04626465,0.03527832,-0.064453125,0.03994751,0.026672363,-0.0418396,0.047088623,-0.0054855347,-0.07989502,0.023162842,-0.07611084,0.022537231,0.04840088,-0.045135498,0.018722534,-0.08148193,0.01651001,-0.0034122467,0.014953613,-0.04486084,-0.04309082,-0.010284424,-0.018234253,-0.05014038,0.009109497,0.026031494,0.053375244,0.024276733,0.034484863,-0.0019025803,-0.01802063,0.018966675,-0.01689148,-0.06185913,-0.018615723,-0.056549072,-0.018478394,0.055419922,-0.16918945,-0.039764404,0,-0.063964844,-0.0725708,0.009681702,-0.050689697,0.045440674,-0.0062408447,-0.06915283,-0.0289917,-0.02558899,0.038208008,-0.008331299,0.034332275,0.0769043,0.0058021545,0.056152344,-0.05545044,-0.010383606,0.08068848,0.012489319,0.01576233,-0.0016307831,-0.013046265,0.043914795,0.070007324,-0.03274536,0.057037354,0.083862305,0.068359375,-0.045776367,-0.012382507,-0.04953003,-0.047973633,-0.111206055,-0.030151367,-0.017868042,0.02255249,0.021133423,-0.0881958,-0.10443115,-0.0054244995,0.018966675,-0.07287598,0.044189453,0.088256836,-0.03274536,0.016113281,-0.0748291,0.03668213,-0.079711914,0.024612427,-0.02532959,0.0020179749,-0.04345703,0.053100586,-0.025238037,0.012077332,-0.03186035,0.057037354,0.07702637,0.03616333,-0.03253174,0.04547119,-0.026992798,0.02003479,-0.027450562,0.06744385,-0.06567383,0.0044288635,0.034698486,0.041168213,0.0004336834,-0.05999756,-0.081970215,0.023483276,-0.02078247,0.033935547,0.04660034,-0.044433594,-5.5253506e-05,-0.030563354,-0.05987549,-0.006538391,-0.048675537,-0.0024147034,0.04776001,-0.14257812,-0.06591797,-0.07952881,-0.020812988,-0.008163452,-0.025680542,0.036834717,0.008430481,-0.061035156,-0.009086609,-0,-0.0024166107,0.022857666,0.03955078,-0.061828613,-0.020141602,0.00014519691,0.15576172,-0.030807495,-0.063964844,0.09259033,-0.021133423,-0.002286911,0.10809326,0.005531311,0.0446167,0.036010742,0.02305603,-0.09741211,-0.06921387,0.08203125,-0.0053710938,-0.0087509155,0.06896973,0.09716797,0.00091838837,0.00073194504,0.009262085,0.0079193115,0.06878662,0.19641113,0.047729492,-0.033996582,-0.01360321,-0.0071372986,-0.06756592,-0.06793213,-0.006290436,0.015289307,0.008171082,0.0025520325,-0.074645996,-0.081848145,-0.08721924,-0.0146484375,-0.007926941,-0.024276733,0.041381836,0.022018433,-0.072143555,0.01927185,-0.017745972,0.0016736984,-0.03982544,0.023422241,-0.017150879,-0.019958496,0.023605347,-0.119140625,-0.07720947,-0.014419556,-0.02619934,-0.040222168,0.0035152435,-0.032989502]
guild-of-the-release	channel-guild-of-the-release	10	all-minilm-l6-v2-int8	[0.08013916,0.055664062,0.038269043,0.03466797,0.061645508,-0.006816864,0.06567383,-0.08880615,0.0038986206,-0.00028920174,0.050109863,0.01374054,0.06500244,-0.01777649,0.14001465,0.019348145,-0.013313293,-0.009063721,0.016571045,0.05795288,-0.031402588,0.027069092,0.044830322,0.025878906,0.01966858,-0.022888184,0.00655365,0.03741455,0.052947998,-0.0013723373,0.05267334,-0.028701782,-0.034118652,-0.022415161,0.0037155151,0.017242432,0.061035156,-0.029815674,0.08380127,0.020629883,-0.0041618347,-0.034332275,0.006000519,-0.013595581,-0.03314209,-0.03274536,0.016052246,-0.06951904,0.12512207,-0.04989624,-0.002784729,0.05682373,0.0032138824,0.089904785,-0.038513184,0.06951904,0.036621094,0.0014772415,0.06451416,0.036712646,0.04333496,0.017471313,-0.09698486,0.111694336,0.045074463,-0.019821167,-0.08166504,0.010864258,0.048858643,-0.059753418,0.0033550262,0.08068848,0.056243896,-0.07299805,-0.06427002,-0.008399963,-0.002779007,-0.067871094,-0.042053223,-0.023651123,0.009269714,-0.04751587,-0.008148193,0.074035645,-0.013153076,0.016738892,0.046142578,0.010795593,-0.06719971,0.025344849,-0.075927734,-0.050048828,-0.16210938,0.02519226,-0.04837036,-0.049621582,-0.023208618,-0.0035648346,0.016098022,0.08807373,-0.00819397,-0.014183044,-0.0067596436,0.04333496,-0.01576233,-0.04586792,-0.010292053,0.048614502,-0.029464722,-0.05609131,-0.033172607,-0.019973755,0.055023193,0.08514404,0.015731812,-0.060913086,0.13537598,0.014266968,-0.007659912,0.052246094,0.08026123,0.06567383,0.050354004,0.10076904,0.051757812,-0.046813965,0.021728516,-0,0.032836914,0.03842163,0.00029611588,0.0027370453,0.08929443,0.05532837,-0.034057617,0.042114258,-0.0017967224,0.021224976,-0.02709961,-0.06604004,-0.028060913,-0.054626465,-0.026031494,0.041259766,0.050567627,0.04071045,-0.070739746,-0.049835205,-0.07647705,0.051605225,0.0029315948,0.08831787,-0.038208008,-0.03213501,0.068115234,0.010719299,-0.04260254,0.03729248,0.013008118,0.031585693,0.01953125,0.057525635,0.0079193115,0.03604126,-0.040771484,-0.008354187,-0.06738281,0.014762878,-0.017196655,0.042266846,0.089782715,0.08959961,-0.08886719,0.019714355,0.0423584,0.024124146,-0.042907715,0.040252686,-0.012832642,0.033325195,-0.08093262,-0.016693115,0.024765015,0.04626465,0.03527832,-0.064453125,0.03994751,0.026672363,-0.0418396,0.047088623,-0.0054855347,-0.07989502,0.023162842,-0.07611084,0.022537231,0.04840088,-0.045135498,0.018722534,-0.08148193,0.01651001,-0.0034122467,0.014953613,-0.04486084,-0.04309082,-0.010284424,-0.018234253,-0.05014038,0.009109497,0.026031494,0.053375244,0.024276733,0.034484863,-0.0019025803,-0.01802063,0.018966675,-0.01689148,-0.06185913,-0.018615723,-0.056549072,-0.018478394,0.055419922,-0.16918945,-0.039764404,0,-0.063964844,-0.0725708,0.009681702,-0.050689697,0.045440674,-0.0062408447,-0.06915283,-0.0289917,-0.02558899,0.038208008,-0.008331299,0.034332275,0.0769043,0.0058021545,0.056152344,-0.05545044,-0.010383606,0.08068848,0.012489319,0.01576233,-0.0016307831,-0.013046265,0.043914795,0.070007324,-0.03274536,0.057037354,0.083862305,0.068359375,-0.045776367,-0.012382507,-0.04953003,-0.047973633,-0.111206055,-0.030151367,-0.017868042,0.02255249,0.021133423,-0.0881958,-0.10443115,-0.0054244995,0.018966675,-0.07287598,0.044189453,0.088256836,-0.03274536,0.016113281,-0.0748291,0.03668213,-0.079711914,0.024612427,-0.02532959,0.0020179749,-0.04345703,0.053100586,-0.025238037,0.012077332,-0.03186035,0.057037354,0.07702637,0.03616333,-0.03253174,0.04547119,-0.026992798,0.02003479,-0.027450562,0.06744385,-0.06567383,0.0044288635,0.034698486,0.041168213,0.0004336834,-0.05999756,-0.081970215,0.023483276,-0.02078247,0.033935547,0.04660034,-0.044433594,-5.5253506e-05,-0.030563354,-0.05987549,-0.006538391,-0.048675537,-0.0024147034,0.04776001,-0.14257812,-0.06591797,-0.07952881,-0.020812988,-0.008163452,-0.025680542,0.036834717,0.008430481,-0.061035156,-0.009086609,-0,-0.0024166107,0.022857666,0.03955078,-0.061828613,-0.020141602,0.00014519691,0.15576172,-0.030807495,-0.063964844,0.09259033,-0.021133423,-0.002286911,0.10809326,0.005531311,0.0446167,0.036010742,0.02305603,-0.09741211,-0.06921387,0.08203125,-0.0053710938,-0.0087509155,0.06896973,0.09716797,0.00091838837,0.00073194504,0.009262085,0.0079193115,0.06878662,0.19641113,0.047729492,-0.033996582,-0.01360321,-0.0071372986,-0.06756592,-0.06793213,-0.006290436,0.015289307,0.008171082,0.0025520325,-0.074645996,-0.081848145,-0.08721924,-0.0146484375,-0.007926941,-0.024276733,0.041381836,0.022018433,-0.072143555,0.01927185,-0.017745972,0.0016736984,-0.03982544,0.023422241,-0.017150879,-0.019958496,0.023605347,-0.119140625,-0.07720947,-0.014419556,-0.02619934,-0.040222168,0.0035152435,-0.032989502]
guild-of-the-release	channel-guild-of-the-release	11	all-minilm-l6-v2-int8	[0.011695862,0.078430176,-0.007858276,0.025314331,0.09442139,-0.061584473,0.009025574,-0.014183044,-0.03488159,-0.00055933,0.020370483,-0.021224976,-0.021194458,0.0090789795,0.025253296,0.026611328,0.03643799,-0.0501709,0.06542969,0.06451416,-0.01096344,0.0569458,-0.04611206,-0.03652954,-0.016967773,0.06097412,0.051574707,0.069885254,-0.04510498,-0.008018494,-0.024902344,0.0020771027,-0.062316895,0.0033683777,0.015617371,-0.02255249,0.056274414,-0.08074951,0.06982422,-0.0072669983,-0.028152466,0.015472412,0.03253174,0.032592773,-0.003004074,-0.062408447,0.025238037,-0.02331543,0.0982666,-0.007587433,-0.026153564,-0.04232788,-0.055114746,0.008972168,-0.029434204,0.0035896301,-0.08270264,-0.01979065,0.08099365,0.03970337,0.06427002,0.053985596,-0.039520264,0.06719971,0.053955078,-0.00141716,-0.097717285,-0.02619934,0.03805542,-0.04937744,0.015808105,0.08251953,0.013076782,-0.10650635,-0.070251465,-0.08129883,0.045928955,-0.10681152,0.0146484375,-0.03112793,-0.037017822,-0.017211914,-0.033691406,0.057739258,-0.009742737,0.089538574,0.037078857,0.031433105,-0.035339355,0.041412354,-0.07952881,-0.052642822,-0.12243652,-0.03277588,-0.049072266,0.024261475,-0.064575195,0.0054779053,-0.0054473877,0.036712646,0.049316406,0.014984131,0.0137786865,0.053527832,-0.008636475,0.024551392,0.024108887,0.06585693,0.03881836,-0.096069336,-0.060913086,0.0056610107,0.021362305,0.083740234,-0.08062744,-0.07409668,0.06726074,0.0018453598,-0.0031471252,0.013046265,0.08728027,0.0017280579,0.12298584,0.08685303,0.021911621,0.018463135,0.027404785,-0,0.017349243,0.037872314,0.012214661,-0.030075073,0.12310791,0.038848877,-0.04171753,0.07330322,-0.0012226105,0.10644531,-0.030166626,-0.012550354,-0.050079346,0.0036296844,0.011405945,0.012542725,0.020187378,-0.018112183,-0.16088867,-0.07885742,-0.0028648376,0.040496826,-0.008262634,-0.008575439,-0.06628418,-0.033050537,0.044921875,-0.00084257126,-0.030456543,0.066467285,0.008140564,-0.038909912,0.016189575,0.05255127,0.009490967,-0.051635742,0.0043525696,-0.021316528,-0.11291504,-0.024551392,-0.066589355,0.022354126,0.017730713,0.13842773,-0.0546875,-0.016616821,0.07220459,0.06945801,-0.04660034,0.038635254,-0.014129639,0.00053977966,-0.09094238,-0.018722534,-0.013710022,0.05508423,0.05432129,-0.008621216,0.02243042,-0.0061531067,-0.06762695,0.04421997,0.05899048,-0.055114746,0.039215088,0.04486084,0.023956299,-0.008392334,-0.022476196,-0.017929077,-0.06262207,-0.041900635,0.030349731,0.008636475,0.01424408,-0.0067749023,0.005962372,-0.005783081,0.009437561,0.0009536743,-0.06109619,0.061676025,-0.018722534,0.09436035,0.0049705505,-0.02192688,-0.026107788,-0.030395508,-0.020401001,-0.018753052,-0.08868408,0.028320312,0.060913086,-0.14611816,0.019622803,0,-0.010520935,-0.08135986,-0.002319336,-0.033721924,0.050964355,-0.072509766,0.041931152,-0.021865845,0.01424408,0.068847656,-0.0519104,0.015777588,0.03225708,0.02848816,0.03353882,0.031433105,-0.0066070557,0.0049972534,-0.025512695,0.02607727,0.0054092407,0.0053138733,0.07208252,0.11694336,0.0018234253,0.093322754,0.13110352,-0.044036865,-0.06323242,-0.051727295,-0.07910156,0.04498291,0.044281006,-0.012794495,-0.067871094,0.08105469,0.044525146,-0.041107178,-0.09710693,0.036621094,0.030334473,-0.053833008,0.037322998,0.068237305,-0.06378174,0.016174316,-0.034332275,0.08453369,-0.027420044,0.04522705,-0.07043457,-0.011039734,0.01424408,0.06402588,0.026229858,-0.0054244995,0.004623413,0.009239197,0.05734253,0.033599854,0.021697998,-0.010475159,-0.08843994,0.061035156,-0.020355225,0.035858154,-0.0045051575,0.042236328,-0.035858154,0.016220093,0.017486572,-0.084350586,-0.018722534,0.02003479,0.019195557,-0.004688263,0.06341553,0.017059326,0.06616211,0.03781128,-0.0026187897,-0.055419922,-0.03652954,0.019241333,0.09185791,-0.13623047,-0.065979004,-0.07702637,0.034454346,-0.06500244,-0.0028381348,0.05050659,-0.077697754,-0.09118652,-0.013977051,-0,0.013938904,0.02909851,0.07409668,-0.034210205,0.017852783,-0.0647583,0.06854248,0.039245605,-0.09423828,-0.06744385,-0.00084495544,-0.015327454,0.018829346,-0.036102295,0.03253174,0.034423828,-0.011306763,-0.08996582,-0.07086182,0.041748047,0.025283813,0.0077552795,0.014450073,0.029052734,-0.04748535,0.018203735,0.0070114136,-0.0015974045,0.08288574,0.047576904,0.042633057,0.052886963,-0.07678223,-0.0011072159,-0.05050659,-0.024871826,-0.061462402,0.02432251,-0.01109314,0.00623703,-0.07824707,0.00058841705,-0.06524658,0.021865845,0.0118637085,0.049072266,0.08721924,-0.05618286,-0.061645508,-0.043640137,-0.04559326,-0.099731445,0.016326904,0.095336914,0.0023536682,0.017333984,0.018692017,-0.053619385,-0.13647461,0.022247314,0.02229309,-0.028945923,-0.085876465,0.02696228]
guild-of-the-release	channel-guild-of-the-release	12	all-minilm-l6-v2-int8	[-0.060577393,0.010864258,-0.013053894,-0.0032424927,-0.12792969,0.027191162,0.036010742,-0.061767578,-0.03314209,0.0047836304,0.054840088,0.117370605,-0.038024902,0.10223389,0.14404297,0.018615723,0.0848999,0.0859375,0.05343628,0.08972168,-0.041503906,0.05380249,0.09197998,-0.07336426,-0.018325806,-0.07385254,-0.0023994446,0.027420044,0.011077881,-0.036102295,-0.045440674,-0.003993988,0.0075263977,-0.016052246,-0.012435913,0.05178833,0.044647217,-0.017578125,0.037597656,0.006980896,0.06286621,-0.04144287,0.018463135,0.00054883957,-0.046020508,0.06951904,0.011924744,-0.04083252,0.018066406,0.013839722,0.08654785,-0.0052375793,0.09326172,0.03942871,0.051086426,0.028564453,-0.028808594,-0.074279785,-0.008178711,0.016220093,-0.00029706955,0.06378174,-0.05795288,0.15258789,0.049468994,-0.017913818,-0.054840088,-0.014053345,-0.01928711,0.04345703,-0.0021381378,0.070007324,0.072631836,0.008033752,-0.055877686,-0.011741638,-0.0071868896,-0.031799316,-0.060668945,0.019607544,-0.044525146,-0.07141113,0.0077781677,-0.017654419,-0.13867188,-0.06732178,0.05441284,-0.09063721,-0.031463623,0.002500534,-0.080566406,0.07800293,-0.04208374,-0.041778564,-0.03173828,-0.059509277,-0.015670776,-0.043884277,-0.04119873,-0.019851685,-0.004524231,0.08770752,-0.042663574,-0.011062622,-0.06774902,0.0031700134,-0.09509277,0.048461914,0.0069007874,-0.04473877,-0.056884766,0.00013494492,0.008728027,-0.0052948,0.074279785,0.030654907,-0.04421997,0.005302429,0.086364746,-0.032836914,0.054595947,-0.028518677,0.07910156,-0.0051841736,0.024765015,-0.19470215,0.07611084,-0,-0.0028362274,0.036102295,0.06573486,0.038513184,0.009895325,0.08251953,-0.0018491745,-0.020996094,-0.0054473877,-0.06100464,-0.045043945,0.027694702,0.0109939575,0.006111145,-0.018692017,-0.003660202,0.048431396,0.035583496,-0.069885254,-0.011833191,0.011978149,-0.0082092285,-0.003370285,-0.0077590942,-0.035461426,-0.06762695,0.04727173,-0.057647705,0.056793213,0.01335144,-0.020980835,0.009147644,-0.07550049,-0.02218628,7.581711e-05,0.0725708,-0.087524414,0.047027588,-0.028198242,0.048217773,0.005886078,-0.008628845,-0.054840088,0.048675537,-0.060638428,-0.007965088,0.045715332,0.0059013367,-0.08270264,-0.019927979,-0.021270752,0.032348633,0.023361206,-0.0062561035,0.0146865845,0.08581543,0.03527832,-0.010643005,0.026565552,-0.047821045,-0.038482666,0.0058250427,-0.026901245,-0.021560669,-0.07330322,0.06185913,0.042297363,0.02809143,-0.014511108,-0.021133423,-0.036834717,0.04510498,0.008079529,-0.0020923615,-0.064453125,-0.044189453,0.04510498,-0.053222656,0.07574463,-0.02230835,0.06011963,-0.03463745,-0.027450562,-0.00831604,0.09729004,-0.016555786,0.04159546,-0.10736084,0.051818848,-0.013542175,-0.052368164,-0.016952515,0.044006348,-0.09039307,-0.08294678,0,-0.014099121,-0.06542969,-0.015235901,0.049316406,0.016326904,0.04827881,-0.034088135,-0.03781128,-0.0982666,0.09631348,-0.02848816,-0.014930725,-0.0418396,-0.015792847,-0.014167786,-0.021438599,0.0045318604,0.051696777,-0.036956787,-0.0008659363,-0.014579773,0.052612305,-0.003282547,-0.05456543,-0.06958008,0.06915283,0.017440796,-0.0011234283,-0.0725708,0.028564453,0.073913574,-0.009277344,-0.107788086,-0.03338623,0.0055007935,0.02355957,0.09631348,0.026153564,0.018600464,0.044189453,-0.03289795,0.0071868896,0.00054597855,0.17944336,0.022232056,3.0398369e-05,0.036010742,0.00157547,-0.033721924,0.044158936,-0.0038394928,0.0046844482,-0.029037476,-0.11254883,0.027008057,-0.06750488,-0.036621094,-0.0368042,0.02583313,-0.095458984,-0.12036133,0.02810669,0.006038666,-0.012481689,0.09259033,-0.026550293,0.0029945374,0.023834229,-0.01727295,0.028778076,0.01474762,-0.0368042,-0.049102783,0.08074951,0.023971558,-0.07507324,0.07635498,-0.12310791,0.016677856,-0.030227661,-0.023117065,-0.02279663,0.06384277,-0.051696777,-0.0038394928,-0.0043182373,-0.04812622,-0.07684326,-0.045135498,-0.021392822,-0.035858154,0.056854248,0.024505615,-0.060760498,0.03390503,-0,-0.023849487,0.023468018,0.0058288574,0.039855957,-0.010498047,0.0446167,0.061553955,0.015068054,-0.009147644,0.05493164,0.049072266,0.011405945,0.05999756,0.093811035,0.04586792,0.018218994,0.117370605,0.032073975,-0.06878662,0.035614014,0.0715332,0.04736328,0.018951416,0.0357666,-0.05319214,0.014144897,0.009712219,0.005836487,0.032928467,0.00047302246,0.032989502,-0.015205383,-0.04083252,0.015556335,0.07739258,-0.14782715,-0.04864502,-0.028625488,-0.017288208,-0.03378296,0.007171631,0.034301758,0.015434265,0.044677734,-0.026046753,-0.042114258,0.05319214,-0.055236816,-0.0031166077,0.02368164,-0.019210815,0.06549072,0.020523071,0.014968872,0.046051025,0.0126571655,0.010368347,-0.037628174,-0.021408081,0.032989502,0.012321472,-0.06124878,0.12939453,-0.04663086]
	channel-ada	17	all-minilm-l6-v2-int8	[-0.028259277,0.0029335022,0.0005941391,0.048431396,-0.15454102,-0.01638794,0.072387695,-0.056732178,0.04837036,0.0107421875,0.073913574,-0.07299805,0.031158447,0.07672119,-0.032440186,0.0129470825,0.026229858,0.037963867,0.10095215,-0.07739258,-0.06439209,0.040222168,0.04244995,-0.022369385,-0.08862305,-0.03439331,-0.016662598,-0.0069732666,-0.01890564,-0.07507324,-0.076293945,-0.023254395,0.008628845,0.01725769,-0.022369385,-0.046661377,-0.03527832,0.07293701,0.029724121,0.03894043,0.0043754578,-0.00096416473,0.0024795532,-0.048950195,-0.078430176,-0.06512451,-0.0413208,-0.012382507,0.064331055,0.043304443,-0.049957275,-0.11053467,-0.04434204,0.0602417,-0.035064697,-0.062072754,-0.04711914,0.017044067,0.012084961,0.0063095093,-0.023590088,0.080566406,0.03366089,-0.0014772415,-0.04458618,-0.028289795,-0.028503418,0.043121338,0.0055160522,0.06665039,0.036468506,0.014953613,0.093322754,-0.012023926,-0.10614014,-0.043060303,0.0075569153,-0.009780884,0.055633545,0.049743652,-0.08996582,0.02810669,-0.0892334,-0.019012451,0.080444336,0.091552734,0.013839722,0.0034484863,-0.14318848,-0.04989624,-0.06854248,-0.05206299,0.041229248,-0.02609253,0.0013818741,-0.007457733,0.05404663,-0.06427002,-0.09680176,-0.006500244,-0.048858643,0.024032593,0.022323608,0.012283325,0.05493164,-0.0010871887,-0.012199402,0.010070801,0.030929565,-0.00072288513,-0.02003479,-0.045959473,-0.04220581,0.03515625,0.035003662,-0.0048599243,-0.082092285,-0.081970215,-0.01701355,-0.037841797,0.0065727234,0.04348755,-0.05621338,-0.01084137,0.018569946,0.027374268,-0.027618408,-0,0.017410278,0.019851685,-0.045776367,0.028823853,0.020233154,-0.028167725,-0.0039596558,0.024093628,-0.041229248,-0.024032593,-0.020767212,0.016357422,-0.0009803772,0.0056877136,0.050872803,0.03164673,-0.046173096,0.024353027,0.040985107,-0.001203537,-0.035614014,0.12585449,0.030395508,0.0030593872,0.013298035,-0.12902832,-0.036499023,-0.095703125,-0.0129852295,0.034454346,0.06274414,-0.048980713,0.078308105,0.015563965,-0.076660156,-0.02848816,-0.07952881,-0.06011963,-0.064697266,0.11975098,0.035186768,-0.010292053,-0.01701355,0.06561279,0.054473877,-0.040008545,-0.028808594,-0.021957397,-0.0848999,-0.046142578,0.038269043,-0.028167725,0.02796936,-0.024230957,-0.10394287,0.048858643,0.09674072,0.070739746,-0.039031982,0.021697998,0.03930664,0.01638794,0.015541077,-0.0052490234,0.072753906,-0.07897949,-0.018234253,0.010314941,-0.070007324,0.0063056946,0.022521973,-0.035186768,0.07348633,0.013717651,0.08416748,-0.006828308,0.017044067,-0.0013198853,-0.035614014,-0.035095215,-0.0019683838,0.011314392,-0.091918945,0.039154053,-0.08050537,0.00020825863,0.00094366074,-0.0032997131,-0.076171875,-0.036254883,-0.0826416,-0.004611969,0.05166626,-0.0680542,-0.03289795,0,0.014884949,-0.042388916,0.041809082,0.11853027,-0.021636963,0.010383606,-0.019592285,0.10876465,0.0059127808,0.041656494,-0.0368042,-0.025482178,0.044555664,-0.049041748,0.13500977,0.07080078,0.0016508102,0.012489319,0.060272217,-0.014083862,-0.06149292,0.09112549,-0.09625244,0.0077590942,0.008552551,0.044799805,-0.038391113,-0.031433105,-0.07092285,-0.04498291,-0.042816162,-0.027297974,-0.0005259514,-0.00017440319,-0.014808655,0.09100342,0.01789856,-0.06695557,-0.04095459,0.08013916,0.0042915344,-0.041229248,0.053466797,0.09680176,0.06781006,0.032287598,-0.038208008,0.0015487671,0.07434082,0.008911133,-0.018493652,-0.023864746,-0.02810669,-0.022094727,0.050476074,-0.009155273,-0.06488037,-0.009239197,-0.022094727,-0.0017404556,0.029006958,0.017974854,0.0657959,0.1385498,-0.05529785,-0.09277344,-0.07373047,-0.017181396,0.018234253,-0.07556152,0.038757324,0.082336426,0.017044067,0.001958847,-0.008201599,0.06726074,0.03567505,-0.05609131,-0.007686615,0.053863525,-0.11608887,-0.021972656,-0.04373169,0.075683594,0.03842163,-0.011116028,0.0067329407,0.087402344,0.029464722,0.0034103394,0.049560547,0.040161133,0.032409668,-0.046295166,-0.0025806427,-0,0.015602112,0.042907715,0.009727478,0.026245117,0.058746338,-0.010131836,-0.028335571,-0.036834717,-0.024765015,0.036590576,0.09399414,-0.04159546,-0.096069336,0.029373169,0.0030899048,-0.010749817,0.022018433,0.15527344,0.024917603,0.095703125,-0.068725586,0.02784729,0.058410645,-0.07336426,-0.013130188,-0.068237305,0.011154175,-0.017044067,-0.01890564,0.040222168,-0.027816772,0.09222412,-0.013244629,0.009567261,-0.005748749,-0.025314331,0.028640747,-0.027938843,0.017547607,0.050354004,0.09814453,0.11682129,0.002128601,-0.050231934,0.05026245,0.016525269,0.062194824,-0.037902832,0.019577026,-0.034851074,-0.0791626,0.025344849,0.0129470825,-0.010414124,0.02003479,0.007965088,-0.013771057,-0.052856445,0.009666443,-0.013290405,0.040802002,0.029388428,0.06762695,0.07305908]
	channel-ada	18	all-minilm-l6-v2-int8	[-0.028259277,0.0029335022,0.0005941391,0.048431396,-0.15454102,-0.01638794,0.072387695,-0.056732178,0.04837036,0.0107421875,0.073913574,-0.07299805,0.031158447,0.07672119,-0.032440186,0.0129470825,0.026229858,0.037963867,0.10095215,-0.07739258,-0.06439209,0.040222168,0.04244995,-0.022369385,-0.08862305,-0.03439331,-0.016662598,-0.0069732666,-0.01890564,-0.07507324,-0.076293945,-0.023254395,0.008628845,0.01725769,-0.022369385,-0.046661377,-0.03527832,0.07293701,0.029724121,0.03894043,0.0043754578,-0.00096416473,0.0024795532,-0.048950195,-0.078430176,-0.06512451,-0.0413208,-0.012382507,0.064331055,0.043304443,-0.049957275,-0.11053467,-0.04434204,0.0602417,-0.035064697,-0.062072754,-0.04711914,0.017044067,0.012084961,0.0063095093,-0.023590088,0.080566406,0.03366089,-0.0014772415,-0.04458618,-0.028289795,-0.028503418,0.043121338,0.0055160522,0.06665039,0.036468506,0.014953613,0.093322754,-0.012023926,-0.10614014,-0.043060303,0.0075569153,-0.009780884,0.055633545,0.049743652,-0.08996582,0.02810669,-0.0892334,-0.019012451,0.080444336,0.091552734,0.013839722,0.0034484863,-0.14318848,-0.04989624,-0.06854248,-0.05206299,0.041229248,-0.02609253,0.0013818741,-0.007457733,0.05404663,-0.06427002,-0.09680176,-0.006500244,-0.048858643,0.024032593,0.022323608,0.012283325,0.05493164,-0.0010871887,-0.012199402,0.010070801,0.030929565,-0.00072288513,-0.02003479,-0.045959473,-0.04220581,0.03515625,0.035003662,-0.0048599243,-0.082092285,-0.081970215,-0.01701355,-0.037841797,0.0065727234,0.04348755,-0.05621338,-0.01084137,0.018569946,0.027374268,-0.027618408,-0,0.017410278,0.019851685,-0.045776367,0.028823853,0.020233154,-0.028167725,-0.0039596558,0.024093628,-0.041229248,-0.024032593,-0.020767212,0.016357422,-0.0009803772,0.0056877136,0.050872803,0.03164673,-0.046173096,0.024353027,0.040985107,-0.001203537,-0.035614014,0.12585449,0.030395508,0.0030593872,0.013298035,-0.12902832,-0.036499023,-0.095703125,-0.0129852295,0.034454346,0.06274414,-0.048980713,0.078308105,0.015563965,-0.076660156,-0.02848816,-0.07952881,-0.06011963,-0.064697266,0.11975098,0.035186768,-0.010292053,-0.01701355,0.06561279,0.054473877,-0.040008545,-0.028808594,-0.021957397,-0.0848999,-0.046142578,0.038269043,-0.028167725,0.02796936,-0.024230957,-0.10394287,0.048858643,0.09674072,0.070739746,-0.039031982,0.021697998,0.03930664,0.01638794,0.015541077,-0.0052490234,0.072753906,-0.07897949,-0.018234253,0.010314941,-0.070007324,0.0063056946,0.022521973,-0.035186768,0.07348633,0.013717651,0.08416748,-0.006828308,0.017044067,-0.0013198853,-0.035614014,-0.035095215,-0.0019683838,0.011314392,-0.091918945,0.039154053,-0.08050537,0.00020825863,0.00094366074,-0.0032997131,-0.076171875,-0.036254883,-0.0826416,-0.004611969,0.05166626,-0.0680542,-0.03289795,0,0.014884949,-0.042388916,0.041809082,0.11853027,-0.021636963,0.010383606,-0.019592285,0.10876465,0.0059127808,0.041656494,-0.0368042,-0.025482178,0.044555664,-0.049041748,0.13500977,0.07080078,0.0016508102,0.012489319,0.060272217,-0.014083862,-0.06149292,0.09112549,-0.09625244,0.0077590942,0.008552551,0.044799805,-0.038391113,-0.031433105,-0.07092285,-0.04498291,-0.042816162,-0.027297974,-0.0005259514,-0.00017440319,-0.014808655,0.09100342,0.01789856,-0.06695557,-0.04095459,0.08013916,0.0042915344,-0.041229248,0.053466797,0.09680176,0.06781006,0.032287598,-0.038208008,0.0015487671,0.07434082,0.008911133,-0.018493652,-0.023864746,-0.02810669,-0.022094727,0.050476074,-0.009155273,-0.06488037,-0.009239197,-0.022094727,-0.0017404556,0.029006958,0.017974854,0.0657959,0.1385498,-0.05529785,-0.09277344,-0.07373047,-0.017181396,0.018234253,-0.07556152,0.038757324,0.082336426,0.017044067,0.001958847,-0.008201599,0.06726074,0.03567505,-0.05609131,-0.007686615,0.053863525,-0.11608887,-0.021972656,-0.04373169,0.075683594,0.03842163,-0.011116028,0.0067329407,0.087402344,0.029464722,0.0034103394,0.049560547,0.040161133,0.032409668,-0.046295166,-0.0025806427,-0,0.015602112,0.042907715,0.009727478,0.026245117,0.058746338,-0.010131836,-0.028335571,-0.036834717,-0.024765015,0.036590576,0.09399414,-0.04159546,-0.096069336,0.029373169,0.0030899048,-0.010749817,0.022018433,0.15527344,0.024917603,0.095703125,-0.068725586,0.02784729,0.058410645,-0.07336426,-0.013130188,-0.068237305,0.011154175,-0.017044067,-0.01890564,0.040222168,-0.027816772,0.09222412,-0.013244629,0.009567261,-0.005748749,-0.025314331,0.028640747,-0.027938843,0.017547607,0.050354004,0.09814453,0.11682129,0.002128601,-0.050231934,0.05026245,0.016525269,0.062194824,-0.037902832,0.019577026,-0.034851074,-0.0791626,0.025344849,0.0129470825,-0.010414124,0.02003479,0.007965088,-0.013771057,-0.052856445,0.009666443,-0.013290405,0.040802002,0.029388428,0.06762695,0.07305908]
guild-of-the-release	channel-guild-of-the-release	21	all-minilm-l6-v2-int8	[-0.018936157,0.05392456,0.044067383,0.023452759,-0.013084412,-0.022720337,0.12487793,-0.06161499,0.024398804,-0.0016698837,-0.016311646,-0.11401367,-0.04272461,0.036956787,-0.048736572,0.0009794235,0.0034542084,0.0039901733,-0.0040512085,-0.06048584,-0.038970947,-0.06488037,-0.03994751,-0.06463623,-0.016677856,0.043945312,-0.04559326,-0.0013446808,-0.020614624,0.009361267,-0.053131104,0.06390381,0.05883789,-0.055419922,0.011169434,-0.010635376,-0.004508972,-0.016723633,-0.097229004,0.03955078,-0.0027923584,-0.052764893,0.022018433,0.06201172,-0.0045051575,0.12805176,0.0602417,0.03353882,0.00046014786,0.07446289,0.06652832,0.04724121,0.018432617,0.011077881,0.03125,0.00969696,-0.00095176697,0.017852783,0.03994751,0.01676941,-0.058898926,-0.060516357,-0.05319214,0.060455322,0.066833496,-0.14697266,-0.099609375,0.023452759,0.014190674,-0.10900879,0.00047826767,0.09832764,0.004878998,-0.060180664,0.048095703,0.00060224533,0.09655762,-0.01184845,0.024520874,-0.043823242,0.013183594,-0.04043579,0.05126953,-0.03488159,0.056518555,0.0077667236,0.033813477,0.025222778,0.10333252,0.025115967,-0.03149414,-0.049865723,-0.0892334,-0.09411621,-0.05178833,0.1348877,-0.09655762,-0.016708374,-0.03945923,0.04458618,0.057769775,0.0015354156,0.07739258,0.047332764,0.052215576,-0.062683105,0.037475586,0.14453125,0.06304932,0.028152466,0.018493652,-0.050720215,0.10913086,0.027359009,-0.0309906,0.097473145,0.02154541,-0.042541504,0.074035645,0.017852783,0.020401001,0.051239014,-0.072509766,0.012672424,-0.103881836,0.006038666,-0.0463562,-0,0.009689331,0.0066337585,0.048065186,-0.021774292,-0.015914917,-0.059020996,0.021560669,0.0027809143,0.062927246,0.0009899139,-0.05810547,-0.031402588,-0.04244995,0.051330566,0.011543274,-0.03366089,-0.07751465,0.02192688,-0.0054359436,0.045166016,-0.014343262,0.055786133,0.0029716492,0.017684937,-0.025787354,-0.029220581,-0.020355225,-0.021255493,0.06896973,0.016555786,0.01399231,-0.030456543,0.0009355545,0.002445221,-0.035949707,0.025253296,0.04812622,-0.04257202,-0.0029659271,-0.044677734,-0.05770874,-0.04055786,0.0010213852,0.008956909,-0.05392456,-0.11968994,0.04837036,0.020187378,-0.02961731,0.040405273,-0.001871109,0.002565384,-0.074645996,-0.020187378,-0.002243042,-0.0050354004,0.048614502,-0.0047454834,-0.07904053,0.02848816,0.01687622,0.031463623,-0.096069336,0.08190918,-0.02861023,0.07080078,0.13537598,-0.011116028,0.060760498,-0.0077819824,-0.07800293,0.020996094,-0.00289917,0.025222778,-0.04827881,0.049560547,-0.038604736,-0.060180664,0.0395813,0.12286377,0.027816772,0.027786255,0.04260254,0.04208374,-0.02960205,0.038604736,0.017730713,0.03829956,0.023483276,-0.10571289,0.006248474,-0.074279785,0.020324707,-0.06161499,0.076660156,0,-0.06085205,-0.027526855,-0.024475098,0.004688263,0.04864502,-0.009307861,-0.003704071,-0.059173584,-0.024902344,0.012809753,-0.18566895,0.04675293,0.05670166,0.05822754,0.070373535,-0.04421997,-0.0074424744,-0.054840088,0.0023078918,0.055267334,-0.01663208,0.039154053,0.08514404,0.05090332,-0.10119629,0.00497818,-0.04953003,-0.08282471,-0.00674057,0.057006836,-0.03555298,-0.014450073,-0.0284729,0.003326416,-0.044799805,-0.017059326,-0.00028800964,0.04159546,0.010368347,6.747246e-05,0.10412598,-0.10760498,0.04953003,0.026306152,-0.03363037,0.025802612,-0.019683838,-0.06726074,-0.052520752,-0.025634766,-0.105285645,-0.042938232,-0.08026123,-0.008766174,-0.06085205,-0.029006958,0.03866577,0.02772522,-0.043395996,-0.020751953,0.03375244,0.024353027,-0.0574646,0.07104492,-0.026519775,0.1149292,0.040283203,-0.0637207,-0.03338623,-0.043151855,-0.024291992,0.020858765,-0.0118255615,-0.07897949,-0.03250122,0.047210693,0.021850586,0.12164307,0.005634308,0.074279785,-0.06359863,0.031188965,0.026763916,0.051330566,0.057128906,-0.10144043,-0.010696411,-0.03945923,-0.07159424,0.039764404,-0.059020996,-0.04296875,-0.03326416,0.058166504,-0.015670776,-0,-0.028244019,0.079833984,-0.016998291,-0.011291504,0.0056533813,-0.04397583,0.030548096,0.07836914,-0.006793976,0.02772522,-0.00051641464,-0.07293701,0.050567627,-0.0037269592,0.022384644,0.05026245,0.048034668,0.00674057,-0.06677246,0.010665894,-0.0024032593,-0.006023407,-0.077697754,0.069885254,-0.033721924,-0.013916016,-0.02999878,0.016860962,0.01574707,-0.002298355,0.030288696,-0.0048294067,-0.017288208,0.010269165,0.0061149597,-0.008049011,-0.030349731,-0.07287598,0.0128479,0.046722412,-0.080200195,0.09802246,0.003540039,-0.020446777,0.08959961,0.040893555,-0.09667969,-0.05493164,-0.022583008,-0.017593384,0.038757324,0.026443481,-0.009475708,0.03475952,0.027328491,-0.011054993,0.0061073303,-0.06781006,-0.033569336,0.046295166,-0.008964539,-0.035980225,0.0009150505,0.00023841858]
guild-of-the-release	channel-guild-of-the-release	22	all-minilm-l6-v2-int8	[-0.018936157,0.05392456,0.044067383,0.023452759,-0.013084412,-0.022720337,0.12487793,-0.06161499,0.024398804,-0.0016698837,-0.016311646,-0.11401367,-0.04272461,0.036956787,-0.048736572,0.0009794235,0.0034542084,0.0039901733,-0.0040512085,-0.06048584,-0.038970947,-0.06488037,-0.03994751,-0.06463623,-0.016677856,0.043945312,-0.04559326,-0.0013446808,-0.020614624,0.009361267,-0.053131104,0.06390381,0.05883789,-0.055419922,0.011169434,-0.010635376,-0.004508972,-0.016723633,-0.097229004,0.03955078,-0.0027923584,-0.052764893,0.022018433,0.06201172,-0.0045051575,0.12805176,0.0602417,0.03353882,0.00046014786,0.07446289,0.06652832,0.04724121,0.018432617,0.011077881,0.03125,0.00969696,-0.00095176697,0.017852783,0.03994751,0.01676941,-0.058898926,-0.060516357,-0.05319214,0.060455322,0.066833496,-0.14697266,-0.099609375,0.023452759,0.014190674,-0.10900879,0.00047826767,0.09832764,0.004878998,-0.060180664,0.048095703,0.00060224533,0.09655762,-0.01184845,0.024520874,-0.043823242,0.013183594,-0.04043579,0.05126953,-0.03488159,0.056518555,0.0077667236,0.033813477,0.025222778,0.10333252,0.025115967,-0.03149414,-0.049865723,-0.0892334,-0.09411621,-0.05178833,0.1348877,-0.09655762,-0.016708374,-0.03945923,0.04458618,0.057769775,0.0015354156,0.07739258,0.047332764,0.052215576,-0.062683105,0.037475586,0.14453125,0.06304932,0.028152466,0.018493652,-0.050720215,0.10913086,0.027359009,-0.0309906,0.097473145,0.02154541,-0.042541504,0.074035645,0.017852783,0.020401001,0.051239014,-0.072509766,0.012672424,-0.103881836,0.006038666,-0.0463562,-0,0.009689331,0.0066337585,0.048065186,-0.021774292,-0.015914917,-0.059020996,0.021560669,0.0027809143,0.062927246,0.0009899139,-0.05810547,-0.031402588,-0.04244995,0.051330566,0.011543274,-0.03366089,-0.07751465,0.02192688,-0.0054359436,0.045166016,-0.014343262,0.055786133,0.0029716492,0.017684937,-0.025787354,-0.029220581,-0.020355225,-0.021255493,0.06896973,0.016555786,0.01399231,-0.030456543,0.0009355545,0.002445221,-0.035949707,0.025253296,0.04812622,-0.04257202,-0.0029659271,-0.044677734,-0.05770874,-0.04055786,0.0010213852,0.008956909,-0.05392456,-0.11968994,0.04837036,0.020187378,-0.02961731,0.040405273,-0.001871109,0.002565384,-0.074645996,-0.020187378,-0.002243042,-0.0050354004,0.048614502,-0.0047454834,-0.07904053,0.02848816,0.01687622,0.031463623,-0.096069336,0.08190918,-0.02861023,0.07080078,0.13537598,-0.011116028,0.060760498,-0.0077819824,-0.07800293,0.020996094,-0.00289917,0.025222778,-0.04827881,0.049560547,-0.038604736,-0.060180664,0.0395813,0.12286377,0.027816772,0.027786255,0.04260254,0.04208374,-0.02960205,0.038604736,0.017730713,0.03829956,0.023483276,-0.10571289,0.006248474,-0.074279785,0.020324707,-0.06161499,0.076660156,0,-0.06085205,-0.027526855,-0.024475098,0.004688263,0.04864502,-0.009307861,-0.003704071,-0.059173584,-0.024902344,0.012809753,-0.18566895,0.04675293,0.05670166,0.05822754,0.070373535,-0.04421997,-0.0074424744,-0.054840088,0.0023078918,0.055267334,-0.01663208,0.039154053,0.08514404,0.05090332,-0.10119629,0.00497818,-0.04953003,-0.08282471,-0.00674057,0.057006836,-0.03555298,-0.014450073,-0.0284729,0.003326416,-0.044799805,-0.017059326,-0.00028800964,0.04159546,0.010368347,6.747246e-05,0.10412598,-0.10760498,0.04953003,0.026306152,-0.03363037,0.025802612,-0.019683838,-0.06726074,-0.052520752,-0.025634766,-0.105285645,-0.042938232,-0.08026123,-0.008766174,-0.06085205,-0.029006958,0.03866577,0.02772522,-0.043395996,-0.020751953,0.03375244,0.024353027,-0.0574646,0.07104492,-0.026519775,0.1149292,0.040283203,-0.0637207,-0.03338623,-0.043151855,-0.024291992,0.020858765,-0.0118255615,-0.07897949,-0.03250122,0.047210693,0.021850586,0.12164307,0.005634308,0.074279785,-0.06359863,0.031188965,0.026763916,0.051330566,0.057128906,-0.10144043,-0.010696411,-0.03945923,-0.07159424,0.039764404,-0.059020996,-0.04296875,-0.03326416,0.058166504,-0.015670776,-0,-0.028244019,0.079833984,-0.016998291,-0.011291504,0.0056533813,-0.04397583,0.030548096,0.07836914,-0.006793976,0.02772522,-0.00051641464,-0.07293701,0.050567627,-0.0037269592,0.022384644,0.05026245,0.048034668,0.00674057,-0.06677246,0.010665894,-0.0024032593,-0.006023407,-0.077697754,0.069885254,-0.033721924,-0.013916016,-0.02999878,0.016860962,0.01574707,-0.002298355,0.030288696,-0.0048294067,-0.017288208,0.010269165,0.0061149597,-0.008049011,-0.030349731,-0.07287598,0.0128479,0.046722412,-0.080200195,0.09802246,0.003540039,-0.020446777,0.08959961,0.040893555,-0.09667969,-0.05493164,-0.022583008,-0.017593384,0.038757324,0.026443481,-0.009475708,0.03475952,0.027328491,-0.011054993,0.0061073303,-0.06781006,-0.033569336,0.046295166,-0.008964539,-0.035980225,0.0009150505,0.00023841858]
	channel-ada	23	all-minilm-l6-v2-int8	[-0.026641846,-0.061645508,0.04824829,0.06210327,0.008796692,-0.033325195,0.032958984,0.026855469,0.018737793,0.008476257,-0.03829956,-0.115112305,-0.06842041,0.0231781,0.07342529,-0.034088135,-0.010421753,-0.14355469,-0.06427002,-0.051940918,-0.08502197,-0.031158447,-0.042785645,0.07055664,-0.06964111,0.030639648,-0.002243042,0.04446411,-0.0690918,0.05215454,-0.063964844,0.045959473,0.02720642,0.06011963,0.064819336,0.1307373,0.01751709,-0.016952515,0.018859863,0.010047913,0.05178833,0.030395508,-0.11047363,-0.005054474,0.030273438,-0.005908966,-0.056274414,-0.0034923553,0.13317871,0.033477783,0.016677856,0.044891357,-0.016418457,0.059570312,0.015563965,-0.13366699,0.018875122,-0.03982544,0.066711426,-0.03390503,0.053253174,0.007686615,0.016647339,0.055541992,0.08062744,-0.0050964355,0.033325195,0.021530151,0.04928589,-0.05569458,0.019699097,-0.023971558,0.00046420097,-0.024520874,0.08581543,-0.09716797,0.06488037,-0.012397766,0.14794922,0.005683899,0.027664185,-0.006958008,0.0037784576,0.04244995,-0.045166016,-0.0149383545,0.02861023,0.105407715,-0.048950195,0.01260376,0.014511108,0.12890625,-0.03564453,-0.01676941,-0.006084442,-0.047210693,0.03125,0.009780884,-0.05545044,0.08947754,0.035705566,0.07171631,0.076049805,-0.062164307,-0.047058105,0.049438477,-0.00554657,0.0993042,-0.10723877,-0.06866455,-0.0579834,0.0042877197,-0.028137207,0.013771057,0.027664185,0.0574646,0.08459473,-0.031311035,0.058685303,0.03805542,0.05657959,0.009254456,-0.03881836,0.03149414,0.016174316,-0.048950195,-0.066345215,-0,0.076171875,-0.03164673,0.026245117,-0.018753052,-0.07122803,0.0013875961,0.014602661,0.006965637,-0.019012451,-0.03652954,0.038116455,0.010955811,-0.023025513,-0.054107666,0.015930176,0.029922485,0.0107040405,-0.044067383,-0.04446411,0.015220642,-0.04336548,-0.06774902,-0.057617188,0.1071167,-0.013519287,0.043914795,0.034576416,-0.014785767,0.12646484,0.009292603,-0.06500244,0.0592041,-0.0418396,0.085876465,-0.018829346,-0.016220093,0.026351929,-0.053009033,0.00083112717,-0.03338623,-0.08081055,0.091796875,-0.026046753,-0.03918457,-0.024810791,-0.0076026917,0.04046631,0.022476196,0.12695312,-0.026947021,-0.062164307,-0.008666992,-0.05581665,-0.019439697,-0.013206482,0.0026493073,-0.014816284,-0.029449463,0.008125305,-0.008010864,0.059173584,0.09588623,0.03643799,-0.041107178,-0.09576416,-0.0093307495,-0.018554688,-0.055664062,0.11621094,-0.029647827,-0.026275635,-0.0090408325,-0.023773193,-0.0026073456,-0.022613525,0.041931152,-0.068359375,-0.010787964,-0.017440796,-0.021392822,0.008758545,0.046081543,0.013969421,-0.04296875,0.044891357,-0.09234619,0.010131836,-0.038604736,-0.07128906,-0.02217102,0.05203247,-0.046081543,0.125,-0.017318726,-0.06286621,-0,0.040740967,-0.043945312,-0.0033397675,0.045135498,-0.0068588257,-0.02809143,0.09423828,0.026138306,-0.045959473,0.023513794,-0.0075149536,-0.011436462,0.092285156,0.020004272,0.0473938,0.068847656,0.07519531,0.037017822,0.0049095154,-0.015296936,-0.10803223,-0.033050537,-0.05886841,0.05001831,0.0066604614,-0.02041626,0.08239746,0.027053833,-0.13977051,-0.023391724,-0.038024902,0.038330078,-0.035888672,-0.02507019,-0.032958984,-0.006916046,0.11895752,0.059326172,0.0101623535,-0.0635376,0.0045547485,-0.052734375,-0.10412598,0.06085205,0.04159546,-0.028167725,-0.0635376,-0.010009766,-0.03286743,0.01272583,-0.036956787,0.0051231384,0.02583313,0.091918945,0.03491211,0.03265381,0.011360168,0.009506226,0.027160645,-0.023391724,-0.029418945,0.02166748,-0.022415161,0.012634277,0.06951904,0.028930664,-0.051696777,0.033050537,-0.035217285,0.020767212,-0.09008789,-0.036743164,-0.0184021,-0.043762207,0.09655762,0.03527832,-0.014152527,-0.012268066,-0.029937744,-0.036376953,0.052093506,0.016159058,0.02532959,-0.036712646,0.05404663,-0.046783447,-0.0016231537,0.12408447,0.064941406,-0.03729248,-0.011047363,0.06915283,-0.06829834,-0.045928955,0.013084412,-0,0.0032348633,0.07232666,-0.002439499,0.013938904,-0.07531738,-0.021774292,0.0018959045,-0.006690979,-0.032440186,0.026260376,-0.04171753,0.07977295,-0.026519775,-0.061462402,-0.0055389404,-0.0496521,0.007106781,-0.0049095154,-0.058288574,-0.042907715,0.0066184998,0.055664062,0.0284729,-0.046813965,0.040924072,0.04171753,0.02848816,-0.0010375977,-0.040618896,-0.04989624,0.018981934,0.060760498,0.007019043,-0.06762695,0.009033203,-0.08905029,-0.025054932,-0.009681702,-0.040802002,-0.09674072,-0.017349243,-0.05987549,0.06903076,-0.02357483,0.0040283203,-0.007041931,0.07159424,-0.066589355,-0.030059814,-0.016067505,-0.05545044,-0.017547607,0.015571594,0.044067383,0.006477356,0.017791748,0.037078857,-0.05041504,-0.09277344,0.060638428,0.051818848,-0.09484863,-0.0039863586,-0.0038986206]
	channel-ada	24	all-minilm-l6-v2-int8	[-0.026641846,-0.061645508,0.04824829,0.06210327,0.008796692,-0.033325195,0.032958984,0.026855469,0.018737793,0.008476257,-0.03829956,-0.115112305,-0.06842041,0.0231781,0.07342529,-0.034088135,-0.010421753,-0.14355469,-0.06427002,-0.051940918,-0.08502197,-0.031158447,-0.042785645,0.07055664,-0.06964111,0.030639648,-0.002243042,0.04446411,-0.0690918,0.05215454,-0.063964844,0.045959473,0.02720642,0.06011963,0.064819336,0.1307373,0.01751709,-0.016952515,0.018859863,0.010047913,0.05178833,0.030395508,-0.11047363,-0.005054474,0.030273438,-0.005908966,-0.056274414,-0.0034923553,0.13317871,0.033477783,0.016677856,0.044891357,-0.016418457,0.059570312,0.015563965,-0.13366699,0.018875122,-0.03982544,0.066711426,-0.03390503,0.053253174,0.007686615,0.016647339,0.055541992,0.08062744,-0.0050964355,0.033325195,0.021530151,0.04928589,-0.05569458,0.019699097,-0.023971558,0.00046420097,-0.024520874,0.08581543,-0.09716797,0.06488037,-0.012397766,0.14794922,0.005683899,0.027664185,-0.006958008,0.0037784576,0.04244995,-0.045166016,-0.0149383545,0.02861023,0.105407715,-0.048950195,0.01260376,0.014511108,0.12890625,-0.03564453,-0.01676941,-0.006084442,-0.047210693,0.03125,0.009780884,-0.05545044,0.08947754,0.035705566,0.07171631,0.076049805,-0.062164307,-0.047058105,0.049438477,-0.00554657,0.0993042,-0.10723877,-0.06866455,-0.0579834,0.0042877197,-0.028137207,0.013771057,0.027664185,0.0574646,0.08459473,-0.031311035,0.058685303,0.03805542,0.05657959,0.009254456,-0.03881836,0.03149414,0.016174316,-0.048950195,-0.066345215,-0,0.076171875,-0.03164673,0.026245117,-0.018753052,-0.07122803,0.0013875961,0.014602661,0.006965637,-0.019012451,-0.03652954,0.038116455,0.010955811,-0.023025513,-0.054107666,0.015930176,0.029922485,0.0107040405,-0.044067383,-0.04446411,0.015220642,-0.04336548,-0.06774902,-0.057617188,0.1071167,-0.013519287,0.043914795,0.034576416,-0.014785767,0.12646484,0.009292603,-0.06500244,0.0592041,-0.0418396,0.085876465,-0.018829346,-0.016220093,0.026351929,-0.053009033,0.00083112717,-0.03338623,-0.08081055,0.091796875,-0.026046753,-0.03918457,-0.024810791,-0.0076026917,0.04046631,0.022476196,0.12695312,-0.026947021,-0.062164307,-0.008666992,-0.05581665,-0.019439697,-0.013206482,0.0026493073,-0.014816284,-0.029449463,0.008125305,-0.008010864,0.059173584,0.09588623,0.03643799,-0.041107178,-0.09576416,-0.0093307495,-0.018554688,-0.055664062,0.11621094,-0.029647827,-0.026275635,-0.0090408325,-0.023773193,-0.0026073456,-0.022613525,0.041931152,-0.068359375,-0.010787964,-0.017440796,-0.021392822,0.008758545,0.046081543,0.013969421,-0.04296875,0.044891357,-0.09234619,0.010131836,-0.038604736,-0.07128906,-0.02217102,0.05203247,-0.046081543,0.125,-0.017318726,-0.06286621,-0,0.040740967,-0.043945312,-0.0033397675,0.045135498,-0.0068588257,-0.02809143,0.09423828,0.026138306,-0.045959473,0.023513794,-0.0075149536,-0.011436462,0.092285156,0.020004272,0.0473938,0.068847656,0.07519531,0.037017822,0.0049095154,-0.015296936,-0.10803223,-0.033050537,-0.05886841,0.05001831,0.0066604614,-0.02041626,0.08239746,0.027053833,-0.13977051,-0.023391724,-0.038024902,0.038330078,-0.035888672,-0.02507019,-0.032958984,-0.006916046,0.11895752,0.059326172,0.0101623535,-0.0635376,0.0045547485,-0.052734375,-0.10412598,0.06085205,0.04159546,-0.028167725,-0.0635376,-0.010009766,-0.03286743,0.01272583,-0.036956787,0.0051231384,0.02583313,0.091918945,0.03491211,0.03265381,0.011360168,0.009506226,0.027160645,-0.023391724,-0.029418945,0.02166748,-0.022415161,0.012634277,0.06951904,0.028930664,-0.051696777,0.033050537,-0.035217285,0.020767212,-0.09008789,-0.036743164,-0.0184021,-0.043762207,0.09655762,0.03527832,-0.014152527,-0.012268066,-0.029937744,-0.036376953,0.052093506,0.016159058,0.02532959,-0.036712646,0.05404663,-0.046783447,-0.0016231537,0.12408447,0.064941406,-0.03729248,-0.011047363,0.06915283,-0.06829834,-0.045928955,0.013084412,-0,0.0032348633,0.07232666,-0.002439499,0.013938904,-0.07531738,-0.021774292,0.0018959045,-0.006690979,-0.032440186,0.026260376,-0.04171753,0.07977295,-0.026519775,-0.061462402,-0.0055389404,-0.0496521,0.007106781,-0.0049095154,-0.058288574,-0.042907715,0.0066184998,0.055664062,0.0284729,-0.046813965,0.040924072,0.04171753,0.02848816,-0.0010375977,-0.040618896,-0.04989624,0.018981934,0.060760498,0.007019043,-0.06762695,0.009033203,-0.08905029,-0.025054932,-0.009681702,-0.040802002,-0.09674072,-0.017349243,-0.05987549,0.06903076,-0.02357483,0.0040283203,-0.007041931,0.07159424,-0.066589355,-0.030059814,-0.016067505,-0.05545044,-0.017547607,0.015571594,0.044067383,0.006477356,0.017791748,0.037078857,-0.05041504,-0.09277344,0.060638428,0.051818848,-0.09484863,-0.0039863586,-0.0038986206]
guild-of-the-release	channel-guild-of-the-release	15	all-minilm-l6-v2-int8	[-0.07879639,0.09118652,0.035461426,0.053497314,0.039154053,-0.009223938,-0.03451538,0.050628662,0.062286377,0.0010147095,0.037506104,-0.018112183,0.008079529,0.0015907288,-0.027313232,-0.012039185,0.019577026,0.10986328,-0.11340332,0.020202637,-0.029953003,-0.040100098,-0.025360107,0.04916382,-0.03262329,-0.032470703,-0.011703491,-0.0020484924,0.023117065,0.017486572,0.022766113,-0.012573242,0.13598633,-0.020751953,-0.040496826,-0.0039482117,0.0044136047,0.025115967,0.05203247,-0.045806885,0.0032482147,-0.13330078,0.024215698,0.09436035,-0.064819336,-0.013313293,0.053375244,-0.07147217,-0.027420044,0.027023315,-0.09906006,-0.042785645,-0.040527344,0.015823364,0.07489014,-0.024490356,-0.04260254,-0.012069702,0.07220459,0.05657959,-0.02394104,-0.08691406,-0.08239746,0.035858154,0.024398804,-0.05166626,-0.048614502,0.020462036,-0.07196045,0.02961731,-0.014961243,0.056884766,-0.035736084,0.10546875,0.0033397675,-0.01737976,-0.021728516,-0.0087509155,-0.005039215,-0.0042152405,-0.01713562,-0.030212402,-0.08721924,-0.00868988,-0.07086182,-0.029525757,-0.026565552,-0.0836792,-0.052215576,-0.06774902,0.044158936,-0.02420044,0.05911255,0.032714844,-0.068481445,-0.06262207,0.016448975,-0.035247803,-0.11450195,0.15405273,-0.009483337,0.019302368,-0.03781128,0.022583008,0.0073509216,0.036987305,-0.0058059692,0.020721436,-0.022125244,0.01550293,-0.013687134,0.042816162,-0.0725708,0.083984375,0.038970947,-0.017837524,0.022888184,-0.022888184,0.0836792,-0.023864746,0.016967773,0.0062713623,-0.10406494,0.037078857,-0.03390503,0.046966553,-0.002998352,0,-0.026641846,0.023117065,0.045562744,0.018722534,0.023468018,0.08868408,-0.03060913,0.01574707,-0.086120605,-0.039520264,0.041625977,-0.030929565,-0.050598145,-0.056610107,0.030029297,-0.06298828,-0.040740967,0.055145264,-0.024932861,0.072265625,-0.11126709,0.009170532,0.023620605,-0.03277588,0.066833496,-0.07751465,-0.045043945,-0.048217773,-0.0065841675,-0.00579834,0.024795532,0.01121521,-0.08099365,-0.002067566,-0.044921875,0.0132369995,0.011947632,-0.058044434,-0.1104126,-0.011650085,-0.0010643005,-0.0043144226,-0.004699707,0.004432678,0.043884277,-0.012260437,0.059295654,-0.005191803,-0.0021190643,0.049224854,0.0055351257,-0.0042915344,0.072631836,-0.058532715,0.009170532,-0.015167236,-0.05987549,-0.017242432,-0.017852783,0.07476807,-0.031463623,0.11810303,0.0670166,-0.029891968,0.014549255,0.03164673,-0.00096321106,0.012908936,-0.01713562,-0.084106445,-0.085632324,0.003730774,0.035003662,0.11236572,-0.010635376,-0.0023841858,-0.041046143,-0.01184082,-0.015945435,0.025146484,-0.07171631,-0.023010254,-0.0211792,-0.019592285,0.028182983,0.020767212,0.04714966,-0.10839844,-0.05432129,-0.0033397675,-0.048950195,-0.018661499,0.023834229,-0.022827148,-0.04763794,-0,-0.011810303,0.021865845,-0.11981201,-0.035980225,0.11114502,-0.03994751,0.061645508,0.16052246,-0.09851074,0.020050049,-0.014533997,-0.029190063,-0.013618469,-0.12121582,0.05718994,-0.020217896,0.04559326,-0.057556152,-0.030715942,0.029632568,0.037384033,0.05618286,-0.14733887,-0.0048179626,-0.034423828,0.09112549,0.077697754,0.0423584,-0.12487793,0.00016260147,-0.0552063,-0.03866577,-0.08770752,-0.042022705,-0.0015230179,0.06060791,0.068359375,0.023788452,0.07525635,0.01977539,0.10467529,-0.048309326,0.07495117,0.064575195,0.05014038,-0.020233154,-0.0056381226,0.030914307,0.0036239624,0.072509766,-0.04840088,0.05218506,-0.053100586,0.008026123,0.004386902,-0.08087158,-0.019744873,-0.025436401,0.060699463,-0.052764893,-0.04840088,-0.046661377,-0.095825195,0.030517578,0.012145996,-0.0039863586,0.02772522,0.11218262,-0.010643005,-0.028060913,0.05923462,0.014541626,-0.13623047,0.032196045,-0.024978638,0.021224976,-0.00233078,0.009208679,0.01512146,0.001832962,0.008056641,-0.013191223,-0.009399414,-0.07965088,0.016189575,0.011817932,0.076538086,0.07574463,0.026916504,0.020996094,-0.06500244,-0.009399414,0.10821533,0.019012451,0.010757446,-0,0.0546875,0.00617218,0.04119873,0.08618164,0.07965088,0.13806152,0.031707764,-0.040008545,-0.049072266,-0.008758545,-0.0037021637,0.037750244,0.046966553,0.037841797,0.07965088,-0.016799927,-0.035827637,-0.038482666,-0.028305054,0.032409668,-0.020935059,0.09863281,-0.021026611,0.0061454773,-0.0038585663,0.0040397644,0.0018405914,0.044403076,-0.014320374,0.03793335,-0.0040283203,0.025436401,-0.020645142,-0.0692749,-0.004501343,-0.059173584,0.042663574,0.003768921,0.003835678,0.020248413,-0.029556274,0.010437012,-0.004070282,0.04724121,0.038482666,0.03173828,0.0037708282,-0.036071777,-0.035308838,0.015808105,0.009315491,-0.02671814,0.08325195,-0.06298828,0.028778076,0.041259766,-0.052764893,0.06726074,-0.05505371,0.03918457,-0.009925842,-0.0003774166,0.042816162,-0.017913818]
guild-of-the-release	channel-guild-of-the-release	16	all-minilm-l6-v2-int8	[-0.07879639,0.09118652,0.035461426,0.053497314,0.039154053,-0.009223938,-0.03451538,0.050628662,0.062286377,0.0010147095,0.037506104,-0.018112183,0.008079529,0.0015907288,-0.027313232,-0.012039185,0.019577026,0.10986328,-0.11340332,0.020202637,-0.029953003,-0.040100098,-0.025360107,0.04916382,-0.03262329,-0.032470703,-0.011703491,-0.0020484924,0.023117065,0.017486572,0.022766113,-0.012573242,0.13598633,-0.020751953,-0.040496826,-0.0039482117,0.0044136047,0.025115967,0.05203247,-0.045806885,0.0032482147,-0.13330078,0.024215698,0.09436035,-0.064819336,-0.013313293,0.053375244,-0.07147217,-0.027420044,0.027023315,-0.09906006,-0.042785645,-0.040527344,0.015823364,0.07489014,-0.024490356,-0.04260254,-0.012069702,0.07220459,0.05657959,-0.02394104,-0.08691406,-0.08239746,0.035858154,0.024398804,-0.05166626,-0.048614502,0.020462036,-0.07196045,0.02961731,-0.014961243,0.056884766,-0.035736084,0.10546875,0.0033397675,-0.01737976,-0.021728516,-0.0087509155,-0.005039215,-0.0042152405,-0.01713562,-0.030212402,-0.08721924,-0.00868988,-0.07086182,-0.029525757,-0.026565552,-0.0836792,-0.052215576,-0.06774902,0.044158936,-0.02420044,0.05911255,0.032714844,-0.068481445,-0.06262207,0.016448975,-0.035247803,-0.11450195,0.15405273,-0.009483337,0.019302368,-0.03781128,0.022583008,0.0073509216,0.036987305,-0.0058059692,0.020721436,-0.022125244,0.01550293,-0.013687134,0.042816162,-0.0725708,0.083984375,0.038970947,-0.017837524,0.022888184,-0.022888184,0.0836792,-0.023864746,0.016967773,0.0062713623,-0.10406494,0.037078857,-0.03390503,0.046966553,-0.002998352,0,-0.026641846,0.023117065,0.045562744,0.018722534,0.023468018,0.08868408,-0.03060913,0.01574707,-0.086120605,-0.039520264,0.041625977,-0.030929565,-0.050598145,-0.056610107,0.030029297,-0.06298828,-0.040740967,0.055145264,-0.024932861,0.072265625,-0.11126709,0.009170532,0.023620605,-0.03277588,0.066833496,-0.07751465,-0.045043945,-0.048217773,-0.0065841675,-0.00579834,0.024795532,0.01121521,-0.08099365,-0.002067566,-0.044921875,0.0132369995,0.011947632,-0.058044434,-0.1104126,-0.011650085,-0.0010643005,-0.0043144226,-0.004699707,0.004432678,0.043884277,-0.012260437,0.059295654,-0.005191803,-0.0021190643,0.049224854,0.0055351257,-0.0042915344,0.072631836,-0.058532715,0.009170532,-0.015167236,-0.05987549,-0.017242432,-0.017852783,0.07476807,-0.031463623,0.11810303,0.0670166,-0.029891968,0.014549255,0.03164673,-0.00096321106,0.012908936,-0.01713562,-0.084106445,-0.085632324,0.003730774,0.035003662,0.11236572,-0.010635376,-0.0023841858,-0.041046143,-0.01184082,-0.015945435,0.025146484,-0.07171631,-0.023010254,-0.0211792,-0.019592285,0.028182983,0.020767212,0.04714966,-0.10839844,-0.05432129,-0.0033397675,-0.048950195,-0.018661499,0.023834229,-0.022827148,-0.04763794,-0,-0.011810303,0.021865845,-0.11981201,-0.035980225,0.11114502,-0.03994751,0.061645508,0.16052246,-0.09851074,0.020050049,-0.014533997,-0.029190063,-0.013618469,-0.12121582,0.05718994,-0.020217896,0.04559326,-0.057556152,-0.030715942,0.029632568,0.037384033,0.05618286,-0.14733887,-0.0048179626,-0.034423828,0.09112549,0.077697754,0.0423584,-0.12487793,0.00016260147,-0.0552063,-0.03866577,-0.08770752,-0.042022705,-0.0015230179,0.06060791,0.068359375,0.023788452,0.07525635,0.01977539,0.10467529,-0.048309326,0.07495117,0.064575195,0.05014038,-0.020233154,-0.0056381226,0.030914307,0.0036239624,0.072509766,-0.04840088,0.05218506,-0.053100586,0.008026123,0.004386902,-0.08087158,-0.019744873,-0.025436401,0.060699463,-0.052764893,-0.04840088,-0.046661377,-0.095825195,0.030517578,0.012145996,-0.0039863586,0.02772522,0.11218262,-0.010643005,-0.028060913,0.05923462,0.014541626,-0.13623047,0.032196045,-0.024978638,0.021224976,-0.00233078,0.009208679,0.01512146,0.001832962,0.008056641,-0.013191223,-0.009399414,-0.07965088,0.016189575,0.011817932,0.076538086,0.07574463,0.026916504,0.020996094,-0.06500244,-0.009399414,0.10821533,0.019012451,0.010757446,-0,0.0546875,0.00617218,0.04119873,0.08618164,0.07965088,0.13806152,0.031707764,-0.040008545,-0.049072266,-0.008758545,-0.0037021637,0.037750244,0.046966553,0.037841797,0.07965088,-0.016799927,-0.035827637,-0.038482666,-0.028305054,0.032409668,-0.020935059,0.09863281,-0.021026611,0.0061454773,-0.0038585663,0.0040397644,0.0018405914,0.044403076,-0.014320374,0.03793335,-0.0040283203,0.025436401,-0.020645142,-0.0692749,-0.004501343,-0.059173584,0.042663574,0.003768921,0.003835678,0.020248413,-0.029556274,0.010437012,-0.004070282,0.04724121,0.038482666,0.03173828,0.0037708282,-0.036071777,-0.035308838,0.015808105,0.009315491,-0.02671814,0.08325195,-0.06298828,0.028778076,0.041259766,-0.052764893,0.06726074,-0.05505371,0.03918457,-0.009925842,-0.0003774166,0.042816162,-0.017913818]
guild-of-the-release	channel-guild-of-the-release	19	all-minilm-l6-v2-int8	[-0.054138184,-0.03488159,0.049713135,-0.02180481,-0.013374329,-0.013557434,0.06781006,-0.015457153,0.03930664,-0.0075683594,0.053497314,0.054748535,0.105773926,-0.046966553,0.0014104843,0.015258789,-0.029190063,-0.068603516,-0.10021973,-0.015510559,-0.1352539,-0.04724121,-0.018829346,-0.041412354,0.009475708,0.03326416,-0.0011434555,0.09075928,-0.111206055,-0.026290894,-0.013771057,-0.022949219,-0.023361206,0.056152344,0.057891846,0.0413208,0.052825928,-0.027908325,-0.025787354,-0.04019165,-0.014945984,-0.031280518,0.05947876,-0.0006170273,0.08135986,0.048583984,0.013221741,-0.005683899,0.0039749146,-0.02519226,-0.05307007,0.0012435913,0.04208374,0.005405426,-0.04776001,-0.0015821457,-0.00617218,0.0015039444,0.05722046,0.044830322,0.06878662,0.014022827,-0.023651123,-0.0021324158,-0.041778564,0.1081543,-0.020233154,-0.11444092,0.05444336,0.040924072,0.09326172,0.006412506,0.0045318604,-0.04638672,-0.036224365,-0.014656067,-0.012687683,-0.12878418,-0.039245605,-0.0064926147,-0.10266113,-0.046936035,-0.02180481,0.045318604,-0.004432678,0.023590088,0.014915466,-0.053222656,-0.089660645,0.06463623,0.055511475,0.007926941,-0.012046814,0.00021636486,0.015655518,-0.054534912,0.08300781,-0.0038833618,-0.0057373047,0.08215332,0.05557251,0.08154297,0.03466797,-0.09552002,0.057556152,0.07299805,-0.018157959,0.045959473,-0.030960083,-0.021896362,0.02192688,0.050476074,0.015014648,0.0178833,-0.05142212,0.010269165,0.027572632,0.045898438,0.03427124,0.0077819824,0.06323242,-0.015945435,-0.035827637,0.00381279,-0.06201172,-0.04736328,-0.056671143,-0,-0.048828125,-0.012702942,-0.028900146,-0.053741455,0.003753662,-0.02848816,0.013290405,0.02748108,-0.040222168,0.017807007,-0.019836426,0.045410156,-0.02545166,0.0021915436,-0.07336426,0.010429382,0.052886963,0.00843811,-0.019088745,-0.021972656,-0.025482178,0.00051259995,0.0029850006,0.0033359528,0.0008211136,0.10266113,-0.015808105,-0.027023315,0.074157715,0.018341064,-0.029144287,0.084106445,-0.04360962,-0.057434082,-0.009918213,0.039642334,0.046417236,0.0132751465,-0.04272461,-0.030532837,-0.052642822,-0.0057640076,-0.07836914,-0.04296875,-0.047607422,0.03326416,0.06561279,0.024993896,-0.032196045,-0.021255493,-0.062042236,-0.020767212,-0.09088135,-0.0067367554,-0.036865234,0.0079574585,0.020553589,-0.0129852295,0.010932922,0.03237915,0.011329651,0.021957397,0.057250977,-0.0017290115,-0.021316528,-0.039489746,0.037078857,0.032440186,0.07891846,0.03314209,0.013725281,0.008026123,0.003063202,-0.029327393,0.037475586,-0.040649414,-0.0390625,0.043273926,0.02067566,-0.015701294,0.15185547,0.019042969,0.032043457,0.00053977966,-0.00069379807,0.062561035,-0.058746338,-0.13964844,0.0055274963,-0.03338623,-0.03201294,-0.008758545,0.030029297,-0.10882568,-0.10412598,0,-0.029907227,0.046051025,0.016494751,-0.03353882,-0.010101318,0.020889282,-0.03326416,0.10809326,0.008010864,0.035369873,0.087402344,0.01084137,-0.014595032,-0.050354004,0.099121094,-0.040740967,0.09844971,0.052490234,0.05984497,-0.1204834,-0.13061523,-0.07928467,0.0032081604,0.036254883,-0.0024814606,0.023666382,0.064331055,0.010322571,-0.06616211,-0.017593384,0.08843994,0.05911255,-0.043151855,0.028167725,-0.026428223,-0.00021076202,-0.005241394,-0.0059928894,-0.0023403168,0.0074005127,-0.05960083,-0.009849548,0.018539429,0.049346924,-0.1184082,-0.04925537,0.039733887,-0.012908936,0.01914978,0.039215088,0.08703613,-0.0012292862,-0.088378906,-0.08831787,-0.101867676,-0.023269653,0.0029315948,0.06842041,0.08843994,-0.029922485,0.016204834,0.044128418,-0.018600464,0.010101318,0.017425537,-0.072143555,0.04736328,-0.0178833,0.023635864,-0.044006348,0.012878418,-0.058807373,-0.04397583,0.001578331,0.08135986,-0.02658081,-0.021560669,0.017044067,-0.018310547,-0.0018444061,0.11248779,-0.029678345,0.06732178,0.010360718,0.0859375,0.0048942566,0.020935059,0.049621582,-0.03010559,0.03781128,0.038726807,0.044952393,-0.0814209,0.017913818,0.02293396,-0,0.07324219,0.14807129,0.034118652,-0.000113487244,-0.04324341,-0.027435303,0.01789856,0.050598145,-0.07446289,-0.06982422,-0.00818634,-0.064086914,-0.0657959,-0.09423828,0.024475098,-0.013282776,-0.030670166,-0.039001465,-0.018539429,0.0011911392,0.042297363,0.075683594,0.11553955,0.00957489,-0.010536194,0.05621338,-0.008216858,0.07098389,0.0680542,0.026641846,0.053375244,0.03564453,0.04824829,-0.09844971,0.023361206,-0.061706543,-0.026397705,-0.0016021729,0.0031604767,0.016662598,-0.0044288635,-0.13500977,-0.025497437,0.032409668,-0.0947876,0.03137207,0.09442139,0.0063209534,-0.024291992,-0.0019931793,-0.074645996,-0.05279541,0.031341553,0.016235352,-0.003435135,-0.013755798,0.06506348,0.0496521,0.0021362305,-0.018432617,0.03768921,-0.076293945,-0.19897461,0.025650024]
guild-of-the-release	channel-guild-of-the-release	20	all-minilm-l6-v2-int8	[-0.054138184,-0.03488159,0.049713135,-0.02180481,-0.013374329,-0.013557434,0.06781006,-0.015457153,0.03930664,-0.0075683594,0.053497314,0.054748535,0.105773926,-0.046966553,0.0014104843,0.015258789,-0.029190063,-0.068603516,-0.10021973,-0.015510559,-0.1352539,-0.04724121,-0.018829346,-0.041412354,0.009475708,0.03326416,-0.0011434555,0.09075928,-0.111206055,-0.026290894,-0.013771057,-0.022949219,-0.023361206,0.056152344,0.057891846,0.0413208,0.052825928,-0.027908325,-0.025787354,-0.04019165,-0.014945984,-0.031280518,0.05947876,-0.0006170273,0.08135986,0.048583984,0.013221741,-0.005683899,0.0039749146,-0.02519226,-0.05307007,0.0012435913,0.04208374,0.005405426,-0.04776001,-0.0015821457,-0.00617218,0.0015039444,0.05722046,0.044830322,0.06878662,0.014022827,-0.023651123,-0.0021324158,-0.041778564,0.1081543,-0.020233154,-0.11444092,0.05444336,0.040924072,0.09326172,0.006412506,0.0045318604,-0.04638672,-0.036224365,-0.014656067,-0.012687683,-0.12878418,-0.039245605,-0.0064926147,-0.10266113,-0.046936035,-0.02180481,0.045318604,-0.004432678,0.023590088,0.014915466,-0.053222656,-0.089660645,0.06463623,0.055511475,0.007926941,-0.012046814,0.00021636486,0.015655518,-0.054534912,0.08300781,-0.0038833618,-0.0057373047,0.08215332,0.05557251,0.08154297,0.03466797,-0.09552002,0.057556152,0.07299805,-0.018157959,0.045959473,-0.030960083,-0.021896362,0.02192688,0.050476074,0.015014648,0.0178833,-0.05142212,0.010269165,0.027572632,0.045898438,0.03427124,0.0077819824,0.06323242,-0.015945435,-0.035827637,0.00381279,-0.06201172,-0.04736328,-0.056671143,-0,-0.048828125,-0.012702942,-0.028900146,-0.053741455,0.003753662,-0.02848816,0.013290405,0.02748108,-0.040222168,0.017807007,-0.019836426,0.045410156,-0.02545166,0.0021915436,-0.07336426,0.010429382,0.052886963,0.00843811,-0.019088745,-0.021972656,-0.025482178,0.00051259995,0.0029850006,0.0033359528,0.0008211136,0.10266113,-0.015808105,-0.027023315,0.074157715,0.018341064,-0.029144287,0.084106445,-0.04360962,-0.057434082,-0.009918213,0.039642334,0.046417236,0.0132751465,-0.04272461,-0.030532837,-0.052642822,-0.0057640076,-0.07836914,-0.04296875,-0.047607422,0.03326416,0.06561279,0.024993896,-0.032196045,-0.021255493,-0.062042236,-0.020767212,-0.09088135,-0.0067367554,-0.036865234,0.0079574585,0.020553589,-0.0129852295,0.010932922,0.03237915,0.011329651,0.021957397,0.057250977,-0.0017290115,-0.021316528,-0.039489746,0.037078857,0.032440186,0.07891846,0.03314209,0.013725281,0.008026123,0.003063202,-0.029327393,0.037475586,-0.040649414,-0.0390625,0.043273926,0.02067566,-0.015701294,0.15185547,0.019042969,0.032043457,0.00053977966,-0.00069379807,0.062561035,-0.058746338,-0.13964844,0.0055274963,-0.03338623,-0.03201294,-0.008758545,0.030029297,-0.10882568,-0.10412598,0,-0.029907227,0.046051025,0.016494751,-0.03353882,-0.010101318,0.020889282,-0.03326416,0.10809326,0.008010864,0.035369873,0.087402344,0.01084137,-0.014595032,-0.050354004,0.099121094,-0.040740967,0.09844971,0.052490234,0.05984497,-0.1204834,-0.13061523,-0.07928467,0.0032081604,0.036254883,-0.0024814606,0.023666382,0.064331055,0.010322571,-0.06616211,-0.017593384,0.08843994,0.05911255,-0.043151855,0.028167725,-0.026428223,-0.00021076202,-0.005241394,-0.0059928894,-0.0023403168,0.0074005127,-0.05960083,-0.009849548,0.018539429,0.049346924,-0.1184082,-0.04925537,0.039733887,-0.012908936,0.01914978,0.039215088,0.08703613,-0.0012292862,-0.088378906,-0.08831787,-0.101867676,-0.023269653,0.0029315948,0.06842041,0.08843994,-0.029922485,0.016204834,0.044128418,-0.018600464,0.010101318,0.017425537,-0.072143555,0.04736328,-0.0178833,0.023635864,-0.044006348,0.012878418,-0.058807373,-0.04397583,0.001578331,0.08135986,-0.02658081,-0.021560669,0.017044067,-0.018310547,-0.0018444061,0.11248779,-0.029678345,0.06732178,0.010360718,0.0859375,0.0048942566,0.020935059,0.049621582,-0.03010559,0.03781128,0.038726807,0.044952393,-0.0814209,0.017913818,0.02293396,-0,0.07324219,0.14807129,0.034118652,-0.000113487244,-0.04324341,-0.027435303,0.01789856,0.050598145,-0.07446289,-0.06982422,-0.00818634,-0.064086914,-0.0657959,-0.09423828,0.024475098,-0.013282776,-0.030670166,-0.039001465,-0.018539429,0.0011911392,0.042297363,0.075683594,0.11553955,0.00957489,-0.010536194,0.05621338,-0.008216858,0.07098389,0.0680542,0.026641846,0.053375244,0.03564453,0.04824829,-0.09844971,0.023361206,-0.061706543,-0.026397705,-0.0016021729,0.0031604767,0.016662598,-0.0044288635,-0.13500977,-0.025497437,0.032409668,-0.0947876,0.03137207,0.09442139,0.0063209534,-0.024291992,-0.0019931793,-0.074645996,-0.05279541,0.031341553,0.016235352,-0.003435135,-0.013755798,0.06506348,0.0496521,0.0021362305,-0.018432617,0.03768921,-0.076293945,-0.19897461,0.025650024]
\.


--
-- Data for Name: message_terms; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.message_terms (guild_id, channel_id, term, sequence, occurrences, length) FROM stdin;
guild-of-the-release	channel-guild-of-the-release	sister	1	1	5
guild-of-the-release	channel-guild-of-the-release	call	1	1	5
guild-of-the-release	channel-guild-of-the-release	zelda	1	1	5
guild-of-the-release	channel-guild-of-the-release	way	1	1	5
guild-of-the-release	channel-guild-of-the-release	ada	1	1	5
guild-of-the-release	channel-guild-of-the-release	certain	2	1	2
guild-of-the-release	channel-guild-of-the-release	pleasur	2	1	2
guild-of-the-release	channel-guild-of-the-release	sister	3	1	8
guild-of-the-release	channel-guild-of-the-release	call	3	1	8
guild-of-the-release	channel-guild-of-the-release	zelda	3	1	8
guild-of-the-release	channel-guild-of-the-release	way	3	1	8
guild-of-the-release	channel-guild-of-the-release	boat	3	1	8
guild-of-the-release	channel-guild-of-the-release	take	3	1	8
guild-of-the-release	channel-guild-of-the-release	look	3	1	8
guild-of-the-release	channel-guild-of-the-release	bob	3	1	8
guild-of-the-release	channel-guild-of-the-release	certain	4	1	2
guild-of-the-release	channel-guild-of-the-release	pleasur	4	1	2
guild-of-the-release	channel-guild-of-the-release	plant	5	1	4
guild-of-the-release	channel-guild-of-the-release	garden	5	1	4
guild-of-the-release	channel-guild-of-the-release	sea	5	1	4
guild-of-the-release	channel-guild-of-the-release	ada	5	1	4
guild-of-the-release	channel-guild-of-the-release	certain	6	1	2
guild-of-the-release	channel-guild-of-the-release	pleasur	6	1	2
guild-of-the-release	channel-guild-of-the-release	plant	7	1	7
guild-of-the-release	channel-guild-of-the-release	garden	7	1	7
guild-of-the-release	channel-guild-of-the-release	sea	7	1	7
guild-of-the-release	channel-guild-of-the-release	boat	7	1	7
guild-of-the-release	channel-guild-of-the-release	take	7	1	7
guild-of-the-release	channel-guild-of-the-release	look	7	1	7
guild-of-the-release	channel-guild-of-the-release	bob	7	1	7
guild-of-the-release	channel-guild-of-the-release	certain	8	1	2
guild-of-the-release	channel-guild-of-the-release	pleasur	8	1	2
guild-of-the-release	channel-guild-of-the-release	shade	9	1	3
guild-of-the-release	channel-guild-of-the-release	hous	9	1	3
guild-of-the-release	channel-guild-of-the-release	ada	9	1	3
guild-of-the-release	channel-guild-of-the-release	certain	10	1	2
guild-of-the-release	channel-guild-of-the-release	pleasur	10	1	2
guild-of-the-release	channel-guild-of-the-release	shade	11	1	6
guild-of-the-release	channel-guild-of-the-release	hous	11	1	6
guild-of-the-release	channel-guild-of-the-release	boat	11	1	6
guild-of-the-release	channel-guild-of-the-release	take	11	1	6
guild-of-the-release	channel-guild-of-the-release	look	11	1	6
guild-of-the-release	channel-guild-of-the-release	bob	11	1	6
guild-of-the-release	channel-guild-of-the-release	certain	12	1	2
guild-of-the-release	channel-guild-of-the-release	pleasur	12	1	2
guild-of-the-release	channel-guild-of-the-release	pleas	15	1	3
guild-of-the-release	channel-guild-of-the-release	shorter	15	1	3
guild-of-the-release	channel-guild-of-the-release	ada	15	1	3
guild-of-the-release	channel-guild-of-the-release	certain	16	1	2
guild-of-the-release	channel-guild-of-the-release	pleasur	16	1	2
	channel-ada	good	17	1	4
	channel-ada	name	17	1	4
	channel-ada	dog	17	1	4
	channel-ada	ada	17	1	4
	channel-ada	certain	18	1	2
	channel-ada	pleasur	18	1	2
guild-of-the-release	channel-guild-of-the-release	anybodi	19	1	4
guild-of-the-release	channel-guild-of-the-release	seen	19	1	4
guild-of-the-release	channel-guild-of-the-release	key	19	1	4
guild-of-the-release	channel-guild-of-the-release	bob	19	1	4
guild-of-the-release	channel-guild-of-the-release	certain	20	1	2
guild-of-the-release	channel-guild-of-the-release	pleasur	20	1	2
guild-of-the-release	channel-guild-of-the-release	pool	21	1	3
guild-of-the-release	channel-guild-of-the-release	pay	21	1	3
guild-of-the-release	channel-guild-of-the-release	mona	21	1	3
guild-of-the-release	channel-guild-of-the-release	certain	22	1	2
guild-of-the-release	channel-guild-of-the-release	pleasur	22	1	2
	channel-ada	anybodi	23	1	2
	channel-ada	ada	23	1	2
	channel-ada	certain	24	1	2
	channel-ada	pleasur	24	1	2
\.


--
-- Data for Name: messages; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.messages (guild_id, channel_id, sequence, message_id, role, author_id, author_name, text, answers_message_id, replied_to, images, in_context, edited_at, create_time, indexed, offset_bytes) FROM stdin;
guild-of-the-release	channel-guild-of-the-release	1	fea5911419614d07a9a1c004b638dc26	user	ada	Ada	My sister is called Zelda, by the way.		\N	\N	t	\N	2026-11-27 16:05:19.844019+00	t	0
guild-of-the-release	channel-guild-of-the-release	2	fea5911419614d07a9a1c004b638dc26:0	assistant	assistant		Certainly, and with pleasure.	fea5911419614d07a9a1c004b638dc26	\N	\N	t	\N	2026-11-27 16:05:19.954075+00	t	70
guild-of-the-release	channel-guild-of-the-release	3	a5a52fcfa7bc45178b6c28c549a9b9e2	user	bob	Bob	My sister is called Zelda, by the way. Which boat would you take to look at it?		\N	\N	t	\N	2026-11-27 16:05:19.967743+00	t	131
guild-of-the-release	channel-guild-of-the-release	4	a5a52fcfa7bc45178b6c28c549a9b9e2:0	assistant	assistant		Certainly, and with pleasure.	a5a52fcfa7bc45178b6c28c549a9b9e2	\N	\N	t	\N	2026-11-27 16:05:20.131246+00	t	242
guild-of-the-release	channel-guild-of-the-release	5	be6bb4e01e9f4ebbbfc2868ca1bf87c2	user	ada	Ada	What should I plant in a garden by the sea?		\N	\N	t	\N	2026-11-27 16:05:20.15532+00	t	303
guild-of-the-release	channel-guild-of-the-release	6	be6bb4e01e9f4ebbbfc2868ca1bf87c2:0	assistant	assistant		Certainly, and with pleasure.	be6bb4e01e9f4ebbbfc2868ca1bf87c2	\N	\N	t	\N	2026-11-27 16:05:20.245998+00	t	378
guild-of-the-release	channel-guild-of-the-release	7	e7bccf209db24909a535b4d6c24b25f4	user	bob	Bob	What should I plant in a garden by the sea? Which boat would you take to look at it?		\N	\N	t	\N	2026-11-27 16:05:20.271901+00	t	439
guild-of-the-release	channel-guild-of-the-release	8	e7bccf209db24909a535b4d6c24b25f4:0	assistant	assistant		Certainly, and with pleasure.	e7bccf209db24909a535b4d6c24b25f4	\N	\N	t	\N	2026-11-27 16:05:20.359769+00	t	555
guild-of-the-release	channel-guild-of-the-release	9	62260e10732441cd895387b4daca821c	user	ada	Ada	And in the shade of the house?		\N	\N	t	\N	2026-11-27 16:05:20.391325+00	t	616
guild-of-the-release	channel-guild-of-the-release	10	62260e10732441cd895387b4daca821c:0	assistant	assistant		Certainly, and with pleasure.	62260e10732441cd895387b4daca821c	\N	\N	t	\N	2026-11-27 16:05:20.425762+00	t	678
guild-of-the-release	channel-guild-of-the-release	11	fccd6a5c554440a59f39213f7690bcd1	user	bob	Bob	And in the shade of the house? Which boat would you take to look at it?		\N	\N	t	\N	2026-11-27 16:05:20.450845+00	t	739
guild-of-the-release	channel-guild-of-the-release	12	fccd6a5c554440a59f39213f7690bcd1:0	assistant	assistant		Certainly, and with pleasure.	fccd6a5c554440a59f39213f7690bcd1	\N	\N	t	\N	2026-11-27 16:05:20.523595+00	t	842
guild-of-the-release	channel-guild-of-the-release	15	a824b5d576584185a5e0a227a849578e	user	ada	Ada	please be shorter from now on		\N	\N	t	\N	2026-11-27 16:05:20.810581+00	t	903
guild-of-the-release	channel-guild-of-the-release	16	a824b5d576584185a5e0a227a849578e:0	assistant	assistant		Certainly, and with pleasure.	a824b5d576584185a5e0a227a849578e	\N	\N	t	\N	2026-11-27 16:05:20.858418+00	t	964
	channel-ada	17	4131b001eae44e3bac17458cd146a52f	user	ada	Ada	What is a good name for a dog?		\N	\N	t	\N	2026-11-27 16:05:20.894112+00	t	0
	channel-ada	18	4131b001eae44e3bac17458cd146a52f:0	assistant	assistant		Certainly, and with pleasure.	4131b001eae44e3bac17458cd146a52f	\N	\N	t	\N	2026-11-27 16:05:20.926217+00	t	62
guild-of-the-release	channel-guild-of-the-release	19	e4ed9e6b2c09451d893b784271c6bc2c	user	bob	Bob	Has anybody seen my keys?		\N	\N	t	\N	2026-11-27 16:05:21.134351+00	t	1025
guild-of-the-release	channel-guild-of-the-release	20	e4ed9e6b2c09451d893b784271c6bc2c:0	assistant	assistant		Certainly, and with pleasure.	e4ed9e6b2c09451d893b784271c6bc2c	\N	\N	t	\N	2026-11-27 16:05:21.160439+00	t	1082
guild-of-the-release	channel-guild-of-the-release	21	56108e79717c4fabac8770fbef4e88ba	user	mona	Mona	What does the pool pay for?		\N	\N	t	\N	2026-11-27 16:05:21.267265+00	t	1143
guild-of-the-release	channel-guild-of-the-release	22	56108e79717c4fabac8770fbef4e88ba:0	assistant	assistant		Certainly, and with pleasure.	56108e79717c4fabac8770fbef4e88ba	\N	\N	t	\N	2026-11-27 16:05:21.279565+00	t	1202
	channel-ada	23	2b383705576d4337bb221918dab8cc25	user	ada	Ada	Is anybody there?		\N	\N	t	\N	2026-11-27 16:05:21.366994+00	t	123
	channel-ada	24	2b383705576d4337bb221918dab8cc25:0	assistant	assistant		Certainly, and with pleasure.	2b383705576d4337bb221918dab8cc25	\N	\N	t	\N	2026-11-27 16:05:24.376576+00	t	172
\.


--
-- Data for Name: opt_outs; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.opt_outs (user_id, create_time) FROM stdin;
olga	2026-11-27 16:05:24.650676+00
\.


--
-- Data for Name: persona_versions; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.persona_versions (guild_id, user_id, version, formality, verbosity, humour, warmth, directness, emoji, language, instructions, reasons, changed, origin, quote, message_id, undone_at, update_time) FROM stdin;
guild-of-the-release	ada	1	2	\N	\N	\N	\N	\N	\N		{"formality": 1}	{formality}	set			\N	2026-11-27 16:05:20.779732+00
guild-of-the-release	ada	2	2	-1	\N	\N	\N	\N	\N		{"formality": 1, "verbosity": 2}	{verbosity}	said	please be shorter from now on	a824b5d576584185a5e0a227a849578e	\N	2026-11-27 16:05:20.814197+00
		1	\N	\N	\N	1	\N	\N	\N	Speak of the weather.	{"warmth": 1, "instructions": 1}	{warmth,instructions}	set			\N	2026-11-27 16:05:21.198272+00
guild-of-the-release		1	\N	\N	\N	2	\N	\N	\N	Speak of the weather.	{"warmth": 1, "instructions": 1}	{warmth,instructions}	set			\N	2026-11-27 16:05:21.223293+00
\.


--
-- Data for Name: personas; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.personas (guild_id, user_id, formality, verbosity, humour, warmth, directness, emoji, language, instructions, reasons, version, update_time) FROM stdin;
guild-of-the-release	ada	2	-1	\N	\N	\N	\N	\N		{"formality": 1, "verbosity": 2}	2	2026-11-27 16:05:20.814197+00
		\N	\N	\N	1	\N	\N	\N	Speak of the weather.	{"warmth": 1, "instructions": 1}	1	2026-11-27 16:05:21.198272+00
guild-of-the-release		\N	\N	\N	2	\N	\N	\N	Speak of the weather.	{"warmth": 1, "instructions": 1}	1	2026-11-27 16:05:21.223293+00
\.


--
-- Data for Name: procrastinate_events; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.procrastinate_events (id, job_id, type, at) FROM stdin;
\.


--
-- Data for Name: procrastinate_jobs; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.procrastinate_jobs (id, queue_name, task_name, priority, lock, queueing_lock, args, status, scheduled_at, attempts, abort_requested, worker_id) FROM stdin;
\.


--
-- Data for Name: procrastinate_periodic_defers; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.procrastinate_periodic_defers (id, task_name, defer_timestamp, job_id, periodic_id) FROM stdin;
1	commit_left_sessions	1795795500	\N	
6	give_up_orphans	1795795500	\N	
7	index_left_behind	1795795560	\N	
8	measure_erasures	1795795560	\N	
9	wipe_unkept	1795795560	\N	
10	close_quiet_topics	1795795560	\N	
\.


--
-- Data for Name: procrastinate_workers; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.procrastinate_workers (id, last_heartbeat) FROM stdin;
\.


--
-- Data for Name: relationships; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.relationships (guild_id, user_id, display_name, nickname, former_names, names_time, first_seen_time, last_seen_time, turns, days, last_day, topics, line, line_day, version) FROM stdin;
	ada	Ada		{}	2026-11-27 16:05:20.894112+00	2026-11-27 16:05:20.894112+00	2026-11-27 16:05:21.366994+00	2	1	2026-11-27	{"dog": ["dog", 1.0, 1, "2026-11-27"]}	You are talking with Ada.	2026-11-27	3
guild-of-the-release	bob	Bob		{}	2026-11-27 16:05:19.967743+00	2026-11-27 16:05:19.967743+00	2026-11-27 16:05:21.134351+00	4	1	2026-11-27	{"key": ["keys", 1.0, 1, "2026-11-27"], "sea": ["sea", 1.0, 1, "2026-11-27"], "boat": ["boat", 2.585, 1, "2026-11-27"], "hous": ["house", 1.0, 1, "2026-11-27"], "plant": ["plant", 1.0, 1, "2026-11-27"], "shade": ["shade", 1.0, 1, "2026-11-27"], "zelda": ["zelda", 1.0, 1, "2026-11-27"], "garden": ["garden", 1.0, 1, "2026-11-27"], "sister": ["sister", 1.0, 1, "2026-11-27"]}	You are talking with Bob.	2026-11-27	2
guild-of-the-release	mona	Mona		{}	2026-11-27 16:05:21.267265+00	2026-11-27 16:05:21.267265+00	2026-11-27 16:05:21.267265+00	1	1	2026-11-27	{"pool": ["pool", 1.0, 1, "2026-11-27"]}	You are talking with Mona.	2026-11-27	2
guild-of-the-release	ada	Ada		{}	2026-11-27 16:05:19.844019+00	2026-11-27 16:05:19.844019+00	2026-11-27 16:05:20.810581+00	4	1	2026-11-27	{"sea": ["sea", 1.0, 1, "2026-11-27"], "hous": ["house", 1.0, 1, "2026-11-27"], "plant": ["plant", 1.0, 1, "2026-11-27"], "shade": ["shade", 1.0, 1, "2026-11-27"], "zelda": ["zelda", 1.0, 1, "2026-11-27"], "garden": ["garden", 1.0, 1, "2026-11-27"], "sister": ["sister", 1.0, 1, "2026-11-27"], "shorter": ["shorter", 1.0, 1, "2026-11-27"]}	You are talking with Ada.	2026-11-27	2
\.


--
-- Data for Name: requests; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.requests (method, request_id, user_id, payload_hash, response, create_time) FROM stdin;
DeleteMessagesRequest	0a4fbe015040d63483751e193d59acef71a3dd6c6a3f687b852fb6f49815e5ab		\\x6082c7624a7f6f0df1c13a48e565a629976cf5a9ae513b775550c1df4f207813	\\x0801	2026-11-27 16:05:20.683935+00
UpdatePersonaRequest	1b9f52efb8d4cb29d4bd2283ee600287dc3e0df034857a0cf6cd81108f51f25a	ada	\\x8a0d89bdbf08dc222ccea65a114c20f941479265606861180c723dd7067cb140	\\x0a0408024801	2026-11-27 16:05:20.779732+00
ResetConversationRequest	5c48286818671a5abd44f0ab090e606f786069661a014f3f750f908139227ef4		\\x77d0a4b0d6c555bc05caa56886a94b98f0348a4573eaf76b6756449b7a3eae93	\\x	2026-11-27 16:05:20.983921+00
UpdateGuildSettingsRequest	9df4bcf2a081b45d2f9cbd248ee8ab1c1ac1bade7b89bf0457b264517198e297		\\x5a15d1d0c88d208a3f07438b05d87d34acaa5b658bd103c788bcb34383d37a78	\\x0a3b0a146775696c642d6f662d7468652d72656c656173652001280132124265206b696e6420746f20647261676f6e736a0b08c1d4a6d806108093c104	2026-11-27 16:05:21.009456+00
UpdateGuildSettingsRequest	f83c28959c95ca744f4c4e4fbecfcc6b5e67fcc7ccea5e44702c5b0ed075a633		\\xc8d4f2faec7a57de2f964e1c8ad5d7d4fd28833b4f3bcb9d99337059f84437fc	\\x0a3d0a146775696c642d6f662d7468652d72656c6561736518012001280232124265206b696e6420746f20647261676f6e736a0b08c1d4a6d806109086c11c	2026-11-27 16:05:21.059786+00
UpdateGuildSettingsRequest	7be0a6125992cddd7df181f8be3909347e553e11c7fde0501b0c7d696a9406b7		\\xfa80fdbb7759727454e69b8ef695fa5dd07d10fd3b4f1dbf8b975629d0a9d6e0	\\x0a450a146775696c642d6f662d7468652d72656c6561736518012001280332124265206b696e6420746f20647261676f6e736a0b08c1d4a6d80610c0bdb2278a010574726f6c6c	2026-11-27 16:05:21.082616+00
BlockSubjectRequest	683e4821c5fcc9f65e589c39e645a64cb8383a8e4bb7d03cf2e9b230dfadd33b	spammer	\\xa5bbec916c9152b1e455194a7f3899f5289c01555826dca0a9adca61f990ae2b	\\x0a280a077370616d6d65721a106164766572746973657320626f6174732a0b08c1d4a6d8061088d4e058	2026-11-27 16:05:21.186133+00
UpdatePersonaRequest	a8fd2be1410e3769dd67853d493bec7d9d2382d173f2db688249643b8e1120b1		\\xb9f861de0307c858ab0396d3ab10bed0d0502d175219b994e407b3594e3528f1	\\x0a1b20014215537065616b206f662074686520776561746865722e4801	2026-11-27 16:05:21.198272+00
UpdatePersonaRequest	c14d4a8ce1415cfc7ab16cc2ada85e1b769f5c000dafaeec3a81d9a50f63245b		\\x93f8fa0bfc41a0c4f3234437973980546983e8d82342eb88cb16e4581851c59a	\\x0a1b20024215537065616b206f662074686520776561746865722e4801	2026-11-27 16:05:21.223293+00
SetOptOutRequest	468ca0ed4921aaf6f276c0153f4627f4c9d2d6660e03c94c75fb966e73c44912	olga	\\x175dd35fe854bcd5576a74e92a8918d40cdc8cd87e854f7097dee52d8dd7b92c	\\x0801	2026-11-27 16:05:24.650676+00
\.


--
-- Data for Name: schema_support; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.schema_support (one, works_with) FROM stdin;
t	0001
\.


--
-- Data for Name: tombstones; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.tombstones (subject_hash, before_time, opted_out) FROM stdin;
\\x85262adf74518bbb70c7cb94cd6159d91669e5a81edf1efebd543eadbda9fa2b	2026-11-27 16:05:25.512311+00	f
\.


--
-- Data for Name: topics; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.topics (topic_id, guild_id, channel_id, level, parent_id, first_sequence, last_sequence, start_time, end_time, message_count, closed, centroid, summary, summary_source, summary_stale, summary_tries, summarized_at) FROM stdin;
2		channel-ada	1	\N	17	22	2026-11-27 16:05:20.894112+00	2026-11-27 16:05:20.926217+00	2	t	[-0.028259305,0.0029335052,0.0005941397,0.048431445,-0.15454118,-0.016387956,0.07238777,-0.056732234,0.04837041,0.010742199,0.07391365,-0.07299812,0.031158479,0.076721266,-0.03244022,0.012947096,0.026229884,0.037963904,0.10095225,-0.07739266,-0.06439216,0.04022221,0.042449996,-0.022369407,-0.08862314,-0.034393344,-0.016662614,-0.0069732736,-0.018905658,-0.07507332,-0.07629402,-0.023254419,0.008628854,0.017257707,-0.022369407,-0.046661425,-0.035278358,0.072937086,0.02972415,0.03894047,0.0043754624,-0.0009641657,0.0024795558,-0.048950244,-0.07843026,-0.06512458,-0.04132084,-0.012382519,0.06433112,0.043304488,-0.049957328,-0.11053478,-0.044342086,0.06024176,-0.035064735,-0.062072817,-0.04711919,0.017044084,0.012084973,0.006309516,-0.023590112,0.08056649,0.033660922,-0.001477243,-0.044586226,-0.028289823,-0.028503448,0.043121383,0.005516058,0.06665046,0.036468543,0.014953628,0.09332285,-0.012023938,-0.10614024,-0.043060347,0.0075569227,-0.009780894,0.0556336,0.049743704,-0.08996591,0.028106717,-0.08923349,-0.01901247,0.08044442,0.091552824,0.013839736,0.0034484898,-0.14318863,-0.049896292,-0.06854255,-0.05206304,0.04122929,-0.026092555,0.0013818755,-0.0074577406,0.054046687,-0.06427009,-0.096801855,-0.0065002507,-0.04885869,0.024032617,0.02232363,0.012283337,0.054931697,-0.0010871898,-0.012199414,0.010070811,0.030929597,-0.0007228859,-0.02003481,-0.04595952,-0.04220585,0.035156287,0.0350037,-0.0048599294,-0.08209237,-0.0819703,-0.017013567,-0.037841834,0.00657273,0.043487594,-0.056213435,-0.010841381,0.018569965,0.027374296,-0.027618436,0,0.017410295,0.019851705,-0.045776412,0.028823882,0.020233175,-0.028167753,-0.00395966,0.024093652,-0.04122929,-0.024032617,-0.020767232,0.016357439,-0.0009803782,0.005687719,0.050872855,0.031646762,-0.046173144,0.024353052,0.04098515,-0.0012035382,-0.03561405,0.12585463,0.03039554,0.0030593902,0.013298048,-0.12902845,-0.03649906,-0.09570322,-0.0129852425,0.03445438,0.06274421,-0.04898076,0.07830819,0.015563981,-0.07666023,-0.028488187,-0.07952889,-0.06011969,-0.06469733,0.119751096,0.035186805,-0.0102920635,-0.017013567,0.06561286,0.054473933,-0.040008586,-0.028808624,-0.02195742,-0.08489999,-0.046142627,0.03826908,-0.028167753,0.027969388,-0.024230981,-0.103942975,0.04885869,0.09674082,0.07073982,-0.039032023,0.02169802,0.03930668,0.016387956,0.0155410925,-0.0052490286,0.07275398,-0.078979574,-0.018234272,0.010314952,-0.0700074,0.006305701,0.022521995,-0.035186805,0.0734864,0.013717665,0.08416756,-0.006828315,0.017044084,-0.0013198865,-0.03561405,-0.035095252,-0.001968386,0.011314403,-0.09191904,0.039154094,-0.08050545,0.00020825885,0.00094366167,-0.0032997164,-0.07617195,-0.03625492,-0.08264168,-0.0046119737,0.051666312,-0.068054266,-0.032897983,0,0.014884964,-0.04238896,0.041809123,0.11853039,-0.021636985,0.010383616,-0.019592306,0.10876476,0.005912787,0.041656535,-0.036804236,-0.025482204,0.04455571,-0.049041796,0.1350099,0.070800856,0.0016508119,0.012489332,0.060272276,-0.014083876,-0.061492983,0.09112558,-0.09625254,0.007759102,0.00855256,0.04479985,-0.03839115,-0.03143314,-0.070922926,-0.044982955,-0.042816207,-0.027298002,-0.0005259519,-0.00017440337,-0.01480867,0.09100351,0.017898578,-0.06695563,-0.04095463,0.08013924,0.0042915386,-0.04122929,0.053466853,0.096801855,0.067810126,0.03228763,-0.038208045,0.0015487686,0.074340895,0.008911142,-0.018493671,-0.02386477,-0.028106717,-0.022094749,0.050476126,-0.009155283,-0.06488044,-0.009239206,-0.022094749,-0.0017404574,0.029006988,0.017974872,0.065795965,0.13854994,-0.055297907,-0.092773534,-0.07373054,-0.017181413,0.018234272,-0.0755616,0.038757365,0.08233651,0.017044084,0.0019588491,-0.0082016075,0.06726081,0.035675086,-0.056091364,-0.007686623,0.05386358,-0.11608899,-0.021972679,-0.043731734,0.07568367,0.038421668,-0.011116039,0.0067329477,0.08740243,0.029464751,0.0034103428,0.049560595,0.040161174,0.0324097,-0.046295214,-0.0025806453,0,0.015602128,0.04290776,0.009727488,0.026245143,0.058746397,-0.010131846,-0.0283356,-0.036834754,-0.024765039,0.036590613,0.09399424,-0.0415955,-0.09606943,0.029373199,0.0030899078,-0.010749828,0.022018455,0.1552736,0.024917629,0.09570322,-0.06872565,0.027847318,0.058410704,-0.07336433,-0.013130201,-0.06823737,0.011154186,-0.017044084,-0.018905658,0.04022221,-0.0278168,0.09222422,-0.013244642,0.00956727,-0.005748755,-0.025314357,0.028640777,-0.02793887,0.017547626,0.050354056,0.09814463,0.11682141,0.0021286032,-0.050231986,0.050262503,0.016525285,0.062194888,-0.03790287,0.019577047,-0.034851108,-0.07916268,0.025344875,0.012947096,-0.010414134,0.02003481,0.007965096,-0.013771071,-0.052856497,0.009666453,-0.013290418,0.040802043,0.029388458,0.06762702,0.07305916]	Ada: What is a good name for a dog? · Parlour: Certainly, and with pleasure.	extractive	f	0	2026-11-27 16:05:21.031967+00
1	guild-of-the-release	channel-guild-of-the-release	1	\N	1	4	2026-11-27 16:05:19.844019+00	2026-11-27 16:05:20.131246+00	4	t	[-0.03168283,-0.00788613,-0.05110645,-0.044291586,-0.13046315,-0.06453752,0.056763288,-0.020238385,0.0035306527,-0.015201421,0.054941382,0.006417539,-0.016375791,-0.015611316,0.01162802,0.010022377,0.11241759,-0.0069204816,0.03440123,0.048697356,-0.038874898,0.05399585,0.06179365,-0.019554386,-0.070939966,-0.01829703,0.0067960033,0.031403698,-0.019871237,-0.015447862,-0.071890526,0.046664216,-0.03781495,0.023975244,0.0012686712,0.057080142,-0.024992444,-0.036634292,0.027440514,-0.0399864,-0.054015968,0.03955136,-0.00043253007,0.0146011915,-0.0858522,0.017081166,-0.040524546,-0.009523206,-0.026323983,0.06515613,0.013182108,-0.11812724,-0.0014484727,0.04093822,0.094532974,0.06863146,-0.006699186,-0.053774554,0.04300154,0.14013472,-0.05355059,0.076688595,0.007662321,0.035957836,-0.034405004,0.009857663,-0.041402183,-0.013431066,-0.057818208,-0.06502034,-0.018483747,0.076487415,0.13098621,0.024365025,-0.098486096,0.01104712,0.029859666,-0.020575356,-0.016393237,0.08841217,-0.08615396,-0.009636367,0.0053179828,-0.024261607,0.00823819,0.03953124,-0.0032867268,-0.051078785,-0.070260994,-0.050239503,-0.09186738,0.0003822359,0.026763428,-0.018813487,-0.075562,-0.061248273,0.021883005,-0.060458656,-0.0910325,0.00480231,-0.046768576,0.08177836,0.034632586,-0.0106290495,-0.039903417,0.020820541,0.024684392,0.033649333,0.00968792,-0.0031785937,-0.014348934,-0.07271111,-0.0023512535,-0.014488501,0.01022984,-0.03275661,0.004684276,0.044095438,0.008834176,-0.055610295,0.07921336,0.05926291,0.050037697,0.0065244148,0.08020416,-0.013237435,0.008049586,0,0.038847867,0.0658854,0.04409041,0.08811543,0.065606266,0.036204908,-0.024280466,0.06294822,-0.06249054,0.0060126707,-0.024634099,-0.055167705,-0.078114435,-0.00038223623,0.021430358,0.04896203,-0.034682877,-0.057777975,-0.049559902,0.06781418,0.06987373,0.059256624,0.016316066,-0.0050419937,-0.06389375,-0.026056167,0.0008474579,-0.054682367,0.04586328,0.06286272,0.025466466,-0.11370764,-0.018226618,-0.019348178,0.06860616,-0.05391538,-0.0006638837,-0.024432922,-0.12094749,0.059065506,-0.019781966,-0.0026134122,-0.07239347,0.046132665,-0.04914749,-0.0030604019,0.14836788,-0.05067895,-0.03702659,-0.054478675,-0.09760092,-0.010602017,-0.0005934716,0.03173061,-0.079914965,0.039687153,0.107508875,-0.009593618,-0.015954576,-0.032273788,-0.059910446,0.007418826,0.023623185,0.051772848,-0.01490217,0.112367295,0.055514734,-0.03223355,0.075164676,-0.017508667,-0.010823311,-0.013911375,0.050643742,0.04925248,-0.0091962945,0.019011207,0.0016169583,-0.027199103,-0.015757171,-0.08611373,-0.0023311356,0.0007204647,-0.052582584,0.072579555,0.052899435,-0.07536586,-0.034195025,-0.06272189,-0.062817454,-0.07645472,-0.029698724,0.025795894,0.098335214,-0.12796855,-0.08243471,0,0.009020264,-0.094432384,0.05559269,-0.036272176,0.10309304,-0.022069095,-0.026816865,0.042005714,-0.01904547,0.014235145,-0.07255944,0.04068549,-0.041563123,-0.00023135348,0.08827386,0.075798385,0.027143778,0.025295466,0.047688957,-0.07809054,-0.027940942,0.030367637,-0.04063834,-0.014927317,0.060695037,0.055947267,0.080968626,-0.012561604,0.025863793,0.00019991938,-0.05327161,-0.024876768,0.033475816,-0.08257804,0.007184527,0.06363222,-0.0041932785,-0.051682316,-0.04239298,-0.0034803585,-0.0026655924,-0.046094634,0.0028254336,0.11137147,-0.027234308,-0.029410828,-0.0070059816,0.078938,0.04879543,0.046361193,-0.04087221,-0.06064977,-0.020120194,-0.07240353,0.060202155,-0.054227203,0.04696472,-0.07087459,0.007789314,0.024221685,0.017019557,0.0041140653,-0.056873936,0.09434186,0.0010360596,0.02694763,-0.025281636,-0.01317708,-0.033676993,-0.014001905,0.008224359,0.0063615874,-0.06310413,0.07246388,-0.021945873,-0.039581534,-0.0024795039,-0.02325195,0.067238316,0.03492932,-0.031584755,-0.01348136,0.042294905,0.053251497,0.07359236,-0.046657927,-0.024702623,0.01929757,-0.004363022,-0.051893555,0.027772456,0.09904939,0.029251106,-0.050746847,-0.05423726,0,0.062349718,0.037227765,0.034079347,-0.044067778,0.014406773,0.048041016,0.06296331,0.034474157,-0.05829852,0.025383482,0.029994203,0.07072119,-0.0034401226,0.08355878,0.07039176,0.026505042,0.11235724,0.019433677,-0.04295376,0.055363853,0.041062694,-0.0053839944,0.061127566,-0.07403306,-0.12934662,-0.0642106,0.003241461,-0.0051601846,-0.020343374,-0.031046608,0.014140214,0.08881704,-0.033068433,0.032160625,-0.03457223,-0.053907834,-0.025634952,-0.01793994,-0.056646354,0.008479602,0.010292708,0.037906736,0.055813987,0.03569882,-0.008368954,0.027380161,0.10989282,-0.13002056,0.05768116,-0.006201275,-0.035080202,0.0133581385,-0.016289348,0.07876574,0.05518782,-0.011580239,-0.020258503,0.0015339729,-0.029970312,0.010848459,0.070097536,-0.028306833,0.057964064,0.017230792]	Certainly, and with pleasure.	model	f	0	2026-11-27 16:05:24.943662+00
3		channel-ada	1	\N	23	23	2026-11-27 16:05:21.366994+00	2026-11-27 16:05:21.366994+00	1	t	[-0.026642209,-0.06164635,0.04824895,0.06210412,0.008796812,-0.03332565,0.032959435,0.026855836,0.018738048,0.008476373,-0.038300082,-0.11511388,-0.06842134,0.023178417,0.0734263,-0.0340886,-0.010421895,-0.14355664,-0.0642709,-0.051941626,-0.085023135,-0.031158872,-0.04278623,0.0705576,-0.06964207,0.030640068,-0.0022430725,0.04446472,-0.06909274,0.052155253,-0.063965715,0.0459601,0.027206792,0.06012045,0.06482022,0.1307391,0.017517328,-0.016952746,0.01886012,0.0100480495,0.051789038,0.030395923,-0.11047514,-0.005054543,0.030273851,-0.0059090466,-0.05627518,-0.003492403,0.13318053,0.03347824,0.016678084,0.04489197,-0.01641868,0.059571125,0.015564177,-0.13366881,0.01887538,-0.039825983,0.066712335,-0.03390549,0.0532539,0.0076867198,0.016647566,0.055542752,0.080628544,-0.005096505,0.03332565,0.021530446,0.049286563,-0.05569534,0.019699365,-0.023971885,0.00046420732,-0.02452121,0.0858166,-0.097169295,0.06488126,-0.012397936,0.14795125,0.0056839767,0.027664563,-0.006958103,0.0037785093,0.042450532,-0.04516663,-0.014938558,0.02861062,0.10540915,-0.048950862,0.012603932,0.014511307,0.12890801,-0.03564502,-0.016769638,-0.006084525,-0.047211338,0.03125043,0.009781017,-0.055451196,0.08947876,0.035706054,0.071717285,0.07605084,-0.062165156,-0.047058746,0.04943915,-0.0055466457,0.099305555,-0.10724023,-0.06866549,-0.05798419,0.0042877784,-0.02813759,0.013771245,0.027664563,0.057465386,0.08459588,-0.031311464,0.058686104,0.038055938,0.05658036,0.009254582,-0.03881889,0.03149457,0.016174538,-0.048950862,-0.066346124,0,0.07617292,-0.03164716,0.026245475,-0.018753307,-0.071228996,0.0013876151,0.01460286,0.006965732,-0.01901271,-0.03653004,0.038116977,0.0109559605,-0.023025827,-0.054108404,0.015930394,0.029922893,0.010704187,-0.044067983,-0.04446472,0.01522085,-0.04336607,-0.06774995,-0.057617974,0.10711816,-0.0135194715,0.043915395,0.03457689,-0.014785969,0.12646657,0.009292729,-0.06500333,0.05920491,-0.04184017,0.085877635,-0.018829603,-0.016220314,0.026352288,-0.053009756,0.0008311385,-0.033386685,-0.08081165,0.09179813,-0.026047109,-0.039185107,-0.02481113,-0.0076027955,0.04046686,0.022476504,0.12695485,-0.026947388,-0.062165156,-0.00866711,-0.055817414,-0.019439962,-0.013206663,0.0026493433,-0.014816486,-0.029449865,0.008125416,-0.008010973,0.059174392,0.09588754,0.036438487,-0.04110774,-0.095765464,-0.009330877,-0.01855494,-0.055664822,0.116212524,-0.029648231,-0.026275994,-0.009040956,-0.023773517,-0.0026073812,-0.022613835,0.041931726,-0.06836031,-0.010788111,-0.017441034,-0.021393115,0.008758664,0.046082173,0.013969612,-0.042969335,0.04489197,-0.09234745,0.010131974,-0.03860526,-0.07129004,-0.022171322,0.052033182,-0.046082173,0.12500171,-0.017318962,-0.06286707,0,0.040741522,-0.043945912,-0.003339813,0.045136113,-0.0068589193,-0.028091814,0.09423957,0.026138663,-0.0459601,0.023514114,-0.007515056,-0.011436619,0.092286415,0.020004546,0.047394447,0.068848595,0.07519634,0.03701833,0.0049095824,-0.015297145,-0.1080337,-0.033050988,-0.058869213,0.050018992,0.006660552,-0.02041654,0.082398586,0.027054202,-0.13977242,-0.023392042,-0.03802542,0.0383306,-0.03588916,-0.025070533,-0.032959435,-0.0069161407,0.118959144,0.05932698,0.010162492,-0.06353846,0.004554811,-0.052735094,-0.1041274,0.06085288,0.041596025,-0.028168108,-0.06353846,-0.0100099025,-0.03286788,0.012726004,-0.03695729,0.0051232083,0.025833482,0.0919202,0.034912586,0.032654256,0.011360323,0.009506355,0.027161015,-0.023392042,-0.029419348,0.021667777,-0.022415467,0.01263445,0.06951999,0.028931059,-0.05169748,0.033050988,-0.035217766,0.020767495,-0.09008912,-0.036743667,-0.018402351,-0.043762803,0.096558936,0.0352788,-0.01415272,-0.012268234,-0.029938152,-0.03637745,0.052094217,0.016159277,0.025329936,-0.03671315,0.05404737,-0.046784084,-0.0016231758,0.124086164,0.06494229,-0.03729299,-0.011047514,0.06915378,-0.06829927,-0.04592958,0.01308459,0,0.0032349075,0.07232765,-0.0024395322,0.013939094,-0.07531841,-0.02177459,0.0018959304,-0.0066910703,-0.03244063,0.026260734,-0.0417181,0.07977404,-0.026520137,-0.06146324,-0.005539016,-0.049652778,0.007106878,-0.0049095824,-0.05828937,-0.0429083,0.00661859,0.055664822,0.02847329,-0.046814606,0.04092463,0.0417181,0.028488548,-0.0010376119,-0.04061945,-0.049896922,0.018982193,0.06076133,0.007019139,-0.06762788,0.009033326,-0.08905151,-0.025055274,-0.009681834,-0.04080256,-0.09674204,-0.01734948,-0.059876304,0.0690317,-0.023575151,0.0040283753,-0.007042027,0.071595214,-0.066590264,-0.030060224,-0.016067725,-0.055451196,-0.017547848,0.015571807,0.044067983,0.0064774444,0.01779199,0.037079364,-0.05041573,-0.092774704,0.060639255,0.051819555,-0.09484993,-0.003986413,-0.003898674]	Ada: Is anybody there?	extractive	f	0	2026-11-27 16:05:24.436994+00
4		channel-ada	1	\N	24	24	2026-11-27 16:05:24.376576+00	2026-11-27 16:05:24.376576+00	1	t	[-0.026642209,-0.06164635,0.04824895,0.06210412,0.008796812,-0.03332565,0.032959435,0.026855836,0.018738048,0.008476373,-0.038300082,-0.11511388,-0.06842134,0.023178417,0.0734263,-0.0340886,-0.010421895,-0.14355664,-0.0642709,-0.051941626,-0.085023135,-0.031158872,-0.04278623,0.0705576,-0.06964207,0.030640068,-0.0022430725,0.04446472,-0.06909274,0.052155253,-0.063965715,0.0459601,0.027206792,0.06012045,0.06482022,0.1307391,0.017517328,-0.016952746,0.01886012,0.0100480495,0.051789038,0.030395923,-0.11047514,-0.005054543,0.030273851,-0.0059090466,-0.05627518,-0.003492403,0.13318053,0.03347824,0.016678084,0.04489197,-0.01641868,0.059571125,0.015564177,-0.13366881,0.01887538,-0.039825983,0.066712335,-0.03390549,0.0532539,0.0076867198,0.016647566,0.055542752,0.080628544,-0.005096505,0.03332565,0.021530446,0.049286563,-0.05569534,0.019699365,-0.023971885,0.00046420732,-0.02452121,0.0858166,-0.097169295,0.06488126,-0.012397936,0.14795125,0.0056839767,0.027664563,-0.006958103,0.0037785093,0.042450532,-0.04516663,-0.014938558,0.02861062,0.10540915,-0.048950862,0.012603932,0.014511307,0.12890801,-0.03564502,-0.016769638,-0.006084525,-0.047211338,0.03125043,0.009781017,-0.055451196,0.08947876,0.035706054,0.071717285,0.07605084,-0.062165156,-0.047058746,0.04943915,-0.0055466457,0.099305555,-0.10724023,-0.06866549,-0.05798419,0.0042877784,-0.02813759,0.013771245,0.027664563,0.057465386,0.08459588,-0.031311464,0.058686104,0.038055938,0.05658036,0.009254582,-0.03881889,0.03149457,0.016174538,-0.048950862,-0.066346124,0,0.07617292,-0.03164716,0.026245475,-0.018753307,-0.071228996,0.0013876151,0.01460286,0.006965732,-0.01901271,-0.03653004,0.038116977,0.0109559605,-0.023025827,-0.054108404,0.015930394,0.029922893,0.010704187,-0.044067983,-0.04446472,0.01522085,-0.04336607,-0.06774995,-0.057617974,0.10711816,-0.0135194715,0.043915395,0.03457689,-0.014785969,0.12646657,0.009292729,-0.06500333,0.05920491,-0.04184017,0.085877635,-0.018829603,-0.016220314,0.026352288,-0.053009756,0.0008311385,-0.033386685,-0.08081165,0.09179813,-0.026047109,-0.039185107,-0.02481113,-0.0076027955,0.04046686,0.022476504,0.12695485,-0.026947388,-0.062165156,-0.00866711,-0.055817414,-0.019439962,-0.013206663,0.0026493433,-0.014816486,-0.029449865,0.008125416,-0.008010973,0.059174392,0.09588754,0.036438487,-0.04110774,-0.095765464,-0.009330877,-0.01855494,-0.055664822,0.116212524,-0.029648231,-0.026275994,-0.009040956,-0.023773517,-0.0026073812,-0.022613835,0.041931726,-0.06836031,-0.010788111,-0.017441034,-0.021393115,0.008758664,0.046082173,0.013969612,-0.042969335,0.04489197,-0.09234745,0.010131974,-0.03860526,-0.07129004,-0.022171322,0.052033182,-0.046082173,0.12500171,-0.017318962,-0.06286707,0,0.040741522,-0.043945912,-0.003339813,0.045136113,-0.0068589193,-0.028091814,0.09423957,0.026138663,-0.0459601,0.023514114,-0.007515056,-0.011436619,0.092286415,0.020004546,0.047394447,0.068848595,0.07519634,0.03701833,0.0049095824,-0.015297145,-0.1080337,-0.033050988,-0.058869213,0.050018992,0.006660552,-0.02041654,0.082398586,0.027054202,-0.13977242,-0.023392042,-0.03802542,0.0383306,-0.03588916,-0.025070533,-0.032959435,-0.0069161407,0.118959144,0.05932698,0.010162492,-0.06353846,0.004554811,-0.052735094,-0.1041274,0.06085288,0.041596025,-0.028168108,-0.06353846,-0.0100099025,-0.03286788,0.012726004,-0.03695729,0.0051232083,0.025833482,0.0919202,0.034912586,0.032654256,0.011360323,0.009506355,0.027161015,-0.023392042,-0.029419348,0.021667777,-0.022415467,0.01263445,0.06951999,0.028931059,-0.05169748,0.033050988,-0.035217766,0.020767495,-0.09008912,-0.036743667,-0.018402351,-0.043762803,0.096558936,0.0352788,-0.01415272,-0.012268234,-0.029938152,-0.03637745,0.052094217,0.016159277,0.025329936,-0.03671315,0.05404737,-0.046784084,-0.0016231758,0.124086164,0.06494229,-0.03729299,-0.011047514,0.06915378,-0.06829927,-0.04592958,0.01308459,0,0.0032349075,0.07232765,-0.0024395322,0.013939094,-0.07531841,-0.02177459,0.0018959304,-0.0066910703,-0.03244063,0.026260734,-0.0417181,0.07977404,-0.026520137,-0.06146324,-0.005539016,-0.049652778,0.007106878,-0.0049095824,-0.05828937,-0.0429083,0.00661859,0.055664822,0.02847329,-0.046814606,0.04092463,0.0417181,0.028488548,-0.0010376119,-0.04061945,-0.049896922,0.018982193,0.06076133,0.007019139,-0.06762788,0.009033326,-0.08905151,-0.025055274,-0.009681834,-0.04080256,-0.09674204,-0.01734948,-0.059876304,0.0690317,-0.023575151,0.0040283753,-0.007042027,0.071595214,-0.066590264,-0.030060224,-0.016067725,-0.055451196,-0.017547848,0.015571807,0.044067983,0.0064774444,0.01779199,0.037079364,-0.05041573,-0.092774704,0.060639255,0.051819555,-0.09484993,-0.003986413,-0.003898674]	Parlour: Certainly, and with pleasure.	extractive	f	0	2026-11-27 16:06:00.851107+00
5	guild-of-the-release	channel-guild-of-the-release	1	\N	5	14	2026-11-27 16:05:20.15532+00	2026-11-27 16:05:20.523595+00	8	t	[-0.00524205,0.05207311,-0.010608877,-0.0050988398,0.0164422,0.009414989,0.050197203,-0.104079574,-0.010060142,0.02299423,0.07193675,0.0010152321,-0.030459756,0.02570073,0.12440316,0.06593895,0.04145289,0.045441497,0.023211349,0.07782962,-0.010720893,0.12365396,0.016198317,-0.033855673,-0.028681684,-0.010379175,0.0115142185,0.057221577,-0.004713166,-0.035242047,-0.0038113692,0.07137986,-0.022851197,-0.009045974,-0.0057652625,0.0603807,0.036119916,-0.0731987,0.08791104,0.048789915,-0.02489442,-0.036834724,0.07354609,0.041170545,-0.030796157,-0.037019055,0.04205834,-0.043666083,0.10523802,-0.037187077,0.025122706,-0.012649264,-0.030646212,0.0077021397,-0.039432354,0.033077944,-0.06617716,-0.00709917,0.052417666,0.027677797,0.05921535,0.064957745,-0.060884066,0.10028381,0.05316916,-0.011808792,-0.108272366,0.04485448,0.01712812,-0.02714466,0.0135879265,0.0843946,0.038709216,-0.017334074,-0.13090236,-0.044511344,-0.023302805,-0.090003885,-0.041155126,-0.010201934,-0.053900808,-0.01212605,-0.033413284,0.060040403,-0.00864506,0.02606137,0.067702845,0.0039276374,-0.058588453,0.033206977,-0.06882725,-0.03845966,-0.09201095,-0.015392939,-0.07242735,9.641895e-05,-0.019458825,-0.07451524,-0.06204534,0.016059361,0.032359768,0.03293828,-0.01349009,-0.002818826,-0.020147223,-0.012118962,-0.06991196,0.041847073,0.02411173,-0.07167869,-0.1136718,-0.021604314,-0.024320163,0.06904703,0.0052707633,-0.0027075184,0.07528871,-0.046956014,0.043379135,0.014501777,0.07147628,0.0020113199,0.0845534,0.08292705,0.014377709,-0.052247513,0.05215677,0,0.028223697,0.03295813,0.02300309,0.04044404,0.10523518,0.015880704,-0.0023420495,-0.01455353,-0.01714726,-0.0058872043,-0.08403444,-0.004805331,-0.048705548,0.0008645765,-0.006220415,-0.012085641,0.03549621,-0.007597215,-0.10412637,-0.055409476,-0.027555324,0.026504468,-0.013595017,0.018676842,-0.025128378,-0.10566907,0.10569742,-0.06878108,0.0028558234,0.053262744,0.017833179,-0.03218962,-0.0074837822,0.028630638,0.016521426,0.01945138,-0.07026573,0.004764211,-0.05749949,0.02950975,-0.003724321,0.036746815,0.045934934,0.082401,-0.03726577,-0.0037716674,0.084088326,0.05631836,-0.040439077,0.009773013,0.0037149498,0.031096047,-0.032596562,-0.004900331,0.006077914,0.07570558,0.08147935,0.007679455,0.009471705,0.009576277,-0.08947642,0.056051794,-5.3880478e-05,-0.029651541,0.02042372,0.058497705,-5.1045263e-05,0.025984801,-0.035140533,-0.026356297,-0.049256634,-0.0010606041,0.04934574,0.029219786,-0.04314943,-0.0046848073,0.029075157,-0.040685795,-0.03351821,0.018967515,0.048430473,0.036372483,-0.049998693,0.06972196,0.020002242,-0.018756244,0.009548274,-0.02220179,-0.002560763,-0.03045125,-0.07066913,-0.009432004,0.09476242,-0.21615906,-0.09060509,0,-0.03152178,-0.07958785,0.017775044,0.035731584,0.06276848,-0.017275937,-0.017678626,-0.04306223,-0.01557585,0.09133673,-0.09720125,0.021938058,0.06961987,-0.0077687833,0.033037536,-0.03202514,0.008530206,0.095555045,-0.004969809,0.031068044,-0.039254405,0.036220055,0.07634577,0.053710807,-0.055226564,0.07572685,0.095357955,0.0073937434,-0.11432972,-0.021538204,-0.014360693,0.0072937794,-0.08202951,-0.07434013,-0.07160212,0.013711286,0.036949575,-0.074157216,-0.04587219,0.07569707,-0.004309059,-0.060023386,0.051611044,0.14342543,-0.028919894,-0.019346144,-0.02792877,0.06102302,-0.053359363,0.03738842,-0.03751036,0.0073363176,-0.006393401,-0.010515295,0.05816591,-0.06985383,-0.036113,0.03473762,0.054891933,-0.018135196,-0.06041757,0.024936603,-0.032704677,0.019309234,0.018600583,0.045560602,-0.014425209,0.05848778,-0.030870954,0.051504523,0.02217299,-0.042300805,-0.030822743,0.066276416,0.0075109,-0.048972826,0.060360853,-0.048410624,0.028834132,-0.0072030327,-0.046743505,-0.021271635,-0.009987828,-0.035860613,0.0600085,-0.12182201,-0.052834533,-0.07844642,0.012676205,-0.03231156,-0.051442135,0.03858621,-0.05967458,-0.07138944,0.044156864,0,0.024849756,0.013440463,0.04450567,0.00036724066,-0.023602696,-0.042415567,0.12633666,0.04128132,-0.023568666,0.007656766,-0.0012176387,0.010299061,0.07325541,0.032139283,0.04176058,-0.011400077,0.09561601,-0.0599213,-0.08940836,0.05241164,0.049885258,0.03631931,0.027779886,0.051842697,-0.03809561,0.017196355,0.030685205,-0.018860284,0.10515294,0.109157145,0.06940435,-0.01183396,-0.066684775,0.011436765,-0.06259833,-0.12631398,-0.05978092,0.008138861,-0.025584947,-0.015300065,-0.08098024,0.01716977,-0.027794864,0.02566435,-0.040551092,0.014445769,0.060795445,-0.0124651985,-0.066014096,-0.00857558,-0.019971402,-0.016183076,0.040654596,0.017416665,0.033480633,0.051359896,0.014556721,-0.06610626,-0.09179614,0.04692748,-0.060692646,-0.037667044,0.013375948,-0.010725146]	Certainly, and with pleasure.	model	f	0	2026-11-27 16:05:25.001871+00
6	guild-of-the-release	channel-guild-of-the-release	1	\N	15	24	2026-11-27 16:05:20.810581+00	2026-11-27 16:05:21.279565+00	6	t	[-0.08678979,0.062993005,0.07385808,0.031513944,0.007255008,-0.026002927,0.09039114,-0.015111695,0.07200073,-0.0046995147,0.042684216,-0.044218928,0.040648106,-0.0048112394,-0.042654242,0.0023996243,-0.0035195944,0.025859047,-0.12439462,-0.031884544,-0.11668181,-0.08699034,-0.04808187,-0.03250802,-0.0227591,0.025566928,-0.033396907,0.049927235,-0.062121015,0.00031827815,-0.025222491,0.01621913,0.09798622,-0.01144059,0.01632377,0.015279554,0.03013401,-0.011152832,-0.040565267,-0.026543565,-0.008280694,-0.12420715,0.060411897,0.08900956,0.0068778684,0.09333412,0.07248469,-0.024926012,-0.013135261,0.04359981,-0.048918992,0.0032569051,0.01142315,0.01846234,0.03336258,-0.009358155,-0.028417267,0.004164327,0.09679158,0.06753611,-0.008031086,-0.07623863,-0.091001526,0.05382179,0.028261399,-0.051709376,-0.096268386,-0.040303666,-0.0019009517,-0.021983026,0.0450198,0.09236402,-0.015044115,-0.00062783796,0.0086927125,-0.017963395,0.035512045,-0.08536843,-0.011294532,-0.031162966,-0.060926378,-0.067196034,-0.03300506,0.0009984372,-0.010729915,0.0010463954,0.012665745,-0.063821405,-0.022026625,0.0125741875,0.038960792,-0.037796676,-0.024097616,-0.03496548,-0.05978406,0.010132599,0.00165679,-0.031910703,-0.09126313,0.16046475,0.05935242,0.05850768,0.042431336,-0.0146320965,0.066932246,0.027031884,0.0077215265,0.120701715,0.0056941374,0.012434667,0.015277374,0.024328696,0.029473474,0.07384936,-0.024825733,0.05137802,0.0411495,-0.011161552,0.10971457,0.0010115156,0.057490706,0.023753177,-0.12138188,0.030610338,-0.11417918,0.003224207,-0.060590662,0,-0.03759176,0.009742377,0.03699008,-0.032455698,0.0064614923,0.00067143555,0.0024241498,0.026292868,-0.036240164,-0.011842799,-0.020753512,-0.009670438,-0.06771923,-0.0017647025,-0.018168043,-0.049272146,-0.037356317,0.04886667,-0.028263576,0.054552082,-0.08634507,0.037413813,0.016902557,-0.0067176414,0.023925941,-0.0023282324,-0.04640764,-0.05514504,0.078030586,0.016628968,0.005511016,0.03706856,-0.07067257,-0.032606117,-0.051883776,0.04465057,0.060856614,-0.049913064,-0.08920848,-0.049638387,-0.063670985,-0.028937194,-0.04688778,-0.016903648,-0.03294402,-0.056396354,0.09902389,0.02285284,-0.036535554,0.03907415,-0.033361483,-0.012854314,-0.05308713,-0.04883615,-0.017108565,-0.0069977697,0.0053104563,-0.019986155,-0.04912391,0.07751174,-0.0018617123,0.0980211,0.01611449,0.028738271,-0.020217234,0.035978567,0.09800257,0.019563237,0.07003002,-0.033571854,-0.085669264,0.018717399,0.020097334,0.06186813,-0.0122515485,0.0037299641,-0.06784131,-0.01642841,0.025322773,0.075610794,0.06169373,0.013611861,0.030554747,0.013161693,-0.0012074421,0.06968122,0.003505426,-0.119864605,-0.014464238,-0.08139976,-0.042697296,-0.058118552,0.042396456,-0.11044704,-0.042919658,0,-0.058615588,0.02308174,-0.07302969,-0.03704894,0.08554283,-0.01621041,0.014102358,0.11969021,-0.065949075,0.03899131,-0.06446233,0.01623221,0.016280169,-0.06477188,0.12954377,-0.060106702,0.07806328,-0.034234572,0.017965302,-0.020334953,-0.062783726,0.009173399,-0.0337092,0.047055095,-0.07892111,0.06844517,0.05286041,-0.017226286,-0.11302598,0.022616584,-0.0013254366,0.0034269467,-0.09105385,-0.0060167736,-0.041575145,0.024766328,0.035905533,0.03394027,0.047594644,0.015568811,0.08526379,-0.09472931,0.081732206,0.08013645,-0.05823191,-0.02496525,0.008236005,-0.028148038,-0.016999567,0.049198028,-0.0380888,0.0045817965,-0.12671849,-0.05089406,-0.09048269,-0.07609039,0.0124880755,0.040408306,0.06042934,-0.059112627,0.00088943477,0.012469546,-0.09823038,0.06381268,0.0017439926,0.022172686,0.06593163,0.017474808,-0.01165423,-0.06584444,0.027328365,-0.013376421,-0.10974073,-0.025833433,0.01364674,0.023918858,-0.0011662949,0.08451824,0.001397374,0.042442236,0.0325429,-0.006675131,0.04839579,-0.010263396,0.09101025,-0.04841977,0.049590424,0.049093388,-0.042736534,0.056330953,-0.04874459,-0.0042379014,-0.0036972659,0.054342803,0.010298275,0,0.056967515,0.13376859,0.033327695,0.042732723,0.024036575,0.03808879,0.04580596,0.050837383,-0.07447938,-0.029063635,-0.0070890565,-0.056732077,0.01813752,-0.03435883,0.07229721,0.011532149,-0.010551155,-0.040427923,-0.06492884,0.025297156,0.010834553,0.09617464,0.0096093975,0.048921168,-0.027497312,0.026480345,-0.0207873,0.07557591,0.03970635,0.035589438,0.045509484,0.032146137,0.0058946935,-0.089981295,0.014272397,-0.07367932,-0.008048525,-0.040408306,0.011340311,0.047794115,-0.06525366,-0.015172738,-0.0148740765,0.033833455,0.019026957,0.059435263,0.0008643667,-0.04839361,-0.04696572,-0.002159281,-0.015185814,-0.03032803,0.06007182,-0.0068538906,0.03010022,0.00940012,0.010518457,0.028060839,-0.04942475,0.038315512,0.010742994,-0.06437717,-0.08871717,0.00455727]	Certainly, and with pleasure.	model	f	0	2026-11-27 16:05:25.040882+00
\.


--
-- Data for Name: turns; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.turns (turn_id, message_id, attempt, guild_id, channel_id, user_id, user_name, nickname, channel_hidden, origin, state, fence, accept_time, deadline_at, claimed_until, claimed_by, end_time, model, prompt_tokens, cached_prompt_tokens, completion_tokens, reasoning_tokens, images, truncated, account_id, hold_id, lease_id, payload_hash, counted, unkept) FROM stdin;
4131b001eae44e3bac17458cd146a52f:0	4131b001eae44e3bac17458cd146a52f	0		channel-ada	ada	Ada		f	api	2	1	2026-11-27 16:05:20.894112+00	2026-11-27 16:06:20.894112+00	\N		2026-11-27 16:05:20.926217+00	scripted	96	0	4	0	0	f	user:ada	hold_56e6beef87de570d_10		\\x966ccbcd369ad5df42ffbe3d3b78a7345640efb90d1d1d031124532e57cbc001	t	f
2b383705576d4337bb221918dab8cc25:0	2b383705576d4337bb221918dab8cc25	0		channel-ada	ada	Ada		f	api	2	2	2026-11-27 16:05:21.366994+00	2026-11-27 16:06:21.366994+00	\N		2026-11-27 16:05:24.376576+00	scripted	133	0	4	0	0	f	user:ada		lease_6f6a684a306dab49_1	\\x6b5fff9f57ab4e47064ae6068d4483c13fc89837d7ed5b542a6181099091e780	t	f
a5a52fcfa7bc45178b6c28c549a9b9e2:0	a5a52fcfa7bc45178b6c28c549a9b9e2	0	guild-of-the-release	channel-guild-of-the-release	bob	Bob		f	api	2	1	2026-11-27 16:05:19.967743+00	2026-11-27 16:06:19.967743+00	\N		2026-11-27 16:05:20.131246+00	scripted	130	0	4	0	0	f	user:bob	hold_59cb1b50089a112b_2		\\xf3ddfbd57de7234a11f5f1af89e1ef4fb733cacd2230648a6677fb84a466f821	t	f
e7bccf209db24909a535b4d6c24b25f4:0	e7bccf209db24909a535b4d6c24b25f4	0	guild-of-the-release	channel-guild-of-the-release	bob	Bob		f	api	2	2	2026-11-27 16:05:20.271901+00	2026-11-27 16:06:20.271901+00	\N		2026-11-27 16:05:20.359769+00	scripted	208	0	4	0	0	f	user:bob	hold_59cb1b50089a112b_4		\\xb7d38ce0fda39194a2435180bb0701408c8492f9215d46d3ff6f9c36a3d7d67c	t	f
fccd6a5c554440a59f39213f7690bcd1:0	fccd6a5c554440a59f39213f7690bcd1	0	guild-of-the-release	channel-guild-of-the-release	bob	Bob		f	api	2	3	2026-11-27 16:05:20.450845+00	2026-11-27 16:06:20.450845+00	\N		2026-11-27 16:05:20.523595+00	scripted	275	0	4	0	0	f	user:bob	hold_59cb1b50089a112b_6		\\xf581a394872bee2b59ad3a9bb6091f52d86de7c1af1869bc99605f926c1ed701	t	f
b5acc486a01d4ece829b384763eb95b1:0	b5acc486a01d4ece829b384763eb95b1	0	guild-of-the-release	channel-guild-of-the-release	bob	Bob		f	api	2	4	2026-11-27 16:05:20.620385+00	2026-11-27 16:06:20.620385+00	\N		2026-11-27 16:05:20.644063+00	scripted	293	0	4	0	0	f	user:bob	hold_59cb1b50089a112b_8		\\x	t	f
e4ed9e6b2c09451d893b784271c6bc2c:0	e4ed9e6b2c09451d893b784271c6bc2c	0	guild-of-the-release	channel-guild-of-the-release	bob	Bob		f	api	2	5	2026-11-27 16:05:21.134351+00	2026-11-27 16:06:21.134351+00	\N		2026-11-27 16:05:21.160439+00	scripted	341	0	4	0	0	f	user:bob	hold_59cb1b50089a112b_10		\\xfdf1dc8046cbbf524d7d4c5b1a11f8cde48e73c9ac897302323ee6e1a8a71aaf	t	f
56108e79717c4fabac8770fbef4e88ba:0	56108e79717c4fabac8770fbef4e88ba	0	guild-of-the-release	channel-guild-of-the-release	mona	Mona		f	api	2	1	2026-11-27 16:05:21.267265+00	2026-11-27 16:06:21.267265+00	\N		2026-11-27 16:05:21.279565+00	scripted	363	0	4	0	0	f	guild:guild-of-the-release	hold_211809a0a925a76_3		\\x7c2cedf93c915140f84eca22944ad8375da9c531121be1ac2968e55b75bb7d02	t	f
fea5911419614d07a9a1c004b638dc26:0	fea5911419614d07a9a1c004b638dc26	0	guild-of-the-release	channel-guild-of-the-release	ada	Ada		f	api	2	1	2026-11-27 16:05:19.844019+00	2026-11-27 16:06:19.844019+00	\N		2026-11-27 16:05:19.954075+00	scripted	81	0	4	0	0	f	user:ada	hold_56e6beef87de570d_2		\\x9e7a05472f087858085d4b350df50e89d209a279f037d71a27283c1e6a44a287	t	f
be6bb4e01e9f4ebbbfc2868ca1bf87c2:0	be6bb4e01e9f4ebbbfc2868ca1bf87c2	0	guild-of-the-release	channel-guild-of-the-release	ada	Ada		f	api	2	2	2026-11-27 16:05:20.15532+00	2026-11-27 16:06:20.15532+00	\N		2026-11-27 16:05:20.245998+00	scripted	161	0	4	0	0	f	user:ada	hold_56e6beef87de570d_4		\\x75fff0c7974558fe2f686dc6dc5a7eefa2421269422be4ecc57bd427e2713f2f	t	f
62260e10732441cd895387b4daca821c:0	62260e10732441cd895387b4daca821c	0	guild-of-the-release	channel-guild-of-the-release	ada	Ada		f	api	2	3	2026-11-27 16:05:20.391325+00	2026-11-27 16:06:20.391325+00	\N		2026-11-27 16:05:20.425762+00	scripted	221	0	4	0	0	f	user:ada	hold_56e6beef87de570d_6		\\xc878ee1edd2ee528ebc2e006557ca80245be20dfecd10c9147edd04f45e8b64c	t	f
a824b5d576584185a5e0a227a849578e:0	a824b5d576584185a5e0a227a849578e	0	guild-of-the-release	channel-guild-of-the-release	ada	Ada		f	api	2	4	2026-11-27 16:05:20.810581+00	2026-11-27 16:06:20.810581+00	\N		2026-11-27 16:05:20.858418+00	scripted	303	0	4	0	0	f	user:ada	hold_56e6beef87de570d_8		\\xae98f87c2ce1f7de024ba7be46af50aaedd50f388452d48fc29875654e4c93a3	t	f
\.


--
-- Data for Name: user_activity; Type: TABLE DATA; Schema: public; Owner: conversation
--

COPY public.user_activity (guild_id, user_id, last_active_time, messages_since_extraction, last_summary_time, style_time) FROM stdin;
	ada	2026-11-27 16:05:21.366994+00	0	2026-11-27 16:05:24.434555+00	\N
guild-of-the-release	ada	2026-11-27 16:05:20.810581+00	0	2026-11-27 16:05:25.039095+00	\N
guild-of-the-release	bob	2026-11-27 16:05:21.134351+00	0	2026-11-27 16:05:25.039095+00	\N
guild-of-the-release	mona	2026-11-27 16:05:21.267265+00	0	2026-11-27 16:05:25.039095+00	\N
\.


--
-- Name: blocks_block_id_seq; Type: SEQUENCE SET; Schema: public; Owner: conversation
--

SELECT pg_catalog.setval('public.blocks_block_id_seq', 1, true);


--
-- Name: cache_epoch; Type: SEQUENCE SET; Schema: public; Owner: conversation
--

SELECT pg_catalog.setval('public.cache_epoch', 1, false);


--
-- Name: messages_sequence_seq; Type: SEQUENCE SET; Schema: public; Owner: conversation
--

SELECT pg_catalog.setval('public.messages_sequence_seq', 26, true);


--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE SET; Schema: public; Owner: conversation
--

SELECT pg_catalog.setval('public.procrastinate_events_id_seq', 146, true);


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: conversation
--

SELECT pg_catalog.setval('public.procrastinate_jobs_id_seq', 73, true);


--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: conversation
--

SELECT pg_catalog.setval('public.procrastinate_periodic_defers_id_seq', 10, true);


--
-- Name: procrastinate_workers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: conversation
--

SELECT pg_catalog.setval('public.procrastinate_workers_id_seq', 1, true);


--
-- Name: topics_topic_id_seq; Type: SEQUENCE SET; Schema: public; Owner: conversation
--

SELECT pg_catalog.setval('public.topics_topic_id_seq', 7, true);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: background_usage background_usage_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.background_usage
    ADD CONSTRAINT background_usage_pkey PRIMARY KEY (guild_id, day, feature);


--
-- Name: blocks blocks_in_order; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_in_order UNIQUE (block_id);


--
-- Name: blocks blocks_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_pkey PRIMARY KEY (subject);


--
-- Name: conversations conversations_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (guild_id, channel_id);


--
-- Name: erased_places erased_places_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.erased_places
    ADD CONSTRAINT erased_places_pkey PRIMARY KEY (erasure_id, guild_id, channel_id);


--
-- Name: erasures erasures_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (erasure_id);


--
-- Name: erasures erasures_request_hash_key; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_request_hash_key UNIQUE (request_hash);


--
-- Name: fences fences_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.fences
    ADD CONSTRAINT fences_pkey PRIMARY KEY (guild_id, user_id);


--
-- Name: guild_settings guild_settings_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.guild_settings
    ADD CONSTRAINT guild_settings_pkey PRIMARY KEY (guild_id);


--
-- Name: guild_settings_versions guild_settings_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.guild_settings_versions
    ADD CONSTRAINT guild_settings_versions_pkey PRIMARY KEY (guild_id, version);


--
-- Name: message_embeddings message_embeddings_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.message_embeddings
    ADD CONSTRAINT message_embeddings_pkey PRIMARY KEY (guild_id, channel_id, sequence, model);


--
-- Name: message_terms message_terms_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.message_terms
    ADD CONSTRAINT message_terms_pkey PRIMARY KEY (guild_id, channel_id, term, sequence) INCLUDE (occurrences, length);


--
-- Name: messages messages_once; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_once UNIQUE (guild_id, channel_id, message_id, role);


--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (guild_id, channel_id, sequence);


--
-- Name: opt_outs opt_outs_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.opt_outs
    ADD CONSTRAINT opt_outs_pkey PRIMARY KEY (user_id);


--
-- Name: persona_versions persona_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.persona_versions
    ADD CONSTRAINT persona_versions_pkey PRIMARY KEY (guild_id, user_id, version);


--
-- Name: personas personas_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.personas
    ADD CONSTRAINT personas_pkey PRIMARY KEY (guild_id, user_id);


--
-- Name: procrastinate_events procrastinate_events_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_jobs procrastinate_jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_unique; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);


--
-- Name: procrastinate_workers procrastinate_workers_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);


--
-- Name: relationships relationships_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.relationships
    ADD CONSTRAINT relationships_pkey PRIMARY KEY (guild_id, user_id);


--
-- Name: requests requests_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.requests
    ADD CONSTRAINT requests_pkey PRIMARY KEY (method, request_id);


--
-- Name: schema_support schema_support_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.schema_support
    ADD CONSTRAINT schema_support_pkey PRIMARY KEY (one);


--
-- Name: tombstones tombstones_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT tombstones_pkey PRIMARY KEY (subject_hash);


--
-- Name: topics topics_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.topics
    ADD CONSTRAINT topics_pkey PRIMARY KEY (topic_id);


--
-- Name: turns turns_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_pkey PRIMARY KEY (turn_id);


--
-- Name: user_activity user_activity_pkey; Type: CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.user_activity
    ADD CONSTRAINT user_activity_pkey PRIMARY KEY (guild_id, user_id);


--
-- Name: erasures_open; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX erasures_open ON public.erasures USING btree (begun_at) WHERE (complete_time IS NULL);


--
-- Name: fences_by_user; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX fences_by_user ON public.fences USING btree (user_id);


--
-- Name: guild_settings_by_ignored; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX guild_settings_by_ignored ON public.guild_settings USING gin (ignored_user_ids) WHERE (ignored_user_ids <> '{}'::text[]);


--
-- Name: guild_settings_versions_by_ignored; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX guild_settings_versions_by_ignored ON public.guild_settings_versions USING gin (ignored_user_ids) WHERE (ignored_user_ids <> '{}'::text[]);


--
-- Name: idx_procrastinate_jobs_worker_not_null; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));


--
-- Name: idx_procrastinate_workers_last_heartbeat; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);


--
-- Name: message_terms_of_message; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX message_terms_of_message ON public.message_terms USING btree (guild_id, channel_id, sequence);


--
-- Name: messages_answering; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX messages_answering ON public.messages USING btree (guild_id, channel_id, answers_message_id) WHERE (answers_message_id <> ''::text);


--
-- Name: messages_by_age; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX messages_by_age ON public.messages USING btree (guild_id, create_time);


--
-- Name: messages_by_author; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX messages_by_author ON public.messages USING btree (author_id, guild_id, sequence);


--
-- Name: messages_by_name; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX messages_by_name ON public.messages USING btree (guild_id, channel_id, author_name);


--
-- Name: messages_not_indexed; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX messages_not_indexed ON public.messages USING btree (guild_id, channel_id, sequence) WHERE (in_context AND (NOT indexed));


--
-- Name: messages_quoting; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX messages_quoting ON public.messages USING btree (guild_id, channel_id, ((replied_to ->> 'message_id'::text))) WHERE (replied_to IS NOT NULL);


--
-- Name: persona_versions_by_message; Type: INDEX; Schema: public; Owner: conversation
--

CREATE UNIQUE INDEX persona_versions_by_message ON public.persona_versions USING btree (guild_id, user_id, message_id) WHERE (message_id <> ''::text);


--
-- Name: persona_versions_by_user; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX persona_versions_by_user ON public.persona_versions USING btree (user_id) WHERE (user_id <> ''::text);


--
-- Name: personas_by_user; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX personas_by_user ON public.personas USING btree (user_id) WHERE (user_id <> ''::text);


--
-- Name: procrastinate_events_job_id_fkey_v1; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);


--
-- Name: procrastinate_jobs_id_lock_idx_v1; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));


--
-- Name: procrastinate_jobs_lock_idx_v1; Type: INDEX; Schema: public; Owner: conversation
--

CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);


--
-- Name: procrastinate_jobs_priority_idx_v1; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);


--
-- Name: procrastinate_jobs_queue_name_idx_v1; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);


--
-- Name: procrastinate_jobs_queueing_lock_idx_v1; Type: INDEX; Schema: public; Owner: conversation
--

CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);


--
-- Name: procrastinate_periodic_defers_job_id_fkey_v1; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);


--
-- Name: relationships_by_user; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX relationships_by_user ON public.relationships USING btree (user_id);


--
-- Name: requests_by_time; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX requests_by_time ON public.requests USING btree (create_time);


--
-- Name: requests_by_user; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX requests_by_user ON public.requests USING btree (user_id) WHERE (user_id <> ''::text);


--
-- Name: topics_due; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX topics_due ON public.topics USING btree (guild_id, channel_id) WHERE summary_stale;


--
-- Name: topics_of_conversation; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX topics_of_conversation ON public.topics USING btree (guild_id, channel_id, level, first_sequence);


--
-- Name: topics_of_parent; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX topics_of_parent ON public.topics USING btree (parent_id) WHERE (parent_id IS NOT NULL);


--
-- Name: topics_open; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX topics_open ON public.topics USING btree (end_time) WHERE (NOT closed);


--
-- Name: topics_top; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX topics_top ON public.topics USING btree (guild_id, channel_id, first_sequence) WHERE (parent_id IS NULL);


--
-- Name: turns_by_user; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX turns_by_user ON public.turns USING btree (user_id, accept_time);


--
-- Name: turns_open; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX turns_open ON public.turns USING btree (deadline_at) WHERE (state = 1);


--
-- Name: turns_open_by_person; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX turns_open_by_person ON public.turns USING btree (guild_id, user_id) WHERE (state = 1);


--
-- Name: turns_uncounted; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX turns_uncounted ON public.turns USING btree (guild_id, user_id, end_time) WHERE ((state = ANY (ARRAY[2, 3])) AND (NOT counted));


--
-- Name: turns_unkept; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX turns_unkept ON public.turns USING btree (end_time) WHERE (unkept AND (state <> 1));


--
-- Name: user_activity_by_user; Type: INDEX; Schema: public; Owner: conversation
--

CREATE INDEX user_activity_by_user ON public.user_activity USING btree (user_id);


--
-- Name: messages erased_stays_erased; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER erased_stays_erased BEFORE INSERT ON public.messages FOR EACH ROW WHEN ((new.create_time < now())) EXECUTE FUNCTION public.drop_what_was_said_before_an_erasure();


--
-- Name: messages place_stored; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER place_stored BEFORE INSERT ON public.messages FOR EACH ROW EXECUTE FUNCTION public.place_message();


--
-- Name: procrastinate_jobs procrastinate_jobs_notify_queue_job_aborted_v1; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();


--
-- Name: procrastinate_jobs procrastinate_jobs_notify_queue_job_inserted_v1; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_abort_requested_events_v1; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_delete_jobs_v1; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_scheduled_events_v1; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_status_events_insert_v1; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_status_events_update_v1; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();


--
-- Name: messages quotes_of_changed; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER quotes_of_changed AFTER UPDATE OF text ON public.messages FOR EACH ROW WHEN (((old.role = 'user'::text) AND (old.text IS DISTINCT FROM new.text))) EXECUTE FUNCTION public.drop_quotes();


--
-- Name: messages quotes_of_deleted; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER quotes_of_deleted AFTER DELETE ON public.messages FOR EACH ROW WHEN ((old.role = 'user'::text)) EXECUTE FUNCTION public.drop_quotes();


--
-- Name: messages summaries_of_changed; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER summaries_of_changed AFTER UPDATE OF text, author_name ON public.messages FOR EACH ROW WHEN (((old.text IS DISTINCT FROM new.text) OR (old.author_name IS DISTINCT FROM new.author_name))) EXECUTE FUNCTION public.empty_summaries();


--
-- Name: messages summaries_of_deleted; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER summaries_of_deleted AFTER DELETE ON public.messages FOR EACH ROW EXECUTE FUNCTION public.empty_summaries();


--
-- Name: messages unindex_changed; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER unindex_changed BEFORE UPDATE OF text, author_name, images, in_context ON public.messages FOR EACH ROW WHEN (((((old.text IS DISTINCT FROM new.text) OR (old.author_name IS DISTINCT FROM new.author_name)) OR (old.images IS DISTINCT FROM new.images)) OR (old.in_context IS DISTINCT FROM new.in_context))) EXECUTE FUNCTION public.unindex_message();


--
-- Name: messages unindex_deleted; Type: TRIGGER; Schema: public; Owner: conversation
--

CREATE TRIGGER unindex_deleted BEFORE DELETE ON public.messages FOR EACH ROW EXECUTE FUNCTION public.unindex_message();


--
-- Name: erased_places erased_places_erasure_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.erased_places
    ADD CONSTRAINT erased_places_erasure_id_fkey FOREIGN KEY (erasure_id) REFERENCES public.erasures(erasure_id) ON DELETE CASCADE;


--
-- Name: procrastinate_events procrastinate_events_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;


--
-- Name: procrastinate_jobs procrastinate_jobs_worker_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: conversation
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);


--
-- PostgreSQL database dump complete
--

\unrestrict released

