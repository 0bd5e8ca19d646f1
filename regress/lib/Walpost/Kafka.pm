# Walpost::Kafka
#    One Apache Kafka node (KRaft, broker and controller in one) on free ports
#    of the loopback interface, and what its topics hold.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Kafka;

use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use JSON::PP ();
use Walpost::Test;

my $number = 0;

# What a broker for tests needs besides its addresses.
my %defaults = (
	'process.roles' => 'broker,controller',
	'node.id' => 1,
	'controller.listener.names' => 'CONTROLLER',
	'auto.create.topics.enable' => 'true',
	'offsets.topic.replication.factor' => 1,
	'offsets.topic.num.partitions' => 1,
	'transaction.state.log.replication.factor' => 1,
	'transaction.state.log.min.isr' => 1,
	'transaction.state.log.num.partitions' => 1,
	'share.coordinator.state.topic.replication.factor' => 1,
	'share.coordinator.state.topic.min.isr' => 1,
	'group.initial.rebalance.delay.ms' => 0,

	# a broker that was killed may register again at once
	'broker.session.timeout.ms' => 2000,
	'broker.heartbeat.interval.ms' => 500,
);

my $shared;

# The broker that all tests of a run share (WALPOST_KAFKA names it to them);
# one of this test's own when it runs alone.  Not to be stopped or killed.
sub shared
{
	my ($class) = @_;

	return $shared //=
	  defined $ENV{WALPOST_KAFKA}
	  ? bless({ port => ($ENV{WALPOST_KAFKA} =~ /:(\d+)$/)[0] }, $class)
	  : $class->running;
}

# A broker, not yet started.  Options: conf (a hash of broker properties); via
# (a port: clients that come to the port of second() are sent there, usually a
# proxy, for all that follows).
sub new
{
	my ($class, %opt) = @_;

	$number++;
	my $self = bless {
		port => free_port(),
		controller => free_port(),
		second => free_port(),
		base => scratch_dir() . "/kafka$number",
		log => log_file("kafka$number"),
		opt => \%opt,
	}, $class;

	make_path($self->{base});
	$self->_format;
	at_end(sub { $self->kill9 });
	return $self;
}

sub running
{
	my $self = shift->new(@_);

	$self->start;
	return $self;
}

# What clients call bootstrap.servers.
sub brokers
{
	return "127.0.0.1:$_[0]{port}";
}

# The port of the listener that option via is about.
sub second
{
	return $_[0]{second};
}

# A JVM that starts fast and writes nowhere but into the scratch folder.
sub _java
{
	my (@args) = @_;
	my $jars = top_dir() . '/build/kafka/jars';

	die "Apache Kafka is not there; \"regress/setup.sh test\" fetches it\n" unless -d $jars;
	return (
		'java', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData',
		'-Djava.io.tmpdir=' . scratch_dir(), '-XX:ErrorFile=' . scratch_dir() . '/java%p.log', '-cp', "$jars/*", @args);
}

sub _format
{
	my ($self) = @_;
	my %conf = (
		%defaults,
		'listeners' =>
		  "PLAINTEXT://127.0.0.1:$self->{port},CONTROLLER://127.0.0.1:$self->{controller}",
		'advertised.listeners' => "PLAINTEXT://127.0.0.1:$self->{port}",
		'controller.quorum.bootstrap.servers' => "127.0.0.1:$self->{controller}",
		'log.dirs' => "$self->{base}/data",
		$self->_listener_via,
		%{ $self->{opt}{conf} // {} });

	$self->{properties} = spit("$self->{base}/server.properties",
		join('', map { "$_=$conf{$_}\n" } sort keys %conf));
	spit("$self->{base}/log4j2.properties", <<"EOF");
appender.file.type = File
appender.file.name = file
appender.file.fileName = $self->{log}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n
rootLogger.level = WARN
rootLogger.appenderRef.file.ref = file
EOF
	my ($status, $out, $err) = run_command(
		[
			_java(
				'kafka.tools.StorageTool', 'format', '--standalone', '-t', 'V2FscG9zdFRlc3RzMDAwMA',
				'-c', $self->{properties})
		]);
	die "Kafka's storage could not be formatted:\n$out$err" if $status != 0;
	return;
}

sub _listener_via
{
	my ($self) = @_;
	my $via = $self->{opt}{via} // return;
	my $own = "PLAINTEXT://127.0.0.1:$self->{port}";

	return (
		'listeners' => "$own,VIA://127.0.0.1:$self->{second},CONTROLLER://127.0.0.1:$self->{controller}",
		'advertised.listeners' => "$own,VIA://127.0.0.1:$via",
		'listener.security.protocol.map' => 'PLAINTEXT:PLAINTEXT,VIA:PLAINTEXT,CONTROLLER:PLAINTEXT');
}

# Starts the broker (again), and waits until it answers.
sub start
{
	my ($self) = @_;

	$self->launch;
	wait_until(
		'Kafka to answer',
		sub {
			die "Kafka ended at start:\n" . slurp($self->{log})
			  if defined wait_exit($self->{pid}, -1);
			return 0 unless $self->_listens;
			my ($status) = run_command([ 'kcat', '-b', $self->brokers, '-L', '-m', '2' ]);
			return $status == 0;
		});
	return;
}

# Starts it without waiting.
sub launch
{
	my ($self) = @_;

	$self->{pid} = in_background(
		$self->{log},
		_java(
			"-Dlog4j2.configurationFile=$self->{base}/log4j2.properties",
			'kafka.Kafka', $self->{properties}));
	return $self->{pid};
}

# Makes a stopped broker lose everything it had.
sub forget
{
	my ($self) = @_;

	remove_tree("$self->{base}/data");
	$self->_format;
	return;
}

sub _listens
{
	my ($self) = @_;

	return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port});
}

