-- Schema blocks: optional fields, defaults, parameters, names.
CREATE EXTENSION hstore;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE SEQUENCE seq;
CREATE TABLE required (pk serial PRIMARY KEY, i int NOT NULL DEFAULT 5, t text NOT NULL, n numeric(10,2) NOT NULL DEFAULT 1.5, b bool NOT NULL DEFAULT true);
CREATE TABLE constants (pk int PRIMARY KEY, none int, i int DEFAULT 5, i_null int DEFAULT NULL, i_negative int DEFAULT -5, s smallint DEFAULT 5, b bigint DEFAULT 5,
	f4 real DEFAULT 1.5, f8 float8 DEFAULT 1.25, n numeric(5,2) DEFAULT 1.5, n_bare numeric DEFAULT 1.5, bo bool DEFAULT true, t text DEFAULT 'it''s "quoted"',
	vc varchar(10) DEFAULT 'x'::varchar, u uuid DEFAULT '76019d1a-ad2e-4b22-96e9-1a6d6543c818', j json DEFAULT '{"a": 1}', jb jsonb DEFAULT '{"a":1}',
	d date DEFAULT '2020-01-02', tm time DEFAULT '01:02:03', ts timestamp DEFAULT '2020-01-02 03:04:05', ts3 timestamp(3) DEFAULT '2020-01-02 03:04:05',
	tz timestamptz DEFAULT '2020-01-02 03:04:05+00', iv interval DEFAULT '1 day', bt bit(3) DEFAULT B'101', e mood DEFAULT 'ok', m money DEFAULT 1.5,
	ofname name DEFAULT 'n', ai int[] DEFAULT '{1,2}', ba bytea DEFAULT '\x01', hs hstore DEFAULT 'a=>1', i_cast int DEFAULT '7'::int, up text DEFAULT upper('a'));
CREATE TABLE computed (pk int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, seq bigint DEFAULT nextval('seq'), t text DEFAULT upper('abc'),
	u uuid DEFAULT gen_random_uuid(), tz timestamptz DEFAULT now(), ts timestamp DEFAULT current_timestamp, e int DEFAULT 6 * 7,
	g int GENERATED ALWAYS AS (1 + 2) STORED, z text);
-- stream
INSERT INTO required (t) VALUES ('t');
UPDATE required SET pk = 10;
DELETE FROM required;
INSERT INTO constants (pk) VALUES (1);
INSERT INTO constants (pk, i, t, d) VALUES (2, NULL, NULL, NULL);
UPDATE constants SET i = 6 WHERE pk = 2;
DELETE FROM constants WHERE pk = 2;
INSERT INTO computed (z, u, tz, ts) VALUES ('z', 'd9428888-122b-41e1-b85c-61cdd7c8e5a2', '2020-02-03 04:05:06.789+00', '2020-02-03 04:05:06.789');
DELETE FROM computed;
