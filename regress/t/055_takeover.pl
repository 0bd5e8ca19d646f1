# A hot standby takes over within a second of the first one's end, however that
# came, under load, with Kafka transactions and without.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $next = 0;

$pg->query('CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE load (n int, pad text)');

# Seconds from the end of the first to the second's line of streaming, by the time
# that its log has.
sub takeover
{
	my ($first, $second, $end) = @_;
	my $mark = length $second->log;

	$end->($first);
	my $ended = time;
	$second->wait_log(qr/streaming from slot/, $mark);
	my ($at) = substr($second->log, $mark) =~ /T(\S+)Z info +pump \S+ streaming from slot/;
	my ($hours, $minutes, $seconds) = split /:/, $at;
	my $took = $hours * 3600 + $minutes * 60 + $seconds - ($ended - 86400 * int($ended / 86400));

	return $took < -43200 ? $took + 86400 : $took;
}

# A row of its own, in Kafka as an event.
sub arrives
{
	my ($topic) = @_;
	my $id = ++$next;

	$pg->query("INSERT INTO orders VALUES ($id)");
	return wait_until("event $id in Kafka", sub { grep { $_ eq qq({"id":$id}) } $kafka->read_keys($topic) });
}

for my $mode ([ 'at-least-once', undef ], [ 'exactly-once', 'required' ])
{
	my ($what, $support) = @$mode;
	my %same = (
		pg => $pg,
		kafka => $kafka,
		prefix => "over$$" . ($support ? 'x' : 'l'),
		conf => { 'exactly.once.support' => $support });
	my @ships = map { Walpost::Shipper->new(%same) } 1 .. 2;
	my $load = $pg->query_in_background(<<'EOF', log_file("load-$what"));
DO $$
BEGIN
	LOOP
		INSERT INTO load SELECT g, repeat('x', 200) FROM generate_series(1, 50) g;
		COMMIT;
		PERFORM pg_sleep(0.005);
	END LOOP;
END $$;
EOF

	$ships[0]->start;
	$ships[0]->wait_streaming;
	for my $round (1 .. 6)
	{
		my ($first, $second) = @ships;
		my $clean = $round % 2;
		my $mark = length $second->log;

		$second->start;
		$second->wait_log(qr/waiting as its hot standby/, $mark);
		arrives($first->topic('orders'));
		my $took = takeover($first, $second, $clean ? sub { $_[0]->stop(20) } : sub { $_[0]->kill9 });
	  SKIP:
		{
			skip('time of a build with sanitizers', 1) if $ENV{WALPOST_SANITIZED};
			cmp_ok($took, '<=', 1, sprintf('%s: streaming %.2f s after %s', $what, $took, $clean ? 'a clean stop' : 'kill -9'));
		}
		@ships = ($second, $first);
	}
	arrives($ships[0]->topic('orders'));
	$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'DO %'});
	wait_exit($load);
	is($ships[0]->stop(20), 0, 'a clean end');
	is((Walpost::Shipper::command('slot', 'drop', $ships[0]->file))[0], 0, 'and the slot is free');
}

done_testing();
