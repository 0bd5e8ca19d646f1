# Incremental snapshots that write nothing (read.only), while others write: on a
# primary, by a role that could not write a watermark, and on a standby (from
# PostgreSQL 16 on), with its initial and blocking snapshots.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running(conf => 'max_standby_streaming_delay = -1');
my $decodes = $pg->query('SHOW server_version_num') >= 160000;

$pg->query(<<'EOS');
CREATE EXTENSION walpost;
CREATE SEQUENCE version;
CREATE TABLE rows (id int PRIMARY KEY, n bigint NOT NULL, pad text);
INSERT INTO rows SELECT i, nextval('version'), repeat('p', 100) FROM generate_series(1, 1500) i;
CREATE TABLE keyless (id int);
INSERT INTO keyless SELECT generate_series(1, 30);
CREATE TABLE gate (stop bool);
CREATE PROCEDURE work(seed float) LANGUAGE plpgsql AS $$
DECLARE
	i int;
	k float;
BEGIN
	PERFORM setseed(seed);
	WHILE NOT EXISTS (SELECT FROM gate) LOOP
		i := 1 + random() * 1600;
		k := random();
		IF k < 0.6 THEN
			UPDATE rows SET n = nextval('version') WHERE id BETWEEN i AND i + 5;
		ELSIF k < 0.8 THEN
			DELETE FROM rows WHERE id = i;
		ELSE
			INSERT INTO rows VALUES (i, nextval('version'), 'x') ON CONFLICT DO NOTHING;
		END IF;
		IF random() < 0.1 THEN
			ROLLBACK;
		ELSE
			COMMIT;
		END IF;
		PERFORM pg_sleep(0.002);
	END LOOP;
END $$;
CREATE PUBLICATION walpost FOR TABLE rows, keyless;
CREATE ROLE reader LOGIN REPLICATION;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
DO $$ BEGIN
	EXECUTE (SELECT string_agg(format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure), ';')
		FROM pg_proc WHERE proname = 'pg_logical_emit_message');
END $$;
EOS

# A slot on a standby begins where its primary tells it which transactions run.
$pg->query(<<'EOS') if $decodes;
CREATE PROCEDURE tell_standby() LANGUAGE plpgsql AS $$
BEGIN
	WHILE NOT EXISTS (SELECT FROM gate) LOOP
		PERFORM pg_log_standby_snapshot();
		COMMIT;
		PERFORM pg_sleep(0.1);
	END LOOP;
END $$;
EOS

my $writers = 0;

sub start_writers
{
	my (@calls) = @_;

	return map { $pg->query_in_background("CALL $_", log_file('writer' . ++$writers)) } @calls;
}

sub end_writers
{
	$pg->query('INSERT INTO gate VALUES (true)');
	wait_exit($_, 60) for @_;
	$pg->query('TRUNCATE gate');
	return;
}

# A signal by the file channel, which needs nobody who writes.
sub ask
{
	my ($ship, $collection, $type) = @_;
	my $data = sprintf '{"data-collections": ["public.%s"], "type": "%s"}', $collection, $type // 'incremental';

	# at once, or half of it may be taken
	spit("$ship->{signals}.new", qq({"id": "s", "type": "execute-snapshot", "data": $data}\n));
	rename "$ship->{signals}.new", $ship->{signals};
	return;
}

sub wait_complete
{
	my ($ship, $n, $table) = @_;

	return wait_until("snapshot $n of $table", sub {
		my $count = () = $ship->log =~ /incremental snapshot of public\.$table is complete/g;

		$count >= $n;
	});
}

sub start
{
	my ($where, %conf) = @_;
	my $signals = scratch_dir() . '/signals-' . $where->port;
	my $ship = Walpost::Shipper->new(
		pg => $where,
		kafka => $kafka,
		conf => {
			'database.user' => 'reader',
			'publication.autocreate.mode' => 'disabled',
			'signal.enabled.channels' => 'file',
			'signal.file' => $signals,
			'signal.poll.interval.ms' => 50,
			# small chunks, many windows
			'incremental.snapshot.chunk.size' => 50,
			'walpost.debezium.quirks' => 'true',
			%conf });

	$ship->{signals} = $signals;
	$ship->start;
	$ship->wait_streaming;
	return $ship;
}

