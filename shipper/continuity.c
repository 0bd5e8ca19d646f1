/*
 * continuity.c
 *	  Does the server go on where Kafka is?
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "continuity.h"
#include "log.h"

static const char *const kind_names[CONTINUITY_NKINDS] = {
	[CONTINUITY_FIRST] = "first",
	[CONTINUITY_CONTINUOUS] = "continuous",
	[CONTINUITY_REPEATED] = "repeated",
	[CONTINUITY_GAP] = "gap",
	[CONTINUITY_DIVERGED] = "diverged",
	[CONTINUITY_OTHER] = "other_server",
};

static const char *const strategy_names[] = {
	[CONTINUITY_NO_VALIDATION] = "no_validation",
	[CONTINUITY_TRUST_OFFSET] = "trust_offset",
	[CONTINUITY_TRUST_SLOT] = "trust_slot",
	[CONTINUITY_TRUST_GREATER] = "trust_greater_lsn",
};

const char *
continuity_name(ContinuityKind kind)
{
	return kind_names[kind];
}

ContinuityStrategy
continuity_strategy(const char *text)
{
	for (size_t i = 0; i < sizeof(strategy_names) / sizeof(strategy_names[0]); i++)
		if (strcmp(strategy_names[i], text) == 0)
			return (ContinuityStrategy) i;
	return CONTINUITY_NO_VALIDATION;
}

/*
 * A history file has a line "timeline <tab> X/X <tab> reason" for each timeline
 * before the present one; the LSN is where it was left.
 */
uint64_t
continuity_switch_point(const ContinuityServer *server, uint32_t timeline)
{
	if (timeline == 0 || timeline == server->timeline)
		return UINT64_MAX;
	for (const char *line = server->history; line != NULL && *line != '\0';)
	{
		const char *end = strchr(line, '\n');
		unsigned	parent,
					high,
					low;

		if (sscanf(line, "%u %X/%X", &parent, &high, &low) == 3 && parent == timeline)
			return (uint64_t) high << 32 | low;
		line = end ? end + 1 : NULL;
	}
	return 0;
}

/*
 * Stops where nobody has decided what then: the slot is trusted by default, but
 * not against a promise, and not one that was made in place of a lost one, nor one
 * that a spool on another disk may have moved.
 */
static bool
must_stop(const Position *record, const ContinuityServer *server, ContinuityStrategy strategy,
		  bool exactly_once)
{
	return strategy == CONTINUITY_TRUST_OFFSET ||
		(strategy == CONTINUITY_NO_VALIDATION &&
		 (exactly_once || server->slot_made || record->spool[0] != '\0'));
}

Continuity
continuity_compare(const Position *record, const ContinuityServer *server,
				   ContinuityStrategy strategy, bool exactly_once)
{
	Continuity	found = {.start_lsn = server->confirmed_lsn};
	uint64_t	left;

	if (record == NULL)
		return found;

	left = continuity_switch_point(server, record->timeline);
	if (left == 0 ||
		(record->system_id[0] != '\0' && strcmp(record->system_id, server->system_id) != 0))
	{
		found.kind = CONTINUITY_OTHER;
		found.stop = must_stop(record, server, strategy, exactly_once);
		return found;
	}
	if (record->lsn > left)
	{
		found.kind = CONTINUITY_DIVERGED;
		found.from = left;
		found.to = record->lsn;
		found.stop = strategy == CONTINUITY_TRUST_OFFSET;
		if (left > found.start_lsn)
			found.start_lsn = left;
		return found;
	}
	if (server->confirmed_lsn > record->limit)
	{
		found.kind = CONTINUITY_GAP;
		found.from = record->limit;
		found.to = server->confirmed_lsn;
		found.stop = must_stop(record, server, strategy, exactly_once);
		return found;
	}

	found.kind = CONTINUITY_CONTINUOUS;
	found.keep_open = record->open_commit != 0 && record->open_commit < left;
	if (server->confirmed_lsn < record->lsn)
	{
		found.kind = CONTINUITY_REPEATED;
		found.from = server->confirmed_lsn;
		found.to = record->lsn;
		found.start_lsn = record->lsn;
	}
	return found;
}

void
continuity_print(const Continuity *found, const Position *record,
				 const ContinuityServer *server, char *text, size_t size)
{
	const char *slot = server->slot;
	int			len = 0;

	switch (found->kind)
	{
		case CONTINUITY_FIRST:
			len = snprintf(text, size, "no position record yet: going on from slot \"%s\" at " LSN_FMT,
						   slot, LSN_ARGS(found->start_lsn));
			break;
		case CONTINUITY_CONTINUOUS:
			len = snprintf(text, size, "continuous: Kafka has everything up to " LSN_FMT
						   ", slot \"%s\" stands at " LSN_FMT,
						   LSN_ARGS(record->lsn), slot, LSN_ARGS(server->confirmed_lsn));
			break;
		case CONTINUITY_REPEATED:
			len = snprintf(text, size, "continuous: repeated from " LSN_FMT " up to " LSN_FMT
						   " suppressed, slot \"%s\" is behind what Kafka has",
						   LSN_ARGS(found->from), LSN_ARGS(found->to), slot);
			break;
		case CONTINUITY_GAP:
			len = snprintf(text, size, "gap from " LSN_FMT " to " LSN_FMT
						   ": slot \"%s\" is past what Kafka has%s%s",
						   LSN_ARGS(found->from), LSN_ARGS(found->to), slot,
						   server->slot_made ? ", having been made anew" :
						   record->spool[0] == '\0' ? ", moved or made anew by somebody else" :
						   "; unless somebody else moved it, a spool that is not here holds what is missing, "
						   "start it where that is: ", server->slot_made ? "" : record->spool);
			break;
		case CONTINUITY_DIVERGED:
			len = snprintf(text, size, "diverged: the server left timeline %u at " LSN_FMT
						   ", but Kafka has events up to " LSN_FMT
						   "; those of transactions in between exist in Kafka only, going on at " LSN_FMT,
						   record->timeline, LSN_ARGS(found->from), LSN_ARGS(found->to),
						   LSN_ARGS(found->start_lsn));
			break;
		default:
			len = snprintf(text, size, "gap that cannot be measured: the position record is of system %s, timeline %u, "
						   "and this server is system %s, timeline %u, which does not descend from it",
						   record->system_id, record->timeline, server->system_id, server->timeline);
			break;
	}
	if (len < 0 || (size_t) len >= size)
		return;
	if (found->stop)
		snprintf(text + len, size - (size_t) len, "; what committed in between is not published: either accept that with "
				 "offset.mismatch.strategy=trust_slot, or bring consumers up to date by other means and begin anew "
				 "with \"walpost slot drop\", which forgets slot and position record");
	else if (found->kind == CONTINUITY_GAP || found->kind == CONTINUITY_OTHER)
		snprintf(text + len, size - (size_t) len, "; going on at " LSN_FMT, LSN_ARGS(found->start_lsn));
}
