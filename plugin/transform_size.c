/*
 * transform_size.c
 *	  EnforceRecordSize: records over a size have their long texts and bytes
 *	  cut, each in proportion.
 *
 * Follows io.debezium.transforms.EnforceRecordSize of 3.7, which estimates what
 * a record takes in a Java virtual machine.  Every row is printed once more to
 * be measured; what a row that is too large loses is its answer (fork.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "columnmask.h"
#include "frame.h"
#include "jsontree.h"
#include "rowvalue.h"

typedef struct EnforceSize
{
	int			max_bytes;
	char	   *ratio_text;
	int			min_field;
	double		ratio;
} EnforceSize;

static const Setting size_settings[] = {
	{"max.bytes", SETTING_INT, offsetof(EnforceSize, max_bytes), true},
	{"compression.ratio", SETTING_STRING, offsetof(EnforceSize, ratio_text), false, "1.0"},
	{"min.field.size", SETTING_INT, offsetof(EnforceSize, min_field), false, "25000"},
	{NULL}
};

static void
size_check(TransformStep *step)
{
	EnforceSize *settings = step->settings;

	if (settings->max_bytes <= 0)
		step_bad_value(step, "max.bytes", psprintf("%d", settings->max_bytes), "a number above 0");
	if (settings->min_field < 0)
		step_bad_value(step, "min.field.size", psprintf("%d", settings->min_field), "0 or a number above");
	settings->ratio = step_number(settings->ratio_text) ? strtod(settings->ratio_text, NULL) : 0;
	if (settings->ratio <= 0)
		step_bad_value(step, "compression.ratio", settings->ratio_text, "a number above 0");
}

/* ---- estimates ----------------------------------------------------------- */

/* What Debezium takes the parts of a record for. */
#define MAP_ENTRY		100		/* of partition, offset; a header */
#define PARTITION_SIZE	1
#define OFFSET_SIZE		7
#define TIMESTAMP		8
#define EMPTY_STRUCT	56
#define EMPTY_STRING	56
#define EMPTY_BYTES		24
#define EMPTY_ARRAY		64
#define EMPTY_MAP		88
#define PRIMITIVE		24
#define REFERENCE		8

/* Bytes that a text of base64 stands for. */
static size_t
decoded_len(const JsonNode *node)
{
	size_t		len = node->len;

	while (len > 0 && node->text[len - 1] == '=')
		len--;
	return len * 3 / 4;
}

static int64 estimate(const ConnectSchema *schema, const JsonNode *node);

static int64
estimate_struct(const ConnectSchema *schema, const JsonNode *node)
{
	int64		size = EMPTY_STRUCT;
	int			place = 0;

	for (int i = 0; i < schema->nfields; i++)
		size += REFERENCE + estimate(schema->fields[i].schema,
									 json_member(node, schema->fields[i].name, &place));
	return size;
}

/* Maps with keys that are no texts are arrays of pairs. */
static int64
estimate_map(const ConnectSchema *schema, const JsonNode *node)
{
	int64		size = EMPTY_MAP;

	for (int i = 0; i < node->nitems; i++)
	{
		const JsonNode *item = node->items[i];

		size += 2 * REFERENCE;
		if (node->kind == JSON_OBJECT)
			size += EMPTY_STRING + strlen(node->names[i]) + estimate(schema->values, item);
		else
			size += estimate(schema->keys, item->items[0]) + estimate(schema->values, item->items[1]);
	}
	return size;
}

static int64
estimate(const ConnectSchema *schema, const JsonNode *node)
{
	int64		size = EMPTY_ARRAY;

	if (schema->type < CONNECT_STRING)
		return PRIMITIVE;
	if (node == NULL || node->kind == JSON_NULL)
		return 0;
	switch (schema->type)
	{
		case CONNECT_STRING:
			return EMPTY_STRING + node->len;
		case CONNECT_BYTES:
			return EMPTY_BYTES + decoded_len(node);
		case CONNECT_STRUCT:
			return estimate_struct(schema, node);
		case CONNECT_MAP:
			return estimate_map(schema, node);
		default:
			for (int i = 0; i < node->nitems; i++)
				size += REFERENCE + estimate(schema->values, node->items[i]);
			return size;
	}
}

/* ---- fields that can be cut ---------------------------------------------- */

/* One of before or after, as it is in the row. */
typedef struct Part
{
	const char *name;
	const ConnectSchema *schema;
	const JsonNode *node;		/* NULL: null */
	int64		bytes;			/* of the fields that can be cut */
} Part;

