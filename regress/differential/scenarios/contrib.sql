-- Types of extensions, those with a mapping and those without.
CREATE EXTENSION postgis;
CREATE EXTENSION cube;
CREATE EXTENSION seg;
CREATE EXTENSION isn;
CREATE EXTENSION intarray;
CREATE EXTENSION lo;
CREATE TABLE gis (id serial PRIMARY KEY, g geometry, p geometry(Point, 4326), pz geometry(PointZM), gg geography, gp geography(Point), ag geometry[]);
CREATE TABLE gis_full (id serial PRIMARY KEY, g geometry NOT NULL, gg geography NOT NULL);
CREATE TABLE others (id serial PRIMARY KEY, c cube, s seg, l lo, e ean13, ib isbn13, i isbn, s13 issn13, s8 issn, m ismn, u upc, ab isbn[], v text);
CREATE TABLE long_gis (id int PRIMARY KEY, v int, g geometry, gg geography);
ALTER TABLE long_gis ALTER g SET STORAGE external, ALTER gg SET STORAGE external;
-- stream
INSERT INTO gis (g, p, pz, gg, gp) VALUES
	('POINT(1 2)', 'SRID=4326;POINT(-71.06 42.28)', 'POINT(1 2 3 4)', 'POINT(-110 30)', 'POINT(0 0)'),
	('SRID=3187;POLYGON((0 0, 0 1, 1 1, 0 0), (0.1 0.2, 0.1 0.3, 0.2 0.3, 0.1 0.2))', NULL, NULL, 'LINESTRING(0 0, 1 1, 2 1)', NULL),
	('GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1))', 'SRID=4326;POINT EMPTY', NULL, 'POLYGON((0 0, 0 1, 1 1, 0 0))', NULL),
	('MULTIPOLYGON EMPTY', NULL, NULL, 'SRID=4267;POINT(1 1)', NULL),
	('CIRCULARSTRING Z(0 0 1, 1 1 2, 2 0 3)', NULL, NULL, NULL, NULL),
	(NULL, NULL, NULL, NULL, NULL);
INSERT INTO gis (ag) VALUES (ARRAY['POINT(1 2)'::geometry, NULL]);
INSERT INTO gis_full (g, gg) VALUES ('POINT(1 2)', 'POINT(1 2)');
UPDATE gis_full SET id = 5;
DELETE FROM gis_full;
INSERT INTO others (c, s, l, e, ib, i, s13, s8, m, u, ab, v) VALUES ('(1,2),(3,4)', '1.5 .. 2.5', 12345, '978-0-393-04002-9', '978-0-393-04002-9', '0-393-04002-X', '9771436452008', '1436-4522', '979-0-060-11561-5', '1-23456-78901-2', '{0-393-04002-X}', 'v');
INSERT INTO others (v) VALUES (NULL);
DELETE FROM others;
INSERT INTO long_gis SELECT 1, 1, ST_MakeLine(array_agg(ST_MakePoint(i, i * i))), ST_MakeLine(array_agg(ST_MakePoint(i / 100.0, i / 200.0)))::geography FROM generate_series(1, 500) i;
UPDATE long_gis SET v = 2;
UPDATE long_gis SET id = 2;
DELETE FROM long_gis;
