# Records that Kafka refuses, with errors.tolerance=all: they go to the dead
# letter topic and say why, and the others arrive in their order.

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
CREATE TABLE keyless (n int);
CREATE TABLE nowhere (id int PRIMARY KEY);
EOF
my $dead = "dead$$";
my $ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'errors.tolerance' => 'all',
		'errors.deadletterqueue.topic.name' => $dead,
		'errors.deadletterqueue.topic.replication.factor' => 1,
		'errors.deadletterqueue.context.headers.enable' => 'true',
		'errors.log.enable' => 'true',
	});
my ($docs, $keyless) = map { $ship->topic($_) } qw(docs keyless);

$kafka->create_topic($docs, config => { 'max.message.bytes' => 500000 });
$kafka->create_topic($keyless, config => { 'cleanup.policy' => 'compact' });
$ship->start;
$ship->wait_streaming;

# ---- one record among many is too large
$pg->query(<<'EOF');
BEGIN;
INSERT INTO docs SELECT g, 'small' FROM generate_series(1, 1000) g;
INSERT INTO docs SELECT 1001, string_agg(md5(g::text), '') FROM generate_series(1, 25000) g;
INSERT INTO docs SELECT g, 'small' FROM generate_series(1002, 2000) g;
COMMIT;
EOF
$ship->wait_drained(120);
my @ids = map { $_->{key} =~ /(\d+)/ } $kafka->read_topic($docs);
my %seen;
is_deeply([ grep { !$seen{$_}++ } @ids ], [ grep { $_ != 1001 } 1 .. 2000 ], 'all others arrive, in their order');
my ($letter) = $kafka->read_topic($dead);
is($letter->{key}, '{"id":1001}', 'the dead letter has the key');
is($letter->{value}, undef, 'and left its value behind');
my %headers = %{ $letter->{headers} };
is($headers{'__connect.errors.topic'}, $docs, 'it says where it was to go');
is($headers{'__connect.errors.exception.class.name'}, 'org.apache.kafka.common.errors.RecordTooLargeException',
	'what Java would call the reason');
is($headers{'walpost.topic'}, $docs, 'its topic');
like($headers{'walpost.lsn'}, qr/^[0-9A-F]+\/[0-9A-F]+$/, 'its transaction');
is($headers{'walpost.change'}, 1001, 'its place in that');
cmp_ok($headers{'walpost.size'}, '>', 800000, 'and its size');
like($ship->log, qr/topic "\Q$docs\E" does not take an event: .*key \{"id":1001\}/, 'the log names it');

# ---- a record that the broker finds invalid, between good ones of other tables
$pg->query(<<'EOF');
BEGIN;
INSERT INTO docs VALUES (3001, 'before');
INSERT INTO keyless VALUES (1);
INSERT INTO docs VALUES (3002, 'after');
INSERT INTO keyless VALUES (2);
COMMIT;
EOF
$ship->wait_drained(120);
my @letters = $kafka->read_topic($dead);
is(scalar @letters, 3, 'two more letters');
is_deeply([ map { $_->{value} =~ /"after":\{"n":(\d)\}/ } @letters[1, 2] ], [ 1, 2 ], 'whole, as they would have been');
is($letters[1]{headers}{'__connect.errors.topic'}, $keyless, 'with their topic');
is($letters[1]{headers}{'__debezium.context.connectorLogicalName'}, $ship->{prefix}, 'and the headers of their events');
is_deeply([ map { $_->{key} } grep { $_->{key} =~ /:300\d\}/ } $kafka->read_topic($docs) ], [ '{"id":3001}', '{"id":3002}' ],
	'the others of the transaction arrive');
is($ship->stop(20), 0, 'a clean end');

# ---- without a dead letter topic they are left out
$ship->write_conf(
	'errors.deadletterqueue.topic.name' => undef,
	'producer.override.max.request.size' => 100000,
	'topic.creation.enable' => 'false');
$ship->start;
$ship->wait_streaming;
$pg->query(<<'EOF');
INSERT INTO keyless VALUES (3);
BEGIN;
INSERT INTO docs SELECT g, repeat('too large for the producer itself', 5000) FROM generate_series(3500, 3510) g;
INSERT INTO docs VALUES (4001, 'after'), (4002, 'after'), (4003, 'after');
COMMIT;
EOF
$ship->wait_drained(120);
like($ship->log, qr/topic "\Q$keyless\E" does not take an event: .*left out/, 'the log says so');
my @after = grep { $_->{key} =~ /:400\d\}/ } $kafka->read_topic($docs);
is_deeply([ map { $_->{key} } @after ], [ map { qq({"id":$_}) } 4001 .. 4003 ], 'and the rest goes on');
is(scalar(grep { $_->{headers}{'__debezium.context.connectorLogicalName'} } @after), 3, 'with its headers');
is($kafka->count($dead), 3, 'no more letters');
is($ship->stop(20), 0, 'a clean end');

# ---- a letter that the dead letter topic does not take stops it
$kafka->configure_topic($dead, 'max.message.bytes' => 100);
$ship->write_conf('errors.deadletterqueue.topic.name' => $dead);
$ship->start;
$ship->wait_streaming;
$pg->query('INSERT INTO keyless VALUES (5)');
is(wait_exit($ship->pid), 1, 'it ends with status 1');
like($ship->log, qr/could not publish an event to topic "\Q$dead\E"/, 'and names the dead letter topic');

done_testing();
