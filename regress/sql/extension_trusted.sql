-- A role that is no superuser makes the extension: what it gets, and what it does not.
SELECT current_database() AS db \gset
CREATE ROLE walpost_maker;
CREATE ROLE walpost_user;
GRANT CREATE ON DATABASE :"db" TO walpost_maker;
SET ROLE walpost_user;
CREATE EXTENSION walpost;
SET ROLE walpost_maker;

-- a schema of that name is not taken for the extension's
CREATE SCHEMA walpost;
CREATE EXTENSION walpost;
DROP SCHEMA walpost;
CREATE EXTENSION walpost;
SELECT walpost.version() IS NOT NULL AS version, walpost.signal('log', '{"message": "x"}') IS NOT NULL AS signal;
SELECT count(*) > 30 AS options FROM walpost.options();
SELECT count(*) FROM walpost.slots;

-- it lets others use what it may
GRANT EXECUTE ON FUNCTION walpost.signal(text, json, text) TO walpost_user;
SET ROLE walpost_user;
SELECT walpost.signal('log', '{"message": "x"}') IS NOT NULL AS signal;
SELECT walpost.version();
SELECT pg_catalog.count(*) FROM walpost.signals;
SET ROLE walpost_maker;

-- and can put nothing of its own where walpost.signal() would run it
ALTER SCHEMA walpost RENAME TO mine;
CREATE TABLE walpost.mine (id int);
CREATE FUNCTION walpost.version(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION walpost.signal(text, json, text) SET search_path = mine;
CREATE SCHEMA own;
CREATE FUNCTION own.own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER own BEFORE INSERT ON walpost.signals FOR EACH ROW EXECUTE FUNCTION own.own();
ALTER TABLE walpost.signals ALTER id SET DEFAULT 1;
INSERT INTO walpost.signals VALUES ('1', 'log');
ALTER EXTENSION walpost DROP TABLE walpost.signals;
ALTER EXTENSION walpost SET SCHEMA own;
RESET ROLE;
SELECT n.nspname, r.rolsuper AS of_a_superuser FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'walpost';
SELECT count(*) AS not_of_a_superuser FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
  JOIN pg_roles r ON r.oid = p.proowner
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'walpost') AND NOT r.rolsuper;
SET ROLE walpost_maker;
DROP EXTENSION walpost;
SELECT count(*) FROM pg_namespace WHERE nspname = 'walpost';
RESET ROLE;
DROP OWNED BY walpost_maker;
DROP ROLE walpost_maker, walpost_user;
