/*
 * jsonstr.c
 *	  JSON strings: copying text, with escapes where it needs them.
 *
 * Most text needs none, so that is a copy which looks at sixteen bytes at a
 * time.  Where escapes are, there are usually more (a JSON document in a
 * column has a quote in every few bytes): then a step makes room for all
 * backslashes of its bytes at once, without a branch for any of them.
 * Free of the server, so that it can be unit-tested.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "json.h"

/* WITHOUT_VECTORS: what other processors do, for the test. */
#if defined(__x86_64__) && !defined(WITHOUT_VECTORS)
#define X86_VECTORS
#include <immintrin.h>
#endif

/* What one character may become at most, and what a wide store overshoots. */
#define ESCAPE_MAX	12
#define COPY_SLACK	16

/* The letter after the backslash, for the characters that have one. */
static const char short_escapes[256] = {
	['\b'] = 'b',['\t'] = 't',['\n'] = 'n',['\f'] = 'f',['\r'] = 'r',
	['"'] = '"',['\\'] = '\\',
};

/*
 * True for bytes that cannot be copied: control characters, quote, backslash,
 * and the first byte of a character outside the BMP.
 */
static inline bool
needs_escape(unsigned char c)
{
	return c < 0x20 || c >= 0xF0 || c == '"' || c == '\\';
}

static inline uint64_t
load64(const char *str)
{
	uint64_t	word;

	memcpy(&word, str, sizeof(word));
	return word;
}

/* ---- copying what needs no escape --------------------------------------- */

/*
 * copy_run() copies text up to the first byte that needs an escape, or all of
 * it, and returns where it stopped.  It stores whole vectors or words, so *to
 * needs COPY_SLACK bytes more than are copied.
 */

#ifdef X86_VECTORS

/* All ones in the bytes of v below 0x20 and from 0xF0 on. */
static inline __m128i
out_of_range(__m128i v)
{
	/* Shifted by 0x20, both ends of the range are the values from 0xD0 on. */
	__m128i		shifted = _mm_sub_epi8(v, _mm_set1_epi8(0x20));

	return _mm_cmpeq_epi8(_mm_max_epu8(shifted, _mm_set1_epi8((char) 0xD0)), shifted);
}

/* One bit per byte of v that needs_escape(). */
static inline unsigned
escape_mask(__m128i v)
{
	__m128i		quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	__m128i		backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));

	return _mm_movemask_epi8(_mm_or_si128(out_of_range(v), _mm_or_si128(quote, backslash)));
}

/* The last n bytes of a text, 1 to 15, which is not read beyond its end. */
static inline __m128i
load_rest(const char *str, size_t n)
{
	const unsigned char *s = (const unsigned char *) str;

	if (n >= 8)
	{
		uint64_t	high = load64(str + n - 8) >> (8 * (15 - n)) >> 8;

		return _mm_set_epi64x((long long) high, (long long) load64(str));
	}
	if (n >= 4)
	{
		uint32_t	low;
		uint32_t	high;

		memcpy(&low, str, 4);
		memcpy(&high, str + n - 4, 4);
		return _mm_cvtsi64_si128((long long) (low | (uint64_t) high << (8 * (n - 4))));
	}
	return _mm_cvtsi32_si128(s[0] | s[n / 2] << (8 * (n / 2)) | s[n - 1] << (8 * (n - 1)));
}

static const char *
copy_run(char **to, const char *str, const char *end)
{
	char	   *p = *to;
	unsigned	mask;

	while (end - str >= 16)
	{
		__m128i		v = _mm_loadu_si128((const __m128i *) str);

		_mm_storeu_si128((__m128i *) p, v);
		mask = escape_mask(v);
		if (mask)
			goto stop;
		str += 16;
		p += 16;
	}
	if (str < end)
	{
		size_t		n = end - str;
		__m128i		v = load_rest(str, n);

		_mm_storeu_si128((__m128i *) p, v);
		mask = escape_mask(v) & ((1u << n) - 1);
		if (mask)
			goto stop;
		p += n;
	}
	*to = p;
	return end;

stop:
	mask = __builtin_ctz(mask);
	*to = p + mask;
	return str + mask;
}

