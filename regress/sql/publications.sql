-- What a publication says of a relation holds for the events: membership,
-- operations, row filters, column lists, publish_via_partition_root.
SET client_min_messages = warning;
CREATE SCHEMA pubs;
CREATE SCHEMA pubs2;
SELECT 'created' FROM pg_create_logical_replication_slot('regress_pubs', 'walpost');

-- the events since the last call, for these publications
CREATE FUNCTION pubs.events(publications text)
RETURNS TABLE (topic text, op text, before jsonb, after jsonb)
LANGUAGE sql AS $$
	SELECT e->>'topic', e->'value'->>'op', e->'value'->'before', e->'value'->'after'
	FROM (SELECT data::jsonb AS e
		  FROM pg_logical_slot_get_changes('regress_pubs', NULL, NULL,
			'topic.prefix', 'shop', 'publication.name', publications,
			'tombstones.on.delete', 'false', 'skipped.operations', 'none')) d
$$;

-- membership -----------------------------------------------------------------
CREATE TABLE pubs.a (id int PRIMARY KEY, v text);
CREATE TABLE pubs.b (id int PRIMARY KEY, v text);
CREATE TABLE pubs2.c (id int PRIMARY KEY, v text);
CREATE PUBLICATION pubs_all FOR ALL TABLES;
CREATE PUBLICATION pubs_a FOR TABLE pubs.a;
CREATE PUBLICATION pubs_schema FOR TABLES IN SCHEMA pubs2;
CREATE PUBLICATION pubs_none;
CREATE PUBLICATION "Pubs, odd ""name""" FOR TABLE pubs.b;

INSERT INTO pubs.a VALUES (1, 'one');
INSERT INTO pubs.b VALUES (1, 'one');
INSERT INTO pubs2.c VALUES (1, 'one');
SELECT * FROM pubs.events('pubs_all');

INSERT INTO pubs.a VALUES (2, 'two');
INSERT INTO pubs.b VALUES (2, 'two');
INSERT INTO pubs2.c VALUES (2, 'two');
SELECT * FROM pubs.events('pubs_a');

INSERT INTO pubs.a VALUES (3, 'three');
INSERT INTO pubs.b VALUES (3, 'three');
INSERT INTO pubs2.c VALUES (3, 'three');
SELECT * FROM pubs.events('pubs_schema');

INSERT INTO pubs.a VALUES (4, 'four');
INSERT INTO pubs.b VALUES (4, 'four');
INSERT INTO pubs2.c VALUES (4, 'four');
SELECT * FROM pubs.events('pubs_a, pubs_schema');

INSERT INTO pubs.a VALUES (5, 'five');
SELECT * FROM pubs.events('pubs_none');

-- a schema's new table belongs to it; so does a table that moves in
CREATE TABLE pubs2.d (id int PRIMARY KEY, v text);
INSERT INTO pubs2.d VALUES (1, 'new');
ALTER TABLE pubs.b SET SCHEMA pubs2;
INSERT INTO pubs2.b VALUES (6, 'moved');
ALTER TABLE pubs2.b SET SCHEMA pubs;
INSERT INTO pubs.b VALUES (7, 'back');
SELECT * FROM pubs.events('pubs_schema');

-- operations -----------------------------------------------------------------
CREATE TABLE pubs.ops (id int PRIMARY KEY, v text);
CREATE PUBLICATION pubs_insert FOR TABLE pubs.ops WITH (publish = 'insert');
CREATE PUBLICATION pubs_delete FOR TABLE pubs.ops WITH (publish = 'delete, truncate');
INSERT INTO pubs.ops VALUES (1, 'one'), (2, 'two');
UPDATE pubs.ops SET v = 'uno' WHERE id = 1;
DELETE FROM pubs.ops WHERE id = 2;
TRUNCATE pubs.ops;
SELECT * FROM pubs.events('pubs_insert');
INSERT INTO pubs.ops VALUES (1, 'one'), (2, 'two');
UPDATE pubs.ops SET v = 'uno' WHERE id = 1;
DELETE FROM pubs.ops WHERE id = 2;
TRUNCATE pubs.ops;
SELECT * FROM pubs.events('pubs_delete');
INSERT INTO pubs.ops VALUES (1, 'one'), (2, 'two');
UPDATE pubs.ops SET v = 'uno' WHERE id = 1;
DELETE FROM pubs.ops WHERE id = 2;
TRUNCATE pubs.ops;
SELECT * FROM pubs.events('pubs_insert,pubs_delete');

