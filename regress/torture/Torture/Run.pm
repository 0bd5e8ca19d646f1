# Torture::Run
#    A run: rounds of faults, each of which ends with a check of everything
#    that was written in it.
#
# SPDX-License-Identifier: PostgreSQL
package Torture::Run;

use strict;
use warnings;

use Time::HiRes qw(time);
use Torture::Check ();
use Torture::Faults ();
use Torture::Rows ();
use Torture::Snapshots ();
use Torture::World ();
use Walpost::Test;

# Seconds: for everything to be well again after a fault, and for a whole
# round's backlog.
my $recovery_limit = 60;
my $drain_limit = 180;

# The settings of run, and say (a function that prints a line).
sub new
{
	my ($class, %opt) = @_;

	return bless {
		%opt,
		began => time,
		kinds => {},
		done => 0,
		since => [],
		longest => [ 0, 'none' ],
		count => {},
		breaches => [],
		from => {},
	}, $class;
}

sub breaches { return @{ $_[0]{breaches} }; }
sub count { return $_[0]{count}; }
sub done { return $_[0]{done}; }

# How many snapshots of a kind were asked for; and how many faults struck in the midst of one.
sub snapshots { return $_[0]{snapshots}->times($_[1]); }
sub inside { return $_[0]{snapshots}->inside($_[1]); }

sub _say
{
	my ($self, $text) = @_;

	$self->{say}->(sprintf '%7.1f s  %s', time - $self->{began}, $text);
	return;
}

