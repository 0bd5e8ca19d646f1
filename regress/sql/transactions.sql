-- Savepoints, spilled transactions, multi-inserts, upserts, empty transactions.
SET synchronous_commit = on;
CREATE TABLE tx (id int PRIMARY KEY, v text);
SELECT 'init' FROM pg_create_logical_replication_slot('transactions', 'walpost');
CREATE VIEW events AS
SELECT data::jsonb -> 'key' ->> 'id' AS id, data::jsonb -> 'value' ->> 'op' AS op, data::jsonb -> 'value' -> 'after' ->> 'v' AS v,
  dense_rank() OVER (ORDER BY (data::jsonb -> 'value' -> 'source' ->> 'txId')::bigint) AS tx
FROM pg_logical_slot_get_changes('transactions', NULL, NULL, 'topic.prefix', 't', 'tombstones.on.delete', 'false');

BEGIN;
INSERT INTO tx VALUES (1, 'top');
SAVEPOINT a;
INSERT INTO tx VALUES (2, 'a');
SAVEPOINT b;
INSERT INTO tx VALUES (3, 'b');
ROLLBACK TO b;
INSERT INTO tx VALUES (4, 'after b');
RELEASE a;
COMMIT;
BEGIN;
INSERT INTO tx VALUES (5, 'rolled back');
ROLLBACK;
INSERT INTO tx VALUES (1, 'upsert') ON CONFLICT (id) DO UPDATE SET v = excluded.v;
INSERT INTO tx VALUES (6, 'upsert') ON CONFLICT (id) DO UPDATE SET v = excluded.v;
SELECT * FROM events;

-- COPY rows share an LSN and keep their order
COPY tx FROM stdin;
10	x
11	y
12	z
\.
SELECT * FROM events;

-- more than logical_decoding_work_mem
SET logical_decoding_work_mem = '64kB';
INSERT INTO tx SELECT i, repeat('x', 100) FROM generate_series(100, 2099) AS i;
SELECT count(*), min(id::int), max(id::int), bool_and(v = repeat('x', 100)) FROM events;

-- nothing captured, nothing written, and the slot moves on
CREATE TABLE unseen (a int);
INSERT INTO unseen SELECT generate_series(1, 1000);
SELECT count(*) FROM pg_logical_slot_get_changes('transactions', NULL, NULL, 'topic.prefix', 't', 'table.exclude.list', 'public.unseen');
SELECT confirmed_flush_lsn > '0/0' FROM pg_replication_slots WHERE slot_name = 'transactions';

DROP VIEW events;
SELECT 'stop' FROM pg_drop_replication_slot('transactions');
DROP TABLE tx, unseen;
