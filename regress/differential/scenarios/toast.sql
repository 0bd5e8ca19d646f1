-- Values out of line that an update leaves as they were.
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE TABLE toast (pk int PRIMARY KEY, v int, t text, nt text NOT NULL, vc varchar, ba bytea, j jsonb, js json, x xml, n numeric, ta text[], ia int[], i8a bigint[], da date[],
	baa bytea[], ua uuid[], na numeric[], hs hstore, tv tsvector, ja jsonb[], fa float8[], tsa timestamp[], ci citext, vb varbit, pa path, pg polygon);
CREATE TABLE toastkey (k text PRIMARY KEY, v int);
ALTER TABLE toastkey ALTER k SET STORAGE external;
DO $$
DECLARE
	c name;
BEGIN
	FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = 'toast'::regclass AND attnum > 2 LOOP
		EXECUTE format('ALTER TABLE toast ALTER %I SET STORAGE external', c);
	END LOOP;
END $$;
CREATE TABLE full_toast (LIKE toast INCLUDING ALL);
ALTER TABLE full_toast REPLICA IDENTITY FULL;
-- stream
INSERT INTO toast SELECT 1, 1, repeat('a', 9000), repeat('b', 9000), repeat('c', 9000), decode(repeat('ab', 9000), 'hex'), to_jsonb(repeat('j', 9000)), to_json(repeat('j', 9000)),
	('<a>' || repeat('x', 9000) || '</a>')::xml, repeat('7', 12000)::numeric, ARRAY[repeat('t', 9000)], array_agg(i), array_agg(i::bigint), array_agg('2000-01-01'::date + i),
	array_agg(decode('0011', 'hex')), array_agg(md5(i::text)::uuid), array_agg(i::numeric), hstore(array_agg('k' || i), array_agg(i::text)), to_tsvector('simple', string_agg('w' || i, ' ')),
	array_agg(to_jsonb(i)), array_agg(i::float8), array_agg('2000-01-01'::timestamp + i * '1 s'::interval), repeat('C', 9000)::citext, repeat('01', 20000)::varbit,
	('[' || string_agg(format('(%s,%s)', i, -i), ',') || ']')::path, ('(' || string_agg(format('(%s,%s)', i, -i), ',') || ')')::polygon
FROM generate_series(1, 1500) i;
UPDATE toast SET v = 2;
UPDATE toast SET t = repeat('z', 20000), j = '1';
UPDATE toast SET pk = 2;
INSERT INTO full_toast TABLE toast;
UPDATE full_toast SET v = 3;
UPDATE full_toast SET t = 'short';
DELETE FROM full_toast;
DELETE FROM toast;
INSERT INTO toastkey SELECT string_agg(md5(i::text), ''), 1 FROM generate_series(1, 75) i;
UPDATE toastkey SET v = 2;
DELETE FROM toastkey;
