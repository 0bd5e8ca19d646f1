-- What transforms of Kafka Connect and Debezium make of each kind of record.
CREATE TABLE c (id int PRIMARY KEY, name varchar(20) DEFAULT 'x', n int DEFAULT 7, req text NOT NULL DEFAULT 'r', d date, ts timestamp DEFAULT '2020-01-01', tz timestamptz,
	num numeric(10,2), whole numeric(10), money numeric, dbl double precision, flag boolean, bytes bytea, js jsonb, tags text[], odd text, small smallint, big bigint, real real, u uuid);
CREATE TABLE f (a int NOT NULL, b text NOT NULL, v text DEFAULT 'dv', w int, PRIMARY KEY (a, b));
ALTER TABLE f REPLICA IDENTITY FULL;
CREATE TABLE nokey (x int, y text DEFAULT 'why');
ALTER TABLE nokey REPLICA IDENTITY FULL;
-- stream
INSERT INTO c (id) VALUES (1);
INSERT INTO c VALUES (2, 'Anne', NULL, 'req', '2024-02-29', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789+02', 12.50, 7, 3.14159, 2.5, true, '\x0102ff', '{"a": [1, "b\"c"]}', '{a,NULL,"c\"d"}', E'line feed "quoted" back\\slash \u00e9\U0001F600', 3, 4000000000, 1.25, '0b1f0a00-0000-4000-8000-000000000001');
UPDATE c SET name = 'Bob', n = 8 WHERE id = 2;
UPDATE c SET name = NULL WHERE id = 2;
UPDATE c SET id = 3 WHERE id = 2;
DELETE FROM c WHERE id = 3;
BEGIN;
INSERT INTO f VALUES (1, 'one', NULL, 1), (2, 'two', 'v', NULL);
UPDATE f SET v = 'changed' WHERE a = 1;
UPDATE f SET b = 'uno' WHERE a = 1;
DELETE FROM f WHERE a = 2;
COMMIT;
INSERT INTO nokey VALUES (1, NULL), (NULL, 'z');
UPDATE nokey SET x = 5 WHERE x = 1;
DELETE FROM nokey;
SELECT pg_logical_emit_message(true, 'prefix', 'content');
SELECT pg_logical_emit_message(false, 'prefix', 'outside');
TRUNCATE f;
