-- Sessions that write under settings of their own: the bytes stay.
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.t (id int PRIMARY KEY, v text);
CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE TABLE s (id serial PRIMARY KEY, d date, t time, tz timestamptz, ts timestamp, tt timetz, iv interval, f float8, f4 real, n numeric(8,3), b bytea, m money, x xml, r tstzrange, a timestamptz[], ab bytea[]);
-- stream
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'sql_standard';
SET extra_float_digits = -10;
SET bytea_output = 'escape';
SET TimeZone = 'America/St_Johns';
SET xmloption = 'content';
SET search_path = elsewhere, public;
INSERT INTO t VALUES (1, 'elsewhere');
INSERT INTO s (d, t, tz, ts, tt, iv, f, f4, n, b, m, x, r, a, ab) VALUES
	('03/02/2020', '01:02:03.4', '2020-02-03 01:02:03', '2020-02-03 01:02:03', '01:02:03', '1 year -3 days 04:05:06.5', 0.1 + 0.2, 1.1, 5.5, '\x00415c', 3.25, '<a/>', '[2020-02-03 01:02:03,)', '{2020-02-03 01:02:03}', ARRAY['\x00415c'::bytea]);
SET DateStyle = 'Postgres, MDY';
SET IntervalStyle = 'iso_8601';
SET TimeZone = 'Asia/Kathmandu';
INSERT INTO s (d, t, tz, ts, tt, iv, f, f4, n, b, m, x, r, a, ab) VALUES
	('02/03/2020', '01:02:03.4', '2020-02-03 01:02:03', '2020-02-03 01:02:03', '01:02:03', '1 year -3 days 04:05:06.5', 0.1 + 0.2, 1.1, 5.5, 'a\\b', 3.25, '<a/>', '[2020-02-03 01:02:03,)', '{2020-02-03 01:02:03}', ARRAY['a'::bytea]);
UPDATE s SET d = 'tomorrow'::date - 'today'::date + '2020-01-01'::date;
SET search_path = public;
INSERT INTO t VALUES (1, 'public');
DELETE FROM s;
