# Signals by every channel, up to whoever handles them: a table, walpost.signal(),
# a Kafka topic, a file.  What cannot be a signal is a warning, never an end.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $file = scratch_dir() . '/signals.txt';

$pg->query('CREATE EXTENSION walpost');
$pg->query('CREATE TABLE orders (id int PRIMARY KEY)');
$pg->query('CREATE TABLE debezium_signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048))');

my $ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'table.include.list' => 'public.orders',
		'signal.data.collection' => 'public.debezium_signal',
		'signal.enabled.channels' => 'source,kafka,file',
		'signal.poll.interval.ms' => 50,
		'signal.file' => $file,
		'signal.kafka.topic' => "signals$$" });
my $topic = "signals$$";
$kafka->create_topic($topic, partitions => 1);
$ship->start;
$ship->wait_streaming;

my $n = 0;

# How often a message of a log signal was said.
sub said
{
	my ($message) = @_;

	return scalar(() = $ship->log =~ /info  signal \S+ \Q$message\E$/mg);
}

sub wait_said
{
	my ($message) = @_;

	return wait_until("the log to say '$message'", sub { said($message) > 0 });
}

sub signal_by_table
{
	my ($type, $data) = @_;

	$pg->query(sprintf q{INSERT INTO debezium_signal VALUES ('s%d', %s, %s)}, ++$n,
		map { defined $_ ? "'$_'" : 'NULL' } $type, $data);
	return;
}

# SQL that must fail with this error.
sub refused
{
	my ($sql, $error, $name) = @_;
	my ($status, $out, $err) = $pg->try_query($sql);

	return like($err, $error, $name);
}

# ---- the table
signal_by_table('log', '{"message": "by a table at {}"}');
wait_until('a signal by the table', sub { $ship->log =~ /info  signal \S+ by a table at [0-9A-F]+\/[0-9A-F]+$/m });
pass('a signal of a table');
wait_until('its event', sub { $kafka->count($ship->topic('debezium_signal')) == 1 });
pass('which is an event, too, though the lists leave it out, as in Debezium');

# ---- walpost.signal()
my $id = $pg->query(q{SELECT walpost.signal('log', '{"message": "by SQL"}')});
wait_said('by SQL');
like($ship->log, qr/signal "\Q$id\E" of type log \(channel source\)/, 'walpost.signal() returns the id');
is($pg->query('SELECT count(*) FROM walpost.signals'), 0, 'and leaves nothing behind');
$pg->query(qq{SELECT walpost.signal('log', '{"message": "by SQL for us"}', '$ship->{prefix}')});
$pg->query(q{SELECT walpost.signal('log', '{"message": "by SQL for others"}', 'others')});
wait_said('by SQL for us');

# ---- a topic
$kafka->write_record($topic, 'others', '{"id":"k0","type":"log","data":{"message":"by Kafka for others"}}');
$kafka->write_record($topic, $ship->{prefix}, '{"id":"k1","type":"log","data":{"message":"by Kafka"}}');
wait_said('by Kafka');

# ---- a file
spit($file, qq({"id":"f1","type":"log","data":{"message":"by a file"}}\n\n{"id":"f2","type":"log","data":{"message":"by a file again"}}\n));
wait_said('by a file again');
is(said('by a file'), 1, 'each line once');
wait_until('the file to be empty', sub { -s $file == 0 });
spit($file, '{"id":"f3","type":"log","data":{"message":"by a line without an end"}}');
wait_said('by a line without an end');
is(said('by Kafka for others') + said('by SQL for others'), 0, 'what is for others is passed over');

# ---- what is no signal
my @bad = (
	[ 'log', '{"message": ', qr/data is no JSON/ ],
	[ 'log', '[1]', qr/no JSON object/ ],
	[ 'log', undef, qr/lacks its "message"/ ],
	[ 'logs', '{}', qr/no such type/ ],
	[ 'execute-snapshot', '{}', qr/lacks its "data-collections"/ ],
	[ 'execute-snapshot', '{"data-collections": ["a(b"]}', qr/bad regular expression/ ],
	[ 'execute-snapshot', '{"data-collections": [1]}', qr/is no text/ ],
	[ 'execute-snapshot', '{"data-collections": ["a"], "type": "full"}', qr/incremental and blocking/ ],
	[ 'execute-snapshot', '{"data-collections": ["a"], "additional-conditions": [{"filter": "x"}]}', qr/lacks its "data-collection"/ ],
	[ 'stop-snapshot', '{"type": "blocking"}', qr/only incremental snapshots/ ],
);
for my $bad (@bad)
{
	my $from = length $ship->log;

	signal_by_table(@{$bad}[ 0, 1 ]);
	$ship->wait_log(qr/warn .* signal "s$n" of type "$bad->[0]".* is ignored: .*$bad->[2]/, $from);
}
spit($file, "no json\n" . '{"type":"log"}' . "\n[]\n");
$ship->wait_log(qr/warn .*channel file\) is ignored: it is no JSON object.*\n.*signal "" of type "log".*lacks its "message"\n|an array/);
$kafka->write_record($topic, $ship->{prefix}, 'no json');
$ship->wait_log(qr/warn .*channel kafka\) is ignored: it is no JSON object/);
signal_by_table('snapshot-window-open', '{}');
$pg->query(q{INSERT INTO orders VALUES (1)});
wait_until('events to go on', sub { $kafka->count($ship->topic('orders')) == 1 });
unlike($ship->log, qr/snapshot-window-open/, "another connector's watermarks are passed over in silence");
refused(q(SELECT walpost.signal('log', '{')), qr/invalid input syntax for type json/, 'no JSON in SQL');
refused(q{SELECT walpost.signal('logs')}, qr/violates check constraint/, 'no such type in SQL');

