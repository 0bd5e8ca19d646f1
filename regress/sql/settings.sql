-- An event's bytes depend on no setting of the session.
SET synchronous_commit = on;
CREATE TABLE s (pk int PRIMARY KEY, f float8, d date, ts timestamp, tz timestamptz, tr tstzrange, iv interval, b bytea, m money, r regclass);
SELECT 'init' FROM pg_create_logical_replication_slot('settings', 'walpost');
INSERT INTO s VALUES (1, 0.1::float8 + 0.2, '2020-02-03', '2020-02-03 04:05:06', '2020-02-03 04:05:06+00', '[2020-02-03 04:05:06+00,)', '1 mon 2 days', '\x0102', 1.5, 's');
CREATE TEMPORARY TABLE seen AS
SELECT data::jsonb -> 'value' -> 'after' AS after FROM pg_logical_slot_peek_changes('settings', NULL, NULL, 'topic.prefix', 't', 'include.unknown.datatypes', 'true', 'binary.handling.mode', 'hex');
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'iso_8601';
SET TimeZone = 'Asia/Tokyo';
SET extra_float_digits = -3;
SET bytea_output = 'escape';
SET search_path = pg_temp, pg_catalog;
SELECT after = (SELECT data::jsonb -> 'value' -> 'after' FROM pg_logical_slot_peek_changes('settings', NULL, NULL, 'topic.prefix', 't', 'include.unknown.datatypes', 'true', 'binary.handling.mode', 'hex')) AS same FROM seen;
-- and the session gets its own settings back
SHOW DateStyle;
SHOW IntervalStyle;
SHOW TimeZone;
SHOW extra_float_digits;
SHOW bytea_output;
SHOW search_path;
-- also after an error
\set VERBOSITY terse
SELECT 1 FROM pg_logical_slot_peek_changes('settings', NULL, NULL, 'topic.prefix', 't', 'publication.name', 'missing');
SHOW DateStyle;
RESET search_path;
RESET DateStyle;
SELECT after FROM seen;
SELECT 'stop' FROM pg_drop_replication_slot('settings');
DROP TABLE s;
