#!/usr/bin/perl
#
# test.pl
#    Runs the layers of the tests, each with the tool of its kind, and counts.
#
#    regress/test.pl [LAYER...] [-- FILE...]
#
#    lint       rules about the sources                 regress/lint.sh
#    unit       pure modules, no server                 build/unit/*
#    regress    the plugin through SQL                  regress/sql/
#    isolation  the same with concurrent sessions       regress/specs/
#    tap        the shipper, on real parts              regress/t/, WALPOST_JOBS (2) at a time
#    smoke      one end-to-end test with the system's librdkafka
#
#    Without a layer: all of them.  FILEs narrow the layer to these tests.  The
#    last line counts tests ("N passed, N failed, N skipped"); the exit status
#    is 0 only if none failed and at least one ran.
#
# SPDX-License-Identifier: PostgreSQL

use strict;
use warnings;

use Cwd ();
use File::Basename qw(basename dirname);
use File::Path ();
use TAP::Harness;

my $top;

BEGIN
{
	$top = Cwd::abs_path(dirname(__FILE__) . '/..');
	chdir $top or die "could not change directory to \"$top\": $!\n";
}

use lib "$top/regress/lib";
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Test;

$| = 1;

# The count is the last line.
$Walpost::Test::verbose = 0;

my %layers = (
	lint => \&run_lint,
	unit => \&run_unit,
	regress => \&run_regress,
	isolation => \&run_isolation,
	tap => \&run_tap,
	smoke => \&run_smoke,
);
my @order = qw(lint unit regress isolation tap smoke);

my (@wanted, @files);
while (@ARGV)
{
	my $word = shift @ARGV;

	if ($word eq '--')
	{
		@files = splice @ARGV;
		last;
	}
	die "no layer \"$word\": one of @order\n" unless $layers{$word};
	push @wanted, $word;
}
@wanted = @order unless @wanted;

my %count = (passed => 0, failed => 0, skipped => 0);

for my $layer (@wanted)
{
	print "\n== $layer ==\n";
	eval { $layers{$layer}->(); 1 } or count_one(0, "$layer: $@");
}

print "\n$count{passed} passed, $count{failed} failed, $count{skipped} skipped\n";
exit($count{failed} == 0 && $count{passed} > 0 ? 0 : 1);

# Counts one test, with a line of its own if it failed.
sub count_one
{
	my ($ok, $what) = @_;

	$count{ $ok ? 'passed' : 'failed' }++;
	print "FAILED: $what\n" unless $ok;
	return;
}

sub run_lint
{
	count_lines(`regress/lint.sh 2>&1`);
	count_one(0, "lint.sh: exit status $?") if $? != 0 && $count{failed} == 0;
	return;
}

# Prints and counts lines that begin with "ok", "not ok" or "skip".
sub count_lines
{
	for my $line (@_)
	{
		print $line;
		count_one($1 eq 'ok', $2) if $line =~ /^(ok|not ok) +(.*)/;
		$count{skipped}++ if $line =~ /^skip /;
	}
	return;
}

# Runs programs that speak TAP.  $how: further arguments of TAP::Harness.
sub run_harness
{
	my ($how, @programs) = @_;
	my $harness = TAP::Harness->new({ timer => 1, color => 0, verbosity => 0, %$how });
	my $result = $harness->runtests(@programs);

	$count{passed} += $result->passed;
	$count{failed} += $result->failed;
	$count{skipped} += $result->skipped;
	for my $parser ($result->parsers)
	{
		$count{skipped}++ if $parser->skip_all;
		$count{passed} -= $parser->skipped;

		# a program that died, or ran other tests than it planned
		$count{failed}++ if $parser->has_problems && !$parser->failed;
	}
	return;
}

sub run_unit
{
	run_harness({ exec => sub { [ $_[1] ] } },
		@files ? @files : grep { -x && !/\.[a-z]$/ } sort glob 'build/unit/*');
	run_corpora() unless @files;
	return;
}

# Gives each fuzz target its corpus, where clang can make it, so that it does not
# fall behind what it links.
sub run_corpora
{
	if (my $missing = `regress/setup.sh --missing fuzz`)
	{
		print "skip fuzz targets: not installed: ", join(' ', split ' ', $missing), "\n";
		$count{skipped}++;
		return;
	}
	count_lines(`make -s run-fuzz TIME=0 2>&1`);
	count_one(0, "fuzz targets: exit status $?") if $? != 0 && $count{failed} == 0;
	return;
}

