/*
 * incremental_signal.c
 *	  The signals that wait for their effect, and what all but execute-snapshot do.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "incremental_private.h"
#include "mem.h"

#define LOG_MODULE "incremental"

IncHeld *
inc_signal_next(Incremental *inc)
{
	for (int i = 0; i < inc->nheld; i++)
		if (!inc->held[i].resolved)
			return &inc->held[i];
	return NULL;
}

void
inc_signal_resolved(Incremental *inc, IncHeld *held)
{
	inc_touch(inc);
	held->resolved = true;
	held->version = inc->version;
}

static bool
stops(const Incremental *inc, const Signal *signal, const IncTable *table)
{
	if (table->blocking || inc_keyless_is_handed(inc, table))
		return false;
	for (int i = 0; i < signal->ncollections; i++)
		if (signal_selects(signal, i, table->name))
			return true;
	return signal->ncollections == 0;
}

static void
stop(Incremental *inc, const Signal *signal)
{
	int			before = inc->state.ntables;

	for (int i = inc->state.ntables - 1; i >= 0; i--)
	{
		if (!stops(inc, signal, &inc->state.tables[i]))
			continue;
		log_info("the incremental snapshot of %s is stopped", inc->state.tables[i].name);
		inc_notice(inc, NOTICE_ABORTED, &inc->state.tables[i], NULL);
		if (i == 0 && inc->opened)
			inc->chunk.abandoned = true;
		inc_state_remove(&inc->state, i);
	}
	if (before == inc->state.ntables)
		log_warn("signal \"%s\" stops nothing: no such incremental snapshot is being taken", signal->id);
}

static void
set_paused(Incremental *inc, bool paused)
{
	if (inc->state.paused == paused)
		return;
	inc->state.paused = paused;
	log_info("incremental snapshots are %s", paused ? "paused" : "resumed");
	inc_notice(inc, paused ? NOTICE_PAUSED : NOTICE_RESUMED,
			   inc->state.ntables > 0 ? &inc->state.tables[0] : NULL, NULL);
}

void
inc_signals_obey(Incremental *inc)
{
	IncHeld    *held;

	while ((held = inc_signal_next(inc)) != NULL && held->signal->kind != SIGNAL_EXECUTE)
	{
		if (held->signal->kind == SIGNAL_STOP)
			stop(inc, held->signal);
		else
			set_paused(inc, held->signal->kind == SIGNAL_PAUSE);
		inc_signal_resolved(inc, held);
	}
}

void
incremental_signal(void *arg, Signal *signal)
{
	Incremental *inc = arg;

	inc->held = mem_resize(inc->held, (inc->nheld + 1) * sizeof(IncHeld));
	inc->held[inc->nheld++] = (IncHeld)
	{
		.signal = signal
	};
	inc->loop->again = true;
}
