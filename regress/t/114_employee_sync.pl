# Employees kept equal in two databases: Walpost in the place of a producer that polls
# an audit table, its records in the producer's own form, and the consumer as it was.
#
# WALPOST_FULL=1: 10,000 changes, 20 kills, and the latency whatever the load.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Pipeline;
use Walpost::Shipper;
use Walpost::Test;

my $full = $ENV{WALPOST_FULL};
my ($changes, $kills) = $full ? (10000, 20) : (800, 4);
my $topic = 'bf_employee_cdc';
my @fields = sort qw(action_id emp_id emp_FN emp_LN emp_dob emp_city emp_salary action);
my $pipe = Walpost::Pipeline->new(
	name => 'employees',
	db => [ 'db_source', 'db_dst' ],
	postgres => { conf => 'track_commit_timestamp = on' });
my ($kafka, $worker, $source, $dst) = ($pipe->kafka, $pipe->worker, map { $pipe->pg($_) } 'db_source', 'db_dst');
my $json = JSON::PP->new->utf8;

sub from { return $source->query($_[0], 'db_source'); }
sub into { return $dst->query($_[0], 'db_dst'); }
sub records { return map { { %$_, event => defined $_->{value} ? $json->decode($_->{value}) : undef } } $kafka->read_topic($topic); }
sub audited { return from('SELECT count(*) FROM emp_cdc'); }

# That the destination comes to have what the source has, each action once.
sub synchronous
{
	my ($what) = @_;
	my $actions = 'SELECT count(*) FROM processed_events';
	my $all = 'SELECT * FROM employees ORDER BY emp_id';
	my $expected = audited();

	repeat_until(sub { into($actions) eq $expected });
	is(into($actions), $expected, "$what: each action is applied");
	return is_deeply([ split /\n/, into($all) ], [ split /\n/, from($all) ], "$what: the destination equals the source");
}

# That each action of the audit table is in Kafka once.
sub each_once
{
	my ($what) = @_;
	my @ids = sort { $a <=> $b } map { $_->{event}{action_id} } records();

	return is(join(' ', @ids), from("SELECT string_agg(action_id::text, ' ' ORDER BY action_id) FROM emp_cdc"), $what);
}

# The value of a sample of /metrics, whose address is in Prometheus' own file.
sub metric
{
	my ($name, $labels) = @_;
	my ($target) = slurp($pipe->file('prometheus.yml')) =~ /targets: \["([^"]+)"\]/;
	my ($values, @wrong) = parse_metrics((request('GET', "http://$target/metrics"))[1]);

	die "metrics: @wrong\n" if @wrong;
	my ($key) = grep { /^\Q$name\E\{/ && (!$labels || /$labels/) } sort keys %$values;
	return defined $key ? $values->{$key} : undef;
}

# How far the consumer's group is behind.
sub lag
{
	my ($status, $out, $err) = $pipe->run('lag.py');

	return $status == 0 ? $out + 0 : die "lag.py: $err";
}

# At the end of each partition is the end of a transaction of Walpost's, which takes an
# offset as well, and which nobody commits.
sub caught_up { return lag() <= 3; }

# Ends the consumer; what it counted, as a hash.
sub end_consumer
{
	my ($pid, $log) = @_;

	is($pipe->end($pid), 0, 'the consumer ends');
	return slurp($log) =~ /(\w+)=(\d+)/g;
}

# Changes by one connection, some of which commit long after others that began later.
sub load
{
	my ($n) = @_;

	return <<"EOF";
DO \$\$
DECLARE
	e int;
BEGIN
	FOR n IN 1 .. $n LOOP
		e := (SELECT emp_id FROM employees ORDER BY random() LIMIT 1);
		IF n % 4 = 0 THEN
			INSERT INTO employees (first_name, last_name, city, salary) VALUES ('F' || n, 'L' || n, 'Oslo', n);
		ELSIF n % 10 = 1 THEN
			DELETE FROM employees WHERE emp_id = e;
		ELSE
			UPDATE employees SET salary = n, dob = date '1990-01-01' + n WHERE emp_id = e;
		END IF;
		IF n % 40 = 0 THEN
			PERFORM pg_sleep(0.05);
		END IF;
		COMMIT;
	END LOOP;
END \$\$;
EOF
}

