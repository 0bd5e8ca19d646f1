# Torture::World
#    The parts under torture: server, broker, shipper, a proxy before server
#    and broker, writers, and a sampler that watches.  They run as real as
#    anywhere; nothing here waits, so that faults can overlap: tick() does
#    what is due.
#
# SPDX-License-Identifier: PostgreSQL
package Torture::World;

use strict;
use warnings;

use POSIX ();
use Time::HiRes qw(sleep time);
use Torture::Disk ();
use Torture::Power ();
use Walpost::Kafka ();
use Walpost::Postgres ();
use Walpost::Shipper ();
use Walpost::Test;

my $prefix = 't';
my %partitions = (
	"$prefix.public.plain" => 3,
	"$prefix.public.whole" => 3,
	"$prefix.public.journal" => 1,
	"$prefix.public.stock" => 3,
	"$prefix.message" => 3);

# seed, mode ("at-least-once", "exactly-once"), spool (1: on), snapshot (1: snapshots
# are taken), writers (their number), pause (seconds between a writer's transactions).
sub new
{
	my ($class, %opt) = @_;
	my $self = bless {
		%opt,
		timers => [],
		writers => [],
		samples => [],
		problems => [],
		writer_seed => $opt{seed},
	}, $class;

	$self->{disk} = Torture::Disk::mount('disk');
	$self->_start_server;
	$self->_start_broker;
	$self->_start_shipper;
	return $self;
}

sub pg { return $_[0]{pg}; }
sub kafka { return $_[0]{kafka}; }
sub ship { return $_[0]{ship}; }
sub prefix { return $prefix; }
sub partitions { return \%partitions; }

# The captured tables; and others that are, of which no account is kept.
sub tables { return [qw(plain whole journal stock)]; }
sub side_tables { return [qw(sentinel gate)]; }

# "topic partition" of all partitions, in the order of the sampler's ends.
sub places
{
	return map { my $topic = $_; map { "$topic $_" } 0 .. $partitions{$topic} - 1 } sort keys %partitions;
}

# What went wrong outside of Kafka's topics: a part that ended by itself.
sub problems { return @{ $_[0]{problems} }; }

sub problem
{
	my ($self, $text) = @_;

	push @{ $self->{problems} }, $text unless grep { $_ eq $text } @{ $self->{problems} };
	return;
}

# ---- set-up -----------------------------------------------------------------

sub _proxy
{
	my ($self, $name, $target) = @_;
	my $port = $self->{"${name}_port"} // free_port();
	my $orders = scratch_dir() . "/$name.orders";

	POSIX::mkfifo($orders, 0600) or die "no named pipe \"$orders\": $!\n";
	$self->{watched}{"proxy before the $name"} =
	  in_background(log_file("proxy.$name"), $self->_tool('proxy'), $port, $target, $orders);
	open my $fh, '>', $orders or die "could not open \"$orders\": $!\n";
	$fh->autoflush(1);
	$self->{link}{$name} = $fh;
	return $port;
}

sub _tool
{
	my ($self, $tool) = @_;
	my $path = top_dir() . "/build/torture/$tool";

	die "$path is missing: \"make torture-tools\" builds it\n" unless -x $path;
	return $path;
}

sub _start_server
{
	my ($self) = @_;

	$self->{pg} = Walpost::Postgres->running(
		conf => "wal_sender_timeout = '3s'\nautovacuum = on\nlog_statement = none\nlog_min_messages = warning\n"
		  . "log_min_error_statement = panic\ndeadlock_timeout = '200ms'\n");
	$self->{pg}->query(slurp(top_dir() . '/regress/torture/schema.sql'));
	$self->{pg}->query(q{CREATE EXTENSION walpost; INSERT INTO sentinel VALUES (1);}
		. q{ INSERT INTO stock SELECT i, nextval('torture.mark'), repeat('s', 200) FROM generate_series(1, 4000) i;}
		. q{ TRUNCATE torture.change})
	  if $self->{snapshot};
	$self->{server} = 'up';
	$self->{server_port} = $self->_proxy('server', $self->{pg}->port);
	return;
}

sub _start_broker
{
	my ($self) = @_;

	$self->{broker_port} = free_port();
	$self->{kafka} = Walpost::Kafka->running(
		via => $self->{broker_port},
		conf => {
			'log.message.timestamp.type' => 'LogAppendTime',

			# some rounds of faults, not all that a long run writes
			'log.segment.bytes' => 16 << 20,
			'log.retention.bytes' => 128 << 20,
			'log.retention.check.interval.ms' => 10000,
			defined $self->{disk} ? ('log.dirs' => "$self->{disk}/data") : ()
		});
	$self->_proxy('broker', $self->{kafka}->second);
	$self->{kafka}->create_topic("$prefix.public.journal", partitions => 1);
	$self->{broker} = 'up';
	return;
}

