-- TimezoneConverter: times of every kind, around changes of the clocks.
CREATE TABLE z (id int PRIMARY KEY, ts timestamp DEFAULT '2020-06-01', ms timestamp(3), tz timestamptz DEFAULT '2020-06-01 00:00+00', tt timetz, d date, tm time, req timestamp NOT NULL DEFAULT '2000-01-01');
ALTER TABLE z REPLICA IDENTITY FULL;
CREATE TABLE y (id int PRIMARY KEY, ts timestamp, tz timestamptz(3));
-- stream
INSERT INTO z (id) VALUES (1);
INSERT INTO z VALUES (2, '2024-03-31 02:30', '2024-03-31 01:59:59.999', '2024-03-31 01:00:00.5+00', NULL, '2024-03-31', '12:00', '2024-03-31 03:00');
INSERT INTO z VALUES (3, '2024-10-27 02:30:00.123456', '2024-10-27 03:00', '2024-10-27 00:59:59.999999+00', NULL, NULL, NULL, '2024-10-27 02:00');
INSERT INTO z VALUES (4, '1850-01-01', '0001-01-01', '1850-01-01 00:00+00', NULL, NULL, NULL, '2200-12-31 23:59:59');
INSERT INTO z VALUES (5, '2090-07-01 12:00', NULL, '12024-07-01 12:00+00', NULL, NULL, NULL, '1911-03-11 00:05');
UPDATE z SET ts = NULL, tz = '0044-03-15 12:00+00 BC' WHERE id = 2;
DELETE FROM z WHERE id = 3;
INSERT INTO y VALUES (1, '2024-07-01 00:00', '2024-07-01 00:00:00.100+00');
SELECT pg_logical_emit_message(true, 'prefix', 'content');
