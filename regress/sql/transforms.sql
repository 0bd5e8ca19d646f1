-- Transforms and predicates: fields, topics, headers, chains, and what is refused.
SET synchronous_commit = on;
CREATE TABLE c (id int PRIMARY KEY, name varchar(20) DEFAULT 'x', n int DEFAULT 7, num numeric(6,2), whole numeric(6), bytes bytea, tags text[], secret text);
CREATE TABLE log (line text);
SELECT 'init' FROM pg_create_logical_replication_slot('transforms', 'walpost');
-- transforms without their packages: name=class, then options under their names
CREATE FUNCTION pg_temp.events(chain text, VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(data, '"source":\{.*?\}', '"source":{}'), '("ts_[mun]s"):\d+', '\1:0', 'g')
  FROM pg_logical_slot_peek_changes('transforms', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 't', 'extended.headers.enabled', 'false', 'transforms', chain, 'transforms.u.type', 'io.debezium.transforms.ExtractNewRecordState',
      'transforms.u.delete.tombstone.handling.mode', 'delete-to-tombstone'] || options)
$$;
INSERT INTO c VALUES (1, 'a', NULL, 1.25, 3, '\x01', '{x}', 'hush');
UPDATE c SET id = 2, num = NULL;
DELETE FROM c;
INSERT INTO log VALUES ('one');

\a
\t
-- ---- topics
SELECT data::jsonb ->> 'topic' FROM (SELECT pg_temp.events('r', 'transforms.r.type', 'RegexRouter', 'transforms.r.regex', '(?<p>t)\.public\.(l|c)(og)?', 'transforms.r.replacement', 'a\-${p}-$2x$3$22') AS data) e;
-- all of a topic is asked for, the first match in it is replaced
SELECT DISTINCT data::jsonb ->> 'topic' FROM (SELECT pg_temp.events('r', 'transforms.r.type', 'RegexRouter', 'transforms.r.regex', 't|t.public.c', 'transforms.r.replacement', 'short') AS data) e ORDER BY 1;
SELECT pg_temp.events('l', 'transforms.l.type', 'ByLogicalTableRouter', 'transforms.l.topic.regex', '(.*)\.c', 'transforms.l.topic.replacement', '$1.all', 'tombstones.on.delete', 'false', 'table.include.list', 'public.c', 'key.converter.schemas.enable', 'true') LIMIT 1;

-- ---- fields
SELECT pg_temp.events('u,f', 'transforms.f.type', 'ReplaceField$Value', 'transforms.f.include', 'id,name', 'transforms.f.renames', 'name:title', 'value.converter.schemas.enable', 'true') LIMIT 1;
SELECT pg_temp.events('u,f', 'transforms.f.type', 'InsertField$Value', 'transforms.f.static.field', 'who!', 'transforms.f.static.value', 'a "b"', 'transforms.f.topic.field', 'topic?', 'transforms.f.timestamp.field', 'at');
SELECT pg_temp.events('u,f', 'transforms.f.type', 'InsertField$Key', 'transforms.f.topic.field', 'topic', 'table.include.list', 'public.c');
SELECT pg_temp.events('u,m', 'transforms.m.type', 'MaskField$Value', 'transforms.m.fields', 'name,n,whole,tags,secret', 'transforms.m.predicate', 'null', 'transforms.m.negate', 'true',
  'predicates', 'null', 'predicates.null.type', 'RecordIsTombstone', 'table.include.list', 'public.c');
SELECT pg_temp.events('u,k,x', 'transforms.k.type', 'ValueToKey', 'transforms.k.fields', 'name,id', 'transforms.k.predicate', 'null', 'transforms.k.negate', 'true', 'transforms.x.type', 'ExtractField$Key', 'transforms.x.field', 'id',
  'predicates', 'null', 'predicates.null.type', 'RecordIsTombstone', 'table.include.list', 'public.c');
SELECT pg_temp.events('u,h', 'transforms.h.type', 'HoistField$Value', 'transforms.h.field', 'row', 'table.include.list', 'public.c', 'value.converter.schemas.enable', 'true');
SELECT pg_temp.events('x', 'transforms.x.type', 'ExtractField$Value', 'transforms.x.field', 'source.table', 'transforms.x.field.syntax.version', 'V2');
SELECT pg_temp.events('u,s', 'transforms.s.type', 'SetSchemaMetadata$Value', 'transforms.s.schema.name', 'Row', 'transforms.s.schema.version', '2', 'value.converter.schemas.enable', 'true', 'table.include.list', 'public.log');

-- ---- headers
SELECT data::jsonb -> 'headers' FROM (SELECT pg_temp.events('i,j,h,d', 'transforms.i.type', 'InsertHeader', 'transforms.i.header', 'i', 'transforms.i.value.literal', '007', 'transforms.j.type', 'InsertHeader', 'transforms.j.header', 'j', 'transforms.j.value.literal', 'null',
  'transforms.h.type', 'HeaderFrom$Value', 'transforms.h.fields', 'op,ts_ms,before', 'transforms.h.headers', 'op,at,old', 'transforms.h.operation', 'copy', 'transforms.d.type', 'DropHeaders', 'transforms.d.headers', 'at,__debezium.oldkey', 'tombstones.on.delete', 'false') AS data) e;
