# An immediate restart of the server, and walsenders terminated under it: the
# shipper comes back by itself, and repeats nothing within one process.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Load;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $prefix = "servercrash$$";
my $load = Walpost::Load->new(pg => $pg, kafka => $kafka, prefix => $prefix);

$pg->query('CREATE TABLE journal (id bigserial PRIMARY KEY, pad text)');
$kafka->create_topic("$prefix.public.journal", partitions => 1);
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	prefix => $prefix,
	conf => { Walpost::Load->conf });
my $process = $ship->pid;

# ---- walsenders terminated in the middle of a load of many transactions
$load->start(1000, 40, 0.005);
for my $round (1 .. 3)
{
	my $walsender = wait_until('a walsender', sub { $pg->slot('walpost', 'active_pid') });
	my $confirmed = $pg->slot('walpost', 'confirmed_flush_lsn');

	wait_until('progress',
		sub { $pg->slot('walpost', "confirmed_flush_lsn > '$confirmed'") eq 't' });
	$pg->query("SELECT pg_terminate_backend($walsender)");
	wait_until('another walsender',
		sub { ($pg->slot('walpost', 'active_pid') || $walsender) ne $walsender });
}
is($load->end(300), 0, 'the load ends');
$ship->wait_drained(120);
$load->check('after three terminated walsenders', 0);

# what an event says of its run and of its predecessor goes on over connections
{
	my ($table) = sort grep { /^\Q$prefix\E\.public\./ && !/journal/ } keys %{ { $kafka->topics } };
	my @records = $kafka->read_topic($table);
	my %runs = map { $_->{headers}{'__debezium.context.runId'} => 1 } @records;
	my %first = map { $_ => 1 }
	  map { $_->{value} =~ /"txId":(\d+)/ } grep { ($_->{value} // '') =~ /"sequence":"\[null,/ } @records;

	is(scalar keys %runs, 1, 'one runId for the run');
	cmp_ok(scalar keys %first, '<=', 1, 'only the first transaction has none before it');
}

# ---- and in the middle of one big transaction, half of which has arrived
$pg->query(q{INSERT INTO journal (pad) SELECT repeat(md5(g::text), 10) FROM generate_series(1, 300000) g});
my $big = $ship->topic('journal');
$kafka->wait_count($big, 1);
$pg->query(q{SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots});
$ship->wait_drained(120);
is($kafka->count($big), 300000, 'a big transaction that was cut arrives, each event once');

# ---- an immediate restart while clients write
my $writer = $pg->query_in_background(<<'EOF', log_file('writer'));
DO $$
BEGIN
	FOR i IN 1..1000000 LOOP
		INSERT INTO journal (pad) VALUES ('x');
		COMMIT;
	END LOOP;
END
$$;
EOF
$kafka->wait_count($big, 300100);
$pg->restart('immediate');
isnt(wait_exit($writer), 0, 'the restart ended the writer');
$ship->wait_streaming;
$ship->wait_drained(120);

my @arrived = map { /"after":\{"id":(\d+)/ } map { $_->{value} // '' } $kafka->read_topic($big);
my @expected = split /\n/, $pg->query('SELECT id FROM journal ORDER BY id');
is(scalar @arrived, scalar @expected, 'as many events as rows');
my ($strange) = grep { $arrived[$_] != $expected[$_] } 0 .. $#expected;
is($strange, undef, 'each row once, in order, over a crash of the server')
  or diag("got @arrived[ $strange .. $strange + 5 ], expected @expected[ $strange .. $strange + 5 ]");
is($ship->pid, $process, 'all in one process');
ok($ship->is_running, 'which still runs');
is($ship->stop(20), 0, 'a clean end');

done_testing();
