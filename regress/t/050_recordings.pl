#!/usr/bin/perl
#
# 050_recordings.pl
#    Each scenario of regress/differential, compared with what Debezium wrote
#    when "make golden" ran it.
#
# SCENARIOS narrows them, as names and globs.
#
# SPDX-License-Identifier: PostgreSQL

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../differential";

use Differential::Allowed ();
use Differential::Compare ();
use Differential::Normal ();
use Differential::Recording ();
use Differential::Report ();
use Differential::Scenario ();
use IO::Handle;
use JSON::PP ();
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Test;

# Dozens of logs would hide the fields that differ.
$Walpost::Test::verbose = 0;

# A scenario mostly waits: so there are two at a time, each on a server of its own.
my $workers = 2;

my $folder = "$FindBin::Bin/../differential";
my @names = Differential::Scenario::names("$folder/scenarios", split ' ', $ENV{SCENARIOS} // '');
my $allowed = Differential::Allowed->new("$folder/allowed.txt");

# The recording of a scenario, or what is wrong with it.
sub recording
{
	my (%what) = @_;
	my $file = Differential::Recording::file($what{name});

	return (undef, 'there is no recording') unless -e $file;
	my ($digest, $topics) = Differential::Recording::load($file);
	return (undef, 'the scenario is another than when it was recorded') if $digest ne Differential::Recording::digest(%what);
	return $topics;
}

# Has Walpost written what Debezium wrote?  Returns a hash: name, what was compared,
# and unmet (why it is skipped) or wrong (lines, none if all is well).
sub replay
{
	my ($name, %run) = @_;
	my %what = Differential::Scenario::load("$folder/scenarios", $name);
	my $scenario = Differential::Scenario->new(%what, %run);
	my ($recorded, $wrong) = recording(%what);
	my $unmet = $scenario->unmet;

	return (name => $name, unmet => $unmet) if defined $unmet;
	return (name => $name, wrong => ["$wrong: \"make golden SCENARIOS=$name\" makes one"]) unless $recorded;
	my %topics = $scenario->run;
	my $result = Differential::Report::judge(
		Differential::Compare::compare($recorded, Differential::Normal::normal($topics{walpost}, $scenario->within)), $name, $allowed);
	my @wrong = Differential::Report::lines($result, 10);

	unshift @wrong, @{ $result->{bad} } . ' fields differ' if @wrong;
	push @wrong, 'there are no records' unless $result->{records};
	return (name => $name, compared => "$result->{records} records, $result->{fields} fields", wrong => \@wrong);
}

# Starts a process that replays scenarios; returns its process id, and where to
# read what came of each, a line of JSON.
sub start_worker
{
	my (@mine) = @_;

	pipe my $from, my $to or die "no pipe: $!\n";
	my $pid = fork() // die "could not fork: $!\n";
	if ($pid)
	{
		close $to;
		return ($pid, $from);
	}
	close $from;
	$to->autoflush(1);
	my %run = (pg => Walpost::Postgres->running, walpost => Walpost::Kafka->shared);
	for my $name (@mine)
	{
		my %result = eval { replay($name, %run) };

		print $to JSON::PP::encode_json(%result ? \%result : { name => $name, wrong => [$@] }), "\n";
	}
	exit 0;
}

my (@pids, @results);
for my $worker (0 .. $workers - 1)
{
	my ($pid, $from) = start_worker(@names[ grep { $_ % $workers == $worker } 0 .. $#names ]);

	push @pids, $pid;
	push @results, $from;
}
at_end(sub { kill 'TERM', @pids });

my %result = map { $_->{name} => $_ } map { JSON::PP::decode_json($_) } map { readline $_ } @results;
waitpid $_, 0 for splice @pids;

for my $name (@names)
{
	my $result = $result{$name} // { wrong => ['no result: its process ended'] };

  SKIP:
	{
		skip("$name: $result->{unmet}", 1) if defined $result->{unmet};
		ok(!@{ $result->{wrong} }, join ': ', $name, $result->{compared} // ()) or diag(join "\n", "$name:", @{ $result->{wrong} });
	}
}

my %there = map { Differential::Recording::file($_) => 1 } Differential::Scenario::names("$folder/scenarios");
is_deeply([ grep { !$there{$_} } glob Differential::Recording::file('*') ], [], 'no recording of what is no scenario');

done_testing();
