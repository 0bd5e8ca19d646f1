-- Every type reads the same from a table as from the stream, whatever the modes.
SET synchronous_commit = on;
SET client_min_messages = warning;
CREATE EXTENSION walpost;
CREATE EXTENSION hstore;
CREATE EXTENSION ltree;
CREATE EXTENSION citext;
RESET client_min_messages;
-- what a session prints like must not matter
SET datestyle = 'German, DMY';
SET intervalstyle = 'iso_8601';
SET timezone = 'Asia/Kathmandu';
SET extra_float_digits = 0;
SET bytea_output = 'escape';
SET quote_all_identifiers = on;
CREATE TYPE mood AS ENUM ('sad', 'a "b" \ c');
CREATE DOMAIN posint AS int CHECK (value > 0);

CREATE TABLE figures (pk serial PRIMARY KEY, i2 int2, i4 int4, i8 int8, o oid, b bool, f4 float4, f8 float8, n numeric, n62 numeric(6,2), n389 numeric(38,9), m money, d posint DEFAULT 7, twice int GENERATED ALWAYS AS (2) STORED);
CREATE TABLE texts (pk serial PRIMARY KEY, t text, v varchar(20), c char(4), q "char", nm name, u uuid, x xml, j json, jb jsonb, e mood, ci citext, l ltree, hs hstore, i inet, cd cidr, mac macaddr, mac8 macaddr8, tv tsvector, tq tsquery, lsn pg_lsn, r int4range, nr numrange, tr tsrange, tzr tstzrange, dr date, xs xid, rc regclass);
CREATE TABLE times (pk serial PRIMARY KEY, d date, t time, t3 time(3), tz timetz, ts timestamp, ts3 timestamp(3), tsz timestamptz, iv interval);
CREATE TABLE bytes (pk serial PRIMARY KEY, ba bytea, b1 bit, b9 bit(9), vb varbit, p point, ls lseg, bx box, pa path, pg polygon, ci circle, li line);
CREATE TABLE arrays (pk serial PRIMARY KEY, ai int4[], an numeric[], an62 numeric(6,2)[], at text[], ae mood[], ad date[], atsz timestamptz[], au uuid[], aj json[], aba bytea[], abit bit(3)[], ahs hstore[], af float8[], al ltree[], ar int4range[]);
CREATE TABLE long (pk serial PRIMARY KEY, t text, b bytea, j jsonb, n numeric, hs hstore, at text[], short text);
ALTER TABLE long ALTER t SET STORAGE external, ALTER b SET STORAGE external;
CREATE TABLE keyless (a int, b text);
CREATE TABLE later (pk serial PRIMARY KEY, gone int);
SELECT 'init' FROM pg_create_logical_replication_slot('snapshot_types', 'walpost');

INSERT INTO figures (i2, i4, i8, o, b, f4, f8, n, n62, n389, m) VALUES
  (-32768, -2147483648, -9223372036854775808, 4294967295, false, 3.3, 0.30000000000000004, 22.2200, 1.10, 123456789.123456789, 12.5),
  (null, null, null, null, null, null, null, null, null, null, null),
  (1, 2, 3, 4, true, 'NaN', '-Infinity', 'NaN', -0.01, -1, -92233720368547758.08),
  (1, 2, 3, 4, true, 1e20, 1.7976931348623157e308, 1e100, 327.68, 0.000000001, 0);
