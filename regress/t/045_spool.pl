# Kafka is away and the slot retains too much: what comes goes into the spool on
# the shipper's disk, is confirmed from there, and delivered in order when Kafka
# is back; over kill -9 of the shipper, too.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Load;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running;
my $prefix = "spool$$";
my $dir = scratch_dir() . '/spool';
my $load = Walpost::Load->new(pg => $pg, kafka => $kafka, prefix => $prefix);

mkdir $dir;
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	prefix => $prefix,
	conf => {
		Walpost::Load->conf,
		'walpost.spool.dir' => $dir,
		'walpost.spool.after.bytes' => 1048576,
		'walpost.spool.max.bytes' => 1048576 * 100,

		# so that it takes a while to deliver
		'walpost.buffer.memory' => 1048576,
	});

sub segments
{
	my @files = glob "$dir/$prefix.spool/*.segment";

	return scalar @files;
}

$load->run(200, 20, 0);
$ship->wait_drained;
is(segments(), 0, 'nothing is spooled while Kafka takes events');

# ---- Kafka goes away, the slot moves on
$kafka->kill9;
$load->run(1000, 20, 0);
$ship->wait_log(qr/goes into the spool/);
$ship->wait_drained;
pass('the slot is confirmed up to the end while Kafka is away');
cmp_ok(segments(), '>=', 1, 'the spool has files');

# an idle database's slot moves on, too
$pg->query('CREATE TABLE other AS SELECT g FROM generate_series(1, 1000) g');
$ship->wait_drained;
pass('and moves on with WAL that holds no event');

# ---- kill -9 while it is written
$load->start(3000, 20, 0);
my $confirmed = $pg->slot('walpost', 'confirmed_flush_lsn');
wait_until('progress', sub { $pg->slot('walpost', "confirmed_flush_lsn > '$confirmed'") eq 't' });
$ship->kill9;
$ship->start;
$ship->wait_log(qr/the spool .* holds what was committed/, $ship->{log_start});
is($load->end(300), 0, 'the load ends');
$ship->wait_drained;
pass('after kill -9 it goes on with its spool, without Kafka');

# ---- a lost connection meanwhile
$pg->query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots');
$load->run(100, 20, 0);
$ship->wait_streaming;
$ship->wait_drained;

# ---- Kafka comes back; kill -9 while the spool is delivered
$kafka->start;
$kafka->wait_count("$prefix.public.straight", 2500);
$ship->kill9;
cmp_ok(segments(), '>=', 1, 'killed while the spool is delivered');
$load->run(100, 20, 0);
$ship->start;
$ship->wait_log(qr/the spool .* is empty/, $ship->{log_start}, 120);
is(segments(), 0, 'a spool that was delivered is gone');
$load->run(100, 20, 0);
$ship->wait_drained;
$load->check('after an outage with two crashes', 4);

# ---- within one process, a second outage
$kafka->kill9;
my $from = length $ship->log;
$load->run(1000, 20, 0);
$ship->wait_log(qr/goes into the spool/, $from);
$ship->wait_drained;
$kafka->start;
$ship->wait_log(qr/the spool .* is empty/, $from, 120);
$load->run(100, 20, 0);
$ship->wait_drained;
$load->check('after another outage', 4);
is($ship->stop(20), 0, 'a clean end');

done_testing();
