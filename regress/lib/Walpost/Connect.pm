# Walpost::Connect
#    Debezium's connector on a Kafka Connect worker, which it is compared with and
#    measured beside: a standalone one, or a distributed one set up by the
#    environment of Debezium's container image.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Connect;

use strict;
use warnings;

use HTTP::Tiny;
use JSON::PP ();
use Walpost::Test;

my $pom = top_dir() . '/regress/connect/pom.xml';
my $folder = top_dir() . '/build/connect';
my $number = 0;

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
			[
				'mvn', '-B', '-q', '-f', $pom, "-P$profile", 'dependency:copy-dependencies',
				"-DoutputDirectory=$folder/$part", @{ $parts{$part} }
			]);
		die "Maven could not fetch $part:\n$out$err" if $status != 0;
	}
	spit("$folder/pom.xml", slurp($pom));
	return;
}

# A worker, not yet started.  kafka (Walpost::Kafka) is required; java is a list
# of the JVM's switches, conf a hash of properties of the worker; env (a hash) makes
# it distributed, with what the image's start makes of these variables.
sub new
{
	my ($class, %opt) = @_;

	fetch();
	$number++;
	my $self = bless {
		%opt,
		base => scratch_dir() . "/connect$number",
		log => log_file("connect$number"),
		port => $opt{env} && $opt{env}{REST_PORT} || free_port(),
	}, $class;
	mkdir $self->{base};
	spit($self->{log}, '');
	at_end(sub { $self->kill9 });
	return $self;
}

sub pid { return $_[0]{pid}; }
sub log { return slurp($_[0]{log}); }

# Where it keeps the positions of its connectors.
sub offsets { return "$_[0]{base}/offsets"; }

# Starts the worker, with connectors if their properties (hashes) are given.
sub start
{
	my ($self, @connectors) = @_;
	my $count = 0;
	my @files = map { _properties("$self->{base}/connector" . ++$count . '.properties', $_) } @connectors;

	my $worker = _properties(
		"$self->{base}/worker.properties",
		{
			'key.converter' => 'org.apache.kafka.connect.json.JsonConverter',
			'value.converter' => 'org.apache.kafka.connect.json.JsonConverter',
			'bootstrap.servers' => $self->{kafka}->brokers,
			$self->{env} ? _of_image($self->{env}) : ('offset.storage.file.filename' => $self->offsets),
			'plugin.path' => "$folder/plugins",
			'listeners' => "http://127.0.0.1:$self->{port}",
			%{ $self->{conf} // {} }
		});
	$self->{pid} = in_background(
		$self->{log}, 'java', @{ $self->{java} // [] },
		'-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', "$folder/worker/*",
		'org.apache.kafka.connect.cli.Connect' . ($self->{env} ? 'Distributed' : 'Standalone'), $worker, @files);
	return;
}

# The worker's properties as Debezium's image makes them of its variables:
# CONNECT_X_Y is x.y, and some have names of their own.
sub _of_image
{
	my ($env) = @_;
	my %own = map { ("CONNECT_$_" => $env->{$_}) } grep { !/^(?:CONNECT|ADVERTISED)_/ } keys %$env;

	$own{CONNECT_REST_ADVERTISED_HOST_NAME} = $env->{ADVERTISED_HOST_NAME} if defined $env->{ADVERTISED_HOST_NAME};
	$own{CONNECT_REST_ADVERTISED_PORT} = $env->{ADVERTISED_PORT} if defined $env->{ADVERTISED_PORT};
	%own = (%own, map { ($_ => $env->{$_}) } grep { /^CONNECT_/ } keys %$env);
	return map { (lc(s/^CONNECT_//r) =~ tr/_/./r => $own{$_}) } keys %own;
}

# Dies if the worker has ended.
sub check
{
	my ($self) = @_;

	die "Kafka Connect ended:\n" . $self->log if defined wait_exit($self->{pid}, -1);
	return;
}

sub _properties
{
	my ($path, $conf) = @_;

	return spit($path, join '', map { "$_=" . ($conf->{$_} =~ s/\\/\\\\/gr) . "\n" } sort keys %$conf);
}

# Waits until the worker takes requests.
sub wait_ready
{
	my ($self) = @_;

	return wait_until('Kafka Connect to answer',
		sub { $self->check; $self->_request('GET', '/connectors')->{success} }, 120);
}

# Starts a connector on a running worker.
sub create
{
	my ($self, $name, %conf) = @_;
	my $answer = $self->_request('PUT', "/connectors/$name/config", \%conf);

	die "connector $name was refused: $answer->{content}\n" unless $answer->{success};
	return;
}

# Why a connector or its task has failed; undef if it has not.
sub failure
{
	my ($self, $name) = @_;
	my $answer = $self->_request('GET', "/connectors/$name/status");

	return unless $answer->{success};
	my $status = JSON::PP::decode_json($answer->{content});
	my ($failed) = grep { $_->{state} eq 'FAILED' } $status->{connector}, @{ $status->{tasks} };
	return $failed ? $failed->{trace} // 'no trace' : undef;
}

# Ends a connector; what it has read goes to Kafka first.
sub remove
{
	my ($self, $name) = @_;

	return $self->_request('DELETE', "/connectors/$name")->{success};
}

sub _request
{
	my ($self, $method, $path, $body) = @_;

	return HTTP::Tiny->new(timeout => 60)->request(
		$method,
		"http://127.0.0.1:$self->{port}$path",
		$body
		? { headers => { 'Content-Type' => 'application/json' }, content => JSON::PP::encode_json($body) }
		: {});
}

# A worker that is stopped soon after its start may hang: so not for long.  True
# if it ended by itself.
sub stop
{
	my ($self) = @_;
	my $pid = $self->{pid} // return 1;

	kill 'TERM', $pid;
	if (!defined wait_exit($pid, 15))
	{
		$self->kill9;
		return 0;
	}
	delete $self->{pid};
	return 1;
}

sub kill9
{
	my ($self) = @_;
	my $pid = delete $self->{pid} // return;

	kill 'KILL', -$pid;
	wait_exit($pid);
	return;
}

1;
