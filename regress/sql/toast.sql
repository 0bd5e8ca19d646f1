-- Values that an update did not touch and the WAL does not hold.
SET synchronous_commit = on;
CREATE TABLE toast (pk int PRIMARY KEY, v int, t text, nt text NOT NULL, b bytea, j jsonb, ta text[], ia int[]);
ALTER TABLE toast ALTER t SET STORAGE external, ALTER nt SET STORAGE external, ALTER b SET STORAGE external,
  ALTER j SET STORAGE external, ALTER ta SET STORAGE external, ALTER ia SET STORAGE external;
CREATE TABLE toastkey (k text PRIMARY KEY, v int);
ALTER TABLE toastkey ALTER k SET STORAGE external;
INSERT INTO toast SELECT 1, 1, repeat('a', 9000), repeat('b', 9000), decode(repeat('ab', 9000), 'hex'),
  to_jsonb(repeat('j', 9000)), ARRAY[repeat('t', 9000)], ARRAY(SELECT generate_series(1, 3000));
INSERT INTO toastkey SELECT string_agg(md5(i::text), ''), 1 FROM generate_series(1, 75) i;
SELECT 'init' FROM pg_create_logical_replication_slot('toast', 'walpost');

UPDATE toast SET v = 2;
SELECT data::jsonb -> 'value' -> 'after' AS after
FROM pg_logical_slot_peek_changes('toast', NULL, NULL, 'topic.prefix', 't');
SELECT data::jsonb -> 'value' -> 'after' -> 't' AS t, data::jsonb -> 'value' -> 'after' -> 'b' AS b
FROM pg_logical_slot_peek_changes('toast', NULL, NULL, 'topic.prefix', 't', 'binary.handling.mode', 'hex',
  'unavailable.value.placeholder', 'hex:4142430a');

-- changed values are there, whatever their size
UPDATE toast SET t = repeat('c', 20000);
SELECT substr(data::jsonb -> 'value' -> 'after' ->> 't', 19990) AS t, data::jsonb -> 'value' -> 'after' ->> 'nt' AS nt
FROM pg_logical_slot_peek_changes('toast', NULL, NULL, 'topic.prefix', 't') OFFSET 1;

-- a whole old row supplies them
SELECT count(*) FROM pg_logical_slot_get_changes('toast', NULL, NULL, 'topic.prefix', 't');
ALTER TABLE toast REPLICA IDENTITY FULL;
UPDATE toast SET v = 3;
SELECT length(data::jsonb -> 'value' -> 'after' ->> 't') AS t, length(data::jsonb -> 'value' -> 'after' ->> 'nt') AS nt,
  jsonb_array_length(data::jsonb -> 'value' -> 'after' -> 'ia') AS ia
FROM pg_logical_slot_get_changes('toast', NULL, NULL, 'topic.prefix', 't');

-- a key that is TOASTed
UPDATE toastkey SET v = 2;
SELECT length(data::jsonb -> 'key' ->> 'k') AS key, data::jsonb -> 'value' ->> 'op' AS op,
  length(data::jsonb -> 'value' -> 'after' ->> 'k') AS after
FROM pg_logical_slot_get_changes('toast', NULL, NULL, 'topic.prefix', 't');

DELETE FROM toast;
SELECT length(data::jsonb -> 'value' -> 'before' ->> 't') AS t
FROM pg_logical_slot_get_changes('toast', NULL, NULL, 'topic.prefix', 't', 'tombstones.on.delete', 'false');

SELECT 'stop' FROM pg_drop_replication_slot('toast');
DROP TABLE toast, toastkey;
