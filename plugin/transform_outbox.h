/*
 * transform_outbox.h
 *	  What EventRouter is told, and which columns that takes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TRANSFORM_OUTBOX_H
#define WALPOST_TRANSFORM_OUTBOX_H

#include "jsonexpand.h"
#include "transformdef.h"

typedef enum Placement
{
	PLACE_HEADER, PLACE_ENVELOPE, PLACE_PARTITION
} Placement;

/* A column that goes somewhere else than into the payload. */
typedef struct Additional
{
	const char *field;
	Placement	placement;
	const char *alias;
} Additional;

typedef struct Outbox
{
	char	   *id_field;
	char	   *key_field;
	char	   *payload_field;
	char	   *timestamp_field;
	char	   *version_field;
	List	   *additional_items;
	int			missing;
	int			invalid;
	char	   *route_field;
	char	   *route_regex;
	char	   *route_replacement;
	bool		tombstone_on_empty;
	bool		expand;
	int			null_behavior;
	int			array_behavior;

	List	   *additional;		/* Additional */
	bool		has_envelope;	/* one of them goes there */
	JavaRegex  *route;
	bool		warned;			/* of an update */
	JsonExpansion expansion;	/* of the row at hand, once it has answered */
} Outbox;

/* Of Outbox.missing. */
#define OUTBOX_MISSING_IGNORED 1

/* Is the column missing in the row, and may be? */
extern bool outbox_leaves_out(const Outbox *outbox, const Shape *row, const Additional *additional);

/* How many of a column's units are a millisecond; 0: it is no time. */
extern int	outbox_time_unit(const ConnectSchema *schema);

/*
 * Are all columns in the row that the options name, and the timestamp's one of
 * time?  Else the draft fails, with the row's columns and the option.
 */
extern bool outbox_check_columns(const TransformStep *step, Draft *draft, const Shape *row);

#endif							/* WALPOST_TRANSFORM_OUTBOX_H */
