-- provide.transaction.metadata: blocks, BEGIN and END; skip.messages.without.change.
SET client_min_messages = warning;
CREATE TABLE h (id int PRIMARY KEY, v text, w text, big text, n numeric);
ALTER TABLE h REPLICA IDENTITY FULL, ALTER big SET STORAGE external;
CREATE TABLE q (id int PRIMARY KEY, v text);
CREATE TABLE w (id text PRIMARY KEY, v text);
CREATE TABLE skipped (id int PRIMARY KEY);
SELECT 'created' FROM pg_create_logical_replication_slot('transaction_metadata', 'walpost');
-- LSNs as their order among those of a transaction's records
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (tx bigint, topic text, event text, id text, place text, tables json)
LANGUAGE sql AS $$
	SELECT CASE WHEN e.id IS NOT NULL THEN dense_rank() OVER (ORDER BY split_part(e.id, ':', 1)::bigint) END, e.topic, e.event,
		CASE WHEN e.id IS NULL THEN NULL WHEN split_part(e.id, ':', 2) = coalesce(e.lsn, first) THEN 'own' WHEN split_part(e.id, ':', 2)::bigint > last THEN 'end' ELSE e.id END,
		e.place, e.tables
	FROM (SELECT n, data ->> 'topic' AS topic, coalesce(v ->> 'op', v ->> 'status', 'tombstone') AS event, v -> 'source' ->> 'lsn' AS lsn,
			coalesce(v -> 'transaction' ->> 'id', v ->> 'id') AS id,
			coalesce(concat_ws('/', v -> 'transaction' ->> 'total_order', v -> 'transaction' ->> 'data_collection_order'), '') || coalesce(v ->> 'event_count', '') AS place,
			v -> 'data_collections' AS tables,
			min(v -> 'source' ->> 'lsn') OVER () AS first, max((v -> 'source' ->> 'lsn')::bigint) OVER () AS last
		FROM (SELECT row_number() OVER () AS n, data::json AS data, data::json -> 'value' AS v
			FROM pg_logical_slot_get_changes('transaction_metadata', NULL, NULL,
				VARIADIC ARRAY['topic.prefix', 't', 'provide.transaction.metadata', 'true'] || options)) d) e
	ORDER BY n
$$;

-- a key change counts twice, a tombstone not at all, tables in a HashMap's order
BEGIN;
INSERT INTO h VALUES (7, 'a');
UPDATE h SET id = 8;
INSERT INTO w VALUES ('k', 'v');
DELETE FROM h;
INSERT INTO q VALUES (9, 'x');
SELECT 'message' FROM pg_logical_emit_message(true, 'a', 'b');
COMMIT;
SELECT * FROM events();

-- key and value as Debezium has them; times and positions left out
INSERT INTO q VALUES (1, 'x');
SELECT regexp_replace(regexp_replace(data, '"[0-9]+:[0-9]+"', '"xid:lsn"', 'g'), '"ts_ms":[0-9]+', '"ts_ms":0') AS data
FROM pg_logical_slot_peek_changes('transaction_metadata', NULL, NULL, 'topic.prefix', 't', 'provide.transaction.metadata', 'true',
	'topic.transaction', 'txs', 'key.converter.schemas.enable', 'true', 'value.converter.schemas.enable', 'true')
WHERE data::json ->> 'topic' = 't.txs';
SELECT (v ->> 'ts_ms') = (lead(v -> 'source' ->> 'ts_ms') OVER ()) AS commit_time, k ->> 'id' = v ->> 'id' AS same_id
FROM (SELECT data::json -> 'key' AS k, data::json -> 'value' AS v
	FROM pg_logical_slot_get_changes('transaction_metadata', NULL, NULL, 'topic.prefix', 't', 'provide.transaction.metadata', 'true')) d LIMIT 1;

