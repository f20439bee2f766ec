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
-- Name: procrastinate_job_event_type; Type: TYPE; Schema: public; Owner: credit
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


ALTER TYPE public.procrastinate_job_event_type OWNER TO credit;

--
-- Name: procrastinate_job_status; Type: TYPE; Schema: public; Owner: credit
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


ALTER TYPE public.procrastinate_job_status OWNER TO credit;

--
-- Name: procrastinate_job_to_defer_v1; Type: TYPE; Schema: public; Owner: credit
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


ALTER TYPE public.procrastinate_job_to_defer_v1 OWNER TO credit;

--
-- Name: procrastinate_cancel_job_v1(bigint, boolean, boolean); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) OWNER TO credit;

--
-- Name: procrastinate_defer_jobs_v1(public.procrastinate_job_to_defer_v1[]); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) OWNER TO credit;

--
-- Name: procrastinate_defer_periodic_job_v2(character varying, character varying, character varying, character varying, integer, character varying, bigint, jsonb); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) OWNER TO credit;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: procrastinate_jobs; Type: TABLE; Schema: public; Owner: credit
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


ALTER TABLE public.procrastinate_jobs OWNER TO credit;

--
-- Name: procrastinate_fetch_job_v2(character varying[], bigint); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) OWNER TO credit;

--
-- Name: procrastinate_finish_job_v1(bigint, public.procrastinate_job_status, boolean); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) OWNER TO credit;

--
-- Name: procrastinate_notify_queue_abort_job_v1(); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_notify_queue_abort_job_v1() OWNER TO credit;

--
-- Name: procrastinate_notify_queue_job_inserted_v1(); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_notify_queue_job_inserted_v1() OWNER TO credit;

--
-- Name: procrastinate_prune_stalled_workers_v1(double precision); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) OWNER TO credit;

--
-- Name: procrastinate_register_worker_v1(); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_register_worker_v1() OWNER TO credit;

--
-- Name: procrastinate_retry_job_v1(bigint, timestamp with time zone, integer, character varying, character varying); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) OWNER TO credit;

--
-- Name: procrastinate_retry_job_v2(bigint, timestamp with time zone, integer, character varying, character varying); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) OWNER TO credit;

--
-- Name: procrastinate_trigger_abort_requested_events_procedure_v1(); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() OWNER TO credit;

--
-- Name: procrastinate_trigger_function_scheduled_events_v1(); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() OWNER TO credit;

--
-- Name: procrastinate_trigger_function_status_events_insert_v1(); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() OWNER TO credit;

--
-- Name: procrastinate_trigger_function_status_events_update_v1(); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_trigger_function_status_events_update_v1() OWNER TO credit;

--
-- Name: procrastinate_unlink_periodic_defers_v1(); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_unlink_periodic_defers_v1() OWNER TO credit;

--
-- Name: procrastinate_unregister_worker_v1(bigint); Type: FUNCTION; Schema: public; Owner: credit
--

CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;


ALTER FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) OWNER TO credit;

--
-- Name: procrastinate_update_heartbeat_v1(bigint); Type: FUNCTION; Schema: public; Owner: credit
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


ALTER FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) OWNER TO credit;

--
-- Name: refuse_change(); Type: FUNCTION; Schema: public; Owner: credit
--

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE EXCEPTION 'entries are append-only';
    END $$;


ALTER FUNCTION public.refuse_change() OWNER TO credit;

--
-- Name: refuse_changed_books(boolean); Type: FUNCTION; Schema: public; Owner: credit
--

CREATE FUNCTION public.refuse_changed_books(as_loaded boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
    BEGIN
        IF NOT as_loaded THEN
            RAISE EXCEPTION 'an account is not as it was loaded';
        END IF;
    END $$;


ALTER FUNCTION public.refuse_changed_books(as_loaded boolean) OWNER TO credit;

--
-- Name: account_keys; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.account_keys (
    account_id text NOT NULL,
    account_key bigint NOT NULL
);


ALTER TABLE public.account_keys OWNER TO credit;

--
-- Name: accounts; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.accounts (
    account_key bigint NOT NULL,
    kind text NOT NULL,
    tier text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    erased boolean DEFAULT false NOT NULL,
    posted_microcredits bigint DEFAULT 0 NOT NULL,
    held_microcredits bigint DEFAULT 0 NOT NULL,
    overdrawn_microcredits bigint DEFAULT 0 NOT NULL,
    open_holds integer DEFAULT 0 NOT NULL,
    last_seq bigint DEFAULT 0 NOT NULL,
    allowance_period integer DEFAULT 0 NOT NULL,
    allowance_granted_microcredits bigint DEFAULT 0 NOT NULL,
    member_daily_limit_microcredits bigint DEFAULT 0 NOT NULL,
    pace integer[] DEFAULT '{0,0,0,0}'::integer[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT accounts_held_microcredits_check CHECK ((held_microcredits >= 0)),
    CONSTRAINT accounts_kind_check CHECK ((kind = ANY (ARRAY['user'::text, 'guild'::text, 'lease'::text]))),
    CONSTRAINT accounts_open_holds_check CHECK ((open_holds >= 0)),
    CONSTRAINT accounts_overdrawn_microcredits_check CHECK ((overdrawn_microcredits >= 0)),
    CONSTRAINT accounts_state_check CHECK ((state = ANY (ARRAY['open'::text, 'frozen'::text, 'closed'::text])))
)
WITH (fillfactor='70');


ALTER TABLE public.accounts OWNER TO credit;

--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE public.alembic_version OWNER TO credit;

--
-- Name: batches; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.batches (
    shard smallint NOT NULL,
    batch_seq bigint NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    price_version text NOT NULL,
    operations integer NOT NULL,
    operations_hash bytea NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL
);


ALTER TABLE public.batches OWNER TO credit;

--
-- Name: entries; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.entries (
    account_key bigint NOT NULL,
    operation_seq bigint NOT NULL,
    leg integer NOT NULL,
    system_account text,
    grant_seq bigint,
    amount_microcredits bigint NOT NULL,
    kind text NOT NULL,
    hold_seq bigint,
    shard smallint NOT NULL,
    batch_seq bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT entries_amount_microcredits_check CHECK ((amount_microcredits <> 0)),
    CONSTRAINT entries_check CHECK (((system_account IS NULL) = (grant_seq IS NOT NULL)))
);


ALTER TABLE public.entries OWNER TO credit;

--
-- Name: erased_operations; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.erased_operations (
    shard smallint NOT NULL,
    batch_seq bigint NOT NULL,
    operations bigint NOT NULL,
    erased_at timestamp with time zone NOT NULL
);


ALTER TABLE public.erased_operations OWNER TO credit;

--
-- Name: erasures; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.erasures (
    request_id text NOT NULL,
    erased jsonb NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone
);


ALTER TABLE public.erasures OWNER TO credit;

--
-- Name: findings; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.findings (
    finding_id bigint NOT NULL,
    kind text NOT NULL,
    account_key bigint NOT NULL,
    detail text NOT NULL,
    difference_microcredits bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    note text DEFAULT ''::text NOT NULL
);


ALTER TABLE public.findings OWNER TO credit;

--
-- Name: findings_finding_id_seq; Type: SEQUENCE; Schema: public; Owner: credit
--

ALTER TABLE public.findings ALTER COLUMN finding_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.findings_finding_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: grants; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.grants (
    account_key bigint NOT NULL,
    grant_seq bigint NOT NULL,
    source text NOT NULL,
    priority integer NOT NULL,
    amount_microcredits bigint NOT NULL,
    remaining_microcredits bigint NOT NULL,
    held_microcredits bigint NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    spent boolean DEFAULT false NOT NULL,
    CONSTRAINT grants_amount_microcredits_check CHECK ((amount_microcredits > 0)),
    CONSTRAINT grants_check CHECK (((remaining_microcredits >= 0) AND (remaining_microcredits <= amount_microcredits))),
    CONSTRAINT grants_check1 CHECK (((held_microcredits >= 0) AND (held_microcredits <= remaining_microcredits))),
    CONSTRAINT grants_check2 CHECK ((spent = (remaining_microcredits = 0)))
)
WITH (fillfactor='70');


ALTER TABLE public.grants OWNER TO credit;

--
-- Name: holds; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.holds (
    account_key bigint NOT NULL,
    hold_seq bigint NOT NULL,
    state text NOT NULL,
    amount_microcredits bigint NOT NULL,
    captured_microcredits bigint DEFAULT 0 NOT NULL,
    used_microcredits bigint DEFAULT 0 NOT NULL,
    refunded_microcredits bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_seq bigint DEFAULT 0 NOT NULL,
    charged_seq bigint DEFAULT 0 NOT NULL,
    model text DEFAULT ''::text NOT NULL,
    price_version text DEFAULT ''::text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    member_key bigint DEFAULT 0 NOT NULL,
    member_day integer DEFAULT 0 NOT NULL,
    allocations bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    CONSTRAINT holds_amount_microcredits_check CHECK ((amount_microcredits >= 0)),
    CONSTRAINT holds_captured_microcredits_check CHECK ((captured_microcredits >= 0)),
    CONSTRAINT holds_check CHECK (((refunded_microcredits >= 0) AND (refunded_microcredits <= captured_microcredits))),
    CONSTRAINT holds_check1 CHECK (((state = 'active'::text) = (ended_at IS NULL))),
    CONSTRAINT holds_state_check CHECK ((state = ANY (ARRAY['active'::text, 'captured'::text, 'released'::text, 'expired'::text])))
);


ALTER TABLE public.holds OWNER TO credit;

--
-- Name: leased_turns; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.leased_turns (
    account_key bigint NOT NULL,
    turn_seq bigint NOT NULL,
    turn_id text NOT NULL,
    lease_seq bigint NOT NULL,
    person_key bigint NOT NULL,
    bound_microcredits bigint NOT NULL,
    cost_microcredits bigint NOT NULL,
    price_version text NOT NULL,
    taken_at timestamp with time zone,
    charged_to_person_microcredits bigint,
    charged_to_lease_microcredits bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT leased_turns_bound_microcredits_check CHECK ((bound_microcredits >= 0)),
    CONSTRAINT leased_turns_charged_to_lease_microcredits_check CHECK ((charged_to_lease_microcredits >= 0)),
    CONSTRAINT leased_turns_charged_to_person_microcredits_check CHECK ((charged_to_person_microcredits >= 0)),
    CONSTRAINT leased_turns_cost_microcredits_check CHECK ((cost_microcredits >= 0))
);


ALTER TABLE public.leased_turns OWNER TO credit;

--
-- Name: leases; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.leases (
    account_key bigint NOT NULL,
    lease_seq bigint NOT NULL,
    instance_id text NOT NULL,
    amount_microcredits bigint NOT NULL,
    charged_microcredits bigint DEFAULT 0 NOT NULL,
    returned_microcredits bigint DEFAULT 0 NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT leases_amount_microcredits_check CHECK ((amount_microcredits > 0)),
    CONSTRAINT leases_charged_microcredits_check CHECK ((charged_microcredits >= 0)),
    CONSTRAINT leases_check CHECK (((charged_microcredits + returned_microcredits) <= amount_microcredits)),
    CONSTRAINT leases_check1 CHECK (((state = 'open'::text) = (closed_at IS NULL))),
    CONSTRAINT leases_returned_microcredits_check CHECK ((returned_microcredits >= 0)),
    CONSTRAINT leases_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'lost'::text])))
);


ALTER TABLE public.leases OWNER TO credit;

--
-- Name: notes; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.notes (
    account_key bigint NOT NULL,
    operation_seq bigint NOT NULL,
    note text NOT NULL
);


ALTER TABLE public.notes OWNER TO credit;

--
-- Name: operations; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.operations (
    account_key bigint NOT NULL,
    request_key text NOT NULL,
    operation_seq bigint NOT NULL,
    batch_seq bigint NOT NULL,
    method text NOT NULL,
    payload_hash bytea NOT NULL,
    refusal text DEFAULT ''::text NOT NULL,
    result bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);


ALTER TABLE public.operations OWNER TO credit;

--
-- Name: pool_members; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.pool_members (
    account_key bigint NOT NULL,
    member_key bigint NOT NULL,
    day integer NOT NULL,
    used_microcredits bigint NOT NULL,
    CONSTRAINT pool_members_used_microcredits_check CHECK ((used_microcredits >= 0))
);


ALTER TABLE public.pool_members OWNER TO credit;

--
-- Name: procrastinate_events; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);


ALTER TABLE public.procrastinate_events OWNER TO credit;

--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE; Schema: public; Owner: credit
--

CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE public.procrastinate_events_id_seq OWNER TO credit;

--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: credit
--

ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE; Schema: public; Owner: credit
--

CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNER TO credit;

--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: credit
--

ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;


--
-- Name: procrastinate_periodic_defers; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);


ALTER TABLE public.procrastinate_periodic_defers OWNER TO credit;

--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE; Schema: public; Owner: credit
--

CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNER TO credit;

--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: credit
--

ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;


--
-- Name: procrastinate_workers; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.procrastinate_workers OWNER TO credit;

--
-- Name: procrastinate_workers_id_seq; Type: SEQUENCE; Schema: public; Owner: credit
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
-- Name: reconciled; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.reconciled (
    shard smallint NOT NULL,
    batch_seq bigint DEFAULT 0 NOT NULL
);


ALTER TABLE public.reconciled OWNER TO credit;

--
-- Name: schema_support; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.schema_support (
    one boolean DEFAULT true NOT NULL,
    works_with text NOT NULL,
    CONSTRAINT schema_support_one_check CHECK (one)
);


ALTER TABLE public.schema_support OWNER TO credit;

--
-- Name: shards; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.shards (
    shard smallint NOT NULL,
    batch_seq bigint DEFAULT 0 NOT NULL,
    hash bytea NOT NULL,
    decided_at timestamp with time zone NOT NULL
)
WITH (fillfactor='10');


ALTER TABLE public.shards OWNER TO credit;

