-- Each service owns its database. Memory's tables are read in a role of their own, which row level security confines.
CREATE ROLE credit LOGIN PASSWORD 'development';
CREATE ROLE memory LOGIN PASSWORD 'development';
CREATE ROLE conversation LOGIN PASSWORD 'development';
CREATE ROLE parlour_memory_app NOLOGIN NOBYPASSRLS;
GRANT parlour_memory_app TO memory WITH SET TRUE, INHERIT FALSE;
CREATE DATABASE credit OWNER credit;
CREATE DATABASE memory OWNER memory;
CREATE DATABASE conversation OWNER conversation;
\connect memory
CREATE EXTENSION vector;
\connect conversation
CREATE EXTENSION vector;
