-- What stands for a value that is not there: fall-backs of NOT NULL columns in
-- the old row of a delete, and unchanged TOAST values.
SET client_min_messages = warning;
CREATE EXTENSION hstore;
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_missing', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE nn (pk int PRIMARY KEY, i2 int2 NOT NULL, i8 int8 NOT NULL, f4 float4 NOT NULL, n numeric NOT NULL, n62 numeric(6,2) NOT NULL, n0 numeric(4) NOT NULL, n20 numeric(20,10) NOT NULL, m money NOT NULL, o oid NOT NULL, b bool NOT NULL,
  t text NOT NULL, c char(3) NOT NULL, nm name NOT NULL, u uuid NOT NULL, x xml NOT NULL, j json NOT NULL, i inet NOT NULL, tv tsvector NOT NULL, e mood NOT NULL, r int4range NOT NULL, hs hstore NOT NULL,
  d date NOT NULL, tm time NOT NULL, tm3 time(3) NOT NULL, tz timetz NOT NULL, ts timestamp NOT NULL, tsz timestamptz NOT NULL, iv interval NOT NULL,
  ba bytea NOT NULL, b1 bit NOT NULL, b3 bit(3) NOT NULL, vb varbit NOT NULL, ai int4[] NOT NULL, ab bit(3)[] NOT NULL,
  p point NOT NULL, ls lseg NOT NULL, bx box NOT NULL, pa path NOT NULL, pg polygon NOT NULL, ci circle NOT NULL, li line NOT NULL, q tsquery NOT NULL);
CREATE TABLE toast (pk int PRIMARY KEY, v int, t text, b bytea, j jsonb, x xml, n numeric, e hstore, tv tsvector, vb varbit, pa path, tq tsquery,
  at text[], av varchar[], ac char(3)[], aj json[], aba bytea[], ai2 int2[], ai4 int4[], ai8 int8[], ad date[], au uuid[], an numeric[], ae mood[], ats timestamp[]);
DO $$ BEGIN
  EXECUTE (SELECT 'ALTER TABLE toast ' || string_agg(format('ALTER %I SET STORAGE external', attname), ', ')
           FROM pg_attribute WHERE attrelid = 'toast'::regclass AND attnum > 2 AND attname NOT IN ('n', 'x', 'tq'));
END $$;
ALTER TABLE toast ALTER n SET STORAGE external, ALTER x SET STORAGE external;
INSERT INTO nn VALUES (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, true, 't', 'c', 'n', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '<a/>', '{}', '1.2.3.4', 'a', 'ok', '[1,2)', 'a=>1',
  '2020-01-01', '01:00', '01:00', '01:00+00', '2020-01-01', '2020-01-01', '1 day', '\x01', '1', '111', '1', '{1}', '{111}',
  '(1,1)', '[(1,1),(2,2)]', '(0,0),(1,1)', '[(1,1)]', '((1,1))', '<(0,0),1>', '{1,2,3}', 'a');
INSERT INTO toast SELECT 1, 1, repeat('a', 9000), decode(repeat('ab', 9000), 'hex'), to_jsonb(repeat('j', 9000)), ('<a>' || repeat('x', 9000) || '</a>')::xml, repeat('1', 20000)::numeric,
  hstore('k', repeat('h', 9000)), array_to_tsvector(ARRAY(SELECT 'w' || generate_series(1, 2000))), repeat('1', 80000)::varbit, ('[' || repeat('(1,1),', 1000) || '(2,2)]')::path,
  'a', ARRAY[repeat('t', 9000)], ARRAY[repeat('t', 9000)], array_agg('abc'::char(3)), ARRAY[to_json(repeat('j', 9000))], ARRAY[decode(repeat('ab', 9000), 'hex')],
  array_agg(i::int2), array_agg(i::int4), array_agg(i::int8), array_agg('2020-01-01'::date), array_agg(gen_random_uuid()), array_agg(1.5), array_agg('ok'::mood), array_agg('2020-01-01'::timestamp)
  FROM generate_series(1, 3000) i;
SELECT 'init' FROM pg_create_logical_replication_slot('types_missing', 'walpost');

DELETE FROM nn;
UPDATE toast SET v = 2;
DELETE FROM toast;

CREATE FUNCTION pg_temp.both(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT coalesce(substring(data FROM '"after":(\{.*\}),"source":'), substring(data FROM '"before":(\{.*\}),"after":'))
  FROM pg_logical_slot_peek_changes('types_missing', NULL, NULL,
    VARIADIC ARRAY['topic.prefix', 't', 'tombstones.on.delete', 'false'] || options)
$$;
SELECT pg_temp.both();
SELECT pg_temp.both('decimal.handling.mode', 'string', 'time.precision.mode', 'isostring', 'interval.handling.mode', 'string',
  'binary.handling.mode', 'hex', 'hstore.handling.mode', 'map', 'unavailable.value.placeholder', E'n/a "\\"');
SELECT pg_temp.both('decimal.handling.mode', 'double', 'time.precision.mode', 'structured', 'binary.handling.mode', 'base64',
  'include.unknown.datatypes', 'true', 'unavailable.value.placeholder', 'hex:41c3a9');
SELECT pg_temp.both('time.precision.mode', 'connect', 'decimal.handling.mode', 'string', 'money.fraction.digits', '8',
  'include.unknown.datatypes', 'true', 'unavailable.value.placeholder', '') LIMIT 2;

SELECT 'stop' FROM pg_drop_replication_slot('types_missing');
DROP TABLE nn, toast;
DROP TYPE mood;
DROP EXTENSION hstore;
