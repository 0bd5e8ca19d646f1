-- An incremental snapshot of some rows of a table.
CREATE EXTENSION walpost;
CREATE TABLE pairs (a int, b text, PRIMARY KEY (a, b));
INSERT INTO pairs SELECT i / 2, 'key ' || i FROM generate_series(1, 6) i;
CREATE TABLE debezium_signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
-- stream
INSERT INTO debezium_signal VALUES ('s1', 'execute-snapshot', '{"data-collections": ["public.pairs"], "additional-conditions": [{"data-collection": "public.pairs", "filter": "b <> ''key 2''"}]}');
