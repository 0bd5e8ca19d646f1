# Walpost::Test
#    What every test file needs: a scratch folder, free ports, child processes
#    that end with the test, and waiting for a state with a deadline.
#
# Everything a test starts is stopped, and everything it writes is removed,
# when the test ends, however it ends.  When it failed, the logs go to
# build/results/<test>/ first, and their last lines to the output.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Test;

use strict;
use warnings;

use Exporter 'import';
use Cwd ();
use File::Basename qw(basename dirname);
use File::Copy ();
use File::Path ();
use File::Temp ();
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(at_end free_port in_background log_file repeat_until
  run_command scratch_dir server_user slurp spit top_dir unprivileged
  wait_exit wait_until);

# Seconds that wait_until() allows where the test says nothing: far above what
# any state needs on a busy machine, so that only a real fault runs into it.
our $patience = $ENV{WALPOST_PATIENCE} // 60;

# Whether a failed test shows its logs, or only keeps them.
our $verbose = 1;

my $top = Cwd::abs_path(dirname(__FILE__) . '/../../..');
my $name = basename($0, '.pl', '.t');
my ($scratch, $owner, @at_end, %children, %ended, @logs);

# The root of the source tree.
sub top_dir
{
	return $top;
}

# This test's folder below the system's temporary one.  Its path is short: a
# Unix socket in it must fit into 107 bytes.
sub scratch_dir
{
	unless (defined $scratch)
	{
		$scratch = File::Temp::tempdir('wpXXXXXX', TMPDIR => 1);
		chmod 0755, $scratch;
		$owner = $$;
	}
	return $scratch;
}

# A file in the scratch folder that is shown when the test fails.
sub log_file
{
	my ($file) = @_;
	my $path = scratch_dir() . "/$file.log";

	push @logs, $path unless grep { $_ eq $path } @logs;
	return $path;
}

# Calls $code when the test ends, last registered first.
sub at_end
{
	my ($code) = @_;

	scratch_dir();
	push @at_end, $code;
	return;
}

# A port that nobody listens on, below the range that the kernel hands out to
# connecting sockets.
sub free_port
{
	for (1 .. 1000)
	{
		my $port = 10000 + int(rand(20000));
		my $socket = IO::Socket::INET->new(
			LocalAddr => '127.0.0.1',
			LocalPort => $port,
			Proto => 'tcp',
			ReuseAddr => 1,
			Listen => 1) or next;

		close $socket;
		return $port;
	}
	die "no free port found\n";
}

# The account that the server runs as when the test is run by root, or undef.
sub server_user
{
	return if $> != 0;
	return (grep { defined getpwnam($_) } qw(postgres nobody))[0];
}

# The command prefix that drops root's rights (PostgreSQL refuses to run with
# them); empty for an ordinary user.
sub unprivileged
{
	my $user = server_user() // return;
	my $gid = (getpwnam($user))[3];

	return ('setpriv', "--reuid=$user", "--regid=$gid", '--clear-groups');
}

sub slurp
{
	my ($path) = @_;

	open my $fh, '<:raw', $path or die "could not read \"$path\": $!\n";
	local $/;
	return scalar(<$fh>) // '';
}

sub spit
{
	my ($path, $text) = @_;

	open my $fh, '>:raw', $path or die "could not write \"$path\": $!\n";
	print $fh $text;
	close $fh or die "could not write \"$path\": $!\n";
	return $path;
}

