-- A change is written with the definition that it was made under.
SET synchronous_commit = on;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE evo (id int PRIMARY KEY, v text);
SELECT 'init' FROM pg_create_logical_replication_slot('ddl', 'walpost');
INSERT INTO evo VALUES (1, 'a');
ALTER TABLE evo ADD COLUMN n int NOT NULL DEFAULT 7;
INSERT INTO evo VALUES (2, 'b', 8);
UPDATE evo SET v = 'old row' WHERE id = 1;
ALTER TABLE evo RENAME v TO w;
INSERT INTO evo VALUES (3, 'c', 9);
ALTER TABLE evo ALTER n TYPE text;
INSERT INTO evo VALUES (4, 'd', 'nine');
ALTER TABLE evo DROP CONSTRAINT evo_pkey;
INSERT INTO evo VALUES (5, 'e', 'x');
ALTER TABLE evo DROP COLUMN w;
INSERT INTO evo VALUES (6, 'y');
ALTER TABLE evo ADD PRIMARY KEY (n);
INSERT INTO evo VALUES (7, 'z');
BEGIN;
INSERT INTO evo VALUES (8, 'in');
ALTER TABLE evo ADD m mood DEFAULT 'ok';
INSERT INTO evo VALUES (9, 'within', 'sad');
ALTER TABLE evo RENAME TO evolved;
INSERT INTO evolved VALUES (10, 'renamed', NULL);
COMMIT;
ALTER TYPE mood ADD VALUE 'happy';
INSERT INTO evolved VALUES (11, 'enum', 'happy');
CREATE SCHEMA other;
ALTER TABLE evolved SET SCHEMA other;
INSERT INTO other.evolved VALUES (12, 'schema');
ALTER SCHEMA other RENAME TO another;
INSERT INTO another.evolved VALUES (13, 'schema renamed');
BEGIN;
INSERT INTO another.evolved VALUES (14, 'dropped');
DROP TABLE another.evolved;
CREATE TABLE another.evolved (k int PRIMARY KEY, z text);
INSERT INTO another.evolved VALUES (1, 'anew');
COMMIT;
ALTER TABLE another.evolved REPLICA IDENTITY FULL;
UPDATE another.evolved SET z = 'full';

SELECT data::jsonb ->> 'topic' AS topic, data::jsonb ->> 'key' AS key,
  data::jsonb -> 'value' ->> 'before' AS before, data::jsonb -> 'value' ->> 'after' AS after
FROM pg_logical_slot_peek_changes('ddl', NULL, NULL, 'topic.prefix', 't');
SELECT jsonb_path_query_first(data::jsonb, '$.value.schema.fields[*] ? (@.field == "after").fields[*] ? (@.field == "m")') AS m
FROM pg_logical_slot_peek_changes('ddl', NULL, NULL, 'topic.prefix', 't', 'value.converter.schemas.enable', 'true')
WHERE data LIKE '%"within"%' OR data LIKE '%"enum"%';

-- a rewrite, a materialized view and a temporary table are no events
SELECT count(*) FROM pg_logical_slot_get_changes('ddl', NULL, NULL, 'topic.prefix', 't');
ALTER TABLE another.evolved ALTER z TYPE varchar(9);
CREATE MATERIALIZED VIEW mv AS SELECT * FROM another.evolved;
REFRESH MATERIALIZED VIEW mv;
CREATE TEMPORARY TABLE tmp (a int);
INSERT INTO tmp VALUES (1);
CREATE UNLOGGED TABLE unlogged (a int);
INSERT INTO unlogged VALUES (1);
SELECT count(*) FROM pg_logical_slot_get_changes('ddl', NULL, NULL, 'topic.prefix', 't', 'table.ignore.builtin', 'false');

SELECT 'stop' FROM pg_drop_replication_slot('ddl');
DROP SCHEMA another CASCADE;
DROP TABLE tmp, unlogged;
DROP TYPE mood;
