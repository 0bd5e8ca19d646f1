-- Columns that are masked, hashed, cut, left out, or say where they come from.
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN short AS varchar(7);
CREATE DOMAIN dint AS int;
CREATE TABLE masked (id int PRIMARY KEY, e mood, dt short, di dint, dflt text DEFAULT 'dd', nn text NOT NULL DEFAULT 'nnd', nn2 varchar(30) NOT NULL, j jsonb, t text, by bytea,
	x xml, tz timestamptz, ofname name, ch "char", u uuid, ea mood[], ta text[]);
CREATE TABLE hashed (LIKE masked INCLUDING ALL);
CREATE TABLE hashed_v2 (LIKE masked INCLUDING ALL);
CREATE TABLE truncated (LIKE masked INCLUDING ALL);
CREATE TABLE excluded (LIKE masked INCLUDING ALL);
CREATE TABLE named (id text PRIMARY KEY, v text);
CREATE TABLE toasted (pk int PRIMARY KEY, v int, t text, u text, k text);
ALTER TABLE toasted ALTER t SET STORAGE external, ALTER u SET STORAGE external, ALTER k SET STORAGE external;
CREATE TABLE typed (id serial PRIMARY KEY, b bigserial, n int, si smallint, t text, vc varchar(20), vcu varchar, bp char(4), num numeric(10,2), numu numeric, f4 real, f8 double precision,
	bo boolean, d date, ti time(3), ts timestamp(3), tsu timestamp, tz timestamptz, tt timetz, iv interval, u uuid, j jsonb, x xml, i inet, by bytea, bi bit(4), vb varbit(8), ar int[],
	ta varchar(10)[], ofname name, ch "char", m money, pt point, ci int4range, o oid, dt short, e mood);
-- stream
INSERT INTO masked VALUES (1, 'sad', 'abc', 5, NULL, 'n1', 'n2', '{"a": 12345678}', 'hello world', '\x0102030405060708', '<a>b</a>', '2024-01-01 00:00+00', 'name', 'c', '0b1f0a00-0000-4000-8000-000000000001', '{sad,happy}', '{abcdefgh,xyz}');
INSERT INTO masked (id, t, nn2) VALUES (2, E'ab\u00e9\U0001F600z', 'abcdefghij'), (3, '', '');
INSERT INTO hashed TABLE masked;
INSERT INTO hashed_v2 TABLE masked;
INSERT INTO truncated TABLE masked;
INSERT INTO excluded TABLE masked;
UPDATE truncated SET t = E'ab\U0001F600';
DELETE FROM masked;
DELETE FROM hashed;
DELETE FROM hashed_v2;
DELETE FROM truncated;
DELETE FROM excluded;
INSERT INTO named VALUES ('key one', 'value');
UPDATE named SET id = 'key two';
DELETE FROM named;
INSERT INTO toasted SELECT 1, 1, string_agg(md5(i::text), ''), string_agg(md5(i::text), ''), string_agg(md5(i::text), '') FROM generate_series(1, 400) i;
UPDATE toasted SET v = 2;
INSERT INTO typed (t) VALUES ('x');