# Runs a command to its end; returns its exit status (128 + signal when a
# signal ended it), standard output and standard error.  $input is for its
# standard input.
sub run_command
{
	my ($command, $input) = @_;
	my $base = scratch_dir() . "/run.$$";

	spit("$base.in", $input // '');
	my $pid = _fork($command, "$base.in", "$base.out", "$base.err");
	waitpid($pid, 0);
	my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
	my @text = (slurp("$base.out"), slurp("$base.err"));
	unlink "$base.in", "$base.out", "$base.err";
	return ($status, @text);
}

# Starts a command whose output goes to the end of the file $log.  It leads a
# process group of its own, and dies with this test.  Returns its process id.
sub in_background
{
	my ($log, @command) = @_;

	scratch_dir();

	my $pid =
	  _fork([ 'setpriv', '--pdeathsig', 'KILL', @command ], '/dev/null', $log, undef, 1);
	$children{$pid} = 1;
	delete $ended{$pid};
	return $pid;
}

sub _fork
{
	my ($command, $in, $out, $err, $group) = @_;
	my $mode = $group ? '>>' : '>';
	my $pid = fork() // die "could not fork: $!\n";

	# both do it: whoever comes first, a signal to the group finds it
	setpgrp($pid, $pid) if $pid && $group;
	return $pid if $pid;

	setpgrp(0, 0) if $group;
	open STDIN, '<', $in or POSIX::_exit(126);
	open STDOUT, $mode, $out or POSIX::_exit(126);
	(defined $err ? open(STDERR, '>', $err) : open(STDERR, '>&', \*STDOUT))
	  or POSIX::_exit(126);
	{ no warnings 'exec'; exec { $command->[0] } @$command; }
	print STDERR "could not run $command->[0]: $!\n";
	POSIX::_exit(127);
}

# Waits for the end of a command started with in_background(); returns its
# exit status as run_command() does, also if asked again, or undef if it still
# runs at the deadline (-1: asks without waiting).
sub wait_exit
{
	my ($pid, $timeout) = @_;

	return $ended{$pid} if defined $ended{$pid};
	repeat_until(
		sub {
			return 0 if waitpid($pid, POSIX::WNOHANG()) != $pid;
			$ended{$pid} = $? & 127 ? 128 + ($? & 127) : $? >> 8;
			return 1;
		},
		$timeout // $patience);
	delete $children{$pid} if defined $ended{$pid};
	return $ended{$pid};
}

# Calls $code until it returns something true, and returns that; undef when
# $timeout seconds have passed first.
sub repeat_until
{
	my ($code, $timeout) = @_;
	my $deadline = time + ($timeout // $patience);
	my $pause = 0.005;

	for (;;)
	{
		my $result = $code->();

		return $result if $result;
		return if time > $deadline;
		sleep($pause);
		$pause *= 1.5 if $pause < 0.1;
	}
}

# The same for a state that must come: the test dies when it does not, saying
# what it waited for.
sub wait_until
{
	my ($what, $code, $timeout) = @_;

	$timeout //= $patience;
	return repeat_until($code, $timeout)
	  // die "waited $timeout s in vain for: $what\n";
}

# Keeps the logs of a test that failed, and shows where they end.
sub _report
{
	my $keep = "$top/build/results/$name";

	File::Path::make_path($keep);
	for my $log (grep { -s $_ } @logs)
	{
		my @lines = split /\n/, slurp($log);

		File::Copy::copy($log, $keep);
		next unless $verbose;
		splice @lines, 0, @lines - 25 if @lines > 25;
		diag(basename($log), ':');
		diag("  $_") for @lines;
	}
	diag("whole logs: build/results/$name/") if $verbose;
	return;
}

sub _end
{
	my $failed = shift;

	# Only in the process that made the folder: a forked child that dies
	# before its exec() must leave everything alone.
	return unless defined $owner && $owner == $$;

	chdir '/';
	for my $code (reverse @at_end)
	{
		eval { $code->(); 1 } or diag("at the end: $@");
	}
	for my $pid (keys %children)
	{
		kill 'KILL', -$pid;
		waitpid($pid, 0);
	}
	eval { _report(); 1 } or diag("no report: $@") if $failed;
	if ($ENV{WALPOST_KEEP})
	{
		diag("kept: $scratch");
	}
	else
	{
		File::Path::remove_tree($scratch, { safe => 0 });
	}
	return;
}

$SIG{$_} = sub { exit 128 + 15 } for qw(INT TERM HUP);

END
{
	my $status = $?;

	_end($status != 0 || !Test::More->builder->is_passing);
	$? = $status;
}

1;
