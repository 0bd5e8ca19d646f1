# Debezium, beside which the shipper is measured: same server, same workload,
# same broker.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Debezium;

use strict;
use warnings;

use Bench::Proc qw(cpu_seconds peak_rss_mib);
use Bench::Ship ();
use Time::HiRes qw(time);
use Walpost::Connect ();
use Walpost::Test;

use constant PREFIX => 'debezium';

# The heap, batches and queues that a tuned installation has.
my %worker = (
	'key.converter.schemas.enable' => 'false',
	'value.converter.schemas.enable' => 'false',
	'offset.flush.interval.ms' => 1000,
	'producer.compression.type' => 'lz4',
	'producer.linger.ms' => 5,
	'producer.batch.size' => 1_000_000,
	'topic.creation.enable' => 'false',
);
my %connector = (
	'name' => PREFIX,
	'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
	'tasks.max' => 1,
	'plugin.name' => 'pgoutput',
	'slot.name' => PREFIX,
	'publication.name' => 'bench',
	'publication.autocreate.mode' => 'disabled',
	'table.include.list' => 'public.items,public.ticks',
	'snapshot.mode' => 'no_data',
	'max.batch.size' => 2048,
	'max.queue.size' => 8192,
	'database.hostname' => '127.0.0.1',
	'database.user' => 'postgres',
	'database.password' => 'trusted',
	'database.dbname' => 'bench',
	'topic.prefix' => PREFIX,
);

# A worker with its connector, not yet started.
sub new
{
	my ($class, $server, $kafka) = @_;
	my $worker = Walpost::Connect->new(kafka => $kafka, java => ['-Xmx1g'], conf => \%worker);

	Bench::Ship::make_topic($kafka, PREFIX . ".public.$_") for qw(items ticks);
	return bless { server => $server, kafka => $kafka, worker => $worker }, $class;
}

# Debezium has no position of its own before it has sent something: run it for
# one row, before the workload, and stop it.
sub take_position
{
	my ($self) = @_;

	$self->start;
	$self->{server}->query('INSERT INTO ticks DEFAULT VALUES', 'bench');
	wait_until("Debezium's position", sub { -s $self->{worker}->offsets });
	$self->stop;
}

sub start
{
	my ($self, %conf) = @_;
	my $worker = $self->{worker};

	$worker->start({ %connector, 'database.port' => $self->{server}->port, %conf });
	wait_until('Debezium to stream', sub {
		$worker->check;
		return $self->{server}->slot(PREFIX, 'active') eq 't';
	}, 120);
}

# It writes its position every second, and a worker that is stopped soon after
# its start may hang: so it is not waited for long.
sub stop
{
	my ($self) = @_;

	$self->{worker}->stop;
	wait_until("the end of Debezium's walsender", sub { $self->{server}->slot(PREFIX, 'active') eq 'f' });
}

# Waits until a topic holds $n records.
sub _wait_records
{
	my ($self, $probe, $table, $n) = @_;
	my ($status, $out, $err) =
	  run_command([ $probe, 'count', $self->{kafka}->brokers, PREFIX . ".public.$table", $n ]);

	die "$n records of $table did not arrive: $err" if $status != 0;
}

# Started, and through with what was written while it was away.
sub start_and_catch_up
{
	my ($self, $probe, %conf) = @_;

	$self->start(%conf);
	$self->_wait_records($probe, 'ticks', $self->{server}->query('SELECT count(*) FROM ticks', 'bench'));
}

# Brings the workload to Kafka: figures as Bench::Ship::measure() has them.
sub measure
{
	my ($self, %arg) = @_;
	my $broker = cpu_seconds($self->{kafka}{pid});

	$self->start;
	my $start = time;
	my $before = cpu_seconds($self->{worker}->pid);
	$self->_wait_records($arg{probe}, 'items', $arg{events});
	my $seconds = time - $start;

	my %cpu = (
		shipper => cpu_seconds($self->{worker}->pid) - $before,
		walsender => cpu_seconds($self->{server}->slot(PREFIX, 'active_pid')),
		broker => cpu_seconds($self->{kafka}{pid}) - $broker);
	my $got = {
		seconds => $seconds,
		rate => $arg{events} / $seconds,
		rss => peak_rss_mib($self->{worker}->pid),
		map { $_ => 1e6 * $cpu{$_} / $arg{events} } keys %cpu
	};
	$self->stop;
	return $got;
}

1;
