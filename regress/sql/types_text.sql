-- Everything that is a string, and how strings are escaped.
SET synchronous_commit = on;
\a
\t on
CREATE FUNCTION pg_temp.shown(part text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT shown
  FROM pg_logical_slot_peek_changes('types_text', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't'] || options),
    substring(data FROM '"' || part || '":(\{.*?\}),"(after|source)":') shown
  WHERE shown IS NOT NULL
$$;
CREATE FUNCTION pg_temp.fields(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT f::text
  FROM (SELECT DISTINCT ON (data::json ->> 'topic') data::json AS d
        FROM pg_logical_slot_peek_changes('types_text', NULL, NULL,
          VARIADIC ARRAY['topic.prefix', 't', 'value.converter.schemas.enable', 'true'] || options)
        WHERE (data::json ->> 'value') IS NOT NULL) e,
    json_array_elements(d -> 'value' -> 'schema' -> 'fields' -> 0 -> 'fields') f
$$;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "fine" \ é');
CREATE TABLE txt (pk serial PRIMARY KEY, t text, v varchar(5), c char(5), c1 char, qc "char", nm name, u uuid, x xml, j json, jb jsonb, e mood);
CREATE TABLE net (pk serial PRIMARY KEY, i inet, c cidr, m macaddr, m8 macaddr8, tv tsvector, cur refcursor);
CREATE TABLE esc (i int PRIMARY KEY, t text);
CREATE TABLE moods (i int PRIMARY KEY, e mood);
CREATE TABLE ran (pk serial PRIMARY KEY, r4 int4range, r8 int8range, rn numrange, rts tsrange, rtz tstzrange, rd daterange);
SELECT 'init' FROM pg_create_logical_replication_slot('types_text', 'walpost');

INSERT INTO txt (t, v, c, c1, qc, nm, u, x, j, jb, e) VALUES
  (E'é😀 "q" \\ / \t \n \r \b \f \x01 \x1f \x7f <&>', 'ab', 'ab', 'z', 'q', 'thename', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '<a b="c">x</a>', '{"b": 1, "a":2}', '{"b": 1, "a":2}', 'ok'),
  ('', '', '', '', '', '', '00000000-0000-0000-0000-000000000000', '', 'null', '"\u00e9"', 'it''s "fine" \ é'),
  (null, null, null, null, null, null, null, null, null, null, null),
  (repeat('0123456789abcde', 3) || E'\x0b' || repeat('x', 17) || '"', E'\x1e', 'ééééé', '"', '\', '"n"', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', '<?xml version="1.0" encoding="UTF-8"?><a/>', '[1, "\ud83d\ude00"]', '{"k": ["v", null, 1.50, true]}', 'sad');
INSERT INTO txt (qc) VALUES ('\377'), (E'\x01');
-- plain text of every length up to two vectors, with an escape in every place
INSERT INTO esc SELECT i, repeat('x', i) || '"' || repeat('y', 33 - i) FROM generate_series(0, 33) i;
INSERT INTO net (i, c, m, m8, tv, cur) VALUES ('192.168.2.0/12', '192.168.100.128/25', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', $$a fat:4A 'x y' 'c"at\\s'$$, 'c"1'), ('::1', '::/0', '08002b010203', '08002b010203', '', null);
INSERT INTO ran (r4, r8, rn, rts, rtz, rd) VALUES ('[1,10)', '[1,10]', '(1.5,2.5)', '[2010-01-01 14:30, 2010-01-01 15:30)', '[2010-01-01 14:30+02, 2010-01-01 15:30+02)', '[2010-01-01,2010-01-05)'),
  ('empty', '(,)', '[,1]', '(,infinity]', '[,2010-01-01 14:30+02)', 'empty');

SELECT pg_temp.fields();
SELECT pg_temp.shown('after');

-- labels that change while the plan is in use
BEGIN;
INSERT INTO moods VALUES (1, 'sad'), (2, 'ok');
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
INSERT INTO moods VALUES (3, 'blue'), (4, 'ok');
COMMIT;
ALTER TYPE mood ADD VALUE 'new' BEFORE 'ok';
INSERT INTO moods VALUES (5, 'new');
SELECT substring(data FROM '"after":({"i".*}),"source":'), substring(data FROM '"allowed":".*?[^\\]"')
FROM pg_logical_slot_peek_changes('types_text', NULL, NULL, 'topic.prefix', 't', 'value.converter.schemas.enable', 'true',
  'table.include.list', 'public.moods');

SELECT 'stop' FROM pg_drop_replication_slot('types_text');
DROP TABLE txt, net, esc, moods, ran;
DROP TYPE mood;
