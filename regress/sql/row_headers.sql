-- Headers of single records: where they are in the stream, what they do not know, what has changed.
SET synchronous_commit = on;
CREATE TABLE d (id int PRIMARY KEY, v int NOT NULL, t text, "odd ""name" text);
CREATE TABLE f (id int, n numeric, t text, c text, g int GENERATED ALWAYS AS (id * 2) STORED, hidden int, u text, PRIMARY KEY (id));
CREATE TABLE nokey (a int, b text);
CREATE TABLE p (id int NOT NULL, note text, v int, UNIQUE (id)) PARTITION BY RANGE (id);
CREATE TABLE p1 (extra int, v int, id int NOT NULL, note text);
ALTER TABLE p1 DROP extra;
CREATE TABLE w (a int NOT NULL, b int NOT NULL, c int, UNIQUE (a, b));
ALTER TABLE w REPLICA IDENTITY USING INDEX w_a_b_key;
ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (0) TO (100);
ALTER TABLE d ALTER t SET STORAGE external;
ALTER TABLE f REPLICA IDENTITY FULL, ALTER t SET STORAGE external;
ALTER TABLE nokey REPLICA IDENTITY FULL;
ALTER TABLE p1 REPLICA IDENTITY FULL;
CREATE PUBLICATION row_headers FOR TABLE p WITH (publish_via_partition_root);
SELECT 'init' FROM pg_create_logical_replication_slot('row_headers', 'walpost');
CREATE FUNCTION headers(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (topic text, op text, key text, headers jsonb)
LANGUAGE sql AS $$
  SELECT substr(data::jsonb ->> 'topic', 3), coalesce(data::jsonb -> 'value' ->> 'op', data::jsonb -> 'value' ->> 'status'), data::jsonb ->> 'key', data::jsonb -> 'headers'
  FROM pg_logical_slot_peek_changes('row_headers', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't', 'extended.headers.enabled', 'false'] || options)
