/*
 * optionrows.c
 *	  The option table.
 *
 * Data only; OPTIONS.md and walpost.options() are printed from it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <limits.h>

#include "options.h"
#include "wire.h"

static const char *const decimal_modes[] = {"precise", "string", "double", NULL};
static const char *const time_modes[] = {
	"adaptive", "adaptive_time_microseconds", "connect", "isostring",
	"microseconds", "nanoseconds", "structured", NULL
};
static const char *const interval_modes[] = {"numeric", "string", NULL};
static const char *const binary_modes[] = {"bytes", "base64", "base64-url-safe", "hex", NULL};
static const char *const hstore_modes[] = {"json", "map", NULL};
static const char *const failure_modes[] = {"fail", "warn", "skip", "ignore", NULL};
static const char *const naming_strategies[] = {
	"io.debezium.schema.SchemaTopicNamingStrategy",
	"io.debezium.schema.DefaultTopicNamingStrategy",
	"io.debezium.schema.SchemaUnicodeTopicNamingStrategy",
	"io.debezium.schema.DefaultUnicodeTopicNamingStrategy",
	"io.debezium.schema.SchemaRegexTopicNamingStrategy",
	"io.debezium.schema.DefaultRegexTopicNamingStrategy", NULL
};
static const char *const converter_names[] = {
	"org.apache.kafka.connect.json.JsonConverter",
	"org.apache.kafka.connect.storage.StringConverter",
	"org.apache.kafka.connect.converters.ByteArrayConverter",
	"io.debezium.converters.BinaryDataConverter",
	"io.debezium.converters.ByteArrayConverter",
	"JsonConverter", "StringConverter", "ByteArrayConverter", "BinaryDataConverter", NULL
};
static const char *const header_converter_names[] = {
	"org.apache.kafka.connect.storage.SimpleHeaderConverter",
	"org.apache.kafka.connect.json.JsonConverter",
	"org.apache.kafka.connect.storage.StringConverter",
	"org.apache.kafka.connect.converters.ByteArrayConverter",
	"io.debezium.converters.BinaryDataConverter",
	"io.debezium.converters.ByteArrayConverter",
	"SimpleHeaderConverter", "JsonConverter", "StringConverter", "ByteArrayConverter", "BinaryDataConverter", NULL
};
static const char *const delegate_names[] = {
	"none", "org.apache.kafka.connect.json.JsonConverter",
	"org.apache.kafka.connect.storage.StringConverter", NULL
};
static const char *const decimal_formats[] = {"BASE64", "NUMERIC", NULL};
static const char *const origins[] = {"any", "none", NULL};
static const char *const adjustments[] = {"none", "avro", "avro_unicode", NULL};

#define STRING(name, member, def, doc) \
	{name, OPTION_STRING, offsetof(Options, member), def, 0, 0, NULL, NULL, doc}
#define BOOL(name, member, def, doc) \
	{name, OPTION_BOOL, offsetof(Options, member), def, 0, 0, NULL, NULL, doc}
#define INT(name, member, def, min, max, doc) \
	{name, OPTION_INT, offsetof(Options, member), def, min, max, NULL, NULL, doc}
#define ENUM(name, member, def, allowed, doc) \
	{name, OPTION_ENUM, offsetof(Options, member), def, 0, 0, allowed, NULL, doc}
#define RULE(prefix, rest, member, doc) \
	{prefix rest, OPTION_RULE, offsetof(Options, member), NULL, 0, 0, NULL, prefix, doc}

/* What JsonConverter takes, behind a prefix; "what" names the part of a record. */
#define JSON(prefix, member, what, schemas_default, remark) \
	BOOL(prefix ".schemas.enable", member.schemas, schemas_default, \
		 "Whether " what " carry their schema." remark), \
	ENUM(prefix ".decimal.format", member.decimals, "BASE64", decimal_formats, \
		 "How JsonConverter writes decimals of " what ": BASE64 of the unscaled value, or numbers."), \
	BOOL(prefix ".replace.null.with.default", member.replace_null, "true", \
		 "Whether a NULL in " what " prints the column's default.")

