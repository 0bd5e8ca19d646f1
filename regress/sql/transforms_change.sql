-- TimezoneConverter, ExtractChangedRecordState, HeaderToValue, SchemaChangeEventFilter,
-- DecodeLogicalDecodingMessageContent: what they cannot take, and what is refused.
SET synchronous_commit = on;
CREATE TABLE c (id int PRIMARY KEY, n int, tz timestamptz, s text);
ALTER TABLE c REPLICA IDENTITY FULL;
SELECT 'init' FROM pg_create_logical_replication_slot('transforms_change', 'walpost');
-- the second transform unwraps the row
CREATE FUNCTION pg_temp.events(class text, VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT data FROM pg_logical_slot_peek_changes('transforms_change', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 't', 'extended.headers.enabled', 'false', 'transforms.u.type', 'ExtractNewRecordState',
      'transforms.u.delete.tombstone.handling.mode', 'delete-to-tombstone', 'transforms.a.type', class] || options)
$$;
INSERT INTO c VALUES (1, 1, '2024-07-01 00:00+00', 'a');
UPDATE c SET n = 2, s = 'b';

\a
\t
\set SHOW_CONTEXT never
SELECT pg_temp.events('TimezoneConverter', 'transforms', 'a,u', 'transforms.a.converted.timezone', 'Europe/Paris');
SELECT pg_temp.events('TimezoneConverter', 'transforms', 'a,u', 'transforms.a.converted.timezone', '-18:00', 'transforms.a.exclude.list', 'source:c:before.tz,d');
-- times of source, where a rule names them: here one of three is moved, by +05:30
SELECT (s ->> 'ts_us')::bigint / 1000 - (s ->> 'ts_ms')::bigint, (s ->> 'ts_ns')::bigint / 1000000 - (s ->> 'ts_ms')::bigint FROM (SELECT data::jsonb -> 'value' -> 'source' AS s FROM (SELECT pg_temp.events('TimezoneConverter', 'transforms', 'a', 'transforms.a.converted.timezone', 'Asia/Kolkata', 'transforms.a.include.list', 'source:c:source.ts_us') AS data) e) e;
SELECT pg_temp.events('ExtractChangedRecordState', 'transforms', 'a,u', 'transforms.a.header.changed.name', 'changed', 'transforms.a.header.unchanged.name', 'same', 'transforms.u.drop.fields.header.name', 'same', 'transforms.u.drop.fields.keep.schema.compatible', 'false');
-- a column under a mask does not tell whether it has changed
SELECT pg_temp.events('ExtractChangedRecordState', 'transforms', 'a,u', 'transforms.a.header.changed.name', 'changed', 'column.mask.with.3.chars', 'public.c.s');
SELECT pg_temp.events('SchemaChangeEventFilter', 'transforms', 'a,u', 'transforms.a.schema.change.event.exclude.list', 'ALTER, DROP');

