/*
 * reselect.c
 *	  Which values are to be read anew, and where they were written.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/varlena.h"

#include "frame.h"
#include "pattern.h"
#include "reselect.h"

#define CLASS			"io.debezium.processors.reselect.ReselectColumnsPostProcessor"
#define CLASS_NAME		"ReselectColumnsPostProcessor"

struct ReselectRules
{
	const char *prefix;			/* of its options' names */
	PatternList *include;		/* schema.table:column; with one the other does */
	PatternList *exclude;		/* not count */
	bool		unavailable;
	bool		nulls;
	bool		event_key;
};

typedef struct ReselectKey
{
	const char *name;
	int			attribute;		/* of tuples, from 0 */
	FmgrInfo	output;
} ReselectKey;

struct ReselectPlan
{
	Oid			relid;
	int			nkeys;
	ReselectKey *keys;
};

/* A value, and where it is in its part. */
typedef struct Splice
{
	const ShapeColumn *column;
	char		part;
	char		form;
	uint32		offset;
	uint32		len;
	uint32		header;			/* where the length of its header stands; or
								 * WIRE_NULL */
} Splice;

struct Splices
{
	MemoryContext context;
	const ReselectPlan *plan;
	TransactionId xid;
	char		part;			/* being written; 0: none whose values count */
	size_t		start;			/* of it */
	int			inside;			/* depth of splices_enter() */
	Splice	   *all;
	int			n;
	int			room;
};

/* ---- options ------------------------------------------------------------- */

static void
bad_option(const ReselectRules *rules, const char *option, const char *value, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value \"%s\" for option \"%s%s\"", value, rules->prefix, option),
			 errhint("It takes %s.", expected)));
}

static void
take_class(ReselectRules *rules, const char *option, const char *value)
{
	if (strcmp(value, CLASS) != 0 && strcmp(value, CLASS_NAME) != 0)
		bad_option(rules, option, value, CLASS ", the one post-processor that works here");
}

static bool
bool_value(const ReselectRules *rules, const char *option, const char *value)
{
	bool		result = false;

	if (!parse_bool(value, &result))
		bad_option(rules, option, value, "true or false");
	return result;
}

static void
take_include(ReselectRules *rules, const char *option, const char *value)
{
	rules->include = pattern_list_compile("reselect.columns.include.list", value);
}

static void
take_exclude(ReselectRules *rules, const char *option, const char *value)
{
	rules->exclude = pattern_list_compile("reselect.columns.exclude.list", value);
}

static void
take_unavailable(ReselectRules *rules, const char *option, const char *value)
{
	rules->unavailable = bool_value(rules, option, value);
}

static void
take_nulls(ReselectRules *rules, const char *option, const char *value)
{
	rules->nulls = bool_value(rules, option, value);
}

static void
take_event_key(ReselectRules *rules, const char *option, const char *value)
{
	rules->event_key = bool_value(rules, option, value);
}

/* It is the client's to obey. */
static void
take_nothing(ReselectRules *rules, const char *option, const char *value)
{
}

static const struct
{
	const char *name;
	void		(*take) (ReselectRules *rules, const char *option, const char *value);
}			settings[] = {
	{"type", take_class},
	{"reselect.columns.include.list", take_include},
	{"reselect.columns.exclude.list", take_exclude},
	{"reselect.unavailable.values", take_unavailable},
	{"reselect.null.values", take_nulls},
	{"reselect.use.event.key", take_event_key},
	{"reselect.error.handling.mode", take_nothing},
};

static void
take_option(ReselectRules *rules, const char *option, const char *value)
{
	for (int i = 0; i < lengthof(settings); i++)
		if (strcmp(settings[i].name, option) == 0)
		{
			settings[i].take(rules, option, value);
			return;
		}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_PARAMETER),
			 errmsg("unknown option \"%s%s\"", rules->prefix, option),
			 errhint("It is no option of %s.", CLASS_NAME)));
}

