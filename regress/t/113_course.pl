# A course on change data capture (pipelines/course) runs on "walpost connect": its
# first connector and consumers, transforms one by one and in a chain, the outbox,
# snapshot modes, transaction metadata, metrics, recovery.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Http;
use Walpost::Pipeline;
use Walpost::Test;

my $json = JSON::PP->new->utf8;

# passwords count over TCP
my $pipe = Walpost::Pipeline->new(
	name => 'course',
	db => ['postgres'],
	postgres => { hba => "local all all trust\nhost all all all scram-sha-256\n" });
my ($pg, $kafka, $worker) = ($pipe->pg, $pipe->kafka, $pipe->worker);
my $main = 'inventory-connector';

sub sql
{
	return $pg->query($_[0], 'inventory');
}

# Values of a topic's records, decoded, without their schema; undef: a tombstone.
sub values_of
{
	my ($topic) = @_;

	return map {
		my $value = defined $_->{value} ? $json->decode($_->{value}) : undef;
		ref $value eq 'HASH' && exists $value->{schema} ? $value->{payload} : $value
	} $kafka->read_topic($topic);
}

# Registers a file; returns the status and the answer.
sub register
{
	my ($file) = @_;
	my ($status, $out, $err) = $pipe->run('register.sh', $pipe->file($file));

	return ($err =~ /^HTTP (\d+)$/m, $json->decode($out));
}

$pg->query('CREATE DATABASE inventory');
$pipe->sql_file('schema.sql', 'inventory');
$worker->start;
$worker->wait_ready;

# ---- what is wrong is said at registration
my ($code, $answer) = register('comments.json');
is($code, 400, 'comments in JSON: 400');
like($answer->{message}, qr/line 1, column \d+/, 'with line and column, of what curl -d makes of the file');
($code, $answer) = register('connector.json');
like($answer->{message}, qr/password authentication failed .*CREATE ROLE \.\.\. LOGIN REPLICATION/, 'rights: no such role');
my @rights = (
	[ qr/lacks the REPLICATION privilege; run as a superuser: (ALTER ROLE debezium REPLICATION)/, 'to replicate' ],
	[ qr/may not make it; run (CREATE EXTENSION walpost) in it/, 'the extension' ],
	[ qr/have a superuser run: (CREATE PUBLICATION "dbz_publication" FOR ALL TABLES)/, 'the publication' ],
	[ qr/have their owner run: (GRANT SELECT ON public\.customers, public\.orders TO debezium)/, 'to read rows' ]);
sql(q{CREATE ROLE debezium LOGIN PASSWORD 'dbz_password'});
for my $right (@rights)
{
	my ($pattern, $what) = @$right;

	($code, $answer) = register('connector.json');
	is($code, 400, "rights: $what: 400");
	like($answer->{message}, $pattern, 'with the statement that grants it');
	my ($statement) = $answer->{message} =~ $pattern;
	sql($statement);
}
is(($worker->call('GET', "/connectors/$main/status"))[0], 404, 'nothing was made');
($code, $answer) = register('connector.json');
is($code, 201, 'with these rights: 201') or diag $answer->{message};
my %config = %{ $answer->{config} };
is_deeply([ @config{ 'database.port', 'tombstones.on.delete', 'max.batch.size' } ], [ $pg->port . '', 'true', '2048' ],
	'numbers and truth values become texts');
$worker->wait_task($main, 'RUNNING');

# A connector that differs from the first one in these properties, streaming.
sub variant
{
	my ($name, %more) = @_;
	my %conf = (
		%config, name => $name, 'topic.prefix' => $name, 'slot.name' => $name,
		'value.converter.schemas.enable' => 'false', 'snapshot.mode' => 'no_data', %more);
	my ($status, $said) = $worker->call('PUT', "/connectors/$name/config", \%conf);

	return ($status, $said->{message});
}

sub wait_streaming
{
	my (@names) = @_;

	for my $name (@names)
	{
		wait_until("$name to stream", sub { $pg->slot($name, 'active') eq 't' });
		$worker->wait_task($name, 'RUNNING');
	}
	return;
}

# Takes them away with their slots.
sub forget
{
	my (@names) = @_;

	for my $name (@names)
	{
		$worker->call('DELETE', "/connectors/$name");
		wait_until("$name to end", sub { $pg->slot($name, 'active') ne 't' });
		sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '$name'");
	}
	return;
}

