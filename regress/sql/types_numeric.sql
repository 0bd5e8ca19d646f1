-- Integers, floats, numeric and money in every decimal.handling.mode.
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_numeric', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE FUNCTION pg_temp.fields(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT f::text
  FROM (SELECT DISTINCT ON (data::json ->> 'topic') data::json AS d
        FROM pg_logical_slot_peek_changes('types_numeric', NULL, NULL,
          VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options)
        WHERE (data::json ->> 'value') IS NOT NULL) e,
    json_array_elements(d -> 'value' -> 'schema' -> 'fields' -> 0 -> 'fields') f
$$;
CREATE TABLE ints (pk smallserial PRIMARY KEY, i2 int2, i4 int4, i8 int8, o oid, b bool);
CREATE TABLE floats (pk serial PRIMARY KEY, f4 float4, f8 float8);
CREATE TABLE nums (pk bigserial PRIMARY KEY, n numeric, n62 numeric(6,2), n4 numeric(4), n35 numeric(3,5), n389 numeric(38,9));
CREATE TABLE negative (pk int PRIMARY KEY, n numeric(3,-2));
CREATE TABLE moneys (pk serial PRIMARY KEY, m money);
SELECT 'init' FROM pg_create_logical_replication_slot('types_numeric', 'walpost');

INSERT INTO ints (i2, i4, i8, o, b) VALUES (-32768, -2147483648, -9223372036854775808, 0, false),
  (32767, 2147483647, 9223372036854775807, 4294967295, true), (null, null, null, null, null), (0, 9, 10, 100, true);
INSERT INTO floats (f4, f8) VALUES (3.3, 4.4), ('NaN', 'NaN'), ('Infinity', 'Infinity'), ('-Infinity', '-Infinity'), ('-0', '-0'),
  (10, 100), (1e20, 1e20), (1e-7, 1e-7), (0.001, 0.001), (0.00099, 0.00099), (9999999, 9999999.5), (1e7, 1e7), (16777216, 9007199254740993),
  (1.4e-45, 4.9e-324), (3.4028235e38, 1.7976931348623157e308), (1e10, 1e23), (8388608.5, 2e23), (0.1, 0.30000000000000004), (123456.7, 8.41e21);
INSERT INTO nums (n, n62, n4, n35, n389) VALUES (22.2200, 1.10, 1234, 0.00123, 123456789.123456789), ('NaN', -0.01, -1, 0, 0), (100, 0, 0, -0.00999, -1),
  ('1e30', 99.995, 9999, 0, 12345678901234567890123456789.123456789), ('-0.000', 'NaN', null, null, -99999999999999999999999999999.999999999),
  ('Infinity', 1.28, 127, 0, 9223372.036854775), ('-Infinity', -1.28, 128, 0, 9223372036.854775807), (12345678901234567890.0123456789, 327.68, -128, 0, 9223372036.854775808),
  (0.00000000000000000001, 2.55, -129, 0, -9223372036.854775808), (1e-100, 0.5, 255, 0, -9223372036.854775809), (1e100, 0.05, 256, 0, 18446744073.709551616),
  ((repeat('1234567890', 30) || '.' || repeat('987654321', 10))::numeric, 5000, 1, 0, 1), (1.5e-7, 1, 1, 0, 0.000000001);
INSERT INTO negative VALUES (1, 12345), (2, -12300), (3, 0);
INSERT INTO moneys (m) VALUES (1234.11), (-12.345), (0), (0.01), (-0.05), ('92233720368547758.07'), ('-92233720368547758.08'), (null);

SELECT pg_temp.fields();
SELECT pg_temp.shown('after');
SELECT pg_temp.shown('after', 'decimal.handling.mode', 'string') OFFSET 23;
SELECT pg_temp.shown('after', 'decimal.handling.mode', 'double') OFFSET 23;

-- money has digits of its own, but not as a string
SELECT pg_temp.shown('after', 'money.fraction.digits', '4') OFFSET 39;
SELECT pg_temp.shown('after', 'money.fraction.digits', '0') OFFSET 39;
SELECT pg_temp.shown('after', 'money.fraction.digits', '1') OFFSET 39;
SELECT pg_temp.shown('after', 'money.fraction.digits', '18') OFFSET 39;
SELECT pg_temp.shown('after', 'money.fraction.digits', '4', 'decimal.handling.mode', 'string') OFFSET 39;

SELECT 'stop' FROM pg_drop_replication_slot('types_numeric');
DROP TABLE ints, floats, nums, negative, moneys;
