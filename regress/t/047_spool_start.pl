# Starts with a spool: one that is elsewhere is missed, Kafka is not waited for.

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
my $prefix = "start$$";
my ($here, $there) = map { scratch_dir() . "/$_" } qw(here there);
my $load = Walpost::Load->new(pg => $pg, kafka => $kafka, prefix => $prefix);

mkdir $_ for $here, $there;
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	prefix => $prefix,
	conf => {
		Walpost::Load->conf,
		'walpost.spool.dir' => $here,
		'walpost.spool.after.bytes' => 1048576,
	});

# WAL without a row, so that LSNs grow fast.
sub grow
{
	$pg->query('SELECT txid_current(); SELECT pg_switch_wal()') for 1 .. $_[0];
	return;
}

# ---- what a spool holds is missed by a shipper that does not have it
$load->run(100, 20, 0);
$ship->wait_drained;
$kafka->kill9;
$load->run(500, 20, 0);
$ship->wait_log(qr/goes into the spool/);
$ship->wait_drained;
is($ship->stop(30), 0, 'stopped while its spool holds something');

$kafka->start;
$ship->write_conf('walpost.spool.dir' => $there);
my $from = length $ship->log;
$ship->start;
is($ship->stop_by_itself(60), 2, 'a start without the spool stops');
my $text = substr($ship->log, $from);
like($text, qr{gap from [0-9A-F]+/[0-9A-F]+ to [0-9A-F]+/[0-9A-F]+}, 'and names the gap');
like($text, qr/a spool that is not here holds what is missing, start it where that is: \S+:\Q$here\E/,
	'with host and path of the spool');
my ($begin, $end) = $text =~ m{gap from (\S+) to (\S+?):};
is($pg->query("SELECT '$end'::pg_lsn = confirmed_flush_lsn AND '$begin'::pg_lsn < '$end' FROM pg_replication_slots"),
	't', 'the gap ends where the slot stands');

$ship->write_conf('walpost.spool.dir' => undef);
$from = length $ship->log;
$ship->start;
is($ship->stop_by_itself(60), 2, 'so does one that has no spool at all');
like(substr($ship->log, $from), qr/start it where that is: \S+:\Q$here\E/, 'with the same words');

$ship->write_conf('walpost.spool.dir' => $here);
$from = length $ship->log;
$ship->start;
$ship->wait_log(qr/the spool .* is empty/, $from, 120);
$load->run(100, 20, 0);
$ship->wait_drained;
$load->check('with its spool', 0);

# ---- once it is delivered, nobody misses it
is($ship->stop(30), 0, 'a clean end');
$ship->write_conf('walpost.spool.dir' => $there);
$ship->start;
$ship->wait_streaming;
$load->run(100, 20, 0);
$ship->wait_drained;
pass('a spool that was delivered is not missed');
$ship->kill9;

# ---- Kafka is away from the start on, the slot retains too much
$kafka->kill9;
$load->run(500, 20, 0);
$ship->start;
$ship->wait_log(qr/Kafka is away since the start.*goes into the spool/, $ship->{log_start});
$ship->wait_streaming;
my $confirmed = $pg->slot('walpost', 'confirmed_flush_lsn');

$load->run(100, 20, 0);
grow(10);
$ship->wait_drained;
is($pg->slot('walpost', "confirmed_flush_lsn > '$confirmed'"), 't', 'the slot moves on all the same');

# still without Kafka: its spool goes on
$ship->kill9;
$load->run(100, 20, 0);
$ship->start;
$ship->wait_streaming;
$ship->wait_drained;
pass('a start with a spool does not wait for Kafka');
$pg->query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots');
$load->run(100, 20, 0);
$ship->wait_drained;

$kafka->start;
$ship->wait_log(qr/the spool .* is empty/, $ship->{log_start}, 120);
$load->run(100, 20, 0);
$ship->wait_drained;
$load->check('after starts without Kafka', 2);
is($ship->stop(20), 0, 'a clean end');

done_testing();
