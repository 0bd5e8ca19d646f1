-- A blocking snapshot, for which the stream waits: of tables with rows, without, and of some rows.
CREATE EXTENSION walpost;
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT i, 'row ' || i FROM generate_series(1, 5) i;
CREATE TABLE orders_none (id int PRIMARY KEY);
CREATE TABLE pairs (a int, b text, PRIMARY KEY (a, b));
INSERT INTO pairs SELECT i / 2, 'key ' || i FROM generate_series(1, 6) i;
CREATE TABLE debezium_signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
-- stream
INSERT INTO orders VALUES (10, 'before');
INSERT INTO debezium_signal VALUES ('s1', 'execute-snapshot', '{"type": "blocking", "data-collections": ["public.orders.*", "public.pairs"], "additional-conditions": [{"data-collection": "public.pairs", "filter": "SELECT * FROM public.pairs WHERE b <> ''key 2'' ORDER BY b"}]}');
