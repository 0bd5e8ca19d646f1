CREATE TABLE orders (
    order_id serial PRIMARY KEY,
    customer varchar(100),
    amount numeric(10, 2),
    status varchar(20),
    created_at timestamp DEFAULT now()
);
ALTER TABLE orders REPLICA IDENTITY FULL;
CREATE TABLE customers (
    customer_id serial PRIMARY KEY,
    name varchar(100),
    email varchar(100),
    status varchar(20)
);
CREATE TABLE outbox (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    aggregate_type varchar(255) NOT NULL,
    aggregate_id varchar(255) NOT NULL,
    type varchar(255) NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamp DEFAULT now()
);
