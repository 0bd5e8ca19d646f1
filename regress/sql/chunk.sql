-- walpost.chunk(): which rows come next, what is said besides, and what is refused.
\set SHOW_CONTEXT never
SET synchronous_commit = on;
CREATE EXTENSION walpost;
CREATE FUNCTION pg_temp.frames(value bytea, OUT tag text, OUT body bytea) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE at int := 0; len int;
BEGIN
  WHILE at < length(value) LOOP
    len := ('x' || encode(substr(value, at + 2, 4), 'hex'))::bit(32)::int;
    tag := chr(get_byte(value, at));
    body := substr(value, at + 6, len);
    RETURN NEXT;
    at := at + 5 + len;
  END LOOP;
END $$;
-- the keys of a chunk's rows; then what its last frame says: last key, rows, whether there are more
CREATE FUNCTION pg_temp.chunk(relation regclass, max_rows int, after text[] DEFAULT NULL, up_to text[] DEFAULT NULL,
  condition text DEFAULT NULL, surrogate text DEFAULT NULL, more text[] DEFAULT '{}',
  OUT keys text, OUT last text, OUT rows int, OUT has_more bool, OUT to_key text) LANGUAGE plpgsql AS $$
DECLARE f record; v bytea; len int;
BEGIN
  FOR v IN SELECT walpost.chunk(relation, ARRAY['topic.prefix', 'store', 'wire', '1'] || more, NULL, max_rows, after, up_to, condition, surrogate) LOOP
    FOR f IN SELECT * FROM pg_temp.frames(v) LOOP
      IF f.tag = 'E' THEN
        keys := concat_ws(' ', keys, (regexp_match(encode(f.body, 'escape'), '"after":(\{[^}]*\})'))[1]);
      ELSIF f.tag = 'M' AND get_byte(f.body, 0) = ascii('s') THEN
        len := ('x' || encode(substr(f.body, 18, 4), 'hex'))::bit(32)::int * 4;
        to_key := convert_from(substr(f.body, 26 + len), 'UTF8');
      ELSIF f.tag = 'M' AND get_byte(f.body, 0) = ascii('k') THEN
        len := ('x' || encode(substr(f.body, 10, 4), 'hex'))::bit(32)::int;
        last := convert_from(substr(f.body, 14, len), 'UTF8');
        rows := ('x' || encode(substr(f.body, 14 + len + 4, 4), 'hex'))::bit(32)::int;
        has_more := get_byte(f.body, 13 + len + 8) = 1;
      END IF;
    END LOOP;
  END LOOP;
END $$;
CREATE TABLE shop (at date, id int, name text, PRIMARY KEY (id, at));
INSERT INTO shop SELECT date '2026-01-01' + i, i / 2, 'n' || i FROM generate_series(1, 7) i;

