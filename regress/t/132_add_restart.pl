# A table comes into the publication in the midst of a transaction, and the connector
# is killed before the table's snapshot has a point: of that transaction nothing goes
# out, being in the rows.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOF');
CREATE EXTENSION walpost;
CREATE TABLE old (id int PRIMARY KEY);
CREATE TABLE added (id int PRIMARY KEY);
INSERT INTO added VALUES (1);
CREATE TABLE door (number int);
CREATE PROCEDURE through(open int) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(open);
	WHILE NOT EXISTS (SELECT FROM door WHERE number = open) LOOP
		PERFORM pg_sleep(0.02);
	END LOOP;
END $$;
EOF

sub wait_door
{
	my ($number) = @_;

	return wait_until("the transaction to stand before door $number",
		sub { $pg->query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $number") == 1 });
}

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'publication.autocreate.mode' => 'filtered',
		'table.include.list' => 'public\.(old|added)',
		'walpost.snapshot.new.tables' => 'true',
	});
my $slots = q{SELECT count(*) FROM pg_replication_slots WHERE temporary};

$pg->query('ALTER PUBLICATION walpost DROP TABLE added');
my $writer = $pg->query_in_background(
	'BEGIN; INSERT INTO added VALUES (2); CALL through(1); INSERT INTO added VALUES (3); CALL through(2); COMMIT', log_file('writer'));
wait_door(1);
my ($status, undef, $error) = Walpost::Shipper::command('snapshot', '--table', 'public.added', $ship->file);
is($status, 0, 'a table is asked for') or diag($error);
ok(wait_until('its slot to be made', sub { $pg->query($slots) == 1 }), 'a slot is being made, for which the transaction has to end');
is($pg->query(q{SELECT count(*) FROM pg_publication_tables WHERE tablename = 'added'}), 1, 'the table is published');
$pg->query('INSERT INTO door VALUES (1)');
wait_door(2);

$ship->kill9;
wait_until('the slot to go', sub { $pg->query($slots) == 0 });
$ship->start;
ok(wait_until('another one to be made', sub { $pg->query($slots) == 1 }), 'killed and started again, it adds the table');
$pg->query('INSERT INTO door VALUES (2)');
is(wait_exit($writer, 30), 0, 'the transaction ends');
$ship->wait_log(qr/added public\.added: 3 rows/);
$pg->query('INSERT INTO added VALUES (4)');
$ship->wait_drained;
is(join(' ', map { my $e = $_->{event}; $e->{op} . $e->{after}{id} } $ship->events('added')), 'r1 r2 r3 c4',
	'the rows, then changes: no part of the transaction before them');
is($ship->stop, 0, 'a clean end');

done_testing();
