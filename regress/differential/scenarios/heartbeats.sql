-- Signs of life in a topic of their own, and what a query of theirs writes.
CREATE TABLE h (id int PRIMARY KEY, v text);
-- stream
INSERT INTO h VALUES (1, 'a');
SELECT pg_sleep(0.5), 'for some heartbeats';
INSERT INTO h VALUES (2, 'b');
SELECT pg_sleep(0.5), 'for some heartbeats';