sub _start_shipper
{
	my ($self) = @_;

	$self->{ship} = Walpost::Shipper->new(
		pg => $self->{pg},
		kafka => $self->{kafka},
		prefix => $prefix,
		conf => {
			'database.port' => $self->{server_port},
			'bootstrap.servers' => "127.0.0.1:$self->{broker_port}",
			'table.include.list' => join(',', map { "public.$_" } @{ $self->tables }, @{ $self->side_tables }),
			'publication.autocreate.mode' => 'filtered',
			'topic.creation.default.partitions' => 3,
			'retriable.restart.connector.wait.ms' => 500,
			'producer.override.reconnect.backoff.max.ms' => 300,
			$self->_mode_conf
		});
	$self->launch_shipper;
	$self->{ship}->wait_streaming;
	return;
}

sub _mode_conf
{
	my ($self) = @_;
	my %conf;

	$conf{'exactly.once.support'} = 'required' if $self->{mode} eq 'exactly-once';
	if ($self->{snapshot})
	{
		%conf = (
			%conf,
			'snapshot.mode' => 'initial',
			'snapshot.max.threads' => 3,
			'walpost.snapshot.new.tables' => 'true',
			'offset.flush.interval.ms' => 200,

			# whoever reads this table waits before its last row
			'snapshot.select.statement.overrides' => 'public.gate',
			'snapshot.select.statement.overrides.public.gate' => 'SELECT * FROM public.gate WHERE id < 400 OR torture.pass()',

			# small, so that there are many
			'incremental.snapshot.chunk.size' => 100,

			# less than the rows, so that a snapshot may have to wait for Kafka
			'walpost.buffer.memory' => 2 << 20);
	}
	if ($self->{spool})
	{
		$self->{spool_disk} = Torture::Disk::mount('spool');
		%conf = (
			%conf,
			'walpost.spool.dir' => scratch_dir() . '/spool',
			'walpost.spool.max.bytes' => 1 << 30,
			'walpost.spool.after.bytes' => 1 << 18,

			# little memory, so that it comes to the spool soon
			'walpost.buffer.memory' => 1 << 20);
	}
	return %conf;
}

sub _spool_folder
{
	return scratch_dir() . "/spool/$prefix.spool";
}

# The shipper's start notes what its spool has synced: see lose_power().
sub launch_shipper
{
	my ($self) = @_;
	local %ENV = %ENV;

	if ($self->{spool} && !$ENV{WALPOST_SANITIZED})
	{
		$ENV{LD_PRELOAD} = $self->_tool('powercut.so');
		$ENV{POWERCUT_DIR} = scratch_dir() . '/spool';
		$ENV{POWERCUT_LOG} = $self->{sync_log} = scratch_dir() . '/synced';
	}
	$self->{ship}->start;
	$self->{shipper} = 'up';
	return;
}

# Begins to watch; when all topics are there.
sub start_sampler
{
	my ($self) = @_;
	my $log = $self->{sample_file} = log_file('samples');
	my $pg = $self->{pg};

	spit($log, '');
	$self->{watched}{sampler} = in_background(
		$log, $self->_tool('sampler'),
		'host=' . $pg->host . ' port=' . $pg->port . ' user=postgres dbname=postgres connect_timeout=2',
		'walpost', $self->{kafka}->brokers, $self->_spool_folder,
		map { "$_:$partitions{$_}" } sort keys %partitions);
	$self->{sample_at} = 0;
	return;
}

# ---- time -------------------------------------------------------------------

# Calls $code in so many seconds.
sub later
{
	my ($self, $seconds, $code) = @_;

	push @{ $self->{timers} }, [ time + $seconds, $code ];
	return;
}

# True while a fault has not ended, or a part is not back.
sub is_hurt
{
	my ($self) = @_;

	return @{ $self->{timers} } || grep { $self->{$_} ne 'up' } qw(server broker shipper);
}

