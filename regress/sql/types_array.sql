-- Arrays: of each type, empty, with nulls, with more than one dimension.
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_array', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE FUNCTION pg_temp.fields(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT f::text
  FROM (SELECT DISTINCT ON (data::json ->> 'topic') data::json AS d
        FROM pg_logical_slot_peek_changes('types_array', NULL, NULL,
          VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options)
        WHERE (data::json ->> 'value') IS NOT NULL) e,
    json_array_elements(d -> 'value' -> 'schema' -> 'fields' -> 0 -> 'fields') f
$$;
SET datestyle = 'ISO, MDY';
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN ints AS int[];
CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE TABLE arr (pk serial PRIMARY KEY, ai2 int2[], ai4 int4[], ai8 int8[], ao oid[], af4 float4[], af8 float8[], ab bool[], ad ints);
CREATE TABLE txt (pk serial PRIMARY KEY, at text[], av varchar(5)[], ac char(4)[], aq "char"[], au uuid[], aj json[], ajb jsonb[], ae mood[], atv tsvector[], ai inet[], acit cidr[], am macaddr[], ar int4range[]);
CREATE TABLE num (pk serial PRIMARY KEY, an numeric[], an62 numeric(6,2)[]);
CREATE TABLE tim (pk serial PRIMARY KEY, ad date[], atm time[], atm0 time(0)[], atz timetz[], ats timestamp[], ats3 timestamp(3)[], atsz timestamptz[], atsz0 timestamptz(0)[]);
CREATE TABLE bin (pk serial PRIMARY KEY, aba bytea[], abit bit(3)[] NOT NULL DEFAULT '{}', abit1 bit[], ov oidvector, iv int2vector);
CREATE TABLE omitted (pk int PRIMARY KEY, am money[], anm name[], aiv interval[], axml xml[], apt point[], alseg lseg[], avb varbit[], aref refcursor[], adom posint[], alsn pg_lsn[]);
SELECT 'init' FROM pg_create_logical_replication_slot('types_array', 'walpost');

INSERT INTO arr (ai2, ai4, ai8, ao, af4, af8, ab, ad) VALUES
  ('{1,null}', '{1,2}', '{3}', '{4294967295}', '{1.5}', '{2.5,NaN}', '{t,f,null}', '{1}'),
  ('{}', '{{1,2},{3,4}}', '{{1},{2}}', null, '{{1,2}}', '{{1.5}}', '{{t}}', '{{{1,2}},{{3,4}},{{5,6}}}'),
  ('[5:6]={7,8}', '{null}', '{null,1}', '{}', '{null,1}', '{}', '{}', '{}');
INSERT INTO txt (at, av, ac, aq, au, aj, ajb, ae, atv, ai, acit, am, ar) VALUES
  ('{a,"b c",null,"d\"e"}', '{ab,null}', '{ab}', '{x}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{"{\"a\": 1}"}', '{"{\"a\": 1}"}', '{ok,sad}', '{"a b"}', '{1.2.3.4/24,::1}', '{1.2.3.0/24}', '{08:00:2b:01:02:03}', '{"[1,5)",empty}'),
  ('{{a,b},{c,d}}', '{}', null, '{}', '{{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}}', '{}', '{}', '{ok,null}', '{a,null}', '{}', '{}', '{}', '{}'),
  ('{""}', null, null, null, null, null, null, '{{ok,sad}}', '{}', null, null, null, '{null}');
INSERT INTO num (an, an62) VALUES ('{1.10,100}', '{1.1,2}'), ('{NaN,1,null}', '{{1,2}}'), ('{}', '{null}');
INSERT INTO tim (ad, atm, atm0, atz, ats, ats3, atsz, atsz0) VALUES
  ('{2016-11-04,"0044-03-15 BC",infinity}', '{13:51:30.123456,24:00}', '{13:51:30.6}', '{13:51:30.123+02}', '{"2016-11-04 13:51:30.123456",infinity}', '{"2016-11-04 13:51:30.1236"}', '{"2016-11-04 13:51:30.123456+02",infinity,-infinity}', '{"2016-11-04 13:51:30+02"}'),
  ('{{2016-11-04}}', '{}', '{null}', '{}', '{{"2016-11-04 13:51:30"}}', '{}', '{}', '{}');
INSERT INTO bin (aba, abit, abit1, ov, iv) VALUES ('{"\\x0102",null}', '{101}', '{1}', '1 2 4294967295', '1 -2 3'), ('{}', '{}', null, '', null);
INSERT INTO omitted VALUES (1, '{1.5}', '{nm}', '{"1 day"}', '{<a/>}', '{"(1,2)"}', '{"[(1,2),(3,4)]"}', '{11}', '{c}', '{5,6}', '{0/1}'), (2, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{5,null}', '{}');

SELECT pg_temp.shown('after');
SELECT pg_temp.fields();
SELECT pg_temp.shown('after', 'include.unknown.datatypes', 'true') OFFSET 13;
SELECT pg_temp.shown('after', 'decimal.handling.mode', 'string', 'time.precision.mode', 'isostring', 'binary.handling.mode', 'hex') OFFSET 6 LIMIT 7;
SELECT pg_temp.shown('after', 'decimal.handling.mode', 'double', 'time.precision.mode', 'structured', 'binary.handling.mode', 'base64') OFFSET 6 LIMIT 7;

SELECT 'stop' FROM pg_drop_replication_slot('types_array');
DROP TABLE arr, txt, num, tim, bin, omitted;
DROP DOMAIN ints, posint;
DROP TYPE mood;
