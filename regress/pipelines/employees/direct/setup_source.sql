-- The employees alone: no audit table, no trigger.
CREATE TABLE employees (
    emp_id serial PRIMARY KEY,
    first_name varchar(100) NOT NULL,
    last_name varchar(100) NOT NULL,
    dob date,
    city varchar(100),
    salary int
);
