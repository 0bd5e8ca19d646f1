/*
 * incremental_blocking.c
 *	  Blocking snapshots: the stream stands still while tables are read.
 *
 * The stream stands before its next transaction; a temporary slot exports a
 * snapshot at some later place; the stream goes on to right there, and stands
 * again while all rows are read that the snapshot shows.  So a row has what all
 * transactions before it said, and nothing of those that come after it.
 *
 *		BLOCK_SLOT -> BLOCK_LOOK -> BLOCK_STAND -> BLOCK_ROWS -> IDLE
 *
 * Interrupted, it begins again.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "incremental_private.h"
#include "mem.h"
#include "wire.h"

#define LOG_MODULE "incremental"

/*
 * A table that was rewritten between snapshot and lock shows no rows.  One that has
 * taken the name of another since, shows rows whose changes came under its own; and
 * one that was made since, none.
 */
static const char rewritten_sql[] =
"SELECT t.name FROM pg_catalog.unnest(ARRAY[%s]) t (name) WHERE NOT EXISTS"
" (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
"  WHERE c.oid OPERATOR(pg_catalog.=) t.name::pg_catalog.regclass"
"  AND t.name OPERATOR(pg_catalog.=) (pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.||) '.'"
"   OPERATOR(pg_catalog.||) pg_catalog.quote_ident(c.relname))"
"  AND c.relfilenode OPERATOR(pg_catalog.=) pg_catalog.pg_relation_filenode(c.oid));";

/* How many results come before those that say which tables have rows. */
#define RESULTS_BEFORE	2

int
inc_blocking_tables(const Incremental *inc)
{
	const IncState *state = &inc->state;
	int			n = 0;

	while (n < state->ntables && state->tables[n].blocking &&
		   strcmp(state->tables[n].id, state->tables[0].id) == 0)
		n++;
	return n;
}

/* ---- the slot ---- */

void
inc_block_begin(Incremental *inc)
{
	/* of an attempt whose connection broke, the server may not know that yet */
	char	   *sql = mem_print("CREATE_REPLICATION_SLOT \"walpost_blocking_%.16s_%u\" TEMPORARY LOGICAL walpost EXPORT_SNAPSHOT",
								inc->key, ++inc->block_tries);

	log_info("a blocking snapshot of %d tables begins: the stream stands still", inc_blocking_tables(inc));
	inc->barrier = 1;
	session_send(inc->slot_session, "make a temporary slot", sql);
	free(sql);
}

bool
inc_block_slot(Incremental *inc, const PGresult *res, Err *err)
{
	if (PQntuples(res) != 1 || PQnfields(res) < 3 || !pg_parse_lsn(PQgetvalue(res, 0, 1), &inc->barrier))
		return err_set(err, ERR_FATAL, "could not make a temporary slot: the server's answer is none");
	inc->reached = false;
	snprintf(inc->snapshot, sizeof(inc->snapshot), "%s", PQgetvalue(res, 0, 2));
	return true;
}

/* ---- what is to be read ---- */

/* What comes before the rows in the stream; the caller frees it. */
static char *
last_commit_options(const Incremental *inc)
{
	uint64_t	lsn = inc->delivery->intake.last_end_lsn;

	if (lsn == 0)
		return mem_copy("");
	return mem_print(" || ARRAY['walpost.last.commit.lsn', '" LSN_FMT "']", LSN_ARGS(lsn));
}

/* The function's call for a table; the caller frees it. */
static char *
snapshot_call(const Incremental *inc, const IncTable *table, const char *first, const char *last)
{
	char	   *name = inc_quote(table->quoted);
	char	   *last_commit = last_commit_options(inc);
	char	   *query = table->condition != NULL ? inc_quote(table->condition) : mem_copy("NULL");
	char	   *call = mem_print("walpost.snapshot(%s::pg_catalog.regclass, %s%s, '" LSN_FMT "', 0, NULL, 0, '%s', '%s', %s)",
								 name, inc->options, last_commit, LSN_ARGS(inc->barrier), first, last, query);

	free(last_commit);
	free(name);
	free(query);
	return call;
}

