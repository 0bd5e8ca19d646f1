# A course's connector (pipelines/course) under load: the server is promoted, and
# the broker is stopped for five seconds, or for what WALPOST_OUTAGE_SECONDS says
# ("make outage": five minutes).  Memory stays in bounds, the worker answers, and
# nothing is lost, out of order or repeated.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);
use Walpost::Http;
use Walpost::Pipeline;
use Walpost::Test;

my $seconds = $ENV{WALPOST_OUTAGE_SECONDS} // 5;
my $patience = 120 + 3 * $seconds;
my $name = 'inventory-connector';
my $topic = 'dbserver1.public.orders';

my $pipe = Walpost::Pipeline->new(name => 'course', db => ['postgres']);
my ($pg, $kafka, $worker) = ($pipe->pg, $pipe->kafka, $pipe->worker);

sub sql
{
	return $pg->query($_[0], 'inventory');
}

$pg->append_conf("wal_sender_timeout = '3s'");
$pg->reload;
$pg->query('CREATE DATABASE inventory');
$pipe->sql_file('schema.sql', 'inventory');
sql(<<'EOF');
CREATE ROLE debezium SUPERUSER LOGIN PASSWORD 'dbz_password';
CREATE TABLE gate (shut bool);
CREATE PROCEDURE load() LANGUAGE plpgsql AS $$
DECLARE number int;
BEGIN
	WHILE NOT EXISTS (SELECT FROM gate) LOOP
		INSERT INTO orders (customer, amount, status) VALUES (repeat('c', 90), random() * 1000, 'new') RETURNING order_id INTO number;
		UPDATE orders SET status = 'paid' WHERE order_id = number;
		COMMIT;
		PERFORM pg_sleep(0.004);
	END LOOP;
END $$;
EOF
$worker->start;
$worker->wait_ready;
my ($status, undef, $err) = $pipe->run('register.sh', $pipe->file('connector.json'));
is(($err =~ /^HTTP (\d+)$/m)[0], 201, 'the connector is registered');
$worker->wait_task($name, 'RUNNING');
wait_until('it to stream', sub { $pg->slot('debezium_slot', 'active') eq 't' });

sub start_load
{
	sql('TRUNCATE gate');
	return $pg->query_in_background("\\c inventory\nCALL load()", log_file('load'));
}

sub arrived
{
	my $lsn = $pg->current_lsn;

	return wait_until('the slot to arrive', sub { $pg->slot('debezium_slot', "confirmed_flush_lsn >= '$lsn'") eq 't' }, $patience);
}

# ---- the server becomes a standby and is promoted: another timeline, with the slot
my $load = start_load();
wait_until('orders', sub { sql('SELECT count(*) FROM orders') > 200 });
$pg->stop('fast');
wait_exit($load, 30);
spit($pg->data . '/standby.signal', '');
$pg->start;
$pg->query('SELECT pg_promote()');
is($pg->query(q{SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)::int}), 2, 'the server was promoted');
$load = start_load();
$worker->wait_task($name, 'RUNNING');
wait_until('it to stream again', sub { $pg->slot('debezium_slot', 'active') eq 't' });
ok(arrived(), 'and the connector goes on');

# ---- the broker is stopped
my $walsender = $pg->slot('debezium_slot', 'active_pid');
my $sent = sql('SELECT count(*) FROM orders');
my ($connector) = reverse $worker->log =~ /started process (\d+) for/g;

# MiB that a process has.
sub rss
{
	my ($pid) = @_;

	return slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+)/m ? $1 / 1024 : 0;
}

my ($most, $most_worker, $answers, $asked) = (0, 0, 0, 0);
$kafka->stop;
my $down = time;
wait_until(
	"$seconds s without a broker",
	sub {
		my ($rss, $rss_worker) = map { rss($_) } $connector, $worker->pid;
		my ($code, $json) = $worker->call('GET', "/connectors/$name/status");

		$most = $rss if $rss > $most;
		$most_worker = $rss_worker if $rss_worker > $most_worker;
		$asked++;
		$answers++ if $code == 200 && $json->{tasks}[0]{state} eq 'RUNNING';
		return time - $down > $seconds;
	},
	$patience);
my $orders = sql('SELECT count(*) FROM orders') - $sent;
my $retained = $pg->query(q{SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) FROM pg_replication_slots WHERE slot_name = 'debezium_slot'});
my ($lag) = (request('GET', $worker->url('/metrics')))[1] =~ /^debezium_metrics_MilliSecondsBehindSource\{[^}]*\} (\d+)/m;
is($pg->slot('debezium_slot', 'active_pid'), $walsender, 'the stream is alive, after more than wal_sender_timeout');
is($answers, $asked, 'the worker answers all the while: RUNNING');
cmp_ok($retained, '>', $orders * 100, 'the slot keeps the WAL');
cmp_ok($lag, '>=', 1000 * ($seconds - 3), "the lag rises: $lag ms");

$kafka->start;
sql('INSERT INTO gate VALUES (true)');
is(wait_exit($load, 30), 0, 'the load ends');
my $back = time;
ok(arrived(), 'all is delivered');
$most = rss($connector) if rss($connector) > $most;
note(sprintf '%d orders while the broker was away for %d s, %.1f MB of WAL; delivered %.1f s after it was back; %.1f MiB at most, worker %.1f MiB',
	$orders, $seconds, $retained / 1e6, time - $back, $most, $most_worker);
SKIP:
{
	skip('memory of a build with sanitizers', 1) if $ENV{WALPOST_SANITIZED};
	cmp_ok($most, '<=', 64, sprintf 'memory of the connector: %.1f MiB', $most);
	cmp_ok($most_worker, '<=', 64, sprintf 'memory of the worker: %.1f MiB', $most_worker);
}

# Each order is made once and then paid.
my (%step, @wrong);
for my $record ($kafka->read_topic($topic))
{
	my ($id, $op) = ($record->{key} =~ /(\d+)/, $record->{value} =~ /"op":"(\w)"/);

	$step{$id} = ($step{$id} // '') . $op;
	push @wrong, "order $id: $step{$id}" if $step{$id} !~ /^cu?$/;
}
is(join(', ', @wrong[ 0 .. ($#wrong < 4 ? $#wrong : 4) ]), '', 'in order, none twice');
is(scalar(grep { $_ eq 'cu' } values %step), sql('SELECT count(*) FROM orders'), 'none is missing');
is($worker->stop, 0, 'a clean end');

done_testing();
