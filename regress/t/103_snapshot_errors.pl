# What keeps a snapshot from being taken at once: each is said, what passes is tried
# again, and then all rows are there; no slot and no session that keeps old rows is
# left on the server.  What one table lacks ends the incremental snapshot of that table
# alone.

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
SQL

my $next = 0;

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

# Starts it, and runs $code after the snapshot is exported, and before a table is
# locked: the server exports it while the shipper stands still.
sub between_export_and_lock
{
	my ($ship, $code) = @_;
	my $let_go = $pg->hold_new_slots;

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

# ---- a snapshot that is going to be too old: its reader is held at the first table
# until the end of this test (servers up to 16)
my ($old, $began);
my $version = $pg->query('SHOW server_version_num');
my $override = 'snapshot.select.statement.overrides';

if ($version < 170000)
{
	my $main = $pg;

	$pg = server(conf => "old_snapshot_threshold = 0\n");
	$pg->query(<<'SQL');
CREATE EXTENSION walpost;
CREATE TABLE a_slow (id int PRIMARY KEY);
INSERT INTO a_slow VALUES (1);
CREATE TABLE b_busy (id int PRIMARY KEY, n int) WITH (autovacuum_enabled = off);
INSERT INTO b_busy SELECT i, 0 FROM generate_series(1, 300) i;
SQL
	$old = shipper(
		$override => 'public.a_slow',
		"$override.public.a_slow" => 'SELECT s.* FROM public.a_slow s,'
		  . ' LATERAL (SELECT pg_advisory_lock_shared(1) WHERE id > 0 AND current_query() LIKE $$COPY%$$) p',
		'snapshot.lock.timeout.ms' => 600_000,
		'snapshot.max.threads' => 1);
	my $waits = q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND granted =};

	$pg->query_in_background('SELECT pg_advisory_lock(1); SELECT pg_sleep(600)', log_file('door'));
	wait_until('the door to be shut', sub { $pg->query("$waits true") == 1 });
	$old->start;
	wait_until('a reader to wait', sub { $pg->query("$waits false") == 1 });
	($began, $pg) = (time, $main);
}

