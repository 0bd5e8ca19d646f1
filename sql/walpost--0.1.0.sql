\echo Use "CREATE EXTENSION walpost" to load this file. \quit

-- A member of the extension, and its maker's: whoever owned the schema could rename
-- it, and have walpost.signal() write to a table of their own in its place.
CREATE SCHEMA walpost;
COMMENT ON SCHEMA walpost IS 'what walpost brings: snapshots, signals, publishing';

CREATE FUNCTION walpost.version()
RETURNS text
LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'walpost_version';
COMMENT ON FUNCTION walpost.version() IS
'version of the walpost plugin';

CREATE FUNCTION walpost.options(OUT name text, OUT type text, OUT "default" text,
                                OUT allowed text, OUT description text)
RETURNS SETOF record
LANGUAGE c STRICT STABLE PARALLEL SAFE ROWS 40
AS 'MODULE_PATHNAME', 'walpost_options';
COMMENT ON FUNCTION walpost.options() IS
'options of the walpost plugin: the connector''s properties that decide what an event is';

CREATE FUNCTION walpost.describe(relation regclass, VARIADIC options text[] DEFAULT '{}',
                                 OUT topic text, OUT column_name text, OUT column_type text,
                                 OUT field text, OUT connect_type text, OUT schema_name text,
                                 OUT "default" text, OUT key_position text, OUT remark text)
RETURNS SETOF record
LANGUAGE c STRICT STABLE PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'walpost_describe';
COMMENT ON FUNCTION walpost.describe(regclass, text[]) IS
'what walpost makes of a relation under these options (name, value, ...): its topic, and each column''s type, default and place in the key';

CREATE FUNCTION walpost.refusal(relation regclass, options text[], operation text DEFAULT 'c')
RETURNS text
LANGUAGE c STRICT STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'walpost_refusal';
COMMENT ON FUNCTION walpost.refusal(regclass, text[], text) IS
'why new rows of a relation (or updates and deletes: u, d) cannot become events under these options (name, value, ...): what a transform does not take; null where they can';

CREATE FUNCTION walpost.heartbeat(options text[])
RETURNS bytea
LANGUAGE c STRICT VOLATILE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'walpost_heartbeat';
COMMENT ON FUNCTION walpost.heartbeat(text[]) IS
'a heartbeat as it would be written now under these options (name, value, ...): what transforms make of it; null where they leave it out';

CREATE FUNCTION walpost.snapshot(relation regclass, options text[], lsn pg_lsn DEFAULT NULL,
                                 first_block bigint DEFAULT 0, end_block bigint DEFAULT NULL,
                                 stream integer DEFAULT 0,
                                 first_mark text DEFAULT 'true', last_mark text DEFAULT 'true',
                                 query text DEFAULT NULL)
RETURNS SETOF bytea
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1000
AS 'MODULE_PATHNAME', 'walpost_snapshot';
COMMENT ON FUNCTION walpost.snapshot(regclass, text[], pg_lsn, bigint, bigint, integer, text, text, text) IS
'the rows of a table, of some blocks of it, or those that a query returns, as the events (op r) that walpost makes of them under these options (name, value, ...); for the target list';

CREATE FUNCTION walpost.chunk(relation regclass, options text[], lsn pg_lsn, max_rows integer,
                              "after" text[] DEFAULT NULL, up_to text[] DEFAULT NULL,
                              condition text DEFAULT NULL, surrogate text DEFAULT NULL)
RETURNS SETOF bytea
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
AS 'MODULE_PATHNAME', 'walpost_chunk';
COMMENT ON FUNCTION walpost.chunk(regclass, text[], pg_lsn, integer, text[], text[], text, text) IS
'the next rows of a table in the order of its key, as the shipper reads them for an incremental snapshot; for the target list';

CREATE FUNCTION walpost.count_rows(relation regclass, condition text DEFAULT NULL)
RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'walpost_count_rows';
COMMENT ON FUNCTION walpost.count_rows(regclass, text) IS
'how many rows of a table, or of those that a condition chooses, an incremental snapshot would read now';

CREATE FUNCTION walpost.reselect(requests bytea[], options text[], max_bytes integer)
RETURNS bytea
LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'walpost_reselect';
COMMENT ON FUNCTION walpost.reselect(bytea[], text[], integer) IS
'values of rows as they are now, for events that the log has not all values of, as the shipper asks for them; runs its queries with the rights of the caller';

CREATE FUNCTION walpost.publish(topic text, key text, payload text, headers jsonb DEFAULT NULL)
RETURNS pg_lsn
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'walpost_publish';
COMMENT ON FUNCTION walpost.publish(text, text, text, jsonb) IS
'writes a record of a topic into the WAL, without a table: it is published if the transaction commits and walpost.publish.topic.include.list allows the topic';

CREATE FUNCTION walpost.publish(topic text, key text, payload bytea, headers jsonb DEFAULT NULL)
RETURNS pg_lsn
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'walpost_publish';
COMMENT ON FUNCTION walpost.publish(text, text, bytea, jsonb) IS
'the same with bytes';

CREATE VIEW walpost.slots AS
SELECT s.slot_name, s.database, s.active, s.active_pid,
       s.restart_lsn, s.confirmed_flush_lsn,
       pg_catalog.pg_wal_lsn_diff(l.lsn, s.restart_lsn) AS retained_bytes,
       pg_catalog.pg_wal_lsn_diff(l.lsn, s.confirmed_flush_lsn) AS behind_bytes,
       s.wal_status, s.safe_wal_size
