# Which rows a snapshot has, and what keeps it from having them: queries of one's
# own, tables that cannot be read or change, an encoder that refuses a row.  What a
# row comes out as: the bytes that the stream has of it, whatever its type.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;
use Walpost::Types qw(types_modes types_tables);

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOF2');
CREATE EXTENSION walpost;
CREATE TABLE a_small (id int PRIMARY KEY, name text);
CREATE TABLE b_large (id int PRIMARY KEY, name text);
CREATE TABLE c_middle (id int PRIMARY KEY, name text);
INSERT INTO a_small SELECT i, 'secret ' || i FROM generate_series(1, 3) i;
INSERT INTO b_large SELECT i, 'name ' || i FROM generate_series(1, 300) i;
INSERT INTO c_middle SELECT i, 'name ' || i FROM generate_series(1, 30) i;
ANALYZE;
EOF2

my $next = 0;
my $tables = 'public\.[abc]_.*';

sub shipper
{
	my (%conf) = @_;
	my $name = 'rows' . ++$next;

	return Walpost::Shipper->new(
		pg => $pg,
		kafka => $kafka,
		slot => $name,
		conf => { 'slot.name' => $name, 'snapshot.mode' => 'initial', 'table.include.list' => $tables, %conf });
}

# Starts it, and drops its slot once it streamed.
sub taken
{
	my ($ship, $what) = @_;

	$ship->start;
	$ship->wait_streaming;
	is($ship->stop, 0, "$what: a clean end");
	$pg->query("SELECT pg_drop_replication_slot('$ship->{slot}')");
	return $ship;
}

# It must end by itself, say why, and leave no slot.
sub refused
{
	my ($what, $pattern, %conf) = @_;
	my $ship = shipper(%conf);

	$ship->start;
	my $status = $ship->stop_by_itself;
	ok($status, "$what: an error") or diag($ship->log);
	like($ship->log, $pattern, "$what: says why");
	ok(wait_until('no slot', sub { slots() == 0 }), "$what: no slot is left");
	return;
}

sub slots
{
	return $pg->query('SELECT count(*) FROM pg_replication_slots');
}

# ---- queries of one's own, and the order of tables
my $overrides = 'snapshot.select.statement.overrides';
for my $readers (1, 3)
{
	my $ship = taken(
		shipper(
			$overrides => 'public.a_small, public.b_large',
			"$overrides.public.a_small" => q{SELECT id, 'hidden' AS name FROM public.a_small WHERE id <> 2 ORDER BY id DESC;},
			"$overrides.public.b_large" => 'SELECT * FROM public.b_large WHERE id > 298',
			'snapshot.max.threads' => $readers),
		"a query, $readers readers");
	is(join(' ', map { "$_->{event}{after}{id}:$_->{event}{after}{name}" } $ship->events('a_small')),
		'3:hidden 1:hidden', 'rows as the query has them');
	is($kafka->count($ship->topic('b_large')), 2, 'the ones it chooses');
	is($kafka->count($ship->topic('c_middle')), 30, 'all of another table');
}

my %order = (disabled => 'a_small b_large c_middle', ascending => 'a_small c_middle b_large', descending => 'b_large c_middle a_small');
for my $order (sort keys %order)
{
	my $ship = taken(shipper('snapshot.tables.order.by.row.count' => $order, 'snapshot.max.threads' => $order eq 'disabled' ? 1 : 0, 'snapshot.delay.ms' => 300, 'streaming.delay.ms' => 300), "order $order");
	my %marks;

	for my $table (qw(a_small b_large c_middle))
	{
		my @events = $ship->events($table);
		$marks{ $events[0]{event}{source}{snapshot} eq 'first' ? 'first' : $events[-1]{event}{source}{snapshot} eq 'last' ? 'last' : 'middle' } = $table;
	}
	is("$marks{first} $marks{middle} $marks{last}", $order{$order}, "tables in the order $order");
	like($ship->log, qr/waiting 300 ms before the snapshot.*taking a snapshot.*waiting 300 ms before streaming.*streaming from/s, 'after a delay');
}

taken(
	shipper(
		$overrides => 'public.a_small',
		"$overrides.public.a_small" => 'SELECT * FROM public.a_small',
		'snapshot.include.collection.list' => 'public.b_large'),
	'a query for a table that the snapshot leaves out');