sub run
{
	my ($self) = @_;

	$self->_say("seed $self->{seed}, $self->{mode}"
		  . ($self->{spool} ? ', with a spool' : '')
		  . ($self->{snapshot} ? ", snapshots @{ $self->{snapshot} }" : ''));
	my $world = $self->{world} = Torture::World->new(
		(map { $_ => $self->{$_} } qw(seed mode spool pause snapshot)),
		number_of_writers => $self->{writers});
	$self->{snapshots} = $world->{snapshots} = Torture::Snapshots->new($world, @{ $self->{snapshot} }) if $self->{snapshot};
	$self->_say("not done: $_") for Torture::Faults::missing($world);
	$self->_first_events;

	srand($self->{seed});
	$self->{end} = time + $self->{seconds};
	while ($self->{done} < $self->{faults} && time < $self->{end})
	{
		$self->_round;
		last if @{ $self->{breaches} };
	}
	$self->_say('the shipper stops');
	for my $kind ($self->{snapshots} ? $self->{snapshots}->held_kinds : ())
	{
		$self->_breach("no fault struck between the first row and the last one of a snapshot ($kind)") unless $self->inside($kind);
	}
	my $status = $world->ship->stop(20);
	$self->_breach('the shipper did not end well: status ' . ($status // 'none')) if ($status // -1) != 0;
	return;
}

# One event of each topic, so that all are there to be read.
sub _first_events
{
	my ($self) = @_;
	my $world = $self->{world};

	$world->pg->query(<<'SQL');
BEGIN;
INSERT INTO plain VALUES (-1, 0);
INSERT INTO whole VALUES (-1, 0);
INSERT INTO journal VALUES (-1, 0);
INSERT INTO stock VALUES (-1, 0);
SELECT torture.say();
TRUNCATE torture.change;
COMMIT;
SQL
	$world->ship->wait_drained;
	$world->read_topics({}, sub { $self->{from}{"$1 $2"} = $3 if $_[0] =~ /^(\S+)\t(\d+)\tend\t(\d+)/ });
	$world->start_sampler;
	$self->{base} = $self->_content;
	return;
}

sub _breach
{
	my ($self, $text) = @_;

	$self->_say("BREACH $text");
	push @{ $self->{breaches} }, $text;
	return;
}

# ---- a round ----------------------------------------------------------------

sub _round
{
	my ($self) = @_;
	my $world = $self->{world};

	$self->{snapshots}->prepare if $self->{snapshots};
	$world->start_writers;
	$world->run_for(0.5);
	$self->_say($self->{snapshots}->begin) if $self->{snapshots};
	for my $i (1 .. $self->{round})
	{
		last if $self->{done} >= $self->{faults} || time >= $self->{end};
		$self->_release if $i > 1 && $i > $self->{round} - 2;
		$self->_fault;
		last if @{ $self->{breaches} };
	}
	$self->_release and $self->_settle and $self->_check;
	return;
}

# Lets a snapshot that was held end: the last faults of a round strike what follows it.
sub _release
{
	my ($self) = @_;
	my $snapshots = $self->{snapshots};

	return 1 unless $snapshots && $snapshots->is_held;
	if (!$self->{world}->run_for($recovery_limit, sub { $snapshots->release }))
	{
		$self->_breach('the server does not answer');
		return 0;
	}
	$self->_say('the snapshot may end');
	$snapshots->note_round if $self->_recover;
	$self->{since} = [];
	return !@{ $self->{breaches} };
}

# One fault; or some that overlap, since one in four waits for nothing.
sub _fault
{
	my ($self) = @_;
	my $world = $self->{world};
	my $snapshots = $self->{snapshots};
	my $inside = $snapshots && $snapshots->before_fault ? ' (in the midst of a snapshot)' : '';
	my ($kind, $did) = Torture::Faults::begin($world);

	$self->{done}++;
	$self->{kinds}{$kind}++;
	push @{ $self->{since} }, $kind;
	if (rand() < 0.25 && @{ $self->{since} } < 4)
	{
		$self->_say("fault $self->{done}: $kind, $did$inside; and");
		$world->run_for(rand(0.8));
		return;
	}
	my $held = $snapshots && $snapshots->is_held;
	my $seconds = $held ? $self->_heal : $self->_recover;

	$self->_say(sprintf 'fault %d: %s, %s%s; %s after %.1f s', $self->{done}, $kind, $did, $inside, $held ? 'over' : 'well', $seconds);
	$self->{longest} = [ $seconds, join ' + ', @{ $self->{since} } ] if $seconds > $self->{longest}[0];
	$self->{since} = [];
	$world->run_for(rand(0.3));
	$self->_breach($_) for splice @{ $world->{problems} };
	return;
}

# Waits until all faults have ended; returns the seconds that took.
sub _heal
{
	my ($self) = @_;
	my $world = $self->{world};
	my $began = time;

	$world->run_for($recovery_limit, sub { !$world->is_hurt })
	  or $self->_breach("not back within $recovery_limit s after " . join(' + ', @{ $self->{since} }));
	return time - $began;
}

# Waits until all faults have ended, and then until what was written by that
# time is confirmed; returns the seconds of the latter.
sub _recover
{
	my ($self) = @_;
	my $world = $self->{world};

	$world->run_for($recovery_limit, sub { !$world->is_hurt });
	my $healed = time;
	my $goal;
	my $well = $world->run_for(
		$recovery_limit,
		sub {
			return 1 if $world->problems;
			my $sample = $world->samples->[-1] // return 0;

			return 0 if $sample->{ms} < 1000 * $healed;
			$goal //= $sample->{current};
			return $sample->{confirmed} >= $goal;
		});
	$self->_breach("no recovery within $recovery_limit s after " . join(' + ', @{ $self->{since} })) unless $well;
	return time - $healed;
}

# ---- the check ---------------------------------------------------------------

# Lets the writers end and everything arrive; false if it does not.
sub _settle
{
	my ($self) = @_;
	my $world = $self->{world};
	my $goal;
	my $steps = [
		[ 'the parts are back', sub { !$world->is_hurt } ],
		[ 'the writers are told', sub { $world->stop_writers } ],
		[ 'the writers end', sub { $world->writers_ended } ],
		[ 'the server answers', sub { $goal = eval { $world->pg->current_lsn } } ],
		[ 'the slot arrives', sub { $self->_slot_saved($goal) } ],
		$self->{snapshots} ? $self->{snapshots}->steps : (),
	];

	# a run that is broken already is not waited for
	my $limit = @{ $self->{breaches} } ? $recovery_limit / 4 : $drain_limit;

	for my $step (@$steps)
	{
		next if $world->run_for($limit, $step->[1]);
		$self->_breach("after $limit s not yet: $step->[0]");
		return 0;
	}
	return 1;
}

# Whether the slot has confirmed a position and has it on disk, so that no
# crash takes it back behind it: it is written when its restart_lsn moves on.
sub _slot_saved
{
	my ($self, $goal) = @_;

	return eval {
		$self->{world}->pg->query('CHECKPOINT');
		$self->{world}->pg->slot('walpost', "confirmed_flush_lsn >= '$goal' AND restart_lsn >= '$goal'") eq 't';
	};
}

sub _check
{
	my ($self) = @_;
	my $world = $self->{world};
	my $check = Torture::Check->new(
		mode => $self->{mode},
		rows => $self->{snapshots} && Torture::Rows->new($self->{snapshots}->expected($self->{mode})),
		prefix => $world->prefix,
		partitions => $world->partitions,
		last => $self->{last});
	my $began = time;

	my $content = $self->_content;

	$self->_committed($check);
	if ($self->{snapshots})
	{
		$check->table_row('base', @$_) for @{ $self->{base} };
		$check->table_row('final', @$_) for @$content;
	}
	$world->read_topics($self->{from}, sub { $check->record($_[0]) });
	$check->walk;
	$check->confirmed([ $world->places ], $world->samples);

	$self->{last} = $check->{last};
	$self->{from} = $check->ends;
	$self->{count}{$_} += $check->count->{$_} for keys %{ $check->count };
	$self->{count}{samples} += @{ $world->samples };
	$self->{count}{ends} += grep { $_->{ends} } @{ $world->samples };
	$self->{count}{spooled} += grep { $_->{end} } @{ $world->samples };
	$self->_say(
		sprintf 'checked in %.1f s: %d transactions, %d events, %d records (%d of snapshots), %d repeats in %d runs, %d samples',
		time - $began, @{ $check->count }{qw(transactions events records rows repeats runs)},
		scalar @{ $world->samples });
	$self->_breach($_) for $check->breaches;
	$self->_forget unless $check->breaches;
	$self->{base} = [ grep { $_->[0] ne 'journal' } @$content ];
	return;
}

# What the tables hold: lists of table, key and mark.
sub _content
{
	my ($self) = @_;
	my $sql = join ' UNION ALL ', map { "SELECT '$_', id, mark FROM $_" } @{ $self->{world}->tables };

	return [ map { [ split /\|/ ] } split /\n/, $self->{world}->pg->query($sql) ];
}

# What was committed, in order.
sub _committed
{
	my ($self, $check) = @_;
	my $seq = -1;

	for my $line (split /\n/, $self->{world}->pg->query(<<'SQL'))
SELECT t.seq, t.xid, t.after - '0/0', c.rel, c.op, c.key, c.old_key, c.mark
FROM torture.txn t LEFT JOIN torture.change c USING (xid) ORDER BY t.seq, c.step
SQL
	{
		my @row = split /\|/, $line, -1;

		$check->transaction(@row[ 0 .. 2 ]) if $row[0] != $seq;
		$seq = $row[0];
		$check->change(@row[ 3 .. 7 ]) if length $row[3];
	}
	return;
}

sub _forget
{
	my ($self) = @_;
	my $world = $self->{world};

	$world->pg->query('TRUNCATE torture.txn, torture.change, journal');
	$world->forget_samples;
	return;
}

# ---- the report ---------------------------------------------------------------

sub report
{
	my ($self) = @_;
	my $count = $self->{count};
	my $say = $self->{say};

	$say->('');
	$say->(sprintf '%-24s %5d', $_, $self->{kinds}{$_}) for sort keys %{ $self->{kinds} };
	$say->(sprintf '%-24s %5d in %.0f s', 'faults', $self->{done}, time - $self->{began});
	$say->(
		sprintf 'events %d in %d transactions, lost %d, out of order %d, not committed %d, repeated %d (%d runs, %d wrongly), confirmed too early %d (%d samples, %d of them with offsets)',
		map { $_ // 0 } @$count{qw(events transactions lost order phantom repeats runs repeat flush samples ends)});
	$say->(sprintf 'spool in use in %d samples', $count->{spooled} // 0) if $self->{spool};
	$say->(
		sprintf 'snapshots asked for: %s; rows %d, not as the table was %d, tables that rows and changes do not rebuild: keys %d',
		$self->{snapshots}->report, map { $_ // 0 } @$count{qw(rows row rebuild)})
	  if $self->{snapshots};
	$say->('faults between the first row and the last one of a snapshot: ' . $self->{snapshots}->held_report)
	  if $self->{snapshots} && $self->{snapshots}->held_kinds;
	$say->(sprintf 'longest recovery %.1f s, after %s', @{ $self->{longest} });
	$say->("breach: $_") for @{ $self->{breaches} };
	$say->("again: make torture MODE=$self->{mode}" . ($self->{spool} ? ' SPOOL=on' : '')
		  . ($self->{snapshot} ? " SNAPSHOT=@{[ join ',', @{ $self->{snapshot} } ]}" : '') . " SEED=$self->{seed} FAULTS=$self->{faults}")
	  if @{ $self->{breaches} };
	return;
}

1;