# ---- transforms, beside the first connector
my %transforms = (
	unwrap => {
		'transforms.unwrap.type' => 'io.debezium.transforms.ExtractNewRecordState',
		'transforms.unwrap.drop.tombstones' => 'false',
		'transforms.unwrap.delete.handling.mode' => 'rewrite',
		'transforms.unwrap.add.fields' => 'op,source.ts_ms'
	},
	filter => {
		'transforms.filter.type' => 'io.debezium.transforms.Filter',
		'transforms.filter.language' => 'jsr223.groovy',
		'transforms.filter.condition' => q{value.op == 'u' && value.after.status == 'cancelled'}
	},
	timestamp => {
		'transforms.timestamp.type' => 'org.apache.kafka.connect.transforms.InsertField$Value',
		'transforms.timestamp.timestamp.field' => 'cdc_ingested_at'
	});
my %route = (
	'transforms.route.type' => 'org.apache.kafka.connect.transforms.RegexRouter',
	'transforms.route.regex' => 'chain.public.(.*)',
	'transforms.route.replacement' => 'cdc.$1');
my %outbox = (
	'table.include.list' => 'public.outbox',
	'transforms' => 'outbox',
	'transforms.outbox.type' => 'io.debezium.transforms.outbox.EventRouter',
	'transforms.outbox.table.field.event.key' => 'aggregate_id',
	'transforms.outbox.table.field.event.payload' => 'payload',
	'transforms.outbox.table.fields.additional.placement' => 'type:header:eventType',
	'transforms.outbox.route.topic.replacement' => '${routedByValue}.events');

($code, my $why) = variant('events', %outbox);
is($code, 400, 'outbox: without route.by.field: 400');
like($why, qr/aggregatetype is not a valid field name; the row has id, aggregate_type, .* and transforms\.outbox\.route\.by\.field says/,
	'with the columns that are there, and the option');
$outbox{'transforms.outbox.route.by.field'} = 'aggregate_type';
($code, $why) = variant('events', %outbox, 'transforms.outbox.table.field.event.timestamp' => 'payload');
like($why, qr/Field 'payload' is not of type INT64/, 'outbox: what is no time is no timestamp');
($code, $why) = variant('filter', 'transforms' => 'filter', %{ $transforms{filter} },
	'transforms.filter.condition' => q{value.op == 'u' && value.after.status.toUpperCase() == 'X'});
like($why, qr/At byte 51: expected a name without parentheses/, 'filter: what is not compiled is refused with its place');

is((variant('events', %outbox))[0], 201, 'outbox: registered');
is((variant('unwrap', 'transforms' => 'unwrap', %{ $transforms{unwrap} }))[0], 201, 'unwrap: registered');
is((variant('filter', 'transforms' => 'filter', %{ $transforms{filter} }))[0], 201, 'filter: registered, without any script engine');
is((variant('chain', 'transforms' => 'route,unwrap,timestamp', %route, map { %{ $transforms{$_} } } qw(unwrap timestamp)))[0],
	201, 'chain: registered');
is((variant('clock', 'transforms' => 'timestamp', %{ $transforms{timestamp} }, 'transforms.timestamp.walpost.timestamp' => 'now',
		'provide.transaction.metadata' => 'true', 'decimal.handling.mode' => 'double'))[0], 201, 'timestamp: registered');
wait_streaming(qw(debezium_slot events unwrap filter chain clock)[ 1 .. 5 ]);
wait_until('the first one to stream', sub { $pg->slot('debezium_slot', 'active') eq 't' });

