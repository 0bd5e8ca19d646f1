# How a start decides on a snapshot: slot or none, position record or none, each
# with each snapshot.mode.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOF2');
CREATE EXTENSION walpost;
CREATE PUBLICATION walpost FOR ALL TABLES;
CREATE TABLE orders (id int PRIMARY KEY);
EOF2

my $based = 'snapshot.mode.configuration.based.';
my %of_mode = (
	configuration_based => { "${based}snapshot.data" => 'true', "${based}start.stream" => 'true' },
	on_data_error => { 'snapshot.mode' => 'configuration_based', "${based}snapshot.on.data.error" => 'true', "${based}start.stream" => 'true' },
);
my $next = 0;

# Puts slot and record as they are to be found, then starts with a mode.  The table
# has the rows 1 and 2; 2 is what a slot that exists has before it, if it exists.
# Returns what the start published ("r1 r2 c3" of a table whose row 3 is inserted
# once it streams), or "stopped".
sub start
{
	my ($slot, $record, $mode, %more) = @_;
	my $name = 'start' . ++$next;
	my $ship = Walpost::Shipper->new(
		pg => $pg,
		kafka => $kafka,
		slot => $name,
		conf => { 'slot.name' => $name, 'table.include.list' => 'public.orders', %more });

	$pg->query('TRUNCATE orders; INSERT INTO orders VALUES (1)');
	if ($record)
	{
		# as a run leaves both
		$ship->start;
		$ship->wait_streaming;
		$ship->stop == 0 or die 'no clean end';
		$pg->query("SELECT pg_drop_replication_slot('$name')") if !$slot;
	}
	elsif ($slot)
	{
		$pg->query("SELECT pg_create_logical_replication_slot('$name', 'walpost')");
	}
	# a slot that somebody moved: what was in between is lost
	if ($slot && $slot eq 'moved')
	{
		$pg->query("INSERT INTO orders VALUES (0); DELETE FROM orders WHERE id = 0; SELECT pg_switch_wal()");
		$pg->query("SELECT pg_replication_slot_advance('$name', pg_current_wal_lsn())");
	}
	$pg->query('INSERT INTO orders VALUES (2)');
	$ship->write_conf('snapshot.mode' => $mode, %{ $of_mode{$mode} // {} }, %more);
	$ship->start;
	my $status;
	wait_until("$name to stream or end",
		sub {
			$status = wait_exit($ship->pid, -1);
			return defined $status || substr($ship->log, $ship->{log_start}) =~ /streaming from slot/;
		});
	if (!defined $status)
	{
		$pg->query('INSERT INTO orders VALUES (3)');
		$ship->wait_drained;
		is($ship->stop, 0, "$name: a clean end");
	}
	my $seen = join ' ', map { "$_->{event}{op}$_->{event}{after}{id}" } grep { $_->{event}{op} =~ /[rc]/ } $ship->events('orders');
	$seen = join ' ', grep { length } $seen, 'stopped' if $status;
	my $left = $pg->query("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '$name'");
	$pg->query("SELECT pg_drop_replication_slot('$name')") if $left;
	is($pg->query('SELECT count(*) FROM pg_replication_slots'), 0, "$name: nothing else is left");
	return ($seen, $left, substr($ship->log, $ship->{log_start}));
}

# slot, record, mode, what comes, whether a slot is there in the end
my @table = (
	# neither: a first start
	[ 0, 0, 'always', 'r1 r2 c3', 1 ],
	[ 0, 0, 'initial', 'r1 r2 c3', 1 ],
	[ 0, 0, 'initial_only', 'r1 r2', 0 ],
	[ 0, 0, 'no_data', 'c3', 1 ],
	[ 0, 0, 'when_needed', 'r1 r2 c3', 1 ],
	[ 0, 0, 'configuration_based', 'r1 r2 c3', 1 ],
	[ 0, 0, 'on_data_error', 'c3', 1 ],

	# both: the stream goes on
	[ 1, 1, 'always', 'r1 r2 c3', 1 ],
	[ 1, 1, 'initial', 'c2 c3', 1 ],
	[ 1, 1, 'initial_only', 'r1 r2', 1 ],
	[ 1, 1, 'no_data', 'c2 c3', 1 ],
	[ 1, 1, 'when_needed', 'c2 c3', 1 ],
	[ 1, 1, 'configuration_based', 'r1 r2 c3', 1 ],
	[ 1, 1, 'on_data_error', 'c2 c3', 1 ],

	# a slot that somebody made
	[ 1, 0, 'always', 'r1 r2 c3', 1 ],
	[ 1, 0, 'initial', 'r1 r2 c3', 1, qr/exists, but Kafka has no position record.*taking a snapshot/ ],
	[ 1, 0, 'initial_only', 'r1 r2', 1 ],
	[ 1, 0, 'no_data', 'c2 c3', 1 ],
	[ 1, 0, 'when_needed', 'r1 r2 c3', 1 ],
	[ 1, 0, 'configuration_based', 'r1 r2 c3', 1 ],
	[ 1, 0, 'on_data_error', 'c2 c3', 1 ],

	# a slot that was lost
	[ 0, 1, 'always', 'r1 r2 c3', 1 ],
	[ 0, 1, 'initial', 'stopped', 0, qr/gap from.*having been made anew/ ],
	[ 0, 1, 'initial_only', 'r1 r2', 0 ],
	[ 0, 1, 'no_data', 'stopped', 0, qr/gap from.*having been made anew/ ],
	[ 0, 1, 'when_needed', 'r1 r2 c3', 1, qr/the slot is gone/ ],
	[ 0, 1, 'configuration_based', 'r1 r2 c3', 1 ],
	[ 0, 1, 'on_data_error', 'r1 r2 c3', 1, qr/the slot is gone/ ],

	# a slot that was moved: trusted, as offset.mismatch.strategy has it, but where a
	# snapshot is to make good what is missing
	[ 'moved', 1, 'initial', 'c2 c3', 1, qr/gap from/ ],
	[ 'moved', 1, 'when_needed', 'r1 r2 c3', 1, qr/does not go on where/ ],
	[ 'moved', 1, 'on_data_error', 'r1 r2 c3', 1, qr/does not go on where/ ],
);

for my $row (@table)
{
	my ($slot, $record, $mode, $expected, $expected_slot, $said) = @$row;
	my $what = "slot $slot, record $record, $mode";
	my ($seen, $left, $log) = start($slot, $record, $mode);

	is($seen, $expected, $what);
	is($left, $expected_slot, "$what: slot");
	like($log, $said, "$what: says so") if $said;
}

# ---- accepted by the table that says which record counts
my ($seen, undef, $log) = start('moved', 1, 'when_needed', 'offset.mismatch.strategy' => 'trust_slot');
is($seen, 'c2 c3', 'who trusts the slot gets no snapshot');

# ---- a slot whose WAL is gone
$pg->append_conf("max_slot_wal_keep_size = '1MB'\nmax_wal_size = '32MB'\nmin_wal_size = '32MB'");
my $lost = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	slot => 'lost',
	conf => { 'slot.name' => 'lost', 'table.include.list' => 'public.orders', 'snapshot.mode' => 'when_needed' });
is($lost->stop, 0, 'a clean end');
$pg->reload;
$pg->query('CREATE TABLE filler (x text)');
wait_until('the slot to be lost', sub {
	$pg->query("INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 20000); SELECT pg_switch_wal(); CHECKPOINT");
	return $pg->slot('lost', 'wal_status') eq 'lost';
});
my ($status, $out) = Walpost::Shipper::command('check', $lost->file);
like($out, qr/slot "lost" is lost.* it is dropped, and a new snapshot taken/, 'check says what will be done');
$lost->write_conf('snapshot.mode' => 'initial');
$lost->start;
is($lost->stop_by_itself, 2, 'initial stops where the slot is lost');
like($lost->log, qr/slot "lost" is lost: the server no longer keeps/, 'and says so');
$lost->write_conf('snapshot.mode' => 'when_needed');
my $before = $kafka->count($lost->topic('orders'));
$lost->start;
$lost->wait_streaming;
is($kafka->count($lost->topic('orders')) - $before, $pg->query('SELECT count(*) FROM orders'), 'when_needed takes a snapshot');
is($lost->stop, 0, 'a clean end');

# ---- a mode that asks for nothing
my $nothing = Walpost::Shipper->new(pg => $pg, kafka => $kafka, conf => { 'snapshot.mode' => 'configuration_based' });
$nothing->start;
is($nothing->stop_by_itself, 2, 'neither rows nor changes');
like($nothing->log, qr/asks for neither rows nor changes; set \S+snapshot\.data/, 'is an error');

done_testing();