-- ---- records that a class cannot take
SELECT pg_temp.events('InsertHeader', 'transforms', 'a,h', 'transforms.a.header', 'x', 'transforms.a.value.literal', 'null', 'transforms.h.type', 'HeaderToValue', 'transforms.h.headers', 'x', 'transforms.h.fields', 'x', 'transforms.h.operation', 'copy');
SELECT pg_temp.events('InsertHeader', 'transforms', 'a,h', 'transforms.a.header', 'x', 'transforms.a.value.literal', '1', 'transforms.h.type', 'HeaderToValue', 'transforms.h.headers', 'x', 'transforms.h.fields', 'op.x', 'transforms.h.operation', 'copy');
SELECT pg_temp.events('InsertHeader', 'transforms', 'a,h', 'transforms.a.header', 'x', 'transforms.a.value.literal', '1', 'transforms.h.type', 'HeaderToValue', 'transforms.h.headers', 'x', 'transforms.h.fields', 'op', 'transforms.h.operation', 'move');
SELECT pg_temp.events('InsertHeader', 'transforms', 'a,h', 'transforms.a.header', 'x', 'transforms.a.value.literal', '1', 'transforms.h.type', 'HeaderToValue', 'transforms.h.headers', 'x', 'transforms.h.fields', 'before.x', 'transforms.h.operation', 'move');
SELECT pg_temp.events('InsertHeader', 'transforms', 'a,u', 'transforms.a.header', 'x', 'transforms.a.value.literal', '1', 'transforms.u.drop.fields.header.name', 'x');
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_change', NULL, NULL, 'topic.prefix', 't');
SELECT 'message' FROM pg_logical_emit_message(true, 'm', 'no JSON');
SELECT pg_temp.events('DecodeLogicalDecodingMessageContent', 'transforms', 'a');
SELECT pg_temp.events('DecodeLogicalDecodingMessageContent', 'binary.handling.mode', 'hex', 'transforms', 'a');
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_change', NULL, NULL, 'topic.prefix', 't');
SELECT 'message' FROM pg_logical_emit_message(true, 'm', '\x7b22ff227d'::bytea);
SELECT 'message' FROM pg_logical_emit_message(true, 'm', '[1]');
SELECT pg_temp.events('DecodeLogicalDecodingMessageContent', 'transforms', 'a');
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_change', NULL, 1, 'topic.prefix', 't');
SELECT pg_temp.events('DecodeLogicalDecodingMessageContent', 'transforms', 'a');
DELETE FROM c;
-- (a tombstone is none of those that it takes; the delete before it is)
SELECT data::jsonb ->> 'topic', data::jsonb -> 'value' ->> 'op' FROM (SELECT pg_temp.events('DecodeLogicalDecodingMessageContent', 'event.processing.failure.handling.mode', 'skip', 'transforms', 'a') AS data) e;
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_change', NULL, NULL, 'topic.prefix', 't');
CREATE TABLE d (id int PRIMARY KEY, n numeric(5,2), t text, b bytea);
INSERT INTO d VALUES (1, NULL, repeat('x', 2000), decode(repeat('00', 1000), 'hex'));
-- how long the fields are that come out; the first limit is none of theirs
SELECT length(v ->> 't'), length(decode(v ->> 'b', 'base64')) FROM (SELECT data::jsonb -> 'value' AS v FROM (SELECT pg_temp.events('EnforceRecordSize', 'transforms', 'a,u', 'transforms.a.max.bytes', '9999', 'transforms.a.min.field.size', '0') AS data) e) e;
SELECT length(v ->> 't'), length(decode(v ->> 'b', 'base64')) FROM (SELECT data::jsonb -> 'value' AS v FROM (SELECT pg_temp.events('EnforceRecordSize', 'transforms', 'a,u', 'transforms.a.max.bytes', '1', 'transforms.a.min.field.size', '1000') AS data) e) e;
UPDATE d SET n = 1;
SELECT pg_temp.events('EnforceRecordSize', 'transforms', 'a,u', 'transforms.a.max.bytes', '1', 'table.include.list', 'public.d', 'skipped.operations', 'c');

-- ---- configurations that are refused
SELECT pg_temp.events('EnforceRecordSize', 'transforms', 'a,u', 'transforms.a.min.field.size', '0');
SELECT pg_temp.events('EnforceRecordSize', 'transforms', 'a,u', 'transforms.a.max.bytes', '0');
SELECT pg_temp.events('EnforceRecordSize', 'transforms', 'a,u', 'transforms.a.max.bytes', '1', 'transforms.a.compression.ratio', '-1');
SELECT pg_temp.events('TimezoneConverter', 'transforms', 'a,u', 'transforms.a.converted.timezone', 'Europe/Nowhere');
SELECT pg_temp.events('TimezoneConverter', 'transforms', 'a,u', 'transforms.a.converted.timezone', 'europe/paris');
SELECT pg_temp.events('TimezoneConverter', 'transforms', 'a,u', 'transforms.a.converted.timezone', 'ABC5DEF');
SELECT pg_temp.events('TimezoneConverter', 'transforms', 'a,u', 'transforms.a.converted.timezone', '+18:01');
SELECT pg_temp.events('TimezoneConverter', 'transforms', 'a,u', 'transforms.a.converted.timezone', 'UTC', 'transforms.a.include.list', 'c');
SELECT pg_temp.events('TimezoneConverter', 'transforms', 'a,u', 'transforms.a.converted.timezone', 'UTC', 'transforms.a.include.list', 'source:c,source:d:e');
SELECT pg_temp.events('TimezoneConverter', 'transforms', 'a,u', 'transforms.a.converted.timezone', 'UTC', 'transforms.a.include.list', 'source:c', 'transforms.a.exclude.list', 'source:d');
SELECT pg_temp.events('SchemaChangeEventFilter', 'transforms', 'a,u', 'transforms.a.schema.change.event.exclude.list', 'RENAME');
SELECT pg_temp.events('HeaderToValue', 'transforms', 'a,u', 'transforms.a.headers', 'x,y', 'transforms.a.fields', 'x', 'transforms.a.operation', 'move');
SELECT pg_temp.events('HeaderToValue', 'transforms', 'a,u', 'transforms.a.headers', 'x', 'transforms.a.fields', 'a b', 'transforms.a.operation', 'move');
SELECT 'stop' FROM pg_drop_replication_slot('transforms_change');
DROP TABLE c, d;
