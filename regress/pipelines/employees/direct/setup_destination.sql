-- The same, and how far each of them is, by the position of its last change in the WAL.
CREATE TABLE employees (
    emp_id serial PRIMARY KEY,
    first_name varchar(100) NOT NULL,
    last_name varchar(100) NOT NULL,
    dob date,
    city varchar(100),
    salary int
);
CREATE TABLE applied_changes (
    emp_id int PRIMARY KEY,
    lsn bigint NOT NULL
);
