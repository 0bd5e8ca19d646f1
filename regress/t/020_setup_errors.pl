# What stops a start: each an error of one line that names the object, the value
# and the remedy, with the exit status that says whether something must be
# configured otherwise (2) or not (1).  No broker is needed to get there.

use strict;
use warnings;

use Test::More;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $pg = Walpost::Postgres->new(
	conf => "wal_level = replica\nmax_replication_slots = 2\n",
	plugin_allowed => 0,
	hba => <<'END');
local all all trust
host all locked 127.0.0.1/32 scram-sha-256
host all barred 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
END
$pg->start;
$pg->query($_)
  for 'CREATE DATABASE shop', 'CREATE DATABASE other',
  q{CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0},
  'CREATE ROLE plain LOGIN', 'CREATE ROLE repl LOGIN REPLICATION', 'CREATE ROLE barred LOGIN',
  q{CREATE ROLE locked LOGIN REPLICATION PASSWORD 'right'};
$pg->query('CREATE TABLE orders (id int PRIMARY KEY)', 'shop');

# Nobody listens there: a run that gets past its set-up would wait.
my $nobody = bless { port => free_port() }, 'Nobody';
sub Nobody::brokers { return "127.0.0.1:$_[0]{port}"; }

sub outcome
{
	my ($command, $conf) = @_;
	my $ship = Walpost::Shipper->new(pg => $pg, kafka => $nobody, db => 'shop', conf => $conf);

	return run_command(
		[ 'timeout', '20', Walpost::Shipper::program(), split(/ /, $command), $ship->file ]);
}

# "walpost run" ends with this status and one line of error.
sub stops
{
	my ($name, $status, $pattern, %conf) = @_;
	my ($got, $out, $err) = outcome('run', \%conf);
	my @errors = grep { !/ (info|warn) / } split /\n/, $err;

	is($got, $status, "$name: exit status") or diag($err);
	is($out, '', "$name: no output");
	is(scalar @errors, 1, "$name: one line") or diag($err);
	like($errors[0], qr/\Awalpost: $pattern/, "$name: what, and what to do");
	unlike($err, qr/wrong-password/, "$name: no secret");
	return;
}

# "walpost check" reports the same, without making anything.  Without brokers to
# ask, since it waits for them.
sub reports
{
	my ($name, $pattern, %conf) = @_;
	my ($got, $out) = outcome('check', { 'bootstrap.servers' => undef, %conf });

	is($got, 1, "$name: exit status of check");
	like($out, qr/^error +$pattern/m, "$name: check") or diag($out);
	return;
}

sub both
{
	my ($name, $status, $pattern, %conf) = @_;

	stops($name, $status, $pattern, %conf);
	reports($name, $pattern, %conf);
	return;
}

# ---- the way in
both('wrong password', 2,
	'could not connect to database "shop" as "locked": .*password authentication failed for user "locked"; check database\.user and database\.password',
	'database.user' => 'locked', 'database.password' => 'wrong-password');
both('no password', 2, 'could not connect .*no password supplied; set database\.password, PGPASSWORD or a password file',
	'database.user' => 'locked');
both('wrong database', 2, 'could not connect to database "nowhere" as "postgres": .*database "nowhere" does not exist; check database\.dbname',
	'database.dbname' => 'nowhere');
both('wrong role', 2, 'could not connect .*role "nobody_here" does not exist; check database\.user, and that pg_hba\.conf',
	'database.user' => 'nobody_here');
both('not in pg_hba.conf', 2, 'could not connect .*pg_hba\.conf rejects connection .*"barred".*; check database\.user, and that pg_hba\.conf',
	'database.user' => 'barred');
both('no TLS', 2, 'could not connect .*does not support SSL.*; set database\.sslmode to prefer, or switch ssl on',
	'database.sslmode' => 'require');
both('no server', 1, 'could not connect .*Connection refused; check database\.hostname and database\.port',
	'database.port' => free_port(), 'errors.max.retries' => 0);
both('no host', 1, 'could not connect .*could not translate host name "nowhere\.invalid".*; check database\.hostname',
	'database.hostname' => 'nowhere.invalid', 'errors.max.retries' => 0);
both('a statement of its own', 2, 'could not run a statement of database\.initial\.statements: .*"nonsense"',
	'database.initial.statements' => "SET work_mem = '5MB'; nonsense");

