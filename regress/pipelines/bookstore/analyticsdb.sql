CREATE TABLE dim_books (
    id uuid PRIMARY KEY,
    title varchar(255),
    author varchar(255),
    price double precision,
    description text,
    cover_url varchar(512),
    isbn varchar(20),
    genre varchar(100),
    published_year int,
    created_at timestamptz
);
CREATE TABLE fact_orders (
    id uuid PRIMARY KEY,
    user_id varchar(255),
    total double precision,
    status varchar(50),
    created_at timestamptz
);
CREATE TABLE fact_order_items (
    id uuid PRIMARY KEY,
    order_id uuid,
    book_id uuid,
    quantity int,
    price_at_purchase double precision
);
CREATE TABLE fact_inventory (
    book_id uuid PRIMARY KEY,
    quantity int,
    reserved int,
    updated_at timestamptz
);
CREATE VIEW vw_product_sales_volume AS
SELECT b.id AS book_id, b.title, b.author, b.genre,
       coalesce(sum(i.quantity), 0) AS units_sold,
       coalesce(sum(i.quantity * i.price_at_purchase), 0) AS revenue
FROM dim_books b LEFT JOIN fact_order_items i ON i.book_id = b.id
GROUP BY b.id, b.title, b.author, b.genre;
CREATE VIEW vw_sales_over_time AS
SELECT date_trunc('day', created_at) AS sale_day, count(*) AS orders, sum(total) AS revenue
FROM fact_orders
GROUP BY 1;
