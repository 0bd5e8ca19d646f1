# Walpost::Postgres
#    A throw-away PostgreSQL server with Walpost installed.
#
# The system's installation is left alone.  The server runs from a tree of its
# own: links to what is installed, laid out as it is there, with the files of
# "make install" among them.  PostgreSQL finds its libraries and extensions
# relative to where its binary lies, so it takes them from the tree; only the
# binaries that look for their place are copies.  The tree is made once a run
# (WALPOST_TREE names it to the tests), by root and by users alike.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Postgres;

use strict;
use warnings;

use Cwd ();
use File::Copy ();
use File::Find ();
use File::Path qw(make_path);
use Walpost::Test;

# Binaries that find the installation from their own path, links resolved.
my @relocating = qw(initdb pg_ctl postgres pg_upgrade pg_basebackup);

my %config;

# pg_config's answer to one question ("bindir").
sub pg_config
{
	my ($what) = @_;

	return $config{$what} //= do
	{
		my $program = $ENV{PG_CONFIG} // 'pg_config';
		my $answer = `$program --$what`;

		chomp $answer;
		die "$program --$what says nothing\n" unless length $answer;
		$answer;
	};
}

# The path of an installed folder in the tree.
sub _in_tree
{
	return tree() . pg_config($_[0]);
}

my $tree;

# The tree, made on first use; its root is a folder that anybody may read.
sub tree
{
	return $tree //= $ENV{WALPOST_TREE} // make_tree(scratch_dir());
}

