/*
 * transform_field.c
 *	  Transforms of the fields of a key or value: InsertField, ReplaceField,
 *	  ExtractField, HoistField, ValueToKey, SetSchemaMetadata.
 *
 * Each follows its class of Kafka Connect 4, its errors included.  Those that
 * change values (MaskField, Cast, TimestampConverter, Flatten) have files of
 * their own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "transformdef.h"
#include "transform_mask.h"
#include "transform_value.h"
#include "typeschema.h"

static const ConnectSchema *
plain_schema(ConnectType type, bool optional, const char *name)
{
	return schema_new(type, optional, name, name ? 1 : 0);
}

/* ---- InsertField --------------------------------------------------------- */

typedef struct InsertField
{
	char	   *topic;
	char	   *partition;
	char	   *offset;
	char	   *timestamp;
	char	   *field;
	char	   *value;
	bool		replace_null;
	int			clock;			/* of timestamp, where the record has none */
} InsertField;

static const char *const clocks[] = {"record", "now", NULL};

#define CLOCK_NOW	1

static const Setting insert_settings[] = {
	{"topic.field", SETTING_STRING, offsetof(InsertField, topic)},
	{"partition.field", SETTING_STRING, offsetof(InsertField, partition)},
	{"offset.field", SETTING_STRING, offsetof(InsertField, offset)},
	{"timestamp.field", SETTING_STRING, offsetof(InsertField, timestamp)},
	{"static.field", SETTING_STRING, offsetof(InsertField, field)},
	{"static.value", SETTING_STRING, offsetof(InsertField, value)},
	{"replace.null.with.default", SETTING_BOOL, offsetof(InsertField, replace_null), false, "true"},
	{"walpost.timestamp", SETTING_ENUM, offsetof(InsertField, clock), false, "record", clocks},
	{NULL}
};

static void
insert_check(TransformStep *step)
{
	const InsertField *insert = step->settings;

	if (insert->offset)
		step_bad_value(step, "offset.field", insert->offset,
					   "nothing here: only records that a sink connector reads have an offset");
	if (!insert->topic && !insert->partition && !insert->timestamp && !insert->field)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no field insertion configured for transform \"%s\"", step->alias),
				 errhint("InsertField needs one of the options topic.field, partition.field, timestamp.field, static.field.")));
	if (insert->field && !insert->value)
		step_bad_value(step, "static.field", insert->field, "effect with static.value beside it");
}

/* Adds a field whose name may end in ! (required) or ?; NULL is null. */
static void
insert_one(Draft *draft, Shape *shape, const char *spec, ConnectType type, const char *logical,
		   const Shape *value)
{
	size_t		len = strlen(spec);
	bool		required = len > 0 && spec[len - 1] == '!';
	bool		marked = required || (len > 0 && spec[len - 1] == '?');
	const char *name = pnstrdup(spec, marked ? len - 1 : len);

	if (required && value == NULL)
		draft_fail(draft, "null used for required field: %s", name);
	if (value == NULL)
		value = shape_text(NULL, "null");
	struct_add(draft, shape, name, field_under(draft, value, plain_schema(type, !required, logical)));
}

/* NULL: null. */
static const Shape *
record_time(const InsertField *insert, const Draft *draft)
{
	if (draft->timestamp || insert->clock != CLOCK_NOW)
		return draft->timestamp;
	return shape_slot(plain_schema(CONNECT_INT64, true, NULL), SLOT_NOW_MS);
}

static void
insert_apply(const TransformStep *step, Draft *draft)
{
	const InsertField *insert = step->settings;
	Shape	  **half = draft_half(draft, step->half);
	Shape	   *old = *half;
	Shape	   *new;

	if (old == NULL || old->is_null)
		return;
	if (!step_struct(step, draft, "field insertion"))
		return;
	new = struct_like(old);
	for (int i = 0; i < old->nfields; i++)
		shape_add(new, old->fields[i].name, field_value(draft, old->fields[i].shape, insert->replace_null));
	if (insert->topic)
		insert_one(draft, new, insert->topic, CONNECT_STRING, NULL, field_string(draft->topic, true));
	/* none in Debezium's record, before the outbox's router */
	if (insert->partition)
		insert_one(draft, new, insert->partition, CONNECT_INT32, NULL, draft->partition);
	if (insert->timestamp)
		insert_one(draft, new, insert->timestamp, CONNECT_INT64, schema_connect_timestamp.name,
				   record_time(insert, draft));
	if (insert->field)
		insert_one(draft, new, insert->field, CONNECT_STRING, NULL, field_string(insert->value, true));
	*half = new;
}

/* ---- ReplaceField -------------------------------------------------------- */

typedef struct ReplaceField
{
	List	   *exclude;
	List	   *include;
	List	   *renames;		/* old:new */
	bool		replace_null;
} ReplaceField;

