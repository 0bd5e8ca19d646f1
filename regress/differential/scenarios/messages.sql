-- TRUNCATE and logical messages.
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a);
CREATE TABLE c (id serial PRIMARY KEY);
-- stream
INSERT INTO a VALUES (1);
INSERT INTO b VALUES (1, 1);
TRUNCATE a CASCADE;
INSERT INTO c DEFAULT VALUES;
TRUNCATE c RESTART IDENTITY;
BEGIN;
INSERT INTO c DEFAULT VALUES;
TRUNCATE a, b, c;
SELECT pg_logical_emit_message(true, 'within', 'hello');
INSERT INTO a VALUES (2);
COMMIT;
SELECT pg_logical_emit_message(true, 'pfx', 'hello');
SELECT pg_logical_emit_message(false, 'other', 'world');
INSERT INTO a VALUES (3);
SELECT pg_logical_emit_message(true, 'bin"ary', '\x00ff'::bytea);
SELECT pg_logical_emit_message(true, '', '');
BEGIN;
SELECT pg_logical_emit_message(true, 'pfx', 'gone');
SELECT pg_logical_emit_message(false, 'pfx', 'stays');
ROLLBACK;
INSERT INTO a VALUES (4);