# ---- exercise 1, and the views
sql(q{INSERT INTO orders (customer, amount, status) VALUES ('Ann', 99.99, 'new')});
sql(q{UPDATE orders SET status = 'cancelled'});
sql('DELETE FROM orders');
sql(q{INSERT INTO orders (customer, amount, status) SELECT 'c' || i, i * 500, 'new' FROM generate_series(1, 10) i});
sql(q{INSERT INTO customers (name, email) SELECT 'c' || i, 'c@example.org' FROM generate_series(1, 5) i});
sql(q{UPDATE orders SET status = 'paid' WHERE order_id IN (2, 3)});
sql(q{UPDATE customers SET name = 'd' WHERE customer_id = 2});
sql('DELETE FROM customers WHERE customer_id = 5');
$kafka->wait_count('dbserver1.public.orders', 16);
$kafka->wait_count('dbserver1.public.customers', 8);
my @records = $kafka->read_topic('dbserver1.public.orders');
my @orders = values_of('dbserver1.public.orders');
is(join('', map { defined $_ ? $_->{op} : '-' } @orders), 'cud-' . 'c' x 10 . 'uu', 'exercise 1: c, u, d, a tombstone');
is($records[0]{key}, '{"order_id":1}', 'exercise 1: the key is bare');
is_deeply([ sort keys %{ $json->decode($records[0]{value}) } ], [qw(payload schema)], 'exercise 1: the value has its schema');
is($orders[0]{after}{amount}, '99.99', 'exercise 1: amount');
like($orders[0]{after}{created_at}, qr/\A\d{13}\z/, 'exercise 1: created_at in milliseconds');
is_deeply([ $orders[1]{before}{status}, $orders[1]{after}{status} ], [ 'new', 'cancelled' ], 'exercise 1: an update has the whole row before');
my @customers = values_of('dbserver1.public.customers');
is_deeply([ $customers[5]{before}, $customers[6]{before} ], [ undef, { customer_id => 5, name => undef, email => undef, status => undef } ],
	'without REPLICA IDENTITY FULL: no row before an update, the key alone before a delete');
