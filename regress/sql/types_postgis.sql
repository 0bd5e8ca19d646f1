-- PostGIS: geometry and geography.  The server may lack it: see the second
-- expected file.
SET client_min_messages = warning;
SELECT count(*) = 0 AS missing FROM pg_available_extensions WHERE name = 'postgis' \gset
\if :missing
\echo postgis is not installed here
\quit
\endif
CREATE EXTENSION postgis;
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_postgis', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE FUNCTION pg_temp.fields(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT f::text
  FROM (SELECT DISTINCT ON (data::json ->> 'topic') data::json AS d
        FROM pg_logical_slot_peek_changes('types_postgis', NULL, NULL,
          VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options)
        WHERE (data::json ->> 'value') IS NOT NULL) e,
    json_array_elements(d -> 'value' -> 'schema' -> 'fields' -> 0 -> 'fields') f
$$;
CREATE TABLE pois (pk int PRIMARY KEY, g geometry, gn geometry(Point,4326) NOT NULL, gg geography, ag geometry[], b box2d);
SELECT 'init' FROM pg_create_logical_replication_slot('types_postgis', 'walpost');

INSERT INTO pois VALUES
  (1, 'SRID=4326;POINT(10 20)', 'SRID=4326;POINT(1 2)', 'POINT(10 20)', ARRAY['POINT(1 1)'::geometry, null], 'BOX(1 2,3 4)'),
  (2, 'POINT Z (1 2 3)', 'SRID=4326;POINT(1 2)', 'LINESTRING(0 0,1 1)', '{}', null),
  (3, 'POINT EMPTY', 'SRID=4326;POINT(1 2)', null, null, null),
  (4, 'SRID=3857;POLYGON((0 0,0 1,1 1,0 0))', 'SRID=4326;POINT(1 2)', null, null, null);
DELETE FROM pois WHERE pk = 1;
SELECT pg_temp.fields();
SELECT pg_temp.shown('after');
SELECT pg_temp.shown('before');
-- the bytes are those that the type prints
SELECT bool_and(encode(decode(d ->> 'wkb', 'base64'), 'hex') = lower(g::text))
FROM pois JOIN (SELECT (s::json ->> 'pk')::int AS pk, s::json -> 'g' AS d FROM pg_temp.shown('after') s) e USING (pk);

SELECT 'stop' FROM pg_drop_replication_slot('types_postgis');
DROP TABLE pois;
DROP EXTENSION postgis;
