# Walpost::Shipper
#    A connector run by "walpost run" between a server and a broker of a test.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Shipper;

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Test;

my $number = 0;

# The program under test.
sub program
{
	return $ENV{WALPOST_BIN} // top_dir() . '/shipper/walpost';
}

# Runs the program to its end; returns exit status, output and errors.
sub command
{
	my (@args) = @_;

	return run_command([ program(), @args ]);
}

# A connector, not yet started.  pg (Walpost::Postgres) and kafka
# (Walpost::Kafka) are required; conf is a hash of properties over those below
# (undef removes one), http a port, prefix the topic prefix (default: shop and a number,
# so that tests can share a broker), db the database, wrapped (1: the file has
# Connect's {"name", "config"} wrapper).
sub new
{
	my ($class, %opt) = @_;
	my $self = bless { %opt, number => ++$number }, $class;

	$self->{prefix} //= "shop$$" . 'x' . $number;
	$self->{slot} = $opt{conf}{'slot.name'} // 'walpost';
	$self->{log} = log_file("walpost$number");
	spit($self->{log}, '');
	$self->write_conf;
	at_end(sub { $self->kill9 });
	return $self;
}

sub running
{
	my $self = shift->new(@_);

	$self->start;
	$self->wait_streaming;
	return $self;
}

sub file { return $_[0]{file}; }
sub log { return slurp($_[0]{log}); }
sub pid { return $_[0]{pid}; }

# The name of a table's topic ("public.orders", or just "orders").
sub topic
{
	my ($self, $table) = @_;

	return "$self->{prefix}." . ($table =~ /\./ ? $table : "public.$table");
}

# Writes the connector's file, with these properties over the earlier ones.
sub write_conf
{
	my ($self, %more) = @_;

	$self->{conf} = { %{ $self->{conf} // {} }, %more };
	my %conf = (
		'name' => $self->{prefix},
		'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
		'plugin.name' => 'pgoutput',
		'database.hostname' => '127.0.0.1',
		'database.port' => $self->{pg}->port,
		'database.user' => 'postgres',
		'database.dbname' => $self->{db} // 'postgres',
		'topic.prefix' => $self->{prefix},
		'slot.name' => 'walpost',
		'publication.name' => 'walpost',
		'publication.autocreate.mode' => 'all_tables',
		'snapshot.mode' => 'no_data',
		'key.converter' => 'org.apache.kafka.connect.json.JsonConverter',
		'key.converter.schemas.enable' => 'false',
		'value.converter' => 'org.apache.kafka.connect.json.JsonConverter',
		'value.converter.schemas.enable' => 'false',
		'topic.creation.default.replication.factor' => '1',
		'topic.creation.default.partitions' => '1',
		'bootstrap.servers' => $self->{kafka}->brokers,
		%{ $self->{conf} });

	delete @conf{ grep { !defined $conf{$_} } keys %conf };
	$_ = "$_" for values %conf;
	$self->{file} = spit(
		scratch_dir() . "/connector$self->{number}.json",
		JSON::PP->new->canonical->pretty->encode(
			$self->{wrapped} ? { name => $conf{name}, config => \%conf } : \%conf));
	return;
}

# Starts "walpost run" on the file; with http (a port), it serves HTTP there.
sub start
{
	my ($self) = @_;

	# the log of an earlier run stays in front
	$self->{log_start} = -s $self->{log} || 0;
	$self->{pid} = in_background($self->{log}, program(), 'run',
		($self->{http} ? ('--http', "127.0.0.1:$self->{http}") : ()), $self->{file});
	return;
}

# Waits until the slot is in use; an exit before that is the test's end.
sub wait_streaming
{
	my ($self, $timeout) = @_;

	return wait_until(
		'the shipper to stream',
		sub {
			die "the shipper ended:\n" . $self->log
			  if defined wait_exit($self->{pid}, -1);
			# a slot is active while it is made, too
			return substr($self->log, $self->{log_start} // 0) =~ /streaming (?:again )?from slot/
			  && $self->{pg}->slot($self->{slot}, 'active') eq 't';
		},
		$timeout);
}

# Waits for a pattern in the log, from position $from on (default: its start).
sub wait_log
{
	my ($self, $pattern, $from, $timeout) = @_;

	return wait_until("the shipper to log $pattern",
		sub { substr($self->log, $from // 0) =~ $pattern }, $timeout);
}

# Waits until everything written by now is in Kafka and confirmed.
sub wait_drained
{
	my ($self, $timeout) = @_;

	return $self->{pg}->wait_confirmed($self->{slot}, undef, $timeout);
}

# Ends it by SIGTERM; returns its exit status, undef if it does not end.
sub stop
{
	my ($self, $timeout) = @_;
	my $pid = $self->{pid} // return;

	kill 'TERM', $pid;
	my $status = wait_exit($pid, $timeout);
	delete $self->{pid} if defined $status;
	return $status;
}

# Kills it, and every process that it started.
sub kill9
{
	my ($self) = @_;
	my $pid = delete $self->{pid} // return;

	kill 'KILL', -$pid;
	wait_exit($pid);
	return;
}

# Waits $seconds for it to end by itself: its exit status, or undef.
sub stop_by_itself
{
	my ($self, $seconds) = @_;

	return wait_exit($self->{pid}, $seconds);
}

sub is_running
{
	my ($self) = @_;

	return defined $self->{pid} && !defined wait_exit($self->{pid}, -1);
}

# Tests that no process of it has had more memory than this so far.  A build
# with sanitizers (WALPOST_SANITIZED) keeps its own books in memory.
sub memory_within
{
	my ($self, $mib, $what) = @_;

  SKIP:
	{
		skip('memory of a build with sanitizers', 1) if $ENV{WALPOST_SANITIZED};
		my $peak = int($self->_peak_rss / 1048576);
		cmp_ok($peak, '<=', $mib, "peak memory of $what: $peak MiB");
	}
	return;
}

# The memory that its largest process has now, in MiB.
sub memory
{
	my ($self) = @_;

	return $self->_rss('VmRSS') / 1048576;
}

sub _peak_rss
{
	my ($self) = @_;

	return $self->_rss('VmHWM');
}

# The most that any of its processes has of a line in /proc/PID/status, in bytes.
sub _rss
{
	my ($self, $line) = @_;
	my $peak = 0;

	for my $status (glob '/proc/[0-9]*/status')
	{
		my $text = eval { slurp($status) } // next;
		my ($pid) = $status =~ /(\d+)/;

		next unless (getpgrp($pid) // 0) == $self->{pid};
		my ($kb) = $text =~ /^$line:\s+(\d+)/m or next;
		$peak = $kb if $kb > $peak;
	}
	return $peak * 1024;
}

# Reads a table's topic; each record also has "event", its decoded value.
sub events
{
	my ($self, $table) = @_;
	my $json = JSON::PP->new->utf8->allow_bignum;

	return map {
		{ %$_, event => defined $_->{value} ? $json->decode($_->{value}) : undef }
	} $self->{kafka}->read_topic($self->topic($table));
}

1;