#define CONVERTER(name, member, what, schemas_default, remark) \
	JSON(name, member.json, what, schemas_default, " " remark), \
	ENUM(name ".delegate.converter.type", member.delegate, "none", delegate_names, \
		 "What BinaryDataConverter hands " what " to that are not bytes."), \
	JSON(name ".delegate.converter.type", member.delegate_json, what, "true", "")

const OptionRow option_rows[] = {
	STRING("topic.prefix", topic_prefix, NULL,
		   "First part of every topic, and source.name. Required."),
	STRING("topic.delimiter", topic_delimiter, ".",
		   "What stands between prefix, schema and table in a topic."),
	ENUM("topic.naming.strategy", naming_strategy, "io.debezium.schema.SchemaTopicNamingStrategy", naming_strategies,
		 "Whether a topic's name has the schema in it (Schema...) or the table alone (Default...); characters that it may not have become _, or _u and hexadecimal digits (...Unicode...). ...Regex...: topic.regex then makes others of them, so that tables can share a topic."),
	STRING("topic.regex", topic_regex, NULL,
		   "With a Regex strategy: what a topic has to match, all of it, to become topic.replacement."),
	STRING("topic.replacement", topic_replacement, NULL,
		   "That topic; $1 and ${name} are groups of topic.regex."),
	BOOL("topic.key.enforce.uniqueness", topic_key_unique, "true",
		 "With a Regex strategy: whether keys get a field with the topic's name as it was before, so that rows of tables that share a topic differ."),
	STRING("topic.key.field.name", topic_key_field, "__dbz__physicalTableIdentifier",
		   "Name of that field."),
	STRING("topic.key.field.regex", topic_key_regex, NULL,
		   "What that name has to match, all of it, to become topic.key.field.replacement."),
	STRING("topic.key.field.replacement", topic_key_replacement, NULL,
		   "What the field then holds; $1 and ${name} are groups of topic.key.field.regex."),
	ENUM("schema.name.adjustment.mode", schema_name_adjustment, "none", adjustments,
		 "How schema names are made fit for Avro."),
	ENUM("field.name.adjustment.mode", field_name_adjustment, "none", adjustments,
		 "How column names are made fit for Avro."),
	STRING("publication.name", publication_names, NULL,
		   "Publications (comma-separated) whose operations, row filters and column lists hold; without it every table is captured."),
	STRING("schema.include.list", schema_include, NULL,
		   "Regular expressions of the schemas to capture."),
	STRING("schema.exclude.list", schema_exclude, NULL,
		   "Regular expressions of the schemas to leave out."),
	STRING("table.include.list", table_include, NULL,
		   "Regular expressions of the tables (schema.table) to capture."),
	STRING("table.exclude.list", table_exclude, NULL,
		   "Regular expressions of the tables (schema.table) to leave out."),
	STRING("column.include.list", column_include, NULL,
		   "Regular expressions of the columns (schema.table.column) to capture; key columns stay in the key."),
	STRING("column.exclude.list", column_exclude, NULL,
		   "Regular expressions of the columns (schema.table.column) to leave out; key columns stay in the key."),
	STRING("message.prefix.include.list", message_include, NULL,
		   "Regular expressions of the logical messages' prefixes to capture."),
	STRING("message.prefix.exclude.list", message_exclude, NULL,
		   "Regular expressions of the logical messages' prefixes to leave out."),
	STRING("walpost.publish.topic.include.list", publish_include, NULL,
		   "Regular expressions of the topics that walpost.publish() may write to; none without it."),
	STRING("message.key.columns", message_key_columns, NULL,
		   "Own keys: table regex:column,column;table regex:column."),
	BOOL("table.ignore.builtin", ignore_builtin, "true",
		 "Leave out system schemas, temporary tables and spatial_ref_sys."),
	STRING("skipped.operations", skipped_operations, "t",
		   "Operations that give no event: c, u, d, t (comma-separated), or none."),
	STRING("signal.data.collection", signal_collection, NULL,
		   "Table (schema.table) of three text columns whose inserted rows are signals; they are events, too, whatever the lists say. Frames carry the signals to the shipper."),
	STRING("signal.enabled.channels", signal_channels, "source",
		   "Where signals come from (comma-separated); without source among them the table's rows are only events."),
	ENUM("walpost.origin", origin, "any", origins,
		 "Whether changes that have a replication origin, being replicated from elsewhere, are captured (any) or not (none); pgoutput has the same as origin."),
	BOOL("skip.messages.without.change", skip_unchanged, "false",
		 "Whether an update that leaves all captured columns as they were gives no event; REPLICA IDENTITY FULL tells."),
	BOOL("tombstones.on.delete", tombstones, "true",
		 "Whether a record with a null value follows each delete."),
	BOOL("walpost.truncate.broadcast", truncate_to_all, "false",
		 "Whether the record of a truncate goes to every partition of its topic, behind all that came before; frames say so to the shipper."),
	BOOL("extended.headers.enabled", extended_headers, "true",
		 "Whether row events carry the __debezium.context headers."),
	BOOL("walpost.position.headers", position_headers, "false",
		 "Whether every record carries walpost.lsn and walpost.seq, which together are unique and grow as texts do."),
	BOOL("walpost.unavailable.header", unavailable_header, "false",
		 "Whether walpost.unavailable names the columns whose values an event does not know: placeholders, and what an old row lacks."),
	BOOL("walpost.changed.header", changed_header, "false",
		 "Whether walpost.changed names the columns that an update has changed; REPLICA IDENTITY FULL tells."),
	BOOL("provide.transaction.metadata", transaction_metadata, "false",
		 "Whether events say where in their transaction they are, and each transaction has a BEGIN and an END record."),
	STRING("topic.transaction", topic_transaction, "transaction",
		   "Last part of the topic of those records."),
	INT("heartbeat.interval.ms", heartbeat_interval, "0", 0, INT_MAX,
		"How often the client writes a heartbeat; if it does, it is told the record when the stream begins."),
	STRING("topic.heartbeat.prefix", heartbeat_prefix, "__debezium-heartbeat",
		   "First part of the heartbeats' topic; the second is topic.prefix."),
	STRING("topic.heartbeat.name", heartbeat_name, NULL,
		   "The whole name of the heartbeats' topic."),
	ENUM("key.converter", key_converter.name, "org.apache.kafka.connect.json.JsonConverter", converter_names,
		 "How keys are written: as JSON, as bare text, as bare bytes, or bytes bare and all else by a delegate."),
	CONVERTER("key.converter", key_converter, "keys", "false", "The shipper sends what the worker and the connector say."),
	ENUM("value.converter", value_converter.name, "org.apache.kafka.connect.json.JsonConverter", converter_names,
		 "How values are written, as for keys."),
	CONVERTER("value.converter", value_converter, "values", "false", "The shipper sends what the worker and the connector say."),
	ENUM("header.converter", header_converter.name, "org.apache.kafka.connect.storage.SimpleHeaderConverter", header_converter_names,
		 "How headers are written: as texts that Kafka Connect reads back by what they look like, or as for keys."),
	JSON("header.converter", header_converter.json, "headers", "true", " SimpleHeaderConverter writes none."),
	ENUM("decimal.handling.mode", types.decimal, "precise", decimal_modes,
		 "How numeric and money come out."),
	ENUM("time.precision.mode", types.time, "adaptive", time_modes,
		 "How dates and times come out."),
	ENUM("interval.handling.mode", types.interval, "numeric", interval_modes,
		 "How interval comes out."),
	ENUM("binary.handling.mode", types.binary, "bytes", binary_modes,
		 "How bytea comes out."),
	ENUM("hstore.handling.mode", types.hstore, "json", hstore_modes,
		 "How hstore comes out."),
	INT("money.fraction.digits", types.money_digits, "2", 0, 18,
		"Fraction digits of money."),
	BOOL("include.unknown.datatypes", types.unknown, "false",
		 "Whether columns of types without a mapping come out as bytes of their text."),
	ENUM("event.processing.failure.handling.mode", failure, "fail", failure_modes,
		 "What becomes of a change that cannot be made an event (too large for a buffer of the server, refused by a type's output function): fail stops, warn leaves it out and says so in the server's log, skip (or ignore) leaves it out."),
	STRING("unavailable.value.placeholder", placeholder, "__debezium_unavailable_value",
		   "What stands for an unchanged TOASTed value; text, or hex: and digits."),
	RULE("column.truncate.to.", "N.chars", column_rules,
		 "Regular expressions of the columns (schema.table.column) whose texts are cut after N UTF-16 units, and bytes after N; keys stay whole."),
	RULE("column.mask.with.", "N.chars", column_rules,
		 "Regular expressions of the character columns whose values, NULL too, come out as N asterisks; keys stay as they are."),
	STRING("column.propagate.source.type", propagate_columns, NULL,
		   "Regular expressions of the columns whose schemas name type, length, scale and column."),
	STRING("datatype.propagate.source.type", propagate_types, NULL,
		   "The same by schema, table and type (schema.table.varchar)."),
	RULE("column.mask.hash.", "ALGORITHM.with.salt.SALT", column_rules,
		 "Regular expressions of the character columns whose values come out hashed (MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512) as a serialised Java string. Who may see the commands of others in pg_stat_activity sees the salt."),
	RULE("column.mask.hash.v2.", "ALGORITHM.with.salt.SALT", column_rules,
		 "The same over the bytes of the text."),
	STRING("transforms", transforms, NULL,
		   "Names of the transforms to run, separated by commas, in that order; each has options of its own."),
	RULE("transforms.", "NAME.OPTION", transform_rules,
		 "Options of a transform: type (the class that Kafka Connect runs for it), predicate, negate, and those of the class."),
	STRING("predicates", predicates, NULL,
		   "Names of the predicates that transforms may have."),
	RULE("predicates.", "NAME.OPTION", transform_rules,
		 "Options of a predicate: type and those of the class."),
	STRING("post.processors", post_processors, NULL,
		   "Name of the post-processor: of the class io.debezium.processors.reselect.ReselectColumnsPostProcessor, which has values read anew that the log does not have. Frames name them; lines of JSON show what stands for them."),
	RULE("post.processors.", "NAME.OPTION", post_rules,
		 "Its options: type (the class), reselect.columns.include.list or .exclude.list, reselect.unavailable.values, reselect.null.values, reselect.use.event.key, reselect.error.handling.mode."),
	BOOL("walpost.debezium.quirks", types.quirks, "false",
		 "Whether what Debezium gets wrong comes out wrong, for consumers that lean on it; QUIRKS.md lists it."),
	INT("xmin.fetch.interval.ms", xmin_interval, "0", 0, INT_MAX,
		"How often source.xmin, the catalog_xmin of the slot, is read anew; 0: source.xmin is null."),
	INT("wire", wire, "0", 0, WIRE_VERSION,
		"Version of the frames to write; 0 writes a line of JSON an event."),
	STRING("walpost.run.id", run_id, NULL,
		   "The runId of the context headers; the shipper's, so that it outlives a reconnect."),
	STRING("walpost.last.commit.lsn", last_commit, NULL,
		   "End LSN of the last transaction that the client has, for source.sequence after a reconnect, or of a snapshot's rows."),
	STRING("walpost.resume", resume, NULL,
		   "XID LSN NUMBER: of this transaction, the client has the changes before the LSN, and so many of those at it; their events are marked."),
	STRING("walpost.window.key", window_key, NULL,
		   "What logical messages with the prefix walpost.watermark have to begin with to be this client's; all others are left out, and none is an event."),
	BOOL("walpost.window.open", window_open, "false",
		 "Whether frames name the row of each change from the beginning; else they do from a watermark on."),
};
const int	option_nrows = lengthof(option_rows);
