/*
 * snapshot_tables.c
 *	  What a snapshot reads: which tables, and in which pieces and order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "pattern.h"
#include "pg_until.h"
#include "snapshot_private.h"
#include "tables.h"

#define LOG_MODULE "snapshot"

/* A piece is not smaller than that, and there are so many for each reader. */
#define BLOCKS_MIN			1024
#define PIECES_PER_READER	8

/* What is read again at most for each reader, if it is interrupted: 2 to 64 MB. */
#define REST_BLOCKS_MIN		256
#define REST_BLOCKS_MAX		8192

/*
 * What the publication lists, with the partitions that have the rows of a root;
 * but not signals, which have been obeyed.
 * A partition belongs to the relation it is shown as, which decides whether it is
 * captured.  Rows are estimated as the planner does it: as dense as they were when
 * the table was analyzed, else by the width of its columns.
 */
static const char tables_sql[] =
"SELECT s.schemaname || '.' || s.tablename, n.nspname || '.' || l.relname,"
" pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.relname), l.oid, l.relkind,"
" b.blocks, CASE WHEN l.reltuples >= 0 AND l.relpages > 0 THEN l.reltuples / l.relpages * b.blocks"
"  ELSE b.blocks * (b.size - 24) / (28 + (SELECT pg_catalog.sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END)"
"   FROM pg_catalog.pg_attribute a WHERE a.attrelid = l.oid AND a.attnum > 0)) END,"
" EXISTS (SELECT FROM pg_catalog.pg_am a WHERE a.oid = l.relam AND a.amname = 'heap'),"
" s.oid, l.relfilenode,"
" EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = l.oid AND (i.indisprimary OR i.indisreplident))"
" FROM (SELECT DISTINCT c.oid, c.relkind, t.schemaname, t.tablename"
"  FROM pg_catalog.pg_publication_tables t"
"  JOIN pg_catalog.pg_namespace tn ON tn.nspname = t.schemaname"
"  JOIN pg_catalog.pg_class c ON c.relnamespace = tn.oid AND c.relname = t.tablename"
"  WHERE t.pubname = $1) s"
" CROSS JOIN LATERAL (SELECT s.oid AS relid WHERE s.relkind <> 'p'"
"  UNION ALL SELECT p.relid FROM pg_catalog.pg_partition_tree(s.oid) p WHERE p.isleaf AND s.relkind = 'p') r"
" JOIN pg_catalog.pg_class l ON l.oid = r.relid"
" JOIN pg_catalog.pg_namespace n ON n.oid = l.relnamespace"
" CROSS JOIN LATERAL (SELECT COALESCE(pg_catalog.pg_relation_size(l.oid) / s.size, 0) AS blocks, s.size"
"  FROM (SELECT pg_catalog.current_setting('block_size')::pg_catalog.int8 AS size) s) b"
" WHERE l.relkind <> 'p'"
" ORDER BY (s.schemaname || '.' || s.tablename) COLLATE \"C\", (n.nspname || '.' || l.relname) COLLATE \"C\"";

static bool
is_captured(const TableList *list, const char *name)
{
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->tables[i].name, name) == 0)
			return list->tables[i].captured && !list->tables[i].signals;
	return false;
}

static void
read_table(const PGresult *res, int row, SnapshotTable *table)
{
	*table = (SnapshotTable)
	{
		.name = mem_copy(PQgetvalue(res, row, 1)),
			.quoted = mem_copy(PQgetvalue(res, row, 2)),
			.oid = (unsigned) strtoul(PQgetvalue(res, row, 3), NULL, 10),
			.blocks = strtoll(PQgetvalue(res, row, 5), NULL, 10),
			.rows = strtod(PQgetvalue(res, row, 6), NULL),
			.ranges = PQgetvalue(res, row, 7)[0] == 't',
			.shown = (unsigned) strtoul(PQgetvalue(res, row, 8), NULL, 10),
			.file = (unsigned) strtoul(PQgetvalue(res, row, 9), NULL, 10),
			.keyed = PQgetvalue(res, row, 10)[0] == 't',
	};
}

/* Is it one of those that are asked for? */
static bool
is_wanted(const SnapshotPart *part, const PatternList *include, const char *shown)
{
	if (part == NULL)
		return pattern_included(include, NULL, shown);
	for (int i = 0; i < part->ntables; i++)
		if (strcmp(part->tables[i], shown) == 0)
			return true;
	return false;
}

