# Differential::Compare
#    What two brokers hold, record by record and field by field.
#
# SPDX-License-Identifier: PostgreSQL
package Differential::Compare;

use strict;
use warnings;

use Differential::Json ();

# Compares two hashes of topics, each a list of records as read_topic() of
# Walpost::Kafka has them: Debezium's and Walpost's.  Returns a hash: records,
# fields, equal, and differences, a list of hashes of path (topic/field), number
# (which record of the topic), debezium and walpost.  The path ends in "~shorter"
# where both are the same double or float and Walpost's text has fewer digits, in
# "~made" where both are UUIDs, in "~order" where both list the same words, with
# commas between them.
sub compare
{
	my ($debezium, $walpost) = @_;
	my %result = (records => 0, fields => 0, equal => 0, differences => []);

	for my $topic (sort keys %{ { %$debezium, %$walpost } })
	{
		my @sides = map { [ in_order(@{ $_->{$topic} // [] }) ] } $debezium, $walpost;
		my $count = @{ $sides[0] } > @{ $sides[1] } ? @{ $sides[0] } : @{ $sides[1] };

		$result{records} += $count;
		_compare_record(\%result, $topic, $_, $sides[0][$_], $sides[1][$_]) for 0 .. $count - 1;
	}
	return \%result;
}

# Records with a key in the order of their partition; those without one, which
# may go anywhere, in the order of the log.
sub in_order
{
	my (@records) = @_;
	my @keyless = grep { !defined $_->{key} } @records;

	return (
		(grep { defined $_->{key} } @records),
		sort { _position($a) <=> _position($b) || $a->{offset} <=> $b->{offset} } @keyless);
}

sub _position
{
	my ($record) = @_;

	return ($record->{value} // '') =~ /"lsn":L?(\d+)/ ? $1 : 0;
}

sub _compare_record
{
	my ($result, $topic, $number, @records) = @_;

	return _differ($result, $number, "$topic/record", map { $_ ? $_->{value} // '(none)' : '(absent)' } @records)
	  if grep { !$_ } @records;

	my @leaves = map { _leaves($_) } @records;
	my @texts = map { { map { @$_[ 0, 1 ] } @$_ } } @leaves;
	my %seen;

	for my $path (grep { !$seen{$_}++ } map { $_->[0] } map { @$_ } @leaves)
	{
		$result->{fields}++;
		my ($theirs, $ours) = map { $_->{$path} // '(absent)' } @texts;

		$theirs eq $ours
		  ? $result->{equal}++
		  : _differ($result, $number, "$topic/$path", $theirs, $ours);
	}
	_compare_order($result, $topic, $number, map { [ _both($_, @texts) ] } @leaves);
	return;
}

sub _differ
{
	my ($result, $number, $path, $theirs, $ours) = @_;

	$path .= '~shorter' if _is_shorter($ours, $theirs);
	$path .= '~made' if is_uuid($theirs) && is_uuid($ours);
	$path .= '~order' if _sorted_list($theirs) eq _sorted_list($ours);
	push @{ $result->{differences} },
	  { number => $number, path => $path, debezium => $theirs, walpost => $ours };
	return;
}

# Is a field's text a UUID?
sub is_uuid
{
	return $_[0] =~ /^"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/;
}

# A text that lists words, with these in alphabetical order.
sub _sorted_list
{
	my ($text) = @_;
	my ($list) = $text =~ /^"([\w.,]+)"$/ or return $text;

	return join ',', sort split /,/, $list;
}

# Is a text of a double or float a shorter one for the same value, as Java
# writes it?
sub _is_shorter
{
	my @texts = @_;

	return 0 if grep { !/^-?\d+\.\d+(?:E-?\d+)?$/ } @texts;
	return 0 if 1 == grep { /E/ } @texts;
	return 0 if length $texts[0] >= length $texts[1] || $texts[1] =~ /^-?\d+\.\d+0(?:E|$)/;
	return 1 if $texts[0] == $texts[1];

	# a float's text has nine digits at most
	return 0 if grep { s/E.*//r =~ tr/0-9// > 9 } @texts;
	return unpack('f', pack 'f', $texts[0]) == unpack('f', pack 'f', $texts[1]);
}

# The paths that both have, in the order of one of them.
sub _both
{
	my ($leaves, @texts) = @_;

	return grep { exists $texts[0]{$_} && exists $texts[1]{$_} } map { $_->[0] } @$leaves;
}

sub _compare_order
{
	my ($result, $topic, $number, $theirs, $ours) = @_;

	for my $place (0 .. $#$theirs)
	{
		next if $theirs->[$place] eq $ours->[$place];
		return _differ($result, $number, "$topic/order", $theirs->[$place], $ours->[$place]);
	}
	return;
}

# All that can be compared of a record.
sub _leaves
{
	my ($record) = @_;
	my @leaves;

	push @leaves, [ 'partition', $record->{partition} ] if defined $record->{key};
	for my $part (qw(key value))
	{
		defined $record->{$part}
		  ? Differential::Json::leaves($part, $record->{$part}, \@leaves)
		  : push @leaves, [ $part, '(none)' ];
	}
	push @leaves, map { [ "headers.$_->[0]", $_->[1] ] } headers($record);
	_forget_moment(\@leaves) if grep { $_->[0] eq 'value.op' && $_->[1] eq '"r"' } @leaves;
	return \@leaves;
}

# Each side takes a snapshot of its own, so of when and where it read a row there is
# only that both say it.
sub _forget_moment
{
	my ($leaves) = @_;

	for my $leaf (@$leaves)
	{
		$leaf->[1] =~ s/[LSCxt]?\d+|now/N/g if $leaf->[0] =~ /^value\.source\.(?:lsn|sequence|txId|ts_[mun]s)$/;
	}
	return;
}

# A record's headers in their order, each as [name, text].
sub headers
{
	my ($record) = @_;

	return map { [ split /=/, $_, 2 ] } split /,(?=[\w.]+=)/, $record->{header_text};
}

1;
