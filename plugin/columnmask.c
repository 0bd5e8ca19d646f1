/*
 * columnmask.c
 *	  Cuts and hashes a JSON text in place.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "columnmask.h"
#include "compat.h"

#if HAVE_CRYPTOHASH
#include "common/cryptohash.h"
#include "common/md5.h"
#include "common/sha1.h"
#include "common/sha2.h"

static const struct Algorithm
{
	const char *name;
	pg_cryptohash_type type;
	size_t		len;
}			algorithms[] = {
	{"MD5", PG_MD5, MD5_DIGEST_LENGTH},
	{"SHA", PG_SHA1, SHA1_DIGEST_LENGTH},
	{"SHA1", PG_SHA1, SHA1_DIGEST_LENGTH},
	{"SHA-1", PG_SHA1, SHA1_DIGEST_LENGTH},
	{"SHA224", PG_SHA224, PG_SHA224_DIGEST_LENGTH},
	{"SHA-224", PG_SHA224, PG_SHA224_DIGEST_LENGTH},
	{"SHA256", PG_SHA256, PG_SHA256_DIGEST_LENGTH},
	{"SHA-256", PG_SHA256, PG_SHA256_DIGEST_LENGTH},
	{"SHA384", PG_SHA384, PG_SHA384_DIGEST_LENGTH},
	{"SHA-384", PG_SHA384, PG_SHA384_DIGEST_LENGTH},
	{"SHA512", PG_SHA512, PG_SHA512_DIGEST_LENGTH},
	{"SHA-512", PG_SHA512, PG_SHA512_DIGEST_LENGTH},
};
#endif

bool
columnmask_algorithm(const char *name, int *algorithm)
{
#if HAVE_CRYPTOHASH
	for (int i = 0; i < lengthof(algorithms); i++)
		if (pg_strcasecmp(algorithms[i].name, name) == 0)
		{
			*algorithm = i;
			return true;
		}
#endif
	return false;
}

/* ---- cutting ------------------------------------------------------------- */

/* Bytes of the UTF-16 unit at p, as json.c writes it. */
static int
unit_len(const char *p)
{
	if (*p == '\\')
		return p[1] == 'u' ? 6 : 2;
	return pg_utf_mblen((const unsigned char *) p);
}

void
columnmask_cut_string(Out *out, char *at, int units)
{
	char	   *p = at + 1;
	char	   *quote = out->p - 1;

	if (*at != '"')
		return;
	while (p < quote && units-- > 0)
		p += unit_len(p);
	*p++ = '"';
	out->p = p;
}

void
columnmask_cut_base64(Out *out, char *at, int bytes)
{
	static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t		len = out->p - at - 2;
	size_t		whole = len / 4 * 3;
	char	   *last;

	if (*at != '"')
		return;
	if (len > 0)
		whole -= (out->p[-2] == '=') + (out->p[-3] == '=');
	if (whole <= (size_t) bytes)
		return;

	/* the last group of four loses the bits of what is cut */
	last = at + 1 + bytes / 3 * 4;
	if (bytes % 3 == 1)
	{
		last[1] = alphabet[(strchr(alphabet, last[1]) - alphabet) & 0x30];
		last[2] = last[3] = '=';
	}
	else if (bytes % 3 == 2)
	{
		last[2] = alphabet[(strchr(alphabet, last[2]) - alphabet) & 0x3C];
		last[3] = '=';
	}
	last += bytes % 3 ? 4 : 0;
	*last++ = '"';
	out->p = last;
}

/* ---- hashing ------------------------------------------------------------- */

#if HAVE_CRYPTOHASH

/* The unit of \uXXXX behind its "u". */
static pg_wchar
hex_unit(const char *p)
{
	pg_wchar	c = 0;

	for (int i = 0; i < 4; i++)
		c = c << 4 | (isdigit((unsigned char) p[i]) ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return c;
}

/*
 * Takes the escapes out of a string's inside, in place; returns its end.
 * Halves of a pair are joined, unless they stay apart as in the "modified
 * UTF-8" of Java's streams.
 */
static char *
unescape(char *p, const char *end, bool join)
{
	static const char from[] = "bfnrt";
	static const char to[] = "\b\f\n\r\t";
	char	   *q = p;

	while (p < end)
	{
		const char *hit;
		pg_wchar	c;

		if (*p != '\\')
		{
			*q++ = *p++;
			continue;
		}
		if (p[1] != 'u')
		{
			hit = strchr(from, p[1]);
			*q++ = hit ? to[hit - from] : p[1];
			p += 2;
			continue;
		}
		c = hex_unit(p + 2);
		p += 6;
		if (join && is_utf16_surrogate_first(c))
		{
			c = surrogate_pair_to_codepoint(c, hex_unit(p + 2));
			p += 6;
		}
		unicode_to_utf8(c, (unsigned char *) q);
		q += pg_utf_mblen((unsigned char *) q);
	}
	return q;
}

/* What an ObjectOutputStream writes before a string's bytes; its length. */
static size_t
stream_head(uint8 *head, size_t len)
{
	static const uint8 magic[] = {0xAC, 0xED, 0x00, 0x05};
	int			bytes = len > 0xFFFF ? 8 : 2;

	memcpy(head, magic, sizeof(magic));
	head[4] = len > 0xFFFF ? 0x7C : 0x74;	/* TC_LONGSTRING, TC_STRING */
	for (int i = 0; i < bytes; i++)
		head[5 + i] = (uint8) ((uint64) len >> 8 * (bytes - 1 - i));
	return 5 + bytes;
}

static void
compute(const Digest *digest, const char *text, size_t len, uint8 *result)
{
	const struct Algorithm *algorithm = &algorithms[digest->algorithm];
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(algorithm->type);
	uint8		head[16];
	size_t		head_len = digest->serialized ? stream_head(head, len) : 0;

	if (pg_cryptohash_init(ctx) < 0 ||
		pg_cryptohash_update(ctx, (const uint8 *) digest->salt, digest->salt_len) < 0 ||
		pg_cryptohash_update(ctx, head, head_len) < 0 ||
		pg_cryptohash_update(ctx, (const uint8 *) text, len) < 0 ||
		pg_cryptohash_final(ctx, result, algorithm->len) < 0)
	{
		pg_cryptohash_free(ctx);
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute digest %s", algorithm->name)));
	}
	pg_cryptohash_free(ctx);
}

void
columnmask_hash(Out *out, char *at, const Digest *digest, int digits)
{
	static const char hex[] = "0123456789abcdef";
	uint8		result[PG_SHA512_DIGEST_LENGTH];
	int			len = (int) algorithms[digest->algorithm].len * 2;
	char	   *p = at + 1;

	if (*at != '"')
		return;
	compute(digest, p, unescape(p, out->p - 1, !digest->serialized) - p, result);
	for (int i = 0; i < Min(len, digits); i++)
		*p++ = hex[i % 2 ? result[i / 2] & 15 : result[i / 2] >> 4];
	*p++ = '"';
	out->p = p;
}

#else							/* no such rule was accepted */

void
columnmask_hash(Out *out, char *at, const Digest *digest, int digits)
{
	elog(ERROR, "no digests");
}

#endif