/* UTF-16 units of a text. */
static int64
java_length(const JsonNode *node)
{
	int64		units = 0;

	for (size_t i = 0; i < node->len; i++)
	{
		unsigned char c = node->text[i];

		units += ((c & 0xC0) != 0x80) + (c >= 0xF0);
	}
	return units;
}

/* The size of a field that can be cut, or 0; what cannot be asked for it is an error. */
static int64
cuttable(const EnforceSize *settings, const ConnectSchema *schema, const JsonNode *node,
		 const char **failure)
{
	int64		size = 0;

	if (node == NULL || node->kind == JSON_NULL)
		return 0;
	if (schema->type == CONNECT_STRING)
		size = java_length(node);
	else if (schema->type == CONNECT_BYTES && schema->name &&
			 strcmp(schema->name, "org.apache.kafka.connect.data.Decimal") == 0)
		*failure = "class java.math.BigDecimal cannot be cast to class java.nio.ByteBuffer";
	else if (schema->type == CONNECT_BYTES)
		size = decoded_len(node);
	return size > settings->min_field ? size : 0;
}

static void
add_up(const EnforceSize *settings, Part *part, const char **failure)
{
	int			place = 0;

	for (int i = 0; part->node && i < part->schema->nfields; i++)
	{
		const ConnectField *field = &part->schema->fields[i];

		part->bytes += cuttable(settings, field->schema, json_member(part->node, field->name, &place),
								failure);
	}
}

/* Appends "before N=size," for each field that loses something. */
static void
print_cuts(Out *out, const EnforceSize *settings, const Part *part, int64 excess)
{
	const char *ignored = NULL;
	int			place = 0;

	for (int i = 0; part->bytes > 0 && excess > 0 && i < part->schema->nfields; i++)
	{
		const ConnectField *field = &part->schema->fields[i];
		int64		size = cuttable(settings, field->schema,
									json_member(part->node, field->name, &place), &ignored);
		int64		less = (int64) ceil((double) size / part->bytes * excess);
		char	   *cut;

		if (size == 0 || less == 0)
			continue;
		cut = psprintf("%s %d=" INT64_FORMAT ",", part->name, i, Max(size - less, 0));
		out_bytes(out, cut, strlen(cut));
	}
}

/* ---- the question -------------------------------------------------------- */

typedef struct SizeQuestion
{
	const EnforceSize *settings;
	const Template *key;		/* NULL: none */
	const Template *value;
	const ConnectSchema *key_schema;
	const ConnectSchema *value_schema;
	int64		fixed;			/* what is the same in each row */
	const char *complaint;		/* how an error begins */
} SizeQuestion;

static const JsonNode *
read_half(const Template *template, const Row *row)
{
	StringInfoData text;
	Out			out;

	initStringInfo(&text);
	out_open(&out, &text);
	template_run(template, &out, row);
	out_close(&out);
	return json_read(text.data, text.len);
}

static Part
find_part(const SizeQuestion *question, const JsonNode *value, const char *name)
{
	Part		part = {.name = name};
	int			place = 0;

	for (int i = 0; i < question->value_schema->nfields; i++)
		if (strcmp(question->value_schema->fields[i].name, name) == 0)
			part.schema = question->value_schema->fields[i].schema;
	if (part.schema && part.schema->type == CONNECT_STRUCT)
		part.node = json_member(value, name, &place);
	if (part.node && part.node->kind == JSON_NULL)
		part.node = NULL;
	return part;
}

/* The answer: which fields keep how much; none if the record fits. */
static void
ask_size(Out *out, const Row *row, const void *data)
{
	const SizeQuestion *question = data;
	const EnforceSize *settings = question->settings;
	const JsonNode *value = read_half(question->value, row);
	const char *failure = NULL;
	int64		size = question->fixed + estimate(question->value_schema, value);
	Part		parts[2];
	int64		total;

	if (question->key)
		size += estimate(question->key_schema, read_half(question->key, row));
	size = (int64) ceil(size * settings->ratio);
	if (size <= settings->max_bytes)
		return;
	parts[0] = find_part(question, value, "before");
	parts[1] = find_part(question, value, "after");
	for (int i = 0; i < 2; i++)
		add_up(settings, &parts[i], &failure);
	if (failure)
		draft_report(psprintf("%s%s", question->complaint, failure));
	total = parts[0].bytes + parts[1].bytes;
	for (int i = 0; i < 2 && total > 0; i++)
		print_cuts(out, settings, &parts[i],
				   (int64) ceil((double) parts[i].bytes / total * (size - settings->max_bytes)));
}

