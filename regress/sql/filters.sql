-- Include and exclude lists of schemas, tables, columns and message prefixes:
-- comma-separated regular expressions that match the whole name, in any case.
SET client_min_messages = warning;
CREATE SCHEMA filt;
CREATE SCHEMA "Filt.Other";
SELECT 'created' FROM pg_create_logical_replication_slot('regress_filters', 'walpost');

CREATE TABLE filt.orders (id int PRIMARY KEY, note text, "Secret" text);
CREATE TABLE filt.orders_old (id int PRIMARY KEY, note text);
CREATE TABLE filt."Items,x" (id int PRIMARY KEY, note text);
CREATE TABLE "Filt.Other".orders (id int PRIMARY KEY, note text);
INSERT INTO filt.orders VALUES (1, 'n', 's');
INSERT INTO filt.orders_old VALUES (1, 'n');
INSERT INTO filt."Items,x" VALUES (1, 'n');
INSERT INTO "Filt.Other".orders VALUES (1, 'n');

-- the events so far, through other lists each time
CREATE FUNCTION filt.topics(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT (data::jsonb)->>'topic'
	FROM pg_logical_slot_peek_changes('regress_filters', NULL, NULL,
		VARIADIC ARRAY['topic.prefix', 'shop'] || options)
$$;
CREATE FUNCTION filt.columns(VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (topic text, key jsonb, after jsonb)
LANGUAGE sql AS $$
	SELECT e->>'topic', e->'key', e->'value'->'after'
	FROM (SELECT data::jsonb AS e
		  FROM pg_logical_slot_peek_changes('regress_filters', NULL, NULL,
			VARIADIC ARRAY['topic.prefix', 'shop', 'table.include.list', 'filt\.orders'] || options)) d
$$;

SELECT filt.topics();

-- tables: anchored at both ends, any case
SELECT filt.topics('table.include.list', 'filt.orders');
SELECT filt.topics('table.include.list', 'FILT\.Orders');
SELECT filt.topics('table.include.list', 'orders');
SELECT filt.topics('table.include.list', 'filt\.orders.*');
SELECT filt.topics('table.include.list', 'filt\.(orders|orders_old)');
SELECT filt.topics('table.exclude.list', 'filt\.orders');
-- the two lists of one kind exclude each other
SELECT filt.topics('table.include.list', 'filt\..*', 'table.exclude.list', '.*_OLD');

-- lists: blanks around items and empty items do not count
SELECT filt.topics('table.include.list', '  filt\.orders , filt\.orders_old,,');
-- blank is as absent
SELECT filt.topics('table.include.list', '  ');
-- a comma within an item
SELECT filt.topics('table.include.list', 'filt\.items\,x');
SELECT filt.topics('table.include.list', 'filt\.orders,filt\.\w{5\,5}\,x');
-- an escaped backslash escapes no comma
SELECT filt.topics('table.include.list', 'filt\.nothing\\,filt\.orders');
SELECT filt.topics('table.include.list', '\QFilt.Other.orders\E');

-- schemas, alone and with tables
SELECT filt.topics('schema.include.list', 'filt');
SELECT filt.topics('schema.include.list', 'filt\.other');
SELECT filt.topics('schema.exclude.list', 'filt');
SELECT filt.topics('schema.include.list', 'filt', 'table.exclude.list', 'filt\.orders');
SELECT filt.topics('schema.exclude.list', 'filt', 'table.include.list', '.*orders');

-- columns; the key stays the key
SELECT * FROM filt.columns();
SELECT * FROM filt.columns('column.include.list', 'filt\.orders\.(id|note)');
SELECT * FROM filt.columns('column.exclude.list', 'filt\.orders\.secret');
SELECT * FROM filt.columns('column.exclude.list', 'secret');
SELECT * FROM filt.columns('column.exclude.list', '.*\.id');
SELECT * FROM filt.columns('column.include.list', '.*\.secret');

-- non-ASCII names count by characters, not by bytes
CREATE TABLE filt."Größe" (id int PRIMARY KEY);
INSERT INTO filt."Größe" VALUES (1);
SELECT filt.topics('table.include.list', 'filt\.Gr..e');
SELECT filt.topics('table.include.list', 'filt\.gr[ö][ß]e');

-- patterns that cannot be read are refused before anything is decoded (where
-- exactly, PCRE2's versions see differently)
\set VERBOSITY terse
SELECT filt.topics('table.include.list', 'filt\.orders,filt.(orders');
SELECT filt.topics('column.exclude.list', 'filt\.orders\.[z-a]');
SELECT filt.topics('schema.include.list', '*');
SELECT filt.topics('schema.include.list', 'filt\');
\set VERBOSITY default
-- what Java reads otherwise is refused, too
SELECT filt.topics('table.include.list', 'filt\.[a-z&&[^o]]*');
SELECT filt.topics('table.include.list', 'filt\.[ö[a-z]]*');
SELECT filt.topics('table.include.list', 'filt\.[\[\]&]*|\Q[[\E|filt\.orders');

-- a catastrophic pattern ends in an error; the context has a position
CREATE TABLE filt.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (id int PRIMARY KEY);
INSERT INTO filt.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa VALUES (1);
\set VERBOSITY terse
SELECT filt.topics('table.include.list', 'filt\.(a|aa)+[b-z]');
\set VERBOSITY default
SELECT filt.topics('table.include.list', 'filt\.a+');

-- messages
SELECT 'sent' FROM pg_logical_emit_message(true, 'audit.login', 'a');
SELECT 'sent' FROM pg_logical_emit_message(true, 'other', 'b');
CREATE FUNCTION filt.messages(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT (data::jsonb)->'value'->'message'->>'prefix'
	FROM pg_logical_slot_peek_changes('regress_filters', NULL, NULL,
		VARIADIC ARRAY['topic.prefix', 'shop', 'table.exclude.list', '.*'] || options)
$$;
SELECT filt.messages();
SELECT filt.messages('message.prefix.include.list', 'AUDIT.*');
SELECT filt.messages('message.prefix.exclude.list', 'audit\.login');

SELECT pg_drop_replication_slot('regress_filters');
DROP SCHEMA filt, "Filt.Other" CASCADE;
