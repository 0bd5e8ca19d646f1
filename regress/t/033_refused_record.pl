# A record that the broker refuses for its size: the shipper stops with an
# error that says which, and what to do; with that done, it goes on from there.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOF');
CREATE TABLE docs (id int PRIMARY KEY, content text);
ALTER TABLE docs ALTER content SET STORAGE EXTERNAL;
EOF
my $ship = Walpost::Shipper->new(pg => $pg, kafka => $kafka);
my $topic = $ship->topic('docs');

$kafka->create_topic($topic, config => { 'max.message.bytes' => 500000 });
$ship->start;
$ship->wait_streaming;
$pg->query(<<'EOF');
INSERT INTO docs VALUES (1, 'small');
INSERT INTO docs SELECT 2, string_agg(md5(g::text), '') FROM generate_series(1, 25000) g;
INSERT INTO docs VALUES (3, 'after it');
EOF
is(wait_exit($ship->pid), 1, 'it ends with status 1');
my ($error) = grep { /^walpost: / } split /\n/, $ship->log;
like($error, qr/\Q$topic\E/, 'the error names the topic');
like($error, qr/max\.message\.bytes|max\.request\.size/, 'and the setting to change');
is($kafka->count($topic), 1, 'what came before is delivered, nothing after it is');

$kafka->configure_topic($topic, 'max.message.bytes' => 5000000);
$ship->start;
$ship->wait_streaming;
$ship->wait_drained;
my %keys = map { $_->{key} => 1 } $kafka->read_topic($topic);
is_deeply([ sort keys %keys ], [ '{"id":1}', '{"id":2}', '{"id":3}' ], 'all is delivered once the topic takes it');
is($ship->stop(20), 0, 'a clean end');

done_testing();
