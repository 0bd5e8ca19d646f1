CREATE SCHEMA commerce;
CREATE TABLE commerce.products (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    description text,
    price real NOT NULL
);
ALTER TABLE commerce.products REPLICA IDENTITY FULL;
CREATE TABLE commerce.users (
    id serial PRIMARY KEY,
    username varchar(255) NOT NULL,
    password varchar(255) NOT NULL
);
ALTER TABLE commerce.users REPLICA IDENTITY FULL;