static void
choose(SnapshotPlan *plan, const PGresult *res, const TableList *list, const SnapshotPart *part,
	   const PatternList *include)
{
	plan->tables = mem_zero((PQntuples(res) + 1) * sizeof(SnapshotTable));
	for (int i = 0; i < PQntuples(res); i++)
	{
		const char *shown = PQgetvalue(res, i, 0);

		if (!is_captured(list, shown) || !is_wanted(part, include, shown))
			continue;
		if (PQgetvalue(res, i, 4)[0] != 'r')
		{
			log_warn("the snapshot leaves out %s, a foreign table: its rows are on another server",
					 PQgetvalue(res, i, 1));
			continue;
		}
		read_table(res, i, &plan->tables[plan->ntables]);
		plan->rows += plan->tables[plan->ntables++].rows;
	}
}

/* ---- snapshot.select.statement.overrides ---- */

#define OVERRIDES	"snapshot.select.statement.overrides"

static SnapshotTable *
find_table(const SnapshotPlan *plan, const char *name)
{
	for (int i = 0; i < plan->ntables; i++)
		if (strcmp(plan->tables[i].name, name) == 0)
			return &plan->tables[i];
	return NULL;
}

/*
 * A table's rows would not be those that the user wants: rather none.  But one that
 * only this snapshot leaves out is no mistake of theirs.
 */
static bool
override_table(const Conf *conf, PGconn *conn, SnapshotPlan *plan, const char *name, bool left_out, Err *err)
{
	char	   *property = mem_print(OVERRIDES ".%s", name);
	const char *sql = conf_get(conf, property);
	SnapshotTable *table = find_table(plan, name);
	char	   *quoted;
	bool		done = true;

	if (sql == NULL)
		done = err_set(err, ERR_CONFIG, "property \"%s\" is missing; property \"" OVERRIDES "\" names table %s",
					   property, name);
	else if (table == NULL && !left_out)
		done = err_set(err, ERR_CONFIG, "property \"" OVERRIDES "\" names %s, which is no table that the snapshot reads; "
					   "name one that is captured and published (of a partitioned table its partitions)", name);
	else if (table != NULL)
	{
		quoted = PQescapeLiteral(conn, sql, strlen(sql));
		if (quoted == NULL)
			mem_exhausted();
		free(table->query);
		table->query = mem_copy(quoted);
		table->ranges = false;
		PQfreemem(quoted);
	}
	free(property);
	return done;
}

static bool
override_tables(const Conf *conf, PGconn *conn, const SnapshotPart *part, const TableList *list,
				SnapshotPlan *plan, Err *err)
{
	const char *names = conf_get(conf, OVERRIDES);
	char	   *text = mem_copy(names != NULL ? names : "");
	char	   *rest = text;
	char	   *name;
	bool		done = true;

	while (done && (name = strtok_r(rest, ", \t\r\n", &rest)) != NULL)
		done = override_table(conf, conn, plan, name, part != NULL || is_captured(list, name), err);
	free(text);
	return done;
}

/* ---- the tables ---- */

/* snapshot.tables.order.by.row.count; those of the same size stay in the order of names. */
static int
by_rows(const void *a, const void *b)
{
	const SnapshotTable *left = a;
	const SnapshotTable *right = b;

	if (left->rows != right->rows)
		return left->rows < right->rows ? -1 : 1;
	return strcmp(left->name, right->name);
}

static int
by_rows_descending(const void *a, const void *b)
{
	const SnapshotTable *left = a;
	const SnapshotTable *right = b;

	return left->rows == right->rows ? by_rows(a, b) : by_rows(b, a);
}

static void
order_tables(const Conf *conf, SnapshotPlan *plan)
{
	const char *order = conf_get(conf, "snapshot.tables.order.by.row.count");

	if (strcmp(order, "disabled") != 0)
		qsort(plan->tables, plan->ntables, sizeof(SnapshotTable),
			  strcmp(order, "ascending") == 0 ? by_rows : by_rows_descending);
}

bool
snapshot_plan_tables(const Conf *conf, PGconn *conn, const SnapshotPart *part, SnapshotPlan *plan, Err *err)
{
	static const char property[] = "snapshot.include.collection.list";
	const char *params[] = {conf_get(conf, "publication.name")};
	PatternList *include;
	TableList	list;
	PGresult   *res = NULL;
	bool		done = false;

	if (!pattern_list_compile(property, conf_get(conf, property), &include, err))
		return false;
	if (tables_read(conf, conn, &list, err))
	{
		res = pg_query_params(conn, PGRES_TUPLES_OK, "list the publication's tables", tables_sql,
							  1, params, err);
		if (res != NULL)
		{
			choose(plan, res, &list, part, include);
			order_tables(conf, plan);
			done = override_tables(conf, conn, part, &list, plan, err);
		}
		tables_free(&list);
	}
	pattern_list_free(include);
	PQclear(res);
	return done;
}

