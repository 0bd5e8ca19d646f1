-- Signals by a table, an incremental snapshot among them, and what is notified.
CREATE EXTENSION walpost;
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT i, 'row ' || i FROM generate_series(1, 5) i;
CREATE TABLE pairs (a int, b text, at timestamptz, PRIMARY KEY (a, b));
INSERT INTO pairs SELECT i / 2, 'key ' || i, '2026-01-01 12:00:00+00' FROM generate_series(1, 4) i;
ANALYZE orders, pairs;
CREATE TABLE debezium_signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
-- stream
INSERT INTO orders VALUES (10, 'before');
INSERT INTO debezium_signal VALUES ('s1', 'log', '{"message": "at {}"}');
INSERT INTO debezium_signal VALUES ('s2', 'logs', '{"message": "no such type"}');
INSERT INTO debezium_signal VALUES ('s3', 'log', 'no JSON');
INSERT INTO debezium_signal VALUES ('s4', 'execute-snapshot', '{"data-collections": ["public.orders", "public.pairs"]}');
