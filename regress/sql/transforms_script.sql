-- io.debezium.transforms.Filter and ContentBasedRouter: conditions that are compiled.
SET synchronous_commit = on;
CREATE TABLE c (id int PRIMARY KEY, n int, big bigint, amount numeric(10,2), dbl double precision, flag boolean, name text DEFAULT 'none', tags text[], "odd-name" text);
ALTER TABLE c REPLICA IDENTITY FULL;
SELECT 'init' FROM pg_create_logical_replication_slot('transforms_script', 'walpost');
INSERT INTO c VALUES (1, 10, 5000000000, 12.50, 2.5, true, 'Anne', '{a}', 'x'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, -3, 0, -0.01, 'NaN', false, '', '{}', 'y z');
UPDATE c SET n = 11 WHERE id = 1;
DELETE FROM c WHERE id = 3;
CREATE FUNCTION pg_temp.kept(condition text, VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(coalesce((e.data::json #>> '{value,op}'), '-') || (e.data::json #>> '{key,id}'), ' '), 'none')
  FROM pg_logical_slot_peek_changes('transforms_script', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 'srv', 'transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'jsr223.groovy',
      'transforms.f.condition', condition] || options) e
$$;
CREATE FUNCTION pg_temp.topics(expression text, VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT string_agg((e.data::json ->> 'topic') || '=' || (e.data::json #>> '{key,id}'), ' ')
  FROM pg_logical_slot_peek_changes('transforms_script', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 'srv', 'transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.ContentBasedRouter', 'transforms.f.language', 'jsr223.groovy',
      'transforms.f.topic.expression', expression] || options) e
$$;
-- each condition, and the records that it keeps; tombstones stay
SELECT condition, pg_temp.kept(condition) FROM (VALUES
  ('value.op == ''u'''), ('value.op != "d"'), ('value.op in [''c'', ''d'']'), ('!(value.op == ''c'')'), ('true'), ('false'),
  ('value.op == ''c'' && value.after.n > 5'), ('value.op != ''d'' && value.after.n > 5'), ('value.op == ''c'' && value.after.n < 5'),
  ('value.op == ''c'' && value.after.n == null'), ('value.op == ''c'' && value.after.n != null'), ('value.after?.n >= 10'), ('value?.before?.n == 10'),
  ('value.before == null'), ('value.after != null && value.after.big > 4999999999L'), ('value.after?.amount >= 12.50'), ('value.after?.amount == 12.5'),
  ('value.before?.amount < 0'), ('value.after?.dbl == 2.5'), ('value.before?.dbl > 1000000'), ('value.after?.flag == true'), ('value.after?.flag && true'),
  ('value.after?.name == ''Anne'''), ('value.after?.name == ''none'''), ('value.before?.name || false'), ('value.after?.get(''name'') == ''Anne'''), ('value[''op''] == ''c'''),
  ('value.after?."odd-name" == ''x'''), ('key.id == 1'), ('key.id in [1, 3]'), ('value.after?.big in [5000000000L]'), ('value.after?.n in [10L]'),
  ('topic == ''srv.public.c'' && key.id > 1'), ('value.source.table == ''c'' && value.source.schema == ''public'' && value.source.lsn > 0'), ('value.source.ts_ms > 1000000000000'),
  ('value.after?.tags != null'), ('value.op == ''d'' ? false : value.after.id == 2'), ('value.after?.n ? true : false'), ('(value.after?.name ?: ''x'') == ''x'''),
  ('value.after?.name > ''Am'''), ('value.after?.name + ''!'' == ''Anne!'''), ('null + ''a'' == ''nulla'''), ('value.after?.n == ''1''')) AS v (condition);
-- nulls
SELECT pg_temp.kept('value.op == ''d''', 'transforms.f.null.handling.mode', 'drop'), pg_temp.kept('value == null || value.op == ''c''', 'transforms.f.null.handling.mode', 'evaluate'),
  pg_temp.kept('false', 'transforms.f.topic.regex', 'other.*');
-- topics
SELECT expression, pg_temp.topics(expression) FROM (VALUES
  ('value.op == ''u'' ? ''updates'' : null'), ('''all'''), ('null'), ('value.after == null ? ''gone'' : ''n'' + value.after.n'), ('value.op + ''-'' + key.id'), ('topic + ''.copy''')) AS v (expression);
-- what a condition meets in a row
\set VERBOSITY terse
SELECT pg_temp.kept('value.after.n > 5');
SELECT pg_temp.kept('value.nothing == 1');
SELECT pg_temp.kept('value.op');
SELECT pg_temp.kept('value.after?.n');
SELECT pg_temp.kept('value.after?.flag');
SELECT pg_temp.kept('value.after?.name > 5');
SELECT pg_temp.topics('key.id');
SELECT pg_temp.topics('''not a topic''');
SELECT pg_temp.kept('value.op == ''c''', 'transforms.f.null.handling.mode', 'evaluate');
-- what is no condition
\set VERBOSITY default
SELECT pg_temp.kept('value.after.name.startsWith(''A'')');
\set VERBOSITY terse
DO $$
DECLARE
	script text;
	detail text;
BEGIN
	FOREACH script IN ARRAY ARRAY['', 'value.op =', 'value.op = ''u''', 'value.op === ''u''', 'value.op ==~ /u/', '''open', '"$x"', 'x == 1', 'value.op == ''u'' or true', '(true', 'true)', 'value.', 'value..op', 'true &', '1e5 > 2',
		'value.op in (1)', 'true ? 1', '99999999999999999999 > 1', 'def x = 1', 'System.exit(1)', 'value.after[0]', 'topic.length', repeat('(', 60) || 'true', repeat('true && ', 600) || 'true', '''''''a''''''']
	LOOP
		BEGIN
			PERFORM pg_temp.kept(script);
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
			RAISE INFO '%: %', left(script, 30), coalesce(nullif(detail, ''), SQLERRM);
		END;
	END LOOP;
END $$;
SELECT pg_temp.kept('true', 'transforms.f.null.handling.mode', 'lose');
SELECT 1 FROM pg_logical_slot_peek_changes('transforms_script', NULL, NULL, 'topic.prefix', 'srv', 'transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'jsr223.graal.js', 'transforms.f.condition', 'true');
SELECT 'stop' FROM pg_drop_replication_slot('transforms_script');
DROP TABLE c;
