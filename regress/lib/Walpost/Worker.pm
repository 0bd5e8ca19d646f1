# Walpost::Worker
#    "walpost connect", and calls of its REST interface.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Worker;

use strict;
use warnings;

use Walpost::Http;
use Walpost::Shipper;
use Walpost::Test;

my $number = 0;

# A worker, not yet started.  kafka (Walpost::Kafka) is required; topics is what
# its three topics begin with (default: a name of its own), env more variables,
# bare (1: these variables alone), file a worker's file, program another program than
# the one under test, under a command that starts it.
sub new
{
	my ($class, %opt) = @_;
	my $self = bless { env => {}, %opt, number => ++$number }, $class;

	$self->{topics} //= "worker$$" . 'x' . $number;
	$self->{port} //= free_port();
	$self->{log} = log_file("worker$number");
	spit($self->{log}, '');
	at_end(sub { $self->kill9 });
	return $self;
}

sub running
{
	my $self = shift->new(@_);

	$self->start;
	$self->wait_ready;
	return $self;
}

sub port { return $_[0]{port}; }
sub pid { return $_[0]{pid}; }
sub log { return slurp($_[0]{log}); }
sub topic { return "$_[0]{topics}_$_[1]"; }
sub url { return "http://127.0.0.1:$_[0]{port}" . ($_[1] // ''); }

# What a worker usually gets.
sub _variables
{
	my ($self) = @_;

	return (
		GROUP_ID => '1',
		CONFIG_STORAGE_TOPIC => $self->topic('configs'),
		OFFSET_STORAGE_TOPIC => $self->topic('offsets'),
		STATUS_STORAGE_TOPIC => $self->topic('status'),
		CONNECT_KEY_CONVERTER_SCHEMAS_ENABLE => 'false',
		CONNECT_VALUE_CONVERTER_SCHEMAS_ENABLE => 'false',
		KEY_CONVERTER => 'org.apache.kafka.connect.json.JsonConverter',
		VALUE_CONVERTER => 'org.apache.kafka.connect.json.JsonConverter',
		CONNECT_OFFSET_STORAGE_PARTITIONS => '3',
		CONNECT_STATUS_STORAGE_PARTITIONS => '2');
}

sub start
{
	my ($self) = @_;
	local %ENV = (
		%ENV,
		$self->{bare} ? () : $self->_variables,
		BOOTSTRAP_SERVERS => $self->{kafka}->brokers,
		REST_HOST_NAME => '127.0.0.1',
		REST_PORT => $self->{port},
		%{ $self->{env} });

	delete @ENV{ grep { !defined $ENV{$_} } keys %ENV };
	$self->{pid} = in_background(
		$self->{log},
		@{ $self->{under} // [] },
		$self->{program} // Walpost::Shipper::program(),
		'connect', $self->{file} // ());
	return;
}

# Variables of the next start, over those before; undef removes one.
sub set_variables
{
	my ($self, %more) = @_;

	$self->{env} = { %{ $self->{env} }, %more };
	return;
}

# What the worker and its connectors' processes had at most, each, added up; in bytes.
sub peak_memory
{
	my ($self) = @_;
	my $sum = 0;

	for my $pid ($self->{pid}, $self->log =~ /started process (\d+) for/g)
	{
		my $text = eval { slurp("/proc/$pid/status") } // next;

		$sum += $1 * 1024 if $text =~ /^VmHWM:\s+(\d+)/m;
	}
	return $sum;
}

# Waits until it has read its topics.
sub wait_ready
{
	my ($self) = @_;

	return wait_until(
		'the worker to be ready',
		sub {
			die "the worker ended:\n" . $self->log if defined wait_exit($self->{pid}, -1);
			return (request('GET', $self->url('/health')))[0] == 200;
		});
}

# A call; body is a structure or a text.  Returns status, decoded answer, headers.
sub call
{
	my ($self, $method, $path, $body) = @_;

	return request_json($method, $self->url($path), defined $body ? (body => $body) : ());
}

# Waits until a connector's task is in this state; returns its status.
sub wait_task
{
	my ($self, $name, $state, $timeout) = @_;

	return wait_until(
		"$name to be $state",
		sub {
			my ($code, $json) = $self->call('GET', "/connectors/$name/status");

			return $code == 200 && ($json->{tasks}[0]{state} // '') eq $state && $json;
		},
		$timeout);
}

# Ends it by SIGTERM; returns its exit status, undef if it does not end.
sub stop
{
	my ($self) = @_;
	my $pid = $self->{pid} // return;

	kill 'TERM', $pid;
	my $status = wait_exit($pid, 30);
	delete $self->{pid} if defined $status;
	return $status;
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
