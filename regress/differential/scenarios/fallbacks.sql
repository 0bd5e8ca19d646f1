-- Old rows that hold the key alone: what stands for columns that may not be null.
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION ltree;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE nn (pk int PRIMARY KEY, i2 int2 NOT NULL, i4 int4 NOT NULL, i8 int8 NOT NULL, f4 float4 NOT NULL, f8 float8 NOT NULL, n numeric NOT NULL, n62 numeric(6,2) NOT NULL,
	m money NOT NULL, o oid NOT NULL, b bool NOT NULL, t text NOT NULL, v varchar(5) NOT NULL, c char(3) NOT NULL, u uuid NOT NULL, x xml NOT NULL, j json NOT NULL, jb jsonb NOT NULL,
	inet inet NOT NULL, ci cidr NOT NULL, mac macaddr NOT NULL, mac8 macaddr8 NOT NULL, tv tsvector NOT NULL, l ltree NOT NULL, e mood NOT NULL, hs hstore NOT NULL, cit citext NOT NULL,
	r4 int4range NOT NULL, d date NOT NULL, tm time NOT NULL, tm3 time(3) NOT NULL, tz timetz NOT NULL, ts timestamp NOT NULL, ts3 timestamp(3) NOT NULL, tsz timestamptz NOT NULL,
	iv interval NOT NULL, ba bytea NOT NULL, b1 bit NOT NULL, b3 bit(3) NOT NULL, vb varbit NOT NULL, ai int4[] NOT NULL, at text[] NOT NULL,
	p point NOT NULL, bx box NOT NULL, cc circle NOT NULL, ls lseg NOT NULL, pa path NOT NULL, pg polygon NOT NULL, li line NOT NULL, ofname name NOT NULL, qc "char" NOT NULL);
CREATE TABLE dflt (pk int PRIMARY KEY, i int NOT NULL DEFAULT 5, t text NOT NULL DEFAULT 'dd', n numeric(5,2) NOT NULL DEFAULT 1.5, d date NOT NULL DEFAULT '2020-01-02',
	u uuid NOT NULL DEFAULT gen_random_uuid(), b bool DEFAULT true, nb int DEFAULT 7, e mood NOT NULL DEFAULT 'ok', ba bytea NOT NULL DEFAULT '\x01');
-- stream
INSERT INTO nn VALUES (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, true, 't', 'v', 'c', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '<a/>', '1', '1', '::1', '::/0', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', 'a', 'a', 'ok', 'a=>1', 'c',
	'[1,2)', '2020-01-01', '01:00', '01:00', '01:00+00', '2020-01-01', '2020-01-01', '2020-01-01+00', '1 day', '\x01', '1', '101', '1', '{1}', '{a}',
	'(1,2)', '(1,1),(0,0)', '<(1,1),1>', '[(0,0),(0,1)]', '[(0,0),(0,1)]', '((0,0),(0,1),(1,1))', '{1,2,3}', 'n', 'q');
DELETE FROM nn;
INSERT INTO dflt (pk, u) VALUES (1, 'd9428888-122b-41e1-b85c-61cdd7c8e5a2');
UPDATE dflt SET pk = 2;
DELETE FROM dflt;
