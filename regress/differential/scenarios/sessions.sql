-- Settings of the writer and of the connector's role: the bytes stay.
CREATE TABLE s (id serial PRIMARY KEY, d date, t time, tz timestamptz, ts timestamp, iv interval, f float8, f4 real, n numeric(8,3), b bytea, m money, x xml, r tstzrange, a timestamptz[]);
ALTER ROLE postgres IN DATABASE :"DBNAME" SET DateStyle = 'German, DMY';
ALTER ROLE postgres IN DATABASE :"DBNAME" SET extra_float_digits = -5;
ALTER ROLE postgres IN DATABASE :"DBNAME" SET TimeZone = 'Asia/Kolkata';
-- stream
INSERT INTO s (d, t, tz, ts, iv, f, f4, n, b, m, x, a) VALUES
	('2020-02-03', '01:02:03.4', '2020-02-03 01:02:03+00', '2020-02-03 01:02:03', '1 year -3 days 04:05:06.7', 0.1 + 0.2, 1.1, 5.5, '\x00415c', 3.25, '<a/>', '{2020-02-03 01:02:03+00}');
UPDATE s SET d = '2021-02-03';
DELETE FROM s;
