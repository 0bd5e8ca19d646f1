/*
 * options.c
 *	  The option table, and what walks it: parsing, defaults, printing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <limits.h>

#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "options.h"
#include "properties.h"
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
	"io.debezium.schema.DefaultUnicodeTopicNamingStrategy", NULL
};
static const char *const converter_names[] = {
	"org.apache.kafka.connect.json.JsonConverter",
	"org.apache.kafka.connect.storage.StringConverter",
	"org.apache.kafka.connect.converters.ByteArrayConverter",
	"io.debezium.converters.BinaryDataConverter",
	"io.debezium.converters.ByteArrayConverter",
	"JsonConverter", "StringConverter", "ByteArrayConverter", "BinaryDataConverter", NULL
};
static const char *const delegate_names[] = {
	"none", "org.apache.kafka.connect.json.JsonConverter",
	"org.apache.kafka.connect.storage.StringConverter", NULL
};
static const char *const decimal_formats[] = {"BASE64", "NUMERIC", NULL};
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

const OptionRow option_rows[] = {
	STRING("topic.prefix", topic_prefix, NULL,
		   "First part of every topic, and source.name. Required."),
	STRING("topic.delimiter", topic_delimiter, ".",
		   "What stands between prefix, schema and table in a topic."),
	ENUM("topic.naming.strategy", naming_strategy, "io.debezium.schema.SchemaTopicNamingStrategy", naming_strategies,
		 "Whether a topic's name has the schema in it (Schema...) or the table alone (Default...); characters that it may not have become _, or _u and hexadecimal digits (...Unicode...)."),
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
	ENUM("key.converter", key_converter, "org.apache.kafka.connect.json.JsonConverter", converter_names,
		 "How keys are written: as JSON, as bare text, as bare bytes, or bytes bare and all else by a delegate."),
	ENUM("value.converter", value_converter, "org.apache.kafka.connect.json.JsonConverter", converter_names,
		 "How values are written, as for keys."),
	ENUM("key.converter.delegate.converter.type", key_delegate, "none", delegate_names,
		 "What BinaryDataConverter hands keys to that are not bytes."),
	ENUM("value.converter.delegate.converter.type", value_delegate, "none", delegate_names,
		 "What BinaryDataConverter hands values to that are not bytes."),
	BOOL("key.converter.delegate.converter.type.schemas.enable", key_delegate_schemas, "true",
		 "Whether keys carry their schema there."),
	BOOL("value.converter.delegate.converter.type.schemas.enable", value_delegate_schemas, "true",
		 "Whether values carry their schema there."),
	BOOL("key.converter.schemas.enable", key_schemas, "false",
		 "Whether keys carry their schema. The shipper sends what the worker and the connector say."),
	BOOL("value.converter.schemas.enable", value_schemas, "false",
		 "Whether values carry their schema. The shipper sends what the worker and the connector say."),
	ENUM("key.converter.decimal.format", key_decimals, "BASE64", decimal_formats,
		 "How JsonConverter writes decimals of keys: BASE64 of the unscaled value, or numbers."),
	ENUM("value.converter.decimal.format", value_decimals, "BASE64", decimal_formats,
		 "The same of values."),
	BOOL("key.converter.replace.null.with.default", key_replace_null, "true",
		 "Whether a NULL in a key prints the column's default."),
	BOOL("value.converter.replace.null.with.default", value_replace_null, "true",
		 "Whether a NULL in a value prints the column's default."),
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

/* The option that carries a .properties text of all others. */
#define PROPERTIES_OPTION "walpost.properties"

typedef struct Parse
{
	Options    *options;
	bool	   *given;			/* per row */
} Parse;

static char *
allowed_list(const OptionRow *row)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; row->allowed[i]; i++)
		appendStringInfo(&buf, "%s%s", i ? ", " : "", row->allowed[i]);
	return buf.data;
}

static void
bad_value(const OptionRow *row, const char *value, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value \"%s\" for option \"%s\"", value, row->name),
			 errhint("It takes %s.", expected)));
}

static int
enum_value(const OptionRow *row, const char *value)
{
	for (int i = 0; row->allowed[i]; i++)
		if (pg_strcasecmp(row->allowed[i], value) == 0)
			return i;
	bad_value(row, value, allowed_list(row));
	return 0;
}

