-- Types that have no mapping: left out, or the bytes of their text.
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_unknown', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE FUNCTION pg_temp.fields(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT f::text
  FROM (SELECT DISTINCT ON (data::json ->> 'topic') data::json AS d
        FROM pg_logical_slot_peek_changes('types_unknown', NULL, NULL,
          VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options)
        WHERE (data::json ->> 'value') IS NOT NULL) e,
    json_array_elements(d -> 'value' -> 'schema' -> 'fields' -> 0 -> 'fields') f
$$;
CREATE TYPE comp AS (a int, b text);
CREATE TYPE floatrange AS RANGE (subtype = float8);
CREATE DOMAIN dnum AS numeric(8,3);
CREATE DOMAIN dnum2 AS dnum;
CREATE DOMAIN dcomp AS comp;
CREATE TABLE unk (pk int PRIMARY KEY, tq tsquery, cmp comp, dc dcomp, lsn pg_lsn, x xid, x8 xid8, jp jsonpath, snap txid_snapshot, mr int4multirange, rc regclass, rt regtype, fr floatrange, ti tid, acmp comp[], amr int4multirange[], t text);
CREATE TABLE known (pk int PRIMARY KEY, dn dnum, dn2 dnum2);
CREATE TABLE nothing ();
SELECT 'init' FROM pg_create_logical_replication_slot('types_unknown', 'walpost');

INSERT INTO unk VALUES (1, 'fat & rat', '(1,hi)', '(2,ho)', '16/B374D848', '123', '123', '$.a', '10:20:10,14', '{[1,2),[5,7)}', 'pg_class', 'int', '[1,2.5)', '(1,2)', '{"(1,x)","(2,\"y z\")"}', '{"{[1,2)}"}', 'text'),
  (2, null, null, null, null, null, null, null, null, null, null, null, null, null, '{null}', '{}', null);
INSERT INTO known VALUES (1, 1.5, 2.125);
INSERT INTO nothing DEFAULT VALUES;

SELECT pg_temp.shown('after');
SELECT pg_temp.shown('after', 'include.unknown.datatypes', 'true');
SELECT pg_temp.shown('after', 'include.unknown.datatypes', 'true', 'binary.handling.mode', 'hex');
SELECT pg_temp.fields('include.unknown.datatypes', 'true');
SELECT pg_temp.fields('include.unknown.datatypes', 'true', 'binary.handling.mode', 'base64') LIMIT 3;

SELECT 'stop' FROM pg_drop_replication_slot('types_unknown');
DROP TABLE unk, known, nothing;
DROP DOMAIN dnum2, dnum, dcomp;
DROP TYPE comp, floatrange;
