#!/usr/bin/perl
#
# 051_comparison.pl
#    What regress/differential compares with: that it sees every difference,
#    takes for equal what only another run has changed, and keeps recordings.
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
use Test::More;
use Walpost::Test;

my $headers = '__debezium.context.taskId=0,__debezium.context.runId=0199-';
my $allowed = Differential::Allowed->new("$FindBin::Bin/../differential/allowed.txt");

# What a run may have counted that began at some position, transaction id and
# time.
sub within
{
	my ($lsn, $xid, $us) = @_;

	return { lsn => [ $lsn, $lsn + 10_000 ], xid => [ $xid, $xid + 100 ], time => [ $us, $us + 60_000_000 ] };
}

# Topics of such a run: rows with schemas, a tombstone, keyless ones, the bounds
# of a transaction.
sub topics
{
	my ($lsn, $xid, $us) = @_;

	# a transaction may end at the end of a page, and the next one start behind a page's header
	my $header = $lsn % 2 ? 24 : 0;
	my $schema = '{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"}],"optional":false,"name":"p.t.Key"}';
	my $row = sub {
		my ($n, $before, $after) = @_;
		my ($at, $time, $x) = ($lsn + 1000 * $n, $us + 1_500 * $n, $xid + $n);
		my ($start, $ms) = ($at - $header, substr $time, 0, -3);

		return qq({"before":$before,"after":$after,"source":{"version":"1","name":"p","ts_ms":$ms,"sequence":"[\\"$start\\",\\"$at\\"]",)
		  . qq("ts_us":$time,"ts_ns":${time}000,"table":"t","txId":$x,"lsn":$at,"xmin":null},"op":"c","ts_ms":$ms,"ts_us":$time,"ts_ns":${time}123});
	};
	my ($first, $last) = map { $xid + 1 . ':' . ($lsn + $_) } 1000, 2000 - $header;
	my $begun = substr $us + 1_500, 0, -3;
	my $long = '"' . ("caf\xc3\xa9 \\\" " x 200) . '"';

	return {
		'public.t' => [
			_record(0, 0, qq({"schema":$schema,"payload":{"id":1}}), qq({"schema":$schema,"payload":) . $row->(1, 'null', '{"id":1,"f":1.50}') . '}'),
			_record(0, 1, qq({"schema":$schema,"payload":{"id":1}}), undef),
			_record(0, 2, '{"id":2}', $row->(2, '{"id":2,"t":"x"}', '{"id":2,"t":"%","l":[' . join(',', 1 .. 900) . "],\"w\":$long}")),
		],
		'public.keyless' => [
			_record(1, 0, undef, $row->(4, 'null', '{"a":{}}')),
			_record(0, 0, undef, $row->(3, 'null', '{"a":[]}')),
		],
		'transaction' => [
			_record(0, 0, qq({"id":"$first"}), qq({"status":"BEGIN","id":"$first","event_count":null,"ts_ms":$begun})),
			_record(0, 1, qq({"id":"$last"}), qq({"status":"END","id":"$last","event_count":2,"ts_ms":$begun})),
		],
	};
}

sub _record
{
	my ($partition, $offset, $key, $value) = @_;

	return { partition => $partition, offset => $offset, key => $key, value => $value, header_text => $headers };
}

my @one = (26_000_001, 730, 1_700_000_000_123_456);
my @other = (31_000_128, 811, 1_800_000_000_000_789);
my $recorded = Differential::Normal::normal(topics(@one), within(@one));

# What differs between the recorded run and another one in which a record's part
# was changed.
sub differences
{
	my ($topic, $number, $part, $from, $to) = @_;
	my $topics = topics(@other);

	if (defined $topic)
	{
		my $record = $topics->{$topic}[$number];

		defined $from ? ($record->{$part} =~ s/$from/$to/ or die "no $from in $record->{$part}\n") : ($record->{$part} = $to);
	}
	my $result = Differential::Compare::compare($recorded, Differential::Normal::normal($topics, within(@other)));
	return map { $_->{path} } @{ Differential::Report::judge($result, 'any', $allowed)->{bad} };
}

# ---- another run
is_deeply([ differences() ], [], 'another run is the same but for what it counts');
like($recorded->{'public.t'}[0]{value}, qr/"ts_ms":t1,.*"txId":x1,"lsn":L1,.*"op":"c","ts_ms":now,/, 'ordinals');
is($recorded->{transaction}[1]{value}, '{"status":"END","id":"x1:C2","event_count":2,"ts_ms":t1}', 'bounds of a transaction');
ok(length $recorded->{'public.t'}[2]{value} < 700, 'long values become digests');

# ---- differences
my @changes = (
	[ 'a value', 'public.t', 0, 'value', '"f":1.50', '"f":1.5', 'public.t/value.after.f' ],
	[ 'the type of a value', 'public.t', 2, 'value', '"t":"x"', '"t":null', 'public.t/value.before.t' ],
	[ 'one byte of a long text', 'public.t', 2, 'value', 'caf\xc3\xa9 \\\\" "', 'caf\xc3\xa8 \\" "', 'public.t/value.after.w' ],
	[ 'one of many values', 'public.t', 2, 'value', '899', '898', 'public.t/value.after.l' ],
	[ 'empty array and empty object', 'public.keyless', 1, 'value', '\[\]', '{}', 'public.keyless/value.after.a' ],
	[ 'a field that is not there', 'public.t', 0, 'value', ',"xmin":null', '', 'public.t/value.source.xmin' ],
	[ 'the order of fields', 'public.t', 0, 'value', '"id":1,"f":1.50', '"f":1.50,"id":1', 'public.t/order' ],
	[ 'a schema', 'public.t', 0, 'value', '"optional":false', '"optional":true', 'public.t/value.schema.fields[0].optional' ],
	[ 'a key', 'public.t', 1, 'key', '"id":1', '"id":2', 'public.t/key.id' ],
	[ 'a tombstone', 'public.t', 1, 'value', undef, '{}', 'public.t/value' ],
	[ 'a partition', 'public.t', 2, 'partition', undef, 1, 'public.t/partition' ],
	[ 'a header', 'public.t', 2, 'header_text', 'taskId=0', 'taskId=1', 'public.t/headers.__debezium.context.taskId' ],
	[ 'a header that is not there', 'public.t', 2, 'header_text', '.*taskId=0,', '', 'public.t/headers.__debezium.context.taskId' ],
	[ 'a position of nowhere', 'public.t', 2, 'value', '"lsn":\d+', '"lsn":12', 'public.t/value.source.lsn' ],
	[ 'a position of another record', 'public.t', 2, 'value', '"lsn":\d+', '"lsn":31001128', 'public.t/value.source.lsn' ],
	[ 'a transaction id', 'public.t', 2, 'value', '"txId":\d+', '"txId":812', 'public.t/value.source.txId' ],
	[ 'a position as a string', 'public.t', 2, 'value', '"lsn":(\d+)', '"lsn":"7"', 'public.t/value.source.lsn' ],
	[ 'a time in another unit', 'public.t', 0, 'value', '"ts_ms":(\d+)', '"ts_ms":1800000000002289', 'public.t/value.source.ts_ms' ],
	[ 'a time that is none of this commit', 'public.t', 0, 'value', '"ts_ms":(\d+)', '"ts_ms":1800000000003', 'public.t/value.source.ts_ms' ],
	[ 'a time of a transaction', 'transaction', 1, 'value', '"ts_ms":\d+', '"ts_ms":1800000000003', 'transaction/value.ts_ms' ],
);

for my $change (@changes)
{
	my ($what, @change) = @$change;
	my $path = pop @change;

	ok((grep { $_ eq $path } differences(@change)), "is seen: $what") or diag(join "\n", differences(@change));
}

{
	my $topics = topics(@other);
	pop @{ $topics->{'public.t'} };
	my $result = Differential::Report::judge(
		Differential::Compare::compare($recorded, Differential::Normal::normal($topics, within(@other))), 'any', $allowed);

	ok((grep { $_->{path} eq 'public.t/record' } @{ $result->{bad} }), 'is seen: a record that is not there');
	like(join("\n", Differential::Report::lines($result, 10)), qr/^public\.t\/record \(record 2.*\n +Debezium \{"before".*\n +Walpost +\(absent\)/m, 'and told');
}

# Digits that a double or float does not need are a difference of their own.
for my $pair (
	[ '-2.65580995E10', '-2.65581E10', 'value.a~shorter' ], [ '2.0E-3', '0.002', 'value.a' ],
	[ '1.2000000000000002', '1.2', 'value.a' ], [ '2.50', '2.5', 'value.a' ], [ '1.0E10', '1.0E10' ])
{
	my ($theirs, $ours, @paths) = @$pair;
	my $result = Differential::Compare::compare(map { { t => [ _record(0, 0, '1', qq({"a":$_})) ] } } $theirs, $ours);

	is_deeply([ map { $_->{path} } @{ $result->{differences} } ], [ map { "t/$_" } @paths ], "$theirs and $ours");
}

# ---- recordings
my $file = scratch_dir() . '/recording.txt';
Differential::Recording::save($file, 'abc', $recorded);
my ($digest, $loaded) = Differential::Recording::load($file);
is($digest, 'abc', 'a recording says what it is of');
is_deeply(Differential::Compare::compare($recorded, $loaded)->{differences}, [], 'and holds every field');
my $text = slurp($file);
Differential::Recording::save($file, 'abc', $loaded);
is(slurp($file), $text, 'written again, it is the same');
ok(!(grep { $text =~ /$_/ } @one, @other), 'it holds nothing that a run has counted');

done_testing();
