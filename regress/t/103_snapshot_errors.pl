# What keeps an initial snapshot from being taken at once: each is said, what passes is
# tried again, and then all rows are there; no slot and no session that keeps old rows
# is left on the server.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $switch = scratch_dir() . '/disk_is_full';

# A server on whose disk no file grows while the switch is there.
sub server
{
	my (%opt) = @_;
	local $ENV{LD_PRELOAD} = top_dir() . '/build/torture/fulldisk.so';
	local $ENV{FULLDISK_DIR} = scratch_dir() . '/pg';
	local $ENV{FULLDISK_SWITCH} = $switch;

	return Walpost::Postgres->running(%opt);
}

my $pg = server();

$pg->query(<<'SQL');
CREATE EXTENSION walpost;
CREATE TABLE a_first (id int PRIMARY KEY, name text);
CREATE TABLE b_wide (id int PRIMARY KEY, pad text);
CREATE TABLE c_last (id int PRIMARY KEY, name text);
INSERT INTO a_first SELECT i, 'name ' || i FROM generate_series(1, 30) i;
INSERT INTO b_wide SELECT i, repeat('p', 300) FROM generate_series(1, 3000) i;
INSERT INTO c_last SELECT i, 'name ' || i FROM generate_series(1, 30) i;
CREATE TABLE door (number int);
CREATE PROCEDURE hold(open int) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_current_xact_id();
	WHILE NOT EXISTS (SELECT FROM door WHERE number = open) LOOP
		PERFORM pg_sleep(0.02);
	END LOOP;
END $$;
SQL

my ($next, $holds) = (0, 0);

sub shipper
{
	my (%conf) = @_;
	my $name = 'errors' . ++$next;

	return Walpost::Shipper->new(
		pg => $pg,
		kafka => $kafka,
		slot => $name,
		conf => { 'slot.name' => $name, 'snapshot.mode' => 'initial', 'table.include.list' => 'public\.[abc]_.*', %conf });
}

# What would keep WAL or old rows: slots besides this one, and sessions.
sub left
{
	my ($slot) = @_;

	return $pg->query(<<"SQL");
SELECT (SELECT count(*) FROM pg_replication_slots WHERE slot_name <> '$slot' OR temporary) +
	(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'walpost' AND state LIKE 'idle in transaction%')
SQL
}

# It comes to stream; all rows of these tables are there, and nothing is left besides.
sub complete
{
	my ($what, $ship, %rows) = @_;

	$ship->wait_streaming;
	$ship->wait_drained;
	for my $table (sort keys %rows)
	{
		my %keys = map { $_ => 1 } $kafka->read_keys($ship->topic($table));

		is(scalar keys %keys, $rows{$table}, "$what: all rows of $table");
	}
	ok(wait_until('nothing to be left', sub { left($ship->{slot}) == 0 }), "$what: nothing else is left");
	is($ship->stop, 0, "$what: a clean end");
	$pg->query("SELECT pg_drop_replication_slot('$ship->{slot}')");
	return;
}

my %all = (a_first => 30, b_wide => 3000, c_last => 30);

# Begins a transaction that slots wait for; returns what ends it.
sub hold
{
	my $number = ++$holds;
	my $holder = $pg->query_in_background("CALL hold($number)", log_file("holder$number"));

	wait_until('a transaction that slots wait for',
		sub { $pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND query ~ 'hold'}) == 1 });
	return sub {
		$pg->query("INSERT INTO door VALUES ($number)");
		wait_exit($holder);
	};
}

# Starts it, and runs $code after the snapshot is exported, and before a table is
# locked: the server exports it while the shipper stands still.
sub between_export_and_lock
{
	my ($ship, $code) = @_;
	my $let_go = hold();

	$ship->start;
	wait_until('the temporary slot',
		sub { $pg->query('SELECT count(*) FROM pg_replication_slots WHERE temporary') == 1 });
	kill 'STOP', -$ship->pid;
	$let_go->();
	wait_until('the snapshot to be exported',
		sub { $pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender' AND state = 'idle in transaction'}) == 1 });
	$code->();
	kill 'CONT', -$ship->pid;
	return;
}

# ---- a table is changed between the export of the snapshot and the scan's lock
my $again = qr/table public\.c_last was truncated or rewritten while the snapshot began; beginning again/;
my @changes = (
	[ 'truncated', 'TRUNCATE c_last; INSERT INTO c_last VALUES (100)', $again, 1 ],
	[ 'rewritten', 'ALTER TABLE c_last ALTER name TYPE varchar(90) USING upper(name)', $again, 1 ],
	[ 'dropped', 'DROP TABLE c_last', qr/taking a snapshot of 2 tables/, 0 ],
);

for my $change (@changes)
{
	my ($what, $sql, $said, $rows) = @$change;
	my $ship = shipper();

	between_export_and_lock($ship, sub { $pg->query($sql) });
	$ship->wait_log($said);
	complete($what, $ship, %all, c_last => $rows) if $rows;
	complete($what, $ship, a_first => 30, b_wide => 3000) if !$rows;
}
$pg->query(q{CREATE TABLE c_last (id int PRIMARY KEY, name text); INSERT INTO c_last SELECT i, 'name ' || i FROM generate_series(1, 30) i});

# ---- a lock that somebody holds for too long
my $locked = shipper('snapshot.lock.timeout.ms' => 100);
my $locker;
between_export_and_lock(
	$locked,
	sub {
		$locker = $pg->query_in_background('BEGIN; LOCK TABLE b_wide; SELECT pg_sleep(600)', log_file('locker'));
		wait_until('a lock',
			sub { $pg->query(q{SELECT count(*) FROM pg_locks WHERE relation = 'b_wide'::regclass AND mode = 'AccessExclusiveLock' AND granted}) == 1 });
	});
$locked->wait_log(qr/canceling statement due to lock timeout; end what locks a captured table.*, or raise snapshot\.lock\.timeout\.ms; beginning again/);
$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ 'pg_sleep' AND pid <> pg_backend_pid()});
wait_exit($locker);
complete('a lock', $locked, %all);

# ---- the server's disk is full: when the slot is made, and when rows are sorted
my $override = 'snapshot.select.statement.overrides';
my %sorted = (
	$override => 'public.b_wide',
	"$override.public.b_wide" => 'SELECT * FROM public.b_wide ORDER BY random()',
	'database.initial.statements' => 'SET work_mem = 64');
my $full = shipper(%sorted);

spit($switch, '');
$full->start;
$full->wait_log(qr/could not (create|make) .*No space left on device.*trying again/);
is(left(''), 0, 'a full disk: no slot is left');
unlink $switch;
complete('a full disk', $full, %all);

my $sorting = shipper(%sorted);

between_export_and_lock($sorting, sub { spit($switch, '') });
$sorting->wait_log(qr/could not read table public\.b_wide: could not write to file "base\/pgsql_tmp\S+": No space left on device.*trying again/);
unlink $switch;
complete('no room to sort', $sorting, %all);

done_testing();
