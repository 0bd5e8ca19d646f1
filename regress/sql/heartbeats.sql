-- Heartbeats, and what transforms and converters make of them.
CREATE EXTENSION walpost;
CREATE FUNCTION pg_temp.beat(VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(convert_from(walpost.heartbeat(ARRAY['topic.prefix', 'srv'] || options), 'UTF8'), '(?<![\d])1\d{12}(?!\d)', '<ms>', 'g')
$$;
\a
\t
\pset null '<none>'
SELECT pg_temp.beat();
SELECT pg_temp.beat('topic.delimiter', '-', 'topic.heartbeat.prefix', 'beats');
SELECT pg_temp.beat('topic.heartbeat.name', 'all.beats', 'provide.transaction.metadata', 'true', 'walpost.position.headers', 'true');
SELECT pg_temp.beat('topic.heartbeat.name', 'no/topic');
-- converters
SELECT pg_temp.beat('key.converter.schemas.enable', 'true', 'value.converter.schemas.enable', 'true');
SELECT encode(walpost.heartbeat(ARRAY['topic.prefix', 'srv', 'wire', '1', 'key.converter', 'org.apache.kafka.connect.storage.StringConverter']), 'escape') ~ 'Struct\{serverName=srv\}\{"ts_ms":1\d{12}\}';
SELECT encode(walpost.heartbeat(ARRAY['topic.prefix', 'srv', 'wire', '1', 'value.converter', 'io.debezium.converters.BinaryDataConverter',
  'value.converter.delegate.converter.type', 'org.apache.kafka.connect.json.JsonConverter']), 'escape') ~ '"payload":\{"ts_ms":1\d{12}\}\}';
-- topics
SELECT pg_temp.beat('transforms', 'r', 'transforms.r.type', 'RegexRouter', 'transforms.r.regex', '.*', 'transforms.r.replacement', 'one');
SELECT pg_temp.beat('transforms', 'r', 'transforms.r.type', 'RegexRouter', 'transforms.r.regex', 'srv.*', 'transforms.r.replacement', 'one');
SELECT pg_temp.beat('transforms', 'l', 'transforms.l.type', 'ByLogicalTableRouter', 'transforms.l.topic.regex', '.*', 'transforms.l.topic.replacement', 'all',
  'key.converter.schemas.enable', 'true');
SELECT pg_temp.beat('transforms', 'c', 'transforms.c.type', 'ContentBasedRouter', 'transforms.c.language', 'jsr223.groovy', 'transforms.c.topic.expression', 'value.ts_ms > 1000L ? ''late'' : ''early''');
SELECT pg_temp.beat('transforms', 't', 'transforms.t.type', 'TimestampRouter');
-- fields and headers
SELECT pg_temp.beat('transforms', 'f', 'transforms.f.type', 'InsertField$Value', 'transforms.f.timestamp.field', 'at', 'transforms.f.static.field', 'site', 'transforms.f.static.value', 'x',
  'transforms.f.topic.field', 'topic', 'transforms.f.partition.field', 'part', 'value.converter.schemas.enable', 'true');
SELECT pg_temp.beat('transforms', 'f', 'transforms.f.type', 'InsertField$Value', 'transforms.f.timestamp.field', 'at', 'transforms.f.walpost.timestamp', 'now');
SELECT pg_temp.beat('transforms', 'k,h,d', 'transforms.k.type', 'InsertField$Key', 'transforms.k.static.field', 'site', 'transforms.k.static.value', 'x',
  'transforms.h.type', 'InsertHeader', 'transforms.h.header', 'a', 'transforms.h.value.literal', '1',
  'transforms.d.type', 'HeaderFrom$Value', 'transforms.d.fields', 'ts_ms', 'transforms.d.headers', 'when', 'transforms.d.operation', 'copy');
SELECT pg_temp.beat('transforms', 'v,x', 'transforms.v.type', 'ValueToKey', 'transforms.v.fields', 'ts_ms', 'transforms.x.type', 'ExtractField$Value', 'transforms.x.field', 'ts_ms');
SELECT pg_temp.beat('transforms', 'c', 'transforms.c.type', 'Cast$Value', 'transforms.c.spec', 'ts_ms:string');
SELECT pg_temp.beat('transforms', 'c', 'transforms.c.type', 'TimestampConverter$Value', 'transforms.c.field', 'ts_ms', 'transforms.c.target.type', 'string', 'transforms.c.format', 'yyyy') ~ '"ts_ms":"2\d{3}"';
-- those that look for an envelope
SELECT pg_temp.beat('transforms', 'u,o,p,z,e,d', 'transforms.u.type', 'ExtractNewRecordState', 'transforms.u.add.fields', 'op', 'transforms.u.add.headers', 'op',
  'transforms.o.type', 'EventRouter', 'transforms.p.type', 'PartitionRouting', 'transforms.p.partition.payload.fields', 'ts_ms', 'transforms.p.partition.topic.num', '5',
  'transforms.z.type', 'TimezoneConverter', 'transforms.z.converted.timezone', 'Europe/Paris',
  'transforms.e.type', 'ExtractChangedRecordState', 'transforms.e.header.changed.name', 'c', 'transforms.d.type', 'DecodeLogicalDecodingMessageContent');
-- left out
SELECT pg_temp.beat('transforms', 'f', 'transforms.f.type', 'org.apache.kafka.connect.transforms.Filter');
SELECT pg_temp.beat('transforms', 'f', 'transforms.f.type', 'org.apache.kafka.connect.transforms.Filter', 'transforms.f.predicate', 'h', 'transforms.f.negate', 'true',
  'predicates', 'h', 'predicates.h.type', 'TopicNameMatches', 'predicates.h.pattern', '__debezium.*');
SELECT pg_temp.beat('transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'jsr223.groovy', 'transforms.f.condition', 'value.ts_ms < 1000L');
SELECT pg_temp.beat('transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'jsr223.groovy', 'transforms.f.condition', 'value.op == ''u''');
SELECT pg_temp.beat('transforms', 'v', 'transforms.v.type', 'ValueToKey', 'transforms.v.fields', 'id');
SELECT walpost.heartbeat(NULL);
SELECT walpost.heartbeat('{topic.prefix}');
DROP EXTENSION walpost;
