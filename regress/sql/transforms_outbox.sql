-- io.debezium.transforms.outbox.EventRouter: rows of an outbox table as events.
SET synchronous_commit = on;
CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype varchar(255) NOT NULL, aggregateid varchar(255) NOT NULL, type varchar(255) NOT NULL, payload jsonb,
  extra int DEFAULT 5, created timestamp, version int, raw bytea, note text, shard int);
SELECT 'init' FROM pg_create_logical_replication_slot('transforms_outbox', 'walpost');
CREATE FUNCTION pg_temp.blot(data text) RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(regexp_replace(data,
    '("(?:ts_ms|ts_us|ts_ns|txId|lsn)":"?)\d+', '\1' || '0', 'g'),
    '"sequence":"\[(null|\\"\d+\\"),\\"\d+\\"\]"', '"sequence":"[..]"'),
    '("db":"|"timestamp":1[7-9])[0-9a-z_-]+', '\1.', 'g')
$$;
CREATE FUNCTION pg_temp.events(chain text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT pg_temp.blot(data) FROM pg_logical_slot_peek_changes('transforms_outbox', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 'srv', 'extended.headers.enabled', 'false', 'message.prefix.include.list', 'none',
      'transforms', chain, 'transforms.o.type', 'io.debezium.transforms.outbox.EventRouter'] || options)
$$;
CREATE FUNCTION pg_temp.next() RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM pg_logical_slot_get_changes('transforms_outbox', NULL, NULL, 'topic.prefix', 'srv')
$$;

INSERT INTO outbox VALUES
  ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'order', '42', 'OrderCreated', '{"a": 1, "b": [1, 2], "c": null}', 5, '2020-09-13 12:26:40.5', 1, '\x0001ff', ' ', 1),
  ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', 'customer', '43', 'OrderDone', NULL, NULL, NULL, 2, NULL, 'said "so"', NULL);
UPDATE outbox SET note = 'x' WHERE aggregateid = '42';
DELETE FROM outbox;

\a
\t
SELECT pg_temp.events('o');
-- columns in other places
SELECT pg_temp.events('o', 'transforms.o.table.fields.additional.placement', 'type:header:eventType,extra:envelope:ext,note:envelope,shard:partition,extra:header');
SELECT pg_temp.events('o', 'transforms.o.table.fields.additional.placement', 'type:envelope', 'transforms.o.table.field.event.schema.version', 'version',
  'key.converter.schemas.enable', 'true', 'value.converter.schemas.enable', 'true');
SELECT pg_temp.events('o', 'transforms.o.table.fields.additional.placement', 'none:header,nor:partition,that:envelope', 'transforms.o.table.field.additional.missing', 'ignore');
-- other columns
SELECT pg_temp.events('o', 'transforms.o.table.field.event.id', 'extra', 'transforms.o.table.field.event.key', 'version', 'transforms.o.table.field.event.payload', 'note',
  'transforms.o.table.field.event.timestamp', 'created', 'transforms.o.route.by.field', 'type', 'transforms.o.route.topic.regex', 'Order(.*)', 'transforms.o.route.topic.replacement', 'orders-$1');
-- no payload
SELECT pg_temp.events('o', 'transforms.o.route.tombstone.on.empty.payload', 'true');
SELECT pg_temp.events('o', 'transforms.o.route.tombstone.on.empty.payload', 'true', 'transforms.o.table.field.event.payload', 'note');
-- a regular expression that does not match
SELECT pg_temp.events('o', 'transforms.o.route.topic.regex', 'o.*', 'transforms.o.route.topic.replacement', 'x');
-- what comes behind it
SELECT pg_temp.events('o,r,d', 'transforms.r.type', 'RegexRouter', 'transforms.r.regex', 'outbox.event.(.*)', 'transforms.r.replacement', '$1.events',
  'transforms.d.type', 'Filter', 'transforms.d.predicate', 'c', 'predicates', 'c', 'predicates.c.type', 'TopicNameMatches', 'predicates.c.pattern', 'cust.*');
SELECT pg_temp.next();
-- JSON payloads as structs
CREATE TABLE j (id serial PRIMARY KEY, aggregatetype text DEFAULT 'j', aggregateid int DEFAULT 1, payload text);
INSERT INTO j (payload) VALUES
  ('{"s": "x", "i": 1, "l": 5000000000, "d": 1.50, "e": 1e3, "t": true, "n": null, "o": {"k": "v", "o": {}}, "a": [1, 2], "as": ["x", null], "ea": [], "oa": [{"x": 1}, {"y": "z"}], "aa": [[1], [2, 3]]}'),
  ('{"dup": 1, "two": 2, "dup": 3}'), ('{"u": "\u00e9\ud83d\ude00\n\/"} behind'), ('{}'), ('{"an": [null]}'),
  ('[1, 2]'), ('"text"'), ('{"a": [1, "x"]}'), ('{"a": [1, 2.5]}'), ('{"a": 01}'), ('{"b": 123456789012345678901234567890}'), ('{"a": [[1], ["x"]]}'),
  ('{"a": [{"x": 1}, {"x": "s"}]}'), (' {"a": 1}'), (''), ('{"a": "\ud800"}'), ('{"a'), (NULL);