#else

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* Not zero if a byte of word needs_escape(). */
static inline uint64_t
escape_bits(uint64_t word)
{
	/* a byte that is zero borrows from its highest bit */
	uint64_t	quote = word ^ EACH_BYTE('"');
	uint64_t	backslash = word ^ EACH_BYTE('\\');
	uint64_t	low = ((quote - EACH_BYTE(1)) | (backslash - EACH_BYTE(1)) |
					   (word - EACH_BYTE(0x20))) & ~word;
	uint64_t	high = word & word << 1 & word << 2 & word << 3;

	return (low | high) & EACH_BYTE(0x80);
}

static const char *
copy_run(char **to, const char *str, const char *end)
{
	char	   *p = *to;

	while (end - str >= 8)
	{
		uint64_t	word = load64(str);

		if (escape_bits(word))
			break;
		memcpy(p, &word, sizeof(word));
		str += 8;
		p += 8;
	}
	while (str < end && !needs_escape((unsigned char) *str))
		*p++ = *str++;
	*to = p;
	return str;
}

#endif							/* X86_VECTORS */

/* ---- one escape --------------------------------------------------------- */

/* Writes \uXXXX. */
static inline char *
put_unicode_escape(char *p, unsigned unit)
{
	static const char upper_hex[] = "0123456789ABCDEF";

	*p++ = '\\';
	*p++ = 'u';
	*p++ = upper_hex[unit >> 12];
	*p++ = upper_hex[(unit >> 8) & 15];
	*p++ = upper_hex[(unit >> 4) & 15];
	*p++ = upper_hex[unit & 15];
	return p;
}

/*
 * Writes the escape of the character at text, at most ESCAPE_MAX bytes, and
 * returns where the next character starts.
 */
static const char *
put_escape(char **to, const char *str, const char *end)
{
	const unsigned char *s = (const unsigned char *) str;
	char	   *p = *to;
	char		letter = short_escapes[*s];
	const char *next = str + 1;

	if (letter)
	{
		*p++ = '\\';
		*p++ = letter;
	}
	else if (*s < 0x20)
		p = put_unicode_escape(p, *s);
	else if (end - str >= 4)
	{
		unsigned	c = ((s[0] & 0x07u) << 18 | (s[1] & 0x3Fu) << 12 |
						 (s[2] & 0x3Fu) << 6 | (s[3] & 0x3Fu)) - 0x10000;

		p = put_unicode_escape(p, 0xD800 | (c >> 10 & 0x3FF));
		p = put_unicode_escape(p, 0xDC00 | (c & 0x3FF));
		next = str + 4;
	}
	else
		*p++ = *str;			/* cut off: not UTF-8, and not ours to repair */
	*to = p;
	return next;
}

/* ---- many escapes ------------------------------------------------------- */

#ifdef X86_VECTORS

#define AVX2	__attribute__((target("avx2,popcnt")))
#define AVX512	__attribute__((target("avx2,popcnt,bmi2,avx512f,avx512bw,avx512vbmi2")))

/* How many bytes a step takes, and how many of them it stores at most. */
#define STEP		32
#define STEP_STORES (2 * STEP)

/*
 * Stores the bytes of v with a backslash before each whose bit is in mask;
 * returns where the next byte goes.
 */
typedef char *(*PutSpread) (char *p, __m256i v, unsigned mask);

