# The REST interface under bad input: malformed and huge bodies, slow and silent
# clients, a thousand requests at once.  Each gets a clear answer, and the connector
# that runs is not touched.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Time::HiRes 'time';
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Test;
use Walpost::Worker;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $worker = Walpost::Worker->running(kafka => $kafka);

$pg->query('CREATE TABLE orders (id int PRIMARY KEY)');

my %config = (
	'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
	'database.hostname' => '127.0.0.1',
	'database.port' => $pg->port . '',
	'database.user' => 'postgres',
	'database.dbname' => 'postgres',
	'topic.prefix' => "hostile$$",
	'slot.name' => 'hostile',
	'snapshot.mode' => 'no_data',
	'topic.creation.default.replication.factor' => '1',
	'topic.creation.default.partitions' => '1');

is(($worker->call('PUT', '/connectors/shop/config', \%config))[0], 201, 'a connector');
$worker->wait_task('shop', 'RUNNING');
wait_until('it to stream', sub { $worker->log =~ /streaming from slot "hostile"/ });
my $walsender = $pg->slot('hostile', 'active_pid');

sub socket_to
{
	return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $worker->port, Proto => 'tcp') // die "no connection: $!\n";
}

# ---- bodies
my %body = (
	'no JSON' => '{"a"',
	'an array' => '[]',
	'a number' => '42',
	'nothing' => '',
	'JSON5' => qq({\n  // a comment\n  "a": "b"\n}),
	'deep' => ('[' x 100000),
	'no UTF-8' => qq({"a": "\xff\xfe"}),
	'a value that is an object' => '{"connector.class": {"a": 1}}',
	'a value that is a list' => '{"connector.class": ["a"]}');
for my $what (sort keys %body)
{
	for my $call ([ 'POST', '/connectors' ], [ 'PUT', '/connectors/x/config' ], [ 'PATCH', '/connectors/shop/config' ],
		[ 'PUT', '/connector-plugins/PostgresConnector/config/validate' ])
	{
		my ($code, $json) = $worker->call(@$call, $body{$what});
		my $lenient = $call->[1] =~ /validate/ && $what =~ /value that/;

		ok(($code == 400 || ($lenient && $code == 500)) && length($json->{message} // ''), "$what, @$call: $code")
		  or diag(explain($json));
	}
}
my ($code, $json) = $worker->call('PUT', '/connectors/x/config', $body{JSON5});
like($json->{message}, qr/line 2, column \d+/, 'a mistake is told with its place');

my $huge = spit(scratch_dir() . '/huge', '{"a":"' . ('x' x 10_000_000) . '"}');
for my $call ([ 'POST', '/connectors' ], [ 'PUT', '/connectors/x/config' ])
{
	($code, my $text) = request($call->[0], $worker->url($call->[1]), curl => [ '--data-binary', "\@$huge" ]);
	is($code, 413, "10 MB, @$call");
}
is(($worker->call('GET', '/connectors/' . ('x' x 5000)))[0], 404, 'a long name');
is(($worker->call('PUT', '/connectors/%01/config', { 'connector.class' => $config{'connector.class'} }))[0], 400, 'a name with a control character');
is(($worker->call('GET', '/connectors/%00/status'))[0], 404, 'a name with a NUL');
($code) = request('GET', $worker->url('/connectors'), headers => [ 'X-Long: ' . ('x' x 100000) ]);
ok($code == 431 || $code == 413 || $code == 0, "a long header: $code");

# ---- expressions that backtrack for ever
($code, $json) = $worker->call('PUT', '/connectors/x/config',
	{ %config, name => 'x', 'slot.name' => 'x', 'table.include.list' => '((a+)+)+$' x 20 . '(' });
is($code, 400, 'a pattern that is none');
like($json->{message}, qr/table\.include\.list/, 'named');

# ---- clients that send slowly, or nothing, or go away
my @idle = map { socket_to() } 1 .. 50;
my @half = map { my $s = socket_to(); $s->syswrite("PUT /connectors/x/config HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); $s } 1 .. 50;
my @gone = map { my $s = socket_to(); $s->syswrite("POST /connectors HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{"); $s } 1 .. 50;
close $_ for @gone;

# one goes away while its connector is looked at
my $leaving = socket_to();
my $long = JSON::PP->new->utf8->encode({ %config, name => 'leaving', 'database.hostname' => '10.255.255.1' });
$leaving->syswrite("PUT /connectors/leaving/config HTTP/1.1\r\nHost: x\r\nContent-Length: " . length($long) . "\r\n\r\n$long");
close $leaving;
my $before = time;
is(($worker->call('GET', '/connectors'))[0], 200, 'others are answered');
cmp_ok(time - $before, '<', 5, 'at once');

# ---- a thousand at once
my @sockets = map { socket_to() } 1 .. 1000;
$_->syswrite("GET /connectors/shop/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") for @sockets;
my $select = IO::Select->new(@sockets);
my %text;
my $deadline = time + 60;
while ($select->count && time < $deadline)
{
	for my $socket ($select->can_read(1))
	{
		my $n = $socket->sysread($text{$socket}, 65536, length($text{$socket} // ''));
		$select->remove($socket) if !$n;
	}
}
is(scalar(grep { /\AHTTP\/1\.1 200 OK\r\n.*"state":"RUNNING"/s } values %text), 1000, 'a thousand answers');
close $_ for @sockets, @idle, @half;

# ---- nothing of this touched the connector
is($pg->slot('hostile', 'active_pid'), $walsender, 'the connector has streamed all the time');
$pg->query('INSERT INTO orders VALUES (1)');
wait_until('a row', sub { $kafka->count("hostile$$.public.orders") == 1 });
is_deeply(($worker->call('GET', '/connectors'))[1], ['shop'], 'there is no other');
is($worker->stop, 0, 'a clean end');

done_testing();
