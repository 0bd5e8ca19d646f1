-- The extension: functions, view, privileges.
CREATE EXTENSION walpost;
SELECT walpost.version() ~ '^\d+\.\d+\.\d+$' AS version;
SELECT name, type, "default", allowed FROM walpost.options() WHERE name IN ('topic.prefix', 'tombstones.on.delete', 'decimal.handling.mode', 'money.fraction.digits') ORDER BY name;
SELECT count(*) > 30 AS many, bool_and(description <> '') AS described FROM walpost.options();

CREATE TABLE shop (id bigserial PRIMARY KEY, total numeric(10,2) NOT NULL, tags text[], made timestamptz DEFAULT now(), pos pg_lsn, spans interval[], twice int GENERATED ALWAYS AS (2) STORED);
SELECT * FROM walpost.describe('shop', 'topic.prefix', 'store');
SELECT column_name, connect_type, schema_name, remark FROM walpost.describe('shop', 'topic.prefix', 'store', 'decimal.handling.mode', 'string',
  'column.exclude.list', 'public.shop.(tags|id)', 'include.unknown.datatypes', 'true');
SELECT * FROM walpost.describe('shop', 'topic.prefix', 'store', 'table.include.list', 'public.other');
SELECT * FROM walpost.describe('shop', 'topic.prefix');
SELECT * FROM walpost.describe('shop', 'colour', 'red');

SELECT 'init' FROM pg_create_logical_replication_slot('walpost_view', 'walpost');
SELECT 'init' FROM pg_create_logical_replication_slot('other_view', 'test_decoding');
SELECT slot_name, active, retained_bytes >= 0 AS retained, behind_bytes >= 0 AS behind FROM walpost.slots;
SELECT 'stop' FROM pg_drop_replication_slot('walpost_view');
SELECT 'stop' FROM pg_drop_replication_slot('other_view');

-- nobody but who monitors
CREATE ROLE walpost_nobody;
CREATE ROLE walpost_monitor IN ROLE pg_monitor;
SET ROLE walpost_nobody;
SELECT walpost.version();
SELECT * FROM walpost.slots;
SET ROLE walpost_monitor;
SELECT walpost.version() IS NOT NULL AS ok;
SELECT count(*) FROM walpost.slots;
RESET ROLE;
DROP ROLE walpost_nobody, walpost_monitor;

-- each object says what it is
SELECT count(*) FILTER (WHERE obj_description(objid, classid::regclass::name) IS NULL) AS without_comment
FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
  AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'walpost') AND classid IN ('pg_proc'::regclass, 'pg_class'::regclass);
DROP TABLE shop;
DROP EXTENSION walpost;
