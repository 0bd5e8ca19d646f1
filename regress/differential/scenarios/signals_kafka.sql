-- Signals by a topic, an incremental snapshot among them, and what is notified.
CREATE EXTENSION walpost;
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT i, 'row ' || i FROM generate_series(1, 5) i;
ANALYZE orders;
CREATE TABLE debezium_signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
-- stream
INSERT INTO orders VALUES (10, 'before');
-- kafka for_signals_kafka signals_kafka {"type": "log", "data": {"message": "by a topic"}}
-- kafka for_signals_kafka others {"id": "k0", "type": "pause-snapshot", "data": {"type": "INCREMENTAL"}}
-- kafka for_signals_kafka signals_kafka {"id": "k1", "type": "execute-snapshot", "data": {"data-collections": ["public.orders"], "type": "INCREMENTAL"}}
