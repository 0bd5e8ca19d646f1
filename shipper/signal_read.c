/*
 * signal_read.c
 *	  From what a channel brought to a Signal: types, fields, patterns.
 *
 * The fields are those of Debezium's io.debezium.pipeline.signal.actions (3.7).
 * Pure: bytes in, a Signal or an error out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "signals.h"
#include "wire.h"

/* So much of what somebody wrote is repeated in a message. */
#define SHOWN_MAX	80

/* Names and patterns in one signal; more is no signal but an accident. */
#define ITEMS_MAX	10000

typedef bool (*ReadFn) (Signal *signal, const json_t *data, Err *err);

static bool read_log(Signal *signal, const json_t *data, Err *err);
static bool read_execute(Signal *signal, const json_t *data, Err *err);
static bool read_stop(Signal *signal, const json_t *data, Err *err);
static bool read_add(Signal *signal, const json_t *data, Err *err);

/* A type of signal; read is NULL where no field counts. */
static const struct SignalType
{
	const char *name;
	SignalKind	kind;
	ReadFn		read;
}			types[] =
{
	{"log", SIGNAL_LOG, read_log},
	{"execute-snapshot", SIGNAL_EXECUTE, read_execute},
	{"stop-snapshot", SIGNAL_STOP, read_stop},
	{"pause-snapshot", SIGNAL_PAUSE, NULL},
	{"resume-snapshot", SIGNAL_RESUME, NULL},
	{"add-table", SIGNAL_ADD, read_add},
	{"snapshot-window-open", SIGNAL_IGNORED, NULL},
	{"snapshot-window-close", SIGNAL_IGNORED, NULL},
};

#define NTYPES (sizeof(types) / sizeof(types[0]))

#define KNOWN_TYPES "execute-snapshot, stop-snapshot, pause-snapshot, resume-snapshot, add-table and log"

static const char *const channel_names[SIGNAL_CHANNELS] = {
	[SIGNAL_FROM_SOURCE] = "source",
	[SIGNAL_FROM_KAFKA] = "kafka",
	[SIGNAL_FROM_FILE] = "file",
};

const char *
signal_channel_name(SignalChannel channel)
{
	return channel_names[channel];
}

const char *
signal_kind_name(SignalKind kind)
{
	for (size_t i = 0; i < NTYPES; i++)
		if (types[i].kind == kind)
			return types[i].name;
	return "none";
}

/* ---- fields ------------------------------------------------------------------ */

/* The text of a field; NULL when it is missing, null or empty.  False and err when it is no text. */
static bool
text_field(const json_t *data, const char *name, const char **text, Err *err)
{
	const json_t *value = json_object_get(data, name);

	*text = NULL;
	if (value == NULL || json_is_null(value))
		return true;
	if (!json_is_string(value))
		return err_set(err, ERR_DATA, "\"%s\" is no text", name);
	if (json_string_length(value) > 0)
		*text = json_string_value(value);
	return true;
}

/* A copy of text without the blanks around it. */
static char *
trimmed(const char *text)
{
	const char *end = text + strlen(text);

	while (text < end && (unsigned char) *text <= ' ')
		text++;
	while (end > text && (unsigned char) end[-1] <= ' ')
		end--;
	return mem_copy_len(text, (size_t) (end - text));
}

/* An array of so many items; *array is NULL when it is missing, null or empty. */
static bool
array_field(const json_t *data, const char *name, const json_t **array, Err *err)
{
	const json_t *value = json_object_get(data, name);

	*array = NULL;
	if (value == NULL || json_is_null(value))
		return true;
	if (!json_is_array(value))
		return err_set(err, ERR_DATA, "\"%s\" is no array", name);
	if (json_array_size(value) > ITEMS_MAX)
		return err_set(err, ERR_DATA, "\"%s\" has more than %d items", name, ITEMS_MAX);
	if (json_array_size(value) > 0)
		*array = value;
	return true;
}

static bool
read_kind_of_snapshot(Signal *signal, const json_t *data, Err *err)
{
	const char *type;

	if (!text_field(data, "type", &type, err))
		return false;
	if (type == NULL || strcasecmp(type, "incremental") == 0)
		signal->snapshot = SNAPSHOT_INCREMENTAL;
	else if (strcasecmp(type, "blocking") == 0)
		signal->snapshot = SNAPSHOT_BLOCKING;
	else
		return err_set(err, ERR_DATA, "its \"type\" is \"%.*s\"; there are incremental and blocking snapshots",
					   SHOWN_MAX, type);
	return true;
}

static bool
read_names(Signal *signal, const json_t *data, Err *err)
{
	const json_t *array;
	size_t		n;

	if (!array_field(data, "data-collections", &array, err))
		return false;
	n = array ? json_array_size(array) : 0;
	signal->collections = mem_zero((n + 1) * sizeof(char *));
	for (size_t i = 0; i < n; i++)
	{
		const json_t *item = json_array_get(array, i);

		if (!json_is_string(item))
			return err_set(err, ERR_DATA, "item %zu of \"data-collections\" is no text", i + 1);
		signal->collections[i] = trimmed(json_string_value(item));
		signal->ncollections = (int) i + 1;
	}
	return true;
}

