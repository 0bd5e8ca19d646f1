# Changes that the plugin cannot make events: by default the connector stops
# and names them; told to, it leaves them out, says which, and nothing else is
# lost.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

# a type whose output function refuses what is no label of an enum
$pg->query(<<'EOF');
CREATE TYPE mood AS ENUM ('fine');
CREATE TYPE brittle;
CREATE FUNCTION brittle_in(cstring) RETURNS brittle LANGUAGE internal IMMUTABLE STRICT AS 'oidin';
CREATE FUNCTION brittle_out(brittle) RETURNS cstring LANGUAGE internal STABLE STRICT AS 'enum_out';
CREATE TYPE brittle (INPUT = brittle_in, OUTPUT = brittle_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE TABLE texts (id int PRIMARY KEY, t text);
CREATE TABLE moods (id int PRIMARY KEY, b brittle);
EOF
my %conf = ('include.unknown.datatypes' => 'true');
my $ship = Walpost::Shipper->running(pg => $pg, kafka => $kafka, conf => \%conf);

$pg->query(q{INSERT INTO texts VALUES (1, 'before')});
$ship->wait_drained;
$pg->query(q{INSERT INTO moods VALUES (1, NULL), (2, '7'), (3, NULL)});
is(wait_exit($ship->pid), 1, 'fail: it ends with status 1');
my ($error) = grep { /^walpost: / } split /\n/, $ship->log;
like($error, qr/invalid internal value for enum: 7/, 'the error is that of the type');
like($error, qr/relation "moods" at [0-9A-F]+\/[0-9A-F]+, topic \Q@{[ $ship->topic('moods') ]}\E, key \{"id":2\}/,
	'and names the row');
is($pg->slot('walpost', 'confirmed_flush_lsn < pg_current_wal_lsn()'), 't', 'nothing is acknowledged past it');

# ---- with warn it goes on
$ship->write_conf('event.processing.failure.handling.mode' => 'warn');
$ship->start;
$ship->wait_streaming;
$ship->wait_drained;
like($ship->log, qr/left out a change of relation "public\.moods" at [0-9A-F]+\/[0-9A-F]+: invalid internal value for enum: 7; Its key is \{"id":2\}/,
	'warn: the row is named');
is_deeply([ map { $_->{key} } $kafka->read_topic($ship->topic('moods')) ], [ '{"id":1}', '{"id":3}' ],
	'the others of its transaction arrive');

# ---- an event larger than any buffer: a control character takes six bytes
my $from = length $ship->log;
$pg->query(<<'EOF');
BEGIN;
INSERT INTO texts VALUES (2, 'in front');
INSERT INTO texts VALUES (3, repeat(chr(1), 180 * 1024 * 1024));
INSERT INTO texts VALUES (4, 'behind');
COMMIT;
INSERT INTO texts VALUES (5, 'after');
EOF
$ship->wait_drained(120);
like(substr($ship->log, $from), qr/relation "public\.texts" at [^:]+: an event is larger than a buffer of the server can hold; Its key is \{"id":3\}/,
	'a row that no buffer holds is named');
is_deeply([ map { $_->{key} } $kafka->read_topic($ship->topic('texts')) ], [ map { qq({"id":$_}) } 1, 2, 4, 5 ],
	'and nothing else is lost');

my $walsender = $pg->slot('walpost', 'active_pid');
my ($rss) = slurp("/proc/$walsender/status") =~ /^RssAnon:\s+(\d+)/m;
cmp_ok($rss, '<', 64 * 1024, 'the walsender gave the memory back');

# ---- a row filter that fails
SKIP:
{
	skip 'row filters came with PostgreSQL 15', 2 if $pg->query('SHOW server_version_num') < 150000;
	is($ship->stop(20), 0, 'a clean end');
	$pg->query(<<'EOF');
CREATE TABLE rates (id int PRIMARY KEY, a int);
ALTER TABLE rates REPLICA IDENTITY FULL;
CREATE PUBLICATION rated FOR TABLE rates WHERE (100 / a > 10);
EOF
	$ship->write_conf('publication.name' => 'rated', 'event.processing.failure.handling.mode' => 'skip');
	$ship->start;
	$ship->wait_streaming;
	$pg->query('INSERT INTO rates VALUES (1, 5), (2, 0), (3, 50), (4, 4)');
	$ship->wait_drained;
	is_deeply([ map { $_->{key} } $kafka->read_topic($ship->topic('rates')) ], [ '{"id":1}', '{"id":4}' ],
		'skip: a row whose filter divides by zero is left out');
}
is($ship->stop(20), 0, 'a clean end');

done_testing();
