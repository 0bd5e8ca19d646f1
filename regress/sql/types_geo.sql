-- The geometric types, as well-known binary.
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_geo', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE FUNCTION pg_temp.fields(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT f::text
  FROM (SELECT DISTINCT ON (data::json ->> 'topic') data::json AS d
        FROM pg_logical_slot_peek_changes('types_geo', NULL, NULL,
          VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options)
        WHERE (data::json ->> 'value') IS NOT NULL) e,
    json_array_elements(d -> 'value' -> 'schema' -> 'fields' -> 0 -> 'fields') f
$$;
CREATE TABLE geo (pk serial PRIMARY KEY, p point, ls lseg, bx box, pa path, pg polygon, ci circle, li line);
SELECT 'init' FROM pg_create_logical_replication_slot('types_geo', 'walpost');

INSERT INTO geo (p, ls, bx, pa, pg, ci, li) VALUES
  ('(1,1)', '[(0,0),(0,1)]', '(0,0),(1,1)', '[(0,0),(0,1),(0,2)]', '((0,0),(0,1),(1,1))', '<(10,4),10>', '{1,2,3}'),
  (null, null, null, '((0,0),(0,1),(0,2))', '((0,0),(0,1),(1,1),(0,0))', null, null),
  ('(-1.5,1e20)', '[(1,1),(1,1)]', '(3,-1),(-2,5)', '((1,1))', '((7,7))', '<(-0.1,0),0>', '{-1,0,0.5}'),
  ('(NaN,Infinity)', null, null, (SELECT ('[' || string_agg(format('(%s,%s)', i, -i), ',') || ']')::path FROM generate_series(1, 30) i), null, null, null);

SELECT pg_temp.fields();
SELECT pg_temp.shown('after');

SELECT 'stop' FROM pg_drop_replication_slot('types_geo');
DROP TABLE geo;
