-- A value of each type, and those at its ends.
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION ltree;
CREATE EXTENSION isn;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "fine" \ é');
CREATE TYPE comp AS (a int, b text);
CREATE TYPE floatrange AS RANGE (subtype = float8);
CREATE DOMAIN intlist AS int[];
CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE DOMAIN dnum AS numeric(8,3);
CREATE DOMAIN dnum2 AS dnum;
CREATE DOMAIN short AS varchar(7);
CREATE TABLE ints (pk smallserial PRIMARY KEY, i2 int2, i4 int4, i8 int8, o oid, b bool, d posint);
CREATE TABLE floats (pk serial PRIMARY KEY, f4 float4, f8 float8);
CREATE TABLE nums (pk bigserial PRIMARY KEY, n numeric, n62 numeric(6,2), n4 numeric(4), n35 numeric(3,5), n389 numeric(38,9), dn dnum, dn2 dnum2);
CREATE TABLE moneys (pk serial PRIMARY KEY, m money);
CREATE TABLE txt (pk serial PRIMARY KEY, t text, v varchar(5), c char(5), c1 char, qc "char", ofname name, u uuid, x xml, j json, jb jsonb, e mood, s short);
CREATE TABLE esc (i int PRIMARY KEY, t text);
CREATE TABLE net (pk serial PRIMARY KEY, i inet, c cidr, m macaddr, m8 macaddr8, tv tsvector);
CREATE TABLE ran (pk serial PRIMARY KEY, r4 int4range, r8 int8range, rn numrange, rts tsrange, rtz tstzrange, rd daterange);
CREATE TABLE tim (pk int PRIMARY KEY, d date, t time, t0 time(0), t3 time(3), tz timetz, tz3 timetz(3),
	ts timestamp, ts0 timestamp(0), ts2 timestamp(2), ts3 timestamp(3), ts6 timestamp(6), tsz timestamptz, tsz0 timestamptz(0), tsz3 timestamptz(3));
CREATE TABLE iv (pk serial PRIMARY KEY, iv interval, iv2 interval day to second(2), ivd interval day);
CREATE TABLE bin (pk serial PRIMARY KEY, ba bytea);
CREATE TABLE bits (pk serial PRIMARY KEY, b1 bit, b2 bit(2), b7 bit(7), b9 bit(9), b64 bit(64), b65 bit(65), vb varbit, vb1 varbit(1), vb20 varbit(20));
CREATE TABLE geo (pk serial PRIMARY KEY, p point, ls lseg, bx box, pa path, pg polygon, ci circle, li line);
CREATE TABLE con (pk serial PRIMARY KEY, hs hstore, ci citext, l ltree, i isbn, ahs hstore[], acit citext[], al ltree[], ai isbn[]);
CREATE TABLE arr (pk serial PRIMARY KEY, ai2 int2[], ai4 int4[], ai8 int8[], ao oid[], af4 float4[], af8 float8[], ab bool[], ad intlist);
CREATE TABLE atxt (pk serial PRIMARY KEY, at text[], av varchar(5)[], ac char(4)[], aq "char"[], au uuid[], aj json[], ajb jsonb[], ae mood[],
	atv tsvector[], ai inet[], acit cidr[], am macaddr[], ar int4range[]);
CREATE TABLE anum (pk serial PRIMARY KEY, an numeric[], an62 numeric(6,2)[]);
CREATE TABLE atim (pk serial PRIMARY KEY, ad date[], atm time[], atm0 time(0)[], atz timetz[], ats timestamp[], ats3 timestamp(3)[], atsz timestamptz[], atsz0 timestamptz(0)[]);
CREATE TABLE abin (pk serial PRIMARY KEY, aba bytea[], abit bit(3)[], abit1 bit[], ov oidvector, iv int2vector);
CREATE TABLE unmapped (pk int PRIMARY KEY, tq tsquery, cmp comp, lsn pg_lsn, x xid, x8 xid8, jp jsonpath, mr int4multirange, rc regclass, fr floatrange, e ean13, t text);
CREATE TABLE aunmapped (pk int PRIMARY KEY, am money[], aofname name[], aiv interval[], axml xml[], apt point[], avb varbit[], adom posint[], alsn pg_lsn[], acmp comp[], t text);
-- stream
INSERT INTO ints (i2, i4, i8, o, b, d) VALUES (-32768, -2147483648, -9223372036854775808, 0, false, 1),
	(32767, 2147483647, 9223372036854775807, 4294967295, true, 2), (null, null, null, null, null, null), (0, 9, 10, 100, true, 3);
