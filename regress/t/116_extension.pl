# The extension, made by the connector itself where its role may, else named with
# the statement that somebody has to run: at registration, at the start of walpost
# run, and by walpost check.  What only looks like it is not called.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;
use Walpost::Worker;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query($_) for 'CREATE ROLE capture LOGIN REPLICATION', map { "CREATE DATABASE $_" } qw(own bare forged taken);
$pg->query($_) for 'GRANT CREATE ON DATABASE own TO capture', 'GRANT CREATE ON DATABASE taken TO capture';
for my $db (qw(own bare forged taken))
{
	$pg->query("CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (1); GRANT SELECT ON items TO capture; CREATE PUBLICATION p FOR TABLE items", $db);
}

# Someone who may make schemas has put functions there that are not the extension's.
$pg->query(q{
	CREATE SCHEMA walpost;
	CREATE TABLE stolen (who text);
	GRANT ALL ON stolen TO PUBLIC;
	GRANT USAGE ON SCHEMA walpost TO PUBLIC;
	CREATE FUNCTION walpost.snapshot(regclass, text[], pg_lsn, bigint, bigint, int, text, text, text) RETURNS SETOF bytea
	LANGUAGE sql AS 'INSERT INTO public.stolen VALUES (current_user); SELECT NULL::bytea';
	CREATE FUNCTION walpost.signal(text, json, text) RETURNS text
	LANGUAGE sql AS 'INSERT INTO public.stolen VALUES (current_user) RETURNING who';
	CREATE FUNCTION walpost.describe(regclass, VARIADIC text[], OUT topic text)
	LANGUAGE sql AS 'INSERT INTO public.stolen VALUES (current_user) RETURNING who'}, 'forged');
$pg->query('CREATE SCHEMA walpost', 'taken');

sub config
{
	my ($db, %more) = @_;

	return {
		'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
		'database.hostname' => '127.0.0.1',
		'database.port' => $pg->port,
		'database.user' => 'capture',
		'database.dbname' => $db,
		'topic.prefix' => "x${$}$db",
		'slot.name' => "slot_$db",
		'publication.name' => 'p',
		%more };
}

sub made
{
	return $pg->query(q{SELECT pg_get_userbyid(extowner) FROM pg_extension WHERE extname = 'walpost'}, $_[0]);
}

# ---- at registration
my $worker = Walpost::Worker->running(kafka => $kafka);
my ($code, $json) = $worker->call('PUT', '/connector-plugins/PostgresConnector/config/validate', { name => 'own', %{ config('own') } });
is($json->{error_count}, 0, 'validated: the role may make the extension');
is(made('own'), '', 'which that does not');
is(($worker->call('PUT', '/connectors/own/config', config('own')))[0], 201, 'registered');
wait_until('the row', sub { $kafka->count("x${$}own.public.items") == 1 });
is(made('own'), 'capture', 'the connector has made it, and taken its snapshot');

