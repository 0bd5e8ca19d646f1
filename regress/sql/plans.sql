-- What a plan must not miss: a kind that the row filter made, a root that
-- changed while its partition did not, a type behind a domain or an array.
SET synchronous_commit = on;
CREATE TABLE plans_f (id int PRIMARY KEY, n int);
ALTER TABLE plans_f REPLICA IDENTITY FULL;
CREATE PUBLICATION plans_filtered FOR TABLE plans_f WHERE (n > 10) WITH (publish = 'update, delete');
CREATE TABLE plans_r (id int PRIMARY KEY, v text DEFAULT 'old') PARTITION BY RANGE (id);
CREATE TABLE plans_r1 PARTITION OF plans_r FOR VALUES FROM (0) TO (100);
CREATE PUBLICATION plans_root FOR TABLE plans_r WITH (publish_via_partition_root = true);
CREATE TYPE plans_mood AS ENUM ('sad');
CREATE DOMAIN plans_domain AS plans_mood;
CREATE TABLE plans_t (id int PRIMARY KEY, d plans_domain, a plans_mood[]);
SELECT 'init' FROM pg_create_logical_replication_slot('plans', 'walpost');

-- an update that the filter turns into an insert is published as an update
INSERT INTO plans_f VALUES (1, 5), (2, 20);
UPDATE plans_f SET n = 15 WHERE id = 1;
UPDATE plans_f SET n = 1 WHERE id = 2;
UPDATE plans_f SET n = 16 WHERE id = 1;
SELECT data::jsonb -> 'key' AS key, data::jsonb -> 'value' ->> 'op' AS op
FROM pg_logical_slot_peek_changes('plans', NULL, NULL, 'topic.prefix', 't', 'publication.name', 'plans_filtered', 'tombstones.on.delete', 'false');
-- and what it becomes is skipped, or not, as what it is
SELECT data::jsonb -> 'key' AS key, data::jsonb -> 'value' ->> 'op' AS op
FROM pg_logical_slot_get_changes('plans', NULL, NULL, 'topic.prefix', 't', 'publication.name', 'plans_filtered', 'tombstones.on.delete', 'false', 'skipped.operations', 'u');

-- the root alone changes
INSERT INTO plans_r VALUES (1, 'a');
ALTER TABLE ONLY plans_r ALTER v SET DEFAULT 'new';
INSERT INTO plans_r VALUES (2, 'b');
ALTER TABLE plans_r RENAME TO plans_renamed;
INSERT INTO plans_renamed VALUES (3, 'c');
SELECT data::jsonb ->> 'topic' AS topic, data::jsonb -> 'value' -> 'payload' -> 'after' ->> 'v' AS v,
  jsonb_path_query_first(data::jsonb, '$.value.schema.fields[*] ? (@.field == "after").fields[*] ? (@.field == "v")') ->> 'default' AS "default"
FROM pg_logical_slot_get_changes('plans', NULL, NULL, 'topic.prefix', 't', 'publication.name', 'plans_root', 'value.converter.schemas.enable', 'true');

-- labels behind a domain and in an array
INSERT INTO plans_t VALUES (1, 'sad', '{sad}');
ALTER TYPE plans_mood ADD VALUE 'glad';
INSERT INTO plans_t VALUES (2, 'glad', '{sad,glad}');
SELECT data::jsonb -> 'value' -> 'payload' -> 'after' AS after,
  jsonb_path_query_array(data::jsonb, '$.value.schema.fields[*] ? (@.field == "after").fields[*].**.allowed') AS allowed
FROM pg_logical_slot_get_changes('plans', NULL, NULL, 'topic.prefix', 't', 'value.converter.schemas.enable', 'true');

SELECT 'stop' FROM pg_drop_replication_slot('plans');
DROP PUBLICATION plans_filtered, plans_root;
DROP TABLE plans_f, plans_renamed, plans_t;
DROP DOMAIN plans_domain;
DROP TYPE plans_mood;