static const Setting replace_settings[] = {
	{"exclude", SETTING_LIST, offsetof(ReplaceField, exclude), false, ""},
	{"include", SETTING_LIST, offsetof(ReplaceField, include), false, ""},
	{"blacklist", SETTING_LIST, offsetof(ReplaceField, exclude), false, ""},
	{"whitelist", SETTING_LIST, offsetof(ReplaceField, include), false, ""},
	{"renames", SETTING_LIST, offsetof(ReplaceField, renames), false, ""},
	{"replace.null.with.default", SETTING_BOOL, offsetof(ReplaceField, replace_null), false, "true"},
	{NULL}
};

static void
replace_check(TransformStep *step)
{
	const ReplaceField *replace = step->settings;
	ListCell   *lc;

	foreach(lc, replace->renames)
	{
		const char *pair = lfirst(lc);
		const char *colon = strchr(pair, ':');

		if (colon == NULL || colon == pair || colon[1] == '\0' || strchr(colon + 1, ':'))
			step_bad_value(step, "renames", pair, "pairs of names, as in old:new,other:another");
	}
}

static const char *
renamed(const ReplaceField *replace, const char *name)
{
	size_t		len = strlen(name);
	const char *result = name;
	ListCell   *lc;

	foreach(lc, replace->renames)
	{
		const char *pair = lfirst(lc);

		if (strncmp(pair, name, len) == 0 && pair[len] == ':')
			result = pair + len + 1;
	}
	return result;
}

static void
replace_apply(const TransformStep *step, Draft *draft)
{
	const ReplaceField *replace = step->settings;
	Shape	  **half = draft_half(draft, step->half);
	Shape	   *old = *half;
	Shape	   *new;

	if (old == NULL || old->is_null)
		return;
	if (!step_struct(step, draft, "field replacement"))
		return;
	new = struct_like(old);
	for (int i = 0; i < old->nfields; i++)
	{
		const char *name = old->fields[i].name;

		if (step_lists(replace->exclude, name) ||
			(replace->include != NIL && !step_lists(replace->include, name)))
			continue;
		struct_add(draft, new, renamed(replace, name),
				   field_value(draft, old->fields[i].shape, replace->replace_null));
	}
	*half = new;
}

/* ---- ExtractField -------------------------------------------------------- */

typedef struct ExtractField
{
	char	   *field;
	int			syntax;
	bool		replace_null;
} ExtractField;

static const char *const syntaxes[] = {"V1", "V2", NULL};

static const Setting extract_settings[] = {
	{"field", SETTING_STRING, offsetof(ExtractField, field), true},
	{"field.syntax.version", SETTING_ENUM, offsetof(ExtractField, syntax), false, "V1", syntaxes},
	{"replace.null.with.default", SETTING_BOOL, offsetof(ExtractField, replace_null), false, "true"},
	{NULL}
};

static void
extract_check(TransformStep *step)
{
	const ExtractField *extract = step->settings;

	if (extract->syntax == 1 && strchr(extract->field, '`'))
		step_bad_value(step, "field", extract->field, "names without backticks, separated by dots");
}

/* The field that a path leads to, one name of it after the other. */
static Shape *
follow(const ExtractField *extract, Shape *shape)
{
	char	   *path = pstrdup(extract->field);

	for (char *name = path; shape && name;)
	{
		char	   *dot = extract->syntax == 1 ? strchr(name, '.') : NULL;

		if (dot)
			*dot++ = '\0';
		shape = field_find(shape, name);
		name = dot;
	}
	return shape;
}

/* What a path leads to in HoistField's map: NULL is a null without a schema. */
static Shape *
map_value(const ExtractField *extract, Shape *map)
{
	char	   *path = pstrdup(extract->field);

	for (char *name = path; map && name;)
	{
		char	   *dot = extract->syntax == 1 ? strchr(name, '.') : NULL;

		if (dot)
			*dot++ = '\0';
		map = strcmp(name, map->fields[0].name) == 0 ? map->fields[0].shape : NULL;
		name = dot;
	}
	return map;
}

static void
extract_apply(const TransformStep *step, Draft *draft)
{
	const ExtractField *extract = step->settings;
	Shape	  **half = draft_half(draft, step->half);
	Shape	   *field;

	if (*half == NULL)
		return;
	if ((*half)->schema == NULL)
	{
		*half = map_value(extract, *half);
		return;
	}
	if (!(*half)->is_null && !step_struct(step, draft, "field extraction"))
		return;
	field = follow(extract, *half);
	if (field == NULL)
	{
		draft_fail(draft, "Unknown field: %s", extract->field);
		return;
	}
	*half = field_value(draft, field, extract->replace_null && !(*half)->is_null);
}

/* ---- HoistField ---------------------------------------------------------- */

typedef struct HoistField
{
	char	   *field;
} HoistField;

static const Setting hoist_settings[] = {
	{"field", SETTING_STRING, offsetof(HoistField, field), true},
	{NULL}
};

/*
 * A null without a schema becomes a map with that null in it, which prints as
 * JSON like any constant; its field is kept for ExtractField.
 */
