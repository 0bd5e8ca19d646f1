# The post-processor ReselectColumnsPostProcessor: values that the log does not have
# are read from their tables, as they are by then, with the rights of the connector's
# role, and nothing overtakes an event that waits for them.

use strict;
use warnings;

use JSON::PP qw(decode_json);
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $marker = '__debezium_unavailable_value';

$pg->query('CREATE EXTENSION walpost');
$pg->query(q{CREATE TABLE big (id int PRIMARY KEY, num int, txt text, js jsonb, arr text[], raw bytea, amount numeric, note text, plain text);
	ALTER TABLE big ALTER txt SET STORAGE EXTERNAL, ALTER js SET STORAGE EXTERNAL, ALTER arr SET STORAGE EXTERNAL,
		ALTER raw SET STORAGE EXTERNAL, ALTER amount SET STORAGE EXTERNAL, ALTER plain SET STORAGE EXTERNAL;
	CREATE TABLE small (id int PRIMARY KEY);
	CREATE TABLE "o'd.d" ("k""ey" text, part int, "we""ird; --" text, num int, PRIMARY KEY ("k""ey", part));
	ALTER TABLE "o'd.d" ALTER "we""ird; --" SET STORAGE EXTERNAL});
my $fill = q{INSERT INTO big SELECT i, 0, repeat('text "' || i || '" ', 400), jsonb_build_object('k', repeat('js' || i, 2000)),
	array[repeat('a' || i, 3000), 'b', NULL], decode(repeat('00ff', 2000 + i), 'hex'), repeat('9' || i, 3000)::numeric, NULL, repeat('plain', 1000)
	FROM generate_series(%d, %d) i};

# the options' names as older files have them
my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'database.initial.statements' => "SET default_transaction_isolation = 'repeatable read'",
		'post.processors' => 'reselector',
		'reselector.type' => 'io.debezium.processors.reselect.ReselectColumnsPostProcessor',
		'reselector.reselect.columns.exclude.list' => 'public\.big:PLAIN',
		'reselector.reselect.cache.enabled' => 'true',
	});
my $topic = $ship->topic('big');
my $read = 0;

