-- Headers, in the converters that write them.
CREATE TABLE h (id int, part text, amount numeric(10,2), PRIMARY KEY (id, part, amount), flag boolean, big bigint, real real, price numeric(20,8),
  free numeric, day date, at timestamp, doc jsonb DEFAULT '{"a": 1}', note text DEFAULT 'a "note"', opt text);
ALTER TABLE h REPLICA IDENTITY FULL;
CREATE TABLE plain (id int PRIMARY KEY, note text);
CREATE TABLE bin (id int PRIMARY KEY, b bytea);
-- stream
INSERT INTO h VALUES (1, 'a"ä\', 1.50, true, 9007199254740993, 1.5, 0.00000012, 12.3400, '2026-01-02', '2026-01-02 03:04:05.678');
UPDATE h SET note = 'x', opt = E'tab\t\u2028' WHERE id = 1;
UPDATE h SET id = 2;
UPDATE h SET amount = 1.51, note = NULL;
DELETE FROM h;
INSERT INTO h VALUES (3, 'p', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO plain VALUES (1, 'n');
UPDATE plain SET id = 2;
INSERT INTO bin VALUES (1, 'bare'), (2, NULL), (3, '');
SELECT pg_logical_emit_message(true, 'p', 'm') WHERE current_database() NOT LIKE '%value_strings';