my %refused = (
	bare => qr/role capture may not make it; run CREATE EXTENSION walpost in it as superuser \(or GRANT CREATE ON DATABASE bare TO capture/,
	forged => qr/has a schema of that name, in which the extension cannot be made/,
	taken => qr/has a schema of that name, in which the extension cannot be made; rename it/);
for my $db (sort keys %refused)
{
	($code, $json) = $worker->call('PUT', "/connectors/$db/config", config($db));
	is($code, 400, "$db: refused");
	like($json->{message}, $refused{$db}, 'with what to do');
}
is($pg->query('SELECT count(*) FROM stolen', 'forged'), 0, "nobody's function was called");
is(($worker->call('PUT', '/connectors/bare/config', config('bare', 'snapshot.mode' => 'no_data')))[0], 201, 'without a snapshot there is no need of it');
$worker->wait_task('bare', 'RUNNING');
is($worker->stop, 0, 'a clean end');

# ---- walpost run and check
my %plain = ('snapshot.mode' => 'initial', 'database.user' => 'capture', 'publication.name' => 'p');
my $ship = Walpost::Shipper->new(pg => $pg, kafka => $kafka, db => 'forged', conf => \%plain);
$ship->start;
is($ship->stop_by_itself, 2, 'run: a schema in the way is an error of the configuration');
like($ship->log, $refused{forged}, 'that says so');
for my $command ([ 'check' ], [ 'signal', 'log', '{"message": "x"}' ], [ 'snapshot', '--table', 'public.items' ])
{
	my ($name, @args) = @$command;

	like(join('', (Walpost::Shipper::command($name, $ship->file, @args))[ 1, 2 ]), $refused{forged}, "$name: the same");
}
is($pg->query('SELECT count(*) FROM stolen', 'forged'), 0, "and nobody's function was called");
$pg->query('DROP SCHEMA walpost CASCADE; GRANT CREATE ON DATABASE forged TO capture', 'forged');
my ($status, $out) = Walpost::Shipper::command('check', $ship->file);
like($out, qr/^ok +the start will run: CREATE EXTENSION IF NOT EXISTS walpost$/m, 'check: says what the start does');
is(made('forged'), '', 'and does not');
$ship->start;
$ship->wait_streaming;
is(scalar $ship->events('items'), 1, 'run: makes it, and takes the snapshot');
is(made('forged'), 'capture', 'its owner is the role');
is($ship->stop, 0, 'a clean end');

# ---- for signals, which may ask for snapshots later
$pg->query('DROP EXTENSION walpost', 'forged');
my $signals = Walpost::Shipper->new(
	pg => $pg, kafka => $kafka, db => 'forged',
	conf => { %plain, 'snapshot.mode' => 'no_data', 'slot.name' => 'signals', 'signal.data.collection' => 'public.items' });
$signals->start;
$signals->wait_streaming;
is(made('forged'), 'capture', 'signals: it is made as well');
is($signals->stop, 0, 'a clean end');

# ---- while it runs
$pg->query('CREATE TABLE sig (id text PRIMARY KEY, type text, data text); GRANT SELECT ON sig TO capture; ALTER PUBLICATION p ADD TABLE sig', 'bare');
my $later = Walpost::Shipper->running(
	pg => $pg, kafka => $kafka, db => 'bare',
	conf => { %plain, 'snapshot.mode' => 'no_data', 'slot.name' => 'later', 'signal.data.collection' => 'public.sig' });
like($later->log, qr/cannot be read: .* role capture may not make it/, 'signals: without the extension a warning');
$pg->query(q{INSERT INTO sig VALUES ('0', 'execute-snapshot', '{"data-collections": ["public.items"]}')}, 'bare');
wait_until('the log to say that there is none', sub { $later->log =~ /list the publication's tables: schema walpost is .*missing; Run CREATE EXTENSION walpost/ });
$pg->query(q{
	CREATE SCHEMA walpost;
	CREATE TABLE stolen (who text);
	GRANT ALL ON stolen TO PUBLIC;
	GRANT USAGE ON SCHEMA walpost TO PUBLIC;
	CREATE FUNCTION walpost.chunk(regclass, text[], pg_lsn, int, text[], text[], text, text) RETURNS SETOF bytea
	LANGUAGE sql AS 'INSERT INTO public.stolen VALUES (current_user); SELECT NULL::bytea';
	INSERT INTO sig VALUES ('1', 'execute-snapshot', '{"data-collections": ["public.items"]}')}, 'bare');
my $refused = qr/ERROR:  schema walpost is not that of the extension walpost/;
my $tries = () = slurp($pg->log) =~ /$refused/g;
wait_until('it to try again', sub { (() = slurp($pg->log) =~ /$refused/g) > $tries + 1 });
is($pg->query('SELECT count(*) FROM stolen', 'bare'), 0, "a snapshot that is asked for calls nobody's function");
$later->kill9;

# ---- an older version
$pg->query('ALTER EXTENSION walpost DROP FUNCTION walpost.snapshot(regclass, text[], pg_lsn, bigint, bigint, int, text, text, text)', 'forged');
$pg->query(q{SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active AND database = 'forged'}, 'forged');
($status, $out) = Walpost::Shipper::command('check', $ship->file);
like($out, qr/older version than this program; run ALTER EXTENSION walpost UPDATE in it as its owner/, 'an older version is left to a person');

done_testing();
