/*
 * watermark.c
 *	  Logical messages that tell a client of its own where the log is.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "txn.h"
#include "watermark.h"

/* A nonce is not longer; a message that is longer is nobody's. */
#define NONCE_MAX	64

/* What follows the key and its colon: a letter, a colon, the nonce; or NULL. */
static const char *
own_content(const Session *session, const char *content, size_t *len)
{
	const char *key = session->options->window_key;
	size_t		key_len = key ? strlen(key) : 0;

	if (key_len == 0 || *len < key_len + 4 || *len > key_len + 3 + NONCE_MAX ||
		memcmp(content, key, key_len) != 0 || content[key_len] != ':' || content[key_len + 2] != ':')
		return NULL;
	*len -= key_len + 1;
	return content + key_len + 1;
}

static void
write_frame(Session *session, XLogRecPtr lsn, const char *nonce, size_t len)
{
	Out		   *out = &session->batch.out;
	size_t		start;

	txn_prepare_control(session);
	start = frame_begin(out, WIRE_CONTROL);
	frame_u8(out, WIRE_CONTROL_WATERMARK);
	frame_u64(out, lsn);
	frame_text(out, nonce, len);
	frame_end(out, start);
	batch_flush(&session->batch);
}

void
watermark_take(Session *session, bool transactional, XLogRecPtr lsn,
			   const char *content, size_t len)
{
	if (transactional || session->options->wire == 0)
		return;
	content = own_content(session, content, &len);
	if (content == NULL)
		return;
	if (content[0] == 'o')
		session->window = true;
	else if (content[0] == 'c')
		session->window = false;
	write_frame(session, lsn, content + 2, len - 2);
}
