# "walpost slot takeover" turns a slot of another plugin into one of ours at its
# very position, also when it was killed between any two of its steps.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $second = 'walpost_takeover_walpost';

$pg->query('CREATE TABLE orders (id int PRIMARY KEY)');
$pg->query('CREATE PUBLICATION walpost FOR TABLE orders');

my $ship = Walpost::Shipper->new(pg => $pg, kafka => $kafka);

# Status and errors of the take-over.
sub takeover
{
	my ($status, undef, $err) = Walpost::Shipper::command('slot', 'takeover', $ship->file);

	return ($status, $err);
}

sub position
{
	my ($slot) = @_;

	return $pg->slot($slot, q{plugin || ' ' || confirmed_flush_lsn || ' ' || restart_lsn});
}

# A slot of pgoutput with a change behind it, for whoever reads on from there.
sub others_slot
{
	my ($id) = @_;

	$pg->query(q{SELECT pg_create_logical_replication_slot('walpost', 'pgoutput')});
	$pg->query("INSERT INTO orders VALUES ($id)");
	return position('walpost') =~ s/pgoutput/walpost/r;
}

sub copy
{
	my ($from, $to) = @_;

	return $pg->query("SELECT pg_copy_logical_replication_slot('$from', '$to', false, 'walpost')");
}

sub drop
{
	my ($slot) = @_;

	return $pg->query("SELECT pg_drop_replication_slot('$slot')");
}

# After a take-over there is the one slot, ours, where the other's was.
sub is_taken
{
	my ($was, $name) = @_;
	my ($status, $err) = takeover();

	is($status, 0, "$name: exit status") or diag($err);
	is(position('walpost'), $was, "$name: plugin and position");
	is($pg->slot($second, 'plugin'), '', "$name: nothing else is left");
	return;
}

# ---- nothing to take over
my ($status, $err) = takeover();
is($status, 2, 'no slot: exit status');
like($err, qr/walpost: slot "walpost" does not exist; /, 'no slot');

# ---- whole, and what the connector then makes of it
my $was = others_slot(1);
is_taken($was, 'in one go');
is_taken($was, 'once more');
$ship->start;
$ship->wait_streaming;
$ship->wait_drained;
is_deeply([ map { $_->{key} } $kafka->read_topic($ship->topic('orders')) ],
	['{"id":1}'], 'what the other client had not confirmed is published');
is($ship->stop(20), 0, 'a clean end');
drop('walpost');

# ---- killed after each step
$was = others_slot(2);
copy('walpost', $second);
is_taken($was, 'killed after the copy');
drop('walpost');

$was = others_slot(3);
copy('walpost', $second);
$pg->query(q{SELECT count(*) FROM pg_logical_slot_get_binary_changes('walpost', NULL, NULL, 'proto_version', '1', 'publication_names', 'walpost')});
my $moved = position('walpost') =~ s/pgoutput/walpost/r;
isnt($moved, $was, 'the other client has come back in between');
is_taken($moved, 'killed after the copy, and the slot moved on');
drop('walpost');

$was = others_slot(4);
copy('walpost', $second);
drop('walpost');
my ($run, undef, $said) = Walpost::Shipper::command('run', $ship->file);
is($run, 2, 'a start in the middle of a take-over: exit status');
like($said, qr/slot "walpost" is in the middle of a takeover .*"$second".*; run walpost slot takeover again/,
	'a start in the middle makes no slot of its own');
is_taken($was, 'killed after the drop');
drop('walpost');

$was = others_slot(5);
copy('walpost', $second);
drop('walpost');
copy($second, 'walpost');
is_taken($was, 'killed after the copy back');
drop('walpost');

# ---- killed while the server is at a step, which it goes on with: as if here
$was = others_slot(7);
copy('walpost', $second);
my $step = in_background(
	log_file('step'), $pg->program('pg_recvlogical'), $pg->connect_switches, '-S', $second, '--start', '-f', '-', '-o', 'topic.prefix=t');
wait_until('the second slot to be in use', sub { $pg->slot($second, 'active') eq 't' });
($status, $err) = takeover();
is($status, 1, 'at a step: exit status');
like($err, qr/slot "$second", which the takeover of "walpost" needs.*, is in use by process \d+ of the server; end that one/, 'says who has it');
$ship->write_conf('walpost.slot.takeover' => 'true');
my $mark = length $ship->log;
$ship->start;
$ship->wait_log(qr/slot "$second".* is in use by process \d+.*trying again/, $mark);
kill 'INT', $step;
wait_exit($step);
$ship->wait_streaming;
is($pg->slot('walpost', 'plugin'), 'walpost', 'a connector waits for its end, and takes over');
is($pg->slot($second, 'plugin'), '', 'and nothing else is left');
is($ship->stop(20), 0, 'a clean end');
drop('walpost');

# ---- what must not be touched
$was = others_slot(6);
my $holder = in_background(
	log_file('holder'), $pg->program('pg_recvlogical'), $pg->connect_switches,
	'-S', 'walpost', '--start', '-f', '-', '-o', 'proto_version=1', '-o', 'publication_names=walpost');
wait_until('the slot to be in use', sub { $pg->slot('walpost', 'active') eq 't' });
($status, $err) = takeover();
is($status, 1, 'in use: exit status');
like($err, qr/slot "walpost" is in use by process \d+ of the server; stop its client first/, 'in use');
kill 'INT', $holder;
wait_exit($holder);

$pg->query("SELECT pg_create_logical_replication_slot('$second', 'test_decoding')");
($status, $err) = takeover();
is($status, 2, 'second name taken: exit status');
like($err, qr/slot "$second", which the takeover of "walpost" needs.*, is somebody else's/, 'second name taken');
like(position('walpost'), qr/^pgoutput/, 'and nothing was done');
drop($second);
drop('walpost');

$pg->query(q{SELECT pg_create_physical_replication_slot('walpost')});
($status, $err) = takeover();
is($status, 2, 'physical: exit status');
like($err, qr/slot "walpost" is a physical slot/, 'physical');
drop('walpost');

done_testing();
