-- The floor of the credit service's figures: a bare ledger with nothing of what Parlour's does (no grants, idempotency, usage, chain).
DROP TABLE IF EXISTS floor_accounts, floor_holds, floor_entries;
CREATE TABLE floor_accounts (account_id bigint PRIMARY KEY, posted bigint NOT NULL, held bigint NOT NULL) WITH (fillfactor = 70);
CREATE TABLE floor_holds (hold_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint NOT NULL, amount bigint NOT NULL, state text NOT NULL);
CREATE TABLE floor_entries (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint NOT NULL, hold_id bigint NOT NULL, amount bigint NOT NULL
);
INSERT INTO floor_accounts SELECT n, 1000000000000, 0 FROM generate_series(1, :accounts) n;
VACUUM ANALYZE floor_accounts;
CHECKPOINT;
