-- Records among the partitions of their topics.
CREATE TABLE ints (id bigint PRIMARY KEY, v text);
CREATE TABLE texts (a text, b int, PRIMARY KEY (a, b));
-- stream
INSERT INTO ints SELECT i * 7919, 'v' FROM generate_series(1, 200) i;
UPDATE ints SET v = 'w' WHERE id % 3 = 0;
UPDATE ints SET id = -id WHERE id % 5 = 0;
DELETE FROM ints WHERE id % 7 = 0;
INSERT INTO texts SELECT repeat(chr(64 + i), i % 11) || E'\u00e9"', i FROM generate_series(1, 100) i;
DELETE FROM texts WHERE b % 2 = 0;