--
-- Name: transfers; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.transfers (
    account_key bigint NOT NULL,
    operation_seq bigint NOT NULL,
    recipient_key bigint NOT NULL,
    parts jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    returned boolean DEFAULT false NOT NULL
);


ALTER TABLE public.transfers OWNER TO credit;

--
-- Name: usage_records; Type: TABLE; Schema: public; Owner: credit
--

CREATE TABLE public.usage_records (
    account_key bigint NOT NULL,
    turn_id text NOT NULL,
    hold_seq bigint NOT NULL,
    member_key bigint DEFAULT 0 NOT NULL,
    model text NOT NULL,
    prompt_tokens bigint NOT NULL,
    cached_prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    images bigint NOT NULL,
    price_version text NOT NULL,
    cost_microcredits bigint NOT NULL,
    charged_microcredits bigint NOT NULL,
    captured_now boolean NOT NULL,
    tier text NOT NULL,
    guild_id text NOT NULL,
    feature text NOT NULL,
    lease_seq bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL
);


ALTER TABLE public.usage_records OWNER TO credit;

--
-- Name: procrastinate_events id; Type: DEFAULT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);


--
-- Name: procrastinate_jobs id; Type: DEFAULT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);


--
-- Name: procrastinate_periodic_defers id; Type: DEFAULT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);


--
-- Data for Name: account_keys; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.account_keys (account_id, account_key) FROM stdin;
system:lease	8028343953590692681
user:ada	6261902267891209997
guild:guild-of-the-release	149041661770619510
user:bob	6470295320203497771
user:carl	5664277156504743396
user:mona	2221848025228253905
user:frank	4402550183452860217
user:clara	6017303053909611542
\.


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.accounts (account_key, kind, tier, state, erased, posted_microcredits, held_microcredits, overdrawn_microcredits, open_holds, last_seq, allowance_period, allowance_granted_microcredits, member_daily_limit_microcredits, pace, created_at) FROM stdin;
6470295320203497771	user	free	open	f	102403000	0	0	0	16	0	0	0	{0,0,0,0}	2026-11-27 16:05:19.975176+00
4402550183452860217	user	free	frozen	f	110000000	0	0	0	3	0	0	0	{0,0,0,0}	2026-11-27 16:05:21.337957+00
8028343953590692681	lease	free	open	f	20000000	0	0	0	3	0	0	0	{0,0,0,0}	2026-11-27 16:05:15.067519+00
149041661770619510	guild	free	open	f	4920900	0	0	0	7	0	0	2000000	{0,0,0,0}	2026-11-27 16:05:19.833466+00
6261902267891209997	user	free	open	f	113390900	0	0	0	17	0	0	0	{0,0,0,0}	2026-11-27 16:05:19.826174+00
1566863469921462942	user	free	closed	t	0	0	0	0	4	0	0	0	{0,0,0,0}	2026-11-27 16:05:24.700911+00
6017303053909611542	user	free	closed	f	0	0	0	0	4	0	0	0	{0,0,0,0}	2026-11-27 16:05:21.34336+00
5664277156504743396	user	free	open	f	110000000	0	0	0	4	0	0	0	{0,0,0,0}	2026-11-27 16:05:21.244872+00
2221848025228253905	user	free	open	f	100000000	0	0	0	1	0	0	0	{0,0,0,0}	2026-11-27 16:05:21.264652+00
\.


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.alembic_version (version_num) FROM stdin;
0001
\.


