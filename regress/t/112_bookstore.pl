# A bookstore's analytics: two connectors of one worker, each on a database of its own,
# bare JSON, and a consumer that mirrors shop and inventory.  Topics that nobody makes
# but the connectors, credentials in files, a pod without root's rights.
#
# WALPOST_FULL=1: all 10,000 orders, the registration script's own pause, and a consumer
# that ends twice.

use strict;
use warnings;

use File::Copy ();
use JSON::PP ();
use Test::More;
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Pipeline;
use Walpost::Shipper;
use Walpost::Test;

my $full = $ENV{WALPOST_FULL};
my $orders = $full ? 10000 : 300;
my ($shop, $stock) = ('ecom-db.ecom.svc.cluster.local', 'inventory-db.inventory.svc.cluster.local');
my $tombstones = 'CONNECT_WALPOST_CONNECTOR_DEFAULTS_TOMBSTONES_ON_DELETE';
my $pod = $> == 0 && (run_command([ 'unshare', '-m', 'true' ]))[0] == 0;
my $pipe = Walpost::Pipeline->new(
	name => 'bookstore',
	db => [ $shop, $stock ],
	postgres => { hba => "local all all trust\nhost all postgres 127.0.0.1/32 trust\nhost all,replication all 127.0.0.1/32 scram-sha-256\n" },
	kafka => { conf => { 'auto.create.topics.enable' => 'false', 'num.partitions' => 2 } },
	paths => { '/opt/kafka/external-configuration' => 'mounted' },
	worker => { $pod ? pod() : () },
	env => { $tombstones => 'false' });
my ($kafka, $worker, $shop_pg, $stock_pg) = ($pipe->kafka, $pipe->worker, map { $pipe->pg($_) } $shop, $stock);
my $json = JSON::PP->new->utf8;

# What a worker is started by: a user that the system does not know, a file system
# where nothing can be written, not even into the temporary folder.
sub pod
{
	my $program = scratch_dir() . '/walpost';

	File::Copy::copy(Walpost::Shipper::program(), $program) or die "could not copy the program: $!\n";
	chmod 0755, $program;
	return (
		program => $program,
		under => [
			'unshare', '-m', 'sh', '-c',
			'for m in $(cut -d" " -f5 /proc/self/mountinfo); do mount -o remount,bind,ro "$m" 2>/dev/null; done;'
			  . ' exec setpriv --reuid=1001 --regid=1001 --clear-groups --no-new-privs --pdeathsig KILL -- "$@"',
			'sh'
		]);
}

# A file with a credential.
sub mount
{
	my ($name, $text) = @_;

	return spit($pipe->file("mounted/db-credentials/$name"), $text);
}

sub topic { return ($_[0] eq 'inventory' ? 'inventory' : 'ecom') . "-connector.public.$_[0]"; }
sub records { return $kafka->read_topic(topic($_[0])); }
sub event { return $json->decode($_[0]{value}); }
sub op { return defined $_[0]{value} ? event($_[0])->{op} : 'tombstone'; }
sub analytics { return $stock_pg->query($_[0], 'analyticsdb'); }

# A table and its mirror.
my %mirrors = (
	books => [ $shop_pg, 'ecomdb', 'dim_books', 'id, title, author, price::float8, description, cover_url, isbn, genre, published_year, created_at' ],
	orders => [ $shop_pg, 'ecomdb', 'fact_orders', 'id, user_id, total::float8, status, created_at' ],
	order_items => [ $shop_pg, 'ecomdb', 'fact_order_items', 'id, order_id, book_id, quantity, price_at_purchase::float8' ],
	inventory => [ $stock_pg, 'inventorydb', 'fact_inventory', 'book_id, quantity, reserved, updated_at' ]);

# That they come to be equal; the consumer passes over deletions, so what verify-cdc.sh
# wrote stays in the mirror.
sub mirrored
{
	my ($table, $what) = @_;
	my ($pg, $db, $mirror, $columns) = @{ $mirrors{$table} };
	my $rows = $pg->query("SELECT $columns FROM $table ORDER BY 1", $db);
	my $read = sub { analytics("SELECT $columns FROM $mirror WHERE ${mirror}::text NOT LIKE '%verify-cdc%' ORDER BY 1") };

	repeat_until(sub { $read->() eq $rows });
	return is_deeply([ split /\n/, $read->() ], [ split /\n/, $rows ], $what);
}

# The answer to a probe of the pod.
sub probe
{
	my ($status, $out) = $pipe->run('bin/kubectl', qw(exec -n infra deploy/debezium -- curl -sf), $worker->url('/connectors'));

	return $status == 0 ? $out : "status $status";
}