static int
int_value(const OptionRow *row, const char *value)
{
	char	   *end;
	long		n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || n < row->min || n > row->max)
		bad_value(row, value, psprintf("an integer from %d to %d", row->min, row->max));
	return (int) n;
}

static void
assign(Options *options, const OptionRow *row, const char *value)
{
	void	   *member = (char *) options + row->offset;

	switch (row->kind)
	{
		case OPTION_STRING:
			*(char **) member = value ? pstrdup(value) : NULL;
			break;
		case OPTION_BOOL:
			if (!parse_bool(value, (bool *) member))
				bad_value(row, value, "true or false");
			break;
		case OPTION_INT:
			*(int *) member = int_value(row, value);
			break;
		case OPTION_ENUM:
			*(int *) member = enum_value(row, value);
			break;
		case OPTION_RULE:		/* a list without a default */
			break;
	}
}

static void
repeated(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("option \"%s\" is given more than once", name)));
}

static List **
rules_of(const Options *options, const OptionRow *row)
{
	return (List **) ((char *) options + row->offset);
}

/* The row with the longest prefix that fits, or NULL. */
static const OptionRow *
find_rule_row(const char *name)
{
	const OptionRow *best = NULL;

	for (int i = 0; i < option_nrows; i++)
	{
		const OptionRow *row = &option_rows[i];

		if (row->kind == OPTION_RULE &&
			strncmp(name, row->prefix, strlen(row->prefix)) == 0 &&
			(best == NULL || strlen(row->prefix) > strlen(best->prefix)))
			best = row;
	}
	return best;
}

/* Keeps an option for whoever reads the rest of its name; false: it is none. */
static bool
take_rule(Options *options, const char *name, const char *value)
{
	const OptionRow *row = find_rule_row(name);
	OptionRule *rule;
	ListCell   *lc;

	if (row == NULL)
		return false;
	foreach(lc, *rules_of(options, row))
		if (strcmp(((OptionRule *) lfirst(lc))->name, name) == 0)
		repeated(name);
	rule = palloc(sizeof(OptionRule));
	rule->row = row;
	rule->name = pstrdup(name);
	rule->value = pstrdup(value);
	*rules_of(options, row) = lappend(*rules_of(options, row), rule);
	return true;
}

/* One name and value, from either form; text is the raw value. */
static void
take(void *arg, const char *name, const char *value)
{
	Parse	   *parse = arg;

	for (int i = 0; i < option_nrows; i++)
	{
		if (option_rows[i].kind == OPTION_RULE || strcmp(option_rows[i].name, name) != 0)
			continue;
		if (parse->given[i])
			repeated(name);
		parse->given[i] = true;
		assign(parse->options, &option_rows[i], value);
		return;
	}
	if (take_rule(parse->options, name, value))
		return;

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_PARAMETER),
			 errmsg("unknown option \"%s\"", name),
			 strlen(name) == NAMEDATALEN - 1 ?
			 errdetail("Option names are cut at %d bytes.", NAMEDATALEN - 1) : 0,
			 errhint("SELECT * FROM walpost.options() lists them; longer names go into \"%s\".",
					 PROPERTIES_OPTION)));
}

/* skipped.operations: letters separated by commas, or none. */
static int
parse_operations(const char *list)
{
	static const struct
	{
		char		letter;
		int			bit;
	}			operations[] = {
		{'c', OP_CREATE}, {'u', OP_UPDATE}, {'d', OP_DELETE}, {'t', OP_TRUNCATE}
	};
	int			bits = 0;

	if (pg_strcasecmp(list, "none") == 0)
		return 0;
	for (const char *p = list; *p; p++)
	{
		int			i;

		if (*p == ',' || *p == ' ')
			continue;
		for (i = 0; i < lengthof(operations); i++)
			if (operations[i].letter == pg_tolower((unsigned char) *p))
				break;
		if (i == lengthof(operations))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value \"%s\" for option \"%s\"", list, "skipped.operations"),
					 errhint("It takes c, u, d, t separated by commas, or none.")));
		bits |= operations[i].bit;
	}
	return bits;
}

