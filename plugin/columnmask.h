/*
 * columnmask.h
 *	  Cuts and hashes a JSON text in place.
 *
 * Each function takes what stands between at and out->p: a string as json.c
 * writes it, or the literal null, which is left as it is.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_COLUMNMASK_H
#define WALPOST_COLUMNMASK_H

#include "out.h"

/* A salted digest. */
typedef struct Digest
{
	int			algorithm;		/* a pg_cryptohash_type */
	const char *salt;
	size_t		salt_len;
	bool		serialized;		/* of a Java string as ObjectOutputStream
								 * writes it, not of its UTF-8 */
} Digest;

/* The longest hash in quotes; room that columnmask_hash() needs behind out->p. */
#define COLUMNMASK_HASH_MAX (2 * 64 + 2)

/* Finds a digest by the name that Java has for it; false if there is none. */
extern bool columnmask_algorithm(const char *name, int *algorithm);

/* Cuts a string after so many UTF-16 units. */
extern void columnmask_cut_string(Out *out, char *at, int units);

/* Cuts a string of base64 so that it stands for the first bytes. */
extern void columnmask_cut_base64(Out *out, char *at, int bytes);

/* Puts the digest's digits, at most so many, in the place of a string. */
extern void columnmask_hash(Out *out, char *at, const Digest *digest, int digits);

#endif							/* WALPOST_COLUMNMASK_H */