SELECT pg_temp.events('o', 'transforms.o.table.expand.json.payload', 'true');
SELECT pg_temp.events('o', 'transforms.o.table.expand.json.payload', 'true', 'transforms.o.table.json.payload.null.behavior', 'optional_bytes',
  'transforms.o.table.json.payload.empty.array.behavior', 'optional_string', 'transforms.o.table.fields.additional.placement', 'aggregatetype:envelope:t',
  'value.converter.schemas.enable', 'true') AS e LIMIT 6;
SELECT pg_temp.next();
\t
\a
-- what is refused, and what stops
\set VERBOSITY terse
INSERT INTO outbox VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13', 'order', '42', 'OrderCreated');
UPDATE outbox SET note = 'x';
SELECT pg_temp.events('o', 'transforms.o.table.op.invalid.behavior', 'fatal');
SELECT pg_temp.next();
SELECT pg_temp.events('o', 'transforms.o.table.fields.additional.placement', 'a:nowhere');
SELECT pg_temp.events('o', 'transforms.o.table.fields.additional.placement', 'a');
SELECT pg_temp.events('o', 'transforms.o.route.topic.regex', '(x');
SELECT pg_temp.events('o', 'transforms.o.table.op.invalid.behavior', 'ignore');
CREATE TABLE bare (id int PRIMARY KEY, aggregatetype text, aggregateid int, payload text, n bigint, t timestamptz, p text);
INSERT INTO bare VALUES (1, NULL, 1, 'x', -1, now(), 'p');
SELECT pg_temp.events('o');
SELECT pg_temp.next();
INSERT INTO bare VALUES (2, 'a', 1, 'x', -1, now(), 'p');
SELECT pg_temp.events('o', 'transforms.o.table.field.event.payload', 'none');
SELECT pg_temp.events('o', 'transforms.o.table.field.event.id', 'none');
SELECT pg_temp.events('o', 'transforms.o.table.field.event.timestamp', 'none');
SELECT pg_temp.events('o', 'transforms.o.table.field.event.timestamp', 'n');
SELECT pg_temp.events('o', 'transforms.o.table.field.event.timestamp', 't');
SELECT pg_temp.events('o', 'transforms.o.table.fields.additional.placement', 'none:header');
SELECT pg_temp.events('o', 'transforms.o.table.fields.additional.placement', 'p:partition');
SELECT pg_temp.events('o', 'transforms.o.route.by.field', 'n');
SELECT pg_temp.next();
CREATE TABLE far (id int PRIMARY KEY, aggregatetype text, aggregateid int, payload text, part int, made timestamp);
INSERT INTO far VALUES (1, 'a', 1, 'x', -1, '1969-01-01');
SELECT pg_temp.events('o', 'transforms.o.table.fields.additional.placement', 'part:partition');
SELECT pg_temp.events('o', 'transforms.o.table.field.event.timestamp', 'made');
SELECT 'stop' FROM pg_drop_replication_slot('transforms_outbox');
DROP TABLE outbox, j, bare, far;

-- The same, before there is a row.
CREATE EXTENSION walpost;
CREATE TABLE early (id uuid PRIMARY KEY, aggregate_type text, aggregate_id text, payload jsonb, at timestamptz);
SELECT walpost.refusal('early', '{topic.prefix,srv,transforms,o,transforms.o.type,io.debezium.transforms.outbox.EventRouter}');
SELECT walpost.refusal('early', '{topic.prefix,srv,transforms,o,transforms.o.type,io.debezium.transforms.outbox.EventRouter,
transforms.o.route.by.field,aggregate_type,transforms.o.table.field.event.key,aggregate_id,transforms.o.table.field.event.timestamp,at}');
SELECT walpost.refusal('early', '{topic.prefix,srv,transforms,o,transforms.o.type,io.debezium.transforms.outbox.EventRouter,
transforms.o.route.by.field,aggregate_type,transforms.o.table.field.event.key,aggregate_id}');
SELECT walpost.refusal('early', '{topic.prefix,srv,transforms,f,transforms.f.type,io.debezium.transforms.Filter,
transforms.f.language,jsr223.groovy,transforms.f.condition,value.op.foo()}');
-- and before there is an update or a delete
SELECT op, walpost.refusal('early', '{topic.prefix,srv,transforms,f,transforms.f.type,io.debezium.transforms.Filter,
transforms.f.language,jsr223.groovy,transforms.f.condition,value.op == ''c'' || value.after.status == ''paid''}', op)
FROM unnest('{c,u,d}'::text[]) op;
SELECT op, walpost.refusal('early', '{topic.prefix,srv,transforms,f,transforms.f.type,io.debezium.transforms.Filter,
transforms.f.language,jsr223.groovy,transforms.f.condition,value.op == ''c'' || value.after.status == ''paid'',skipped.operations,"u,d"}', op)
FROM unnest('{c,u,d}'::text[]) op;
-- what the server does not let happen is not refused
ALTER TABLE early REPLICA IDENTITY NOTHING;
SELECT walpost.refusal('early', '{topic.prefix,srv,transforms,f,transforms.f.type,io.debezium.transforms.Filter,
transforms.f.language,jsr223.groovy,transforms.f.condition,value.op == ''c'' || value.after.status == ''paid''}', 'u');
SELECT walpost.refusal('early', '{topic.prefix,srv}', 'x');
DROP TABLE early;
DROP EXTENSION walpost;
