-- Values that are read anew: what frames ask for, what walpost.reselect() answers, to whom.
SET synchronous_commit = on;
CREATE EXTENSION walpost;
CREATE EXTENSION citext;
CREATE TABLE big (id int PRIMARY KEY, v int, t text, n text, "o'd ""d" text, d text DEFAULT 'standard', hidden text);
ALTER TABLE big ALTER t SET STORAGE external, ALTER "o'd ""d" SET STORAGE external, ALTER hidden SET STORAGE external;
INSERT INTO big SELECT 1, 1, repeat('t', 9000), NULL, repeat('o', 9000), NULL, repeat('h', 9000);

-- a request as the plugin writes it: transaction, length of what follows, relation, names of the key, columns; values of the key
CREATE FUNCTION pg_temp.as_text(t text) RETURNS bytea LANGUAGE sql AS $$
  SELECT CASE WHEN t IS NULL THEN '\xffffffff' ELSE int4send(octet_length(t)) || convert_to(t, 'UTF8') END
$$;
CREATE AGGREGATE pg_temp.joined(bytea) (SFUNC = byteacat, STYPE = bytea, INITCOND = '');
CREATE FUNCTION pg_temp.request(relation oid, keys text[], vals text[], VARIADIC columns text[]) RETURNS bytea LANGUAGE sql AS $$
  SELECT int4send(0) || int4send(octet_length(shape)) || shape || (SELECT pg_temp.joined(pg_temp.as_text(v) ORDER BY i) FROM unnest(vals) WITH ORDINALITY u(v, i))
  FROM (SELECT oidsend(relation) || int2send(cardinality(keys)::int2) || (SELECT pg_temp.joined(pg_temp.as_text(k) ORDER BY i) FROM unnest(keys) WITH ORDINALITY u(k, i))
    || int2send(cardinality(columns)::int2) || (SELECT pg_temp.joined(convert_to(left(c, 1), 'UTF8') ||
      coalesce((SELECT oidsend(atttypid) || int4send(atttypmod) FROM pg_attribute WHERE attrelid = relation AND attname = substr(c, 2)), oidsend(25) || int4send(-1)) || pg_temp.as_text(substr(c, 2)) || pg_temp.as_text('null') ORDER BY i)
      FROM unnest(columns) WITH ORDINALITY u(c, i)) AS shape) s
