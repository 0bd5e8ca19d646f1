# errors.tolerance=all together with exactly-once: a record that Kafka refuses
# ends its transaction; it lands in the dead letter topic once, and all others
# arrive once and in their order, whatever is killed meanwhile.

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
CREATE TABLE docs (id int PRIMARY KEY, content text);
ALTER TABLE docs ALTER content SET STORAGE EXTERNAL;
CREATE TABLE keyless (n int, pad text);
ALTER TABLE keyless ALTER pad SET STORAGE EXTERNAL;
EOF
my $dead = "dead$$";
my $ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'exactly.once.support' => 'required',
		'offset.flush.interval.ms' => 500,
		'errors.tolerance' => 'all',
		'errors.deadletterqueue.topic.name' => $dead,
		'errors.deadletterqueue.topic.replication.factor' => 1,
		'errors.deadletterqueue.context.headers.enable' => 'true',
	});
my ($docs, $keyless) = map { $ship->topic($_) } qw(docs keyless);

$kafka->create_topic($docs, config => { 'max.message.bytes' => 500000 });
$kafka->create_topic($keyless, config => { 'cleanup.policy' => 'compact' });
$kafka->create_topic($dead, config => { 'max.message.bytes' => 20000 });
$ship->start;
$ship->wait_streaming;

# The numbers in the keys of a topic, and those of the keyless table's letters.
sub ids
{
	return map { $_->{key} =~ /(\d+)/ } $kafka->read_topic($docs);
}

sub letters
{
	return map { ($_->{value} // '') =~ /"after":\{"n":(\d+)/ } $kafka->read_topic($dead);
}

# ---- one record among many is too large for the broker
$pg->query(<<'EOF');
BEGIN;
INSERT INTO docs SELECT g, 'small' FROM generate_series(1, 1000) g;
INSERT INTO docs SELECT 1001, string_agg(md5(g::text), '') FROM generate_series(1, 25000) g;
INSERT INTO docs SELECT g, 'small' FROM generate_series(1002, 2000) g;
COMMIT;
EOF
$ship->wait_drained(120);
is_deeply([ ids() ], [ grep { $_ != 1001 } 1 .. 2000 ], 'all others arrive, once and in their order');
my @dead = $kafka->read_topic($dead);
is(scalar @dead, 1, 'there is one letter');
is($dead[0]{key}, '{"id":1001}', 'which has the key');
is($dead[0]{value}, undef, 'and left its value behind');
my %headers = %{ $dead[0]{headers} };
is($headers{'walpost.topic'}, $docs, 'it says where it was to go');
is($headers{'walpost.change'}, 1001, 'its place in its transaction');
cmp_ok($headers{'walpost.size'}, '>', 800000, 'its size');
is($headers{'__connect.errors.exception.class.name'}, 'org.apache.kafka.common.errors.RecordTooLargeException', 'and why');

# ---- records that the broker finds invalid, one of them too large for the dead letter topic
$pg->query(<<'EOF');
BEGIN;
INSERT INTO docs VALUES (3001, 'before');
INSERT INTO keyless VALUES (1);
INSERT INTO docs VALUES (3002, 'after');
INSERT INTO keyless SELECT 2, string_agg(md5(g::text), '') FROM generate_series(1, 2000) g;
INSERT INTO keyless VALUES (3);
COMMIT;
EOF
$ship->wait_drained(120);
is_deeply([ (ids())[ -2, -1 ] ], [ 3001, 3002 ], 'the others of the transaction arrive');
@dead = $kafka->read_topic($dead);
is(scalar @dead, 4, 'there are three letters more');
is_deeply([ letters() ], [ 1, 3 ], 'two are whole');
is($dead[2]{value}, undef, 'the one that the dead letter topic did not take left its value behind');
is($dead[2]{headers}{'walpost.change'}, 4, 'in its place');

# ---- kill -9 under a load with bad records in it
my $load = $pg->query_in_background(<<'EOF', log_file('load'));
DO $$
BEGIN
	FOR i IN 1..600 LOOP
		INSERT INTO docs SELECT 10000 + i * 10 + g, 'small' FROM generate_series(0, 9) g;
		IF i % 50 = 0 THEN
			INSERT INTO keyless VALUES (10000 + i);
		END IF;
		COMMIT;
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
EOF
for my $kill (1 .. 4)
{
	my $letters = $kill * 2;

	wait_until("letter $letters", sub { $kafka->count($dead) >= 4 + $letters });
	$ship->kill9;
	wait_until('the slot to be free', sub { $pg->slot('walpost', 'active') eq 'f' });
	$ship->start;
	$ship->wait_streaming;
}
is(wait_exit($load, 120), 0, 'the load ends');
$ship->wait_drained(120);
is_deeply([ grep { $_ >= 10000 } ids() ], [ 10010 .. 16009 ], 'each record once and in order');
is_deeply([ grep { $_ >= 10000 } letters() ], [ map { 10000 + 50 * $_ } 1 .. 12 ], 'and each letter');

# ---- more in one transaction than is remembered, good ones between them
$pg->query(<<'EOF');
DO $$
BEGIN
	FOR i IN 1..6000 LOOP
		INSERT INTO keyless VALUES (20000 + i);
		IF i % 100 = 0 THEN
			INSERT INTO docs VALUES (20000 + i, 'small');
		END IF;
	END LOOP;
END $$;
EOF
$ship->wait_drained(200);
is_deeply([ grep { $_ >= 20000 } letters() ], [ 20001 .. 26000 ], 'many letters of one transaction, each once and in order');
is_deeply([ grep { $_ >= 20000 } ids() ], [ map { 20000 + 100 * $_ } 1 .. 60 ], 'and what is between them');
is($ship->stop(20), 0, 'a clean end');

# ---- without a dead letter topic they are left out
$ship->write_conf(
	'errors.deadletterqueue.topic.name' => undef,
	'errors.log.enable' => 'true',
	'producer.override.max.request.size' => 100000);
$ship->start;
$ship->wait_streaming;
$pg->query(<<'EOF');
BEGIN;
INSERT INTO keyless VALUES (30001);
INSERT INTO docs SELECT g, repeat('too large for the producer itself', 5000) FROM generate_series(30000, 30010) g;
INSERT INTO docs VALUES (30011, 'after');
COMMIT;
EOF
$ship->wait_drained(120);
is_deeply([ grep { $_ >= 30000 } ids() ], [30011], 'without a topic for them the rest goes on');
like($ship->log, qr/topic "\Q$keyless\E" does not take an event: .*left out/, 'and the log says so');

# ---- a snapshot's row has no place at which it would come again
my $from = length $ship->log;
$pg->query(q{CREATE EXTENSION walpost});
$pg->query(q{SELECT walpost.signal('execute-snapshot', '{"data-collections": ["public.docs"], "type": "incremental"}')});
isnt($ship->stop_by_itself(60), 0, 'a snapshot stops at a row that Kafka refuses');
like(substr($ship->log, $from), qr/^walpost: could not publish an event to topic "\Q$docs\E"/m, 'and names its topic');

done_testing();
