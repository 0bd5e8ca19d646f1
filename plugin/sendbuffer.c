/*
 * sendbuffer.c
 *	  Room in the buffer of what goes to the client.
 *
 * Until PostgreSQL 17 each message passes a buffer of 8 kB, with a system call
 * and a wake-up of the reader whenever it is full: of the time of a snapshot's
 * connection that is a fifth.  A WAL sender does not have that: it puts its
 * messages with pq_putmessage_noblock(), which makes room for the message
 * instead of waiting.  COPY does not use that, but it uses the buffer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/parallel.h"

/* nothing of a connection's members is looked at: their headers need not be there */
#undef ENABLE_GSS
#undef USE_OPENSSL
#include "libpq/libpq.h"
#include "miscadmin.h"
#include "tcop/tcopprot.h"

#include "compat.h"
#include "sendbuffer.h"

/* Two chunks; libpq takes no parameter's message of 30,000 bytes or more. */
#define ROOM			(128 * 1024)
#define MESSAGE_LENGTH	(16 * 1024)

#define NAME			"walpost.room"

void
sendbuffer_make_room(void)
{
	static bool made = false;
	char	   *message;

	if (made || COMPAT_SENDS_LARGE_MESSAGES ||
		whereToSendOutput != DestRemote || MyProcPort == NULL || IsParallelWorker())
		return;
	made = true;

	/* name and value, each with its end */
	message = palloc0(MESSAGE_LENGTH);
	strlcpy(message, NAME, MESSAGE_LENGTH);
	memset(message + sizeof(NAME), ' ', MESSAGE_LENGTH - sizeof(NAME) - 1);
	for (int room = 0; room < ROOM; room += MESSAGE_LENGTH)
		pq_putmessage_noblock('S', message, MESSAGE_LENGTH);
	pfree(message);
}
