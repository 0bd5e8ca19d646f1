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
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Test;

# Dozens of logs would hide the fields that differ.
$Walpost::Test::verbose = 0;

my $folder = "$FindBin::Bin/../differential";
my @names = Differential::Scenario::names("$folder/scenarios", split ' ', $ENV{SCENARIOS} // '');
my $allowed = Differential::Allowed->new("$folder/allowed.txt");
my %run = (pg => Walpost::Postgres->running, walpost => Walpost::Kafka->shared);

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

# One test: has Walpost written what Debezium wrote?
sub replay
{
	my ($scenario, $name, $recorded) = @_;
	my %topics = eval { $scenario->run } or return fail($name), diag($@);
	my $result = Differential::Report::judge(
		Differential::Compare::compare($recorded, Differential::Normal::normal($topics{walpost}, $scenario->within)), $name, $allowed);

	ok($result->{records} > 0 && !@{ $result->{bad} }, "$name: $result->{records} records, $result->{fields} fields")
	  or diag(join "\n", "$name: " . @{ $result->{bad} } . ' fields differ', Differential::Report::lines($result, 10));
	return;
}

for my $name (@names)
{
	my %what = Differential::Scenario::load("$folder/scenarios", $name);
	my $scenario = Differential::Scenario->new(%what, %run);
	my ($recorded, $wrong) = recording(%what);

  SKIP:
	{
		my $unmet = $scenario->unmet;

		skip("$name: $unmet", 1) if defined $unmet;
		$recorded ? replay($scenario, $name, $recorded) : fail("$name: $wrong: \"make golden SCENARIOS=$name\" makes one");
	}
}

my %there = map { Differential::Recording::file($_) => 1 } Differential::Scenario::names("$folder/scenarios");
is_deeply([ grep { !$there{$_} } glob Differential::Recording::file('*') ], [], 'no recording of what is no scenario');

done_testing();
