-- bytea in every binary.handling.mode, and bit strings.
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_binary', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE FUNCTION pg_temp.fields(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT f::text
  FROM (SELECT DISTINCT ON (data::json ->> 'topic') data::json AS d
        FROM pg_logical_slot_peek_changes('types_binary', NULL, NULL,
          VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options)
        WHERE (data::json ->> 'value') IS NOT NULL) e,
    json_array_elements(d -> 'value' -> 'schema' -> 'fields' -> 0 -> 'fields') f
$$;
SET bytea_output = escape;
CREATE TABLE bin (pk serial PRIMARY KEY, ba bytea);
CREATE TABLE bits (pk serial PRIMARY KEY, b1 bit, b2 bit(2), b7 bit(7), b9 bit(9), b64 bit(64), b65 bit(65), vb varbit, vb1 varbit(1), vb20 varbit(20));
SELECT 'init' FROM pg_create_logical_replication_slot('types_binary', 'walpost');

INSERT INTO bin (ba) VALUES ('\x010203'), (''), ('\xfffe00'), ('\x00'), (null), (decode(repeat('fb', 20), 'hex')), ('\xfbff');
INSERT INTO bits (b1, b2, b7, b9, b64, b65, vb, vb1, vb20) VALUES
  ('1', '11', '1000000', '100000001', ('1' || repeat('0', 63))::bit(64), ('1' || repeat('0', 64))::bit(65), '101', '1', '000000110000001000000001'::varbit(20)),
  ('0', '00', '0000000', '000000000', repeat('0', 64)::bit(64), repeat('0', 65)::bit(65), '', B'0', ''),
  ('0', '10', '0000001', '000000001', repeat('1', 64)::bit(64), repeat('1', 65)::bit(65), '000000110000001000000001', '', '1'),
  (null, null, null, null, null, null, repeat('01', 400)::varbit, null, null);

SELECT pg_temp.fields();
SELECT pg_temp.shown('after');
SELECT pg_temp.shown('after', 'binary.handling.mode', 'base64') LIMIT 7;
SELECT pg_temp.shown('after', 'binary.handling.mode', 'base64-url-safe') LIMIT 7;
SELECT pg_temp.shown('after', 'binary.handling.mode', 'hex') LIMIT 7;
SELECT pg_temp.fields('binary.handling.mode', 'hex');
-- bits are bytes in any mode
SELECT count(*) FROM pg_temp.shown('after', 'binary.handling.mode', 'hex') h JOIN pg_temp.shown('after') b ON h = b;

SELECT 'stop' FROM pg_drop_replication_slot('types_binary');
DROP TABLE bin, bits;