-- ---- one after the other, up to the key that was the last
SELECT * FROM pg_temp.chunk('shop', 3);
SELECT * FROM pg_temp.chunk('shop', 3, '{1,2026-01-04}', '{3,2026-01-08}');
INSERT INTO shop VALUES ('2026-02-01', 9, 'behind');
SELECT * FROM pg_temp.chunk('shop', 3, '{3,2026-01-07}', '{3,2026-01-08}');
SELECT * FROM pg_temp.chunk('shop', 3, '{3,2026-01-08}', '{3,2026-01-08}');
CREATE TABLE none (id int PRIMARY KEY);
SELECT * FROM pg_temp.chunk('none', 3);
-- keys mean the same under any setting; the condition is the caller's
SET datestyle = 'german';
SELECT * FROM pg_temp.chunk('shop', 2, '{3,2026-01-07}', NULL, 'at > ''07.01.2026'' -- all of it');
RESET datestyle;
-- rows are marked, and named to whom notes which ones change
SELECT string_agg(tag, '') FROM (SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1}', '0/16B3748', 2, NULL, NULL, NULL, NULL)) c (v), pg_temp.frames(v);
SELECT s ->> 'snapshot' AS snapshot, s ->> 'lsn' AS lsn, s ->> 'txId' AS tx, s ->> 'sequence' AS sequence
FROM (SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1}', '0/16B3748', 1, NULL, NULL, NULL, NULL)) c (v), pg_temp.frames(v),
  LATERAL (SELECT replace((regexp_match(encode(body, 'escape'), '"source":(\{[^}]*\})'))[1], '\\', '\')::json) e (s) WHERE tag = 'E';

-- ---- where the log was, for who only reads
CREATE FUNCTION pg_temp.lsns() RETURNS bigint[] LANGUAGE sql AS $$
  SELECT array_agg(('x' || encode(substr(body, 2, 8), 'hex'))::bit(64)::bigint ORDER BY body)
  FROM (SELECT walpost.chunk('none', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, NULL, NULL)) c (v), pg_temp.frames(v) WHERE tag = 'M'
$$;
SELECT pg_temp.lsns();
SELECT pg_current_wal_lsn() - '0/0' AS before \gset
BEGIN READ ONLY;
SELECT n[1] >= :before AS known, n[1] <= pg_current_wal_flush_lsn() - '0/0' AS flushed, n[2] AS other FROM pg_temp.lsns() n;
COMMIT;

-- ---- what to go by
CREATE TABLE keyless (id int NOT NULL, other int, twice int NOT NULL, UNIQUE (other));
INSERT INTO keyless VALUES (3, 1, 1), (1, 2, 1), (2, 3, 2);
SELECT * FROM pg_temp.chunk('keyless', 3);
SELECT * FROM pg_temp.chunk('keyless', 3, surrogate => 'id');
SELECT * FROM pg_temp.chunk('keyless', 3, surrogate => 'other');
SELECT * FROM pg_temp.chunk('keyless', 3, surrogate => 'gone');
SELECT * FROM pg_temp.chunk('keyless', 3, surrogate => 'ctid');
CREATE UNIQUE INDEX keyless_some ON keyless (id) WHERE id > 0;
SELECT * FROM pg_temp.chunk('keyless', 3, surrogate => 'id');
CREATE UNIQUE INDEX keyless_id ON keyless (id);
SELECT * FROM pg_temp.chunk('keyless', 2, surrogate => 'id');
ALTER TABLE keyless REPLICA IDENTITY USING INDEX keyless_id;
SELECT * FROM pg_temp.chunk('keyless', 2);
ALTER TABLE keyless ADD PRIMARY KEY (twice, id);
SELECT * FROM pg_temp.chunk('keyless', 2);
-- rows with the same surrogate are told apart by the key
SELECT * FROM pg_temp.chunk('keyless', 1, surrogate => 'twice');
SELECT * FROM pg_temp.chunk('keyless', 1, '{1,1}', surrogate => 'twice');

-- ---- no search_path says what comes next, and no check of a domain is called
CREATE SCHEMA extra;
CREATE EXTENSION citext SCHEMA extra;
CREATE FUNCTION trap(varchar, varchar) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the trap was sprung'; END $$;
CREATE OPERATOR > (FUNCTION = trap, LEFTARG = varchar, RIGHTARG = varchar);
CREATE OPERATOR <= (FUNCTION = trap, LEFTARG = varchar, RIGHTARG = varchar);
CREATE TABLE named (name varchar PRIMARY KEY);
INSERT INTO named VALUES ('a'), ('b'), ('c');
SET search_path = public, pg_catalog;
SELECT * FROM pg_temp.chunk('named', 1, '{a}', '{c}');
RESET search_path;
-- "B" is behind "a", as the index has it, and before it as text
CREATE TABLE mixed (a extra.citext, b int, c extra.citext, PRIMARY KEY (a, b, c));
INSERT INTO mixed SELECT a, b, c FROM unnest('{a,B,c}'::text[]) a, generate_series(1, 2) b, unnest('{x,Y}'::text[]) c;
SELECT * FROM pg_temp.chunk('mixed', 4);
SELECT * FROM pg_temp.chunk('mixed', 4, '{a,2,Y}', '{c,1,x}');
SELECT * FROM pg_temp.chunk('mixed', 4, '{B,2,Y}', '{c,1,x}');
CREATE FUNCTION trap(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the trap was sprung'; END $$;
CREATE DOMAIN number AS int;
CREATE TABLE numbered (id number PRIMARY KEY);
INSERT INTO numbered VALUES (1), (2), (3);
ALTER DOMAIN number ADD CHECK (trap(VALUE)) NOT VALID;
SELECT * FROM pg_temp.chunk('numbered', 1, '{1}', '{3}');
CREATE DOMAIN text_of AS text CHECK (VALUE <> 'trap');
CREATE TYPE pair AS (a int, b number);
CREATE TYPE span AS RANGE (SUBTYPE = text_of);
CREATE TABLE arrayed (id int[], other number[] PRIMARY KEY);
CREATE TABLE ranged (id span PRIMARY KEY);
CREATE TABLE paired (id pair[] PRIMARY KEY);
CREATE TABLE plain (id int4range, t text[], PRIMARY KEY (id, t));
INSERT INTO plain VALUES ('[1,2)', '{a}'), ('[2,3)', '{a}');
SELECT * FROM pg_temp.chunk('arrayed', 1);
SELECT * FROM pg_temp.chunk('arrayed', 1, '{"{1}"}', '{"{3}"}');
SELECT * FROM pg_temp.chunk('ranged', 1);
SELECT * FROM pg_temp.chunk('paired', 1);
SELECT * FROM pg_temp.chunk('plain', 1, '{"[1,2)","{a}"}');
CREATE TABLE unordered (id json NOT NULL, twice int PRIMARY KEY);
SELECT * FROM pg_temp.chunk('unordered', 1, '{1,1}', '{3,1}', surrogate => 'id');

-- ---- arguments that are none
SELECT * FROM pg_temp.chunk('shop', 0);
SELECT * FROM pg_temp.chunk('shop', 1000001);
SELECT * FROM pg_temp.chunk('shop', NULL);
SELECT * FROM pg_temp.chunk('shop', 1, '{1}');
SELECT * FROM pg_temp.chunk('shop', 1, '{1,NULL}');
SELECT * FROM pg_temp.chunk('shop', 1, '{1,never}');
SELECT * FROM pg_temp.chunk('shop', 1, up_to => '{}');
SELECT * FROM pg_temp.chunk('shop', 1, condition => 'no_such_column = 1');
SELECT * FROM pg_temp.chunk('shop', 1, condition => 'true) UNION SELECT 1; --');
SELECT * FROM pg_temp.chunk('shop', 1, more => '{colour,red}');
SELECT walpost.chunk('shop', '{topic.prefix,store}', NULL, 1, NULL, NULL, NULL, NULL);
SELECT walpost.chunk(NULL, '{topic.prefix,store}', NULL, 1, NULL, NULL, NULL, NULL);
SELECT walpost.chunk('shop', NULL, NULL, 1, NULL, NULL, NULL, NULL);
SELECT walpost.chunk('shop', '{}', NULL, 1, NULL, NULL, NULL, NULL);
SELECT walpost.chunk('gone', '{topic.prefix,store}', NULL, 1, NULL, NULL, NULL, NULL);
CREATE VIEW seen AS SELECT 1 AS id;
SELECT walpost.chunk('seen', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, NULL, NULL);
CREATE UNLOGGED TABLE fast (id int PRIMARY KEY);
SELECT walpost.chunk('fast', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, NULL, NULL);
CREATE TABLE sales (id int PRIMARY KEY) PARTITION BY RANGE (id);
SELECT walpost.chunk('sales', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, NULL, NULL);
SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1,table.include.list,public.none}', NULL, 1, NULL, NULL, NULL, NULL);

-- ---- nobody reads more than a query would show
CREATE ROLE walpost_reader;
SET ROLE walpost_reader;
SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, NULL, NULL);
RESET ROLE;
GRANT SELECT (id, at) ON shop TO walpost_reader;
SET ROLE walpost_reader;
SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, NULL, NULL);
RESET ROLE;
GRANT SELECT ON shop TO walpost_reader;
SET ROLE walpost_reader;
SELECT count(*) FROM (SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, NULL, NULL)) s;
RESET ROLE;
ALTER TABLE shop ENABLE ROW LEVEL SECURITY;
CREATE POLICY some_of_it ON shop USING (id < 2 AND trap(id));
SET ROLE walpost_reader;
SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, NULL, NULL);
SET row_security = off;
SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, NULL, NULL);
RESET row_security;
RESET ROLE;
-- a condition is evaluated as the caller, not as the function's owner
ALTER TABLE shop DISABLE ROW LEVEL SECURITY;
SET ROLE walpost_reader;
SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, 'EXISTS (SELECT FROM keyless)', NULL);
RESET ROLE;
SET ROLE walpost_reader;
SELECT walpost.count_rows('shop'), walpost.count_rows('shop', 'id < 2 -- and a comment'), walpost.count_rows(NULL);
SELECT walpost.count_rows('none');
SELECT walpost.count_rows('shop', 'EXISTS (SELECT FROM keyless)');
SELECT walpost.count_rows('shop', 'true); DROP TABLE shop; --');
RESET ROLE;
-- it changes nothing
SELECT walpost.count_rows('shop', 'id = (WITH d AS (DELETE FROM none RETURNING id) SELECT id FROM d)');
SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, 'id = (WITH d AS (DELETE FROM none RETURNING id) SELECT id FROM d)', NULL);
CREATE FUNCTION pg_temp.meddle() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN DELETE FROM none; RETURN true; END $$;
BEGIN READ ONLY;
SELECT walpost.chunk('shop', '{topic.prefix,store,wire,1}', NULL, 1, NULL, NULL, 'pg_temp.meddle()', NULL);
ROLLBACK;

SET client_min_messages = warning;
DROP TABLE shop, none, keyless, fast, sales, named, mixed, numbered, unordered, arrayed, ranged, paired, plain;
DROP VIEW seen;
DROP TYPE pair, span;
DROP DOMAIN number, text_of;
DROP OPERATOR > (varchar, varchar);
DROP OPERATOR <= (varchar, varchar);
DROP FUNCTION trap(int), trap(varchar, varchar);
DROP ROLE walpost_reader;
DROP EXTENSION citext;
DROP SCHEMA extra;
DROP EXTENSION walpost;
