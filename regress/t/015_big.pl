# A transaction of 200 MB of one table, and a row of 64 MB: they arrive, and
# memory stays in bounds.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running(
	conf => {
		'message.max.bytes' => 104857600,
		'replica.fetch.max.bytes' => 104857600,
		'socket.request.max.bytes' => 209715200,
	});
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOF');
CREATE TABLE big (id int PRIMARY KEY, pad text);
CREATE TABLE huge (id int PRIMARY KEY, content text);
ALTER TABLE huge ALTER content SET STORAGE EXTERNAL;
EOF
my %conf = ('producer.override.max.request.size' => 100000000);
my $ship = Walpost::Shipper->running(pg => $pg, kafka => $kafka, conf => \%conf);

# ---- 200,000 rows of 1 kB
$pg->query(q{INSERT INTO big SELECT g, repeat(md5(g::text), 32) FROM generate_series(1, 200000) g});
$ship->wait_drained(180);
$ship->memory_within(64, 'a transaction of 200 MB');

my ($last, $broken) = (0, 0);
for my $record ($kafka->read_topic($ship->topic('big')))
{
	my ($id) = $record->{key} =~ /(\d+)/;

	$broken++ if $id != ++$last;
}
is($last, 200000, 'all its events arrived');
is($broken, 0, 'in order');

# ---- 64 MB that do not compress well
$pg->query(<<'EOF');
INSERT INTO huge SELECT 1, string_agg(md5(g::text), '') FROM generate_series(1, 2 * 1024 * 1024) g;
INSERT INTO huge VALUES (2, 'small');
EOF
$ship->wait_drained(180);
my @sizes = $kafka->read_sizes($ship->topic('huge'));
is(scalar @sizes, 2, 'the huge row and the one after it arrived');
cmp_ok($sizes[0], '>', 64 * 1024 * 1024, 'the huge row is whole');
$ship->memory_within(320, 'a row of 64 MB');
SKIP:
{
	skip('memory of a build with sanitizers', 1) if $ENV{WALPOST_SANITIZED};
	wait_until('the memory of the huge row to be given back', sub { $ship->memory <= 64 });
	pass('memory is small again once it is delivered');
}
is($ship->stop(20), 0, 'a clean end');

done_testing();