-- a publication that changes holds from its change on
INSERT INTO pubs.ops VALUES (1, 'before');
ALTER PUBLICATION pubs_insert SET (publish = 'update');
INSERT INTO pubs.ops VALUES (2, 'after');
UPDATE pubs.ops SET v = 'after' WHERE id = 1;
SELECT * FROM pubs.events('pubs_insert');

-- row filters ----------------------------------------------------------------
CREATE TABLE pubs.rows (id int PRIMARY KEY, price int, name text);
ALTER TABLE pubs.rows REPLICA IDENTITY FULL;
CREATE PUBLICATION pubs_dear FOR TABLE pubs.rows WHERE (price > 100);
INSERT INTO pubs.rows VALUES (1, 50, 'cup'), (2, 200, 'chair'), (3, NULL, 'air');
UPDATE pubs.rows SET name = 'mug' WHERE id = 1;		-- neither row: nothing
UPDATE pubs.rows SET name = 'stool' WHERE id = 2;	-- both rows: update
UPDATE pubs.rows SET price = 150 WHERE id = 1;		-- new row only: insert
UPDATE pubs.rows SET price = 20 WHERE id = 2;		-- old row only: delete
UPDATE pubs.rows SET price = 300 WHERE id = 3;		-- NULL was no match: insert
DELETE FROM pubs.rows WHERE id = 1;
DELETE FROM pubs.rows WHERE id = 2;
TRUNCATE pubs.rows;
SELECT * FROM pubs.events('pubs_dear');

-- filters of several publications are alternatives, operation by operation
CREATE PUBLICATION pubs_cheap FOR TABLE pubs.rows WHERE (price < 10) WITH (publish = 'insert');
INSERT INTO pubs.rows VALUES (1, 5, 'pin'), (2, 50, 'cup'), (3, 500, 'bed');
UPDATE pubs.rows SET name = 'needle' WHERE id = 1;
UPDATE pubs.rows SET name = 'couch' WHERE id = 3;
SELECT op, after->>'name' AS name FROM pubs.events('pubs_cheap, pubs_dear');

-- one without a filter lets every row pass
UPDATE pubs.rows SET name = 'mug' WHERE id = 2;
SELECT op, after->>'name' AS name FROM pubs.events('pubs_dear, pubs_all');

-- the key alone decides, and the old row is the key alone
CREATE TABLE pubs.keyed (id int PRIMARY KEY, v text);
CREATE PUBLICATION pubs_keyed FOR TABLE pubs.keyed WHERE (id % 2 = 0);
INSERT INTO pubs.keyed VALUES (1, 'odd'), (2, 'even');
UPDATE pubs.keyed SET v = 'still odd' WHERE id = 1;
UPDATE pubs.keyed SET v = 'still even' WHERE id = 2;
UPDATE pubs.keyed SET id = 4 WHERE id = 1;
UPDATE pubs.keyed SET id = 3 WHERE id = 2;
DELETE FROM pubs.keyed;
SELECT op, before->>'id' AS before, after FROM pubs.events('pubs_keyed');

