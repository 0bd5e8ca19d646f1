# What a worker says for all its connectors: converters, producer.*, topic.creation.*,
# config.providers, and walpost.connector.defaults.*; from its file and from the
# environment; below what a connector says itself.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;
use Walpost::Worker;

my $dir = scratch_dir();
my $n = 0;

delete @ENV{ grep { /^(CONNECT_|BOOTSTRAP_SERVERS|(KEY|VALUE)_CONVERTER)/ } keys %ENV };
mkdir "$dir/open";
spit("$dir/open/pg.properties", "password=hush1\nuser=ship\nbroker=x:1\n");
my @worker = split /\n/, <<"END";
bootstrap.servers=localhost:9092
config.storage.topic=c
offset.storage.topic=o
walpost.connector.defaults.tombstones.on.delete=false
walpost.connector.defaults.slot.name=by_default
walpost.connector.defaults.database.password=\${mine:$dir/open/pg.properties:password}
walpost.connector.defaults.schema.whitelist=by_old_name
walpost.connector.defaults.value.converter.schemas.enable=false
producer.linger.ms=7
header.converter=org.apache.kafka.connect.storage.SimpleHeaderConverter
topic.creation.default.partitions=3
topic.creation.default.replication.factor=1
config.providers=mine
config.providers.mine.class=org.apache.kafka.common.config.provider.FileConfigProvider
config.providers.mine.param.allowed.paths=$dir/open
END

# "walpost config" of a connector under the worker's file with these lines more:
# status, values by name, origins by name, errors.
sub config
{
	my ($more, $own, %env) = @_;
	my $file = spit("$dir/worker" . ++$n, join "\n", @worker, @$more, '');
	my $connector = spit("$dir/connector$n", join "\n", 'topic.prefix=shop', 'database.hostname=localhost',
		'database.user=ship', 'database.dbname=shop', @$own, '');
	local %ENV = (%ENV, %env);
	my ($status, $out, $err) = Walpost::Shipper::command('config', '--worker', $file, $connector);
	my (%value, %origin);

	for (split /\n/, $out)
	{
		my ($name, $value, $origin) = /^(\S+) = (.*)  \((.*)\)$/ or next;

		$value{$name} = $value;
		$origin{$name} = $origin =~ s{.*/}{}r;
	}
	return ($status, \%value, \%origin, $err);
}

my ($status, $value, $origin, $err) = config([], []);
is($status, 0, 'a worker with defaults');
is_deeply([ @$value{qw(tombstones.on.delete slot.name schema.include.list producer.override.linger.ms topic.creation.default.partitions)} ],
	[qw(false by_default by_old_name 7 3)], 'they hold');
is($origin->{'tombstones.on.delete'}, "worker$n", 'and are shown with where they come from');
is($value->{'value.converter.schemas.enable'}, 'false', 'a converter of the connector, as if its file said so');
unlike(join(' ', %$value), qr/hush1/, 'secrets are not shown');

($status, $value) = config([], [ 'tombstones.on.delete=true', 'slot.name=own', 'schema.exclude.list=other', 'producer.override.linger.ms=9',
		'topic.creation.default.partitions=1', 'value.converter=org.apache.kafka.connect.storage.StringConverter' ]);
is($status, 0, 'a connector that says otherwise');
is_deeply([ @$value{qw(tombstones.on.delete slot.name schema.exclude.list producer.override.linger.ms topic.creation.default.partitions)} ],
	[qw(true own other 9 1)], 'has its way');
is($value->{'schema.include.list'}, undef, 'also where a default would be against what it says');
($status, $value) = config([], ['schema.whitelist=mine']);
is($value->{'schema.include.list'}, 'mine', 'and by an older name');

($status, $value, $origin) = config([], [],
	CONNECT_WALPOST_CONNECTOR_DEFAULTS_SLOT_NAME => 'of_environment', CONNECT_PRODUCER_LINGER_MS => '8',
	CONNECT_TOPIC_CREATION_DEFAULT_PARTITIONS => '4', CONNECT_KEY_CONVERTER => 'org.apache.kafka.connect.storage.StringConverter',
	CONNECT_CONFIG_PROVIDERS_MINE_PARAM_ALLOWED_PATHS => "/nowhere,$dir/open");
