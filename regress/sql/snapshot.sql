-- walpost.snapshot(): what is read, how it is marked, and what is refused.
SET synchronous_commit = on;
CREATE EXTENSION walpost;
CREATE FUNCTION pg_temp.blot(event bytea) RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(convert_from(event, 'UTF8'), '"(ts_ms|ts_us|ts_ns)":\d+', '"\1":0', 'g'),
    '(context.runId|"db)":"[0-9a-z_-]+"', '\1":"."', 'g')
$$;
CREATE FUNCTION pg_temp.source(event bytea, VARIADIC fields text[]) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(e -> 'value' -> 'source' ->> f, ' ') FROM CAST(convert_from(event, 'UTF8') AS json) e, unnest(fields) f
$$;
CREATE TABLE shop (id int PRIMARY KEY, name text, price numeric(6,2), pad text);
INSERT INTO shop SELECT i, 'item ' || i, i / 4.0, repeat('p', 500) FROM generate_series(1, 100) i;
UPDATE shop SET pad = NULL WHERE id = 1;

-- the whole event; without an xid txId is null
\a
SELECT pg_temp.blot(walpost.snapshot('shop', '{topic.prefix,store,column.exclude.list,public.shop.pad}', '16/B374D848')) LIMIT 2;
BEGIN;
SELECT pg_current_xact_id() AS xid \gset
SELECT pg_temp.source(walpost.snapshot('shop', '{topic.prefix,store}'), 'txId') = :'xid' AS own LIMIT 1;
-- the time of all events is the transaction's, and the LSN is the present one
SELECT count(DISTINCT t), bool_and(t::bigint = floor(extract(epoch FROM now()) * 1000000)) AS now
FROM (SELECT pg_temp.source(walpost.snapshot('shop', '{topic.prefix,store}'), 'ts_us') AS t) s;
SELECT bool_and(t::numeric > 0 AND t::numeric <= pg_current_wal_insert_lsn() - '0/0'::pg_lsn) AS present
FROM (SELECT pg_temp.source(walpost.snapshot('shop', '{topic.prefix,store}'), 'lsn') AS t) s;
COMMIT;

-- marks of the ends; a row that is both takes the last one's
SELECT mark, count(*) FROM (SELECT pg_temp.source(walpost.snapshot('shop', '{topic.prefix,store}', first_mark => 'first', last_mark => 'last_in_data_collection'), 'snapshot') AS mark) s GROUP BY 1 ORDER BY 1;
SELECT pg_temp.source(walpost.snapshot('shop', '{topic.prefix,store}', NULL, 0, 1, 0, 'first', 'last'), 'snapshot') LIMIT 1;
CREATE TABLE one AS SELECT 1 AS id;
SELECT pg_temp.source(walpost.snapshot('one', '{topic.prefix,store}', first_mark => 'first', last_mark => 'last'), 'snapshot', 'table');
CREATE TABLE none (id int);
SELECT walpost.snapshot('none', '{topic.prefix,store}', first_mark => 'first', last_mark => 'last');

-- ranges of blocks add up, also those past the end
CREATE FUNCTION pg_temp.ids(first bigint, stop bigint) RETURNS SETOF int LANGUAGE sql AS $$
  SELECT (convert_from(walpost.snapshot('shop', '{topic.prefix,store}', NULL, first, stop), 'UTF8')::json -> 'key' ->> 'id')::int
$$;
SELECT count(*) FROM pg_temp.ids(0, 3);
SELECT count(*) = 100 AS whole, count(DISTINCT id) = 100 AS distinct
FROM (SELECT pg_temp.ids(0, 2) AS id UNION ALL SELECT pg_temp.ids(2, 5) UNION ALL SELECT pg_temp.ids(5, NULL) UNION ALL SELECT pg_temp.ids(1000, 2000) UNION ALL SELECT pg_temp.ids(3, 3)) s;
SELECT count(*) FROM pg_temp.ids(3, 2);
SELECT count(*) FROM pg_temp.ids(-1, 2);
SELECT count(*) FROM pg_temp.ids(0, 4294967295);

-- positions tell the rows of a table apart, whichever range they are of
SELECT count(DISTINCT seq), min(lsn), max(length(seq)) FROM (
  SELECT e -> 'headers' ->> 'walpost.seq' AS seq, e -> 'headers' ->> 'walpost.lsn' AS lsn
  FROM (SELECT convert_from(walpost.snapshot('shop', '{topic.prefix,store,walpost.position.headers,true}', '0/16B3748', 0, 4), 'UTF8')::json
        UNION ALL SELECT convert_from(walpost.snapshot('shop', '{topic.prefix,store,walpost.position.headers,true}', '0/16B3748', 4), 'UTF8')::json) s (e)) p;