# ---- who may
$pg->query('CREATE ROLE nobody LOGIN; GRANT CREATE ON DATABASE postgres TO nobody');
for my $forged (
	q{SELECT walpost.signal('log', '{"message": "forged"}')},
	q{INSERT INTO walpost.signals VALUES ('1', 'log', '{"message": "forged"}')})
{
	refused("SET ROLE nobody; $forged", qr/permission denied/, 'not by everybody');
}
$pg->query('CREATE DATABASE other');
my $elsewhere = Walpost::Shipper->running(
	pg => $pg, kafka => $kafka, db => 'other', conf => { 'slot.name' => 'elsewhere' });
$pg->query('GRANT CREATE ON DATABASE other TO nobody');
$pg->query(q{
	SET ROLE nobody;
	CREATE SCHEMA walpost;
	CREATE TABLE walpost.signals (id text PRIMARY KEY, type text, data text, connector text);
	INSERT INTO walpost.signals VALUES ('1', 'log', '{"message": "forged"}', NULL)}, 'other');
wait_until('its event', sub { $kafka->count($elsewhere->topic('walpost.signals')) == 1 });
unlike($elsewhere->log, qr/forged/, "a table of that name that is not the extension's is a table like any other");
is($elsewhere->stop(20), 0, 'a clean end');

# ---- order, and once
$pg->query(join '', 'BEGIN;',
	(map { qq(SELECT walpost.signal('log', '{"message": "in order $_"}');) } 1 .. 5),
	q{INSERT INTO orders VALUES (2); COMMIT});
wait_said('in order 5');
is(join(' ', $ship->log =~ /in order (\d)$/mg), '1 2 3 4 5', 'the order is that of the stream');
is($ship->stop(20), 0, 'a clean end');
$ship->start;
$ship->wait_streaming;
$pg->query(q{SELECT walpost.signal('log', '{"message": "after a restart"}')});
wait_said('after a restart');
is(said('in order 5'), 1, 'a restart repeats none of what was settled');
is(said('by Kafka'), 1, 'nor of the topic');
$pg->query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $$walpost$$');
$pg->query(q{SELECT walpost.signal('log', '{"message": "after a break"}')});
wait_said('after a break');
is(said('after a restart'), 1, 'nor does a reconnect');

# ---- with no publication of them
is($ship->stop(20), 0, 'a clean end');
$pg->query('DROP PUBLICATION walpost; CREATE PUBLICATION walpost FOR TABLE orders');
$ship->start;
$ship->wait_streaming;
signal_by_table('log', '{"message": "not published"}');
wait_said('not published');
$pg->query(q{SELECT walpost.signal('log', '{"message": "the same in SQL"}')});
wait_said('the same in SQL');
my $lsn = $pg->current_lsn;
$pg->query('INSERT INTO orders VALUES (3)');
$pg->wait_confirmed('walpost', $lsn);
pass('transactions of signals alone are confirmed');
is($ship->stop(20), 0, 'a clean end');

# ---- channels that are not enabled
$ship->write_conf('signal.enabled.channels' => 'kafka');
$ship->start;
$ship->wait_streaming;
signal_by_table('log', '{"message": "not enabled"}');
$pg->query(q{SELECT walpost.signal('log', '{"message": "always heard"}')});
wait_said('always heard');
is(said('not enabled'), 0, 'a channel that is not enabled is not read');
is($ship->stop(20), 0, 'a clean end');

# ---- a table that does not fit
$pg->query('CREATE TABLE two (id text PRIMARY KEY, type text)');
$ship->write_conf('signal.enabled.channels' => 'source', 'signal.data.collection' => 'public.two');
$ship->start;
$ship->wait_streaming;
$pg->query(q{INSERT INTO two VALUES ('1', 'log'); INSERT INTO orders VALUES (4)});
wait_until('events to go on', sub { $kafka->count($ship->topic('orders')) == 4 });
like(slurp($pg->log), qr/table "public\.two" gives no signals/, "the server's log says what is wrong with it");
is($ship->stop(20), 0, 'a clean end');

done_testing();
