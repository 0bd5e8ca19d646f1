-- What the samples of Bench/Types.pm are made of.  The same number always
-- gives the same value.
CREATE FUNCTION type_cost(query text, properties text, passes int) RETURNS float8[]
LANGUAGE c STRICT AS 'typecost';

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy', 'over the moon');

-- A number from 0 to below 1 that looks random; which tells apart several of one row.
CREATE FUNCTION noise(n int, which int DEFAULT 0) RETURNS float8
LANGUAGE sql IMMUTABLE AS $$ SELECT (hashint8extended(n, which) & 4503599627370495) / 4503599627370496.0::float8 $$;

-- An integer from a to b.
CREATE FUNCTION pick(n int, a bigint, b bigint, which int DEFAULT 0) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT a + floor(noise(n, which) * (b - a + 1))::bigint $$;

-- As many characters out of a text that has no end.
CREATE FUNCTION cut(source text, n int, len bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT substr(repeat(source, (2 * length(source) + len)::int / length(source) + 1),
									 pick(n, 1, length(source), 9)::int, len::int) $$;

CREATE FUNCTION plain(n int, shortest int, longest int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT cut('The quick brown fox jumps over the lazy dog, and 12 boxing wizards look on; '
								  'nobody knows why (but one of them takes notes). ', n, pick(n, shortest, longest)) $$;

-- Words, most of which have a letter or more that is not ASCII.
CREATE FUNCTION foreign_text(n int, shortest int, longest int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT cut(CASE n % 3 WHEN 0 THEN 'Übergrößenträger führen außer Jörg längst Läden in Köln. '
								  WHEN 1 THEN 'Съешь же ещё этих мягких французских булок, да выпей чаю. '
								  ELSE '色は匂へど 散りぬるを 我が世誰ぞ 常ならむ。' END, n, pick(n, shortest, longest)) $$;

-- Dense with line breaks and quotes: an escape in about fifteen characters.
CREATE FUNCTION quoting(n int, shortest int, longest int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT cut(E'Please leave it "at the door",\nnot behind the house.\t(key: C:\\drawer\\left, as ever); '
								  'call me\nif the dog "Rex" is about. ', n, pick(n, shortest, longest)) $$;

-- An emoji about every twenty characters.
CREATE FUNCTION cheerful(n int, shortest int, longest int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT cut('Thank you so much 😀 for the parcel 📦 it came early today 🎉 see you soon ', n, pick(n, shortest, longest)) $$;

-- A document of about 200 bytes.
CREATE FUNCTION document(n int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT format('{"id": %s, "customer": "%s", "total": %s, "paid": %s, "tags": ["new", "retail"], "address": {"city": "%s", "zip": "%s"}, "note": "%s"}',
	n, plain(n, 8, 20), round(pick(n, 1, 100000) / 100.0, 2), (n % 3 = 0)::text, plain(n, 6, 12), pick(n, 10000, 99999), plain(n, 20, 40)) $$;

-- As many bytes.
CREATE FUNCTION octets(n int, len bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$ SELECT substr(decode(repeat(md5(n::text), len::int / 16 + 1), 'hex'), 1, len::int) $$;
