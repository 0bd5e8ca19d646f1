# Tables are added to a connector that streams: their rows, then their changes,
# and nothing of it missing, repeated or out of order, while others write, and
# after kill -9 in the middle.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running(conf => "max_replication_slots = 10\nmax_wal_senders = 10\n");
my $rows = 4000;

$pg->query(<<'EOF');
CREATE EXTENSION walpost;
CREATE TABLE old (id serial PRIMARY KEY, pad text);
CREATE TABLE gate (stop bool);
CREATE PROCEDURE churn(name text) LANGUAGE plpgsql AS $$
DECLARE chosen int;
BEGIN
	WHILE NOT EXISTS (SELECT FROM gate) LOOP
		chosen := 1 + random() * 5000;
		EXECUTE format('UPDATE %I SET n = n + 1 WHERE id = %s', name, chosen);
		EXECUTE format('DELETE FROM %I WHERE id = %s', name, 1 + (chosen * 7) % 5000);
		EXECUTE format('INSERT INTO %I VALUES (%s, 0, ''new'') ON CONFLICT DO NOTHING', name, 1 + (chosen * 3) % 5000);
		INSERT INTO old (pad) VALUES (name);
		COMMIT;
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
EOF

sub make_table
{
	my ($name) = @_;

	$pg->query(<<"EOF");
CREATE TABLE $name (id int PRIMARY KEY, n int NOT NULL, pad text);
ALTER TABLE $name REPLICA IDENTITY FULL;
INSERT INTO $name SELECT i, 0, repeat('p', 200) FROM generate_series(1, $rows) i;
EOF
	return;
}

sub start_writer
{
	my ($name) = @_;

	$pg->query('TRUNCATE gate');
	return $pg->query_in_background("CALL churn('$name')", log_file("writer_$name"));
}

sub stop_writer
{
	my ($writer) = @_;

	$pg->query('INSERT INTO gate VALUES (true)');
	return wait_exit($writer, 30);
}

# What a table's topic makes of it; each update and delete must show what is known.
sub rebuild
{
	my ($ship, $name) = @_;
	my (%row, $wrong);

	for my $record ($ship->events($name))
	{
		my $event = $record->{event} // next;
		my $before = $event->{before};

		if (defined $before)
		{
			my $known = $row{ $before->{id} };
			$wrong //= "$event->{op} of row $before->{id} ($before->{n}), known " . ($known // 'nothing')
			  unless defined $known && $known == $before->{n};
			delete $row{ $before->{id} };
		}
		$row{ $event->{after}{id} } = $event->{after}{n} if defined $event->{after};
	}
	return (\%row, $wrong);
}

sub content
{
	my ($name) = @_;

	return { map { split /\|/ } split /\n/, $pg->query("SELECT id, n FROM $name") };
}

my %conf = (
	'table.include.list' => 'public\.old',
	'walpost.snapshot.new.tables' => 'true',
	'snapshot.mode' => 'no_data',
	'producer.override.batch.size' => 16 * 1024 * 1024,
	'walpost.buffer.memory' => 8 * 1024 * 1024,
	'tombstones.on.delete' => 'false',
);

# ---- a list takes a table from the next start on
make_table('plain');
my $ship = Walpost::Shipper->running(pg => $pg, kafka => $kafka, conf => { %conf, 'slot.name' => 'plain' });
my $writer = start_writer('plain');
ok($ship->wait_drained, 'it streams');
is($ship->stop, 0, 'a clean end');
my $started = -s $ship->{log};
# a piece of the rows after the other, far apart
my %slow = ('producer.override.linger.ms' => 1500, 'walpost.buffer.memory' => 1024 * 1024);
my %fast = ('producer.override.linger.ms' => 0, 'walpost.buffer.memory' => 8 * 1024 * 1024);
# a query for a table that is not added is no mistake
my $overrides = 'snapshot.select.statement.overrides';
$ship->write_conf(
	%slow,
	'table.include.list' => 'public\.(old|plain)',
	$overrides => 'public.old',
	"$overrides.public.old" => 'SELECT * FROM public.old');
$ship->start;
$ship->wait_log(qr/adding public\.plain: rows that are there/, $started);
$ship->wait_log(qr/taking a snapshot of 1 tables/, $started);
is($pg->query(q{SELECT count(*) FROM pg_replication_slots WHERE temporary}), 1, 'on a slot of its own');
wait_until('rows to arrive', sub { $kafka->written($ship->topic('plain')) > 0 });
unlike(substr($ship->log, $started), qr/added public\.plain/, 'while rows arrive');
my $others = $kafka->written($ship->topic('old'));
ok(wait_until('changes of another table', sub { $kafka->written($ship->topic('old')) > $others }), 'the stream goes on');
$ship->wait_log(qr/added public\.plain: \d+ rows as of \S+ in \S+ s, [1-9]\d* changes held until then/, $started, 120);
is(stop_writer($writer), 0, 'the writer ends');
ok($ship->wait_drained(180), 'all is delivered');
my ($row, $wrong) = rebuild($ship, 'plain');
is_deeply($row, content('plain'), 'rows and changes are the table');
is($wrong, undef, 'in order, and none repeated');
my @events = $ship->events('plain');
my ($point) = map { $_->{event}{source}{lsn} } grep { $_->{event}{op} eq 'r' } @events;
is(scalar(grep { $_->{event}{source}{lsn} < $point } @events), 0, 'no change is older than the rows');
my %seen;
is(scalar(grep { $_->{event}{op} eq 'r' && $seen{ $_->{event}{after}{id} }++ } @events), 0, 'each row comes once');
is($pg->query(q{SELECT count(*) FROM pg_replication_slots WHERE temporary}), 0, 'its slot is gone');
is($ship->stop, 0, 'a clean end');
$started = -s $ship->{log};
$ship->write_conf(%fast);
$ship->start;
$ship->wait_streaming;
unlike(substr($ship->log, $started), qr/adding/, 'the next start adds nothing');
is($ship->stop, 0, 'a clean end');

