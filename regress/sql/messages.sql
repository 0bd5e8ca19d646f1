-- Logical messages: within transactions and outside, prefixes, content.
SET synchronous_commit = on;
SELECT 'init' FROM pg_create_logical_replication_slot('messages', 'walpost');
SELECT 'ok' FROM pg_logical_emit_message(true, 'pfx', 'hello');
SELECT 'ok' FROM pg_logical_emit_message(false, 'other', 'world');
SELECT 'ok' FROM pg_logical_emit_message(true, 'bin"ary', '\x00ff'::bytea);
SELECT 'ok' FROM pg_logical_emit_message(true, 'walpost.signal', 'steers');
BEGIN;
SELECT 'ok' FROM pg_logical_emit_message(true, 'pfx', 'gone');
SELECT 'ok' FROM pg_logical_emit_message(false, 'pfx', 'stays');
ROLLBACK;
-- (a commit flushes the WAL that the message is in)
SELECT 'ok' FROM pg_logical_emit_message(true, 'last', '');

SELECT data::jsonb ->> 'topic' AS topic, data::jsonb -> 'key' AS key, data::jsonb -> 'value' ->> 'op' AS op,
  data::jsonb -> 'value' -> 'message' AS message, data::jsonb -> 'value' -> 'source' -> 'txId' = 'null' AS outside,
  data::jsonb -> 'headers' AS headers
FROM pg_logical_slot_peek_changes('messages', NULL, NULL, 'topic.prefix', 't');
SELECT data::jsonb -> 'value' -> 'message' AS message
FROM pg_logical_slot_peek_changes('messages', NULL, NULL, 'topic.prefix', 't', 'message.prefix.include.list', 'PF.,bin.*', 'binary.handling.mode', 'hex');
SELECT data::jsonb -> 'value' -> 'message' AS message
FROM pg_logical_slot_peek_changes('messages', NULL, NULL, 'topic.prefix', 't', 'message.prefix.exclude.list', 'pf', 'topic.delimiter', '_', 'binary.handling.mode', 'base64-url-safe');
SELECT 'stop' FROM pg_drop_replication_slot('messages');
