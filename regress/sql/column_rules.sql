-- Masks, truncation and the source's types: what the file says of single columns.
-- The values are what Debezium 3.7 prints for these rows and properties.
SET client_min_messages = error;
\set SHOW_CONTEXT never
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN short AS varchar(7);
CREATE EXTENSION citext;
CREATE TABLE masked (id int PRIMARY KEY, e mood, dt short, di int, dflt text DEFAULT 'dd', nn text NOT NULL DEFAULT 'nnd',
	nn2 varchar(30) NOT NULL, j jsonb, t text, by bytea, ch "char", tz timestamptz, ta text[], ci citext);
CREATE TABLE hashed (LIKE masked INCLUDING ALL);
CREATE TABLE truncated (LIKE masked INCLUDING ALL);
CREATE TABLE k (id int PRIMARY KEY, phone varchar(8), email varchar(100), h2 varchar(100), n int, pc char(4));
CREATE TABLE named (id text PRIMARY KEY, v text);
CREATE TABLE toasted (pk int PRIMARY KEY, v int, t text, u text, k text);
ALTER TABLE toasted ALTER t SET STORAGE external, ALTER u SET STORAGE external, ALTER k SET STORAGE external;
CREATE TABLE typed (id serial PRIMARY KEY, b bigserial, s smallserial, n int, t text, vc varchar(20), vcu varchar, bp char(4), num numeric(10,2),
	numu numeric, f4 real, f8 float8, bo boolean, d date, ti time(3), ts timestamp(3), tsu timestamp, tz timestamptz, tt timetz, iv interval,
	u uuid, j jsonb, by bytea, bi bit(4), vb varbit(8), ar int[], ta varchar(10)[], ch "char", m money, pt point, o oid, dt short, e mood);
SELECT 'created' FROM pg_create_logical_replication_slot('column_rules', 'walpost');
CREATE FUNCTION events(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (key jsonb, op text, before jsonb, after jsonb)
LANGUAGE sql AS $$
	SELECT data::jsonb -> 'key', data::jsonb -> 'value' ->> 'op', data::jsonb -> 'value' -> 'before', data::jsonb -> 'value' -> 'after'
	FROM pg_logical_slot_get_changes('column_rules', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't', 'tombstones.on.delete', 'false'] || options)
$$;
CREATE FUNCTION parameters(VARIADIC options text[]) RETURNS TABLE (field text, parameters jsonb)
LANGUAGE sql AS $$
	SELECT f ->> 'field', f -> 'parameters'
	FROM (SELECT data::jsonb -> 'value' -> 'schema' -> 'fields' -> 1 -> 'fields' AS fields
		  FROM pg_logical_slot_peek_changes('column_rules', NULL, NULL,
			VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options) LIMIT 1) s, jsonb_array_elements(fields) AS f
$$;

-- a mask: character columns only, NULL too, before images too, never keys
INSERT INTO masked VALUES (1, 'sad', 'abc', 5, NULL, 'n1', 'n2', '{"a": 12345678}', 'hello world', '\x0102030405060708', 'c', '2024-01-01 00:00+00', '{a}', 'Ann');
INSERT INTO masked (id, nn2) VALUES (2, 'x');
DELETE FROM masked WHERE id = 1;
INSERT INTO named VALUES ('key one', 'v');
UPDATE named SET id = 'key two';
SELECT * FROM parameters('column.mask.with.5.chars', 'public\.masked\..*');
SELECT * FROM events('column.mask.with.5.chars', 'public\.(MASKED|named)\..*');
INSERT INTO k VALUES (1, '12345', 'ann@example.com', 'ann@example.com', 1, 'ab');
SELECT after FROM events('column.mask.with.0.chars', 'public.k.email,public.k.h2', 'column.mask.with.3.chars', 'public.k.pc');

-- truncation: everything that is a string, and bytes, where the column may be longer
INSERT INTO truncated VALUES (1, 'happy', 'abcdefg', 5, NULL, 'n1', 'n2', '{"a": 12345678}', 'hello world', '\x0102030405060708', 'c', '2024-01-01 00:00+00', '{abcdefgh}', 'Anne');
INSERT INTO truncated (id, nn2, t, by) VALUES (2, 'abcdefghij', E'a"é\U0001F600z', '\x010203'), (3, 'ab', E'ab\U0001F600', '\x01');
DELETE FROM truncated;
SELECT * FROM parameters('column.truncate.to.3.chars', 'public\.truncated\..*');
SELECT substring(data FROM '"value":{(.*),"source"') AS row FROM pg_logical_slot_peek_changes('column_rules', NULL, NULL, 'topic.prefix', 't',
	'tombstones.on.delete', 'false', 'column.truncate.to.3.chars', 'public\.truncated\..*');
SELECT after -> 'by' AS by FROM events('column.truncate.to.4.chars', 'public\.truncated\.by') WHERE op = 'c';
INSERT INTO truncated (id, nn2, by) VALUES (4, '', '\x0102030405'), (5, '', '\x'), (6, '', '\xffffffffffff');
SELECT after -> 'by' AS by FROM events('column.truncate.to.5.chars', 'public\.truncated\.by') WHERE op = 'c';

-- hashes: v1 of a serialised Java string, v2 of its bytes, cut to the column's length
INSERT INTO k VALUES (2, NULL, NULL, NULL, NULL, NULL), (3, '12345', 'ann@example.com', 'ann@example.com', 1, 'ab');
SELECT after FROM events('column.mask.hash.SHA-256.with.salt.CzQMA0cB5K', 'public.k.(phone|email|n)',
	'column.mask.hash.v2.SHA-256.with.salt.CzQMA0cB5K', 'public.k.h2', 'column.mask.with.3.chars', 'public.k.pc');
