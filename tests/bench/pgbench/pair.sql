-- A hold and its capture: two transactions of four statements each.
\set account random(1, :accounts)
BEGIN;
SELECT posted - held AS available FROM floor_accounts WHERE account_id = :account FOR UPDATE \gset
INSERT INTO floor_holds (account_id, amount, state) VALUES (:account, 2000, 'active') RETURNING hold_id \gset
UPDATE floor_accounts SET held = held + 2000 WHERE account_id = :account;
COMMIT;
BEGIN;
UPDATE floor_holds SET state = 'captured' WHERE hold_id = :hold_id AND state = 'active';
UPDATE floor_accounts SET held = held - 2000, posted = posted - 1200 WHERE account_id = :account;
INSERT INTO floor_entries (account_id, hold_id, amount) VALUES (:account, :hold_id, -1200), (0, :hold_id, 1200);
COMMIT;
