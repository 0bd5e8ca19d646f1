/*
 * draft_field.c
 *	  Shapes as Connect's structs: fields, defaults, and values of headers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "columnrule.h"
#include "draft.h"
#include "encoders.h"
#include "json.h"
#include "reselect.h"
#include "typerule.h"

/* ---- structs ------------------------------------------------------------- */

/* A null struct still has the fields of its schema, null each. */
static Shape *
find_in_schema(const ConnectSchema *schema, const char *name)
{
	for (int i = 0; schema != NULL && i < schema->nfields; i++)
		if (strcmp(schema->fields[i].name, name) == 0)
			return shape_null(schema->fields[i].schema, "null");
	return NULL;
}

bool
value_is_envelope(const Shape *value)
{
	static const char suffix[] = ".Envelope";
	const char *name = value && value->schema && !value->is_null ? value->schema->name : NULL;
	size_t		len = name ? strlen(name) : 0;

	return value && value->kind == SHAPE_STRUCT && len >= strlen(suffix) &&
		strcmp(name + len - strlen(suffix), suffix) == 0;
}

Shape *
field_find(const Shape *shape, const char *name)
{
	if (shape->kind != SHAPE_STRUCT)
		return find_in_schema(shape->schema, name);
	for (int i = 0; i < shape->nfields; i++)
		if (strcmp(shape->fields[i].name, name) == 0)
			return shape->fields[i].shape;
	return NULL;
}

Shape *
struct_like(const Shape *shape)
{
	ConnectSchema *schema = palloc(sizeof(ConnectSchema));

	*schema = *shape->schema;
	schema->optional = false;
	schema->default_json = NULL;
	return shape_struct(schema);
}

bool
struct_add(Draft *draft, Shape *shape, const char *name, Shape *field)
{
	for (int i = 0; i < shape->nfields; i++)
	{
		if (strcmp(shape->fields[i].name, name) == 0)
		{
			draft_fail(draft, "cannot create field because of field name duplication %s", name);
			return false;
		}
	}
	shape_add(shape, name, field);
	return true;
}

/* ---- defaults ------------------------------------------------------------ */

static Shape *
copy_shape(const Shape *shape)
{
	Shape	   *copy = palloc(sizeof(Shape));

	*copy = *shape;
	return copy;
}

/* A column that prints another text for NULL; a mask prints its own. */
static Shape *
with_null_text(Draft *draft, const Shape *field, const char *text)
{
	Shape	   *copy = copy_shape(field);
	ShapeColumn *column;

	if (columnrule_is_constant(field->column) || strcmp(field->column->null_text, text) == 0)
		return copy;
	column = MemoryContextAlloc(draft->context, sizeof(ShapeColumn));
	*column = *field->column;
	column->null_text = text;

	column->null_len = strlen(text);
	copy->column = column;
	return copy;
}

Shape *
field_value(Draft *draft, Shape *field, bool replace_null)
{
	const char *def = field->schema ? field->schema->default_json : NULL;

	if (!replace_null || def == NULL)
		return field;
	if (field->is_null)
		return shape_text(field->schema, def);
	if (field->kind != SHAPE_COLUMN || field->filled)
		return field;
	field = with_null_text(draft, field, def);
	field->filled = true;
	return field;
}

Shape *
field_under(Draft *draft, const Shape *field, const ConnectSchema *schema)
{
	Shape	   *copy;

	if (field->is_null)
		return shape_null(schema, "null");
	if (field->kind == SHAPE_COLUMN && !field->filled)
		copy = with_null_text(draft, field, "null");
	else
		copy = copy_shape(field);
	copy->schema = schema;
	return copy;
}

/* ---- texts --------------------------------------------------------------- */

char *
json_of_text(const char *text)
{
	return typetext_quoted(text, strlen(text));
}

Shape *
field_string(const char *text, bool optional)
{
	return shape_text(schema_new(CONNECT_STRING, optional, NULL, 0), json_of_text(text));
}

