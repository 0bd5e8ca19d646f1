# Masked, hashed, cut and left out columns: their plain values do not leave the
# server, neither in snapshots nor in the stream, neither as new nor as old rows.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;
use Walpost::Wire;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOF');
CREATE EXTENSION walpost;
CREATE TABLE people (id int PRIMARY KEY, open text, masked text, hashed text, cut text, excluded text);
ALTER TABLE people REPLICA IDENTITY FULL;
CREATE FUNCTION person(n int, what text) RETURNS people LANGUAGE sql IMMUTABLE AS $$
	SELECT n, 'open ' || what, 'plain ' || what, 'plain ' || what, '<>plain ' || what, 'plain ' || what
$$;
INSERT INTO people SELECT (person(n, 'row')).* FROM generate_series(1, 3) n;
EOF

# Rows that exist, changes of each kind, and the rows once more.  Returns what the
# server has sent in all, and the values of the events.
sub sent_and_written
{
	my ($name, %conf) = @_;
	my $wire = Walpost::Wire->new($pg->port);
	my $ship = Walpost::Shipper->running(
		pg => $pg,
		kafka => $kafka,
		slot => $name,
		conf => { 'database.port' => $wire->port, 'slot.name' => $name, 'snapshot.mode' => 'initial', %conf });

	$pg->query(<<'EOF');
INSERT INTO people SELECT (person(4, 'new')).*;
UPDATE people SET (open, masked, hashed, cut, excluded) = (SELECT open, masked, hashed, cut, excluded FROM person(4, 'changed')) WHERE id = 4;
DELETE FROM people WHERE id = 4;
SELECT walpost.signal('execute-snapshot', '{"type": "incremental", "data-collections": ["public.people"]}');
EOF
	wait_until('all events', sub { $kafka->count($ship->topic('people')) >= ($conf{transforms} ? 9 : 10) });
	is($ship->stop, 0, "$name: a clean end");
	return ($wire->sent, map { $_->{value} // () } $kafka->read_topic($ship->topic('people')));
}

# ---- properties of columns
my ($sent, @values) = sent_and_written(
	'columns',
	'column.mask.with.6.chars' => 'public.people.masked',
	'column.mask.hash.v2.SHA-256.with.salt.pepper' => 'public.people.hashed',
	'column.truncate.to.2.chars' => 'public.people.cut',
	'column.exclude.list' => 'public.people.excluded');

is(scalar(grep { /"masked":"\*{6}"/ && /"cut":"<>"/ && /"open":"open \w+"/ } @values), 9, 'columns: events hide what they should');
like($sent, qr/open row.*open new.*open changed/s, 'columns: they are what the server has sent');
unlike($sent, qr/plain/, 'columns: and no plain value');

# ---- transforms
($sent, @values) = sent_and_written(
	'transforms',
	'transforms' => 'unwrap,mask,drop',
	'transforms.unwrap.type' => 'io.debezium.transforms.ExtractNewRecordState',
	'transforms.unwrap.delete.tombstone.handling.mode' => 'rewrite',
	'transforms.mask.type' => 'org.apache.kafka.connect.transforms.MaskField$Value',
	'transforms.mask.fields' => 'masked,hashed',
	'transforms.mask.replacement' => 'hidden',
	'transforms.drop.type' => 'org.apache.kafka.connect.transforms.ReplaceField$Value',
	'transforms.drop.exclude' => 'cut,excluded');

is(scalar(grep { /"masked":"hidden","hashed":"hidden","__deleted"/ } @values), 9, 'transforms: events hide what they should');
like($sent, qr/open row.*open new.*open changed/s, 'transforms: they are what the server has sent');
unlike($sent, qr/plain/, 'transforms: and no plain value');

done_testing();
