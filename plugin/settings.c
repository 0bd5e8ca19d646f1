/*
 * settings.c
 *	  The settings that output functions obey, as events want them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/guc.h"

#include "settings.h"

/*
 * What output functions obey.  Most values never meet one, but those that do
 * must print the same whatever the role, the database or the session say.
 */
static const char *const settings[][2] = {
	{"DateStyle", "ISO"},
	{"IntervalStyle", "postgres"},
	{"TimeZone", "UTC"},
	{"extra_float_digits", "3"},
	{"bytea_output", "hex"},
	{"lc_monetary", "C"},
	{"xmlbinary", "base64"},
	{"search_path", "pg_catalog"},
	{"quote_all_identifiers", "off"},
};

int
settings_apply(void)
{
	bool		local = IsTransactionState();
	int			level = local ? NewGUCNestLevel() : 0;

	for (int i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET,
								 PGC_S_SESSION, local ? GUC_ACTION_SAVE : GUC_ACTION_SET,
								 true, 0, false);
	return level;
}
