# A transaction whose changes are all filtered out, and which takes longer to
# decode than wal_sender_timeout: the walsender does not time out.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running(conf => "logical_decoding_work_mem = '64kB'");

$pg->query(<<'EOF');
CREATE TABLE orders (id int PRIMARY KEY);
CREATE TABLE noise (id int);
CREATE TABLE unpublished (id int);
EOF

for my $case (
	[ 'table.include.list' => { 'table.include.list' => 'public\.orders' }, 'noise' ],
	[ 'the publication' => {}, 'unpublished' ])
{
	my ($by, $conf, $table) = @$case;

	$pg->query('CREATE PUBLICATION walpost FOR TABLE '
		  . ($table eq 'noise' ? 'orders, noise' : 'orders'));
	my $ship = Walpost::Shipper->running(
		pg => $pg,
		kafka => $kafka,
		conf => { 'publication.autocreate.mode' => 'disabled', %$conf });
	$ship->wait_drained;
	$ship->stop(20);

	# The transaction is there before the server's patience becomes short.
	$pg->query("INSERT INTO $table SELECT g FROM generate_series(1, 3000000) g");
	$pg->append_conf("wal_sender_timeout = '1s'");
	$pg->reload;

	my $start = time;
	my $from = -s $pg->log;
	$ship->start;
	$ship->wait_streaming;
	my $walsender = $pg->slot('walpost', 'active_pid');
	$ship->wait_drained(180);
	my $took = time - $start;

	cmp_ok($took, '>', 2, sprintf('%s: decoding takes longer than the timeout: %.1f s', $by, $took));
	is($pg->slot('walpost', 'active_pid'), $walsender, "$by: one connection did it");
	unlike(substr(slurp($pg->log), $from), qr/replication timeout/, "$by: no time-out");

	$pg->query('INSERT INTO orders SELECT count(*) FROM orders');
	$ship->wait_drained;
	is($kafka->count($ship->topic('orders')), 1, "$by: what follows arrives");
	is($kafka->count($ship->topic($table)), 0, "$by: what is filtered does not");
	is($ship->stop(20), 0, "$by: a clean end");

	$pg->append_conf("wal_sender_timeout = '60s'");
	$pg->reload;
	$pg->query("SELECT pg_drop_replication_slot('walpost')");
	$pg->query('DROP PUBLICATION walpost');
}

done_testing();
