-- Values that the log does not have, and are read from rows that have not changed since.
CREATE EXTENSION walpost;
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE TABLE reselected (pk int PRIMARY KEY, v int, t text, nt text NOT NULL, vc varchar, ba bytea, j jsonb, js json, x xml, ta text[], i8a bigint[], ia int[],
	baa bytea[], hs hstore, ja jsonb[], ci citext, skipped text, nothing text, standard text DEFAULT 'standard');
CREATE TABLE by_uuid (id uuid PRIMARY KEY, t text, v int);
CREATE TABLE by_pair (a text, n numeric(10,2), t text, v int, PRIMARY KEY (a, n));
CREATE TABLE moved (id int PRIMARY KEY, t text);
CREATE TABLE keyless (t text, v int);
CREATE TABLE parted (id int, part int, t text, v int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE whole (id int PRIMARY KEY, t text, v int);
ALTER TABLE whole REPLICA IDENTITY FULL;
DO $$
DECLARE
	c record;
BEGIN
	FOR c IN SELECT attrelid::regclass AS t, attname AS n FROM pg_attribute a JOIN pg_class r ON r.oid = attrelid
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND atttypid <> 'numeric'::regtype AND attlen = -1 LOOP
		EXECUTE format('ALTER TABLE %s ALTER %I SET STORAGE external', c.t, c.n);
	END LOOP;
END $$;
-- stream
INSERT INTO reselected SELECT 1, 1, repeat('a "b" \', 1000), repeat('b', 9000), repeat('c', 9000), decode(repeat('ab', 9000), 'hex'), to_jsonb(repeat('j', 9000)), to_json(repeat('j', 9000)),
	('<a>' || repeat('x', 9000) || '</a>')::xml, ARRAY[repeat('t', 9000), NULL], array_agg(i::bigint), array_agg(i),
	array_agg(decode('0011', 'hex')), hstore('k', repeat('h', 9000)),
	array_agg(to_jsonb(i)), repeat('C', 9000)::citext, repeat('s', 9000), NULL, NULL
FROM generate_series(1, 1500) i;
UPDATE reselected SET v = 2;
BEGIN;
UPDATE reselected SET v = 3;
UPDATE reselected SET v = 4;
INSERT INTO reselected (pk, nt) VALUES (2, 'short');
COMMIT;
INSERT INTO by_uuid VALUES ('b1164c91-b574-495c-9f17-c4899d88404c', repeat('u', 9000), 1);
UPDATE by_uuid SET v = 2;
INSERT INTO by_pair VALUES ('it''s "one"', 1.50, repeat('p', 9000), 1), ('two', -2, repeat('q', 9000), 1);
UPDATE by_pair SET v = 2;
INSERT INTO moved VALUES (1, repeat('m', 9000));
UPDATE moved SET id = 2;
INSERT INTO keyless VALUES (NULL, 1);
INSERT INTO parted VALUES (1, 1, repeat('r', 9000), 1);
UPDATE parted SET v = 2;
INSERT INTO whole VALUES (1, repeat('f', 9000), 1), (2, NULL, 1);
UPDATE whole SET v = 2;
DELETE FROM whole;
