-- io.debezium.transforms.ExtractNewRecordState: the row in place of the envelope.
SET synchronous_commit = on;
CREATE TABLE c (id int PRIMARY KEY, name varchar(20) DEFAULT 'x', n int DEFAULT 7, d date NOT NULL DEFAULT '2020-01-01');
SELECT 'init' FROM pg_create_logical_replication_slot('transforms_unwrap', 'walpost');
CREATE FUNCTION pg_temp.blot(data text) RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(regexp_replace(data,
    '("(?:__)?(?:ts_ms|ts_us|ts_ns|txId|lsn|when|source_lsn|source_ts_ms)":"?)\d+', '\1' || '0', 'g'),
    '"(__)?sequence":"\[(null|\\"\d+\\"),\\"\d+\\"\]"', '"\1sequence":"[..]"'),
    '(context.runId|"db)":"[0-9a-z_-]+"', '\1":"."', 'g')
$$;
CREATE FUNCTION pg_temp.events(VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT pg_temp.blot(data) FROM pg_logical_slot_peek_changes('transforms_unwrap', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 'srv', 'extended.headers.enabled', 'false', 'skipped.operations', 'none',
      'transforms', 'unwrap', 'transforms.unwrap.type', 'io.debezium.transforms.ExtractNewRecordState'] || options)
$$;

INSERT INTO c VALUES (1, 'a', NULL);
UPDATE c SET name = 'b' WHERE id = 1;
UPDATE c SET id = 2 WHERE id = 1;
DELETE FROM c WHERE id = 2;
SELECT 'message' FROM pg_logical_emit_message(true, 'ob', 'hello');
TRUNCATE c;

\a
\t
-- each mode of deletes
SELECT pg_temp.events('transforms.unwrap.add.fields', 'op,table,source.ts_ms:when', 'transforms.unwrap.add.headers', 'op');
SELECT pg_temp.events('transforms.unwrap.delete.tombstone.handling.mode', 'drop');
SELECT pg_temp.events('transforms.unwrap.delete.tombstone.handling.mode', 'rewrite', 'transforms.unwrap.add.fields', 'op', 'transforms.unwrap.add.headers', 'op');
SELECT pg_temp.events('transforms.unwrap.delete.tombstone.handling.mode', 'rewrite-with-tombstone', 'transforms.unwrap.add.headers', 'op');
SELECT pg_temp.events('transforms.unwrap.delete.tombstone.handling.mode', 'delete-to-tombstone', 'transforms.unwrap.add.headers', 'op');
-- with schemas
SELECT pg_temp.events('transforms.unwrap.add.fields', 'op,table,snapshot,sequence,transaction.id,source.ts_ms:when', 'key.converter.schemas.enable', 'true',
  'value.converter.schemas.enable', 'true', 'message.prefix.include.list', 'none');
SELECT pg_temp.events('transforms.unwrap.delete.tombstone.handling.mode', 'rewrite', 'value.converter.schemas.enable', 'true', 'message.prefix.include.list', 'none');
-- rows of a snapshot go through the same chain, and one that they all leave is not read
CREATE EXTENSION walpost;
INSERT INTO c VALUES (5, 'e', 5);
SELECT pg_temp.blot(convert_from(walpost.snapshot('c', '{topic.prefix,srv,extended.headers.enabled,false,transforms,unwrap,transforms.unwrap.type,io.debezium.transforms.ExtractNewRecordState,transforms.unwrap.add.fields,"op,snapshot",transforms.unwrap.add.headers,snapshot}'), 'UTF8'));
SELECT count(*) FROM (SELECT walpost.snapshot('c', '{topic.prefix,srv,transforms,f,transforms.f.type,org.apache.kafka.connect.transforms.Filter}')) s;
DROP EXTENSION walpost;
\t
\a
SELECT 'stop' FROM pg_drop_replication_slot('transforms_unwrap');
DROP TABLE c;
