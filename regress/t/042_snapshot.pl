# The initial snapshot: all rows that exist, with Debezium's marks, then the
# stream from there on without a gap, while others write; interrupted, it leaves
# nothing behind.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running(conf => "max_replication_slots = 10\n");

$pg->query(<<'EOF');
CREATE EXTENSION walpost;
CREATE TABLE a_first (id int PRIMARY KEY, name text);
CREATE TABLE b_empty (id int PRIMARY KEY);
CREATE TABLE c_parts (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE c_north PARTITION OF c_parts FOR VALUES IN ('north');
CREATE TABLE c_south PARTITION OF c_parts FOR VALUES IN ('south');
CREATE TABLE d_last (id int PRIMARY KEY, name text);
CREATE TABLE e_empty (id int PRIMARY KEY);
INSERT INTO a_first SELECT i, 'name ' || i FROM generate_series(1, 3) i;
INSERT INTO c_parts VALUES (1, 'north'), (2, 'south');
INSERT INTO d_last SELECT i, 'name ' || i FROM generate_series(1, 2) i;
EOF

# op and mark of a table's events, by key
sub marks
{
	my ($ship, $table) = @_;

	return join ' ', map { "$_->{event}{op}:$_->{event}{source}{snapshot}" } $ship->events($table);
}

sub slots
{
	return $pg->query('SELECT count(*) FROM pg_replication_slots');
}

# ---- one reader: Debezium's order and marks, then the stream
my $ship = Walpost::Shipper->running(pg => $pg, kafka => $kafka, conf => { 'snapshot.mode' => 'initial', 'snapshot.max.threads' => 1 });
like($ship->log, qr/the snapshot at .* is complete: 7 rows of 6 tables/, 'the snapshot says what it read');
is(slots(), 1, 'the temporary slot is gone');
is($pg->slot('walpost', 'temporary'), 'f', 'the slot is a permanent one');
$pg->query(q{INSERT INTO a_first VALUES (4, 'later'); UPDATE d_last SET name = 'new' WHERE id = 2; INSERT INTO b_empty VALUES (1)});
ok($ship->wait_drained, 'the stream goes on');
is(marks($ship, 'a_first'), 'r:first r:true r:last_in_data_collection c:false', 'marks of the first table');
is(marks($ship, 'c_north'), 'r:last_in_data_collection', 'a table of one row');
is(marks($ship, 'd_last'), 'r:first_in_data_collection r:last u:false', 'marks of the last table that has rows');
is(marks($ship, 'b_empty'), 'c:false', 'an empty table gives nothing');

my @events = $ship->events('a_first');
my ($read, $created) = ($events[2], $events[3]);
my $source = $read->{event}{source};
is($source->{lsn}, (split /"/, $source->{sequence})[1], 'sequence is null and the LSN of the snapshot');
cmp_ok($created->{event}{source}{lsn}, '>=', $source->{lsn}, 'the stream begins there');
like($source->{txId}, qr/^\d+$/, 'the number of the transaction that read it');
is_deeply([ sort keys %{ $read->{headers} } ], [ sort keys %{ $created->{headers} } ], 'the headers of a streamed event');
is_deeply([ sort keys %{ $read->{event} } ], [ sort keys %{ $created->{event} } ], 'and its fields');

is($ship->stop, 0, 'a clean end');
$ship->start;
$ship->wait_streaming;
$pg->query(q{INSERT INTO b_empty VALUES (2)});
$ship->wait_drained;
is(marks($ship, 'b_empty'), 'c:false c:false', 'the next start');
is(scalar $ship->events('a_first'), 4, 'takes no other snapshot');
is($ship->stop, 0, 'a clean end');

# ---- the slot is lost
$pg->query(q{SELECT pg_drop_replication_slot('walpost')});
$ship->start;
is($ship->stop_by_itself, 2, 'initial does not repeat it where the slot was lost');
like($ship->log, qr/gap from .*having been made anew/, 'and says why');
is(slots(), 0, 'no slot is left');
$ship->write_conf('snapshot.mode' => 'when_needed');
$ship->start;
$ship->wait_streaming;
like($ship->log, qr/changes are missing: taking a new snapshot/, 'when_needed does');
is(scalar(grep { $_->{event}{op} eq 'r' } $ship->events('a_first')), 3 + 4, 'with all rows again');
is($ship->stop, 0, 'a clean end');
$pg->query(q{SELECT pg_drop_replication_slot('walpost')});

# ---- a partitioned table that is published as such; some tables only
$pg->query(q{CREATE PUBLICATION chosen FOR TABLE c_parts, d_last WHERE (id > 1) WITH (publish_via_partition_root)});
my $some = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	slot => 'some',
	conf => {
		'snapshot.mode' => 'initial',
		'slot.name' => 'some',
		'publication.name' => 'chosen',
		'publication.autocreate.mode' => 'disabled',
		'snapshot.max.threads' => 3,
	});
is(join(' ', sort map { $_->{key} } $some->events('c_parts')),
	'{"id":1,"region":"north"} {"id":2,"region":"south"}', 'rows of partitions in the topic of the root');
is(join(' ', map { $_->{key} } $some->events('d_last')), '{"id":2}', 'the row filter holds');
is(marks($some, 'c_parts'), 'r:last_in_data_collection r:last_in_data_collection', 'with the marks of a table that is read whole');
is($some->stop, 0, 'a clean end');
$pg->query(q{SELECT pg_drop_replication_slot('some')});

# ---- several readers: a table in pieces; the first and the last row are what they say
$pg->query(<<'EOF');
CREATE TABLE e_wide (id int PRIMARY KEY, pad text) WITH (fillfactor = 10);
ALTER TABLE e_wide ALTER pad SET STORAGE PLAIN;
INSERT INTO e_wide SELECT n, repeat('x', 700) FROM generate_series(1, 2500) n;
ANALYZE e_wide;
CREATE PUBLICATION pieces FOR TABLE e_wide, a_first;
EOF
my $pieces = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	slot => 'pieces',
	conf => {
		'snapshot.mode' => 'initial',
		'slot.name' => 'pieces',
		'publication.name' => 'pieces',
		'publication.autocreate.mode' => 'disabled',
		'snapshot.max.threads' => 3,
	});
my @wide = $pieces->events('e_wide');
my %ids = map { $_->{event}{after}{id} => 1 } @wide;
is(scalar @wide . ' ' . scalar keys %ids, '2500 2500', 'three readers: each row once');
is($wide[0]{event}{source}{snapshot}, 'first', 'the first row of all');
is(scalar(grep { $_->{event}{source}{snapshot} ne 'true' } @wide), 1, 'none of its other rows has a mark');
is(marks($pieces, 'a_first'), 'r:first_in_data_collection r:true r:true r:last', 'the small table comes last, and whole');
is($pieces->stop, 0, 'a clean end');
$pg->query(q{SELECT pg_drop_replication_slot('pieces'); DROP PUBLICATION pieces; DROP TABLE e_wide});

# ---- two at once: one takes it, the other one becomes its standby
my $let_go = $pg->hold_new_slots;
my @pair = map {
	Walpost::Shipper->new(
		pg => $pg,
		kafka => $kafka,
		slot => 'pair',
		conf => { 'snapshot.mode' => 'initial', 'slot.name' => 'pair', 'name' => 'pair', 'topic.prefix' => 'pair' })
} 1 .. 2;
$pair[0]->start;
wait_until('the first to make its slot',
	sub { $pg->query(q{SELECT count(*) FROM pg_replication_slots WHERE temporary}) == 1 });
$pair[1]->start;
$pair[1]->wait_log(qr/another walpost takes the snapshot for slot "pair"/);
ok($let_go->(), 'the transaction ends');
$pair[0]->wait_streaming;
$pair[1]->wait_log(qr/waiting as its (?:hot )?standby/);
is($kafka->count('pair.public.a_first'), 4, 'all rows came once');
is($_->stop, 0, 'a clean end') for reverse @pair;
$pg->query(q{SELECT pg_drop_replication_slot('pair')});

# ---- no second slot is free at the end: the temporary one waits for it
$pg->fill_slots(10 - slots() - 1);
my $full = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	slot => 'full',
	conf => { 'snapshot.mode' => 'initial', 'slot.name' => 'full' });
