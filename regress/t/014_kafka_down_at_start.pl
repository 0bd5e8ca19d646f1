# Kafka is down when the shipper starts, and comes later.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->new;
my $pg = Walpost::Postgres->running(conf => "wal_sender_timeout = '2s'");

$pg->query('CREATE TABLE orders (id int PRIMARY KEY)');
my $ship = Walpost::Shipper->new(pg => $pg, kafka => $kafka);

$ship->start;
$ship->wait_log(qr/\Q@{[ $kafka->brokers ]}\E/);
pass('the log names the broker that is missing');
ok($ship->is_running, 'it waits');
is($ship->stop(10), 0, 'SIGTERM ends the wait');

$ship->start;
wait_until('the slot', sub { $pg->slot('walpost', 'plugin') eq 'walpost' });
$pg->query('INSERT INTO orders SELECT g FROM generate_series(1, 1000) g');
my $written = $pg->current_lsn;

# longer than wal_sender_timeout
is($ship->stop_by_itself(5), undef, 'it goes on waiting');
is($pg->slot('walpost', "confirmed_flush_lsn < '$written'"), 't', 'nothing is confirmed');

$kafka->start;
$ship->wait_drained;
is($kafka->count($ship->topic('orders')), 1000, 'all is delivered when Kafka comes');
is($ship->stop(20), 0, 'a clean end');

done_testing();
