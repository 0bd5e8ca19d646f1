# A row that a transform cannot take: the connector stops and names it, as a
# task of Connect's does; told to, it leaves the row out, and nothing else is lost.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query('CREATE TABLE answers (id int PRIMARY KEY, answer text, given text)');
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'transforms' => 'unwrap,cast,when',
		'transforms.unwrap.type' => 'io.debezium.transforms.ExtractNewRecordState',
		'transforms.unwrap.delete.tombstone.handling.mode' => 'delete-to-tombstone',
		'transforms.cast.type' => 'org.apache.kafka.connect.transforms.Cast$Value',
		'transforms.cast.spec' => 'answer:int8',
		'transforms.cast.predicate' => 'answers',
		'transforms.when.type' => 'org.apache.kafka.connect.transforms.TimestampConverter$Value',
		'transforms.when.field' => 'given',
		'transforms.when.target.type' => 'unix',
		'transforms.when.format' => 'yyyy-MM-dd',
		'predicates' => 'answers',
		'predicates.answers.type' => 'TopicNameMatches',
		'predicates.answers.pattern' => '.*\.answers',
	});
my $topic = $ship->topic('answers');

$pg->query(q{INSERT INTO answers VALUES (1, '42', '1979-10-12')});
$pg->query(q{BEGIN; INSERT INTO answers VALUES (2, '-128', NULL), (3, '128', NULL), (4, NULL, '2001-05-11'); COMMIT});
is(wait_exit($ship->pid), 1, 'it ends with status 1');
my ($error) = grep { /^walpost: / } split /\n/, $ship->log;
like($error, qr/transform "cast" \(Cast\$Value\) cannot take a record of topic "\Q$topic\E": a value was out of range for the requested data type/,
	'the error says which transform, and why');
like($error, qr/key \{"id":3\}/, 'and which row');
unlike($error, qr/128/, 'but not the value');
is($pg->slot('walpost', 'confirmed_flush_lsn < pg_current_wal_lsn()'), 't', 'nothing is acknowledged past it');

# ---- left out
$ship->write_conf('event.processing.failure.handling.mode' => 'warn');
$ship->start;
$ship->wait_streaming;
$pg->query(q{INSERT INTO answers VALUES (5, '5', '2001/05/11'), (6, '6', '2001-05-11')});
ok($ship->wait_drained, 'with warn it goes on');
like($ship->log, qr/left out a change of relation "public\.answers" at [^:]+: transform "when" .*: could not parse timestamp: .* pattern \(yyyy-MM-dd\); Its key is \{"id":5\}/,
	'and names what it leaves out');
# what the first run had not confirmed comes again
my %seen;
is_deeply([ map { $_->{value} } grep { !$seen{ $_->{key} }++ } $kafka->read_topic($topic) ], [
	'{"id":1,"answer":42,"given":308534400000}',
	'{"id":2,"answer":-128,"given":null}',
	'{"id":4,"answer":null,"given":989539200000}',
	'{"id":6,"answer":6,"given":989539200000}',
], 'the others of its transaction arrive');

done_testing();
