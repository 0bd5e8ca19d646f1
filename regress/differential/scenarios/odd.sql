-- Types of the server that hardly anybody stores, and values beyond the usual.
CREATE TYPE pair AS (a int, b text);
CREATE TYPE nest AS (p pair, ps pair[], d date);
CREATE TYPE textrange AS RANGE (subtype = text, multirange_type_name = textranges);
CREATE DOMAIN small AS int CHECK (value < 100);
CREATE DOMAIN smaller AS small CHECK (value < 50);
CREATE DOMAIN pairs AS pair[];
CREATE TABLE refs (id serial PRIMARY KEY, c regclass, t regtype, p regproc, ps regprocedure, o regoperator, n regnamespace, r regrole, cf regconfig, co regcollation, tx xid, cx cid, ti tid, ac aclitem, v text);
CREATE TABLE sets (id serial PRIMARY KEY, i4 int4multirange, i8 int8multirange, n nummultirange, ts tsmultirange, tz tstzmultirange, d datemultirange, tr textrange, tm textranges, a4 int4range[], ats tsrange[], v text);
CREATE TABLE made (id serial PRIMARY KEY, p pair, n nest, s smaller, ap pair[], dp pairs, asm smaller[], v text);
CREATE TABLE rest (id serial PRIMARY KEY, tq tsquery, sn pg_snapshot, txs txid_snapshot, l pg_lsn, jp jsonpath, ao oid[], ax xml[], atz timetz[], aj json[], aiv interval[], abi bit(3)[], avb varbit[], v text);
CREATE TABLE wide (id int PRIMARY KEY, n numeric, n1000 numeric(1000,500), t text, d text, ts timestamp, i interval, a int[], at text[], b bytea);
-- stream
INSERT INTO refs (c, t, p, ps, o, n, r, cf, co, tx, cx, ti, ac, v) VALUES ('pg_class', 'int4', 'now', 'abs(int)', '+(int,int)', 'pg_catalog', 'pg_monitor', 'simple', '"C"', '7', '8', '(1,2)', 'pg_monitor=r/pg_monitor', 'v');
INSERT INTO sets (i4, i8, n, ts, tz, d, tr, tm, a4, ats, v) VALUES ('{[1,2),[5,7)}', '{}', '{[1.5,2.5]}', '{[2010-01-01,2010-01-02)}', '{[2010-01-01+00,2010-01-02+00)}', '{[2010-01-01,2010-01-05)}', '[a,"b c"]', '{[a,b)}', '{"[1,2)",empty,NULL}', '{"[2010-01-01,2010-01-02)"}', 'v');
INSERT INTO made (p, n, s, ap, dp, asm, v) VALUES ('(1,"x y")', ROW(ROW(1, 'a"b')::pair, ARRAY[ROW(2, NULL)::pair], '2020-01-01'), 7, '{"(1,x)","(2,y)"}', '{"(3,z)"}', '{1,2}', 'v'), ('(,)', NULL, NULL, '{}', NULL, '{}', NULL);
INSERT INTO rest (tq, sn, txs, l, jp, ao, ax, atz, aj, aiv, abi, avb, v) VALUES ('a & !b <-> c', '10:20:10,14', '10:20:10', '16/B374D848', '$.a[*] ? (@ > 1)', '{1,NULL}', '{<a/>}', '{10:00+02,NULL}', '{"{\"a\":1}",NULL}', '{"1 day"}', '{101}', '{1}', 'v');
DELETE FROM made;
INSERT INTO wide VALUES (1, (repeat('9', 1000) || '.' || repeat('1', 1000))::numeric, (repeat('8', 500) || '.' || repeat('7', 500))::numeric, repeat('é😀', 500), '{"a": [1, {"b": null}]}', '2016-12-31 23:59:60', '178000000 years', '[-2:0]={1,2,3}', '{NULL,a}', '');
INSERT INTO wide (id, n, n1000) VALUES (2, -1e-1000, -1e-499), (3, 1e1000, 1e499), (4, 'NaN', 'NaN'), (5, 'Infinity', NULL), (6, '-Infinity', 0);
INSERT INTO wide (id, t) SELECT 100 + i, chr(i * 65536 + 1) || chr(i * 65536 + 65533) FROM generate_series(1, 16) i;
INSERT INTO wide (id, t) SELECT 200 + i, chr(i * 1013 + 301) FROM generate_series(0, 53) i;
UPDATE wide SET a = '{}' WHERE id < 3;
DELETE FROM wide WHERE id < 7;