/* After the kind of snapshot, which says whether case counts. */
static bool
read_collections(Signal *signal, const json_t *data, Err *err)
{
	if (!read_names(signal, data, err))
		return false;
	signal->patterns = mem_zero(((size_t) signal->ncollections + 1) * sizeof(PatternList *));
	for (int i = 0; i < signal->ncollections; i++)
	{
		signal->patterns[i] = pattern_compile(signal->collections[i],
											  signal->snapshot == SNAPSHOT_BLOCKING, err);
		if (signal->patterns[i] == NULL)
			return false;
	}
	return true;
}

static bool
needs_collections(const Signal *signal, Err *err)
{
	return signal->ncollections > 0 ||
		err_set(err, ERR_DATA, "it lacks its \"data-collections\", the tables to read");
}

static bool
read_condition(SignalCondition *condition, const json_t *item, Err *err)
{
	const char *tables;
	const char *filter;

	if (!json_is_object(item))
		return err_set(err, ERR_DATA, "an item of \"additional-conditions\" is no object");
	if (!text_field(item, "data-collection", &tables, err) || !text_field(item, "filter", &filter, err))
		return false;
	if (tables == NULL || filter == NULL)
		return err_set(err, ERR_DATA, "an item of \"additional-conditions\" lacks its \"%s\"",
					   tables ? "filter" : "data-collection");
	condition->tables = pattern_compile(tables, true, err);
	condition->filter = mem_copy(filter);
	return condition->tables != NULL;
}

static bool
read_conditions(Signal *signal, const json_t *data, Err *err)
{
	const json_t *array;
	size_t		n;

	if (!array_field(data, "additional-conditions", &array, err))
		return false;
	n = array ? json_array_size(array) : 0;
	signal->conditions = mem_zero((n + 1) * sizeof(SignalCondition));
	for (size_t i = 0; i < n; i++)
	{
		signal->nconditions = (int) i + 1;
		if (!read_condition(&signal->conditions[i], json_array_get(array, i), err))
			return false;
	}
	return true;
}

/* ---- types ------------------------------------------------------------------ */

static bool
read_log(Signal *signal, const json_t *data, Err *err)
{
	const char *message;

	if (!text_field(data, "message", &message, err))
		return false;
	if (message == NULL)
		return err_set(err, ERR_DATA, "it lacks its \"message\"");
	signal->message = mem_copy(message);
	return true;
}

static bool
read_execute(Signal *signal, const json_t *data, Err *err)
{
	const char *key;

	if (!read_kind_of_snapshot(signal, data, err) || !read_collections(signal, data, err) ||
		!read_conditions(signal, data, err) || !text_field(data, "surrogate-key", &key, err))
		return false;
	if (key != NULL)
		signal->surrogate_key = trimmed(key);
	return needs_collections(signal, err);
}

static bool
read_stop(Signal *signal, const json_t *data, Err *err)
{
	if (!read_kind_of_snapshot(signal, data, err) || !read_collections(signal, data, err))
		return false;
	if (signal->snapshot == SNAPSHOT_BLOCKING)
		return err_set(err, ERR_DATA, "only incremental snapshots can be stopped");
	return true;
}

static bool
read_add(Signal *signal, const json_t *data, Err *err)
{
	return read_names(signal, data, err) && needs_collections(signal, err);
}

/* ---- the whole ------------------------------------------------------------------ */

static const struct SignalType *
find_type(const char *name, size_t len)
{
	for (size_t i = 0; i < NTYPES; i++)
		if (strlen(types[i].name) == len && memcmp(types[i].name, name, len) == 0)
			return &types[i];
	return NULL;
}

