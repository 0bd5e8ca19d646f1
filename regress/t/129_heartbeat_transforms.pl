# Heartbeats go through the connector's transforms, as Debezium's do: the record is
# the plugin's, the times in it are those of each heartbeat, also over a reconnect
# and with Kafka's transactions.

use strict;
use warnings;

use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(time);
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query('CREATE TABLE orders (id int PRIMARY KEY)');

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'heartbeat.interval.ms' => 100,
		'transforms' => 'route,field,key,head',
		'transforms.route.type' => 'RegexRouter',
		'transforms.route.regex' => '(?:__debezium-heartbeat\.)?(shop[^.]*)(?:\..*)?',
		'transforms.route.replacement' => '$1.all',
		'transforms.field.type' => 'InsertField$Value',
		'transforms.field.timestamp.field' => 'at',
		'transforms.key.type' => 'ValueToKey',
		'transforms.key.fields' => 'ts_ms',
		'transforms.head.type' => 'HeaderFrom$Value',
		'transforms.head.fields' => 'ts_ms',
		'transforms.head.headers' => 'when',
		'transforms.head.operation' => 'copy',
	});
my $topic = "$ship->{prefix}.all";

# Ends, and begins again with other transforms, of which all else but these is gone.
sub restart_with
{
	my (%conf) = @_;

	is($ship->stop(20), 0, 'a clean end');
	$ship->write_conf((map { $_ => undef } grep { /^transforms/ } keys %{ $ship->{conf} }), %conf);
	$ship->start;
	$ship->wait_streaming;
	return;
}

# ---- a chain, with the time in key, value and a header
my $start = time;
wait_until('some heartbeats', sub { $kafka->count($topic) >= 3 });
my @beats = $kafka->read_topic($topic);
my @times = map { decode_json($_->{value})->{ts_ms} } @beats;
is_deeply([ map { decode_json($_->{key})->{ts_ms} } @beats ], \@times, 'the same time in the key');
is_deeply([ map { $_->{headers}{when} } @beats ], \@times, 'and in the header');
is_deeply([ map { [ sort keys %{ decode_json($_->{value}) } ] } @beats ], [ map { [ 'at', 'ts_ms' ] } @beats ], 'the field is added');
ok(!(grep { $times[$_] < $times[ $_ - 1 ] + 50 } 1 .. $#times), 'each has its own time') or diag "@times";
ok(abs($times[-1] / 1000 - time) < 30, 'which is that of the clock');
is(scalar(grep { $_->{partition} != 0 } @beats), 0, 'partition 0');
is(scalar(grep { /heartbeat.*$ship->{prefix}$/ } keys %{ { $kafka->topics } }), 0, 'no other topic was made');

# ---- the stream begins again
$pg->restart('immediate');
my $until = time * 1000;
wait_until('heartbeats after the server has crashed', sub { decode_json(($kafka->read_topic($topic))[-1]{value})->{ts_ms} > $until });
pass('heartbeats go on');

# ---- what only the transform can make of the time is asked for each time
restart_with(
	'transforms' => 'time',
	'transforms.time.type' => 'TimestampConverter$Value',
	'transforms.time.field' => 'ts_ms',
	'transforms.time.target.type' => 'string',
	'transforms.time.format' => 'yyyy-MM-dd HH:mm:ss.SSS',
	'transforms.time.predicate' => 'beat',
	'predicates' => 'beat',
	'predicates.beat.type' => 'TopicNameMatches',
	'predicates.beat.pattern' => '__debezium-heartbeat.*');
my $plain = "__debezium-heartbeat.$ship->{prefix}";
wait_until('more of them', sub { $kafka->count($plain) >= 3 });
my @texts = map { decode_json($_->{value})->{ts_ms} } $kafka->read_topic($plain);
like($texts[0], qr/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/, 'a time as a text');
is(scalar(@texts), scalar(keys %{ { map { $_ => 1 } @texts } }), 'another one in each');
is($pg->query(q{SELECT count(*) FROM pg_extension WHERE extname = 'walpost'}), 1, 'the extension was made for it');

# ---- left out
restart_with('transforms' => 'none', 'transforms.none.type' => 'org.apache.kafka.connect.transforms.Filter',
	'transforms.none.predicate' => 'beat');
$ship->wait_log(qr/transforms leave heartbeats out/);
my $written = $kafka->written($plain);

# ---- a transform that cannot take them
restart_with(
	'transforms' => 'op',
	'transforms.op.type' => 'io.debezium.transforms.Filter',
	'transforms.op.language' => 'jsr223.groovy',
	'transforms.op.condition' => q{value.op == 'c'});
$ship->wait_log(qr/no heartbeats are written: transform "op" \(Filter\) cannot take a record of topic "\Q$plain\E": op is not a valid field name; keep/);
$pg->query('INSERT INTO orders VALUES (1)');
$kafka->wait_count($ship->topic('orders'), 1);
is($kafka->written($plain), $written, 'rows go on, and no heartbeat was written');
my (undef, $found) = Walpost::Shipper::command('check', $ship->file);
like($found, qr/warning.*no heartbeats will be written: .*op is not a valid field name/i, 'walpost check knows it, too') or diag $found;

# ---- exactly once
restart_with(
	'exactly.once.support' => 'required',
	'transforms' => 'route',
	'transforms.route.type' => 'RegexRouter',
	'transforms.route.regex' => '__debezium-heartbeat\.(.*)',
	'transforms.route.replacement' => 'beats-$1');
my $moved = "beats-$ship->{prefix}";
wait_until('heartbeats in transactions', sub { $kafka->count($moved) >= 2 });
like(($kafka->read_topic($moved))[0]{value}, qr/^\{"ts_ms":\d{13}\}$/, 'moved');
is($ship->stop(20), 0, 'a clean end');

done_testing();
