-- The table of the workload: a column of each type that real tables are made
-- of.  REPLICA IDENTITY FULL, so that an update carries the row twice.
CREATE TABLE items (
	id bigserial PRIMARY KEY,
	ref uuid NOT NULL,
	name text NOT NULL,
	price numeric(10,2) NOT NULL,
	quantity int NOT NULL,
	note text,
	created timestamptz NOT NULL,
	changed timestamp NOT NULL,
	active bool NOT NULL
);
ALTER TABLE items REPLICA IDENTITY FULL;

-- A row like those of real life: ordinary text, a quote here and there, some
-- nulls.  The same number always gives the same row.
CREATE FUNCTION item(n bigint, OUT ref uuid, OUT name text, OUT price numeric, OUT quantity int,
					 OUT note text, OUT created timestamptz, OUT changed timestamp, OUT active bool)
LANGUAGE sql IMMUTABLE AS $$
	SELECT md5(n::text)::uuid,
		   'Customer No. ' || n,
		   (n % 1000000) / 100.0,
		   (n % 1000)::int,
		   CASE WHEN n % 10 = 0 THEN NULL
				WHEN n % 10 = 1 THEN 'leave "at the door", ' || md5(n::text)
				ELSE 'ordinary text of a middling length, ' || md5(n::text) END,
		   timestamptz '2026-01-01 00:00:00.123456+00' + n * interval '1.000001 s',
		   timestamp '2026-01-01 00:00:00.5' + n * interval '1 s',
		   n % 3 <> 0
$$;

-- What the latency runs write: the commit's time as near as a row can know it.
CREATE TABLE ticks (
	id bigserial PRIMARY KEY,
	sent bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
	note text NOT NULL DEFAULT 'one small row in a transaction of its own'
);

CREATE PUBLICATION bench FOR TABLE items, ticks;