--
-- Data for Name: batches; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.batches (shard, batch_seq, decided_at, price_version, operations, operations_hash, previous_hash, hash) FROM stdin;
0	1	2026-11-27 16:05:15.067519+00	2026-11	1	\\x86bf51b523e0bef499a617bb7e137bbd5c71621c03b7cf706b4ce1066263efa7	\\x0000000000000000000000000000000000000000000000000000000000000000	\\xf36aff7440c6984714caab7da45e38036f556afd9cd51812749701d3173087f3
0	2	2026-11-27 16:05:19.826174+00	2026-11	1	\\x4394c82cbf4648ed8a407ee452eb62a2ed334845ba1de99d2e4f50ca3e3a03c6	\\xf36aff7440c6984714caab7da45e38036f556afd9cd51812749701d3173087f3	\\xc22ddc5f32fa8265a722633bcde5e4fb3fd28cbe22cae68e365ee0b9e28d14fb
0	3	2026-11-27 16:05:19.833466+00	2026-11	1	\\x45b727c53a4318d5a476b794192277d999fd36bf3373922bfaedc7f1cf9217d7	\\xc22ddc5f32fa8265a722633bcde5e4fb3fd28cbe22cae68e365ee0b9e28d14fb	\\xf1e5a43ef124b773f8ca77fc45f9c0c8ec9524505621dc80d3f636f014edc1ca
0	4	2026-11-27 16:05:19.837219+00	2026-11	1	\\x05b520332bcb4ad57279b062464874ac205aca47e520de774d7c583d2984f233	\\xf1e5a43ef124b773f8ca77fc45f9c0c8ec9524505621dc80d3f636f014edc1ca	\\x00456adbfe45ab99d3e08ab4ee96886fd9b429ef9e719cbd8d162f0927b68472
0	5	2026-11-27 16:05:19.95542+00	2026-11	1	\\xc73976b9cf21a5f0784c8c30161fe258e024fd1c2fbf1347df3e39cef33faf9c	\\x00456adbfe45ab99d3e08ab4ee96886fd9b429ef9e719cbd8d162f0927b68472	\\x6ec88504734bd0ab135e8a57a5e1782eff83f576a3b399daad91ddcf5edc8c6c
0	6	2026-11-27 16:05:19.975176+00	2026-11	1	\\xcf9aa5e02cd92d12047cda6c480fdee1f5f5c4233b0f799bfb66cc33435ff161	\\x6ec88504734bd0ab135e8a57a5e1782eff83f576a3b399daad91ddcf5edc8c6c	\\xd867d49cff0ff9e4cde8dc47d14ec4552062fa08ea60e3a82a434201da905ec7
0	7	2026-11-27 16:05:19.994681+00	2026-11	1	\\xdb01f9ac76ae420eea94ac5c16a0b886b2d5566403a20dac68acdc8f291daa25	\\xd867d49cff0ff9e4cde8dc47d14ec4552062fa08ea60e3a82a434201da905ec7	\\x9c1c4068fed6e2c2ea574202ecd050ed1160f55a6221059a99b09f71ba990235
0	8	2026-11-27 16:05:20.004134+00	2026-11	1	\\x4e443629c19de58b5e6b5ac14846b8ac0696ca57725cbcc7e9bd02b7042fc20c	\\x9c1c4068fed6e2c2ea574202ecd050ed1160f55a6221059a99b09f71ba990235	\\xce2cca4e2488ccc640a030a395e017da200645dafe383c770b5cd733cd78c08d
0	9	2026-11-27 16:05:20.023975+00	2026-11	1	\\x31c4798be4e5a87545a7333190693a1fe27014cd778fbb9efece9fea4320c33a	\\xce2cca4e2488ccc640a030a395e017da200645dafe383c770b5cd733cd78c08d	\\xa504bed5d91c6009b79dd533870f7b0fd09f6b73aaba6655d4d9b2a69b9b398c
0	10	2026-11-27 16:05:20.123911+00	2026-11	1	\\xd5332e6e990731360fad70c0beba0cb342e097f8e5805b4419c5b3aa4a56fa26	\\xa504bed5d91c6009b79dd533870f7b0fd09f6b73aaba6655d4d9b2a69b9b398c	\\x9cdf9a49b4e78c372ae7dad33e24d086afff811f97599a7647a66e47572687a4
0	11	2026-11-27 16:05:20.160676+00	2026-11	1	\\x9c42d49043a73e160c1ec16a705e733ea87482e00357571647f3a57c414d2f39	\\x9cdf9a49b4e78c372ae7dad33e24d086afff811f97599a7647a66e47572687a4	\\xd42a5b3003475d1fffddc415d8101cc4878e9e56a66eb6bf23d07eaa2f9d16c9
0	12	2026-11-27 16:05:20.169568+00	2026-11	1	\\x50bb518903705d7bc12749fd7d5d4441da7a03d8c4f2418002bffc8f82b2d25d	\\xd42a5b3003475d1fffddc415d8101cc4878e9e56a66eb6bf23d07eaa2f9d16c9	\\x312642af53cdb6cb0e47e4a4268ace56d6d4a6018d3b250ab70900ffe25205c0
0	13	2026-11-27 16:05:20.229886+00	2026-11	1	\\x40e02892a9eb1908f441386e4a4a13d542396ca985b71a16fcbc9164983c4fb5	\\x312642af53cdb6cb0e47e4a4268ace56d6d4a6018d3b250ab70900ffe25205c0	\\x10caf2aed08e3bf79ffba203735f52293bfdcc25609ec4097bc32411f611c3ef
0	14	2026-11-27 16:05:20.2481+00	2026-11	1	\\x362b439f5953db7ac9c7e21dac428b85f23665628a4a4990e9839e24559a6a1f	\\x10caf2aed08e3bf79ffba203735f52293bfdcc25609ec4097bc32411f611c3ef	\\x627d33a225690eb2c0f01e11c537bb5be5b4636479b38094875bd886e8f8d05b
0	15	2026-11-27 16:05:20.261781+00	2026-11	1	\\x4abcbd33b094e5ba7ee70d106025a562477fe9f4f278834972c70bcdee10f19e	\\x627d33a225690eb2c0f01e11c537bb5be5b4636479b38094875bd886e8f8d05b	\\xa619841ba99191a5565f76946c069d161fc2481507b7427a53c2da517c928a69
0	16	2026-11-27 16:05:20.262221+00	2026-11	1	\\x3aa36957866d43d9b90ce3e648f18ced58ccbd1a6c7f2caed3c49f91745de1eb	\\xa619841ba99191a5565f76946c069d161fc2481507b7427a53c2da517c928a69	\\xab15d9d39f511519aeaa90dfcfac1751964a192da1c091418895deba5b7e0639
0	17	2026-11-27 16:05:20.304141+00	2026-11	1	\\x75ad3405e4cb7980462ccdc9a21b0932d4e800f928aed28d06d1df0f88255903	\\xab15d9d39f511519aeaa90dfcfac1751964a192da1c091418895deba5b7e0639	\\xdf2de228eaaaeede1a29766790ad1775b81300d378ba417f284a7b71bc5ceadb
0	18	2026-11-27 16:05:20.360102+00	2026-11	1	\\x4d87cb5cc926c9bfca14dc1192a728bafcb4b1b480805e5b5d0a8bffc88c4eb0	\\xdf2de228eaaaeede1a29766790ad1775b81300d378ba417f284a7b71bc5ceadb	\\x24205c89b2561d65215f060ad46e0fabdbbd7443d3dc386d463b0ff8bb4890dd
0	19	2026-11-27 16:05:20.398555+00	2026-11	1	\\x5d21e26390d2f605cbbe8a736e6b168cf86f4488b742ab42b8ea0e2517cac2d6	\\x24205c89b2561d65215f060ad46e0fabdbbd7443d3dc386d463b0ff8bb4890dd	\\xac45bcdedb2dfe6ff5e93f081838b27178b5d734b9ba122dcd4fc39cc007d97a
0	20	2026-11-27 16:05:20.399114+00	2026-11	1	\\xc0fcb77f38c654ba2c60ed3dda0d52870a8dc3032a3b42d0c299ab3884db3bdb	\\xac45bcdedb2dfe6ff5e93f081838b27178b5d734b9ba122dcd4fc39cc007d97a	\\x37016182ce3f27a4807bdf792aeb20edebd02f922ae0681a53f3e8f3bc97abc4
0	21	2026-11-27 16:05:20.428299+00	2026-11	2	\\xf74485f1d7d092ff1eec1ce4fc504f691ae8d365e42bc256d1ab91742dc9761d	\\x37016182ce3f27a4807bdf792aeb20edebd02f922ae0681a53f3e8f3bc97abc4	\\xece6bc9efdd44a2c8e29f201d63c5ed55c7b1345daa8d3629ba1a76c2a398233
0	22	2026-11-27 16:05:20.453018+00	2026-11	1	\\xd0d85b19ce62574c8a8ec481d87150314f2caac74c70457d5fd7c8cd62846bd1	\\xece6bc9efdd44a2c8e29f201d63c5ed55c7b1345daa8d3629ba1a76c2a398233	\\xb5457a75efaa94ba2183e0ec03a260d1710d3425e2861cf16318d23084104507
0	23	2026-11-27 16:05:20.453958+00	2026-11	1	\\x1cac877619453a939e549a0a32641f03e273d59e5835754a6a07c157adc38935	\\xb5457a75efaa94ba2183e0ec03a260d1710d3425e2861cf16318d23084104507	\\x412754888e9179f666f5aabe4c97a05d769b60771103712aeebecec25004e543
0	24	2026-11-27 16:05:20.46094+00	2026-11	1	\\xac4dbbb32728446c9eb59ffc3ff627c0d339eae1ff6fb92f2106c72bfa7f0ee8	\\x412754888e9179f666f5aabe4c97a05d769b60771103712aeebecec25004e543	\\xd5f4e4a7e3b18d42abfecc7dac122640b72cccdb7f8cc11c5cd090065513c904
0	25	2026-11-27 16:05:20.525124+00	2026-11	1	\\xd750cadd00d7d8da38b9b00b79d27bd2a2c6c50bb1b07fd3a572c148ee16a99e	\\xd5f4e4a7e3b18d42abfecc7dac122640b72cccdb7f8cc11c5cd090065513c904	\\xf6358b6c9408b4a74fc5f267dc6e05610aca81b082600439ca258939eba0711b
0	26	2026-11-27 16:05:20.557518+00	2026-11	1	\\xeb33f72553405883bd87dbe8413ff694b2a4686a6393ca029474fe3ea714c510	\\xf6358b6c9408b4a74fc5f267dc6e05610aca81b082600439ca258939eba0711b	\\x54f6fa4142d3be7df8dc4314a183a9646784872133f2de2a156657478d9a1141
0	27	2026-11-27 16:05:20.591486+00	2026-11	1	\\x76f6353c97aed72b874e096e61cd3b94280fa9247b60ef878d4299c7ac31de1f	\\x54f6fa4142d3be7df8dc4314a183a9646784872133f2de2a156657478d9a1141	\\x1b6bc4207d3aa02c79169c832719c8d74616e70481e48c337ab1f52fea1a272f
0	28	2026-11-27 16:05:20.591486+00	2026-11	1	\\xadbee850148c39183d34d4d625f6888afa2857094fd93099c3abb32921c70bc0	\\x1b6bc4207d3aa02c79169c832719c8d74616e70481e48c337ab1f52fea1a272f	\\x8acb1626ac3cc63f2b651b98c151ea02e9d6353f5c063e9ac4de5f9a07bf7a18
0	29	2026-11-27 16:05:20.646052+00	2026-11	1	\\x369fc810ff80f717bbd8232f4f7ef3b341078a876956e4516137adad8ffc859f	\\x8acb1626ac3cc63f2b651b98c151ea02e9d6353f5c063e9ac4de5f9a07bf7a18	\\x0be85bd1985c217e7f8e15f6e64aab91466467c97166fac7202323068e452d7b
0	30	2026-11-27 16:05:20.670925+00	2026-11	1	\\x5a2eb8e3814d9a9edfbe817617a18ef265bb314bc3b44141f3179b0878873835	\\x0be85bd1985c217e7f8e15f6e64aab91466467c97166fac7202323068e452d7b	\\x6d2055d85adad63abe15592fc13a972a62b007aff2b33c4902755eab832d90da
0	31	2026-11-27 16:05:20.81174+00	2026-11	1	\\xeffdfc41fed74503e4b89e2f45462b76786f79add41ff7631688859303d4bffd	\\x6d2055d85adad63abe15592fc13a972a62b007aff2b33c4902755eab832d90da	\\x7bcd5ce470004476be2362f38f1e0fc3f363ba3840c4f58b57cf58cf2e4caeb8
0	32	2026-11-27 16:05:20.81174+00	2026-11	1	\\x12f10590f8a650b0b44ebe97599d908ab0cbfdf47b442edfe64e308ec8a01761	\\x7bcd5ce470004476be2362f38f1e0fc3f363ba3840c4f58b57cf58cf2e4caeb8	\\x266a5954edd1fb5a3d5bfc91d90a5afbd36e51cbcaeef1a25426d04039530fac
0	33	2026-11-27 16:05:20.855579+00	2026-11	1	\\xacc9dc3e50d330e087124f880507166b999edb3d3afe0b67fa8d64fffcf92a10	\\x266a5954edd1fb5a3d5bfc91d90a5afbd36e51cbcaeef1a25426d04039530fac	\\x856f8bddc5efde55e93c0d4b534bcae05aed168e6eb89cdb0832731efe33b95f
0	34	2026-11-27 16:05:20.863834+00	2026-11	1	\\x388590f4a5e8010f96c06c9a209e801766fa74498095912f4f2c84987aca9be3	\\x856f8bddc5efde55e93c0d4b534bcae05aed168e6eb89cdb0832731efe33b95f	\\xc704ba1b602cb96822e9d21844e715ce577f2d7b397bd73e5efdd6dbc2fa7f26
0	35	2026-11-27 16:05:20.89212+00	2026-11	1	\\xf67af36d96e45896e18a1dd31797d486eb11b41c299cb89786b820c698120485	\\xc704ba1b602cb96822e9d21844e715ce577f2d7b397bd73e5efdd6dbc2fa7f26	\\x8664494cad03b5a2c8cd7b95ef9ab107b7a6712dda641c1dd5d832f2306d0077
0	36	2026-11-27 16:05:20.922336+00	2026-11	1	\\xe9f04ad727e37ecb0be32b260983d71c6f49e9fe5a223bd66d21581f7a1e0651	\\x8664494cad03b5a2c8cd7b95ef9ab107b7a6712dda641c1dd5d832f2306d0077	\\x0fac2f8969285ce59346b19ee9f7b7337547e0439cf8adca32f05ecdbf4c92f9
0	37	2026-11-27 16:05:20.963513+00	2026-11	1	\\x856ad912a409e8109b7a532a9573142d03bd18b01993ede9b74eb53947dd43c8	\\x0fac2f8969285ce59346b19ee9f7b7337547e0439cf8adca32f05ecdbf4c92f9	\\x7f77349af80e738e49a3fff7c95b4e5f37dc97a9418a1e0084081beb85b70325
0	38	2026-11-27 16:05:21.1374+00	2026-11	1	\\x2a401abfe9daf049a2f812c996655722074af002198441411826a2a9fceecfa4	\\x7f77349af80e738e49a3fff7c95b4e5f37dc97a9418a1e0084081beb85b70325	\\x6786c43be8a8a4da0e4e587f05f5d47bf04328c0e3355214f86282ca69453fb7
0	39	2026-11-27 16:05:21.138042+00	2026-11	1	\\x14e8b462ec734f3612cd5b30b195598f03351b84d1561210a268c41b6163a0a3	\\x6786c43be8a8a4da0e4e587f05f5d47bf04328c0e3355214f86282ca69453fb7	\\x43e053d5708105fc743c9b52db74435194a1c308f8cf2a692c90bd28ecacf0d8
0	40	2026-11-27 16:05:21.158225+00	2026-11	1	\\x2cb1316d058d63ee1cf6a8105ebcfd90495e24d853a856bd90f859c0242f5bb9	\\x43e053d5708105fc743c9b52db74435194a1c308f8cf2a692c90bd28ecacf0d8	\\x21ad39f39107886044ac96699316e1196b195d6d94126b4abd95dbd378d50f78
0	41	2026-11-27 16:05:21.169163+00	2026-11	1	\\xcfc0937a8b3d765ae04434e0ae6bffa589e5750ba105d441c6e541a82dad423b	\\x21ad39f39107886044ac96699316e1196b195d6d94126b4abd95dbd378d50f78	\\xf090fdda6bdf445fdffad57cc9e0f4a7e2b67ab9ab03d8f2d8858f39bfdfbe68
0	42	2026-11-27 16:05:21.172741+00	2026-11	1	\\xd638ddb7f945027e730b554f0a5c25c0386e0c64d3a3cfdab780d88540879688	\\xf090fdda6bdf445fdffad57cc9e0f4a7e2b67ab9ab03d8f2d8858f39bfdfbe68	\\x223fd9f5baa70902f89cedc247c4465628564a07099786675544b291446c9fba
0	43	2026-11-27 16:05:21.179711+00	2026-11	1	\\x8d65b97eaa6122a9ce422767a39fef941200ca118d36b2b14615910f3ec27280	\\x223fd9f5baa70902f89cedc247c4465628564a07099786675544b291446c9fba	\\xedc8e4dcffaa017c3d509bf04e8a552f727f3cf7b6b61ebc83d7d227cb60ba86
0	44	2026-11-27 16:05:21.234263+00	2026-11	1	\\xf2af66d42f914f0d1f32683b089291cb73091bc87d48bfdbd7418191502df573	\\xedc8e4dcffaa017c3d509bf04e8a552f727f3cf7b6b61ebc83d7d227cb60ba86	\\xa26b0640d2d6e9139681df28cc7c151bd8c61f18ca8e8540c530818d63dfe446
0	45	2026-11-27 16:05:21.240483+00	2026-11	1	\\x9720ce21fd21905eab3e2d86dd33b8967d8f535d6136258c3dff25cd08a93e21	\\xa26b0640d2d6e9139681df28cc7c151bd8c61f18ca8e8540c530818d63dfe446	\\xac291bad7590a8d2bb9526f29538ec8781bb0a06f68fe08bf354036c4b6ba7bb
0	46	2026-11-27 16:05:21.244872+00	2026-11	1	\\xd474890b9c6525ece2dcfe3917b27773aa8642e2cfdb591144971f74d8905aa3	\\xac291bad7590a8d2bb9526f29538ec8781bb0a06f68fe08bf354036c4b6ba7bb	\\xa7a28b8e66394d7f02b8b5d680d5f05d4f74fe7adb44ddb8e682a2936a92593e
0	47	2026-11-27 16:05:21.247385+00	2026-11	1	\\xe90e0f5819e96e15e498da97bf543699fe8ba8ce1af57967cbe1b5a7da55bccc	\\xa7a28b8e66394d7f02b8b5d680d5f05d4f74fe7adb44ddb8e682a2936a92593e	\\x6a460eea91e20279bfdeb0cd0d70fd7a0f1b2a29f2c5fca57052ea287404cdbf
0	48	2026-11-27 16:05:21.24931+00	2026-11	1	\\x9dd3f6c088de705ce9f56f8df409cba491b0b047000c4378afa73b2543a1f8ea	\\x6a460eea91e20279bfdeb0cd0d70fd7a0f1b2a29f2c5fca57052ea287404cdbf	\\x2009d33607a408f16d744fc92e46b879a5149813a95bfafb7a42c0310adb7153
0	49	2026-11-27 16:05:21.253533+00	2026-11	1	\\x734b10c1bc56e60530458baebe813d51faaa1eb289a82d1cca72d8f42e28240d	\\x2009d33607a408f16d744fc92e46b879a5149813a95bfafb7a42c0310adb7153	\\xd0dcf3f38d34312b76995c62416d63d22409c365c23cb0579ad0372b3d83c71b
0	50	2026-11-27 16:05:21.264652+00	2026-11	1	\\xccc04821f0a328a2c08c6250243855e3bf4f87af705d12897955e5dcc5d33cbc	\\xd0dcf3f38d34312b76995c62416d63d22409c365c23cb0579ad0372b3d83c71b	\\x6a9b2196600202b9a3ef12af59b4badcc73b3ad5925af53967b5618bc49ca566
0	52	2026-11-27 16:05:21.278615+00	2026-11	1	\\x7c583fc4acb4b6026c634e22350def31acb3ede0c934f729f5bab3fde2b3cfaa	\\x8dd2c60bd8ad27e2897c2c0a6e5a113148211b7719ea2ba3d4b8265fe27474e3	\\xe734bd7bed8a5951a9a9aa11900e76d0961919bef5818bee7f4f547ecac3fe9a
0	53	2026-11-27 16:05:21.293273+00	2026-11	1	\\xd5dd8fb49a4d564fb873897d469683748545c755987937c140875a3b65398e3d	\\xe734bd7bed8a5951a9a9aa11900e76d0961919bef5818bee7f4f547ecac3fe9a	\\x7c17b53a412c69349d6ec48ee218f07d6f89b2aef5fe60e8e237e8c5052beedf
0	54	2026-11-27 16:05:21.296818+00	2026-11	1	\\xd31bb933a854c5c0b12f7e369f4cfd334b1a627f1013b22dfe4088e5718ba18b	\\x7c17b53a412c69349d6ec48ee218f07d6f89b2aef5fe60e8e237e8c5052beedf	\\x0481fe81351dc4ff6b8c6d153a6c340af7c6dfcadd7bb289156245834af51a52
0	55	2026-11-27 16:05:21.301935+00	2026-11	1	\\x83c93c8e8ad46d9cc7c0d54399f161aa34f2a6506c36aeb0a385d3433a0cfd98	\\x0481fe81351dc4ff6b8c6d153a6c340af7c6dfcadd7bb289156245834af51a52	\\x704eb9baa3bc7963ecb50950da498bb184a320e738cfd938730e8a103ec82a76
0	56	2026-11-27 16:05:21.319936+00	2026-11	1	\\x4ee5c0c3ce4f1977c83adf32370eafe6202b889032b4867d3e979f64c7611398	\\x704eb9baa3bc7963ecb50950da498bb184a320e738cfd938730e8a103ec82a76	\\x4fef143279c1bbc73b8f8c3a6808791352585373f2307eaca3ad3abc1a5891db
0	57	2026-11-27 16:05:21.32751+00	2026-11	1	\\x26c551fbb5ea07b71041b545828a083c80e9d859b23f0d5856ee042663fcf5fb	\\x4fef143279c1bbc73b8f8c3a6808791352585373f2307eaca3ad3abc1a5891db	\\x45ca2ec14c7ea2df85dc01eb39575bc334da8974ef7d3d3d3d8781cf08304e2e
0	58	2026-11-27 16:05:21.337957+00	2026-11	1	\\x1663281fbad2c96390c2fb5537cf6b5823270f056cc2ee4981b00ad152392d1a	\\x45ca2ec14c7ea2df85dc01eb39575bc334da8974ef7d3d3d3d8781cf08304e2e	\\xa377cb4ebb62f2345ffd0b6ed84106eee1c338913170e9ba8b919a9df083cfd5
0	59	2026-11-27 16:05:21.34336+00	2026-11	1	\\xc464aa575344d709269d07728c2628f8af2cfe87b342cd4caf8802ee2ea30f69	\\xa377cb4ebb62f2345ffd0b6ed84106eee1c338913170e9ba8b919a9df083cfd5	\\x380e3dec4438a3b7b52fe1b451f229f87b26b60751a2abc361f8784069537f63
0	60	2026-11-27 16:05:21.345376+00	2026-11	1	\\x35a8246a9278473da33874a275d51bc4d85b7b14afb2b6db3a1073bdc4819dd2	\\x380e3dec4438a3b7b52fe1b451f229f87b26b60751a2abc361f8784069537f63	\\x48076b4c64755352c84cc281a20cab0591b11d21df66fd5c99a8a59bd7c4aca1
0	61	2026-11-27 16:05:21.350067+00	2026-11	1	\\xe8e5691b69f29763f281fb70ba1a809097f01204c8c57fcad4b1bc5c545bb2ad	\\x48076b4c64755352c84cc281a20cab0591b11d21df66fd5c99a8a59bd7c4aca1	\\xace651c1e407483b65392d0b686c9d0e6cb0ec54bbba14192e4670f97eb86ab3
0	62	2026-11-27 16:05:24.390157+00	2026-11	1	\\x906186ed5bd8d8ab2479b2d3cf58e81a176d692ecfd2d3767910d6b351a4f63d	\\xace651c1e407483b65392d0b686c9d0e6cb0ec54bbba14192e4670f97eb86ab3	\\xe75798f267e2fb3e0fcbf21517bd6d5f110011a0ab3251ecefe5de763cd5cba8
0	63	2026-11-27 16:05:24.399399+00	2026-11	1	\\x74301b8d907fb6dd56fcaecb7cd657646b074065264cc00bfc4bfff31bde2cfe	\\xe75798f267e2fb3e0fcbf21517bd6d5f110011a0ab3251ecefe5de763cd5cba8	\\xca575ff52ebdba93f24996ba14fdefd4f6a7962a4118472674949d83d0d23a63
0	64	2026-11-27 16:05:24.414325+00	2026-11	1	\\x4775dc168a751afec7afd0a8f173617bfb937a7ed2d0fee32a622d66280c7738	\\xca575ff52ebdba93f24996ba14fdefd4f6a7962a4118472674949d83d0d23a63	\\xa60f029ec30c0e8709c598b6fe6f3e3e4b83fd8c0168a0a7590dd020ffa8b8cd
0	65	2026-11-27 16:05:24.608533+00	2026-11	1	\\x0c330733b85668e86e26a39dcbb378fdbe2448019275fcede5f5ba78490b454a	\\xa60f029ec30c0e8709c598b6fe6f3e3e4b83fd8c0168a0a7590dd020ffa8b8cd	\\x346dd80cee18e56aa5a00e9cf29abc8d4cd6336526de62277f76e3c4a773c589
0	66	2026-11-27 16:05:24.612106+00	2026-11	1	\\x784dcc02494e259278165b7f5ce54aa2586e3f39dc6a65e2e931119f3b16ca6b	\\x346dd80cee18e56aa5a00e9cf29abc8d4cd6336526de62277f76e3c4a773c589	\\x247665c9d058d9a74710a110d10798e59d32bf42e2ba1d2a4aab6e17fb51ca62
0	67	2026-11-27 16:05:24.620181+00	2026-11	1	\\x786d3184c8380e5b5357ecf4a585f88604b57426c0f80e26a57f651f06735745	\\x247665c9d058d9a74710a110d10798e59d32bf42e2ba1d2a4aab6e17fb51ca62	\\x368e13962f8acc184f0726883b6dfa71f930a4f600747e2c03f9e5562d44c4ca
0	68	2026-11-27 16:05:24.700911+00	2026-11	1	\\xfe5ef7756532e85a1bf87fd2c2767dde0b8cc07ed6cf5a342e843dea1ef1eda5	\\x368e13962f8acc184f0726883b6dfa71f930a4f600747e2c03f9e5562d44c4ca	\\x8e2b2c391f89afdd02d82aca991a1d5c04b8c1ec8c788614fdb5345f2520f95b
0	70	2026-11-27 16:05:24.821064+00	2026-11	1	\\xc1021a584bfbe51c2142f4ee25183b4ca922fc08a87c505f3edacd9a322886ba	\\x95967f333d2c0c0547690228d6ce2af7a24957b211800282533c5b6b1ffd73cf	\\x98fbfbec9caf9406baea7dfa85821e3db888cf4830ef21bf55c5565437804e04
0	71	2026-11-27 16:05:24.843978+00	2026-11	1	\\x3e45732836d42ac4f318905baf7a40447ca2a947849d2eaedab6e13feaeb6738	\\x98fbfbec9caf9406baea7dfa85821e3db888cf4830ef21bf55c5565437804e04	\\x09dd8a8f04c84d41d43292b323fd6dfaca589492a2a3bb2341a20dd10ca675a1
0	72	2026-11-27 16:05:24.85729+00	2026-11	1	\\x64cd6eb5ce8d9eb572dc5701378170acf3c518120427870d45cbeda17b994ea1	\\x09dd8a8f04c84d41d43292b323fd6dfaca589492a2a3bb2341a20dd10ca675a1	\\x16d98781707f4b604b9a590ed586e3351e3a643478764523856a1d08ebb3a831
0	73	2026-11-27 16:05:24.877111+00	2026-11	1	\\x5b0a398264dba0498500a3d2b7aacc5d478e7a11f7c3d0ed5516e02658ffff8e	\\x16d98781707f4b604b9a590ed586e3351e3a643478764523856a1d08ebb3a831	\\x1222c99939784a2d0f1e7d66e95577f04ef64676082dfd76aa6404e1eb2b8e19
0	74	2026-11-27 16:05:25.877797+00	2026-11	1	\\xb9407db4bd491c4801ddf2d00ee2b955e5baba18b0b6db7cd08d7395abb3e1db	\\x1222c99939784a2d0f1e7d66e95577f04ef64676082dfd76aa6404e1eb2b8e19	\\x763513443a36f33827c60283bf8b3030bd938a4595cd5f253d641ab1717eaad6
0	51	2026-11-27 16:05:21.268524+00	2026-11	1	\\x72e20e6a73180effc12a5eb19a2880131310495cce6a1204b6e0771850cfbdf0	\\x6a9b2196600202b9a3ef12af59b4badcc73b3ad5925af53967b5618bc49ca566	\\x8dd2c60bd8ad27e2897c2c0a6e5a113148211b7719ea2ba3d4b8265fe27474e3
0	69	2026-11-27 16:05:24.724875+00	2026-11	1	\\x1a3155a54b02b726e2d7a314ab5364666ed85341d973a2a43f4ff0c4cabe373b	\\x8e2b2c391f89afdd02d82aca991a1d5c04b8c1ec8c788614fdb5345f2520f95b	\\x95967f333d2c0c0547690228d6ce2af7a24957b211800282533c5b6b1ffd73cf
0	75	2026-11-27 16:06:00.66242+00	2026-11	1	\\xf07c6fad528e75e153ea660bd7b07b76efc2d45ddf7ba125596a38c865c97138	\\x763513443a36f33827c60283bf8b3030bd938a4595cd5f253d641ab1717eaad6	\\x4355e0a0f48f2641aff14939eb0d44782d3deb46d1b57a7ca9e3b9223f72f828
\.


