/*
 * zonevalue.h
 *	  Values of times in another zone, as TimezoneConverter has them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ZONEVALUE_H
#define WALPOST_ZONEVALUE_H

#include "rowvalue.h"
#include "zone.h"

/*
 * A field of a row, or of the envelope's source, in the zone; the field itself
 * if its schema is not that of a time that has one.
 */
extern Shape *zonevalue_of_row(const TransformStep *step, Draft *draft, const Zone *zone, Shape *field);
extern Shape *zonevalue_of_source(const TransformStep *step, Draft *draft, const Zone *zone,
								  Shape *field, const char *name);

#endif							/* WALPOST_ZONEVALUE_H */