# Registers the connectors of a folder; the script's exit status, and its output.
sub register
{
	my ($status, $out, $err) = $pipe->run('register-connectors.sh', $pipe->file($_[0]));

	diag($err) if $status != 0;
	return ($status, $out);
}

# Waits until a connector streams in a process that was started after this place of
# the log.
sub wait_anew
{
	my ($name, $seen) = @_;

	wait_until("$name to be started", sub { substr($worker->log, $seen) =~ /started process \d+ for "\Q$name\E"/ });
	return $worker->wait_task($name, 'RUNNING');
}

# ---- databases, credentials, topics
my %secret = (ECOM_DB => 'shop:{}"secret', INVENTORY_DB => 'stock secret');
for my $db ([ $shop_pg, 'ecomdb', 'ecom', 'ECOM_DB', $shop ], [ $stock_pg, 'inventorydb', 'inventory', 'INVENTORY_DB', $stock ])
{
	my ($pg, $name, $user, $file, $host) = @$db;

	$pg->query("CREATE DATABASE $name");
	$pipe->sql_file("$name.sql", $name, $host);
	$pg->query("CREATE ROLE $user LOGIN SUPERUSER PASSWORD '$secret{$file}'");
}
$shop_pg->query('CREATE TABLE visits (page text); INSERT INTO visits VALUES (1)', 'ecomdb');
$shop_pg->query('UPDATE visits SET page = 2', 'ecomdb');
$stock_pg->query('CREATE DATABASE analyticsdb');
$pipe->sql_file('analyticsdb.sql', 'analyticsdb', $stock);
mkdir $pipe->file($_) for 'mounted', 'mounted/db-credentials';
mount('ECOM_DB_USER', 'ecom');
mount('ECOM_DB_PASSWORD', "$secret{ECOM_DB}\n");
mount('INVENTORY_DB_USER', "inventory\n");
mount('INVENTORY_DB_PASSWORD', $secret{INVENTORY_DB});
$pipe->set_environment(
	PGPORT => $stock_pg->port,
	PATH => $pipe->file('bin') . ":$ENV{PATH}",
	KUBECTL_PORTS => join(' ', 'ecom-db=' . $shop_pg->port, map { "$_-db=" . $stock_pg->port } 'inventory', 'analytics'),
	SETTLE_SECONDS => $full ? 10 : 1);
$kafka->create_topic(topic($_), partitions => 3) for 'orders', 'inventory';

# ---- registration
$worker->start;
$worker->wait_ready;
is(probe(), '[]', 'the probe, before there are connectors');
my ($status, $out) = register('flat');
is($status, 0, 'register-connectors.sh with flat files');
like($out, qr/^ecom-connector: RUNNING\ninventory-connector: RUNNING$/m, 'both are there');
is_deeply(($worker->call('GET', '/connectors'))[1], [ 'ecom-connector', 'inventory-connector' ], 'the list');
for my $name ('ecom-connector', 'inventory-connector')
{
	my $state = $worker->wait_task($name, 'RUNNING');

	is_deeply([ map { $_->{state} } $state->{connector}, @{ $state->{tasks} } ], [ 'RUNNING', 'RUNNING' ], "the state of $name");
}

# ---- a table without a key
like(($shop_pg->try_query('UPDATE visits SET page = 3', 'ecomdb'))[2], qr/does not have a replica identity and publishes updates/,
	'as with Debezium, FOR ALL TABLES forbids updates of a table without a key');
wait_until('the warning', sub { $worker->log =~ /no replica identity/ });
like($worker->log, qr/no replica identity.*public\.visits;.*publication\.autocreate\.mode=filtered/, 'a warning names the table, and remedies');

# ---- the snapshot, and a consumer
$kafka->wait_count(topic($_), 10) for 'books', 'inventory';
is_deeply([ map { op($_) } records('books'), records('inventory') ], [ ('r') x 20 ], '10 books and 10 stocks, as r');
my ($consumer) = $pipe->begin('consumer.py');
mirrored('books', 'consumer.py, unmodified, fills dim_books');
mirrored('inventory', 'and fact_inventory');
my %topics = $kafka->topics;
is_deeply([ @topics{ map { topic($_) } qw(orders inventory) } ], [ 3, 3 ], 'topics made beforehand keep their partitions');
is($topics{ topic('books') }, 2, "an absent one is made with the broker's defaults, though the broker makes none by itself");

# ---- the load
my $pid = $stock_pg->query_in_background(<<"EOF", log_file('stocks'), 'inventorydb');
DO \$\$
BEGIN
	FOR n IN 1 .. $orders LOOP
		UPDATE inventory SET quantity = quantity - 1, reserved = reserved + 1, updated_at = clock_timestamp()
		WHERE book_id = ('00000000-0000-0000-0000-' || lpad((1 + n % 10)::text, 12, '0'))::uuid;
		COMMIT;
	END LOOP;
