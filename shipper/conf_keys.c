/*
 * conf_keys.c
 *	  The table of known properties: every property of the Debezium PostgreSQL
 *	  connector, those of Kafka Connect that a connector file holds, our own.
 *
 * Data only.  Each row has a standing: it works (DONE), it has no meaning here
 * (ACCEPTED, warned about when it is set to something else than the default),
 * or it would change or protect data in a way that this release cannot do
 * (REFUSED, unless it is set to its harmless default).  "doc" completes the
 * sentence "property ... has no effect: ..." or "... is not supported: ...".
 * DEBEZIUM() is what Debezium 3.7 and Kafka Connect 4.3 declare of it, from which
 * the answers to validate and to a plugin's config are made.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stddef.h>

#include "conf.h"
#include "conf_private.h"

static const char *const sslmodes[] = {"allow", "prefer", "disable", "verify-ca", "require", "verify-full", NULL};
static const char *const ssl_factories[] = {
	"org.postgresql.ssl.LibPQFactory", "org.postgresql.ssl.jdbc4.LibPQFactory", "org.postgresql.ssl.NonValidatingFactory",
	"org.postgresql.ssl.DefaultJavaSSLFactory", "org.postgresql.ssl.SingleCertValidatingFactory", NULL
};
static const char *const plugins[] = {"pgoutput", "decoderbufs", "walpost", NULL};
static const char *const autocreate_modes[] = {"no_tables", "filtered", "disabled", "all_tables", NULL};
static const char *const snapshot_modes[] = {"always", "initial", "initial_only", "no_data", "when_needed", "configuration_based", NULL};
static const char *const isolation_modes[] = {"read_uncommitted", "repeatable_read", "read_committed", "serializable", NULL};
static const char *const locking_modes[] = {"none", "shared", NULL};
static const char *const query_modes[] = {"select_all", NULL};
static const char *const row_count_orders[] = {"disabled", "ascending", "descending", NULL};
static const char *const decimal_modes[] = {"string", "double", "precise", NULL};
static const char *const time_modes[] = {"adaptive", "adaptive_time_microseconds", "isostring", "structured", "microseconds", "nanoseconds", "connect", NULL};
static const char *const interval_modes[] = {"string", "numeric", NULL};
static const char *const binary_modes[] = {"bytes", "base64", "hex", "base64-url-safe", NULL};
static const char *const hstore_modes[] = {"json", "map", NULL};
static const char *const decimal_formats[] = {"BASE64", "NUMERIC", NULL};
static const char *const origins[] = {"any", "none", NULL};
static const char *const adjustments[] = {"none", "avro_unicode", "avro", NULL};
static const char *const failure_modes[] = {"warn", "fail", "ignore", "skip", NULL};
static const char *const tolerances[] = {"none", "all", NULL};
static const char *const converter_names[] = {
	"org.apache.kafka.connect.json.JsonConverter", "org.apache.kafka.connect.storage.StringConverter",
	"org.apache.kafka.connect.converters.ByteArrayConverter",
	"io.debezium.converters.BinaryDataConverter", "io.debezium.converters.ByteArrayConverter",
	"JsonConverter", "StringConverter", "ByteArrayConverter", "BinaryDataConverter", NULL
};
static const char *const header_converter_names[] = {
	"org.apache.kafka.connect.storage.SimpleHeaderConverter",
	"org.apache.kafka.connect.json.JsonConverter", "org.apache.kafka.connect.storage.StringConverter",
	"org.apache.kafka.connect.converters.ByteArrayConverter",
	"io.debezium.converters.BinaryDataConverter", "io.debezium.converters.ByteArrayConverter",
	"SimpleHeaderConverter", "JsonConverter", "StringConverter", "ByteArrayConverter", "BinaryDataConverter", NULL
};
static const char *const delegate_names[] = {
	"none", "org.apache.kafka.connect.json.JsonConverter", "org.apache.kafka.connect.storage.StringConverter", NULL
};
static const char *const connector_classes[] = {
	"io.debezium.connector.postgresql.PostgresConnector", "PostgresConnector", "Postgres", NULL
};
static const char *const lsn_flush_modes[] = {"connector", "connector_and_driver", "manual", NULL};
static const char *const naming_strategies[] = {
	"io.debezium.schema.SchemaTopicNamingStrategy", "io.debezium.schema.DefaultTopicNamingStrategy",
	"io.debezium.schema.SchemaUnicodeTopicNamingStrategy", "io.debezium.schema.DefaultUnicodeTopicNamingStrategy",
	"io.debezium.schema.SchemaRegexTopicNamingStrategy", "io.debezium.schema.DefaultRegexTopicNamingStrategy", NULL
};
static const char *const limit_actions[] = {"warn", "fail", NULL};
static const char *const transaction_boundaries[] = {"poll", "interval", "connector", NULL};
static const char *const exactly_once[] = {"requested", "required", NULL};
static const char *const exactly_once_worker[] = {"disabled", "preparing", "enabled", NULL};
static const char *const mismatch_strategies[] = {"no_validation", "trust_offset", "trust_slot", "trust_greater_lsn", NULL};

/* What Debezium takes where the row says something else. */
static const char *const declared_event_converting_failure_handling_mode[] = {"warn", "fail", "skip", NULL};
static const char *const declared_lsn_flush_mode[] = {"connector_and_driver", "connector", "manual", NULL};
static const char *const declared_schema_refresh_mode[] = {"columns_diff", "columns_diff_exclude_unchanged_toast", NULL};
static const char *const declared_incremental_snapshot_watermarking_strategy[] = {"insert_delete", "insert_insert", NULL};
static const char *const declared_snapshot_mode[] = {"always", "initial_only", "configuration_based", "when_needed", "initial", "custom", "no_data", NULL};
static const char *const declared_snapshot_query_mode[] = {"custom", "select_all", NULL};
static const char *const declared_snapshot_locking_mode[] = {"shared", "custom", "none", NULL};
static const char *const declared_plugin_name[] = {"decoderbufs", "pgoutput", NULL};
static const char *const declared_lsn_flush_timeout_action[] = {"fail", "warn", "ignore", NULL};
static const char *const anything[] = {NULL};

const char	conf_no_default[] = "";

/*
 * What Debezium declares, behind a row's doc: its place in their list, importance,
 * group, and .name, .type, .default_text, .allowed where they are not the row's.
 */
#define DEBEZIUM(order_, importance_, group_, ...) \
	.order = order_, .importance = importance_, .group = group_, ##__VA_ARGS__

#define HIGH	"HIGH"
#define MEDIUM	"MEDIUM"
#define LOW		"LOW"

#define COMMON			"Common"
#define TRANSFORMS		"Transforms"
#define PREDICATES		"Predicates"
#define ERRORS			"Error Handling"
#define TOPIC_CREATION	"Topic Creation"
#define EXACTLY_ONCE	"Exactly Once Support"
#define OFFSETS			"offsets.topic"
#define CONNECTION		"CONNECTION"
#define CONNECTION_ADVANCED "CONNECTION_ADVANCED"
#define CONNECTION_ADVANCED_SSL "CONNECTION_ADVANCED_SSL"
#define CONNECTION_ADVANCED_REPLICATION "CONNECTION_ADVANCED_REPLICATION"
#define CONNECTOR		"CONNECTOR"
#define CONNECTOR_ADVANCED "CONNECTOR_ADVANCED"
#define CONNECTOR_SNAPSHOT "CONNECTOR_SNAPSHOT"
#define ADVANCED		"ADVANCED"
#define ADVANCED_HEARTBEAT "ADVANCED_HEARTBEAT"
#define FILTERS			"FILTERS"

#define ANY		INT64_MIN, INT64_MAX

