# A snapshot with exactly-once: whatever is killed in the middle of it, who reads
# committed records sees each row once.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running(conf => "max_replication_slots = 3\n");
my $rows = 60000;

$pg->query(<<"EOF2");
CREATE EXTENSION walpost;
CREATE TABLE wide (id int PRIMARY KEY, pad text);
INSERT INTO wide SELECT i, repeat('p', 300) FROM generate_series(1, $rows) i;
EOF2

sub shipper
{
	my ($name, %more) = @_;

	return Walpost::Shipper->new(
		pg => $pg,
		kafka => $kafka,
		slot => $name,
		conf => {
			'slot.name' => $name,
			'snapshot.mode' => 'initial',
			'exactly.once.support' => 'required',
			'table.include.list' => 'public.wide',
			'publication.autocreate.mode' => 'filtered',
			'walpost.buffer.memory' => 4 * 1024 * 1024,
			%more
		});
}

sub slots
{
	return $pg->query('SELECT count(*) FROM pg_replication_slots');
}

# Where the topic ends for a reader: before transactions that are open, or not.
sub end_offset
{
	my ($ship, $isolation) = @_;
	my (undef, $out) = run_command(
		[
			'kcat', '-Q', '-X', "isolation.level=$isolation",
			'-b', $kafka->brokers, '-t', $ship->topic('wide') . ':0:-1'
		]);

	return ($out =~ /offset (\d+)/)[0];
}

# Runs it up to its very end, where Kafka has all rows, but no slot is free: a
# transaction holds the making of its temporary slot up until there is none.
sub start_and_hold
{
	my ($ship) = @_;
	my $let_go = $pg->hold_new_slots;

	$ship->start;
	wait_until('the temporary slot',
		sub { $pg->query('SELECT count(*) FROM pg_replication_slots WHERE temporary') == 1 });
	$pg->fill_slots(2);
	ok($let_go->(), 'the slot can be made');
	wait_until('it to wait for a free slot',
		sub { substr($ship->log, $ship->{log_start}) =~ /waiting for a free slot/ });
	cmp_ok(end_offset($ship, 'read_uncommitted'), '>=', $rows, 'Kafka has all rows');
	return;
}

# Takes a row, and ends; each row was to come once, then what was inserted.
my $id = 0;

sub once
{
	my ($ship, $what) = @_;
	my $mine = --$id;

	$ship->wait_streaming(120);
	$pg->query("INSERT INTO wide VALUES ($mine, 'later')");
	$ship->wait_drained;
	is($ship->stop, 0, "$what: a clean end");
	my %times;
	$times{$_}++ for $kafka->read_keys($ship->topic('wide'));
	is(scalar keys %times, $rows - $mine, "$what: all rows are there");
	is(scalar(grep { $_ != 1 } values %times), 0, "$what: and none came twice");
	$pg->query("SELECT pg_drop_replication_slot('$ship->{slot}')");
	return;
}

# ---- the shipper killed, then the server
my $ship = shipper('killed');
start_and_hold($ship);
$ship->kill9;
ok(wait_until('the temporary slot to go', sub { slots() == 2 }), 'killed: no slot is left');
is($kafka->count($ship->topic('wide')), 0, 'killed: nothing of it is seen');
$pg->free_slots;
start_and_hold($ship);

# a start wants two free slots at once
kill 'STOP', $ship->pid;
$pg->restart('immediate');
$pg->free_slots;
kill 'CONT', $ship->pid;
$ship->wait_log(qr/trying again/);
once($ship, 'killed');

# ---- stopped: aborted at once, so that readers need not wait
$ship = shipper('stopped');
start_and_hold($ship);
is($ship->stop(20), 0, 'stopped: a clean end');
is(end_offset($ship, 'read_committed'), end_offset($ship, 'read_uncommitted'), 'stopped: no transaction is open');
is($kafka->count($ship->topic('wide')), 0, 'stopped: nothing of it is seen');
$pg->free_slots;
$ship->start;
once($ship, 'stopped');

# ---- the broker killed
$ship = shipper('broker');
start_and_hold($ship);
$kafka->kill9;
$kafka->start;
$pg->free_slots;
once($ship, 'broker');

# ---- killed after the slot was made, before Kafka's transaction was committed
$ship = shipper('between');
start_and_hold($ship);
$kafka->pause;
$pg->free_slots;
wait_until('the slot', sub { $pg->slot('between', 'temporary') eq 'f' });
$ship->kill9;
$kafka->resume;
is($kafka->count($ship->topic('wide')), 0, 'between: nothing of it is seen');
$ship->start;
$ship->wait_log(qr/exists, but Kafka has no position record/);
once($ship, 'between');

# ---- longer than a transaction may take: it is split, and that is said
$ship = shipper('long', 'walpost.snapshot.transaction.timeout.ms' => 4000);
start_and_hold($ship);
$ship->wait_log(qr/takes longer than half of walpost\.snapshot\.transaction\.timeout\.ms/);
$pg->free_slots;
once($ship, 'long');

# ---- batches, as Kafka Connect has them: not compressed
$pg->query('CREATE TABLE plain (id int PRIMARY KEY, pad text)');
$pg->query(q{INSERT INTO plain SELECT i, repeat('p', 1000) FROM generate_series(1, 4000) i});
my %plain = ('table.include.list' => 'public.plain', 'producer.override.compression.type' => 'none', 'retriable.restart.connector.wait.ms' => 200);

sub taken
{
	my ($name, %more) = @_;
	my $bytes = delete $more{bytes};
	my $taken = shipper($name, %plain, 'walpost.buffer.memory' => 8 * 1024 * 1024, %more);

	$kafka->create_topic($taken->topic('plain'), config => { 'max.message.bytes' => $bytes }) if defined $bytes;
	$taken->start;
	$taken->wait_streaming;
	is($taken->stop, 0, "$name: a clean end");
	is($kafka->count($taken->topic('plain')), 4000, "$name: all rows, once");
	$pg->query("SELECT pg_drop_replication_slot('$name')");
	return $taken->log;
}

unlike(taken('as_it_is'), qr/takes no batches/, 'topics take them');
my $log = taken('larger', 'producer.override.batch.size' => 2000000);
like($log, qr/cutting them down to batch\.size = 900000/, 'larger ones than the topic takes are cut down');
is(scalar(() = $log =~ /trying again/g), 1, 'at the second attempt');
$log = taken('small', bytes => 20000);
is(scalar(() = $log =~ /trying again/g), 2, 'a topic that takes small ones only gets each row alone at the third attempt');

$pg->query(q{INSERT INTO plain SELECT 0, string_agg(md5(i::text), '') FROM generate_series(1, 60000) i});
my $large = shipper('large', %plain);
$large->start;
is($large->stop_by_itself, 1, 'a row that the topic does not take ends it');
like($large->log, qr/topic "$large->{prefix}\.public\.plain".*max\.message\.bytes/, 'and it says which topic');
like($large->log, qr/\{"id":0\}/, 'and which row');

done_testing();
