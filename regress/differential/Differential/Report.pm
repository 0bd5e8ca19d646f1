# Differential::Report
#    The result of a comparison, for people.
#
# SPDX-License-Identifier: PostgreSQL
package Differential::Report;

use strict;
use warnings;

# Tells differences that may be from those that may not: adds allowed, their
# number, and bad, a list, to a result of compare(); returns the result.
sub judge
{
	my ($result, $name, $allowed) = @_;

	$result->{bad} = [ grep { !$allowed->allows($name, $_->{path}) } @{ $result->{differences} } ];
	$result->{allowed} = @{ $result->{differences} } - @{ $result->{bad} };
	return $result;
}

# Lines about the differences that may not be: the first of each field, of the
# first so many fields.
sub lines
{
	my ($result, $show) = @_;
	my (%times, @first);

	$times{ $_->{path} }++ or push @first, $_ for @{ $result->{bad} };
	splice @first, $show if @first > $show;
	return map { _difference($_, $times{ $_->{path} }) } @first;
}

# Long values go by their beginnings, from where they begin to differ.
sub _difference
{
	my ($difference, $times) = @_;
	my ($theirs, $ours) = @$difference{qw(debezium walpost)};
	my $same = ($theirs ^ $ours) =~ /^(\0*)/ ? length $1 : 0;
	my $from = $same > 60 ? $same - 30 : 0;

	return (
		sprintf('%s (record %d, %d in all)', @$difference{qw(path number)}, $times),
		map { "    $_->[0] " . ($from ? '...' : '') . substr $_->[1], $from, 160 } [ 'Debezium', $theirs ], [ 'Walpost ', $ours ]);
}

1;
