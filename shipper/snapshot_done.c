/*
 * snapshot_done.c
 *	  Which blocks of which tables Kafka has, of a snapshot that is not complete.
 *
 *		{"id": "...", "loose": false, "tables": [[OID, FILE, ROWS, LOOSE, FIRST, END, FIRST, END ...], ...]}
 *
 * The last END of a table may be -1: all that follows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "snapshot_done.h"

/* Numbers of a table before its stretches. */
#define HEAD	4

void
snapshot_done_clear(SnapshotDone *done)
{
	for (int i = 0; i < done->n; i++)
		free(done->tables[i].stretches);
	free(done->tables);
	*done = (SnapshotDone)
	{
		.n = 0
	};
}

/* Where the table is, or belongs. */
static int
place(const SnapshotDone *done, uint32_t oid)
{
	int			low = 0;
	int			high = done->n;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (done->tables[middle].oid < oid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

DoneTable *
snapshot_done_find(const SnapshotDone *done, uint32_t oid)
{
	int			at = place(done, oid);

	return at < done->n && done->tables[at].oid == oid ? &done->tables[at] : NULL;
}

/* The table's, made where there is none. */
static DoneTable *
find_or_make(SnapshotDone *done, uint32_t oid, uint32_t file)
{
	int			at = place(done, oid);

	if (at < done->n && done->tables[at].oid == oid)
		return &done->tables[at];
	done->tables = mem_resize(done->tables, (size_t) (done->n + 1) * sizeof(DoneTable));
	memmove(&done->tables[at + 1], &done->tables[at], (size_t) (done->n++ - at) * sizeof(DoneTable));
	done->tables[at] = (DoneTable)
	{
		.oid = oid,.file = file
	};
	return &done->tables[at];
}

/* Drops stretch i, whose neighbour before it has it. */
static void
remove_stretch(DoneTable *table, int i)
{
	table->n--;
	memmove(&table->stretches[i], &table->stretches[i + 1], (size_t) (table->n - i) * sizeof(DoneStretch));
}

void
snapshot_done_add(SnapshotDone *done, uint32_t oid, uint32_t file, int64_t first, int64_t end, uint64_t rows)
{
	DoneTable  *table = find_or_make(done, oid, file);
	int			at = 0;

	table->rows += rows;
	while (at < table->n && table->stretches[at].first < first)
		at++;
	table->stretches = mem_resize(table->stretches, (size_t) (table->n + 1) * sizeof(DoneStretch));
	memmove(&table->stretches[at + 1], &table->stretches[at], (size_t) (table->n++ - at) * sizeof(DoneStretch));
	table->stretches[at] = (DoneStretch)
	{
		first, end
	};
	if (at + 1 < table->n && table->stretches[at + 1].first == end)
	{
		table->stretches[at].end = table->stretches[at + 1].end;
		remove_stretch(table, at + 1);
	}
	if (at > 0 && table->stretches[at - 1].end == first)
	{
		table->stretches[at - 1].end = table->stretches[at].end;
		remove_stretch(table, at);
	}
}

void
snapshot_done_loosen(SnapshotDone *done, uint32_t oid, uint32_t file)
{
	find_or_make(done, oid, file)->loose = true;
}

void
snapshot_done_forget(DoneTable *table, uint32_t file)
{
	free(table->stretches);
	*table = (DoneTable)
	{
		.oid = table->oid,.file = file,.loose = true,.planned = table->planned
	};
}

bool
snapshot_done_gap(const DoneTable *table, int64_t from, int64_t *first, int64_t *end)
{
	int			n = table ? table->n : 0;
	int			i = 0;

	while (i < n && table->stretches[i].first <= from)
	{
		if (table->stretches[i].end > from)
			from = table->stretches[i].end;
		i++;
	}
	*first = from;
	*end = i < n ? table->stretches[i].first : DONE_NO_END;
	return from != DONE_NO_END;
}

/* ---- as text ---- */

static void
print_table(FILE *out, const DoneTable *table)
{
	fprintf(out, "[%u,%u,%llu,%d", table->oid, table->file, (unsigned long long) table->rows, table->loose);
	for (int i = 0; i < table->n; i++)
	{
		int64_t		end = table->stretches[i].end;

		fprintf(out, ",%lld,%lld", (long long) table->stretches[i].first,
				end == DONE_NO_END ? -1LL : (long long) end);
	}
	fputc(']', out);
}

char *
snapshot_done_print(const SnapshotDone *done)
{
	char	   *text = NULL;
	size_t		size = 0;
	FILE	   *out = open_memstream(&text, &size);

	if (out == NULL)
		mem_exhausted();
	fprintf(out, "{\"id\":\"%s\",\"loose\":%s,\"tables\":[", done->id, done->loose ? "true" : "false");
	for (int i = 0; i < done->n; i++)
	{
		if (i > 0)
			fputc(',', out);
		print_table(out, &done->tables[i]);
	}
	fputs("]}", out);
	if (fclose(out) != 0 || text == NULL)
		mem_exhausted();
	return text;
}

/* A number of a table's, at least low; -1 is the end that is none. */
static bool
number(const json_t *list, size_t i, int64_t low, int64_t high, int64_t *value)
{
	const json_t *one = json_array_get(list, i);

	*value = json_integer_value(one);
	if (json_is_integer(one) && *value == -1 && high == DONE_NO_END)
		*value = DONE_NO_END;
	return json_is_integer(one) && *value >= low && *value <= high;
}

static bool
parse_table(const json_t *list, SnapshotDone *done)
{
	int64_t		oid,
				file,
				rows,
				loose,
				first,
				end,
				last = -1;
	DoneTable  *table;

	if (!number(list, 0, 1, UINT32_MAX, &oid) || !number(list, 1, 0, UINT32_MAX, &file) ||
		!number(list, 2, 0, INT64_MAX - 1, &rows) || !number(list, 3, 0, 1, &loose) ||
		json_array_size(list) % 2 != 0 || snapshot_done_find(done, (uint32_t) oid) != NULL)
		return false;
	table = find_or_make(done, (uint32_t) oid, (uint32_t) file);
	table->rows = (uint64_t) rows;
	table->loose = loose != 0;
	for (size_t i = HEAD; i < json_array_size(list); i += 2)
	{
		if (!number(list, i, last + 1, UINT32_MAX, &first) || !number(list, i + 1, first + 1, DONE_NO_END, &end))
			return false;
		snapshot_done_add(done, (uint32_t) oid, (uint32_t) file, first, end, 0);
		/* nothing is behind what has no end */
		last = end == DONE_NO_END ? UINT32_MAX : end;
	}
	return true;
}

bool
snapshot_done_parse(const char *text, SnapshotDone *done, Err *err)
{
	json_error_t why;
	json_t	   *value = json_loads(text, JSON_REJECT_DUPLICATES, &why);
	const json_t *tables = json_object_get(value, "tables");
	const char *id = json_string_value(json_object_get(value, "id"));
	bool		ok = json_is_array(tables) && id != NULL && strlen(id) < sizeof(done->id);

	if (ok)
		snprintf(done->id, sizeof(done->id), "%s", id);
	done->loose = json_is_true(json_object_get(value, "loose"));
	for (size_t i = 0; ok && i < json_array_size(tables); i++)
		ok = parse_table(json_array_get(tables, i), done);
	json_decref(value);
	return ok || err_set(err, ERR_CONFIG, "it does not say which blocks of which tables are done");
}
