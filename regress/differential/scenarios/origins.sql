-- Transactions that came from elsewhere.
CREATE TABLE o (id int PRIMARY KEY, v text);
SELECT pg_replication_origin_create('origin of ' || :'DBNAME');
-- stream
INSERT INTO o VALUES (1, 'here');
SELECT pg_replication_origin_session_setup('origin of ' || :'DBNAME');
BEGIN;
SELECT pg_replication_origin_xact_setup('0/1234', '2020-01-01 00:00:00+00');
INSERT INTO o VALUES (2, 'there'), (3, 'there');
COMMIT;
BEGIN;
SELECT pg_replication_origin_xact_setup('16/B374D848', '2021-01-01 00:00:00+00');
UPDATE o SET v = 'there' WHERE id = 1;
SELECT pg_logical_emit_message(true, 'from', 'there');
DELETE FROM o WHERE id = 2;
COMMIT;
SELECT pg_replication_origin_session_reset();
INSERT INTO o VALUES (4, 'here');
