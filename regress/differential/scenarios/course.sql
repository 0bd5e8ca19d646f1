-- The tables and changes of a course on change data capture, for the transforms that it teaches, under the names that their options had before 2.5.
CREATE TABLE orders (order_id int PRIMARY KEY, customer varchar(100), amount numeric(10, 2), status varchar(20), created_at timestamp);
ALTER TABLE orders REPLICA IDENTITY FULL;
CREATE TABLE customers (customer_id int PRIMARY KEY, name varchar(100), email varchar(100), status varchar(20));
INSERT INTO orders VALUES (1, 'Ann', 99.99, 'new', '2024-03-01 12:00:00.123456');
INSERT INTO customers VALUES (1, 'Ann', 'ann@example.org', 'active');
-- stream
INSERT INTO orders VALUES (2, 'Bob', 1500, 'new', '2024-03-02 12:00:00'), (3, NULL, NULL, NULL, NULL);
UPDATE orders SET status = 'cancelled' WHERE order_id = 2;
UPDATE customers SET name = 'Anne' WHERE customer_id = 1;
BEGIN;
UPDATE orders SET order_id = 4 WHERE order_id = 3;
INSERT INTO customers VALUES (2, 'Bob', NULL, NULL);
COMMIT;
SELECT pg_sleep(0.5), 'for some heartbeats';
DELETE FROM orders WHERE order_id = 4;
DELETE FROM customers WHERE customer_id = 2;
