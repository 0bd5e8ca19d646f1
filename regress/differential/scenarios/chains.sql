-- Long chains, predicates of every kind and their negations.
CREATE TABLE orders (id int PRIMARY KEY, customer text DEFAULT 'nobody', total numeric(10,2), placed timestamp DEFAULT '2024-02-29 12:00', at timestamptz);
ALTER TABLE orders REPLICA IDENTITY FULL;
CREATE TABLE notes (id int PRIMARY KEY, note text);
-- stream
INSERT INTO orders VALUES (1, 'Ada', 12.50, '2024-07-01 08:30:00.5', '2024-07-01 08:30+00');
UPDATE orders SET total = 13 WHERE id = 1;
UPDATE orders SET id = 2 WHERE id = 1;
INSERT INTO orders (id) VALUES (3);
DELETE FROM orders WHERE id = 2;
INSERT INTO notes VALUES (1, 'one');
UPDATE notes SET note = NULL;
DELETE FROM notes;
