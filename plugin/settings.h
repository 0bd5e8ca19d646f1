/*
 * settings.h
 *	  The settings that output functions obey, as events want them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SETTINGS_H
#define WALPOST_SETTINGS_H

/*
 * Puts them in place.  In a walsender, outside any transaction, they hold for
 * the connection, and 0 is returned; within a transaction they end with the
 * nest level that is returned, by AtEOXact_GUC(true, level) or an abort.
 */
extern int	settings_apply(void);

#endif							/* WALPOST_SETTINGS_H */
