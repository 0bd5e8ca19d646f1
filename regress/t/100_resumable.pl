# Snapshots that go on after they were interrupted: what was finished is not read
# again, and rows and stream rebuild the tables exactly, while others write, tables
# are rewritten, and shipper or server are killed; also of tables without a key.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Time::HiRes qw(time);
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running(conf => "max_replication_slots = 4\n");
my $accounts = 24000;

# in the order of their sizes, in which they are read
$pg->query(<<"EOF");
CREATE EXTENSION walpost;
CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL, pad text);
CREATE TABLE moved (id int PRIMARY KEY, balance int NOT NULL, pad text);
CREATE TABLE keyless (id int, balance int, pad text);
CREATE TABLE gate (id int PRIMARY KEY, balance int, pad text);
CREATE TABLE late (id int, balance int);
ALTER TABLE accounts REPLICA IDENTITY FULL;
ALTER TABLE keyless REPLICA IDENTITY FULL;
ALTER TABLE late REPLICA IDENTITY FULL;
INSERT INTO accounts SELECT i, 100, repeat('p', 300) FROM generate_series(1, $accounts) i;
INSERT INTO moved SELECT i, 100, repeat('p', 300) FROM generate_series(1, 3000) i;
INSERT INTO keyless SELECT i / 2, 100, repeat('p', 300) FROM generate_series(1, 1000) i;
INSERT INTO gate SELECT i, 100, repeat('p', 300) FROM generate_series(1, 100) i;
INSERT INTO late SELECT i / 2, 100 FROM generate_series(1, 100) i;
CREATE TABLE stop (number int);
CREATE PROCEDURE transfer(until int) LANGUAGE plpgsql AS \$\$
DECLARE debtor int; creditor int;
BEGIN
	WHILE NOT EXISTS (SELECT FROM stop WHERE number = until) LOOP
		debtor := 1 + random() * ($accounts - 1);
		creditor := 1 + random() * ($accounts - 1);
		UPDATE accounts SET balance = balance - 1 WHERE id = debtor;
		UPDATE accounts SET balance = balance + 1 WHERE id = creditor;
		COMMIT;
		PERFORM pg_sleep(0.002);
	END LOOP;
END \$\$;
EOF

my $overrides = 'snapshot.select.statement.overrides';
my $round = 0;

sub shipper
{
	my ($name, %more) = @_;

	return Walpost::Shipper->new(
		pg => $pg,
		kafka => $kafka,
		slot => $name,
		conf => {
			'slot.name' => $name,
			'publication.name' => $name,
			'publication.autocreate.mode' => 'filtered',
			'table.include.list' => 'public\.(accounts|moved|keyless|gate|late)',
			'snapshot.mode' => 'initial',
			'snapshot.max.threads' => 2,
			'walpost.snapshot.resumable' => 'true',
			'offset.flush.interval.ms' => 50,
			# a reader waits for the gate as long as the test takes
			'snapshot.lock.timeout.ms' => 600000,
			'notification.enabled.channels' => 'log',
			$overrides => 'public.gate',
			# whoever reads this waits for the gate
			"$overrides.public.gate" =>
			  'SELECT * FROM public.gate WHERE (SELECT pg_advisory_lock_shared(7)) IS NOT NULL',
			%more
		});
}

