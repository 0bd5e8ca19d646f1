# Tables without a key in an incremental snapshot: each is read as a whole in its
# turn, and notified like the others; also over a kill -9 in the middle of it.

use strict;
use warnings;

use JSON::PP;
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $topic = "notices$$";

$kafka->create_topic($topic, partitions => 1);
$pg->query(<<'EOS');
CREATE EXTENSION walpost;
CREATE TABLE keyed (id int PRIMARY KEY);
INSERT INTO keyed SELECT generate_series(1, 20);
CREATE TABLE keyless (id int, v text);
ALTER TABLE keyless REPLICA IDENTITY FULL;
INSERT INTO keyless SELECT i, 'v' || i FROM generate_series(1, 30) i;
CREATE TABLE identified (id int NOT NULL, other int NOT NULL, v text, UNIQUE (id, other));
ALTER TABLE identified REPLICA IDENTITY USING INDEX identified_id_other_key;
INSERT INTO identified SELECT i / 3, i, 'v' FROM generate_series(1, 40) i;
CREATE TABLE none (id int);
CREATE TABLE parted (id int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (5);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (5) TO (10);
INSERT INTO parted SELECT generate_series(0, 9);
CREATE TABLE last (id int PRIMARY KEY);
INSERT INTO last VALUES (1);
CREATE PUBLICATION walpost FOR ALL TABLES WITH (publish_via_partition_root);
EOS

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'notification.enabled.channels' => 'sink',
		'notification.sink.topic.name' => $topic });
my $read = 0;

sub ask
{
	my ($type, $data) = @_;

	return $pg->query("SELECT walpost.signal('$type', '$data')");
}

# The notices up to the next one of a type, each "TYPE table rows status".
sub notices_to
{
	my ($type) = @_;
	my @notices;

	wait_until("the notice $type", sub {
		my @records = $kafka->written($topic) > $read ? $kafka->read_topic($topic) : ();

		@notices = ();
		for (@records[ $read .. $#records ])
		{
			push @notices, decode_json($_->{value});
			return 1 if $notices[-1]{type} eq $type;
		}
		return 0;
	});
	$read += @notices;
	return map {
		my $data = $_->{additional_data};

		join ' ', grep { defined } $_->{type}, $data->{current_collection_in_progress} // $data->{scanned_collection},
		  @$data{qw(total_rows_scanned status)};
	} @notices;
}

# Events of a table that a snapshot read, and what they say of it.
sub rows
{
	my ($table) = @_;

	$ship->wait_drained;
	return grep { $_->{event} && $_->{event}{op} eq 'r' } $ship->events($table);
}

sub marks
{
	my %marks = map { $_->{event}{source}{snapshot} => 1 } rows(@_);

	return join ' ', sort keys %marks;
}

# ---- tables with and without keys in one snapshot
is_deeply([ notices_to('SKIPPED') ], ['SKIPPED'], 'there was no initial snapshot');
ask('execute-snapshot', '{"data-collections": ["public.keyed", "public.keyless", "public.identified", "public.none", "public.parted", "public.last"]}');
is_deeply(
	[ notices_to('COMPLETED') ],
	[
		'STARTED',
		'DATA_COLLECTIONS_RESOLVED',
		'IN_PROGRESS public.keyed',
		'TABLE_SCAN_COMPLETED public.keyed 20 SUCCEEDED',
		'IN_PROGRESS public.keyless',
		'TABLE_SCAN_COMPLETED public.keyless 30 SUCCEEDED',
		'IN_PROGRESS public.identified',
		'TABLE_SCAN_COMPLETED public.identified 40 SUCCEEDED',
		'IN_PROGRESS public.none',
		'TABLE_SCAN_COMPLETED public.none 0 EMPTY',
		'IN_PROGRESS public.parted',
		'TABLE_SCAN_COMPLETED public.parted 10 SUCCEEDED',
		'IN_PROGRESS public.last',
		'TABLE_SCAN_COMPLETED public.last 1 SUCCEEDED',
		'COMPLETED',
	],
	'each table in its turn, with notices');
is(scalar(rows($_->[0])), $_->[1], "all rows of $_->[0]") for [ keyed => 20 ], [ keyless => 30 ], [ identified => 40 ], [ parted => 10 ], [ last => 1 ];
is(marks('identified'), 'incremental', 'an identity index is a key');
unlike(marks('keyless'), qr/incremental/, 'without one the table is read as a whole');

# ---- what cannot be
ask('execute-snapshot', '{"data-collections": ["public.keyless"], "additional-conditions": [{"data-collection": "public.keyless", "filter": "id < 3"}]}');
is_deeply([ notices_to('TABLE_SCAN_COMPLETED') ], ['TABLE_SCAN_COMPLETED public.keyless 0 NO_PRIMARY_KEY'], 'some rows of a table without a key are refused');
like($ship->log, qr/of some rows of table public\.keyless: it has neither a primary key nor an identity index; add one, or name/, 'with a remedy');
ask('execute-snapshot', '{"data-collections": ["public.parted_2"]}');
is_deeply([ notices_to('TABLE_SCAN_COMPLETED') ], ['TABLE_SCAN_COMPLETED public.parted_2 0 NO_PRIMARY_KEY'], 'and so is one partition of a table');

# ---- stopped before its turn
ask('pause-snapshot', '{}');
ask('execute-snapshot', '{"data-collections": ["public.keyless"]}');
ask('stop-snapshot', '{"data-collections": ["public.keyless"]}');
ask('resume-snapshot', '{}');
is_deeply([ notices_to('RESUMED') ], [qw(PAUSED STARTED DATA_COLLECTIONS_RESOLVED ABORTED RESUMED)], 'it can be stopped before its turn');
is(scalar(rows('keyless')), 30, 'and is not read then');

# ---- killed while it is read: its slot waits for transactions that are under way
my $slots = q{SELECT count(*) FROM pg_stat_activity JOIN pg_replication_slots ON pid = active_pid WHERE slot_name LIKE 'walpost_snapshot%'};
my $let_go = $pg->hold_new_slots;
ask('execute-snapshot', '{"data-collections": ["public.keyless", "public.last"]}');
ok(wait_until('its slot', sub { $pg->query($slots) == 1 }), 'it is begun');
ask('stop-snapshot', '{"data-collections": ["public.keyless"]}');
ok($ship->wait_log(qr/stops nothing/), 'what is being read as a whole is not stopped any more');
$ship->kill9;
# who waits for a transaction does not see that his client has gone
$pg->query(q{SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name LIKE 'walpost_snapshot%'});
wait_until('its slot to go', sub { $pg->query($slots) == 0 });
$ship->start;
ok(wait_until('a slot again', sub { $pg->query($slots) == 1 }), 'the next start begins again, though the signal to stop may come again');
$let_go->();
my @notices = notices_to('COMPLETED');
is_deeply(
	[ grep { /COMPLETED/ } @notices ],
	[
		'TABLE_SCAN_COMPLETED public.keyless 30 SUCCEEDED',
		'TABLE_SCAN_COMPLETED public.last 1 SUCCEEDED',
		'COMPLETED',
	],
	'and goes on with the next table');
is(scalar(rows('keyless')), 60, 'no row is missing or there twice');
is($ship->stop, 0, 'a clean end');

done_testing();
