# The broker loses all it had, topics and the producer's state with them, while
# events are on their way: what was not acknowledged is sent to the new one.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running;

$pg->query('CREATE TABLE orders (id int PRIMARY KEY)');
my $ship = Walpost::Shipper->running(pg => $pg, kafka => $kafka);
my $topic = $ship->topic('orders');

$pg->query('INSERT INTO orders SELECT g FROM generate_series(1, 1000) g');
$ship->wait_drained;
is($kafka->count($topic), 1000, 'delivered to the first broker');

$kafka->kill9;
$pg->query('INSERT INTO orders SELECT g FROM generate_series(1001, 2000) g');
$kafka->forget;
$kafka->start;
$pg->query('INSERT INTO orders SELECT g FROM generate_series(2001, 3000) g');
$ship->wait_drained;

my @keys = map { /(\d+)/ } map { $_->{key} } $kafka->read_topic($topic);
my %seen = map { $_ => 1 } @keys;
is(scalar(grep { !$seen{$_} } 1001 .. 3000), 0, 'what was not acknowledged is delivered to the second');
is_deeply(\@keys, [ sort { $a <=> $b } @keys ], 'in order');
ok($ship->is_running, 'by the same process');
is($ship->stop(20), 0, 'a clean end');

done_testing();