AVX512 static inline char *
put_spread_avx512(char *p, __m256i v, unsigned mask)
{
	/* all bytes with a backslash before each, then out with those too many */
	__m512i		pairs = _mm512_or_si512(_mm512_set1_epi16('\\'),
										_mm512_slli_epi16(_mm512_cvtepu8_epi16(v), 8));
	uint64_t	asked = _pdep_u64(mask, UINT64_C(0x5555555555555555));
	uint64_t	kept = asked | UINT64_C(0xAAAAAAAAAAAAAAAA);

	_mm512_storeu_si512(p, _mm512_maskz_compress_epi8(kept, pairs));
	return p + STEP + __builtin_popcount(mask);
}

/*
 * spread[m] tells a byte shuffle how to move eight bytes apart so that a
 * backslash, which lies behind them, comes before each whose bit is in m.
 */
static uint8_t spread[256][16];

static void
make_spread(void)
{
	for (int m = 0; m < 256; m++)
	{
		uint8_t    *to = spread[m];

		for (int i = 0; i < 8; i++)
		{
			if (m & 1 << i)
				*to++ = 8;
			*to++ = i;
		}
	}
}

AVX2 static inline __m256i
load_spread(unsigned low, unsigned high)
{
	__m128i		shuffle = _mm_loadu_si128((const __m128i *) spread[low & 0xFF]);

	return _mm256_inserti128_si256(_mm256_castsi128_si256(shuffle),
								   _mm_loadu_si128((const __m128i *) spread[high & 0xFF]), 1);
}

AVX2 static inline char *
put_spread_avx2(char *p, __m256i v, unsigned mask)
{
	__m256i		backslashes = _mm256_set1_epi8('\\');

	/* bytes 0 to 7 and 16 to 23, then 8 to 15 and 24 to 31 */
	__m256i		even = _mm256_shuffle_epi8(_mm256_unpacklo_epi64(v, backslashes),
										   load_spread(mask, mask >> 16));
	__m256i		odd = _mm256_shuffle_epi8(_mm256_unpackhi_epi64(v, backslashes),
										  load_spread(mask >> 8, mask >> 24));

	_mm_storeu_si128((__m128i *) p, _mm256_castsi256_si128(even));
	p += 8 + __builtin_popcount(mask & 0xFF);
	_mm_storeu_si128((__m128i *) p, _mm256_castsi256_si128(odd));
	p += 8 + __builtin_popcount(mask & 0xFF00);
	_mm_storeu_si128((__m128i *) p, _mm256_extracti128_si256(even, 1));
	p += 8 + __builtin_popcount(mask & 0xFF0000);
	_mm_storeu_si128((__m128i *) p, _mm256_extracti128_si256(odd, 1));
	return p + 8 + __builtin_popcount(mask >> 24);
}

/* The next bytes of a text that has n more; zeros behind its end. */
AVX2 static inline __m256i
load_step(const char *str, size_t n)
{
	__m128i		low = _mm_setzero_si128();
	__m128i		high = low;

	if (n >= STEP)
		return _mm256_loadu_si256((const __m256i *) str);
	if (n >= 16)
		low = _mm_loadu_si128((const __m128i *) str);
	else if (n > 0)
		low = load_rest(str, n);
	if (n > 16)
		high = load_rest(str + 16, n - 16);
	return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/*
 * By the lower half of a byte: the one character that a backslash alone
 * escapes (the form feed is left out, it shares its half with the backslash),
 * and what turns it into the letter behind the backslash.  Where there is
 * none, the first has a byte that belongs elsewhere.
 */
static const char escaped_chars[16] = {
	1, 0, '"', 0, 0, 0, 0, 0, '\b', '\t', '\n', 0, '\\', '\r'
};
static const char escape_changes[16] = {
	['\b'] = '\b' ^ 'b',['\t'] = '\t' ^ 't',['\n'] = '\n' ^ 'n',['\r'] = '\r' ^ 'r'
};

AVX2 static inline __m256i
both_halves(const char *bytes)
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) bytes));
}

/*
 * Writes text up to a byte that put_escape() must see to, to its end, or until
 * two steps found nothing to escape; returns where it stopped.
 */
