/*
 * transform_mask.h
 *	  MaskField, which transform_field.c has in its table.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TRANSFORM_MASK_H
#define WALPOST_TRANSFORM_MASK_H

#include "transformdef.h"

typedef struct MaskField
{
	List	   *fields;
	char	   *replacement;	/* NULL: what is zero or empty */
	bool		replace_null;
} MaskField;

extern const Setting mask_settings[];
extern void mask_check(TransformStep *step);
extern void mask_apply(const TransformStep *step, Draft *draft);

#endif							/* WALPOST_TRANSFORM_MASK_H */
