# Every kind of change arrives in its topic as an event of the right shape,
# with its key where Java's producers would put it, and the slot follows.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOF');
CREATE DATABASE other;
CREATE TABLE orders (
	id bigint PRIMARY KEY, customer text, amount numeric(10,2), note text);
ALTER TABLE orders REPLICA IDENTITY FULL;
ALTER TABLE orders ALTER note SET STORAGE EXTERNAL;
CREATE TABLE "Odd items" (
	"order" bigint, line int, "na""me" text, PRIMARY KEY ("order", line));
CREATE TABLE keyless (what text);
EOF

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	wrapped => 1,
	conf => {
		'topic.creation.default.partitions' => 4,
		'decimal.handling.mode' => 'string',
		'skipped.operations' => 'none',
	});

is($pg->slot('walpost', 'plugin'), 'walpost', 'the slot was created for this plugin');
is($pg->query("SELECT puballtables FROM pg_publication WHERE pubname = 'walpost'"),
	't', 'the publication was created');

# ---- one of each kind
$pg->query(<<'EOF');
INSERT INTO orders VALUES (1, 'Ada', 10.50, repeat('n', 5000)), (2, 'Bob', 7, NULL), (3, 'Zoë "Q"', 0.01, '');
UPDATE orders SET amount = 11 WHERE id = 1;
UPDATE orders SET id = 20 WHERE id = 2;
DELETE FROM orders WHERE id = 3;
EOF
$pg->query(q{INSERT INTO "Odd items" VALUES (1, 1, 'a'), (1, 2, E'tab\there')});
$pg->query(q{INSERT INTO keyless VALUES ('no key')});
$pg->query('TRUNCATE orders');
ok($ship->wait_drained, 'the slot confirms what is in Kafka');

my @events = $ship->events('orders');
my %by_key;
push @{ $by_key{ $_->{key} // 'none' } }, $_ for @events;

# the operations of one row's events, tombstones as "-"
sub ops
{
	my ($key) = @_;

	return join ' ', map { defined $_->{event} ? $_->{event}{op} : '-' } @{ $by_key{$key} // [] };
}

is_deeply([ sort keys %by_key ],
	[ sort 'none', map { "{\"id\":$_}" } 1, 2, 20, 3 ],
	'keys are the primary key in braces');
is(ops('{"id":1}'), 'c u', 'insert, update');
is(ops('{"id":2}'), 'c d -', 'a changed key deletes the old row, with a tombstone');
is(ops('{"id":20}'), 'c', 'a changed key creates the new row');
is(ops('{"id":3}'), 'c d -', 'insert, delete, tombstone');
is(ops('none'), 't', 'truncate has no key');

is($_->{partition}, Walpost::Kafka::partition_of($_->{key}, 4), "partition of $_->{key}")
  for map { $_->[0] } @by_key{ grep { $_ ne 'none' } sort keys %by_key };

my ($insert, $update) = map { $_->{event} } @{ $by_key{'{"id":1}'} };
is_deeply($insert->{after},
	{ id => 1, customer => 'Ada', amount => '10.50', note => 'n' x 5000 }, 'row inserted');
is($insert->{before}, undef, 'no row before an insert');
is($update->{before}{amount}, '10.50', 'row before an update');
is($update->{after}{amount}, '11.00', 'row after an update');
is($update->{after}{note}, 'n' x 5000, 'an unchanged value out of line, known from the identity');
is($by_key{'{"id":3}'}[0]{event}{after}{customer}, "Zo\x{eb} \"Q\"", 'text beyond ASCII');
is($by_key{'{"id":3}'}[1]{event}{before}{amount}, '0.01', 'row before a delete');
is($by_key{'{"id":3}'}[1]{event}{after}, undef, 'no row after a delete');

my $source = $insert->{source};
is($source->{connector}, 'postgresql', 'source: connector');
is($source->{name}, $ship->{prefix}, 'source: name is the topic prefix');
is("$source->{db} $source->{schema} $source->{table}", 'postgres public orders', 'source: table');
is($source->{snapshot}, 'false', 'source: not of a snapshot');
like($source->{lsn}, qr/^[1-9]\d+$/, 'source: LSN');
is($source->{txId}, $update->{source}{txId} - 1, 'source: transactions in their order')
  or diag explain [ $source, $update->{source} ];
cmp_ok(abs(time - $source->{ts_ms} / 1000), '<', 120, 'source: time of the commit');
is(substr($insert->{ts_us}, 0, -3), $insert->{ts_ms}, 'time of processing in ms and us');
is(substr($insert->{ts_ns}, 0, -3), $insert->{ts_us}, 'time of processing in us and ns');

is($by_key{'{"id":2}'}[$_]{headers}{'__debezium.newkey'}, '{"id":20}',
	'header: the new key, with the delete and its tombstone')
  for 1, 2;
is($by_key{'{"id":20}'}[0]{headers}{'__debezium.oldkey'}, '{"id":2}',
	'header: the old key, with the insert');
is($by_key{'{"id":1}'}[0]{headers}{'__debezium.context.connectorLogicalName'},
	$ship->{prefix}, 'header: the topic prefix, with each event');

my @odd = $ship->events('Odd_items');
is_deeply([ sort map { $_->{key} } @odd ],
	[ '{"order":1,"line":1}', '{"order":1,"line":2}' ], 'a key of two columns');
is((grep { $_->{event}{after}{line} == 2 } @odd)[0]{event}{after}{'na"me'},
	"tab\there", 'an odd name and an odd value');

my ($keyless) = $ship->events('keyless');
is($keyless->{key}, undef, 'a table without a key has null keys');
is($keyless->{event}{after}{what}, 'no key', 'a table without a key has events');

# ---- the slot of an idle database moves on
my $before = $pg->slot('walpost', 'confirmed_flush_lsn');
$pg->query('CREATE TABLE noise AS SELECT g FROM generate_series(1, 1000) g', 'other');
my $written = $pg->current_lsn;
ok($pg->wait_confirmed('walpost', $written), "the slot moved from $before past $written");

# ---- a clean end, and a start where it ended
my $counted = $kafka->count($ship->topic('orders'));
$pg->query(q{INSERT INTO orders VALUES (100, 'before the end', 1, NULL)});
is($ship->stop(20), 0, 'SIGTERM ends it with status 0');
is($pg->slot('walpost', 'active'), 'f', 'the slot is free');

$pg->query(q{INSERT INTO orders VALUES (101, 'while it was down', 1, NULL)});
$ship->start;
$ship->wait_streaming;
$ship->wait_drained;
is($kafka->count($ship->topic('orders')), $counted + 2, 'nothing is lost or repeated over a clean restart');

# ---- SIGINT is a clean end as well
kill 'INT', $ship->pid;
is(wait_exit($ship->pid, 20), 0, 'SIGINT ends it with status 0');

done_testing();