# A snapshot that shows changes which the stream does not have yet: it is held.
sub ask_ahead
{
	my ($where, $ship, $n) = @_;
	my $walsender = $where->slot('walpost', 'active_pid');

	kill STOP => $walsender;
	$pg->query(q{UPDATE rows SET n = nextval('version') WHERE id BETWEEN 100 AND 200; DELETE FROM rows WHERE id = 300});
	my $lsn = $pg->current_lsn;
	wait_until('the standby to have it', sub { $where->query("SELECT pg_last_wal_replay_lsn() >= '$lsn'") eq 't' }) if $where != $pg;
	my $since = $where->query('SELECT clock_timestamp()');
	ask($ship, 'rows');
	my $read = wait_until('a chunk to be read', sub {
		$where->query(qq{SELECT count(*) FROM pg_stat_activity
			WHERE query LIKE '%READ ONLY;LOCK TABLE%' AND state = 'idle' AND query_start > '$since'});
	});
	kill CONT => $walsender;
	return ok($read && wait_complete($ship, $n, 'rows'), 'a snapshot that is ahead of the stream');
}

# What the topic says last of each key, how often a key went back, and the rows read.
# A change must not come behind a row that shows it already.
sub replay
{
	my ($ship) = @_;
	my (%state, %last);
	my ($back, $read) = (0, 0);

	for my $event (map { $_->{event} // () } $ship->events('rows'))
	{
		my $row = $event->{after} // $event->{before};

		delete $state{ $row->{id} };
		next if $event->{op} eq 'd';
		my $is_row = $event->{op} eq 'r';
		$back++ if ($last{ $row->{id} } // 0) >= $row->{n} + $is_row;
		$read += $is_row;
		$last{ $row->{id} } = $state{ $row->{id} } = $row->{n};
	}
	return (\%state, $back, $read);
}

sub check
{
	my ($where, $ship, $least, $name) = @_;

	# behind the rows, which have no place in the log
	$pg->query(q{INSERT INTO rows VALUES (-1, nextval('version')) ON CONFLICT (id) DO UPDATE SET n = excluded.n});
	$where->wait_confirmed('walpost', $pg->current_lsn);
	my ($state, $back, $read) = replay($ship);
	cmp_ok($read, '>', $least, "$name: rows were read");
	is_deeply($state, { map { split /\|/ } split /\n/, $pg->query('SELECT id, n FROM rows') }, "$name: the topic is the table");
	is($back, 0, "$name: no key goes back");
	return;
}

# ---- on a primary where nothing happens
my $ship = start($pg, 'read.only' => 'true', 'exactly.once.support' => 'required');
my $xid = $pg->query('SELECT pg_snapshot_xmax(pg_current_snapshot())');

ask($ship, 'rows');
ok(wait_complete($ship, 1, 'rows'), 'a snapshot of tables that nobody changes');
is($pg->query('SELECT pg_snapshot_xmax(pg_current_snapshot())'), $xid, 'there was no transaction that writes');
ask_ahead($pg, $ship, 2);
check($pg, $ship, 2900, 'idle');

# ---- and while others write
my @busy = start_writers(map { "work(0.$_)" } 1 .. 4);
for (3, 4)
{
	ask($ship, 'rows');
	ok(wait_complete($ship, $_, 'rows'), 'a snapshot while others write');
}
end_writers(@busy);
check($pg, $ship, 4000, 'busy');
is($ship->stop, 0, 'a clean end');

# ---- what goes without read.only, and needs it here
$ship = start($pg, 'topic.prefix' => "writes$$");
ask($ship, 'rows');
ok($ship->wait_log(qr/permission denied for function pg_logical_emit_message.*tries again/), 'without read.only there are watermarks');
is($ship->stop, 0, 'a clean end');

SKIP:
{
	skip('a slot on a standby needs PostgreSQL 16', 1) if !$decodes;

	$pg->query(q{SELECT pg_drop_replication_slot('walpost'); SELECT pg_create_physical_replication_slot('standby', true)});
	my $standby = Walpost::Postgres->running(
		standby_of => $pg,
		conf => "primary_slot_name = 'standby'\nhot_standby_feedback = on");

	# ---- an initial snapshot, and incremental ones, while the primary is written to
	@busy = start_writers('tell_standby()', map { "work(0.$_)" } 1 .. 4);
	$ship = start($standby, 'snapshot.mode' => 'initial');
	for (1, 2)
	{
		ask($ship, 'rows');
		ok(wait_complete($ship, $_, 'rows'), 'an incremental snapshot of a standby');
	}
	ask($ship, 'rows', 'blocking');
	ok($ship->wait_log(qr/the blocking snapshot is complete/), 'a blocking one');
	ask($ship, 'keyless');
	ok(wait_complete($ship, 1, 'keyless'), 'and one of a table without a key');
	end_writers(@busy);
	check($standby, $ship, 5000, 'standby');

	# ---- and while nothing happens
	ask($ship, 'rows');
	ok(wait_complete($ship, 3, 'rows'), 'an incremental snapshot of a standby whose primary writes nothing');
	ask_ahead($standby, $ship, 4);
	check($standby, $ship, 7000, 'idle standby');
	is($ship->stop, 0, 'a clean end');
}

done_testing();
