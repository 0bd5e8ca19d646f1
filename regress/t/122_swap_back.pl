# What a swap has to get right besides: Debezium was in the middle of a transaction,
# among rows that share an LSN; the way back, where the slot becomes pgoutput's again
# and the offset is one that Debezium goes on from; and forth again.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;
use Walpost::Worker;

my $json = JSON::PP->new->utf8->canonical;
my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $worker = Walpost::Worker->new(kafka => $kafka);
my $prefix = "back$$";
my $topic = "$prefix.public.items";
my %config = (
	'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
	'database.hostname' => '127.0.0.1',
	'database.port' => $pg->port . '',
	'database.user' => 'postgres',
	'database.password' => 'x',
	'database.dbname' => 'postgres',
	'topic.prefix' => $prefix,
	'plugin.name' => 'pgoutput',
	'slot.name' => 'shop',
	'publication.name' => 'shop',
	'provide.transaction.metadata' => 'true',
	'topic.creation.default.replication.factor' => '1',
	'topic.creation.default.partitions' => '1');
my $file = spit(scratch_dir() . '/shop.json', $json->encode({ %config, name => 'shop' }));

# What pgoutput sends of the slot from here: [LSN, transaction, kind of message].
sub peek
{
	return map { [ split /\|/ ] } split /\n/, $pg->query(<<'EOF');
SELECT lsn - '0/0'::pg_lsn, xid, chr(get_byte(data, 0))
FROM pg_logical_slot_peek_binary_changes('shop', NULL, NULL, 'proto_version', '1', 'publication_names', 'shop')
EOF
}

sub ids
{
	return map { $_->{key} =~ /(\d+)/ } $kafka->read_topic($topic);
}

sub offset
{
	my ($last) = reverse grep { $_->{key} eq qq(["shop",{"server":"$prefix"}]) } $kafka->read_topic($worker->topic('offsets'));

	return $json->decode($last->{value});
}

# Runs "walpost slot" on the connector's file: exit status, output, errors.
sub slot_command
{
	return run_command([ Walpost::Shipper::program(), 'slot', $_[0], $file ]);
}

# ---- Debezium has 1 to 5, of a transaction of 1 to 8, in which 3 to 7 have one LSN
$pg->query('CREATE TABLE items (id int PRIMARY KEY); CREATE PUBLICATION shop FOR TABLE items');
$pg->query(q{SELECT pg_create_logical_replication_slot('shop', 'pgoutput')});
$pg->query('INSERT INTO items VALUES (0)');
my ($commit) = map { $_->[0] } grep { $_->[2] eq 'C' } peek();
$pg->query(<<'EOF');
BEGIN;
INSERT INTO items VALUES (1), (2);
COPY items FROM STDIN;
3
4
5
6
7
\.
INSERT INTO items VALUES (8);
COMMIT;
EOF
my @rows = grep { $_->[2] eq 'I' } peek();
is(scalar(grep { $_->[0] == $rows[3][0] } @rows), 5, 'rows of a COPY share an LSN');
$kafka->create_topic($worker->topic($_), config => { 'cleanup.policy' => 'compact' }) for qw(configs offsets status);
$kafka->write_record($worker->topic('configs'), 'connector-shop', $json->encode({ properties => { %config, name => 'shop' } }));
$kafka->write_record(
	$worker->topic('offsets'),
	qq(["shop",{"server":"$prefix"}]),
	$json->encode(
		{
			lsn => $rows[5][0] + 0,
			lsn_proc => $rows[5][0] + 0,
			lsn_commit => $commit + 0,
			lsn_events_processed => 3,
			messageType => 'INSERT',
			txId => $rows[5][1] + 0,
			ts_usec => 1795230897688540
		}));

$worker->start;
$worker->wait_ready;
$worker->wait_task('shop', 'RUNNING');
$pg->query('INSERT INTO items VALUES (9)');
wait_until('row 9', sub { grep { $_ == 9 } ids() });
is_deeply([ ids() ], [ 6 .. 9 ], 'it goes on in the middle of the transaction');
my @events = map { $json->decode($_->{value}) } $kafka->read_topic($topic);
is_deeply([ map { $_->{transaction}{total_order} } @events ], [ 6 .. 8, 1 ], 'events are counted from its beginning');
is_deeply([ map { $json->decode($_->{value})->{status} } $kafka->read_topic("$prefix.transaction") ],
	[qw(END BEGIN END)], 'which does not come twice');

# ---- and back
my ($status, $out, $err) = slot_command('giveback');
is($status, 1, 'the slot is not given back while it is in use');
like($err, qr/slot "shop" is in use by process \d+ of the server; stop its client first/, 'and why');
is($worker->stop, 0, 'walpost connect is stopped');
my $confirmed = $pg->slot('shop', q{confirmed_flush_lsn - '0/0'});
($status, $out, $err) = slot_command('giveback');
is($status, 0, 'walpost slot giveback') or diag($err);
is($out, qq(slot "shop" has plugin "pgoutput"\n), 'says so');
is($pg->slot('shop', q{plugin || ' ' || (confirmed_flush_lsn - '0/0')}), "pgoutput $confirmed", 'at the same position');
is($pg->query('SELECT count(*) FROM pg_replication_slots'), '1', 'nothing else is left');
is((slot_command('giveback'))[0], 0, 'again: it is so already');

my $offset = offset();
is_deeply([ @$offset{qw(lsn lsn_proc lsn_commit messageType)} ], [ ($confirmed) x 3, 'COMMIT' ],
	'the offset is the end of a commit, where the slot stands');
$pg->query('INSERT INTO items VALUES (10)');
is(scalar(grep { $_->[2] eq 'I' } peek()), 1, 'what the slot sends from there is what came since');

# ---- interrupted in the middle, forth again, which completes it
$pg->query(q{SELECT pg_copy_logical_replication_slot('shop', 'walpost_takeover_shop', false, 'pgoutput')});
$pg->query(q{SELECT pg_drop_replication_slot('shop')});
$worker->start;
$worker->wait_ready;
wait_until('row 10', sub { grep { $_ == 10 } ids() });
is_deeply([ ids() ], [ 6 .. 10 ], 'and forth again: each once');
is($pg->query(q{SELECT string_agg(slot_name || ' ' || plugin, ',') FROM pg_replication_slots}), 'shop walpost', 'with one slot');

# ---- the log's level reaches the connectors
unlike($worker->log, qr/ debug .* connector=shop /, 'a connector logs no details');
is(($worker->call('PUT', '/admin/loggers/root', { level => 'DEBUG' }))[0], 200, 'a level is set');
is($worker->stop, 0, 'a clean end');
like($worker->log, qr/ debug pump connector=shop state: stream -> drain/, 'and its connector logs the details');

done_testing();