# Does what is due.
sub tick
{
	my ($self) = @_;
	my $now = time;
	my @due = sort { $a->[0] <=> $b->[0] } grep { $_->[0] <= $now } @{ $self->{timers} };

	$self->{timers} = [ grep { $_->[0] > $now } @{ $self->{timers} } ];
	$_->[1]->() for @due;
	$self->_watch_server;
	$self->_watch_broker;
	$self->_watch_shipper;
	$self->_watch_writers;
	$self->_read_samples;
	for my $tool (grep { defined wait_exit($self->{watched}{$_}, -1) } keys %{ $self->{watched} })
	{
		die "the $tool ended: the torture itself is broken\n";
	}
	return;
}

# Ticks for so many seconds, or until $code says something true; returns that.
sub run_for
{
	my ($self, $seconds, $code) = @_;
	my $end = time + $seconds;

	for (;;)
	{
		$self->tick;
		my $result = $code ? $code->() : 0;
		return $result if $result || time >= $end;
		sleep 0.02;
	}
}

# ---- the server: up, leaving (until its process has ended), down ---------------

# Whether a client would be let in; one that connects to a frozen postmaster waits for
# ever, and everything here with it.
sub answers
{
	my ($self) = @_;

	return $self->{server} eq 'up' && !$self->{deaf};
}

# Sends a signal that ends the server, which is started again.
sub end_server
{
	my ($self, $signal) = @_;

	return 0 if $self->{server} ne 'up';
	$self->{postmaster} = $self->{pg}->pid // return 0;
	$self->{server} = 'leaving';
	kill $signal, $self->{postmaster};
	return 1;
}

