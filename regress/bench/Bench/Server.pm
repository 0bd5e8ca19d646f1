# A throw-away PostgreSQL server in a temporary folder.
#
# It listens on a loopback port, trusts everyone, does not fsync, and finds
# output plugins in the folder named lib beside its data.  When root runs the
# benchmark, the server runs as the user postgres.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Server;

use strict;
use warnings;

use Cwd ();
use File::Copy ();
use File::Path ();
use File::Temp ();
use IO::Socket::INET ();
use IPC::Open2 ();

my @as_server_user = $> == 0 ? qw(runuser -u postgres --) : ();

# Starts a server whose plugins are the given files.
sub new
{
	my ($class, %arg) = @_;
	my $config = $ENV{PG_CONFIG} || 'pg_config';
	chomp(my $bindir = `$config --bindir`);
	my $dir = File::Temp::tempdir('walpost-bench.XXXXXX', TMPDIR => 1);
	my $self = bless {
		dir => $dir,
		bindir => $bindir,
		port => free_port(),
		owner => $$,
	}, $class;

	mkdir "$dir/lib" or die "could not create $dir/lib: $!\n";
	for my $file (@{ $arg{plugins} })
	{
		File::Copy::copy($file, "$dir/lib/") or die "could not copy $file: $!\n";
	}
	chmod 0755, $dir, "$dir/lib", glob("$dir/lib/*");
	mkdir "$dir/pg";
	run('chown', 'postgres', "$dir/pg") if $> == 0;

	$self->as_server("$bindir/initdb", '-D', "$dir/pg/data", '-U', 'postgres', '-A', 'trust',
		'--no-sync', '--no-instructions', '--encoding=UTF8', '--locale=C.UTF-8');
	$self->write_settings;
	$self->as_server("$bindir/pg_ctl", '-D', "$dir/pg/data", '-l', "$dir/pg/log", '-w', '-s', 'start');
	$self->{running} = 1;
	return $self;
}

sub write_settings
{
	my ($self) = @_;
	my $data = "$self->{dir}/pg/data";
	my @plugins = qw(pgoutput test_decoding wal2json decoderbufs null_plugin walpost);
	my $settings = <<"EOS";
port = $self->{port}
listen_addresses = '127.0.0.1'
unix_socket_directories = '$self->{dir}/pg'
dynamic_library_path = '$self->{dir}/lib:\$libdir'
wal_level = logical
max_wal_senders = 40
max_replication_slots = 40
shared_buffers = 512MB
max_wal_size = 50GB
checkpoint_timeout = 1d
autovacuum = off
fsync = off
synchronous_commit = on
wal_sender_timeout = 60s
log_min_messages = warning
EOS

	# Only servers from August 2026 on know this setting; the others would not start with it.
	my $known = `@{[ map { "$_ " } @as_server_user ]} $self->{bindir}/postgres -D $data -C output_plugin_libraries 2>/dev/null`;
	$settings .= "output_plugin_libraries = '" . join(', ', @plugins) . "'\n" if $known;

	open my $f, '>>', "$data/postgresql.conf" or die "could not write $data/postgresql.conf: $!\n";
	print $f $settings;
	close $f or die "could not write $data/postgresql.conf: $!\n";
}

sub conninfo
{
	my ($self, $dbname) = @_;
	return "host=127.0.0.1 port=$self->{port} user=postgres dbname=" . ($dbname || 'bench');
}

# Runs SQL, or a file of it, and returns what it prints, without the last newline.
sub sql
{
	my ($self, $sql, $dbname) = @_;
	return $self->psql($dbname, '-c', $sql);
}

sub psql
{
	my ($self, $dbname, @args) = @_;
	open my $f, '-|', "$self->{bindir}/psql", '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $self->conninfo($dbname), @args
		or die "could not run psql: $!\n";
	local $/;
	my $out = <$f> // '';
	close $f or die "psql @args failed\n";
	chomp $out;
	return $out;
}

# A connection that stays open, for questions asked often: $ask->($sql) returns the answer.
sub session
{
	my ($self, $dbname) = @_;
	my $pid = IPC::Open2::open2(my $from, my $to, "$self->{bindir}/psql", '-XAtq', '-d', $self->conninfo($dbname));
	push @{ $self->{sessions} }, [ $to, $from ];
	return sub {
		my ($sql) = @_;
		my $answer = '';
		print $to "$sql;\n\\echo \001\n";
		$to->flush;
		while (my $line = <$from>)
		{
			last if $line eq "\001\n";
			$answer .= $line;
		}
		chomp $answer;
		return $answer;
	};
}

sub stop
{
	my ($self) = @_;
	return if $$ != $self->{owner} || !-d $self->{dir};
	close $_->[0] for @{ $self->{sessions} };
	$self->as_server("$self->{bindir}/pg_ctl", '-D', "$self->{dir}/pg/data", '-m', 'immediate', '-w', '-s', 'stop')
		if $self->{running};
	$self->{running} = 0;
	File::Path::remove_tree($self->{dir});
}

sub DESTROY { local ($?, $@); eval { $_[0]->stop }; }

sub as_server
{
	my ($self, @command) = @_;

	# The server's user may not be allowed in the caller's folder.
	my $cwd = Cwd::getcwd();
	chdir '/';
	open my $quiet, '>&', \*STDOUT;
	open STDOUT, '>', '/dev/null';
	my $ok = eval { run(@as_server_user, @command) };
	my $error = $@;
	open STDOUT, '>&', $quiet;
	chdir $cwd;
	die $error unless $ok;
}

sub run
{
	my (@command) = @_;
	system(@command) == 0 or die "could not run \"@command\"\n";
	return 1;
}

# A port that nobody listens on now.
sub free_port
{
	my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0)
		or die "no loopback port: $!\n";
	return $socket->sockport;
}

1;