$$;
-- an answer for people: its status and texts, long ones as their length
CREATE FUNCTION pg_temp.answers(a bytea, wanted int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text := '';
	at int := 1;
	len bigint;
	n int;
	piece text;
BEGIN
	WHILE at <= length(a) LOOP
		n := CASE chr(get_byte(a, at - 1)) WHEN 'f' THEN wanted ELSE 1 END;
		result := result || chr(get_byte(a, at - 1));
		at := at + 1;
		FOR i IN 1 .. n LOOP
			len := ('x' || encode(substr(a, at, 4), 'hex'))::bit(32)::bigint;
			at := at + 4;
			piece := CASE WHEN len = 4294967295 THEN 'as it is' ELSE convert_from(substr(a, at, len::int), 'UTF8') END;
			at := at + CASE WHEN len = 4294967295 THEN 0 ELSE len::int END;
			result := result || ' | ' || CASE WHEN length(piece) > 120 THEN left(piece, 3) || '...' || length(piece) ELSE piece END;
		END LOOP;
		result := result || E'\n';
	END LOOP;
	RETURN rtrim(result, E'\n');
END $$;
CREATE FUNCTION pg_temp.ask(wanted int, request bytea, VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT pg_temp.answers(walpost.reselect(ARRAY[request], options, 1000000), wanted)
$$;
\a
\t

-- what is asked for: values that were not logged, NULLs but those that print as their default, no column that is masked or not listed
SELECT 'init' FROM pg_create_logical_replication_slot('reselect', 'walpost');
UPDATE big SET v = 2;
CREATE FUNCTION pg_temp.asks(request bytea, VARIADIC options text[]) RETURNS boolean LANGUAGE sql AS $$
  SELECT bool_or(position(substr(request, 5) IN data) > 0)
  FROM pg_logical_slot_peek_binary_changes('reselect', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't', 'wire', '1', 'post.processors', 'r',
    'post.processors.r.type', 'io.debezium.processors.reselect.ReselectColumnsPostProcessor'] || options)
$$;
SELECT pg_temp.asks(pg_temp.request('big'::regclass, '{id}', '{1}', 'jt', 'jn', 'jo''d "d', 'jhidden'), 'column.include.list', 'public.big.(id|t|n|o.*|d|hidden)');
SELECT pg_temp.asks(pg_temp.request('big'::regclass, '{id}', '{1}', 'jt', 'jn', 'jo''d "d'), 'column.mask.with.3.chars', 'public.big.hidden');
SELECT pg_temp.asks(pg_temp.request('big'::regclass, '{id}', '{1}', 'jt'), 'post.processors.r.reselect.columns.include.list', 'public\.big:(T|n)', 'post.processors.r.reselect.null.values', 'false');
SELECT pg_temp.asks(pg_temp.request('big'::regclass, '{id}', '{1}', 'jn'), 'post.processors.r.reselect.columns.exclude.list', 'public\.big:hidden', 'post.processors.r.reselect.unavailable.values', 'false');
SELECT pg_temp.asks(pg_temp.request('big'::regclass, '{v}', '{2}', 'jt', 'jn', 'jo''d "d', 'jhidden'), 'message.key.columns', 'public.big:v', 'post.processors.r.reselect.use.event.key', 'true');
SELECT pg_temp.asks(pg_temp.request('big'::regclass, '{id}', '{1}', 'jt', 'jn', 'jo''d "d', 'jhidden'), 'message.key.columns', 'public.big:v');
-- without frames the placeholder stands
SELECT data::jsonb -> 'value' -> 'after' ->> 't' FROM pg_logical_slot_peek_changes('reselect', NULL, NULL, 'topic.prefix', 't', 'post.processors', 'r',
  'post.processors.r.type', 'ReselectColumnsPostProcessor');
-- options
SELECT 1 FROM pg_logical_slot_peek_changes('reselect', NULL, NULL, 'topic.prefix', 't', 'post.processors', 'r');
SELECT 1 FROM pg_logical_slot_peek_changes('reselect', NULL, NULL, 'topic.prefix', 't', 'post.processors', 'r, s');
SELECT 1 FROM pg_logical_slot_peek_changes('reselect', NULL, NULL, 'topic.prefix', 't', 'post.processors', 'r', 'post.processors.r.type', 'my.Processor');
SELECT 1 FROM pg_logical_slot_peek_changes('reselect', NULL, NULL, 'topic.prefix', 't', 'post.processors', 'r', 'post.processors.r.type', 'ReselectColumnsPostProcessor', 'post.processors.r.reselect.null.values', 'perhaps');
SELECT 1 FROM pg_logical_slot_peek_changes('reselect', NULL, NULL, 'topic.prefix', 't', 'post.processors', 'r', 'post.processors.r.type', 'ReselectColumnsPostProcessor', 'post.processors.r.reselect.nulls', 'true');
SELECT 'stop' FROM pg_drop_replication_slot('reselect');

-- answers: in their order, as the options want them
SELECT pg_temp.ask(5, pg_temp.request('big'::regclass, '{id}', '{1}', 'jo''d "d', 'jt', 'jn', 'tt', 'jd'));
SELECT pg_temp.ask(2, pg_temp.request('big'::regclass, '{id}', '{1}', 'jt', 'jhidden'), 'column.truncate.to.5.chars', 'public.big.t', 'column.mask.with.3.chars', '.*hidden');
-- a column that is gone, or has another type now, stays as it is
SELECT pg_temp.ask(2, pg_temp.request('big'::regclass, '{id}', '{1}', 'jgone', 'jv'));
SELECT pg_temp.ask(1, overlay(pg_temp.request('big'::regclass, '{id}', '{1}', 'jt') PLACING oidsend('varchar'::regtype) FROM 24));
-- so does one whose number would mean something else; the length of a string means nothing
CREATE TABLE scaled (id int PRIMARY KEY, amount numeric(10,2), at timestamp(3), name varchar(5));
SELECT pg_temp.request('scaled'::regclass, '{id}', '{1}', 'jamount', 'jat', 'jname') AS earlier \gset
ALTER TABLE scaled ALTER amount TYPE numeric(10,3), ALTER at TYPE timestamp(6), ALTER name TYPE varchar(50);
INSERT INTO scaled VALUES (1, 1.234, '2026-01-01', 'longer');
SELECT pg_temp.ask(3, :'earlier');
SELECT pg_temp.ask(3, pg_temp.request('scaled'::regclass, '{id}', '{1}', 'jamount', 'jat', 'jname'));
-- no row; no such table; no such key
SELECT pg_temp.ask(1, pg_temp.request('big'::regclass, '{id}', '{2}', 'jt'));
SELECT pg_temp.ask(1, pg_temp.request('big'::regclass, '{id}', '{NULL}', 'jt'));
SELECT pg_temp.ask(1, pg_temp.request(1, '{id}', '{2}', 'jt'));
SELECT pg_temp.ask(1, pg_temp.request('big'::regclass, '{ide}', '{2}', 'jt'));
SELECT pg_temp.ask(1, pg_temp.request('big'::regclass, '{id}', '{two}', 'jt'));
-- a statement goes on after an error; it answers as many as there is room for, and one at least
SELECT pg_temp.answers(walpost.reselect(ARRAY[pg_temp.request(1, '{id}', '{1}', 'jt'), pg_temp.request('big'::regclass, '{id}', '{x}', 'jt'),
  pg_temp.request('big'::regclass, '{id}', '{1}', 'jt')], '{}', 1000000), 1);
SELECT pg_temp.answers(walpost.reselect(array_fill(pg_temp.request('big'::regclass, '{id}', '{1}', 'jt'), ARRAY[9]), '{}', 10000), 1);
SELECT length(walpost.reselect('{}', '{}', 1));

-- nothing in names and values is SQL, and no search_path says what is equal
SELECT pg_temp.ask(1, pg_temp.request('big'::regclass, ARRAY['id" = id; DROP TABLE big; --'], '{1}', 'jt'));
CREATE TABLE "o'r;d" ("k""ey" text, c citext, at timestamptz, v text, PRIMARY KEY ("k""ey", c, at));
INSERT INTO "o'r;d" VALUES ($$'; DROP TABLE big; --$$, 'Aa', '2001-02-03 04:05:06+00', 'found');
SET DateStyle = 'German';
SET TimeZone = 'Asia/Tokyo';
CREATE SCHEMA other;
CREATE FUNCTION other.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR other.= (LEFTARG = text, RIGHTARG = text, FUNCTION = other.never);
SET search_path = other, pg_catalog, public;
SELECT pg_temp.ask(1, pg_temp.request('public."o''r;d"'::regclass, ARRAY['k"ey', 'c', 'at'], ARRAY[$$'; DROP TABLE big; --$$, 'aA', '2001-02-03 04:05:06+00'], 'jv'));
RESET ALL;
SET synchronous_commit = on;

-- nor is a function of the owner's called: not that of a view that the table has become, nor a domain's check
CREATE FUNCTION trap(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the trap was sprung'; END $$;
CREATE DOMAIN number AS int;
CREATE TABLE by_number (id number PRIMARY KEY, t text);
INSERT INTO by_number VALUES (1, 'one');
ALTER DOMAIN number ADD CHECK (trap(VALUE)) NOT VALID;
CREATE VIEW shown AS SELECT 1 AS id, trap(1)::text AS t;
SELECT pg_temp.ask(1, pg_temp.request('by_number'::regclass, '{id}', '{1}', 'jt'));
CREATE TABLE by_numbers (id number[] PRIMARY KEY, t text);
SELECT pg_temp.ask(1, pg_temp.request('by_numbers'::regclass, '{id}', '{"{1}"}', 'jt'));
SELECT pg_temp.ask(1, pg_temp.request('shown'::regclass, '{id}', '{1}', 'jt'));

-- the caller's rights
CREATE ROLE regress_walpost_reselect;
GRANT SELECT (id, t) ON big TO regress_walpost_reselect;
ALTER TABLE big ENABLE ROW LEVEL SECURITY;
CREATE POLICY odd ON big FOR SELECT USING (id % 2 = 1);
INSERT INTO big VALUES (2, 1, 'even');
SELECT pg_temp.request('big'::regclass, '{id}', '{1}', 'jt') AS mine, pg_temp.request('big'::regclass, '{id}', '{2}', 'jt') AS hidden,
  pg_temp.request('big'::regclass, '{id}', '{1}', 'jn') AS column, pg_temp.request('pg_authid'::regclass, '{rolname}', '{postgres}', 'jrolpassword') AS catalog \gset
CREATE TEMP TABLE answered (at int, answer bytea);
GRANT ALL ON answered TO regress_walpost_reselect;
SET ROLE regress_walpost_reselect;
INSERT INTO answered SELECT i, walpost.reselect(ARRAY[r::bytea], '{}', 1) FROM (VALUES (1, :'mine'), (2, :'hidden'), (3, :'column'), (4, :'catalog')) v(i, r);
RESET ROLE;
SELECT pg_temp.answers(answer, 1) FROM answered ORDER BY at;

-- what has become visible since the transaction began is to be read, too
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT walpost.reselect('{}', '{}', 1);
ROLLBACK;

-- what is no request
SELECT walpost.reselect('{""}', '{}', 1);
SELECT walpost.reselect(ARRAY['\x00000000ffffffff'::bytea], '{}', 1);
SELECT walpost.reselect(ARRAY['\x000000007fffffff00'::bytea], '{}', 1);
SELECT walpost.reselect(ARRAY['\x0000000000000008000000010000ffff'::bytea], '{}', 1);
SELECT walpost.reselect(ARRAY[substr(:'mine', 1, 40)::bytea], '{}', 1);
SELECT walpost.reselect(ARRAY[:'mine'::bytea || '\x00'], '{}', 1);
SELECT walpost.reselect(ARRAY[int4send(0) || int4send(octet_length(shape)) || shape], '{}', 1)
FROM (SELECT oidsend(1) || '\x0001' || '\x00000002ff22' || '\x0000' AS shape) s;
SELECT walpost.reselect('{NULL}', '{}', 1);
SELECT walpost.reselect('{}', '{no.such.option,1}', 1);

DROP VIEW shown;
DROP TABLE big, "o'r;d", answered, scaled, by_number, by_numbers;
DROP DOMAIN number;
DROP FUNCTION trap;
DROP SCHEMA other CASCADE;
DROP ROLE regress_walpost_reselect;
DROP EXTENSION citext, walpost;
