# An incremental snapshot: which tables, which rows, what they say, and what becomes of
# it when it is stopped, paused, or interrupted.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOS');
CREATE EXTENSION walpost;
CREATE TABLE many (id int PRIMARY KEY, v text);
INSERT INTO many SELECT i, 'v' || i FROM generate_series(1, 5000) i;
CREATE TABLE pair (x text, y int, v text, PRIMARY KEY (y, x));
INSERT INTO pair SELECT 'x"\' || i, i % 10, 'v' || i FROM generate_series(1, 300) i;
CREATE TABLE none (id int PRIMARY KEY);
CREATE TABLE keyless (id int, other int NOT NULL);
INSERT INTO keyless SELECT i, i FROM generate_series(1, 50) i;
CREATE TABLE unique_only (id int NOT NULL UNIQUE, v text);
ALTER TABLE unique_only REPLICA IDENTITY FULL;
INSERT INTO unique_only SELECT i, 'v' FROM generate_series(1, 3000) i;
CREATE TABLE parted (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (100) TO (200);
INSERT INTO parted SELECT i, 'v' FROM generate_series(0, 199) i;
CREATE PUBLICATION walpost FOR ALL TABLES WITH (publish_via_partition_root);
EOS

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => { 'incremental.snapshot.chunk.size' => 100 });
my $signal = 0;

sub ask
{
	my ($type, $data) = @_;

	$signal++;
	$pg->query("SELECT walpost.signal('$type', '$data')");
	return;
}

sub wait_complete
{
	my ($table) = @_;

	return ok(wait_until("the snapshot of $table", sub { $ship->log =~ /incremental snapshot of public\.$table is complete/ }),
		"$table is complete");
}

# The events of a table that a snapshot read.
sub rows
{
	my ($table) = @_;

	$ship->wait_drained;
	return grep { $_->{event} && $_->{event}{op} eq 'r' } $ship->events($table);
}

# ---- tables of all kinds
ask('execute-snapshot', '{"data-collections": ["public.many", "public.pa.*", "public.none", "public.keyless", "public.absent"]}');
wait_complete($_) for qw(many pair none parted_1 parted_2 keyless);
is(scalar(rows('many')), 5000, 'every row of a table');
is(scalar(rows('pair')), 300, 'of one with a key of two columns, whatever is in them');
is(scalar(rows('parted')), 200, 'and of partitions, shown as their root');
is(scalar(rows('keyless')), 50, 'of a table without a key, which is read as a whole');
like($ship->log, qr/asks for a snapshot of public.absent, which no captured table matches/, 'one that is not there is named');

my ($row) = grep { $_->{event}{after}{id} == 17 } rows('many');
my $source = $row->{event}{source};
is($source->{snapshot}, 'incremental', 'a row says where it comes from');
is_deeply([ @$source{qw(lsn txId xmin)} ], [ undef, undef, undef ], 'and has no place in the log');
like($source->{sequence}, qr/^\["\d+","\d+"\]$/, 'but follows a transaction');
is($row->{event}{transaction}, undef, 'it is of none itself');

# ---- a condition, and a column to go by
ask('execute-snapshot', '{"data-collections": ["public.many"], "additional-conditions": [{"data-collection": "public.many", "filter": "id % 10 = 3 -- every tenth"}]}');
ok(wait_until('rows of the condition', sub { rows('many') == 5500 }), 'an additional condition');
ask('execute-snapshot', '{"data-collections": ["public.unique_only"], "surrogate-key": "id"}');
wait_complete('unique_only');
is(scalar(rows('unique_only')), 3000, 'a surrogate key');
ask('execute-snapshot', '{"data-collections": ["public.keyless"], "surrogate-key": "other"}');
ok(wait_until('the refusal', sub { $ship->log =~ /snapshot of public\.keyless ends: .*no unique index/ }), 'one that is not unique is refused');

# ---- nobody else's messages do anything
my $before = rows('many');
$pg->query("SELECT pg_logical_emit_message($_, 'walpost.watermark', 'forged:o:nonce')") for qw(true false);
$pg->query("SELECT pg_logical_emit_message(false, 'walpost.watermark', repeat('x', 100000))");
$pg->query("INSERT INTO many VALUES (0, 'after the forged ones')");
ok(wait_until('a later row', sub { grep { $_->{event} && $_->{event}{after}{id} == 0 } $ship->events('many') }), 'forged watermarks pass by');
is($kafka->written($ship->topic('message') =~ s/public\.//r), 0, 'and are no events');

# ---- paused in the middle, killed, and resumed
$pg->query('INSERT INTO many SELECT i FROM generate_series(6000, 9000) i');
ask('pause-snapshot', '{}');
ask('execute-snapshot', '{"data-collections": ["public.many"]}');
ok(wait_until('the pause', sub { $ship->log =~ /snapshots are paused/ && $ship->log =~ /snapshot of 1 tables is asked for.*\n\z/ }), 'it is paused');
ok(wait_until('the signals to be settled', sub { $ship->wait_drained; $pg->query(q{SELECT confirmed_flush_lsn >= pg_current_wal_lsn() - 1000 FROM pg_replication_slots}) eq 't' }), 'the slot moves on');
is(scalar(rows('many')), $before, 'and nothing is read');
$ship->kill9;
$ship->start;
ok(wait_until('the record', sub { $ship->log =~ /snapshot of 1 tables goes on with public\.many \(it is paused\)/ }), 'it survives a kill');
ask('resume-snapshot', '{}');
ok(wait_until('the rest', sub { rows('many') == $before + 5001 + 3001 }), 'and is resumed');

# ---- stopped
ask('pause-snapshot', '{}');
ask('execute-snapshot', '{"data-collections": ["public.many", "public.pair"]}');
ask('stop-snapshot', '{"data-collections": ["public.many"]}');
ok(wait_until('the stop', sub { $ship->log =~ /snapshot of public\.many is stopped/ }), 'a table is taken off');
ask('resume-snapshot', '{}');
ok(wait_until('the other one', sub { rows('pair') == 600 }), 'the other one is read');
is(scalar(rows('many')), $before + 8002, 'it is not');
is($ship->stop, 0, 'a clean end');

done_testing();
