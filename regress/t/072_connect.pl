# "walpost connect": connectors are registered, stream, are paused, stopped,
# changed and removed; what it keeps in its topics is laid out as Kafka Connect's,
# and a worker that starts anew goes on from there.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Test;
use Walpost::Worker;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $worker = Walpost::Worker->running(kafka => $kafka);
my $json = JSON::PP->new->utf8;
my %prefix = map { ($_ => "$_$$") } qw(one two three);

for my $db (keys %prefix)
{
	$pg->query("CREATE DATABASE $db");
	$pg->query('CREATE EXTENSION walpost', $db);
	$pg->query('CREATE TABLE orders (id int PRIMARY KEY)', $db);
}
spit(scratch_dir() . '/secrets.properties', "user=postgres\npassword=quite secret\n");

sub config
{
	my ($db, %more) = @_;
	my %config = (
		'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
		'database.hostname' => '127.0.0.1',
		'database.port' => $pg->port . '',
		'database.user' => '${file:' . scratch_dir() . '/secrets.properties:user}',
		'database.password' => '${file:' . scratch_dir() . '/secrets.properties:password}',
		'database.dbname' => $db,
		'topic.prefix' => $prefix{$db},
		'slot.name' => $db,
		'publication.name' => $db,
		'publication.autocreate.mode' => 'filtered',
		'table.include.list' => 'public.orders',
		'topic.creation.default.replication.factor' => '1',
		'topic.creation.default.partitions' => '1',
		%more);

	return \%config;
}

# The last record of each key of a topic, decoded; undef for a tombstone.
sub records
{
	my ($topic) = @_;

	return { map { ($_->{key} => defined $_->{value} ? $json->decode($_->{value}) : undef) }
		  $kafka->read_topic($worker->topic($topic)) };
}

# A row, and that it arrives.
sub carries
{
	my ($db, $id, $what) = @_;

	$pg->query("INSERT INTO orders VALUES ($id)", $db);
	return ok(
		wait_until("row $id of $db", sub {
			scalar grep { $_->{key} eq qq({"id":$id}) } $kafka->read_topic("$prefix{$db}.public.orders");
		}), $what);
}

sub process
{
	my ($name) = @_;
	my @pids = $worker->log =~ /started process (\d+) for "\Q$name\E"/g;

	return $pids[-1];
}

# ---- two connectors
my ($code, $answer, $headers) = $worker->call('POST', '/connectors', { name => 'one', config => config('one') });
is($code, 201, 'registered');
is($headers->{location}, $worker->url('/connectors/one'), 'Location');
is_deeply($answer, { name => 'one', config => { %{ config('one') }, name => 'one' }, tasks => [], type => 'source' }, 'the answer');
is(($worker->call('POST', '/connectors', { name => 'one', config => config('one') }))[0], 409, 'not twice');
is(($worker->call('PUT', '/connectors/two/config', config('two')))[0], 201, 'another one by PUT');
$worker->wait_task($_, 'RUNNING') for 'one', 'two';
carries('one', 1, 'one streams');
carries('two', 1, 'and so does two');
is_deeply(($worker->call('GET', '/connectors'))[1], [ 'one', 'two' ], 'both are listed');
is_deeply(($worker->call('GET', '/connectors/one/topics'))[1], { one => { topics => ["$prefix{one}.public.orders"] } }, 'its topics');

# ---- what the topics hold
my $configs = records('configs');
is_deeply($configs->{'connector-one'}, { properties => { %{ config('one') }, name => 'one' } }, 'the connector, references as they were given');
is_deeply($configs->{'task-one-0'},
	{ properties => { %{ config('one') }, name => 'one', 'task.class' => 'io.debezium.connector.postgresql.PostgresConnectorTask' } }, 'its task');
is_deeply($configs->{'commit-one'}, { tasks => 1 }, 'one of them');
my $status = records('status');
is_deeply(
	$status->{'status-connector-one'},
	{ state => 'RUNNING', trace => undef, worker_id => '127.0.0.1:' . $worker->port, generation => 1, version => '3.7.0.Final' },
	'its state');
