/*
 * transform_timezone.c
 *	  TimezoneConverter: timestamps of rows in another time zone.
 *
 * Follows io.debezium.transforms.TimezoneConverter of 3.7.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "zonevalue.h"

/* What a rule names. */
typedef enum MatchKind
{
	MATCH_TOPIC, MATCH_TABLE, MATCH_ANY
} MatchKind;

typedef struct MatchRule
{
	MatchKind	kind;
	const char *name;
	List	   *fields;
} MatchRule;

typedef struct TimezoneConverter
{
	char	   *zone_name;
	List	   *include;
	List	   *exclude;
	Zone		zone;
	List	   *rules;			/* MatchRule, of whichever list is given */
} TimezoneConverter;

static const Setting timezone_settings[] = {
	{"converted.timezone", SETTING_STRING, offsetof(TimezoneConverter, zone_name), true},
	{"include.list", SETTING_LIST, offsetof(TimezoneConverter, include), false, ""},
	{"exclude.list", SETTING_LIST, offsetof(TimezoneConverter, exclude), false, ""},
	{NULL}
};

/* ---- settings ------------------------------------------------------------ */

static MatchRule *
rule_named(TimezoneConverter *converter, MatchKind kind, const char *name)
{
	MatchRule  *rule;
	ListCell   *lc;

	foreach(lc, converter->rules)
	{
		rule = lfirst(lc);
		if (rule->kind == kind && strcmp(rule->name, name) == 0)
			return rule;
	}
	rule = palloc0(sizeof(MatchRule));
	rule->kind = kind;
	rule->name = name;
	converter->rules = lappend(converter->rules, rule);
	return rule;
}

/* What a name in a rule may be made of. */
static bool
is_name(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char) *p) && strchr("_.\" \t", *p) == NULL)
			return false;
	return text[0] != '\0';
}

/* Cuts an item at its colons; returns how many parts it has, 0 if it is none. */
static int
split_item(char *item, char **parts)
{
	int			n = 0;

	for (char *p = item; p && n < 4; n++)
	{
		char	   *colon = strchr(p, ':');

		if (colon)
			*colon++ = '\0';
		if (n == 3 || !is_name(p))
			return 0;
		parts[n] = p;
		p = colon;
	}
	return n;
}

/*
 * [source:|topic:]name[:field]; an item without source or topic is taken as
 * the one before it.  The first one says something before a colon.
 */
static void
take_item(TransformStep *step, const char *option, const char *item, MatchKind *kind, bool first)
{
	char	   *parts[3];
	int			n = split_item(pstrdup(item), parts);
	bool		prefixed = n > 1 && (strcmp(parts[0], "source") == 0 || strcmp(parts[0], "topic") == 0);
	MatchRule  *rule;

	if (n == 0 || (n == 1 && first) || (n == 3 && !(first && prefixed)))
		step_bad_value(step, option, item,
					   "rules as in source:table:field,table,table:field or topic:topic,topic:field or name:field, of letters, digits, dots and underscores; what the first one says of source or topic holds for the others");
	if (prefixed)
		*kind = parts[0][0] == 's' ? MATCH_TABLE : MATCH_TOPIC;
	rule = rule_named(step->settings, *kind, parts[prefixed ? 1 : 0]);
	if (n > (prefixed ? 2 : 1))
		rule->fields = lappend(rule->fields, parts[prefixed ? 2 : 1]);
}

static void
timezone_check(TransformStep *step)
{
	TimezoneConverter *converter = step->settings;
	bool		excluding = converter->exclude != NIL;
	List	   *items = excluding ? converter->exclude : converter->include;
	MatchKind	kind = MATCH_ANY;
	ListCell   *lc;

	if (converter->include != NIL && converter->exclude != NIL)
		step_bad_value(step, "exclude.list", linitial(converter->exclude),
					   "effect without the option include.list beside it");
	if (!zone_find(converter->zone_name, &converter->zone))
		step_bad_value(step, "converted.timezone", converter->zone_name,
					   "the name of a time zone, as in Europe/Paris, or an offset, as in +02:00");
	foreach(lc, items)
		take_item(step, excluding ? "exclude.list" : "include.list", lfirst(lc), &kind,
				  lc == list_head(items));
}

/* ---- records ------------------------------------------------------------- */

/* Which fields of a struct are converted. */
typedef enum Choice
{
	CHOOSE_ALL, CHOOSE_NAMED, CHOOSE_OTHERS
} Choice;

