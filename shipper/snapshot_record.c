/*
 * snapshot_record.c
 *	  What a snapshot writes to the offset topic.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "offsets.h"
#include "snapshot_private.h"

/* Kafka has the stream up to there, and all rows if it is complete. */
char *
snapshot_position_text(const Snapshot *snapshot, bool complete)
{
	const SnapshotServer *server = &snapshot->server;
	Position	position = {
		.lsn = snapshot->end_lsn,.limit = snapshot->end_lsn,.last_commit = snapshot->last_commit,
		.timeline = server->timeline
	};
	struct timeval now;

	gettimeofday(&now, NULL);
	position.written_us = (int64_t) now.tv_sec * 1000000 + now.tv_usec;
	snprintf(position.system_id, sizeof(position.system_id), "%s", server->system_id);
	snprintf(position.slot, sizeof(position.slot), "%s", conf_get(snapshot->conf, "slot.name"));
	if (!complete)
		snprintf(position.snapshot, sizeof(position.snapshot), "%s", snapshot->resume.done.id);
	return position_print(&position);
}

void
snapshot_record_set(Snapshot *snapshot, int record, char *value)
{
	snapshot_record_clear(snapshot, record);
	snapshot->records[record].value = value;
}

void
snapshot_record_clear(Snapshot *snapshot, int record)
{
	free(snapshot->records[record].value);
	snapshot->records[record] = (SnapshotRecord)
	{
		.value = NULL
	};
}

char *
snapshot_record_key(const Conf *conf, int record)
{
	const char *name = conf_get(conf, "name");
	const char *prefix = conf_get(conf, "topic.prefix");

	return record == SNAPSHOT_POSITION ? position_key(name, prefix) : position_side_key(name, prefix, RANGES_KEY);
}

bool
snapshot_record_store(Snapshot *snapshot, int record)
{
	SnapshotRecord *state = &snapshot->records[record];
	bool		open = snapshot->txn.phase == SNAPSHOT_TXN_NONE || snapshot->txn.phase == SNAPSHOT_TXN_OPEN;

	if (!state->sent && open && !producer_is_broken(snapshot->delivery.producer))
	{
		char	   *key = snapshot_record_key(snapshot->conf, record);

		state->sent = producer_record(snapshot->delivery.producer, offsets_topic(snapshot->conf),
									  key, state->value, record);
		free(key);
	}
	return state->stored;
}

void
snapshot_record_renewed(Snapshot *snapshot)
{
	for (int i = 0; i < SNAPSHOT_RECORDS; i++)
		snapshot->records[i].sent = snapshot->records[i].stored;
}