is($status->{'status-task-one-0'}{state}, 'RUNNING', "its task's");
is($status->{"status-topic-$prefix{one}.public.orders:connector-one"}{topic}{connector}, 'one', 'its topic');
unlike($worker->log, qr/quite secret/, 'no secret in the log');
unlike(join('', map { $_->{value} // '' } $kafka->read_topic($worker->topic('configs'))), qr/quite secret/, 'nor in the topic');

# ---- changes: the same, another
my $before = process('one');
is(($worker->call('PUT', '/connectors/one/config', config('one')))[0], 200, 'the same config');
is(process('one'), $before, 'does not touch the process');
is(($worker->call('PATCH', '/connectors/one/config', { 'heartbeat.interval.ms' => '1000', 'table.include.list' => undef }))[0], 200, 'PATCH');
my $changed = ($worker->call('GET', '/connectors/one/config'))[1];
is($changed->{'heartbeat.interval.ms'}, '1000', 'sets');
ok(!exists $changed->{'table.include.list'}, 'and removes');
wait_until('its process to be another', sub { process('one') != $before });
$worker->wait_task('one', 'RUNNING');
carries('one', 2, 'and it goes on');
is((grep { $_->{key} eq '{"id":1}' } $kafka->read_topic("$prefix{one}.public.orders")), 1, 'nothing is repeated');

# ---- pause, resume, stop
is(($worker->call('PUT', '/connectors/one/pause'))[0], 202, 'pause');
is_deeply([ map { $_->{connector}{state}, $_->{tasks}[0]{state} } $worker->wait_task('one', 'PAUSED') ], [ 'PAUSED', 'PAUSED' ], 'paused');
wait_until('the slot to be free', sub { $pg->slot('one', 'active') eq 'f' });
$pg->query('INSERT INTO orders VALUES (3)', 'one');
is(($worker->call('PUT', '/connectors/one/resume'))[0], 202, 'resume');
$worker->wait_task('one', 'RUNNING');
carries('one', 4, 'it goes on');
is((grep { $_->{key} eq '{"id":3}' } $kafka->read_topic("$prefix{one}.public.orders")), 1, 'with what came meanwhile');
is(($worker->call('PUT', '/connectors/one/stop'))[0], 204, 'stop');
($code, $answer) = $worker->call('GET', '/connectors/one/status');
is_deeply([ $answer->{connector}{state}, $answer->{tasks} ], [ 'STOPPED', [] ], 'stopped');
wait_until('the slot to be free', sub { $pg->slot('one', 'active') eq 'f' });
$configs = records('configs');
is_deeply($configs->{'target-state-one'}, { state => 'PAUSED', 'state.v2' => 'STOPPED' }, 'the target state, also for older workers');
is($pg->slot('one', 'plugin'), 'walpost', 'the slot stays');

# ---- offsets
($code, $answer) = $worker->call('GET', '/connectors/one/offsets');
is_deeply($answer->{offsets}[0]{partition}, { server => $prefix{one} }, 'offsets: the partition');
cmp_ok($answer->{offsets}[0]{offset}{lsn}, '>', 0, 'and the position');
is(($worker->call('DELETE', '/connectors/two/offsets'))[0], 400, 'not of one that runs');
is(($worker->call('DELETE', '/connectors/one/offsets'))[0], 200, 'removed');
is_deeply(($worker->call('GET', '/connectors/one/offsets'))[1], { offsets => [] }, 'they are gone');
my $lsn = $answer->{offsets}[0]{offset};
is(($worker->call('PATCH', '/connectors/one/offsets', { offsets => [ { partition => { server => $prefix{one} }, offset => $lsn } ] }))[0], 200, 'altered');
is_deeply(($worker->call('GET', '/connectors/one/offsets'))[1]{offsets}[0]{offset}, $lsn, 'as it was told');
is(($worker->call('PATCH', '/connectors/one/offsets', { offsets => [ { partition => 1 } ] }))[0], 400, 'nonsense is refused');

# ---- one fails
is(($worker->call('PUT', '/connectors/three/config', config('three', 'publication.autocreate.mode' => 'disabled')))[0], 201, 'one that will fail');
my $failed = $worker->wait_task('three', 'FAILED');
is($failed->{connector}{state}, 'RUNNING', 'its task has failed, not the connector');
like($failed->{tasks}[0]{trace}, qr/\Aio\.debezium\.DebeziumException: .*publication "three" does not exist/, 'and why');
like(records('status')->{'status-task-three-0'}{trace}, qr/publication "three" does not exist/, 'also in the status topic');
carries('two', 2, 'the other one is not touched');
is((request('GET', $worker->url('/readyz')))[0], 503, '/readyz tells');
$pg->query('CREATE PUBLICATION three FOR TABLE orders', 'three');
is(($worker->call('POST', '/connectors/three/tasks/0/restart'))[0], 204, 'mended, and restarted');
$worker->wait_task('three', 'RUNNING');
carries('three', 1, 'it streams');

# ---- a process dies
my $pid = process('two');
kill 'KILL', $pid;
like($worker->wait_task('two', 'FAILED')->{tasks}[0]{trace}, qr/signal 9/, 'a process that dies is a failed task');
$worker->wait_task('two', 'RUNNING');
carries('two', 3, 'which starts again by itself');

# ---- the worker anew
is($worker->stop, 0, 'a clean end');
is($pg->query('SELECT count(*) FROM pg_replication_slots WHERE active'), '0', 'of all');
$worker->start;
$worker->wait_ready;
is_deeply(($worker->call('GET', '/connectors'))[1], [ 'one', 'three', 'two' ], 'a worker knows its connectors');
is(($worker->call('GET', '/connectors/one/status'))[1]{connector}{state}, 'STOPPED', 'and what is to become of them');
$worker->wait_task('two', 'RUNNING');
carries('two', 4, 'and goes on');

# ---- killed, with its connectors
$worker->kill9;
wait_until('its connectors to end', sub { $pg->query('SELECT count(*) FROM pg_replication_slots WHERE active') eq '0' });
$worker->start;
$worker->wait_ready;
$worker->wait_task('two', 'RUNNING');
carries('two', 5, 'a worker that was killed starts again');

# ---- removed
is(($worker->call('DELETE', '/connectors/two'))[0], 204, 'removed');
is(($worker->call('GET', '/connectors/two'))[0], 404, 'it is gone');
wait_until('the slot to be free', sub { $pg->slot('two', 'active') eq 'f' });
($configs, $status) = (records('configs'), records('status'));
ok(exists $configs->{'connector-two'} && !defined $configs->{'connector-two'}, 'a tombstone');
ok(!defined $status->{'status-connector-two'} && !defined $status->{'status-task-two-0'}, 'also of its state');
ok(!defined $status->{"status-topic-$prefix{two}.public.orders:connector-two"}, 'and its topic');
is($worker->stop, 0, 'the end');
unlike($worker->log, qr/does not end|leaving at once/, 'every process was let end');

done_testing();
