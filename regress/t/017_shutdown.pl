# pg_ctl stop -m fast waits for walsenders: while Kafka is down, with changes
# that cannot be confirmed, the shipper must leave for it to end.

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

$pg->query('CREATE TABLE orders (id int PRIMARY KEY, pad text)');
my $ship = Walpost::Shipper->running(pg => $pg, kafka => $kafka);

$pg->query(q{INSERT INTO orders SELECT g, 'x' FROM generate_series(1, 100) g});
$ship->wait_drained;

# ---- with few changes under way, and with more than memory holds
my $rows = 100;
for my $more (10, 200000)
{
	$kafka->kill9;
	$pg->query("INSERT INTO orders SELECT g, repeat(md5(g::text), 10) FROM generate_series($rows + 1, $rows + $more) g");
	$rows += $more;

	my $start = time;
	$pg->stop('fast');
	my $took = time - $start;

	cmp_ok($took, '<=', 10, sprintf('%d changes on their way: the server stops in %.1f s', $more, $took));
	ok($ship->is_running, 'the shipper waits for its return');

	$pg->start;
	$kafka->start;
	$ship->wait_streaming;
	$ship->wait_drained(120);
	is($kafka->count($ship->topic('orders')), $rows, 'nothing is lost, nothing is repeated');
}

# ---- and when all is well
my $start = time;
$pg->stop('fast');
cmp_ok(time - $start, '<=', 10, 'the server stops when Kafka is up');
$pg->start;
$pg->query("INSERT INTO orders VALUES ($rows + 1)");
$ship->wait_streaming;
$ship->wait_drained;
is($kafka->count($ship->topic('orders')), $rows + 1, 'the shipper is back');
is($ship->stop(20), 0, 'a clean end');

done_testing();