/* What somebody wrote, as far as it may be shown; in one of a few buffers. */
static const char *
shown(FrameText text)
{
	static char buffers[2][SHOWN_MAX + 4];
	static unsigned next;
	char	   *buffer = buffers[next++ % 2];
	size_t		len = text.len < SHOWN_MAX ? text.len : SHOWN_MAX;

	/* no half of a character */
	while (len < text.len && len > 0 && ((unsigned char) text.p[len] & 0xC0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++)
		buffer[i] = iscntrl((unsigned char) text.p[i]) ? '?' : text.p[i];
	memcpy(buffer + len, text.len > len ? "..." : "", text.len > len ? 4 : 1);
	return buffer;
}

/* err says what is wrong with a signal; from now on also with which. */
static void
name_signal(const SignalText *text, Err *err)
{
	char		why[sizeof(err->text)];

	memcpy(why, err->text, sizeof(why));
	err_set(err, ERR_DATA, "signal \"%s\" of type \"%s\" (channel %s) is ignored: %.800s",
			text->id.p ? shown(text->id) : "", text->type.p ? shown(text->type) : "",
			channel_names[text->channel], why);
}

static bool
is_too_long(const SignalText *text)
{
	return text->id.len >= WIRE_SIGNAL_MAX || text->type.len >= WIRE_SIGNAL_MAX ||
		text->data.len >= WIRE_SIGNAL_MAX;
}

/* The data as an object; NULL and err when it is none. */
static json_t *
parse_data(FrameText data, Err *err)
{
	json_error_t why;
	json_t	   *value;

	if (data.p == NULL || data.len == 0)
		return json_object();
	value = json_loadb(data.p, data.len, JSON_DECODE_ANY, &why);
	if (value == NULL)
		err_set(err, ERR_DATA, "its data is no JSON (line %d, column %d: %s): %s",
				why.line, why.column, why.text, shown(data));
	else if (!json_is_object(value))
	{
		err_set(err, ERR_DATA, "its data is no JSON object: %s", shown(data));
		json_decref(value);
		value = NULL;
	}
	return value;
}

static Signal *
read_fields(const SignalText *text, const struct SignalType *type, const json_t *data, Err *err)
{
	Signal	   *signal = mem_zero(sizeof(Signal));

	signal->kind = type->kind;
	signal->channel = text->channel;
	signal->lsn = text->lsn;
	signal->id = mem_copy_len(text->id.p ? text->id.p : "", text->id.len);
	if (type->read == NULL || type->read(signal, data, err))
		return signal;
	signal_free(signal);
	return NULL;
}

/* err says what is wrong, without the signal's name. */
static Signal *
read_named(const SignalText *text, Err *err)
{
	const struct SignalType *type = find_type(text->type.p ? text->type.p : "", text->type.len);
	Signal	   *signal;
	json_t	   *data;

	if (is_too_long(text))
	{
		err_set(err, ERR_DATA, "it is longer than %d bytes", WIRE_SIGNAL_MAX - 1);
		return NULL;
	}
	if (type == NULL)
	{
		err_set(err, ERR_DATA, "there is no such type; there are " KNOWN_TYPES);
		return NULL;
	}
	data = parse_data(text->data, err);
	if (data == NULL)
		return NULL;
	signal = read_fields(text, type, data, err);
	json_decref(data);
	return signal;
}

Signal *
signal_read(const SignalText *text, Err *err)
{
	Signal	   *signal = read_named(text, err);

	if (signal == NULL)
		name_signal(text, err);
	return signal;
}

/* A field of a document as text; numbers and the like as they are written. */
static char *
document_text(const json_t *document, const char *name, FrameText *text)
{
	const json_t *value = json_object_get(document, name);
	char	   *printed;

	*text = (FrameText)
	{
		NULL, 0
	};
	if (value == NULL || json_is_null(value))
		return NULL;
	if (json_is_string(value))
		printed = mem_copy_len(json_string_value(value), json_string_length(value));
	else
		printed = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	if (printed == NULL)
		mem_exhausted();
	*text = (FrameText)
	{
		printed, (uint32_t) strlen(printed)
	};
	return printed;
}

Signal *
signal_read_document(SignalChannel channel, const char *document, size_t len, Err *err)
{
	SignalText	text = {.channel = channel};
	json_error_t why;
	json_t	   *parsed = NULL;
	Signal	   *signal;
	char	   *id,
			   *type,
			   *data;

	if (len < WIRE_SIGNAL_MAX)
		parsed = json_loadb(document, len, 0, &why);
	else
		snprintf(why.text, sizeof(why.text), "it is longer than %d bytes", WIRE_SIGNAL_MAX - 1);
	if (!json_is_object(parsed))
	{
		err_set(err, ERR_DATA, "a signal (channel %s) is ignored: it is no JSON object with id, type and data: %s",
				channel_names[channel], parsed ? "an array" : why.text);
		json_decref(parsed);
		return NULL;
	}
	id = document_text(parsed, "id", &text.id);
	type = document_text(parsed, "type", &text.type);
	data = document_text(parsed, "data", &text.data);
	signal = signal_read(&text, err);
	free(id);
	free(type);
	free(data);
	json_decref(parsed);
	return signal;
}

void
signal_free(Signal *signal)
{
	if (signal == NULL)
		return;
	if (signal->settled != NULL)
		signal->settled(signal->settled_arg, signal->token);
	for (int i = 0; i < signal->ncollections; i++)
	{
		free(signal->collections[i]);
		if (signal->patterns != NULL)
			pattern_list_free(signal->patterns[i]);
	}
	for (int i = 0; i < signal->nconditions; i++)
	{
		pattern_list_free(signal->conditions[i].tables);
		free(signal->conditions[i].filter);
	}
	free(signal->collections);
	free(signal->patterns);
	free(signal->conditions);
	free(signal->surrogate_key);
	free(signal->message);
	free(signal->id);
	free(signal);
}

/* ---- what it names ------------------------------------------------------------------ */

bool
signal_selects(const Signal *signal, int collection, const char *table)
{
	if (signal->patterns == NULL)
		return strcmp(signal->collections[collection], table) == 0;
	return pattern_list_match(signal->patterns[collection], table);
}

const char *
signal_filter(const Signal *signal, const char *table)
{
	for (int i = 0; i < signal->nconditions; i++)
		if (pattern_list_match(signal->conditions[i].tables, table))
			return signal->conditions[i].filter;
	return NULL;
}