static int
hex_unit(const char *p)
{
	char		digits[5];

	memcpy(digits, p, 4);
	digits[4] = '\0';
	return (int) strtol(digits, NULL, 16);
}

/* \uXXXX behind *p, with its low surrogate; writes UTF-8 to to. */
static char *
decode_unit(const char **p, char *to)
{
	pg_wchar	c = hex_unit(*p);

	*p += 4;
	if (is_utf16_surrogate_first(c))
	{
		c = surrogate_pair_to_codepoint(c, hex_unit(*p + 2));
		*p += 6;
	}
	unicode_to_utf8(c, (unsigned char *) to);
	return to + pg_utf_mblen((unsigned char *) to);
}

char *
json_decode(char *start, const char *end)
{
	static const char from[] = "bfnrt";
	static const char to[] = "\b\f\n\r\t";
	char	   *w = start;

	end--;						/* the closing quote */
	for (const char *p = start + 1; p < end;)
	{
		const char *hit;

		if (*p != '\\')
		{
			*w++ = *p++;
			continue;
		}
		p++;
		if (*p == 'u')
		{
			p++;
			w = decode_unit(&p, w);
			continue;
		}
		hit = strchr(from, *p);
		*w++ = hit ? to[hit - from] : *p;
		p++;
	}
	return w;
}

char *
text_of_json(const char *json)
{
	char	   *text = pstrdup(json);

	if (text[0] == '"')
		*json_decode(text, text +strlen(text)) = '\0';
	return text;
}

/* ---- headers ------------------------------------------------------------- */

/* A header whose value a row has. */
typedef struct RowHeader
{
	const char *name;
	const Template *value;
	char		form;			/* of a column that is all of it: RESELECT_* */
} RowHeader;

static void
write_row_header(Out *out, const Row *row, const void *data)
{
	const RowHeader *header = data;
	size_t		start;
	size_t		len;
	char	   *value;

	frame_header(out, header->name, "", 0);
	start = out_offset(out);
	template_run(header->value, out, row);
	value = out_at(out, start);
	len = out->p - value;
	if (len == 4 && memcmp(value, "null", 4) == 0)
	{
		out->p = value;
		wire_put32(value - 4, WIRE_NULL);
		return;
	}
	if (value[0] == '"')
		out->p = json_decode(value, out->p);
	wire_put32(value - 4, (uint32) (out->p - value));
	if (unlikely(row->splices != NULL))
		splices_note_bare(row->splices, header->value, row, WIRE_PART_HEADERS, header->form,
						  start, out_offset(out), start);
}

/*
 * A value inside a header, as SimpleHeaderConverter prints it; what a rule has
 * rewritten stays as the value has it.
 */
static Shape *
embedded(const Shape *field)
{
	Shape	   *copy;

	if (field->kind == SHAPE_STRUCT)
	{
		copy = shape_struct(NULL);
		for (int i = 0; i < field->nfields; i++)
			shape_add(copy, field->fields[i].name, embedded(field->fields[i].shape));
		return copy;
	}
	if (field->kind == SHAPE_COLUMN && !columnrule_is_applied(field->column))
		return shape_header_column(field->column, field->side);
	return copy_shape(field);
}

Shape *
field_header(Draft *draft, const char *name, const Shape *field)
{
	MemoryContext old;
	RowHeader  *header;

	if (field->is_null && strcmp(field->text, "null") == 0)
		return shape_header(name, NULL);
	if (field->kind == SHAPE_TEXT)
		return shape_header(name, shape_text(NULL, text_of_json(field->text)));
	old = MemoryContextSwitchTo(draft->context);
	header = palloc(sizeof(RowHeader));
	header->name = pstrdup(name);
	header->value = template_compile(embedded(field), false);
	header->form = field->kind == SHAPE_COLUMN && columnrule_is_applied(field->column) ?
		RESELECT_TEXT : RESELECT_HEADER_TEXT;
	MemoryContextSwitchTo(old);
	return shape_call(write_row_header, header);
}
