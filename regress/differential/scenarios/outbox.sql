-- What the outbox EventRouter makes of rows.
CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype varchar(255) NOT NULL, aggregateid varchar(255) NOT NULL, type varchar(255) NOT NULL, payload jsonb,
	extra int DEFAULT 5, created timestamp, version int, raw bytea, note text DEFAULT 'none', shard int, seen timestamp(3), num numeric(10,2));
CREATE TABLE events (id serial PRIMARY KEY, kind text, key bigint, body text, at bigint DEFAULT 3, version int DEFAULT 1);
CREATE TABLE plain (id int PRIMARY KEY, name text DEFAULT 'd', dbl double precision, flag boolean, big bigint);
-- stream
INSERT INTO outbox VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'order', '42', 'OrderCreated', '{"a": 1, "b": [1, 2], "c": null, "d": {"e": "x\"y", "f": 1.5}}', 5, '2025-09-13 12:26:40.5', 1, '\x0001ff', ' ', 0, '2025-09-13 12:26:40.123', 12.50);
INSERT INTO outbox VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', 'customer', '43', 'OrderDone', NULL, NULL, NULL, 2, NULL, 'said "so"', NULL, NULL, NULL);
INSERT INTO outbox VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13', 'order', E'k\u00e9y \U0001F600', 'OrderDone', '[1, "x"]', 7, '2025-01-01', NULL, '\x', NULL, 0, '2025-01-01', -1);
INSERT INTO outbox VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a14', 'order', '42', 'OrderCreated', '"text"', 5, '2025-09-13', 1, '\x41', '', 0, '2025-09-13', 0);
UPDATE outbox SET note = 'x' WHERE aggregateid = '42';
DELETE FROM outbox;
BEGIN;
INSERT INTO events (kind, key, body) VALUES ('a', 1, '{"s": "x", "i": 1, "l": 5000000000, "d": 1.50, "e": 1e3, "t": true, "n": null, "o": {"k": "v", "o": {}}, "a": [1, 2], "as": ["x", null], "ea": [], "oa": [{"x": 1}, {"x": 2}], "aa": [[1], [2, 3]]}');
INSERT INTO events (kind, key, body) VALUES ('b', 2, '{"dup": 1, "two": 2, "dup": 3}'), ('a', NULL, '{"u": "\u00e9\ud83d\ude00\n\/"} behind'), ('a', 3, '{}'), ('a', 4, '{"an": [null]}'), ('b', 5, 'no JSON'), ('b', 6, '{"a": [1, "x"]}'), ('b', 7, '{"a": [1, 2.5]}');
INSERT INTO events (kind, key, body, at) VALUES ('c', 8, '{"a": 01}', NULL), ('c', 9, ' {"a": 1}', 9), ('c', 10, '', 10), ('c', 11, '  ', 10), ('c', 12, '{"a', 11), ('c', 13, NULL, 12), ('c', 14, '{"a": 1.0, "b": 1e-7, "c": 12345678.9, "d": -0, "e": -0.0}', 13);
COMMIT;
INSERT INTO plain VALUES (1, E'one "\u00e9', 1.5e10, true, 5);
UPDATE plain SET name = NULL, flag = NULL;
DELETE FROM plain;
SELECT pg_logical_emit_message(true, 'prefix', 'content');
