-- Partitions, inheritance, generated columns, odd names.
SET synchronous_commit = on;
CREATE TABLE part (id int PRIMARY KEY, gone int, v text) PARTITION BY RANGE (id);
ALTER TABLE part DROP COLUMN gone;
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);
CREATE TABLE part_2 (v text, id int NOT NULL);
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM (100) TO (200);
CREATE PUBLICATION leaves FOR TABLE part;
CREATE PUBLICATION root FOR TABLE part WITH (publish_via_partition_root = true);
CREATE TABLE parent (id int PRIMARY KEY, a int);
CREATE TABLE child (b int) INHERITS (parent);
CREATE TABLE gen (pk int PRIMARY KEY, a int, g int GENERATED ALWAYS AS (a * 2) STORED, z text);
CREATE TABLE "We ird.Näme" (pk int PRIMARY KEY, "Col ""Üñ" text, "a.b" int);
CREATE TABLE none ();
SELECT 'init' FROM pg_create_logical_replication_slot('partitions', 'walpost');
CREATE FUNCTION pg_temp.events(VARIADIC options text[]) RETURNS TABLE (topic text, key text, op text, before text, after text) LANGUAGE sql AS $$
  SELECT data::jsonb ->> 'topic', data::jsonb ->> 'key', data::jsonb -> 'value' ->> 'op',
    data::jsonb -> 'value' ->> 'before', data::jsonb -> 'value' ->> 'after'
  FROM pg_logical_slot_peek_changes('partitions', NULL, NULL, VARIADIC ARRAY['topic.prefix', 't', 'skipped.operations', 'none'] || options)
$$;

INSERT INTO part VALUES (2, 'c'), (102, 'd');
UPDATE part SET v = 'e' WHERE id = 102;
UPDATE part SET id = 150 WHERE id = 2;
DELETE FROM part WHERE id = 102;
TRUNCATE part;
SELECT * FROM pg_temp.events('publication.name', '');
SELECT * FROM pg_temp.events('publication.name', 'leaves');
SELECT * FROM pg_temp.events('publication.name', 'root');
SELECT count(*) FROM pg_logical_slot_get_changes('partitions', NULL, NULL, 'topic.prefix', 't');

INSERT INTO child VALUES (1, 2, 3);
INSERT INTO gen VALUES (1, 2, DEFAULT, 'z');
UPDATE gen SET a = 5;
DELETE FROM gen;
INSERT INTO "We ird.Näme" VALUES (1, 'x', 2);
INSERT INTO none DEFAULT VALUES;
SELECT * FROM pg_temp.events('publication.name', '');

SELECT 'stop' FROM pg_drop_replication_slot('partitions');
DROP PUBLICATION leaves, root;
DROP TABLE part, child, parent, gen, "We ird.Näme", none;
