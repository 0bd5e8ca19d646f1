# topic.creation.*: topics as their group says, the default's where none takes them.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query("CREATE TABLE $_ (id int PRIMARY KEY)") for qw(orders order_lines audit people);
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'topic.creation.groups' => 'wide, compact',
		'topic.creation.default.partitions' => 2,
		'topic.creation.default.retention.ms' => 7200000,
		'topic.creation.wide.include' => '.*\.public\.order.*, .*\.audit',
		'topic.creation.wide.exclude' => '.*_lines',
		'topic.creation.wide.partitions' => 5,
		'topic.creation.compact.include' => '.*\.(audit|order_lines|PEOPLE)',
		'topic.creation.compact.cleanup.policy' => 'compact',
		'topic.creation.nobody.partitions' => 7,
	});
like($ship->log, qr/property "topic\.creation\.nobody\.partitions" has no effect: it belongs to a group that topic\.creation\.groups does not name/,
	'a group that is not named is warned about');

$pg->query("INSERT INTO $_ VALUES (1)") for qw(orders order_lines audit people);
ok($ship->wait_drained, 'the slot confirms what is in Kafka');

my %topics = $kafka->topics;
is($topics{ $ship->topic('orders') }, 5, 'a group has its own partitions');
is($topics{ $ship->topic('audit') }, 5, 'of two groups, the first takes a topic');
is($topics{ $ship->topic('order_lines') }, 2, 'what one leaves out the next may take; partitions are the default\'s');
is($topics{ $ship->topic('people') }, 2, 'case matters, and the default takes the rest');

my %settings = map { $_ => { $kafka->topic_settings($ship->topic($_)) } } qw(orders order_lines people);
is($settings{order_lines}{'cleanup.policy'}, 'compact', 'settings of a group');
is($settings{order_lines}{'retention.ms'}, undef, 'which has none of the default\'s');
is($settings{people}{'retention.ms'}, '7200000', 'settings of the default');
$ship->stop;

# ---- what is refused
sub refused
{
	my ($pattern, $name, %conf) = @_;

	$ship->write_conf('topic.creation.nobody.partitions' => undef, %conf);
	my ($status, $out, $err) = Walpost::Shipper::command('config', $ship->file);
	is($status, 2, "$name: exit status");
	like($err, qr/^walpost: $pattern/m, "$name: why");
	return;
}

refused('property "topic\.creation\.wide\.include" is missing; group "wide"', 'a group without patterns',
	'topic.creation.wide.include' => undef);
refused('property "topic\.creation\.wide\.include": bad regular expression "\(a"', 'a bad pattern',
	'topic.creation.wide.include' => '(a');
refused('bad value "0" for property "topic\.creation\.wide\.partitions"; it takes 1 to', 'no partitions',
	'topic.creation.wide.include' => 'a', 'topic.creation.wide.partitions' => 0);
refused('bad value "many" for property "topic\.creation\.compact\.replication\.factor"', 'no number',
	'topic.creation.wide.partitions' => 1, 'topic.creation.compact.replication.factor' => 'many');

done_testing();
