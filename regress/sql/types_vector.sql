-- pgvector: vector, halfvec and sparsevec.  The server may lack it: see the
-- second expected file.
SET client_min_messages = warning;
SELECT count(*) = 0 AS missing FROM pg_available_extensions WHERE name = 'vector' AND default_version ~ '^0\.([789]|\d\d)|^[1-9]' \gset
\if :missing
\echo pgvector is not installed here
\quit
\endif
CREATE EXTENSION vector;
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_vector', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE FUNCTION pg_temp.fields(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT f::text
  FROM (SELECT DISTINCT ON (data::json ->> 'topic') data::json AS d
        FROM pg_logical_slot_peek_changes('types_vector', NULL, NULL,
          VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options)
        WHERE (data::json ->> 'value') IS NOT NULL) e,
    json_array_elements(d -> 'value' -> 'schema' -> 'fields' -> 0 -> 'fields') f
$$;
CREATE TABLE vec (pk int PRIMARY KEY, v vector(3), vn vector NOT NULL, h halfvec(3), s sparsevec(100), big sparsevec(100000), av vector[]);
SELECT 'init' FROM pg_create_logical_replication_slot('types_vector', 'walpost');

INSERT INTO vec VALUES (1, '[1,2.5,-3]', '[1]', '[1,2,0.333]', '{1:1.5,50:2.25,3:-1,100:7}/100', '{1:1}/100000', ARRAY['[1,2]'::vector]),
  (2, '[0.1,1e20,1e-10]', '[0]', '[65504,-6e-8,6.1e-5]', '{}/100', null, '{}'), (3, null, '[0]', null, '{1:1,17:2,33:3,2:4}/100', null, ARRAY['[1]'::vector, null]);
DELETE FROM vec WHERE pk = 1;
SELECT pg_temp.fields();
SELECT pg_temp.shown('after');
SELECT pg_temp.shown('before');

SELECT 'stop' FROM pg_drop_replication_slot('types_vector');
DROP TABLE vec;
DROP EXTENSION vector;
