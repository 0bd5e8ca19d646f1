-- DecodeLogicalDecodingMessageContent: JSON in logical messages.
CREATE TABLE c (id int PRIMARY KEY);
-- stream
SELECT pg_logical_emit_message(true, 'outbox', '{"id": "00000000-0000-4000-8000-000000000001", "aggregatetype": "order", "aggregateid": "7", "type": "made", "payload": "{\"a\": 1}"}');
SELECT pg_logical_emit_message(true, 'outbox', '{"id": "2", "aggregatetype": "order", "aggregateid": "8", "type": "made", "payload": "text", "n": null, "i": 1, "l": 4000000000, "d": 1.5, "b": true, "list": [1, 2], "o": {"x": "é\n", "y": {"z": null}}}');
INSERT INTO c VALUES (1);
SELECT pg_logical_emit_message(false, 'outbox', '{"id": "3", "aggregatetype": "customer", "aggregateid": "9", "type": "left", "payload": ""}');
SELECT pg_logical_emit_message(true, 'outbox', '{"payload": "again", "id": "4", "aggregatetype": "order", "aggregateid": "7", "type": "made"}');