#define STR(name, flags, def, doc, ...)		{name, CONF_STRING, CONF_DONE, flags, def, ANY, NULL, doc, {__VA_ARGS__}}
#define LIST(name, flags, def, doc, ...)		{name, CONF_LIST, CONF_DONE, flags, def, ANY, NULL, doc, {__VA_ARGS__}}
#define PASSWORD(name, flags, doc, ...)		{name, CONF_PASSWORD, CONF_DONE, (flags) | CONF_SECRET, NULL, ANY, NULL, doc, {__VA_ARGS__}}
#define BOOL(name, flags, def, doc, ...)		{name, CONF_BOOL, CONF_DONE, flags, def, ANY, NULL, doc, {__VA_ARGS__}}
#define INT(name, flags, def, lo, hi, doc, ...)	{name, CONF_INT, CONF_DONE, flags, def, lo, hi, NULL, doc, {__VA_ARGS__}}
#define ENUM(name, flags, def, allowed, doc, ...)	{name, CONF_ENUM, CONF_DONE, flags, def, ANY, allowed, doc, {__VA_ARGS__}}
#define RULES(name, flags, doc, ...)			{name, CONF_LIST, CONF_DONE, (flags) | CONF_PREFIX, NULL, ANY, NULL, doc, {__VA_ARGS__}}
#define FAMILY(name, doc, ...)			{name, CONF_STRING, CONF_DONE, CONF_PREFIX, NULL, ANY, NULL, doc, {__VA_ARGS__}}

/* no meaning here */
#define NOSTR(name, def, doc, ...)			{name, CONF_STRING, CONF_ACCEPTED, 0, def, ANY, NULL, doc, {__VA_ARGS__}}
#define NOINT(name, def, doc, ...)			{name, CONF_INT, CONF_ACCEPTED, 0, def, ANY, NULL, doc, {__VA_ARGS__}}
#define NOBOOL(name, def, doc, ...)			{name, CONF_BOOL, CONF_ACCEPTED, 0, def, ANY, NULL, doc, {__VA_ARGS__}}
#define NOENUM(name, def, allowed, doc, ...)	{name, CONF_ENUM, CONF_ACCEPTED, 0, def, ANY, allowed, doc, {__VA_ARGS__}}
#define NOPREFIX(name, doc, ...)				{name, CONF_STRING, CONF_ACCEPTED, CONF_PREFIX, NULL, ANY, NULL, doc, {__VA_ARGS__}}

/* refused, but for the harmless default */
#define REFUSE(name, def, doc, ...)			{name, CONF_STRING, CONF_REFUSED, 0, def, ANY, NULL, doc, {__VA_ARGS__}}
#define REFUSE_PREFIX(name, doc, ...)		{name, CONF_STRING, CONF_REFUSED, CONF_PREFIX, NULL, ANY, NULL, doc, {__VA_ARGS__}}

#define PLUGIN	CONF_TO_PLUGIN

/* what JsonConverter takes, for a part of records */
#define JSON(prefix, what) \
	BOOL(prefix ".schemas.enable", PLUGIN, "true", "whether " what " carry their schema"), \
	BOOL(prefix ".replace.null.with.default", PLUGIN, "true", "whether a NULL in " what " prints the column's default"), \
	ENUM(prefix ".decimal.format", PLUGIN, "BASE64", decimal_formats, "how decimals of " what " are written: BASE64 of the unscaled value, or NUMERIC")

#define CONVERTER(name, what) \
	JSON(name, what), \
	ENUM(name ".delegate.converter.type", PLUGIN, "none", delegate_names, "what BinaryDataConverter hands " what " to that are not bytes"), \
	JSON(name ".delegate.converter.type", what)

/* Why whole families have no effect. */
#define NO_SNAPSHOT		"a snapshot is read inside the server, all of it as the temporary slot shows it"
#define NO_QUEUE		"events go to Kafka as they arrive; walpost.buffer.memory bounds what is in flight"
#define NO_SIGNALS		"signals are taken as they come, and none is written"
#define NO_LINEAGE		"no lineage events are made"
#define NO_JAVA			"nothing here runs Java"
#define NO_VERSION		"there is one version, that of this program"
#define NO_OPTION		"it is no option of JsonConverter that matters here"
#define NO_WORKER		"there is no Kafka Connect worker"
#define NO_SINK			"it belongs to sink connectors"
#define NO_HTTP			"there are the channels sink and log"
#define NO_HISTORY		"PostgreSQL's catalog is the schema history"
#define NO_EXTRA_METRIC "there are no JMX metrics"

