/*
 * transform_value.h
 *	  Cast, TimestampConverter and Flatten, each in a file of its own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TRANSFORM_VALUE_H
#define WALPOST_TRANSFORM_VALUE_H

#include "transformdef.h"

typedef struct Cast
{
	List	   *spec;
	bool		replace_null;
	List	   *items;			/* what spec says */
} Cast;

extern const Setting cast_settings[];
extern void cast_check(TransformStep *step);
extern void cast_apply(const TransformStep *step, Draft *draft);

typedef struct TimestampConverter
{
	char	   *field;
	char	   *target;
	char	   *format;
	int			precision;		/* of unix time, among timestamp_precisions */
	bool		replace_null;
	int			type;			/* what target says */
} TimestampConverter;

extern const Setting timestamp_settings[];
extern void timestamp_check(TransformStep *step);
extern void timestamp_apply(const TransformStep *step, Draft *draft);

typedef struct Flatten
{
	char	   *delimiter;
} Flatten;

extern const Setting flatten_settings[];
extern void flatten_apply(const TransformStep *step, Draft *draft);

#endif							/* WALPOST_TRANSFORM_VALUE_H */
