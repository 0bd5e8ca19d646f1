# Torture::Snapshots
#    Which snapshots are taken under torture, and when all of them are over.
#
# Each round has one kind of them:
#
#    initial       slot and position record are forgotten, and the shipper begins anew
#    resumable     the same, and what was interrupted goes on (walpost.snapshot.resumable)
#    incremental   asked for by signals, again and again
#    readonly      the same, with read.only=true: without watermarks in the WAL
#    blocking      the same, with the stream standing still
#    add           tables that are captured come once more ("walpost snapshot --table")
#    new           tables come into the include list
#
# Those of the first two are held: their readers get few bytes at a time, and the last
# row waits for a gate, until so many faults have struck between the first row and it.
#
# SPDX-License-Identifier: PostgreSQL
package Torture::Snapshots;

use strict;
use warnings;

use List::Util qw(first sum);
use Time::HiRes qw(time);
use Walpost::Shipper ();
use Walpost::Test;

my @all_kinds = qw(initial incremental add blocking new readonly resumable);

# Those that a round of "new" finds left out.
my @new_tables = qw(whole stock);

# Bytes in 10 ms that a reader of a snapshot that is held gets: some seconds for all of its rows.
my $pace = 8192;

# What SNAPSHOT in the environment says: a list of kinds, or undef for none.
sub kinds
{
	my ($text) = @_;

	return if !length($text // '') || $text eq 'off';
	return [@all_kinds] if $text eq 'on';
	for my $kind (split /,/, $text)
	{
		die "SNAPSHOT has \"$kind\"; it is on, off, or some of @all_kinds, with commas\n" unless grep { $_ eq $kind } @all_kinds;
	}
	return [ split /,/, $text ];
}

sub new
{
	my ($class, $world, @kinds) = @_;

	return bless { world => $world, kinds => [@kinds], asked => 0, of_kind => {}, inside => {}, went_on => [ 0, 0 ] }, $class;
}

# "kind times, ..." of what was asked for.
sub report
{
	my ($self) = @_;

	return join ', ', map { "$_ $self->{of_kind}{$_}" } sort keys %{ $self->{of_kind} };
}

# How often a kind was asked for.
sub times { return $_[0]{of_kind}{ $_[1] } // 0; }

# How many faults struck between the first row and the last one of those of a kind that is held.
sub inside { return $_[0]{inside}{ $_[1] } // 0; }

# The kinds that were held, and what came of it as a text.
sub held_kinds { my @kinds = sort keys %{ $_[0]{inside} }; return @kinds; }

sub held_report
{
	my ($self) = @_;
	my $text = join ', ', map { "$_ $self->{inside}{$_}" } $self->held_kinds;
	my ($times, $partly) = @{ $self->{went_on} };

	$text .= "; a snapshot went on $times times, $partly of them with a part of its ranges" if exists $self->{inside}{resumable};
	return $text;
}

# ---- a round -----------------------------------------------------------------

# Before the writers: what the kind of this round finds.
sub prepare
{
	my ($self) = @_;
	my $world = $self->{world};

	push @{ $self->{kinds} }, $self->{kind} = shift @{ $self->{kinds} };
	$self->{asked} = 0;
	$self->{paused} = 0;
	$self->_set_read_only($self->{kind} eq 'readonly' ? 1 : 0);
	if ($self->_is_from_nothing)
	{
		$world->rest_shipper;
		$self->_forget_slot;
		$world->ship->write_conf('walpost.snapshot.resumable' => $self->{kind} eq 'resumable' ? 'true' : 'false');
	}
	elsif ($self->{kind} eq 'new')
	{
		$world->rest_shipper;
		$self->_capture(sub { my $table = $_[0]; !grep { $_ eq $table } @new_tables });
		$world->launch_shipper;
		$world->ship->wait_streaming;
		$world->rest_shipper;
		$self->_capture(sub { 1 });
	}
	return;
}

sub _set_read_only
{
	my ($self, $on) = @_;
	my $world = $self->{world};

	return if $on == ($self->{read_only} // 0);
	$self->{read_only} = $on;
	$world->rest_shipper;
	$world->ship->write_conf('read.only' => $on ? 'true' : 'false');
	$world->launch_shipper;
	$world->ship->wait_streaming;
	return;
}

sub _forget_slot
{
	my ($self) = @_;
	my ($status, $out, $err);

	wait_until(
		'the slot to be dropped',
		sub {
			($status, $out, $err) = Walpost::Shipper::command('slot', 'drop', $self->{world}->ship->file);
			return $status == 0;
		});
	return;
}

# Has the tables captured that $choose says yes to.
sub _capture
{
	my ($self, $choose) = @_;
	my $world = $self->{world};

	$world->ship->write_conf(
		'table.include.list' => join(',', map { "public.$_" } (grep { $choose->($_) } @{ $world->tables }), @{ $world->side_tables }));
	return;
}

sub _is_from_nothing { return $_[0]{kind} =~ /^(initial|resumable)$/; }

# With the writers: the first one of the round; returns what was done.  So slow at
# first that faults strike in its midst.
sub begin
{
	my ($self) = @_;
	my $world = $self->{world};

	$self->{from} = -s $world->ship->{log};
	return $self->_begin_held if $self->_is_from_nothing;
	$world->order('server', 'slow 20000 16384');
	if ($self->{kind} eq 'new')
	{
		$self->_count;
		$world->launch_shipper;
	}
	else
	{
		$self->ask // die "no snapshot can be asked for\n";
	}
	$world->run_for(10, sub { $self->_log =~ /taking a snapshot of|snapshot of \d+ tables/ });
	$world->order('server', 'slow 2500 2048');
	$world->later(2.5, sub { });
	return "a round with snapshots: $self->{kind}";
}

# ---- a snapshot that is held ------------------------------------------------------

sub _begin_held
{
	my ($self) = @_;
	my $world = $self->{world};

	$self->{held} = 1;
	$self->{inside}{ $self->{kind} } //= 0;

	# the stream has ended: as the partitions are now, they stay until rows come
	my $now = 1000 * time;
	$world->run_for(30, sub { grep { $_->{ends} && $_->{ms} > $now } @{ $world->samples } }) or die "the partitions' ends are not known\n";
	$self->{rows_before} = $self->_rows_in_kafka;
	$world->pg->query(q{SELECT setval('torture.gate', 1)});
	$world->order('server', "pace $pace");
	$self->_count;
	$world->launch_shipper;
	$world->run_for(30, sub { $self->_is_inside }) or die "no row of a snapshot comes\n";
	return "a round with snapshots: $self->{kind}, held";
}

sub is_held { return $_[0]{held}; }

# Where the partitions of the table end that has the rows: while a snapshot is held
# nothing else comes to them, but what was committed before it went on.
sub _rows_in_kafka
{
	my ($self) = @_;
	my $world = $self->{world};
	my @places = $world->places;
	my $prefix = $world->prefix;
	my $sample = first { $_->{ends} } reverse @{ $world->samples };
	my $ends = $sample ? $sample->{ends} : return 0;

	return sum(map { $places[$_] =~ /^\Q$prefix\E\.public\.stock / ? $ends->[$_] : 0 } 0 .. $#places);
}

# Whether Kafka has the first row, and not the last one.
sub _is_inside
{
	my ($self) = @_;

	return $self->_rows_in_kafka > $self->{rows_before} && $self->_log !~ /snapshot at \S+ is complete/;
}

# Before a fault: waits for more rows, as long as some come; then notes whether it
# strikes a snapshot in its midst, which it returns.
sub before_fault
{
	my ($self) = @_;
	my $had = $self->_rows_in_kafka;

	return 0 unless $self->{held};
	if (rand() < 0.7)
	{
		$self->{world}->run_for(2, sub { $self->_rows_in_kafka > $had });
		$self->{world}->run_for(rand(1.5));
	}
	my $inside = $self->_is_inside ? 1 : 0;

	$self->{inside}{ $self->{kind} } += $inside;
	return $inside;
}

# Lets it come to its end; 0 when the server does not answer now.
sub release
{
	my ($self) = @_;
	my $world = $self->{world};

	return 1 unless $self->{held};
	$world->order('server', 'pace 0');
	return 0 unless $world->answers && eval { $world->pg->query(q{SELECT setval('torture.gate', 0)}); 1 };
	$self->{held} = 0;
	return 1;
}

# At the round's end: how often a snapshot went on, and how often with less than all.
sub note_round
{
	my ($self) = @_;

	return unless $self->{kind} eq 'resumable';
	my $log = $self->_log;
	while ($log =~ /the snapshot goes on with (\d+) of (\d+) ranges/g)
	{
		$self->{went_on}[0]++;
		$self->{went_on}[1]++ if $1 < $2;
	}
	return;
}

sub _count
{
	my ($self) = @_;

	$self->{asked}++;
	$self->{of_kind}{ $self->{kind} }++;
	return;
}

# The log since the round's beginning.
sub _log
{
	my ($self) = @_;

	open my $fh, '<', $self->{world}->ship->{log} or die "no log: $!\n";
	seek $fh, $self->{from}, 0;
	local $/;
	return scalar(<$fh>) // '';
}

# ---- signals -------------------------------------------------------------------

sub _signal
{
	my ($self, $type, $data) = @_;
	my $world = $self->{world};

	return unless $world->answers;
	return eval { $world->pg->query("SET statement_timeout = '2s'; SELECT walpost.signal('$type', '$data')"); 1 };
}

sub _snapshot_signal
{
	my ($self, @tables) = @_;
	my $names = join ', ', map { qq("public.$_") } @tables;

	return $self->_signal('add-table', qq({"data-collections": [$names]})) if $self->{kind} =~ /add|new/;
	my $type = $self->{kind} eq 'blocking' ? 'blocking' : 'incremental';

	return $self->_signal('execute-snapshot', qq({"data-collections": [$names], "type": "$type"}));
}

# Asks for one more; what it did, or undef where this kind has none.
sub ask
{
	my ($self) = @_;

	return if $self->_is_from_nothing || $self->{kind} eq 'new';

	# one whose answer is lost may be there all the same
	$self->_count;
	return $self->_snapshot_signal(@{ $self->{world}->tables }) && $self->{kind};
}

# Pauses incremental ones for so long.
sub pause
{
	my ($self, $seconds) = @_;

	return if $self->{kind} !~ /incremental|readonly/ || !$self->_signal('pause-snapshot', '{}');
	$self->{paused} = 1;
	$self->{world}->later($seconds, sub { $self->_resume });
	return sprintf 'for %.1f s', $seconds;
}

sub _resume
{
	my ($self) = @_;

	$self->{paused} = 0 if $self->{paused} && $self->_signal('resume-snapshot', '{}');
	return !$self->{paused};
}

# ---- the end of a round ------------------------------------------------------------

# What to wait for when all is well again: texts, and functions that say when.
sub steps
{
	my ($self) = @_;

	return (
		$self->_is_from_nothing ? () : [ 'all snapshots are over', sub { $self->_are_over } ],
		[ 'nothing of a snapshot is left on the server', sub { $self->_is_nothing_left } ]);
}

# They come one after the other: so a last one is asked for.
sub _are_over
{
	my ($self) = @_;
	my $added = $self->{kind} =~ /add|new/;

	return 0 unless $self->_resume;
	unless ($self->{sentinel})
	{
		$self->{sentinel_from} = length $self->_log;
		local $self->{kind} = $self->{kind} eq 'blocking' ? 'incremental' : $self->{kind};
		$self->{sentinel} = $self->_snapshot_signal('sentinel');
		return 0;
	}
	my $log = substr $self->_log, $self->{sentinel_from};
	my $over = $added ? $log =~ /added public\.sentinel:/ : $log =~ /snapshot of public\.sentinel is complete/;

	$self->{sentinel} = 0 if $over;
	return $over;
}

# No slot but the connector's own, and no session that keeps old rows.
sub _is_nothing_left
{
	my ($self) = @_;

	return eval {
		$self->{world}->pg->query(<<'SQL') eq '0 0';
SELECT (SELECT count(*) FROM pg_replication_slots WHERE slot_name <> 'walpost' OR temporary) || ' ' ||
	(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'walpost' AND state LIKE 'idle in transaction%')
SQL
	};
}

# What the check is to know (Torture::Rows).
sub expected
{
	my ($self, $mode) = @_;
	my $prefix = $self->{world}->prefix;
	my @tables = $self->{kind} eq 'new' ? @new_tables : @{ $self->{world}->tables };
	my %topics = map { ("$prefix.public.$_" => 1) } @tables;
	my $once = { initial => 1, incremental => $self->{asked}, readonly => $self->{asked} }->{ $self->{kind} };

	return (
		initial => $self->{kind} eq 'initial',
		fresh => $self->{kind} eq 'resumable' ? { %topics, "$prefix.message" => 1 } : $self->{kind} eq 'new' ? \%topics : {},
		rebuilt => \%topics,
		once => $mode eq 'exactly-once' ? $once : undef);
}

1;
