# "walpost run" with several files: a process for each, started again when it
# dies, stopped with the others, and none of them touched by the fate of another.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my @names = ('one', 'two');
my @ships;

for my $name (@names)
{
	$pg->query("CREATE DATABASE $name");
	$pg->query('CREATE TABLE orders (id int PRIMARY KEY)', $name);
	push @ships,
	  Walpost::Shipper->new(pg => $pg, kafka => $kafka, db => $name, conf => { 'slot.name' => $name });
}

my $log = log_file('supervisor');
my $supervisor;

sub start
{
	spit($log, '');
	$supervisor =
	  in_background($log, Walpost::Shipper::program(), 'run', map { $_->file } @ships);
	is_streaming($_) for @names;
	return;
}

sub is_streaming
{
	my ($name) = @_;

	return wait_until("$name to stream", sub { $pg->slot($name, 'active') eq 't' });
}

# The process of a connector, as the supervisor logged it last.
sub worker
{
	my ($ship) = @_;
	my @pids = slurp($log) =~ /started process (\d+) for "\Q$ship->{file}\E"/g;

	return $pids[-1];
}

# A row for each database, and that it arrives.
sub carries
{
	my ($id, $what) = @_;

	$pg->query("INSERT INTO orders VALUES ($id)", $_) for @names;
	for my $i (0, 1)
	{
		$pg->wait_confirmed($names[$i]);
		is_deeply(
			[ map { $_->{key} } grep { $_->{key} eq qq({"id":$id}) } $kafka->read_topic($ships[$i]->topic('orders')) ],
			[qq({"id":$id})], "$what: $names[$i]");
	}
	return;
}

start();
carries(1, 'both run');

# ---- one is killed
my @before = map { worker($_) } @ships;
kill 'KILL', $before[0];
wait_until('it to be started again', sub { worker($ships[0]) != $before[0] });
like(slurp($log), qr/process for "\Q$ships[0]{file}\E" ended with signal 9; starting it again in 1 s/, 'its end is reported');
is_streaming($_) for @names;
is(worker($ships[1]), $before[1], 'the other one went on');
carries(2, 'one was killed');

# ---- a clean end of all
kill 'TERM', $supervisor;
is(wait_exit($supervisor, 20), 0, 'SIGTERM: a clean end');
wait_until('the slots to be free', sub { $pg->query('SELECT count(*) FROM pg_replication_slots WHERE active') eq '0' });
is((() = slurp($log) =~ /process for ".*" ended$/mg), 2, 'of both');

# ---- the supervisor dies without a word
start();
kill 'KILL', $supervisor;
is(wait_exit($supervisor), 128 + 9, 'the supervisor is killed');
wait_until('its connectors to end', sub { $pg->query('SELECT count(*) FROM pg_replication_slots WHERE active') eq '0' });
pass('its connectors end');

# ---- a connector that cannot run does not stop the other
$ships[1]->write_conf('database.port' => 'x');
spit($log, '');
$supervisor = in_background($log, Walpost::Shipper::program(), 'run', map { $_->file } @ships);
is_streaming('one');
wait_until('the other to be given up', sub { slurp($log) =~ /ended because of its configuration; it is not started again/ });
kill 'TERM', $supervisor;
is(wait_exit($supervisor, 20), 2, 'the exit status tells');
like(slurp($log), qr/1 of 2 connectors could not run/, 'and so does the last line');

done_testing();
