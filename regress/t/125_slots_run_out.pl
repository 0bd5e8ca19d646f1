# No slot is to be had just when one is needed, since all are in use or the disk does
# not take it: whoever needs it waits, says so once, and goes on by itself.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running(conf => "max_replication_slots = 2\n");

$pg->query(<<'EOQ');
CREATE EXTENSION walpost;
CREATE TABLE old (id int PRIMARY KEY);
CREATE TABLE added (id int PRIMARY KEY, pad text);
INSERT INTO added VALUES (1, 'there before');
EOQ

# Waits until the server has refused something so often.
sub wait_refused
{
	my ($why, $n) = @_;

	return wait_until("$n refusals", sub { $n <= (() = slurp($pg->log) =~ /ERROR:  $why/g) }, 30);
}

sub ops
{
	my ($ship, $table) = @_;

	return join ' ', map { my $e = $_->{event}; $e ? $e->{op} . $e->{after}{id} : () } $ship->events($table);
}

# ---- a table is added to a stream
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'publication.autocreate.mode' => 'filtered',
		'table.include.list' => 'public\.(old|added)',
		'walpost.snapshot.new.tables' => 'true',
		'walpost.buffer.memory' => 1024 * 1024,
	});
$pg->query('ALTER PUBLICATION walpost DROP TABLE added');
$pg->query(q{SELECT pg_create_physical_replication_slot('filler')});
my ($status, undef, $error) = Walpost::Shipper::command('snapshot', '--table', 'public.added', $ship->file);
is($status, 0, 'a table is asked for') or diag($error);
my $reason = qr/could not add tables: all replication slots of the server are in use.*max_replication_slots.*; trying again/;
$ship->wait_log($reason);
wait_until('it to be published', sub { $pg->query(q{SELECT count(*) FROM pg_publication_tables WHERE tablename = 'added'}) == 1 });
$pg->query(q{INSERT INTO added SELECT i, repeat('p', 1000) FROM generate_series(2, 5000) i});
$pg->query('INSERT INTO old VALUES (1)');
ok(wait_until('a change of another table', sub { ops($ship, 'old') eq 'c1' }),
	'the stream goes on past more changes of the table than memory has room for');
wait_refused('all replication slots are in use', 2);
is(scalar(() = $ship->log =~ /$reason/g), 1, 'which is said once');
is(scalar(() = $ship->log =~ /adding public\.added/g), 1, 'as is what is being added');
$pg->query(q{SELECT pg_drop_replication_slot('filler')});
$ship->wait_log(qr/added public\.added: 5000 rows/, 0, 60);
$pg->query(q{INSERT INTO added VALUES (5001, 'after')});
$ship->wait_drained;
is(ops($ship, 'added'), join(' ', (map { "r$_" } 1 .. 5000), 'c5001'), 'once a slot is free its rows come, each once');
is($ship->stop, 0, 'a clean end');
is((Walpost::Shipper::command('slot', 'drop', $ship->file))[0], 0, 'its slot is dropped');

# ---- the end of an initial snapshot
my $obstacle = spit($pg->data . '/pg_replslot/last.tmp', '');
$ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	slot => 'last',
	conf => { 'slot.name' => 'last', 'snapshot.mode' => 'initial', 'table.include.list' => 'public\.added' });
$ship->start;
$ship->wait_log(qr/could not make slot "last": could not create directory .*; all rows are in Kafka, the temporary slot is kept, and this is tried again/);
wait_refused('could not create directory', 3);
is(scalar(() = $ship->log =~ /could not make slot/g), 1, 'which is said once');
my $maker = q{FROM pg_stat_activity WHERE query ~ '^SELECT FROM pg_catalog.pg_copy_logical_replication_slot'};
is($pg->query("SELECT count(pg_terminate_backend(pid)) $maker"), 1, 'the session that tries is ended');
wait_until('another one', sub { $pg->query("SELECT count(*) $maker") == 1 });
$pg->query(q{INSERT INTO added VALUES (5002, 'meanwhile')});
is($pg->query('SELECT count(*) FROM pg_replication_slots WHERE temporary'), 1, 'the temporary slot is kept');
unlink $obstacle or die "could not remove $obstacle: $!";
$ship->wait_streaming;
$ship->wait_drained;
is($kafka->written($ship->topic('added')), 5002, 'once the disk takes it the stream begins, and no row came twice');
is($ship->stop, 0, 'a clean end');

done_testing();