FROM pg_catalog.pg_replication_slots AS s
CROSS JOIN (SELECT CASE WHEN pg_catalog.pg_is_in_recovery()
                        THEN pg_catalog.pg_last_wal_replay_lsn()
                        ELSE pg_catalog.pg_current_wal_lsn() END AS lsn) AS l
WHERE s.plugin OPERATOR(pg_catalog.=) 'walpost';
COMMENT ON VIEW walpost.slots IS
'the slots of this plugin, with the WAL that each retains and how far its consumer is behind';

-- The numbers from 11 on are the reader's, behind those of the COPY that calls it.
CREATE VIEW walpost.snapshot_progress AS
SELECT p.pid, p.datid, d.datname, CAST(p.param12 AS oid) AS relid,
       CASE WHEN d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
            THEN CAST(CAST(CAST(p.param12 AS oid) AS regclass) AS text) END AS relation,
       p.param13 AS first_block, p.param14 AS blocks_total, p.param15 AS blocks_done,
       p.param16 AS rows_done, p.param1 AS bytes_done
FROM pg_catalog.pg_stat_get_progress_info('COPY') AS p
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) p.datid
WHERE p.param11 OPERATOR(pg_catalog.=) 1464882004;
COMMENT ON VIEW walpost.snapshot_progress IS
'the tables, or blocks of tables, that snapshots are reading at this moment, and how far each reader is';

-- Rows are here for as long as the statement that writes them.  The plugin reads
-- them from the WAL, by the fact that the table is this extension's.
CREATE TABLE walpost.signals (
    id text PRIMARY KEY,
    type text NOT NULL CHECK (type IN ('execute-snapshot', 'stop-snapshot', 'pause-snapshot',
                                       'resume-snapshot', 'add-table', 'log')),
    data text,
    connector text
);
COMMENT ON TABLE walpost.signals IS
'what walpost.signal() writes and deletes, for connectors to see in the WAL';
REVOKE ALL ON walpost.signals FROM PUBLIC;

CREATE FUNCTION walpost.signal(type text, data json DEFAULT NULL, connector text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
INSERT INTO walpost.signals
VALUES (pg_catalog.gen_random_uuid()::pg_catalog.text, $1, $2::pg_catalog.text, $3);
DELETE FROM walpost.signals RETURNING id;
$$;
COMMENT ON FUNCTION walpost.signal(text, json, text) IS
'signals the connectors of this database, or the one with that topic.prefix: execute-snapshot, stop-snapshot, pause-snapshot, resume-snapshot, add-table, log, with data as Debezium has it; returns the signal''s id';
REVOKE ALL ON FUNCTION walpost.signal(text, json, text) FROM PUBLIC;

REVOKE ALL ON FUNCTION walpost.publish(text, text, text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION walpost.publish(text, text, bytea, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION walpost.version() FROM PUBLIC;
REVOKE ALL ON FUNCTION walpost.options() FROM PUBLIC;
REVOKE ALL ON FUNCTION walpost.describe(regclass, text[]) FROM PUBLIC;
REVOKE ALL ON walpost.slots FROM PUBLIC;
REVOKE ALL ON walpost.snapshot_progress FROM PUBLIC;
GRANT EXECUTE ON FUNCTION walpost.version() TO pg_monitor;
GRANT EXECUTE ON FUNCTION walpost.options() TO pg_monitor;
GRANT EXECUTE ON FUNCTION walpost.describe(regclass, text[]) TO pg_monitor;
GRANT SELECT ON walpost.slots TO pg_monitor;
GRANT SELECT ON walpost.snapshot_progress TO pg_monitor;

-- Where a role that is no superuser has made the extension, its objects are still a
-- superuser's: it may use them, and let others use them, but not change them.
GRANT EXECUTE ON FUNCTION walpost.version() TO @extowner@ WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION walpost.options() TO @extowner@ WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION walpost.describe(regclass, text[]) TO @extowner@ WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION walpost.publish(text, text, text, jsonb) TO @extowner@ WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION walpost.publish(text, text, bytea, jsonb) TO @extowner@ WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION walpost.signal(text, json, text) TO @extowner@ WITH GRANT OPTION;
GRANT SELECT ON walpost.slots TO @extowner@ WITH GRANT OPTION;
GRANT SELECT ON walpost.snapshot_progress TO @extowner@ WITH GRANT OPTION;

-- It reads what the catalog shows everybody.
GRANT EXECUTE ON FUNCTION walpost.refusal(regclass, text[], text) TO PUBLIC;

-- It reads nothing.
GRANT EXECUTE ON FUNCTION walpost.heartbeat(text[]) TO PUBLIC;

-- They check what the role may read, as COPY does, or are queries of that role.
GRANT EXECUTE ON FUNCTION walpost.snapshot(regclass, text[], pg_lsn, bigint, bigint, integer, text, text, text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION walpost.chunk(regclass, text[], pg_lsn, integer, text[], text[], text, text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION walpost.count_rows(regclass, text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION walpost.reselect(bytea[], text[], integer) TO PUBLIC;
GRANT USAGE ON SCHEMA walpost TO PUBLIC;