static void
hoist_apply(const TransformStep *step, Draft *draft)
{
	const HoistField *hoist = step->settings;
	Shape	  **half = draft_half(draft, step->half);
	Shape	   *new;

	if (*half && (*half)->schema)
	{
		new = shape_struct(plain_schema(CONNECT_STRUCT, false, NULL));
		shape_add(new, hoist->field, *half);
	}
	else
	{
		new = shape_text(NULL, psprintf("{%s:%s}", json_of_text(hoist->field),
										*half ? (*half)->text : "null"));
		shape_add(new, hoist->field, *half);
	}
	*half = new;
}

/* ---- ValueToKey ---------------------------------------------------------- */

typedef struct ValueToKey
{
	List	   *fields;
	bool		replace_null;
} ValueToKey;

static const Setting key_settings[] = {
	{"fields", SETTING_LIST, offsetof(ValueToKey, fields), true},
	{"replace.null.with.default", SETTING_BOOL, offsetof(ValueToKey, replace_null), false, "true"},
	{NULL}
};

static void
key_apply(const TransformStep *step, Draft *draft)
{
	const ValueToKey *settings = step->settings;
	const Shape *value = struct_require(draft, draft->value, "copying fields from value to key");
	Shape	   *key;
	ListCell   *lc;

	if (value == NULL)
		return;
	key = shape_struct(plain_schema(CONNECT_STRUCT, false, NULL));
	foreach(lc, settings->fields)
	{
		const char *name = lfirst(lc);
		Shape	   *field = field_find(value, name);

		if (field == NULL)
			draft_fail(draft, "Field does not exist: %s", name);
		else
			struct_add(draft, key, name, field_value(draft, field, settings->replace_null));
	}
	draft->key = key;
}

/* ---- SetSchemaMetadata --------------------------------------------------- */

typedef struct SetSchema
{
	char	   *name;
	int			version;
	bool		replace_null;
} SetSchema;

static const Setting schema_settings[] = {
	{"schema.name", SETTING_STRING, offsetof(SetSchema, name)},
	{"schema.version", SETTING_INT, offsetof(SetSchema, version)},
	{"replace.null.with.default", SETTING_BOOL, offsetof(SetSchema, replace_null), false, "true"},
	{NULL}
};

static void
schema_check(TransformStep *step)
{
	if (!step_given(step, "schema.name") && !step_given(step, "schema.version"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("neither schema name nor version configured for transform \"%s\"", step->alias),
				 errhint("SetSchemaMetadata needs one of the options schema.name, schema.version.")));
}

static void
schema_apply(const TransformStep *step, Draft *draft)
{
	const SetSchema *settings = step->settings;
	Shape	  **half = draft_half(draft, step->half);
	Shape	   *old = *half;
	ConnectSchema *schema;
	Shape	   *new;

	if (old == NULL)
		return;
	if (old->schema == NULL)
	{
		draft_fail(draft, "Schema required for [updating schema metadata]");
		return;
	}
	schema = palloc(sizeof(ConnectSchema));
	*schema = *old->schema;
	if (step_given(step, "schema.name"))
		schema->name = settings->name;
	if (step_given(step, "schema.version"))
		schema->version = settings->version;
	new = palloc(sizeof(Shape));
	*new = *old;
	new->schema = schema;
	if (old->kind == SHAPE_STRUCT)
	{
		new = shape_struct(schema);
		for (int i = 0; i < old->nfields; i++)
			shape_add(new, old->fields[i].name,
					  field_value(draft, old->fields[i].shape, settings->replace_null));
	}
	*half = new;
}

#define KAFKA "org.apache.kafka.connect.transforms."

const TransformClass field_transforms[] = {
	{KAFKA, "InsertField", true, insert_settings, sizeof(InsertField), insert_check, insert_apply},
	{KAFKA, "ReplaceField", true, replace_settings, sizeof(ReplaceField), replace_check, replace_apply},
	{KAFKA, "MaskField", true, mask_settings, sizeof(MaskField), mask_check, mask_apply},
	{KAFKA, "ExtractField", true, extract_settings, sizeof(ExtractField), extract_check, extract_apply},
	{KAFKA, "HoistField", true, hoist_settings, sizeof(HoistField), NULL, hoist_apply},
	{KAFKA, "ValueToKey", false, key_settings, sizeof(ValueToKey), NULL, key_apply},
	{KAFKA, "SetSchemaMetadata", true, schema_settings, sizeof(SetSchema), schema_check, schema_apply},
	{KAFKA, "Cast", true, cast_settings, sizeof(Cast), cast_check, cast_apply},
	{KAFKA, "TimestampConverter", true, timestamp_settings, sizeof(TimestampConverter), timestamp_check, timestamp_apply},
	{KAFKA, "Flatten", true, flatten_settings, sizeof(Flatten), NULL, flatten_apply},
	{NULL}
};
