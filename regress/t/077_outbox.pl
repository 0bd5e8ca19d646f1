# Events without and with a table, from SQL to the topics: an outbox table with
# its partitions, timestamps, tombstones and bare values; walpost.publish(); topics
# that the stream meets first in the middle of a transaction; the snapshot of such rows.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query('CREATE EXTENSION walpost');
$pg->query('CREATE TABLE outbox (id int PRIMARY KEY, aggregatetype text, aggregateid text, payload text, made timestamp, shard int, type text)');
$pg->query(q{INSERT INTO outbox VALUES (1, 'order', 'o1', 'of the snapshot', '2025-01-02 03:04:05.678', 2, 'Created')});
my $prefix = 'outbox' . $$;
my %conf = (
	'snapshot.mode' => 'initial',
	'topic.creation.default.partitions' => '4',
	'topic.creation.default.replication.factor' => '1',
	'key.converter' => 'org.apache.kafka.connect.storage.StringConverter',
	'value.converter' => 'org.apache.kafka.connect.storage.StringConverter',
	'walpost.publish.topic.include.list' => "$prefix\\.published",
	'transforms' => 'outbox',
	'transforms.outbox.type' => 'io.debezium.transforms.outbox.EventRouter',
	'transforms.outbox.route.topic.replacement' => "$prefix.\${routedByValue}",
	'transforms.outbox.route.tombstone.on.empty.payload' => 'true',
	'transforms.outbox.table.field.event.timestamp' => 'made',
	'transforms.outbox.table.fields.additional.placement' => 'type:header:eventType,shard:partition');

my $ship = Walpost::Shipper->running(pg => $pg, kafka => $kafka, prefix => $prefix, conf => \%conf);

$pg->query(q{BEGIN;
	INSERT INTO outbox VALUES (2, 'order', 'o1', '{"a": "x\"y"}', '2025-01-02 03:04:05.679', 2, 'Changed');
	INSERT INTO outbox VALUES (3, 'customer', 'c1', NULL, NULL, NULL, 'Gone');
	DELETE FROM outbox;
	INSERT INTO outbox VALUES (4, 'order', 'o1', 'third', '2025-01-02 03:04:05.680', 0, 'Sent');
	COMMIT});
$pg->query(qq{SELECT walpost.publish('$prefix.published', 'k', 'by hand', '{"h": "v"}')});
$pg->query(qq{SELECT walpost.publish('$prefix.other', 'k', 'not allowed')});
$pg->query(qq{SELECT walpost.publish('$prefix.published', NULL, '\\x00ff'::bytea)});
$pg->query(qq{BEGIN; SELECT walpost.publish('$prefix.published', 'k', 'rolled back'); ROLLBACK});
ok($ship->wait_drained, 'all that was published is confirmed');

my @orders = $kafka->read_topic("$prefix.order");
is_deeply([ map { [ @$_{qw(partition key value timestamp)}, $_->{headers}{eventType}, $_->{headers}{id} ] } @orders ], [
	[ 0, 'o1', 'third', 1735787045680, 'Sent', '4' ],
	[ 2, 'o1', 'of the snapshot', 1735787045678, 'Created', '1' ],
	[ 2, 'o1', '{"a": "x\"y"}', 1735787045679, 'Changed', '2' ],
], 'events of the snapshot and of the stream, with their own partition, time, key, value and headers');
my @customers = $kafka->read_topic("$prefix.customer");
is_deeply([ map { [ @$_{qw(key value)} ] } @customers ], [ [ 'c1', undef ] ], 'an empty payload is a tombstone');
ok($customers[0]{timestamp} > 1735787045680, 'which has the time of its processing');

my @published = $kafka->read_topic("$prefix.published");
is_deeply([ sort map { join '|', map { $_ // 'null' } @$_{qw(key value)}, $_->{headers}{h} } @published ],
	[ sort 'k|by hand|v', "null|\x00\xff|null" ], 'records of walpost.publish(), whatever the transforms');
ok(!$kafka->written("$prefix.other"), 'but not to a topic that is not allowed');

# ---- who may publish
my ($status, $out) = run_command([ Walpost::Shipper::program(), 'check', $ship->file ]);
like($out, qr/^warning +every role may call pg_logical_emit_message\(\).*: REVOKE EXECUTE ON FUNCTION .* FROM PUBLIC$/m, 'check warns of messages that are open to all');
my ($statement) = $out =~ /^warning .*as superuser: (REVOKE .*)$/m;
$pg->query($statement);
($status, $out) = run_command([ Walpost::Shipper::program(), 'check', $ship->file ]);
like($out, qr/^ok +only chosen roles may publish/m, 'until its statement has run');

# ---- a partition that the topic does not have
$pg->query(q{INSERT INTO outbox VALUES (5, 'order', 'o1', 'nowhere', NULL, 4, 'Lost')});
is($ship->stop_by_itself(60), 1, 'a partition that is not there ends the stream');
like($ship->log, qr{"$prefix\.order": Local: Unknown partition;.*give the topic that partition}, 'and the log says so');
done_testing();
