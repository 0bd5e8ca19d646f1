/*
 * transform_header.c
 *	  Transforms of headers: InsertHeader, DropHeaders, HeaderFrom.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "json.h"
#include "transformdef.h"

/* ---- InsertHeader -------------------------------------------------------- */

typedef struct InsertHeader
{
	char	   *header;
	char	   *literal;
	const char *value;			/* as it comes out; NULL: a null header */
	ConnectType type;			/* what Connect takes it for */
} InsertHeader;

static const Setting insert_settings[] = {
	{"header", SETTING_STRING, offsetof(InsertHeader, header), true},
	{"value.literal", SETTING_STRING, offsetof(InsertHeader, literal), true},
	{NULL}
};

/* Digits without a sign that says nothing and without leading zeros. */
static const char *
print_integer(const char *text)
{
	bool		negative = text[0] == '-';

	text	  +=strspn(text, "+-");
	text	  +=strspn(text, "0");
	return text[0] == '\0' ? "0" : psprintf("%s%s", negative ? "-" : "", text);
}

/*
 * Connect reads a literal as the value that it looks like, and prints that: of
 * numbers, whole ones as such, others as a Java float.
 */
static const char *
print_number(const char *text)
{
	char		buffer[64];
	Out			out = {buffer, buffer + sizeof(buffer), NULL};
	double		value = strtod(text, NULL);

	if (strspn(text, "0123456789+-") == strlen(text))
		return print_integer(text);
	if (fabs(value) < 1e18 && value == trunc(value))
		json_int(&out, (int64) value);
	else
		json_float(&out, (float) value);
	return pnstrdup(buffer, out.p - buffer);
}

/* The smallest type that a printed number fits; bytes: a decimal. */
static ConnectType
number_type(const char *text)
{
	long long	value;

	if (strspn(text, "0123456789-") != strlen(text))
		return CONNECT_FLOAT;
	errno = 0;
	value = strtoll(text, NULL, 10);
	if (errno != 0)
		return CONNECT_BYTES;
	if (value == (int8) value)
		return CONNECT_INT8;
	if (value == (int16) value)
		return CONNECT_INT16;
	return value == (int32) value ? CONNECT_INT32 : CONNECT_INT64;
}

/* A list or map, which would come out as Connect prints it. */
static bool
is_collection(const char *text)
{
	size_t		len = strlen(text);

	return len >= 2 && ((text[0] == '[' && text[len - 1] == ']') ||
						(text[0] == '{' && text[len - 1] == '}'));
}

static void
insert_check(TransformStep *step)
{
	InsertHeader *insert = step->settings;
	const char *literal = insert->literal;

	if (insert->header[0] == '\0')
		step_bad_value(step, "header", insert->header, "the name of a header; it must not be empty");
	if (is_collection(literal))
		step_bad_value(step, "value.literal", literal,
					   "a text, a number, true, false or null; lists and maps are not made");
	insert->value = literal;
	insert->type = CONNECT_STRING;
	if (strcmp(literal, "null") == 0)
		insert->value = NULL;
	else if (step_number(literal) && literal[0] != '.')
	{
		insert->value = print_number(literal);
		insert->type = number_type(insert->value);
	}
	else if (strcmp(literal, "true") == 0 || strcmp(literal, "false") == 0)
		insert->type = CONNECT_BOOLEAN;
}

/* The value as a field; NULL if it has no plain type. */
static Shape *
literal_field(const InsertHeader *insert)
{
	ConnectSchema *schema = schema_new(insert->type, false, NULL, 0);

	if (insert->value == NULL || insert->type == CONNECT_BYTES)
		return NULL;
	return shape_text(schema, insert->type == CONNECT_STRING ? json_of_text(insert->value) :
					  insert->value);
}

static void
insert_apply(const TransformStep *step, Draft *draft)
{
	const InsertHeader *insert = step->settings;

	draft_add_header(draft, insert->header,
					 shape_header(insert->header,
								  insert->value ? shape_text(NULL, insert->value) : NULL));
	((DraftHeader *) llast(draft->headers))->field = literal_field(insert);
}

/* ---- DropHeaders --------------------------------------------------------- */

typedef struct DropHeaders
{
	List	   *headers;
} DropHeaders;

static const Setting drop_settings[] = {
	{"headers", SETTING_LIST, offsetof(DropHeaders, headers), true},
	{NULL}
};

static void
drop_apply(const TransformStep *step, Draft *draft)
{
	const DropHeaders *drop = step->settings;
	List	   *kept = NIL;
	ListCell   *lc;

	foreach(lc, draft->headers)
		if (!step_lists(drop->headers, ((DraftHeader *) lfirst(lc))->name))
		kept = lappend(kept, lfirst(lc));
	draft->headers = kept;
}

/* ---- HeaderFrom ---------------------------------------------------------- */

typedef struct HeaderFrom
{
	List	   *fields;
	List	   *headers;
	int			operation;
	bool		replace_null;
} HeaderFrom;

static const char *const operations[] = {"move", "copy", NULL};

static const Setting from_settings[] = {
	{"fields", SETTING_LIST, offsetof(HeaderFrom, fields), true},
	{"headers", SETTING_LIST, offsetof(HeaderFrom, headers), true},
	{"operation", SETTING_ENUM, offsetof(HeaderFrom, operation), true, NULL, operations},
	{"replace.null.with.default", SETTING_BOOL, offsetof(HeaderFrom, replace_null), false, "true"},
	{NULL}
};

static void
from_check(TransformStep *step)
{
	const HeaderFrom *from = step->settings;

	if (list_length(from->fields) != list_length(from->headers))
		step_bad_value(step, "headers", psprintf("%d names", list_length(from->headers)),
					   psprintf("as many names as the option fields beside it, %d",
								list_length(from->fields)));
}

static void
from_apply(const TransformStep *step, Draft *draft)
{
	const HeaderFrom *from = step->settings;
	const char *operation = operations[from->operation];
	Shape	  **half = draft_half(draft, step->half);
	Shape	   *old = step_struct(step, draft, psprintf("header %s", operation));
	Shape	   *new;
	ListCell   *field,
			   *header;

	if (old == NULL)
		return;
	forboth(field, from->fields, header, from->headers)
	{
		Shape	   *shape = field_find(old, lfirst(field));

		if (shape == NULL)
		{
			draft_fail(draft, "there is no field \"%s\"", (char *) lfirst(field));
			return;
		}
		draft_add_value(draft, lfirst(header), field_value(draft, shape, from->replace_null));
	}
	if (strcmp(operation, "move") != 0)
		return;
	new = struct_like(old);
	for (int i = 0; i < old->nfields; i++)
		if (!step_lists(from->fields, old->fields[i].name))
			shape_add(new, old->fields[i].name,
					  field_value(draft, old->fields[i].shape, from->replace_null));
	*half = new;
}

#define KAFKA "org.apache.kafka.connect.transforms."

const TransformClass header_transforms[] = {
	{KAFKA, "InsertHeader", false, insert_settings, sizeof(InsertHeader), insert_check, insert_apply},
	{KAFKA, "DropHeaders", false, drop_settings, sizeof(DropHeaders), NULL, drop_apply},
	{KAFKA, "HeaderFrom", true, from_settings, sizeof(HeaderFrom), from_check, from_apply},
	{NULL}
};
