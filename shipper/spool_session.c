/*
 * spool_session.c
 *	  What a session has said of itself: HELLO and RELATION frames.
 *
 * Each segment begins with those that hold there, so that it can be read when
 * the ones before it are gone, and by another process.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "spool_private.h"

/* More streams than there are. */
#define STREAMS_MAX		(1 << 20)

void
spool_session_clear(SpoolSession *session)
{
	for (uint32_t i = 0; i < session->nrelations; i++)
		free(session->relations[i].bytes);
	free(session->relations);
	free(session->hello);
	memset(session, 0, sizeof(*session));
}

void
spool_session_hello(SpoolSession *session, const char *bytes, size_t len)
{
	free(session->hello);
	session->hello = mem_copy_len(bytes, len);
	session->hello_len = len;
}

bool
spool_session_relation(SpoolSession *session, uint32_t stream, const char *bytes, size_t len, Err *err)
{
	if (stream >= STREAMS_MAX)
		return err_set(err, ERR_FATAL, "could not read the stream: stream number %u is out of range",
					   stream);
	if (stream >= session->nrelations)
	{
		session->relations = mem_resize(session->relations,
										(stream + 1) * sizeof(*session->relations));
		memset(session->relations + session->nrelations, 0,
			   (stream + 1 - session->nrelations) * sizeof(*session->relations));
		session->nrelations = stream + 1;
	}
	free(session->relations[stream].bytes);
	session->relations[stream].bytes = mem_copy_len(bytes, len);
	session->relations[stream].len = len;
	return true;
}

char *
spool_session_frames(const SpoolSession *session, size_t *len)
{
	char	   *frames;

	*len = session->hello_len;
	for (uint32_t i = 0; i < session->nrelations; i++)
		*len += session->relations[i].len;
	frames = mem_copy_len(session->hello, session->hello_len);
	frames = mem_resize(frames, *len);
	*len = session->hello_len;
	for (uint32_t i = 0; i < session->nrelations; i++)
	{
		if (session->relations[i].bytes == NULL)
			continue;
		memcpy(frames + *len, session->relations[i].bytes, session->relations[i].len);
		*len += session->relations[i].len;
	}
	return frames;
}
