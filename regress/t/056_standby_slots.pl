# Slots and standbys: a slot on a hot standby (from PostgreSQL 16 on), and one
# that the standby copies, so that the connector goes on there after a failover
# (slot.failover, from 17 on).

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $pg = Walpost::Postgres->running;
my $version = int($pg->query('SHOW server_version_num') / 10000);

plan(skip_all => "a slot on a standby needs PostgreSQL 16; this is $version") if $version < 16;

my $kafka = Walpost::Kafka->shared;

$pg->query(<<'EOF');
CREATE TABLE orders (id int PRIMARY KEY);
CREATE PUBLICATION walpost FOR ALL TABLES;
SELECT pg_create_physical_replication_slot('standby', true);
EOF
my $standby = Walpost::Postgres->running(standby_of => $pg, conf => <<'EOF' . ($version < 17 ? '' : "sync_replication_slots = on\n"));
primary_slot_name = 'standby'
hot_standby_feedback = on
EOF

sub ids
{
	my ($ship) = @_;

	return map { /(\d+)/ } $kafka->read_keys($ship->topic('orders'));
}

# ---- the slot is one of the standby's
my $ship = Walpost::Shipper->new(
	pg => $standby,
	kafka => $kafka,
	conf => { 'slot.name' => 'there', 'publication.autocreate.mode' => 'disabled' });
$ship->start;
wait_until(
	'the shipper to stream from the standby',
	sub {
		$pg->query('SELECT pg_log_standby_snapshot()');
		return $ship->log =~ /streaming from slot/;
	});
is($standby->slot('there', 'active'), 't', 'the standby has the slot');
is($pg->slot('there', 'active'), '', 'the primary does not');
$pg->query('INSERT INTO orders SELECT generate_series(1, 100)');
$standby->wait_confirmed('there', $pg->current_lsn);
is_deeply([ ids($ship) ], [ 1 .. 100 ], 'what is written on the primary arrives through it');
is($ship->stop(20), 0, 'a clean end');
$ship->start;
$pg->query('INSERT INTO orders SELECT generate_series(101, 200)');
$standby->wait_confirmed('there', $pg->current_lsn);
like(substr($ship->log, $ship->{log_start}), qr/continuous: Kafka has everything up to/, 'the next start goes on');
is_deeply([ ids($ship) ], [ 1 .. 200 ], 'with what came then');
is($ship->stop(20), 0, 'a clean end');
is((Walpost::Shipper::command('slot', 'drop', $ship->file))[0], 0, 'the slot is dropped there');

# ---- the slot is one of the primary's, and copied
SKIP:
{
	skip("slot.failover needs PostgreSQL 17; this is $version", 1) if $version < 17;

	$pg->append_conf("synchronized_standby_slots = 'standby'");
	$pg->reload;
	$ship = Walpost::Shipper->running(
		pg => $pg,
		kafka => $kafka,
		conf => { 'slot.failover' => 'true', 'exactly.once.support' => 'required' });
	is($pg->slot('walpost', 'failover'), 't', 'the slot is one that standbys copy');
	$pg->query('INSERT INTO orders SELECT generate_series(1001, 1100)');
	$ship->wait_drained;
	my $confirmed = $pg->slot('walpost', 'confirmed_flush_lsn');
	wait_until(
		'the standby to have it',
		sub {
			$pg->query('SELECT pg_log_standby_snapshot()');
			return $standby->slot('walpost', "synced AND NOT temporary AND confirmed_flush_lsn >= '$confirmed'") eq 't';
		},
		120);
	$pg->query('INSERT INTO orders SELECT generate_series(1101, 1200)');
	$ship->wait_drained;
	$pg->stop('fast');
	is($ship->stop(20), 0, 'a clean end, without the server');
	$standby->query('SELECT pg_promote()');
	$ship->{pg} = $standby;
	$ship->write_conf;
	$ship->start;
	$ship->wait_streaming;
	like(substr($ship->log, $ship->{log_start}), qr/(continuous|repeated from .* suppressed)/, 'it goes on at the new primary without a gap');
	$standby->query('INSERT INTO orders SELECT generate_series(1201, 1300)');
	$ship->wait_drained;
	is_deeply([ ids($ship) ], [ 1001 .. 1300 ], 'with nothing lost and nothing twice');
	is($ship->stop(20), 0, 'a clean end');
}

done_testing();
