-- The destination: the same employees, and which actions were applied.
CREATE TABLE employees (
    emp_id serial PRIMARY KEY,
    first_name varchar(100) NOT NULL,
    last_name varchar(100) NOT NULL,
    dob date,
    city varchar(100),
    salary int
);
CREATE TABLE processed_events (
    action_id int PRIMARY KEY,
    emp_id int,
    action varchar(10),
    kafka_partition int,
    kafka_offset bigint,
    processed_at timestamp DEFAULT now()
);
