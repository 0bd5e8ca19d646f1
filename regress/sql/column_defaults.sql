-- Column defaults as the defaults of the fields' schemas: constants as the
-- column would hold them, the type's zero where a function computes it.
SET client_min_messages = warning;
SET timezone = 'America/New_York';
SET datestyle = 'German';
CREATE SCHEMA dflt;
SELECT 'created' FROM pg_create_logical_replication_slot('regress_defaults', 'walpost');

CREATE TYPE dflt.mood AS ENUM ('sad', 'ok');
CREATE TYPE dflt.pair AS (a int, b int);
CREATE DOMAIN dflt.positive AS int DEFAULT 3 CHECK (value > 0);
CREATE FUNCTION dflt.boom() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'a default was run';
END $$;

-- each field's name, type and default, in order
CREATE FUNCTION dflt.defaults(OUT field text, OUT type text, OUT "default" text)
RETURNS SETOF record
LANGUAGE sql AS $$
	SELECT f->>'field', coalesce(f->>'name', f->>'type'), f->'default'
	FROM pg_logical_slot_get_changes('regress_defaults', NULL, NULL,
			'topic.prefix', 'shop', 'value.converter.schemas.enable', 'true') AS c,
		json_array_elements(c.data::json->'value'->'schema'->'fields') AS part,
		json_array_elements(part->'fields') WITH ORDINALITY AS a (f, n)
	WHERE part->>'field' = 'after'
	ORDER BY n
$$;

CREATE TABLE dflt.constants (
	pk serial PRIMARY KEY,
	none int,
	i int DEFAULT 5,
	i_null int DEFAULT NULL,
	i_negative int DEFAULT -5,
	i_text int DEFAULT '9'::int,
	s smallint DEFAULT 5,
	b bigint DEFAULT 5,
	f4 real DEFAULT 1.5,
	f8 float8 DEFAULT 1.25,
	f8_nan float8 DEFAULT 'NaN',
	n numeric(5,2) DEFAULT 1.5,
	n_round numeric(5,2) DEFAULT 1.005,
	bo bool DEFAULT true,
	t text DEFAULT 'it''s "quoted"',
	t_int text DEFAULT 5,
	vc varchar(10) DEFAULT 'x'::varchar,
	c char(6) DEFAULT 'ab',
	u uuid DEFAULT '76019d1a-ad2e-4b22-96e9-1a6d6543c818',
	j json DEFAULT '{"a": 1}',
	jb jsonb DEFAULT '{"a":1}',
	d date DEFAULT '2020-01-02',
	tm time DEFAULT '01:02:03',
	ts timestamp DEFAULT '2020-01-02 03:04:05.6',
	ts3 timestamp(3) DEFAULT '2020-01-02 03:04:05.6789',
	tz timestamptz DEFAULT '2020-01-02 03:04:05.6+00',
	iv interval DEFAULT '1 day',
	bt bit(3) DEFAULT B'101',
	e dflt.mood DEFAULT 'ok');
INSERT INTO dflt.constants DEFAULT VALUES;
SELECT * FROM dflt.defaults();

CREATE SEQUENCE dflt.seq;
CREATE TABLE dflt.computed (
	pk int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	seq bigint DEFAULT nextval('dflt.seq'),
	seq_n numeric(10,2) DEFAULT nextval('dflt.seq'),
	t text DEFAULT upper('abc'),
	u uuid DEFAULT gen_random_uuid(),
	j jsonb DEFAULT jsonb_build_object('a', 1),
	d date DEFAULT now(),
	d_current date DEFAULT current_date,
	tm time DEFAULT localtime,
	ts timestamp DEFAULT current_timestamp,
	ts_at timestamp DEFAULT (now() AT TIME ZONE 'utc'),
	tz timestamptz DEFAULT now(),
	tz3 timestamptz(3) DEFAULT clock_timestamp(),
	iv interval DEFAULT make_interval(days => 1));
INSERT INTO dflt.computed DEFAULT VALUES;
SELECT * FROM dflt.defaults();

-- no default: what Debezium has none for, or misreads, or what depends on
-- settings; the events go on even if no row could have the default
CREATE TABLE dflt.none (
	pk int PRIMARY KEY,
	expr int DEFAULT 1+1,
	len int DEFAULT length('abc'),
	who text DEFAULT current_user,
	cat text DEFAULT 'a' || 'b',
	later timestamptz DEFAULT now() + interval '1 day',
	shifted timestamp DEFAULT '2020-01-01 00:00+00'::timestamptz,
	arr int[] DEFAULT '{1,2}',
	ba bytea DEFAULT '\x01',
	m money DEFAULT 1.5,
	n numeric DEFAULT 1.5,
	dom dflt.positive,
	dom_own dflt.positive DEFAULT 4,
	row dflt.pair DEFAULT '(1,2)',
	too_long varchar(3) DEFAULT 'abcdef',
	too_large numeric(3,1) DEFAULT 12345,
	g int GENERATED ALWAYS AS (1 + 1) STORED);
INSERT INTO dflt.none VALUES (1, 1, 1, 'w', 'c', '2020-01-01 00:00+00', '2020-01-01',
	'{1}', '\x01', 1, 1, 1, 1, '(1,2)', 'abc', 1);
SELECT * FROM dflt.defaults();

-- a function of the user's is never run
CREATE TABLE dflt.own (pk int PRIMARY KEY, t text DEFAULT dflt.boom());
INSERT INTO dflt.own VALUES (1, 't');
SELECT * FROM dflt.defaults();

-- a default that changes
CREATE TABLE dflt.evolves (pk int PRIMARY KEY, v int DEFAULT 1);
INSERT INTO dflt.evolves VALUES (1);
ALTER TABLE dflt.evolves ALTER v SET DEFAULT 2;
INSERT INTO dflt.evolves VALUES (2);
ALTER TABLE dflt.evolves ALTER v DROP DEFAULT;
INSERT INTO dflt.evolves VALUES (3);
SELECT * FROM dflt.defaults() WHERE field = 'v';

SELECT pg_drop_replication_slot('regress_defaults');
DROP SCHEMA dflt CASCADE;