INSERT INTO hashed VALUES (1, 'sad', 'abc', 5, NULL, 'n1', 'n2', '{"a": 12345678}', 'hello world', '\x0102030405060708', 'c', '2024-01-01 00:00+00', '{a}', 'Ann');
DELETE FROM hashed;
SELECT * FROM parameters('column.mask.hash.v2.SHA-256.with.salt.abc', 'public\.hashed\..*');
SELECT * FROM events('column.mask.hash.v2.SHA-256.with.salt.abc', 'public\.hashed\..*');
-- other digests, and texts that JSON escapes
INSERT INTO k (id, email) VALUES (4, E'a"\\\n\x01é\U0001F600');
SELECT name, after ->> 'email' = left(encode(digest, 'hex'), 100) AS same
FROM (SELECT name, after, CASE name WHEN 'MD5' THEN decode(md5(bytes), 'hex') WHEN 'SHA224' THEN sha224(bytes) WHEN 'sha-384' THEN sha384(bytes)
		ELSE sha512(bytes) END AS digest
	FROM (VALUES ('MD5'), ('SHA224'), ('sha-384'), ('SHA-512')) d(name),
		LATERAL (SELECT convert_to('s.p' || E'a"\\\n\x01é\U0001F600', 'UTF8') AS bytes) b,
		LATERAL (SELECT data::jsonb -> 'value' -> 'after' AS after FROM pg_logical_slot_peek_changes('column_rules', NULL, NULL, 'topic.prefix', 't',
			'column.mask.hash.v2.' || name || '.with.salt.s.p', 'public.k.email')) e) r;
SELECT after ->> 'email' = encode(sha256('s'::bytea || '\xaced000574000d' || convert_to(E'a"\\\n\x01é', 'UTF8') || '\xeda0bdedb880'), 'hex') AS same
FROM events('column.mask.hash.SHA-256.with.salt.s', 'public.k.email');
INSERT INTO named VALUES ('long', repeat('x', 70000));
SELECT after ->> 'v' = encode(sha256('s'::bytea || '\xaced00057c0000000000011170' || convert_to(repeat('x', 70000), 'UTF8')), 'hex') AS same
FROM events('column.mask.hash.SHA256.with.salt.s', 'public.named.v');

-- an unchanged TOAST value: the placeholder, mapped
INSERT INTO toasted SELECT 1, 1, string_agg(md5(i::text), ''), string_agg(md5(i::text), ''), string_agg(md5(i::text), '') FROM generate_series(1, 400) i;
UPDATE toasted SET v = 2;
SELECT after FROM events('column.truncate.to.3.chars', 'public.toasted.t', 'column.mask.with.5.chars', 'public.toasted.u',
	'column.mask.hash.v2.SHA-256.with.salt.abc', 'public.toasted.k');

-- the source's types
INSERT INTO typed (t) VALUES ('x');
SELECT field, parameters ->> '__debezium.source.column.type' AS type, parameters ->> '__debezium.source.column.length' AS length,
	parameters ->> '__debezium.source.column.scale' AS scale, parameters ->> '__debezium.source.column.name' AS name
FROM parameters('column.propagate.source.type', 'public\.typed\..*', 'field.name.adjustment.mode', 'avro_unicode');
SELECT field FROM parameters('datatype.propagate.source.type', 'public\.typed\.(_?int4|VARCHAR)') WHERE parameters ? '__debezium.source.column.type';
SELECT (data::json -> 'value' -> 'schema' -> 'fields' -> 1 -> 'fields' -> 8)::text, (data::json -> 'key' -> 'schema')::text
FROM pg_logical_slot_peek_changes('column_rules', NULL, NULL, 'topic.prefix', 't', 'key.converter.schemas.enable', 'true', 'value.converter.schemas.enable', 'true',
	'column.propagate.source.type', 'public\.typed\..*');

-- one mapping a column: truncation comes first, and what would undo a hash is an error
SELECT after -> 't' AS t FROM events('column.mask.with.5.chars', 'public.typed.t', 'column.truncate.to.0.chars', 'public.typed.t');
INSERT INTO typed (t) VALUES ('x');
SELECT * FROM events('column.propagate.source.type', 'public.typed.*', 'column.mask.hash.v2.SHA-256.with.salt.abc', 'public.typed.t');
SELECT * FROM events('datatype.propagate.source.type', 'public.typed.text', 'column.mask.hash.SHA-256.with.salt.abc', 'public.typed.t');

-- what stays in clear is said
SET client_min_messages = warning;
SELECT after -> 'n' AS n FROM events('column.mask.with.5.chars', 'public.typed.n');

-- names that say nothing
SELECT * FROM events('column.mask.with.x.chars', 'a');
SELECT * FROM events('column.truncate.to.-1.chars', 'a');
SELECT * FROM events('column.mask.hash.SHA-256', 'a');
SELECT * FROM events('column.mask.hash.SHA-3.with.salt.s', 'a');
SELECT * FROM events('column.mask.hash.v2.SHA-256.with.salt.', 'a');
SELECT * FROM events('column.mask.with.5.chars', 'a(');
SELECT * FROM events('column.mask.with.5.chars', 'a', 'column.mask.with.5.chars', 'b');
SELECT * FROM events('column.mask.by.5.chars', 'a');
-- longer than an option's name can be
SELECT count(*) FROM events('walpost.properties', 'column.mask.hash.v2.SHA-256.with.salt.' || repeat('s', 100) || '=public.typed.t');

SELECT 'stop' FROM pg_drop_replication_slot('column_rules');
DROP FUNCTION events, parameters;
DROP TABLE masked, hashed, truncated, k, named, toasted, typed;
DROP DOMAIN short;
DROP TYPE mood;
DROP EXTENSION citext;
