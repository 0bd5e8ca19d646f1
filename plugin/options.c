/*
 * options.c
 *	  What walks the option table (optionrows.c): parsing, defaults, printing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "naming.h"
#include "options.h"
#include "properties.h"

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
	check_topic_part("topic.heartbeat.prefix", options->heartbeat_prefix);
	if (options->heartbeat_name)
		check_topic_part("topic.heartbeat.name", options->heartbeat_name);
	conflict("schema.include.list", options->schema_include,
			 "schema.exclude.list", options->schema_exclude);
	conflict("table.include.list", options->table_include,
			 "table.exclude.list", options->table_exclude);
	conflict("column.include.list", options->column_include,
			 "column.exclude.list", options->column_exclude);
	conflict("message.prefix.include.list", options->message_include,
			 "message.prefix.exclude.list", options->message_exclude);
	options->skipped = parse_operations(options->skipped_operations);
	options->router = naming_router(options);
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