$$;
-- positions told by their rank
CREATE FUNCTION positions(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (transaction bigint, seq text, topic text, op text, key text)
LANGUAGE sql AS $$
  SELECT dense_rank() OVER (ORDER BY headers ->> 'walpost.lsn'), headers ->> 'walpost.seq', topic, op, regexp_replace(key, '\d+:\d+', 'x')
  FROM (SELECT *, row_number() OVER () AS n FROM headers(VARIADIC ARRAY['walpost.position.headers', 'true'] || options)) h ORDER BY n
$$;

-- ---- position
INSERT INTO d VALUES (1, 1, NULL, NULL);
BEGIN;
INSERT INTO d VALUES (2, 2, NULL, NULL);
INSERT INTO nokey VALUES (1, 'x');
UPDATE d SET id = 20 WHERE id = 2;
SELECT 'sent' FROM pg_logical_emit_message(true, 'app', 'inside');
SELECT 'sent' FROM pg_logical_emit_message(false, 'app', 'outside');
DELETE FROM d WHERE id = 1;
TRUNCATE f, nokey;
COMMIT;
SELECT 'sent' FROM pg_logical_emit_message(false, 'app', 'outside');
INSERT INTO d VALUES (3, 3, NULL, NULL);
SELECT * FROM positions('skipped.operations', 'none', 'provide.transaction.metadata', 'true');
-- a record keeps its number whatever else is published
SELECT * FROM positions('tombstones.on.delete', 'false', 'table.include.list', 'public.d');
-- they are unique, and their order as texts is that of the stream
SELECT count(*) = count(DISTINCT (lsn, seq)) AS is_unique, bool_and((lsn || seq) COLLATE "C" >= before) AS ascends,
  bool_and(lsn::pg_lsn > '0/0' AND length(lsn) = 17 AND length(seq) = 16) AS wellformed
FROM (SELECT headers ->> 'walpost.lsn' AS lsn, headers ->> 'walpost.seq' AS seq,
    lag((headers ->> 'walpost.lsn') || (headers ->> 'walpost.seq'), 1, '') OVER () AS before
  FROM headers('walpost.position.headers', 'true', 'skipped.operations', 'none', 'provide.transaction.metadata', 'true')) h;
-- walpost.lsn of a transaction is where its commit record starts, source.lsn comes before
SELECT bool_and((data::jsonb -> 'headers' ->> 'walpost.lsn')::pg_lsn > ('0/0'::pg_lsn + (data::jsonb -> 'value' -> 'source' ->> 'lsn')::numeric)) AS after_change,
  bool_and((data::jsonb -> 'headers' ->> 'walpost.lsn')::pg_lsn < pg_current_wal_insert_lsn()) AS before_now
FROM pg_logical_slot_peek_changes('row_headers', NULL, NULL, 'topic.prefix', 't', 'walpost.position.headers', 'true', 'tombstones.on.delete', 'false')
WHERE data::jsonb -> 'value' ->> 'op' <> 'm';
SELECT count(*) > 10 AS drained FROM pg_logical_slot_get_changes('row_headers', NULL, NULL, 'topic.prefix', 't');

-- ---- what is not known
TRUNCATE d;
INSERT INTO d VALUES (1, 1, repeat('t', 9000), 'o'), (2, 1, NULL, 'o');
UPDATE d SET v = 2;
UPDATE d SET t = repeat('u', 9000) WHERE id = 1;
UPDATE d SET id = 10 WHERE id = 1;
DELETE FROM d;
SELECT * FROM headers('walpost.unavailable.header', 'true');
-- columns that are left out, or masked whatever they hold, are not named; fields have their names as they come out
SELECT * FROM headers('walpost.unavailable.header', 'true', 'column.exclude.list', 'public.d.v', 'column.mask.with.3.chars', 'public.d.t',
  'field.name.adjustment.mode', 'avro') WHERE op = 'd' LIMIT 1;
-- a hashed or cut placeholder is one
SELECT headers FROM headers('walpost.unavailable.header', 'true', 'column.mask.hash.v2.MD5.with.salt.s', 'public.d.t') WHERE op = 'u' LIMIT 1;
SELECT headers FROM headers('walpost.unavailable.header', 'true', 'column.truncate.to.2.chars', 'public.d.t') WHERE op = 'u' LIMIT 1;
SELECT count(*) > 5 AS drained FROM pg_logical_slot_get_changes('row_headers', NULL, NULL, 'topic.prefix', 't');

-- ---- what has changed
TRUNCATE f;
INSERT INTO f (id, n, t, c, hidden, u) VALUES (1, 1.0, repeat('t', 9000), repeat('c', 9000), 1, 'u'), (2, NULL, NULL, NULL, NULL, NULL);
UPDATE f SET n = n;
UPDATE f SET n = 2, u = NULL, c = c || '' WHERE id = 1;
UPDATE f SET n = 2.0, t = t || 't' WHERE id = 1;
UPDATE f SET c = c || 'd' WHERE id = 1;
UPDATE f SET hidden = 2, u = 'v' WHERE id = 1;
UPDATE f SET u = 'very long' WHERE id = 1;
UPDATE f SET u = 'very much longer' WHERE id = 1;
UPDATE f SET n = 3, u = 'uu' WHERE id = 2;
UPDATE f SET id = 3, n = 4 WHERE id = 2;
DELETE FROM f WHERE id = 3;
INSERT INTO nokey VALUES (1, 'x');
UPDATE nokey SET a = 2;
INSERT INTO p VALUES (1, 'n', 1);
UPDATE p SET v = 2;
INSERT INTO w VALUES (1, 1, 1);
UPDATE w SET b = 2;
UPDATE w SET c = 2;
INSERT INTO d VALUES (1, 1, NULL, NULL);
UPDATE d SET v = 2 WHERE id = 1;
UPDATE d SET id = 2 WHERE id = 1;
SELECT * FROM headers('walpost.changed.header', 'true', 'column.exclude.list', 'public.f.hidden') WHERE op <> 'c' OR headers <> '{}';
-- a constant mask shows no change; other columns are compared as stored, not as printed
SELECT op, headers FROM headers('walpost.changed.header', 'true', 'table.include.list', 'public.f', 'column.exclude.list', 'public.f.hidden',
  'column.mask.with.3.chars', 'public.f.c', 'column.truncate.to.4.chars', 'public.f.u') WHERE op = 'u';
-- what prints the same is no event at all with skip.messages.without.change: the update of "u" beyond its fourth character is gone
SELECT op, headers FROM headers('walpost.changed.header', 'true', 'table.include.list', 'public.f', 'column.exclude.list', 'public.f.hidden',
  'column.mask.with.3.chars', 'public.f.c', 'column.truncate.to.4.chars', 'public.f.u', 'skip.messages.without.change', 'true',
  'walpost.unavailable.header', 'true') WHERE op = 'u';
-- an identity that is an index tells as well where it has all columns that are captured
SELECT op, key, headers FROM headers('walpost.changed.header', 'true', 'walpost.unavailable.header', 'true', 'message.key.columns', 'public.w:a',
  'column.include.list', 'public.w.(a|b)') WHERE topic = 'public.w' AND op <> 'c';
SELECT op, headers FROM headers('walpost.changed.header', 'true', 'walpost.unavailable.header', 'true', 'message.key.columns', 'public.w:a') WHERE topic = 'public.w' AND op <> 'c';
-- a partition that is shown as its root has its columns elsewhere
SELECT * FROM headers('walpost.changed.header', 'true', 'publication.name', 'row_headers');
SELECT count(*) > 5 AS drained FROM pg_logical_slot_get_changes('row_headers', NULL, NULL, 'topic.prefix', 't');

-- all of them, as they are written
INSERT INTO f (id) VALUES (9);
UPDATE f SET id = 10 WHERE id = 9;
SELECT regexp_replace(substring(data FROM '"headers":.*'), 'lsn":"[0-9A-F]{8}/[0-9A-F]{8}"', 'lsn":"."') AS headers
FROM pg_logical_slot_get_changes('row_headers', NULL, NULL, 'topic.prefix', 't', 'extended.headers.enabled', 'false',
  'walpost.position.headers', 'true', 'walpost.unavailable.header', 'true', 'walpost.changed.header', 'true');

SELECT 'stop' FROM pg_drop_replication_slot('row_headers');
DROP PUBLICATION row_headers;
DROP TABLE d, f, nokey, p, w;
DROP FUNCTION positions, headers;
