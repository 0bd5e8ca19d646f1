# A snapshot by several readers while others write: its rows and the stream after
# it rebuild the tables exactly, also after it was killed in the middle, and a
# table that is truncated all the time is never seen empty.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running;
my $accounts = 30000;
my $refilled = 500;

$pg->query(<<"EOF");
CREATE EXTENSION walpost;
CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL, pad text);
ALTER TABLE accounts REPLICA IDENTITY FULL;
INSERT INTO accounts SELECT i, 100, repeat('p', 300) FROM generate_series(1, $accounts) i;
CREATE TABLE refilled (round int, id int, PRIMARY KEY (round, id));
INSERT INTO refilled SELECT 0, i FROM generate_series(1, $refilled) i;
CREATE TABLE gate (stop bool);
CREATE UNLOGGED TABLE truce (number int);
CREATE PROCEDURE transfer() LANGUAGE plpgsql AS \$\$
DECLARE debtor int; creditor int;
BEGIN
	WHILE NOT EXISTS (SELECT FROM gate) LOOP
		debtor := 1 + random() * ($accounts - 1);
		creditor := 1 + random() * ($accounts - 1);
		UPDATE accounts SET balance = balance - 1 WHERE id = debtor;
		UPDATE accounts SET balance = balance + 1 WHERE id = creditor;
		COMMIT;
		PERFORM pg_sleep(0.002);
	END LOOP;
END \$\$;
CREATE PROCEDURE refill() LANGUAGE plpgsql AS \$\$
DECLARE number int := 0;
BEGIN
	WHILE NOT EXISTS (SELECT FROM gate) LOOP
		PERFORM pg_advisory_xact_lock(1);
		IF NOT EXISTS (SELECT FROM truce) THEN
			number := number + 1;
			TRUNCATE refilled;
			INSERT INTO refilled SELECT number, i FROM generate_series(1, $refilled) i;
		END IF;
		COMMIT;
		PERFORM pg_sleep(0.3);
	END LOOP;
END \$\$;
EOF

my @writers = map { $pg->query_in_background("CALL $_()", log_file("writer_$_")) } qw(transfer refill);

my $ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'snapshot.mode' => 'initial',
		'snapshot.max.threads' => 3,
		'table.include.list' => 'public\.(accounts|refilled)',
		'skipped.operations' => 'none',
		# less than the tables hold, so that a snapshot can be held in its middle
		'walpost.buffer.memory' => 4 * 1024 * 1024,
	});

# Starts the shipper and leaves it in the middle of a snapshot: a transaction holds
# the making of the slot up until Kafka stands still, and what memory takes is
# less than the tables hold.  A TRUNCATE that came between keeper and readers would
# have it begin again, which needs Kafka: there is none meanwhile.
sub start_and_hold
{
	my $let_go = $pg->hold_new_slots;

	$pg->query('BEGIN; SELECT pg_advisory_xact_lock(1); INSERT INTO truce VALUES (1); COMMIT');
	$ship->start;
	wait_until('the slot to be made', sub { $pg->query('SELECT count(*) FROM pg_replication_slots') == 1 });
	$kafka->pause;
	ok($let_go->(), 'the slot can be made');
	wait_until('readers to wait for memory',
		sub { $pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE query ~ 'walpost.snapshot' AND wait_event = 'ClientWrite'}) > 0 });
	$pg->query('DELETE FROM truce');
	return;
}

# ---- killed in the middle: nothing is left
start_and_hold();
$ship->kill9;
$kafka->resume;
unlike($ship->log, qr/is complete/, 'killed in the middle');
ok(wait_until('the temporary slot to go', sub { $pg->query('SELECT count(*) FROM pg_replication_slots') == 0 }),
	'no slot is left');

# ---- connections lost in the middle: it begins again by itself
start_and_hold();
$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'walpost'});
$ship->wait_log(qr/trying again/);
$kafka->resume;
$ship->wait_streaming(120);
my @complete = $ship->log =~ /the snapshot at (\S+) is complete/g;
is(scalar @complete, 1, 'the snapshot is complete in the end');
my ($high, $low) = split m{/}, $complete[0];
my $lsn = hex($high) * 2**32 + hex $low;

$pg->query('INSERT INTO gate VALUES (true)');
is(wait_exit($_, 30), 0, 'a writer ends') for @writers;
$ship->wait_drained(120);

# what earlier attempts read comes before all that counts
my (%balance, %read, $begun);
for my $record ($ship->events('accounts'))
{
	my $event = $record->{event};

	$begun ||= $event->{op} eq 'r' && $event->{source}{lsn} == $lsn;
	next unless $begun;
	if ($event->{op} eq 'r')
	{
		$read{ $event->{after}{id} }++;
		$event->{source}{lsn} == $lsn or fail('all rows are of one LSN');
	}
	else
	{
		# an update shows what it changed: it must be what is known so far
		$balance{ $event->{before}{id} } == $event->{before}{balance}
		  or fail("row $event->{before}{id} is $balance{ $event->{before}{id} } before an update of $event->{before}{balance}");
	}
	$balance{ $event->{after}{id} } = $event->{after}{balance};
}
is(scalar(keys %read), $accounts, 'every account was read');
is(scalar(grep { $_ != 1 } values %read), 0, 'once');
is_deeply(\%balance,
	{ map { split /\|/ } split /\n/, $pg->query('SELECT id, balance FROM accounts') },
	'snapshot and stream together are the table');

# ---- truncated and filled again: its rows are there, and all of one round
my @rounds = map { $_->{event}{after}{round} }
  grep { $_->{event} && $_->{event}{op} eq 'r' && $_->{event}{source}{lsn} == $lsn } $ship->events('refilled');
is(scalar @rounds, $refilled, 'the table that is truncated all the time was read whole');
is(scalar(grep { $_ != $rounds[0] } @rounds), 0, 'as one transaction left it');
$ship->memory_within(64, 'the snapshot');
is($ship->stop, 0, 'a clean end');

done_testing();
