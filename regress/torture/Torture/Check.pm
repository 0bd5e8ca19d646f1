# Torture::Check
#    Whether what Kafka holds is what was committed.
#
# Pure: it is told what was committed, what was read and what the slot had
# confirmed at which moments, and finds the breaches.
#
#    lost        a committed change that is nowhere
#    order       a change before one that was committed earlier, in a partition
#    repeat      a change once more: in exactly-once always, in at-least-once
#                unless it stands in a run from a transaction's beginning on
#    phantom     a change that was not committed
#    flush       a change that the slot had confirmed before Kafka had it
#
# and of snapshots, where they are taken, what Torture::Rows says.
#
# A partition is walked with a finger on what is to come next.  A record that
# is not that must be the first one of a transaction in this partition, not
# later than the finger: the finger goes back to it.  Nothing else is allowed.
# So each stretch of records is the committed order itself, and what is lost,
# swapped or torn shows as a jump to a place where none may go.
#
# SPDX-License-Identifier: PostgreSQL
package Torture::Check;

use strict;
use warnings;

use MIME::Base64 ();
use Torture::Entry;
use Walpost::Kafka ();

my $shown = 5;

# mode ("at-least-once" or "exactly-once"), partitions (a hash: topic to
# number), prefix (of topics), rows (a Torture::Rows; without one, no row of a
# snapshot may be there).
sub new
{
	my ($class, %opt) = @_;

	return bless {
		%opt,
		expected => {},      # "topic partition" => entries in committed order
		records => {},       # and in the order of offsets
		ends => {},
		after => {},         # transaction => a position before its commit
		breaches => [],
		count => { map { $_ => 0 } qw(transactions events records rows repeats runs lost order repeat phantom flush row rebuild) },
	}, $class;
}

sub count { return $_[0]{count}; }

# Texts about what is wrong; none is well.
sub breaches { return @{ $_[0]{breaches} }; }

sub _breach
{
	my ($self, $kind, $where, $text) = @_;

	push @{ $self->{breaches} }, "$kind: $where: $text" if $self->{count}{$kind}++ < $shown;
	return;
}

# ---- what was committed -----------------------------------------------------

# A transaction: its number, its xid, a position after the commit before it.
# In the order of numbers.
sub transaction
{
	my ($self, $seq, $xid, $after) = @_;

	die "transaction $seq comes after $self->{last}\n" if defined $self->{last} && $seq != $self->{last} + 1;
	$self->{last} = $seq;
	$self->{count}{transactions}++;
	$self->{xid} = $xid;
	$self->{after}{$seq} = $after;
	$self->{seq_of}{$xid} = $seq;
	return;
}

# A change of that transaction, as torture.change has it.
sub change
{
	my ($self, $rel, $op, $key, $old_key, $mark) = @_;

	if ($rel eq 'message')
	{
		my $content = MIME::Base64::encode_base64($mark, '');
		return $self->_expect('message', 'm', qq({"prefix":"$key"}), $content);
	}
	my ($new, $old) = map { qq({"id":$_}) } $key, $old_key;
	my $gone = sub {
		# the row before a change has the mark where the identity is the whole row
		$self->_expect("public.$rel", 'd', $old, $_[0]);
		$self->_expect("public.$rel", 't', $old, '-');
	};

	return $gone->($rel eq 'whole' ? $mark : '-') if $op eq 'd';
	return $self->_expect("public.$rel", $op, $new, $mark) if $new eq $old;

	# a changed key: the mark before is not noted
	$gone->($rel eq 'whole' ? undef : '-');
	return $self->_expect("public.$rel", 'c', $new, $mark);
}

sub _expect
{
	my ($self, $topic, $op, $key, $mark) = @_;

	push @{ $self->{expected}{ $self->_where($topic, $key) } },
	  [ $op, $op eq 't' ? 0 : $self->{xid}, $key, $mark, $self->{last} ];
	$self->{count}{events}++;
	return;
}

# "topic partition" of a key.
sub _where
{
	my ($self, $topic, $key) = @_;

	$topic = "$self->{prefix}.$topic";
	my $partitions = $self->{partitions}{$topic} // die "topic $topic is not known\n";
	my $partition = $self->{partition_of}{$partitions}{$key} //=
	  Walpost::Kafka::partition_of($key, $partitions);

	return "$topic $partition";
}

