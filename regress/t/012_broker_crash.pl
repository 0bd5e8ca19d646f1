# kill -9 of the broker for ten seconds and its return: the connection to
# PostgreSQL lives on, memory stays bounded, and delivery goes on where it
# stopped, with nothing lost, repeated or out of order.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);
use Walpost::Kafka;
use Walpost::Load;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running(conf => "wal_sender_timeout = '3s'");
my $prefix = 'crash';
my $load = Walpost::Load->new(pg => $pg, kafka => $kafka, prefix => $prefix);

$pg->query('CREATE TABLE bulk (id bigint PRIMARY KEY, pad text)');
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	prefix => $prefix,
	conf => { Walpost::Load->conf });

sub walsender
{
	return $pg->slot('walpost', 'active_pid');
}

my $walsender = walsender();
$load->start(1000, 40, 0.01);
$kafka->wait_count("$prefix.public.straight", 1000);
$kafka->kill9;
ok($load->is_running, 'the broker died during the load');

# 200 MB that have to wait in the WAL
$pg->query(q{INSERT INTO bulk SELECT g, repeat(md5(g::text), 31) FROM generate_series(1, 200000) g});
my $written = $pg->current_lsn;
sleep 10;

is(walsender(), $walsender, 'the walsender is still the same');
is($pg->slot('walpost', "confirmed_flush_lsn < '$written'"),
	't', 'nothing is confirmed that is not in Kafka');
ok($ship->is_running, 'the shipper runs');

$kafka->start;
is($load->end(300), 0, 'the load ends');
$ship->wait_drained(180);
$load->check('after the broker came back', 0);
is($kafka->count("$prefix.public.bulk"), 200000, 'the rows that waited arrived, each once');
is(walsender(), $walsender, 'all over one connection to the server');

$ship->memory_within(64, '200 MB that waited');
is($ship->stop(20), 0, 'a clean end');

done_testing();
