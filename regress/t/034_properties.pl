# Properties of single columns and of transactions, from the connector's file
# to Kafka: masks whose names are longer than an option's can be, BEGIN and END.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use JSON::PP ();
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $salt = 'a long salt: \\ = # ' . 's' x 60;

$pg->query(<<'EOF');
CREATE TABLE people (id int PRIMARY KEY, name text, mail text, note text);
ALTER TABLE people REPLICA IDENTITY FULL;
CREATE TABLE pets (id int PRIMARY KEY);
EOF

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	wrapped => 1,
	conf => {
		'provide.transaction.metadata' => 'true',
		'skip.messages.without.change' => 'true',
		'column.mask.with.4.chars' => 'public.people.name',
		'column.truncate.to.3.chars' => 'public.people.note',
		"column.mask.hash.v2.SHA-256.with.salt.$salt" => 'public.people.mail',
	});

$pg->query(q{BEGIN; INSERT INTO people VALUES (1, 'Ada', 'ada@example.com', 'secret'); INSERT INTO pets VALUES (1), (2); COMMIT});
$pg->query(q{UPDATE people SET note = note});
ok($ship->wait_drained, 'the slot confirms what is in Kafka');

my ($event) = $ship->events('people');
is_deeply(
	$event->{event}{after},
	{ id => 1, name => '****', mail => sha256_hex("${salt}ada\@example.com"), note => 'sec' },
	'masked, hashed and cut');
is(scalar $ship->events('people'), 1, 'what changes nothing is no event');
is($event->{event}{transaction}{total_order}, 1, 'first of its transaction');
is_deeply(
	[ map { [ @{ $_->{event}{transaction} }{qw(total_order data_collection_order)} ] } $ship->events('pets') ],
	[ [ 2, 1 ], [ 3, 2 ] ],
	'the order in the transaction, and in the table');

my @records = map { JSON::PP::decode_json($_->{value}) } $kafka->read_topic($ship->topic('people') =~ s/public\.people$/transaction/r);
is(join(' ', map { $_->{status} . ($_->{event_count} // '') } @records), 'BEGIN END3 BEGIN END0', 'BEGIN and END of each');
is_deeply(
	$records[1]{data_collections},
	[ { data_collection => 'public.pets', event_count => 2 }, { data_collection => 'public.people', event_count => 1 } ],
	'events by table');

my ($status, $out) = Walpost::Shipper::command('config', $ship->file);
is($status, 0, 'the file is well');
unlike($out, qr/\Q$salt\E/, 'the salt is not shown');
unlike($ship->log, qr/\Q$salt\E/, 'nor logged');

is($ship->stop, 0, 'it ends well');
done_testing();