/* The rule for a record: of its topic, its table, of either without saying. */
static const MatchRule *
find_rule(const TimezoneConverter *converter, const char *topic, const char *table)
{
	const struct
	{
		MatchKind	kind;
		const char *name;
	}			order[] = {
		{MATCH_TOPIC, topic}, {MATCH_TABLE, table}, {MATCH_ANY, topic}, {MATCH_ANY, table}
	};

	for (int i = 0; i < lengthof(order); i++)
	{
		ListCell   *lc;

		foreach(lc, converter->rules)
		{
			const MatchRule *rule = lfirst(lc);

			if (rule->kind == order[i].kind && order[i].name && strcmp(rule->name, order[i].name) == 0)
				return rule;
		}
	}
	return NULL;
}

/* Does a rule name a field of that struct, by itself or as struct.field? */
static bool
names_field(List *fields, const char *parent, const char *name)
{
	static const char *const parents[] = {"source.", "before.", "after."};
	ListCell   *lc;

	foreach(lc, fields)
	{
		const char *field = lfirst(lc);
		bool		qualified = false;

		for (int i = 0; i < lengthof(parents); i++)
		{
			size_t		len = strlen(parents[i]);

			if (strncmp(field, parents[i], len) != 0)
				continue;
			qualified = true;
			if (strncmp(parent, parents[i], len - 1) == 0 && strcmp(field + len, name) == 0)
				return true;
		}
		if (!qualified && strcmp(parent, "source") != 0 && strcmp(field, name) == 0)
			return true;
	}
	return false;
}

/* Only a rule that names one of its fields touches source. */
static bool
touches_source(List *fields)
{
	ListCell   *lc;

	foreach(lc, fields)
		if (strncmp(lfirst(lc), "source.", strlen("source.")) == 0)
		return true;
	return false;
}

/* A struct of the envelope with its times converted. */
static Shape *
convert_struct(const TransformStep *step, Draft *draft, const char *parent, Shape *old,
			   Choice choice, List *fields)
{
	const TimezoneConverter *converter = step->settings;
	bool		source = strcmp(parent, "source") == 0;
	Shape	   *new;

	if (old->kind != SHAPE_STRUCT || (source && !touches_source(fields)))
		return old;
	new = shape_struct(old->schema);
	for (int i = 0; i < old->nfields; i++)
	{
		const char *name = old->fields[i].name;
		Shape	   *field = old->fields[i].shape;

		if (choice != CHOOSE_ALL && names_field(fields, parent, name) != (choice == CHOOSE_NAMED))
			shape_add(new, name, field);
		else if (source)
			shape_add(new, name, zonevalue_of_source(step, draft, &converter->zone, field, name));
		else
			shape_add(new, name, zonevalue_of_row(step, draft, &converter->zone, field));
	}
	return new;
}

static void
convert_envelope(const TransformStep *step, Draft *draft, Choice choice, List *fields)
{
	const Shape *old = draft->value;
	Shape	   *new = shape_struct(old->schema);

	for (int i = 0; i < old->nfields; i++)
	{
		const char *name = old->fields[i].name;
		Shape	   *field = old->fields[i].shape;

		if (strcmp(name, "before") == 0 || strcmp(name, "after") == 0 || strcmp(name, "source") == 0)
			field = convert_struct(step, draft, name, field, choice, fields);
		shape_add(new, name, field);
	}
	draft->value = new;
}

/* The table that the record's source names, or NULL. */
static const char *
table_of(const Shape *value)
{
	const Shape *source = field_find(value, "source");
	const Shape *table = source ? field_find(source, "table") : NULL;

	return table && table->kind == SHAPE_TEXT && !table->is_null ? text_of_json(table->text) : NULL;
}

static void
timezone_apply(const TransformStep *step, Draft *draft)
{
	const TimezoneConverter *converter = step->settings;
	const MatchRule *rule;

	if (!value_is_envelope(draft->value))
		return;
	rule = find_rule(converter, draft->topic, table_of(draft->value));
	if (converter->exclude != NIL)
	{
		if (rule == NULL)
			convert_envelope(step, draft, CHOOSE_ALL, NIL);
		else if (rule->fields != NIL)
			convert_envelope(step, draft, CHOOSE_OTHERS, rule->fields);
	}
	else if (converter->include == NIL)
		convert_envelope(step, draft, CHOOSE_ALL, NIL);
	else if (rule)
		convert_envelope(step, draft, rule->fields ? CHOOSE_NAMED : CHOOSE_ALL, rule->fields);
}

const TransformClass timezone_transforms[] = {
	{"io.debezium.transforms.", "TimezoneConverter", false,
	timezone_settings, sizeof(TimezoneConverter), timezone_check, timezone_apply},
	{NULL}
};
