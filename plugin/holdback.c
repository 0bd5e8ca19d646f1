/*
 * holdback.c
 *	  One write to the socket for many small transactions, while the server is
 *	  behind.
 *
 * The walsender flushes after each message, and a send() that wakes the
 * receiver costs more than all else that a small transaction takes.  But while
 * there is more WAL to decode the next transaction follows in microseconds, so
 * its events can share that send().  The messages stay in the server's output
 * buffer, in order, and the walsender still asks for the flushes: what is
 * replaced is the answer.  One that comes when a record has just been decoded
 * may be put off; one that comes again without another record having been read
 * means that the walsender is about to wait for WAL, or for its client, and is
 * always carried out (WalSndLoop() and WalSndWaitForWal() in walsender.c flush
 * before they wait).  So nothing ever waits while the server is idle; and while
 * it is not, nothing waits longer than HOLD_US, or beyond HOLD_BYTES.
 *
 * There is no hook for that but the table of functions through which the server
 * reaches its client (libpq.h); parallel workers exchange it in the same way.
 * Whatever it does not put off goes to the functions that were there before.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

/* libpq.h wants headers of these for a struct that is not touched here */
#undef ENABLE_GSS
#undef USE_OPENSSL
#include "libpq/libpq.h"
#include "replication/output_plugin.h"
#include "replication/walsender.h"
#include "utils/timestamp.h"

#include "holdback.h"
#include "wire.h"

#define HOLD_US		1000
#define HOLD_BYTES	WIRE_BATCH_SIZE

/* A transaction of more changes than this is not waited for. */
#define SMALL_TXN	64

static const PQcommMethods *server;	/* what was there before; NULL: not installed */
static PQcommMethods ours;

static struct
{
	LogicalDecodingContext *ctx;
	size_t		bytes;			/* written and put off; 0: nothing */
	TimestampTz since;			/* when the first of them was */
	bool		writing;		/* the flush comes from holdback_write() */
	XLogRecPtr	seen;			/* the last record that a flush was put off at */
} held;

/* May a flush be put off that the walsender asks for now? */
static bool
may_wait(void)
{
	XLogRecPtr	end = held.ctx->reader->EndRecPtr;

	if (held.bytes >= HOLD_BYTES || GetCurrentTimestamp() - held.since > HOLD_US)
		return false;
	if (held.writing)
		return true;
	if (end == held.seen)
		return false;
	held.seen = end;
	return true;
}

static int
flush_if_writable(void)
{
	if (held.bytes > 0 && may_wait())
		return 0;
	held.bytes = 0;
	return server->flush_if_writable();
}

/* What is put off is not pending: the walsender would wait for the socket. */
static bool
is_send_pending(void)
{
	return held.bytes == 0 && server->is_send_pending();
}

static void
uninstall(void *arg)
{
	PqCommMethods = server;
	server = NULL;
	held.bytes = 0;
}

void
holdback_install(LogicalDecodingContext *ctx)
{
	MemoryContextCallback *callback;

	if (!am_walsender || server != NULL)
		return;
	callback = MemoryContextAllocZero(ctx->context, sizeof(MemoryContextCallback));
	callback->func = uninstall;
	MemoryContextRegisterResetCallback(ctx->context, callback);

	memset(&held, 0, sizeof(held));
	held.ctx = ctx;
	ours = *PqCommMethods;
	ours.flush_if_writable = flush_if_writable;
	ours.is_send_pending = is_send_pending;
	server = PqCommMethods;
	PqCommMethods = &ours;
}

void
holdback_write(LogicalDecodingContext *ctx)
{
	if (server != NULL)
	{
		if (held.bytes == 0)
			held.since = GetCurrentTimestamp();
		held.bytes += ctx->out->len;
		held.writing = true;
	}
	OutputPluginWrite(ctx, true);
	held.writing = false;
}

void
holdback_before(const ReorderBufferTXN *txn)
{
	if (held.bytes == 0 || (txn->nentries <= SMALL_TXN && txn->nsubtxns == 0))
		return;
	held.bytes = 0;

	/* a lost connection is found by whoever writes next */
	(void) server->flush_if_writable();
}
