-- Values inside the headers of a key change, which are printed as Connect's
-- SimpleHeaderConverter prints them.
SET client_min_messages = warning;
CREATE EXTENSION hstore;
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_header', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
SET datestyle = 'ISO, MDY';
CREATE TYPE mood AS ENUM ('a "b" \ c', 'ok');
CREATE TABLE k (i int, t text, c char(4), nm name, n numeric, n102 numeric(10,2), n2010 numeric(20,10), m money, f4 float4, f8 float8, b bool, u uuid, ba bytea, e mood, j jsonb, at text[], an numeric(6,2)[], bt bit(9),
  PRIMARY KEY (i, t, c, nm, n, n102, n2010, m, f4, f8, b, u, ba, e, j, at, an, bt));
CREATE TABLE w (i int PRIMARY KEY, d date, tm time, ts timestamp, tsz timestamptz, iv interval, hs hstore, ad date[], r tsrange);
ALTER TABLE w REPLICA IDENTITY FULL;
SELECT 'init' FROM pg_create_logical_replication_slot('types_header', 'walpost');

INSERT INTO k VALUES (1, E'q" \\ \n é😀', 'ab', '"n"', 1.500, 1234.5, 0.0000000001, 12.5, 'NaN', '-Infinity', true, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\x0102', 'a "b" \ c', '{"a": "\\"}', '{"x\"y"}', '{1.1,2}', '100000001');
UPDATE k SET i = 2, f4 = 1e20, f8 = 0.1, n2010 = 0;
INSERT INTO w VALUES (1, '1999-12-31', '13:51:30.123456', '2016-11-04 13:51:30.123456', '2016-11-04 13:51:30.123456+00', '1 day', 'a=>"q\"", b=>NULL', '{1999-12-31,1960-01-01}', '[2010-01-01 14:30,)'),
  (2, '1960-01-01', '24:00', '1960-01-01 01:02:03.5', 'infinity', '1 day', '', null, 'empty'),
  (3, '10000-01-01', '00:00', 'infinity', '2016-11-04 13:51:30+00', '0', null, '{}', null),
  (4, 'infinity', null, '2016-11-04', null, null, null, null, null);
UPDATE w SET i = i + 10;

CREATE FUNCTION pg_temp.oldkey(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT data::json -> 'headers' ->> '__debezium.oldkey'
  FROM pg_logical_slot_peek_changes('types_header', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't',
    'message.key.columns', 'public.w:i,d,tm,ts,tsz,iv,hs,ad,r'] || options)
  WHERE data::json -> 'headers' ->> '__debezium.oldkey' IS NOT NULL
$$;
SELECT pg_temp.oldkey();
SELECT pg_temp.oldkey('decimal.handling.mode', 'double', 'time.precision.mode', 'connect', 'hstore.handling.mode', 'map', 'binary.handling.mode', 'hex');
SELECT pg_temp.oldkey('decimal.handling.mode', 'string', 'time.precision.mode', 'isostring', 'interval.handling.mode', 'string');
SELECT pg_temp.oldkey('time.precision.mode', 'structured', 'money.fraction.digits', '0');
SELECT data::json -> 'headers' ->> '__debezium.newkey'
FROM pg_logical_slot_peek_changes('types_header', NULL, NULL, 'topic.prefix', 't')
WHERE data::json -> 'headers' ->> '__debezium.newkey' IS NOT NULL AND data::json ->> 'topic' = 't.public.k';

SELECT 'stop' FROM pg_drop_replication_slot('types_header');
DROP TABLE k, w;
DROP TYPE mood;
DROP EXTENSION hstore;