# The files of a layer: those asked for, or all of a pattern.
sub tests
{
	my ($pattern) = @_;

	return @files ? @files : sort glob $pattern;
}

# Runs pg_regress, or its sibling with concurrent sessions, against a server
# of this run, and counts its lines.
sub run_pg_regress
{
	my ($program, @tests) = @_;
	my @names = map { basename($_) =~ s/\.[a-z]+$//r } @tests or return;
	my ($test) = grep { -x } glob(dirname(Walpost::Postgres::pg_config('pgxs')) . "/../test/*/$program")
	  or die "$program not found\n";
	my $pg = Walpost::Postgres->running;
	my $results = "$top/build/results/$program";

	File::Path::remove_tree($results);
	File::Path::make_path($results);
	open my $lines, '-|', $test,
	  '--inputdir=regress', "--outputdir=$results", '--use-existing',
	  '--bindir=' . dirname($pg->program('psql')),
	  '--host=' . $pg->host, '--port=' . $pg->port, '--user=postgres', '--dbname=postgres', @names
	  or die "could not run $program: $!\n";
	while (my $line = <$lines>)
	{
		print $line;
		my ($name) = $line =~ /^(?:test)?\s*(\S+)\s+\.\.\. (?:ok|FAILED)/;    # to 15
		($name) = $line =~ /^(?:not )?ok \d+\s+[-+] (\S+)/ unless defined $name;    # from 16
		count_one($line !~ /FAILED|^not ok/, $name) if defined $name;
	}
	close $lines;
	if (-s "$results/regression.diffs")
	{
		my @diff = split /\n/, slurp("$results/regression.diffs");

		splice @diff, 200, @diff - 200, '...' if @diff > 200;
		print "$_\n" for @diff;
	}
	count_one(0, "$program: exit status $?") if $? != 0 && $count{failed} == 0;
	my $left = $pg->query(left_behind());
	print "left behind by $program: ", $left =~ s/\n/, /gr, "\n" if $left;
	count_one(!$left, "$program: each test takes away what it makes");
	$pg->stop('immediate');
	return;
}

# What tests must not leave to those that come after them in the same database.
sub left_behind
{
	return <<'EOF';
SELECT 'role ' || rolname FROM pg_roles WHERE oid >= 16384
UNION ALL SELECT 'slot ' || slot_name FROM pg_replication_slots
UNION ALL SELECT 'database ' || datname FROM pg_database WHERE oid >= 16384
UNION ALL SELECT 'extension ' || extname FROM pg_extension WHERE oid >= 16384
UNION ALL SELECT 'publication ' || pubname FROM pg_publication
UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_'
UNION ALL SELECT 'relation ' || oid::regclass FROM pg_class
	WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT relnamespace::regnamespace::text LIKE 'pg\_%'
UNION ALL SELECT 'type ' || oid::regtype FROM pg_type
	WHERE oid >= 16384 AND typtype IN ('d', 'e', 'r') AND NOT typnamespace::regnamespace::text LIKE 'pg\_%'
UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE oid >= 16384 AND NOT pronamespace::regnamespace::text LIKE 'pg\_%'
ORDER BY 1
EOF
}

sub run_regress
{
	local $ENV{WALPOST_TREE} = Walpost::Postgres::tree();
	return run_pg_regress('pg_regress', tests('regress/sql/*.sql'));
}

sub run_isolation
{
	local $ENV{WALPOST_TREE} = Walpost::Postgres::tree();
	return run_pg_regress('pg_isolation_regress', tests('regress/specs/*.spec'));
}

# One tree and one broker for all files.
sub run_files
{
	my (@tests) = @_;
	my $kafka = Walpost::Kafka->running;
	local $ENV{WALPOST_TREE} = Walpost::Postgres::tree();
	local $ENV{WALPOST_KAFKA} = $kafka->brokers;

	run_harness({ lib => ["$top/regress/lib"], jobs => $ENV{WALPOST_JOBS} // 2 }, @tests);
	$kafka->stop;
	return;
}

sub run_tap
{
	return run_files(tests('regress/t/*.pl'));
}

sub run_smoke
{
	local $ENV{WALPOST_BIN} = "$top/build/system/walpost";

	print "walpost built with the system's librdkafka:\n", `$ENV{WALPOST_BIN} version`;
	return run_files('regress/t/010_basic.pl');
}
