# The position record: what it holds, that a start compares it with the server,
# and what becomes of a slot that was moved, lost or replaced.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $offsets = "offsets$$";
my $json = JSON::PP->new->utf8;

$pg->query('CREATE TABLE orders (id int PRIMARY KEY)');
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => { 'offset.storage.topic' => $offsets, 'offset.flush.interval.ms' => 200 });
my $topic = $ship->topic('orders');
my $next = 1;

# Inserts rows; returns their number so far.
sub insert
{
	my ($n) = @_;

	$pg->query("INSERT INTO orders SELECT g FROM generate_series($next, $next + $n - 1) g");
	$next += $n;
	return $next - 1;
}

# The youngest record: its key and its value, decoded.
sub record
{
	my ($last) = reverse $kafka->read_topic($offsets);

	return ($last->{key}, defined $last->{value} ? $json->decode($last->{value}) : undef);
}

# An LSN as the server prints it, of a record's number.
sub lsn
{
	return sprintf '%X/%X', $_[0] >> 32, $_[0] & 0xffffffff;
}

# ---- what it holds
insert(10);
$ship->wait_drained;
my $confirmed = $pg->slot('walpost', 'confirmed_flush_lsn');
wait_until('a record of that position', sub { my (undef, $r) = record(); lsn($r->{lsn}) ge $confirmed });
my ($key, $value) = record();
is($key, qq(["$ship->{prefix}",{"server":"$ship->{prefix}"}]), "the key is laid out as Connect's");
is($value->{walpost_system_id}, $pg->query('SELECT system_identifier FROM pg_control_system()'), 'the server');
is($value->{walpost_timeline}, 1, 'its timeline');
is($value->{walpost_slot}, 'walpost', 'the slot');
cmp_ok($value->{walpost_limit}, '>', $value->{lsn}, 'how far the slot may be moved before the next record');

is($ship->stop(20), 0, 'a clean end');
(undef, $value) = record();
is($value->{walpost_limit}, $value->{lsn}, 'after a clean end the slot stands where the record says');
is(lsn($value->{lsn}), $pg->slot('walpost', 'confirmed_flush_lsn'), 'and there it stands');

# ---- a start that goes on, and remembers the transaction before
my $mark = length $ship->log;
$ship->start;
$ship->wait_streaming;
like(substr($ship->log, $mark), qr/position .*continuous: Kafka has everything up to/, 'a start says that it goes on');
insert(1);
$ship->wait_drained;
my ($event) = reverse $ship->events('orders');
like($event->{event}{source}{sequence}, qr/^\["\d+","\d+"\]$/, 'source.sequence goes on over a restart');

# ---- a slot that was set back (restored, failed over): repeats are suppressed
$ship->stop(20);
insert(5);
$pg->query(q{SELECT pg_copy_logical_replication_slot('walpost', 'older')});
$ship->start;
$ship->wait_streaming;
$ship->wait_drained;
$ship->stop(20);
$pg->query(q{SELECT pg_drop_replication_slot('walpost')});
$pg->query(q{SELECT pg_copy_logical_replication_slot('older', 'walpost')});
$pg->query(q{SELECT pg_drop_replication_slot('older')});
$mark = length $ship->log;
$ship->start;
$ship->wait_streaming;
like(substr($ship->log, $mark), qr{continuous: repeated from [0-9A-F]+/[0-9A-F]+ up to [0-9A-F]+/[0-9A-F]+ suppressed},
	'a slot that is behind');
my $rows = insert(1);
$ship->wait_drained;
is($kafka->count($topic), $rows, 'nothing is repeated');

# ---- a killed one may have moved the slot past the record, within its limit
$ship->kill9;
wait_until('the slot to be free', sub { $pg->slot('walpost', 'active') eq 'f' });
$mark = length $ship->log;
$ship->start;
$ship->wait_streaming;
like(substr($ship->log, $mark), qr/position .*continuous/, 'after a crash');