--
-- Data for Name: entries; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.entries (account_key, operation_seq, leg, system_account, grant_seq, amount_microcredits, kind, hold_seq, shard, batch_seq, created_at) FROM stdin;
8028343953590692681	1	0	\N	1	20000000	lease	\N	0	1	2026-11-27 16:05:15.067519+00
8028343953590692681	1	1	overhead	\N	-20000000	lease	\N	0	1	2026-11-27 16:05:15.067519+00
6261902267891209997	1	0	\N	1	100000000	grant	\N	0	2	2026-11-27 16:05:19.826174+00
6261902267891209997	1	1	issued	\N	-100000000	grant	\N	0	2	2026-11-27 16:05:19.826174+00
6261902267891209997	3	0	\N	1	-9700	capture	2	0	5	2026-11-27 16:05:19.95542+00
6261902267891209997	3	1	revenue	\N	9700	capture	2	0	5	2026-11-27 16:05:19.95542+00
6470295320203497771	1	0	\N	1	100000000	grant	\N	0	6	2026-11-27 16:05:19.975176+00
6470295320203497771	1	1	issued	\N	-100000000	grant	\N	0	6	2026-11-27 16:05:19.975176+00
6470295320203497771	3	0	\N	1	-14600	capture	2	0	10	2026-11-27 16:05:20.123911+00
6470295320203497771	3	1	revenue	\N	14600	capture	2	0	10	2026-11-27 16:05:20.123911+00
6261902267891209997	5	0	\N	1	-17700	capture	4	0	14	2026-11-27 16:05:20.2481+00
6261902267891209997	5	1	revenue	\N	17700	capture	4	0	14	2026-11-27 16:05:20.2481+00
6470295320203497771	5	0	\N	1	-22400	capture	4	0	18	2026-11-27 16:05:20.360102+00
6470295320203497771	5	1	revenue	\N	22400	capture	4	0	18	2026-11-27 16:05:20.360102+00
6261902267891209997	7	0	\N	1	-23700	capture	6	0	21	2026-11-27 16:05:20.428299+00
6261902267891209997	7	1	revenue	\N	23700	capture	6	0	21	2026-11-27 16:05:20.428299+00
6470295320203497771	7	0	\N	1	-29100	capture	6	0	25	2026-11-27 16:05:20.525124+00
6470295320203497771	7	1	revenue	\N	29100	capture	6	0	25	2026-11-27 16:05:20.525124+00
6470295320203497771	9	0	\N	1	-30900	capture	8	0	29	2026-11-27 16:05:20.646052+00
6470295320203497771	9	1	revenue	\N	30900	capture	8	0	29	2026-11-27 16:05:20.646052+00
6261902267891209997	9	0	\N	1	-31900	capture	8	0	33	2026-11-27 16:05:20.855579+00
6261902267891209997	9	1	revenue	\N	31900	capture	8	0	33	2026-11-27 16:05:20.855579+00
6261902267891209997	11	0	\N	1	-11200	capture	10	0	36	2026-11-27 16:05:20.922336+00
6261902267891209997	11	1	revenue	\N	11200	capture	10	0	36	2026-11-27 16:05:20.922336+00
6470295320203497771	11	0	\N	1	-35700	capture	10	0	40	2026-11-27 16:05:21.158225+00
6470295320203497771	11	1	revenue	\N	35700	capture	10	0	40	2026-11-27 16:05:21.158225+00
6470295320203497771	12	0	\N	1	-2500000	transfer	\N	0	41	2026-11-27 16:05:21.169163+00
6470295320203497771	12	1	transit	\N	2500000	transfer	\N	0	41	2026-11-27 16:05:21.169163+00
6261902267891209997	12	0	\N	12	2500000	transfer	\N	0	42	2026-11-27 16:05:21.172741+00
6261902267891209997	12	1	transit	\N	-2500000	transfer	\N	0	42	2026-11-27 16:05:21.172741+00
6261902267891209997	13	0	\N	13	10000000	grant	\N	0	44	2026-11-27 16:05:21.234263+00
6261902267891209997	13	1	issued	\N	-10000000	grant	\N	0	44	2026-11-27 16:05:21.234263+00
6470295320203497771	13	0	\N	13	10000000	grant	\N	0	45	2026-11-27 16:05:21.240483+00
6470295320203497771	13	1	issued	\N	-10000000	grant	\N	0	45	2026-11-27 16:05:21.240483+00
5664277156504743396	1	0	\N	1	100000000	grant	\N	0	46	2026-11-27 16:05:21.244872+00
5664277156504743396	1	1	issued	\N	-100000000	grant	\N	0	46	2026-11-27 16:05:21.244872+00
5664277156504743396	2	0	\N	2	10000000	grant	\N	0	46	2026-11-27 16:05:21.244872+00
5664277156504743396	2	1	issued	\N	-10000000	grant	\N	0	46	2026-11-27 16:05:21.244872+00
149041661770619510	1	0	\N	1	10000000	grant	\N	0	47	2026-11-27 16:05:21.247385+00
149041661770619510	1	1	issued	\N	-10000000	grant	\N	0	47	2026-11-27 16:05:21.247385+00
6470295320203497771	14	0	\N	13	-10000000	revocation	\N	0	48	2026-11-27 16:05:21.24931+00
6470295320203497771	14	1	issued	\N	10000000	revocation	\N	0	48	2026-11-27 16:05:21.24931+00
2221848025228253905	1	0	\N	1	100000000	grant	\N	0	50	2026-11-27 16:05:21.264652+00
2221848025228253905	1	1	issued	\N	-100000000	grant	\N	0	50	2026-11-27 16:05:21.264652+00
149041661770619510	4	0	\N	1	-37900	capture	3	0	52	2026-11-27 16:05:21.278615+00
149041661770619510	4	1	revenue	\N	37900	capture	3	0	52	2026-11-27 16:05:21.278615+00
149041661770619510	5	0	\N	1	-5000000	transfer	\N	0	53	2026-11-27 16:05:21.293273+00
149041661770619510	5	1	transit	\N	5000000	transfer	\N	0	53	2026-11-27 16:05:21.293273+00
6470295320203497771	15	0	\N	15	5000000	transfer	\N	0	54	2026-11-27 16:05:21.296818+00
6470295320203497771	15	1	transit	\N	-5000000	transfer	\N	0	54	2026-11-27 16:05:21.296818+00
6470295320203497771	16	0	\N	16	35700	refund	10	0	56	2026-11-27 16:05:21.319936+00
6470295320203497771	16	1	revenue	\N	-35700	refund	10	0	56	2026-11-27 16:05:21.319936+00
4402550183452860217	1	0	\N	1	100000000	grant	\N	0	58	2026-11-27 16:05:21.337957+00
4402550183452860217	1	1	issued	\N	-100000000	grant	\N	0	58	2026-11-27 16:05:21.337957+00
4402550183452860217	2	0	\N	2	10000000	grant	\N	0	58	2026-11-27 16:05:21.337957+00
4402550183452860217	2	1	issued	\N	-10000000	grant	\N	0	58	2026-11-27 16:05:21.337957+00
6017303053909611542	1	0	\N	1	100000000	grant	\N	0	59	2026-11-27 16:05:21.34336+00
6017303053909611542	1	1	issued	\N	-100000000	grant	\N	0	59	2026-11-27 16:05:21.34336+00
6017303053909611542	2	0	\N	2	10000000	grant	\N	0	59	2026-11-27 16:05:21.34336+00
6017303053909611542	2	1	issued	\N	-10000000	grant	\N	0	59	2026-11-27 16:05:21.34336+00
6017303053909611542	4	0	\N	1	-100000000	expiry	\N	0	61	2026-11-27 16:05:21.350067+00
6017303053909611542	4	1	\N	2	-10000000	expiry	\N	0	61	2026-11-27 16:05:21.350067+00
6017303053909611542	4	2	breakage	\N	110000000	expiry	\N	0	61	2026-11-27 16:05:21.350067+00
6261902267891209997	16	0	\N	1	-14900	leased_turn	\N	0	66	2026-11-27 16:05:24.612106+00
6261902267891209997	16	1	revenue	\N	14900	leased_turn	\N	0	66	2026-11-27 16:05:24.612106+00
1566863469921462942	1	0	\N	1	100000000	grant	\N	0	68	2026-11-27 16:05:24.700911+00
1566863469921462942	1	1	issued	\N	-100000000	grant	\N	0	68	2026-11-27 16:05:24.700911+00
149041661770619510	7	0	\N	1	-41200	capture	6	0	70	2026-11-27 16:05:24.821064+00
149041661770619510	7	1	revenue	\N	41200	capture	6	0	70	2026-11-27 16:05:24.821064+00
1566863469921462942	2	0	\N	1	-1000000	transfer	\N	0	72	2026-11-27 16:05:24.85729+00
1566863469921462942	2	1	transit	\N	1000000	transfer	\N	0	72	2026-11-27 16:05:24.85729+00
6261902267891209997	17	0	\N	17	1000000	transfer	\N	0	73	2026-11-27 16:05:24.877111+00
6261902267891209997	17	1	transit	\N	-1000000	transfer	\N	0	73	2026-11-27 16:05:24.877111+00
1566863469921462942	4	0	\N	1	-99000000	expiry	\N	0	74	2026-11-27 16:05:25.877797+00
1566863469921462942	4	1	breakage	\N	99000000	expiry	\N	0	74	2026-11-27 16:05:25.877797+00
\.


