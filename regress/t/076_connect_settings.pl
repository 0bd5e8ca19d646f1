# The settings of "walpost connect": a worker's file, the environment over it, what
# is missing or wrong; and a worker whose brokers are away at first.

use strict;
use warnings;

use Test::More;
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Shipper;
use Walpost::Test;
use Walpost::Worker;

# Exit status and last line of a worker with these variables alone.
sub refused
{
	my (%env) = @_;
	local %ENV = (PATH => $ENV{PATH}, %env);
	my ($status, undef, $err) = Walpost::Shipper::command('connect', $env{FILE} // ());

	return ($status, (split /\n/, $err)[-1]);
}

my %all = (BOOTSTRAP_SERVERS => 'x:1', CONFIG_STORAGE_TOPIC => 'c', OFFSET_STORAGE_TOPIC => 'o');
for my $missing (sort keys %all)
{
	my %some = %all;
	delete $some{$missing};
	my ($status, $line) = refused(%some);

	is($status, 2, "without $missing: exit status");
	like($line, qr/is missing; set it in the worker's file, or as $missing/, 'and message');
}
my %wrong = (
	CONNECT_OFFSET_STORAGE_PARTITIONS => [ 'many', qr/bad value "many" for offset\.storage\.partitions/ ],
	CONNECT_LISTENERS => [ 'tcp://:8443', qr{bad listener "tcp://:8443"} ],
	REST_PORT => [ 'x', qr/no address to listen at/ ],
	CONNECT_REST_EXTENSION_CLASSES => [ 'org.example.Auth', qr/rest\.extension\.classes=org\.example\.Auth is not supported/ ],
	CONNECT_SASL_JAAS_CONFIG => [ '${file:/nowhere:x}', qr{/nowhere} ],
	FILE => [ '/nowhere/worker.properties', qr{worker file "/nowhere/worker\.properties"} ]);
for my $name (sort keys %wrong)
{
	my ($status, $line) = refused(%all, $name => $wrong{$name}[0]);

	is($status, 2, "$name=$wrong{$name}[0]: exit status");
	like($line, $wrong{$name}[1], 'and message');
}

# ---- a file; brokers that come later
my $kafka = Walpost::Kafka->new;
my $port = free_port();
my $file = spit(scratch_dir() . '/worker.properties', join "\n",
	'bootstrap.servers=' . $kafka->brokers,
	'group.id=1',
	'config.storage.topic=nobody-reads-this',
	'offset.storage.topic=file_offsets',
	'status.storage.topic=file_status',
	"listeners=http://127.0.0.1:$port",
	'status.storage.partitions=2',
	'plugin.path=/kafka/connect',
	'');
my $worker = Walpost::Worker->new(
	kafka => $kafka,
	file => $file,
	port => $port,
	env => {
		BOOTSTRAP_SERVERS => undef, OFFSET_STORAGE_TOPIC => undef, STATUS_STORAGE_TOPIC => undef,
		REST_HOST_NAME => undef, REST_PORT => undef, CONNECT_STATUS_STORAGE_PARTITIONS => undef,
	});
$worker->start;
wait_until('the worker to listen', sub { (request('GET', $worker->url('/health')))[0] == 503 });
my ($code, $json) = $worker->call('GET', '/health');
is($json->{status}, 'starting', '/health, while Kafka is away');
is(($worker->call('GET', '/connectors'))[0], 503, 'nobody knows yet what there is');
is((request('GET', $worker->url('/healthz')))[0], 200, '/healthz: the process is well');
$kafka->start;
$worker->wait_ready;
is(($worker->call('GET', '/health'))[1]{status}, 'healthy', 'and when it is back');
is_deeply(($worker->call('GET', '/connectors'))[1], [], 'no connectors');
my %topics = $kafka->topics;
is_deeply([ @topics{ $worker->topic('configs'), 'file_offsets', 'file_status' } ], [ 1, 3, 2 ], 'topics: the environment wins over the file');
like(($worker->call('GET', '/'))[1]{kafka_cluster_id}, qr/./, "the cluster's id");
is($worker->stop, 0, 'a clean end');

# ---- users
my $users = spit(scratch_dir() . '/users', "anna=quite secret\nempty=\n");
my $jaas = spit(scratch_dir() . '/connect.jaas',
	"KafkaConnect {\n  org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required\n  file=\"$users\";\n};\n");
my %auth = (CONNECT_REST_EXTENSION_CLASSES => 'org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension');
my ($status, $line) = refused(%all, %auth);
is($status, 2, 'users, but no file of them: exit status');
like($line, qr/KAFKA_OPTS has no/, 'and message');
($status, $line) = refused(%all, %auth, KAFKA_OPTS => "-Djava.security.auth.login.config=$users");
like($line, qr/has no entry "KafkaConnect"/, 'another file');
my $guarded = Walpost::Worker->new(kafka => $kafka, env => { %auth, KAFKA_OPTS => "-Xmx1g -Djava.security.auth.login.config=$jaas -Dx=y" });
$guarded->start;
wait_until('it to be ready', sub { (request('GET', $guarded->url('/health'), curl => [ '-u', 'anna:quite secret' ]))[0] == 200 });
for my $who ([], [ '-u', 'anna:wrong' ], [ '-u', 'anna:' ], [ '-u', 'empty:' ], [ '-u', 'otto:quite secret' ], [ '-u', 'anna:quite secretX' ],
	[ '-H', 'Authorization: Basic !!!' ])
{
	my ($code, $text, $headers) = request('GET', $guarded->url('/connectors'), curl => $who);

	is($code, 401, "@$who: status");
	like($headers->{'www-authenticate'} // '', qr/^Basic/, 'asked for a name');
}
is((request('GET', $guarded->url('/connectors'), curl => [ '-u', 'anna:quite secret' ]))[0], 200, 'a user may');
is((request('GET', $guarded->url('/healthz')))[0], 200, 'probes need no password');
unlike($guarded->log, qr/quite secret/, 'no password in the log');
is($guarded->stop, 0, 'a clean end');

done_testing();