# The records of a topic's (default: the table big's) that have come since the last time.
sub new_records
{
	my ($from) = @_;
	$from //= $topic;
	ok($ship->wait_drained, 'all is confirmed');
	my @all = $kafka->read_topic($from);
	my @new = @all[ $read .. $#all ];
	$read = @all;
	return @new;
}

sub after { return decode_json($_[0]{value})->{after}; }

like($ship->log, qr/property "post\.processors\.reselector\.reselect\.cache\.enabled" has no effect/, 'there is no cache, and that is said');

# ---- what was inserted and what was read are the same, whatever the type
$pg->query(sprintf $fill, 1, 3);
$pg->query('BEGIN; UPDATE big SET num = 1; INSERT INTO big (id, num) VALUES (4, 0); UPDATE big SET num = 2 WHERE id <> 3; COMMIT');
my @records = map { after($_) } new_records();
is_deeply([ map { "$_->{id}/$_->{num}" } @records ], [qw(1/0 2/0 3/0 1/1 2/1 3/1 4/0 1/2 2/2 4/2)], 'all events are there, in their order');
my %inserted = map { $_->{id} => $_ } @records[ 0 .. 2 ];
my @updated = grep { $_->{num} > 0 && $_->{id} < 4 } @records;
for my $column (qw(txt js arr raw amount note))
{
	is_deeply([ map { $_->{$column} } @updated ], [ map { $inserted{ $_->{id} }{$column} } @updated ], "$column of updates is what was inserted");
}
is_deeply([ map { $_->{plain} } @updated ], [ ($marker) x @updated ], 'a column that the list leaves out is not read');
ok(!grep({ $_->{value} =~ /\Q$marker\E/ && after($_)->{id} == 4 } $kafka->read_topic($topic)), 'nor what was NULL and still is');

# ---- names and keys that would be something else in SQL
$pg->query(q{INSERT INTO "o'd.d" VALUES ($$'; DROP TABLE small; --$$, 1, repeat('odd', 3000), 0), ('\"', 2, repeat('even', 3000), 0);
	UPDATE "o'd.d" SET num = 1});
$read = 0;
my @odd = map { after($_) } new_records($ship->topic('public.o_d.d'));
is_deeply([ map { $_->{'we"ird; --'} } @odd[ 2, 3 ] ], [ 'odd' x 3000, 'even' x 3000 ], 'quotes in names and keys');
$read = () = $kafka->read_topic($topic);

# ---- the row as it is by then
kill 'STOP', $ship->pid;
$pg->query(q{UPDATE big SET num = 3 WHERE id = 1; UPDATE big SET txt = 'short' WHERE id = 1; UPDATE big SET note = 'set later' WHERE id = 1;
	UPDATE big SET num = 3 WHERE id = 2; DELETE FROM big WHERE id = 2});
kill 'CONT', $ship->pid;
@records = map { after($_) // {} } grep { defined $_->{value} } new_records();
is_deeply([ map { [ @$_{qw(num txt note)} ] } @records[ 0 .. 2 ] ], [ [ 3, 'short', 'set later' ], [ 3, 'short', 'set later' ], [ 3, 'short', 'set later' ] ],
	'a value that has changed since is the later one, of what was unchanged and of what was NULL');
is_deeply([ @{ $records[3] }{qw(num txt)} ], [ 3, $marker ], 'of a row that is gone the marker stays');
like($ship->log, qr/could not read values anew: relation "public\.big" has no row id=2 any more; the event goes on/, 'and that is said');

# ---- nothing overtakes, and a connection that breaks meanwhile is made anew
kill 'STOP', $ship->pid;
$pg->query('UPDATE big SET num = 4 WHERE id = 3; INSERT INTO small VALUES (1)');
$pg->query_in_background('BEGIN; LOCK TABLE big IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)', log_file('lock'));
my $waiting = q{FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%walpost.reselect%'};
wait_until('the lock', sub { $pg->query(q{SELECT count(*) FROM pg_locks WHERE relation = 'big'::regclass AND mode = 'AccessExclusiveLock' AND granted}) eq '1' });
kill 'CONT', $ship->pid;
wait_until('the value to be asked for', sub { $pg->query("SELECT count(*) $waiting") eq '1' });
is($kafka->count($ship->topic('small')), 0, 'what comes behind waits');
my $first = $pg->query("SELECT pid $waiting");
$pg->query("SELECT pg_terminate_backend($first)");
wait_until('another connection', sub { $pg->query("SELECT count(*) $waiting AND pid <> $first") eq '1' });
like($ship->log, qr/could not read values anew: .*; events wait until that works/, 'a lost connection is said');
$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()});
@records = map { after($_) } new_records();
is_deeply([ map { [ $_->{num}, $_->{txt} eq $inserted{3}{txt} ] } @records ], [ [ 4, 1 ] ], 'its event comes with the value');
is($kafka->count($ship->topic('small')), 1, 'and then the other');
is($ship->stop, 0, 'it stops');

# ---- transforms move values; a role reads what it may
$pg->query(q{CREATE ROLE reader LOGIN REPLICATION; GRANT SELECT (id, txt) ON big TO reader; GRANT pg_monitor TO reader;
	ALTER TABLE big ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON big FOR SELECT USING (id < 100)});
$ship->write_conf(
	'database.user' => 'reader',
	'reselector.type' => undef,
	'reselector.reselect.columns.exclude.list' => undef,
	'reselector.reselect.cache.enabled' => undef,
	'post.processors.reselector.type' => 'ReselectColumnsPostProcessor',
	'post.processors.reselector.reselect.columns.include.list' => 'public\.big:(txt|js)',
	'post.processors.reselector.reselect.null.values' => 'false',
	'transforms' => 'unwrap,rename,mask,head,key',
	'transforms.unwrap.type' => 'io.debezium.transforms.ExtractNewRecordState',
	'transforms.rename.type' => 'org.apache.kafka.connect.transforms.ReplaceField$Value',
	'transforms.rename.include' => 'id,num,txt,js',
	'transforms.rename.renames' => 'txt:body,js:masked',
	'transforms.mask.type' => 'org.apache.kafka.connect.transforms.MaskField$Value',
	'transforms.mask.fields' => 'masked',
	'transforms.mask.replacement' => '***',
	'transforms.head.type' => 'org.apache.kafka.connect.transforms.HeaderFrom$Value',
	'transforms.head.fields' => 'num,body',
	'transforms.head.headers' => 'num,body',
	'transforms.head.operation' => 'copy',
	'transforms.key.type' => 'ValueToKey',
	'transforms.key.fields' => 'id,body');
$ship->start;
$ship->wait_streaming;
$pg->query(sprintf $fill, 100, 100);
$pg->query('UPDATE big SET num = 5 WHERE id IN (3, 100)');
my %moved = map { my $v = decode_json($_->{value}); "$v->{id}/$v->{num}" => [ $_, $v ] } new_records();
my ($record, $value) = @{ $moved{'3/5'} };
is($value->{body}, $inserted{3}{txt}, 'a value that was moved and renamed is read');
is($value->{masked}, '***', 'one that is masked is not');
is_deeply(decode_json($record->{key}), { id => 3, body => $inserted{3}{txt} }, 'one that has become a key is read');
is_deeply([ @{ $record->{headers} }{qw(body num)} ], [ $inserted{3}{txt}, 5 ], 'one that has become a header, too');
is($moved{'100/5'}[1]{body}, $marker, 'a row that a policy hides is not read');
like($ship->log, qr/relation "public\.big" has no row id=100 any more/, 'which looks as if it were gone');

$pg->query('REVOKE SELECT (txt) ON big FROM reader; UPDATE big SET num = 6 WHERE id = 3');
%moved = map { my $v = decode_json($_->{value}); "$v->{id}/$v->{num}" => $v } new_records();
is($moved{'3/6'}{body}, $marker, 'nor is what the role may not read');

# ---- told to, it stops
is($ship->stop, 0, 'it stops');
$ship->write_conf('post.processors.reselector.reselect.error.handling.mode' => 'FAIL');
$ship->start;
$ship->wait_streaming;
$pg->query('UPDATE big SET num = 7 WHERE id = 3');
is($ship->stop_by_itself(60), 2, 'with FAIL it ends');
like($ship->log, qr/could not read values anew: permission denied for table big/, 'and says why');
$pg->query('GRANT SELECT (txt) ON big TO reader');
$ship->start;
$ship->wait_streaming;
%moved = map { my $v = decode_json($_->{value}); "$v->{id}/$v->{num}" => $v } new_records();
is($moved{'3/7'}{body}, $inserted{3}{txt}, 'nothing is lost: with the right to read it the event comes');

# ---- headers under other converters
my $connect = 'org.apache.kafka.connect';
for my $case (
	[ "$connect.json.JsonConverter", 8, sub { decode_json($_[0])->{payload} } ],
	[ "$connect.storage.StringConverter", 9, sub { $_[0] } ])
{
	my ($converter, $num, $read) = @$case;

	is($ship->stop, 0, 'it stops');
	$ship->write_conf('header.converter' => $converter);
	$ship->start;
	$ship->wait_streaming;
	$pg->query("UPDATE big SET num = $num WHERE id = 3");
	my ($event) = grep { decode_json($_->{value})->{num} == $num } new_records();
	is_deeply([ map { $read->($event->{headers}{$_}) } qw(body num) ], [ $inserted{3}{txt}, $num ], "a value in a header of $converter is read");
}

done_testing();
