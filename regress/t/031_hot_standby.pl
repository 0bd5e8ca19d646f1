# A second shipper on the same slot waits, and takes over when the first one
# is gone.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query('CREATE TABLE orders (id int PRIMARY KEY)');
my %same = (pg => $pg, kafka => $kafka, prefix => "standby$$");
my $first = Walpost::Shipper->running(%same);
my $second = Walpost::Shipper->new(%same);
my $topic = $first->topic('orders');

$second->start;
$second->wait_log(qr/slot.*walpost/i);
$pg->query('INSERT INTO orders SELECT g FROM generate_series(1, 100) g');
$first->wait_drained;
is($kafka->count($topic), 100, 'one of them delivers');
ok($first->is_running && $second->is_running, 'both run');

my $holder = $pg->slot('walpost', 'active_pid');
$first->kill9;
wait_until('the second to take the slot',
	sub { ($pg->slot('walpost', 'active_pid') || $holder) != $holder });
$pg->query('INSERT INTO orders SELECT g FROM generate_series(101, 200) g');
$second->wait_drained;
my %keys = map { $_->{key} => 1 } $kafka->read_topic($topic);
is(scalar keys %keys, 200, 'nothing is lost in the change-over');
is($second->stop(20), 0, 'a clean end');

done_testing();
