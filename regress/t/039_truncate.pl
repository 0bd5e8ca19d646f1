# A truncate has no key, so one partition of its topic gets it; with
# walpost.truncate.broadcast all of them do, between what was before and after.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query('CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE plain (id int PRIMARY KEY)');
my $ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'skipped.operations' => 'none',
		'walpost.truncate.broadcast' => 'true',
		'topic.creation.default.partitions' => 4,
	});
$ship->start;
$ship->wait_streaming;

# The operations of a topic, one string for each partition.
sub operations
{
	my ($topic) = @_;
	my @ops;

	$ops[ $_->{partition} ] .= ($_->{value} =~ /"op":"(.)"/)[0] for $kafka->read_topic($topic);
	return @ops;
}

$pg->query(<<'EOF');
INSERT INTO orders SELECT generate_series(1, 200);
TRUNCATE orders;
INSERT INTO orders SELECT generate_series(1, 200);
TRUNCATE orders;
TRUNCATE orders;
INSERT INTO orders SELECT generate_series(1, 200);
EOF
$ship->wait_drained;
my @ops = operations($ship->topic('orders'));
is(scalar @ops, 4, 'all partitions have records');
is(scalar(grep { /^c+tc+ttc+$/ } @ops), 4, 'each has every truncate in its place') or diag explain \@ops;
is(length join('', @ops), 600 + 3 * 4, 'and nothing twice');
is($ship->stop(20), 0, 'a clean end');

# ---- as Debezium does it
$ship->write_conf('walpost.truncate.broadcast' => undef);
$ship->start;
$ship->wait_streaming;
$pg->query('TRUNCATE plain; INSERT INTO plain VALUES (1)');
$ship->wait_drained;
is(join('', sort map { split // } grep { defined } operations($ship->topic('plain'))), 'ct', 'without it one partition gets it');
is($ship->stop(20), 0, 'a clean end');

done_testing();
