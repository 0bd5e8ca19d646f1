-- Topics, partitions and conditions that depend on a row's value.
CREATE TABLE c (id int PRIMARY KEY, kind text DEFAULT 'plain', n int, big bigint, small smallint, num numeric(10,2), dbl double precision, real real, flag boolean,
	u uuid, d date, bytes bytea, req text NOT NULL DEFAULT 'r');
CREATE TABLE f (a int NOT NULL, b text NOT NULL, kind text DEFAULT 'dv', w int, PRIMARY KEY (a, b));
ALTER TABLE f REPLICA IDENTITY FULL;
-- stream
INSERT INTO c VALUES (1, 'one', 10, 4000000000, 3, 12.50, 2.5, 1.25, true, '0b1f0a00-0000-4000-8000-000000000001', '2024-02-29', '\x0102ff');
INSERT INTO c VALUES (2, 'two', 11, -4000000000, -3, -0.01, 1e300, -0.5, false, '0b1f0a00-0000-4000-8000-000000000002', '1969-12-31', '\x');
INSERT INTO c VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, E'\u00e9\U0001F600');
INSERT INTO c VALUES (4, '', -5, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, ' ');
UPDATE c SET n = 12, kind = 'three' WHERE id = 1;
UPDATE c SET id = 5 WHERE id = 2;
DELETE FROM c WHERE id = 5;
BEGIN;
INSERT INTO f VALUES (1, 'one', 'f', 1), (2, 'two', NULL, NULL), (3, 'three', ' ', 3);
UPDATE f SET kind = 'g' WHERE a = 1;
UPDATE f SET w = 20 WHERE a = 2;
UPDATE f SET b = 'uno' WHERE a = 1;
DELETE FROM f WHERE a = 2;
DELETE FROM f WHERE a = 1;
COMMIT;
SELECT pg_logical_emit_message(true, 'prefix', 'content');
TRUNCATE f;