--
-- Data for Name: erased_operations; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.erased_operations (shard, batch_seq, operations, erased_at) FROM stdin;
0	72	1	2026-11-27 16:05:25.877797+00
0	68	1	2026-11-27 16:05:25.877797+00
\.


--
-- Data for Name: erasures; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.erasures (request_id, erased, begun_at, finished_at) FROM stdin;
06dc5b02a37644709a7a35fea1e27d7f:credit	{"notes": 1, "operations": 2, "account_keys": 1, "leased_turns": 0, "usage_records": 1}	2026-11-27 16:05:25.877078+00	2026-11-27 16:05:25.886732+00
\.


--
-- Data for Name: findings; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.findings (finding_id, kind, account_key, detail, difference_microcredits, created_at, resolved_at, note) FROM stdin;
1	held_is_not_the_sum_of_open_holds	6017303053909611542	held	1	2026-11-27 16:05:26.431134+00	2026-11-27 16:05:26.508299+00	mended by hand
\.


--
-- Data for Name: grants; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.grants (account_key, grant_seq, source, priority, amount_microcredits, remaining_microcredits, held_microcredits, effective_at, expires_at, created_at, spent) FROM stdin;
149041661770619510	1	promotion	0	10000000	4920900	0	2026-11-27 16:05:21.247385+00	\N	2026-11-27 16:05:21.247385+00	f
5664277156504743396	1	allowance	0	100000000	100000000	0	2026-11-27 16:05:21.244872+00	\N	2026-11-27 16:05:21.244872+00	f
6470295320203497771	1	allowance	0	100000000	97367300	0	2026-11-27 16:05:19.975176+00	\N	2026-11-27 16:05:19.975176+00	f
6261902267891209997	12	gift	0	2500000	2500000	0	2026-11-27 16:05:21.172741+00	\N	2026-11-27 16:05:21.172741+00	f
6261902267891209997	13	promotion	0	10000000	10000000	0	2026-11-27 16:05:21.234263+00	\N	2026-11-27 16:05:21.234263+00	f
5664277156504743396	2	promotion	0	10000000	10000000	0	2026-11-27 16:05:21.244872+00	\N	2026-11-27 16:05:21.244872+00	f
6470295320203497771	13	promotion	0	10000000	0	0	2026-11-27 16:05:21.240483+00	2026-11-27 16:05:21.24931+00	2026-11-27 16:05:21.240483+00	t
2221848025228253905	1	allowance	0	100000000	100000000	0	2026-11-27 16:05:21.264652+00	\N	2026-11-27 16:05:21.264652+00	f
6470295320203497771	15	gift	0	5000000	5000000	0	2026-11-27 16:05:21.296818+00	2026-12-27 16:05:21+00	2026-11-27 16:05:21.296818+00	f
6470295320203497771	16	refund	0	35700	35700	0	2026-11-27 16:05:21.319936+00	\N	2026-11-27 16:05:21.319936+00	f
4402550183452860217	1	allowance	0	100000000	100000000	0	2026-11-27 16:05:21.337957+00	\N	2026-11-27 16:05:21.337957+00	f
4402550183452860217	2	promotion	0	10000000	10000000	0	2026-11-27 16:05:21.337957+00	\N	2026-11-27 16:05:21.337957+00	f
6017303053909611542	1	allowance	0	100000000	0	0	2026-11-27 16:05:21.34336+00	2026-11-27 16:05:21.350067+00	2026-11-27 16:05:21.34336+00	t
6017303053909611542	2	promotion	0	10000000	0	0	2026-11-27 16:05:21.34336+00	2026-11-27 16:05:21.350067+00	2026-11-27 16:05:21.34336+00	t
6261902267891209997	1	allowance	0	100000000	99890900	0	2026-11-27 16:05:19.826174+00	\N	2026-11-27 16:05:19.826174+00	f
8028343953590692681	1	lease	0	20000000	20000000	0	2026-11-27 16:05:15.067519+00	\N	2026-11-27 16:05:15.067519+00	f
6261902267891209997	17	gift	0	1000000	1000000	0	2026-11-27 16:05:24.877111+00	\N	2026-11-27 16:05:24.877111+00	f
1566863469921462942	1	allowance	0	100000000	0	0	2026-11-27 16:05:24.700911+00	2026-11-27 16:05:25.877797+00	2026-11-27 16:05:24.700911+00	t
\.


--
-- Data for Name: holds; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.holds (account_key, hold_seq, state, amount_microcredits, captured_microcredits, used_microcredits, refunded_microcredits, created_at, expires_at, ended_at, ended_seq, charged_seq, model, price_version, metadata, member_key, member_day, allocations) FROM stdin;
6261902267891209997	2	captured	320000	9700	9700	0	2026-11-27 16:05:19.837219+00	2026-11-27 16:08:19.837219+00	2026-11-27 16:05:19.95542+00	3	3	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	0	0	{1,320000}
6470295320203497771	2	captured	320000	14600	14600	0	2026-11-27 16:05:20.004134+00	2026-11-27 16:08:20.004134+00	2026-11-27 16:05:20.123911+00	3	3	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	0	0	{1,320000}
6261902267891209997	4	captured	320000	17700	17700	0	2026-11-27 16:05:20.169568+00	2026-11-27 16:08:20.169568+00	2026-11-27 16:05:20.2481+00	5	5	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	0	0	{1,320000}
6470295320203497771	4	captured	320000	22400	22400	0	2026-11-27 16:05:20.262221+00	2026-11-27 16:08:20.262221+00	2026-11-27 16:05:20.360102+00	5	5	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	0	0	{1,320000}
6261902267891209997	6	captured	320000	23700	23700	0	2026-11-27 16:05:20.399114+00	2026-11-27 16:08:20.399114+00	2026-11-27 16:05:20.428299+00	7	7	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	0	0	{1,320000}
6470295320203497771	6	captured	320000	29100	29100	0	2026-11-27 16:05:20.46094+00	2026-11-27 16:08:20.46094+00	2026-11-27 16:05:20.525124+00	7	7	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	0	0	{1,320000}
6470295320203497771	8	captured	320000	30900	30900	0	2026-11-27 16:05:20.591486+00	2026-11-27 16:08:20.591486+00	2026-11-27 16:05:20.646052+00	9	9	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	0	0	{1,320000}
6261902267891209997	8	captured	320000	31900	31900	0	2026-11-27 16:05:20.81174+00	2026-11-27 16:08:20.81174+00	2026-11-27 16:05:20.855579+00	9	9	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	0	0	{1,320000}
6261902267891209997	10	captured	320000	11200	11200	0	2026-11-27 16:05:20.863834+00	2026-11-27 16:08:20.863834+00	2026-11-27 16:05:20.922336+00	11	11	scripted	2026-11	{"feature": "reply", "guild_id": ""}	0	0	{1,320000}
149041661770619510	3	captured	320000	37900	37900	0	2026-11-27 16:05:21.268524+00	2026-11-27 16:08:21.268524+00	2026-11-27 16:05:21.278615+00	4	4	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	2221848025228253905	20784	{1,320000}
6470295320203497771	10	captured	320000	35700	35700	35700	2026-11-27 16:05:21.138042+00	2026-11-27 16:08:21.138042+00	2026-11-27 16:05:21.158225+00	11	11	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	0	0	{1,320000}
6261902267891209997	14	released	320000	0	0	0	2026-11-27 16:05:24.390157+00	2026-11-27 16:08:24.390157+00	2026-11-27 16:05:24.399399+00	15	0			{"feature": "reply", "guild_id": ""}	0	0	{1,320000}
8028343953590692681	2	released	14900	0	0	0	2026-11-27 16:05:24.608533+00	2036-11-24 16:05:24.608533+00	2026-11-27 16:05:24.620181+00	3	0			{}	0	0	{1,14900}
149041661770619510	6	captured	320000	41200	41200	0	2026-11-27 16:05:24.724875+00	2026-11-27 16:08:24.724875+00	2026-11-27 16:05:24.821064+00	7	7	scripted	2026-11	{"feature": "reply", "guild_id": "guild-of-the-release"}	1566863469921462942	20784	{1,320000}
5664277156504743396	3	expired	1000000	0	0	0	2026-11-27 16:05:21.32751+00	2026-11-27 16:05:22.32751+00	2026-11-27 16:06:00.66242+00	4	0			{}	0	0	{1,1000000}
\.