/* Texts joined, each made for one of the tables; the caller frees it. */
static char *
for_each_table(const Incremental *inc, const char *between,
			   void (*put) (const Incremental *inc, int i, FILE *out))
{
	char	   *text = NULL;
	size_t		size = 0;
	FILE	   *out = open_memstream(&text, &size);
	int			n = inc_blocking_tables(inc);

	if (out == NULL)
		mem_exhausted();
	for (int i = 0; i < n; i++)
	{
		fputs(i > 0 ? between : "", out);
		put(inc, i, out);
	}
	if (fclose(out) != 0 || text == NULL)
		mem_exhausted();
	return text;
}

static void
put_only(const Incremental *inc, int i, FILE *out)
{
	fprintf(out, "ONLY %s", inc->state.tables[i].quoted);
}

static void
put_literal(const Incremental *inc, int i, FILE *out)
{
	char	   *name = inc_quote(inc->state.tables[i].quoted);

	fprintf(out, "%s::pg_catalog.text", name);
	free(name);
}

/* Has it a row? */
static void
put_count(const Incremental *inc, int i, FILE *out)
{
	char	   *call = snapshot_call(inc, &inc->state.tables[i], "true", "true");

	fprintf(out, "SELECT pg_catalog.count(*) FROM (SELECT pg_catalog.length(%s) LIMIT 1) s;", call);
	free(call);
}

void
inc_block_look(Incremental *inc)
{
	char	   *locks = for_each_table(inc, ", ", put_only);
	char	   *names = for_each_table(inc, ", ", put_literal);
	char	   *rewritten = mem_print(rewritten_sql, names);
	char	   *counts = for_each_table(inc, "", put_count);
	char	   *sql = mem_print("BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '%s';"
								"SELECT %s;"
								"LOCK TABLE %s IN ACCESS SHARE MODE;%s%s", inc->snapshot,
								inc->read_only ? "NULL" : "pg_catalog.pg_current_xact_id()", locks, rewritten, counts);

	inc->results = 0;
	inc->last_with_rows = -1;
	session_send(inc->session, "begin a blocking snapshot", sql);
	free(locks);
	free(names);
	free(rewritten);
	free(counts);
	free(sql);
}

bool
inc_block_found(Incremental *inc, const PGresult *res, Err *err)
{
	int			i = inc->results++;

	if (i == RESULTS_BEFORE - 1 && PQntuples(res) > 0)
		return err_set(err, ERR_RETRY, "table %s was truncated, rewritten or renamed while the snapshot began",
					   PQgetvalue(res, 0, 0));
	if (i >= RESULTS_BEFORE && strcmp(PQgetvalue(res, 0, 0), "1") == 0)
		inc->last_with_rows = i - RESULTS_BEFORE;
	return true;
}

/* The session has the snapshot, so that the slot is of no more use. */
bool
inc_block_stands(Incremental *inc)
{
	const Intake *intake = &inc->delivery->intake;

	session_close(inc->slot_session);
	return (inc->reached || intake->ledger.received_lsn >= inc->barrier) && intake_may_insert(intake);
}

/* ---- the rows ---- */

static void
put_copy(const Incremental *inc, int i, FILE *out)
{
	char	   *call = snapshot_call(inc, &inc->state.tables[i],
									 i == 0 ? "first" : "first_in_data_collection",
									 i == inc->last_with_rows ? "last" : "last_in_data_collection");

	fprintf(out, "COPY (SELECT %s) TO STDOUT (FORMAT binary);", call);
	free(call);
}