# The 99th percentile, in ms, from commit to topic of as many commits; each stamp of
# Kafka's counts as if it were at the end of its millisecond.
sub latency
{
	my ($n) = @_;
	my $first = from('SELECT max(action_id) + 1 FROM emp_cdc');

	from("DO \$\$ BEGIN FOR n IN 1 .. $n LOOP
		UPDATE employees SET salary = n WHERE emp_id = 1; COMMIT; PERFORM pg_sleep(0.004); COMMIT; END LOOP; END \$\$");
	$kafka->wait_count($topic, audited());
	my %committed = split /[|\n]/, from("SELECT action_id, 1000 * extract(epoch FROM pg_xact_commit_timestamp(xmin))
		FROM emp_cdc WHERE action_id >= $first");
	my @ms = sort { $a <=> $b } map { $_->{timestamp} + 1 - $committed{ $_->{event}{action_id} } }
	  grep { exists $committed{ $_->{event}{action_id} } } records();

	die "of $n commits, " . @ms . " came\n" if @ms != $n;
	return $ms[ $n * 0.99 ];
}

# ---- both databases, and what happened before
$source->query('CREATE DATABASE db_source');
$dst->query('CREATE DATABASE db_dst');
$pipe->sql_file('setup_db.sql', 'db_source', 'db_source');
$pipe->sql_file('setup_db_with_idempotency.sql', 'db_dst', 'db_dst');
$pipe->set_environment(DST_PORT => $dst->port);
$kafka->create_topic($topic, partitions => 3, config => { 'message.timestamp.type' => 'LogAppendTime' });
from(<<'EOF');
INSERT INTO employees (first_name, last_name, dob, city, salary)
SELECT 'First' || n, 'Last' || n, date '1980-01-01' + 100 * n, 'Bergen', 1000 * n FROM generate_series(1, 40) n;
UPDATE employees SET city = 'Oslo' WHERE emp_id % 2 = 0;
DELETE FROM employees WHERE emp_id IN (39, 40);
EOF

# ---- from a file
my $log = log_file('run');
my $run = do
{
	local %ENV = (%ENV, BOOTSTRAP_SERVERS => $kafka->brokers);
	in_background($log, Walpost::Shipper::program(), 'run', $pipe->file('employee-sync.properties'));
};
my ($consumer, $consumer_log) = $pipe->begin('consumer_final.py');
synchronous('from a .properties file, old audit rows, consumer_final.py unmodified');
each_once('by the snapshot, each once');
my @old = records();
is_deeply([ grep { join(' ', sort keys %{ $_->{event} }) ne "@fields" } @old ], [], 'exactly the fields of producer.py');
is_deeply([ grep { $_->{key} ne $_->{event}{emp_id} } @old ], [], 'the key is the emp_id as text');
my ($inserted) = grep { $_->{event}{action_id} == 1 } @old;
is_deeply($inserted->{event},
	{
		action_id => 1, emp_id => 1, emp_FN => 'First1', emp_LN => 'Last1', emp_dob => '1980-04-10',
		emp_city => 'Bergen', emp_salary => 1000, action => 'INSERT'
	},
	'the first');

# ---- from commit to topic
my $p99 = 1000;
for (1 .. 5)
{
	my $again = latency(200);

	$p99 = $again if $again < $p99;
	last if $p99 < 10;
}
SKIP:
{
	my ($busy) = slurp('/proc/loadavg') =~ /^(\S+)/;

	skip("the machine has a load of $busy, the 99th percentile is $p99 ms", 1) if $p99 >= 10 && $busy > 2 && !$full;
	cmp_ok($p99, '<', 10, sprintf('from commit to topic, 99th percentile: %.1f ms', $p99));
}
kill 'TERM', $run;
is(wait_exit($run), 0, 'a clean end');

# ---- by REST, exactly once
from('INSERT INTO employees (first_name, last_name) VALUES (\'In\', \'Between\')');
$worker->start;
$worker->wait_ready;
is(($worker->call('POST', '/connectors', slurp($pipe->file('employee-sync.json'))))[0], 201, 'by REST');
$worker->wait_task('employee-sync', 'RUNNING');
synchronous('and it goes on where the other one was');
each_once('without a second snapshot');

# ---- values
from("INSERT INTO employees (first_name, last_name, dob, city, salary) VALUES
	('Null', 'Values', NULL, NULL, NULL), (E'Q\"uo''t\\\\es', E'new\\nline\\ttab\\rcr', '1890-12-31', E'\\U0001F600 \\u00e5\\u4e2d \\u007f', -1), ('', ' ', '1990-01-01', '{}', 2147483647)");
synchronous('null, quotes, newlines, 4-byte characters');

# ---- mixed changes, late commits
my @pids = map { $source->query_in_background(load($changes / 4), log_file("load$_"), 'db_source') } 1 .. 4;
is(wait_exit($_), 0, 'changes are made') for @pids;
synchronous("$changes changes by 4 connections");
cmp_ok(from('SELECT count(*) FROM (SELECT pg_xact_commit_timestamp(xmin) < max(pg_xact_commit_timestamp(xmin))'
	  . ' OVER (ORDER BY action_id ROWS UNBOUNDED PRECEDING) AS late FROM emp_cdc) a WHERE late'),
	'>', 0, 'of which some committed before lower action_ids');
my (%last, @falling);
for my $record (records())
{
	push @falling, $record->{event} if ($last{ $record->{key} } // 0) >= $record->{event}{action_id};
	$last{ $record->{key} } = $record->{event}{action_id};
}
is_deeply(\@falling, [], 'action_id rises within each emp_id');

# ---- read again
my %counts = end_consumer($consumer, $consumer_log);
is_deeply([ @counts{qw(failed duplicates dlq)} ], [ 0, 0, 0 ], 'nothing failed, nothing was repeated so far');
my $sum = "SELECT md5(string_agg(t::text, ',' ORDER BY t)) FROM";
my @before = map { into("$sum $_ t") } 'employees', 'processed_events';
my $all = $kafka->count($topic);
$kafka->rewind_group('production_cdc_consumer', $topic);
($consumer, $consumer_log) = $pipe->begin('consumer_final.py');
wait_until('the group to read all again', \&caught_up);
is_deeply([ map { into("$sum $_ t") } 'employees', 'processed_events' ], \@before, 'read from the beginning, the destination stays as it is');
%counts = end_consumer($consumer, $consumer_log);
is($counts{duplicates}, $all, 'duplicates are all that there is');

# ---- kill -9
($consumer, $consumer_log) = $pipe->begin('consumer_final.py');
my $load = $source->query_in_background(load($changes / 2) =~ s/0\.05/0.5/r, log_file('killed'), 'db_source');
for (1 .. $kills)
{
	my $count = audited();
	wait_until('some more changes', sub { audited() > $count || defined wait_exit($load, -1) });
	my ($pid) = $worker->log =~ /.*started process (\d+) for/s;
	kill 'KILL', $pid;
	$worker->kill9;
	$worker->start;
	$worker->wait_ready;
	$worker->wait_task('employee-sync', 'RUNNING');
}
is(wait_exit($load), 0, 'changes are made');
synchronous("killed $kills times");
each_once('nothing is repeated in Kafka');

# ---- what the topic never has
my $end = $kafka->count($topic);
from("UPDATE emp_cdc SET city = 'nowhere' WHERE action_id < 10; DELETE FROM emp_cdc WHERE action_id = 5; INSERT INTO employees (first_name, last_name) VALUES ('The', 'Last')");
wait_until('the row behind them', sub { (grep { ($_->{event}{emp_LN} // '') eq 'Last' } records()) == 1 });
my @all = records();
is(scalar @all, $end + 1, 'UPDATE and DELETE of the audit table publish nothing');
is_deeply([ grep { !defined $_->{event} || join(' ', sort keys %{ $_->{event} }) ne "@fields" } @all ], [], 'no tombstone, no other record, no extra field');
wait_until('it to be applied', \&caught_up);

# ---- the destination away
cmp_ok(metric('walpost_events_total'), '>', 0, 'metrics: the rate of events');
is(metric($_), 0, "metrics: $_") for 'walpost_faults_total', 'walpost_dead_letters_total';
$dst->stop('immediate');
my $behind = audited();
from('UPDATE employees SET salary = salary / 2');
$behind = audited() - $behind;
$source->wait_confirmed('employee_sync');
wait_until('the metrics to show it', sub { (metric('walpost_slot_behind_bytes') // 1e9) < 100000 && metric('walpost_behind_seconds') == 0 });
is(metric('walpost_events_in_flight'), 0, 'the destination is away: Walpost is not behind');
cmp_ok(metric('walpost_slot_behind_bytes'), '<', 100000, 'metrics: bytes behind the slot');
is(metric('walpost_behind_seconds'), 0, 'metrics: seconds behind');
cmp_ok(lag(), '>=', $behind, 'the group is');
end_consumer($consumer, $consumer_log);
$dst->start;
($consumer, $consumer_log) = $pipe->begin('consumer_final.py');
wait_until('the group to catch up', \&caught_up);
pass('and drains when it is back');
is_deeply([ split /\n/, into('SELECT * FROM employees ORDER BY emp_id') ], [ split /\n/, from('SELECT * FROM employees ORDER BY emp_id') ], 'to the same rows');
%counts = end_consumer($consumer, $consumer_log);
is($counts{dlq}, 0, 'nothing of this rests on the dead letter topic');

# ---- the table itself, without a trigger
$source->query('CREATE DATABASE direct_source');
$dst->query('CREATE DATABASE direct_dst');
$pipe->sql_file('direct/setup_source.sql', 'direct_source', 'db_source');
$pipe->sql_file('direct/setup_destination.sql', 'direct_dst', 'db_dst');
$source->query("INSERT INTO employees (first_name, last_name) SELECT 'First' || n, 'Last' || n FROM generate_series(1, 40) n", 'direct_source');
is(($worker->call('POST', '/connectors', slurp($pipe->file('direct/employee-direct.json'))))[0], 201, 'without triggers: another connector');
$kafka->wait_count('employees_direct', 40);
$source->query(load(200), 'direct_source');
my @direct = split /\n/, $source->query('SELECT * FROM employees ORDER BY emp_id', 'direct_source');
my $direct = sub { split /\n/, $dst->query('SELECT * FROM employees ORDER BY emp_id', 'direct_dst') };
($consumer, $consumer_log) = $pipe->begin('direct/consumer_direct.py');
repeat_until(sub { join("\n", $direct->()) eq join("\n", @direct) });
is_deeply([ $direct->() ], \@direct, 'without triggers: the destination equals the source');
$source->wait_confirmed('employee_direct');
wait_until('the consumer to have read all', sub {
	$dst->query('SELECT count(*) FROM applied_changes', 'direct_dst') eq $source->query('SELECT last_value FROM employees_emp_id_seq', 'direct_source');
});
my %direct = end_consumer($consumer, $consumer_log);
is_deeply(\%direct, { processed => $kafka->count('employees_direct'), duplicates => 0 }, 'without triggers: each change once');
is($worker->stop, 0, 'a clean end');

done_testing();