is_deeply([ @$value{qw(slot.name producer.override.linger.ms topic.creation.default.partitions key.converter)} ],
	[qw(of_environment 8 4 org.apache.kafka.connect.storage.StringConverter)], 'the environment wins over the file');
is($origin->{'slot.name'}, 'environment', 'and is named');
($status, undef, undef, $err) = config([], [], CONNECT_CONFIG_PROVIDERS_MINE_PARAM_ALLOWED_PATHS => '/nowhere');
is($status, 2, 'a provider that may not read there');

# ---- walpost connect: looked at when it starts
sub refused
{
	my (@more) = @_;
	my $file = spit("$dir/worker" . ++$n, join "\n", @worker, @more, '');
	my ($status, undef, $err) = Walpost::Shipper::command('connect', $file);

	return ($status, (split /\n/, $err)[-1]);
}

for my $case (
	[ 'walpost.connector.defaults.decimal.handling.mode=sloppy', qr/"decimal\.handling\.mode"/ ],
	[ 'walpost.connector.defaults.max.batch.size=many', qr/"max\.batch\.size"/ ],
	[ 'walpost.connector.defaults.table.include.list=a(', qr/"table\.include\.list"/ ],
	[ 'walpost.connector.defaults.database.sslfactory=org.example.Factory', qr/"database\.sslfactory".*is not supported/ ],
	[ "sasl.jaas.config=\${mine:$dir/closed:x}", qr/not below a path of config\.providers\.mine\.param\.allowed\.paths/ ],
	[ 'sasl.jaas.config=${vault:x:y}', qr/unknown config provider "vault"/ ])
{
	my ($code, $line) = refused($case->[0]);

	is($code, 2, "$case->[0]: exit status");
	like($line, $case->[1], 'and message');
}

# ---- and in effect
my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
$pg->query('CREATE EXTENSION walpost; CREATE TABLE items (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE items');
spit("$dir/open/all.properties", 'brokers=' . $kafka->brokers . "\n");
my $port = free_port();
my $file = spit("$dir/worker" . ++$n, join "\n", (grep { !/^(bootstrap|walpost.*(whitelist|slot))/ } @worker),
	"bootstrap.servers=\${mine:$dir/open/all.properties:brokers}",
	'walpost.connector.defaults.database.hostname=127.0.0.1', 'walpost.connector.defaults.database.port=' . $pg->port,
	'walpost.connector.defaults.database.user=postgres', 'walpost.connector.defaults.publication.name=p', '');
my $worker = Walpost::Worker->running(kafka => $kafka, file => $file, env => { BOOTSTRAP_SERVERS => undef });
my %config = ('connector.class' => 'PostgresConnector', 'topic.prefix' => "d$$", 'database.dbname' => 'postgres');
my ($code, $json) = $worker->call('PUT', '/connectors/few/config', \%config);
is($code, 201, 'a connector of few words') or diag explain $json;
is_deeply($json->{config}, { name => 'few', %config }, 'what was registered is what it is told by');
wait_until('its stream', sub { $pg->slot('debezium', 'active') eq 't' && $pg->slot('debezium', 'confirmed_flush_lsn') ne '' });
$pg->query('INSERT INTO items VALUES (1); DELETE FROM items');
wait_until('events', sub { ($kafka->count("d$$.public.items") // 0) == 2 });
my %topics = $kafka->topics;
is($topics{"d$$.public.items"}, 3, 'topic.creation.default.partitions is the worker\'s');
$pg->query('INSERT INTO items VALUES (2)');
wait_until('the next', sub { ($kafka->count("d$$.public.items") // 0) >= 3 });
is($kafka->count("d$$.public.items"), 3, 'no tombstone came between');
is($worker->stop, 0, 'a clean end');

done_testing();
