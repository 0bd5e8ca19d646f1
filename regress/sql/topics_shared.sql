-- Tables that share topics: strategies with a regular expression.
SET synchronous_commit = on;
\set SHOW_CONTEXT never
CREATE SCHEMA west;
CREATE TABLE orders_1 (id int PRIMARY KEY, v text);
CREATE TABLE west."orders ä" (id int PRIMARY KEY, v text);
CREATE TABLE keyless (v int);
ALTER TABLE keyless REPLICA IDENTITY FULL;
CREATE TABLE own ("__dbz__physicalTableIdentifier" int PRIMARY KEY);
SELECT 'init' FROM pg_create_logical_replication_slot('topics_shared', 'walpost');

CREATE FUNCTION pg_temp.events(strategy text, VARIADIC options text[]) RETURNS TABLE (topic text, key text, headers text) LANGUAGE sql AS $$
  SELECT data::jsonb ->> 'topic', data::jsonb ->> 'key', (data::jsonb -> 'headers')::text
  FROM pg_logical_slot_peek_changes('topics_shared', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 't', 'extended.headers.enabled', 'false', 'tombstones.on.delete', 'false',
      'topic.naming.strategy', 'io.debezium.schema.' || strategy] || options)
$$;

INSERT INTO orders_1 VALUES (1, 'a');
UPDATE orders_1 SET id = 2;
INSERT INTO west."orders ä" VALUES (1, 'a');
INSERT INTO keyless VALUES (1);
DELETE FROM keyless;
SELECT * FROM pg_temp.events('SchemaRegexTopicNamingStrategy', 'topic.regex', '(.*)\.(\w+)\.orders.*', 'topic.replacement', '$1.orders-$2');
SELECT * FROM pg_temp.events('DefaultRegexTopicNamingStrategy', 'topic.regex', 't\.(?<what>[a-z]+).*', 'topic.replacement', '${what}',
  'topic.key.field.name', 'table', 'topic.key.field.regex', '.*?([^_ ]*)', 'topic.key.field.replacement', '<$1>');
SELECT * FROM pg_temp.events('DefaultRegexTopicNamingStrategy', 'topic.regex', '.*orders.*', 'topic.replacement', 'all', 'topic.key.enforce.uniqueness', 'false');
-- an expression that makes nothing of a topic leaves it
SELECT DISTINCT topic FROM pg_temp.events('SchemaRegexTopicNamingStrategy', 'topic.regex', '.*(nothing)?', 'topic.replacement', '$1') ORDER BY topic;
-- under another strategy these options say nothing
SELECT DISTINCT topic FROM pg_temp.events('SchemaTopicNamingStrategy', 'topic.regex', '(', 'topic.replacement', '$1') ORDER BY topic;

-- what is missing or wrong
SELECT pg_temp.events('SchemaRegexTopicNamingStrategy', 'topic.replacement', 'a');
SELECT pg_temp.events('SchemaRegexTopicNamingStrategy', 'topic.regex', '.*');
SELECT pg_temp.events('SchemaRegexTopicNamingStrategy', 'topic.regex', '.*', 'topic.replacement', ' ');
SELECT pg_temp.events('SchemaRegexTopicNamingStrategy', 'topic.regex', '(', 'topic.replacement', 'a');
SELECT pg_temp.events('SchemaRegexTopicNamingStrategy', 'topic.regex', '.*', 'topic.replacement', '$1');
SELECT pg_temp.events('SchemaRegexTopicNamingStrategy', 'topic.regex', '.*', 'topic.replacement', 'a', 'topic.key.field.regex', '.*');
\set VERBOSITY terse
SELECT pg_temp.events('SchemaRegexTopicNamingStrategy', 'topic.regex', '.*', 'topic.replacement', 'all orders');
\set VERBOSITY default
INSERT INTO own VALUES (1);
SELECT pg_temp.events('SchemaRegexTopicNamingStrategy', 'topic.regex', '.*', 'topic.replacement', 'all', 'table.include.list', 'public.own');

SELECT 'stop' FROM pg_drop_replication_slot('topics_shared');
DROP TABLE orders_1, west."orders ä", keyless, own;
DROP SCHEMA west;
