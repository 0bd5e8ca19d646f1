-- The workload of the torture: tables that are captured (public), what was
-- committed in them (torture), and a procedure that writes at random.
--
-- The record of what was committed is written by triggers in the transaction
-- itself, so it rolls back with it, whole or to a savepoint.  The last thing a
-- transaction does is to take the next number of torture.clock, whose row stays
-- locked until the commit record is written: numbers are the order of commits.

CREATE SCHEMA torture;
CREATE SEQUENCE torture.mark;
CREATE SEQUENCE torture.step;
CREATE TABLE torture.clock (last bigint NOT NULL, running boolean NOT NULL);
INSERT INTO torture.clock VALUES (0, false);

-- after: a position between the commit before this one and this one
CREATE TABLE torture.txn (seq bigint PRIMARY KEY, xid bigint NOT NULL, after pg_lsn NOT NULL);
CREATE TABLE torture.change (
	xid bigint NOT NULL,
	step bigint NOT NULL,
	rel text NOT NULL,
	op text NOT NULL,
	key text NOT NULL,
	old_key text NOT NULL,
	mark bigint NOT NULL);

-- A key, and nothing of the row before a change but its key.
CREATE TABLE plain (id int PRIMARY KEY, mark bigint, pad text);
-- A key, and the whole row before a change.
CREATE TABLE whole (id int PRIMARY KEY, mark bigint, pad text);
ALTER TABLE whole REPLICA IDENTITY FULL;
-- Rows come and stay; one partition.
CREATE TABLE journal (id bigint PRIMARY KEY, mark bigint, pad text);
-- Many rows, of which few change: those of snapshots.  In many blocks, which are
-- read in several ranges.
CREATE TABLE stock (id int PRIMARY KEY, mark bigint, pad text) WITH (fillfactor = 10);
CREATE TABLE gate (id int PRIMARY KEY, pad text);
INSERT INTO gate SELECT i, repeat('g', 1000) FROM generate_series(1, 400) i;
-- A row that is asked for last.
CREATE TABLE sentinel (id int PRIMARY KEY);

-- A gate in the midst of a snapshot: 1 is shut.  A sequence, since who waits has a
-- snapshot of its own, which sequences do not care for; and it outlives crashes.  The
-- last row of a table waits for it, after so many that its first ones come before.
CREATE SEQUENCE torture.gate MINVALUE 0;
SELECT setval('torture.gate', 0);
CREATE FUNCTION torture.pass() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	WHILE (SELECT last_value FROM torture.gate) = 1 LOOP
		PERFORM pg_sleep(0.05);
	END LOOP;
	RETURN true;
END
$$;

CREATE FUNCTION torture.xid() RETURNS bigint LANGUAGE sql AS
	$$SELECT pg_current_xact_id()::text::bigint & 4294967295$$;

CREATE FUNCTION torture.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO torture.change VALUES (torture.xid(), nextval('torture.step'), TG_RELNAME,
		CASE TG_OP WHEN 'INSERT' THEN 'c' WHEN 'UPDATE' THEN 'u' ELSE 'd' END,
		coalesce(NEW.id, OLD.id), coalesce(OLD.id, NEW.id), coalesce(NEW.mark, OLD.mark));
	RETURN NULL;
END
$$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON plain FOR EACH ROW EXECUTE FUNCTION torture.note();
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON whole FOR EACH ROW EXECUTE FUNCTION torture.note();
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON stock FOR EACH ROW EXECUTE FUNCTION torture.note();

-- The journal notes a statement at once: big transactions are its business.
CREATE FUNCTION torture.append(n bigint, width int) RETURNS void LANGUAGE sql AS $$
	WITH new AS (
		INSERT INTO journal
		SELECT m, m, repeat('j', width)
		FROM (SELECT nextval('torture.mark') AS m FROM generate_series(1, n)) AS marks
		RETURNING id)
	INSERT INTO torture.change
	SELECT torture.xid(), nextval('torture.step'), 'journal', 'c', id, id, id FROM new
$$;

