-- schemas.enable: the bytes of the schema block of keys, values and messages.
SET synchronous_commit = on;
CREATE TABLE a0 (pk int PRIMARY KEY, v text);
CREATE TABLE "Odd-Name" ("p k" int PRIMARY KEY, "v-1" text, "1x" int, "a_b" int);
SELECT 'init' FROM pg_create_logical_replication_slot('schema_block', 'walpost');
INSERT INTO a0 VALUES (4, 'p');
SELECT 'message' FROM pg_logical_emit_message(true, 'pfx', 'hello');
INSERT INTO "Odd-Name" VALUES (1, 'x', 2, 3);
DELETE FROM a0;

SELECT regexp_replace(data, '"payload":\{"(before|op)".*', '"payload":...') FROM pg_logical_slot_peek_changes('schema_block', NULL, 1,
  'topic.prefix', 'srv', 'key.converter.schemas.enable', 'true', 'value.converter.schemas.enable', 'true')
WHERE data LIKE '{"topic":"srv.public.a0"%' LIMIT 1;
SELECT regexp_replace(data, '"payload":\{"(before|op)".*', '"payload":...') FROM pg_logical_slot_peek_changes('schema_block', NULL, NULL,
  'topic.prefix', 'srv', 'key.converter.schemas.enable', 'true', 'value.converter.schemas.enable', 'true')
WHERE data LIKE '{"topic":"srv.message"%';

-- key and value apart; the payload is the record without schemas
SELECT data::jsonb -> 'key' ? 'schema' AS key, data::jsonb -> 'value' ? 'schema' AS value,
  data::jsonb -> 'value' -> 'payload' -> 'after' AS after
FROM pg_logical_slot_peek_changes('schema_block', NULL, 1, 'topic.prefix', 'srv', 'value.converter.schemas.enable', 'true');
SELECT data::jsonb -> 'key' ? 'schema' AS key, data::jsonb -> 'value' ? 'schema' AS value
FROM pg_logical_slot_peek_changes('schema_block', NULL, 1, 'topic.prefix', 'srv', 'key.converter.schemas.enable', 'true');
-- a tombstone stays one
SELECT data::jsonb -> 'value' AS value FROM pg_logical_slot_peek_changes('schema_block', NULL, NULL,
  'topic.prefix', 'srv', 'value.converter.schemas.enable', 'true') WHERE data LIKE '%"value":null%';

-- names made fit for Avro
SELECT data::jsonb ->> 'topic' AS topic, data::jsonb -> 'key' -> 'schema' ->> 'name' AS key, data::jsonb -> 'value' -> 'schema' ->> 'name' AS value,
  data::jsonb -> 'key' -> 'payload' AS payload, data::jsonb -> 'value' -> 'payload' -> 'after' AS after
FROM pg_logical_slot_peek_changes('schema_block', NULL, NULL, 'topic.prefix', 'srv', 'table.include.list', 'public.Odd-Name', 'message.prefix.include.list', 'none',
  'key.converter.schemas.enable', 'true', 'value.converter.schemas.enable', 'true',
  'schema.name.adjustment.mode', 'avro', 'field.name.adjustment.mode', 'avro_unicode');

-- null and defaults: replaced, or not
SELECT data::jsonb -> 'value' -> 'source' ->> 'snapshot' AS snapshot
FROM pg_logical_slot_peek_changes('schema_block', NULL, 1, 'topic.prefix', 'srv', 'value.converter.replace.null.with.default', 'false');

SELECT 'stop' FROM pg_drop_replication_slot('schema_block');
DROP TABLE a0, "Odd-Name";