END \$\$;
EOF
$shop_pg->query(<<"EOF", 'ecomdb');
DO \$\$
DECLARE
	o uuid;
BEGIN
	FOR n IN 1 .. $orders LOOP
		o := gen_random_uuid();
		INSERT INTO orders (id, user_id, total) VALUES (o, 'user-' || n % 7, 0);
		INSERT INTO order_items (order_id, book_id, quantity, price_at_purchase)
		SELECT o, id, 1 + n % 3, price FROM (SELECT id, price FROM books ORDER BY id OFFSET n % 9 LIMIT 2) b;
		UPDATE orders SET total = (SELECT sum(quantity * price_at_purchase) FROM order_items WHERE order_id = o) WHERE id = o;
		COMMIT;
		UPDATE orders SET status = CASE n % 3 WHEN 0 THEN 'CANCELLED' ELSE 'CONFIRMED' END WHERE id = o AND n % 2 = 0;
		COMMIT;
	END LOOP;
END \$\$;
EOF
is(wait_exit($pid), 0, 'orders and stock movements');
mirrored($_, "after $orders orders: $_") for sort keys %mirrors;
is(analytics('SELECT sum(units_sold) FROM vw_product_sales_volume'),
	$shop_pg->query('SELECT sum(quantity) FROM order_items', 'ecomdb'), 'the view of volumes');
is(analytics('SELECT sum(orders) FROM vw_sales_over_time'), $orders, 'the view of sales');

my @orders = records('orders');
my %partitions = map { ($_->{partition} => 1) } @orders;
is((grep { Walpost::Kafka::partition_of($_->{key}, 3) != $_->{partition} } @orders), 0, "each key is where Java's producer puts it");
is(scalar keys %partitions, 3, 'on all three partitions');
like($orders[0]{key}, qr/\A\{"id":"[0-9a-f-]{36}"\}\z/, 'the bare key');
like(event($orders[0])->{after}{created_at}, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\z/, 'created_at is a text');
like($orders[0]{value}, qr/"total":\d+(\.\d+)?,/, 'total is a number');
is_deeply([ @{ event($orders[0])->{source} }{ 'db', 'table' } ], [ 'ecomdb', 'orders' ], 'source says where it comes from');

# ---- verify-cdc.sh, and what it leaves behind
my $test_order = '{"id":"11111111-2222-3333-4444-555555555555"}';

sub verify
{
	my ($status, $out, $err) = $pipe->run('verify-cdc.sh');

	return $status == 0 && $out =~ /PASS after (\d+) s/ ? $1 : die "verify-cdc.sh: $out$err";
}

# The last $n records of its order.
sub last_of_order
{
	my ($n) = @_;
	my @records = grep { $_->{key} eq $test_order } records('orders');

	return @records[ -$n .. -1 ];
}

my $seconds = 99;
for my $try (1 .. 3)
{
	$seconds = verify() if $seconds > 1;
}
cmp_ok($seconds, '<=', 1, 'verify-cdc.sh passes within a second');
wait_until('the end of its order', sub { op(last_of_order(1)) ne 'c' });
is(op(last_of_order(1)), 'd', "by the worker's default, d with its key and no tombstone");
ok(!exists +($worker->call('GET', '/connectors/ecom-connector/config'))[1]{'tombstones.on.delete'}, 'which no file says');
$stock_pg->query('UPDATE inventory SET quantity = quantity + 1', 'inventorydb');
mirrored('inventory', 'the consumer lives on');
ok(!defined wait_exit($consumer, -1), 'it has not ended');

# ---- credentials
for my $name ('ecom-connector', 'inventory-connector')
{
	my $config = ($worker->call('GET', "/connectors/$name/config"))[1];

	is($config->{"database.$_"}, '${file:' . $pipe->file('mounted/db-credentials/' . uc($name =~ s/-connector/_db_$_/r)) . '}',
		"$name: $_ as it was given") for 'user', 'password';
}
my $seen = length $worker->log;
$shop_pg->query("ALTER ROLE ecom PASSWORD 'rotated secret'");
mount('ECOM_DB_PASSWORD', "rotated secret\n");
is(($worker->call('POST', '/connectors/ecom-connector/restart?includeTasks=true'))[0], 202, 'a restart');
wait_anew('ecom-connector', $seen);
$shop_pg->query('UPDATE books SET price = price + 1', 'ecomdb');
mirrored('books', 'a restart reads the rotated file');