/* ---- cutting ------------------------------------------------------------- */

static const char *
cut_text(Out *out, char *text, size_t len, const void *data)
{
	size_t		start = out_offset(out);

	out_bytes(out, text, len);
	columnmask_cut_string(out, out_at(out, start), *(const int *) data);
	return NULL;
}

static const char *
cut_bytes(Out *out, char *text, size_t len, const void *data)
{
	size_t		start = out_offset(out);

	out_bytes(out, text, len);
	columnmask_cut_base64(out, out_at(out, start), *(const int *) data);
	return NULL;
}

/* One of before or after with a field cut. */
static Shape *
with_cut(const TransformStep *step, Draft *draft, const Shape *old, int place, int size)
{
	Shape	   *new = shape_struct(old->schema);
	int		   *keep = MemoryContextAlloc(draft->context, sizeof(int));

	*keep = size;
	for (int i = 0; i < old->nfields; i++)
	{
		const ShapeField *field = &old->fields[i];
		const ConnectSchema *schema = shape_schema(field->shape);

		if (i != place)
			shape_add(new, field->name, field->shape);
		else
			shape_add(new, field->name,
					  rowvalue_new(step, draft, field->shape, schema,
								   schema->type == CONNECT_STRING ? cut_text : cut_bytes, keep));
	}
	return new;
}

static void
cut_field(const TransformStep *step, Draft *draft, const char *part, int place, int size)
{
	const Shape *old = draft->value;
	Shape	   *new = shape_struct(old->schema);

	for (int i = 0; i < old->nfields; i++)
	{
		const ShapeField *field = &old->fields[i];

		if (strcmp(field->name, part) == 0)
			shape_add(new, field->name, with_cut(step, draft, field->shape, place, size));
		else
			shape_add(new, field->name, field->shape);
	}
	draft->value = new;
}

static void
take_cuts(const TransformStep *step, Draft *draft, const char *answer, size_t len)
{
	char		part[8];
	int			place,
				size,
				used;

	while (sscanf(answer, "%7s %d=%d,%n", part, &place, &size, &used) == 3)
	{
		cut_field(step, draft, part, place, size);
		answer += used;
	}
}

/* ---- records ------------------------------------------------------------- */

/* The same with nulls where nulls are, and not what they print as. */
static Shape *
with_nulls(Draft *draft, const Shape *shape)
{
	Shape	   *copy;

	if (shape->kind != SHAPE_STRUCT)
		return field_under(draft, shape, shape_schema(shape));
	copy = shape_struct(shape->schema);
	for (int i = 0; i < shape->nfields; i++)
		shape_add(copy, shape->fields[i].name, with_nulls(draft, shape->fields[i].shape));
	return copy;
}

static SizeQuestion *
make_question(const TransformStep *step, Draft *draft)
{
	MemoryContext old = MemoryContextSwitchTo(draft->context);
	SizeQuestion *question = palloc0(sizeof(SizeQuestion));

	question->settings = step->settings;
	question->value = template_compile(with_nulls(draft, draft->value), false);
	question->value_schema = shape_schema(draft->value);
	if (draft->key)
	{
		question->key = template_compile(with_nulls(draft, draft->key), false);
		question->key_schema = shape_schema(draft->key);
	}
	question->fixed = TIMESTAMP + strlen(draft->topic) +
		MAP_ENTRY * (PARTITION_SIZE + OFFSET_SIZE + list_length(draft->headers));
	question->complaint = step_failure(step, draft, "");
	MemoryContextSwitchTo(old);
	return question;
}

static void
size_apply(const TransformStep *step, Draft *draft)
{
	if (draft->value == NULL || draft->value->kind != SHAPE_STRUCT || draft->value->schema == NULL ||
		(field_find(draft->value, "before") == NULL && field_find(draft->value, "after") == NULL))
		return;
	if (draft->key && !struct_require(draft, draft->key, "estimating sizes"))
		return;
	draft_ask(draft, ask_size, make_question(step, draft), take_cuts);
}

const TransformClass size_transforms[] = {
	{"io.debezium.transforms.", "EnforceRecordSize", false,
	size_settings, sizeof(EnforceSize), size_check, size_apply},
	{NULL}
};
