/*
 * reselect.c
 *	  Asks for the values of one message after the other.
 *
 * A message is answered in pieces: so many requests at once, and the server leaves
 * those unanswered whose values would make the answer large.  So memory holds little
 * more than it holds without.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "extension.h"
#include "log.h"
#include "mem.h"
#include "pg.h"
#include "reselect.h"
#include "session.h"
#include "splice.h"
#include "wire.h"

#define LOG_MODULE "reselect"

/* Rows that are asked for in one statement, and bytes from which on it answers no more. */
#define ROWS_MAX		64
#define ANSWER_BYTES	(4 * 1024 * 1024)

/* A connection that broke is made again after so long, and then after twice as long. */
#define RETRY_US		200000
#define RETRY_MAX_US	5000000

/* COPY's binary format: signature, flags, length of an extension (0); a row's number
 * of columns, and the length of its only one. */
#define COPY_HEADER		19
#define COPY_VALUE		(COPY_HEADER + 2 + 4)

struct Reselect
{
	char	   *options;		/* SQL */
	char	   *setup;
	bool		fails;			/* reselect.error.handling.mode */
	Session    *session;
	LoopTimer	timer;			/* when to ask again */
	int64_t		retry_us;
	StreamMessage message;		/* taken over; buffer NULL: none is */
	SpliceRun	run;			/* what is left of it */
	StreamMessage ready;		/* a piece of it; buffer NULL: none is */
	char	   *answer;			/* COPY's message; NULL: none yet */
	size_t		answer_len;
	LogLimit	left;			/* of what is said of single rows, */
	LogLimit	waits;			/* and of the connection */
	Err			err;
};

/* ---- SQL ----------------------------------------------------------------- */

/* Appends bytes as SQL that needs no quoting, whatever the server's settings are. */
static void
put_hex(FILE *out, const char *bytes, size_t len)
{
	fputs("pg_catalog.decode('", out);
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%02x", (unsigned char) bytes[i]);
	fputs("', 'hex')", out);
}

static FILE *
open_text(char **text, size_t *len)
{
	FILE	   *out = open_memstream(text, len);

	if (out == NULL)
		mem_exhausted();
	return out;
}

static void
close_text(FILE *out)
{
	if (fclose(out) != 0)
		mem_exhausted();
}

static char *
options_sql(const Conf *conf)
{
	char	   *properties = conf_plugin_properties(conf);
	char	   *text = NULL;
	size_t		len;
	FILE	   *out = open_text(&text, &len);

	fputs("ARRAY['walpost.properties', pg_catalog.convert_from(", out);
	put_hex(out, properties, strlen(properties));
	fputs(", 'UTF8')]", out);
	close_text(out);
	free(properties);
	return text;
}

typedef struct Question
{
	FILE	   *out;
	bool		more;
} Question;

static void
put_request(void *arg, FrameText request)
{
	Question   *question = arg;

	if (question->more)
		fputs(", ", question->out);
	question->more = true;
	put_hex(question->out, request.p, request.len);
}

/* Asks for the first rows of what is left, of which there are some. */
static void
ask(Reselect *reselect)
{
	char	   *sql = NULL;
	size_t		len;
	Question	question = {.out = open_text(&sql, &len)};

	fputs("COPY (SELECT walpost.reselect(ARRAY[", question.out);
	(void) splice_requests(&reselect->run, ROWS_MAX, put_request, &question);
	fprintf(question.out, "], %s, %d)) TO STDOUT (FORMAT binary)", reselect->options, ANSWER_BYTES);
	close_text(question.out);
	session_send(reselect->session, "read values anew", sql);
	free(sql);
}

/* ---- beginning and end ---------------------------------------------------- */

/* The turn looks for itself. */
static void
on_wake(void *arg)
{
}

Reselect *
reselect_new(const Conf *conf, Loop *loop)
{
	Reselect   *reselect;

	if (!conf_is_set(conf, "post.processors"))
		return NULL;
	reselect = mem_zero(sizeof(Reselect));
	reselect->options = options_sql(conf);
	reselect->setup = mem_copy(EXTENSION_GUARD "; SET idle_in_transaction_session_timeout = 0;"
							   " SET default_transaction_isolation = 'read committed'");
	reselect->fails = conf_reselect_fails(conf);
	reselect->session = session_new(conf, loop, false, reselect->setup);
	reselect->retry_us = RETRY_US;
	reselect->timer.fire = on_wake;
	loop_timer_add(loop, &reselect->timer);
	return reselect;
}

static void
forget_answer(Reselect *reselect)
{
	PQfreemem(reselect->answer);
	reselect->answer = NULL;
}

