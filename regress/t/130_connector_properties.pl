# Properties of Debezium's that reach deep, all at once: a slot that somebody
# else moves, changes without an origin, headers as JSON, tables that share a topic.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $pg = Walpost::Postgres->running;

$pg->query('CREATE TABLE orders_1 (id int PRIMARY KEY); CREATE TABLE orders_2 (id int PRIMARY KEY)');
$pg->query(q(SELECT pg_replication_origin_create('elsewhere')));

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => Walpost::Kafka->shared,
	conf => {
		'lsn.flush.mode' => 'manual',
		'slot.stream.params' => 'origin=none;proto_version=1',
		'header.converter' => 'org.apache.kafka.connect.json.JsonConverter',
		'header.converter.schemas.enable' => 'false',
		'walpost.position.headers' => 'true',
		'topic.naming.strategy' => 'io.debezium.schema.SchemaRegexTopicNamingStrategy',
		'topic.regex' => '(.*)_\d',
		'topic.replacement' => '$1',
		'topic.key.field.regex' => '.*_(\d)',
		'topic.key.field.replacement' => '$1',
		'topic.key.field.name' => 'shard',
		'offset.flush.interval.ms' => 100,
	});

# The keys in the shared topic, once there are so many records or more.
sub keys_of
{
	my ($n) = @_;
	my @events;

	wait_until("$n records", sub { (@events = $ship->events('orders')) >= $n });
	return map { $_->{key} } @events;
}

# The LSN that the slot has confirmed.
sub confirmed
{
	return $pg->slot($ship->{slot}, 'confirmed_flush_lsn');
}

my $start = confirmed();
$pg->query('INSERT INTO orders_1 VALUES (1); INSERT INTO orders_2 VALUES (1)');
$pg->query(q(SELECT pg_replication_origin_session_setup('elsewhere'); INSERT INTO orders_1 VALUES (100)));
$pg->query('INSERT INTO orders_1 VALUES (2)');
is_deeply([ keys_of(3) ], [ '{"id":1,"shard":"1"}', '{"id":1,"shard":"2"}', '{"id":2,"shard":"1"}' ],
	'tables share a topic, their keys say of which they are, and what came from elsewhere is not there');

my ($event) = $ship->events('orders');
is($event->{headers}{'__debezium.context.connectorName'}, '"postgresql"', 'headers are JSON');
like($event->{headers}{'walpost.lsn'}, qr/^"[0-9A-F\/]+"$/, 'those of ours, too');
like($event->{headers}{'walpost.seq'}, qr/^"\d+"$/, 'all of them');

# ---- the slot stays
is(confirmed(), $start, 'the slot stays where it is');
like($ship->log, qr/ warn .*slot "\w+" stays where it is \(lsn\.flush\.mode=manual\): the server keeps all WAL/, 'which is said');
$ship->stop;
is(confirmed(), $start, 'at a stop, too');
$pg->query('INSERT INTO orders_2 VALUES (2)');
$ship->start;
$ship->wait_streaming;
$pg->query('INSERT INTO orders_2 VALUES (3)');
is_deeply([ (keys_of(5))[ 3, 4 ] ], [ '{"id":2,"shard":"2"}', '{"id":3,"shard":"2"}' ], 'a start goes on from the position record');
is(scalar(keys_of(5)), 5, 'and repeats nothing');
like($ship->log, qr/suppressed, slot "\w+" is behind what Kafka has/, 'what Kafka has is skipped');

$ship->stop;
$pg->query("SELECT pg_replication_slot_advance('$ship->{slot}', pg_current_wal_lsn())");
my $moved = confirmed();
isnt($moved, $start, 'somebody moves it');
$ship->start;
$ship->wait_streaming;
$pg->query('INSERT INTO orders_1 VALUES (3)');
is((keys_of(6))[5], '{"id":3,"shard":"1"}', 'and the stream goes on');

# ---- a server that restarts, for which it need not wait for a slot that stays
$pg->restart;
$ship->wait_log(qr/streaming again/);
$pg->query('INSERT INTO orders_1 VALUES (4)');
is((keys_of(7))[6], '{"id":4,"shard":"1"}', 'a broken connection goes on from memory');
is(confirmed(), $moved, 'and the slot is where it was moved to');
is($ship->stop, 0, 'an orderly stop');

done_testing();
