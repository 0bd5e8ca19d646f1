# A Kafka Connect worker with Debezium is replaced by "walpost connect": its topics
# hold what such a worker has written, the slot is pgoutput's. Connectors go on from
# where Debezium was; nothing is missing, nothing comes twice.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Test;
use Walpost::Worker;

my $json = JSON::PP->new->utf8->canonical;
my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $worker = Walpost::Worker->new(kafka => $kafka);
my %config = (
	'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
	'database.hostname' => '127.0.0.1',
	'database.port' => $pg->port . '',
	'database.user' => 'postgres',
	'database.password' => 'x',
	'database.dbname' => 'postgres',
	'topic.prefix' => "swap$$",
	'plugin.name' => 'pgoutput',
	'slot.name' => 'shop',
	'publication.autocreate.mode' => 'filtered',
	'table.include.list' => 'public.items',
	'topic.creation.default.replication.factor' => '1',
	'topic.creation.default.partitions' => '1',
	'name' => 'shop');

# Writes a record to one of the worker's topics; a value of undef is a tombstone.
sub put
{
	my ($topic, $key, $value) = @_;
	my ($status, undef, $err) = run_command(
		[ 'kcat', '-P', '-b', $kafka->brokers, '-t', $worker->topic($topic), '-K', "\t", '-Z' ],
		"$key\t" . (defined $value ? ref $value ? $json->encode($value) : $value : '') . "\n");

	die "could not write to $topic: $err" if $status != 0;
	return;
}

# ---- what Debezium left behind: it has row 1, not row 2
$pg->query('CREATE TABLE items (id int PRIMARY KEY)');
$pg->query('CREATE PUBLICATION dbz_publication FOR TABLE items');
$pg->query(q{SELECT pg_create_logical_replication_slot('shop', 'pgoutput')});
$pg->query('INSERT INTO items VALUES (1)');
my $lsn = $pg->query('SELECT pg_current_wal_lsn()');
my $number = $pg->query("SELECT pg_wal_lsn_diff('$lsn', '0/0')");
$pg->query("SELECT pg_replication_slot_advance('shop', '$lsn')");
$pg->query('INSERT INTO items VALUES (2)');

$kafka->create_topic($worker->topic($_), config => { 'cleanup.policy' => 'compact' }) for qw(configs offsets status);
put('configs', 'session-key', { key => 'AAAA', algorithm => 'HmacSHA256', 'creation-timestamp' => 1795230863433 });
put('configs', 'connector-gone', { properties => { %config, name => 'gone' } });
put('configs', 'connector-gone', undef);
put('configs', 'target-state-paused', { state => 'PAUSED', 'state.v2' => 'PAUSED' });
put('configs', 'connector-paused', { properties => { %config, name => 'paused', 'slot.name' => 'paused', 'topic.prefix' => "paused$$" } });
put('configs', 'connector-stopped', { properties => { %config, name => 'stopped', 'slot.name' => 'stopped', 'topic.prefix' => "stopped$$" } });
put('configs', 'target-state-stopped', { state => 'PAUSED', 'state.v2' => 'STOPPED' });
put('configs', 'connector-sink', { properties => { name => 'sink', 'connector.class' => 'io.confluent.connect.s3.S3SinkConnector', topics => 'a' } });
put('configs', 'connector-shop', { properties => \%config });
put('configs', 'task-shop-0', { properties => { %config, 'task.class' => 'io.debezium.connector.postgresql.PostgresConnectorTask' } });
put('configs', 'commit-shop', { tasks => 1 });
put('configs', 'tasks-fencing-shop', { 'task-count' => 1 });
put('offsets', qq(["shop",{"server":"swap$$"}]), qq({"lsn_proc":$number,"messageType":"INSERT","lsn_commit":$number,"lsn":$number,"txId":740,"ts_usec":1795230897688540}));
put('status', 'status-connector-shop', { state => 'RUNNING', trace => undef, worker_id => '127.0.0.1:8083', generation => 3, version => '3.7.0.Final' });
put('status', "status-topic-swap$$.public.items:connector-shop",
	{ topic => { name => "swap$$.public.items", connector => 'shop', task => 0, discoverTimestamp => 1795230898312 } });

# ---- the swap
$worker->start;
$worker->wait_ready;
is_deeply(($worker->call('GET', '/connectors'))[1], [ 'paused', 'shop', 'sink', 'stopped' ], 'its connectors are taken up');
$worker->wait_task('shop', 'RUNNING');
wait_until('the slot to be in use', sub { $pg->slot('shop', "plugin || ' ' || active") eq 'walpost true' });
$pg->query('INSERT INTO items VALUES (3)');
wait_until('row 3', sub { $kafka->count("swap$$.public.items") >= 2 });
is_deeply([ map { $_->{key} } $kafka->read_topic("swap$$.public.items") ],
	[ map { my $key = $_; qq({"id":$key}) } 2, 3 ], 'it goes on where Debezium was: no snapshot, no gap, no repeat');
like($worker->log, qr/taking over slot "shop" of plugin "pgoutput"/, 'and says so');
is_deeply(($worker->call('GET', '/connectors/shop/topics'))[1], { shop => { topics => ["swap$$.public.items"] } }, 'topics that were known');
is(($worker->call('GET', '/connectors/shop/offsets'))[1]{offsets}[0]{partition}{server}, "swap$$", 'its offset');

my (undef, $status) = $worker->call('GET', '/connectors/paused/status');
is_deeply([ $status->{connector}{state}, $status->{tasks}[0]{state} ], [ 'PAUSED', 'PAUSED' ], 'what was paused is');
(undef, $status) = $worker->call('GET', '/connectors/stopped/status');
is_deeply([ $status->{connector}{state}, $status->{tasks} ], [ 'STOPPED', [] ], 'what was stopped is');
(undef, $status) = $worker->call('GET', '/connectors/sink/status');
is($status->{connector}{state}, 'FAILED', 'a connector of another kind');
like($status->{connector}{trace}, qr/io\.confluent\.connect\.s3\.S3SinkConnector/, 'says that it is one');
is($pg->query('SELECT count(*) FROM pg_replication_slots'), '1', 'no other slot was made');

# ---- refused, where that is wanted
$pg->query(q{SELECT pg_create_logical_replication_slot('other', 'pgoutput')});
my ($code, $answer) = $worker->call('PUT', '/connectors/other/config',
	{ %config, name => 'other', 'slot.name' => 'other', 'topic.prefix' => "other$$", 'walpost.slot.takeover' => 'false' });
is($code, 400, 'walpost.slot.takeover=false');
like($answer->{message}, qr/slot "other" was made with plugin "pgoutput"/, 'and why');
is($worker->stop, 0, 'a clean end');

done_testing();