/* The one name in the list; NULL: it is empty. */
static const char *
processor_name(const char *list)
{
	List	   *names;

	if (list == NULL)
		return NULL;
	if (!SplitGUCList(pstrdup(list), ',', &names) || list_length(names) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value \"%s\" for option \"%s\"", list, "post.processors"),
				 errhint("It takes one name, with options of its own.")));
	return names == NIL ? NULL : linitial(names);
}

ReselectRules *
reselect_compile(const Options *options)
{
	const char *name = processor_name(options->post_processors);
	ReselectRules *rules;
	bool		typed = false;
	ListCell   *lc;

	if (name == NULL)
		return NULL;
	rules = palloc0(sizeof(ReselectRules));
	rules->prefix = psprintf("post.processors.%s.", name);
	rules->unavailable = rules->nulls = true;
	foreach(lc, options->post_rules)
	{
		const OptionRule *rule = lfirst(lc);
		size_t		len = strlen(rules->prefix);

		if (strncmp(rule->name, rules->prefix, len) != 0)
			continue;
		typed = typed || strcmp(rule->name + len, "type") == 0;
		take_option(rules, rule->name + len, rule->value);
	}
	if (!typed)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%stype\" is missing", rules->prefix),
				 errhint("It takes %s.", CLASS)));
	return rules;
}

static bool
is_selected(const ReselectRules *rules, const char *name)
{
	if (rules->include)
		return pattern_list_match(rules->include, name);
	return rules->exclude == NULL || !pattern_list_match(rules->exclude, name);
}

/* A marker that prints as null is one to Debezium's class. */
uint8
reselect_states(const ReselectRules *rules, const char *schema, const char *table,
				const char *field, const ShapeColumn *column, bool has_default)
{
	bool		marked = strcmp(column->unavailable, "null") != 0;
	uint8		states = 0;

	if (marked ? rules->unavailable : rules->nulls)
		states |= VALUE_UNAVAILABLE;
	if (rules->nulls && !has_default)
		states |= VALUE_NULL;
	return states && is_selected(rules, psprintf("%s.%s:%s", schema, table, field)) ? states : 0;
}

bool
reselect_by_event_key(const ReselectRules *rules)
{
	return rules->event_key;
}

/* ---- relations ----------------------------------------------------------- */

static bool
add_key(ReselectPlan *plan, TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		ReselectKey *key = &plan->keys[plan->nkeys];
		Oid			output;
		bool		varlena;

		if (attr->attisdropped || strcmp(NameStr(attr->attname), name) != 0)
			continue;
		getTypeOutputInfo(attr->atttypid, &output, &varlena);
		key->name = pstrdup(name);
		key->attribute = i;
		fmgr_info_cxt(output, &key->output, CurrentMemoryContext);
		plan->nkeys++;
		return true;
	}
	return false;
}

ReselectPlan *
reselect_plan(Oid relid, Relation leaf, List *keys)
{
	ReselectPlan *plan;
	ListCell   *lc;

	if (keys == NIL)
		return NULL;
	plan = palloc0(sizeof(ReselectPlan));
	plan->relid = relid;
	plan->keys = palloc0(list_length(keys) * sizeof(ReselectKey));
	foreach(lc, keys)
		if (!add_key(plan, RelationGetDescr(leaf), lfirst(lc)))
			return NULL;
	return plan;
}

/* ---- rows ---------------------------------------------------------------- */

Splices *
splices_create(void)
{
	Splices    *splices = palloc0(sizeof(Splices));

	splices->context = CurrentMemoryContext;
	return splices;
}

void
splices_begin_row(Splices *splices, const ReselectPlan *plan, TransactionId xid)
{
	splices->plan = plan;
	splices->xid = xid;
	splices->part = 0;
}

void
splices_begin_record(Splices *splices)
{
	splices->n = splices->inside = 0;
	splices->part = 0;
}