--
-- Data for Name: leased_turns; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.leased_turns (account_key, turn_seq, turn_id, lease_seq, person_key, bound_microcredits, cost_microcredits, price_version, taken_at, charged_to_person_microcredits, charged_to_lease_microcredits, created_at, finished_at) FROM stdin;
8028343953590692681	2	2b383705576d4337bb221918dab8cc25:0	1	6261902267891209997	320000	14900	2026-11	2026-11-27 16:05:24.366+00	14900	0	2026-11-27 16:05:24.608533+00	2026-11-27 16:05:24.620181+00
\.


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.leases (account_key, lease_seq, instance_id, amount_microcredits, charged_microcredits, returned_microcredits, state, created_at, expires_at, closed_at) FROM stdin;
8028343953590692681	1	gateway-0-828a32e9	20000000	0	0	open	2026-11-27 16:05:15.067519+00	2026-11-27 22:05:15.067519+00	\N
\.


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.notes (account_key, operation_seq, note) FROM stdin;
6470295320203497771	12	for the cake
6261902267891209997	12	for the cake
6261902267891209997	13	a welcome
6470295320203497771	13	a welcome
5664277156504743396	2	a welcome
149041661770619510	1	a welcome
6470295320203497771	14	a mistake
6470295320203497771	16	a poor answer
4402550183452860217	2	a welcome
6017303053909611542	2	a welcome
4402550183452860217	3	looked into
6017303053909611542	4	moved away
6261902267891209997	15	LEASED
6261902267891209997	17	for the stamps
\.


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.operations (account_key, request_key, operation_seq, batch_seq, method, payload_hash, refusal, result, created_at) FROM stdin;
8028343953590692681	request/gateway-0-828a32e9 lease:8ab4ad1da74141b8862c6da204d66db7	1	1	AcquireLease	\\x2a32d3bd819956efae981386d316e218e01aabe4930acdcb61388295b4d5f685		\\x0a450a186c656173655f366636613638346133303664616234395f311212676174657761792d302d38323861333265391880dac409220b089bfda7d80610988499202880dac409122e0a1d0a046672656510031a0873637269707465642080c2d72f288088debe011204667265651a07323032362d3131	2026-11-27 16:05:15.067519+00
6261902267891209997	OpenAccount 1	1	2	OpenAccount	\\x7bd81709dc3f57e761c39d53aa9713fe5daae9202ee4910561c03fa15abdeebf		\\x0a121080c2d72f2080c2d72f2a04667265653001	2026-11-27 16:05:19.826174+00
149041661770619510	request/56e6beef87de570d fea5911419614d07a9a1c004b638dc26:0:hold	0	3	PlaceHold	\\xb9070cca1cb13a1471483308936bf4f21cfb5e098060873d2342ba65fba113dd	LIMIT_REACHED	\\x123f73706f6e736f726564206d6963726f637265646974732061206d656d62657220616e64206461793a20746865206c696d697420697320302c2030206c6566741a83010a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12570a0d4c494d49545f524541434845441a090a046c6566741201301a0a0a056c696d69741201301a2f0a0477686174122773706f6e736f726564206d6963726f637265646974732061206d656d62657220616e6420646179	2026-11-27 16:05:19.833466+00
6261902267891209997	request fea5911419614d07a9a1c004b638dc26:0:hold	2	4	PlaceHold	\\xb9070cca1cb13a1471483308936bf4f21cfb5e098060873d2342ba65fba113dd		\\x0a6f0a17686f6c645f353665366265656638376465353730645f3218012080c413320c08bfd4a6d80610b8e59b8f033a0c08f3d5a6d80610b8e59b8f0342100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c6561736512161080c2d72f1880c4132080fec32f2a046672656530011a087363726970746564	2026-11-27 16:05:19.837219+00
6261902267891209997	request fea5911419614d07a9a1c004b638dc26:0:capture	3	5	CaptureHold	\\x0d2f93be282f43bf6c881f2d3dc7ac241ee531d43a60e1c0b1d4aa65a24bb385		\\x08e44b109cf8122212109cf6d62f209cf6d62f2a04667265653001	2026-11-27 16:05:19.95542+00
6470295320203497771	OpenAccount 1	1	6	OpenAccount	\\x7bd81709dc3f57e761c39d53aa9713fe5daae9202ee4910561c03fa15abdeebf		\\x0a121080c2d72f2080c2d72f2a04667265653001	2026-11-27 16:05:19.975176+00
149041661770619510	request/59cb1b50089a112b a5a52fcfa7bc45178b6c28c549a9b9e2:0:hold	0	7	PlaceHold	\\xa8e2f665aeae502d21cde8b60ca7628156fe9efaaa4b298946c9ad5eb224c206	LIMIT_REACHED	\\x123f73706f6e736f726564206d6963726f637265646974732061206d656d62657220616e64206461793a20746865206c696d697420697320302c2030206c6566741a83010a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12570a0d4c494d49545f524541434845441a090a046c6566741201301a0a0a056c696d69741201301a2f0a0477686174122773706f6e736f726564206d6963726f637265646974732061206d656d62657220616e6420646179	2026-11-27 16:05:19.994681+00
6470295320203497771	request a5a52fcfa7bc45178b6c28c549a9b9e2:0:hold	2	8	PlaceHold	\\xa8e2f665aeae502d21cde8b60ca7628156fe9efaaa4b298946c9ad5eb224c206		\\x0a6d0a17686f6c645f353963623162353030383961313132625f3218012080c413320b08c0d4a6d80610f0a8fc013a0b08f4d5a6d80610f0a8fc0142100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c6561736512161080c2d72f1880c4132080fec32f2a046672656530011a087363726970746564	2026-11-27 16:05:20.004134+00
6261902267891209997	turn fea5911419614d07a9a1c004b638dc26:0	3	9	RecordUsage	\\x92608017a07001dfa870b943eb28c999d65bb3d3d911cc332a7b40921ca28f1c		\\x08e44b	2026-11-27 16:05:20.023975+00
6470295320203497771	request a5a52fcfa7bc45178b6c28c549a9b9e2:0:capture	3	10	CaptureHold	\\xb2e5c382e45e8e70ae7eabef1f31e9ae58a0237bc0e5626a271aee8a80c3eec0		\\x08887210f8d112221210f8cfd62f20f8cfd62f2a04667265653001	2026-11-27 16:05:20.123911+00
149041661770619510	request/56e6beef87de570d be6bb4e01e9f4ebbbfc2868ca1bf87c2:0:hold	0	11	PlaceHold	\\x6ccc1123cf13cfebb689a765ae307bc659588477f3c2b4462d504a6a7f2439cf	LIMIT_REACHED	\\x123f73706f6e736f726564206d6963726f637265646974732061206d656d62657220616e64206461793a20746865206c696d697420697320302c2030206c6566741a83010a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12570a0d4c494d49545f524541434845441a090a046c6566741201301a0a0a056c696d69741201301a2f0a0477686174122773706f6e736f726564206d6963726f637265646974732061206d656d62657220616e6420646179	2026-11-27 16:05:20.160676+00
6261902267891209997	request be6bb4e01e9f4ebbbfc2868ca1bf87c2:0:hold	4	12	PlaceHold	\\x6ccc1123cf13cfebb689a765ae307bc659588477f3c2b4462d504a6a7f2439cf		\\x0a6d0a17686f6c645f353665366265656638376465353730645f3418012080c413320b08c0d4a6d8061080ceed503a0b08f4d5a6d8061080ceed5042100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c656173651216109cf6d62f1880c413209cb2c32f2a046672656530011a087363726970746564	2026-11-27 16:05:20.169568+00
6470295320203497771	turn a5a52fcfa7bc45178b6c28c549a9b9e2:0	3	13	RecordUsage	\\x7fdf2c88c1b9daf1509997b84486e1c9b09d197efe2ccaf2f28f547f62b853bd		\\x088872	2026-11-27 16:05:20.229886+00
6261902267891209997	request be6bb4e01e9f4ebbbfc2868ca1bf87c2:0:capture	5	14	CaptureHold	\\x77d55b2d9a162bf6fa9edfd73fdd8de8645532db6993ecaac109c561e0e7f998		\\x08a48a0110dcb912221210f8ebd52f20f8ebd52f2a04667265653001	2026-11-27 16:05:20.2481+00
149041661770619510	request/59cb1b50089a112b e7bccf209db24909a535b4d6c24b25f4:0:hold	0	15	PlaceHold	\\x24f7234fbbd94b9d6b0bd73b496ce47de903e4685bbeb4f5b7aad2b2665afd72	LIMIT_REACHED	\\x123f73706f6e736f726564206d6963726f637265646974732061206d656d62657220616e64206461793a20746865206c696d697420697320302c2030206c6566741a83010a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12570a0d4c494d49545f524541434845441a090a046c6566741201301a0a0a056c696d69741201301a2f0a0477686174122773706f6e736f726564206d6963726f637265646974732061206d656d62657220616e6420646179	2026-11-27 16:05:20.261781+00
6470295320203497771	request e7bccf209db24909a535b4d6c24b25f4:0:hold	4	16	PlaceHold	\\x24f7234fbbd94b9d6b0bd73b496ce47de903e4685bbeb4f5b7aad2b2665afd72		\\x0a6d0a17686f6c645f353963623162353030383961313132625f3418012080c413320b08c0d4a6d80610c8d9847d3a0b08f4d5a6d80610c8d9847d42100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c65617365121610f8cfd62f1880c41320f88bc32f2a046672656530011a087363726970746564	2026-11-27 16:05:20.262221+00
6261902267891209997	turn be6bb4e01e9f4ebbbfc2868ca1bf87c2:0	5	17	RecordUsage	\\x0482d1237ecadc1995a70690cf09f0cbe5943aa7b275b15c76a0dc6f50e81cba		\\x08a48a01	2026-11-27 16:05:20.304141+00
6470295320203497771	request e7bccf209db24909a535b4d6c24b25f4:0:capture	5	18	CaptureHold	\\x6a05fee79ce039f88945f96d4086b2410caed0ec2bbf0694d25a4929a8b01b3f		\\x0880af0110809512221210f8a0d52f20f8a0d52f2a04667265653001	2026-11-27 16:05:20.360102+00
149041661770619510	request/56e6beef87de570d 62260e10732441cd895387b4daca821c:0:hold	0	19	PlaceHold	\\xeb9f52e05eabfb382ca4636dadadd9e7caad6d11754afe0f0331fadbeb9afa58	LIMIT_REACHED	\\x123f73706f6e736f726564206d6963726f637265646974732061206d656d62657220616e64206461793a20746865206c696d697420697320302c2030206c6566741a83010a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12570a0d4c494d49545f524541434845441a090a046c6566741201301a0a0a056c696d69741201301a2f0a0477686174122773706f6e736f726564206d6963726f637265646974732061206d656d62657220616e6420646179	2026-11-27 16:05:20.398555+00
6261902267891209997	request 62260e10732441cd895387b4daca821c:0:hold	6	20	PlaceHold	\\xeb9f52e05eabfb382ca4636dadadd9e7caad6d11754afe0f0331fadbeb9afa58		\\x0a6f0a17686f6c645f353665366265656638376465353730645f3618012080c413320c08c0d4a6d8061090fea7be013a0c08f4d5a6d8061090fea7be0142100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c65617365121610f8ebd52f1880c41320f8a7c22f2a046672656530011a087363726970746564	2026-11-27 16:05:20.399114+00
6261902267891209997	request 62260e10732441cd895387b4daca821c:0:capture	7	21	CaptureHold	\\xf37a3a951ce81faa6f685649129e58af2448dca535d2fc897c4adf3729902b2b		\\x0894b90110ec8a12221210e4b2d42f20e4b2d42f2a04667265653001	2026-11-27 16:05:20.428299+00
6470295320203497771	turn e7bccf209db24909a535b4d6c24b25f4:0	5	21	RecordUsage	\\xde7369c50da2b750d842a32bf984271008ad7f46d188658c5d7cb5f60a12a4fd		\\x0880af01	2026-11-27 16:05:20.428299+00
149041661770619510	request/59cb1b50089a112b fccd6a5c554440a59f39213f7690bcd1:0:hold	0	22	PlaceHold	\\x5f7654c56f352821520d8c32f08ea7f7a16bb94987637d73c46723e872153259	LIMIT_REACHED	\\x123f73706f6e736f726564206d6963726f637265646974732061206d656d62657220616e64206461793a20746865206c696d697420697320302c2030206c6566741a83010a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12570a0d4c494d49545f524541434845441a090a046c6566741201301a0a0a056c696d69741201301a2f0a0477686174122773706f6e736f726564206d6963726f637265646974732061206d656d62657220616e6420646179	2026-11-27 16:05:20.453018+00
6261902267891209997	turn 62260e10732441cd895387b4daca821c:0	7	23	RecordUsage	\\x7ba5934ee4c2598f3975704677ea5062dd66755c855c9a2c1c3a5af32d14cad9		\\x0894b901	2026-11-27 16:05:20.453958+00
6470295320203497771	request fccd6a5c554440a59f39213f7690bcd1:0:hold	6	24	PlaceHold	\\x5f7654c56f352821520d8c32f08ea7f7a16bb94987637d73c46723e872153259		\\x0a6f0a17686f6c645f353963623162353030383961313132625f3618012080c413320c08c0d4a6d80610e0c5e5db013a0c08f4d5a6d80610e0c5e5db0142100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c65617365121610f8a0d52f1880c41320f8dcc12f2a046672656530011a087363726970746564	2026-11-27 16:05:20.46094+00
6470295320203497771	request fccd6a5c554440a59f39213f7690bcd1:0:capture	7	25	CaptureHold	\\x7e27eae4a8b408ca24a7ff02b4542ffbe5d499e1dc9347ddbfc0f984f9ae94f3		\\x08ace30110d4e011221210ccbdd32f20ccbdd32f2a04667265653001	2026-11-27 16:05:20.525124+00
6470295320203497771	turn fccd6a5c554440a59f39213f7690bcd1:0	7	26	RecordUsage	\\x7af249787f78b5f34f4616effd4ea25d364e48b79956c0b6569b975338667642		\\x08ace301	2026-11-27 16:05:20.557518+00
149041661770619510	request/59cb1b50089a112b b5acc486a01d4ece829b384763eb95b1:0:hold	0	27	PlaceHold	\\xcad69ddc5d150ce25f6d1adac0215282a0a53c74389b2b4298d6edbbb87adccd	LIMIT_REACHED	\\x123f73706f6e736f726564206d6963726f637265646974732061206d656d62657220616e64206461793a20746865206c696d697420697320302c2030206c6566741a83010a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12570a0d4c494d49545f524541434845441a090a046c6566741201301a0a0a056c696d69741201301a2f0a0477686174122773706f6e736f726564206d6963726f637265646974732061206d656d62657220616e6420646179	2026-11-27 16:05:20.591486+00
6470295320203497771	request b5acc486a01d4ece829b384763eb95b1:0:hold	8	28	PlaceHold	\\xcad69ddc5d150ce25f6d1adac0215282a0a53c74389b2b4298d6edbbb87adccd		\\x0a6f0a17686f6c645f353963623162353030383961313132625f3818012080c413320c08c0d4a6d80610b0b8859a023a0c08f4d5a6d80610b0b8859a0242100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c65617365121610ccbdd32f1880c41320ccf9bf2f2a046672656530011a087363726970746564	2026-11-27 16:05:20.591486+00
6470295320203497771	request b5acc486a01d4ece829b384763eb95b1:0:capture	9	29	CaptureHold	\\xb4bd283ca91049a28ed164806bb3d82a342ccf56ce40541265f819918ee1c704		\\x08b4f10110ccd21122121098ccd12f2098ccd12f2a04667265653001	2026-11-27 16:05:20.646052+00
6470295320203497771	turn b5acc486a01d4ece829b384763eb95b1:0	9	30	RecordUsage	\\x52b8801b0a6228ac1068b5bd5fe0acbb44a56a6f78b48a8b4df76256d0819138		\\x08b4f101	2026-11-27 16:05:20.670925+00
149041661770619510	request/56e6beef87de570d a824b5d576584185a5e0a227a849578e:0:hold	0	31	PlaceHold	\\xe05e6946efc9ea88bc63a013c3a1e403817761d4d3c8d931f82d3296535213bd	LIMIT_REACHED	\\x123f73706f6e736f726564206d6963726f637265646974732061206d656d62657220616e64206461793a20746865206c696d697420697320302c2030206c6566741a83010a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12570a0d4c494d49545f524541434845441a090a046c6566741201301a0a0a056c696d69741201301a2f0a0477686174122773706f6e736f726564206d6963726f637265646974732061206d656d62657220616e6420646179	2026-11-27 16:05:20.81174+00
149041661770619510	request/59cb1b50089a112b e4ed9e6b2c09451d893b784271c6bc2c:0:hold	0	38	PlaceHold	\\x9aadb26603537de4f3c262f019286ba01399456ef36dd401cfa17571c281a666	LIMIT_REACHED	\\x123f73706f6e736f726564206d6963726f637265646974732061206d656d62657220616e64206461793a20746865206c696d697420697320302c2030206c6566741a83010a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4572726f72496e666f12570a0d4c494d49545f524541434845441a090a046c6566741201301a0a0a056c696d69741201301a2f0a0477686174122773706f6e736f726564206d6963726f637265646974732061206d656d62657220616e6420646179	2026-11-27 16:05:21.1374+00
149041661770619510	request/1ed59701d0a21ad1 56108e79717c4fabac8770fbef4e88ba:0:hold	3	51	PlaceHold	\\xcdfcdd3753c4eff4cf34ed03663d2357adc354128a903167335ba0bb772d72d7		\\x0a6e0a16686f6c645f3231313830396130613932356137365f3318012080c413320c08c1d4a6d80610e0b38580013a0c08f5d5a6d80610e0b385800142100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c65617365121a1080ade2041880c4132080e9ce042a046672656530013880897a1a087363726970746564	2026-11-27 16:05:21.268524+00
149041661770619510	request/15be9e0638346a9e 9b40a96fbc7646ebab8285a5f2ba5fd5:0:hold	6	69	PlaceHold	\\xb7cd337bd5f41f7918e5d8aefdcd80d1b75b8a118c2385ad2faff6cc8d589d55		\\x0a6e0a16686f6c645f3231313830396130613932356137365f3618012080c413320c08c4d4a6d80610f8edd2d9023a0c08f8d5a6d80610f8edd2d90242100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c65617365121a10b4eeae021880c41320b4aa9b022a046672656530013880897a1a087363726970746564	2026-11-27 16:05:24.724875+00
6261902267891209997	request a824b5d576584185a5e0a227a849578e:0:hold	8	32	PlaceHold	\\xe05e6946efc9ea88bc63a013c3a1e403817761d4d3c8d931f82d3296535213bd		\\x0a6f0a17686f6c645f353665366265656638376465353730645f3818012080c413320c08c0d4a6d80610e0d68883033a0c08f4d5a6d80610e0d688830342100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c65617365121610e4b2d42f1880c41320e4eec02f2a046672656530011a087363726970746564	2026-11-27 16:05:20.81174+00
6261902267891209997	request a824b5d576584185a5e0a227a849578e:0:capture	9	33	CaptureHold	\\x19e932b78a87515bce66d030b0d4ea16e7c33c3af8da3e34fa2acfc022d7d00f		\\x089cf90110e4ca11221210c8b9d22f20c8b9d22f2a04667265653001	2026-11-27 16:05:20.855579+00
6261902267891209997	request 4131b001eae44e3bac17458cd146a52f:0:hold	10	34	PlaceHold	\\xf22951908448b0d8aff0ccccc418763d1aa2b88dafb636a448dd3aa1a5f3a0b8		\\x0a5c0a18686f6c645f353665366265656638376465353730645f313018012080c413320c08c0d4a6d80610909ff49b033a0c08f4d5a6d80610909ff49b0342100a076665617475726512057265706c79420c0a086775696c645f69641200121610c8b9d22f1880c41320c8f5be2f2a046672656530011a087363726970746564	2026-11-27 16:05:20.863834+00
6261902267891209997	turn a824b5d576584185a5e0a227a849578e:0	10	35	RecordUsage	\\x9df49a5027b76bcc4cbbbae1ac672d28d5d5e12779dbb8fb7393f77a56214455		\\x089cf901	2026-11-27 16:05:20.89212+00
6261902267891209997	request 4131b001eae44e3bac17458cd146a52f:0:capture	11	36	CaptureHold	\\xc545f9648dbafb587e6467bb9b69186007a7fb9fc71493da1d4dedbf25eb3240		\\x08c05710c0ec1222121088e2d12f2088e2d12f2a04667265653001	2026-11-27 16:05:20.922336+00
6261902267891209997	turn 4131b001eae44e3bac17458cd146a52f:0	11	37	RecordUsage	\\x9058a9717ff2c321d049948c12001a0e6f964a380402f09a4759238e24d4d2b0		\\x08c057	2026-11-27 16:05:20.963513+00
6470295320203497771	request e4ed9e6b2c09451d893b784271c6bc2c:0:hold	10	39	PlaceHold	\\x9aadb26603537de4f3c262f019286ba01399456ef36dd401cfa17571c281a666		\\x0a6e0a18686f6c645f353963623162353030383961313132625f313018012080c413320b08c1d4a6d8061090b5e9413a0b08f5d5a6d8061090b5e94142100a076665617475726512057265706c7942200a086775696c645f696412146775696c642d6f662d7468652d72656c6561736512161098ccd12f1880c413209888be2f2a046672656530011a087363726970746564	2026-11-27 16:05:21.138042+00
6470295320203497771	request e4ed9e6b2c09451d893b784271c6bc2c:0:capture	11	40	CaptureHold	\\x917cccfdee06c338473da283c2c31403c58e81f8e17426a3ac46f61ca216a610		\\x08f49602108cad11221210a4b5cf2f20a4b5cf2f2a04667265653001	2026-11-27 16:05:21.158225+00
6470295320203497771	request e37d093c038848138ca47a74d63dc7d5:0:gift	12	41	Transfer	\\x97dbc93960860b38179ff975fa0acdac1a65ba6835b11ee26250b1a9b85f7c53		\\x0a121084eab62e2084eab62e2a04667265653001	2026-11-27 16:05:21.169163+00
6261902267891209997	transfer 59cb1b50089a112b_12	12	42	ReceiveTransfer	\\x2858b471a54edf71be93894f8fe4238d47bb54062c34413eea806e166b331a16		\\x0a1210a8adea3020a8adea302a04667265653001	2026-11-27 16:05:21.172741+00
6470295320203497771	turn e4ed9e6b2c09451d893b784271c6bc2c:0	12	43	RecordUsage	\\x19f9a457bd6f72ab2e3b53a15464cb65182ad4695583376aad5d99676fe8728b		\\x08f49602	2026-11-27 16:05:21.179711+00
6261902267891209997	request 148e9765f91545e6aed317265db27560	13	44	CreateGrant	\\xbd1d21f0ce20aafb8c456334cb2dbe559c1389282db4bd5323c71b323f30a365		\\x0a4a0a196772616e745f353665366265656638376465353730645f31331a0970726f6d6f74696f6e2880ade2043080ade204420b08c1d4a6d80610d8a3da6f4a0b08c1d4a6d80610d8a3da6f121210a8dacc3520a8dacc352a04667265653001	2026-11-27 16:05:21.234263+00
6470295320203497771	request f5f6a50fbdbb447ea0a0983e6507c1f9	13	45	CreateGrant	\\xcb7f277df728af56e967857b225138c7bdd127ca161e15626a3a099d2e535dd0		\\x0a4a0a196772616e745f353963623162353030383961313132625f31331a0970726f6d6f74696f6e2880ade2043080ade204420b08c1d4a6d80610b8f5d5724a0b08c1d4a6d80610b8f5d5721212108497993320849799332a04667265653001	2026-11-27 16:05:21.240483+00
5664277156504743396	request 233d6c65c52c49cfaba8a3fd9b819fd4	2	46	CreateGrant	\\x788fbaf66fed8e30e84331a18092f42328aa9b2ed68614f553344f814b31c169		\\x0a490a186772616e745f346539623865313032656433326465345f321a0970726f6d6f74696f6e2880ade2043080ade204420b08c1d4a6d80610c0e6e1744a0b08c1d4a6d80610c0e6e17412121080efb9342080efb9342a04667265653001	2026-11-27 16:05:21.244872+00
149041661770619510	request e04e988065ce411faea95ae5014cd501	1	47	CreateGrant	\\x3d7c251e0f035f1bfcbf4d69a617123e73786a4d0767a78b6ee470590658fb9f		\\x0a480a176772616e745f3231313830396130613932356137365f311a0970726f6d6f74696f6e2880ade2043080ade204420b08c1d4a6d80610a897fb754a0b08c1d4a6d80610a897fb7512121080ade2042080ade2042a04667265653001	2026-11-27 16:05:21.247385+00
6470295320203497771	request b80ca88b2cf24dc4819725c9aa01e378	14	48	RevokeGrant	\\xb904b519d5d980541b7287276abb2c4026d044f3efe392e3d01ee62565e2585e		\\x0880ade20412121084eab62e2084eab62e2a04667265653001	2026-11-27 16:05:21.24931+00
149041661770619510	request a6b8a047d7774315af21f3fe0c533bc2:0:pool	2	49	SetPool	\\x057f69b35b202d280c7c8ead50a2ba2eca67e4aad6e5673afed17470024f7ba3		\\x0a161080ade2042080ade2042a046672656530013880897a	2026-11-27 16:05:21.253533+00
2221848025228253905	OpenAccount 1	1	50	OpenAccount	\\x7bd81709dc3f57e761c39d53aa9713fe5daae9202ee4910561c03fa15abdeebf		\\x0a121080c2d72f2080c2d72f2a04667265653001	2026-11-27 16:05:21.264652+00
149041661770619510	request 56108e79717c4fabac8770fbef4e88ba:0:capture	4	52	CaptureHold	\\xc64d93b74f1726e52fb5f97da60b170658d3dc3ff182e7111d98f3cbe7315456		\\x088ca80210f49b11221610f484e00420f484e0042a046672656530013880897a	2026-11-27 16:05:21.278615+00
149041661770619510	request 07884675240e49faa85323478fc1a9d0:0:grant	5	53	Transfer	\\x611cb02805649cefdeabf4c349d2cfaf8057b94963b4bd20ec5294a1abfd764d		\\x0a1610b4eeae0220b4eeae022a046672656530013880897a	2026-11-27 16:05:21.293273+00
6470295320203497771	transfer 211809a0a925a76_5	15	54	ReceiveTransfer	\\x2858b471a54edf71be93894f8fe4238d47bb54062c34413eea806e166b331a16		\\x0a1210c480e83020c480e8302a04667265653001	2026-11-27 16:05:21.296818+00
149041661770619510	turn 56108e79717c4fabac8770fbef4e88ba:0	5	55	RecordUsage	\\x3d4eb7377a7ede19a261194835f5c4799e527c96c2de639dee6b2b502acdd5f4		\\x088ca802	2026-11-27 16:05:21.301935+00
6470295320203497771	request d0d654c01fd24cae9296b992c9070aba	16	56	RefundCapture	\\x34ac55f7044ee175b01b952bf7c4e65cd451c4d8fcf6b7a7b724690c7cffd6a8		\\x0a1210b897ea3020b897ea302a04667265653001	2026-11-27 16:05:21.319936+00
5664277156504743396	request 849c15a54b7f4da9b3e53bed58dd8d59	3	57	PlaceHold	\\x24eaff073e22e2ed0c993e0cd17dcaed62efe58edab4a1f3927b4a5434b6fc51		\\x0a3b0a17686f6c645f346539623865313032656433326465345f33180120c0843d320c08c1d4a6d80610f0cf959c013a0c08c2d4a6d80610f0cf959c0112161080efb93418c0843d20c0eafc332a046672656530011a087363726970746564	2026-11-27 16:05:21.32751+00
4402550183452860217	request e8292d886e3146e58881696c4f3ff9ae	2	58	CreateGrant	\\x634c04268a9f629554d31921a06cc1ee344da93b3bc1d2691bbc4482a139e9cf		\\x0a4b0a186772616e745f336431393030313065653839646633395f321a0970726f6d6f74696f6e2880ade2043080ade204420c08c1d4a6d8061088a193a1014a0c08c1d4a6d8061088a193a10112121080efb9342080efb9342a04667265653001	2026-11-27 16:05:21.337957+00
6017303053909611542	request 9848b0aa28644e48887d01960db84ebf	2	59	CreateGrant	\\x64ee41f83f08a814feaf8ebf890cfa3ed9006df76d4f2a0d5fc491d2243af92f		\\x0a4b0a186772616e745f353338316331336631613237643431365f321a0970726f6d6f74696f6e2880ade2043080ade204420c08c1d4a6d806108084dda3014a0c08c1d4a6d806108084dda30112121080efb9342080efb9342a04667265653001	2026-11-27 16:05:21.34336+00
4402550183452860217	request a5dc7a0eb6cc4945b18285cefa1140ae	3	60	FreezeAccount	\\xc73a15ab3ad094b54df9d446fd366ec6f56cd0f1e97611c097af55121fa81049		\\x0801	2026-11-27 16:05:21.345376+00
6017303053909611542	request 4a02923ed8e54dc09ab23f814b5ef9be	4	61	CloseAccount	\\x6280d875907e9da2d6d7aa2ff0788b3cefaf2e79bf635c84038de2f4473969b0		\\x0a082a04667265653003	2026-11-27 16:05:21.350067+00
6261902267891209997	request 2b383705576d4337bb221918dab8cc25:0:hold	14	62	PlaceHold	\\x5b47f1382eaa6da596c0ab1eb0fdbe5fe7b9bbd8cf3a9e63bacbe25afcbda222		\\x0a5c0a18686f6c645f353665366265656638376465353730645f313418012080c413320c08c4d4a6d80610c8a585ba013a0c08f8d5a6d80610c8a585ba0142100a076665617475726512057265706c79420c0a086775696c645f69641200121610a8dacc351880c41320a896b9352a046672656530011a087363726970746564	2026-11-27 16:05:24.390157+00
6261902267891209997	request 2b383705576d4337bb221918dab8cc25:0:release	15	63	ReleaseHold	\\x77da605489f9dcd0e4aafeee7f5693d0f1cd57ab4dbb80b4b915efd6c1c333dd		\\x0880c413121210a8dacc3520a8dacc352a04667265653001	2026-11-27 16:05:24.399399+00
8028343953590692681	turn 2b383705576d4337bb221918dab8cc25:0	1	64	RecordUsage	\\xcf20c0b00c0aa7061532a0589fec1b29df8915f7a6165baa44d93578accb71ac		\\x	2026-11-27 16:05:24.414325+00
8028343953590692681	settling/lease_6f6a684a306dab49_1 settle:1048c0363e409c757a60a26f	2	65	TakeInTurns	\\xbe6f584aaa70e26afce170fad3e422d9b4974e5659d16fd6cd4caf11f3768089		\\x	2026-11-27 16:05:24.608533+00
6261902267891209997	leased 6f6a684a306dab49_2	16	66	ChargeLeasedTurn	\\xc1af739968e6537208c0a8bb2d2abd6df484509228f230fd2267dc3eaa951a72		\\x10b474	2026-11-27 16:05:24.612106+00
8028343953590692681	request/lease_6f6a684a306dab49_1 settle:1048c0363e409c757a60a26f	3	67	SettleLease	\\x8434c338a766a22cd6115aee1449e1b1c041bb8ed7f781cb85198e2a0c22a6bb		\\x08b4741880dac409220310b474	2026-11-27 16:05:24.620181+00
149041661770619510	request 9b40a96fbc7646ebab8285a5f2ba5fd5:0:capture	7	70	CaptureHold	\\x9c9e3610bc35d272f4d96135b0cba93c93f8e6f6228bc6cc288496fa1b335b59		\\x08f0c10210908211221610c4acac0220c4acac022a046672656530013880897a	2026-11-27 16:05:24.821064+00
149041661770619510	turn 9b40a96fbc7646ebab8285a5f2ba5fd5:0	7	71	RecordUsage	\\x74f82a6a66df285e916568d105c5ac7b42846168e93a30f7010eb57aa1fec988		\\x08f0c102	2026-11-27 16:05:24.843978+00
6261902267891209997	transfer 15be9e0638346a9e_2	17	73	ReceiveTransfer	\\x2858b471a54edf71be93894f8fe4238d47bb54062c34413eea806e166b331a16		\\x0a1210b4ea883620b4ea88362a04667265653001	2026-11-27 16:05:24.877111+00
1566863469921462942	EraseSubject 4	4	74	EraseSubject	\\xe6714829a0f581c10e4ed0816a3f2459f4a8c0e2a7fd8241bf9df0c39b94c96e		\\x	2026-11-27 16:05:25.877797+00
5664277156504743396	SettleDue 4	4	75	SettleDue	\\xbfc4f3da8a869314a032488fd2ced4e01c066a3e2a592de2a75418d1c074e563		\\x0a121080efb9342080efb9342a04667265653001	2026-11-27 16:06:00.66242+00
\.