# A clean end.
sub stop
{
	my ($self) = @_;

	return $self->_end('TERM');
}

# An end without a word.
sub kill9
{
	my ($self) = @_;

	return $self->_end('KILL');
}

# Holds it still: connections stay, nothing is answered until resume().
sub pause
{
	my ($self) = @_;

	kill 'STOP', -$self->{pid};
	return;
}

sub resume
{
	my ($self) = @_;

	kill 'CONT', -$self->{pid};
	return;
}

sub _end
{
	my ($self, $signal) = @_;
	my $pid = delete $self->{pid} // return;

	kill $signal, -$pid;
	wait_exit($pid);
	return;
}

# Creates a topic.  Options: partitions, config (a hash of topic properties).
sub create_topic
{
	my ($self, $topic, %opt) = @_;
	my %config = %{ $opt{config} // {} };
	my ($status, $out, $err) = run_command(
		[
			_java(
				'org.apache.kafka.tools.TopicCommand', '--bootstrap-server', $self->brokers,
				'--create', '--topic', $topic, '--partitions', $opt{partitions} // 1,
				map { ('--config', "$_=$config{$_}") } sort keys %config)
		]);

	die "topic \"$topic\" could not be created:\n$out$err" if $status != 0;
	return;
}

# Changes properties of a topic.
sub configure_topic
{
	my ($self, $topic, %config) = @_;
	my ($status, $out, $err) = run_command(
		[
			_java(
				'kafka.admin.ConfigCommand', '--bootstrap-server', $self->brokers, '--alter',
				'--topic', $topic, '--add-config', join(',', map { "$_=$config{$_}" } sort keys %config))
		]);

	die "topic \"$topic\" could not be changed:\n$out$err" if $status != 0;
	return;
}

# The settings that a topic has of its own, as a hash.
sub topic_settings
{
	my ($self, $topic) = @_;
	my ($status, $out, $err) = run_command(
		[
			_java(
				'kafka.admin.ConfigCommand', '--bootstrap-server', $self->brokers, '--describe', '--topic', $topic)
		]);

	die "settings of topic \"$topic\" could not be read:\n$out$err" if $status != 0;
	return $out =~ /^\s+(\S+)=(\S*) sensitive=/mg;
}

# Takes from everybody the right to an operation ("Write") on a topic, and leaves the
# usual others; the broker needs an authorizer for that.
sub deny
{
	my ($self, $topic, $operation) = @_;
	my ($status, $out, $err) = run_command(
		[
			_java(
				'org.apache.kafka.tools.AclCommand', '--bootstrap-server', $self->brokers, '--add',
				'--topic', $topic, '--deny-principal', 'User:*', '--operation', $operation)
		]);
	($status, $out, $err) = run_command(
		[
			_java(
				'org.apache.kafka.tools.AclCommand', '--bootstrap-server', $self->brokers, '--add',
				'--topic', $topic, '--allow-principal', 'User:*', map { ('--operation', $_) } qw(Read Write Describe))
		]) if $status == 0;

	die "$operation of \"$topic\" could not be forbidden:\n$out$err" if $status != 0;
	return;
}

# The names of all topics, and their numbers of partitions.
sub topics
{
	my ($self) = @_;
	my ($status, $out, $err) = run_command([ 'kcat', '-b', $self->brokers, '-L', '-J' ]);

	die "no list of topics: $err" if $status != 0;
	return map { $_->{topic} => scalar @{ $_->{partitions} } }
	  @{ JSON::PP::decode_json($out)->{topics} };
}

# Reads a topic from its beginning to its present end, in the order of offsets
# within each partition.  Returns one hash a record: partition, offset,
# timestamp, key and value (text; undef = null), headers (a hash) and the same
# in their order (header_text).  A topic that is not there has no records.
sub read_topic
{
	my ($self, $topic) = @_;
	my @records;

	for my $line ($self->_consume($topic, '%p\x1f%o\x1f%T\x1f%K\x1f%S\x1f%h\x1f%k\x1f%s\n'))
	{
		my ($partition, $offset, $timestamp, $key_size, $size, $headers, $key, $value) =
		  split /\x1f/, $line, 8;

		push @records,
		  {
			partition => $partition,
			offset => $offset,
			timestamp => $timestamp,
			key => $key_size < 0 ? undef : $key,
			value => $size < 0 ? undef : $value,
			header_text => $headers,
			headers => { map { split /=/, $_, 2 } split /,(?=[\w.]+=)/, $headers },
		  };
	}
	return sort { $a->{partition} <=> $b->{partition} || $a->{offset} <=> $b->{offset} } @records;
}

# The keys of a topic's records, in the order of read_topic(), when that would be
# too much.
sub read_keys
{
	my ($self, $topic) = @_;
	my @keys = map { [ split /\x1f/, $_, 3 ] } $self->_consume($topic, '%p\x1f%o\x1f%k\n');

	return map { $_->[2] } sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] } @keys;
}