-- a masked column stays masked on its way into a header
SELECT pg_temp.events('u,h', 'transforms.h.type', 'HeaderFrom$Value', 'transforms.h.fields', 'secret,name,num,tags', 'transforms.h.headers', 'secret,name,num,tags', 'transforms.h.operation', 'move', 'transforms.h.predicate', 'null', 'transforms.h.negate', 'true',
  'predicates', 'null', 'predicates.null.type', 'RecordIsTombstone', 'table.include.list', 'public.c', 'column.mask.with.4.chars', 'public.c.secret', 'column.truncate.to.0.chars', 'public.c.name');

-- ---- filters, with transaction metadata: what is dropped counts, as in Debezium
SELECT pg_temp.events('f', 'transforms.f.type', 'Filter', 'transforms.f.predicate', 'log', 'transforms.f.negate', 'true', 'predicates', 'log', 'predicates.log.type', 'TopicNameMatches', 'predicates.log.pattern', '.*log');
SELECT data::jsonb ->> 'topic', data::jsonb -> 'value' ->> 'event_count' FROM (SELECT pg_temp.events('f', 'transforms.f.type', 'Filter', 'transforms.f.predicate', 'c', 'predicates', 'c',
  'predicates.c.type', 'TopicNameMatches', 'predicates.c.pattern', 't\.public\.c', 'provide.transaction.metadata', 'true') AS data) e;
SELECT count(*) FROM (SELECT pg_temp.events('f', 'transforms.f.type', 'Filter', 'transforms.f.predicate', 'moved', 'predicates', 'moved', 'predicates.moved.type', 'HasHeaderKey', 'predicates.moved.name', '__debezium.newkey')) e;

-- ---- records that a class cannot take
\set SHOW_CONTEXT never
SELECT pg_temp.events('m', 'transforms.m.type', 'MaskField$Value', 'transforms.m.fields', 'op');
SELECT pg_temp.events('u,m', 'transforms.m.type', 'MaskField$Value', 'transforms.m.fields', 'bytes');
SELECT pg_temp.events('u,m', 'transforms.m.type', 'MaskField$Value', 'transforms.m.fields', 'n', 'transforms.m.replacement', 'xx', 'transforms.m.predicate', 'null', 'transforms.m.negate', 'true', 'predicates', 'null', 'predicates.null.type', 'RecordIsTombstone');
SELECT pg_temp.events('u,x', 'transforms.x.type', 'ExtractField$Value', 'transforms.x.field', 'nowhere');
SELECT pg_temp.events('u,k', 'transforms.k.type', 'ValueToKey', 'transforms.k.fields', 'nowhere');
SELECT pg_temp.events('u,f', 'transforms.f.type', 'InsertField$Value', 'transforms.f.topic.field', 'id');
SELECT pg_temp.events('r', 'transforms.r.type', 'RegexRouter', 'transforms.r.regex', '.*', 'transforms.r.replacement', 'not a topic');
SELECT count(*) FROM (SELECT pg_temp.events('m', 'transforms.m.type', 'MaskField$Value', 'transforms.m.fields', 'op', 'event.processing.failure.handling.mode', 'skip')) e;

-- ---- configurations that are refused
-- (the hint names all classes that work; TRANSFORMS.md is compared with it)
\set VERBOSITY terse
SELECT pg_temp.events('a', 'transforms.a.type', 'org.example.Magic');
SELECT pg_temp.events('a', 'tombstones.on.delete', 'true');
SELECT pg_temp.events('a', 'transforms.a.type', 'MaskField');
\set VERBOSITY default
SELECT pg_temp.events('u,u', 'tombstones.on.delete', 'true');
SELECT pg_temp.events('a', 'transforms.a.type', 'RegexRouter', 'transforms.a.regex', 'x');
SELECT pg_temp.events('a', 'transforms.a.type', 'RegexRouter', 'transforms.a.regex', 'x', 'transforms.a.replacement', 'y', 'transforms.a.regexp', 'z');
\set VERBOSITY terse
SELECT pg_temp.events('a', 'transforms.a.type', 'RegexRouter', 'transforms.a.regex', '(x', 'transforms.a.replacement', 'y');
\set VERBOSITY default
SELECT pg_temp.events('a', 'transforms.a.type', 'RegexRouter', 'transforms.a.regex', '(x)', 'transforms.a.replacement', '$2');
SELECT pg_temp.events('a', 'transforms.a.type', 'RegexRouter', 'transforms.a.regex', '(x)', 'transforms.a.replacement', '${y}');
SELECT pg_temp.events('a', 'transforms.a.type', 'RegexRouter', 'transforms.a.regex', '(x)', 'transforms.a.replacement', 'cash$');
SELECT pg_temp.events('u', 'transforms.u.predicate', 'p');
SELECT pg_temp.events('u', 'transforms.u.negate', 'true');
SELECT pg_temp.events('u', 'predicates', 'p', 'predicates.p.type', 'Filter');
SELECT pg_temp.events('u', 'transforms.u.drop.fields.from.key', 'perhaps');
SELECT pg_temp.events('u', 'transforms.u.add.fields', 'op:a:b');
SELECT pg_temp.events('a', 'transforms.a.type', 'HeaderFrom$Value', 'transforms.a.fields', 'a,b', 'transforms.a.headers', 'a', 'transforms.a.operation', 'copy');
SELECT pg_temp.events('a', 'transforms.a.type', 'HeaderFrom$Value', 'transforms.a.fields', 'a', 'transforms.a.headers', 'a', 'transforms.a.operation', 'steal');
SELECT pg_temp.events('a', 'transforms.a.type', 'InsertField$Value');
SELECT pg_temp.events('a', 'transforms.a.type', 'SetSchemaMetadata$Key');
\t
\a
SELECT 'stop' FROM pg_drop_replication_slot('transforms');
DROP TABLE c, log;
