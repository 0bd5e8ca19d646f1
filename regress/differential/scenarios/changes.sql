-- Transforms of headers and messages: ExtractChangedRecordState, HeaderToValue, SchemaChangeEventFilter, DecodeLogicalDecodingMessageContent.
CREATE TABLE c (id int PRIMARY KEY, name text DEFAULT 'x', n int NOT NULL DEFAULT 7, d double precision, num numeric, tags text[], js jsonb, "odd ""name" text);
ALTER TABLE c REPLICA IDENTITY FULL;
CREATE TABLE f (id int PRIMARY KEY, v text);
-- stream
INSERT INTO c (id) VALUES (1);
UPDATE c SET name = 'y' WHERE id = 1;
UPDATE c SET name = NULL, d = 0, num = 1.0 WHERE id = 1;
UPDATE c SET name = 'x', d = '-0', num = 1.00, tags = '{a}' WHERE id = 1;
UPDATE c SET "odd ""name" = 'o', js = '{"b": 1, "a": 2}', n = 8 WHERE id = 1;
UPDATE c SET n = n WHERE id = 1;
UPDATE c SET id = 2 WHERE id = 1;
DELETE FROM c;
INSERT INTO f VALUES (1, 'a');
UPDATE f SET v = 'b';
UPDATE f SET id = 3;
DELETE FROM f;
