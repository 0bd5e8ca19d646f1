# The torture's check finds what it is there for: a lost, a swapped, a repeated,
# an invented event, a slot that is ahead of Kafka, and a row of a snapshot that is
# stale, missing or too much; and is content with what is allowed.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../torture";

use Test::More;
use Torture::Check;
use Torture::Rows;

my %partitions = ('t.public.plain' => 1, 't.public.whole' => 1, 't.message' => 1);

# Five transactions, 101 to 105, as the triggers note them: rel, op, key, old
# key, mark.
my @committed = (
	[ [qw(plain c 1 1 11)], [qw(plain c 2 2 12)] ],
	[ [qw(plain u 1 1 21)], [qw(plain d 2 2 12)], [qw(plain c 2 2 23)], [qw(plain d 2 2 23)] ],
	[ [qw(plain u 9 1 31)] ],
	[ [qw(plain u 9 9 41)], [qw(message m torture torture 42)] ],
	[ [qw(plain u 9 9 51)], [qw(plain c 3 3 52)] ]);

# The partition of "plain" that follows: [op, xid, lsn, mark, key].
my @plain = (
	[qw(c 101 1010 11 1)], [qw(c 101 1011 12 2)],
	[qw(u 102 1020 21 1)], [qw(d 102 1021 - 2)], [qw(t 0 0 - 2)],
	[qw(c 102 1022 23 2)], [qw(d 102 1023 - 2)], [qw(t 0 0 - 2)],
	[qw(d 103 1030 - 1)], [qw(t 0 0 - 1)], [qw(c 103 1030 31 9)],
	[qw(u 104 1040 41 9)],
	[qw(u 105 1050 51 9)], [qw(c 105 1051 52 3)]);

# A check of records (indexes into @plain, or records) that came one each
# millisecond.
sub check
{
	my ($mode, $samples, @records) = @_;

	return filled(Torture::Check->new(mode => $mode, prefix => 't', partitions => \%partitions), $samples, @records);
}