# ---- the server
both('wal_level', 2, q{Postgres server wal_level property must be 'logical' but is: 'replica'; run ALTER SYSTEM SET wal_level = 'logical' and restart});
$pg->append_conf('wal_level = logical');
$pg->restart;
both('encoding', 2, 'database "latin" has encoding LATIN1, but only UTF8 can be captured; ', 'database.dbname' => 'latin');
both('no REPLICATION', 2, 'role plain lacks the REPLICATION privilege; run as a superuser: ALTER ROLE plain REPLICATION',
	'database.user' => 'plain');

SKIP:
{
	skip 'this server has no output_plugin_libraries', 15 unless Walpost::Postgres::knows_allow_list();

	my $statement = 'ALTER ROLE %s SET output_plugin_libraries = pgoutput, test_decoding, walpost';

	both('plugin not listed', 2,
		'plugin "walpost" is not in output_plugin_libraries \(pgoutput, test_decoding\); run as a superuser: ' . sprintf($statement, 'postgres'));

	# who may not read the setting learns it when the slot is made
	$pg->query('CREATE PUBLICATION walpost', 'shop');
	stops('plugin not listed, for a plain role', 2,
		'plugin "walpost" is not in output_plugin_libraries .*' . sprintf($statement, '"repl"'), 'database.user' => 'repl');
	reports('plugin not listed, for a plain role', 'plugin "walpost" is not in output_plugin_libraries',
		'database.user' => 'repl');

	# the statement that the message gives is the remedy
	$pg->query(sprintf($statement, 'repl'));
	$pg->append_conf("dynamic_library_path = '/nowhere'");
	$pg->reload;
	stops('plugin not installed', 2,
		'could not make slot "walpost": the server has no plugin "walpost" .*; install walpost on the server', 'database.user' => 'repl');
	reports('plugin not installed', 'could not make slot "walpost_check_\d+": the server has no plugin', 'database.user' => 'repl');
	$pg->append_conf("dynamic_library_path = '\$libdir'\noutput_plugin_libraries = 'pgoutput, test_decoding, walpost'");
	$pg->reload;
	$pg->query('DROP PUBLICATION walpost', 'shop');
}

# ---- the publication
both('publication privileges', 2,
	'(could not set up the publication: permission denied for database shop; .*CREATE PUBLICATION "walpost" FOR ALL TABLES|role repl cannot make publication "walpost": FOR ALL TABLES takes a superuser .*; have a superuser run: CREATE PUBLICATION "walpost" FOR ALL TABLES)',
	'database.user' => 'repl');
both('publication privileges in the database', 2,
	'(could not set up the publication: permission denied for database shop; .*CREATE PUBLICATION "walpost" FOR TABLE public\.orders|role repl cannot make publication "walpost": it does not own public\.orders; have a superuser run: CREATE PUBLICATION "walpost" FOR TABLE public\.orders)',
	'database.user' => 'repl', 'publication.autocreate.mode' => 'filtered');
$pg->query('GRANT CREATE ON DATABASE shop TO repl');
both('not the owner of a table', 2, '(could not set up the publication: must be owner of table orders; have a superuser \(or the owner|role repl cannot make publication "walpost": it does not own public\.orders; have a superuser run)',
	'database.user' => 'repl', 'publication.autocreate.mode' => 'filtered');
both('no publication', 2, 'publication "absent" does not exist and publication\.autocreate\.mode is "disabled"; create it',
	'publication.name' => 'absent', 'publication.autocreate.mode' => 'disabled');
both('nothing captured', 2, 'publication "walpost" cannot be filtered: none of the database\'s 1 tables is captured; check',
	'publication.autocreate.mode' => 'filtered', 'table.include.list' => 'public.order');
$pg->query('CREATE PUBLICATION walpost FOR ALL TABLES', 'shop');
both('for all tables, but filtered', 2, 'publication "walpost" is FOR ALL TABLES, but publication\.autocreate\.mode is "filtered"; ',
	'publication.autocreate.mode' => 'filtered');

# ---- the slot
$pg->query(q{SELECT pg_create_logical_replication_slot('walpost', 'pgoutput')}, 'shop');
both('another plugin', 2, 'slot "walpost" was made with plugin "pgoutput"; stop its other client and run walpost slot takeover');
$pg->query(q{SELECT pg_create_physical_replication_slot('lazy')});
both('no free slot', 2,
	'slot "fresh" cannot be made: all 2 replication slots are in use \(inactive: (walpost, lazy|lazy, walpost)\); drop one',
	'slot.name' => 'fresh');
