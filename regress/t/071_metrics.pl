# "walpost run --http": /metrics, /healthz and /readyz say what the connector does,
# on good days, while Kafka is away, and while another one has the slot.

use strict;
use warnings;

use Test::More;
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

my $kafka = Walpost::Kafka->running;
my $pg = Walpost::Postgres->running;
my $port = free_port();
my $url = "http://127.0.0.1:$port";

$pg->query('CREATE EXTENSION walpost');
$pg->query('CREATE TABLE orders (id int PRIMARY KEY, v text)');
$pg->query('INSERT INTO orders SELECT g FROM generate_series(1, 500) g');
$pg->query('CREATE TABLE noise (id int PRIMARY KEY)');
my $ship = Walpost::Shipper->new(
	pg => $pg,
	kafka => $kafka,
	http => $port,
	prefix => 'shop',
	conf => { 'name' => 'or"ders', 'snapshot.mode' => 'initial', 'table.exclude.list' => 'public\.noise' });

# All samples, or one of them by a pattern of its labels; text that is no metrics fails.
sub metrics
{
	my ($name, $labels) = @_;
	my ($code, $text) = request('GET', "$url/metrics");
	my ($values, @wrong) = parse_metrics($text);

	die "metrics: status $code, @wrong\n" if $code != 200 || @wrong;
	return $values if !defined $name;
	my @keys = grep { /^\Q$name\E\{/ && /$labels/ } keys %$values;
	die "metrics: " . @keys . " samples of $name with $labels\n" if @keys > 1;
	return @keys ? $values->{ $keys[0] } : undef;
}

sub readiness
{
	my ($code, $json) = request_json('GET', "$url/readyz");

	return ($code, $json // {});
}

# ---- streaming
$ship->start;
$ship->wait_streaming;
wait_until('the connector to be ready', sub { (readiness())[0] == 200 });
my (undef, $ready) = readiness();
is_deeply($ready, { ready => JSON::PP::true, connectors => [ { name => 'or"ders', ready => JSON::PP::true, state => 'streaming' } ] },
	'/readyz: streaming');

my ($code, $text, $headers) = request('GET', "$url/metrics");
my ($values, @wrong) = parse_metrics($text);
is($code, 200, '/metrics: status');
is($headers->{'content-type'}, 'text/plain; version=0.0.4; charset=utf-8', '/metrics: content type');
is_deeply(\@wrong, [], '/metrics: the syntax of Prometheus');
is($values->{'debezium_metrics_Connected{context="streaming",name="shop",plugin="postgres"}'}, 1, "labels of Debezium's exporter");
is($values->{'walpost_up{connector="or\"ders",slot="walpost"}'}, 1, "labels of Walpost's, escaped");
is(metrics('debezium_metrics_SnapshotCompleted', qr/snapshot/), 1, 'a snapshot was taken');
is(metrics('debezium_metrics_TotalNumberOfEventsSeen', qr/snapshot/), 500, 'its rows');
ok(wait_until('the counters to show it', sub { metrics('walpost_snapshot_acknowledged_rows_total', qr//) == 500 }), 'Kafka has them');
is(metrics('debezium_metrics_TotalTableCount', qr//), 1, 'of one table');
is(metrics('debezium_metrics_RemainingTableCount', qr//), 0, 'none remains');
is($values->{'debezium_metrics_RowsScanned{context="snapshot",name="shop",plugin="postgres",table="public.orders"}'}, 500, 'rows of each table');

$pg->query("INSERT INTO orders SELECT g, 'x' FROM generate_series(1001, 1300) g");
$ship->wait_drained;
wait_until('the counters to show it', sub { metrics('walpost_acknowledged_events_total', qr//) == 300 });
is(metrics('debezium_metrics_TotalNumberOfEventsSeen', qr/streaming/), 300, 'events');
is(metrics('debezium_metrics_NumberOfCommittedTransactions', qr//), 1, 'transactions');
is(metrics('walpost_events_in_flight', qr//), 0, 'none in flight');
is(metrics('walpost_behind_seconds', qr//), 0, 'not behind');
cmp_ok(metrics('walpost_acknowledgement_seconds_count', qr//), '>', 0, 'acknowledgements counted');
cmp_ok(metrics('walpost_acknowledgement_seconds_sum', qr//), '>', 0, 'and timed');
cmp_ok(metrics('debezium_metrics_LastTransactionId', qr//), '>', 0, 'the transaction id');
cmp_ok(metrics('debezium_metrics_MilliSecondsSinceLastEvent', qr//), '>=', 0, 'the age of the last event');
is(metrics('walpost_continuity', qr/verdict="continuous"/), 1, 'the verdict on continuity');
wait_until('the server to be asked for the slot', sub { defined metrics('walpost_slot_behind_bytes', qr//) });
cmp_ok(metrics('walpost_slot_retained_bytes', qr//), '>=', metrics('walpost_slot_behind_bytes', qr//), 'what the slot retains');

# ---- changes that lists leave out, alone and beside others
is(metrics('debezium_metrics_NumberOfEventsFiltered', qr//), 0, 'none filtered');
$pg->query('INSERT INTO noise SELECT generate_series(1, 7)');
wait_until('the filtered changes', sub { metrics('debezium_metrics_NumberOfEventsFiltered', qr//) == 7 });
$pg->query('BEGIN; INSERT INTO orders VALUES (1401); UPDATE noise SET id = -id; DELETE FROM noise WHERE id < -2; TRUNCATE noise; COMMIT');
wait_until('those of another transaction', sub { metrics('debezium_metrics_NumberOfEventsFiltered', qr//) == 7 + 7 + 5 });
is(metrics('walpost_filtered_changes_total', qr//), 19, 'under both names');
is(metrics('debezium_metrics_TotalNumberOfEventsSeen', qr/streaming/), 300 + 1 + 19, "which Debezium's events seen include");
is(metrics('walpost_events_total', qr//), 301, 'and events read do not');

# ---- other paths and methods
is((request('GET', "$url/healthz"))[0], 200, '/healthz');
is((request('POST', "$url/metrics", body => 'x'))[0], 405, 'nothing to post');
is((request('GET', "$url/else"))[0], 404, 'no other path');
($code, $text) = request('GET', "$url/metrics", curl => ['--head']);
is($code, 200, 'HEAD');

# ---- Kafka away
$kafka->pause;
$pg->query("INSERT INTO orders SELECT g, 'x' FROM generate_series(2001, 2010) g");
wait_until('the lag to grow', sub { (metrics('walpost_behind_seconds', qr//) // 0) > 1.5 });
cmp_ok(metrics('debezium_metrics_MilliSecondsBehindSource', qr//), '>', 1500, 'behind, as Debezium shows it');
cmp_ok(metrics('walpost_events_in_flight', qr//), '>', 0, 'events in flight');
cmp_ok(metrics('debezium_metrics_CurrentQueueSizeInBytes', qr//), '>', 0, 'memory in use');
cmp_ok(metrics('debezium_metrics_QueueRemainingCapacity', qr//), '<', metrics('debezium_metrics_QueueTotalCapacity', qr//), 'capacity');
$kafka->resume;
$ship->wait_drained;
wait_until('the lag to be gone', sub { metrics('walpost_behind_seconds', qr//) == 0 });
pass('and gone when Kafka is back');

# ---- a standby
my $other = free_port();
my $standby = Walpost::Shipper->new(pg => $pg, kafka => $kafka, http => $other, prefix => 'shop', conf => { 'name' => 'or"ders', 'snapshot.mode' => 'initial' });
$standby->start;
wait_until('the standby to wait', sub {
	my (undef, $json) = request_json('GET', "http://127.0.0.1:$other/readyz");
	return ($json->{connectors}[0]{state} // '') eq 'standby';
});
($code, $ready) = request_json('GET', "http://127.0.0.1:$other/readyz");
is($code, 503, '/readyz of a standby: status');
ok(!$ready->{ready}, 'not ready');
like($ready->{connectors}[0]{reason}, qr/slot "walpost" is in use/, 'and why');
($values) = parse_metrics((request('GET', "http://127.0.0.1:$other/metrics"))[1]);
is($values->{'walpost_state{connector="or\"ders",slot="walpost",state="standby"}'}, 1, 'its metrics say the same');
is($standby->stop(20), 0, 'the standby ends');

# ---- the server away
$pg->stop('immediate');
wait_until('the connector to back off', sub { (readiness())[0] == 503 });
wait_until('the reason', sub { ((readiness())[1]{connectors}[0]{reason} // '') =~ /connect|connection/ });
$pg->start;
wait_until('the connector to be ready again', sub { (readiness())[0] == 200 });
cmp_ok(metrics('walpost_faults_total', qr//), '>', 0, 'the fault is counted');
cmp_ok(metrics('walpost_reconnects_total', qr//), '>', 0, 'and the connection');

# ---- the process dies
my @pids = $ship->log =~ /started process (\d+) for/g;
kill 'KILL', $pids[-1];
wait_until('it to be known', sub { (readiness())[0] == 503 });
is((request('GET', "$url/healthz"))[0], 200, '/healthz: the supervisor lives');
like((readiness())[1]{connectors}[0]{reason} // '', qr/its process ended with signal 9/, 'how it died');
wait_until('it to be ready again', sub { (readiness())[0] == 200 });
is(metrics('walpost_restarts_total', qr//), 1, 'the restart is counted');
is($ship->stop(20), 0, 'a clean end');

# ---- what cannot be
my ($status, $out, $err) = Walpost::Shipper::command('run', '--http', 'nowhere:x', $ship->file);
is($status, 2, 'a bad address: exit status');
like($err, qr/"nowhere:x" is no address to listen at/, 'and message');
my $taken = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1, ReuseAddr => 1) or die;
($status, $out, $err) = Walpost::Shipper::command('run', '--http', "127.0.0.1:$port", $ship->file);
is($status, 2, 'a port that is taken: exit status');
like($err, qr/could not listen at "127.0.0.1:$port"/, 'and message');

done_testing();
