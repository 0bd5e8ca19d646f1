-- What Debezium loses, and Walpost does not.
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE array_times (id int PRIMARY KEY, t time[], d date[], tz timestamptz[]);
CREATE TABLE array_nulls (id int PRIMARY KEY, e mood[], tv tsvector[], n numeric[]);
CREATE TABLE vectors (id int PRIMARY KEY, o oidvector, i int2vector);
CREATE TABLE usingindex (pk int PRIMARY KEY, k2 int NOT NULL UNIQUE, v text, w text NOT NULL);
ALTER TABLE usingindex REPLICA IDENTITY USING INDEX usingindex_k2_key;
CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2';
CREATE TABLE misread (id int PRIMARY KEY, f int DEFAULT two(), l int DEFAULT length('abc'));
CREATE TABLE negative (pk int PRIMARY KEY, n numeric(3,-2));
CREATE TABLE array_nested (id int PRIMARY KEY, t text[], u uuid[], e mood[]);
-- stream
INSERT INTO negative VALUES (1, 12345), (2, -12300), (3, 0);
INSERT INTO array_nested VALUES (1, '{{a,b},{c,d}}', '{{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}}', '{{ok,sad}}');
INSERT INTO misread VALUES (1);
INSERT INTO array_times VALUES (1, '{01:02:03.000004,24:00}', '{"0044-03-15 BC",infinity}', '{infinity,-infinity}');
INSERT INTO array_nulls VALUES (1, '{ok,NULL}', '{a,NULL}', '{NaN,1,NULL}');
INSERT INTO vectors VALUES (1, '1 2 3', '1 -2 3'), (2, '', NULL);
INSERT INTO usingindex VALUES (1, 10, 'v', 'w');
UPDATE usingindex SET v = 'w';
UPDATE usingindex SET k2 = 11;
UPDATE usingindex SET pk = 2;
DELETE FROM usingindex;