refused('a query that is missing', qr/property "\Q$overrides\E\.public\.a_small" is missing/, $overrides => 'public.a_small');
refused('a query of no table', qr/names public\.d_none, which is no table that the snapshot reads/,
	$overrides => 'public.d_none', "$overrides.public.d_none" => 'SELECT 1');
refused('a query without the columns', qr/public\.a_small.*column walpost\.name does not exist/,
	$overrides => 'public.a_small', "$overrides.public.a_small" => 'SELECT id FROM public.a_small');

# ---- a role that may not read
$pg->query(<<'EOF2');
CREATE ROLE reader LOGIN REPLICATION;
GRANT SELECT ON a_small, b_large TO reader;
EOF2
my %role = ('database.user' => 'reader', 'publication.autocreate.mode' => 'disabled');
refused('no privilege on one table', qr/c_middle.*(permission denied|may not read)/, %role);
$pg->query('GRANT SELECT ON c_middle TO reader; ALTER TABLE c_middle ENABLE ROW LEVEL SECURITY');
refused('row level security', qr/Row level security hides rows.*BYPASSRLS/, %role);
$pg->query('ALTER TABLE c_middle DISABLE ROW LEVEL SECURITY');

# ---- what ends sessions that wait, and statements that take long
$pg->query(<<'EOF2');
ALTER ROLE reader SET statement_timeout = '50ms';
ALTER ROLE reader SET idle_in_transaction_session_timeout = '50ms';
ALTER ROLE reader SET lock_timeout = '50ms';
EOF2
$pg->query(q{ALTER ROLE reader SET idle_session_timeout = '50ms'}) if $pg->query('SHOW server_version_num') >= 140000;
$pg->query(q{ALTER ROLE reader SET transaction_timeout = '50ms'}) if $pg->query('SHOW server_version_num') >= 170000;
my $slow = taken(
	shipper(%role, $overrides => 'public.a_small',
		"$overrides.public.a_small" => 'SELECT s.* FROM public.a_small s, LATERAL (SELECT pg_sleep(0.1 + id * 0)) p'),
	'time-outs of the role');
is($kafka->count($slow->topic('a_small')), 3, 'none of them ends a snapshot');
unlike($slow->log, qr/trying again/, 'at the first attempt');

# ---- a row that the encoder refuses
$pg->query(<<'EOF2');
CREATE TYPE brittle;
CREATE FUNCTION brittle_in(cstring) RETURNS brittle LANGUAGE internal IMMUTABLE STRICT AS 'oidin';
CREATE FUNCTION brittle_out(brittle) RETURNS cstring LANGUAGE internal STABLE STRICT AS 'enum_out';
CREATE TYPE brittle (INPUT = brittle_in, OUTPUT = brittle_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4);
CREATE TABLE c_moods (id int PRIMARY KEY, b brittle);
INSERT INTO c_moods VALUES (1, NULL), (2, '7'), (3, NULL);
EOF2
refused('a row that is no event', qr/invalid internal value for enum: 7.*relation "c_moods".*key \{"id":2\}/,
	'include.unknown.datatypes' => 'true');
my $left_out = taken(
	shipper('include.unknown.datatypes' => 'true', 'event.processing.failure.handling.mode' => 'warn'),
	'a row that is left out');
like($left_out->log, qr/left out a row of relation "public\.c_moods".*Its key is \{"id":2\}/, 'it is named');
is(join(' ', map { $_->{key} } $kafka->read_topic($left_out->topic('c_moods'))), '{"id":1} {"id":3}', 'the others arrive');
$pg->query('DROP TABLE c_moods');

# ---- nobody drops or rewrites a table that is being read
$pg->query('CREATE TABLE door (open bool)');
my $reading = shipper(
	$overrides => 'public.a_small',
	"$overrides.public.a_small" => 'SELECT s.* FROM public.a_small s, LATERAL (SELECT pg_advisory_lock_shared(1) WHERE id > 0) p');
my $door = $pg->query_in_background('SELECT pg_advisory_lock(1); SELECT pg_sleep(600)', log_file('door'));
wait_until('the door to be shut', sub { $pg->query(q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted}) > 0 });
my $waiters = q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted};

