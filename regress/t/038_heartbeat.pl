# Heartbeats as Debezium has them, and what does not need them: the slot of a
# database where nothing happens moves on while its neighbour is busy.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

# ---- an idle database, a busy neighbour, no heartbeat
$pg->query('CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE beats (at timestamptz)');
$pg->query('CREATE DATABASE neighbour');
my $ship = Walpost::Shipper->running(pg => $pg, kafka => $kafka);

$pg->query('CREATE TABLE busy AS SELECT g, md5(g::text) FROM generate_series(1, 100000) g', 'neighbour');
my $lsn = $pg->current_lsn;
$pg->wait_confirmed('walpost', $lsn);
pass('the slot moves past what the neighbour wrote');
is($ship->stop(20), 0, 'a clean end');

# ---- heartbeats
my $topic = "__debezium-heartbeat.$ship->{prefix}";
$kafka->create_topic($topic, partitions => 3);
$ship->write_conf(
	'heartbeat.interval.ms' => 100,
	'heartbeat.action.query' => 'INSERT INTO beats VALUES (now())',
	'database.initial.statements' => q{SET application_name = 'beats'; SET search_path = public},
	'key.converter.schemas.enable' => 'true',
	'value.converter.schemas.enable' => 'true');
$ship->start;
$ship->wait_streaming;
wait_until('some heartbeats', sub { $kafka->count($topic) >= 3 });
my @beats = $kafka->read_topic($topic);
is($beats[0]{key},
	'{"schema":{"type":"struct","fields":[{"type":"string","optional":false,"field":"serverName"}],"optional":false,'
	  . qq("name":"io.debezium.connector.common.ServerNameKey","version":1},"payload":{"serverName":"$ship->{prefix}"}}),
	'the key is that of Debezium');
like($beats[0]{value},
	qr/^\Q{"schema":{"type":"struct","fields":[{"type":"int64","optional":false,"field":"ts_ms"}],"optional":false,"name":"io.debezium.connector.common.Heartbeat","version":1},"payload":{"ts_ms":\E\d{13}\}\}$/,
	'and so is the value');
is(scalar(grep { $_->{partition} != 0 } @beats), 0, 'they are in partition 0');

wait_until('the query to be run', sub { $pg->query('SELECT count(*) FROM beats') >= 3 });
is($pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'beats'}), 1,
	'on one connection, with its initial statements');
wait_until('its changes', sub { $kafka->count($ship->topic('beats')) >= 3 });

# ---- the connection is lost, the query fails
$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'beats'});
my $rows = $pg->query('SELECT count(*) FROM beats');
wait_until('the query on another connection', sub { $pg->query('SELECT count(*) FROM beats') > $rows });
$pg->query('DROP TABLE beats');
$ship->wait_log(qr/heartbeat\.action\.query: relation "beats" does not exist/);
$pg->query('INSERT INTO orders VALUES (1)');
wait_until('events to go on', sub { $kafka->count($ship->topic('orders')) == 1 });
is($ship->stop(20), 0, 'a clean end');

# ---- a topic of another name
$ship->write_conf(
	'topic.heartbeat.name' => "beats$$",
	'heartbeat.action.query' => undef,
	'key.converter.schemas.enable' => 'false',
	'value.converter.schemas.enable' => 'false');
$ship->start;
$ship->wait_streaming;
wait_until('a heartbeat there', sub { $kafka->count("beats$$") >= 1 });
my ($beat) = $kafka->read_topic("beats$$");
is($beat->{key}, qq({"serverName":"$ship->{prefix}"}), 'a key without its schema');
like($beat->{value}, qr/^\{"ts_ms":\d{13}\}$/, 'and a value');
is($ship->stop(20), 0, 'a clean end');

done_testing();
