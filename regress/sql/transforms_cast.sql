-- Cast: what a row cannot be cast to, and what is refused.
SET synchronous_commit = on;
CREATE TABLE c (id int PRIMARY KEY, n int DEFAULT 300, txt text, num numeric(5,-2), bytes bytea, tags text[], free numeric);
SELECT 'init' FROM pg_create_logical_replication_slot('transforms_cast', 'walpost');
CREATE FUNCTION pg_temp.events(spec text, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
  SELECT data FROM pg_logical_slot_peek_changes('transforms_cast', NULL, NULL, VARIADIC
    ARRAY['topic.prefix', 't', 'extended.headers.enabled', 'false', 'transforms', 'u,c', 'transforms.u.type', 'ExtractNewRecordState',
      'transforms.c.type', 'Cast$Value', 'transforms.c.spec', spec] || options)
$$;
INSERT INTO c VALUES (1, 1, 'x', 1200, '\x01', '{a}', 1.5);

\a
\t
\set SHOW_CONTEXT never
SELECT pg_temp.events('num:string,n:string,free:string');
SELECT pg_temp.events('num:string,n:string,bytes:string');
SELECT pg_temp.events('num:int64,n:boolean,id:float64');
SELECT pg_temp.events('num:int8,n:float32', 'value.converter.schemas.enable', 'true');

-- ---- rows that it cannot take
SELECT pg_temp.events('txt:int32');
SELECT pg_temp.events('txt:float64');
SELECT pg_temp.events('txt:boolean');
SELECT pg_temp.events('bytes:int32');
SELECT pg_temp.events('tags:string');
SELECT pg_temp.events('free:string');
SELECT pg_temp.events('string');
SELECT count(*) FROM (SELECT pg_temp.events('txt:int32', 'event.processing.failure.handling.mode', 'skip')) e;
DELETE FROM c;
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_cast', NULL, NULL, 'topic.prefix', 't');

-- ---- what text is read as a number
INSERT INTO c (id, txt) VALUES (1, '+127');
SELECT pg_temp.events('txt:int8');
UPDATE c SET txt = ' 1.50e2f ' WHERE id = 1;
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_cast', NULL, 1, 'topic.prefix', 't');
SELECT pg_temp.events('txt:float32');
SELECT pg_temp.events('txt:int16');
UPDATE c SET txt = '-0x1.8p1' WHERE id = 1;
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_cast', NULL, 1, 'topic.prefix', 't');
SELECT pg_temp.events('txt:float64');
UPDATE c SET txt = '-Infinity' WHERE id = 1;
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_cast', NULL, 1, 'topic.prefix', 't');
SELECT pg_temp.events('txt:float64');
UPDATE c SET txt = '128' WHERE id = 1;
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_cast', NULL, 1, 'topic.prefix', 't');
SELECT pg_temp.events('txt:int8');
UPDATE c SET txt = 'inf' WHERE id = 1;
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_cast', NULL, 1, 'topic.prefix', 't');
SELECT pg_temp.events('txt:float64');
UPDATE c SET txt = 'TRUE' WHERE id = 1;
SELECT count(*) FROM pg_logical_slot_get_changes('transforms_cast', NULL, 1, 'topic.prefix', 't');
SELECT pg_temp.events('txt:boolean,bytes:int8');

-- ---- configurations that are refused
SELECT pg_temp.events('');
SELECT pg_temp.events('n:decimal');
SELECT pg_temp.events('n:int8,string');
SELECT pg_temp.events('n:a:int8');
SELECT pg_temp.events('n:bytes');
SELECT 'stop' FROM pg_drop_replication_slot('transforms_cast');
DROP TABLE c;
