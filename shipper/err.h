/*
 * err.h
 *	  An error as it travels up: a kind that is the policy, and a text.
 *
 * Functions that can fail return false (or NULL) and fill an Err; nobody but
 * main.c exits, and a message is logged once, where it is handled.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ERR_H
#define WALPOST_ERR_H

#include <stdarg.h>

#define must_check __attribute__((warn_unused_result))

typedef enum ErrKind
{
	ERR_NONE,
	ERR_CONFIG,					/* the user must change something: exit 2 */
	ERR_RETRY,					/* passes by itself: back off and reconnect */
	ERR_DATA,					/* one event: errors.tolerance decides */
	ERR_FATAL,					/* exit 1 */
} ErrKind;

/*
 * text is one line: object, value, remedy ("could not <verb> <object>: ...;
 * <what to do>").  Never holds a secret.
 */
typedef struct Err
{
	ErrKind		kind;
	char		sqlstate[6];	/* from PostgreSQL, else "" */
	int			kafka;			/* rd_kafka_resp_err_t, else 0 */
	char		text[1024];
} Err;

/* Fills err (which may be NULL) and returns false, for "return err_set(...)". */
extern int err_set(Err *err, ErrKind kind, const char *fmt,...)
			__attribute__((format(printf, 3, 4)));

/* The kind that a SQLSTATE ("" or NULL: connection lost) stands for; a table. */
extern ErrKind err_kind_of_sqlstate(const char *sqlstate);

/* The exit status of the program for an error of this kind. */
extern int err_exit_status(const Err *err);

#endif							/* WALPOST_ERR_H */
