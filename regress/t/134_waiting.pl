# Who waits for the end of a transaction to make a slot, and is killed, leaves nothing
# behind that waits on; and of two tables that are added at once each is notified with
# rows of its own.  Besides: what is said of changes and columns before there is one.

use strict;
use warnings;

use JSON::PP;
use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

$pg->query(<<'EOS');
CREATE EXTENSION walpost;
CREATE TABLE first (id int, v text);
INSERT INTO first SELECT i, 'v' FROM generate_series(1, 30) i;
CREATE TABLE second (id int, v text);
INSERT INTO second SELECT i, 'v' FROM generate_series(1, 7) i;
EOS

# ---- the slot of a stream; the role's lock_timeout is not for it
$pg->query('ALTER ROLE postgres SET lock_timeout = 100');
my $let_go = $pg->hold_new_slots;
my $ship = Walpost::Shipper->new(pg => $pg, kafka => $kafka);
my $makers = q{FROM pg_stat_activity WHERE backend_type = 'walsender'};

$ship->start;
ok(wait_until('the walsender to wait',
		sub { $pg->query("SELECT count(*) $makers AND wait_event_type = 'Lock' AND clock_timestamp() > query_start + interval '0.3 s'") == 1 }),
	'making a slot waits longer than lock_timeout');
$ship->kill9;
ok(wait_until('it to be noticed', sub { $pg->query("SELECT count(*) $makers") == 0 }), 'the server notices that it was killed');
is($pg->query('SELECT count(*) FROM pg_replication_slots'), 0, 'no slot is left');
$pg->query('ALTER ROLE postgres RESET lock_timeout');
$let_go->();

# ---- tables without a key, which somebody else adds already
my $topic = "waiting$$";
$kafka->create_topic($topic, partitions => 1);
$pg->query(q{SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots});
$ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	slot => 'waiting',
	conf => { 'slot.name' => 'waiting', 'notification.enabled.channels' => 'sink', 'notification.sink.topic.name' => $topic });
$let_go = $pg->hold_new_slots;
my ($status, undef, $error) =
  Walpost::Shipper::command('snapshot', '--table', 'public.first', '--table', 'public.second', $ship->file);
is($status, 0, 'both are asked for') or diag($error);
$ship->wait_log(qr/adding public\.first, public\.second/);
$pg->query(q{SELECT walpost.signal('execute-snapshot', '{"data-collections": ["public.first", "public.second"]}')});
$ship->wait_log(qr/table public\.first has no key/);
$let_go->();
ok($ship->wait_log(qr/added public\.second: 7 rows/), 'the second one comes in its turn');

sub scanned
{
	my @notices = map { decode_json($_->{value}) } $kafka->read_topic($topic);

	return join ', ', map { join ' ', @{ $_->{additional_data} }{qw(scanned_collection total_rows_scanned status)} }
	  grep { $_->{aggregate_type} eq 'Incremental Snapshot' && $_->{type} eq 'TABLE_SCAN_COMPLETED' } @notices;
}

ok(wait_until('the notices', sub { scanned() =~ /second/ }), 'they are notified');
is(scanned(), 'public.first 30 SUCCEEDED, public.second 7 SUCCEEDED', 'each with its rows');
is($ship->stop, 0, 'a clean end');

# ---- what check says of changes, where the extension is not made and transactions only read
$pg->query($_) for 'CREATE DATABASE bare', 'ALTER DATABASE bare SET default_transaction_read_only = on';
$pg->query('SET default_transaction_read_only = off; CREATE TABLE shop (id int PRIMARY KEY, name text)', 'bare');
my $bare = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	slot => 'bare',
	conf => {
		'slot.name' => 'bare',
		'database.dbname' => 'bare',
		'transforms' => 'f',
		'transforms.f.type' => 'io.debezium.transforms.Filter',
		'transforms.f.language' => 'jsr223.groovy',
		'transforms.f.condition' => q{value.op == 'c' || value.after.name == 'x'} });
my (undef, $findings) = Walpost::Shipper::command('check', $bare->file);
like($findings, qr/^warning +deletes of table public\.shop cannot become events: .*null object/m, 'it warns of deletes that would fail');
unlike($findings, qr/read-only|(rows|updates) of table/, 'and of nothing else');

# ---- columns are shown where events can be
$pg->query(q{CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0});
$pg->query('CREATE EXTENSION walpost', 'latin');
my $said = join ' ', map { $_ // '' } $pg->try_query(q{SELECT walpost.describe('pg_class')}, 'latin');
like($said, qr/walpost needs a database with encoding UTF8/, 'not in a database of another encoding');

done_testing();
