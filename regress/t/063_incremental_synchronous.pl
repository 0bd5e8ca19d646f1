# A commit that waits for a synchronous standby is in the log, and streamed, for long
# before anybody else sees it.  An incremental snapshot that reads the old rows
# meanwhile must not publish them after the new ones.

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
CREATE TABLE first (id int PRIMARY KEY, v text);
INSERT INTO first SELECT i, 'old' FROM generate_series(1, 10) i;
CREATE TABLE rows (id int PRIMARY KEY, v text);
INSERT INTO rows SELECT i, 'old' FROM generate_series(1, 100) i;
EOS

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => { 'skipped.operations' => 'none', 'snapshot.lock.timeout.ms' => 0 });
my $waiting = 0;

# A transaction that waits for the standby that is not there.
sub commit_in_vain
{
	my ($sql) = @_;
	my $pid = $pg->query_in_background($sql, log_file('waits' . ++$waiting));

	wait_until('a commit to wait for its standby',
		sub { $pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'}) == $waiting });
	return $pid;
}

# Events of a table whose keys these are.
sub events_of
{
	my ($table, @ids) = @_;
	my %wanted = map { $_ => 1 } @ids;

	return grep { $wanted{ ($_->{after} // $_->{before})->{id} } }
	  map { $_->{event} // () } $ship->events($table);
}

sub local_query
{
	my ($sql) = @_;

	return $pg->query("SET synchronous_commit = local; $sql");
}

$pg->append_conf('synchronous_standby_names = absent');
$pg->reload;
wait_until('the setting', sub { $pg->query('SHOW synchronous_standby_names') eq 'absent' });

# ---- streamed before the snapshot is asked for
my @commits = commit_in_vain(q{BEGIN; UPDATE rows SET v = 'new' WHERE id = 7; SAVEPOINT s; UPDATE rows SET v = 'new' WHERE id = 8; RELEASE s; DELETE FROM rows WHERE id = 9; COMMIT});
ok(wait_until('its events', sub { events_of('rows', 7, 8, 9) >= 3 }), 'a commit is streamed that nobody sees');
is($pg->query('SELECT v FROM rows WHERE id = 7'), 'old', 'nobody does');

# ---- and while the window is open: the first table holds the snapshot up
my $locker;
$locker = $pg->query_in_background(<<'EOS', log_file('locker'));
SET synchronous_commit = local;
DO $$
BEGIN
	LOCK TABLE first IN ACCESS EXCLUSIVE MODE;
	WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'go on') LOOP
		PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
	END LOOP;
END $$
EOS
wait_until('the lock', sub { $pg->query(q{SELECT count(*) FROM pg_locks WHERE relation = 'first'::regclass AND mode = 'AccessExclusiveLock' AND granted}) == 1 });
local_query(q{SELECT walpost.signal('execute-snapshot', '{"data-collections": ["public.first", "public.rows"]}')});
ok(wait_until('the snapshot to wait for the lock', sub { $pg->query(q{SELECT count(*) FROM pg_locks WHERE relation = 'first'::regclass AND NOT granted}) == 1 }), 'the window is open');
push @commits, commit_in_vain(q{UPDATE rows SET v = 'new' WHERE id = 17});
ok(wait_until('its event', sub { events_of('rows', 17) == 1 }), 'another commit is streamed');
my $going = $pg->query_in_background(q{SET application_name = 'go on'; SELECT pg_sleep(30)}, log_file('going'));
is(wait_exit($locker, 30), 0, 'the snapshot goes on');
ok(wait_until('the snapshot', sub { $ship->log =~ /incremental snapshot of public\.rows is complete/ }), 'and does not wait for the standby');
$ship->wait_drained;
is($pg->query('SELECT count(*) FROM rows WHERE v = $$new$$'), 0, 'still nobody sees the new rows');
is(scalar(grep { $_->{op} eq 'r' } map { $_->{event} // () } $ship->events('rows')), 96, 'all rows were read but those');
is(scalar(grep { $_->{op} eq 'r' } events_of('rows', 7, 8, 9, 17)), 0, 'of which the topic had newer ones');

# ---- the standby is there after all
$pg->append_conf(q{synchronous_standby_names = ''});
$pg->reload;
is(wait_exit($_, 30), 0, 'a commit ends') for @commits;
$pg->query(q{SELECT walpost.signal('execute-snapshot', '{"data-collections": ["public.rows"]}')});
ok(wait_until('another snapshot', sub { (() = $ship->log =~ /snapshot of public\.rows is complete/g) == 2 }), 'another snapshot');
$ship->wait_drained;
is_deeply([ map { $_->{after}{v} } grep { $_->{op} eq 'r' } events_of('rows', 7, 8, 9, 17) ], [ ('new') x 3 ], 'reads them as they are');
is($ship->stop, 0, 'a clean end');

done_testing();