--
-- Data for Name: pool_members; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.pool_members (account_key, member_key, day, used_microcredits) FROM stdin;
149041661770619510	2221848025228253905	20784	37900
149041661770619510	1566863469921462942	20784	41200
\.


--
-- Data for Name: procrastinate_events; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.procrastinate_events (id, job_id, type, at) FROM stdin;
\.


--
-- Data for Name: procrastinate_jobs; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.procrastinate_jobs (id, queue_name, task_name, priority, lock, queueing_lock, args, status, scheduled_at, attempts, abort_requested, worker_id) FROM stdin;
\.


--
-- Data for Name: procrastinate_periodic_defers; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.procrastinate_periodic_defers (id, task_name, defer_timestamp, job_id, periodic_id) FROM stdin;
4	reconcile_changes	1795795500	\N	
5	finish_leased_turns	1795795560	\N	
7	finish_transfers	1795795560	\N	
6	expire_due	1795795560	\N	
\.


--
-- Data for Name: procrastinate_workers; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.procrastinate_workers (id, last_heartbeat) FROM stdin;
\.


--
-- Data for Name: reconciled; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.reconciled (shard, batch_seq) FROM stdin;
1	0
0	74
\.


--
-- Data for Name: schema_support; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.schema_support (one, works_with) FROM stdin;
t	0001
\.


