/*
 * intake_insert.c
 *	  Rows that are not the stream's, between two of its units.
 *
 * Their buffers are those of walpost.chunk() and walpost.snapshot(): sessions of
 * their own, whose numbers of streams mean nothing to the stream's.  In the ledger
 * they are a unit that ends where the stream is, so that it confirms nothing, but
 * what comes after it waits for it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "intake_private.h"
#include "wire.h"

/* One buffer on its way. */
typedef struct Insert
{
	Intake	   *intake;
	IntakeRoutes *routes;
	const Window *window;		/* NULL: nothing is hidden */
	bool		hidden;			/* the row whose identity was read last */
	uint64_t	ntaken;
} Insert;

bool
intake_may_insert(const Intake *intake)
{
	return !intake->in_unit && ledger_open_entry(&intake->ledger) == NULL &&
		intake->resume.open_commit == 0 && intake_ready(intake);
}

uint64_t
intake_insert_begin(Intake *intake)
{
	uint64_t	unit;
	uint64_t	have;

	/* it takes one while intake_may_insert() */
	if (!ledger_begin(&intake->ledger, intake->ledger.received_lsn, &unit, &have))
		unit = UINT64_MAX;
	return unit;
}

void
intake_insert_end(Intake *intake)
{
	ledger_close(&intake->ledger, intake->ledger.received_lsn);
}

static bool
bad_rows(Err *err, const char *what)
{
	return err_set(err, ERR_FATAL, "could not read rows of a snapshot: %s; "
				   "shipper and plugin must be of one version", what);
}

static bool
insert_relation(Insert *insert, const FrameRelation *relation, Err *err)
{
	IntakeRoutes *routes = insert->routes;

	if (relation->stream >= INTAKE_ROUTES)
		return bad_rows(err, "a RELATION frame of more streams than a table has");
	while (routes->n <= relation->stream)
		routes->routes[routes->n++] = ROUTE_NONE;
	routes->routes[relation->stream] = topics_route_of(insert->intake->topics, relation);
	return true;
}

static bool
insert_event(Insert *insert, const FrameEvent *event, Err *err)
{
	const IntakeRoutes *routes = insert->routes;
	uint32_t	route = event->stream < routes->n ? routes->routes[event->stream] : ROUTE_NONE;

	if (insert->hidden)
		return true;
	if (route == ROUTE_NONE)
		return bad_rows(err, "an EVENT frame of a stream without RELATION");
	intake_pin(insert->intake, insert->intake->ledger.tail - 1, event, route);
	intake_queue(insert->intake, event, route);
	insert->ntaken++;
	return true;
}

static bool
insert_frame(Insert *insert, const Frame *frame, Err *err)
{
	switch (frame->tag)
	{
		case WIRE_RELATION:
			return insert_relation(insert, &frame->relation, err);
		case WIRE_IDENTITY:
			insert->hidden = insert->window != NULL &&
				(frame->identity.kind != WIRE_IDENTITY_ROW ||
				 window_hides(insert->window, frame->identity.bytes.p, frame->identity.bytes.len));
			return true;
		case WIRE_EVENT:
			return insert_event(insert, &frame->event, err);
		default:
			return true;
	}
}

bool
intake_insert(Intake *intake, IntakeRoutes *routes, char *buffer, size_t len, size_t start,
			  const Window *window, int64_t now_us, uint64_t *ntaken, Err *err)
{
	Insert		insert = {.intake = intake,.routes = routes,.window = window};
	FrameReader reader = {.p = buffer + start,.end = buffer + len};
	Frame		frame;
	FrameResult result;
	bool		ok = true;

	intake->counts.bytes += len - start;
	intake->slab = slab_add(&intake->slabs, buffer, len, start, now_us);
	slab_get(&intake->slabs, intake->slab)->inserted = true;
	while (ok && (result = frame_next(&reader, &frame)) == FRAME_OK)
		ok = insert_frame(&insert, &frame, err);
	if (ok && result == FRAME_BAD)
		ok = bad_rows(err, reader.why);
	slab_unref(&intake->slabs, intake->slab, 1);
	intake->slab = SLAB_NONE;
	*ntaken += insert.ntaken;
	return ok;
}
