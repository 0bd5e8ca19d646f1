-- Three shapes of transaction: one large insert, many small ones (half of them
-- updates, half inserts), one large update.  The psql variables big and small
-- are the numbers of rows and of one-row transactions.
SET synchronous_commit = off;

INSERT INTO items (ref, name, price, quantity, note, created, changed, active)
	SELECT r.* FROM generate_series(1, :big) n, item(n) r;

SELECT set_config('bench.big', :'big', false), set_config('bench.small', :'small', false) \g /dev/null

DO $$
DECLARE
	big bigint := current_setting('bench.big');
	small bigint := current_setting('bench.small');
BEGIN
	FOR n IN 1 .. small / 2 LOOP
		UPDATE items SET quantity = quantity + 1, changed = changed + interval '1 s'
			WHERE id = 1 + (n * 7919) % big;
		COMMIT;
		INSERT INTO items (ref, name, price, quantity, note, created, changed, active)
			SELECT * FROM item(big + n);
		COMMIT;
	END LOOP;
END
$$;

UPDATE items SET price = price + 1, changed = changed + interval '1 s';