# A row that a table has: at the round's beginning ("base"), or at its end ("final").
sub table_row
{
	my ($self, $when, $rel, $id, $mark) = @_;
	my $key = qq({"id":$id});

	$self->{rows}->$when($self->_where("public.$rel", $key), $key, $mark);
	return;
}

# ---- what was read ----------------------------------------------------------

# A line of reader.c.
sub record
{
	my ($self, $line) = @_;
	my ($topic, $partition, $offset, $appended, $op, $txid, $lsn, $mark, $key) = split /\t/, $line, 9;

	if ($offset eq 'end')
	{
		$self->{ends}{"$topic $partition"} = $appended;
		return;
	}
	push @{ $self->{records}{"$topic $partition"} },
	  [ $op, $txid, $key, $mark, $lsn, $offset, $appended ];
	$self->{count}{records}++;
	return;
}

# Where each partition ended: what to read from next time.
sub ends { return $_[0]{ends}; }

# ---- the walk ---------------------------------------------------------------

# Looks at everything, and gathers the breaches.
sub walk
{
	my ($self) = @_;
	my $rows = $self->{rows};
	my %where = map { $_ => 1 } keys %{ $self->{expected} }, keys %{ $self->{records} }, $rows ? keys %{ $rows->{final} } : ();

	$rows->begin($self) if $rows;
	$self->_walk_partition($_, $self->{expected}{$_} // [], $self->{records}{$_} // []) for sort keys %where;
	return !@{ $self->{breaches} };
}

sub _walk_partition
{
	my ($self, $where, $expected, $records) = @_;
	my $held = $self->{held}{$where} = [];    # entry => the first record of it
	my %first;                                # transaction => its first entry here
	my $start = $self->{rows} ? $self->{rows}->start($where, $expected) : 0;
	my ($next, $high) = ($start, $start);     # the finger, and how far it has been
	my ($txid, $lsn) = (0, 0);                # of the record before

	$first{ $expected->[$_][TXID] } //= $_ for $start .. $#$expected;
	delete $first{0};
	for my $record (@$records)
	{
		if ($self->{rows} && $record->[OP] eq 'r')
		{
			my ($kind, $text) = $self->{rows}->wrong($where, $record, $next, $start);

			$self->{count}{rows}++;
			$self->_breach($kind, $where, $text) if defined $kind;
			next;
		}
		my $want = $expected->[$next];

		# a transaction may hold two changes that look alike: its LSNs tell
		# whether it has begun again
		my $again = $txid && $record->[TXID] == $txid && $record->[LSN] < $lsn;

		unless ($want && !$again && is_same_entry($want, $record))
		{
			my $begin = $first{ $record->[TXID] };
			my $found = sprintf '%s at offset %d instead of %s', entry_text($record), $record->[OFFSET], entry_text($want);

			if (defined $begin && $begin < $next && $held->[$begin] && is_same_entry($expected->[$begin], $record))
			{
				$self->{count}{runs}++;
				$self->_breach('repeat', $where, $found) if $self->{mode} eq 'exactly-once';
				$next = $begin;
			}
			else
			{
				$next = $self->_search($where, $expected, $record, $next, $found) // next;
			}
		}
		if ($held->[$next])
		{
			$self->{count}{repeats}++;
		}
		else
		{
			$self->_breach('order', $where, entry_text($record) . " only at offset $record->[OFFSET]") if $next < $high;
			$held->[$next] = $record;
		}
		$next++;
		$high = $next if $next > $high;
		($txid, $lsn) = @$record[ TXID, LSN ] if $record->[TXID];
	}
	$self->_missing($where, $expected, $start, $next, $high);
	if ($self->{rows})
	{
		$self->_breach('rebuild', $where, $_) for $self->{rows}->replay($where, $records);
	}
	return;
}

# The entry of a record that may not stand where it stands: from the finger on,
# else before it; undef where there is none.  What is skipped by a jump forwards
# is found later, and then out of order, or is lost.
sub _search
{
	my ($self, $where, $expected, $record, $next, $found) = @_;
	my $held = $self->{held}{$where};

	for my $place ($next .. $#$expected, reverse 0 .. $next - 1)
	{
		next unless is_same_entry($expected->[$place], $record);
		$self->_breach('repeat', $where, $found) if $held->[$place];
		return $place;
	}
	$self->_breach('phantom', $where, $found);
	return;
}

# What no record was taken for is lost.
sub _missing
{
	my ($self, $where, $expected, $start, $next, $high) = @_;
	my $held = $self->{held}{$where};

	for my $i ($start .. $#$expected)
	{
		$self->_breach('lost', $where, entry_text($expected->[$i]) . " of transaction $expected->[$i][SEQ]")
		  unless defined $held->[$i];
	}

	# an end in the middle of a run that repeats
	$self->_breach('order', $where, 'ends with a repeat that is not whole, before ' . entry_text($expected->[$next]))
	  if $next < @$expected && $high == @$expected;
	return;
}

# ---- the slot ---------------------------------------------------------------

# The samples of sampler.c, in order (hashes: ms, confirmed, ends or undef, and
# base, end and ms2 of the spool): what each had confirmed must have been in
# Kafka before, or in the spool.  $partitions are those of the ends, in their
# order.  Call after walk().
sub confirmed
{
	my ($self, $partitions, $samples) = @_;
	my %index;

	@index{@$partitions} = 0 .. $#$partitions;

	# the first copies of all changes, with the position behind which they are
	# confirmed: that of the next transaction
	my @held;
	for my $where (keys %{ $self->{held} })
	{
		my $expected = $self->{expected}{$where};

		for my $i (0 .. $#$expected)
		{
			my $record = $self->{held}{$where}[$i] // next;
			my $after = $self->{after}{ $expected->[$i][SEQ] + 1 } // next;

			push @held, [ $after, $record, $index{$where}, $where, $expected->[$i] ];
		}
	}
	if ($self->{rows})
	{
		push @held, map { my ($lsn, $record, $where) = @$_; [ $lsn, $record, $index{$where}, $where, $record ] }
		  $self->{rows}->before_slot($self->{records});
	}
	@held = sort { $a->[0] <=> $b->[0] } @held;
	$self->_check_samples(\@held, $samples);
	return;
}

# Whether the spool held all of these changes, which come in order of positions.
sub _all_spooled
{
	my ($sample, $changes) = @_;

	return !@$changes || ($changes->[0][0] > $sample->{base} && $changes->[-1][0] <= $sample->{end});
}

# Takes from these changes those that the spool did not hold, and returns them.
sub _not_spooled
{
	my ($sample, $changes) = @_;
	my (@with, @without);

	push @{ $_->[0] > $sample->{base} && $_->[0] <= $sample->{end} ? \@with : \@without }, $_ for @$changes;
	@$changes = @with;
	return @without;
}

# What was confirmed once stays so: the highest position so far counts for each
# sample.  The ends of partitions were asked for with some samples only.
sub _check_samples
{
	my ($self, $held, $samples) = @_;
	my ($at, $confirmed) = (0, 0);
	my (@coming, @unseen);    # confirmed: not in Kafka by then, not seen there yet

	for my $sample (@$samples)
	{
		my $ends = $sample->{ends};

		$confirmed = $sample->{confirmed} if $sample->{confirmed} > $confirmed;
		for (; $at < @$held && $held->[$at][0] <= $confirmed; $at++)
		{
			push @coming, $held->[$at];
			push @unseen, $held->[$at];
		}

		unless (_all_spooled($sample, \@coming))
		{
			@coming = grep { $_->[1][APPENDED] > $sample->{ms} } @coming;

			# a spool that was removed a moment later had been delivered
			for my $change (grep { $_->[1][APPENDED] > $sample->{ms2} } _not_spooled($sample, \@coming))
			{
				$self->_breach('flush', $change->[3],
					entry_text($change->[4]) . " was confirmed at $sample->{ms}, and appended at $change->[1][APPENDED]");
			}
		}
		next if !$ends || _all_spooled($sample, \@unseen);
		@unseen = grep { $_->[1][OFFSET] >= $ends->[ $_->[2] ] } @unseen;
		for my $change (_not_spooled($sample, \@unseen))
		{
			$self->_breach('flush', $change->[3],
				entry_text($change->[4]) . " was confirmed at $sample->{ms}, when the partition ended at $ends->[ $change->[2] ]");
		}
	}
	return;
}

1;