void
inc_block_read(Incremental *inc)
{
	char	   *copies = for_each_table(inc, "", put_copy);
	char	   *sql = mem_print("%sCOMMIT", copies);

	inc->results = 0;
	inc_chunk_clear(&inc->chunk);
	session_send(inc->session, "read the tables of a blocking snapshot", sql);
	free(copies);
	free(sql);
}

static void
put_name(const Incremental *inc, int i, FILE *out)
{
	fputs(inc->state.tables[i].name, out);
}

static void
notice(Incremental *inc, NoticeType type, const IncTable *table, const char *status)
{
	char	   *names;

	if (inc->delivery->notifications == NULL)
		return;
	names = for_each_table(inc, ",", put_name);
	notifications_send(inc->delivery->notifications, &(Notice)
	{
		.of = NOTICE_INITIAL,
			.type = type,
			.collections = names,
			.collection = table != NULL ? table->name : NULL,
			.rows = table != NULL && type != NOTICE_IN_PROGRESS ? (int64_t) table->rows : -1,
			.chunks = 1,
			.status = status,
	});
	free(names);
}

/* A copy begins or, with its number, has ended. */
void
inc_block_copy(Incremental *inc, bool begins)
{
	IncTable   *table = &inc->state.tables[inc->results];

	if (begins)
	{
		if (inc->results == 0)
		{
			notice(inc, NOTICE_STARTED, NULL, NULL);
			notice(inc, NOTICE_RESOLVED, NULL, NULL);
		}
		table->rows = 0;
		inc->chunk.header = false;
		notice(inc, NOTICE_IN_PROGRESS, table, NULL);
		notice(inc, NOTICE_CHUNK_IN_PROGRESS, table, NULL);
		return;
	}
	log_info("the blocking snapshot has %llu rows of %s", (unsigned long long) table->rows, table->name);
	notice(inc, NOTICE_CHUNK_COMPLETED, table, "SUCCEEDED");
	notice(inc, NOTICE_TABLE_SCAN_COMPLETED, table, "SUCCEEDED");
	inc->results++;
}

bool
inc_block_rows(Incremental *inc, char *buffer, size_t len, Err *err)
{
	ChunkRow	row = inc_chunk_row(&inc->chunk, buffer, len);
	IncTable   *table = &inc->state.tables[inc->results];
	bool		ok;

	if (row.kind != CHUNK_ROW_VALUE)
	{
		PQfreemem(buffer);
		return row.kind == CHUNK_ROW_END ||
			err_set(err, ERR_FATAL, "could not read table %s: the server sent what is no row of COPY", table->name);
	}
	inc->last_unit = intake_insert_begin(&inc->delivery->intake);
	ok = intake_insert(&inc->delivery->intake, &inc->routes, buffer, len, row.start, NULL,
					   loop_now_us(), &table->rows, err);
	intake_insert_end(&inc->delivery->intake);
	return ok;
}

static void
drop(Incremental *inc)
{
	session_close(inc->slot_session);
	session_close(inc->session);
	inc_chunk_clear(&inc->chunk);
	inc->barrier = 0;
	inc->reached = false;
}

void
inc_block_end(Incremental *inc, const Err *err)
{
	drop(inc);
	if (err != NULL)
		log_error("the blocking snapshot ends: %s", err->text);
	else
		log_info("the blocking snapshot is complete: the stream goes on");
	notice(inc, err != NULL ? NOTICE_ABORTED : NOTICE_COMPLETED, NULL, NULL);
	for (int n = inc_blocking_tables(inc); n > 0; n--)
		inc_state_remove(&inc->state, 0);
	inc_touch(inc);
}

void
inc_block_drop(Incremental *inc)
{
	if (inc->barrier != 0)
		drop(inc);
}

uint64_t
incremental_barrier(const Incremental *inc)
{
	return inc->barrier;
}

bool
incremental_stands(const Incremental *inc)
{
	return inc->barrier != 0 && inc->reached;
}

void
incremental_reached(Incremental *inc)
{
	inc->reached = true;
	inc->loop->again = true;
}
