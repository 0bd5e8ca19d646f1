/*
 * columnrule.c
 *	  Masks, truncation, and the source's type in the schema.
 *
 * A wrapped encoder lets the column's own encoder write its JSON, and then
 * rewrites that in place (columnmask.c): one path for rows, defaults,
 * fall-backs and the placeholder of unchanged TOAST values.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/lsyscache.h"

#include "columnmask.h"
#include "columnrule.h"
#include "frame.h"
#include "json.h"
#include "pattern.h"
#include "sourcetype.h"

/* In the order in which they are tried. */
typedef enum RuleKind
{
	RULE_TRUNCATE, RULE_MASK, RULE_PROPAGATE, RULE_PROPAGATE_TYPE, RULE_HASH, RULE_HASH_V2
} RuleKind;
#define RULE_KINDS 6

typedef struct Rule
{
	RuleKind	kind;
	const char *option;			/* without its salt, for messages */
	PatternList *patterns;
	int			length;			/* of RULE_TRUNCATE and RULE_MASK */
	Digest		digest;			/* of the hashes */
} Rule;

struct ColumnRules
{
	List	   *kinds[RULE_KINDS];	/* of Rule, in the order given */
};

/* ---- reading options ----------------------------------------------------- */

static void
bad_name(const OptionRule *option, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_PARAMETER),
			 errmsg("unknown option \"%s\"", option->name),
			 errhint("%s", hint)));
}

/* N.chars */
static void
parse_length(Rule *rule, const OptionRule *option, const char *rest)
{
	char	   *end;
	long		n;

	errno = 0;
	n = strtol(rest, &end, 10);
	if (!isdigit((unsigned char) *rest) || errno != 0 || n > PG_INT32_MAX / 16 ||
		strcmp(end, ".chars") != 0)
		bad_name(option, psprintf("It is \"%s\" with a number for N.", option->row->name));
	rule->length = (int) n;
}

/* ALGORITHM.with.salt.SALT; a salt may have dots, an algorithm has none. */
static void
parse_digest(Rule *rule, const OptionRule *option, const char *rest)
{
	static const char middle[] = ".with.salt.";
	const char *dot = strchr(rest, '.');
	const char *algorithm;

	if (dot == NULL || dot == rest || strncmp(dot, middle, strlen(middle)) != 0 ||
		dot[strlen(middle)] == '\0')
		bad_name(option, psprintf("It is \"%s\".", option->row->name));
	algorithm = pnstrdup(rest, dot - rest);
	rule->option = psprintf("%s%s", option->row->prefix, algorithm);
	rule->digest.salt = pstrdup(dot + strlen(middle));
	rule->digest.salt_len = strlen(rule->digest.salt);
	rule->digest.serialized = rule->kind == RULE_HASH;
	if (!columnmask_algorithm(algorithm, &rule->digest.algorithm))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown digest \"%s\" in option \"%s\"", algorithm, rule->option),
				 errhint("It takes MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.")));
}

static const struct RuleForm
{
	const char *prefix;
	RuleKind	kind;
	void		(*parse) (Rule *rule, const OptionRule *option, const char *rest);
}			forms[] = {
	{"column.truncate.to.", RULE_TRUNCATE, parse_length},
	{"column.mask.with.", RULE_MASK, parse_length},
	{"column.mask.hash.", RULE_HASH, parse_digest},
	{"column.mask.hash.v2.", RULE_HASH_V2, parse_digest},
};

static void
add_rule(ColumnRules *rules, Rule *rule, const char *list)
{
	rule->patterns = pattern_list_compile(rule->option, list);
	if (rule->patterns)
		rules->kinds[rule->kind] = lappend(rules->kinds[rule->kind], rule);
}

static void
add_option(ColumnRules *rules, const OptionRule *option)
{
	for (int i = 0; i < lengthof(forms); i++)
	{
		Rule	   *rule;

		if (strcmp(forms[i].prefix, option->row->prefix) != 0)
			continue;
		rule = palloc0(sizeof(Rule));
		rule->kind = forms[i].kind;
		rule->option = option->name;
		forms[i].parse(rule, option, option->name + strlen(forms[i].prefix));
		add_rule(rules, rule, option->value);
	}
}

