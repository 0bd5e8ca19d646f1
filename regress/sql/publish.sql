-- walpost.publish(): records without a table.
SET synchronous_commit = on;
CREATE EXTENSION walpost;
CREATE TABLE t (id int PRIMARY KEY);
SELECT 'init' FROM pg_create_logical_replication_slot('publish', 'walpost');
CREATE FUNCTION pg_temp.events(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT regexp_replace(data, '"source".*', '..') FROM pg_logical_slot_peek_changes('publish', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 'srv', 'extended.headers.enabled', 'false'] || options)
$$;
BEGIN;
INSERT INTO t VALUES (1);
SELECT walpost.publish('orders.events', '42', '{"total": 12}', '{"type": "OrderCreated", "n": 1.50, "flag": true, "none": null, "deep": {"a": [1, "x"]}}') > '0/0' AS published;
INSERT INTO t VALUES (2);
COMMIT;
SELECT 'two' FROM walpost.publish('orders.events', NULL, E'line\n"quoted" \u00e9') a, walpost.publish('orders.other', 'k', NULL::text, '{}') b;
SELECT 'bytes' FROM walpost.publish('orders.bytes', 'k', '\x00ff'::bytea);
BEGIN;
SELECT 'lost' FROM walpost.publish('orders.events', '43', 'rolled back');
ROLLBACK;
SELECT 'forged' FROM pg_logical_emit_message(true, 'walpost.publish', 'no message') a, pg_logical_emit_message(false, 'walpost.publish', 'no message') b,
  pg_logical_emit_message(true, 'walpost.publish', '') c, pg_logical_emit_message(true, 'walpost.other', 'x') d;
\a
\t
-- no topic is allowed without the list; messages of these prefixes are no events
SELECT pg_temp.events();
-- those that it names
SELECT pg_temp.events('walpost.publish.topic.include.list', 'orders\.events,orders\.b.*', 'table.include.list', 'none');
SELECT pg_temp.events('walpost.publish.topic.include.list', 'orders\..*', 'table.include.list', 'none');
-- converters, transforms and schemas do not touch them
SELECT pg_temp.events('walpost.publish.topic.include.list', 'orders\.events', 'table.include.list', 'none', 'value.converter.schemas.enable', 'true',
  'transforms', 'f', 'transforms.f.type', 'Filter') AS e LIMIT 1;
SELECT count(*) FROM pg_temp.events('walpost.publish.topic.include.list', 'orders\..*', 'walpost.position.headers', 'true', 'provide.transaction.metadata', 'true') e WHERE e ~ '"walpost.seq":"\d{16}"' AND e ~ 'orders';
\t
\a
-- what is refused
\set VERBOSITY terse
SELECT walpost.publish(NULL, 'k', 'p');
SELECT walpost.publish('not a topic', 'k', 'p');
SELECT walpost.publish('', 'k', 'p');
SELECT walpost.publish('t', 'k', 'p', '[1]');
SELECT walpost.publish('t', 'k', 'p', jsonb_build_object(repeat('n', 70000), 1));
SELECT pg_temp.events('walpost.publish.topic.include.list', '(');
CREATE ROLE regress_walpost_app;
SET ROLE regress_walpost_app;
SELECT walpost.publish('t', 'k', 'p');
RESET ROLE;
GRANT EXECUTE ON FUNCTION walpost.publish(text, text, text, jsonb) TO regress_walpost_app;
SET ROLE regress_walpost_app;
SELECT 'granted' FROM walpost.publish('t', 'k', 'p');
RESET ROLE;
DROP OWNED BY regress_walpost_app;
DROP ROLE regress_walpost_app;
SELECT 'stop' FROM pg_drop_replication_slot('publish');
DROP TABLE t;
DROP EXTENSION walpost;
