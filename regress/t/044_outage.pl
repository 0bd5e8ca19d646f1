# One large transaction while Kafka is away: memory stays in bounds, the stream
# stays alive, nothing is lost.  200 MB and five seconds, or what
# WALPOST_OUTAGE_MB and WALPOST_OUTAGE_SECONDS say ("make outage": 2 GB and a
# minute).  Then small events of many tables, which cost most besides their bytes.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $megabytes = $ENV{WALPOST_OUTAGE_MB} // 200;
my $seconds = $ENV{WALPOST_OUTAGE_SECONDS} // 5;
my $patience = 180 + $megabytes / 2 + $seconds;
my $rows = $megabytes * 1024;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running;

$pg->append_conf("wal_sender_timeout = '3s'");
$pg->reload;
$pg->query('CREATE TABLE big (id int PRIMARY KEY, pad text)');
my $ship = Walpost::Shipper->running(pg => $pg, kafka => $kafka);

$pg->query(q{INSERT INTO big VALUES (0, '')});
$ship->wait_drained;
my $walsender = $pg->slot('walpost', 'active_pid');

$kafka->kill9;
my $down = time;
$pg->query("INSERT INTO big SELECT g, repeat(md5(g::text), 32) FROM generate_series(1, $rows) g");
wait_until('the server to have sent what fits',
	sub { $pg->query(q{SELECT wait_event FROM pg_stat_activity WHERE backend_type = 'walsender'}) =~ /^WalSender(WriteData|WaitForWAL|Main)$/ },
	$patience);
wait_until('the outage to be long enough', sub { time - $down > $seconds }, $patience);
is($pg->slot('walpost', 'active_pid'), $walsender, "the stream is alive after $seconds s without Kafka, more than wal_sender_timeout");
$ship->memory_within(64, "a transaction of $megabytes MB while Kafka is away");

$kafka->start;
$ship->wait_drained($patience);
$ship->memory_within(64, 'the same once it is back');

my ($last, $broken) = (-1, 0);
for my $key ($kafka->read_keys($ship->topic('big')))
{
	my ($id) = $key =~ /(\d+)/;

	$broken++ if $id != ++$last;
}
is($last, $rows, 'all events arrived');
is($broken, 0, 'in order, none of them twice');

# ---- many topics at once
my @tables = map { "many$_" } 1 .. 40;
$pg->query("CREATE TABLE $_ (id int PRIMARY KEY, v int); INSERT INTO $_ VALUES (0, 0)") for @tables;
$ship->wait_drained;
$kafka->kill9;
$pg->query('DO $$ BEGIN FOR i IN 1..2500 LOOP ' . join(' ', map { "INSERT INTO $_ VALUES (i, i);" } @tables) . ' END LOOP; END $$');
wait_until('memory to be full',
	sub { $pg->query(q{SELECT wait_event FROM pg_stat_activity WHERE backend_type = 'walsender'}) =~ /^WalSender(WriteData|WaitForWAL|Main)$/ });
$kafka->start;
$ship->wait_drained($patience);
$ship->memory_within(64, 'small events of 40 tables');
is($ship->stop(20), 0, 'a clean end');

done_testing();
