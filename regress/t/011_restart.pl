# kill -9 of the shipper, five times during a load of 100,000 changes: every
# change arrives at least once, in order per key, and what is sent again
# begins with a whole transaction.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Load;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $prefix = "restart$$";
my $load = Walpost::Load->new(pg => $pg, kafka => $kafka, prefix => $prefix);
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	prefix => $prefix,
	conf => { Walpost::Load->conf });

$load->start(2000, 50, 0.005);

for my $kill (1 .. 5)
{
	my $confirmed = $pg->slot('walpost', 'confirmed_flush_lsn');

	$ship->wait_streaming;
	wait_until("progress before kill $kill",
		sub { $pg->slot('walpost', "confirmed_flush_lsn > '$confirmed'") eq 't' });
	$ship->kill9;
	ok($load->is_running, "kill $kill came during the load");
	wait_until('the slot to be free', sub { $pg->slot('walpost', 'active') eq 'f' });
	$ship->start;
}

is($load->end(300), 0, 'the load ends');
$ship->wait_streaming;
$ship->wait_drained(120);
$load->check('after five kills', 5);
is($ship->stop(20), 0, 'a clean end');

done_testing();