static void
add_propagation(ColumnRules *rules, RuleKind kind, const char *option, const char *list)
{
	Rule	   *rule = palloc0(sizeof(Rule));

	rule->kind = kind;
	rule->option = option;
	add_rule(rules, rule, list);
}

ColumnRules *
columnrule_compile(const Options *options)
{
	ColumnRules *rules;
	ListCell   *lc;

	if (options->column_rules == NIL && options->propagate_columns == NULL &&
		options->propagate_types == NULL)
		return NULL;
	rules = palloc0(sizeof(ColumnRules));
	foreach(lc, options->column_rules)
		add_option(rules, lfirst(lc));
	add_propagation(rules, RULE_PROPAGATE, "column.propagate.source.type",
					options->propagate_columns);
	add_propagation(rules, RULE_PROPAGATE_TYPE, "datatype.propagate.source.type",
					options->propagate_types);
	return rules;
}

/* ---- finding a column's rule --------------------------------------------- */

static const Rule *
match_kind(const ColumnRules *rules, RuleKind kind, const char *column, const char *type)
{
	ListCell   *lc;

	foreach(lc, rules->kinds[kind])
	{
		const Rule *rule = lfirst(lc);

		if (pattern_list_match(rule->patterns, kind == RULE_PROPAGATE_TYPE ? type : column))
			return rule;
	}
	return NULL;
}

/*
 * A column has one mapping.  Where that would leave a value in clear that
 * another rule wants hashed, nothing is published.
 */
static const Rule *
find_rule(const ColumnRules *rules, const char *column, const char *type)
{
	const Rule *found = NULL;

	for (RuleKind kind = 0; kind < RULE_KINDS; kind++)
	{
		const Rule *rule = match_kind(rules, kind, column, type);

		if (rule == NULL)
			continue;
		if (found == NULL)
			found = rule;
		else if (kind >= RULE_HASH &&
				 (found->kind == RULE_PROPAGATE || found->kind == RULE_PROPAGATE_TYPE))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("column \"%s\" would not be hashed", column),
					 errdetail("A column has one mapping; \"%s\" matches it as well, and comes before \"%s\".",
							   found->option, rule->option),
					 errhint("Leave the column out of \"%s\".", found->option)));
	}
	return found;
}

/* ---- applying it --------------------------------------------------------- */

/* A column's mapping: the encoder that it wraps and what it does to the JSON. */
typedef struct Mapping
{
	Enc			inner;
	void		(*rewrite) (Out *out, size_t start, const struct Mapping *mapping);
	const Rule *rule;
	int			length;			/* units, bytes, digits */
	const char *text;			/* of a mask: the JSON */
	size_t		text_len;
} Mapping;

static void
rewrite_string(Out *out, size_t start, const Mapping *mapping)
{
	columnmask_cut_string(out, out_at(out, start), mapping->length);
}

static void
rewrite_bytes(Out *out, size_t start, const Mapping *mapping)
{
	columnmask_cut_base64(out, out_at(out, start), mapping->length);
}

static void
rewrite_hash(Out *out, size_t start, const Mapping *mapping)
{
	out_reserve(out, COLUMNMASK_HASH_MAX);
	columnmask_hash(out, out_at(out, start), &mapping->rule->digest, mapping->length);
}

static void
rewrite_mask(Out *out, size_t start, const Mapping *mapping)
{
	out->p = out_at(out, start);
	out_bytes(out, mapping->text, mapping->text_len);
}

static void
encode_rewritten(Out *out, Datum value, const Enc *enc)
{
	const Mapping *mapping = enc->data;
	size_t		start = out_offset(out);

	mapping->inner.encode(out, value, &mapping->inner);
	mapping->rewrite(out, start, mapping);
}

static void
encode_masked(Out *out, Datum value, const Enc *enc)
{
	const Mapping *mapping = enc->data;

	out_bytes(out, mapping->text, mapping->text_len);
}

/* What the mapping makes of a constant; null stays null but under a mask. */
static const char *
rewritten(const Mapping *mapping, const char *json)
{
	StringInfoData buf;
	Out			out;

	if (mapping->text)
		return mapping->text;
	if (strcmp(json, "null") == 0)
		return json;
	initStringInfo(&buf);
	out_open(&out, &buf);
	out_bytes(&out, json, strlen(json));
	mapping->rewrite(&out, 0, mapping);
	out_close(&out);
	return buf.data;
}

