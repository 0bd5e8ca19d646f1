# The benchmark's table, its targets, and the same as JSON.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Report;

use strict;
use warnings;

use JSON::PP ();
use List::Util ();
use Walpost::Test;

# The run that is judged has no context headers: four headers with each event are
# a choice, and what they cost is the other row.
my $judged = 'walpost without headers';

# What a value may cost, in terms of the type's own output function.
use constant TYPE_LIMIT => 1.5;

# What must hold: a name, the figure out of all results (undef: not measured),
# its unit, and the limit with its direction.
my @targets = (
	[ 'a value, against its output function, dearest type', sub { _dearest_type($_[0]) }, 'x', '<=', TYPE_LIMIT ],
	[ 'drain, against pgoutput', sub { _drain_ratio($_[0], 'pgoutput') }, 'x', '<=', 0.50 ],
	[ 'drain, against an empty plugin', sub { _drain_ratio($_[0], 'null_plugin') }, 'x', '<=', 1.6 ],
	[ 'drain, against wal2json', sub { _drain_ratio($_[0], 'wal2json') }, 'x', '<=', 0.30 ],
	[ 'drain with five transforms, against none', sub { _drain_ratio($_[0], 'walpost', 'walpost_chain') }, 'x', '<=', 1.05 ],
	[ 'events acknowledged by Kafka', sub { $_[0]{ship}{$judged}{rate} }, '/s', '>=', 280_000 ],
	[ 'shipper processor time an event', sub { $_[0]{ship}{$judged}{shipper} }, 'us', '<=', 1.4 ],
	[ 'shipper peak memory', sub { $_[0]{ship}{$judged}{rss} }, 'MiB', '<=', 64 ],
	[ 'exactly once, of the events acknowledged', \&_exactly_once, 'x', '>=', 0.85 ],
	[ 'latency p50, 200 events/s', sub { $_[0]{latency}{walpost}{200}{p50} }, 'ms', '<=', 0.6 ],
	[ 'latency p99, 200 events/s', sub { $_[0]{latency}{walpost}{200}{p99} }, 'ms', '<=', 5 ],
	[ 'latency p50, 2000 events/s', sub { $_[0]{latency}{walpost}{2000}{p50} }, 'ms', '<=', 0.6 ],
	[ 'latency p99, 2000 events/s', sub { $_[0]{latency}{walpost}{2000}{p99} }, 'ms', '<=', 5 ],
	[ 'latency p99, exactly once, 200 events/s', sub { $_[0]{latency}{'walpost, exactly once'}{200}{p99} }, 'ms', '<=', 100 ],
	[ 'latency p99, exactly once, 2000 events/s', sub { $_[0]{latency}{'walpost, exactly once'}{2000}{p99} }, 'ms', '<=', 100 ],
	[ 'snapshot to nowhere, against COPY', \&_against_copy, 'x', '<=', 0.9 ],
	[ 'memory of its server process', sub { $_[0]{snapshot}{copy}{walpost_mib} }, 'MiB', '<=', 32 ],
	[ 'snapshot rows acknowledged by Kafka', \&_snapshot_rate, '/s', '>=', 320_000 ],
	[ 'snapshot rows, against Debezium', \&_against_debezium, 'x', '>=', 4 ],
	[ 'shipper peak memory, snapshot', \&_snapshot_memory, 'MiB', '<=', 64 ],
	[ 'longest pause of the stream, incremental snapshot', sub { $_[0]{snapshot}{beside}{pause} }, 'ms', '<=', 50 ],
);

# What transactions leave of the throughput.
sub _exactly_once
{
	my ($results) = @_;
	my ($with, $without) = map { $results->{ship}{$_}{rate} } 'walpost, exactly once', 'walpost';

	return $with && $without ? $with / $without : undef;
}

