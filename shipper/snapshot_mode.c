/*
 * snapshot_mode.c
 *	  What snapshot.mode asks for, and whether a snapshot is due.
 *
 * The slot and the position record in Kafka decide together.  A process that
 * suspects that a snapshot is due claims it first and reads the record then:
 * another one may have taken it meanwhile.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "offsets.h"
#include "snapshot_private.h"

#define LOG_MODULE "snapshot"

/* A stop is looked for so often. */
#define TICK_MS				200

#define CONFIGURATION_BASED	"snapshot.mode.configuration.based."

static const struct
{
	const char *name;
	SnapshotMode mode;
}			modes[] = {
	{"always", {.data = true,.always = true,.stream = true}},
	{"initial", {.data = true,.stream = true}},
	{"initial_only", {.data = true,.always = true}},
	{"no_data", {.stream = true}},
	{"when_needed", {.data = true,.again = true,.stream = true}},
};

SnapshotMode
snapshot_mode(const Conf *conf)
{
	const char *name = conf_get(conf, "snapshot.mode");
	SnapshotMode mode = {
		.data = conf_get_bool(conf, CONFIGURATION_BASED "snapshot.data"),
		.again = conf_get_bool(conf, CONFIGURATION_BASED "snapshot.on.data.error"),
		.stream = conf_get_bool(conf, CONFIGURATION_BASED "start.stream"),
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, name) == 0)
			return modes[i].mode;
	mode.always = mode.data;
	return mode;
}

bool
snapshot_mode_check(const Conf *conf, Err *err)
{
	SnapshotMode mode = snapshot_mode(conf);

	if (!mode.stream && conf_get_bool(conf, "walpost.snapshot.resumable"))
		return err_set(err, ERR_CONFIG, "walpost.snapshot.resumable=true needs the changes that come between two starts, which snapshot.mode=%s has none of; leave one of the two out",
					   conf_get(conf, "snapshot.mode"));
	return mode.data || mode.stream ||
		err_set(err, ERR_CONFIG, "snapshot.mode=%s asks for neither rows nor changes; set " CONFIGURATION_BASED "snapshot.data, " CONFIGURATION_BASED "start.stream or both to true",
				conf_get(conf, "snapshot.mode"));
}

bool
snapshot_read_record(const Conf *conf, const char *key, const volatile bool *stop, char **value, Err *err)
{
	Offsets    *offsets = offsets_open(conf, key, true, false, err);
	OffsetsEvent event = offsets == NULL ? OFFSETS_FAILED : OFFSETS_WAIT;

	while (event == OFFSETS_WAIT && !*stop && (event = offsets_next(offsets, err)) == OFFSETS_WAIT)
	{
		struct pollfd fd = {.fd = offsets_fd(offsets),.events = POLLIN};

		poll(&fd, 1, TICK_MS);
	}
	*value = NULL;
	if (event == OFFSETS_FOUND)
	{
		size_t		len;
		const char *text = offsets_value(offsets, &len);

		*value = mem_copy_len(text, len);
	}
	offsets_close(offsets);
	if (event == OFFSETS_WAIT)
		return err_set(err, ERR_NONE, "stopped");
	return event != OFFSETS_FAILED;
}

/*
 * Reads the connector's position record; one that cannot be read counts as there,
 * with LSN 0.
 */
static bool
find_record(const Conf *conf, const volatile bool *stop, bool *found, Position *position, Err *err)
{
	char	   *key = position_key(conf_get(conf, "name"), conf_get(conf, "topic.prefix"));
	char	   *value;
	bool		read = snapshot_read_record(conf, key, stop, &value, err);
	Err			unread;

	*found = value != NULL;
	if (value == NULL || !position_parse(value, strlen(value), position, &unread))
		memset(position, 0, sizeof(*position));
	else if (position->unfinished)
		*found = false;
	free(value);
	free(key);
	return read;
}

bool
snapshot_unfinished(const Conf *conf, bool *unfinished, Err *err)
{
	char	   *key = position_key(conf_get(conf, "name"), conf_get(conf, "topic.prefix"));
	char	   *value;
	bool		read = offsets_get(conf, key, &value, err);
	Position	record;
	Err			unread;

	*unfinished = value != NULL && position_parse(value, strlen(value), &record, &unread) && record.snapshot[0] != '\0';
	free(value);
	free(key);
	return read;
}

/* A snapshot was interrupted: it goes on, or begins anew where nothing is lost by that. */
static bool
decide_unfinished(const Conf *conf, bool slot_exists, const Position *record, const volatile bool *stop,
				  SnapshotDecision *decision, Err *err)
{
	SnapshotMode mode = snapshot_mode(conf);
	const char *slot = conf_get(conf, "slot.name");

	if (!snapshot_resume_recall(conf, record->snapshot, stop, &decision->done, err))
		return false;
	decision->last_commit = record->last_commit;
	decision->resume = slot_exists;
	if (slot_exists)
		log_info("the snapshot for slot \"%s\" was interrupted: going on with it", slot);
	else if (decision->done.n > 0 && !mode.again && !mode.always)
		return err_set(err, ERR_CONFIG, "slot \"%s\" is gone, and the snapshot that it was made for is not complete: what Kafka has of it is not brought up to date by changes any more; \"walpost slot drop\" forgets it, and the next start begins anew, as it does with snapshot.mode=when_needed",
					   slot);
	else
	{
		log_warn("slot \"%s\" is gone, and the snapshot that it was made for is not complete: taking a new one", slot);
		snapshot_done_clear(&decision->done);
	}
	return true;
}

bool
snapshot_decide(const Conf *conf, bool slot_exists, const SnapshotNeed *need,
				const volatile bool *stop, SnapshotDecision *decision, Err *err)
{
	SnapshotMode mode = snapshot_mode(conf);
	const char *name = conf_get(conf, "snapshot.mode");
	const char *slot = conf_get(conf, "slot.name");
	Position	record = {.lsn = 0};

	*decision = (SnapshotDecision)
	{
		.due = true
	};
	if (mode.stream && !find_record(conf, stop, &decision->has_record, &record, err))
		return false;
	if (record.snapshot[0] != '\0' && mode.data)
		return decide_unfinished(conf, slot_exists, &record, stop, decision, err);
	if (mode.always)
		log_info("a snapshot is taken at every start (snapshot.mode=%s)", name);
	else if (!decision->has_record && mode.data)
	{
		if (slot_exists)
			log_warn("slot \"%s\" exists, but Kafka has no position record of this connector: taking a snapshot, then moving the slot on to its point (snapshot.mode=%s; no_data goes on from where the slot stands)",
					 slot, name);
	}
	else if (decision->has_record && mode.again && !slot_exists)
		log_warn("the slot is gone that Kafka's position record is of, so changes are missing: taking a new snapshot (snapshot.mode=%s)", name);
	else if (decision->has_record && mode.again && need->gap && need->lsn == record.lsn)
		log_warn("slot \"%s\" does not go on where Kafka's position record ends, so changes are missing: taking a new snapshot (snapshot.mode=%s)",
				 slot, name);
	else
		decision->due = false;
	return true;
}
