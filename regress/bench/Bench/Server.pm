# The benchmark's PostgreSQL server: the tests' throw-away one, with settings
# for speed, the benchmark's own plugin, and a connection that stays open.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Server;

use strict;
use warnings;

use parent 'Walpost::Postgres';

use File::Copy ();
use IPC::Open2 ();
use Walpost::Test;

# Starts it with the output plugins in these files besides the installed ones.
sub running
{
	my ($class, @plugins) = @_;
	my $lib = scratch_dir() . '/lib';

	# The server's user may not be allowed where the files were built.
	mkdir $lib or die "could not create $lib: $!\n";
	for my $file (@plugins)
	{
		File::Copy::copy($file, $lib) or die "could not copy $file: $!\n";
	}
	chmod 0755, $lib, glob("$lib/*");
	my $self = $class->SUPER::new(conf => <<"EOS" . _allow_list());
dynamic_library_path = '$lib:\$libdir'
max_wal_senders = 50
max_replication_slots = 50
logical_decoding_work_mem = 64MB
shared_buffers = 512MB
max_wal_size = 50GB
checkpoint_timeout = 1d
log_statement = none
log_replication_commands = off
EOS
	$self->start;
	return $self;
}

sub _allow_list
{
	return '' unless Walpost::Postgres::knows_allow_list();
	return "output_plugin_libraries = 'pgoutput, test_decoding, wal2json, decoderbufs, null_plugin, walpost'\n";
}

# For a client of our own, over loopback TCP as shippers connect.
sub conninfo
{
	my ($self) = @_;

	return 'host=127.0.0.1 port=' . $self->port . ' user=postgres dbname=bench';
}

# A connection that stays open, for questions asked often: $ask->($sql).
sub session
{
	my ($self) = @_;
	my $end = "\001";
	my $pid = IPC::Open2::open2(my $from, my $to, $self->psql_command('bench'));

	at_end(sub { close $to; waitpid $pid, 0 });
	return sub {
		my ($sql) = @_;
		my $answer = '';

		print $to "$sql;\n\\echo $end\n";
		$to->flush;
		while (my $line = <$from>)
		{
			if ($line eq "$end\n")
			{
				chomp $answer;
				return $answer;
			}
			$answer .= $line;
		}
		die "psql ended at: $sql\n";
	};
}

1;