INSERT INTO floats (f4, f8) VALUES (3.3, 4.4), ('NaN', 'NaN'), ('Infinity', 'Infinity'), ('-Infinity', '-Infinity'), ('-0', '-0'),
	(10, 100), (1e20, 1e20), (1e-7, 1e-7), (0.001, 0.001), (0.00099, 0.00099), (9999999, 9999999.5), (1e7, 1e7), (16777216, 9007199254740993),
	(3.4028235e38, 1.7976931348623157e308), (1e10, 1.5e23), (8388608.5, 12e23), (0.1, 0.30000000000000004), (123456.7, 8.5e21);
INSERT INTO nums (n, n62, n4, n35, n389, dn, dn2) VALUES (22.2200, 1.10, 1234, 0.00123, 123456789.123456789, 1.5, 2.125), (100, 0, 0, -0.00999, -1, 0, null),
	('1e30', 99.995, 9999, 0, 12345678901234567890123456789.123456789, -1, -99999.999), ('-0.000', -0.01, null, null, -99999999999999999999999999999.999999999, null, null),
	(1.5e-7, 1.28, 127, 0, 9223372.036854775, null, null), (1e-100, -1.28, 128, 0, 9223372036.854775807, null, null), (12345678901234567890.0123456789, 327.68, -128, 0, 9223372036.854775808, null, null),
	(0.00000000000000000001, 2.55, -129, 0, -9223372036.854775808, null, null), (1e100, 0.05, 256, 0, 18446744073.709551616, null, null),
	((repeat('1234567890', 30) || '.' || repeat('987654321', 10))::numeric, 5000, 1, 0, 1, null, null), (0, 1, 1, 0, 0.000000001, null, null);
INSERT INTO nums (n) VALUES ('NaN');
INSERT INTO nums (n62) VALUES ('NaN');
INSERT INTO moneys (m) VALUES (1234.11), (-12.345), (0), (0.01), (-0.05), (null);
INSERT INTO txt (t, v, c, c1, qc, ofname, u, x, j, jb, e, s) VALUES
	(E'é😀 "q" \\ / \t \n \r \b \f \x01 \x1f \x7f <&>', 'ab', 'ab', 'z', 'q', 'thename', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '<a b="c">x</a>', '{"b": 1, "a":2}', '{"b": 1, "a":2}', 'ok', 'abc'),
	('', '', '', '', '', '', '00000000-0000-0000-0000-000000000000', '', 'null', '"\u00e9"', 'it''s "fine" \ é', ''),
	(null, null, null, null, null, null, null, null, null, null, null, null),
	(repeat('0123456789abcde', 3) || E'\x0b' || repeat('x', 17) || '"', E'\x1e', 'ééééé', '"', '\', '"n"', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', '<?xml version="1.0" encoding="UTF-8"?><a/>', '[1, "\ud83d\ude00"]', '{"k": ["v", null, 1.50, true]}', 'sad', 'é😀'),
	(E'\u0080\u009f\u00a0\u00ad\u2028\u2029\ufeff\ufffd\uffff\U00010000\U0010ffff\ue000', null, null, null, null, null, null, null, '{"x":"\u2028"}', null, null, null);
