# A short torture in each mode, from fixed seeds; regress/torture/run is the long
# one.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../torture";

use Test::More;
use Torture::Run;

my %seeds = ('at-least-once' => 3);

for my $mode (sort keys %seeds)
{
	my $run = Torture::Run->new(
		faults => 1000,
		seconds => 45,
		mode => $mode,
		seed => $seeds{$mode},
		round => 15,
		writers => 4,
		pause => 0.03,
		say => sub { note(@_) });

	$run->run;
	$run->report;
	is(join("\n", $run->breaches), '', "$mode: nothing lost, out of order or wrongly repeated");
	cmp_ok($run->done, '>=', 5, "$mode: " . $run->done . ' faults were survived');
	cmp_ok($run->count->{events}, '>=', 500, "$mode: so were $run->{count}{events} events");
	cmp_ok($run->count->{ends}, '>=', 20, "$mode: the slot was watched");
}

done_testing();
