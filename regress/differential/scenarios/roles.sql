-- A connector whose role has settings that would change every text: the bytes
-- are those of a connector whose role has none.
CREATE TABLE s (id serial PRIMARY KEY, d date, t time, tz timestamptz, ts timestamp, tt timetz, iv interval, f float8, f4 real, n numeric(8,3), b bytea, m money, x xml, r tstzrange, dr daterange, a timestamptz[], ab bytea[], p point,
	"user" text, def date DEFAULT '2020-01-02', defiv interval DEFAULT '1 day', deff float8 DEFAULT 0.1);
CREATE TABLE cut (id int PRIMARY KEY, f float8, v text);
DO $$
BEGIN
	CREATE ROLE "odd settings" SUPERUSER LOGIN REPLICATION;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
ALTER ROLE "odd settings" SET DateStyle = 'SQL, DMY';
ALTER ROLE "odd settings" SET IntervalStyle = 'sql_standard';
ALTER ROLE "odd settings" SET extra_float_digits = -10;
ALTER ROLE "odd settings" SET bytea_output = 'escape';
ALTER ROLE "odd settings" SET TimeZone = 'America/St_Johns';
ALTER ROLE "odd settings" SET search_path = pg_catalog;
ALTER ROLE "odd settings" SET xmloption = 'document';
ALTER ROLE "odd settings" SET quote_all_identifiers = on;
ALTER ROLE "odd settings" SET standard_conforming_strings = off;
-- stream
INSERT INTO s (d, t, tz, ts, tt, iv, f, f4, n, b, m, x, r, dr, a, ab, p) VALUES
	('2020-02-03', '01:02:03.4', '2020-02-03 01:02:03+00', '2020-02-03 01:02:03', '01:02:03+02', '1 year -3 days 04:05:06.5', 0.1 + 0.2, 1.1, 5.5, '\x00415c', 3.25, '<a/>',
	'[2020-02-03 01:02:03+00,)', '[2020-02-03,)', '{2020-02-03 01:02:03+00}', ARRAY['\x00415c'::bytea], '(0.1,0.3)');
INSERT INTO cut VALUES (1, 0.30000000000000004, E'a\\b');
UPDATE s SET iv = '-1 mon 5 days';
DELETE FROM s;
