-- Partitions by the name of their root.
CREATE TABLE part (id int PRIMARY KEY, gone int, v text) PARTITION BY RANGE (id);
ALTER TABLE part DROP COLUMN gone;
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);
CREATE TABLE part_2 (v text, id int NOT NULL);
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM (100) TO (200);
CREATE TABLE parent (id int PRIMARY KEY, a int);
CREATE TABLE child (b int) INHERITS (parent);
ALTER TABLE child REPLICA IDENTITY FULL;
CREATE TABLE gen (pk int PRIMARY KEY, a int, g int GENERATED ALWAYS AS (a * 2) STORED, z text);
CREATE TABLE dropped (pk int PRIMARY KEY, x int, y int DEFAULT 4, z text);
ALTER TABLE dropped DROP COLUMN x;
CREATE PUBLICATION dbz_publication FOR ALL TABLES WITH (publish_via_partition_root = true);
-- stream
INSERT INTO part VALUES (2, 'c'), (102, 'd');
UPDATE part SET v = 'e' WHERE id = 102;
UPDATE part SET id = 150 WHERE id = 2;
DELETE FROM part WHERE id = 102;
TRUNCATE part;
INSERT INTO parent VALUES (1, 1);
INSERT INTO child VALUES (1, 2, 3);
UPDATE parent SET a = 9;
DELETE FROM parent;
INSERT INTO gen VALUES (1, 2, DEFAULT, 'z');
UPDATE gen SET a = 5;
DELETE FROM gen;
INSERT INTO dropped VALUES (1, 2, 'z');
DELETE FROM dropped;
