/*
 * resume.c
 *	  A transaction of which the client has a part already (walpost.resume).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "resume.h"
#include "wire.h"

void
resume_parse(Resume *resume, const char *text)
{
	uint32		xid,
				high,
				low;
	uint64		events;
	int			end = 0;

	memset(resume, 0, sizeof(*resume));
	if (text == NULL)
		return;
	if (sscanf(text, "%u %X/%X " UINT64_FORMAT "%n", &xid, &high, &low, &events, &end) != 4 || text[end] != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value \"%s\" for option \"%s\"", text, "walpost.resume"),
				 errhint("It takes a transaction id, an LSN and a number, such as 740 0/16B3748 1.")));
	resume->xid = xid;
	resume->lsn = (uint64) high << 32 | low;
	resume->events = events;
}

/* Within a transaction, LSNs grow; rows of one COPY share some. */
void
resume_look(Session *session, XLogRecPtr lsn)
{
	Resume	   *resume = &session->resume;
	bool		known = lsn < resume->lsn ||
		(lsn == resume->lsn && resume->seen++ < resume->events);

	session->known = known ? WIRE_KNOWN : 0;
}