sub _watch_server
{
	my ($self) = @_;

	if ($self->{server} eq 'up' && !$self->{pg}->is_running)
	{
		$self->problem('the server ended by itself');
		$self->{server} = 'down';
	}
	$self->{server} = 'down' if $self->{server} eq 'leaving' && !kill 0, $self->{postmaster};
	return if $self->{server} ne 'down' || time < ($self->{server_due} // 0);

	# in vain while a child of the one before still holds its memory; and one that
	# is slow to come is taken for one that does not, at first
	$self->{server} = 'up' if eval { $self->{pg}->start; 1 } || eval { $self->{pg}->query('SELECT 1') };
	$self->{server_due} = time + 0.2;
	return;
}

# ---- the broker: up, leaving, down ----------------------------------------------

# Ends the broker by a signal; it is started again after so many seconds.
sub end_broker
{
	my ($self, $signal, $back) = @_;

	return 0 if $self->{broker} ne 'up';
	$self->{broker} = 'leaving';
	$self->{broker_back} = $back;
	kill $signal, $self->{kafka}{pid};
	return 1;
}

# A broker whose disk is full ends by itself: that is no problem until $until.
sub excuse_broker
{
	my ($self, $until) = @_;

	$self->{broker_excused} = $until;
	return;
}

sub _watch_broker
{
	my ($self) = @_;

	return if $self->{broker} eq 'down' || !defined wait_exit($self->{kafka}{pid}, -1);
	if ($self->{broker} eq 'up')
	{
		$self->{broker_back} = $self->{broker_excused} - time;
		$self->problem('the broker ended by itself') if $self->{broker_back} < -5;
	}
	$self->{broker} = 'down';
	$self->later(
		$self->{broker_back} > 0 ? $self->{broker_back} : 0,
		sub {
			$self->{kafka}->launch;
			$self->{broker} = 'up';
		});
	return;
}

# ---- the shipper: up, leaving, down ------------------------------------------------

sub end_shipper
{
	my ($self, $signal, $back) = @_;

	return 0 if $self->{shipper} ne 'up';
	$self->{shipper} = 'leaving';
	$self->{shipper_back} = $back;
	kill $signal, -$self->{ship}->pid;
	return 1;
}

# Ends it in good order, for launch_shipper() to start it again.
sub rest_shipper
{
	my ($self) = @_;
	my $status = $self->{ship}->stop;

	$self->problem('the shipper did not end well: status ' . ($status // 'none')) if ($status // -1) != 0;
	$self->{shipper} = 'down';
	return;
}

sub _watch_shipper
{
	my ($self) = @_;
	my $status;

	return if $self->{shipper} eq 'down' || !defined($status = wait_exit($self->{ship}->pid, -1));
	if ($self->{shipper} eq 'up')
	{
		my ($last) = $self->{ship}->log =~ /([^\n]*)\n?\z/;

		$self->{shipper_back} = 1;
		$self->problem("the shipper ended by itself with status $status: $last");
	}
	$self->{shipper} = 'down';
	Torture::Power::damage($self->_spool_folder, $self->{sync_log}) if delete $self->{power_lost};
	$self->later($self->{shipper_back}, sub { $self->launch_shipper });
	return;
}

# Kills the shipper, and takes from its spool what was not synced.
sub lose_power
{
	my ($self, $back) = @_;

	return 0 unless defined $self->{sync_log};
	return $self->{power_lost} = $self->end_shipper('KILL', $back);
}

# ---- the writers ---------------------------------------------------------------------

sub start_writers
{
	my ($self) = @_;

	$self->{pg}->query('UPDATE torture.clock SET running = true');
	$self->{writing} = 1;
	$self->_watch_writers;
	return;
}

# Lets them end after the transactions that they are in; false if the server
# does not answer now.
sub stop_writers
{
	my ($self) = @_;

	$self->{writing} = 0;
	return eval { $self->{pg}->query('UPDATE torture.clock SET running = false'); 1 };
}

sub writers_ended
{
	my ($self) = @_;

	return !grep { defined $_ } @{ $self->{writers} };
}

# A writer whose server is gone begins anew when it is back.
sub _watch_writers
{
	my ($self) = @_;

	for my $i (0 .. $self->{number_of_writers} - 1)
	{
		my $pid = $self->{writers}[$i];

		next if defined $pid && !defined wait_exit($pid, -1);
		$self->{writers}[$i] = undef;
		next if !$self->{writing} || $self->{server} ne 'up' || time < ($self->{writer_due}[$i] // 0);
		$self->{writer_due}[$i] = time + 0.5;
		$self->{writer_seed}++;
		$self->{writers}[$i] = $self->{pg}->query_in_background(
			sprintf('CALL torture.write(%.6f, %g)', 2 * _hash($self->{writer_seed}) - 1, $self->{pause}),
			log_file('writers'));
	}
	return;
}

# A number between 0 and 1 that follows from another one; rand() belongs to the
# faults alone.
sub _hash
{
	my ($n) = @_;

	return ($n * 2654435761 % 4294967296) / 4294967296;
}

# ---- what the sampler saw ---------------------------------------------------------------

sub _read_samples
{
	my ($self) = @_;
	my $file = $self->{sample_file} // return;

	open my $fh, '<', $file or die "no samples: $!\n";
	seek $fh, $self->{sample_at}, 0;
	while (my $line = <$fh>)
	{
		last unless $line =~ /\n\z/;
		$self->{sample_at} += length $line;

		# what a library has to say is no sample
		my @fields = $line =~ /^(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) ([\d,]+|-)$/ or next;
		my %sample;

		@sample{qw(ms confirmed current walsender base end ms2 ends)} = @fields;
		$sample{ends} = $sample{ends} eq '-' ? undef : [ split /,/, $sample{ends} ];
		push @{ $self->{samples} }, \%sample;
	}
	return;
}

# All samples since the last call of forget_samples().
sub samples { return $_[0]{samples}; }

sub forget_samples
{
	my ($self) = @_;

	$self->{samples} = [];
	return;
}

# The latest sample, or undef if it is older than a second.
sub sample
{
	my ($self) = @_;
	my $last = $self->{samples}[-1] // return;

	return $last->{ms} / 1000 > time - 1 ? $last : undef;
}

# The process that sends, if there is one now.
sub walsender
{
	my ($self) = @_;
	my $sample = $self->sample // return;
	my $pid = $sample->{walsender} or return;
	my $title = eval { slurp("/proc/$pid/cmdline") } // '';

	return $title =~ /walsender/ ? $pid : undef;
}

# The process that reads the rows of tables that are being added, if there is one now.
sub adder
{
	my ($self) = @_;

	return if $self->{shipper} ne 'up';
	my (undef, $out) = run_command([ 'ps', '-o', 'pid=,args=', '-g', $self->{ship}->pid ]);
	return (map { /^\s*(\d+)\s+\S*walpost add / ? $1 : () } split /\n/, $out)[0];
}

# An order to the proxy before "server" or "broker".
sub order
{
	my ($self, $link, $order) = @_;

	print { $self->{link}{$link} } "$order\n";
	return;
}

# ---- what Kafka holds ----------------------------------------------------------------------

# Calls $take with each line of the reader, from the offsets on that the hash
# ("topic partition" to offset) says.
sub read_topics
{
	my ($self, $from, $take) = @_;
	my @parts = map { my ($topic, $partition) = split / /; "$topic:$partition:" . ($from->{$_} // 0) } $self->places;
	my ($status, $out, $err) = run_command([ $self->_tool('reader'), $self->{kafka}->brokers, @parts ]);

	die "the topics could not be read: $err" if $status != 0;
	$take->($_) for split /\n/, $out;
	return;
}

1;
