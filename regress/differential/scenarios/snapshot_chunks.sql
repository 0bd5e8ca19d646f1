-- An initial snapshot in chunks, each of them a table, and what is notified of it.
CREATE EXTENSION walpost;
CREATE TABLE a_keyless (id int, note text);
INSERT INTO a_keyless SELECT i, 'row ' || i FROM generate_series(1, 3) i;
CREATE TABLE b_empty (id int PRIMARY KEY);
CREATE TABLE c_keyless (id int);
INSERT INTO c_keyless SELECT generate_series(1, 2);
-- stream
INSERT INTO b_empty VALUES (2);
