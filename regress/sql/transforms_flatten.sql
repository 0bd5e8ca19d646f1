-- Flatten: structs of structs, what a column prints at once, and what it cannot take.
SET synchronous_commit = on;
CREATE TABLE s (id int PRIMARY KEY, free numeric DEFAULT 1.25, p point, name text DEFAULT 'x', tags text[]);
ALTER TABLE s REPLICA IDENTITY FULL;
CREATE EXTENSION hstore;
CREATE TABLE h (id int PRIMARY KEY, map hstore);
CREATE TABLE d (id int PRIMARY KEY, p point, "p.x" int);
SELECT 'init' FROM pg_create_logical_replication_slot('transforms_flatten', 'walpost');
CREATE FUNCTION pg_temp.events(tables text, VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(data, '"[^"]*source\.(version|ts_.s|db|txId|lsn|sequence)":("(\\.|[^"])*"|\d+),', '', 'g'), '("(?:ts_[mun]s)"):\d+', '\1:0', 'g')
  FROM pg_logical_slot_peek_changes('transforms_flatten', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 't', 'extended.headers.enabled', 'false', 'table.include.list', tables, 'transforms.f.type', 'Flatten$Value'] || options)
$$;
INSERT INTO s VALUES (1, 2, '(1,-2)', E'quo"ted\\', '{"a,}",b}');
UPDATE s SET free = NULL, p = NULL;
DELETE FROM s;
INSERT INTO h VALUES (1, 'a=>b');
INSERT INTO d VALUES (1, '(1,2)', 3);

\a
\t
\set SHOW_CONTEXT never
SELECT pg_temp.events('public.s', 'transforms', 'f');
SELECT pg_temp.events('public.s', 'transforms', 'u,f', 'transforms.u.type', 'ExtractNewRecordState', 'transforms.f.delimiter', '');

-- ---- records that it cannot take: a map; two fields that come to one name; what is no struct
SELECT pg_temp.events('public.h', 'transforms', 'f', 'hstore.handling.mode', 'map');
SELECT pg_temp.events('public.d', 'transforms', 'f');
SELECT pg_temp.events('public.h', 'transforms', 'x,f', 'transforms.x.type', 'ExtractField$Value', 'transforms.x.field', 'op');
SELECT pg_temp.events('public.h', 'transforms', 'f', 'transforms.f.separator', '.');
SELECT 'stop' FROM pg_drop_replication_slot('transforms_flatten');
DROP TABLE s, h, d;
DROP EXTENSION hstore;
