-- The slot's catalog_xmin in each event.
CREATE TABLE x (id int PRIMARY KEY, v text);
-- stream
INSERT INTO x VALUES (1, 'a');
BEGIN;
INSERT INTO x VALUES (2, 'b');
UPDATE x SET v = 'c';
COMMIT;
DELETE FROM x WHERE id = 1;
SELECT pg_logical_emit_message(true, 'prefix', 'content');
