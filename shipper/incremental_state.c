/*
 * incremental_state.c
 *	  What is to be read and how far that is, and the same as text.
 *
 * Pure: bytes in, bytes out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "incremental_private.h"
#include "mem.h"

/* The texts of a table; all but the first three may be missing. */
static const struct
{
	const char *name;
	size_t		offset;
}			texts[] = {
	{"id", offsetof(IncTable, id)},
	{"table", offsetof(IncTable, name)},
	{"quoted", offsetof(IncTable, quoted)},
	{"condition", offsetof(IncTable, condition)},
	{"surrogate", offsetof(IncTable, surrogate)},
	{"after", offsetof(IncTable, after)},
	{"up_to", offsetof(IncTable, up_to)},
};

#define NTEXTS		(sizeof(texts) / sizeof(texts[0]))
#define NREQUIRED	3

static char **
text_of(IncTable *table, size_t i)
{
	return (char **) ((char *) table + texts[i].offset);
}

void
inc_table_free(IncTable *table)
{
	for (size_t i = 0; i < NTEXTS; i++)
		free(*text_of(table, i));
}

void
inc_state_clear(IncState *state)
{
	for (int i = 0; i < state->ntables; i++)
		inc_table_free(&state->tables[i]);
	free(state->tables);
	memset(state, 0, sizeof(*state));
}

void
inc_state_add(IncState *state, IncTable table)
{
	state->tables = mem_resize(state->tables, (state->ntables + 1) * sizeof(IncTable));
	state->tables[state->ntables++] = table;
}

void
inc_state_remove(IncState *state, int i)
{
	inc_table_free(&state->tables[i]);
	memmove(&state->tables[i], &state->tables[i + 1], (--state->ntables - i) * sizeof(IncTable));
}

void
inc_state_to_front(IncState *state, int n)
{
	int			first = state->ntables - n;

	for (int i = 0; i < n; i++)
	{
		IncTable	table = state->tables[first + i];

		memmove(&state->tables[i + 1], &state->tables[i], (size_t) first * sizeof(IncTable));
		state->tables[i] = table;
	}
}

IncTable *
inc_state_find(IncState *state, const char *name, bool blocking)
{
	for (int i = 0; i < state->ntables; i++)
		if (state->tables[i].blocking == blocking && strcmp(state->tables[i].name, name) == 0)
			return &state->tables[i];
	return NULL;
}

/* ---- as text ---- */

static json_t *
print_table(IncTable *table)
{
	json_t	   *object = json_object();

	for (size_t i = 0; i < NTEXTS; i++)
		if (*text_of(table, i) != NULL)
			json_object_set_new(object, texts[i].name, json_string(*text_of(table, i)));
	json_object_set_new(object, "rows", json_integer((json_int_t) table->rows));
	if (table->blocking)
		json_object_set_new(object, "blocking", json_true());
	if (table->keyless)
		json_object_set_new(object, "keyless", json_true());
	return object;
}

char *
inc_state_print(const IncState *state)
{
	json_t	   *object = json_object();
	json_t	   *tables = json_array();
	char	   *text;

	for (int i = 0; i < state->ntables; i++)
		json_array_append_new(tables, print_table(&state->tables[i]));
	json_object_set_new(object, "tables", tables);
	json_object_set_new(object, "paused", json_boolean(state->paused));
	text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
	if (text == NULL)
		mem_exhausted();
	json_decref(object);
	return text;
}

static bool
parse_table(const json_t *object, IncTable *table)
{
	memset(table, 0, sizeof(*table));
	for (size_t i = 0; i < NTEXTS; i++)
	{
		const char *text = json_string_value(json_object_get(object, texts[i].name));

		if (text != NULL)
			*text_of(table, i) = mem_copy(text);
		else if (i < NREQUIRED)
		{
			inc_table_free(table);
			return false;
		}
	}
	table->blocking = json_is_true(json_object_get(object, "blocking"));
	table->keyless = json_is_true(json_object_get(object, "keyless"));
	table->rows = (uint64_t) json_integer_value(json_object_get(object, "rows"));
	return true;
}

bool
inc_state_parse(const char *text, size_t len, IncState *state, Err *err)
{
	json_error_t why;
	json_t	   *object = json_loadb(text, len, 0, &why);
	json_t	   *tables = json_object_get(object, "tables");
	bool		ok = json_is_array(tables);

	memset(state, 0, sizeof(*state));
	for (size_t i = 0; ok && i < json_array_size(tables); i++)
	{
		IncTable	table;

		ok = parse_table(json_array_get(tables, i), &table);
		if (ok)
			inc_state_add(state, table);
	}
	state->paused = json_is_true(json_object_get(object, "paused"));
	json_decref(object);
	if (ok)
		return true;
	inc_state_clear(state);
	return err_set(err, ERR_CONFIG, "it is not what this version writes: %.*s", (int) (len < 200 ? len : 200), text);
}

/* ---- a key for people ---- */

/*
 * An array's text has quotes around values that need them, and a backslash before
 * what would end them.
 */
char *
inc_key_list(const char *array)
{
	char	   *list = mem_copy(array);
	char	   *to = list;
	bool		quoted = false;

	for (const char *p = array; *p != '\0'; p++)
	{
		if (quoted && *p == '\\' && p[1] != '\0')
			*to++ = *++p;
		else if (*p == '"')
			quoted = !quoted;
		else if (quoted || (*p != '{' && *p != '}'))
			*to++ = *p;
	}
	*to = '\0';
	return list;
}
