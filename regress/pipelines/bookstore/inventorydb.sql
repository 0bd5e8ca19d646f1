CREATE TABLE inventory (
    book_id uuid PRIMARY KEY,
    quantity int NOT NULL DEFAULT 0,
    reserved int NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO inventory (book_id, quantity)
SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 50
FROM generate_series(1, 10) n;
