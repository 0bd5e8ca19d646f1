-- The bytes of each kind of event; positions and clocks are blotted out.
SET synchronous_commit = on;
CREATE TABLE c (id int PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x', note text);
SELECT 'init' FROM pg_create_logical_replication_slot('envelope', 'walpost');

INSERT INTO c VALUES (1, 'Anne', NULL);
BEGIN;
INSERT INTO c (id) VALUES (2), (3);
COMMIT;
UPDATE c SET note = 'n' WHERE id = 1;
UPDATE c SET id = 10 WHERE id = 2;
DELETE FROM c WHERE id = 1;
ALTER TABLE c REPLICA IDENTITY FULL;
UPDATE c SET note = 'z' WHERE id = 3;
UPDATE c SET id = 11 WHERE id = 3;
DELETE FROM c WHERE id = 11;
TRUNCATE c;

CREATE FUNCTION pg_temp.blot(data text) RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(regexp_replace(data,
    '"(ts_ms|ts_us|ts_ns|txId|lsn)":\d+', '"\1":0', 'g'),
    '"sequence":"\[(null|\\"\d+\\"),\\"\d+\\"\]"', '"sequence":"[..]"'),
    '(context.runId|"db)":"[0-9a-z_-]+"', '\1":"."', 'g')
$$;

\a
SELECT pg_temp.blot(data) FROM pg_logical_slot_peek_changes('envelope', NULL, NULL,
  'topic.prefix', 'shop', 'skipped.operations', 'none');

\a
-- without headers and tombstones; truncate is skipped by default
SELECT data::jsonb -> 'value' ->> 'op' AS op, data::jsonb -> 'key' AS key, data::jsonb -> 'headers' AS headers
FROM pg_logical_slot_peek_changes('envelope', NULL, NULL,
  'topic.prefix', 'shop', 'extended.headers.enabled', 'false', 'tombstones.on.delete', 'false');

-- each operation can be skipped; of a key change, the delete and the create are
SELECT string_agg(data::jsonb -> 'value' ->> 'op', '') FROM pg_logical_slot_peek_changes('envelope', NULL, NULL,
  'topic.prefix', 'shop', 'skipped.operations', 'u,d', 'tombstones.on.delete', 'false');
SELECT string_agg(data::jsonb -> 'value' ->> 'op', '') FROM pg_logical_slot_peek_changes('envelope', NULL, NULL,
  'topic.prefix', 'shop', 'skipped.operations', 'c', 'tombstones.on.delete', 'false');

-- the position is that of the change, its transaction's and the last commit's are told apart
SELECT count(DISTINCT data::jsonb -> 'value' -> 'source' ->> 'txId') AS transactions,
       bool_and(lsn::text <> '' AND (data::jsonb -> 'value' -> 'source' ->> 'lsn')::numeric > 0) AS has_lsn,
       count(*) FILTER (WHERE data::jsonb -> 'value' -> 'source' ->> 'sequence' LIKE '[null,%') AS without_commit
FROM pg_logical_slot_peek_changes('envelope', NULL, NULL, 'topic.prefix', 'shop', 'tombstones.on.delete', 'false');
SELECT data::jsonb -> 'value' -> 'source' ->> 'sequence' LIKE '["255",%' AS continued
FROM pg_logical_slot_peek_changes('envelope', NULL, 1, 'topic.prefix', 'shop', 'walpost.last.commit.lsn', '0/FF');

SELECT 'stop' FROM pg_drop_replication_slot('envelope');
DROP TABLE c;
