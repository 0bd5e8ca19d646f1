# Snapshots: rows that exist, against COPY, into Kafka, beside Debezium.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Snapshot;

use strict;
use warnings;

use Bench::Latency ();
use Bench::Proc qw(cpu_seconds peak_rss_mib);
use Bench::Ship ();
use POSIX ();
use Time::HiRes qw(sleep time);
use Walpost::Connect ();
use Walpost::Shipper ();
use Walpost::Test;

use constant DB => 'snapshot';

# One large table, and many small ones of the same shape.
my $large = 5_000_000;
my $tables = 200;
my $small = 10_000;

# The call that a reader makes.
my $call = q{COPY (SELECT walpost.snapshot('items', '{wire,1,topic.prefix,bench,extended.headers.enabled,false}')) TO STDOUT (FORMAT binary)};

# Which tables, and what becomes the connector's configuration.
my @runs = (
	[ 'walpost', 'items', {} ],
	[ 'walpost without headers', 'items', { 'extended.headers.enabled' => 'false' } ],
	[ 'walpost without headers, 1 reader', 'items', { 'extended.headers.enabled' => 'false', 'snapshot.max.threads' => 1 } ],
	# as a machine of four processors or more has it
	[ 'walpost without headers, 4 readers, 200 tables', 'small_.*', { 'extended.headers.enabled' => 'false', 'snapshot.max.threads' => 4 } ],
);

my $number = 0;

# Fills the tables.
sub load
{
	my ($server, $scale, $schema) = @_;
	my $rows = POSIX::ceil($large * $scale);
	my $columns = 'ref, name, price, quantity, note, created, changed, active';

	$small = POSIX::ceil($small * $scale);
	$server->query('CREATE DATABASE ' . DB);
	$server->query($schema, DB);
	$server->query('CREATE EXTENSION walpost', DB);
	$server->query("INSERT INTO items ($columns) SELECT (i).* FROM (SELECT item(n) AS i FROM generate_series(1, $rows) n OFFSET 0) s", DB);
	$server->query(
		"DO \$\$BEGIN FOR i IN 1 .. $tables LOOP"
		  . " EXECUTE format('CREATE TABLE small_%s (LIKE items INCLUDING ALL)', i);"
		  . " EXECUTE format('INSERT INTO small_%s SELECT * FROM items LIMIT $small', i);"
		  . ' END LOOP; END $$', DB);
	$server->query('CREATE PUBLICATION rows FOR ALL TABLES', DB);
	$server->query('VACUUM (FREEZE, ANALYZE)', DB);
	return $rows;
}