void
splices_begin_part(Splices *splices, char part, size_t start)
{
	splices->part = part;
	splices->start = start;
}

void
splices_enter(Splices *splices)
{
	splices->inside++;
}

void
splices_leave(Splices *splices)
{
	splices->inside--;
}

void
splices_note(Splices *splices, const ShapeColumn *column, char form, size_t start, size_t end,
			 size_t header)
{
	if (splices->part == 0 || splices->inside > 0)
		return;
	if (splices->n == splices->room)
	{
		splices->room = Max(16, splices->room * 2);
		if (splices->all)
			splices->all = repalloc(splices->all, splices->room * sizeof(Splice));
		else
			splices->all = MemoryContextAlloc(splices->context, splices->room * sizeof(Splice));
	}
	splices->all[splices->n++] = (Splice)
	{
		.column = column,.part = splices->part,.form = form,
		.offset = (uint32) (start - splices->start),.len = (uint32) (end - start),
		.header = header ? (uint32) (header - 4 - splices->start) : WIRE_NULL
	};
}

void
splices_note_bare(Splices *splices, const Template *template, const Row *row, char part, char form,
				  size_t start, size_t end, size_t header)
{
	const ShapeColumn *column = template_column(template);
	int			inside = splices->inside;

	if (column == NULL || row->states[SIDE_NEW][column->index] != VALUE_UNAVAILABLE ||
		(column->reselect & VALUE_UNAVAILABLE) == 0)
		return;
	if (header == 0)
		splices_begin_part(splices, part, start);
	splices->inside = 0;
	splices_note(splices, column, form, start, end, header);
	splices->inside = inside;
}

/* A key's value as its type prints it; a length of WIRE_NULL: it is not known. */
static void
put_key_value(Out *out, ReselectKey *key, const Row *row)
{
	char	   *text;

	if (row->states[SIDE_NEW][key->attribute] != VALUE_PRESENT)
	{
		frame_u32(out, WIRE_NULL);
		return;
	}
	text = OutputFunctionCall(&key->output, row->values[SIDE_NEW][key->attribute]);
	frame_text(out, text, strlen(text));
}

/*
 * What is the same for many rows comes first, behind its length, so that whoever
 * reads it can see that it is.
 */
static void
put_request(Splices *splices, Out *out, const Row *row)
{
	const ReselectPlan *plan = splices->plan;
	size_t		shape;

	frame_u32(out, splices->xid);
	frame_u32(out, 0);
	shape = out_offset(out);
	frame_u32(out, plan->relid);
	frame_u16(out, plan->nkeys);
	for (int i = 0; i < plan->nkeys; i++)
		frame_text(out, plan->keys[i].name, strlen(plan->keys[i].name));
	frame_u16(out, splices->n);
	for (int i = 0; i < splices->n; i++)
	{
		const Splice *splice = &splices->all[i];

		frame_u8(out, splice->form);
		frame_u32(out, splice->column->type);
		frame_u32(out, (uint32) splice->column->typmod);
		frame_text(out, splice->column->name, strlen(splice->column->name));
		frame_text(out, splice->column->null_text, splice->column->null_len);
	}
	wire_put32(out_at(out, shape) - 4, (uint32) (out_offset(out) - shape));
	for (int i = 0; i < plan->nkeys; i++)
		put_key_value(out, &plan->keys[i], row);
}

bool
splices_put(Splices *splices, Out *out, const Row *row)
{
	splices->part = 0;
	if (splices->n == 0)
		return false;
	frame_u16(out, splices->n);
	for (int i = 0; i < splices->n; i++)
	{
		const Splice *splice = &splices->all[i];

		frame_u8(out, splice->part);
		frame_u32(out, splice->offset);
		frame_u32(out, splice->len);
		frame_u32(out, splice->header);
	}
	put_request(splices, out, row);
	return true;
}
