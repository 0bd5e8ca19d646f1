# Notifications of initial and blocking snapshots, as Debezium sends them: to a
# topic and to the log.

use strict;
use warnings;

use JSON::PP;
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $topic = "notices$$";

$kafka->create_topic($topic, partitions => 1);
$pg->query('CREATE EXTENSION walpost; CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)');
$pg->query('INSERT INTO a SELECT generate_series(1, 5)');

my $read = 0;

# The notices since the last call, without what is another in each run.
sub notices
{
	my ($n) = @_;

	wait_until("$n notices", sub { $kafka->count($topic) >= $read + $n });
	my @records = $kafka->read_topic($topic);
	@records = @records[ $read .. $#records ];
	$read += @records;
	return map {
		my ($key, $value) = @$_{qw(key value)};
		my ($id) = $value =~ /^\{"id":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"/ or die "no id in $value";

		die "another key than id: $key" if $key ne qq({"id":"$id"});
		$value =~ s/"id":"[^"]*",//;
		$value =~ s/,"timestamp":\d{13}\}$/}/ or die "no timestamp in $value";
		$value;
	} @records;
}

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'snapshot.mode' => 'initial',
		'notification.enabled.channels' => 'sink, log',
		'notification.sink.topic.name' => $topic });
my $name = qq("connector_name":"$ship->{prefix}");
my $tables = '"data_collections":"public.a,public.b"';

sub initial
{
	my ($type, $data) = @_;

	return qq({"type":"$type","aggregate_type":"Initial Snapshot","additional_data":{$data}});
}

# All notices of a snapshot of both tables.
my @whole = (
	initial('STARTED', $name),
	initial('DATA_COLLECTIONS_RESOLVED', "$name,$tables"),
	initial('IN_PROGRESS', qq("current_collection_in_progress":"public.a",$name,$tables)),
	initial('TABLE_SCAN_COMPLETED', qq("scanned_collection":"public.a",$name,"total_rows_scanned":"5",$tables,"status":"SUCCEEDED")),
	initial('IN_PROGRESS', qq("current_collection_in_progress":"public.b",$name,$tables)),
	initial('TABLE_SCAN_COMPLETED', qq("scanned_collection":"public.b",$name,"total_rows_scanned":"0",$tables,"status":"SUCCEEDED")),
	initial('COMPLETED', $name));