# a query that takes long is asked for its first row, to see which one is the last of all
my $planning = shipper(
	$overrides => 'public.c_middle',
	"$overrides.public.c_middle" => 'SELECT s.* FROM public.c_middle s, LATERAL (SELECT pg_advisory_lock_shared(1) WHERE id > 0) p',
	'snapshot.max.threads' => 1);
$planning->start;
wait_until('the plan to wait for a query', sub { $pg->query($waiters) > 0 });
unlike($planning->log, qr/taking a snapshot/, 'before any row');
is($planning->stop(10), 0, 'a stop does not wait for it');
wait_until('the server to have given it up', sub { $pg->query($waiters) == 0 && slots() == 0 });

$reading->start;
wait_until('a reader in the middle of a table', sub { $pg->query($waiters) > 0 });
for my $sql ('DROP TABLE b_large', 'TRUNCATE b_large', 'ALTER TABLE b_large ALTER name TYPE varchar(100)', 'VACUUM FULL b_large')
{
	my ($status, undef, $err) = $pg->try_query("SET lock_timeout = '100ms';\n$sql");
	ok($status && $err =~ /lock timeout/, "$sql has to wait");
}
$pg->query(q{INSERT INTO b_large VALUES (0, 'but not this')});
$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock' AND objid = 1});
$reading->wait_streaming;
$reading->wait_drained;
is(scalar(grep { $_->{event}{op} eq 'r' } $reading->events('b_large')), 300, 'the snapshot is what it was at its beginning');
is(join(' ', map { $_->{event}{after}{id} } grep { $_->{event}{op} eq 'c' } $reading->events('b_large')), '0',
	'and the stream goes on there');
is($reading->stop, 0, 'a clean end');
$pg->query("SELECT pg_drop_replication_slot('$reading->{slot}')");

# ---- what has no changes is said
$pg->query(<<'EOF2');
CREATE UNLOGGED TABLE a_fast (id int PRIMARY KEY);
CREATE VIEW a_view AS SELECT 1 AS id;
CREATE MATERIALIZED VIEW b_view AS SELECT 1 AS id;
CREATE FOREIGN DATA WRAPPER far;
CREATE SERVER far FOREIGN DATA WRAPPER far;
CREATE FOREIGN TABLE c_far (id int) SERVER far;
INSERT INTO a_fast VALUES (1);
EOF2
my $silent = taken(shipper(), 'without changes');
like(
	$silent->log,
	qr/4 captured relations have no changes.*public\.a_fast \(an unlogged table\), public\.a_view \(a view\), public\.b_view \(a materialized view\), public\.c_far \(a foreign table\)/,
	'they are named');
my $all = taken(shipper('table.include.list' => undef), 'everything');
like($all->log, qr/2 captured relations have no changes/, 'views count only where a list names them');

# ---- a row of each type is what the stream has of it, but for op, source and times
sub blotted
{
	return join "\n", map { s/"source":\{.*?\},"transaction"/"source":{},"transaction"/r } map { s/"op":"[cr]","ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+/"op":""/r } @_;
}

for my $slot (types_tables($pg))
{
	$pg->query(qq(INSERT INTO "$slot" DEFAULT VALUES));
	for my $table ($slot, "missing $slot")
	{
		my $columns = $pg->query(qq(SELECT count(*) FROM pg_attribute WHERE attrelid = '"$table"'::regclass AND attnum > 0));
		my ($rows, @unequal) = $pg->query(qq(SELECT count(*) FROM "$table"));

		for my $mode ([], types_modes())
		{
			my %options = ('topic.prefix' => 't', 'walpost.run.id' => 'r', 'value.converter.schemas.enable' => 'true',
				'include.unknown.datatypes' => 'true', 'table.include.list' => "public\.$table", @$mode);
			my $options = join ', ', map { "'$_'" } %options;
			my @stream = split /\n/, $pg->query(qq(SELECT data FROM pg_logical_slot_peek_changes('$slot', NULL, NULL, $options) WHERE data ~ '"op":"c"'));
			my @read = split /\n/, $pg->query(qq(SELECT convert_from(walpost.snapshot('"$table"', ARRAY[$options]), 'UTF8')));

			splice @stream, 0, @stream - $rows;
			push @unequal, "@$mode" if @read != $rows || blotted(@stream) ne blotted(@read);
		}
		is(join("\n", @unequal), '', "$rows rows of $columns columns, one of each type, are those of the stream: $table");
	}
}

done_testing();
