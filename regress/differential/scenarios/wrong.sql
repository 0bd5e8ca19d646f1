-- What Debezium loses or alters, and Walpost does not, unless quirks are wanted.
CREATE EXTENSION ltree;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE array_times (id serial PRIMARY KEY, d date[], t time[], t0 time(0)[], ts timestamp[], ts3 timestamp(3)[], tz timestamptz[], tz0 timestamptz(0)[]);
CREATE TABLE array_nulls (id serial PRIMARY KEY, e mood[], tv tsvector[], l ltree[], n numeric[], n51 numeric(5,1)[], tz timetz[]);
CREATE TABLE array_figures (id int PRIMARY KEY, bo box[], ls lseg[], pa path[], pg polygon[], ci circle[], li line[]);
CREATE TABLE vectors (id int PRIMARY KEY, o oidvector, i int2vector);
CREATE TABLE lost (id serial PRIMARY KEY, tz timetz, ts timestamp, ts3 timestamp(3), iv interval, n name, nn name NOT NULL DEFAULT 'nn');
ALTER TABLE lost REPLICA IDENTITY FULL;
CREATE TABLE negative (pk serial PRIMARY KEY, n numeric(3,-2), nn numeric(5,-1) NOT NULL, an numeric(3,-2)[]);
CREATE TABLE usingindex (pk int PRIMARY KEY, k2 int NOT NULL UNIQUE, v text, w text NOT NULL);
ALTER TABLE usingindex REPLICA IDENTITY USING INDEX usingindex_k2_key;
CREATE TABLE usingindex_keyless (k2 text NOT NULL UNIQUE, a int NOT NULL UNIQUE, v text);
ALTER TABLE usingindex_keyless REPLICA IDENTITY USING INDEX usingindex_keyless_k2_key;
CREATE TABLE usingindex_wider (pk int PRIMARY KEY, k2 int NOT NULL, v text, UNIQUE (pk, k2));
ALTER TABLE usingindex_wider REPLICA IDENTITY USING INDEX usingindex_wider_pk_k2_key;
CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2';
CREATE TABLE misread (id int PRIMARY KEY, f int DEFAULT two(), l int DEFAULT length('abc'), i_minus int DEFAULT -(5), i_cast int DEFAULT '9'::int, i_product int DEFAULT 6 * 7,
	i_null int DEFAULT NULL::int, i_cast_call int DEFAULT sign(-1.5)::int, i_element int DEFAULT (ARRAY[1,2])[1], n numeric(5,2) DEFAULT round(1.5), b bool DEFAULT pg_is_in_recovery(),
	b_not bool DEFAULT (NOT false), b_greater bool DEFAULT (1 > 2), f8 float8 DEFAULT random(), f4_nan float4 DEFAULT 'NaN', i8 int8 DEFAULT txid_current(), s smallint DEFAULT abs(-3),
	e mood DEFAULT enum_first(NULL::mood), t_user text DEFAULT current_user, t_joined text DEFAULT 'a' || 'b', t_case text DEFAULT CASE WHEN true THEN 'x' ELSE 'y' END,
	t_coalesce text DEFAULT coalesce('x', 'y'), t_sum text DEFAULT (1 + 1)::text, t_cast text DEFAULT 'a'::varchar, c char(6) DEFAULT 'ab', c_call char(6) DEFAULT lower('AB'),
	bi bit(4) DEFAULT b'0101', x xml DEFAULT '<a/>', j jsonb DEFAULT jsonb_build_object('a', 1), u uuid DEFAULT md5('a')::uuid, d date DEFAULT current_date,
	tz timestamptz DEFAULT now() + interval '1 day', tm time DEFAULT localtime, iv interval DEFAULT make_interval(1));
CREATE TABLE misread_times (id int PRIMARY KEY, d date DEFAULT 'infinity', ts timestamp DEFAULT 'infinity', ts3 timestamp(3) DEFAULT '2020-01-01 00:00:00.9996', tm time DEFAULT '24:00');
CREATE TABLE nested (id int PRIMARY KEY, t text[], u uuid[], e mood[], tv tsvector[], l ltree[]);
-- stream
INSERT INTO array_times (d, ts, ts3) SELECT ARRAY[v::date], ARRAY[v::timestamp], ARRAY[v::timestamp(3)] FROM unnest(ARRAY['2020-02-29', '1969-12-31 23:59:59.000001', '1582-10-04 23:59:59', '1582-10-05 01:00',
	'1582-10-10', '1582-10-14 23:00', '1582-10-15', '1677-09-21 00:12:43.15', '1500-01-01', '1400-02-28', '1400-03-01', '0010-05-05', '0001-01-01', '0001-12-31 BC', '0005-02-28 BC', '0005-03-01 BC',
	'0044-03-15 01:02:03.123456 BC', '4714-11-24 BC', '9999-12-31 23:59:59.9', '10000-01-01', '294276-12-31 23:59:59.999999', 'infinity', '-infinity', NULL]) v;
