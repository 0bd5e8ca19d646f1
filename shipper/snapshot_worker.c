/*
 * snapshot_worker.c
 *	  A reader: one connection, one COPY at a time, its values to the intake.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "snapshot_private.h"
#include "wire.h"

/* So much in one turn, then others have theirs. */
#define TURN_BYTES		(256 * 1024)

/* "snapshot too old" */
#define SQLSTATE_TOO_OLD	"72000"

/* COPY's binary format: signature, flags, length of an extension (0). */
#define COPY_HEADER		19
/* A row: number of its columns, or -1 at the end, and the length of its only one. */
#define COPY_COLUMNS	2
#define COPY_LENGTH		4

static void
on_ready(void *arg, short revents)
{
	((SnapshotWorker *) arg)->readable = true;
}

void
worker_init(SnapshotWorker *worker, PGconn *conn, Loop *loop)
{
	*worker = (SnapshotWorker)
	{
		.conn = conn,.fd =
		{
			.fd = PQsocket(conn),.events = POLLIN,.ready = on_ready,.arg = worker
		}
	};
	loop_fd_add(loop, &worker->fd);
}

void
worker_close(SnapshotWorker *worker, Loop *loop)
{
	if (worker->conn == NULL)
		return;
	loop_fd_remove(loop, &worker->fd);
	PQfinish(worker->conn);
	worker->conn = NULL;
}

/* What the server says and leaves at that. */
static void
add_remedy(Err *err)
{
	char		sqlstate[sizeof(err->sqlstate)];

	if (strcmp(err->sqlstate, SQLSTATE_TOO_OLD) != 0)
		return;
	memcpy(sqlstate, err->sqlstate, sizeof(sqlstate));
	err_set(err, err->kind, "%s: the server keeps old rows for old_snapshot_threshold, and the snapshot takes longer; raise that, or switch it off (-1), and restart the server",
			err->text);
	memcpy(err->sqlstate, sqlstate, sizeof(sqlstate));
}

static bool
failed(const SnapshotWorker *worker, const PGresult *res, Err *err)
{
	char	   *what = mem_print("read table %s", worker->task->table->name);

	pg_error(worker->conn, res, what, err);
	add_remedy(err);
	free(what);
	return false;
}

bool
worker_begin(SnapshotWorker *worker, const SnapshotTask *task, const char *query, Err *err)
{
	worker->task = task;
	worker->phase = WORKER_SENT;
	worker->header = false;
	worker->rows = 0;
	return PQsendQuery(worker->conn, query) || failed(worker, NULL, err);
}

/* A value of the function is a payload: hands it over where it lies. */
static bool
take_row(SnapshotWorker *worker, Intake *intake, char *buffer, size_t len, Err *err)
{
	size_t		at = worker->header ? 0 : COPY_HEADER;
	size_t		value = at + COPY_COLUMNS + COPY_LENGTH;

	worker->header = true;
	if (len == at + COPY_COLUMNS && wire_get16(buffer + at) == 0xFFFF)
	{
		PQfreemem(buffer);
		return true;
	}
	if (len < value || wire_get16(buffer + at) != 1 ||
		wire_get32(buffer + at + COPY_COLUMNS) != len - value)
	{
		PQfreemem(buffer);
		return err_set(err, ERR_FATAL, "could not read table %s: the server sent what is no row of COPY",
					   worker->task->table->name);
	}
	return intake_take(intake, buffer, len, value, loop_now_us(), err);
}

/* The answer to the query, and what follows the copy. */
static WorkerResult
take_result(SnapshotWorker *worker, Err *err)
{
	PGresult   *res;
	bool		bad;

	if (PQisBusy(worker->conn))
		return WORKER_WAIT;
	res = PQgetResult(worker->conn);
	if (res == NULL)
	{
		worker->task = NULL;
		return WORKER_IDLE;
	}
	bad = PQresultStatus(res) != (worker->phase == WORKER_SENT ? PGRES_COPY_OUT : PGRES_COMMAND_OK);
	if (bad)
		failed(worker, res, err);
	PQclear(res);
	if (worker->phase == WORKER_SENT)
		worker->phase = WORKER_COPY;
	return bad ? WORKER_FAILED : WORKER_MORE;
}

/* One message of the copy; *bytes grows by its length. */
static WorkerResult
take_message(SnapshotWorker *worker, Intake *intake, size_t *bytes, Err *err)
{
	char	   *buffer;
	int			len = PQgetCopyData(worker->conn, &buffer, 1);

	if (len == 0)
		return WORKER_WAIT;
	if (len == -1)
		worker->phase = WORKER_END;
	if (len == -2)
		return failed(worker, NULL, err) ? WORKER_MORE : WORKER_FAILED;
	if (len < 0)
		return WORKER_MORE;
	*bytes += (size_t) len;
	return take_row(worker, intake, buffer, (size_t) len, err) ? WORKER_MORE : WORKER_FAILED;
}

WorkerResult
worker_read(SnapshotWorker *worker, Intake *intake, bool (*go_on) (void *arg), void *arg, Err *err)
{
	size_t		bytes = 0;

	if (worker->task == NULL)
		return WORKER_IDLE;
	while (go_on(arg))
	{
		WorkerResult result = worker->phase == WORKER_COPY ?
		take_message(worker, intake, &bytes, err) : take_result(worker, err);

		if (bytes >= TURN_BYTES && result == WORKER_MORE)
			return WORKER_MORE;
		if (result == WORKER_IDLE || result == WORKER_FAILED)
			return result;
		if (result == WORKER_MORE)
			continue;
		if (!worker->readable)
			return WORKER_WAIT;
		worker->readable = false;
		if (!PQconsumeInput(worker->conn))
			return failed(worker, NULL, err) ? WORKER_MORE : WORKER_FAILED;
	}
	return WORKER_WAIT;
}
