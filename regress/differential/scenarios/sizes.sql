-- EnforceRecordSize: long texts and bytes, cut in proportion.
CREATE TABLE s (id int PRIMARY KEY, a text, b text, c bytea, d text DEFAULT 'default', n double precision, tags text[], js jsonb);
ALTER TABLE s REPLICA IDENTITY FULL;
-- stream
INSERT INTO s VALUES (1, 'short', NULL, NULL, NULL, 1.5, '{a,b}', '{"a": 1}');
UPDATE s SET n = 2;
INSERT INTO s VALUES (2, repeat('x', 3000), repeat('é', 1500), decode(repeat('00ff', 500), 'hex'), 'y', NULL, '{"é",NULL}', '{"k": "v"}');
UPDATE s SET a = repeat(U&'\+01F600', 900), b = repeat('q"', 700) WHERE id = 2;
UPDATE s SET a = repeat('0123456789', 200), b = repeat('z', 90), c = NULL WHERE id = 2;
DELETE FROM s WHERE id = 2;
INSERT INTO s VALUES (3, repeat('only', 2000), '', '\x', 'y', NULL, NULL, NULL);