AVX2 __attribute__((always_inline)) static inline const char *
copy_spreading(Out *out, const char *str, const char *end, PutSpread put_spread)
{
	__m256i		escaped = both_halves(escaped_chars);
	__m256i		change = both_halves(escape_changes);
	unsigned	seen;

	do
	{
		char	   *p;
		size_t		left = end - str;

		out_reserve(out, 2 * (left < 2 * STEP ? left : 2 * STEP) + STEP_STORES);
		p = out->p;
		seen = 0;
		for (int i = 0; i < 2; i++, str += STEP)
		{
			__m256i		v = load_step(str, end - str);
			__m256i		easy = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(escaped, v), v);
			__m256i		shifted = _mm256_sub_epi8(v, _mm256_set1_epi8(0x20));	/* as out_of_range() */
			__m256i		outside = _mm256_cmpeq_epi8(_mm256_max_epu8(shifted, _mm256_set1_epi8((char) 0xD0)),
													shifted);
			unsigned	mask = _mm256_movemask_epi8(easy);
			unsigned	hard = _mm256_movemask_epi8(_mm256_andnot_si256(easy, outside));
			char	   *start = p;

			v = _mm256_xor_si256(v, _mm256_and_si256(_mm256_shuffle_epi8(change, v), easy));
			p = put_spread(p, v, mask);
			if (__builtin_expect(hard != 0, 0))
			{
				/* at the text's end at the latest, for the zeros behind it */
				int			n = __builtin_ctz(hard);

				out->p = start + n + __builtin_popcount(mask & ((1u << n) - 1));
				return str + n;
			}
			seen |= mask;
		}
		out->p = p;
	} while (seen);
	return str;
}

typedef const char *(*CopyEscaping) (Out *out, const char *str, const char *end);

AVX512 static const char *
copy_escaping_avx512(Out *out, const char *str, const char *end)
{
	return copy_spreading(out, str, end, put_spread_avx512);
}

AVX2 static const char *
copy_escaping_avx2(Out *out, const char *str, const char *end)
{
	return copy_spreading(out, str, end, put_spread_avx2);
}

/* For any processor: one escape. */
static const char *
copy_escaping_plain(Out *out, const char *str, const char *end)
{
	return put_escape(&out->p, str, end);
}

static bool
has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

static bool
has_avx512(void)
{
	return has_avx2() && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512vbmi2");
}

/* The best for this processor, looked for when the first escape is met. */
static const char *copy_escaping_first(Out *out, const char *str, const char *end);
static CopyEscaping copy_escaping = copy_escaping_first;

static const char *
copy_escaping_first(Out *out, const char *str, const char *end)
{
	make_spread();
	copy_escaping = has_avx512() ? copy_escaping_avx512 :
		has_avx2() ? copy_escaping_avx2 : copy_escaping_plain;
	return copy_escaping(out, str, end);
}

#endif							/* X86_VECTORS */

/* Writes text on from a byte that needs an escape; returns where it stopped. */
static inline const char *
escape_on(Out *out, const char *str, const char *end)
{
#ifdef X86_VECTORS
	if (short_escapes[(unsigned char) *str] && *str != '\f')
		return copy_escaping(out, str, end);
#endif
	return put_escape(&out->p, str, end);
}

void
json_escape(Out *out, const char *str, size_t len)
{
	const char *end = str + len;

	out_reserve(out, len + COPY_SLACK);
	while ((str = copy_run(&out->p, str, end)) != end)
	{
		out_reserve(out, ESCAPE_MAX + (end - str) + COPY_SLACK);
		str = escape_on(out, str, end);
		out_reserve(out, (end - str) + COPY_SLACK);
	}
}

void
json_string(Out *out, const char *str, size_t len)
{
	/* One reservation covers a string without escapes, both quotes included. */
	out_reserve(out, len + COPY_SLACK + 2);
	*out->p++ = '"';
	json_escape(out, str, len);
	out_byte(out, '"');
}
