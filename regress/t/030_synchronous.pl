# With the shipper in synchronous_standby_names a commit returns when its
# events are in Kafka: soon while Kafka is well, and not before it is back.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running;

$pg->query('CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE private (id int PRIMARY KEY)');
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => { 'table.exclude.list' => 'public.private' });
my $topic = $ship->topic('orders');

$pg->query('INSERT INTO orders VALUES (0)');
$ship->wait_drained;
is($pg->query(q{SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'}),
	'walpost', 'the name it goes by');
$pg->append_conf("synchronous_standby_names = 'walpost'");
$pg->reload;
wait_until('the server to wait for it',
	sub { $pg->query('SELECT sync_state FROM pg_stat_replication') eq 'sync' });

# One session, so that only the commits are timed.
my $start = time;
$pg->query(join '', map { "INSERT INTO orders VALUES ($_);\n" } 1 .. 100);
my $took = time - $start;
is($kafka->count($topic), 101, 'what is committed is in Kafka');
cmp_ok($took, '<', 10, sprintf('100 commits wait for Kafka: %.1f ms each', $took * 10));

# Before 15 the server tells of transactions that give no event too late for that.
SKIP:
{
	skip 'the server is too old', 1 if $pg->query('SHOW server_version_num') < 150000;
	$start = time;
	$pg->query(join '', map { "INSERT INTO private VALUES ($_);\n" } 1 .. 100);
	$took = time - $start;
	cmp_ok($took, '<', 10, sprintf('100 commits that give no event wait: %.1f ms each', $took * 10));
}

# Several at once share reports.
my @sessions = map {
	my $first = $_ * 100000;
	$pg->query_in_background(join('', map { "INSERT INTO orders VALUES ($first + $_);\n" } 1 .. 50), log_file("session$_"));
} 1 .. 8;
$start = time;
is(join(' ', map { wait_exit($_) } @sessions), join(' ', (0) x 8), 'commits of eight sessions return');
$took = time - $start;
cmp_ok($took, '<', 10, sprintf('400 commits of eight sessions: %.1f ms each', $took * 1000 / 50));

$kafka->kill9;
my $psql = $pg->query_in_background('INSERT INTO orders VALUES (1000)', log_file('commit'));
wait_until('the commit to wait',
	sub { $pg->query("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == 1 });
is(wait_exit($psql, 2), undef, 'a commit waits while Kafka is down');
$kafka->start;
is(wait_exit($psql), 0, 'and returns when it is back');
is($kafka->count($topic), 502, 'with its event in Kafka');
is($ship->stop(20), 0, 'a clean end');

done_testing();
