# A blocking snapshot: the stream stands still at one place, all rows are there as
# they are at it, and what comes after it is newer.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOS');
CREATE EXTENSION walpost;
CREATE SEQUENCE version;
CREATE TABLE rows (id int PRIMARY KEY, n bigint NOT NULL);
INSERT INTO rows SELECT i, nextval('version') FROM generate_series(1, 2000) i;
CREATE TABLE keyless (id int, v text);
INSERT INTO keyless SELECT i, 'v' FROM generate_series(1, 500) i;
CREATE TABLE nothing (id int PRIMARY KEY);
CREATE TABLE other (id int PRIMARY KEY);
CREATE TABLE gate (stop bool);
CREATE PROCEDURE work(seed float) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM setseed(seed);
	WHILE NOT EXISTS (SELECT FROM gate) LOOP
		IF random() < 0.1 THEN
			DELETE FROM rows WHERE id = (1 + random() * 2000)::int;
		ELSE
			INSERT INTO rows VALUES (1 + random() * 2000, nextval('version'))
				ON CONFLICT (id) DO UPDATE SET n = nextval('version');
		END IF;
		COMMIT;
		PERFORM pg_sleep(0.001);
	END LOOP;
END $$;
EOS

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'table.include.list' => 'public\.(rows|keyless|nothing|other)',
		'snapshot.lock.timeout.ms' => 0 });

sub ask
{
	my ($data) = @_;

	$pg->query("SELECT walpost.signal('execute-snapshot', '{\"type\": \"blocking\", $data}')");
	return;
}

sub completed
{
	return scalar(() = $ship->log =~ /the blocking snapshot is complete/g);
}

sub events_of
{
	my ($table) = @_;

	return map { $_->{event} // () } $ship->events($table);
}

# ---- while others write
my @writers = map { $pg->query_in_background("CALL work(0.$_)", log_file("writer$_")) } 1 .. 3;
ask('"data-collections": ["public.*"]');
ok(wait_until('the snapshot', sub { completed() == 1 }), 'all tables at once');
ask('"data-collections": ["public.rows"]');
ok(wait_until('another one', sub { completed() == 2 }), 'again');
$pg->query('INSERT INTO gate VALUES (true)');
is(wait_exit($_, 30), 0, 'a writer ends') for @writers;
$ship->wait_drained;

my (%state, %last);
my ($back, $read) = (0, 0);
for my $event (events_of('rows'))
{
	my $row = $event->{after} // $event->{before};

	delete $state{ $row->{id} };
	next if $event->{op} eq 'd';
	$back++ if ($last{ $row->{id} } // 0) > $row->{n};
	$read++ if $event->{op} eq 'r';
	$last{ $row->{id} } = $state{ $row->{id} } = $row->{n};
}
is($back, 0, 'no key goes back');
cmp_ok($read, '>', 3000, 'rows were read');
is_deeply(\%state, { map { split /\|/ } split /\n/, $pg->query('SELECT id, n FROM rows') }, 'the topic is the table');
is(scalar(grep { $_->{op} eq 'r' } events_of('keyless')), 500, 'a table needs no key');
my @marks = map { $_->{source}{snapshot} } grep { $_->{op} eq 'r' } events_of('keyless');
is($marks[0], 'first', 'rows say what is first');
is($marks[-1], 'last_in_data_collection', 'and last of a table');
is($pg->query('SELECT count(*) FROM pg_replication_slots'), 1, 'no other slot is left');

# ---- a query instead of the table
my $before = $read;
ask('"data-collections": ["public.rows"], "additional-conditions": [{"data-collection": "public.rows", "filter": "SELECT * FROM public.rows WHERE id <= 10"}]');
ok(wait_until('the snapshot', sub { completed() == 3 }), 'a query');
$ship->wait_drained;
is(scalar(grep { $_->{op} eq 'r' } events_of('rows')) - $before, $pg->query('SELECT count(*) FROM rows WHERE id <= 10'), 'has its rows read');

# ---- the stream stands still, here for a transaction that runs; a killed one begins again
my $writer = $pg->query_in_background(<<'EOS', log_file('writer'));
DO $$
BEGIN
	INSERT INTO rows VALUES (-1, 0);
	WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'go on') LOOP
		PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
	END LOOP;
END $$
EOS
wait_until('a transaction', sub { $pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL}) == 1 });
my $slots = q{FROM pg_replication_slots WHERE slot_name LIKE 'walpost_blocking%'};

ask('"data-collections": ["public.keyless"]');
ok(wait_until('the slot', sub { $pg->query("SELECT count(*) $slots") == 1 }), 'the snapshot waits for a transaction');
$pg->query('INSERT INTO other VALUES (1)');
$ship->kill9;
# who waits for a transaction does not see that nobody waits for him
$pg->query("SELECT pg_terminate_backend(active_pid) $slots");
wait_until('the slot to go', sub { $pg->query("SELECT count(*) $slots") == 0 });
$ship->start;
ok(wait_until('the slot again', sub { $pg->query("SELECT count(*) $slots") == 1 }), 'a killed one begins again');
$pg->query('INSERT INTO other VALUES (2)');
is(scalar(grep { $_->{after}{id} == 2 } events_of('other')), 0, 'the stream stands still');
my $going = $pg->query_in_background(q{SET application_name = 'go on'; SELECT pg_sleep(30)}, log_file('going'));
is(wait_exit($writer, 30), 0, 'the transaction ends');
ok(wait_until('the snapshot', sub { completed() == 4 }), 'it is taken');
$ship->wait_drained;
cmp_ok(scalar(events_of('other')), '>=', 2, 'and the stream goes on');
is(scalar(grep { $_->{op} eq 'r' } events_of('keyless')), 1000, 'rows were read once more');
is($ship->stop, 0, 'a clean end');

done_testing();
