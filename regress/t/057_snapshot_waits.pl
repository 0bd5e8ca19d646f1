# What a snapshot does while it waits: for a broker at its start, for Kafka in the
# middle, for a free slot at its end.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->new;
my $pg = Walpost::Postgres->running(conf => "max_replication_slots = 4\n");
my $rows = 60000;

$pg->query(<<"EOF2");
CREATE EXTENSION walpost;
CREATE TABLE wide (id int PRIMARY KEY, pad text);
INSERT INTO wide SELECT i, repeat('p', 300) FROM generate_series(1, $rows) i;
EOF2

sub slots
{
	return $pg->query('SELECT count(*) FROM pg_replication_slots');
}

# Seconds of processor time that a process has used.
sub cpu_seconds
{
	my ($pid) = @_;
	my @fields = split ' ', slurp("/proc/$pid/stat") =~ s/^.*\) //sr;

	return ($fields[11] + $fields[12]) / 100;
}

my $ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'snapshot.mode' => 'initial',
		'table.include.list' => 'public.wide',
		'snapshot.max.threads' => 1,
		# over a Unix socket: poll() tells of its end whatever it is asked for
		'database.hostname' => $pg->host,
		# so that it is full long before the end
		'walpost.buffer.memory' => 4 * 1024 * 1024,
	});

# ---- no broker at the start
$ship->start;
$ship->wait_log(qr/could not read the position record from topic "\S+" yet/);
like($ship->log, qr/\Q@{[ $kafka->brokers ]}\E/, 'the log names the broker that is missing');
is(slots(), 0, 'no slot is made before the brokers were asked');
is($ship->stop(10), 0, 'SIGTERM ends the wait');

# Starts the shipper and stops Kafka when the temporary slot is about to be made:
# who makes a slot waits for transactions that are under way.
sub start_without_kafka
{
	my $let_go = $pg->hold_new_slots;

	$ship->start;
	wait_until('the temporary slot',
		sub { $pg->query(q{SELECT count(*) FROM pg_replication_slots WHERE temporary}) == 1 });
	kill 'STOP', -$kafka->{pid};
	return $let_go;
}

# ---- Kafka stands still in the middle, and the reader's server process dies
$kafka->start;
ok(start_without_kafka()->(), 'the transaction ends');
my $topic = $ship->topic('wide');
my $reader = q{FROM pg_stat_activity WHERE application_name = 'walpost' AND query LIKE 'COPY%'};
wait_until('the reader to wait for its client',
	sub { $pg->query("SELECT wait_event $reader") eq 'ClientWrite' });
is($pg->query("SELECT count(pg_terminate_backend(pid)) $reader"), 1, 'its server process is ended');
wait_until('it to be gone', sub { $pg->query("SELECT count(*) $reader") == 0 });
my $used = cpu_seconds($ship->pid);
is($ship->stop_by_itself(2), undef, 'the shipper waits for Kafka');
cmp_ok(cpu_seconds($ship->pid) - $used, '<', 0.5, 'and burns no processor time meanwhile');
kill 'CONT', -$kafka->{pid};
$ship->wait_log(qr/could not read table public\.wide.*trying again/s);
$ship->wait_streaming(120);
is($ship->stop, 0, 'it begins again, and completes');
is((Walpost::Shipper::command('slot', 'drop', $ship->file))[0], 0, 'slot and record are forgotten');

# ---- no slot is free at the end: the rows are not read again
my $let_go = start_without_kafka();
$pg->fill_slots(3);
ok($let_go->(), 'the transaction ends');
kill 'CONT', -$kafka->{pid};
$ship->wait_log(qr/all replication slots of the server are in use; all rows are in Kafka, waiting for a free slot/);
is($pg->query('SELECT count(*) FROM pg_replication_slots WHERE temporary'), 1, 'the temporary slot is kept');
is($pg->query(q{SELECT count(*) FROM pg_locks WHERE relation = 'wide'::regclass}), 0, 'and no table stays locked');
my $before = $kafka->written($topic);
$pg->query(q{INSERT INTO wide VALUES (0, 'while it waits')});
$pg->query(q{SELECT pg_drop_replication_slot('filler1')});
$ship->wait_streaming;
$ship->wait_drained;
is($kafka->written($topic) - $before, 1, 'then the stream begins, with what was written meanwhile');
is($ship->stop, 0, 'a clean end');
is((Walpost::Shipper::command('slot', 'drop', $ship->file))[0], 0, 'slot and record are forgotten');

# ---- the same, and stopped
$let_go = start_without_kafka();
$pg->fill_slots(1);
ok($let_go->(), 'the transaction ends');
kill 'CONT', -$kafka->{pid};
wait_until('it to wait for a slot',
	sub { 2 == (() = $ship->log =~ /waiting for a free slot/g) });
is($ship->stop(10), 0, 'SIGTERM ends that wait, too');
ok(wait_until('the temporary slot to go', sub { slots() == 3 }), 'and leaves no slot');

done_testing();