void
reselect_drop(Reselect *reselect)
{
	if (reselect == NULL)
		return;
	if (session_busy(reselect->session))
		session_close(reselect->session);
	forget_answer(reselect);
	PQfreemem(reselect->message.buffer);
	free(reselect->ready.buffer);
	reselect->message.buffer = reselect->ready.buffer = NULL;
	loop_timer_clear(&reselect->timer);
}

void
reselect_free(Reselect *reselect)
{
	if (reselect == NULL)
		return;
	reselect_drop(reselect);
	session_free(reselect->session);
	free(reselect->options);
	free(reselect->setup);
	free(reselect);
}

/* ---- messages -------------------------------------------------------------- */

bool
reselect_take(Reselect *reselect, const StreamMessage *message)
{
	if (reselect == NULL || reselect->message.buffer != NULL)
		return false;
	reselect->run = (SpliceRun)
	{
		message->buffer + message->start, message->buffer + message->len
	};
	if (!splice_wanted(&reselect->run))
		return false;
	reselect->message = *message;
	ask(reselect);
	return true;
}

bool
reselect_waits(const Reselect *reselect)
{
	return reselect != NULL && reselect->message.buffer != NULL && reselect->ready.buffer == NULL;
}

/* An event stays as it is: that is said, or stops the connector. */
static bool
on_left(void *arg, char status, FrameText why)
{
	Reselect   *reselect = arg;

	if (reselect->fails)
		return err_set(&reselect->err, ERR_CONFIG, "could not read values anew: %.*s; reselect.error.handling.mode=WARN lets the event go on with what the log has",
					   (int) why.len, why.p);
	if (log_limit_pass(&reselect->left))
		log_warn("could not read values anew: %.*s; the event goes on with what the log has",
				 (int) why.len, why.p);
	return true;
}

static bool
bad_answer(Reselect *reselect)
{
	return err_set(&reselect->err, ERR_FATAL, "could not read values anew: the server sent what walpost.reselect() does not; "
				   "shipper and plugin must be of one version");
}

/* Makes the piece of the message that the answer is for. */
static bool
apply(Reselect *reselect)
{
	FrameText	answers;
	size_t		len;

	if (reselect->answer == NULL || reselect->answer_len < COPY_VALUE ||
		wire_get16(reselect->answer + COPY_HEADER) != 1 ||
		wire_get32(reselect->answer + COPY_HEADER + 2) != reselect->answer_len - COPY_VALUE)
		return bad_answer(reselect);
	answers = (FrameText)
	{
		reselect->answer + COPY_VALUE, (uint32_t) (reselect->answer_len - COPY_VALUE)
	};
	reselect->err.kind = ERR_NONE;
	reselect->ready = (StreamMessage)
	{
		.buffer = splice_apply(&reselect->run, answers, on_left, reselect, &len)
	};
	if (reselect->ready.buffer == NULL)
		return reselect->err.kind != ERR_NONE ? false : bad_answer(reselect);
	reselect->ready.len = len;
	forget_answer(reselect);
	reselect->retry_us = RETRY_US;
	return true;
}

/* What passes by itself is waited for. */
static bool
failed(Reselect *reselect)
{
	forget_answer(reselect);
	if (reselect->err.kind != ERR_RETRY)
		return false;
	if (log_limit_pass(&reselect->waits))
		log_warn("%s; events wait until that works", reselect->err.text);
	loop_timer_set(&reselect->timer, reselect->retry_us);
	reselect->retry_us = reselect->retry_us * 2 < RETRY_MAX_US ? reselect->retry_us * 2 : RETRY_MAX_US;
	return true;
}

static bool
turn(Reselect *reselect)
{
	SessionData data;

	if (!session_busy(reselect->session) && reselect->timer.due_us == 0)
		ask(reselect);
	for (;;)
		switch (session_next(reselect->session, &data, &reselect->err))
		{
			case SESSION_WAIT:
				return true;
			case SESSION_RESULT:
				PQclear(data.res);
				break;
			case SESSION_COPY:
				/* behind the one row comes the end */
				if (reselect->answer != NULL)
				{
					PQfreemem(data.buffer);
					break;
				}
				reselect->answer = data.buffer;
				reselect->answer_len = data.len;
				break;
			case SESSION_DONE:
				return apply(reselect);
			case SESSION_FAILED:
				return failed(reselect);
		}
}

bool
reselect_turn(Reselect *reselect, Err *err)
{
	if (!reselect_waits(reselect) || turn(reselect))
		return true;
	*err = reselect->err;
	return false;
}

bool
reselect_next(Reselect *reselect, StreamMessage *message)
{
	if (reselect == NULL || reselect->ready.buffer == NULL)
		return false;
	*message = reselect->ready;
	reselect->ready.buffer = NULL;
	if (reselect->run.p == reselect->run.end)
	{
		PQfreemem(reselect->message.buffer);
		reselect->message.buffer = NULL;
	}
	return true;
}