# Makes a tree below the folder $base and returns its path.
sub make_tree
{
	my ($base) = @_;
	my $umask = umask 022;
	my $stage = "$base/stage";
	my $root = "$base/pg";

	make_path($stage, $root);
	my ($status, $out, $err) = run_command(
		[
			'make', '-s', '-C', top_dir(), 'install', "DESTDIR=$stage",
			'PG_CONFIG=' . ($ENV{PG_CONFIG} // 'pg_config')
		]);
	die "make install failed:\n$out$err" if $status != 0;

	_link_folder(pg_config($_), "$root/" . pg_config($_))
	  for qw(sharedir pkglibdir bindir);

	# The extension folder is the one below the surface that gets new files.
	my $extension = "$root/" . pg_config('sharedir') . '/extension';
	unlink $extension;
	_link_folder(pg_config('sharedir') . '/extension', $extension);

	for my $program (@relocating)
	{
		my ($from, $to) = map { "$_/$program" }
		  (pg_config('bindir'), "$root/" . pg_config('bindir'));

		next unless -e $from;
		unlink $to;
		File::Copy::copy($from, $to) or die "could not copy \"$from\": $!\n";
		chmod 0755, $to;
	}

	_overlay($stage, $root);
	umask $umask;
	return $root;
}

# Fills the new folder $to with links to what is in $from.
sub _link_folder
{
	my ($from, $to) = @_;

	make_path($to);
	opendir my $dh, $from or die "could not open folder \"$from\": $!\n";
	for my $name (grep { !/^\.\.?$/ } readdir $dh)
	{
		next if -e "$to/$name";
		symlink "$from/$name", "$to/$name"
		  or die "could not link \"$to/$name\": $!\n";
	}
	return;
}

# Copies the files below $stage over the same paths below $root.
sub _overlay
{
	my ($stage, $root) = @_;

	File::Find::find(
		{
			no_chdir => 1,
			wanted => sub {
				return if -d $_;
				my $to = $root . substr($_, length $stage);

				make_path($to =~ s{/[^/]*$}{}r);
				unlink $to;
				File::Copy::copy($_, $to) or die "could not copy \"$_\": $!\n";
				chmod 0755 & (stat $_)[2], $to;
			}
		},
		$stage);
	return;
}

# Makes a cluster, not yet started.  Options: conf (lines for postgresql.conf,
# which win), hba (the lines of pg_hba.conf; everybody is trusted without),
# initdb (a list of switches; UTF8 and C without), plugin_allowed (0: leave
# output_plugin_libraries as it is), standby_of (the running server whose hot
# standby it is to be).
sub new
{
	my ($class, %opt) = @_;
	my $number = $class->_next_number;
	my $self = bless {
		name => "pg$number",
		port => free_port(),
		base => scratch_dir() . "/pg$number",
		log => log_file("postgres$number"),
		opt => \%opt,
	}, $class;

	$self->{data} = "$self->{base}/data";
	$self->_init;
	at_end(sub { $self->stop('immediate') if $self->is_running });
	return $self;
}

my $number = 0;

sub _next_number
{
	return ++$number;
}

# The server a test usually wants: made and started.
sub running
{
	my $self = shift->new(@_);

	$self->start;
	return $self;
}

sub data { return $_[0]{data}; }
sub host { return $_[0]{base}; }
sub log { return $_[0]{log}; }
sub port { return $_[0]{port}; }

# The folder of all that it has.
sub _make_base
{
	my ($self) = @_;
	my $user = server_user();

	make_path($self->{base});
	spit($self->{log}, '');
	if (defined $user)
	{
		my ($uid, $gid) = (getpwnam($user))[ 2, 3 ];
		chown $uid, $gid, $self->{base}, $self->{log};
	}
	return;
}

# A copy of another server, which follows it.
sub _init_standby
{
	my ($self, $primary) = @_;

	$self->_command('pg_basebackup', '--no-sync', '--checkpoint=fast', '-D', $self->{data},
		'-h', $primary->host, '-p', $primary->port, '-U', 'postgres');
	$self->append_conf("port = $self->{port}\n"
		  . "unix_socket_directories = '$self->{base}'\n"
		  . "primary_conninfo = 'host=$primary->{base} port=$primary->{port} user=postgres dbname=postgres'\n");
	$self->append_conf($self->{opt}{conf}) if defined $self->{opt}{conf};
	spit("$self->{data}/standby.signal", '');
	return;
}

sub _init
{
	my ($self) = @_;

	$self->_make_base;
	return $self->_init_standby($self->{opt}{standby_of}) if $self->{opt}{standby_of};
	$self->_command('initdb', '--no-sync', '--auth=trust', '--username=postgres',
		"--pgdata=$self->{data}",
		@{ $self->{opt}{initdb} // [ '--encoding=UTF8', '--no-locale' ] });

	$self->append_conf(
		slurp(top_dir() . '/regress/regress.conf')
		  . "listen_addresses = '127.0.0.1'\n"
		  . "port = $self->{port}\n"
		  . "unix_socket_directories = '$self->{base}'\n");
	$self->append_conf("output_plugin_libraries = 'pgoutput, test_decoding, walpost'\n")
	  if ($self->{opt}{plugin_allowed} // 1) && knows_allow_list();
	$self->append_conf($self->{opt}{conf}) if defined $self->{opt}{conf};
	spit("$self->{data}/pg_hba.conf", $self->{opt}{hba}) if defined $self->{opt}{hba};
	return;
}

my $knows_allow_list;

# Does this server have output_plugin_libraries?  Older minor releases do not
# start with it.
sub knows_allow_list
{
	return $knows_allow_list //= do
	{
		my (undef, $out) =
		  run_command([ unprivileged(), _in_tree('bindir') . '/postgres', '--describe-config' ]);
		$out =~ /^output_plugin_libraries\t/m ? 1 : 0;
	};
}

# One of the server's own programs, as the server's user; dies if it fails.
sub _command
{
	my ($self, $program, @args) = @_;
	my ($status, $out, $err) = _in_clean_environment(
		sub { run_command([ unprivileged(), _in_tree('bindir') . "/$program", @args ]) });

	die "$program failed:\n$out$err" if $status != 0;
	return $out;
}

# Without the caller's PG* variables, and where the server's user may be.
sub _in_clean_environment
{
	my ($code) = @_;
	my $was = Cwd::getcwd();
	local %ENV = %ENV;

	delete @ENV{ grep { /^PG(?!_CONFIG)/ } keys %ENV };
	$ENV{LC_ALL} = 'C.UTF-8';
	chdir scratch_dir();
	my @result = $code->();
	chdir $was;
	return @result;
}

# Adds lines to postgresql.conf; reload() or restart() to put them in force.
sub append_conf
{
	my ($self, $lines) = @_;

	open my $fh, '>>', "$self->{data}/postgresql.conf"
	  or die "could not write postgresql.conf: $!\n";
	print $fh "$lines\n";
	close $fh;
	return;
}

sub _pg_ctl
{
	my ($self, @args) = @_;

	return $self->_command('pg_ctl', '-D', $self->{data}, '-l', $self->{log}, '-s', '-w', @args);
}

sub start
{
	my ($self) = @_;

	return $self->_pg_ctl('start');
}

# Mode: fast (default), smart or immediate.
sub stop
{
	my ($self, $mode) = @_;

	return $self->_pg_ctl('stop', '-m', $mode // 'fast');
}

sub restart
{
	my ($self, $mode) = @_;

	return $self->_pg_ctl('restart', '-m', $mode // 'fast');
}

sub reload
{
	my ($self) = @_;

	return $self->_pg_ctl('reload');
}

# The postmaster's process id, or undef.
sub pid
{
	my ($self) = @_;

	return unless -e "$self->{data}/postmaster.pid";
	my ($pid) = slurp("$self->{data}/postmaster.pid") =~ /^(\d+)/;
	return $pid;
}

sub is_running
{
	my $pid = $_[0]->pid // return 0;

	return kill 0, $pid;
}

# The words that make a client connect here: environment and psql switches
# take the socket, a connector file the TCP port.
sub connect_switches
{
	my ($self, $db) = @_;

	return ('-h', $self->{base}, '-p', $self->{port}, '-U', 'postgres', '-d', $db // 'postgres');
}

sub psql_command
{
	my ($self, $db) = @_;

	return (_in_tree('bindir') . '/psql', '-XAtq', '-v', 'ON_ERROR_STOP=1',
		$self->connect_switches($db));
}

# Path of one of the server's client programs.
sub program
{
	my ($self, $program) = @_;

	return _in_tree('bindir') . "/$program";
}

# Runs SQL; returns exit status, output (rows by line, columns by "|") and
# errors.
sub try_query
{
	my ($self, $sql, $db) = @_;

	return _in_clean_environment(
		sub { run_command([ $self->psql_command($db), '-f', '-' ], $sql) });
}

# The same for SQL that must succeed; returns the output without its last
# line end.
sub query
{
	my ($self, $sql, $db) = @_;
	my ($status, $out, $err) = $self->try_query($sql, $db);

	die "query failed: $sql\n$err" if $status != 0;
	chomp $out;
	return $out;
}

# Starts psql on a text of SQL in the background; output goes to $log.
# Returns its process id.
sub query_in_background
{
	my ($self, $sql, $log, $db) = @_;
	my $file = spit(scratch_dir() . '/background' . ++$number . '.sql', $sql);

	return (_in_clean_environment(
			sub { in_background($log, $self->psql_command($db), '-f', $file) }))[0];
}

# The end of the WAL that is written by now.
sub current_lsn
{
	my ($self) = @_;

	return $self->query('SELECT pg_current_wal_lsn()');
}

# Begins a transaction that whoever makes a logical slot waits for, as for all that
# run.  Returns what ends it: true when it has ended.
sub hold_new_slots
{
	my ($self) = @_;
	my $name = 'holder' . ++$number;
	my $psql = $self->query_in_background(
		"SET application_name = '$name'; BEGIN; SELECT pg_current_xact_id(); SELECT pg_sleep(3600)", log_file($name));

	wait_until('a transaction that slots wait for',
		sub { $self->query("SELECT count(*) FROM pg_stat_activity WHERE application_name = '$name' AND backend_xid IS NOT NULL") == 1 });
	return sub {
		$self->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '$name'");
		return defined wait_exit($psql);
	};
}

# Takes $count of the server's slots, and gives all of them back.
sub fill_slots
{
	my ($self, $count) = @_;

	$self->query("SELECT pg_create_physical_replication_slot('filler' || i) FROM generate_series(1, $count) i");
	return;
}

sub free_slots
{
	my ($self) = @_;

	$self->query(q{SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'filler%'});
	return;
}

# One column of a slot's row in pg_replication_slots, '' if there is none.
sub slot
{
	my ($self, $slot, $column) = @_;

	return $self->query(
		"SELECT $column FROM pg_replication_slots WHERE slot_name = '$slot'");
}

# Waits until a slot has confirmed everything up to $lsn (default: what is
# written by now).
sub wait_confirmed
{
	my ($self, $slot, $lsn, $timeout) = @_;

	$lsn //= $self->current_lsn;
	return wait_until(
		"slot $slot to confirm $lsn",
		sub { $self->slot($slot, "confirmed_flush_lsn >= '$lsn'") eq 't' },
		$timeout);
}

1;
