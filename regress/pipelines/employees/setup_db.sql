-- The source: employees, and an audit table that a trigger fills.
CREATE TABLE employees (
    emp_id serial PRIMARY KEY,
    first_name varchar(100) NOT NULL,
    last_name varchar(100) NOT NULL,
    dob date,
    city varchar(100),
    salary int
);
CREATE TABLE emp_cdc (
    action_id serial PRIMARY KEY,
    emp_id int,
    first_name varchar(100),
    last_name varchar(100),
    dob date,
    city varchar(100),
    salary int,
    action varchar(10),
    action_time timestamp DEFAULT now()
);
CREATE FUNCTION log_employee_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    e employees := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO emp_cdc (emp_id, first_name, last_name, dob, city, salary, action)
    VALUES (e.emp_id, e.first_name, e.last_name, e.dob, e.city, e.salary, TG_OP);
    RETURN NULL;
END $$;
CREATE TRIGGER employee_change AFTER INSERT OR UPDATE OR DELETE ON employees
    FOR EACH ROW EXECUTE FUNCTION log_employee_change();
