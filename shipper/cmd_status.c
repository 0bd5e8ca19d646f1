/*
 * cmd_status.c
 *	  walpost status: who reads the connectors' slots, how far, and what is left over.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "pg.h"
#include "slot.h"

/* One connector. */
typedef struct Status
{
	const char *file;
	const char *name;
	bool		well;			/* its slot is in use */
} Status;

static void
print_orphan(void *arg, const char *slot, const char *database, const char *retained)
{
	const Status *status = arg;

	printf("%s: orphan: slot \"%s\" of database \"%s\" %s%s; start its connector, or: walpost slot drop %s %s\n",
		   status->name, slot, database, retained ? "is used by nobody and keeps WAL: " : "is lost",
		   retained ? retained : "", status->file, slot);
}

static void
print_slot(Status *status, const char *name, const Slot *slot)
{
	printf("%s: slot \"%s\" ", status->name, name);
	if (!slot->exists)
	{
		printf("does not exist\n");
		return;
	}
	if (slot->active)
		printf("is used by process %d", slot->active_pid);
	else if (slot->snapshot_pid != 0)
		printf("waits for its snapshot, which process %d takes", slot->snapshot_pid);
	else
		printf("is used by nobody");
	if (strcmp(slot->wal_status, "lost") == 0)
		printf("; it is lost (%s)\n", slot->lost_reason);
	else
		printf("; it stands at %s and keeps WAL: %s%s%s\n", slot->confirmed_flush, slot->retained,
			   strcmp(slot->plugin, SLOT_PLUGIN) != 0 ? "; its plugin is " : "",
			   strcmp(slot->plugin, SLOT_PLUGIN) != 0 ? slot->plugin : "");
	status->well = slot->active && strcmp(slot->plugin, SLOT_PLUGIN) == 0;
}

static bool
look(const CliArgs *args, const char *file, bool *well, Err *err)
{
	Conf	   *conf = cli_load(args, file, err);
	PGconn	   *conn = conf ? pg_connect(conf, false, err) : NULL;
	Status		status = {.file = file};
	Slot		slot;
	bool		done;

	if (conf)
		status.name = conf_get(conf, "name");
	done = conn && slot_read(conn, conf_get(conf, "slot.name"), &slot, err);
	if (done)
	{
		print_slot(&status, conf_get(conf, "slot.name"), &slot);
		done = slot_orphans(conn, conf_get(conf, "slot.name"), print_orphan, &status, err);
	}
	PQfinish(conn);
	conf_free(conf);
	*well &= status.well;
	return done;
}

bool
cmd_status(const CliArgs *args, Err *err)
{
	bool		well = true;

	for (int i = 0; i < args->noperands; i++)
		if (!look(args, args->operands[i], &well, err))
			return false;
	return well || err_set(err, ERR_FATAL, "not every connector streams");
}
