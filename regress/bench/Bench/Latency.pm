# Latency: from just before a row's COMMIT to the consumer that gets its event,
# at a fixed rate of one-row transactions.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Latency;

use strict;
use warnings;

use JSON::PP ();
use Walpost::Test;

use constant WARM_UP => 2;    # seconds that do not count

# Writes $arg{rate} rows a second for $arg{seconds} into the table ticks of $arg{db}
# (bench), whose events come in $arg{topic}; returns p50, p99, p999 and max in
# milliseconds.
sub measure
{
	my ($server, $kafka, %arg) = @_;
	my $records = int($arg{rate} * $arg{seconds} * 0.95);
	my $log = log_file('pgbench');
	my $script = spit(scratch_dir() . '/ticks.sql', "INSERT INTO ticks DEFAULT VALUES;\n");

	open my $probe, '-|', $arg{probe}, 'latency', $kafka->brokers, $arg{topic}, $records, WARM_UP
		or die "could not run $arg{probe}: $!\n";
	die "the probe could not read topic $arg{topic}\n" unless (<$probe> // '') eq "ready\n";

	# A few connections, since a commit takes its time, and pgbench's own rhythm.
	my $load = in_background($log, $server->program('pgbench'), '-n', '-M', 'prepared',
		'-c', 4, '-j', 1, '-R', $arg{rate}, '-T', $arg{seconds}, '-f', $script,
		'-h', '127.0.0.1', '-p', $server->port, '-U', 'postgres', $arg{db} // 'bench');
	my $line = <$probe>;
	close $probe or die "the probe failed on topic $arg{topic}\n";
	wait_exit($load, $arg{seconds} + 60);
	return JSON::PP::decode_json($line);
}

1;