INSERT INTO array_times (d) VALUES ('{5874897-12-31,2020-01-01}');
INSERT INTO array_times (tz, tz0) SELECT ARRAY[v::timestamptz], ARRAY[v::timestamptz(0)] FROM unnest(ARRAY['2020-02-29 12:00+02', '1582-10-04 23:59:59+00', '1582-10-05 01:00+00', '1582-10-14 23:00+00',
	'1582-10-15+00', '0001-01-01+00', '0001-12-31+00 BC', '0044-03-15 01:02:03.123456+00 BC', '4714-11-24+00 BC', '294276-12-31 23:59:59+00', 'infinity', '-infinity', NULL]) v;
INSERT INTO array_times (t, t0) SELECT ARRAY[v::time], ARRAY[v::time(0)] FROM unnest(ARRAY['01:02:03.000004', '01:02:03.999999', '24:00', '00:00:00.0005', '23:59:59.9995', '12:34:56.1239', NULL]) v;
INSERT INTO array_nulls (e, tv, l) VALUES ('{ok,NULL}', '{a,NULL}', '{a,NULL}'), ('{NULL}', '{NULL}', '{NULL}'), ('{ok}', '{a}', '{a,b.c}');
INSERT INTO array_nulls (n, n51) VALUES ('{NaN,1,NULL}', '{NaN,1,NULL}'), ('{1,NULL}', '{1,NULL}'), ('{NaN}', '{NaN}'), ('{{1,NaN}}', '{{1,NaN}}'), ('{Infinity}', '{1}');
INSERT INTO array_nulls (tz) SELECT ARRAY[v::timetz] FROM unnest(ARRAY['01:02:03.000004+02', '24:00+00', '24:00+02', '10:00-08:00:30', NULL]) v;
INSERT INTO array_figures VALUES (1, '{(1,1),(0,0);(2,2),(1,1)}', '{"[(0,0),(0,1)]",NULL}', '{"[(0,0),(0,1)]","((0,0),(0,1))"}', '{"((0,0),(0,1),(1,1))"}', '{"<(1,1),1>"}', '{"{1,2,3}"}'), (2, '{}', '{}', '{}', '{}', '{}', '{}');
INSERT INTO array_figures VALUES (3);
INSERT INTO vectors VALUES (1, '1 2 3', '1 -2 3'), (2, '', ''), (3, NULL, NULL);
INSERT INTO lost (tz) VALUES ('10:00:00+02'), ('10:00:00-08:00:30'), ('23:59:59.999999+12:34:56');
INSERT INTO lost (ts, ts3) VALUES ('1677-09-21 00:12:43.145225', '1677-09-21 00:12:43.15'), ('1677-09-22', '1677-09-22'), ('2262-04-11 23:47:16.854775', '2262-04-11 23:47:16.854');
INSERT INTO lost (iv) SELECT make_interval(0, 1, 0, 2, 3, 4, i * 0.358139) FROM generate_series(-170, 170, 17) i;
INSERT INTO lost (iv) VALUES ('-4.358139 s'), ('59.999999'), ('-59.999999'), ('0.000001'), ('1.000001'), ('-0.5'), ('1 day 04:05:06.358139');
INSERT INTO lost (n, nn) VALUES ('a', 'b'), (NULL, '');
UPDATE lost SET nn = 'c' WHERE id % 10 = 0;
UPDATE lost SET n = 'd' WHERE id % 20 = 0;
DELETE FROM lost WHERE id < 10;
INSERT INTO negative (n, nn, an) VALUES (12345, 12, '{12345,null}'), (-12300, -5555, '{0}'), (0, 0, NULL), (NULL, 100, '{-12345}');
INSERT INTO usingindex VALUES (1, 10, 'v', 'w');
UPDATE usingindex SET v = 'w';
UPDATE usingindex SET k2 = 11;
UPDATE usingindex SET pk = 2;
UPDATE usingindex SET pk = 3, k2 = 4;
DELETE FROM usingindex;
INSERT INTO usingindex_keyless VALUES ('x', 1, 'v');
UPDATE usingindex_keyless SET v = 'w';
UPDATE usingindex_keyless SET k2 = 'y';
UPDATE usingindex_keyless SET a = 2;
DELETE FROM usingindex_keyless;
INSERT INTO usingindex_wider VALUES (1, 10, 'v');
UPDATE usingindex_wider SET v = 'w';
UPDATE usingindex_wider SET k2 = 11;
UPDATE usingindex_wider SET pk = 2;
DELETE FROM usingindex_wider;
INSERT INTO misread (id, f8, i8, d, tz, tm) VALUES (1, 0.5, 7, '2020-02-03', '2020-02-03 04:05:06.789+00', '01:02:03.5');
UPDATE misread SET id = 2;
INSERT INTO misread (id, f, l, i_minus, i_cast, i_product, i_null, i_cast_call, i_element, n, b, b_not, b_greater, f8, f4_nan, i8, s, e, t_user, t_joined, d, tz, tm) VALUES (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO misread_times VALUES (1);
INSERT INTO nested VALUES (1, '{{a,b},{c,d}}', '{{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}}', '{{ok,sad}}', '{{a,b}}', '{{a,b}}');