void
snapshot_plan_free(SnapshotPlan *plan)
{
	for (int i = 0; i < plan->ntables; i++)
	{
		free(plan->tables[i].name);
		free(plan->tables[i].quoted);
		free(plan->tables[i].query);
	}
	free(plan->tables);
	free(plan->tasks);
	memset(plan, 0, sizeof(*plan));
}

char *
snapshot_task_query(const SnapshotTask *task, const char *options, uint64_t lsn)
{
	char		end[24] = "NULL";

	if (task->end >= 0)
		snprintf(end, sizeof(end), "%lld", (long long) task->end);
	return mem_print("walpost.snapshot(%u::pg_catalog.oid::pg_catalog.regclass, %s, '" LSN_FMT "', %lld, %s, %u, '%s', '%s', %s)",
					 task->table->oid, options, LSN_ARGS(lsn), (long long) task->first, end,
					 task->stream, task->first_mark, task->last_mark,
					 task->table->query != NULL ? task->table->query : "NULL");
}

/* ---- marks: source.snapshot of a table's first and last row, and of all ---- */

/*
 * Does the task give any event?  A row filter may leave nothing of a table, and a
 * query of the user's may take long.
 */
static bool
has_rows(PGconn *conn, const SnapshotTask *task, const char *options, uint64_t lsn,
		 const volatile bool *stop, bool *found, Err *err)
{
	char	   *call = snapshot_task_query(task, options, lsn);
	char	   *sql = mem_print("SELECT pg_catalog.length(%s) LIMIT 1", call);
	char	   *what = mem_print("read table %s", task->table->name);
	bool		foreign = task->table->query != NULL;
	PGresult   *res = NULL;

	if (!foreign || pg_path_users(conn, err))
		res = pg_query_until(conn, PGRES_TUPLES_OK, what, sql, stop, err);
	*found = res != NULL && PQntuples(res) > 0;
	if (res != NULL && foreign && !pg_path_ours(conn, err))
	{
		PQclear(res);
		res = NULL;
	}
	free(what);
	free(sql);
	free(call);
	PQclear(res);
	return res != NULL;
}

/*
 * The very last row is the last one of the last task that has any; the first one is
 * that of the first task, unless earlier rows are in Kafka.
 */
static bool
mark_ends(PGconn *conn, const char *options, uint64_t lsn, SnapshotPlan *plan, bool begins, Err *err)
{
	bool		found = false;

	plan->last = -1;
	if (plan->ntasks > 0 && begins)
		plan->tasks[0].first_mark = "first";
	for (int i = plan->ntasks - 1; i >= 0 && !found; i--)
	{
		if (!has_rows(conn, &plan->tasks[i], options, lsn, plan->stop, &found, err))
			return false;
		if (found)
		{
			plan->tasks[i].last_mark = "last";
			plan->last = i;
		}
	}
	return true;
}

/* ---- one reader: Debezium's order ---- */

static void
plan_in_order(SnapshotPlan *plan)
{
	plan->tasks = mem_zero((plan->ntables + 1) * sizeof(SnapshotTask));
	for (int i = 0; i < plan->ntables; i++)
		plan->tasks[plan->ntasks++] = (SnapshotTask)
	{
		.table = &plan->tables[i],
			.number = plan->tables[i].ntasks++,
			.stream = (uint32_t) i,
			.end = -1,
			.first_mark = "first_in_data_collection",
			.last_mark = "last_in_data_collection",
	};
}

/* ---- several readers ---- */

/* How many blocks a piece has, where nothing bounds it. */
static int64_t
piece_blocks(const SnapshotPlan *plan, int readers)
{
	int64_t		blocks = 0;

	for (int i = 0; i < plan->ntables; i++)
		blocks += plan->tables[i].blocks;
	return blocks / (readers * PIECES_PER_READER);
}

static int64_t
bounded(int64_t blocks, int64_t min, int64_t max)
{
	return blocks < min ? min : blocks > max ? max : blocks;
}

