# A project of orders with an outbox (pipelines/orders) runs on "walpost connect":
# its registration script, its worker's environment, consumers that keep totals.
# Each test's name begins with what the project needs: registration, topics, ...

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Pipeline;
use Walpost::Test;

# How often it is killed in each of the two modes; 20 take minutes.
my $kills = $ENV{WALPOST_KILLS} // 4;

my $json = JSON::PP->new->utf8;
my $pipe = Walpost::Pipeline->new(name => 'orders', db => ['db'], postgres => { conf => 'wal_level = replica' });
my ($pg, $kafka, $worker) = ($pipe->pg, $pipe->kafka, $pipe->worker);
my $name = 'orders-outbox-connector';

$pg->query(q{CREATE ROLE appuser SUPERUSER LOGIN PASSWORD 'apppass'});
$pg->query('CREATE DATABASE appdb OWNER appuser');
$pipe->set_environment(PGUSER => 'appuser', PGPASSWORD => 'apppass', PGDATABASE => 'appdb');
$pipe->sql_file('schema.sql', 'appdb');

# Orders and their outbox rows: transactions, seconds between, orders in each.
sub load
{
	my (@args) = @_;
	my ($status, undef, $err) = $pipe->run('load.py', @args);

	die "the load failed: $err" if $status != 0;
	return;
}

# Records of a table's topic, decoded: an envelope (payload, if there is a schema).
sub events
{
	my ($table) = @_;

	return map {
		my $value = defined $_->{value} ? $json->decode($_->{value}) : undef;
		$value && exists $value->{payload} && exists $value->{schema} ? $value->{payload} : $value
	} $kafka->read_topic("dbserver1.public.$table");
}

sub number
{
	return 0 + $pg->query($_[0], 'appdb');
}

my $expected_sql = 'SELECT customer_id, sum(amount_cents), count(*) FROM orders GROUP BY 1 ORDER BY 1';
my $totals_sql = 'SELECT customer_id, total_amount_cents, order_count FROM order_totals ORDER BY 1';

# Waits until a consumer has counted as many orders as there are (more would be
# wrong), then compares the sums.
sub totals_are_exact
{
	my ($what) = @_;
	my $count = number('SELECT count(*) FROM orders');

	wait_until("$count orders in the totals", sub { number('SELECT coalesce(sum(order_count), 0) FROM order_totals') >= $count });
	return is($pg->query($totals_sql, 'appdb'), $pg->query($expected_sql, 'appdb'), $what);
}

# ---- a server that cannot
$worker->start;
$worker->wait_ready;
my ($status, $out, $err) = $pipe->run('register_connector.sh');
like($err, qr/^HTTP 400$/m, 'registration with wal_level=replica: 400');
like($json->decode($out)->{message}, qr/Postgres server wal_level property must be 'logical' but is: 'replica'/, "and Debezium's words");
($status, $out, $err) = $pipe->run('check_env.sh');
is($out, "connector $name: (not found)\n", 'no connector is made');
like($err, qr/^HTTP 404$/m, 'status: 404');
$pg->append_conf('wal_level = logical');
$pg->restart;

# ---- registration
load(10, 0);
($status, $out, $err) = $pipe->run('register_connector.sh');
my $answer = $json->decode($out);
like($err, qr/^HTTP 201$/m, 'registration: 201') or diag $out;
is_deeply([ sort keys %$answer ], [qw(config name tasks type)], 'name, config, tasks and type');
is_deeply([ $answer->{name}, $answer->{type} ], [ $name, 'source' ], 'of this connector');
$worker->wait_task($name, 'RUNNING', 10);
for my $variable (qw(KEY_CONVERTER_SCHEMAS_ENABLE VALUE_CONVERTER_SCHEMAS_ENABLE PLUGIN_PATH))
{
	my @said = $worker->log =~ /environment variable \Q$variable\E is ignored.* did you mean CONNECT_\Q$variable\E\?/g;

	is(scalar @said, 1, "without CONNECT_ in front $variable does nothing; one warning");
}
($status, $out, $err) = $pipe->run('register_connector.sh');
like($err, qr/^HTTP 200$/m, 'registration: again 200');
is_deeply($json->decode($out)->{tasks}, [ { connector => $name, task => 0 } ], 'with its task');
is(($pipe->run('check_env.sh'))[1], "connector $name: RUNNING\n", 'the status script sees it run');
wait_until('the slot', sub { $pg->slot('orders_slot', 'active') eq 't' });
is($pg->slot('orders_slot', "plugin || ' ' || database"), 'walpost appdb', 'slot orders_slot');
my $published = q{SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_publication_tables WHERE pubname = 'dbz_publication'};
is($pg->query($published, 'appdb'), 'orders outbox_events', 'publication: the two tables');

