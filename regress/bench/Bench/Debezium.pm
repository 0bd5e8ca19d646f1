# Debezium on a standalone Kafka Connect worker, beside which the shipper is
# measured: same server, same workload, same broker.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Debezium;

use strict;
use warnings;

use Bench::Proc qw(cpu_seconds peak_rss_mib);
use Bench::Ship ();
use Time::HiRes qw(time);
use Walpost::Test;

use constant PREFIX => 'debezium';

my $pom = top_dir() . '/regress/bench/debezium/pom.xml';
my $folder = top_dir() . '/build/connect';

# The heap, batches and queues that a tuned installation has.
my @java = ('java', '-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn');
my %worker = (
	'key.converter' => 'org.apache.kafka.connect.json.JsonConverter',
	'key.converter.schemas.enable' => 'false',
	'value.converter' => 'org.apache.kafka.connect.json.JsonConverter',
	'value.converter.schemas.enable' => 'false',
	'offset.flush.interval.ms' => 1000,
	'producer.compression.type' => 'lz4',
	'producer.linger.ms' => 5,
	'producer.batch.size' => 1_000_000,
	'topic.creation.enable' => 'false',
);
my %connector = (
	'name' => PREFIX,
	'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
	'tasks.max' => 1,
	'plugin.name' => 'pgoutput',
	'slot.name' => PREFIX,
	'publication.name' => 'bench',
	'publication.autocreate.mode' => 'disabled',
	'table.include.list' => 'public.items,public.ticks',
	'snapshot.mode' => 'no_data',
	'max.batch.size' => 2048,
	'max.queue.size' => 8192,
	'database.hostname' => '127.0.0.1',
	'database.user' => 'postgres',
	'database.password' => 'trusted',
	'database.dbname' => 'bench',
	'topic.prefix' => PREFIX,
);

# Jars from Maven Central, once.
sub fetch
{
	return if -e "$folder/pom.xml" && slurp("$folder/pom.xml") eq slurp($pom);

	# Of what Debezium needs, the worker has Kafka's own and the logging.
	my %parts = (
		'worker' => [],
		'plugins/debezium-connector-postgres' => ['-DexcludeGroupIds=org.apache.kafka,org.slf4j']);
	print "fetching Kafka Connect and Debezium from Maven Central into build/connect\n";
	for my $part (sort keys %parts)
	{
		my $profile = $part eq 'worker' ? 'worker' : 'debezium';
		my ($status, $out, $err) = run_command(
			[ 'mvn', '-B', '-q', '-f', $pom, "-P$profile", 'dependency:copy-dependencies',
				"-DoutputDirectory=$folder/$part", @{ $parts{$part} } ]);
		die "Maven could not fetch $part:\n$out$err" if $status != 0;
	}
	spit("$folder/pom.xml", slurp($pom));
}

# A worker with its connector, not yet started.
sub new
{
	my ($class, $server, $kafka) = @_;

	fetch();
	my $self = bless { server => $server, kafka => $kafka, base => scratch_dir() . '/connect' }, $class;
	mkdir $self->{base};
	Bench::Ship::make_topic($kafka, PREFIX . ".public.$_") for qw(items ticks);
	return $self;
}

# Debezium has no position of its own before it has sent something: run it for
# one row, before the workload, and stop it.
sub take_position
{
	my ($self) = @_;

	$self->start;
	$self->{server}->query('INSERT INTO ticks DEFAULT VALUES', 'bench');
	wait_until("Debezium's position", sub { -s "$self->{base}/offsets" });
	$self->stop;
}

sub start
{
	my ($self, %conf) = @_;
	my $worker = _properties("$self->{base}/worker.properties",
		%worker,
		'bootstrap.servers' => $self->{kafka}->brokers,
		'offset.storage.file.filename' => "$self->{base}/offsets",
		'plugin.path' => "$folder/plugins",
		'listeners' => 'http://127.0.0.1:' . free_port());
	my $connector = _properties("$self->{base}/connector.properties",
		%connector, 'database.port' => $self->{server}->port, %conf);

	$self->{pid} = in_background(log_file('connect'), @java, '-cp', "$folder/worker/*",
		'org.apache.kafka.connect.cli.ConnectStandalone', $worker, $connector);
	wait_until('Debezium to stream', sub {
		die "Kafka Connect ended:\n" . slurp(log_file('connect')) if defined wait_exit($self->{pid}, -1);
		return $self->{server}->slot(PREFIX, 'active') eq 't';
	}, 120);
}

sub _properties
{
	my ($path, %conf) = @_;

	return spit($path, join '', map { "$_=$conf{$_}\n" } sort keys %conf);
}

# It writes its position every second, and a worker that is stopped soon after
# its start may hang: so not for long.
sub stop
{
	my ($self) = @_;

	kill 'TERM', $self->{pid};
	if (!defined wait_exit($self->{pid}, 15))
	{
		kill 'KILL', -$self->{pid};
		wait_exit($self->{pid});
	}
	wait_until("the end of Debezium's walsender", sub { $self->{server}->slot(PREFIX, 'active') eq 'f' });
}

# Waits until a topic holds $n records.
sub _wait_records
{
	my ($self, $probe, $table, $n) = @_;
	my ($status, $out, $err) =
	  run_command([ $probe, 'count', $self->{kafka}->brokers, PREFIX . ".public.$table", $n ]);

	die "$n records of $table did not arrive: $err" if $status != 0;
}

# Started, and through with what was written while it was away.
sub start_and_catch_up
{
	my ($self, $probe, %conf) = @_;

	$self->start(%conf);
	$self->_wait_records($probe, 'ticks', $self->{server}->query('SELECT count(*) FROM ticks', 'bench'));
}

# Brings the workload to Kafka: figures as Bench::Ship::measure() has them.
sub measure
{
	my ($self, %arg) = @_;
	my $broker = cpu_seconds($self->{kafka}{pid});

	$self->start;
	my $start = time;
	my $before = cpu_seconds($self->{pid});
	$self->_wait_records($arg{probe}, 'items', $arg{events});
	my $seconds = time - $start;

	my %cpu = (
		shipper => cpu_seconds($self->{pid}) - $before,
		walsender => cpu_seconds($self->{server}->slot(PREFIX, 'active_pid')),
		broker => cpu_seconds($self->{kafka}{pid}) - $broker);
	my $got = {
		seconds => $seconds,
		rate => $arg{events} / $seconds,
		rss => peak_rss_mib($self->{pid}),
		map { $_ => 1e6 * $cpu{$_} / $arg{events} } keys %cpu
	};
	$self->stop;
	return $got;
}

1;
