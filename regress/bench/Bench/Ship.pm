# Shipper to Kafka: what it takes to bring a slot's contents into a topic.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Ship;

use strict;
use warnings;

use Bench::Proc qw(cpu_seconds peak_rss_mib);
use Time::HiRes qw(sleep time);
use Walpost::Shipper ();
use Walpost::Test;

my $number = 0;

# A connector for the benchmark's tables; slot and topics are its own.
sub shipper
{
	my (%arg) = @_;
	my $prefix = $arg{prefix} // 'bench' . ++$number;

	return Walpost::Shipper->new(
		pg => $arg{server},
		kafka => $arg{kafka},
		db => 'bench',
		prefix => $prefix,
		conf => {
			'slot.name' => $prefix,
			'publication.name' => 'bench',
			'publication.autocreate.mode' => 'disabled',
			'table.include.list' => 'public.items,public.ticks',
			'producer.override.compression.type' => 'lz4',
			%{ $arg{conf} // {} },
		});
}

# Asks for a topic, so that the broker makes it before the clock runs.
sub make_topic
{
	my ($kafka, $topic) = @_;

	wait_until("topic $topic", sub {
		my ($status, $out) = run_command([ 'kcat', '-L', '-b', $kafka->brokers, '-t', $topic ]);
		return $out =~ /topic "\Q$topic\E" with 1 partitions/;
	});
}

# Runs a shipper on a copy of the slot $from until Kafka has acknowledged
# everything up to $target.  Returns events/s, processor microseconds an event
# of shipper, walsender and broker, and the shipper's peak memory.
sub measure
{
	my ($server, $kafka, %arg) = @_;
	my $ask = $arg{ask};
	my $shipper = shipper(server => $server, kafka => $kafka, conf => $arg{conf});
	my $slot = $shipper->{prefix};

	$ask->("SELECT pg_copy_logical_replication_slot('$arg{from}', '$slot', false)");
	make_topic($kafka, $shipper->topic('items'));

	my %cpu_before = (broker => cpu_seconds($kafka->{pid}));
	$shipper->start;
	my $walsender = _wait_for($shipper, sub { $ask->("SELECT active_pid FROM pg_replication_slots WHERE slot_name = '$slot'") });
	my $start = time;
	_wait_for($shipper, sub { $ask->("SELECT 1 FROM pg_replication_slots WHERE slot_name = '$slot' AND confirmed_flush_lsn >= '$arg{target}'") });
	my $seconds = time - $start;

	my %cpu = (
		shipper => cpu_seconds($shipper->pid),
		walsender => cpu_seconds($walsender),
		broker => cpu_seconds($kafka->{pid}) - $cpu_before{broker});
	my $rss = peak_rss_mib($shipper->pid);
	$shipper->stop;
	$ask->("SELECT pg_drop_replication_slot('$slot')");
	_check_count($kafka, $shipper->topic('items'), $arg{events});

	return {
		seconds => $seconds,
		rate => $arg{events} / $seconds,
		rss => $rss,
		map { $_ => 1e6 * $cpu{$_} / $arg{events} } keys %cpu
	};
}

# Waits for an answer that is not empty, as long as the shipper lives.
sub _wait_for
{
	my ($shipper, $question) = @_;

	for (my $n = 1;; $n++)
	{
		my $answer = $question->();
		return $answer if length $answer;
		die "the shipper ended:\n" . $shipper->log if $n % 100 == 0 && !$shipper->is_running;
		sleep 0.005;
	}
}

# A figure counts only if each event has arrived, and once.  Offsets that
# transactions' own marks have taken are counted by reading.
sub _check_count
{
	my ($kafka, $topic, $events) = @_;
	my ($status, $out, $err) = run_command([ 'kcat', '-Q', '-b', $kafka->brokers, '-t', "$topic:0:-1" ]);
	my ($count) = $out =~ /offset (\d+)/ or die "no end of topic $topic: $out$err";

	$count = $kafka->count($topic) if $count > $events;
	die "topic $topic holds $count records instead of $events\n" if $count != $events;
}

1;
