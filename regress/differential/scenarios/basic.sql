-- Every operation, and what transactions do to it.
CREATE TABLE items (id int PRIMARY KEY, name text, price numeric(10,2));
CREATE TABLE full_items (LIKE items INCLUDING ALL);
ALTER TABLE full_items REPLICA IDENTITY FULL;
CREATE TABLE keyless (a int, b text);
-- stream
INSERT INTO items VALUES (1, 'one', 1.5), (2, 'two', NULL), (3, E'thr"ee\n', 3);
INSERT INTO full_items TABLE items;
INSERT INTO keyless VALUES (1, 'x'), (NULL, NULL);
UPDATE items SET price = price + 1;
UPDATE full_items SET price = price + 1;
UPDATE items SET name = name;
UPDATE items SET id = 10, name = 'ten' WHERE id = 1;
UPDATE full_items SET id = id + 100;
DELETE FROM items WHERE id = 2;
DELETE FROM full_items WHERE id = 102;
BEGIN;
INSERT INTO items VALUES (20, 'kept', 1);
SAVEPOINT s;
INSERT INTO items VALUES (21, 'lost', 1);
UPDATE items SET name = 'lost' WHERE id = 20;
ROLLBACK TO s;
INSERT INTO items VALUES (21, 'kept', 2);
SAVEPOINT t;
UPDATE items SET id = 22 WHERE id = 21;
RELEASE t;
DELETE FROM items WHERE id = 22;
COMMIT;
BEGIN;
INSERT INTO items VALUES (30, 'lost', 1);
ROLLBACK;
BEGIN;
INSERT INTO items VALUES (30, 'prepared', 1);
PREPARE TRANSACTION 'p';
INSERT INTO items VALUES (31, 'between', 1);
COMMIT PREPARED 'p';
INSERT INTO items VALUES (20, 'conflict', 9) ON CONFLICT (id) DO UPDATE SET name = excluded.name;
WITH moved AS (DELETE FROM items WHERE id = 20 RETURNING *) INSERT INTO full_items TABLE moved;
SELECT 1 FROM items FOR UPDATE;
COPY items FROM STDIN;
50	copied	5.00
51	\N	\N
\.
