-- Transforms that change values: Cast, TimestampConverter, Flatten.
CREATE TABLE n (id int PRIMARY KEY, small smallint, i int DEFAULT 300, big bigint, dbl double precision DEFAULT 1.5, real real, flag boolean DEFAULT true, num numeric(30,2) DEFAULT 2.50,
	whole numeric(40), tiny numeric(30,15), wide numeric(5,0), free numeric, txt text DEFAULT '12', bytes bytea, note text NOT NULL DEFAULT 'n');
CREATE TABLE t (id bigint PRIMARY KEY, ts timestamp DEFAULT '2020-01-01', ms timestamp(3), d date, tm time(3), tz timestamptz, txt text, day text, unix bigint DEFAULT 86400, nn timestamp NOT NULL DEFAULT '2000-01-01 00:00:01');
ALTER TABLE t REPLICA IDENTITY FULL;
CREATE TABLE s (id int PRIMARY KEY, free numeric DEFAULT 1.25, p point, name text DEFAULT 'x', tags text[], n int);
ALTER TABLE s REPLICA IDENTITY FULL;
-- stream
INSERT INTO n (id) VALUES (1);
INSERT INTO n VALUES (2, 7, -1, 4000000000, -2.75, 0.1, false, -12.50, 12345678901234567890123, 0.000000001234567, 200, 1, '-128', '\x00ff10', 'x');
INSERT INTO n VALUES (3, -32768, 65537, -9223372036854775808, 1e300, -1e30, NULL, 0, -1, 0, -99999, NULL, '+7', '\x', 'x');
INSERT INTO n VALUES (4, 32767, 2147483647, 9223372036854775807, 'NaN', 'Infinity', true, 9999999999999999999999999999.99, 0, -0.000001, 1, 10.10, '0', NULL, 'x');
INSERT INTO n VALUES (5, 0, 0, 0, '-Infinity', 1e-10, NULL, 0.01, 18446744073709551617, 123456789012345.5, 0, NULL, '99', '\xdeadbeef', 'x');
INSERT INTO n VALUES (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'x');
UPDATE n SET i = 5 WHERE id = 2;
DELETE FROM n WHERE id = 1;
INSERT INTO t (id) VALUES (1);
INSERT INTO t VALUES (2, '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.789', '2024-02-29', '12:34:56.789', '2024-02-29 12:34:56.789+02', '2024-02-29T12:34:56.789Z', '31/12/1999 11:59 pm', 1700000000, '1969-12-31 23:59:59.999999');
INSERT INTO t VALUES (3, '1500-03-01 00:00', '0001-01-01', '1582-10-04', '00:00', '1582-10-15 00:00+00', '2024-02-30T25:61:00.5Z', '1/2/24 12:00 AM', -1, '9999-12-31 23:59:59');
INSERT INTO t VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '1970-01-01');
UPDATE t SET ts = '2100-01-01 00:00:00.5' WHERE id = 2;
DELETE FROM t WHERE id = 3;
INSERT INTO s (id) VALUES (1);
INSERT INTO s VALUES (2, 12345.678, '(1,-2)', NULL, '{a,"b\"c",NULL}', 3);
INSERT INTO s VALUES (3, NULL, NULL, E'a "b" \\ {c}', NULL, NULL);
UPDATE s SET free = -7 WHERE id = 2;
DELETE FROM s WHERE id = 2;
