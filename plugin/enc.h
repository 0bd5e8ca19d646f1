/*
 * enc.h
 *	  What an encoder is: a function that appends one value, and what was
 *	  decided for it when the relation plan was compiled.
 *
 * An encoder is never called for NULL nor for an unchanged TOAST value; the
 * plan has bytes ready for both.  It may allocate in the current context,
 * which is reset after the change.  Its bytes depend on the datum and the Enc
 * alone, never on a session setting.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ENC_H
#define WALPOST_ENC_H

#include "fmgr.h"
#include "out.h"

typedef struct Enc Enc;

typedef void (*EncodeFn) (Out *out, Datum value, const Enc *enc);

struct Enc
{
	EncodeFn	encode;
	int32		a;				/* small parameters: scale, precision, bits; */
	int32		b;				/* the encoder's comment says which */
	const Enc  *elem;			/* of an array, range or domain */
	FmgrInfo   *out_function;	/* the type's own, where it is needed */
	const void *data;			/* anything else, in the plan's memory */
};

#endif							/* WALPOST_ENC_H */
