# Commands that look and make nothing: check, tail, slot list; and slot create
# and drop beside them.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running(conf => "max_slot_wal_keep_size = '1GB'\n");

$pg->query('CREATE TABLE orders (id int PRIMARY KEY, note text)');
my $ship = Walpost::Shipper->new(pg => $pg, kafka => $kafka);
my $json = JSON::PP->new;

sub walpost
{
	return Walpost::Shipper::command(@_, $ship->file);
}

sub slots
{
	return $pg->query('SELECT count(*) FROM pg_replication_slots');
}

# ---- check
my ($status, $out, $err) = walpost('check');
like($out, qr/^warning +the topics were not looked at: database "\w+" lacks the extension "walpost"; run CREATE EXTENSION walpost in it$/m,
	'check: topics take the extension');
$pg->query('CREATE EXTENSION walpost');

($status, $out, $err) = walpost('check');
is($status, 0, 'check: exit status') or diag($out, $err);
is($err, '', 'check: no errors');
unlike($out, qr/^(?!ok )/m, 'check: all is well');
like($out, qr/^ok +the start will run: CREATE PUBLICATION "walpost" FOR ALL TABLES$/m, 'check: what a start would do');
like($out, qr/^ok +plugin "walpost" makes a slot$/m, 'check: the plugin was tried');
like($out, qr/^ok +a broker of "127\.0\.0\.1:\d+" answers$/m, 'check: the broker was asked');
like($out, qr/^ok +0 of (\d+) topics exist$/m, 'check: topics were looked for');
like($out, qr/^ok +the first event of each will create topics "\Q$ship->{prefix}\E\.public\.\w+"/m, 'check: what becomes of them');
is(slots(), '0', 'check: no slot is left');
is($pg->query('SELECT count(*) FROM pg_publication'), '0', 'check: no publication is left');
my %topics = $kafka->topics;
is_deeply([ grep { /^\Q$ship->{prefix}\E/ } keys %topics ], [], 'check: no topic is left');

{
	my $file = $ship->file;
	my $text = slurp($file);

	spit($file, $text =~ s/("topic\.creation\.default\.replication\.factor"\s*:\s*)"?1"?/$1"3"/r);
	($status, $out) = walpost('check');
	is($status, 1, 'check: more replicas than brokers: exit status');
	like($out, qr/^error +topics .* not all can be made with topic\.creation\.default\.replication\.factor=3 on 1 broker; lower it/m,
		'check: more replicas than brokers');
	spit($file, $text);
}

$pg->query('CREATE TABLE keyless (x int)');
(undef, $out) = walpost('check');
like($out, qr/^warning +1 published table has no replica identity.*: public\.keyless;/m,
	'check: foresees what the publication will do to a table without a key');
$pg->query('DROP TABLE keyless');

# ---- slot create, list, drop
($status, $out) = walpost('slot', 'create');
is($status, 0, 'slot create: exit status');
is($out, qq(made slot "walpost"\n), 'slot create');
($status, $out, $err) = walpost('slot', 'create');
is($status, 1, 'slot create, again: exit status');
like($err, qr/slot "walpost" exists already/, 'slot create, again');

$pg->query(q{SELECT pg_create_logical_replication_slot('foreign', 'test_decoding')});
($status, $out) = walpost('slot', 'list');
is($status, 0, 'slot list: exit status');
like($out, qr/^slot +plugin +database +used by +confirmed +retained bytes +state$/m, 'slot list: heads');
like($out, qr{^walpost +walpost +postgres +orphan +[0-9A-F]+/[0-9A-F]+ +\d+ +reserved$}m, 'slot list: an orphan');
like($out, qr{^foreign +test_decoding +postgres +nobody +}m, 'slot list: somebody else\'s');

# slot drop takes another slot's name behind the file
($status, $out) = Walpost::Shipper::command('slot', 'drop', $ship->file, 'foreign');
is("$status $out", qq(0 dropped slot "foreign"\n), 'slot drop, by name');
($status, undef, $err) = Walpost::Shipper::command('slot', 'drop', $ship->file, 'foreign');
is($status, 1, 'slot drop, again: exit status');
like($err, qr/slot "foreign" does not exist; walpost slot list shows/, 'slot drop, again');

# ---- while it runs
$ship->start;
$ship->wait_streaming;
($status, $out) = walpost('slot', 'list');
like($out, qr/^walpost +walpost +postgres +process \d+ +/m, 'slot list: in use');
($status, undef, $err) = walpost('slot', 'drop');
is($status, 1, 'slot drop, in use: exit status');
like($err, qr/slot "walpost" is in use by process \d+ of the server; stop its client first/, 'slot drop, in use');
($status, $out) = walpost('check');
is($status, 0, 'check, while it runs: exit status');
like($out, qr/^ok +slot "walpost" is in use by process/m, 'check, while it runs');
is($ship->stop(20), 0, 'a clean end');