INSERT INTO texts (t, v, c, q, nm, u, x, j, jb, e, ci, l, hs, i, cd, mac, mac8, tv, tq, lsn, r, nr, tr, tzr, dr, xs, rc) VALUES
  (E'q" \\ \n\té😀\u0001', 'é😀', 'ab', 'x', '"n"', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '<a>é</a>', '{"a" : 1}', '{"b":[1, null]}', 'a "b" \ c', 'CiText"', 'Top.Science', 'a=>"q\"", b=>NULL',
   '1.2.3.4/24', '1.2.3.0/24', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', 'a b', 'a & b', '16/B374D848', '[1,5)', '(,2.5]', '[2010-01-01 14:30,)', '[2010-01-01 14:30+00,2010-01-02 00:00+02)', '1960-01-01', '7', 'texts'),
  (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
  ('', '', '', '', '', null, '', 'null', '""', 'sad', '', '', '', '::1', '::/0', null, null, '', 'a', '0/0', 'empty', 'empty', 'empty', '(,)', 'infinity', '0', null);
INSERT INTO times (d, t, t3, tz, ts, ts3, tsz, iv) VALUES
  ('2016-11-04', '13:51:30.123789', '13:51:30.1237', '13:51:30.123789+02', '2016-11-04 13:51:30.123456', '2016-11-04 13:51:30.1236', '2016-11-04 13:51:30.123456+02', '1 year 2 mons 3 days 04:05:06.789'),
  ('infinity', '24:00', '24:00', '23:59:59.999999-15:59', 'infinity', 'infinity', 'infinity', '-1 day'),
  (null, null, null, null, null, null, null, null),
  ('0044-03-15 BC', '00:00', '00:00', '00:00:00.1+14', '0001-01-01', '1969-12-31 23:59:59.999', '-infinity', '0');
INSERT INTO bytes (ba, b1, b9, vb, p, ls, bx, pa, pg, ci, li) VALUES
  ('\x00fffe', '1', '100000001', '0101', '(1.5,1e20)', '[(0,0),(0,1)]', '(0,0),(1,1)', '[(0,0),(0,1),(0,2)]', '((0,0),(0,1),(1,1))', '<(10,4),10>', '{1,2,3}'),
  (null, null, null, null, null, null, null, null, null, null, null),
  ('', '0', '000000000', '', '(NaN,Infinity)', '[(1,1),(1,1)]', '(3,-1),(-2,5)', '((1,1))', '((7,7))', '<(-0.1,0),0>', '{-1,0,0.5}');
INSERT INTO arrays (ai, an, an62, at, ae, ad, atsz, au, aj, aba, abit, ahs, af, al, ar) VALUES
  ('{1,null}', '{1.10,NaN}', '{1.1,2}', '{a,"b c",null,"d\"e"}', '{sad,null}', '{1999-12-31,infinity}', '{2016-11-04 13:51:30+02}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{"{\"a\": 1}"}', '{"\\x0102"}', '{101}', '{"\"a\"=>\"b\""}', '{2.5,NaN}', '{a.b,null}', '{"[1,5)",empty}'),
  ('{{1,2},{3,4}}', '{}', null, '{{a,b},{c,d}}', '{}', '{}', null, null, '{}', '{}', '{}', '{}', '{}', null, '{}'),
  (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
INSERT INTO long (t, b, j, n, hs, at, short) VALUES
  (repeat('tä"', 9000), decode(repeat('ab', 9000), 'hex'), to_jsonb(repeat('j', 90000)), repeat('1', 20000)::numeric, hstore('k', repeat('h', 90000)), ARRAY[repeat('t', 90000), null], 's'),
  (repeat('compressible', 900), null, null, 1, '', '{}', null);
INSERT INTO keyless VALUES (1, 'a'), (1, 'a'), (null, null);
INSERT INTO later (gone) VALUES (1);
UPDATE long SET short = 'no value of it is in the log' WHERE pk < 0;
ALTER TABLE later DROP gone, ADD filled text NOT NULL DEFAULT 'was not there', ADD open int;
INSERT INTO later (open) VALUES (2);

-- an event without what tells the two ways apart: op, source, times
CREATE FUNCTION pg_temp.blot(data text) RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(data, '"source":\{.*?\},"transaction"', '"source":{},"transaction"'),
    '"op":"[cr]","ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+', '"op":""')
$$;
CREATE FUNCTION pg_temp.stream(relation text, options text[]) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT pg_temp.blot(data) FROM pg_logical_slot_peek_changes('snapshot_types', NULL, NULL,
    VARIADIC ARRAY['topic.prefix', 't', 'walpost.run.id', 'r', 'table.include.list', 'public.' || relation] || options)
$$;
CREATE FUNCTION pg_temp.snapshot(relation text, options text[]) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT pg_temp.blot(convert_from(walpost.snapshot(relation::regclass, ARRAY['topic.prefix', 't', 'walpost.run.id', 'r'] || options), 'UTF8'))
$$;
CREATE TABLE modes (name text, options text[]);
INSERT INTO modes VALUES
  ('plain', '{}'),
  ('schemas', '{key.converter.schemas.enable,true,value.converter.schemas.enable,true,include.unknown.datatypes,true}'),
  ('texts', '{decimal.handling.mode,string,time.precision.mode,isostring,interval.handling.mode,string,binary.handling.mode,hex,hstore.handling.mode,map,include.unknown.datatypes,true}'),
  ('numbers', '{decimal.handling.mode,double,time.precision.mode,connect,binary.handling.mode,base64,value.converter.replace.null.with.default,false}'),
  ('nano', '{time.precision.mode,nanoseconds,binary.handling.mode,base64-url-safe,field.name.adjustment.mode,avro}'),
  ('structured', '{time.precision.mode,structured,include.unknown.datatypes,true}'),
  ('quirks', '{walpost.debezium.quirks,true,value.converter.schemas.enable,true}'),
  ('rules', '{column.mask.with.5.chars,".*(texts|long)\\.t",column.truncate.to.3.chars,".*\\.v",column.mask.hash.v2.SHA-256.with.salt.s,".*\\.(nm|short)",datatype.propagate.source.type,".*\\.int4",column.exclude.list,".*\\.(i2|f8)"}');

\a
\t on
SELECT relation, name, n, CASE WHEN other = 0 THEN 'equal' ELSE other || ' differ' END
FROM unnest(ARRAY['figures', 'texts', 'times', 'bytes', 'arrays', 'long', 'keyless']) WITH ORDINALITY r (relation, place), modes,
  LATERAL (SELECT count(*) AS n FROM pg_temp.snapshot(relation, options)) c,
  LATERAL (SELECT count(*) AS other FROM ((SELECT * FROM pg_temp.snapshot(relation, options) EXCEPT ALL SELECT * FROM pg_temp.stream(relation, options))
    UNION ALL (SELECT * FROM pg_temp.stream(relation, options) EXCEPT ALL SELECT * FROM pg_temp.snapshot(relation, options))) d) o
ORDER BY place, name;

-- a column that was added or dropped after the row was written
SELECT line::json -> 'value' -> 'after' FROM pg_temp.snapshot('later', '{}') line;
SHOW datestyle;
SHOW extra_float_digits;

SELECT 'stop' FROM pg_drop_replication_slot('snapshot_types');
SET client_min_messages = warning;
DROP TABLE figures, texts, times, bytes, arrays, long, keyless, later, modes;
DROP DOMAIN posint;
DROP TYPE mood;
DROP EXTENSION hstore, ltree, citext, walpost;
