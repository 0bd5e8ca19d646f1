-- What the demo does to the shop: one line of headline for each transaction,
-- and a moment for its events to arrive under it.
\set pause 'SELECT pg_sleep(0.4) \\g /dev/null'

\echo '-- two customers sign up (one transaction, two inserts)'
BEGIN;
INSERT INTO customers (email, name, address, history) VALUES
	('ada@example.com', 'Ada', '{"city": "London", "street": "St James''s Square 12"}',
	 (SELECT string_agg(md5(n::text), ' ') FROM generate_series(1, 200) n)),
	('emil@example.com', 'Emil "der Schnelle" Müller', '{"city": "Köln"}', NULL);
COMMIT;
:pause

\echo '-- Ada places an order: order, lines and outbox event in one transaction'
SELECT place_order(1, '[["tea", 2, 4.50], ["biscuits", 1, 3.20], ["teapot", 1, 24.99]]') AS first_order \gset
:pause

\echo '-- so does Emil'
SELECT place_order(2, '[["coffee", 3, 8.75]]') AS second_order \gset
:pause

\echo '-- Ada pays (orders has REPLICA IDENTITY FULL: before and after)'
UPDATE orders SET status = 'paid' WHERE id = :'first_order';
:pause

\echo '-- Ada moves house; her long history is stored out of line and does not travel'
UPDATE customers SET address = '{"city": "Bath", "street": "Royal Crescent 1"}' WHERE id = 1;
:pause

\echo '-- Emil gets another number: a key that changes is a delete, a tombstone and a create; his order follows'
UPDATE customers SET id = 2002 WHERE id = 2;
:pause

\echo '-- a line is taken off the order'
DELETE FROM order_items WHERE order_id = :'first_order' AND line = 2;
:pause

\echo '-- a transaction that is rolled back leaves no event'
BEGIN;
UPDATE orders SET total = 0;
ROLLBACK;
:pause

\echo '-- Emil cancels: his order goes, its line with it'
BEGIN;
INSERT INTO outbox_events (aggregate_type, aggregate_id, type, payload)
	VALUES ('order', :'second_order', 'order_cancelled', '{"reason": "found the coffee in the cupboard"}');
DELETE FROM orders WHERE id = :'second_order';
COMMIT;
:pause

\echo '-- the outbox is swept'
TRUNCATE outbox_events;
:pause
