# Transforms from the connector file to the topics: a chain with predicates,
# headers that are null, options that only the plugin can check; and the list
# of classes, which is the same wherever it stands.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

# ---- the classes that work
my (undef, undef, $unknown) = config_of('transforms=a', 'transforms.a.type=None');
my ($of_shipper) = $unknown =~ /these classes work: (.*)/;
my (undef, undef, $predicate) = config_of('predicates=a', 'predicates.a.type=None');
my ($predicates_of_shipper) = $predicate =~ /these classes work: (.*)/;

$pg->query(q{SELECT FROM pg_create_logical_replication_slot('look', 'walpost')});
is_deeply([ names($of_shipper) ], [ names(hint_of('transforms')) ],
	'the shipper knows the transforms that the plugin has');
is_deeply([ names($predicates_of_shipper) ], [ names(hint_of('predicates')) ], 'and its predicates');

my $page = slurp(top_dir() . '/plugin/TRANSFORMS.md');
my @missing = grep { (my $class = $_) =~ s/\$\w+\z//; $page !~ /[`.]\Q$class\E\b/ }
  names($of_shipper), names($predicates_of_shipper);
is_deeply(\@missing, [], 'and the page lists them');
$pg->query(q{SELECT pg_drop_replication_slot('look')});

# ---- a chain
$pg->query('CREATE TABLE orders (id int PRIMARY KEY, customer text, note text)');
$pg->query('CREATE TABLE internal (id int PRIMARY KEY)');
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'transforms' => 'unwrap, route,hide,mask,stamp',
		'transforms.unwrap.type' => 'io.debezium.transforms.ExtractNewRecordState',
		'transforms.unwrap.delete.tombstone.handling.mode' => 'delete-to-tombstone',
		'transforms.unwrap.add.fields' => 'op,table',
		'transforms.unwrap.add.fields.prefix' => '',
		'transforms.unwrap.add.headers' => 'transaction.id,op',
		'transforms.route.type' => 'org.apache.kafka.connect.transforms.RegexRouter',
		'transforms.route.regex' => '(.*)\.public\.(?<table>.*)',
		'transforms.route.replacement' => '$1.routed-${table}',
		'transforms.hide.type' => 'org.apache.kafka.connect.transforms.Filter',
		'transforms.hide.predicate' => 'internal',
		'transforms.mask.type' => 'org.apache.kafka.connect.transforms.MaskField$Value',
		'transforms.mask.fields' => 'customer',
		'transforms.mask.replacement' => '***',
		'transforms.mask.predicate' => 'tombstone',
		'transforms.mask.negate' => 'true',
		'transforms.stamp.type' => 'org.apache.kafka.connect.transforms.InsertField$Value',
		'transforms.stamp.static.field' => 'region',
		'transforms.stamp.static.value' => 'eu',
		'predicates' => 'internal,tombstone',
		'predicates.internal.type' => 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
		'predicates.internal.pattern' => '.*internal',
		'predicates.tombstone.type' => 'RecordIsTombstone',
	});

$pg->query(q{INSERT INTO orders VALUES (1, 'Ada', 'first'), (2, NULL, NULL)});
$pg->query('INSERT INTO internal VALUES (1)');
$pg->query('UPDATE orders SET id = 3 WHERE id = 2');
$pg->query('DELETE FROM orders WHERE id = 1');
ok($ship->wait_drained, 'the slot confirms what is in Kafka, and what was left out');

my @records = $kafka->read_topic("$ship->{prefix}.routed-orders");
is_deeply([ map { [ $_->{key}, $_->{value} ] } @records ], [
	[ '{"id":1}', '{"id":1,"customer":"***","note":"first","op":"c","table":"orders","region":"eu"}' ],
	[ '{"id":2}', '{"id":2,"customer":null,"note":null,"op":"c","table":"orders","region":"eu"}' ],
	[ '{"id":2}', undef ],
	[ '{"id":3}', '{"id":3,"customer":null,"note":null,"op":"c","table":"orders","region":"eu"}' ],
	[ '{"id":1}', undef ],
], 'records of the chain, tombstones among them');
is_deeply([ map { $_->{headers}{__op} } @records ], [qw(c c d c d)], 'headers that transforms add');
ok(!$kafka->written("$ship->{prefix}.routed-internal"), 'what is filtered is not written');
$ship->stop;

# ---- what only the plugin finds wrong stops the start, with its words
$ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'transforms' => 'route',
		'transforms.route.type' => 'org.apache.kafka.connect.transforms.RegexRouter',
		'transforms.route.regex' => '(x',
		'transforms.route.replacement' => '$2',
	});
my ($status, undef, $err) =
  run_command([ 'timeout', '20', Walpost::Shipper::program(), 'run', $ship->file ]);
is($status, 2, 'a regular expression that is none: exit status');
like($err, qr/invalid regular expression "\(x" in option "transforms\.route\.regex"/, 'and what is wrong');
done_testing();

# What walpost says of a connector file with these lines.
sub config_of
{
	my (@lines) = @_;
	my $file = spit(scratch_dir() . '/connector.properties', join "\n", 'topic.prefix=t', 'database.hostname=h', 'database.user=u', 'database.dbname=d', 'bootstrap.servers=b:1', @lines, '');
	return run_command([ Walpost::Shipper::program(), 'config', $file ]);
}

# What the plugin says instead of a class that it does not have.
sub hint_of
{
	my ($list) = @_;
	my (undef, undef, $error) = $pg->try_query("SELECT FROM pg_logical_slot_peek_changes('look', NULL, NULL, 'topic.prefix', 't', '$list', 'a', '$list.a.type', 'None')");

	return $error =~ /These work: (.*)\./ ? $1 : $error;
}

# Names of classes without packages; "A$Key, $Value" are two.
sub names
{
	my ($text) = @_;
	my ($last, @names);

	for my $name (split /, /, $text)
	{
		$name =~ s/.*\.//;
		$last = $name =~ s/\$\w+\z//r if $name !~ /\A\$/;
		push @names, $name =~ /\A\$/ ? "$last$name" : $name;
	}
	return sort @names;
}