sub filled
{
	my ($check, $samples, @records) = @_;
	my $offset = 0;

	for my $i (0 .. $#committed)
	{
		$check->transaction($i + 1, 101 + $i, 1000 + 10 * $i);
		$check->change(@$_) for @{ $committed[$i] };
	}
	for my $record (map { ref $_ ? $_ : $plain[$_] } @records)
	{
		my ($op, $xid, $lsn, $mark, $id) = @$record;

		$check->record(join "\t", 't.public.plain', 0, $offset, 5000 + $offset, $op, $xid, $lsn, $mark, qq({"id":$id}));
		$offset++;
	}
	$check->record("t.message\t0\t0\t5000\tm\t104\t1041\tNDI=\t{\"prefix\":\"torture\"}");
	$check->walk;
	$check->confirmed([ 't.public.plain 0', 't.message 0' ], $samples);
	return $check;
}

# Tests that these and no other breaches are found.
sub finds
{
	my ($what, $check, %breaches) = @_;
	my %found = map { $_ => $check->count->{$_} } grep { $check->count->{$_} } qw(lost order repeat phantom flush row rebuild);

	is_deeply(\%found, \%breaches, $what) or diag($check->breaches);
	return;
}

my @both = qw(at-least-once exactly-once);
my @all = 0 .. $#plain;

for my $mode (@both)
{
	finds("$mode: all is well", check($mode, [], @all));
	for my $i (@all)
	{
		# of two tombstones that look alike either may be the lost one
		finds("$mode: record $i is lost", check($mode, [], grep { $_ != $i } @all), lost => 1);
	}
	ok(check($mode, [], @all[ 0 .. 10 ])->count->{lost} == 3, "$mode: the end is lost");
	for my $i (0 .. $#all - 1)
	{
		my @swapped = @all;

		@swapped[ $i, $i + 1 ] = @swapped[ $i + 1, $i ];
		ok(check($mode, [], @swapped)->breaches > 0, "$mode: records $i and " . ($i + 1) . ' are swapped');
	}
	for my $i (@all)
	{
		# a transaction that was cut after its first event, and came again
		next if $mode eq 'at-least-once' && grep { $_ == $i } 0, 2, 8, 11, 12;
		ok(check($mode, [], @all[ 0 .. $i, $i .. $#all ])->breaches > 0, "$mode: record $i comes twice");
	}
	finds(
		"$mode: a change that was thrown away",
		check($mode, [], @all[ 0 .. 5 ], [qw(c 777 1022 77 7)], @all[ 6 .. $#all ]),
		phantom => 1);
	finds("$mode: another value than that of the change", check($mode, [], [qw(c 101 1010 99 1)], @all[ 1 .. $#all ]),
		phantom => 1, lost => 1);
	ok(check($mode, [], @all[ 0, 1, 8 .. 10, 2 .. 7, 11 .. $#all ])->breaches > 0, "$mode: a transaction overtakes another");
	ok(check($mode, [], @all[ 0 .. 7, 2 .. 4 ], @all[ 11 .. $#all ])->breaches > 0, "$mode: a gap after a repeat");
}

# ---- repeats
my %allowed = (
	'a transaction' => [ @all[ 0 .. 7, 2 .. $#all ] ],
	'three transactions' => [ @all[ 0 .. 10, 0 .. $#all ] ],
	'from the middle of a transaction back' => [ @all[ 0 .. 5, 2 .. $#all ] ],
	'a repeat that is cut, and another' => [ @all[ 0 .. 10, 2 .. 6, 0 .. $#all ] ],
	'one that ends with the last record' => [ @all, @all[ 11 .. $#all ] ],
	'a transaction of one event here' => [ @all[ 0 .. 11, 11 .. $#all ] ],
);
for my $what (sort keys %allowed)
{
	my @records = @{ $allowed{$what} };
	my $check = check('at-least-once', [], @records);

	finds("at-least-once: $what repeats", $check);
	is($check->count->{repeats}, @records - @all, "at-least-once: $what: all repeats are counted");
	ok(check('exactly-once', [], @records)->count->{repeat} > 0, "exactly-once: $what repeats");
}
ok(check('at-least-once', [], @all, @all[ 2 .. 5 ])->count->{order} > 0, 'a repeat that is not brought to its end');
ok(check('at-least-once', [], @all[ 0 .. 7, 3 .. $#all ])->count->{repeat} > 0, 'a repeat from the middle of a transaction');

# ---- the slot: transaction 3 is confirmed from 1030 on, and arrived at 5010
sub sample
{
	my ($ms, $confirmed, $end, @spool) = @_;

	return {
		ms => $ms,
		confirmed => $confirmed,
		ends => defined $end ? [ $end, 1 ] : undef,
		base => 0,
		end => 0,
		ms2 => $ms,
		@spool
	};
}

for my $mode (@both)
{
	finds("$mode: confirmed when all was there", check($mode, [ sample(5010, 1030, 11) ], @all));
	finds("$mode: not yet confirmed", check($mode, [ sample(5004, 1019, 5) ], @all));
	finds("$mode: confirmed a millisecond early", check($mode, [ sample(5009, 1030) ], @all), flush => 1);
	finds("$mode: confirmed before it can be read", check($mode, [ sample(5010, 1030, 10) ], @all), flush => 1);
	finds(
		"$mode: confirmed early, then taken back",
		check($mode, [ sample(5007, 1030), sample(5010, 1010), sample(5013, 1030) ], @all),
		flush => 3);
	my @early = (5007, 1030, 8);

	finds("$mode: the spool has it", check($mode, [ sample(@early, base => 1005, end => 1030) ], @all));
	finds("$mode: it ends too early", check($mode, [ sample(@early, base => 1005, end => 1029) ], @all), flush => 6);
	finds("$mode: it begins too late", check($mode, [ sample(@early, base => 1031, end => 1099) ], @all), flush => 6);
	finds("$mode: it was removed when Kafka had all", check($mode, [ sample(5007, 1030, undef, ms2 => 5010) ], @all));
	finds(
		"$mode: it was removed before",
		check($mode, [ sample(@early, base => 1005, end => 1030), sample(5008, 1030) ], @all),
		flush => 2);
}

# ---- rows of snapshots, of a table that had one before, with the mark 70
my %final = (7 => 70, 9 => 51, 3 => 52);

sub snapshot_check
{
	my ($mode, $kind, $samples, @records) = @_;
	my $check = Torture::Check->new(
		mode => $mode,
		prefix => 't',
		partitions => \%partitions,
		rows => Torture::Rows->new(rebuilt => { 't.public.plain' => 1 }, @$kind, once => $mode eq 'exactly-once' ? 1 : undef));

	$check->table_row('base', 'plain', 7, 70);
	$check->table_row('final', 'plain', $_, $final{$_}) for keys %final;
	return filled($check, $samples, @records);
}

# As a snapshot at an LSN has it.
sub row
{
	my ($id, $mark, $lsn) = @_;

	return [ 'r', 900, $lsn // '-', $mark, $id ];
}

my @beside = (fresh => {});
my @initial = (fresh => {}, initial => 1);
my @fresh = (fresh => { 't.public.plain' => 1 });
my $seven = row(7, 70);

for my $mode (@both)
{
	my $is = sub {
		my ($what, $kind, $records, %breaches) = @_;

		finds("$mode: $what", snapshot_check($mode, $kind, [], @$records), %breaches);
	};

	for my $i (0 .. @all)
	{
		$is->("a row before record $i", \@beside, [ @all[ 0 .. $i - 1 ], $seven, @all[ $i .. $#all ] ]);
	}
	$is->('no row', \@beside, \@all, rebuild => 1);
	$is->('another row', \@beside, [ row(7, 71), @all ], row => 1, rebuild => 1);
	$is->('a row that never was', \@beside, [ $seven, row(8, 80), @all ], row => 1, rebuild => 1);
	$is->('the row of a change', \@beside, [ @all[ 0 .. 7 ], row(1, 21), $seven, @all[ 8 .. $#all ] ]);
	$is->('a stale row', \@beside, [ @all[ 0 .. 7 ], row(1, 11), $seven, @all[ 8 .. $#all ] ], row => 1);
	$is->('a row that is gone', \@beside, [ $seven, @all, row(1, 21) ], row => 1, rebuild => 1);
	$is->('a row ahead of its change', \@beside, [ @all[ 0 .. 7 ], row(9, 31), $seven, @all[ 8 .. $#all ] ], row => 1);
	$is->('a row twice', \@beside, [ $seven, @all, $seven ], $mode eq 'exactly-once' ? (repeat => 1) : ());

	# the third transaction may be in a snapshot at 1025, or not
	my @with = map { row(@$_, 1025) } [ 7, 70 ], [ 9, 31 ];
	my @without = map { row(@$_, 1025) } [ 7, 70 ], [ 1, 21 ];
	my @given_up = map { row(@$_, 1005) } [ 1, 11 ], [ 2, 12 ];

	for my $kind (\@initial, \@fresh)
	{
		my $name = @$kind > 2 ? 'initial' : 'new';

		$is->("$name: with a transaction", $kind, [ @with, @all[ 11 .. $#all ] ]);
		$is->("$name: without it", $kind, [ @without, @all[ 8 .. $#all ] ]);
		$is->("$name: neither", $kind, [ @without, @all[ 11 .. $#all ] ], row => 1, rebuild => 1);
		$is->("$name: the stream begins too late", $kind, [ @with, @all[ 12 .. $#all ] ], lost => 1);
		$is->("$name: a row is missing", $kind, [ $with[1], @all[ 11 .. $#all ] ], rebuild => 1);
	}
	$is->('initial: one that was given up', \@initial, [ @given_up, @with, @all[ 11 .. $#all ] ]);
	$is->('initial: one that was given up is wrong', \@initial, [ row(1, 21, 1005), @with, @all[ 11 .. $#all ] ], row => 1);
	$is->('initial: a row after changes', \@initial, [ $with[1], @all[ 11 .. $#all ], $with[0] ], row => 1);
	$is->('initial: the stream begins too early', \@initial, [ @with, @all[ 2 .. $#all ] ], order => 6, row => 1);
	finds("$mode: initial: the slot is there with the rows",
		snapshot_check($mode, \@initial, [ sample(5001, 1025, 2) ], @with, @all[ 11 .. $#all ]));
	finds("$mode: initial: the slot is there before the rows",
		snapshot_check($mode, \@initial, [ sample(5000, 1025, 1) ], @with, @all[ 11 .. $#all ]), flush => 2);
}
finds('rows are phantoms where none is taken', check('exactly-once', [], $seven, @all), phantom => 1);

done_testing();
