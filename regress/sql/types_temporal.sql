-- Dates, times and intervals in every time.precision.mode.
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_temporal', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE FUNCTION pg_temp.fields(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT f::text
  FROM (SELECT DISTINCT ON (data::json ->> 'topic') data::json AS d
        FROM pg_logical_slot_peek_changes('types_temporal', NULL, NULL,
          VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options)
        WHERE (data::json ->> 'value') IS NOT NULL) e,
    json_array_elements(d -> 'value' -> 'schema' -> 'fields' -> 0 -> 'fields') f
$$;
SET datestyle = 'ISO, MDY';
SET timezone = 'America/New_York';
CREATE TABLE tim (pk int PRIMARY KEY, d date, t time, t0 time(0), t3 time(3), tz timetz, tz3 timetz(3),
  ts timestamp, ts0 timestamp(0), ts2 timestamp(2), ts3 timestamp(3), ts6 timestamp(6), tsz timestamptz, tsz0 timestamptz(0), tsz3 timestamptz(3));
CREATE TABLE iv (pk serial PRIMARY KEY, iv interval, iv2 interval day to second(2), ivd interval day);
SELECT 'init' FROM pg_create_logical_replication_slot('types_temporal', 'walpost');

INSERT INTO tim VALUES
  (1, '2016-11-04', '13:51:30.123789', '13:51:30.6', '13:51:30.1237', '13:51:30.123789+02', '13:51:30.1237+02', '2016-11-04 13:51:30.123456', '2016-11-04 13:51:30.6', '2016-11-04 13:51:30.126',
   '2016-11-04 13:51:30.1236', '2016-11-04 13:51:30.123456', '2016-11-04 13:51:30.123456+02', '2016-11-04 13:51:30.6+02', '2016-11-04 13:51:30.1236+02'),
  (2, '1969-12-31', '00:00', '00:00', '00:00', '00:00+00', '24:00+00', '1969-12-31 23:59:59.999999', '0001-01-01', '1900-01-01', '1969-12-31 23:59:59.999', '2020-01-01', '2020-01-01+00', '2020-01-01+00', '2020-01-01+00'),
  (3, 'infinity', '24:00', '24:00', '24:00', '23:59:59.999999-15:59', '00:00:00.1+14', 'infinity', 'infinity', 'infinity', 'infinity', 'infinity', 'infinity', 'infinity', 'infinity'),
  (4, '-infinity', '01:00', null, null, '01:02:03+05:30', '24:00+02', '-infinity', '-infinity', '-infinity', '-infinity', '-infinity', '-infinity', '-infinity', '-infinity'),
  (5, '0044-03-15 BC', '23:59:59.999999', null, null, '10:00:00.120-08', null, '0044-03-15 01:02:03 BC', null, null, null, '294276-12-31 23:59:59.999999', '0044-03-15 01:02:03+00 BC', null, null),
  (6, '5874897-12-31', '00:00:00.000001', null, null, '10:00:00-08:00:30', null, '294246-01-01', null, null, null, '10000-01-01', '21016-11-04 13:51:30+00', null, null),
  (7, '4714-11-24 BC', null, null, null, null, null, '4714-11-24 00:00:00 BC', '9999-12-31 23:59:59.5', null, null, '0001-12-31 23:59:59.9 BC', '4714-11-24 00:00:00+00 BC', '9999-12-31 23:59:59.5+00', null),
  (8, '2000-02-29', null, null, null, null, null, '2262-04-11 23:47:16.854775', '1970-01-01', '1677-09-21 00:12:43.15', null, '1677-09-21 00:12:43.145225', '1970-01-01+00', null, null);
INSERT INTO iv (iv, iv2, ivd) VALUES ('1 year 2 mons 3 days 04:05:06.78', '-1 day 02:00:00.005', '3 days'), ('0', '0', '0'), ('-1 year -2 mons 3 days -04:05:06.78', '100 days', null),
  ('178000000 years', '1 sec', null), ('1 mon', null, null), ('0.000001 sec', null, null), ('-0.5 sec', null, null), ('2147483646 mons 2147483646 days 2562047788:00:54.775806', null, null),
  ('-178956970 years -7 mons -2147483647 days -2562047788:00:54.775806', null, null), ('1.1 secs', null, null), ('10 mins 20 secs', null, null);

SELECT pg_temp.fields();
SELECT pg_temp.shown('after');
SELECT pg_temp.shown('after', 'time.precision.mode', 'adaptive_time_microseconds') LIMIT 8;
SELECT pg_temp.shown('after', 'time.precision.mode', 'connect') LIMIT 8;
SELECT pg_temp.shown('after', 'time.precision.mode', 'isostring', 'interval.handling.mode', 'string');
SELECT pg_temp.shown('after', 'time.precision.mode', 'microseconds') LIMIT 8;
SELECT pg_temp.shown('after', 'time.precision.mode', 'nanoseconds') LIMIT 8;
SELECT pg_temp.shown('after', 'time.precision.mode', 'structured');
SELECT pg_temp.fields('time.precision.mode', 'structured');
SELECT pg_temp.fields('time.precision.mode', 'connect', 'interval.handling.mode', 'string');
SELECT pg_temp.fields('time.precision.mode', 'isostring');

SELECT 'stop' FROM pg_drop_replication_slot('types_temporal');
DROP TABLE tim, iv;