CREATE FUNCTION torture.say() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	m bigint := nextval('torture.mark');
BEGIN
	PERFORM pg_logical_emit_message(true, 'torture', m::text);
	INSERT INTO torture.change VALUES (torture.xid(), nextval('torture.step'), 'message', 'm', 'torture', 'torture', m);
END
$$;

-- Text of some length: mostly short, now and then one that is stored out of line.
CREATE FUNCTION torture.pad() RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN random() < 0.02 THEN string_agg(md5(random()::text), '') ELSE repeat('p', (random() * 60)::int) END
	FROM generate_series(1, 200)
$$;

-- One random statement on a table with a key.  A lock that somebody else holds
-- is waited for briefly (lock_timeout).
CREATE FUNCTION torture.act() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	rel text := (ARRAY['plain', 'plain', 'whole', 'whole', 'stock'])[1 + floor(random() * 5)];
	rows int := CASE WHEN rel = 'stock' THEN 5000 ELSE 150 END;
	one int := (random() * rows)::int;
	other int := (random() * rows)::int;
	roll float8 := random();
BEGIN
	IF roll < 0.30 THEN
		EXECUTE format('INSERT INTO %I VALUES ($1, nextval(''torture.mark''), torture.pad())'
			' ON CONFLICT (id) DO UPDATE SET mark = excluded.mark, pad = excluded.pad', rel) USING one;
	ELSIF roll < 0.60 THEN
		EXECUTE format('UPDATE %I SET mark = nextval(''torture.mark'') WHERE id = $1', rel) USING one;
	ELSIF roll < 0.75 THEN
		EXECUTE format('DELETE FROM %I WHERE id = $1', rel) USING one;
	ELSIF roll < 0.85 THEN
		EXECUTE format('UPDATE %1$I SET id = $2, mark = nextval(''torture.mark'') WHERE id = $1 AND $1 <> $2'
			' AND NOT EXISTS (SELECT 1 FROM %1$I WHERE id = $2)', rel) USING one, other;
	ELSIF roll < 0.95 THEN
		EXECUTE format('UPDATE %I SET mark = nextval(''torture.mark''), pad = torture.pad()'
			' WHERE id BETWEEN $1 AND $1 + 10', rel) USING one;
	ELSIF rel <> 'stock' THEN
		EXECUTE format('DELETE FROM %I WHERE id BETWEEN $1 AND $1 + 20', rel) USING one;
	END IF;
END
$$;

-- Some statements in a subtransaction, which is thrown away now and then.
CREATE FUNCTION torture.part() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 1 + (random() * 4)::int LOOP
		PERFORM torture.act();
	END LOOP;
	IF random() < 0.15 THEN
		PERFORM torture.append(3, 100);
		RAISE EXCEPTION 'thrown away';
	END IF;
EXCEPTION WHEN raise_exception OR lock_not_available OR deadlock_detected OR unique_violation THEN
	NULL;
END
$$;

-- Writes one random transaction after the other, with a pause after each,
-- until torture.clock says no.
CREATE PROCEDURE torture.write(seed float8, pause float8) LANGUAGE plpgsql AS $$
DECLARE
	number bigint;
BEGIN
	PERFORM setseed(seed), set_config('lock_timeout', '100ms', false);
	WHILE (SELECT running FROM torture.clock) LOOP
		FOR i IN 1 .. 1 + (random() * 2)::int LOOP
			PERFORM torture.part();
			IF random() < 0.3 THEN
				PERFORM torture.append(1 + (random() * 3)::int, (random() * 300)::int);
			END IF;
			IF random() < 0.05 THEN
				PERFORM torture.say();
			END IF;
		END LOOP;
		IF random() < 0.003 THEN
			PERFORM torture.append(1000 + (random() * 9000)::int, 100);
		END IF;
		IF random() < 0.05 THEN
			ROLLBACK;
		ELSE
			PERFORM set_config('lock_timeout', '0', true);
			UPDATE torture.clock SET last = last + 1 RETURNING last INTO number;
			INSERT INTO torture.txn VALUES (number, torture.xid(), pg_current_wal_insert_lsn());
			COMMIT;
		END IF;
		PERFORM pg_sleep(pause * random() * 2);
	END LOOP;
END
$$;
