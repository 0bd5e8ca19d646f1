-- Operations of every kind, for those that are skipped.
CREATE TABLE plain (id int PRIMARY KEY, v text);
CREATE TABLE whole (LIKE plain INCLUDING ALL);
ALTER TABLE whole REPLICA IDENTITY FULL;
-- stream
BEGIN;
INSERT INTO plain VALUES (1, 'a'), (2, 'b');
INSERT INTO whole TABLE plain;
COMMIT;
UPDATE plain SET v = 'c' WHERE id = 1;
UPDATE whole SET v = 'c' WHERE id = 1;
UPDATE plain SET id = 3 WHERE id = 1;
UPDATE whole SET id = 3 WHERE id = 1;
DELETE FROM plain WHERE id = 2;
DELETE FROM whole WHERE id = 2;
TRUNCATE plain, whole;
BEGIN;
INSERT INTO plain VALUES (4, 'd');
UPDATE plain SET v = 'e';
DELETE FROM plain;
TRUNCATE whole;
COMMIT;
