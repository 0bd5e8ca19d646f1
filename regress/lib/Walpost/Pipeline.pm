# Walpost::Pipeline
#    A project that takes its changes from Debezium, with "walpost connect" in the
#    place of its Connect worker: a folder of regress/pipelines/ as it is used.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Pipeline;

use strict;
use warnings;

use File::Find qw(find);
use File::Path qw(make_path);
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Test;
use Walpost::Worker;

my $number = 0;

# A pipeline whose servers run; its worker does not yet.  name is the folder, db
# the list of hosts that its connectors name (one server stands for each).
# Options: postgres, kafka, worker (options of these modules), env (variables of
# the worker over those of worker.env; undef removes one), paths (paths that files
# name, and the files of the folder's copy that stand for them).
sub new
{
	my ($class, %opt) = @_;
	my $self = bless {
		%opt,
		base => scratch_dir() . '/pipeline' . ++$number,
		source => top_dir() . "/regress/pipelines/$opt{name}",
		servers => {},
	}, $class;

	$self->{kafka} = Walpost::Kafka->running(%{ $opt{kafka} // {} });
	$self->{servers}{$_} = Walpost::Postgres->running(%{ $opt{postgres} // {} }) for @{ $opt{db} };
	$self->{worker} = Walpost::Worker->new(
		kafka => $self->{kafka},
		bare => 1,
		%{ $opt{worker} // {} },
		env => { $self->variables, %{ $opt{env} // {} } });
	$self->_copy_files;
	return $self;
}

sub kafka { return $_[0]{kafka}; }
sub worker { return $_[0]{worker}; }

# The server behind a host's name; the first without one.
sub pg
{
	my ($self, $host) = @_;

	return $self->{servers}{ $host // $self->{db}[0] };
}

# The path of a file of the folder, as it is used.
sub file
{
	my ($self, $name) = @_;

	return "$self->{base}/$name";
}

# The worker's variables as worker.env has them, but for the brokers' address.
sub variables
{
	my ($self) = @_;
	my %env = slurp("$self->{source}/worker.env") =~ /^([A-Z_]+)=(.*)$/mg;

	delete $env{BOOTSTRAP_SERVERS};
	return %env;
}

sub _copy_files
{
	my ($self) = @_;

	find(
		{
			no_chdir => 1,
			wanted => sub {
				my $copy = $self->{base} . substr($_, length $self->{source});

				return make_path($copy) if -d $_;
				spit($copy, $self->_placed(slurp($_)));
				chmod 0755 & (stat $_)[2], $copy;
			}
		},
		$self->{source});
	spit($self->file('.curlrc'), 'write-out = "%{stderr}HTTP %{http_code}\n"' . "\n");
	return;
}

# The one thing that differs from the files: the places of worker and servers,
# where each has a name and a port of its own.
sub _placed
{
	my ($self, $text) = @_;
	my $url = $self->{worker}->url;

	$text =~ s{http://(?:localhost|connect|kafka-connect):8083}{$url}g;
	$text =~ s{"localhost:8083"}{'"' . $url =~ s/^http:..//r . '"'}ge;
	for my $path (keys %{ $self->{paths} // {} })
	{
		my $copy = $self->file($self->{paths}{$path});

		$text =~ s{\Q$path\E}{$copy}g;
	}
	for my $host (keys %{ $self->{servers} })
	{
		my $port = $self->{servers}{$host}->port;

		# both in one file: "database.hostname": "db" and "database.port": "5432", or with =
		next unless $text =~ s{(database\.hostname"?\s*[:=]\s*"?)\Q$host\E(?=["\s])}{${1}127.0.0.1}g;
		$text =~ s{(database\.port"?\s*[:=]\s*"?)\d+}{$1$port}g;
	}
	return $text;
}

# Runs a file of SQL of the folder in a database.
sub sql_file
{
	my ($self, $file, $db, $host) = @_;

	return $self->pg($host)->query(slurp($self->file($file)), $db);
}

# What programs of the folder know besides their arguments.
sub _environment
{
	my ($self, %more) = @_;
	my $pg = $self->pg;

	return (
		%ENV,
		CONNECT_URL => $self->{worker}->url,
		KAFKA_BOOTSTRAP_SERVERS => $self->{kafka}->brokers,
		PGHOST => '127.0.0.1',
		PGPORT => $pg->port,
		PGUSER => 'postgres',
		CURL_HOME => $self->{base},
		%{ $self->{environment} // {} },
		%more);
}

# Python with clients of Kafka and PostgreSQL.
sub python
{
	my $python = top_dir() . '/build/python/bin/python';

	die "there is no $python; \"regress/setup.sh test\" makes it\n" unless -x $python;
	return $python;
}

sub _command
{
	my ($self, $file, @args) = @_;
	my $path = $self->file($file);

	return ($file =~ /\.py$/ ? python() : (), $path, @args);
}

# Variables for all programs from here on.
sub set_environment
{
	my ($self, %more) = @_;

	$self->{environment} = { %{ $self->{environment} // {} }, %more };
	return;
}

# Runs a program of the folder to its end; returns exit status, output, errors;
# among those a line "HTTP 201" for each call of curl's.
sub run
{
	my ($self, $file, @args) = @_;
	local %ENV = $self->_environment;

	return run_command([ $self->_command($file, @args) ]);
}

# The same in the background; returns its process id and the file of its output.
sub begin
{
	my ($self, $file, @args) = @_;
	my $log = log_file($file =~ s/\W/_/gr . ++$number);
	local %ENV = $self->_environment;

	spit($log, '');
	return (in_background($log, $self->_command($file, @args)), $log);
}

# Ends what begin() has started; returns its exit status.
sub end
{
	my ($self, $pid) = @_;

	kill 'TERM', -$pid;
	return wait_exit($pid) // do { kill 'KILL', -$pid; wait_exit($pid) };
}

1;
