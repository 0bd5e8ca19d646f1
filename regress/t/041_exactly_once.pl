# exactly.once.support=required: whatever is killed, a reader of committed
# records sees each event once and in order, transactions whole.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Time::HiRes qw(time);
use Walpost::Kafka;
use Walpost::Load;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running;
my $prefix = 'once';
my $load = Walpost::Load->new(pg => $pg, kafka => $kafka, prefix => $prefix);
my $json = JSON::PP->new->utf8;

$pg->query('CREATE TABLE journal (id bigserial PRIMARY KEY, pad text)');
$kafka->create_topic("$prefix.public.journal", partitions => 1);
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	prefix => $prefix,
	conf => { Walpost::Load->conf, 'exactly.once.support' => 'required', 'offset.flush.interval.ms' => 500 });
like($ship->log, qr/streaming from slot .*exactly once/, 'it says so');

sub record
{
	my ($last) = reverse $kafka->read_topic('walpost-offsets');

	return $json->decode($last->{value});
}

sub lsn
{
	return sprintf '%X/%X', $_[0] >> 32, $_[0] & 0xffffffff;
}

sub wait_progress
{
	my ($what) = @_;
	my $confirmed = $pg->slot('walpost', 'confirmed_flush_lsn');

	return wait_until($what, sub { $pg->slot('walpost', "confirmed_flush_lsn > '$confirmed'") eq 't' });
}

# ---- kill -9 of the shipper under load
$load->start(2000, 50, 0.005);
for my $kill (1 .. 5)
{
	$ship->wait_streaming;
	wait_progress("progress before kill $kill");
	$ship->kill9;
	wait_until('the slot to be free', sub { $pg->slot('walpost', 'active') eq 'f' });
	$ship->start;
}
is($load->end(300), 0, 'the load ends');
$ship->wait_streaming;
$ship->wait_drained(120);
$load->check('after five kills of the shipper', 0);

# ---- of walsenders, and of the broker
$load->start(1000, 50, 0.005);
wait_progress('progress before the walsender dies');
$pg->query(q{SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots});
wait_progress('progress before the broker dies');
$kafka->kill9;
$kafka->start;
is($load->end(300), 0, 'the load ends');
$ship->wait_drained(120);
$load->check('after a broken connection and a broker that died', 0);

# ---- in the middle of one large transaction, which several of Kafka's hold
# (larger each time: on a busy machine one may be over before it is seen to be under way)
my $journal = $ship->topic('journal');
my ($rows, $rounds, $caught) = (0, 0, 0);
while ($caught < 2 && $rounds++ < 6)
{
	my $before = $kafka->written($journal);
	my $more = 100000 * $rounds;

	$pg->query(qq{INSERT INTO journal (pad) SELECT repeat(md5(g::text), 10) FROM generate_series(1, $more) g});
	$rows += $more;
	wait_until('a part of it', sub { $kafka->written($journal) > $before + 20000 });
	$ship->kill9;
	wait_until('the slot to be free', sub { $pg->slot('walpost', 'active') eq 'f' });
	if (record()->{walpost_open_commit})
	{
		$caught++;
		cmp_ok(record()->{walpost_open_ordinal}, '>', 1000, 'the record names the change up to which Kafka has a transaction');
	}
	$ship->start;
	$ship->wait_streaming;
	$ship->wait_drained(120);
	my @ids = map { /"after":\{"id":(\d+)/ } map { $_->{value} // '' } $kafka->read_topic($journal);
	is_deeply(\@ids, [ 1 .. $rows ], "each row once and in order, round $rounds");
}
is($caught, 2, 'two of them were killed in the middle');

# ---- the slot never passes a position record
$pg->query('CREATE TABLE elsewhere (x int)');
$pg->query('INSERT INTO elsewhere VALUES (1)');
$ship->wait_drained;
is(lsn(record()->{lsn}), $pg->slot('walpost', 'confirmed_flush_lsn'), 'an idle slot stands at its record');

# ---- a fast shutdown is not held up by an idle connector
$pg->query('CHECKPOINT');
my $start = time;
$pg->stop('fast');
cmp_ok(time - $start, '<=', 10, 'the server stops');
$pg->start;
$ship->wait_log(qr/streaming again/);
$ship->wait_drained;

# ---- a slot past the record is an error, with two ways out
is($ship->stop(20), 0, 'a clean end');
is(lsn(record()->{lsn}), $pg->slot('walpost', 'confirmed_flush_lsn'), 'which leaves slot and record at one place');
$pg->query('INSERT INTO journal VALUES (0)');
$pg->query(q{SELECT pg_replication_slot_advance('walpost', pg_current_wal_lsn())});
$ship->start;
is($ship->stop_by_itself(30), 2, 'a slot past the record stops it');
like($ship->log, qr/^walpost: gap from .*offset\.mismatch\.strategy=trust_slot.*walpost slot drop/m, 'with the two ways out');
$ship->write_conf('offset.mismatch.strategy' => 'trust_slot');
$ship->start;
$ship->wait_streaming;
is($ship->stop(20), 0, 'one of them');

# ---- another transaction where a part of one was published
my $open = { %{ record() }, walpost_open_commit => record()->{lsn} + 4096, walpost_open_ordinal => 7, walpost_open_record => 1 };
spit(scratch_dir() . '/record', qq(["$prefix",{"server":"$prefix"}]\t) . $json->encode($open));
is((run_command([ 'kcat', '-P', '-b', $kafka->brokers, '-t', 'walpost-offsets', '-K', "\t", '-l', scratch_dir() . '/record' ]))[0],
	0, 'a record of another transaction');
$ship->start;
$pg->query('INSERT INTO journal VALUES (-1)');
is($ship->stop_by_itself(30), 2, 'stops it');
like($ship->log, qr/could not go on in the middle of the transaction at/, 'loudly');

# ---- a standby takes over, without touching the transactional id before
Walpost::Shipper::command('slot', 'drop', $ship->file);
my $second = Walpost::Shipper->new(pg => $pg, kafka => $kafka, prefix => $prefix, conf => $ship->{conf});
$ship->start;
$ship->wait_streaming;
$second->start;
$second->wait_log(qr/waiting as its hot standby/);
$load->start(1000, 50, 0.005);
wait_progress('progress of the first');
$ship->kill9;
$start = time;
my $mark = length $second->log;
$second->wait_log(qr/streaming from slot/, $mark);
cmp_ok(time - $start, '<', 5, sprintf('the standby streams %.2f s after the first was killed', time - $start));
is($load->end(300), 0, 'the load ends');
$second->wait_drained(120);
$load->check('after the change-over', 0);
is($second->stop(20), 0, 'a clean end');

done_testing();