both('a physical slot', 2, 'slot "lazy" is a physical slot; set another slot\.name', 'slot.name' => 'lazy');
$pg->query(q{SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots});
$pg->query(q{SELECT pg_create_logical_replication_slot('walpost', 'walpost')}, 'other');
both('a slot of another database', 2, 'slot "walpost" belongs to database "other", not to "shop"; set another slot\.name');
$pg->query(q{SELECT pg_drop_replication_slot('walpost')});

# in use, by a client that is not ours
$pg->query(q{SELECT pg_create_logical_replication_slot('walpost', 'walpost')}, 'shop');
my $holder = in_background(
	log_file('holder'), $pg->program('pg_recvlogical'), $pg->connect_switches('shop'),
	'-S', 'walpost', '--start', '-o', 'topic.prefix=x', '-f', '-');
wait_until('the slot to be in use', sub { $pg->slot('walpost', 'active') eq 't' });
stops('slot in use', 1, 'slot "walpost" is in use by process \d+ of the server; stop its other client', 'slot.max.retries' => 0);
stops('slot in use, asked twice', 1, 'slot "walpost" is in use by process \d+', 'slot.max.retries' => 2, 'slot.retry.delay.ms' => 50);

# ... and a hot standby, where nobody set a limit, is stopped cleanly
my $standby = Walpost::Shipper->new(pg => $pg, kafka => $nobody, db => 'shop', conf => {});
$standby->start;
$standby->wait_log(qr/slot "walpost" is in use by process \d+ of the server; waiting as its hot standby/);
is($standby->stop(10), 0, 'a waiting standby ends on SIGTERM');
is(scalar(() = $standby->log =~ /hot standby/g), 1, 'and has said so once');
kill 'INT', $holder;
is(wait_exit($holder), 0, 'the holder lets go');

# ---- a slot whose WAL is gone
$pg->append_conf("max_slot_wal_keep_size = '1MB'\nmax_wal_size = '32MB'\nmin_wal_size = '32MB'");
$pg->reload;
for (1 .. 4)
{
	$pg->query('CREATE TABLE filler AS SELECT repeat(md5(g::text), 30) FROM generate_series(1, 20000) g; DROP TABLE filler; SELECT pg_switch_wal(); CHECKPOINT', 'shop');
	last if $pg->slot('walpost', 'wal_status') eq 'lost';
}
is($pg->slot('walpost', 'wal_status'), 'lost', 'the slot is lost');
both('a lost slot', 2, 'slot "walpost" is lost: the server no longer keeps what it needs \(wal_removed; see max_slot_wal_keep_size\).*; drop it \(walpost slot drop\)');

# ---- brokers
$pg->query(q{SELECT pg_drop_replication_slot('walpost')});
stops('no brokers named', 2, 'bootstrap\.servers is missing; set it in', 'bootstrap.servers' => undef);
reports('no brokers named', 'bootstrap\.servers is missing; set it in', 'bootstrap.servers' => undef);
reports('no broker answers', 'no broker of "127\.0\.0\.1:\d+" answers within 5 seconds; check bootstrap\.servers',
	'bootstrap.servers' => $nobody->brokers);

# ---- a transaction that does not end keeps a slot from being made
my $open = $pg->query_in_background('BEGIN; CREATE TABLE unfinished (); SELECT pg_sleep(600)', log_file('open'), 'shop');
wait_until('it to run', sub { $pg->query('SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL') eq '1' });
my $waiting = Walpost::Shipper->new(pg => $pg, kafka => $nobody, db => 'shop', conf => {});
$waiting->start;
$waiting->wait_log(qr/making slot "walpost" waits for transactions that are under way to end/);
is($waiting->stop(10), 0, 'a start that waits for a transaction ends on SIGTERM');
wait_until('the slot to go', sub { $pg->query('SELECT count(*) FROM pg_replication_slots') eq '0' });
$pg->query(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid IS NOT NULL});
wait_exit($open);

# ---- nothing was left behind by all that
is($pg->query('SELECT count(*) FROM pg_replication_slots'), '0', 'no slot');

# ---- a server that comes later is waited for
my $late = Walpost::Shipper->new(pg => $pg, kafka => $nobody, db => 'shop',
	conf => { 'retriable.restart.connector.wait.ms' => 200 });
$pg->stop;
$late->start;
$late->wait_log(qr/could not connect.*; trying again/);
$pg->start;
wait_until('the slot to be made', sub { $pg->slot('walpost', 'plugin') eq 'walpost' });
ok($late->is_running, 'a server that comes later is waited for');
$late->stop(20);

done_testing();