$seen = length $worker->log;
my $config = ($worker->call('GET', '/connectors/ecom-connector/config'))[1];
my $keyed = '${file:' . mount('db.properties', "# of the shop\nECOM_DB_PASSWORD=rotated secret\n") . ':ECOM_DB_PASSWORD}';
mount('ECOM_DB_PASSWORD', 'of no use');
is(($worker->call('PUT', '/connectors/ecom-connector/config', { %$config, 'database.password' => $keyed }))[0], 200, '${file:PATH:KEY}');
wait_anew('ecom-connector', $seen);
$shop_pg->query('UPDATE books SET price = price + 1', 'ecomdb');
mirrored('books', 'is resolved');
is(($worker->call('GET', '/connectors/ecom-connector/config'))[1]{'database.password'}, $keyed, 'and shown as it was given');

# ---- a topic that cannot be made
is(($worker->call('PUT', '/connectors/unmade/config', {
	%$config, name => 'unmade', 'topic.prefix' => 'unmade', 'slot.name' => 'unmade', 'database.password' => $keyed,
	'topic.creation.default.replication.factor' => '3', 'topic.creation.default.partitions' => '1',
	'kafka.topic.metadata.propagation.max.ms' => '1000'
}))[0], 201, 'a connector whose topics the broker cannot make');
like($worker->wait_task('unmade', 'FAILED')->{tasks}[0]{trace}, qr/topic "unmade\.public\.\w+"/, 'its task fails, naming the topic');
is(($worker->call('DELETE', '/connectors/unmade'))[0], 204, 'away with it');

# ---- wrapped files
mount('ECOM_DB_PASSWORD', 'rotated secret');
$seen = length $worker->log;
is((register('wrapped'))[0], 0, 'register-connectors.sh with wrapped files');
like(substr($worker->log, $seen), qr/connector "ecom-connector": the body of PUT is \{"name", "config"\}/, 'a warning');
is(($worker->call('GET', '/connectors/ecom-connector/config'))[1]{'topic.prefix'}, 'ecom-connector', 'the inner config is taken');
is(($worker->call('PUT', '/connectors/other/config', slurp($pipe->file('wrapped/ecom-connector.json'))))[0], 400, 'but not under another name');
wait_anew('ecom-connector', $seen);
unlike($worker->log, qr/\Q$_/, 'no secret in the log') for values %secret, 'rotated secret';

# ---- one database stops
$shop_pg->stop('immediate');
$stock_pg->query('UPDATE inventory SET reserved = reserved + 1', 'inventorydb');
mirrored('inventory', 'one database is away, the other one is mirrored');
is_deeply([ map { $_->{state} } map { ($_->{connector}, @{ $_->{tasks} }) } ($worker->call('GET', '/connectors/inventory-connector/status'))[1] ],
	[ 'RUNNING', 'RUNNING' ], 'its connector stays RUNNING');
$shop_pg->start;
$shop_pg->query('UPDATE books SET price = price + 1', 'ecomdb');
mirrored('books', 'and the first goes on when its database is back');

# ---- the pod
is(probe(), '["ecom-connector","inventory-connector"]', 'the probe');
SKIP:
{
	skip('only root, and not in a container, may make such a place', 2) if !$pod;
	my @uid = slurp('/proc/' . $worker->pid . '/status') =~ /^Uid:\s+(\d+)\s+(\d+)/m;
	is_deeply(\@uid, [ 1001, 1001 ], 'it runs as user 1001');
	like((run_command([ 'nsenter', '-m', '-t', $worker->pid, 'touch', '/tmp/walpost' ]))[2], qr/Read-only/, 'and can write nowhere');
}
SKIP:
{
	skip('memory of a build with sanitizers', 1) if $ENV{WALPOST_SANITIZED};
	my $peak = int($worker->peak_memory / 1048576);
	cmp_ok($peak, '<', 512, "all its processes within 512 MiB: $peak");
}
is($worker->stop, 0, 'a clean end');

# ---- Debezium's own default
$worker->set_variables($tombstones => undef);
$worker->start;
$worker->wait_ready;
$worker->wait_task('ecom-connector', 'RUNNING');
verify();
isnt(wait_exit($consumer), 0, 'by default the tombstone ends consumer.py');
my @end = last_of_order(2);
is_deeply([ map { op($_) } @end ], [ 'd', 'tombstone' ], 'd, then a tombstone');
is_deeply([ map { $_->{key} } @end ], [ $test_order, $test_order ], 'both with the key');
SKIP:
{
	# the group waits for the one that ended without a word
	skip('it takes the session timeout of the group', 1) if !$full;
	($consumer) = $pipe->begin('consumer.py');
	isnt(wait_exit($consumer) // 0, 0, 'and each one after it');
}
is($worker->stop, 0, 'a clean end');

done_testing();