const ConfKey conf_keys[] = {
	/* the connector */
	STR("name", 0, NULL, "name of the connector, in logs; topic.prefix if it is not set", DEBEZIUM(1, HIGH, COMMON)),
	ENUM("connector.class", 0, "io.debezium.connector.postgresql.PostgresConnector", connector_classes,
		 "class of the connector that the file was written for",
		DEBEZIUM(2, HIGH, COMMON, .default_text = conf_no_default, .allowed = anything)),
	INT("tasks.max", 0, "1", 1, INT64_MAX, "one task does the work, as in Debezium, whatever is allowed", DEBEZIUM(4, HIGH, COMMON)),
	NOBOOL("tasks.max.enforce", "true", "there is always one task", DEBEZIUM(5, LOW, COMMON)),
	STR("topic.prefix", PLUGIN | CONF_REQUIRED, NULL,
		"first part of every topic and source.name: letters, digits, dots, hyphens, underscores",
		DEBEZIUM(34, HIGH, CONNECTOR)),
	STR("topic.delimiter", PLUGIN, ".", "what stands between prefix, schema and table in a topic"),
	NOSTR("connector.plugin.version", NULL, NO_VERSION, DEBEZIUM(3, MEDIUM, COMMON, .default_text = "3.7.0.Final")),
	NOSTR("config.action.reload", "restart", "a file is read at start", DEBEZIUM(14, LOW, COMMON)),
	NOSTR("initial.state", NULL, NO_WORKER),
	NOSTR("group.id", NULL, NO_WORKER),
	NOSTR("plugin.path", NULL, NO_WORKER),
	LIST("config.providers", 0, NULL, "names of the providers of ${NAME:...} that there are; where it is not set: file, dir, directory and env"),
	FAMILY("config.providers.",
		   "NAME.class: Kafka's FileConfigProvider, DirectoryConfigProvider or EnvVarConfigProvider, for another name of it; NAME.param.allowed.paths: directories that it may read; NAME.param.allowlist.pattern: variables that it may see"),

	/* the database */
	STR("database.hostname", CONF_REQUIRED, NULL, "host name, address or socket directory of the server", DEBEZIUM(25, HIGH, CONNECTION)),
	INT("database.port", 0, "5432", 1, 65535, "port of the server", DEBEZIUM(26, HIGH, CONNECTION)),
	STR("database.user", CONF_REQUIRED, NULL, "role to connect as; it needs LOGIN and REPLICATION", DEBEZIUM(27, HIGH, CONNECTION)),
	PASSWORD("database.password", 0, "its password; without it libpq looks into PGPASSWORD and the password file", DEBEZIUM(28, HIGH, CONNECTION)),
	STR("database.dbname", CONF_REQUIRED, NULL, "database to capture", DEBEZIUM(29, HIGH, CONNECTION)),
	ENUM("database.sslmode", 0, "prefer", sslmodes, "whether the connection is encrypted, and what of the server is verified", DEBEZIUM(146, MEDIUM, CONNECTION_ADVANCED_SSL)),
	STR("database.sslcert", 0, NULL, "file with the client's certificate", DEBEZIUM(147, MEDIUM, CONNECTION_ADVANCED_SSL)),
	STR("database.sslkey", 0, NULL, "file with the client's key, PEM or DER", DEBEZIUM(148, MEDIUM, CONNECTION_ADVANCED_SSL)),
	PASSWORD("database.sslpassword", 0, "password of the client's key", DEBEZIUM(149, MEDIUM, CONNECTION_ADVANCED_SSL)),
	STR("database.sslrootcert", 0, NULL, "file with the certificates of the authorities to trust", DEBEZIUM(150, MEDIUM, CONNECTION_ADVANCED_SSL)),
	BOOL("database.tcpKeepAlive", 0, "true", "whether TCP keepalives are sent", DEBEZIUM(33, MEDIUM, CONNECTION_ADVANCED)),
	STR("database.initial.statements", 0, NULL,
		"SQL statements, separated by semicolons (;; is a semicolon), run on each ordinary connection, not on the replication connection",
		DEBEZIUM(32, LOW, CONNECTION_ADVANCED)),
	INT("database.query.timeout.ms", 0, "600000", 0, INT64_MAX, "statement_timeout of ordinary connections; 0 is none", DEBEZIUM(30, LOW, CONNECTION)),
	ENUM("database.sslfactory", 0, NULL, ssl_factories,
		 "who verifies the server's certificate: LibPQFactory, as database.sslmode and database.sslrootcert say; NonValidatingFactory, nobody; DefaultJavaSSLFactory, the authorities that this machine trusts; SingleCertValidatingFactory, the certificate that database.sslfactoryarg names",
		 DEBEZIUM(151, MEDIUM, CONNECTION_ADVANCED_SSL, .allowed = anything)),
	STR("database.sslfactoryarg", 0, NULL, "for SingleCertValidatingFactory: file:PATH, of the server's own certificate or its authority's"),
	REFUSE("database.connection.factory.class", NULL, "it names a Java class; a password can come from ${file:...}, ${env:...} or the password file"),
	NOPREFIX("driver.", "they are parameters of the JDBC driver; libpq's come from PG* variables and the service file"),
	NOINT("connection.validation.timeout.ms", "60000", "a connection attempt gives up after 30 seconds", DEBEZIUM(113, LOW, ADVANCED, .type = "LONG")),
	NOSTR("database.include.list", NULL, "a connector has one database, database.dbname", DEBEZIUM(144, HIGH, FILTERS, .type = "LIST")),
	NOSTR("database.exclude.list", NULL, "a connector has one database, database.dbname", DEBEZIUM(145, MEDIUM, FILTERS, .type = "LIST")),

	/* slot, publication, acknowledgement */
	ENUM("plugin.name", 0, "decoderbufs", plugins, "the slot is made with walpost whatever is named here", DEBEZIUM(152, MEDIUM, CONNECTION_ADVANCED_REPLICATION, .allowed = declared_plugin_name)),
	STR("slot.name", 0, "debezium", "replication slot: lower-case letters, digits, underscores, at most 63", DEBEZIUM(153, MEDIUM, CONNECTION_ADVANCED_REPLICATION)),
	BOOL("walpost.slot.takeover", 0, "false",
		 "whether a slot of pgoutput or decoderbufs that nobody uses is made one of walpost at its very position; true under walpost connect"),
	BOOL("slot.drop.on.stop", 0, "false", "whether the slot is dropped at an orderly stop; for tests: what changes afterwards is lost", DEBEZIUM(157, MEDIUM, CONNECTION_ADVANCED_REPLICATION)),
	INT("slot.max.retries", 0, NULL, 0, INT64_MAX,
		"how often to ask again for a slot that is in use; when it is not set, the connector waits as a hot standby for as long as it takes",
		DEBEZIUM(160, LOW, CONNECTION_ADVANCED_REPLICATION, .default_text = "6")),
	INT("slot.retry.delay.ms", 0, "10000", 1, INT64_MAX, "longest time between two such attempts", DEBEZIUM(161, LOW, CONNECTION_ADVANCED_REPLICATION, .type = "LONG")),
	BOOL("slot.failover", 0, "false",
		 "whether the slot is one that standbys copy, so that it survives a failover: set on primaries from PostgreSQL 17 on, elsewhere a warning says that it has no effect",
		DEBEZIUM(158, MEDIUM, CONNECTION_ADVANCED_REPLICATION)),
	ENUM("walpost.origin", PLUGIN, "any", origins,
		 "whether changes that have a replication origin, such as those that a subscription applies, are captured (any) or only those made on this server (none); a snapshot has all rows"),
	STR("slot.stream.params", 0, NULL, "options of pgoutput, name=value separated by semicolons: origin becomes walpost.origin, and the others have no effect",
		DEBEZIUM(159, LOW, CONNECTION_ADVANCED_REPLICATION)),
	STR("publication.name", PLUGIN, "dbz_publication", "publication whose tables, operations, row filters and column lists hold", DEBEZIUM(154, MEDIUM, CONNECTION_ADVANCED_REPLICATION)),
	ENUM("publication.autocreate.mode", 0, "all_tables", autocreate_modes,
		 "all_tables: made FOR ALL TABLES if it is absent; filtered: holds the captured tables, kept so at each start; no_tables: made empty; disabled: must exist",
		DEBEZIUM(155, MEDIUM, CONNECTION_ADVANCED_REPLICATION)),
	BOOL("publish.via.partition.root", 0, "false", "whether a publication that is made here publishes partitions as their root", DEBEZIUM(48, MEDIUM, CONNECTOR)),
	STR("replica.identity.autoset.values", 0, NULL,
		"regex:DEFAULT|FULL|NOTHING|INDEX name, separated by commas: replica identities to set on captured tables at start",
		DEBEZIUM(156, MEDIUM, CONNECTION_ADVANCED_REPLICATION)),
	INT("status.update.interval.ms", 0, "10000", 1, INT64_MAX, "longest time between two reports to the server; a third of wal_sender_timeout at most", DEBEZIUM(162, MEDIUM, CONNECTION_ADVANCED_REPLICATION)),
	ENUM("lsn.flush.mode", 0, NULL, lsn_flush_modes,
		 "connector, connector_and_driver: the slot moves when Kafka has acknowledged, and with keepalives when nothing is under way; manual: it stays where it is, and the server keeps all WAL from there on, until somebody moves it while the connector is stopped (a start goes on from the position record)",
		DEBEZIUM(49, LOW, CONNECTOR, .allowed = declared_lsn_flush_mode)),
	BOOL("flush.lsn.source", 0, "true", "false is lsn.flush.mode=manual, where that is not set", DEBEZIUM(50, LOW, CONNECTOR)),
	NOINT("lsn.flush.timeout.ms", "30000", "reports to the server do not block", DEBEZIUM(163, MEDIUM, CONNECTION_ADVANCED_REPLICATION, .type = "LONG")),
	NOENUM("lsn.flush.timeout.action", "fail", NULL, "reports to the server do not block", DEBEZIUM(164, MEDIUM, CONNECTION_ADVANCED_REPLICATION, .allowed = declared_lsn_flush_timeout_action)),
	ENUM("offset.mismatch.strategy", 0, "no_validation", mismatch_strategies,
		 "what happens at a start when the slot is past the position record: no_validation goes on at the slot and says so (but stops with exactly.once.support=required, and when the slot was lost), trust_offset stops, trust_slot and trust_greater_lsn go on; a slot behind the record is moved on in any case"),
	NOBOOL("internal.slot.seek.to.known.offset.on.start", "false", "a slot behind the position record is moved on in any case; offset.mismatch.strategy=trust_offset stops when it is past it"),
	NOBOOL("internal.log.position.check.enable", "true", "slot and position record are compared at each connection", DEBEZIUM(111, MEDIUM, ADVANCED)),
	NOINT("internal.create.slot.command.timeout", "90", "making the slot waits for transactions that run, and says so"),
	STR("offset.storage.topic", 0, "walpost-offsets", "topic of the position records, which connectors share; made compacted where it is missing"),
	STR("offsets.storage.topic", 0, NULL, "another such topic for this connector alone", DEBEZIUM(24, LOW, OFFSETS)),
	INT("offset.storage.partitions", 0, "1", 1, INT32_MAX, "partitions of that topic when it is created"),
	INT("offset.storage.replication.factor", 0, "-1", -1, 32767, "replicas of that topic when it is created; -1 is the broker's default"),
	INT("offset.flush.interval.ms", 0, "10000", 1, INT64_MAX, "how often the position record is written while the position moves; with exactly-once, while nothing is published"),
	NOPREFIX("offset.", "it belongs to the workers of Kafka Connect"),
	INT("xmin.fetch.interval.ms", PLUGIN, "0", 0, INT32_MAX, "how often source.xmin, the catalog_xmin of the slot, is read anew; 0: source.xmin is null", DEBEZIUM(165, MEDIUM, CONNECTION_ADVANCED_REPLICATION, .type = "LONG")),
	INT("heartbeat.interval.ms", PLUGIN, "0", 0, INT32_MAX, "how often a heartbeat record is written and heartbeat.action.query is run; 0 is never. The slot moves with the server's keepalives without either", DEBEZIUM(133, MEDIUM, ADVANCED_HEARTBEAT)),
	STR("topic.heartbeat.prefix", PLUGIN, "__debezium-heartbeat", "first part of the heartbeats' topic; the second is topic.prefix", DEBEZIUM(134, LOW, ADVANCED_HEARTBEAT, .name = "heartbeat.topics.prefix")),
	STR("topic.heartbeat.name", PLUGIN, NULL, "the whole name of the heartbeats' topic, which connectors then may share"),
	STR("heartbeat.action.query", 0, NULL,
		"SQL to run with each heartbeat, on an ordinary connection of its own; when it fails that is logged, and events go on",
		DEBEZIUM(136, LOW, ADVANCED_HEARTBEAT)),

	/* what is captured */
	LIST("schema.include.list", PLUGIN, NULL, "regular expressions of the schemas to capture", DEBEZIUM(142, HIGH, FILTERS)),
	LIST("schema.exclude.list", PLUGIN, NULL, "regular expressions of the schemas to leave out", DEBEZIUM(143, MEDIUM, FILTERS)),
	LIST("table.include.list", PLUGIN, NULL, "regular expressions of the tables (schema.table) to capture", DEBEZIUM(137, HIGH, FILTERS)),
	LIST("table.exclude.list", PLUGIN, NULL, "regular expressions of the tables (schema.table) to leave out", DEBEZIUM(138, MEDIUM, FILTERS)),
	LIST("column.include.list", PLUGIN, NULL, "regular expressions of the columns (schema.table.column) to capture; key columns stay in the key", DEBEZIUM(141, MEDIUM, FILTERS)),
	LIST("column.exclude.list", PLUGIN, NULL, "regular expressions of the columns (schema.table.column) to leave out; key columns stay in the key", DEBEZIUM(140, MEDIUM, FILTERS)),
	BOOL("table.ignore.builtin", PLUGIN, "true", "whether system schemas, temporary tables and spatial_ref_sys are left out", DEBEZIUM(139, LOW, FILTERS)),
	STR("message.key.columns", PLUGIN, NULL, "keys of one's own: table regex:column,column;table regex:column", DEBEZIUM(66, MEDIUM, CONNECTOR_ADVANCED)),
	LIST("skipped.operations", PLUGIN, "t", "operations that give no event: c, u, d, t, or none; when it is set, a publication made here leaves them out as well", DEBEZIUM(52, LOW, CONNECTOR)),
	BOOL("tombstones.on.delete", PLUGIN, "true", "whether a record with a null value follows each delete", DEBEZIUM(36, MEDIUM, CONNECTOR)),
	BOOL("walpost.truncate.broadcast", PLUGIN, "false",
		 "whether the record of a truncate (see skipped.operations) goes to every partition of its topic, so that none of its readers misses it; else to one, as in Debezium"),
	LIST("message.prefix.include.list", PLUGIN, NULL, "regular expressions of the prefixes of logical messages to capture", DEBEZIUM(46, MEDIUM, CONNECTOR)),
	LIST("walpost.publish.topic.include.list", PLUGIN, NULL, "regular expressions of the topics that walpost.publish() may write to; none without it"),
	LIST("message.prefix.exclude.list", PLUGIN, NULL, "regular expressions of the prefixes of logical messages to leave out", DEBEZIUM(47, MEDIUM, CONNECTOR)),
	INT("guardrail.collections.max", 0, "0", 0, INT64_MAX, "most tables that may be captured; 0 is no limit", DEBEZIUM(123, MEDIUM, ADVANCED)),
	ENUM("guardrail.collections.limit.action", 0, "warn", limit_actions, "what happens when there are more", DEBEZIUM(124, MEDIUM, ADVANCED)),
	BOOL("skip.messages.without.change", PLUGIN, "false",
		 "whether an update that leaves all captured columns as they were gives no event; tables with REPLICA IDENTITY FULL only",
		DEBEZIUM(31, MEDIUM, CONNECTION_ADVANCED)),
	NOBOOL("include.schema.changes", "false", "PostgreSQL has no schema change events"),
	NOBOOL("include.schema.comments", "false", "comments change nothing in an event", DEBEZIUM(43, MEDIUM, CONNECTOR)),
	NOENUM("schema.refresh.mode", "columns_diff", NULL, "the plugin decodes with the catalog of the change's own moment", DEBEZIUM(74, MEDIUM, CONNECTOR_ADVANCED, .allowed = declared_schema_refresh_mode)),

	/* values and names */
	ENUM("decimal.handling.mode", PLUGIN, "precise", decimal_modes, "how numeric and money come out", DEBEZIUM(41, MEDIUM, CONNECTOR)),
	ENUM("time.precision.mode", PLUGIN, "adaptive", time_modes, "how dates and times come out", DEBEZIUM(42, MEDIUM, CONNECTOR)),
	ENUM("interval.handling.mode", PLUGIN, "numeric", interval_modes, "how interval comes out", DEBEZIUM(45, LOW, CONNECTOR)),
	ENUM("binary.handling.mode", PLUGIN, "bytes", binary_modes, "how bytea comes out", DEBEZIUM(37, LOW, CONNECTOR)),
	ENUM("hstore.handling.mode", PLUGIN, "json", hstore_modes, "how hstore comes out", DEBEZIUM(44, LOW, CONNECTOR)),
	INT("money.fraction.digits", PLUGIN, "2", 0, 18, "fraction digits of money"),
	BOOL("include.unknown.datatypes", PLUGIN, "false", "whether columns of types without a mapping come out as bytes of their text", DEBEZIUM(75, MEDIUM, CONNECTOR_ADVANCED)),
	STR("unavailable.value.placeholder", PLUGIN, "__debezium_unavailable_value",
		"what stands for an unchanged TOASTed value; text, or hex: and digits",
		DEBEZIUM(51, MEDIUM, CONNECTOR)),
	ENUM("schema.name.adjustment.mode", PLUGIN, "none", adjustments, "how schema names are made fit for Avro", DEBEZIUM(38, LOW, CONNECTOR)),
	ENUM("field.name.adjustment.mode", PLUGIN, "none", adjustments, "how column names are made fit for Avro", DEBEZIUM(39, LOW, CONNECTOR)),
	BOOL("extended.headers.enabled", PLUGIN, "true", "whether row events carry the __debezium.context headers", DEBEZIUM(122, LOW, ADVANCED)),
	BOOL("walpost.position.headers", PLUGIN, "false",
		 "whether every record carries walpost.lsn and walpost.seq, which together are unique and grow as texts do: the same when a record is sent again"),
	BOOL("walpost.unavailable.header", PLUGIN, "false",
		 "whether the header walpost.unavailable names the columns whose values an event does not know: placeholders, and what an old row lacks"),
	BOOL("walpost.changed.header", PLUGIN, "false",
		 "whether the header walpost.changed names the columns that an update has changed; tables with REPLICA IDENTITY FULL only"),
	RULES("column.truncate.to.", PLUGIN,
		  "column.truncate.to.N.chars: regular expressions of the columns (schema.table.column) whose texts are cut after N UTF-16 units; keys stay whole",
		DEBEZIUM(69, MEDIUM, CONNECTOR_ADVANCED, .name = "column.truncate.to.(d+).chars", .type = "INT")),
	RULES("column.mask.with.", PLUGIN,
		  "column.mask.with.N.chars: regular expressions of the character columns that come out as N asterisks; keys stay as they are",
		DEBEZIUM(68, MEDIUM, CONNECTOR_ADVANCED, .name = "column.mask.with.(d+).chars", .type = "STRING")),
	RULES("column.mask.hash.", PLUGIN,
		  "column.mask.hash.ALGORITHM.with.salt.SALT, column.mask.hash.v2.ALGORITHM.with.salt.SALT: regular expressions of the character columns that come out hashed",
		DEBEZIUM(67, MEDIUM, CONNECTOR_ADVANCED, .name = "column.mask.hash.([^.]+).with.salt.(.+)", .type = "STRING")),
	REFUSE_PREFIX("column.mask.", "it is no mask that is known here, and one that did nothing would leak"),
	REFUSE_PREFIX("column.truncate.", "it is no truncation that is known here, and values would come out whole"),
	LIST("column.propagate.source.type", PLUGIN, NULL, "regular expressions of the columns whose schemas name type, length, scale and column", DEBEZIUM(70, MEDIUM, CONNECTOR_ADVANCED)),
	LIST("datatype.propagate.source.type", PLUGIN, NULL, "the same by schema, table and type (schema.table.varchar)", DEBEZIUM(71, MEDIUM, CONNECTOR_ADVANCED)),
	REFUSE("converters", NULL, "it names Java classes, and the columns would come out in their own mapping; the handling modes and the transforms Cast and TimestampConverter change types", DEBEZIUM(54, LOW, CONNECTOR_ADVANCED)),
	LIST("post.processors", PLUGIN, NULL, "name of the post-processor, of class io.debezium.processors.reselect.ReselectColumnsPostProcessor, the one that there is: values that the log does not have are read from their tables; see \"Values that the log does not have\"", DEBEZIUM(55, LOW, CONNECTOR_ADVANCED, .type = "STRING")),
	RULES("post.processors.", PLUGIN, "NAME.type (its class), NAME.reselect.columns.include.list or .exclude.list (regular expressions of schema.table:column), NAME.reselect.unavailable.values, NAME.reselect.null.values, NAME.reselect.use.event.key, NAME.reselect.error.handling.mode (warn, fail); without post.processors. in front, too"),
	NOENUM("event.converting.failure.handling.mode", "warn", NULL, "every value of a mapped type has a form", DEBEZIUM(40, MEDIUM, CONNECTOR, .allowed = declared_event_converting_failure_handling_mode)),
	ENUM("event.processing.failure.handling.mode", PLUGIN, "fail", failure_modes,
		 "what becomes of a change that the plugin cannot make an event (larger than a buffer of the server, refused by a type's output function or a row filter): fail stops the connector, warn leaves it out and logs relation, key and LSN, skip (or ignore) leaves it out",
		DEBEZIUM(109, MEDIUM, ADVANCED)),
	BOOL("provide.transaction.metadata", PLUGIN, "false",
		 "whether events say where in their transaction they are, and BEGIN and END records are written to <topic.prefix>.<topic.transaction>",
		DEBEZIUM(53, LOW, CONNECTOR_ADVANCED)),
	STR("topic.transaction", PLUGIN, "transaction", "last part of the topic of those records"),
	REFUSE("transaction.metadata.factory", "io.debezium.pipeline.txmetadata.DefaultTransactionMetadataFactory", "it names a Java class; leave it out, and transforms can change what transactions' records are like", DEBEZIUM(65, LOW, CONNECTOR_ADVANCED, .type = "CLASS")),
	ENUM("topic.naming.strategy", PLUGIN, "io.debezium.schema.SchemaTopicNamingStrategy", naming_strategies,
		 "topics are <topic.prefix>.<schema>.<table>, or without the schema (Default...: tables of two schemas share a topic); Unicode: characters that a topic may not have, and underscores, become _u and hexadecimal digits; Regex: topic.regex then makes others of them, so that tables can share a topic",
		DEBEZIUM(35, MEDIUM, CONNECTOR, .type = "CLASS", .allowed = anything)),
	STR("topic.regex", PLUGIN, NULL, "with a Regex strategy: what a topic has to match, all of it, to become topic.replacement"),
	STR("topic.replacement", PLUGIN, NULL, "that topic; $1 and ${name} are groups of topic.regex"),
	BOOL("topic.key.enforce.uniqueness", PLUGIN, "true", "with a Regex strategy: whether keys get a field with the topic's name as it was before, so that rows of tables that share a topic differ"),
	STR("topic.key.field.name", PLUGIN, "__dbz__physicalTableIdentifier", "name of that field"),
	STR("topic.key.field.regex", PLUGIN, NULL, "what that name has to match, all of it, to become topic.key.field.replacement"),
	STR("topic.key.field.replacement", PLUGIN, NULL, "what the field then holds; $1 and ${name} are groups of topic.key.field.regex"),
	REFUSE("sourceinfo.struct.maker", "io.debezium.connector.postgresql.PostgresSourceInfoStructMaker", "it names a Java class; leave it out, and take what is not wanted of source off by transforms (ReplaceField, ExtractNewRecordState)", DEBEZIUM(76, LOW, CONNECTOR_ADVANCED, .type = "CLASS")),
	NOINT("topic.cache.size", "10000", "topic names are part of a relation's plan"),
	NOSTR("memory.management.schemas.class", "io.debezium.relational.ConcurrentMapTableMappingStorage", NO_JAVA, DEBEZIUM(72, LOW, CONNECTOR_ADVANCED, .type = "CLASS")),
	NOSTR("memory.management.tables.class", "io.debezium.relational.ConcurrentMapTableMappingStorage", NO_JAVA, DEBEZIUM(73, LOW, CONNECTOR_ADVANCED, .type = "CLASS")),
	NOSTR("source.struct.version", "v2", "there is one source block"),

	/* transforms */
	LIST("transforms", PLUGIN, NULL, "names of the transforms that records go through, in that order", DEBEZIUM(12, LOW, TRANSFORMS, .default_text = "")),
	RULES("transforms.", PLUGIN, "options of one of them: type (its class), predicate, negate, and what the class takes; plugin/TRANSFORMS.md lists the classes"),
	LIST("predicates", PLUGIN, NULL, "names of the predicates that transforms may have", DEBEZIUM(13, LOW, PREDICATES, .default_text = "")),
	RULES("predicates.", PLUGIN, "options of one of them: type (its class) and what the class takes"),

	/* converters */
	ENUM("key.converter", PLUGIN, "org.apache.kafka.connect.json.JsonConverter", converter_names, "how keys are written", DEBEZIUM(6, LOW, COMMON, .type = "CLASS", .allowed = anything)),
	CONVERTER("key.converter", "keys"),
	NOSTR("key.converter.plugin.version", NULL, NO_VERSION, DEBEZIUM(7, LOW, COMMON, .default_text = "4.3.1")),
	NOPREFIX("key.converter.", NO_OPTION),
	ENUM("value.converter", PLUGIN, "org.apache.kafka.connect.json.JsonConverter", converter_names, "how values are written", DEBEZIUM(8, LOW, COMMON, .type = "CLASS", .allowed = anything)),
	CONVERTER("value.converter", "values"),
	NOSTR("value.converter.plugin.version", NULL, NO_VERSION, DEBEZIUM(9, LOW, COMMON, .default_text = "4.3.1")),
	NOPREFIX("value.converter.", NO_OPTION),
	ENUM("header.converter", PLUGIN, "org.apache.kafka.connect.storage.SimpleHeaderConverter", header_converter_names,
		 "how headers are written: SimpleHeaderConverter writes texts that Kafka Connect reads back by what they look like",
		 DEBEZIUM(10, LOW, COMMON, .type = "CLASS", .allowed = anything)),
	JSON("header.converter", "headers"),
	NOSTR("header.converter.plugin.version", NULL, NO_VERSION, DEBEZIUM(11, LOW, COMMON, .default_text = "4.3.1")),
	NOPREFIX("header.converter.", NO_OPTION),

	/* Kafka */
	STR("bootstrap.servers", 0, NULL, "brokers, host:port separated by commas; also from the worker file or BOOTSTRAP_SERVERS"),
	FAMILY("producer.override.",
		   "setting of the producer under its Java name, put into librdkafka's terms"),
	FAMILY("kafka.",
		   "setting of librdkafka under its own name, passed as it is"),
	INT("topic.creation.default.replication.factor", 0, "-1", -1, 32767, "replicas of topics that are created; -1 is the broker's default"),
	INT("topic.creation.default.partitions", 0, "-1", -1, INT32_MAX, "partitions of topics that are created; -1 is the broker's default"),
	FAMILY("topic.creation.default.",
		   "topic setting (cleanup.policy and the like) of topics that are created"),
	LIST("topic.creation.groups", 0, NULL, "groups of topics that are created in another way than by default; a topic is of the first one that takes it", DEBEZIUM(20, LOW, TOPIC_CREATION, .default_text = "")),
	BOOL("topic.creation.enable", 0, "true", "whether topics that are missing are created; without it they must exist, or the brokers create them on first use"),
	FAMILY("topic.creation.",
		   "topic.creation.GROUP.include and .exclude (lists of regular expressions of topics, in which case matters), .partitions, .replication.factor, and topic settings, of one of them"),
	NOPREFIX("consumer.override.", "nothing is consumed"),
	NOPREFIX("admin.override.", "the producer's connection serves for that"),
	ENUM("exactly.once.support", 0, NULL, exactly_once,
		 "required or requested: events are written in Kafka transactions, so that readers with isolation.level=read_committed see each once; when it is not set, whole transactions may repeat after a crash",
		DEBEZIUM(21, MEDIUM, EXACTLY_ONCE, .default_text = "requested", .allowed = anything)),
	ENUM("exactly.once.source.support", 0, "disabled", exactly_once_worker, "of a worker's file: enabled stands for exactly.once.support=requested"),
	NOENUM("transaction.boundary", "poll", transaction_boundaries, "a Kafka transaction holds whole transactions of the server; transaction.boundary.interval.ms and walpost.transaction.max.bytes say when it ends", DEBEZIUM(22, MEDIUM, EXACTLY_ONCE, .allowed = anything)),
	INT("transaction.boundary.interval.ms", 0, "20", 1, INT64_MAX, "with exactly-once: shortest time between two commits in Kafka; four times as much where that much is written that larger ones pay", DEBEZIUM(23, LOW, EXACTLY_ONCE, .type = "LONG", .default_text = conf_no_default)),
	INT("walpost.transaction.max.bytes", 0, "67108864", 65536, INT64_MAX,
		"with exactly-once: a Kafka transaction ends when it holds so many bytes, also in the middle of a transaction of the server"),

	/* errors */
	INT("errors.max.retries", 0, "-1", -1, INT64_MAX, "attempts in a row after an error that may pass by itself; -1 is no limit", DEBEZIUM(110, LOW, ADVANCED)),
	INT("retriable.restart.connector.wait.ms", 0, "10000", 0, INT64_MAX, "longest time between two such attempts", DEBEZIUM(104, LOW, ADVANCED, .type = "LONG")),
	ENUM("errors.tolerance", 0, "none", tolerances,
		 "what becomes of a record that Kafka refuses (too large, a topic without the right to write or that does not exist, invalid): none stops the connector, all sends it to the dead letter topic, or without one leaves it out with a warning, and goes on",
		DEBEZIUM(17, MEDIUM, ERRORS, .allowed = anything)),
	STR("errors.deadletterqueue.topic.name", 0, NULL,
		"topic for records that Kafka refuses under errors.tolerance=all; one that is too large leaves its value behind"),
	INT("errors.deadletterqueue.topic.replication.factor", 0, "3", -1, 32767, "replicas of that topic when it is created, with one partition; -1 is the broker's default"),
	BOOL("errors.deadletterqueue.context.headers.enable", 0, "false",
		 "whether such a record says in headers why it is there (__connect.errors.*); where it came from it always says (walpost.topic, .lsn, .change, .size)"),
	BOOL("errors.log.enable", 0, "false", "whether each of them is logged; else one in ten seconds is, with the number of those left out", DEBEZIUM(18, MEDIUM, ERRORS)),
	NOINT("errors.retry.timeout", "0", "transforms and converters do not fail by chance here", DEBEZIUM(15, MEDIUM, ERRORS, .type = "LONG")),
	NOINT("errors.retry.delay.max.ms", "60000", "transforms and converters do not fail by chance here", DEBEZIUM(16, MEDIUM, ERRORS, .type = "LONG")),
	NOBOOL("errors.log.include.messages", "false", "row data is never logged", DEBEZIUM(19, MEDIUM, ERRORS)),
	NOPREFIX("errors.deadletterqueue.", "it is no property of the dead letter topic that is known here"),
	NOSTR("custom.retriable.exception", NULL, NO_JAVA),
	NOINT("executor.shutdown.timeout.ms", "4000", NO_JAVA, DEBEZIUM(114, MEDIUM, ADVANCED, .type = "LONG")),

	/* throughput and memory */
	STR("walpost.run.id", CONF_TO_PLUGIN, NULL, "the runId of the context headers; without it each run makes one"),
	BOOL("walpost.debezium.quirks", PLUGIN, "false", "whether what Debezium gets wrong comes out wrong, for consumers that lean on it; plugin/QUIRKS.md lists it"),
	STR("walpost.decoding.work.mem", 0, "256MB", "logical_decoding_work_mem of the connector's walsender: larger transactions are spilled to the server's disk"),
	INT("walpost.buffer.memory", 0, "25165824", 1048576, INT64_MAX, "bytes of events that may be under way between the server and Kafka"),
	STR("walpost.spool.dir", 0, NULL, "existing directory on a local disk below which events are kept while Kafka does not take them; without it they wait in the server's WAL alone"),
	INT("walpost.spool.max.bytes", 0, "10737418240", 1048576, INT64_MAX, "bytes that the spool's files may take; then the server is no longer read"),
	INT("walpost.spool.after.bytes", 0, "1073741824", 0, INT64_MAX, "bytes of WAL retained by the slot from which on the spool takes over from it"),
	INT("max.queue.size.in.bytes", 0, "0", 0, INT64_MAX, "the same under Debezium's name; 0 leaves it to walpost.buffer.memory", DEBEZIUM(108, MEDIUM, ADVANCED, .type = "LONG")),
	NOINT("max.queue.size", "8192", NO_QUEUE, DEBEZIUM(105, MEDIUM, ADVANCED)),
	NOINT("max.batch.size", "2048", NO_QUEUE, DEBEZIUM(106, MEDIUM, ADVANCED)),
	NOINT("poll.interval.ms", "500", NO_QUEUE, DEBEZIUM(107, MEDIUM, ADVANCED, .type = "LONG")),
	NOINT("poll.dispatch.interval.ms", "0", NO_QUEUE),
	NOINT("query.fetch.size", "0", NO_SNAPSHOT, DEBEZIUM(91, MEDIUM, CONNECTOR_SNAPSHOT)),
	NOSTR("queue.provider.type", "memory", NO_QUEUE),
	NOBOOL("statistics.metrics.enabled", "true", NO_EXTRA_METRIC, DEBEZIUM(128, MEDIUM, ADVANCED)),
	NOBOOL("internal.advanced.metrics.enable", "false", NO_EXTRA_METRIC, DEBEZIUM(112, MEDIUM, ADVANCED)),
	NOINT("internal.offset.activity.monitor.interval.ms", "600000", NO_EXTRA_METRIC, DEBEZIUM(129, LOW, ADVANCED, .type = "LONG")),
	NOSTR("custom.metric.tags", NULL, NO_EXTRA_METRIC, DEBEZIUM(130, LOW, ADVANCED, .type = "LIST")),
	NOSTR("custom.sanitize.pattern", NULL, "values are masked by the property's own row and by names such as password, secret, jaas", DEBEZIUM(125, LOW, ADVANCED, .default_text = ".*secret$|.*password$|.*sasl\\.jaas\\.config$|.*basic\\.auth\\.user\\.info|.*registry\\.auth\\.client-secret|.*credentials\\.json$|.*connectionstring$|.*connection\\.string$")),

	/* snapshots */
	ENUM("snapshot.mode", 0, "initial", snapshot_modes, "what a start reads before the stream: initial, all rows that exist, where Kafka has no position record (a slot that was lost is an error); when_needed, the same also where slot and record do not fit together; always, at every start; initial_only, the same, and then it ends; no_data, nothing; configuration_based, as the next properties say", DEBEZIUM(97, MEDIUM, CONNECTOR_SNAPSHOT, .allowed = declared_snapshot_mode)),
	NOSTR("snapshot.mode.custom.name", NULL, NO_JAVA, DEBEZIUM(80, MEDIUM, CONNECTOR_SNAPSHOT)),
	BOOL("snapshot.mode.configuration.based.snapshot.data", 0, "false", "read all rows, at every start", DEBEZIUM(81, MEDIUM, CONNECTOR_SNAPSHOT)),
	BOOL("snapshot.mode.configuration.based.snapshot.on.data.error", 0, "false", "read them where slot and position record do not fit together", DEBEZIUM(85, MEDIUM, CONNECTOR_SNAPSHOT)),
	BOOL("snapshot.mode.configuration.based.start.stream", 0, "false", "then stream", DEBEZIUM(83, MEDIUM, CONNECTOR_SNAPSHOT)),
	NOBOOL("snapshot.mode.configuration.based.snapshot.schema", "false", NO_HISTORY, DEBEZIUM(82, MEDIUM, CONNECTOR_SNAPSHOT)),
	NOBOOL("snapshot.mode.configuration.based.snapshot.on.schema.error", "false", NO_HISTORY, DEBEZIUM(84, MEDIUM, CONNECTOR_SNAPSHOT)),
	NOENUM("snapshot.isolation.mode", "serializable", isolation_modes, "all rows of a snapshot are those of one moment, that at which the stream begins", DEBEZIUM(98, LOW, CONNECTOR_SNAPSHOT)),
	NOENUM("snapshot.locking.mode", "none", locking_modes, "a snapshot takes what reading takes, ACCESS SHARE on each table, until it is complete", DEBEZIUM(101, LOW, CONNECTOR_SNAPSHOT, .allowed = declared_snapshot_locking_mode)),
	NOSTR("snapshot.locking.mode.custom.name", NULL, NO_JAVA, DEBEZIUM(102, MEDIUM, CONNECTOR_SNAPSHOT)),
	NOENUM("snapshot.query.mode", "select_all", query_modes, NO_SNAPSHOT, DEBEZIUM(99, LOW, CONNECTOR_SNAPSHOT, .allowed = declared_snapshot_query_mode)),
	NOSTR("snapshot.query.mode.custom.name", NULL, NO_JAVA, DEBEZIUM(100, MEDIUM, CONNECTOR_SNAPSHOT)),
	STR("snapshot.include.collection.list", 0, NULL, "regular expressions of the tables (schema.table) whose rows a snapshot reads; without it, all that are captured", DEBEZIUM(79, MEDIUM, CONNECTOR_SNAPSHOT, .type = "LIST")),
	STR("snapshot.select.statement.overrides", 0, NULL, "tables (schema.table, separated by commas) of which a snapshot has the rows of a query instead; the stream is another matter: a row filter of the publication holds for both", DEBEZIUM(94, MEDIUM, CONNECTOR_SNAPSHOT)),
	FAMILY("snapshot.select.statement.overrides.", "for each of them, behind its name: a SELECT that returns the table's columns"),
	INT("snapshot.lock.timeout.ms", 0, "10000", 0, INT32_MAX, "how long a snapshot waits for its lock (ACCESS SHARE) on a table; 0 is as long as it takes", DEBEZIUM(93, MEDIUM, CONNECTOR_SNAPSHOT, .type = "LONG")),
	INT("snapshot.delay.ms", 0, "0", 0, INT64_MAX / 1000000, "how long to wait before a snapshot, in milliseconds", DEBEZIUM(77, LOW, CONNECTOR_SNAPSHOT, .type = "LONG")),
	INT("streaming.delay.ms", 0, "0", 0, INT64_MAX / 1000000, "how long to wait after a snapshot before the stream, in milliseconds", DEBEZIUM(90, LOW, CONNECTOR_SNAPSHOT, .type = "LONG")),
	INT("walpost.snapshot.transaction.timeout.ms", 0, "900000", 2000, INT32_MAX, "with exactly.once.support, how long the Kafka transaction of a snapshot may take, in milliseconds; not more than the brokers' transaction.max.timeout.ms (900000 unless they set it). A longer snapshot is split, and rows may come again if it is interrupted from then on"),
	NOINT("snapshot.fetch.size", NULL, NO_SNAPSHOT, DEBEZIUM(78, MEDIUM, CONNECTOR_SNAPSHOT)),
	INT("snapshot.max.threads", 0, "0", 0, 12, "connections that read a snapshot; 0 is as many as this machine has processors, 4 at most. With more than one, the largest tables come first, and large ones are cut into pieces whose rows come in no order; with 1 it is table by table, as Debezium does by default", DEBEZIUM(86, MEDIUM, CONNECTOR_SNAPSHOT, .default_text = "1")),
	BOOL("walpost.snapshot.resumable", 0, "false", "make the slot before the rows are read, and note which of them Kafka has (every offset.flush.interval.ms), so that a snapshot that was interrupted goes on with the others; see \"Snapshots that go on\""),
	BOOL("walpost.snapshot.new.tables", 0, "false", "take a snapshot of tables that the include lists, or a filtered publication, take since the last start, while the stream goes on; see \"Adding tables\""),
	NOINT("snapshot.max.threads.multiplier", "1", "tables are cut by their blocks; with more than 1, or several threads, notifications tell of the pieces", DEBEZIUM(87, MEDIUM, CONNECTOR_SNAPSHOT)),
	NOBOOL("legacy.snapshot.max.threads", "false", NO_SNAPSHOT, DEBEZIUM(88, LOW, CONNECTOR_SNAPSHOT)),
	NOBOOL("internal.legacy.snapshot.max.threads", "false", NO_SNAPSHOT, DEBEZIUM(89, LOW, CONNECTOR_SNAPSHOT)),
	NOBOOL("internal.snapshot.scan.all.columns.force", "false", NO_SNAPSHOT, DEBEZIUM(95, LOW, CONNECTOR_SNAPSHOT)),
	ENUM("snapshot.tables.order.by.row.count", 0, "disabled", row_count_orders, "order of the tables of a snapshot with one connection: disabled, by name; ascending and descending, by number of rows as the server estimates it. Several connections begin with the largest", DEBEZIUM(96, MEDIUM, CONNECTOR_SNAPSHOT)),

	/* signals and notifications */
	STR("signal.data.collection", PLUGIN, NULL, "table (schema.table) of three text columns, id, type and data, whose inserted rows are signals; they are events as well, whatever the lists say", DEBEZIUM(57, MEDIUM, CONNECTOR_ADVANCED, .type = "LIST")),
	LIST("signal.enabled.channels", PLUGIN, "source", "where signals are read from: source (that table), kafka, file; walpost.signal() and walpost signal are always heard", DEBEZIUM(58, MEDIUM, CONNECTOR_ADVANCED)),
	INT("signal.poll.interval.ms", 0, "5000", 1, INT32_MAX, "how often the file is looked at; a table's and a topic's signals come by themselves", DEBEZIUM(135, MEDIUM, ADVANCED_HEARTBEAT, .type = "LONG")),
	STR("signal.kafka.topic", 0, NULL, "topic of the kafka channel, one partition; <topic.prefix>-signal if it is not set"),
	STR("signal.kafka.bootstrap.servers", 0, NULL, "brokers of that topic; bootstrap.servers if it is not set"),
	STR("signal.kafka.groupId", 0, "kafka-signal", "consumer group that keeps how far that topic was read"),
	NOINT("signal.kafka.poll.timeout.ms", "0", "records come by themselves"),
	FAMILY("signal.consumer.", "Java's consumer properties for that topic, over the producer's"),
	STR("signal.file", 0, "file-signals.txt", "file of the file channel: a document {\"id\", \"type\", \"data\"} a line, removed when it is taken"),
	NOINT("signal.emit.failure.max.retries", "0", NO_SIGNALS, DEBEZIUM(126, MEDIUM, ADVANCED)),
	NOINT("signal.emit.failure.backoff.ms", "10000", NO_SIGNALS, DEBEZIUM(127, MEDIUM, ADVANCED, .type = "LONG")),
	NOINT("internal.signal.synchronous.batch.size", "10", NO_SIGNALS, DEBEZIUM(131, LOW, ADVANCED)),
	NOINT("internal.signal.processor.semaphore.wait.ms", "10000", NO_SIGNALS, DEBEZIUM(132, LOW, ADVANCED, .type = "LONG")),
	BOOL("read.only", 0, "false", "whether incremental snapshots do without their logical messages (no table is written to in any case): the stream then names the row of each change all the time; on a standby that is so in any case"),
	INT("incremental.snapshot.chunk.size", 0, "1024", 1, 1000000, "rows of the first chunk that an incremental snapshot reads of a table; more or less from then on, as fast as they come (with walpost.debezium.quirks always as many)", DEBEZIUM(103, MEDIUM, CONNECTOR_SNAPSHOT)),
	NOENUM("incremental.snapshot.watermarking.strategy", "insert_insert", NULL, NO_SIGNALS, DEBEZIUM(92, LOW, CONNECTOR_SNAPSHOT, .default_text = "INSERT_INSERT", .allowed = declared_incremental_snapshot_watermarking_strategy)),
	NOBOOL("incremental.snapshot.allow.schema.changes", "false", NO_SIGNALS, DEBEZIUM(56, LOW, CONNECTOR_ADVANCED)),
	LIST("notification.enabled.channels", 0, NULL, "where notifications of snapshots go: sink (a topic), log", DEBEZIUM(59, MEDIUM, CONNECTOR_ADVANCED)),
	STR("notification.sink.topic.name", 0, NULL, "topic of the sink channel", DEBEZIUM(60, HIGH, CONNECTOR_ADVANCED)),
	NOSTR("notification.http.url", NULL, NO_HTTP, DEBEZIUM(61, HIGH, CONNECTOR_ADVANCED)),
	NOINT("notification.http.timeout.ms", "5000", NO_HTTP, DEBEZIUM(62, LOW, CONNECTOR_ADVANCED)),
	NOINT("notification.http.retries", "2", NO_HTTP, DEBEZIUM(63, LOW, CONNECTOR_ADVANCED)),
	NOBOOL("notification.http.allow.private.networks", "false", NO_HTTP, DEBEZIUM(64, LOW, CONNECTOR_ADVANCED)),
	NOPREFIX("notification.http.", NO_HTTP),

	/* lineage */
	NOBOOL("openlineage.integration.enabled", "false", NO_LINEAGE, DEBEZIUM(115, LOW, ADVANCED)),
	NOSTR("openlineage.integration.config.file.path", "./openlineage.yml", NO_LINEAGE, DEBEZIUM(116, LOW, ADVANCED)),
	NOSTR("openlineage.integration.job.namespace", NULL, NO_LINEAGE, DEBEZIUM(117, LOW, ADVANCED)),
	NOSTR("openlineage.integration.job.description", "Debezium change data capture job", NO_LINEAGE, DEBEZIUM(118, LOW, ADVANCED)),
	NOSTR("openlineage.integration.job.tags", NULL, NO_LINEAGE, DEBEZIUM(119, LOW, ADVANCED, .type = "LIST")),
	NOSTR("openlineage.integration.job.owners", NULL, NO_LINEAGE, DEBEZIUM(120, LOW, ADVANCED, .type = "LIST")),
	NOSTR("openlineage.integration.dataset.kafka.bootstrap.servers", NULL, NO_LINEAGE, DEBEZIUM(121, LOW, ADVANCED)),

	/* of other connectors, found in files */
	NOSTR("schema.history.internal", NULL, NO_HISTORY),
	NOPREFIX("schema.history.internal.", NO_HISTORY),
	NOSTR("database.history", NULL, NO_HISTORY),
	NOPREFIX("database.history.", NO_HISTORY),
};