my ($view, $log) = $pipe->begin('view.py');
wait_until('the views', sub { slurp($log) =~ /"sizes": \{"orders": 10, "customers": 4\}.*"orders u": 3/ });
my ($last) = slurp($log) =~ /^(\{.*\})\n\z/m;
wait_until('all events', sub { ($last) = slurp($log) =~ /^(\{.*\})\n\z/m; scalar(() = slurp($log) =~ /^\{/mg) >= 22 });
is_deeply(
	$json->decode($last),
	{
		sizes => { orders => 10, customers => 4 },
		counts => { 'orders c' => 11, 'orders u' => 3, 'orders d' => 1, 'customers c' => 5, 'customers u' => 1, 'customers d' => 1 }
	},
	'consumers: views and counts are exact');
$pipe->end($view);
my ($status, undef, $err) = $pipe->run('big_orders.py', 'dbserver1.public.orders');
like($err, qr/^TypeError: '>' not supported between instances of 'str' and 'int'/m, 'amounts as texts are no numbers to a consumer');
my ($big, $big_log) = $pipe->begin('big_orders.py', 'clock.public.orders');
wait_until('big orders', sub { slurp($big_log) =~ /^11 5000\.0$/m });
is(scalar(() = slurp($big_log) =~ /^\d+ /mg), 8, 'amounts as doubles are');
$pipe->end($big);

# ---- what the transforms have made
$kafka->wait_count('unwrap.public.orders', 16);
my @rows = values_of('unwrap.public.orders');
is_deeply([ map { defined $_ ? "$_->{__op}$_->{__deleted}" : '-' } @rows[ 0 .. 3 ] ], [ 'cfalse', 'ufalse', 'dtrue', '-' ], 'unwrap: __op, __deleted, the tombstone');
is($rows[0]{__source_ts_ms}, $orders[0]{source}{ts_ms}, 'unwrap: __source_ts_ms');
$kafka->wait_count('cdc.orders', 16);
$kafka->wait_count('cdc.customers', 8);
my @chained = values_of('cdc.orders');
is_deeply([ map { $_->{cdc_ingested_at} = undef if $_; $_ } @rows ], \@chained, 'chain: routed, unwrapped, with a field that is null, as in Connect');
my @stamped = grep { defined $_ } values_of('clock.public.orders');
ok(!(grep { abs($_->{cdc_ingested_at} - $_->{ts_ms}) > 1 } @stamped), 'timestamp: walpost.timestamp=now is the time of the event');
is_deeply([ map { defined $_ ? "$_->{op} $_->{after}{status}" : '-' } values_of('filter.public.orders') ], [ 'u cancelled', '-' ],
	'filter: the update, and tombstones');

# ---- and of heartbeats
my %beats;
for my $name (qw(unwrap chain clock events))
{
	$kafka->wait_count("__debezium-heartbeat.$name", 1);
	$beats{$name} = (values_of("__debezium-heartbeat.$name"))[0];
}
is_deeply([ map { [ sort keys %{ $beats{$_} } ] } qw(unwrap events) ], [ ['ts_ms'], ['ts_ms'] ], 'heartbeats: unwrap and outbox pass them');
is_deeply([ sort keys %{ $beats{chain} } ], [ 'cdc_ingested_at', 'ts_ms' ], 'heartbeats: chain adds its field');
is($beats{chain}{cdc_ingested_at}, undef, 'which is null');
is($beats{clock}{cdc_ingested_at}, $beats{clock}{ts_ms}, 'timestamp: walpost.timestamp=now is the time of the heartbeat');
like($worker->log, qr/no heartbeats are written: transform "filter" .*: op is not a valid field name/, 'filter: its condition takes no heartbeats, and rows go on');

# ---- transaction metadata
my @transactions = values_of('clock.transaction');
is_deeply([ map { $_->{status} } @transactions[ 0, 1 ] ], [ 'BEGIN', 'END' ], 'transactions: topic');
is($stamped[0]{transaction}{id}, $transactions[0]{id}, 'transactions: id in the event');
is_deeply([ map { $_->{transaction}{total_order} } @stamped[ 3 .. 12 ] ], [ 1 .. 10 ], 'transactions: total_order');

# ---- the outbox
my $insert = 'INSERT INTO outbox (aggregate_type, aggregate_id, type, payload) VALUES';
sql("$insert ('order', '7', 'Created', '{\"n\": 1}'), ('order', '7', 'Paid', '{\"n\": 2}')");
sql("BEGIN; $insert ('order', '8', 'Lost', '{\"n\": 0}'); ROLLBACK");
$pg->try_query("BEGIN; $insert ('order', '9', 'Killed', '{\"n\": 0}'); SELECT pg_terminate_backend(pg_backend_pid())", 'inventory');
sql("$insert ('order', '8', 'Created', '{\"n\": 3}')");
my ($reader, $read) = $pipe->begin('outbox_consumer.py');
wait_until('the outbox events', sub { slurp($read) =~ /^Created 8 3$/m });
is(join(', ', slurp($read) =~ /^([A-Z]\w+ \d+ \d+)$/mg), 'Created 7 1, Paid 7 2, Created 8 3',
	'outbox: commit order, type as a header, nothing that was rolled back or killed');
$pipe->end($reader);
forget(qw(events unwrap filter chain clock));

# ---- snapshot modes
my @modes = qw(initial initial_only no_data when_needed never schema_only);
for my $mode (@modes)
{
	is((variant($mode, 'snapshot.mode' => $mode, 'table.include.list' => 'public.customers',
			$mode eq 'never' ? ('skipped.operations' => 'none') : ()))[0], 201, "snapshot.mode=$mode: registered");
}
wait_streaming(grep { $_ ne 'initial_only' } @modes);
$kafka->wait_count('initial_only.public.customers', 4);
sql(q{INSERT INTO customers (customer_id, name) VALUES (10, 'new')});
sql('TRUNCATE customers');
sql(q{INSERT INTO customers (customer_id, name) VALUES (11, 'last')});
for my $mode (@modes)
{
	my $want = ($mode =~ /^(?:initial|when)/ ? 'rrrr' : '') . ($mode eq 'initial_only' ? '' : $mode eq 'never' ? 'ctc' : 'cc');

	$kafka->wait_count("$mode.public.customers", length $want);
	is(join('', map { $_->{op} } values_of("$mode.public.customers")), $want, "snapshot.mode=$mode");
}
like($worker->log, qr/value "$_" of property "snapshot\.mode" is an older name of "no_data"/, "snapshot.mode=$_: a warning") for qw(never schema_only);

# ---- recovery
is((variant('when_needed', 'snapshot.mode' => 'when_needed', 'table.include.list' => 'public.customers'))[0], 200, 'recovery');
for my $mode (qw(initial when_needed))
{
	is(($worker->call('PUT', "/connectors/$mode/stop"))[0], 204, "stop $mode");
	wait_until("$mode to stop", sub { $pg->slot($mode, 'active') ne 't' });
	sql("SELECT pg_drop_replication_slot('$mode')");
	is(($worker->call('PUT', "/connectors/$mode/resume"))[0], 202, "resume $mode without its slot");
}
$kafka->wait_count('when_needed.public.customers', 7);
is((values_of('when_needed.public.customers'))[-1]{op}, 'r', 'slot lost: when_needed takes a snapshot');
like($worker->wait_task('initial', 'FAILED')->{tasks}[0]{trace}, qr/slot "initial" .*(?:snapshot|offset)/s, 'slot lost: initial stops');
my $trace = $worker->wait_task('initial', 'FAILED')->{tasks}[0]{trace};
is(($worker->call('PUT', '/connectors/initial/stop'))[0], 204, 'stop');
wait_until('offsets to be removed', sub { ($worker->call('DELETE', '/connectors/initial/offsets'))[0] == 200 });
is(($worker->call('PUT', '/connectors/initial/resume'))[0], 202, 'resume');
$kafka->wait_count('initial.public.customers', 7);
is((values_of('initial.public.customers'))[-1]{op}, 'r', 'stop, DELETE offsets, resume: a new snapshot');
forget(@modes);

my $events = $kafka->written('dbserver1.public.orders');
$pg->restart('immediate');
sql(q{INSERT INTO orders (customer, amount) VALUES ('after', 1)});
$kafka->wait_count('dbserver1.public.orders', $events + 1);
$worker->wait_task($main, 'RUNNING');
pass('recovery: the server crashes and starts again');
$worker->kill9;
sql(q{INSERT INTO orders (customer, amount) VALUES ('killed', 1)});
$worker->start;
$worker->wait_ready;
$kafka->wait_count('dbserver1.public.orders', $events + 2);
pass('recovery: kill -9 of the worker');

# ---- metrics, while Kafka is away
sub metrics
{
	my ($value) = parse_metrics((request('GET', $worker->url('/metrics')))[1]);
	my %found;

	for (keys %$value)
	{
		$found{$1} //= $value->{$_} if /^debezium_metrics_(\w+)\{.*name="dbserver1"/;
	}
	return \%found;
}

my @names = qw(MilliSecondsBehindSource NumberOfEventsFiltered TotalNumberOfEventsSeen QueueTotalCapacity QueueRemainingCapacity SnapshotCompleted);
my $before = metrics();
is_deeply([ grep { !defined $before->{$_} } @names ], [], 'metrics: the six of a dashboard');
sql("$insert ('order', '9', 'Filtered', '{}')");
wait_until('the outbox to be counted as filtered', sub { metrics()->{NumberOfEventsFiltered} > $before->{NumberOfEventsFiltered} });
pass('metrics: what table.include.list leaves out is counted');
$kafka->pause;
sql(q{INSERT INTO orders (customer, amount) VALUES ('waits', 1)});
wait_until('the lag to rise', sub { metrics()->{MilliSecondsBehindSource} > 1500 });
pass('metrics: the lag rises while Kafka takes nothing');
$kafka->resume;
$kafka->wait_count('dbserver1.public.orders', $events + 3);

# ---- as Connect answers
is(($worker->call('PUT', "/connectors/$main/pause"))[0], 202, 'pause');
is($worker->wait_task($main, 'PAUSED')->{connector}{state}, 'PAUSED', 'PAUSED');
is(($worker->call('PUT', "/connectors/$main/resume"))[0], 202, 'resume');
$worker->wait_task($main, 'RUNNING');
is(($worker->call('POST', "/connectors/$main/restart"))[0], 204, 'restart');
$worker->wait_task($main, 'RUNNING');
is(($worker->call('POST', "/connectors/$main/tasks/0/restart"))[0], 204, 'restart of task 0');
$worker->wait_task($main, 'RUNNING');
is(($worker->call('PUT', "/connectors/$main/stop"))[0], 204, 'stop');
is(($worker->call('DELETE', "/connectors/$main"))[0], 204, 'delete');
is(($worker->call('GET', "/connectors/$main/status"))[0], 404, 'it is gone');

# ---- the other connector file: Avro, and neither plugin nor slot are named
($code, $answer) = register('connector-avro.json');
is($code, 400, 'Avro: 400');
like($answer->{message}, qr/AvroConverter/, 'by its name');
my $avro = $json->decode(slurp($pipe->file('connector-avro.json')))->{config};
delete @$avro{ grep { /\.converter/ } keys %$avro };
sql('GRANT SELECT ON outbox TO debezium');
is(($worker->call('PUT', '/connectors/inventory-connector-avro/config', $avro))[0], 201, 'the rest of that file: 201');
wait_until('slot debezium', sub { $pg->slot('debezium', 'plugin') eq 'walpost' });
pass('slot.name and plugin.name by default');
like($worker->log, qr/warn .*"schema\.history\.internal\.kafka\.topic" has no effect/, 'what has no effect is warned of');
is($worker->stop, 0, 'the end');

done_testing();