/* The placeholder: text as it is, or "hex:" and digits. */
static void
decode_placeholder(Options *options)
{
	const char *text = options->placeholder;
	size_t		len;
	char	   *bytes;

	options->types.placeholder = text;

	options->types.placeholder_len = strlen(text);
	if (strncmp(text, "hex:", 4) != 0)
		return;

	text	  +=4;

	len = strlen(text);
	bytes = palloc(len / 2 + 1);
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char) text[i]) || len % 2 != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value \"%s\" for option \"%s\"", options->placeholder,
							"unavailable.value.placeholder"),
					 errhint("After hex: come pairs of hexadecimal digits.")));
	options->types.placeholder_len = hex_decode(text, len, bytes);
	bytes[options->types.placeholder_len] = '\0';
	options->types.placeholder = bytes;
	pg_verifymbstr(bytes, options->types.placeholder_len, false);
}

/* The names that may be in a topic: Kafka's alphabet. */
static void
check_topic_part(const char *option, const char *value)
{
	for (const char *p = value; *p; p++)
		if (!isalnum((unsigned char) *p) && strchr("._-", *p) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value \"%s\" for option \"%s\"", value, option),
					 errhint("It takes letters, digits, dots, hyphens and underscores.")));
}

static void
conflict(const char *a, const char *va, const char *b, const char *vb)
{
	if (va && vb)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options \"%s\" and \"%s\" exclude each other", a, b),
				 errhint("Give one of them.")));
}

/* What one row alone cannot check. */
static void
options_check(Options *options, bool creating)
{
	if (options->topic_prefix == NULL || options->topic_prefix[0] == '\0')
	{
		if (!creating)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"topic.prefix\" is missing"),
					 errhint("Give the first part of the topics' names, as in 'topic.prefix', 'shop'.")));
		options->topic_prefix = pstrdup("");
	}
	check_topic_part("topic.prefix", options->topic_prefix);
	check_topic_part("topic.delimiter", options->topic_delimiter);
	check_topic_part("topic.transaction", options->topic_transaction);
	conflict("schema.include.list", options->schema_include,
			 "schema.exclude.list", options->schema_exclude);
	conflict("table.include.list", options->table_include,
			 "table.exclude.list", options->table_exclude);
	conflict("column.include.list", options->column_include,
			 "column.exclude.list", options->column_exclude);
	conflict("message.prefix.include.list", options->message_include,
			 "message.prefix.exclude.list", options->message_exclude);
	options->skipped = parse_operations(options->skipped_operations);
	decode_placeholder(options);
}

static void
set_defaults(Options *options)
{
	for (int i = 0; i < option_nrows; i++)
		if (option_rows[i].default_text)
			assign(options, &option_rows[i], option_rows[i].default_text);
}

Options *
options_parse(List *given, bool creating)
{
	Parse		parse;
	ListCell   *lc;

	parse.options = palloc0(sizeof(Options));
	parse.given = palloc0(option_nrows * sizeof(bool));
	set_defaults(parse.options);

	foreach(lc, given)
	{
		DefElem    *elem = lfirst(lc);
		const char *value = elem->arg ? strVal(elem->arg) : NULL;

		if (value == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" has no value", elem->defname)));
		if (strcmp(elem->defname, PROPERTIES_OPTION) == 0)
			properties_parse(value, take, &parse);
		else
			take(&parse, elem->defname, value);
	}

	options_check(parse.options, creating);
	return parse.options;
}

/* The rules of one row; several rows may share a list. */
static void
print_rules(StringInfo buf, const Options *options, const OptionRow *row)
{
	ListCell   *lc;

	foreach(lc, *rules_of(options, row))
	{
		const OptionRule *rule = lfirst(lc);

		if (rule->row == row)
			properties_append(buf, rule->name, rule->value);
	}
}

char *
options_print(const Options *options)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < option_nrows; i++)
	{
		const OptionRow *row = &option_rows[i];
		const void *member = (const char *) options + row->offset;

		switch (row->kind)
		{
			case OPTION_STRING:
				if (*(char *const *) member)
					properties_append(&buf, row->name, *(char *const *) member);
				break;
			case OPTION_BOOL:
				properties_append(&buf, row->name, *(const bool *) member ? "true" : "false");
				break;
			case OPTION_INT:
				properties_append(&buf, row->name, psprintf("%d", *(const int *) member));
				break;
			case OPTION_ENUM:
				properties_append(&buf, row->name, row->allowed[*(const int *) member]);
				break;
			case OPTION_RULE:
				print_rules(&buf, options, row);
				break;
		}
	}
	return buf.data;
}