-- frames: HELLO, then BEGIN, RELATION, events, COMMIT with their number; each chunk is a transaction
SELECT string_agg(chr(get_byte(f, 0)), '') FROM (SELECT walpost.snapshot('one', '{topic.prefix,store,wire,1}')) s (f);
CREATE FUNCTION pg_temp.frames(chunk bytea, OUT tag text, OUT body bytea) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE at int := 0; len int;
BEGIN
  WHILE at < length(chunk) LOOP
    len := ('x' || encode(substr(chunk, at + 2, 4), 'hex'))::bit(32)::int;
    tag := chr(get_byte(chunk, at));
    body := substr(chunk, at + 6, len);
    RETURN NEXT;
    at := at + 5 + len;
  END LOOP;
END $$;
INSERT INTO shop SELECT i, 'item ' || i, i / 4.0, repeat('p', 500) FROM generate_series(101, 300) i;
CREATE TABLE chunks AS SELECT row_number() OVER () AS n, chunk FROM (SELECT walpost.snapshot('shop', '{topic.prefix,store,wire,1}', '0/16B3748', stream => 7)) s (chunk);
SELECT n, min(length(chunk)) BETWEEN 1000 AND 70000 AS bounded, regexp_replace(string_agg(tag, ''), 'E+', 'E..') AS tags,
  count(*) FILTER (WHERE tag = 'E') = (array_agg(get_byte(body, 23) + 256 * get_byte(body, 22)) FILTER (WHERE tag = 'C'))[1] AS counted,
  array_agg(DISTINCT encode(substr(body, 1, 8), 'hex')) FILTER (WHERE tag IN ('B', 'C')) AS lsn,
  array_agg(DISTINCT encode(substr(body, 5, 4), 'hex')) FILTER (WHERE tag = 'E') AS stream
FROM chunks, pg_temp.frames(chunk) GROUP BY n ORDER BY n;
SELECT count(*) FROM chunks, pg_temp.frames(chunk) WHERE tag = 'E';

-- left early: LIMIT, a cursor that moves on and is closed, two at once, an error of somebody else
SELECT length(walpost.snapshot('shop', '{topic.prefix,store,wire,1}')) > 0 AS some LIMIT 1;
BEGIN;
DECLARE c CURSOR FOR SELECT pg_temp.source(walpost.snapshot('shop', '{topic.prefix,store}'), 'table');
FETCH 2 FROM c;
DELETE FROM shop WHERE id > 10;
FETCH 1 FROM c;
MOVE FORWARD ALL IN c;
CLOSE c;
SELECT count(*) FROM (SELECT walpost.snapshot('shop', '{topic.prefix,store}'), walpost.snapshot('one', '{topic.prefix,store}')) s;
SAVEPOINT s;
SELECT 1 / (length(walpost.snapshot('shop', '{topic.prefix,store}')) - length(walpost.snapshot('shop', '{topic.prefix,store}')));
ROLLBACK TO s;
ROLLBACK;
SHOW extra_float_digits;

-- what the publication says of rows and columns holds, whatever it says of operations
CREATE PUBLICATION walpost_some FOR TABLE shop (id, name) WHERE (id > 298);
SELECT convert_from(walpost.snapshot('shop', '{topic.prefix,store,publication.name,walpost_some}'), 'UTF8')::json -> 'value' -> 'after';
ALTER PUBLICATION walpost_some SET (publish = 'delete');
SELECT convert_from(walpost.snapshot('shop', '{topic.prefix,store,publication.name,walpost_some}', last_mark => 'last'), 'UTF8')::json -> 'value' -> 'source' ->> 'snapshot';
SELECT walpost.snapshot('one', '{topic.prefix,store,publication.name,walpost_some}');
SELECT walpost.snapshot('one', '{topic.prefix,store,publication.name,walpost_gone}');
SELECT walpost.snapshot('one', '{topic.prefix,store,table.include.list,public.shop}');