-- nothing that pgoutput would send: nothing; what the lists leave out: a pair
CREATE TABLE ddl (a int);
DROP TABLE ddl;
SELECT * FROM events();
TRUNCATE q;
INSERT INTO skipped VALUES (1);
SELECT 'message' FROM pg_logical_emit_message(true, 'unwanted', 'b');
SELECT tx, topic, event, place, tables FROM events('table.exclude.list', 'public.skipped', 'message.prefix.exclude.list', 'unwanted');
INSERT INTO q VALUES (2, 'x');
TRUNCATE q;
SELECT tx, topic, event, place, tables FROM events('skipped.operations', 'none');
-- a publication that leaves the table out leaves out the pair
CREATE PUBLICATION only_q FOR TABLE q;
INSERT INTO skipped VALUES (2);
SELECT * FROM events('publication.name', 'only_q');

-- a message outside a transaction has no block
SELECT 'message' FROM pg_logical_emit_message(false, 'a', 'b');
INSERT INTO q VALUES (12, 'x');
SELECT topic, event, place FROM events();

-- an origin's BEGIN has no position
SELECT 'origin' FROM pg_replication_origin_create('tm');
SELECT pg_replication_origin_session_setup('tm');
BEGIN;
SELECT pg_replication_origin_xact_setup('0/1234', '2020-01-01 00:00:00+00');
INSERT INTO q VALUES (3, 'x');
COMMIT;
SELECT pg_replication_origin_session_reset();
SELECT data::json -> 'value' ->> 'status' AS status, split_part(data::json -> 'value' ->> 'id', ':', 2) = '0' AS zero, data::json -> 'value' ->> 'ts_ms' AS ts_ms
FROM pg_logical_slot_get_changes('transaction_metadata', NULL, NULL, 'topic.prefix', 't', 'provide.transaction.metadata', 'true')
WHERE data::json ->> 'topic' = 't.transaction';
SELECT 'dropped' FROM pg_replication_origin_drop('tm');

-- updates that change nothing
CREATE FUNCTION updates(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (topic text, op text, before json, after json)
LANGUAGE sql AS $$
	SELECT data::json ->> 'topic', data::json -> 'value' ->> 'op', data::json -> 'value' -> 'before' -> 'v', data::json -> 'value' -> 'after' -> 'v'
	FROM pg_logical_slot_get_changes('transaction_metadata', NULL, NULL,
		VARIADIC ARRAY['topic.prefix', 't', 'skip.messages.without.change', 'true', 'tombstones.on.delete', 'false'] || options)
$$;
INSERT INTO h SELECT 1, 'a', 'w', string_agg(md5(i::text), ''), 1.0 FROM generate_series(1, 200) i;
INSERT INTO q VALUES (10, 'a');
SELECT op FROM updates();
UPDATE h SET v = v;
UPDATE h SET v = 'b';
UPDATE h SET v = NULL;
UPDATE h SET v = NULL;
UPDATE h SET n = 1.00;
UPDATE h SET id = 2;
-- no before image
UPDATE q SET v = v WHERE id = 10;
SELECT * FROM updates();
-- a column that is left out, one that is masked (a NULL, too), one that prints the same
UPDATE h SET w = 'other';
UPDATE h SET v = 'new';
UPDATE h SET n = 1.000;
SELECT * FROM updates('column.exclude.list', 'public.h.w', 'column.mask.with.3.chars', 'public.h.v', 'decimal.handling.mode', 'double');
-- with metadata, what is dropped leaves a pair
UPDATE h SET v = v;
SELECT tx, topic, event, place, tables FROM events('skip.messages.without.change', 'true');

-- the frames: a COMMIT that counts BEGIN and END
INSERT INTO q VALUES (11, 'x');
SELECT get_byte(data, 0) = ascii('H') AS hello, encode(substring(data FROM length(data) - 7), 'hex') AS events
FROM pg_logical_slot_get_binary_changes('transaction_metadata', NULL, NULL, 'topic.prefix', 't', 'provide.transaction.metadata', 'true', 'wire', '1');

SELECT 'stop' FROM pg_drop_replication_slot('transaction_metadata');
DROP FUNCTION events, updates;
DROP PUBLICATION only_q;
DROP TABLE h, q, w, skipped;
