# Headers of single records, from the connector's file to Kafka: positions that
# identify a record whoever sends it and however often, the names of columns
# whose values are unknown, the names of those that have changed.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOS');
CREATE TABLE orders (id int PRIMARY KEY, state text NOT NULL, note text);
ALTER TABLE orders ALTER note SET STORAGE external;
CREATE TABLE lines (id int PRIMARY KEY, total numeric, note text);
ALTER TABLE lines REPLICA IDENTITY FULL;
EOS

# a second slot has the same changes ahead of it
my $first = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'extended.headers.enabled' => 'false',
		'provide.transaction.metadata' => 'true',
		'skip.messages.without.change' => 'true',
		'walpost.position.headers' => 'true',
		'walpost.unavailable.header' => 'true',
		'walpost.changed.header' => 'true',
	});
$pg->query(q{SELECT pg_create_logical_replication_slot('again', 'walpost')});

$pg->query(<<'EOS');
BEGIN;
INSERT INTO orders VALUES (1, 'new', repeat('n', 9000)), (2, 'new', NULL);
INSERT INTO lines VALUES (1, 1.5, 'l');
COMMIT;
UPDATE orders SET state = 'paid' WHERE id = 1;
UPDATE orders SET id = 10 WHERE id = 1;
SELECT pg_logical_emit_message(false, 'app', 'outside');
BEGIN;
UPDATE lines SET total = 2;
UPDATE lines SET total = total;
UPDATE lines SET total = 2.00, note = NULL;
DELETE FROM orders WHERE id = 2;
COMMIT;
EOS
ok($first->wait_drained, 'the slot confirms what is in Kafka');

# What a record says besides its position.
sub said
{
	my ($record) = @_;
	my %headers = %{ $record->{headers} };

	delete @headers{ 'walpost.lsn', 'walpost.seq' };
	return {
		($record->{event} ? (op => $record->{event}{op}) : ()),
		map { s/^\w+\.//r => JSON::PP::decode_json($headers{$_}) } keys %headers
	};
}

my @orders = $first->events('orders');
is_deeply(
	[ map { said($_) } @orders ],
	[
		{ op => 'c' },
		{ op => 'c' },
		{ op => 'u', unavailable => { after => ['note'] } },
		{ op => 'd', unavailable => { before => [ 'state', 'note' ] }, newkey => { id => 10 } },
		{ newkey => { id => 10 } },
		{ op => 'c', unavailable => { after => ['note'] }, oldkey => { id => 1 } },
		{ op => 'd', unavailable => { before => [ 'state', 'note' ] } },
		{},
	],
	'what an event does not know');
is($orders[2]{event}{after}{note}, '__debezium_unavailable_value', 'where the placeholder stands');

my @lines = $first->events('lines');
is_deeply(
	[ map { said($_) } @lines ],
	[ { op => 'c' }, { op => 'u', changed => ['total'] }, { op => 'u', changed => [ 'total', 'note' ] } ],
	'what an update has changed; one that changed nothing is no event');

my @messages = $kafka->read_topic($first->topic('orders') =~ s/public\.orders$/message/r);
my @borders = $kafka->read_topic($first->topic('orders') =~ s/public\.orders$/transaction/r);

# Positions as one text: what a consumer compares.
sub positions
{
	return map { "$_->{headers}{'walpost.lsn'} $_->{headers}{'walpost.seq'}" } @_;
}

my @all = positions(@orders, @lines, @messages, @borders);
my %count;
$count{$_}++ for @all;
is(scalar grep({ /^[0-9A-F]{8}\/[0-9A-F]{8} \d{16}$/ } @all), scalar @all, 'every record has a position');
is(scalar(keys %count), 8 + 3 + 1 + 8, 'each its own');
for my $topic (\@orders, \@lines, \@borders)
{
	is_deeply([ positions(@$topic) ], [ sort(positions(@$topic)) ], 'they grow along a topic');
}
is_deeply(
	[ map { $_->{headers}{'walpost.seq'} + 0 } @orders[ 0, 1, 3 .. 7 ], @lines ],
	[ 10, 20, 10, 11, 12, 40, 41, 30, 10, 30 ],
	'the number of the change, the number of the record');
is($first->stop, 0, 'the first ends well');

# the same transactions through another connector, which publishes less of them
my $second = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'slot.name' => 'again',
		'extended.headers.enabled' => 'false',
		'tombstones.on.delete' => 'false',
		'table.include.list' => 'public.orders',
		'walpost.position.headers' => 'true',
	});
ok($second->wait_drained, 'the other slot confirms, too');
my @again = $second->events('orders');
is_deeply([ positions(@again) ], [ positions(grep { $_->{event} } @orders) ], 'a record that is sent again is told by its position');
is_deeply(
	[ positions($kafka->read_topic($second->topic('orders') =~ s/public\.orders$/message/r)) ],
	[ positions(@messages) ],
	'so is a message outside any transaction');
is($second->stop, 0, 'it ends well');
done_testing();