const int	conf_nkeys = sizeof(conf_keys) / sizeof(conf_keys[0]);

const ConfAlias conf_aliases[] = {
	{"database.server.name", "topic.prefix"},
	{"heartbeat.topics.prefix", "topic.heartbeat.prefix"},
	{"schema.whitelist", "schema.include.list"},
	{"schema.blacklist", "schema.exclude.list"},
	{"table.whitelist", "table.include.list"},
	{"table.blacklist", "table.exclude.list"},
	{"column.whitelist", "column.include.list"},
	{"column.blacklist", "column.exclude.list"},
	{"toasted.value.placeholder", "unavailable.value.placeholder"},
	{"slot.drop_on_stop", "slot.drop.on.stop"},
	{"event.deserialization.failure.handling.mode", "event.processing.failure.handling.mode"},
	{NULL, NULL}
};

const ConfOldValue conf_old_values[] = {
	{"snapshot.mode", "never", "no_data"},
	{"snapshot.mode", "schema_only", "no_data"},
	{"snapshot.mode", "exported", "initial"},
	{NULL, NULL, NULL}
};

#define NO_SNAPSHOTTER "it names a Java class; configuration_based chooses when rows are read, snapshot.include.collection.list which tables, and the publication's row filter which rows"
#define NO_CONVERTER "this release has JsonConverter, StringConverter, ByteArrayConverter and BinaryDataConverter; Avro and Protobuf are not among them"