# ---- a table is changed between the export of the snapshot and the scan's lock
my $again = qr/table public\.c_last was truncated or rewritten while the snapshot began; beginning again/;
my @changes = (
	[ 'truncated', 'TRUNCATE c_last; INSERT INTO c_last VALUES (100)', $again, 1 ],
	[ 'rewritten', 'ALTER TABLE c_last ALTER name TYPE varchar(90) USING upper(name)', $again, 1 ],
	[
		'swapped by rename',
		'CREATE TABLE z_last (LIKE c_last INCLUDING ALL); INSERT INTO z_last SELECT generate_series(1, 7);'
		  . ' ALTER TABLE c_last RENAME TO z_old; ALTER TABLE z_last RENAME TO c_last',
		qr/table public\.c_last was renamed while the snapshot began; beginning again/,
		7
	],
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

# ---- the connection that has the slot is lost before its snapshot is used
my $vanished = shipper();
my $of_slots = q{SELECT count(pg_terminate_backend(active_pid)) FROM pg_replication_slots WHERE temporary};

between_export_and_lock(
	$vanished,
	sub {
		$pg->query($of_slots);
		wait_until('the temporary slot to go', sub { $pg->query('SELECT count(*) FROM pg_replication_slots') == 0 });
	});
$vanished->wait_log(qr/the connection that has the temporary slot was lost: .*invalid snapshot identifier.*beginning again/);
complete('a lost slot', $vanished, %all);

# ---- the server's disk is full: when the slot is made, and when rows are sorted
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

# ---- beside the stream: what ends one table's snapshot, and no other's; and sessions
# that no time-out of the role ends
$pg->query(<<'SQL');
CREATE TYPE brittle;
CREATE FUNCTION brittle_in(cstring) RETURNS brittle LANGUAGE internal IMMUTABLE STRICT AS 'oidin';
CREATE FUNCTION brittle_out(brittle) RETURNS cstring LANGUAGE internal STABLE STRICT AS 'enum_out';
CREATE TYPE brittle (INPUT = brittle_in, OUTPUT = brittle_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE TABLE c_moods (id int PRIMARY KEY, b brittle);
INSERT INTO c_moods VALUES (1, NULL), (2, '7'), (3, NULL);
CREATE TABLE c_secret (id int PRIMARY KEY);
CREATE TABLE c_gone (id int PRIMARY KEY);
INSERT INTO c_gone SELECT generate_series(1, 3000);
CREATE ROLE reader LOGIN REPLICATION;
GRANT SELECT ON a_first, b_wide, c_last, c_moods, c_gone TO reader;
ALTER ROLE reader SET statement_timeout = '50ms';
ALTER ROLE reader SET lock_timeout = '50ms';
ALTER ROLE reader SET idle_in_transaction_session_timeout = '50ms';
SQL
$pg->query(q{ALTER ROLE reader SET idle_session_timeout = '50ms'}) if $version >= 140000;
$pg->query(q{ALTER ROLE reader SET transaction_timeout = '50ms'}) if $version >= 170000;

my $beside = shipper(
	'snapshot.mode' => 'no_data',
	'database.user' => 'reader',
	'publication.autocreate.mode' => 'disabled',
	'include.unknown.datatypes' => 'true',
	'incremental.snapshot.chunk.size' => 100,
	'walpost.debezium.quirks' => 'true',
	'snapshot.lock.timeout.ms' => 100);
my $from = 0;

sub ask
{
	my ($type, $data) = @_;

	$from = length $beside->log;
	$pg->query("SELECT walpost.signal('$type', '$data')");
	return;
}

sub said
{
	my ($what, $pattern) = @_;

	return ok($beside->wait_log($pattern, $from), $what);
}

$beside->start;
$beside->wait_streaming;
ask('execute-snapshot', '{"data-collections": ["public.c_moods", "public.c_secret", "public.a_first"]}');
said('beside the stream: a row that is no event', qr/snapshot of public\.c_moods ends: .*invalid internal value for enum: 7.*key \{"id":2\}/);
said('a table that may not be read', qr/snapshot of public\.c_secret ends: .*permission denied for table c_secret/);
said('and the next one is', qr/snapshot of public\.a_first is complete, 30 rows/);

ask('execute-snapshot', '{"data-collections": ["public.c_moods", "public.a_first"], "type": "blocking"}');
said('a blocking one: a row that is no event', qr/the blocking snapshot ends: .*invalid internal value for enum: 7.*key \{"id":2\}/);
ok(wait_until('no temporary slot', sub { left($beside->{slot}) == 0 }), 'and leaves nothing');
$pg->query('INSERT INTO c_moods VALUES (4, NULL)');
ok($beside->wait_drained, 'the stream goes on');

# a blocking one whose slot is lost begins again
my $let_go = $pg->hold_new_slots;
ask('execute-snapshot', '{"data-collections": ["public.a_first"], "type": "blocking"}');
wait_until('its slot', sub { $pg->query('SELECT count(*) FROM pg_replication_slots WHERE temporary') == 1 });
kill 'STOP', -$beside->pid;
$let_go->();
wait_until('its snapshot',
	sub { $pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender' AND state = 'idle in transaction'}) == 1 });
$pg->query($of_slots);
wait_until('it to go', sub { $pg->query('SELECT count(*) FROM pg_replication_slots WHERE temporary') == 0 });
kill 'CONT', -$beside->pid;
said('a lost slot: it begins again', qr/stream stands still.*stream stands still.*the blocking snapshot is complete/s);

# a lock is tried for again; a table that is dropped meanwhile is left out
$locker = $pg->query_in_background('BEGIN; LOCK TABLE c_gone; SELECT pg_sleep(600)', log_file('locker'));
wait_until('a lock', sub { $pg->query(q{SELECT count(*) FROM pg_locks WHERE relation = 'c_gone'::regclass AND granted}) == 1 });
ask('execute-snapshot', '{"data-collections": ["public.c_gone", "public.c_last"]}');
said('a lock', qr/canceling statement due to lock timeout; end what locks the table.*snapshot of public\.c_gone tries again/);
ask('pause-snapshot', '{}');
said('paused', qr/snapshots are paused/);
$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ 'pg_sleep' AND pid <> pg_backend_pid()});
wait_exit($locker);
$pg->query('DROP TABLE c_gone');
ask('resume-snapshot', '{}');
said('a table that is gone', qr/snapshot of public\.c_gone ends: .*"public\.c_gone" does not exist/);
said('and the next one is complete', qr/snapshot of public\.c_last is complete, 30 rows/);
unlike($beside->log, qr/terminating connection/, 'no time-out has ended a session');
ok(wait_until('nothing to be left', sub { left($beside->{slot}) == 0 }), 'nothing is left');
is($beside->stop, 0, 'a clean end');

# ---- the old rows are pruned: a pruning that comes more than 5 s after a snapshot was
# taken makes the latter too old where the threshold is 0
SKIP:
{
	skip('the server knows no old_snapshot_threshold', 3) unless $old;
	$pg = $old->{pg};
	wait_until('6 seconds to have passed', sub { time > $began + 6 });
	$pg->query('UPDATE b_busy SET n = 1');
	$pg->query('VACUUM b_busy');
	$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ 'pg_sleep' AND pid <> pg_backend_pid()});
	is($old->stop_by_itself, 2, 'a snapshot that is too old: an error');
	like($old->log, qr/could not read table public\.b_busy: snapshot too old: .*raise that, or switch it off \(-1\), and restart the server/,
		'with a remedy');
	ok(wait_until('no slot', sub { left('') == 0 }), 'nothing is left');
}

done_testing();