# What Kafka knows of the unfinished snapshot: the tables that it has some of.
sub noted
{
	my ($ship) = @_;
	my ($last) = reverse grep { defined $_->{key} && $_->{key} =~ /"\Q$ship->{prefix}\E".*ranges/ } $kafka->read_topic('walpost-offsets');
	my %names = map { split /\|/ } split /\n/, $pg->query(q{SELECT oid, relname FROM pg_class WHERE relkind = 'r'});

	return { map { $names{ $_->[0] } => [ @{$_}[ 4 .. $#$_ ] ] } @{ JSON::PP::decode_json($last->{value})->{tables} } };
}

# When the first one since then was written that says which ranges are finished, or
# where the stream is.
sub first_record
{
	my ($ship, $which, $since) = @_;
	my @records = grep { ($_->{key} // '') =~ /"\Q$ship->{prefix}\E"/ && $_->{timestamp} >= $since } $kafka->read_topic('walpost-offsets');
	my ($first) = sort { $a <=> $b } map { $_->{timestamp} } grep { ($_->{key} =~ /ranges/) == ($which eq 'ranges') } @records;

	return $first // die "no record of $which\n";
}

# Starts it, and leaves it in the middle of its snapshot: one reader is held still
# by a signal before its first range, which is one of accounts; the other one, when
# it has read all that is before the gate.
my ($gate, $held);

sub close_gate
{
	$gate = $pg->query_in_background('SELECT pg_advisory_lock(7); SELECT pg_sleep(600)', log_file("gate_$round"));
	wait_until('the gate', sub { $pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE query ~ 'pg_sleep\(600\)$'}) == 1 });
	return;
}

sub start_and_hold
{
	my ($ship) = @_;

	$round++;
	close_gate();
	my $let_go_slot = $pg->hold_new_slots;
	$ship->start;
	wait_until('the temporary slot',
		sub { $pg->query('SELECT count(*) FROM pg_replication_slots WHERE temporary') == 1 });
	$pg->fill_slots(3);
	ok($let_go_slot->(), 'its snapshot can be taken');
	wait_until('it to wait for a free slot',
		sub { substr($ship->log, $ship->{log_start}) =~ /waiting for a free slot/ });
	# the second one, which waits for the first row of all
	$held = $pg->query(q{SELECT pid FROM pg_stat_activity WHERE application_name = 'walpost' AND query ~ 'pg_current_xact_id' AND state = 'idle in transaction' ORDER BY backend_start DESC LIMIT 1});
	kill 'STOP', $held;
	$pg->free_slots;
	wait_until('all but one range, the gate and what is behind it to be noted',
		sub {
			my $noted = noted($ship);
			return exists $noted->{keyless} && @{ $noted->{accounts} // [] } >= 2;
		});
	is_deeply(noted($ship)->{keyless}, [ 0, -1 ], 'what is finished is noted');
	isnt(join(' ', @{ noted($ship)->{accounts} }), '0 -1', 'and what is not, is not');
	is($pg->slot($ship->{slot}, 'temporary'), 'f', 'the slot is there for good');
	like((Walpost::Shipper::command('status', $ship->file))[1], qr/waits for its snapshot, which process \d+ takes/, 'walpost status says what it waits for');
	like((Walpost::Shipper::command('slot', 'drop', $ship->file))[2], qr/a snapshot is taken for slot "\w+" by process \d+/, 'and it is not dropped in the middle');
	not_given_back($ship);
	return;
}

# Debezium would not go on with what is finished.
sub not_given_back
{
	my ($ship) = @_;
	my ($status, undef, $error) = Walpost::Shipper::command('slot', 'giveback', $ship->file);

	is($status, 1, 'nor is it given back to Debezium');
	like($error, qr/the snapshot of connector "\w+" is not complete.*run the connector until it streams, or .* "walpost slot drop"/, 'and why');
	is($pg->slot($ship->{slot}, 'plugin'), 'walpost', 'it stays what it is');
	return;
}

# The shipper has gone: so do its readers.
sub let_go
{
	kill 'CONT', $held;
	$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ 'pg_sleep\(600\)$'});
	wait_exit($gate, 10);
	wait_until('its sessions to end',
		sub { $pg->query(q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'walpost'}) == 0 });
	return;
}

# What changes of the tables that nobody writes to otherwise.
sub change
{
	my ($sign) = @_;

	$pg->query(<<"EOF");
DELETE FROM keyless WHERE id IN (${sign}0, ${sign}1);
UPDATE keyless SET balance = balance + 1 WHERE id = ${sign}5;
INSERT INTO keyless VALUES (-$sign, 7), (-$sign, 7);
DELETE FROM late WHERE id = $sign;
UPDATE late SET balance = balance + 1 WHERE id = ${sign}2;
INSERT INTO late VALUES (-$sign, 7), (-$sign, 7);
UPDATE moved SET balance = balance + 1 WHERE id % 7 = $sign;
DELETE FROM moved WHERE id = ${sign}00;
DELETE FROM accounts WHERE id = ${sign}000;
INSERT INTO accounts VALUES (-$sign, 7);
EOF
	return;
}

# A table's events without what would take long to decode.
sub brief
{
	my ($ship, $table) = @_;
	my $row = qr/\{"id":(-?\d+),"balance":(-?\d+)/;

	return map {
		my $value = $_->{value} // '';
		my $brief = {
			op => ($value =~ /"op":"(\w)"/)[0],
			lsn => ($value =~ /"lsn":(\d+)/)[0],
			before => $value =~ /"before":$row/ ? "$1|$2" : undef,
			after => $value =~ /"after":$row/ ? "$1|$2" : undef,
		};
		$value eq '' ? () : $brief;
	} $kafka->read_topic($ship->topic($table));
}

# Rows and changes by their key are the table; a change begins with what is known.
sub rebuilt
{
	my ($ship, $table) = @_;
	my (%row, $stale);

	for my $event (brief($ship, $table))
	{
		my ($id, $old) = split /\|/, $event->{before} // $event->{after};
		my ($new_id, $new) = split /\|/, $event->{after} // '';

		if ($event->{op} eq 'r')
		{
			$stale //= "row $id was $row{$id}, and is read as $new" if defined $row{$id} && $row{$id} != $new;
		}
		elsif (defined $event->{before} && exists $row{$id} && $table eq 'accounts' && $row{$id} != $old)
		{
			$stale //= "row $id was $row{$id}, and changes from $old";
		}
		delete $row{$id};
		$row{$new_id} = $new if defined $event->{after};
	}
	is($stale, undef, "$table: no row is older than a change before it");
	is_deeply(\%row, { map { split /\|/ } split /\n/, $pg->query("SELECT id, balance FROM $table") },
		"$table: rows and stream are the table");
	return;
}

# The same of rows that nothing tells apart.
sub summed
{
	my ($ship, $table) = @_;
	my (%rows, %expected);

	for my $event (brief($ship, $table))
	{
		$rows{ $event->{before} }-- if defined $event->{before};
		$rows{ $event->{after} }++ if defined $event->{after};
	}
	delete $rows{$_} for grep { $rows{$_} == 0 } keys %rows;
	$expected{$_}++ for split /\n/, $pg->query("SELECT id, balance FROM $table");
	is_deeply(\%rows, \%expected, "$table: each row is there as often as it is in the table");
	return;
}

# How many rows came at each point, as a text.
sub read_at
{
	my ($ship, $table) = @_;
	my %n;

	$n{ $_->{lsn} }++ for grep { $_->{op} eq 'r' } brief($ship, $table);
	return map { $n{$_} } sort { $a <=> $b } keys %n;
}

sub finish
{
	my ($ship, $from) = @_;

	$ship->wait_log(qr/the snapshot at .* is complete/, $from, 120);
	$ship->wait_streaming;
	$pg->query("INSERT INTO stop VALUES ($round)");
	return;
}

# ---- at least once; the shipper is killed, a table is rewritten, and it goes on
my $ship = shipper('least');
my $writer = $pg->query_in_background('CALL transfer(1)', log_file('writer_1'));
start_and_hold($ship);
change(1);
$ship->kill9;
let_go();
is($pg->query('SELECT count(*) FROM pg_replication_slots'), 1, 'its slot is left, and no other');
not_given_back($ship);
$pg->query('VACUUM FULL moved');
change(2);
# a property that is not asked any more
$ship->write_conf('walpost.snapshot.resumable' => 'false');
my $from = length $ship->log;
$ship->start;
finish($ship, $from);
is(wait_exit($writer, 30), 0, 'the writer ends');
$ship->wait_drained;
my $log = substr $ship->log, $from;
like($log, qr/the snapshot for slot "least" was interrupted: going on with it/, 'the next start says that it goes on');
like($log, qr/table public\.moved was rewritten or truncated/, 'what was rewritten is said');
my ($left, $all) = $log =~ /goes on with (\d+) of (\d+) ranges/;
cmp_ok($left, '<', $all, 'with some of the ranges');
like($log, qr/Initial Snapshot.*RESUMED|RESUMED.*Initial Snapshot/, 'and notifies of it');
my @read = read_at($ship, 'accounts');
is(scalar @read, 2, 'accounts were read at two points');
cmp_ok($read[1], '<', $accounts / 2, 'and not what was finished at the first one');
is(scalar(my @once = read_at($ship, 'keyless')), 1, 'a table that was finished was read once');
is((read_at($ship, 'moved'))[1], $pg->query('SELECT count(*) FROM moved'), 'a rewritten table is read again');
rebuilt($ship, $_) for qw(accounts moved gate);
summed($ship, 'keyless');
is($ship->stop, 0, 'a clean end');
my $end = length $ship->log;
$ship->start;
$ship->wait_streaming;
unlike(substr($ship->log, $end), qr/snapshot/, 'the start after that has no snapshot');
is($ship->stop, 0, 'a clean end');
$pg->query(q{SELECT pg_drop_replication_slot('least')});

# ---- exactly once; the server is killed, then the shipper
$ship = shipper('once', 'exactly.once.support' => 'required', 'walpost.snapshot.transaction.timeout.ms' => 4000);
$writer = $pg->query_in_background('CALL transfer(2)', log_file('writer_2'));
start_and_hold($ship);
change(3);
$from = length $ship->log;
kill 'CONT', $held;
$pg->restart('immediate');
wait_exit($_, 30) for $writer, $gate;
$writer = $pg->query_in_background('CALL transfer(2)', log_file('writer_3'));
$ship->wait_log(qr/trying again/, $from);
change(4);
finish($ship, $from);
is(wait_exit($writer, 30), 0, 'the writer ends');
$ship->wait_drained;
rebuilt($ship, $_) for qw(accounts moved gate);
summed($ship, $_) for qw(keyless late);
is($ship->stop, 0, 'a clean end');
$pg->query(q{SELECT pg_drop_replication_slot('once')});

# ---- stopped; then the slot is lost, and at last all is forgotten
$ship = shipper('given_up');
start_and_hold($ship);
is($ship->stop(20), 0, 'a stop in the middle is a clean end');
like($ship->log, qr/the snapshot is interrupted; slot "given_up" keeps WAL/, 'and says what stays');
isnt(join(' ', @{ noted($ship)->{moved} }), '', 'the table that is left out next was finished');
let_go();
close_gate();
$ship->write_conf('table.include.list' => 'public\.(accounts|keyless|gate|late)');
$from = length $ship->log;
$ship->start;
$ship->wait_log(qr/goes on with/, $from);
is(join(' ', @{ noted($ship)->{moved} }), '', 'a table without its changes would be read again');
is_deeply(noted($ship)->{keyless}, [ 0, -1 ], 'others are not');
$ship->kill9;
let_go();
$pg->query(q{SELECT pg_drop_replication_slot('given_up')});
$pg->query('UPDATE keyless SET balance = balance + 1');
is((Walpost::Shipper::command('slot', 'create', $ship->file))[0], 0, 'a slot is made in its place, and changes are missing');
close_gate();
my $since = time * 1000;
$from = length $ship->log;
$ship->start;
$ship->wait_log(qr/goes on with/, $from);
like(substr($ship->log, $from), qr/all tables are read again.*streaming from slot.*goes on with (\d+) of \1 ranges/s, 'so all is read again');
cmp_ok(first_record($ship, 'ranges', $since), '<=', first_record($ship, 'position', $since),
	'which Kafka knows before the position moves past them');
$ship->kill9;
let_go();
$pg->query(q{SELECT pg_drop_replication_slot('given_up')});
$ship->start;
is($ship->stop_by_itself, 2, 'it does not go on without its slot');
like($ship->log, qr/slot "given_up" is gone, and the snapshot .* is not complete/, 'and says so');
my ($status) = Walpost::Shipper::command('slot', 'drop', $ship->file);
is($status, 0, 'it is forgotten');
$from = length $ship->log;
$ship->start;
$ship->wait_log(qr/the snapshot at .* is complete/, $from, 60);
$ship->wait_streaming;
unlike(substr($ship->log, $from), qr/goes on|going on with/, 'and begins anew');
is($ship->stop, 0, 'a clean end');
$pg->query(q{SELECT pg_drop_replication_slot('given_up')});

# ---- the next start comes while Kafka is away: a spool takes the changes, which still come before the rows
mkdir scratch_dir() . '/spool';
$ship = shipper('spooled', 'walpost.spool.dir' => scratch_dir() . '/spool', 'walpost.spool.after.bytes' => 1024);
$writer = $pg->query_in_background('CALL transfer(4)', log_file('writer_4'));
start_and_hold($ship);
change(5);
$ship->kill9;
let_go();
$kafka->pause;
$from = length $ship->log;
$ship->start;
$ship->wait_log(qr/Kafka is away since the start.*goes into the spool/, $from, 60);
change(6);
$kafka->resume;
finish($ship, $from);
is(wait_exit($writer, 30), 0, 'the writer ends');
$ship->wait_drained(60);
like(substr($ship->log, $from), qr/goes into the spool.*going on with it.*all that the spool held was read.*the snapshot goes on with/s,
	'what the spool holds comes first');
rebuilt($ship, $_) for qw(accounts moved gate);
is($ship->stop, 0, 'a clean end');

# ---- what it does not go with
$ship = shipper('only', 'snapshot.mode' => 'initial_only');
$ship->start;
is($ship->stop_by_itself, 2, 'a snapshot without a stream');
like($ship->log, qr/walpost\.snapshot\.resumable=true needs the changes/, 'is refused');

done_testing();