-- an update that becomes an insert has the TOASTed values that did not change
CREATE TABLE pubs.toast (id int PRIMARY KEY, price int, long text);
ALTER TABLE pubs.toast ALTER long SET STORAGE EXTERNAL;
ALTER TABLE pubs.toast REPLICA IDENTITY FULL;
CREATE PUBLICATION pubs_toast FOR TABLE pubs.toast WHERE (price > 100);
INSERT INTO pubs.toast VALUES (1, 50, repeat('long ', 2000));
UPDATE pubs.toast SET price = 150;
UPDATE pubs.toast SET price = 151;
UPDATE pubs.toast SET price = 50;
SELECT op, length(before->>'long') AS before, length(after->>'long') AS after,
	after->>'price' AS price
FROM pubs.events('pubs_toast');

-- ... and a filter over such a value sees it
CREATE PUBLICATION pubs_toast_long FOR TABLE pubs.toast WHERE (long LIKE 'long%');
UPDATE pubs.toast SET price = 60;
UPDATE pubs.toast SET long = repeat('short', 2000);
SELECT op, after->>'price' AS price, left(after->>'long', 10) AS long
FROM pubs.events('pubs_toast_long');

-- rows that are older than a column have its default in the filter's eyes
CREATE TABLE pubs.aged (id int PRIMARY KEY, v text);
ALTER TABLE pubs.aged REPLICA IDENTITY FULL;
INSERT INTO pubs.aged VALUES (1, 'old');
SELECT * FROM pubs.events('pubs_none');
ALTER TABLE pubs.aged ADD COLUMN n int DEFAULT 7;
CREATE PUBLICATION pubs_aged FOR TABLE pubs.aged WHERE (n = 7);
UPDATE pubs.aged SET v = 'new';
SELECT op, before, after FROM pubs.events('pubs_aged');

-- column lists ---------------------------------------------------------------
CREATE TABLE pubs.cols (a int, id int PRIMARY KEY, secret text, v text);
CREATE PUBLICATION pubs_cols FOR TABLE pubs.cols (id, v);
CREATE PUBLICATION pubs_cols_other FOR TABLE pubs.cols (id, a);
CREATE PUBLICATION pubs_cols_whole FOR TABLE pubs.cols (v, secret, id, a);
INSERT INTO pubs.cols VALUES (1, 2, 'xyzzy', 'open');
UPDATE pubs.cols SET v = 'shut';
DELETE FROM pubs.cols;
SELECT * FROM pubs.events('pubs_cols');
INSERT INTO pubs.cols VALUES (1, 2, 'xyzzy', 'open');
-- the position in the context is not the same in two runs
\set VERBOSITY terse
SELECT * FROM pubs.events('pubs_cols,pubs_cols_other');
\set VERBOSITY default
-- a list of all columns is the same as none
SELECT * FROM pubs.events('pubs_cols_whole, pubs_all');

