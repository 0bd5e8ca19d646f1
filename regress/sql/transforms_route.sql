-- Topics and partitions that depend on a row's value.
SET synchronous_commit = on;
CREATE TABLE r (id int PRIMARY KEY, kind text DEFAULT 'plain', n int, must text NOT NULL DEFAULT 'm');
ALTER TABLE r REPLICA IDENTITY FULL;
CREATE TABLE d (id int PRIMARY KEY, kind text);
SELECT 'init' FROM pg_create_logical_replication_slot('transforms_route', 'walpost');
CREATE FUNCTION pg_temp.blot(data text) RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(regexp_replace(data,
    '("(?:__)?(?:ts_ms|ts_us|ts_ns|txId|lsn|when|source_lsn|source_ts_ms)":"?)\d+', '\1' || '0', 'g'),
    '"(__)?sequence":"\[(null|\\"\d+\\"),\\"\d+\\"\]"', '"\1sequence":"[..]"'),
    '(context.runId|"db)":"[0-9a-z_-]+"', '\1":"."', 'g')
$$;
CREATE FUNCTION pg_temp.events(VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT pg_temp.blot(data) FROM pg_logical_slot_peek_changes('transforms_route', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 'srv', 'extended.headers.enabled', 'false', 'skipped.operations', 'none',
      'transforms.u.type', 'io.debezium.transforms.ExtractNewRecordState'] || options)
$$;

INSERT INTO r VALUES (1, 'alpha', 1), (2, 'beta', 2), (3, NULL, 3), (4, ' ', 4), (5, 'alpha', 5);
UPDATE r SET kind = 'gamma' WHERE id = 1;
UPDATE r SET id = 6 WHERE id = 2;
DELETE FROM r WHERE id = 1;
INSERT INTO d VALUES (1, 'delta');
DELETE FROM d WHERE id = 1;

\a
\t
-- route.by.field; with an identity that lacks the field a delete stays in its topic
SELECT pg_temp.events('transforms', 'u', 'transforms.u.route.by.field', 'kind', 'transforms.u.delete.tombstone.handling.mode', 'delete-to-tombstone');
-- a default counts where the copied row has it
SELECT pg_temp.events('transforms', 'u', 'table.include.list', 'public.r', 'transforms.u.route.by.field', 'kind', 'transforms.u.delete.tombstone.handling.mode', 'rewrite');
-- what follows in the chain sees the topic
SELECT pg_temp.events('transforms', 'u,x,y,f', 'transforms.u.route.by.field', 'kind',
  'transforms.x.type', 'RegexRouter', 'transforms.x.regex', '(al|be).*', 'transforms.x.replacement', '$1-$0',
  'transforms.y.type', 'InsertField$Value', 'transforms.y.topic.field', 'topic', 'transforms.y.predicate', 'al',
  'transforms.f.type', 'Filter', 'transforms.f.predicate', 'be',
  'predicates', 'al,be', 'predicates.al.type', 'TopicNameMatches', 'predicates.al.pattern', 'al-.*', 'predicates.be.type', 'TopicNameMatches', 'predicates.be.pattern', '.*beta.*');
-- a constant of an old tuple is no question
SELECT pg_temp.events('transforms', 'u', 'table.include.list', 'public.d', 'transforms.u.route.by.field', 'kind', 'transforms.u.delete.tombstone.handling.mode', 'rewrite');
\t
\a
-- what cannot be a topic's name
\set VERBOSITY terse
SELECT pg_temp.events('transforms', 'u', 'transforms.u.route.by.field', 'n');
SELECT pg_temp.events('transforms', 'u', 'transforms.u.route.by.field', 'missing');
SELECT 'gone' FROM pg_logical_slot_get_changes('transforms_route', NULL, NULL, 'topic.prefix', 'srv', 'tombstones.on.delete', 'false', 'transforms', 'x', 'transforms.x.type', 'Filter');
INSERT INTO r VALUES (7, 'not a topic', 7);
SELECT pg_temp.events('transforms', 'u', 'transforms.u.route.by.field', 'kind');
SELECT pg_temp.events('transforms', 'u', 'transforms.u.route.by.field', 'kind', 'event.processing.failure.handling.mode', 'skip');
-- more topics than there may be; more answers than are remembered
SELECT 'gone' FROM pg_logical_slot_get_changes('transforms_route', NULL, NULL, 'topic.prefix', 'srv', 'transforms', 'x', 'transforms.x.type', 'Filter');
INSERT INTO r SELECT i, 't' || i % 2500, i FROM generate_series(100, 6000) i;
SELECT count(DISTINCT e::json ->> 'topic'), count(*) FROM pg_temp.events('transforms', 'u', 'transforms.u.route.by.field', 'kind') e;
INSERT INTO r SELECT i, 'u' || i, i FROM generate_series(10000, 20001) i;
SELECT count(*) FROM pg_temp.events('transforms', 'u', 'transforms.u.route.by.field', 'kind');
-- rows of a snapshot
CREATE EXTENSION walpost;
CREATE TABLE s (id int PRIMARY KEY, kind text);
INSERT INTO s VALUES (1, 'one'), (2, 'two'), (3, 'one');
SELECT pg_temp.blot(convert_from(walpost.snapshot('s', '{topic.prefix,srv,extended.headers.enabled,false,transforms,u,transforms.u.type,io.debezium.transforms.ExtractNewRecordState,transforms.u.route.by.field,kind}'), 'UTF8'));
DROP EXTENSION walpost;
SELECT 'stop' FROM pg_drop_replication_slot('transforms_route');
DROP TABLE r, d, s;
