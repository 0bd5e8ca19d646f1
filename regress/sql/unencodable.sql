-- Changes that cannot be made events: event.processing.failure.handling.mode.
SET synchronous_commit = on;
SET client_min_messages = warning;
-- a type whose output function refuses all but the label of an enum
CREATE TYPE mood AS ENUM ('fine');
CREATE TYPE brittle;
CREATE FUNCTION brittle_in(cstring) RETURNS brittle LANGUAGE internal IMMUTABLE STRICT AS 'oidin';
CREATE FUNCTION brittle_out(brittle) RETURNS cstring LANGUAGE internal STABLE STRICT AS 'enum_out';
CREATE TYPE brittle (INPUT = brittle_in, OUTPUT = brittle_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE FUNCTION fine() RETURNS brittle LANGUAGE sql STABLE AS $$
  SELECT brittle_in(oid::text::cstring) FROM pg_enum WHERE enumlabel = 'fine' AND enumtypid = 'mood'::regtype
$$;
CREATE TABLE moods (id int PRIMARY KEY, b brittle);
CREATE TABLE marked (b brittle, t text);
CREATE TABLE texts (id int PRIMARY KEY, a text, b text);
SELECT 'init' FROM pg_create_logical_replication_slot('unencodable', 'walpost');

CREATE FUNCTION pg_temp.see(mode text, VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (topic text, key text, op text, total text, events text) LANGUAGE sql AS $$
  SELECT v ->> 'topic', v ->> 'key', coalesce(v -> 'value' ->> 'op', v -> 'value' ->> 'status'),
    v -> 'value' -> 'transaction' ->> 'total_order', v -> 'value' ->> 'event_count'
  FROM pg_logical_slot_peek_changes('unencodable', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't',
    'include.unknown.datatypes', 'true', 'message.key.columns', 'public.marked:b', 'event.processing.failure.handling.mode', mode] || options) WITH ORDINALITY AS c(lsn, xid, data, n),
    LATERAL (SELECT data::jsonb || jsonb_build_object('key', CASE WHEN data::jsonb ->> 'topic' = 't.transaction' THEN 'its id' ELSE data::jsonb ->> 'key' END)) AS j(v)
  ORDER BY n
$$;
-- what is said of it, but for numbers that differ from run to run
CREATE FUNCTION pg_temp.said(mode text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; detail text; context text;
BEGIN
  PERFORM * FROM pg_temp.see(mode);
  RETURN 'nothing';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, context = PG_EXCEPTION_CONTEXT;
  RETURN regexp_replace(message || '; ' || split_part(context, E'\n', 1), 'transaction \d+, (.*) at [0-9A-F]+/[0-9A-F]+', 'transaction N, \1 at LSN');
END
$$;

BEGIN;
INSERT INTO moods VALUES (1, fine());
INSERT INTO moods VALUES (2, '7');
INSERT INTO moods VALUES (3, fine());
UPDATE moods SET b = '8' WHERE id = 3;
UPDATE moods SET id = 4 WHERE id = 1;
UPDATE moods SET id = 5, b = '9' WHERE id = 3;
DELETE FROM moods WHERE id = 4;
COMMIT;
-- all of a transaction; a key
INSERT INTO moods VALUES (6, '7');
INSERT INTO marked VALUES ('7', 'no'), (fine(), 'yes');

SELECT pg_temp.said('fail');
SET client_min_messages = error;
SELECT * FROM pg_temp.see('warn');
SELECT * FROM pg_temp.see('skip');
SELECT * FROM pg_temp.see('ignore', 'provide.transaction.metadata', 'true');
SELECT * FROM pg_temp.see('shrug');
SET client_min_messages = warning;

-- an event larger than any buffer of the server: a control character takes six bytes
SELECT 'gone' FROM pg_logical_slot_get_changes('unencodable', NULL, NULL, 'topic.prefix', 't', 'event.processing.failure.handling.mode', 'skip') LIMIT 1;
BEGIN;
INSERT INTO texts VALUES (1, 'before', '');
INSERT INTO texts VALUES (2, repeat(chr(1), 180 * 1024 * 1024), 'too large');
INSERT INTO texts VALUES (3, 'after', '');
COMMIT;
SELECT pg_temp.said('fail');
SET client_min_messages = error;
SELECT * FROM pg_temp.see('warn');
SET client_min_messages = warning;

SELECT 'stop' FROM pg_drop_replication_slot('unencodable');
DROP TABLE moods, marked, texts;
DROP FUNCTION fine();
DROP TYPE mood;
DROP TYPE brittle CASCADE;
