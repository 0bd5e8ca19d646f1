-- Names that need quotes, in topics, schemas and fields.
CREATE SCHEMA "Sch ema.Ä";
CREATE TABLE "We ird.Näme" (pk int PRIMARY KEY, "Col ""Üñ" text, "a.b" int, "1st" int, "x-y" text, "back\slash" text, "ā" int, "new
line" text);
CREATE TABLE "Sch ema.Ä"."UPPER" ("Key Col" text PRIMARY KEY, "select" int);
CREATE TABLE "emo😀ji" ("😀" int PRIMARY KEY, "ß" text);
CREATE TABLE keyed ("a""b" int, "c\d" int, "e é" int, PRIMARY KEY ("a""b", "c\d", "e é"));
CREATE TABLE "1digit-" (id int PRIMARY KEY);
-- stream
INSERT INTO "We ird.Näme" VALUES (1, 'x', 2, 3, 'y', 'z', 7, 'n');
UPDATE "We ird.Näme" SET pk = 2;
DELETE FROM "We ird.Näme";
INSERT INTO "Sch ema.Ä"."UPPER" VALUES ('k"1', 1);
UPDATE "Sch ema.Ä"."UPPER" SET "Key Col" = 'k2';
INSERT INTO "emo😀ji" VALUES (1, 'ß');
UPDATE "emo😀ji" SET "😀" = 2;
INSERT INTO keyed VALUES (1, 2, 3);
UPDATE keyed SET "a""b" = 4;
INSERT INTO "1digit-" VALUES (1);
