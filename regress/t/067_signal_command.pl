# walpost signal, and that what was signalled is not lost with the connector.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running;

$pg->query('CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 20)');
$pg->query('CREATE ROLE clerk LOGIN REPLICATION; GRANT SELECT ON orders TO clerk');
my $topic = 'notices';
$kafka->create_topic($topic, partitions => 1);
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'table.include.list' => 'public.orders',
		'notification.enabled.channels' => 'sink',
		'notification.sink.topic.name' => $topic });

sub command
{
	my (@args) = @_;

	return Walpost::Shipper::command('signal', $ship->file, @args);
}

# A command that must fail with this error.
sub refused
{
	my ($error, @args) = @_;
	my ($status, $out, $err) = command(@args);

	isnt($status, 0, "signal @args: fails");
	return like($err, $error, 'and says why');
}

# ---- what cannot be signalled
refused(qr/database "postgres" lacks the extension "walpost"; run CREATE EXTENSION walpost in it/, 'log', '{"message": "x"}');
$pg->query('CREATE EXTENSION walpost');
refused(qr/nothing was signalled: .*there is no such type/, 'logs');
refused(qr/nothing was signalled: .*lacks its "message"/, 'log');
refused(qr/nothing was signalled: .*no JSON/, 'log', '{');
$ship->write_conf('database.user' => 'clerk');
refused(qr/permission denied .*run GRANT EXECUTE ON FUNCTION walpost\.signal\(text, json, text\) TO "clerk"/, 'log', '{"message": "x"}');
$pg->query('GRANT EXECUTE ON FUNCTION walpost.signal(text, json, text) TO clerk');

# ---- what can
my ($status, $out, $err) = command('log', '{"message": "by command"}');
is($status, 0, 'a signal by command') or diag($err);
my ($id) = $out =~ /^sent signal (\S+) to connectors with topic\.prefix "\Q$ship->{prefix}\E"$/;
$ship->wait_log(qr/signal "\Q$id\E" of type log .*\n.* by command\n/);
$ship->write_conf('database.user' => 'postgres');

# ---- an incremental snapshot, asked for while Kafka stands still, and then the
# connector is killed: nothing has happened yet, and nothing is lost
$pg->wait_confirmed('walpost');
$kafka->pause;
($status, $out, $err) = command('execute-snapshot', '{"data-collections": ["public.orders"]}');
is($status, 0, 'a signal while Kafka stands still') or diag($err);
($id) = $out =~ /^sent signal (\S+)/;
$ship->wait_log(qr/signal "\Q$id\E" of type execute-snapshot/);
my $lsn = $pg->current_lsn;
$pg->query('INSERT INTO orders VALUES (100)');
$ship->kill9;
isnt($pg->slot('walpost', "confirmed_flush_lsn >= '$lsn'"), 't', 'the slot stays before a signal that is not settled');
$kafka->resume;
$ship->start;
$ship->wait_streaming;
wait_until('the snapshot to be complete',
	sub { grep { $_->{value} =~ /"type":"COMPLETED","aggregate_type":"Incremental Snapshot"/ } $kafka->read_topic($topic) });
my %rows;
$rows{$_}++ for map { $_->{value} =~ /"after":\{"id":(\d+)\}.*"op":"r"/ } $kafka->read_topic($ship->topic('orders'));
is(scalar(grep { $_ <= 20 } keys %rows), 20, 'all rows come');
ok((grep { $_->{value} =~ /"id":"\Q$id\E","type":"STARTED"/ } $kafka->read_topic($topic)), 'with the id of the signal');
$pg->wait_confirmed('walpost');
is($ship->stop(20), 0, 'a clean end');

done_testing();