# ---- kill -9 in the middle
for my $mode (qw(required requested))
{
	my $name = "killed_$mode";

	make_table($name);
	my $killed = Walpost::Shipper->running(
		pg => $pg,
		kafka => $kafka,
		conf => {
			%conf,
			'slot.name' => $name,
			'exactly.once.support' => $mode eq 'required' ? 'required' : undef,
		});
	is($killed->stop, 0, "exactly once $mode: a clean end");
	$writer = start_writer($name);
	$killed->write_conf(%slow, 'table.include.list' => "public\\.(old|$name)");
	for my $time (1 .. 2)
	{
		$started = -s $killed->{log};
		$killed->start;
		$killed->wait_log(qr/taking a snapshot of 1 tables/, $started);
		my $before = $kafka->written($killed->topic($name)) // 0;
		wait_until('rows to arrive', sub { ($kafka->written($killed->topic($name)) // 0) > $before });
		unlike(substr($killed->log, $started), qr/added public/, "killed in the middle, the $time. time");
		$killed->kill9;
		wait_until('its slots to be free', sub { $pg->query(q{SELECT count(*) FROM pg_replication_slots WHERE active}) == 0 });
		# rows that were read may go, and nobody may keep them
		$pg->query("DELETE FROM $name WHERE id % 10 = $time");
	}
	$started = -s $killed->{log};
	$killed->write_conf(%fast);
	$killed->start;
	$killed->wait_log(qr/adding public\.$name/, $started);
	$killed->wait_log(qr/added public\.$name/, $started, 120);
	is(stop_writer($writer), 0, 'the writer ends');
	ok($killed->wait_drained(180), 'all is delivered');
	($row) = rebuild($killed, $name);
	is_deeply($row, content($name), 'rows and changes are the table');
	is($killed->stop, 0, 'a clean end');
}

# ---- a filtered publication, a table without a key, and more changes than memory holds
$pg->query(<<"EOF");
CREATE TABLE keyless (n int, pad text);
INSERT INTO keyless SELECT i, repeat('p', 200) FROM generate_series(1, $rows) i;
EOF
my $filtered = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		%conf,
		'slot.name' => 'filtered',
		'publication.name' => 'filtered',
		'publication.autocreate.mode' => 'filtered',
		'walpost.buffer.memory' => 1024 * 1024,
	});
my $members = q{SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_publication_tables WHERE pubname = 'filtered'};
is($pg->query($members), 'old', 'a filtered publication');
is($filtered->stop, 0, 'a clean end');
$filtered->write_conf(%slow, 'table.include.list' => 'public\.(old|keyless|absent)');
$filtered->start;
$filtered->wait_log(qr/taking a snapshot of 1 tables/);
is($pg->query($members), 'keyless old', 'gains the table first');
$pg->query('INSERT INTO keyless SELECT i, repeat(\'q\', 200) FROM generate_series(1, 6000) i');
$filtered->wait_log(qr/memory is full of \d+ changes that wait for the rows/, 0, 60);
$filtered->wait_log(qr/added public\.keyless: $rows rows/, 0, 120);
ok($filtered->wait_drained(180), 'all is delivered');
my %count;
$count{"$_->{event}{op} $_->{event}{after}{pad}"}++ for $filtered->events('keyless');
is_deeply([ map { s/(.)\1+$/$1/r . " $count{$_}" } sort keys %count ],
	[ 'c q 6000', "r p $rows" ], 'rows, then changes, once each');

# ---- asked for by a command
is($filtered->stop, 0, 'a clean end');
$filtered->write_conf(%fast);
$filtered->start;
$filtered->wait_streaming;
my ($status, $output, $error) = Walpost::Shipper::command('snapshot', '--table', 'public.nowhere', $filtered->file);
is($status, 2, 'a table that does not exist');
like($error, qr/table public\.nowhere does not exist/, 'is named');
($status, $output, $error) = Walpost::Shipper::command('snapshot', '--table', 'public.plain', $filtered->file);
is($status, 2, 'a table that is not captured');
like($error, qr/public\.plain is not captured: let .* take it, and start the connector again with walpost\.snapshot\.new\.tables=true/,
	'and what to do about it');
make_table('absent');
$writer = start_writer('absent');
($status, $output, $error) = Walpost::Shipper::command('snapshot', '--table', 'public.absent', $filtered->file);
is($status, 0, 'a table is added while the connector runs') or diag($error);
like($output, qr/asked the connector on slot "filtered"; /, 'it was asked');
$filtered->wait_log(qr/added public\.absent: \d+ rows/, 0, 120);
is(stop_writer($writer), 0, 'the writer ends');
ok($filtered->wait_drained(180), 'all is delivered');
($row, $wrong) = rebuild($filtered, 'absent');
is_deeply($row, content('absent'), 'rows and changes are the table');
is($wrong, undef, 'in order, and none repeated');

# ---- a table that is in Kafka comes once more, between its changes
($status) = Walpost::Shipper::command('snapshot', '--table', 'public.absent', $filtered->file);
is($status, 0, 'asked again');
ok(wait_until('the second time', sub { (() = $filtered->log =~ /added public\.absent: \d+ rows/g) == 2 }, 120), 'it comes again');
is(scalar(grep { $_->{event}{op} eq 'r' } $filtered->events('absent')) > $rows, 1, 'with its rows');
is($filtered->stop, 0, 'a clean end');

done_testing();
