# Torture::Short
#    A short torture as a test: some seconds of it, from a fixed seed.
#
# SPDX-License-Identifier: PostgreSQL
package Torture::Short;

use strict;
use warnings;

use Test::More;
use Torture::Run ();

# Runs it with settings over those below, and tests what came of it.
sub torture
{
	my (%settings) = @_;
	my $run = Torture::Run->new(
		faults => 1000,
		seconds => 20,
		mode => 'at-least-once',
		spool => 0,
		snapshot => undef,
		round => 10,
		writers => 4,
		pause => 0.03,
		say => sub { note(@_) },
		%settings);

	$run->run;
	$run->report;
	is(join("\n", $run->breaches), '', 'nothing is lost, out of order or wrongly repeated');
	cmp_ok($run->done, '>=', 3, 'faults were survived: ' . $run->done);
	cmp_ok($run->count->{events}, '>=', 500, "so were events: $run->{count}{events}");
	cmp_ok($run->count->{ends}, '>=', 10, 'the slot was watched');
	cmp_ok($run->count->{spooled}, '>', 0, 'the spool was in use') if $settings{spool};
	for my $kind (@{ $settings{snapshot} // [] })
	{
		cmp_ok($run->snapshots($kind), '>=', 1, "snapshots were taken: $kind");
	}
	for my $kind (grep { /^(initial|resumable)$/ } @{ $settings{snapshot} // [] })
	{
		cmp_ok($run->inside($kind), '>=', 1, 'faults in the midst of one: ' . $run->inside($kind));
	}
	cmp_ok($run->count->{rows}, '>=', 10000, "they have rows: $run->{count}{rows}") if $settings{snapshot};
	return;
}

1;
