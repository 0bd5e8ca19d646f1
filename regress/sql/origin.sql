-- Changes that are replicated from elsewhere, which have an origin.
SET synchronous_commit = on;
CREATE TABLE origin (id int PRIMARY KEY, v text);
SELECT 'init' FROM pg_create_logical_replication_slot('origin', 'walpost');
SELECT 'made' FROM pg_replication_origin_create('elsewhere');

INSERT INTO origin VALUES (1, 'here');
SELECT pg_replication_origin_session_setup('elsewhere');
INSERT INTO origin VALUES (2, 'there');
BEGIN;
SELECT pg_replication_origin_xact_setup('0/1234', '2020-01-01 00:00:00+00');
UPDATE origin SET v = 'there';
SELECT 'message' FROM pg_logical_emit_message(true, 'p', 'there');
TRUNCATE origin;
COMMIT;
SELECT 'message' FROM pg_logical_emit_message(false, 'p', 'there');
SELECT pg_replication_origin_session_reset();
INSERT INTO origin VALUES (3, 'here');
SELECT 'message' FROM pg_logical_emit_message(false, 'p', 'here');

CREATE FUNCTION pg_temp.events(VARIADIC options text[]) RETURNS TABLE (op text, before text, after text, message text) LANGUAGE sql AS $$
  SELECT value ->> 'op', value ->> 'before', value ->> 'after', convert_from(decode(value -> 'message' ->> 'content', 'base64'), 'UTF8')
  FROM (SELECT data::jsonb -> 'value' AS value
    FROM pg_logical_slot_peek_changes('origin', NULL, NULL, VARIADIC
      ARRAY['topic.prefix', 't', 'skipped.operations', 'none'] || options)) AS events
$$;
SELECT * FROM pg_temp.events('walpost.origin', 'any');
SELECT * FROM pg_temp.events('walpost.origin', 'none');
\set SHOW_CONTEXT never
SELECT pg_temp.events('walpost.origin', 'elsewhere');

SELECT 'dropped' FROM pg_replication_origin_drop('elsewhere');
SELECT 'stop' FROM pg_drop_replication_slot('origin');
DROP TABLE origin;
