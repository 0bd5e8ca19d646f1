-- Where keys come from, and what an old tuple can say under each identity.
SET synchronous_commit = on;
CREATE TABLE pk (a int, b text, c int, PRIMARY KEY (b, a));
CREATE TABLE nopk (a int, b text);
CREATE TABLE uniq (a int NOT NULL, b text NOT NULL, c text, CONSTRAINT z UNIQUE (c), CONSTRAINT y UNIQUE (a, b));
CREATE TABLE partial (a int, b text);
CREATE UNIQUE INDEX partial_a ON partial ((lower(b)));
CREATE UNIQUE INDEX partial_b ON partial (a) WHERE a > 0;
CREATE TABLE usingindex (pk int PRIMARY KEY, k2 int NOT NULL UNIQUE, v text, w text NOT NULL);
ALTER TABLE usingindex REPLICA IDENTITY USING INDEX usingindex_k2_key;
CREATE TABLE nothing (pk int PRIMARY KEY, v text);
ALTER TABLE nothing REPLICA IDENTITY NOTHING;
CREATE TABLE full_ (pk numeric PRIMARY KEY, v text);
ALTER TABLE full_ REPLICA IDENTITY FULL;
SELECT 'init' FROM pg_create_logical_replication_slot('keys', 'walpost');

CREATE VIEW events AS
SELECT data::jsonb ->> 'topic' AS topic, data::jsonb ->> 'key' AS key,
       data::jsonb -> 'value' ->> 'op' AS op, data::jsonb -> 'value' ->> 'before' AS before,
       data::jsonb -> 'value' ->> 'after' AS after, (data::jsonb -> 'headers')::text AS headers
FROM pg_logical_slot_get_changes('keys', NULL, NULL, 'topic.prefix', 't', 'extended.headers.enabled', 'false');

INSERT INTO pk VALUES (1, 'x', 2);
UPDATE pk SET c = 3;
UPDATE pk SET a = 4;
DELETE FROM pk;
SELECT * FROM events;

INSERT INTO nopk VALUES (1, 'x');
INSERT INTO uniq VALUES (1, 'b', 'c');
INSERT INTO partial VALUES (1, 'B');
SELECT topic, key, op FROM events;

-- an index that is not the primary key: its columns are the key
INSERT INTO usingindex VALUES (1, 10, 'v', 'w');
UPDATE usingindex SET v = 'w';
UPDATE usingindex SET k2 = 11;
UPDATE usingindex SET pk = 2;
DELETE FROM usingindex;
SELECT * FROM events;

-- no old tuple: the delete cannot be told
INSERT INTO nothing VALUES (1, 'v');
UPDATE nothing SET v = 'w';
DELETE FROM nothing;
SELECT * FROM events;

-- whole old rows; keys are compared as they print
INSERT INTO full_ VALUES (1.0, 'v');
UPDATE full_ SET pk = 1.00;
UPDATE full_ SET pk = 2;
DELETE FROM full_;
SELECT * FROM events;
ALTER TABLE nopk REPLICA IDENTITY FULL;
DELETE FROM nopk;
SELECT * FROM events;

-- own keys
INSERT INTO pk VALUES (1, 'x', 2);
UPDATE pk SET c = 3;
SELECT data::jsonb -> 'key' AS key, data::jsonb -> 'value' ->> 'op' AS op
FROM pg_logical_slot_peek_changes('keys', NULL, NULL, 'topic.prefix', 't', 'message.key.columns', 'public.PK:c, a ; public.other:x');
-- without FULL, an old tuple lacks them
DELETE FROM pk;
SELECT data::jsonb -> 'key' AS key, data::jsonb -> 'value' ->> 'op' AS op
FROM pg_logical_slot_get_changes('keys', NULL, NULL, 'topic.prefix', 't', 'message.key.columns', 'public.pk:c');

-- an excluded key column stays in the key
INSERT INTO pk VALUES (5, 'y', 6);
SELECT data::jsonb -> 'key' AS key, data::jsonb -> 'value' -> 'after' AS after
FROM pg_logical_slot_get_changes('keys', NULL, NULL, 'topic.prefix', 't', 'column.exclude.list', 'public.pk.(a|c)');

DROP VIEW events;
SELECT 'stop' FROM pg_drop_replication_slot('keys');
DROP TABLE pk, nopk, uniq, partial, usingindex, nothing, full_;