# ---- a slot that somebody moved: said, and gone on
$ship->stop(20);
(undef, $value) = record();
my $from = lsn($value->{lsn});
insert(3);
$pg->query(q{SELECT pg_replication_slot_advance('walpost', pg_current_wal_lsn())});
my $to = $pg->slot('walpost', 'confirmed_flush_lsn');
$mark = length $ship->log;
$ship->start;
$ship->wait_streaming;
like(substr($ship->log, $mark), qr/error position .*gap from \Q$from\E to \Q$to\E/, 'a gap is said, with both of its ends');

# ---- or refused
$ship->stop(20);
insert(3);
$pg->query(q{SELECT pg_replication_slot_advance('walpost', pg_current_wal_lsn())});
$ship->write_conf('offset.mismatch.strategy' => 'trust_offset');
$ship->start;
is($ship->stop_by_itself(30), 2, 'trust_offset stops');
like($ship->log, qr/^walpost: gap from .* to .*trust_slot.*walpost slot drop/m, 'with the ways out');
$ship->write_conf('offset.mismatch.strategy' => 'trust_slot');
$ship->start;
$ship->wait_streaming;
$rows = insert(1);
$ship->wait_drained;
is($ship->stop(20), 0, 'trust_slot goes on');

# ---- a slot that was lost: stop, and leave nothing that keeps WAL
$pg->query(q{SELECT pg_drop_replication_slot('walpost')});
insert(3);
$ship->write_conf('offset.mismatch.strategy' => undef);
$ship->start;
is($ship->stop_by_itself(30), 2, 'a lost slot stops it');
like($ship->log, qr/gap from .*made anew.*walpost slot drop/, 'with what to do');
is($pg->query('SELECT count(*) FROM pg_replication_slots'), 0, 'no slot is left behind');
$kafka->configure_topic($offsets, 'max.message.bytes' => 20);
my ($status, $out, $error) = Walpost::Shipper::command('slot', 'drop', $ship->file);
is($status, 1, 'a record that Kafka does not let go is an error');
like($error, qr/could not remove the position record from topic "$offsets": .*too large/i, 'which says why');
ok((record())[1], 'and it is still there');
$kafka->configure_topic($offsets, 'max.message.bytes' => 1_000_000);
($status, $out) = Walpost::Shipper::command('slot', 'drop', $ship->file);
is($status, 0, 'walpost slot drop forgets');
like($out, qr/forgot the position record/, 'the record');
is((record())[1], undef, 'which is gone from the topic');
($status) = Walpost::Shipper::command('slot', 'drop', $ship->file);
is($status, 1, 'a second time there is nothing to drop');
$ship->start;
$ship->wait_streaming;
$rows = insert(2);
$ship->wait_drained;
is($ship->stop(20), 0, 'and it begins anew');

# ---- a record that nobody can read is not passed over
run_command([ 'sh', '-c', qq(printf '%s' '$key\t{"lsn":"x"}' | kcat -P -b @{[ $kafka->brokers ]} -t $offsets -K '\t') ]);
$ship->start;
is($ship->stop_by_itself(30), 2, 'a record that is broken stops it');
like($ship->log, qr/position record .*could not|could not use the position record .*"lsn"/, 'and is named');

# ---- slot.drop.on.stop forgets the record with the slot
Walpost::Shipper::command('slot', 'drop', $ship->file);
$ship->write_conf('slot.drop.on.stop' => 'true');
for my $round (1, 2)
{
	$ship->start;
	$ship->wait_streaming;
	is($ship->stop(20), 0, "slot.drop.on.stop, round $round");
}
is((record())[1], undef, 'no record is left');

# ---- a server that is another one
$ship->write_conf('slot.drop.on.stop' => undef);
$ship->start;
$ship->wait_streaming;
$ship->stop(20);
my $other = Walpost::Postgres->running;
$ship->{pg} = $other;
$ship->write_conf('offset.mismatch.strategy' => 'trust_offset');
$ship->start;
is($ship->stop_by_itself(30), 2, 'another server is not taken for the one of the record');
like($ship->log, qr/position record is of system \d+, timeline 1, and this server is system \d+/, 'and both are named');

done_testing();