# The lengths of a topic's values (-1 = null), without their content.
sub read_sizes
{
	my ($self, $topic) = @_;

	return $self->_consume($topic, '%S\n');
}

# The number of offsets given out in a topic so far: what count() says unless
# records were removed, without reading them.  For a topic that grows: kcat
# reads to the end, which moves.
sub written
{
	my ($self, $topic) = @_;
	my $partitions = { $self->topics }->{$topic} // return 0;
	my @command = ('kcat', '-Q', '-b', $self->brokers, map { ('-t', "$topic:$_:-1") } 0 .. $partitions - 1);
	my ($status, $out, $err);
	my $sum = 0;

	# kcat may not have heard of the partitions yet when it asks for them
	repeat_until(
		sub {
			($status, $out, $err) = run_command([@command]);
			return $status == 0 || $err !~ /Unknown partition/;
		},
		10);
	die "no offsets of topic \"$topic\": $err" if $status != 0;
	$sum += $_ for $out =~ /offset (\d+)$/mg;
	return $sum;
}

# The number of records in a topic that no longer grows.
sub count
{
	my ($self, $topic) = @_;
	my @sizes = $self->read_sizes($topic);

	return scalar @sizes;
}

sub _consume
{
	my ($self, $topic, $format) = @_;
	my ($status, $out, $err) = run_command(
		[
			'kcat', '-C', '-b', $self->brokers, '-t', $topic, '-o', 'beginning', '-e', '-q',
			'-X', 'receive.message.max.bytes=500000000', '-X', 'fetch.wait.max.ms=10', '-X', 'check.crcs=true',
			'-f', $format
		]);

	return if $status != 0 && $err =~ /Unknown topic or partition/i;
	die "topic \"$topic\" could not be read: $err" if $status != 0;
	return split /\n/, $out;
}

# Has a consumer group that nobody is in read a topic from its beginning again.
sub rewind_group
{
	my ($self, $group, $topic) = @_;
	my ($status, $out, $err) = run_command(
		[
			_java(
				'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', '--bootstrap-server', $self->brokers,
				'--group', $group, '--topic', $topic, '--reset-offsets', '--to-earliest', '--execute')
		]);

	die "group \"$group\" could not be reset:\n$out$err" if $status != 0 || $out =~ /^Error/m;
	return;
}

# Writes a record, a line of text under a key.
sub write_record
{
	my ($self, $topic, $key, $value) = @_;
	my ($status, $out, $err) = run_command(
		[ 'kcat', '-P', '-b', $self->brokers, '-t', $topic, '-k', $key ], "$value\n");

	die "topic \"$topic\" could not be written: $err" if $status != 0;
	return;
}

# Waits until a topic holds at least $count records.
sub wait_count
{
	my ($self, $topic, $count, $timeout) = @_;

	return wait_until("$count records in topic $topic",
		sub { $self->written($topic) >= $count }, $timeout);
}

# The partition in which Java's producers put a record with this key
# (DefaultPartitioner: murmur2 of the key's bytes, sign bit dropped).
sub partition_of
{
	my ($key, $partitions) = @_;

	return (murmur2($key) & 0x7fffffff) % $partitions;
}

# Kafka's org.apache.kafka.common.utils.Utils.murmur2.
sub murmur2
{
	use integer;
	my ($key) = @_;
	my ($m, $mask) = (0x5bd1e995, 0xffffffff);
	my $h = (0x9747b28c ^ length $key) & $mask;
	my $shift = sub { no integer; return $_[0] >> $_[1]; };
	my $whole = length($key) & ~3;

	for my $k (unpack 'V*', substr($key, 0, $whole))
	{
		$k = ($k * $m) & $mask;
		$k ^= $shift->($k, 24);
		$k = ($k * $m) & $mask;
		$h = (($h * $m) & $mask) ^ $k;
	}
	my @rest = unpack 'C*', substr($key, $whole);
	if (@rest)
	{
		$h ^= $rest[$_] << (8 * $_) for 0 .. $#rest;
		$h = ($h * $m) & $mask;
	}
	$h ^= $shift->($h, 13);
	$h = ($h * $m) & $mask;
	return $h ^ $shift->($h, 15);
}

1;
