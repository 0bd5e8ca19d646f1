# Topics that refuse all records: one that does not exist and is not created,
# one that the connector may not write to.  By default the connector stops; with
# errors.tolerance=all their records become dead letters, and other topics go on.
# With Kafka transactions it is the transaction that a topic is kept out of.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;
use Walpost::Worker;

my $kafka = Walpost::Kafka->running(
	conf => {
		'auto.create.topics.enable' => 'false',
		'authorizer.class.name' => 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
		'allow.everyone.if.no.acl.found' => 'true',
	});
my $pg = Walpost::Postgres->running;

$kafka->create_topic('walpost-offsets');

sub refused
{
	my ($mode, $exactly_once) = @_;

	$pg->query('DROP TABLE IF EXISTS orders, secret, nowhere');
	$pg->query('CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE secret (id int PRIMARY KEY); CREATE TABLE nowhere (id int PRIMARY KEY)');
	my $ship = Walpost::Shipper->new(
		pg => $pg,
		kafka => $kafka,
		conf => {
			'exactly.once.support' => $exactly_once,
			'topic.creation.enable' => 'false',
			# else half a minute, which nobody wants to wait for here
			'kafka.topic.metadata.propagation.max.ms' => 1000,
		});
	my $dead = "dead-$mode";
	my ($orders, $secret, $nowhere) = map { $ship->topic($_) } qw(orders secret nowhere);

	$kafka->create_topic($_) for $orders, $secret, $dead;
	$kafka->deny($secret, 'Write');
	$ship->start;
	$ship->wait_streaming;
	$pg->query('INSERT INTO orders VALUES (1); INSERT INTO secret VALUES (1); INSERT INTO orders VALUES (2)');
	is(wait_exit($ship->pid), 1, 'no right to write: it ends with status 1');
	like($ship->log, qr/could not publish an event to topic "\Q$secret\E": .*key \{"id":1\}.*; grant the connector's principal Write/,
		'and says what to grant');

	# ---- dead letters
	$ship->write_conf(
		'errors.tolerance' => 'all',
		'errors.deadletterqueue.topic.name' => $dead,
		'errors.deadletterqueue.context.headers.enable' => 'true');
	$ship->start;
	$ship->wait_streaming;
	$pg->query(<<'EOF');
INSERT INTO secret SELECT generate_series(2, 500);
INSERT INTO nowhere SELECT generate_series(1, 500);
INSERT INTO orders VALUES (3);
EOF
	$ship->wait_drained(120);
	my @letters = $kafka->read_topic($dead);
	my %count;
	my %reason;
	for my $letter (@letters)
	{
		my $topic = $letter->{headers}{'__connect.errors.topic'};

		$count{$topic}{ $letter->{key} }++;
		$reason{$topic}{ $letter->{headers}{'__connect.errors.exception.class.name'} =~ s/.*\.//r }++;
	}
	is(scalar keys %{ $count{$secret} }, 500, 'each record of the forbidden topic is a dead letter');
	is(scalar keys %{ $count{$nowhere} }, 500, 'and each of the missing one');
	is(join(' ', keys %{ $reason{$secret} }), 'TopicAuthorizationException', 'for want of the right');
	is(join(' ', keys %{ $reason{$nowhere} }), 'UnknownTopicOrPartitionException', 'for want of the topic');
	my %seen;
	is_deeply([ grep { !$seen{$_}++ } map { $_->{key} } $kafka->read_topic($orders) ], [ map { qq({"id":$_}) } 1 .. 3 ],
		'what another topic gets is complete and in order');
	is($ship->stop(20), 0, 'a clean end');
	Walpost::Shipper::command('slot', 'drop', $ship->file);
	return;
}

for my $mode ([ 'at-least-once', undef ], [ 'exactly-once', 'required' ])
{
	subtest($mode->[0], sub { refused(@$mode); });
}

# ---- a worker's topic that it may not describe: Kafka Connect goes on, and so does this
my $worker = Walpost::Worker->new(kafka => $kafka);
my $configs = $worker->topic('configs');
$kafka->create_topic($configs, config => { 'cleanup.policy' => 'compact' });
$kafka->deny($configs, 'DescribeConfigs');
$worker->start;
$worker->wait_ready;
like($worker->log, qr/could not see whether topic "$configs" has cleanup\.policy=compact: .*authorization failed; let the worker's principal DescribeConfigs it/,
	'the log says so');
is($worker->stop, 0, 'a clean end');

done_testing();