const ConfRefusal conf_refusals[] = {
	{"snapshot.mode", "custom", NO_SNAPSHOTTER},
	{"snapshot.query.mode", "custom", NO_SNAPSHOTTER},
	{"snapshot.locking.mode", "custom", "it names a Java class; a snapshot takes ACCESS SHARE on each table"},
	{"topic.naming.strategy", "*.*", "it names a Java class; topics are named after schema and table, or the table alone, and topic.regex (with SchemaRegexTopicNamingStrategy) makes others of them"},
	{"database.sslfactory", "?*", "it names a Java class; those of the JDBC driver work, and database.sslmode and database.sslrootcert say the same"},
	{"key.converter", "*Converter", NO_CONVERTER},
	{"value.converter", "*Converter", NO_CONVERTER},
	{"header.converter", "*Converter", "this release has SimpleHeaderConverter, JsonConverter, StringConverter, ByteArrayConverter and BinaryDataConverter"},
	{"connector.class", "*Connector", "this program runs connectors of class io.debezium.connector.postgresql.PostgresConnector only"},
	{NULL, NULL, NULL}
};

const ConfConflict conf_conflicts[] = {
	{"schema.include.list", "schema.exclude.list"},
	{"table.include.list", "table.exclude.list"},
	{"column.include.list", "column.exclude.list"},
	{"message.prefix.include.list", "message.prefix.exclude.list"},
	{NULL, NULL}
};
