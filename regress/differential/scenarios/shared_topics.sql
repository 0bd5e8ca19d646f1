-- Tables that share topics, by a strategy's regular expression.
CREATE SCHEMA east;
CREATE SCHEMA "we st";
CREATE TABLE east.orders_1 (id int PRIMARY KEY, note text);
CREATE TABLE east.orders_2 (id int PRIMARY KEY, note text DEFAULT 'none');
CREATE TABLE "we st"."orders_ä" (a int, b text, n numeric, PRIMARY KEY (b, a));
CREATE TABLE east.keyless (v int);
ALTER TABLE east.keyless REPLICA IDENTITY FULL;
CREATE TABLE east.keyless_1 (v int);
ALTER TABLE east.keyless_1 REPLICA IDENTITY NOTHING;
CREATE TABLE other (id int PRIMARY KEY, v text);
-- stream
INSERT INTO east.orders_1 VALUES (1, 'x');
INSERT INTO east.orders_2 VALUES (1);
INSERT INTO "we st"."orders_ä" VALUES (1, 'b"1', 1.5);
UPDATE east.orders_1 SET note = 'y';
UPDATE east.orders_1 SET id = 2;
UPDATE "we st"."orders_ä" SET b = 'b\2';
DELETE FROM east.orders_1;
DELETE FROM "we st"."orders_ä";
INSERT INTO east.keyless VALUES (1);
UPDATE east.keyless SET v = 2;
DELETE FROM east.keyless;
INSERT INTO east.keyless_1 VALUES (1);
INSERT INTO other VALUES (1, 'x');
UPDATE other SET id = 3;
TRUNCATE east.orders_2;
SELECT pg_logical_emit_message(true, 'p', 'm');
