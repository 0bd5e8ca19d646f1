/*
 * rowvalue.c
 *	  Values that a transform makes of what a field prints, row by row.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "frame.h"
#include "rowvalue.h"

/* What a row needs. */
typedef struct RowValue
{
	const Template *inner;
	RewriteFn	rewrite;
	const void *data;
	const char *complaint;		/* how an error begins */
} RowValue;

static void
write_value(Out *out, const Row *row, const void *data)
{
	const RowValue *value = data;
	size_t		start = out_offset(out);
	char		buffer[256];
	char	   *text;
	const char *failure;
	size_t		len;

	template_run(value->inner, out, row);
	len = out_offset(out) - start;
	if (len == 4 && memcmp(out_at(out, start), "null", 4) == 0)
		return;
	text = len < sizeof(buffer) ? buffer : palloc(len + 1);
	memcpy(text, out_at(out, start), len);
	text	  [len] = '\0';

	out->p = out_at(out, start);
	failure = value->rewrite(out, text, len, value->data);
	if (failure)
		draft_report(psprintf("%s%s", value->complaint, failure));
}

const char *
rowvalue_text(Draft *draft, const char *json, RewriteFn rewrite, const void *data)
{
	StringInfoData buf;
	Out			out;
	const char *failure;

	if (strcmp(json, "null") == 0)
		return json;
	initStringInfo(&buf);
	out_open(&out, &buf);
	failure = rewrite(&out, pstrdup(json), strlen(json), data);
	out_close(&out);
	if (failure == NULL)
		return buf.data;
	draft_fail(draft, "%s", failure);
	return NULL;
}

/* A constant, rewritten once and for all. */
static Shape *
constant_value(Draft *draft, const Shape *field, const ConnectSchema *schema, RewriteFn rewrite,
			   const void *data)
{
	const char *text = rowvalue_text(draft, field->text, rewrite, data);

	if (text == NULL)
		return shape_null(schema, "null");
	return field->is_null ? shape_null(schema, text) : shape_text(schema, text);
}

Shape *
rowvalue_new(const TransformStep *step, Draft *draft, const Shape *field,
			 const ConnectSchema *schema, RewriteFn rewrite, const void *data)
{
	MemoryContext old;
	RowValue   *value;
	Shape	   *shape;

	if (field->kind == SHAPE_TEXT)
		return constant_value(draft, field, schema, rewrite, data);
	old = MemoryContextSwitchTo(draft->context);
	value = palloc(sizeof(RowValue));
	value->inner = template_compile(field, false);
	value->rewrite = rewrite;
	value->data = data;
	value->complaint = step_failure(step, draft, "");
	MemoryContextSwitchTo(old);
	shape = shape_call(write_value, value);
	shape->schema = schema;
	return shape;
}

size_t
rowvalue_decode(char *text, size_t len)
{
	char	   *end = json_decode(text, text +len);

	*end = '\0';
	return end - text;
}

size_t
rowvalue_decode_base64(char *text, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t		n = 0;
	uint32		group = 0;
	int			bits = 0;

	for (const char *p = text + 1; p < text + len - 1 && *p != '='; p++)
	{
		group = group << 6 | (uint32) (strchr(digits, *p) - digits);
		bits += 6;
		if (bits >= 8)
			text[n++] = (char) (group >> (bits -= 8));
	}
	text[n] = '\0';
	return n;
}