INSERT INTO esc SELECT i, repeat('x', i) || '"' || repeat('y', 33 - i) FROM generate_series(0, 33) i;
INSERT INTO esc SELECT 100 + i, chr(i) FROM generate_series(1, 300) i;
INSERT INTO net (i, c, m, m8, tv) VALUES ('192.168.2.0/12', '192.168.100.128/25', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', $$a fat:4A 'x y' 'c"at\\s'$$), ('::1', '::/0', '08002b010203', '08002b010203', ''), ('1.2.3.4', '1.2.3.4', null, null, null);
INSERT INTO ran (r4, r8, rn, rts, rtz, rd) VALUES ('[1,10)', '[1,10]', '(1.5,2.5)', '[2010-01-01 14:30, 2010-01-01 15:30)', '[2010-01-01 14:30+02, 2010-01-01 15:30+02)', '[2010-01-01,2010-01-05)'),
	('empty', '(,)', '[,1]', '(,infinity]', '[,2010-01-01 14:30+02)', 'empty');
INSERT INTO tim VALUES
	(1, '2016-11-04', '13:51:30.123789', '13:51:30.6', '13:51:30.1237', '13:51:30.123789+02', '13:51:30.1237+02', '2016-11-04 13:51:30.123456', '2016-11-04 13:51:30.6', '2016-11-04 13:51:30.126',
		'2016-11-04 13:51:30.1236', '2016-11-04 13:51:30.123456', '2016-11-04 13:51:30.123456+02', '2016-11-04 13:51:30.6+02', '2016-11-04 13:51:30.1236+02'),
	(2, '1969-12-31', '00:00', '00:00', '00:00', '00:00+00', '23:00+00', '1969-12-31 23:59:59.999999', '0001-01-01', '1900-01-01', '1969-12-31 23:59:59.999', '2020-01-01', '2020-01-01+00', '2020-01-01+00', '2020-01-01+00'),
	(3, '2000-02-29', '23:59:59.999999', null, null, '10:00:00.120-08', null, '2262-04-11 23:47:16.854775', '1970-01-01', '1677-09-22 00:12:43.15', null, '1677-09-22 00:12:43.145225', '1970-01-01+00', null, null),
	(4, '9999-12-31', '00:00:00.000001', null, null, '23:59:59.999999-15:59', '00:00:00.1+14', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.5', null, '1582-10-10', '1000-01-01', '1582-10-10+00', '9999-12-31 23:59:59.5+00', null),
	(5, null, '01:00', null, null, '10:00:00-08:30', null, null, null, null, null, null, null, null, null),
	(6, '0044-03-15 BC', '24:00', '24:00', '24:00', '24:00+00', '24:00+02', '0044-03-15 01:02:03 BC', null, null, null, '0001-12-31 23:59:59.9 BC', '0044-03-15 01:02:03+00 BC', null, null),
	(7, 'infinity', null, null, null, null, null, 'infinity', 'infinity', 'infinity', 'infinity', 'infinity', 'infinity', 'infinity', 'infinity'),
	(8, '-infinity', null, null, null, null, null, '-infinity', '-infinity', '-infinity', '-infinity', '-infinity', '-infinity', '-infinity', '-infinity'),
	(9, '5874897-12-31', null, null, null, null, null, '294246-01-01', null, null, null, '10000-01-01', '21016-11-04 13:51:30+00', null, null),
	(10, '4714-11-24 BC', null, null, null, null, null, '4714-11-24 00:00:00 BC', null, null, null, '294276-12-31 23:59:59.999999', '4714-11-24 00:00:00+00 BC', null, null);
INSERT INTO iv (iv, iv2, ivd) VALUES ('1 year 2 mons 3 days 04:05:06.78', '-1 day 02:00:00.005', '3 days'), ('0', '0', '0'), ('-1 year -2 mons 3 days -04:05:06.78', '100 days', null),
	('1000 years', '1 sec', null), ('1 mon', null, null), ('0.000001 sec', null, null), ('-0.5 sec', null, null), ('1.1 secs', null, null), ('10 mins 20 secs', null, null);
INSERT INTO bin (ba) VALUES ('\x010203'), (''), ('\xfffe00'), ('\x00'), (null), (decode(repeat('fb', 20), 'hex')), ('\xfbff'),
	((SELECT decode(string_agg(lpad(to_hex(i), 2, '0'), ''), 'hex') FROM generate_series(0, 255) i));
INSERT INTO bits (b1, b2, b7, b9, b64, b65, vb, vb1, vb20) VALUES
	('1', '11', '1000000', '100000001', ('1' || repeat('0', 63))::bit(64), ('1' || repeat('0', 64))::bit(65), '101', '1', '000000110000001000000001'::varbit(20)),
	('0', '00', '0000000', '000000000', repeat('0', 64)::bit(64), repeat('0', 65)::bit(65), '', B'0', ''),
	('0', '10', '0000001', '000000001', repeat('1', 64)::bit(64), repeat('1', 65)::bit(65), '000000110000001000000001', '', '1'),
	(null, null, null, null, null, null, repeat('01', 400)::varbit, null, null);
INSERT INTO geo (p, ls, bx, pa, pg, ci, li) VALUES
	('(1,1)', '[(0,0),(0,1)]', '(0,0),(1,1)', '[(0,0),(0,1),(0,2)]', '((0,0),(0,1),(1,1))', '<(10,4),10>', '{1,2,3}'),
	(null, null, null, '((0,0),(0,1),(0,2))', '((0,0),(0,1),(1,1),(0,0))', null, null),
	('(-1.5,1e20)', '[(1,1),(1,1)]', '(3,-1),(-2,5)', '((1,1))', '((7,7))', '<(-0.1,0),0>', '{-1,0,0.5}');
INSERT INTO con (hs, ci, l, i, ahs, acit, al, ai) VALUES
	('"key1"=>"val1", "key2"=>"val2", "key4"=>"val4", "key5"=>NULL', 'CiText"', 'Top.Science', '0-393-04002-X', '{"\"a\"=>\"b\"","\"c\"=>NULL"}', '{Ab,null}', '{a.b}', '{0-393-04002-X}'),
	('', '', '', null, '{}', '{}', '{}', '{0-393-04002-X,null}'),
	(hstore(ARRAY['q"\', E'\n\x01', 'é', '😀', 'x😀y', ''], ARRAY['"', E'\t', 'ü', '😀', '\', '']), null, null, null, null, null, null, null),
	((SELECT hstore(array_agg('key' || k), array_agg(k::text)) FROM generate_series(1, 40) k), null, null, null, null, null, null, null);
INSERT INTO arr (ai2, ai4, ai8, ao, af4, af8, ab, ad) VALUES
	('{1,null}', '{1,2}', '{3}', '{4294967295}', '{1.5}', '{2.5,NaN}', '{t,f,null}', '{1}'),
	('{}', '{{1,2},{3,4}}', '{{1},{2}}', null, '{{1,2}}', '{{1.5}}', '{{t}}', '{{{1,2}},{{3,4}},{{5,6}}}'),
	('[5:6]={7,8}', '{null}', '{null,1}', '{}', '{null,1}', '{}', '{}', '{}');
INSERT INTO atxt (at, av, ac, aq, au, aj, ajb, ae, atv, ai, acit, am, ar) VALUES
	('{a,"b c",null,"d\"e"}', '{ab,null}', '{ab}', '{x}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{"{\"a\": 1}"}', '{"{\"a\": 1}"}', '{ok,sad}', '{"a b"}', '{1.2.3.4/24,::1}', '{1.2.3.0/24}', '{08:00:2b:01:02:03}', '{"[1,5)",empty}'),
	('{c,d}', '{}', null, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
	('{""}', null, null, null, null, null, null, null, null, null, null, null, '{null}');
INSERT INTO anum (an, an62) VALUES ('{1.10,100}', '{1.1,2}'), ('{1,null}', '{{1,2}}'), ('{}', '{null}');
INSERT INTO atim (ad, atm, atm0, atz, ats, ats3, atsz, atsz0) VALUES
	('{2016-11-04}', '{13:51:30.123}', '{13:51:30.6}', '{13:51:30.123+02}', '{"2016-11-04 13:51:30.123456"}', '{"2016-11-04 13:51:30.1236"}', '{"2016-11-04 13:51:30.123456+02"}', '{"2016-11-04 13:51:30+02"}'),
	('{{2016-11-04}}', '{}', '{null}', '{}', '{{"2016-11-04 13:51:30"}}', '{}', '{}', '{}');
INSERT INTO abin (aba, abit, abit1) VALUES ('{"\\x0102",null}', '{101}', '{1}'), ('{}', '{}', null);
INSERT INTO unmapped VALUES (1, 'fat & rat', '(1,hi)', '16/B374D848', '123', '123', '$.a', '{[1,2),[5,7)}', 'pg_class', '[1,2.5)', '978-0-393-04002-9', 'text');
INSERT INTO unmapped (pk) VALUES (2);
INSERT INTO aunmapped VALUES (1, '{1.5}', '{nm}', '{"1 day"}', '{<a/>}', '{"(1,2)"}', '{11}', '{5,6}', '{0/1}', '{"(1,x)","(2,\"y z\")"}', 't');
