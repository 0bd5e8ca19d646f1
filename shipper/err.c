/*
 * err.c
 *	  Errors: formatting, and the tables that turn codes into policy.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <string.h>

#include "err.h"

/*
 * What to do about a SQLSTATE, by its longest prefix here.  RETRY is for what
 * time alone can mend; everything a person must change is CONFIG, so that a
 * wrong password is not tried for ever.  What is not listed comes from the
 * decoding itself and would come again at the same LSN: FATAL.
 */
typedef struct SqlstateRule
{
	const char *prefix;
	ErrKind		kind;
} SqlstateRule;

static const SqlstateRule sqlstate_rules[] = {
	{"08", ERR_RETRY},			/* connection exception */
	{"0A000", ERR_CONFIG},		/* feature not supported: the database's
								 * encoding, a standby */
	{"22023", ERR_CONFIG},		/* invalid parameter value: a plugin option */
	{"28", ERR_CONFIG},			/* authentication */
	{"3D000", ERR_CONFIG},		/* no such database */
	{"40", ERR_RETRY},			/* serialization failure, deadlock */
	{"42501", ERR_CONFIG},		/* insufficient privilege */
	{"42601", ERR_CONFIG},		/* syntax error: an option of the plugin */
	{"42602", ERR_CONFIG},		/* invalid name: of the slot */
	{"42704", ERR_CONFIG},		/* undefined object: slot, publication */
	{"42710", ERR_CONFIG},		/* duplicate object */
	{"42P01", ERR_CONFIG},		/* undefined table */
	{"53", ERR_RETRY},			/* insufficient resources */
	{"53400", ERR_CONFIG},		/* all replication slots are in use */
	{"55000", ERR_CONFIG},		/* wal_level, an invalidated slot */
	{"55006", ERR_RETRY},		/* the slot is active for somebody else */
	{"55P03", ERR_RETRY},		/* lock not available */
	{"57014", ERR_RETRY},		/* query canceled */
	{"57P", ERR_RETRY},			/* shutdown, crash, starting up, idle timeout */
	{"57P04", ERR_CONFIG},		/* the database was dropped */
	{"58", ERR_RETRY},			/* system error: a disk */
	{"58P01", ERR_CONFIG},		/* undefined file: the plugin is not installed */
	{"72000", ERR_CONFIG},		/* snapshot too old */
};

ErrKind
err_kind_of_sqlstate(const char *sqlstate)
{
	ErrKind		kind = ERR_FATAL;
	size_t		best = 0;

	if (sqlstate == NULL || sqlstate[0] == '\0')
		return ERR_RETRY;

	for (size_t i = 0; i < sizeof(sqlstate_rules) / sizeof(sqlstate_rules[0]); i++)
	{
		const SqlstateRule *rule = &sqlstate_rules[i];
		size_t		len = strlen(rule->prefix);

		if (len > best && strncmp(sqlstate, rule->prefix, len) == 0)
		{
			best = len;
			kind = rule->kind;
		}
	}
	return kind;
}

/*
 * Overwrites err as a whole.  A message may quote err->text itself, so it is
 * put together aside.
 */
int
err_set(Err *err, ErrKind kind, const char *fmt,...)
{
	char		text[sizeof(err->text)];
	va_list		args;

	if (err == NULL)
		return 0;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	/* libpq's messages end in a newline and may hold more of them */
	for (char *p = text; *p != '\0'; p++)
	{
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	}
	for (size_t len = strlen(text); len > 0 && text[len - 1] == ' '; len--)
		text[len - 1] = '\0';

	memset(err, 0, sizeof(*err));
	err->kind = kind;
	memcpy(err->text, text, sizeof(text));
	return 0;
}

int
err_exit_status(const Err *err)
{
	static const int status_of_kind[] = {
		[ERR_NONE] = 0,
		[ERR_CONFIG] = 2,
		[ERR_RETRY] = 1,
		[ERR_DATA] = 1,
		[ERR_FATAL] = 1,
	};

	return status_of_kind[err->kind];
}