static void
wrap(const RuleTarget *target, Mapping *mapping)
{
	ShapeColumn *shape = target->shape;

	mapping->inner = shape->json;
	memset(&shape->json, 0, sizeof(shape->json));
	shape->json.encode = mapping->text ? encode_masked : encode_rewritten;
	shape->json.data = mapping;
	shape->unavailable = rewritten(mapping, shape->unavailable);
	shape->unavailable_len = strlen(shape->unavailable);

	/* a null prints the default afterwards, which the schema shows in clear */
	if (mapping->text)
	{
		shape->null_text = mapping->text;
		shape->null_len = mapping->text_len;
	}
	if (mapping->text || !target->field->optional)
		*target->absent = rewritten(mapping, *target->absent);
}

/* Types whose values Debezium masks: those of characters, and labels. */
static bool
is_character(Oid type)
{
	Oid			base = getBaseType(type);

	switch (base)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
		case CHAROID:
			return true;
	}
	if (get_typtype(base) == TYPTYPE_ENUM)
		return true;

	/* Debezium leaves it in clear, which nobody who masks a text would want */
	return sourcetype_is_citext(base);
}

static void
warn_in_clear(const RuleTarget *target, const Rule *rule)
{
	ereport(WARNING,
			(errmsg("column \"%s.%s.%s\" comes out unmasked", target->schema,
					target->table, target->column),
			 errdetail("\"%s\" changes character columns only.", rule->option),
			 errhint("Leave the column out with column.exclude.list or the publication's column list.")));
}

static void
apply_truncate(const RuleTarget *target, const Rule *rule, Mapping *mapping)
{
	int			declared = sourcetype_length(target->type, target->typmod);

	if (declared <= rule->length)
		return;
	sourcetype_add_param(target->field, "truncateLength", psprintf("%d", rule->length));
	mapping->length = rule->length;
	if (target->field->type == CONNECT_STRING)
		mapping->rewrite = rewrite_string;
	else if (target->field->type == CONNECT_BYTES && target->field->name == NULL)
		mapping->rewrite = rewrite_bytes;
	else
		return;
	wrap(target, mapping);
}

static char *
asterisks(int n)
{
	char	   *text = palloc(n + 3);

	memset(text, '*', n + 2);
	text[0] = text[n + 1] = '"';
	text[n + 2] = '\0';
	return text;
}

static void
apply_mask(const RuleTarget *target, const Rule *rule, Mapping *mapping)
{
	sourcetype_add_param(target->field, "masked", "true");
	if (!is_character(target->type))
	{
		warn_in_clear(target, rule);
		return;
	}
	if (rule->kind == RULE_MASK)
	{
		mapping->rewrite = rewrite_mask;
		mapping->text = asterisks(rule->length);
		mapping->text_len = rule->length + 2;
	}
	else
	{
		mapping->rewrite = rewrite_hash;
		mapping->length = sourcetype_length(target->type, target->typmod);
	}
	wrap(target, mapping);
}

void
columnrule_apply(const ColumnRules *rules, const RuleTarget *target)
{
	const char *type = sourcetype_name(target->type, target->serial);
	const Rule *rule;
	Mapping    *mapping;

	rule = find_rule(rules, psprintf("%s.%s.%s", target->schema, target->table, target->column),
					 psprintf("%s.%s.%s", target->schema, target->table, type));
	if (rule == NULL)
		return;
	mapping = palloc0(sizeof(Mapping));
	mapping->rule = rule;
	if (rule->kind == RULE_TRUNCATE)
		apply_truncate(target, rule, mapping);
	else if (rule->kind == RULE_PROPAGATE || rule->kind == RULE_PROPAGATE_TYPE)
		sourcetype_describe(target->field, target->type, target->typmod, type, target->column);
	else
		apply_mask(target, rule, mapping);
}

bool
columnrule_is_constant(const ShapeColumn *column)
{
	return column->json.encode == encode_masked;
}

bool
columnrule_is_applied(const ShapeColumn *column)
{
	return column->json.encode == encode_masked || column->json.encode == encode_rewritten;
}
