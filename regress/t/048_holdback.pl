# Events of small transactions share writes to the socket while the server is
# behind.  None may wait for WAL that is not there yet, whatever the WAL ends with.

use strict;
use warnings;

use Test::More;
use Walpost::Postgres;
use Walpost::Test;

my $pg = Walpost::Postgres->running;
my $log = spit(log_file('recvlogical'), '');

$pg->query(<<'EOF');
CREATE TABLE orders (id int PRIMARY KEY);
CREATE TABLE unpublished (id int, pad text);
CREATE PUBLICATION walpost FOR TABLE orders;
SELECT pg_create_logical_replication_slot('s', 'walpost');
EOF

sub receive
{
	return in_background($log, $pg->program('pg_recvlogical'), $pg->connect_switches,
		'-S', 's', '--start', '-f', '-', '-F', '0', '-o', 'topic.prefix=shop', '-o', 'publication.name=walpost');
}

sub received
{
	return [ slurp($log) =~ /"after":\{"id":(\d+)\}/g ];
}

# Waits until the first n orders have come, each once and in order.
sub wait_orders
{
	my ($n, $name) = @_;

	my $got = wait_until($name, sub { my $ids = received(); return @$ids >= $n ? $ids : undef });
	is_deeply($got, [ 1 .. $n ], $name);
}

# ---- a backlog that ends in WAL without a commit
$pg->query(join '', map { "INSERT INTO orders VALUES ($_);\n" } 1 .. 3000);
my $open = $pg->query_in_background(
	"BEGIN; INSERT INTO unpublished SELECT g, repeat('x', 500) FROM generate_series(1, 20000) g; SELECT pg_sleep(600);",
	log_file('open'));
wait_until('the open transaction to have written', sub {
	$pg->query("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") });
$pg->query('CHECKPOINT');
my $receiver = receive();
wait_orders(3000, 'a backlog behind which nothing commits');

# ---- single transactions of an idle server
for my $id (3001 .. 3005)
{
	$pg->query("INSERT INTO orders VALUES ($id)");
	wait_orders($id, "transaction $id, with nothing behind it");
}

# ---- transactions with much WAL behind them that is no event
for my $id (3006 .. 3010)
{
	$pg->query("INSERT INTO orders VALUES ($id);\nINSERT INTO unpublished SELECT g, repeat('y', 500) FROM generate_series(1, 3000) g;\nVACUUM unpublished;\nCHECKPOINT;");
	wait_orders($id, "transaction $id, with WAL of others behind it");
}

# ---- small ones before a large one
$pg->query(join '', map { "INSERT INTO orders VALUES ($_);\n" } 3011 .. 3020);
$pg->query('INSERT INTO orders SELECT generate_series(3021, 13020)');
wait_orders(13020, 'small transactions, then a large one');

# ---- the end of the stream takes along what waits
$pg->query(join '', map { "INSERT INTO orders VALUES ($_);\n" } 13021 .. 13500);
wait_orders(13500, 'another run of small ones');
kill 'INT', $receiver;
is(wait_exit($receiver), 0, 'the stream ends by itself when its client asks');
$pg->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
wait_exit($open);

# ---- the session's functions are its own again: the same connection goes on
$receiver = receive();
$pg->query('INSERT INTO orders VALUES (13501)');
wait_until('the row after a new start', sub { received()->[-1] == 13501 });
pass('streaming again');
kill 'INT', $receiver;
wait_exit($receiver);

done_testing();
