-- Options: names, values, and what is said of wrong ones.
SET synchronous_commit = on;
CREATE TABLE o (id int PRIMARY KEY, n numeric(6,2));
SELECT 'init' FROM pg_create_logical_replication_slot('options', 'walpost');
INSERT INTO o VALUES (1, 1.10);

CREATE FUNCTION pg_temp.peek(VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT (data::jsonb -> 'value' -> 'after')::text
  FROM pg_logical_slot_peek_changes('options', NULL, NULL, VARIADIC options)
$$;
\set VERBOSITY verbose
\set SHOW_CONTEXT never

SELECT pg_temp.peek('topic.prefix', 'shop');
SELECT pg_temp.peek('topic.prefix', 'shop', 'decimal.handling.mode', 'string');
SELECT pg_temp.peek('topic.prefix', 'shop', 'decimal.handling.mode', 'DOUBLE');

-- a connector's lines in one option
SELECT pg_temp.peek('walpost.properties', E'# from a file\ntopic.prefix = shop\n decimal.handling.mode:\\\n  string\n');
SELECT pg_temp.peek('walpost.properties', E'topic.prefix=sh\\u006fp', 'decimal.handling.mode', 'string');

\set VERBOSITY default
SELECT pg_temp.peek('decimal.handling.mode', 'string');
SELECT pg_temp.peek('topic.prefix', 'shop', 'decimal.handling.mode', 'exact');
SELECT pg_temp.peek('topic.prefix', 'shop', 'tombstones.on.delete', 'perhaps');
SELECT pg_temp.peek('topic.prefix', 'shop', 'money.fraction.digits', '19');
SELECT pg_temp.peek('topic.prefix', 'shop', 'money.fraction.digits', '2x');
SELECT pg_temp.peek('topic.prefix', 'shop', 'skipped.operations', 'c,x');
SELECT pg_temp.peek('topic.prefix', 'shop', 'colour', 'red');
SELECT pg_temp.peek('topic.prefix', 'shop', 'topic.prefix', 'again');
SELECT pg_temp.peek('walpost.properties', 'topic.prefix=shop', 'topic.prefix', 'again');
SELECT pg_temp.peek('topic.prefix', 'sh op');
SELECT pg_temp.peek('topic.prefix', 'shop', 'table.include.list', 'a', 'table.exclude.list', 'b');
SELECT pg_temp.peek('topic.prefix', 'shop', 'unavailable.value.placeholder', 'hex:4');
SELECT pg_temp.peek('topic.prefix', 'shop', 'message.key.columns', 'nonsense');
SELECT pg_temp.peek('topic.prefix', 'shop', 'walpost.last.commit.lsn', 'x');
SELECT pg_temp.peek('topic.prefix', 'shop', 'wire', '99');
SELECT pg_temp.peek('walpost.properties', E'topic.prefix=\\u12');
SELECT pg_temp.peek('topic.prefix', 'shop', 'publication.name', '"');
-- longer than an identifier
SELECT pg_temp.peek('topic.prefix', 'shop', repeat('x', 63), 'y');
-- frames are bytes, which this function does not return
SELECT pg_temp.peek('topic.prefix', 'shop', 'wire', '1');

-- options are read again for each session, and a failed one leaves nothing behind
SELECT pg_temp.peek('topic.prefix', 'shop');

SELECT 'stop' FROM pg_drop_replication_slot('options');
DROP TABLE o;
