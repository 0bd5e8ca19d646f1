# A failover while the spool is in use: the server comes back on another
# timeline, the shipper goes on with its spool, and when Kafka is back everything
# is there: events, dead letters, heartbeats; also over a kill -9, with Kafka
# transactions and without.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Load;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

# The server ends, and what comes up in its place has its WAL and its slot: what a
# failover with synchronized slots looks like from outside.
sub fail_over
{
	my ($pg, $while_standby) = @_;

	$pg->stop('fast');
	spit($pg->data . '/standby.signal', '');
	$pg->start;
	$while_standby->() if $while_standby;
	$pg->query('SELECT pg_promote()');
	return $pg->query(q{SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)::int});
}

# Rows that Kafka refuses.
sub bad
{
	my ($pg, @numbers) = @_;

	$pg->query("INSERT INTO keyless VALUES ($_)") for @numbers;
	return;
}

sub failover
{
	my ($mode, $support) = @_;
	my $kafka = Walpost::Kafka->running;
	my $pg = Walpost::Postgres->running;
	my $prefix = "fail-$mode";
	my $dir = scratch_dir() . "/spool-$mode";
	my $load = Walpost::Load->new(pg => $pg, kafka => $kafka, prefix => $prefix);
	my $beats = "__debezium-heartbeat.$prefix";

	$pg->query('CREATE TABLE keyless (n int)');
	$kafka->create_topic("$prefix.public.keyless", config => { 'cleanup.policy' => 'compact' });
	mkdir $dir;
	my $ship = Walpost::Shipper->running(
		pg => $pg,
		kafka => $kafka,
		prefix => $prefix,
		conf => {
			Walpost::Load->conf,
			'exactly.once.support' => $support,
			'heartbeat.interval.ms' => 200,
			'errors.tolerance' => 'all',
			'errors.deadletterqueue.topic.name' => 'dead',
			'errors.deadletterqueue.topic.replication.factor' => 1,
			'walpost.spool.dir' => $dir,
			'walpost.spool.after.bytes' => 1048576,
			'walpost.spool.max.bytes' => 104857600,
			'walpost.buffer.memory' => 1048576,
		});

	$load->run(200, 20, 0);
	bad($pg, 1, 2);
	wait_until('heartbeats', sub { $kafka->written($beats) >= 3 });
	$ship->wait_drained;

	# ---- Kafka goes, then the server
	$kafka->kill9;
	$load->run(500, 20, 0);
	bad($pg, 3, 4);
	$ship->wait_log(qr/goes into the spool/);
	$load->run(200, 20, 0);
	$ship->wait_drained;
	my $from = length $ship->log;
	# before 16 a standby cannot decode
	my $waits = $pg->query('SHOW server_version_num') < 160000
	  ? sub { $ship->wait_log(qr/is a standby, .*waiting until it is promoted/, $from) }
	  : undef;
	is(fail_over($pg, $waits), 2, 'the server is on another timeline');
	$ship->wait_log(qr/streaming again from slot/, $from);
	$load->run(500, 20, 0);
	bad($pg, 5, 6);
	$ship->wait_drained;
	pass('the spool goes on behind it');

	# ---- and once more, with the shipper away
	$ship->kill9;
	is(fail_over($pg), 3, 'and on another');
	$ship->start;
	$load->run(200, 20, 0);
	$ship->wait_drained;

	# ---- Kafka comes back
	$kafka->start;
	$ship->wait_log(qr/the spool .* is empty/, $ship->{log_start}, 120);
	bad($pg, 7, 8);
	$load->run(100, 20, 0);
	$ship->wait_drained(120);
	$load->check('after two failovers', $support ? 0 : 4);
	my @dead = map { $_->{value} =~ /"after":\{"n":(\d+)/ } $kafka->read_topic('dead');
	my %seen;
	is_deeply([ $support ? @dead : grep { !$seen{$_}++ } @dead ], [ 1 .. 8 ], 'each dead letter is there, in order');
	my $written = $kafka->written($beats);
	wait_until('more heartbeats', sub { $kafka->written($beats) > $written + 2 });
	pass('and it beats');
	is($ship->stop(20), 0, 'a clean end');
	$kafka->stop;
	return;
}

for my $mode ([ 'at-least-once', undef ], [ 'exactly-once', 'required' ])
{
	subtest($mode->[0], sub { failover(@$mode); });
}

done_testing();