$full->start;
is($full->stop_by_itself, 2, 'one free slot is not enough to begin');
like($full->log, qr/that needs two replication slots/, 'it says so');
$pg->query(q{SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots});

# ---- initial_only
my $only = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	conf => { 'snapshot.mode' => 'initial_only', 'snapshot.include.collection.list' => 'public\.[ad]_.*' });
$only->start;
is($only->stop_by_itself, 0, 'initial_only ends by itself');
is(slots(), 0, 'without a slot');
is(marks($only, 'a_first'), 'r:first r:true r:true r:last_in_data_collection', 'the tables that are asked for');
ok(!grep({ $_ eq $only->topic('b_empty') || $_ eq $only->topic('c_north') } $kafka->topics), 'and no other');

# ---- what cannot be read
$pg->query(<<'EOF');
CREATE ROLE reader LOGIN REPLICATION;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
REVOKE SELECT ON d_last FROM reader;
ALTER ROLE reader SET statement_timeout = '100ms';
ALTER ROLE reader SET idle_in_transaction_session_timeout = '100ms';
EOF
my $poor = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'snapshot.mode' => 'initial',
		'database.user' => 'reader',
		'publication.name' => 'chosen',
		'publication.autocreate.mode' => 'disabled',
	});
$poor->start;
isnt($poor->stop_by_itself, 0, 'a table that the role may not read');
like($poor->log, qr/d_last/, 'is named');
is(slots(), 0, 'and leaves no slot');
$pg->query('GRANT SELECT ON d_last TO reader');
$poor->start;
$poor->wait_streaming;
is(scalar $poor->events('c_parts'), 2, 'time-outs of the role do not end it');
is($poor->stop, 0, 'a clean end');
$pg->query(q{SELECT pg_drop_replication_slot('walpost')});

$pg->query('CREATE DATABASE bare');
my $bare = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	db => 'bare',
	conf => { 'snapshot.mode' => 'initial', 'database.user' => 'reader' });
$bare->start;
is($bare->stop_by_itself, 2, 'a database without the extension, and a role that may not make it');
like($bare->log, qr/run CREATE EXTENSION walpost/, 'the remedy is said');
is(slots(), 0, 'and leaves no slot');

done_testing();
