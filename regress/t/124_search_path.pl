# What others have put into schemas of the role's search path is not found in the
# place of the server's own; a query of the user's has the user's path.

use strict;
use warnings;

use Test::More;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;

# Operators that the server's are exact matches for, in front of them, and one of
# types for which there is none.
$pg->query(<<'EOF');
CREATE EXTENSION walpost;
CREATE SCHEMA trap;
CREATE FUNCTION trap.spring(name, text) RETURNS text LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
	RAISE EXCEPTION 'the trap was sprung by %', current_query();
END $$;
CREATE FUNCTION trap.spring(name, name) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the trap was sprung by %', current_query();
END $$;
CREATE FUNCTION trap.spring(real, int) RETURNS float8 LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the trap was sprung by %', current_query();
END $$;
CREATE FUNCTION trap.spring(oid, int) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the trap was sprung by %', current_query();
END $$;
CREATE OPERATOR trap.= (FUNCTION = trap.spring, LEFTARG = oid, RIGHTARG = int);
CREATE OPERATOR trap.|| (FUNCTION = trap.spring, LEFTARG = name, RIGHTARG = text);
CREATE OPERATOR trap.= (FUNCTION = trap.spring, LEFTARG = name, RIGHTARG = name);
CREATE OPERATOR trap./ (FUNCTION = trap.spring, LEFTARG = real, RIGHTARG = int);
CREATE TABLE items (id int PRIMARY KEY, name text);
INSERT INTO items VALUES (1, 'one'), (2, 'two');
CREATE TABLE orders (id int PRIMARY KEY);
INSERT INTO orders VALUES (1);
ANALYZE items, orders;
CREATE SCHEMA app;
CREATE FUNCTION app.wanted(int) RETURNS bool LANGUAGE sql RETURN $1 > 1;
CREATE ROLE connector LOGIN SUPERUSER REPLICATION;
ALTER ROLE connector SET search_path = trap, pg_catalog, public;
EOF

my $ship = Walpost::Shipper->running(
	pg => $pg,
	kafka => $kafka,
	conf => {
		'database.user' => 'connector',
		'snapshot.mode' => 'initial',
		'database.initial.statements' => 'SET search_path = trap, pg_catalog, public, app',
		'table.include.list' => 'public.items,public.orders',
		'snapshot.select.statement.overrides' => 'public.items',
		'snapshot.select.statement.overrides.public.items' => 'SELECT * FROM items WHERE wanted(id)',
	});
is(join(' ', map { $_->{event}{after}{id} } $ship->events('items')), '2', 'the query finds its function');
is(scalar $ship->events('orders'), 1, 'the other table is read');

$pg->query(q{SELECT walpost.signal('execute-snapshot', '{"type": "incremental", "data-collections": ["public.orders"],
	"additional-conditions": [{"data-collection": "public.orders", "filter": "wanted(id + 1)"}]}')});
ok($ship->wait_log(qr/incremental snapshot of public\.orders is complete, 1 rows/), 'an incremental snapshot, whose condition finds its function');
$pg->query(q{SELECT walpost.signal('execute-snapshot', '{"type": "blocking", "data-collections": ["public.orders"]}')});
ok($ship->wait_log(qr/blocking snapshot is complete/), 'a blocking one');

my ($status, $out) = Walpost::Shipper::command('check', $ship->file);
is($status, 0, 'walpost check') or diag($out);
($status, $out) = Walpost::Shipper::command('status', $ship->file);
is($status, 0, 'walpost status') or diag($out);
is($ship->stop, 0, 'a clean end');
($status, $out) = Walpost::Shipper::command('slot', 'drop', $ship->file);
is($status, 0, 'walpost slot drop') or diag($out);
unlike(slurp($pg->log), qr{ERROR:  the trap was sprung}, 'nothing of the trap was called');

done_testing();