# The time of one (walpost, if nothing is said) in terms of the other's.
sub _drain_ratio
{
	my ($results, $other, $one) = @_;
	my ($ours, $theirs) = @{ $results->{drain} // {} }{ $one // 'walpost', $other };

	return $ours && $theirs ? $ours->{wall} / $theirs->{wall} : undef;
}

# The worst ratio of all types.
sub _dearest_type
{
	my ($results) = @_;

	return List::Util::max(map { $_->{ratio} } @{ $results->{types} // [] });
}

# Our runs with the large table, without headers.
sub _snapshot_runs
{
	my $kafka = $_[0]{snapshot}{kafka} // {};

	return map { $kafka->{$_} } grep { /^\Q$judged\E(?!.*tables)/ } keys %$kafka;
}

sub _snapshot_rate
{
	return List::Util::max(map { $_->{rate} } _snapshot_runs($_[0]));
}

sub _snapshot_memory
{
	my $kafka = $_[0]{snapshot}{kafka} // {};

	return List::Util::max(map { $kafka->{$_}{rss} } grep { /^walpost/ } keys %$kafka);
}

sub _against_debezium
{
	my $theirs = $_[0]{snapshot}{kafka}{Debezium}{rate} // return;

	return _snapshot_rate($_[0]) / $theirs;
}

sub _against_copy
{
	my $copy = $_[0]{snapshot}{copy} // return;

	return $copy->{walpost} / $copy->{copy};
}

# A decimal that says as much as it knows.
sub _number
{
	my ($n) = @_;

	return '-' unless defined $n;
	my $text = sprintf $n >= 1000 ? '%.0f' : $n >= 100 ? '%.1f' : $n >= 10 ? '%.2f' : '%.3f', $n;
	1 while $n >= 10000 && $text =~ s/^(\d+)(\d{3})/$1,$2/;
	return $text;
}

# Rows of cells, the first row being the head; the first column is left-aligned.
sub _print_table
{
	my ($title, @rows) = @_;
	my @width;

	for my $row (@rows)
	{
		for my $i (0 .. $#$row)
		{
			$width[$i] = length $row->[$i] if length $row->[$i] > ($width[$i] // 0);
		}
	}
	print "\n$title\n";
	for my $row (@rows)
	{
		my ($first, @rest) = @$row;
		printf "  %-*s%s\n", $width[0], $first, join '', map { sprintf '  %*s', $width[ $_ + 1 ], $rest[$_] } 0 .. $#rest;
	}
}

sub _types_table
{
	my ($types) = @_;

	_print_table('A value, nanoseconds',
		[ 'type', 'encoder', 'output function', 'ratio', '' ],
		map { [ $_->{name}, (map { _number($_) } @$_{qw(encoder output ratio)}), $_->{ratio} > TYPE_LIMIT ? 'MISSED' : '' ] } @$types);
}

sub _drain_table
{
	my ($drain) = @_;
	my @others = grep { $drain->{$_} } qw(pgoutput null_plugin wal2json);
	my @names = sort { $drain->{$a}{wall} <=> $drain->{$b}{wall} } keys %$drain;
	my @rows = ([ 'plugin', 'seconds', 'walsender CPU s', 'messages', 'MB', map { "x $_" } @others ]);

	for my $name (@names)
	{
		my $d = $drain->{$name};
		push @rows, [
			$name, _number($d->{wall}), _number($d->{cpu}), $d->{messages}, _number($d->{bytes} / 1e6),
			map { _number($d->{wall} / $drain->{$_}{wall}) } @others ];
	}
	_print_table('Drain of one slot\'s contents, over loopback TCP, thrown away', @rows);
}

sub _ship_table
{
	my ($ship) = @_;

	_print_table('To Kafka, each event acknowledged; processor time in microseconds an event',
		[ 'client', 'events/s', 'client', 'walsender', 'broker', 'peak MiB' ],
		map { my $s = $ship->{$_}; [ $_, map { _number($s->{$_}) } qw(rate shipper walsender broker rss) ] } _by_name($ship));
}

sub _latency_table
{
	my ($latency) = @_;
	my @rows = ([ 'client', 'events/s', 'p50', 'p99', 'p99.9', 'max', 'events' ]);

	for my $name (_by_name($latency))
	{
		for my $rate (sort { $a <=> $b } keys %{ $latency->{$name} })
		{
			my $l = $latency->{$name}{$rate};
			push @rows, [ $name, $rate, (map { _number($l->{$_}) } qw(p50 p99 p999 max)), $l->{records} ];
		}
	}
	_print_table('Latency from commit to consumer, milliseconds', @rows);
}

sub _snapshot_table
{
	my ($snapshot) = @_;
	my ($copy, $kafka, $beside) = @$snapshot{qw(copy kafka beside)};

	_print_table("Snapshot of $snapshot->{rows} rows to nowhere",
		[ '', 'seconds', 'MiB of the server process' ],
		map { [ $_, map { _number($_) } @$copy{ $_, "${_}_mib" } ] } qw(copy walpost));
	_print_table('Incremental snapshot beside 200 other rows a second; milliseconds, latency from commit to consumer',
		[ 'rows/s', 'longest pause', 'p50', 'p99', 'max' ], [ map { _number($_) } @$beside{qw(rate pause p50 p99 max)} ])
	  if $beside;
	_print_table('Snapshot to Kafka, each row acknowledged; processor time in microseconds a row',
		[ 'client', 'rows/s', 'client', 'peak MiB' ],
		map { my $s = $kafka->{$_}; [ $_, map { _number($s->{$_}) } qw(rate shipper rss) ] } _by_name($kafka));
}

# Ours first.
sub _by_name
{
	return sort { ($b =~ /^walpost/) <=> ($a =~ /^walpost/) || $a cmp $b } keys %{ $_[0] };
}

# Prints everything and returns how many targets were missed.
sub print_all
{
	my ($results) = @_;
	my @rows = ([ 'target', 'limit', 'measured', '' ]);
	my $missed = 0;

	_types_table($results->{types}) if $results->{types};
	_drain_table($results->{drain}) if $results->{drain};
	_ship_table($results->{ship}) if $results->{ship};
	_latency_table($results->{latency}) if $results->{latency};
	_snapshot_table($results->{snapshot}) if $results->{snapshot};

	for my $target (@targets)
	{
		my ($what, $figure, $unit, $direction, $limit) = @$target;
		my $value = $figure->($results);
		my $holds = defined $value && ($direction eq '<=' ? $value <= $limit : $value >= $limit);

		$missed++ if defined $value && !$holds;
		push @rows, [ $what, "$direction $limit $unit", _number($value),
			!defined $value ? 'not measured' : $holds ? 'holds' : 'MISSED' ];
		push @{ $results->{targets} }, { name => $what, limit => "$direction $limit $unit", value => $value,
			holds => $holds ? JSON::PP::true : JSON::PP::false };
	}
	_print_table('Targets', @rows);
	return $missed;
}

sub write_json
{
	my ($results, $path) = @_;

	spit($path, JSON::PP->new->canonical->pretty->encode($results));
	print "\nwritten to $path\n";
}

1;