# Memory of its own that a process has now, in MiB.
sub _anonymous_mib
{
	my ($pid) = @_;
	my ($kb) = (eval { slurp("/proc/$pid/status") } // '') =~ /^RssAnon:\s+(\d+) kB/m;

	return ($kb // 0) / 1024;
}

# Seconds of a statement whose output is thrown away, and how much its server
# process grew.
sub _time
{
	my ($server, $sql) = @_;
	my $log = '/dev/null';
	my $start = time;
	my $pid = $server->query_in_background("SELECT pg_sleep(0);\n$sql;\n", $log, DB);
	my ($backend, $idle, $peak);

	while (!defined wait_exit($pid, -1))
	{
		$backend //= $server->query(
			q{SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY%' AND pid <> pg_backend_pid()}) || undef
		  if time - $start > 0.2;
		if ($backend)
		{
			my $now = _anonymous_mib($backend);
			$idle //= $now;
			$peak = $now if $now > ($peak // 0);
		}
		sleep 0.02;
	}
	die "a snapshot failed: $sql\n" if wait_exit($pid) != 0;
	return (time - $start, $peak);
}

# A function's time in terms of that of COPY, and the memory of its server process.
sub against_copy
{
	my ($server, $rounds, $progress) = @_;
	my %best;

	for my $round (1 .. $rounds)
	{
		for my $contender ([ copy => 'COPY items TO STDOUT' ], [ walpost => $call ])
		{
			my ($name, $sql) = @$contender;
			my ($seconds, $mib) = _time($server, $sql);

			$progress->('snapshot round %d: %s to nowhere: %.2f s, %.1f MiB of the server process', $round, $name, $seconds, $mib // 0);
			$best{$name} = $seconds if !$best{$name} || $seconds < $best{$name};
			$best{"${name}_mib"} = $mib if defined $mib && $mib > ($best{"${name}_mib"} // 0);
		}
	}
	return \%best;
}

# Rows a second that Kafka acknowledged, from the first one read on.
sub to_kafka
{
	my ($server, $kafka, $rows, $rounds, $progress) = @_;
	my %best;

	for my $round (1 .. $rounds)
	{
		for my $run (@runs)
		{
			my ($name, $table, $conf) = @$run;
			my $expected = $table eq 'items' ? $rows : $small * $tables;
			my $got = _ship($server, $kafka, $table, $expected, $conf);

			$progress->('snapshot round %d: %s: %.0f rows/s, %.2f us of shipper, %.1f MiB', $round, $name, @$got{qw(rate shipper rss)});
			my $kept = $best{$name} ||= {%$got};
			$kept->{rate} = $got->{rate} if $got->{rate} > $kept->{rate};
			$kept->{shipper} = $got->{shipper} if $got->{shipper} < $kept->{shipper};
			$kept->{rss} = $got->{rss} if $got->{rss} > $kept->{rss};
		}
	}
	return \%best;
}

sub _ship
{
	my ($server, $kafka, $table, $expected, $conf) = @_;
	my $prefix = 'rows' . ++$number;
	my $shipper = Walpost::Shipper->new(
		pg => $server,
		kafka => $kafka,
		db => DB,
		prefix => $prefix,
		conf => {
			'snapshot.mode' => 'initial_only',
			'slot.name' => $prefix,
			'publication.name' => 'rows',
			'publication.autocreate.mode' => 'disabled',
			'table.include.list' => "public\\.$table",
			'producer.override.compression.type' => 'lz4',
			%$conf
		});
	my ($cpu, $rss) = (0, 0);

	Bench::Ship::make_topic($kafka, $shipper->topic($_)) for $table eq 'items' ? 'items' : map { "small_$_" } 1 .. $tables;
	$shipper->start;
	while (!defined wait_exit($shipper->pid, -1))
	{
		$cpu = eval { cpu_seconds($shipper->pid) } // $cpu;
		$rss = eval { peak_rss_mib($shipper->pid) } // $rss;
		sleep 0.02;
	}
	my ($rows, $seconds) = $shipper->log =~ /is complete: (\d+) rows of \d+ tables in ([\d.]+) s/
	  or die "the snapshot failed:\n" . $shipper->log;
	die "$rows rows instead of $expected\n" if $rows != $expected;
	return { rate => $rows / ($seconds || 0.1), shipper => 1e6 * $cpu / $rows, rss => $rss };
}

# An incremental snapshot of the large table while rows are written to another one,
# for seconds: its rows a second, the longest time that the stream waited for it, by
# the shipper's own account, and the other rows' latency from commit to consumer.
sub beside_stream
{
	my ($server, $kafka, $probe, $seconds, $progress) = @_;
	my $shipper = Walpost::Shipper->running(
		pg => $server,
		kafka => $kafka,
		db => DB,
		prefix => 'beside',
		conf => {
			'slot.name' => 'beside',
			'publication.name' => 'rows',
			'publication.autocreate.mode' => 'disabled',
			'table.include.list' => 'public\.(items|ticks)',
			'producer.override.compression.type' => 'lz4',
			'extended.headers.enabled' => 'false',
		});
	my $asked = time;

	Bench::Ship::make_topic($kafka, $shipper->topic($_)) for qw(items ticks);
	$server->query(q{SELECT walpost.signal('execute-snapshot', '{"data-collections": ["public.items"]}')}, DB);
	my $got = Bench::Latency::measure($server, $kafka,
		probe => $probe, topic => $shipper->topic('ticks'), rate => 200, seconds => $seconds, db => DB);
	wait_until('the incremental snapshot', sub { $shipper->log =~ /snapshot of public\.items is complete/ }, 600);
	my ($rows, $pause) = $shipper->log =~ /public\.items is complete, (\d+) rows, the stream waited for ([\d.]+) ms at most/;

	$got->{rate} = $rows / (time - $asked);
	$got->{pause} = $pause;
	$shipper->stop;
	$progress->('snapshot beside the stream: %.0f rows/s, the stream waited for %.1f ms at most, latency p50 %.2f ms, max %.1f ms', @$got{qw(rate pause p50 max)});
	return $got;
}

# Rows a second that Debezium brings there, from its first record to its last.
sub debezium
{
	my ($server, $kafka, $rows, $progress) = @_;
	my $worker = Walpost::Connect->new(
		kafka => $kafka,
		java => ['-Xmx1g'],
		conf => {
			'key.converter.schemas.enable' => 'false',
			'value.converter.schemas.enable' => 'false',
			'producer.compression.type' => 'lz4',
			'producer.linger.ms' => 5,
			'producer.batch.size' => 1_000_000,
			'topic.creation.enable' => 'false',
		});
	my $topic = 'debezium_rows.public.items';

	Bench::Ship::make_topic($kafka, $topic);
	$worker->start(
		{
			'name' => 'debezium_rows',
			'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
			'tasks.max' => 1,
			'plugin.name' => 'pgoutput',
			'slot.name' => 'debezium_rows',
			'publication.name' => 'rows',
			'publication.autocreate.mode' => 'disabled',
			'table.include.list' => 'public.items',
			'snapshot.mode' => 'initial_only',
			'max.batch.size' => 2048,
			'max.queue.size' => 8192,
			'database.hostname' => '127.0.0.1',
			'database.port' => $server->port,
			'database.user' => 'postgres',
			'database.password' => 'trusted',
			'database.dbname' => DB,
			'topic.prefix' => 'debezium_rows',
		});
	wait_until("Debezium's snapshot", sub { $worker->check; $kafka->written($topic) >= $rows }, 60 + $rows / 10_000);
	my ($first, $last) = map { (run_command([ 'kcat', '-C', '-b', $kafka->brokers, '-t', $topic, '-o', $_, '-c', 1, '-q', '-f', '%T' ]))[1] } 0, -1;
	my $rss = peak_rss_mib($worker->pid);

	$worker->stop;
	my $rate = 1000 * $rows / ($last - $first);
	$progress->('snapshot: Debezium: %.0f rows/s, %.0f MiB', $rate, $rss);
	return { rate => $rate, rss => $rss };
}

1;
