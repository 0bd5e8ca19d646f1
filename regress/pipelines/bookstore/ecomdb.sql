CREATE TABLE books (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title varchar(255) NOT NULL,
    author varchar(255) NOT NULL,
    price numeric(10,2) NOT NULL,
    description text,
    cover_url varchar(512),
    isbn varchar(20) UNIQUE,
    genre varchar(100),
    published_year int,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id varchar(255) NOT NULL,
    total numeric(10,2) NOT NULL,
    status varchar(50) NOT NULL DEFAULT 'PENDING',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE order_items (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id uuid NOT NULL,
    book_id uuid NOT NULL,
    quantity int NOT NULL,
    price_at_purchase numeric(10,2) NOT NULL
);
INSERT INTO books (id, title, author, price, description, isbn, genre, published_year)
SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid,
       'Book ' || n,
       CASE WHEN n % 2 = 0 THEN 'Anna Åkesson' ELSE 'Otto "O" O''Hara' END,
       9.99 + n,
       CASE WHEN n % 3 > 0 THEN E'Chapter one.\nChapter ' || n END,
       '978-0-00-' || lpad(n::text, 6, '0'),
       (ARRAY['Fiction', 'History', 'Science'])[1 + n % 3],
       1990 + n
FROM generate_series(1, 10) n;
