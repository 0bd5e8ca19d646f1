/*
 * runid.c
 *	  An identifier of one run of the connector, as Debezium's runId header.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "runid.h"

bool
runid_make(char text[RUNID_SIZE], Err *err)
{
	unsigned char b[16];
	struct timespec now;
	uint64_t	ms;

	/* so few bytes come at once, whatever the signals */
	if (getrandom(b, sizeof(b), 0) != (ssize_t) sizeof(b))
		return err_set(err, ERR_FATAL, "could not read random bytes for a run identifier: %s",
					   strerror(errno));
	clock_gettime(CLOCK_REALTIME, &now);
	ms = (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char) (ms >> (40 - 8 * i));
	b[6] = (b[6] & 0x0F) | 0x70;
	b[8] = (b[8] & 0x3F) | 0x80;
	snprintf(text, RUNID_SIZE,
			 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7],
			 b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return true;
}
