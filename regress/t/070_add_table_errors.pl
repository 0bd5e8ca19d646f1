# A table that cannot be added, or not at once: it is said, nothing else suffers,
# and what passes by itself is tried again.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running(conf => "max_replication_slots = 10\n");

$pg->query(<<'EOF');
CREATE EXTENSION walpost;
CREATE TABLE old (id int PRIMARY KEY);
CREATE TABLE secret (id int PRIMARY KEY);
INSERT INTO secret SELECT generate_series(1, 3);
CREATE TABLE held (id int PRIMARY KEY);
INSERT INTO held SELECT generate_series(1, 3);
CREATE PUBLICATION walpost FOR ALL TABLES;
CREATE ROLE reader LOGIN REPLICATION;
GRANT SELECT ON old, held TO reader;
GRANT EXECUTE ON FUNCTION walpost.signal(text, json, text) TO reader;
EOF

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'snapshot.mode' => 'no_data',
		'database.user' => 'reader',
		'publication.autocreate.mode' => 'disabled',
	});

sub add
{
	my ($table) = @_;
	my ($status, undef, $error) = Walpost::Shipper::command('snapshot', '--table', $table, $ship->file);

	is($status, 0, "$table is asked for") or diag($error);
	return;
}

sub ops
{
	return join ' ', map { $_->{event} ? $_->{event}{op} . ($_->{event}{after} // $_->{event}{before})->{id} : () } $ship->events($_[0]);
}

# ---- what must be changed by somebody
add('public.secret');
$ship->wait_log(qr/could not add public\.secret: .*secret/);
like($ship->log, qr/changes are from now on; once that is mended: "walpost snapshot --table"/, 'it says what follows');
$pg->query('INSERT INTO secret VALUES (4); INSERT INTO old VALUES (1)');
ok($ship->wait_drained, 'the stream goes on');
is(ops('secret'), 'c4', 'with the changes of that table');
$pg->query('GRANT SELECT ON secret TO reader');
add('public.secret');
$ship->wait_log(qr/added public\.secret: 4 rows/);
is(ops('secret'), 'c4 r1 r2 r3 r4', 'mended, its rows come');

# ---- what passes: its process is killed while it waits for a transaction to end
my $holder = $pg->query_in_background('BEGIN; SELECT pg_current_xact_id(); SELECT pg_sleep(60)', log_file('holder'));
wait_until('a transaction that slots wait for',
	sub { $pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND query ~ 'pg_sleep\(60'}) == 1 });
my $slots = q{SELECT count(*) FROM pg_replication_slots WHERE temporary};
add('public.held');
wait_until('its slot to be made', sub { $pg->query($slots) == 1 });
my $first = $pg->query(q{SELECT slot_name FROM pg_replication_slots WHERE temporary});
$pg->query('INSERT INTO held VALUES (4); UPDATE held SET id = 5 WHERE id = 4; INSERT INTO old VALUES (2)');
my ($adder) = map { /^\s*(\d+)\s+\S*walpost add/ ? $1 : () } split /\n/, (run_command([ 'ps', '-o', 'pid=,args=', '--ppid', $ship->pid ]))[1];
ok(defined $adder, 'a process of its own reads the rows');
kill 'KILL', $adder;
$ship->wait_log(qr/could not add tables: the process that reads them has ended without a word; trying again/);
my $query = "SELECT string_agg((slot_name = '$first')::text, '') FROM pg_replication_slots WHERE temporary";
ok(wait_until('another slot, and that the server finds out that nobody waits for the first one', sub { $pg->query($query) eq 'false' }, 30),
	'the slot of the one that was killed goes while the transaction that it waits for lasts');
ok(wait_until('its changes', sub { ops('held') eq 'c4 d4 c5' }), 'changes from before the next try do not wait for it in memory');
my $before = $kafka->written($ship->topic('held'));
$pg->query('INSERT INTO held VALUES (6); INSERT INTO old VALUES (3)');
ok(wait_until('changes of another table', sub { ops('old') eq 'c1 c2 c3' }), 'the stream goes on');
is($kafka->written($ship->topic('held')), $before, 'changes are held back');
$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ 'pg_sleep\(60'});
wait_exit($holder, 10);
$ship->wait_log(qr/added public\.held: 5 rows/);
ok($ship->wait_drained, 'all is delivered');
is(ops('held'), 'c4 d4 c5 c6 r1 r2 r3 r5 r6', 'changes from before the rows, then the rows');

# ---- the file was changed under the connector
$ship->write_conf('topic.prefix' => 'elsewhere');
$pg->query(q{SELECT walpost.signal('add-table', '{"data-collections": ["public.old"]}')});
$ship->wait_log(qr/could not add tables: the connector's file was changed after its start/);
is($ship->stop, 0, 'a clean end');
is($pg->query($slots), 0, 'no slot is left');

done_testing();