# ---- topics
load(10, 0);
$kafka->wait_count("dbserver1.public.$_", 20) for qw(orders outbox_events);
for my $table (qw(orders outbox_events))
{
	is(join('', map { $_->{op} } events($table)), 'r' x 10 . 'c' x 10, "topics: a row of $table, an event");
}
my %order_tx = map { $_->{after}{id} => $_->{source}{txId} } grep { $_->{op} eq 'c' } events('orders');
my %outbox_tx = map { $_->{after}{aggregate_id} => $_->{source}{txId} } grep { $_->{op} eq 'c' } events('outbox_events');
is_deeply(\%order_tx, \%outbox_tx, 'topics: order and outbox row share source.txId');
my ($first) = $kafka->read_topic('dbserver1.public.outbox_events');
is_deeply([ sort keys %{ $json->decode($first->{value}) } ], [qw(payload schema)], 'topics: with schema, since SCHEMAS_ENABLE without CONNECT_ does nothing');
my $row = $json->decode($first->{value})->{payload}{after};
is($json->decode($first->{key})->{payload}{id}, $row->{id}, 'topics: key');
like($row->{payload}, qr/\A\{"ts": "/, 'topics: jsonb is a string');
like($row->{occurred_at}, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\z/, 'topics: timestamptz');
like((grep { $_->{op} eq 'r' } events('orders'))[0]{after}{amount_cents}, qr/\A\d+\z/, 'topics: cents');

# ---- totals, while nothing else is written
my ($twin) = $pipe->begin('twin.py');
totals_are_exact('totals from the change events');
$pipe->end($twin);
$pg->query('TRUNCATE order_totals', 'appdb');
$kafka->rewind_group('order-aggregator-cdc', 'dbserver1.public.outbox_events');
my $lsn = $pg->current_lsn;
my $beats = $kafka->count('__debezium-heartbeat.dbserver1');
($twin) = $pipe->begin('twin.py');
totals_are_exact('totals again, after TRUNCATE and a reset of the group');
$pg->wait_confirmed('orders_slot', $lsn);
pass('heartbeats: the slot follows the WAL');
$kafka->wait_count('__debezium-heartbeat.dbserver1', $beats + 2);
my @beats = map { $_->{timestamp} } ($kafka->read_topic('__debezium-heartbeat.dbserver1'))[ -2, -1 ];
cmp_ok(abs($beats[1] - $beats[0] - 5000), '<', 2500, 'heartbeats: each 5 s');

# ---- changes of tables
my ($one, $two) = map { "00000000-0000-0000-0000-00000000000$_" } 1, 2;
$pg->query($_, 'appdb')
  for "INSERT INTO orders (id, customer_id, amount_cents) VALUES ('$one', 1, 700)", 'ALTER TABLE orders ADD COLUMN note text',
  "INSERT INTO orders (id, customer_id, amount_cents, note) VALUES ('$two', 1, 700, 'new')", "DELETE FROM orders WHERE id IN ('$one', '$two')";
$kafka->wait_count('dbserver1.public.orders', 24);
my @events = (events('orders'))[ 20 .. 23 ];
is_deeply([ map { $_->{op} } @events ], [qw(c c d d)], 'changes: deletes');
is($events[1]{after}{note}, 'new', 'changes: a new column is in the next row, without a restart');
is($events[2]{before}{id}, $one, 'changes: no tombstone behind a delete');

# ---- a longer list; exactly once
my ($code, $config) = $worker->call('GET', "/connectors/$name/config");
my %given = (%$config, 'table.include.list' => "$config->{'table.include.list'},public.customers");
is(($worker->call('PUT', "/connectors/$name/config", { %given, 'exactly.once.support' => 'required' }))[0], 200, 'changes: a longer list');
wait_until('the publication to be longer', sub { $pg->query($published, 'appdb') eq 'customers orders outbox_events' });
pass('changes: the publication is extended');

# Kills the worker, connectors and all, while orders come in by threes.
sub kill_under_load
{
	my ($load) = $pipe->begin('load.py', 1000000, 0.02, 3);

	for (1 .. $kills)
	{
		my $before = $kafka->written('dbserver1.public.orders');

		wait_until('orders to arrive', sub { $kafka->written('dbserver1.public.orders') > $before + 30 });
		$worker->kill9;
		$worker->start;
		$worker->wait_ready;
	}
	$pipe->end($load);
	wait_until('the slot to be used', sub { $pg->slot('orders_slot', 'active') eq 't' });
	$pg->wait_confirmed('orders_slot');
	return;
}

kill_under_load();
totals_are_exact("exactly once: $kills x kill -9 under load, totals exact");
$pipe->end($twin);

# What is wrong with the order of a topic that may repeat: each record follows the
# one before it, or begins a transaction that was there.  Records are pairs of
# key and transaction; returns also the keys.
sub order_of
{
	my (@records) = @_;
	my (%place, @first, @wrong);
	my $at = -1;

	for my $record (@records)
	{
		my ($id, $tx) = @$record;
		my $is_new = !exists $place{$id};

		push @first, $record if $is_new;
		my $p = $place{$id} //= $#first;
		push @wrong, "$id of $tx at $p, behind $at"
		  if $p != $at + 1 && ($is_new || $p > $at || ($p > 0 && $first[ $p - 1 ][1] == $tx));
		$at = $p;
	}
	return (\@wrong, sort keys %place);
}

# ---- at least once; and values without schema
is(($worker->call('PUT', "/connectors/$name/config", \%given))[0], 200, 'at least once');
$worker->wait_task($name, 'RUNNING');
$worker->stop;
my $base = events('orders');
$worker->{env}{CONNECT_VALUE_CONVERTER_SCHEMAS_ENABLE} = 'false';
$worker->start;
$worker->wait_ready;
kill_under_load();
my ($last) = reverse $kafka->read_topic('dbserver1.public.orders');
is_deeply([ grep { /^(?:schema|payload|op)$/ } sort keys %{ $json->decode($last->{value}) } ], ['op'],
	'topics: bare with CONNECT_VALUE_CONVERTER_SCHEMAS_ENABLE=false');
my %deleted = (orders => [ $one, $two ], outbox_events => []);
for my $table (sort keys %deleted)
{
	my ($wrong, @ids) = order_of(map { [ $_->{after}{id}, $_->{source}{txId} ] } grep { $_->{op} =~ /[cr]/ } events($table));

	is("@$wrong", '', "at least once: whole transactions repeat in order ($table)");
	is_deeply(\@ids, [ sort @{ $deleted{$table} }, split /\n/, $pg->query("SELECT id FROM $table", 'appdb') ],
		"at least once: no row is missing ($table)");
}

# ---- the outbox's router in the place of direct sends
$pg->query('TRUNCATE order_totals', 'appdb');
is(($worker->call('POST', '/connectors', slurp($pipe->file('outbox_router.json'))))[0], 201, 'router: registered');
my ($consumer) = $pipe->begin('consumer.py');
load(20, 0);
totals_are_exact('router: totals of the consumer that reads direct sends');
my ($routed) = reverse $kafka->read_topic('outbox.events');
is($json->decode($routed->{key})->{payload}, $json->decode($routed->{value})->{order_id}, 'router: the key is the aggregate');
$pipe->end($consumer);
is($worker->stop, 0, 'the end');

done_testing();
