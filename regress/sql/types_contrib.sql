-- hstore, citext, ltree and isbn, known by name and extension.
SET client_min_messages = warning;
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION ltree;
CREATE EXTENSION isn;
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_contrib', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE FUNCTION pg_temp.fields(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT f::text
  FROM (SELECT DISTINCT ON (data::json ->> 'topic') data::json AS d
        FROM pg_logical_slot_peek_changes('types_contrib', NULL, NULL,
          VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options)
        WHERE (data::json ->> 'value') IS NOT NULL) e,
    json_array_elements(d -> 'value' -> 'schema' -> 'fields' -> 0 -> 'fields') f
$$;
CREATE SCHEMA other;
-- a type of one's own by the same name is none of them
CREATE TYPE other.ltree AS ENUM ('a.b');
CREATE TYPE other.hstore AS (a int);
CREATE TABLE con (pk serial PRIMARY KEY, hs hstore, ci citext, l ltree, i isbn, ahs hstore[], acit citext[], al ltree[], ai isbn[]);
CREATE TABLE oth (pk serial PRIMARY KEY, e ean13, l other.ltree, h other.hstore);
SELECT 'init' FROM pg_create_logical_replication_slot('types_contrib', 'walpost');

INSERT INTO con (hs, ci, l, i, ahs, acit, al, ai) VALUES
  ('"key1"=>"val1", "key2"=>"val2", "key4"=>"val4", "key5"=>NULL', 'CiText"', 'Top.Science', '0-393-04002-X', '{"\"a\"=>\"b\"","\"c\"=>NULL"}', '{Ab,null}', '{a.b,null}', '{0-393-04002-X}'),
  ('', '', '', null, '{}', '{}', '{}', '{0-393-04002-X,null}'),
  (hstore(ARRAY['q"\', E'\n\x01', 'é', '😀', 'x😀y', ''], ARRAY['"', E'\t', 'ü', '😀', '\', '']), null, null, null, null, null, null, null),
  ((SELECT hstore(array_agg('key' || k), array_agg(k::text)) FROM generate_series(1, 40) k), null, null, null, null, null, null, null);
INSERT INTO oth (e, l, h) VALUES ('978-0-393-04002-9', 'a.b', '(1)');

SELECT pg_temp.fields();
SELECT pg_temp.shown('after');
SELECT pg_temp.shown('after', 'hstore.handling.mode', 'map');
SELECT pg_temp.fields('hstore.handling.mode', 'map');
SELECT pg_temp.shown('after', 'include.unknown.datatypes', 'true', 'binary.handling.mode', 'hex') OFFSET 4;

SELECT 'stop' FROM pg_drop_replication_slot('types_contrib');
DROP TABLE con, oth;
DROP SCHEMA other CASCADE;
DROP EXTENSION hstore, citext, ltree, isn;
