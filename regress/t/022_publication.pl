# The publication, as publication.autocreate.mode and its kin want it, and the
# replica identities that a start sets.  "walpost slot create" does what a start
# does before it streams, so no broker is needed.

use strict;
use warnings;

use Test::More;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $pg = Walpost::Postgres->running;
my $nobody = bless { port => free_port() }, 'Nobody';
sub Nobody::brokers { return "127.0.0.1:$_[0]{port}"; }

$pg->query(<<'END');
CREATE SCHEMA "Sales";
CREATE TABLE orders (id int PRIMARY KEY, note text NOT NULL UNIQUE, price int);
CREATE TABLE items (id int PRIMARY KEY);
CREATE TABLE "Sales"."Odd ""t"", x" (id int PRIMARY KEY);
CREATE TABLE keyless (x int);
CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE spatial_ref_sys (id int PRIMARY KEY);
CREATE UNLOGGED TABLE scratch (id int PRIMARY KEY);
END

# What a start makes ready; returns its errors, and takes the slot away again.
sub prepare
{
	my (%conf) = @_;
	my $ship = Walpost::Shipper->new(pg => $pg, kafka => $nobody, conf => \%conf);
	my ($status, $out, $err) = Walpost::Shipper::command('slot', 'create', $ship->file);

	is($status, 0, 'exit status') or diag($err);
	is($out, qq(made slot "walpost"\n), 'output');
	# by name: its position record, of which a broker would know, is not looked for
	Walpost::Shipper::command('slot', 'drop', $ship->file, 'walpost');
	return $err;
}

sub members
{
	return $pg->query(<<'END');
SELECT string_agg(prrelid::regclass::text, ' ' ORDER BY prrelid::regclass::text COLLATE "C")
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = prpubid WHERE pubname = 'walpost'
END
}

sub attributes
{
	return $pg->query(<<'END');
SELECT concat_ws(' ', CASE WHEN puballtables THEN 'all' END, CASE WHEN pubinsert THEN 'c' END,
	CASE WHEN pubupdate THEN 'u' END, CASE WHEN pubdelete THEN 'd' END,
	CASE WHEN pubtruncate THEN 't' END, CASE WHEN pubviaroot THEN 'root' END)
FROM pg_publication WHERE pubname = 'walpost'
END
}

sub drop
{
	return $pg->query('DROP PUBLICATION walpost');
}

# ---- all_tables, and who suffers
my $err = prepare();
is(attributes(), 'all c u d t', 'all_tables');
like($err, qr/1 published table has no replica identity, so the server refuses to update and delete rows of it: public\.keyless; add a primary key/,
	'a table without a key is warned about');
drop();

prepare('skipped.operations' => 'u,t', 'publish.via.partition.root' => 'true');
is(attributes(), 'all c d root', 'operations that are left out on purpose, partitions as their root');
drop();
unlike(prepare('skipped.operations' => 'u,d,t'), qr/replica identity/,
	'no warning where neither updates nor deletes are published');
is(attributes(), 'all c', 'inserts alone');
drop();

# ---- no_tables, disabled
unlike(prepare('publication.autocreate.mode' => 'no_tables'), qr/not in publication/, 'no_tables: no warning');
is(attributes() . members(), 'c u d t', 'no_tables');
like(prepare('publication.autocreate.mode' => 'disabled'),
	qr/5 captured tables are not in publication "walpost", so no change of them arrives: Sales\.Odd "t", x, public\.items, public\.keyless, public\.orders, public\.parts_1; ALTER PUBLICATION/,
	'disabled: tables that are missing are warned about');
is(members(), '', 'disabled: nothing is changed');
drop();

# ---- filtered
my %filtered = ('publication.autocreate.mode' => 'filtered');

prepare(%filtered, 'table.include.list' => 'public\.ORDERS, sales\..*');
is(members(), '"Sales"."Odd ""t"", x" orders', 'filtered: patterns are anchored and ignore case');
prepare(%filtered, 'table.include.list' => 'public\.(orders|items)');
is(members(), 'items orders', 'filtered: the next start brings it in line');

$pg->query('ALTER PUBLICATION walpost SET TABLE orders (id, note) WHERE (id > 5), items');
prepare(%filtered, 'table.include.list' => 'public\.(orders|keyless)');
is(members(), 'keyless orders', 'filtered: changed again');
is( $pg->query(q{SELECT rowfilter || ' ' || attnames::text FROM pg_publication_tables WHERE tablename = 'orders'}),
	'(id > 5) {id,note}',
	'filtered: row filter and column list of a table that stays are kept');
prepare(%filtered, 'schema.include.list' => 'public', 'table.exclude.list' => 'public\.(orders|parts.*)');
is(members(), 'items keyless', 'filtered: excludes; neither builtin nor unlogged tables');
prepare(%filtered, 'table.ignore.builtin' => 'false', 'table.include.list' => 'public\.(items|spatial.*)');
is(members(), 'items spatial_ref_sys', 'filtered: builtin tables on request');
drop();
prepare(%filtered, 'publish.via.partition.root' => 'true', 'table.include.list' => 'public\.parts');
is(members() . ' ' . attributes(), 'parts c u d t root', 'filtered: a partitioned table');
like(prepare('publication.autocreate.mode' => 'disabled', 'table.include.list' => 'public\.(parts_1|items)'),
	qr/1 captured table is not in publication "walpost", so no change of it arrives: public\.items;/,
	'a partition is published with its root');
drop();

prepare(%filtered);
my $file = Walpost::Shipper->new(pg => $pg, kafka => $nobody, conf => { 'publish.via.partition.root' => 'true' })->file;
my (undef, $out) = Walpost::Shipper::command('check', $file);
like($out, qr/^warning +publish\.via\.partition\.root is set, but publication "walpost" exists without it; ALTER/m,
	'an attribute that an existing publication lacks is warned about');
drop();

# ---- replica identities
sub identity
{
	my ($table) = @_;

	return $pg->query(<<"END");
SELECT relreplident::text || coalesce((SELECT ' ' || indexrelid::regclass FROM pg_index WHERE indrelid = c.oid AND indisreplident), '')
FROM pg_class c WHERE oid = '$table'::regclass
END
}

my %identities = ('replica.identity.autoset.values' =>
	  'public.ord.*:INDEX orders_note_key , public\.keyless:full, .*\.items: NOTHING');
unlike(prepare(%identities, 'table.exclude.list' => 'public\.items'), qr/no replica identity/,
	'a table that has got an identity is not warned about');
is(identity('orders'), 'i orders_note_key', 'an index');
is(identity('keyless'), 'f', 'all columns');
is(identity('items'), 'd', 'a table that is not captured is left alone');
unlike(prepare(%identities, 'table.exclude.list' => 'public\.items'), qr/ALTER TABLE public/, 'what is set is not set again');
prepare('replica.identity.autoset.values' => 'public\.orders:DEFAULT');
is(identity('orders'), 'd', 'the default');

# ---- a limit to the number of tables
like(prepare('guardrail.collections.max' => 2), qr/\d tables are captured, more than guardrail\.collections\.max = 2/,
	'more tables than the limit: warned about');
my $ship = Walpost::Shipper->new(pg => $pg, kafka => $nobody,
	conf => { 'guardrail.collections.max' => 2, 'guardrail.collections.limit.action' => 'fail' });
my ($status, undef, $said) = Walpost::Shipper::command('slot', 'create', $ship->file);
is($status, 2, 'more tables than the limit, and it is to fail: exit status');
like($said, qr/^walpost: \d tables are captured, more than guardrail/m, 'more tables than the limit: fails');

done_testing();