# ---- orphans, and what another plugin's slot is
$pg->query(q{SELECT pg_create_logical_replication_slot('left_over', 'walpost')});
($status, $out, $err) = walpost('status');
is($status, 1, 'status: nobody streams');
like($out, qr/^\S+: slot "walpost" is used by nobody; it stands at \S+ and keeps WAL: \d+ \w+$/m, 'status: what the slot keeps');
like($out, qr/^\S+: orphan: slot "left_over" of database "postgres" is used by nobody and keeps WAL: \d+ \w+;/m, 'status: an orphan');
like($err, qr/^walpost: not every connector streams$/m, 'status: in a word');
($status, $out) = walpost('check');
like($out, qr/^warning +slot "left_over" of database "postgres" is used by nobody and keeps \d+ \w+ of WAL;/m, 'check: an orphan');
is((Walpost::Shipper::command('slot', 'drop', $ship->file, 'left_over'))[0], 0, 'slot drop: an orphan');
$ship->start;
$ship->wait_streaming;
($status, $out) = walpost('status');
is($status, 0, 'status: it streams');
like($out, qr/\A\S+: slot "walpost" is used by process \d+; it stands at/, 'status: by which process');
is($ship->stop(20), 0, 'a clean end');

$ship->write_conf('plugin.name' => 'decoderbufs');
($status, $out, $err) = walpost('slot', 'giveback');
isnt($status, 0, 'slot giveback: to a plugin that the server lacks');
like($err, qr/decoderbufs/, 'slot giveback: and why');
is($pg->slot('walpost', 'plugin'), 'walpost', 'slot giveback: the slot stays as it is');
$ship->write_conf('plugin.name' => 'pgoutput');
is((walpost('slot', 'giveback'))[0], 0, 'slot giveback: to pgoutput');
($status, $out) = walpost('check');
is($status, 1, 'check: walpost run does not start on it');
($status, $out, $err) = walpost('check', '--connect');
is($status, 0, 'check --connect: walpost connect does') or diag($out, $err);
like($out, qr/^ok +slot "walpost" of plugin "pgoutput" is made one of walpost, at its very position, once nobody uses it$/m,
	'check --connect: and how');
like($out, qr/^ok +plugin "walpost" makes a slot$/m, 'check --connect: the plugin is tried');
($status, $out) = walpost('validate');
is($json->decode($out)->{error_count}, 0, 'validate: nothing is wrong');
is((walpost('slot', 'takeover'))[0], 0, 'slot takeover: back again');

# ---- tail: beside the connector's slot, on one of its own
my $log = log_file('tail');
spit($log, '');
my $tail = in_background($log, Walpost::Shipper::program(), 'tail', '--limit', '5', $ship->file);

wait_until('tail to stream', sub { slurp($log) =~ /from now on/ });
is(slots(), '2', 'tail: a slot of its own');
$pg->query(q{INSERT INTO orders VALUES (1, E'tab\tand "quote"'), (2, NULL)});
$pg->query('UPDATE orders SET note = note || id WHERE id = 1');
$pg->query('DELETE FROM orders WHERE id = 2');
is(wait_exit($tail), 0, 'tail: ends after five events');
my @lines = map { $json->decode($_) } grep { /^\{/ } split /\n/, slurp($log);
is_deeply(
	[ map { $_->{value} ? $_->{value}{op} : '-' } @lines ],
	[qw(c c u d -)], 'tail: every event is a line of JSON');
is($lines[0]{topic}, $ship->topic('orders'), 'tail: topic');
is_deeply($lines[0]{key}, { id => 1 }, 'tail: key');
is($lines[0]{value}{after}{note}, qq(tab\tand "quote"), 'tail: value');
is($lines[0]{headers}{'__debezium.context.connectorLogicalName'}, $ship->{prefix}, 'tail: headers');
wait_until('its slot to go', sub { slots() eq '1' });
is($pg->slot('walpost', 'active'), 'f', 'tail: the connector\'s slot was left alone');
is_deeply([ $kafka->read_topic($ship->topic('orders')) ], [], 'tail: nothing was published');

# the same without a publication, which tail must not make
$pg->query('DROP PUBLICATION walpost');
spit($log, '');
$tail = in_background($log, Walpost::Shipper::program(), 'tail', $ship->file);
wait_until('tail to stream', sub { slurp($log) =~ /from now on/ });
like(slurp($log), qr/publication "walpost" does not exist yet/, 'tail, no publication: says so');
$pg->query('INSERT INTO orders VALUES (3)');
wait_until('the event', sub { slurp($log) =~ /"id":3/ });
kill 'INT', $tail;
is(wait_exit($tail), 0, 'tail: SIGINT is a clean end');
is($pg->query('SELECT count(*) FROM pg_publication'), '0', 'tail: no publication was made');

# ---- slot.drop.on.stop, on a slot that knows the publication to come
walpost('slot', 'drop');
$ship->write_conf('slot.drop.on.stop' => 'true');
$ship->start;
$ship->wait_streaming;
is($ship->stop(20), 0, 'slot.drop.on.stop: exit status');
is(slots(), '0', 'slot.drop.on.stop: the slot is gone');

done_testing();