# ---- a snapshot
is_deeply([ notices(7) ], \@whole, 'of a snapshot');
like($ship->log, qr/info  notification \S+ \{"id":"[^"]+","type":"COMPLETED","aggregate_type":"Initial Snapshot"/, 'in the log, too');
$ship->wait_streaming;
$pg->query(q{SELECT walpost.signal('execute-snapshot', '{"type": "blocking", "data-collections": ["public.a", "public.b"]}')});
is_deeply([ notices(7) ], \@whole, 'of a blocking one');
is($ship->stop(20), 0, 'a clean end');

# ---- none
$ship->start;
$ship->wait_streaming;
is_deeply([ notices(1) ], [ initial('SKIPPED', $name) ], 'of a start that takes none');
$pg->query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $$walpost$$');
$pg->query('INSERT INTO b VALUES (1)');
wait_until('events to go on', sub { $kafka->count($ship->topic('b')) == 1 });
is($ship->stop(20), 0, 'a clean end');
is($kafka->count($topic), $read, 'but not of a reconnect');

# ---- one that fails
Walpost::Shipper::command('slot', 'drop', $ship->file);
$pg->query(q{
	CREATE TYPE brittle;
	CREATE FUNCTION brittle_in(cstring) RETURNS brittle LANGUAGE internal IMMUTABLE STRICT AS 'oidin';
	CREATE FUNCTION brittle_out(brittle) RETURNS cstring LANGUAGE internal STABLE STRICT AS 'enum_out';
	CREATE TYPE brittle (INPUT = brittle_in, OUTPUT = brittle_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
	CREATE TABLE aa (id int PRIMARY KEY, b brittle);
	INSERT INTO aa VALUES (1, '1')});
$ship->write_conf('include.unknown.datatypes' => 'true', 'errors.max.retries' => 0);
my ($status, $out, $err) = Walpost::Shipper::command('run', $ship->file);
isnt($status, 0, 'a row that cannot be read');
like($err, qr/invalid internal value for enum/, 'with the reason');
my @fails = grep { !/SCAN_COMPLETED|IN_PROGRESS|RESOLVED/ } notices(3);
is($fails[0], initial('STARTED', $name), 'of a snapshot that begins');
is($fails[-1], initial('ABORTED', $name), 'and fails');

# ---- of pieces, where there are several readers
$pg->query(q{
	DROP TABLE aa;
	CREATE TABLE large (id int PRIMARY KEY, pad text);
	ALTER TABLE large ALTER pad SET STORAGE plain;
	INSERT INTO large SELECT i, repeat('p', 4200) FROM generate_series(1, 1500) i;
	ANALYZE large});
$ship->write_conf('snapshot.max.threads' => 2, 'table.include.list' => 'public.large');
$ship->start;
$ship->wait_streaming;
my @pieces = notices(8);
my $large = '"data_collections":"public.large"';
is_deeply(
	[ sort @pieces ],
	[
		sort { $a cmp $b }
		  initial('STARTED', $name),
		initial('DATA_COLLECTIONS_RESOLVED', "$name,$large"),
		initial('IN_PROGRESS', qq("current_collection_in_progress":"public.large",$name,$large)),
		(grep { /"TABLE_CHUNK_IN_PROGRESS"/ } @pieces),
		(map { initial('TABLE_CHUNK_COMPLETED', qq("scanned_collection":"public.large","chunk_index":"$_",$name,"total_chunks":"2",$large,"status":"SUCCEEDED")) } 0, 1),
		initial('TABLE_SCAN_COMPLETED', qq("scanned_collection":"public.large",$name,"total_rows_scanned":"1500",$large,"status":"SUCCEEDED")),
		initial('COMPLETED', $name)
	],
	'of pieces that are read by several readers');
like(
	join("\n", grep { /"TABLE_CHUNK_IN_PROGRESS"/ } @pieces),
	qr/^.*"current_collection_in_progress":"public.large","chunk_index":"0",\Q$name\E,"total_chunks":"2","total_rows_scanned":"0".*\n.*"chunk_index":"1".*$/,
	'as they begin, too');
is($ship->stop(20), 0, 'a clean end');
Walpost::Shipper::command('slot', 'drop', $ship->file);

# ---- with schemas
$ship->write_conf(
	'snapshot.mode' => 'no_data',
	'notification.enabled.channels' => 'sink',
	'key.converter.schemas.enable' => 'true',
	'value.converter.schemas.enable' => 'true');
$ship->start;
$ship->wait_streaming;
wait_until('a notice', sub { $kafka->count($topic) > $read });
my $record = ($kafka->read_topic($topic))[$read];
my $string = '{"type":"string","optional":false';
like(
	$record->{key},
	qr/^\Q{"schema":{"type":"struct","fields":[$string,"field":"id"}],"optional":false,"name":"io.debezium.connector.common.NotificationKey","version":1},"payload":{"id":"\E[^"]+"\}\}$/,
	'the schema of a key');
like(
	$record->{value},
	qr/^\Q{"schema":{"type":"struct","fields":[$string,"field":"id"},$string,"field":"type"},$string,"field":"aggregate_type"},{"type":"map","keys":$string},"values":$string},"optional":true,"field":"additional_data"},{"type":"int64","optional":false,"field":"timestamp"}],"optional":false,"name":"io.debezium.connector.common.Notification","version":1},"payload":{"id":"\E/,
	'the schema of a value');
is($ship->stop(20), 0, 'a clean end');

done_testing();