static int
by_size(const void *a, const void *b)
{
	const SnapshotTask *left = a;
	const SnapshotTask *right = b;

	if (left->table->blocks != right->table->blocks)
		return left->table->blocks < right->table->blocks ? 1 : -1;
	if (left->stream != right->stream)
		return left->stream < right->stream ? -1 : 1;
	return left->first < right->first ? -1 : 1;
}

static void
add_piece(SnapshotPlan *plan, int table, int64_t first, int64_t end)
{
	bool		only = first == 0 && end == DONE_NO_END;

	plan->tasks = mem_resize(plan->tasks, (plan->ntasks + 1) * sizeof(SnapshotTask));
	plan->tasks[plan->ntasks++] = (SnapshotTask)
	{
		.table = &plan->tables[table],.number = plan->tables[table].ntasks++,.stream = (uint32_t) table,
			.first = first,.end = end == DONE_NO_END ? -1 : end,
			.first_mark = only ? "first_in_data_collection" : "true",
			.last_mark = only ? "last_in_data_collection" : "true",
	};
}

/*
 * What is not done of a table (done may be NULL).  The last piece has no end:
 * blocks may have come since the table was measured.
 */
static void
cut(SnapshotPlan *plan, int table, int64_t size, const DoneTable *done)
{
	const SnapshotTable *whole = &plan->tables[table];
	int64_t		first,
				end;

	for (int64_t from = 0; snapshot_done_gap(done, from, &first, &end); from = end)
	{
		int64_t		stop = end < whole->blocks ? end : whole->blocks;

		for (; whole->ranges && first + size < stop; first += size)
			add_piece(plan, table, first, first + size);
		add_piece(plan, table, first, end);
	}
}

/* So many pieces would be what is done of a table. */
static int
count_done(const DoneTable *done, const SnapshotTable *whole, int64_t size)
{
	int			n = 0;

	for (int i = 0; done != NULL && i < done->n; i++)
	{
		const DoneStretch *stretch = &done->stretches[i];
		int64_t		blocks = (stretch->end < whole->blocks ? stretch->end : whole->blocks) - stretch->first;

		n += whole->ranges && blocks > size ? (int) ((blocks + size - 1) / size) : 1;
	}
	return n;
}

/* Blocks of another file are not those of this one; and what is read as a whole is not finished in part. */
static void
fit(SnapshotDone *done, const SnapshotTable *table)
{
	DoneTable  *part = snapshot_done_find(done, table->oid);
	int64_t		first,
				end;

	if (part == NULL)
		return;
	part->planned = true;
	if (part->file != table->file)
	{
		log_info("table %s was rewritten or truncated since the snapshot was interrupted: reading all of it again", table->name);
		snapshot_done_forget(part, table->file);
	}
	else if (!table->ranges && snapshot_done_gap(part, 0, &first, &end))
		snapshot_done_forget(part, table->file);
}

bool
snapshot_plan_rest(PGconn *conn, int readers, const char *options, uint64_t lsn,
				   SnapshotDone *done, SnapshotPlan *plan, Err *err)
{
	int64_t		size = bounded(piece_blocks(plan, readers), REST_BLOCKS_MIN, REST_BLOCKS_MAX);

	plan->ntasks = plan->nranges = 0;
	for (int i = 0; i < plan->ntables; i++)
	{
		const DoneTable *part;

		plan->tables[i].ntasks = 0;
		fit(done, &plan->tables[i]);
		part = snapshot_done_find(done, plan->tables[i].oid);
		cut(plan, i, size, part);
		plan->nranges += count_done(part, &plan->tables[i], size);
	}
	plan->nranges += plan->ntasks;
	if (readers > 1)
		qsort(plan->tasks, plan->ntasks, sizeof(SnapshotTask), by_size);
	return mark_ends(conn, options, lsn, plan, plan->ntasks == plan->nranges, err);
}

static void
plan_in_pieces(SnapshotPlan *plan, int readers)
{
	int64_t		size = bounded(piece_blocks(plan, readers), BLOCKS_MIN, INT64_MAX);

	for (int i = 0; i < plan->ntables; i++)
		cut(plan, i, size, NULL);
	qsort(plan->tasks, plan->ntasks, sizeof(SnapshotTask), by_size);
}

bool
snapshot_plan_tasks(PGconn *conn, int readers, const char *options, uint64_t lsn,
					SnapshotPlan *plan, Err *err)
{
	if (readers == 1)
		plan_in_order(plan);
	else
		plan_in_pieces(plan, readers);
	return mark_ends(conn, options, lsn, plan, true, err);
}