--
-- Data for Name: shards; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.shards (shard, batch_seq, hash, decided_at) FROM stdin;
0	75	\\x4355e0a0f48f2641aff14939eb0d44782d3deb46d1b57a7ca9e3b9223f72f828	2026-11-27 16:06:00.66242+00
\.


--
-- Data for Name: transfers; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.transfers (account_key, operation_seq, recipient_key, parts, created_at, finished_at, returned) FROM stdin;
6470295320203497771	12	6261902267891209997	[[null, 2500000]]	2026-11-27 16:05:21.169163+00	2026-11-27 16:05:21.172741+00	f
149041661770619510	5	6470295320203497771	[["2026-12-27T16:05:21+00:00", 5000000]]	2026-11-27 16:05:21.293273+00	2026-11-27 16:05:21.296818+00	f
1566863469921462942	2	6261902267891209997	[[null, 1000000]]	2026-11-27 16:05:24.85729+00	2026-11-27 16:05:24.877111+00	f
\.


--
-- Data for Name: usage_records; Type: TABLE DATA; Schema: public; Owner: credit
--

COPY public.usage_records (account_key, turn_id, hold_seq, member_key, model, prompt_tokens, cached_prompt_tokens, completion_tokens, images, price_version, cost_microcredits, charged_microcredits, captured_now, tier, guild_id, feature, lease_seq, created_at) FROM stdin;
6261902267891209997	fea5911419614d07a9a1c004b638dc26:0	2	0	scripted	81	0	4	0	2026-11	9700	9700	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:20.023975+00
6470295320203497771	a5a52fcfa7bc45178b6c28c549a9b9e2:0	2	0	scripted	130	0	4	0	2026-11	14600	14600	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:20.229886+00
6261902267891209997	be6bb4e01e9f4ebbbfc2868ca1bf87c2:0	4	0	scripted	161	0	4	0	2026-11	17700	17700	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:20.304141+00
6470295320203497771	e7bccf209db24909a535b4d6c24b25f4:0	4	0	scripted	208	0	4	0	2026-11	22400	22400	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:20.428299+00
6261902267891209997	62260e10732441cd895387b4daca821c:0	6	0	scripted	221	0	4	0	2026-11	23700	23700	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:20.453958+00
6470295320203497771	fccd6a5c554440a59f39213f7690bcd1:0	6	0	scripted	275	0	4	0	2026-11	29100	29100	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:20.557518+00
6470295320203497771	b5acc486a01d4ece829b384763eb95b1:0	8	0	scripted	293	0	4	0	2026-11	30900	30900	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:20.670925+00
6261902267891209997	a824b5d576584185a5e0a227a849578e:0	8	0	scripted	303	0	4	0	2026-11	31900	31900	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:20.89212+00
6261902267891209997	4131b001eae44e3bac17458cd146a52f:0	10	0	scripted	96	0	4	0	2026-11	11200	11200	f	free		reply	0	2026-11-27 16:05:20.963513+00
6470295320203497771	e4ed9e6b2c09451d893b784271c6bc2c:0	10	0	scripted	341	0	4	0	2026-11	35700	35700	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:21.179711+00
149041661770619510	56108e79717c4fabac8770fbef4e88ba:0	3	2221848025228253905	scripted	363	0	4	0	2026-11	37900	37900	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:21.301935+00
8028343953590692681	2b383705576d4337bb221918dab8cc25:0	0	6261902267891209997	scripted	133	0	4	0	2026-11	14900	0	f				1	2026-11-27 16:05:24.414325+00
149041661770619510	1ccb0ed4dafddfd72361cf27a1334efd	6	1566863469921462942	scripted	396	0	4	0	2026-11	41200	41200	f	free	guild-of-the-release	reply	0	2026-11-27 16:05:24.843978+00
\.


--
-- Name: findings_finding_id_seq; Type: SEQUENCE SET; Schema: public; Owner: credit
--

SELECT pg_catalog.setval('public.findings_finding_id_seq', 1, true);


--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE SET; Schema: public; Owner: credit
--

SELECT pg_catalog.setval('public.procrastinate_events_id_seq', 14, true);


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: credit
--

SELECT pg_catalog.setval('public.procrastinate_jobs_id_seq', 7, true);


--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: credit
--

SELECT pg_catalog.setval('public.procrastinate_periodic_defers_id_seq', 7, true);


--
-- Name: procrastinate_workers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: credit
--

SELECT pg_catalog.setval('public.procrastinate_workers_id_seq', 1, true);


--
-- Name: account_keys account_keys_account_key_key; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.account_keys
    ADD CONSTRAINT account_keys_account_key_key UNIQUE (account_key);


--
-- Name: account_keys account_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.account_keys
    ADD CONSTRAINT account_keys_pkey PRIMARY KEY (account_id);


--
-- Name: accounts accounts_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (account_key);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: batches batches_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.batches
    ADD CONSTRAINT batches_pkey PRIMARY KEY (shard, batch_seq);


--
-- Name: entries entries_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (account_key, operation_seq, leg);


--
-- Name: erased_operations erased_operations_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.erased_operations
    ADD CONSTRAINT erased_operations_pkey PRIMARY KEY (shard, batch_seq);


--
-- Name: erasures erasures_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (request_id);


--
-- Name: findings findings_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.findings
    ADD CONSTRAINT findings_pkey PRIMARY KEY (finding_id);


--
-- Name: grants grants_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.grants
    ADD CONSTRAINT grants_pkey PRIMARY KEY (account_key, grant_seq);


--
-- Name: holds holds_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.holds
    ADD CONSTRAINT holds_pkey PRIMARY KEY (account_key, hold_seq);


--
-- Name: leased_turns leased_turns_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.leased_turns
    ADD CONSTRAINT leased_turns_pkey PRIMARY KEY (account_key, turn_seq);


--
-- Name: leases leases_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (account_key, lease_seq);


--
-- Name: notes notes_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.notes
    ADD CONSTRAINT notes_pkey PRIMARY KEY (account_key, operation_seq);


--
-- Name: operations operations_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (account_key, request_key);


--
-- Name: pool_members pool_members_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.pool_members
    ADD CONSTRAINT pool_members_pkey PRIMARY KEY (account_key, member_key, day);


--
-- Name: procrastinate_events procrastinate_events_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_jobs procrastinate_jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_unique; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);


--
-- Name: procrastinate_workers procrastinate_workers_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);


--
-- Name: reconciled reconciled_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.reconciled
    ADD CONSTRAINT reconciled_pkey PRIMARY KEY (shard);


--
-- Name: schema_support schema_support_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.schema_support
    ADD CONSTRAINT schema_support_pkey PRIMARY KEY (one);


--
-- Name: shards shards_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.shards
    ADD CONSTRAINT shards_pkey PRIMARY KEY (shard);


--
-- Name: transfers transfers_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_pkey PRIMARY KEY (account_key, operation_seq);


--
-- Name: usage_records usage_records_pkey; Type: CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.usage_records
    ADD CONSTRAINT usage_records_pkey PRIMARY KEY (account_key, turn_id);


--
-- Name: batches_decided_at; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX batches_decided_at ON public.batches USING brin (decided_at);


--
-- Name: entries_created_at; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX entries_created_at ON public.entries USING brin (created_at) WITH (pages_per_range='32', autosummarize='on');


--
-- Name: findings_by_account; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX findings_by_account ON public.findings USING btree (account_key);


--
-- Name: findings_open; Type: INDEX; Schema: public; Owner: credit
--

CREATE UNIQUE INDEX findings_open ON public.findings USING btree (kind, account_key, detail) WHERE (resolved_at IS NULL);


--
-- Name: grants_expiring; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX grants_expiring ON public.grants USING btree (expires_at) WHERE ((NOT spent) AND (expires_at IS NOT NULL));


--
-- Name: grants_with_credits; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX grants_with_credits ON public.grants USING btree (account_key) WHERE (NOT spent);


--
-- Name: holds_active; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX holds_active ON public.holds USING btree (account_key, expires_at) WHERE (state = 'active'::text);


--
-- Name: idx_procrastinate_jobs_worker_not_null; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));


--
-- Name: idx_procrastinate_workers_last_heartbeat; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);


--
-- Name: leased_turns_by_id; Type: INDEX; Schema: public; Owner: credit
--

CREATE UNIQUE INDEX leased_turns_by_id ON public.leased_turns USING btree (account_key, turn_id);


--
-- Name: leased_turns_of_person; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX leased_turns_of_person ON public.leased_turns USING btree (person_key) WHERE (person_key <> 0);


--
-- Name: leased_turns_unfinished; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX leased_turns_unfinished ON public.leased_turns USING btree (created_at) WHERE (finished_at IS NULL);


--
-- Name: leases_open; Type: INDEX; Schema: public; Owner: credit
--

CREATE UNIQUE INDEX leases_open ON public.leases USING btree (account_key, instance_id) WHERE (state = 'open'::text);


--
-- Name: operations_created_at; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX operations_created_at ON public.operations USING brin (created_at) WITH (pages_per_range='32', autosummarize='on');


--
-- Name: procrastinate_events_job_id_fkey_v1; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);


--
-- Name: procrastinate_jobs_id_lock_idx_v1; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));


--
-- Name: procrastinate_jobs_lock_idx_v1; Type: INDEX; Schema: public; Owner: credit
--

CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);


--
-- Name: procrastinate_jobs_priority_idx_v1; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);


--
-- Name: procrastinate_jobs_queue_name_idx_v1; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);


--
-- Name: procrastinate_jobs_queueing_lock_idx_v1; Type: INDEX; Schema: public; Owner: credit
--

CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);


--
-- Name: procrastinate_periodic_defers_job_id_fkey_v1; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);


--
-- Name: transfers_on_their_way; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX transfers_on_their_way ON public.transfers USING btree (created_at) WHERE (finished_at IS NULL);


--
-- Name: usage_records_created_at; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX usage_records_created_at ON public.usage_records USING btree (created_at);


--
-- Name: usage_records_of_member; Type: INDEX; Schema: public; Owner: credit
--

CREATE INDEX usage_records_of_member ON public.usage_records USING btree (member_key) WHERE (member_key <> 0);


--
-- Name: entries entries_append_only; Type: TRIGGER; Schema: public; Owner: credit
--

CREATE TRIGGER entries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: procrastinate_jobs procrastinate_jobs_notify_queue_job_aborted_v1; Type: TRIGGER; Schema: public; Owner: credit
--

CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();


--
-- Name: procrastinate_jobs procrastinate_jobs_notify_queue_job_inserted_v1; Type: TRIGGER; Schema: public; Owner: credit
--

CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_abort_requested_events_v1; Type: TRIGGER; Schema: public; Owner: credit
--

CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_delete_jobs_v1; Type: TRIGGER; Schema: public; Owner: credit
--

CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_scheduled_events_v1; Type: TRIGGER; Schema: public; Owner: credit
--

CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_status_events_insert_v1; Type: TRIGGER; Schema: public; Owner: credit
--

CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_status_events_update_v1; Type: TRIGGER; Schema: public; Owner: credit
--

CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();


--
-- Name: procrastinate_events procrastinate_events_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;


--
-- Name: procrastinate_jobs procrastinate_jobs_worker_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: credit
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);


--
-- PostgreSQL database dump complete
--

\unrestrict released

