-- TimestampConverter and TimestampRouter: rows that they cannot take, and what is refused.
SET synchronous_commit = on;
CREATE TABLE t (id int PRIMARY KEY, ts timestamp, txt text, unix bigint, d date);
SELECT 'init' FROM pg_create_logical_replication_slot('transforms_time', 'walpost');
CREATE FUNCTION pg_temp.events(VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT data FROM pg_logical_slot_peek_changes('transforms_time', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 't', 'extended.headers.enabled', 'false', 'transforms', 'u,c', 'transforms.u.type', 'ExtractNewRecordState',
      'transforms.c.type', 'TimestampConverter$Value'] || options)
$$;
INSERT INTO t VALUES (1, '1066-10-14 09:00', '14 Oct 1066 AD, Sat', -9223372036854775808, '2024-02-29');

\a
\t
\set SHOW_CONTEXT never
-- the calendar is Julian before 1582-10-15, as Java's
SELECT pg_temp.events('transforms.c.field', 'ts', 'transforms.c.target.type', 'string', 'transforms.c.format', 'd MMM y G, EEE "HH"', 'transforms.c.unix.precision', 'microseconds');
SELECT pg_temp.events('transforms.c.field', 'txt', 'transforms.c.target.type', 'Date', 'transforms.c.format', 'd MMM y G, EEE');
-- what does not fit is cut to what does
SELECT pg_temp.events('transforms.c.field', 'unix', 'transforms.c.target.type', 'Timestamp', 'transforms.c.unix.precision', 'seconds');
SELECT pg_temp.events('transforms.c.field', 'absent', 'transforms.c.target.type', 'unix');

-- ---- rows that it cannot take
SELECT pg_temp.events('transforms.c.field', 'txt', 'transforms.c.target.type', 'unix', 'transforms.c.format', 'd G');
SELECT pg_temp.events('transforms.c.field', 'txt', 'transforms.c.target.type', 'unix');
SELECT pg_temp.events('transforms.c.field', 'd', 'transforms.c.target.type', 'unix');
SELECT pg_temp.events('transforms.c.target.type', 'unix');
SELECT data FROM pg_logical_slot_peek_changes('transforms_time', NULL, NULL, 'topic.prefix', 't', 'transforms', 'r', 'transforms.r.type', 'TimestampRouter');

-- ---- configurations that are refused
SELECT pg_temp.events('transforms.c.field', 'ts');
SELECT pg_temp.events('transforms.c.target.type', 'date');
SELECT pg_temp.events('transforms.c.target.type', 'string');
SELECT pg_temp.events('transforms.c.target.type', 'string', 'transforms.c.format', 'yyyy-QQ');
SELECT pg_temp.events('transforms.c.target.type', 'string', 'transforms.c.format', 'yyyy ''Uhr');
SELECT pg_temp.events('transforms.c.target.type', 'string', 'transforms.c.format', 'XXXX');
SELECT pg_temp.events('transforms.c.target.type', 'unix', 'transforms.c.unix.precision', 'days');
SELECT data FROM pg_logical_slot_peek_changes('transforms_time', NULL, NULL, 'topic.prefix', 't', 'transforms', 'r', 'transforms.r.type', 'TimestampRouter', 'transforms.r.timestamp.format', 'yyyy-JJ');
SELECT 'stop' FROM pg_drop_replication_slot('transforms_time');
DROP TABLE t;