-- a partition's rows go where its changes go
CREATE TABLE sales (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE sales_north PARTITION OF sales FOR VALUES IN ('north');
CREATE TABLE sales_south (region text NOT NULL, extra int, id int NOT NULL);
ALTER TABLE sales_south DROP extra;
ALTER TABLE sales ATTACH PARTITION sales_south FOR VALUES IN ('south');
INSERT INTO sales VALUES (1, 'north'), (2, 'south');
CREATE PUBLICATION walpost_root FOR TABLE sales WITH (publish_via_partition_root);
SELECT e ->> 'topic', e -> 'key', e -> 'value' -> 'after' FROM (SELECT convert_from(walpost.snapshot('sales_south', '{topic.prefix,store}'), 'UTF8')::json) s (e);
SELECT e ->> 'topic', e -> 'key', e -> 'value' -> 'after' FROM (SELECT convert_from(walpost.snapshot('sales_south', '{topic.prefix,store,publication.name,walpost_root}'), 'UTF8')::json) s (e);
SELECT walpost.snapshot('sales', '{topic.prefix,store}');

-- rows of a query instead: its columns by name, cast to the table's types
CREATE TABLE chosen (dropped int, id int PRIMARY KEY, name varchar(8), at timestamp(0), total numeric(8,2) GENERATED ALWAYS AS (id * 2) STORED);
ALTER TABLE chosen DROP dropped;
INSERT INTO chosen SELECT i, 'name ' || i, timestamp '2026-01-01' + i * interval '1 day' FROM generate_series(1, 200) i;
CREATE FUNCTION pg_temp.after(event bytea) RETURNS text LANGUAGE sql AS $$
  SELECT (convert_from(event, 'UTF8')::json -> 'value' ->> 'after') || ' ' || (convert_from(event, 'UTF8')::json -> 'value' -> 'source' ->> 'snapshot')
$$;
SELECT pg_temp.after(walpost.snapshot('chosen', '{topic.prefix,store}', first_mark => 'first', last_mark => 'last',
  query => 'SELECT * FROM chosen WHERE id IN (1, 100, 200) ORDER BY id DESC; '));
SET datestyle = 'german';
SELECT pg_temp.after(walpost.snapshot('chosen', '{topic.prefix,store}',
  query => 'SELECT ''x'' || id AS name, ''03.02.2026'' AS at, id::text AS id, NULL::text AS total, 1 AS more FROM chosen WHERE id = 7 -- all of it'));
RESET datestyle;
SELECT count(*), count(DISTINCT e) FROM (SELECT pg_temp.after(walpost.snapshot('chosen', '{topic.prefix,store}', query => 'SELECT * FROM chosen'))) s (e);
-- the query runs under the caller's settings to its last row, what is written under ours
CREATE SCHEMA theirs;
CREATE TABLE theirs.allowed (id int);
INSERT INTO theirs.allowed VALUES (7), (199);
CREATE FUNCTION theirs.chooses(wanted int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RETURN EXISTS (SELECT FROM allowed a WHERE a.id = wanted); END $$;
SET search_path = theirs, public;
SET TimeZone = 'Asia/Tokyo';
SELECT pg_temp.after(walpost.snapshot('chosen', '{topic.prefix,store}',
  query => 'SELECT id, current_setting(''TimeZone'') AS name, at, total FROM chosen WHERE chooses(id)'));
RESET search_path;
RESET TimeZone;
DROP SCHEMA theirs CASCADE;
SELECT count(*) FROM (SELECT walpost.snapshot('chosen', '{topic.prefix,store}', query => 'SELECT * FROM chosen WHERE false')) s;
SELECT length(walpost.snapshot('chosen', '{topic.prefix,store}', query => 'SELECT * FROM chosen')) > 0 AS some LIMIT 1;
SELECT walpost.snapshot('chosen', '{topic.prefix,store}', query => 'SELECT id FROM chosen');
SELECT walpost.snapshot('chosen', '{topic.prefix,store}', query => 'SELECT id, ''none'' AS name, ''never'' AS at, 1 AS total FROM chosen');
SELECT walpost.snapshot('chosen', '{topic.prefix,store}', query => 'DELETE FROM chosen RETURNING *');
SELECT walpost.snapshot('chosen', '{topic.prefix,store}', query => 'SELECT 1) AS walpost; DROP TABLE chosen; --');
SELECT walpost.snapshot('chosen', '{topic.prefix,store}', query => 'SELECT * FROM');
SELECT walpost.snapshot('chosen', '{topic.prefix,store}', query => '');
DROP TABLE chosen;

-- no rows that the stream would have
CREATE VIEW seen AS SELECT 1 AS id;
CREATE MATERIALIZED VIEW kept AS SELECT 1 AS id;
CREATE UNLOGGED TABLE fast (id int);
CREATE TEMPORARY TABLE brief (id int);
CREATE SEQUENCE counter;
CREATE FOREIGN DATA WRAPPER walpost_far;
CREATE SERVER walpost_far FOREIGN DATA WRAPPER walpost_far;
CREATE FOREIGN TABLE far (id int) SERVER walpost_far;
SELECT walpost.snapshot('seen', '{topic.prefix,store}');
SELECT walpost.snapshot('kept', '{topic.prefix,store}');
SELECT walpost.snapshot('fast', '{topic.prefix,store}');
SELECT walpost.snapshot('brief', '{topic.prefix,store}');
SELECT walpost.snapshot('counter', '{topic.prefix,store}');
SELECT walpost.snapshot('far', '{topic.prefix,store}');
SELECT walpost.snapshot('gone', '{topic.prefix,store}');
SELECT walpost.snapshot(4294967295::oid::regclass, '{topic.prefix,store}');
SELECT walpost.snapshot('pg_class', '{topic.prefix,store}');
SELECT walpost.snapshot('one', '{}');
SELECT walpost.snapshot('one', '{topic.prefix,store,colour,red}');
SELECT walpost.snapshot('one', '{topic.prefix}');
SELECT walpost.snapshot(NULL, '{topic.prefix,store}');
SELECT walpost.snapshot('one', '{topic.prefix,store}', last_mark => NULL);

-- nobody reads more than a query would show
CREATE ROLE walpost_reader;
SET ROLE walpost_reader;
SELECT walpost.snapshot('one', '{topic.prefix,store}');
RESET ROLE;
GRANT SELECT (id, name) ON shop TO walpost_reader;
GRANT SELECT ON one, sales TO walpost_reader;
SET ROLE walpost_reader;
SELECT walpost.snapshot('shop', '{topic.prefix,store}');
SELECT count(*) FROM (SELECT walpost.snapshot('one', '{topic.prefix,store}')) s;
SELECT count(*) FROM (SELECT walpost.snapshot('sales_north', '{topic.prefix,store}')) s;
RESET ROLE;
GRANT SELECT (price, pad) ON shop TO walpost_reader;
ALTER TABLE one ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_of_it ON one USING (true);
SET ROLE walpost_reader;
SELECT count(*) FROM (SELECT walpost.snapshot('shop', '{topic.prefix,store}')) s;
SELECT walpost.snapshot('one', '{topic.prefix,store}');
SET row_security = off;
SELECT walpost.snapshot('one', '{topic.prefix,store}');
RESET ROLE;
SELECT count(*) FROM (SELECT walpost.snapshot('one', '{topic.prefix,store}')) s;
ALTER TABLE one FORCE ROW LEVEL SECURITY;
SELECT count(*) FROM (SELECT walpost.snapshot('one', '{topic.prefix,store}')) s;

-- a row that is no event: the error names it, the other modes leave it out
SET client_min_messages = error;
CREATE TYPE mood AS ENUM ('fine');
CREATE TYPE brittle;
CREATE FUNCTION brittle_in(cstring) RETURNS brittle LANGUAGE internal IMMUTABLE STRICT AS 'oidin';
CREATE FUNCTION brittle_out(brittle) RETURNS cstring LANGUAGE internal STABLE STRICT AS 'enum_out';
CREATE TYPE brittle (INPUT = brittle_in, OUTPUT = brittle_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE TABLE moods (id int PRIMARY KEY, b brittle);
INSERT INTO moods SELECT 1, brittle_in(oid::text::cstring) FROM pg_enum WHERE enumlabel = 'fine' AND enumtypid = 'mood'::regtype;
INSERT INTO moods VALUES (2, '7');
INSERT INTO moods SELECT 3, b FROM moods WHERE id = 1;
RESET client_min_messages;
SELECT count(*) FROM (SELECT walpost.snapshot('moods', '{topic.prefix,store,include.unknown.datatypes,true}')) s;
SELECT convert_from(walpost.snapshot('moods', '{topic.prefix,store,include.unknown.datatypes,true,event.processing.failure.handling.mode,warn}', '0/16B3748'), 'UTF8')::json ->> 'key';
SELECT string_agg(tag, '') FROM pg_temp.frames((SELECT walpost.snapshot('moods', '{topic.prefix,store,include.unknown.datatypes,true,event.processing.failure.handling.mode,skip,wire,1}')));

SET client_min_messages = warning;
DROP PUBLICATION walpost_some, walpost_root;
DROP TABLE shop, one, none, chunks, sales, fast, brief, moods;
DROP TYPE brittle CASCADE;
DROP TYPE mood;
DROP VIEW seen;
DROP MATERIALIZED VIEW kept;
DROP SEQUENCE counter;
DROP FOREIGN DATA WRAPPER walpost_far CASCADE;
DROP ROLE walpost_reader;
DROP EXTENSION walpost;