-- partitions -----------------------------------------------------------------
CREATE TABLE pubs.part (id int, region text, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE pubs.part_low PARTITION OF pubs.part FOR VALUES FROM (0) TO (100);
-- columns in another order, and a hole
CREATE TABLE pubs.part_high (v text, hole int, id int NOT NULL, region text) PARTITION BY RANGE (id);
ALTER TABLE pubs.part_high DROP COLUMN hole;
CREATE TABLE pubs.part_leaf (region text, v text, id int NOT NULL);
ALTER TABLE pubs.part_high ATTACH PARTITION pubs.part_leaf FOR VALUES FROM (100) TO (200);
ALTER TABLE pubs.part ATTACH PARTITION pubs.part_high FOR VALUES FROM (100) TO (200);

CREATE PUBLICATION pubs_leaf FOR TABLE pubs.part;
CREATE PUBLICATION pubs_root FOR TABLE pubs.part WITH (publish_via_partition_root);
CREATE PUBLICATION pubs_middle FOR TABLE pubs.part_high WITH (publish_via_partition_root);
CREATE PUBLICATION pubs_all_root FOR ALL TABLES WITH (publish_via_partition_root);
INSERT INTO pubs.part VALUES (1, 'eu', 'low'), (101, 'us', 'high');
SELECT * FROM pubs.events('pubs_leaf');
INSERT INTO pubs.part VALUES (2, 'eu', 'low'), (102, 'us', 'high');
SELECT * FROM pubs.events('pubs_root');
INSERT INTO pubs.part VALUES (3, 'eu', 'low'), (103, 'us', 'high');
SELECT * FROM pubs.events('pubs_middle');
INSERT INTO pubs.part VALUES (4, 'eu', 'low'), (104, 'us', 'high');
SELECT * FROM pubs.events('pubs_all_root');
-- the top-most ancestor of all publications wins
INSERT INTO pubs.part VALUES (5, 'eu', 'low'), (105, 'us', 'high');
SELECT * FROM pubs.events('pubs_middle, pubs_root');

-- a row that moves
UPDATE pubs.part SET id = 106 WHERE id = 5;
SELECT topic, op, before->>'id' AS before, after FROM pubs.events('pubs_root');

-- truncate: the root's event when published as the root, else the leaves'
TRUNCATE pubs.part;
SELECT topic, op FROM pubs.events('pubs_leaf');
TRUNCATE pubs.part;
SELECT topic, op FROM pubs.events('pubs_root');
TRUNCATE pubs.part_leaf;
SELECT topic, op FROM pubs.events('pubs_root');

-- filter and column list of the root hold for its leaves
CREATE PUBLICATION pubs_root_filter FOR TABLE pubs.part (id, v) WHERE (id % 2 = 0)
	WITH (publish_via_partition_root);
INSERT INTO pubs.part SELECT i, 'eu', 'v' || i FROM unnest(ARRAY[7, 8, 107, 108]) i;
UPDATE pubs.part SET v = 'new' WHERE id IN (8, 108);
UPDATE pubs.part_leaf SET id = 109 WHERE id = 108;
DELETE FROM pubs.part;
SELECT topic, op, before->>'id' AS before, after FROM pubs.events('pubs_root_filter');

-- without a publication ------------------------------------------------------
INSERT INTO pubs.part VALUES (9, 'eu', 'low');
TRUNCATE pubs.part;
CREATE MATERIALIZED VIEW pubs.mv AS SELECT 1 AS n;
CREATE UNIQUE INDEX ON pubs.mv (n);
REFRESH MATERIALIZED VIEW CONCURRENTLY pubs.mv;
CREATE UNLOGGED TABLE pubs.unlogged (id int PRIMARY KEY);
INSERT INTO pubs.unlogged VALUES (1);
SELECT (data::jsonb)->>'topic' AS topic, (data::jsonb)->'value'->>'op' AS op
FROM pg_logical_slot_get_changes('regress_pubs', NULL, NULL,
	'topic.prefix', 'shop', 'skipped.operations', 'none');

-- a publication that is missing ----------------------------------------------
INSERT INTO pubs.a VALUES (10, 'ten');
CREATE PUBLICATION pubs_late FOR TABLE pubs.a;
INSERT INTO pubs.a VALUES (11, 'eleven');
\set VERBOSITY terse
SELECT * FROM pubs.events('pubs_late');
SELECT * FROM pubs.events('pubs_a,pubs_never');
\set VERBOSITY default
SELECT * FROM pubs.events('pubs_a');
INSERT INTO pubs.a VALUES (12, 'twelve');
SELECT * FROM pubs.events('pubs_late');
INSERT INTO pubs.b VALUES (12, 'twelve');
SELECT * FROM pubs.events('"Pubs, odd ""name"""');

SELECT pg_drop_replication_slot('regress_pubs');
DROP PUBLICATION pubs_all, pubs_a, pubs_schema, pubs_none, "Pubs, odd ""name""",
	pubs_insert, pubs_delete, pubs_dear, pubs_cheap, pubs_keyed, pubs_toast,
	pubs_toast_long, pubs_aged, pubs_cols, pubs_cols_other, pubs_cols_whole,
	pubs_leaf, pubs_root, pubs_middle, pubs_all_root, pubs_root_filter, pubs_late;
DROP SCHEMA pubs, pubs2 CASCADE;
