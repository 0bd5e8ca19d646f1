/*
 * tail.c
 *	  walpost tail: what the connector would publish from now on, as lines.
 *
 * The same stream and frames as in a run, but on a temporary slot that ends
 * with the connection, and into standard output.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "frame.h"
#include "log.h"
#include "mem.h"
#include "pg.h"
#include "preflight.h"
#include "publication.h"
#include "sig.h"
#include "slot.h"
#include "stream.h"
#include "wire.h"

#define LOG_MODULE "tail"

#define FEEDBACK_MS 10000

/* What a RELATION frame said; by stream number. */
typedef struct Topic
{
	char	   *name;
	char	   *headers;		/* a header block */
	uint32_t	headers_len;
} Topic;

typedef struct Tail
{
	Conf	   *conf;
	char		slot[64];
	Stream	   *stream;
	Sig			sig;
	Topic	   *topics;
	uint32_t	ntopics;
	uint64_t	lsn;			/* up to which everything is printed */
	bool		in_transaction;
	long		left;			/* events to print; -1 is no limit */
	bool		done;
} Tail;

/* ---- printing ------------------------------------------------------------------ */

static void
print_string(const char *p, uint32_t len)
{
	putchar('"');
	for (uint32_t i = 0; i < len; i++)
	{
		unsigned char c = p[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void
print_json(const char *p, uint32_t len)
{
	if (p)
		fwrite(p, 1, len, stdout);
	else
		fputs("null", stdout);
}

static void
print_headers(const char *p, uint32_t len, const char **comma)
{
	FrameText	block = {p, len};
	FrameHeader header;

	while (frame_header_next(&block, &header) == FRAME_OK)
	{
		fputs(*comma, stdout);
		*comma = ",";
		print_string(header.name.p, header.name.len);
		putchar(':');
		if (header.value.p)
			print_string(header.value.p, header.value.len);
		else
			fputs("null", stdout);
	}
}

/* The same members in the same order as the plugin's own lines. */
static void
print_event(const Topic *topic, const FrameEvent *event)
{
	const char *comma = "";

	fputs("{\"topic\":", stdout);
	print_string(topic->name, strlen(topic->name));
	fputs(",\"key\":", stdout);
	print_json(event->key, event->key_len);
	fputs(",\"value\":", stdout);
	print_json(event->value, event->value_len);
	fputs(",\"headers\":{", stdout);
	print_headers(event->headers, event->headers_len, &comma);
	print_headers(topic->headers, topic->headers_len, &comma);
	fputs("}}\n", stdout);
}

/* ---- frames --------------------------------------------------------------------- */

static void
keep_relation(Tail *tail, const FrameRelation *relation)
{
	Topic	   *topic;

	if (relation->stream >= tail->ntopics)
	{
		tail->topics = mem_resize(tail->topics, (relation->stream + 1) * sizeof(Topic));
		memset(tail->topics + tail->ntopics, 0,
			   (relation->stream + 1 - tail->ntopics) * sizeof(Topic));
		tail->ntopics = relation->stream + 1;
	}
	topic = &tail->topics[relation->stream];
	free(topic->name);
	free(topic->headers);
	topic->name = mem_copy_len(relation->topic.p, relation->topic.len);
	topic->headers = mem_copy_len(relation->headers.p, relation->headers.len);
	topic->headers_len = relation->headers.len;
}

static bool
take_event(Tail *tail, const FrameEvent *event, Err *err)
{
	if (event->stream >= tail->ntopics || tail->topics[event->stream].name == NULL)
		return err_set(err, ERR_FATAL, "the plugin sent an event of stream %u before its topic; plugin and walpost must be of one version",
					   event->stream);
	if (tail->left == 0)
		return true;
	print_event(&tail->topics[event->stream], event);
	if (tail->left > 0 && --tail->left == 0)
		tail->done = true;
	return true;
}

/* Stream numbers are dense from 0; a wild one must not become memory. */
#define MAX_STREAMS 1000000

static bool
take_frame(Tail *tail, const Frame *frame, Err *err)
{
	switch (frame->tag)
	{
		case WIRE_RELATION:
			if (frame->relation.stream >= MAX_STREAMS)
				return err_set(err, ERR_FATAL, "the plugin announced stream %u; plugin and walpost must be of one version",
							   frame->relation.stream);
			keep_relation(tail, &frame->relation);
			break;
		case WIRE_BEGIN:
			tail->in_transaction = true;
			break;
		case WIRE_EVENT:
			return take_event(tail, &frame->event, err);
		case WIRE_COMMIT:
			tail->in_transaction = false;
			tail->lsn = frame->commit.end_lsn;
			break;
		default:
			break;
	}
	return true;
}

static bool
take_payload(Tail *tail, StreamMessage *message, Err *err)
{
	FrameReader reader = {.p = message->buffer + message->start,.end = message->buffer + message->len};
	Frame		frame;
	FrameResult result;

	while ((result = frame_next(&reader, &frame)) == FRAME_OK)
		if (!take_frame(tail, &frame, err))
			return false;
	if (result == FRAME_BAD)
		return err_set(err, ERR_FATAL, "could not read what the plugin sent: %s; plugin and walpost must be of one version",
					   reader.why);
	if (fflush(stdout) != 0)
		tail->done = true;		/* whoever read it has left */
	return true;
}

/* ---- the stream ------------------------------------------------------------------- */

/* What is printed is done with: the temporary slot need not keep it. */
static bool
feed_back(Tail *tail, Err *err)
{
	return stream_feedback(tail->stream, tail->lsn, tail->lsn, err);
}

static bool
wait_for_more(Tail *tail, Err *err)
{
	struct pollfd fds[2] = {
		{.fd = stream_fd(tail->stream),.events = stream_events(tail->stream)},
		{.fd = tail->sig.fd,.events = POLLIN},
	};
	int			ready = poll(fds, 2, FEEDBACK_MS);

	if (ready < 0 && errno != EINTR)
		return err_set(err, ERR_FATAL, "could not wait for the server: %s", strerror(errno));
	if (sig_next(&tail->sig) != 0)
		tail->done = true;
	if (ready > 0)
		stream_polled(tail->stream, fds[0].revents);
	return ready > 0 || feed_back(tail, err);
}

static bool
take_keepalive(Tail *tail, const StreamMessage *message, Err *err)
{
	if (!tail->in_transaction && message->lsn > tail->lsn)
		tail->lsn = message->lsn;
	return !message->reply || feed_back(tail, err);
}

static bool
stream_events_until_done(Tail *tail, Err *err)
{
	while (!tail->done)
	{
		StreamMessage message = {0};
		bool		ok = true;

		switch (stream_next(tail->stream, &message, err))
		{
			case STREAM_WAIT:
				ok = wait_for_more(tail, err);
				break;
			case STREAM_READY:	/* was adopted in that state */
				break;
			case STREAM_STARTED:
				log_info("printing changes of database \"%s\" from now on",
						 conf_get(tail->conf, "database.dbname"));
				break;
			case STREAM_DATA:
				ok = take_payload(tail, &message, err);
				PQfreemem(message.buffer);
				break;
			case STREAM_KEEPALIVE:
				ok = take_keepalive(tail, &message, err);
				break;
			case STREAM_ENDED:
				return err_set(err, ERR_FATAL, "the server ended the stream; it is shutting down");
			case STREAM_FAILED:
				return false;
		}
		if (!ok)
			return false;
	}
	return true;
}

/* ---- before it ------------------------------------------------------------------- */

static void
log_finding(FindingLevel level, const char *text, void *arg)
{
	if (level == FINDING_WARNING)
		log_debug("%s", text);
}

/*
 * A slot of one's own needs no other to exist, and a publication that is not
 * there yet must not be made just to look: without one, the plugin shows what
 * the include and exclude lists capture.
 */
static bool
look_at_server(Tail *tail, Err *err)
{
	Preflight	pf = {.conf = tail->conf,.report = log_finding};
	Publication pub;
	bool		ok;

	conf_set(tail->conf, "slot.name", tail->slot, "tail");
	pf.conn = pg_connect(tail->conf, false, err);
	ok = pf.conn && preflight_server(&pf, err) &&
		publication_read(tail->conf, pf.conn, &pub, err);
	PQfinish(pf.conn);
	if (ok && !pub.exists)
	{
		log_warn("publication \"%s\" does not exist yet: printing the tables of the include and exclude lists",
				 conf_get(tail->conf, "publication.name"));
		conf_set_none(tail->conf, "publication.name");
	}
	return ok;
}

static bool
open_stream(Tail *tail, Err *err)
{
	PGconn	   *replication = pg_connect(tail->conf, true, err);

	if (replication == NULL)
		return false;
	if (!slot_create(replication, tail->slot, SLOT_TEMPORARY, NULL, err))
	{
		PQfinish(replication);
		return false;
	}
	tail->stream = stream_adopt(replication, tail->conf, tail->slot);
	return stream_start(tail->stream, 0, 0, "", err);
}

bool
cmd_tail(const CliArgs *args, Err *err)
{
	Tail		tail = {.left = args->limit > 0 ? args->limit : -1};
	bool		ok;

	tail.conf = cli_load(args, args->operands[0], err);
	if (tail.conf == NULL)
		return false;
	snprintf(tail.slot, sizeof(tail.slot), "walpost_tail_%d", (int) getpid());
	ok = look_at_server(&tail, err) && open_stream(&tail, err);
	if (ok && (ok = sig_open(&tail.sig, err)))
	{
		ok = stream_events_until_done(&tail, err);
		sig_close(&tail.sig);
	}
	stream_close(tail.stream);
	for (uint32_t i = 0; i < tail.ntopics; i++)
	{
		free(tail.topics[i].name);
		free(tail.topics[i].headers);
	}
	free(tail.topics);
	conf_free(tail.conf);
	return ok;
}
