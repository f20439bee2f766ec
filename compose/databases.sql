-- The logins and databases of the three services, as the local stack has them (services/local/databases.py), and what the local stack, which one person
-- uses over a socket, can do without: passwords, no right to make roles, no way from one service's login into another's database. Run once, by psql.
\getenv credit_password CREDIT_DATABASE_PASSWORD
\getenv memory_password MEMORY_DATABASE_PASSWORD
\getenv maintenance_password MEMORY_MAINTENANCE_PASSWORD
\getenv conversation_password CONVERSATION_DATABASE_PASSWORD
\getenv replication_password REPLICATION_PASSWORD

CREATE ROLE credit LOGIN PASSWORD :'credit_password';
CREATE ROLE memory LOGIN PASSWORD :'memory_password';
CREATE ROLE memory_maintenance LOGIN PASSWORD :'maintenance_password';
CREATE ROLE conversation LOGIN PASSWORD :'conversation_password';
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replication_password';

-- Whoever works with memories takes this role in each transaction, and row level security binds it.
CREATE ROLE parlour_memory_app NOLOGIN NOBYPASSRLS;
GRANT parlour_memory_app TO memory, memory_maintenance WITH SET TRUE, INHERIT FALSE;
-- So that memory sees which timeline a replica follows.
GRANT pg_read_all_stats TO memory;

CREATE DATABASE credit OWNER credit;
CREATE DATABASE memory OWNER memory;
CREATE DATABASE conversation OWNER conversation;
REVOKE ALL ON DATABASE credit, memory, conversation FROM PUBLIC;
GRANT CONNECT ON DATABASE memory TO memory_maintenance;

-- A replica that is away keeps the log that it still needs, up to max_slot_wal_keep_size.
SELECT pg_create_physical_replication_slot('replica');

\connect memory
CREATE EXTENSION vector;
\connect conversation
CREATE EXTENSION vector;
