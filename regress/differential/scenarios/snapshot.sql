-- Rows that are there before the connectors, then changes.
CREATE EXTENSION walpost;
CREATE TABLE a_items (id int PRIMARY KEY, name text, price numeric(10,2), at timestamp, tags text[]);
INSERT INTO a_items VALUES (1, 'one', 1.5, '2026-01-01', '{a,b}'), (2, 'two', NULL, '1999-12-31 23:59:59.999999', NULL), (3, E'thr"ee\n', 3, NULL, '{}');
CREATE TABLE b_empty (id int PRIMARY KEY);
CREATE TABLE c_single (id int PRIMARY KEY, doc jsonb, day date, long bigint, flag bool);
INSERT INTO c_single VALUES (1, '{"a": [1, null]}', '2026-02-28', 9223372036854775807, true);
CREATE TABLE d_keyless (a int, b text DEFAULT 'x');
INSERT INTO d_keyless VALUES (1, 'x'), (NULL, NULL), (1, 'x');
CREATE TABLE e_large (id int PRIMARY KEY, body text);
INSERT INTO e_large SELECT i, repeat(md5(i::text), 200) FROM generate_series(1, 5) i;
CREATE TABLE f_empty (id int PRIMARY KEY);
-- stream
INSERT INTO a_items VALUES (4, 'four', 4, '2026-04-04', '{d}');
UPDATE a_items SET price = 0 WHERE id = 1;
DELETE FROM c_single;
INSERT INTO b_empty VALUES (1);
UPDATE e_large SET id = id + 100 WHERE id = 5;
