# Torture::Rows
#    Whether the rows of snapshots are those that the tables had.
#
# Pure, and part of a check (Torture::Check), which has what was committed and what
# was read.  It is told besides what the tables held when the round began, and when
# it ended.
#
#    row         a row of a snapshot that is not what the stream, up to this place of
#                the partition, says of it: stale, or ahead.  Of an initial snapshot:
#                that is not what the table had at the snapshot's point
#    rebuild     what rows and changes make of a table is not the table
#    repeat      exactly-once: a row more often than a snapshot was asked for
#
# The stream of a fresh topic begins with a snapshot: what was committed up to its
# point is not in it.
#
# SPDX-License-Identifier: PostgreSQL
package Torture::Rows;

use strict;
use warnings;

use List::Util qw(first max min);
use Torture::Entry;

# fresh (a hash of topics), initial (1: the snapshot is one, and the last one that
# was begun counts), rebuilt (a hash of the topics that hold a whole table), once
# (how often a row may come, undef: as often as it likes).
sub new
{
	my ($class, %opt) = @_;

	return bless {
		%opt,
		base => {},      # "topic partition" => key => mark
		final => {},     # the same, in the end
		states => {},    # "topic partition" => key => [place, transaction, mark]...
		start => {},     # topic => number of the first transaction that is streamed
		cut => {},       # LSN => number of the last transaction that a snapshot there has
		times => {},
	}, $class;
}

# A row that was there when the round began; when it ended.
sub base
{
	my ($self, $where, $key, $mark) = @_;

	$self->{base}{$where}{$key} = $mark;
	return;
}

sub final
{
	my ($self, $where, $key, $mark) = @_;

	$self->{final}{$where}{$key} = $mark;
	return;
}

sub _topic
{
	return (split / /, $_[0])[0];
}

# ---- what a row was when ------------------------------------------------------

sub _note_states
{
	my ($self, $where, $expected) = @_;
	my $states = $self->{states}{$where} = {};

	while (my ($key, $mark) = each %{ $self->{base}{$where} // {} })
	{
		push @{ $states->{$key} }, [ -1, 0, $mark ];
	}
	for my $i (0 .. $#$expected)
	{
		my $entry = $expected->[$i];

		push @{ $states->{ $entry->[KEY] } }, [ $i, $entry->[SEQ], $entry->[OP] eq 'd' ? undef : $entry->[MARK] ]
		  if $entry->[OP] =~ /[cud]/;
	}
	return;
}

# The mark of a row as of the changes before a place; undef: there was none.
sub _before_place
{
	my ($self, $where, $key, $place) = @_;
	my $state = first { $_->[0] < $place } reverse @{ $self->{states}{$where}{$key} // [] };

	return $state && $state->[2];
}

# And as of a transaction.
sub _as_of
{
	my ($self, $where, $key, $seq) = @_;
	my $state = first { $_->[1] <= $seq } reverse @{ $self->{states}{$where}{$key} // [] };

	return $state && $state->[2];
}

sub _is_mark
{
	my ($mark, $record) = @_;

	return defined $mark && $mark eq $record->[MARK];
}

# ---- where snapshots are, and where streams begin ---------------------------------

# Looks at everything.  Of the check: expected and records by "topic partition", after
# and seq_of.
sub begin
{
	my ($self, $check) = @_;
	my (%rows, %streamed);    # topic => LSN => rows; topic => its first transaction

	$self->_note_states($_, $check->{expected}{$_} // []) for keys %{ $check->{expected} }, keys %{ $self->{base} };
	for my $where (keys %{ $check->{records} })
	{
		my $topic = $self->{initial} ? 'all' : _topic($where);

		next unless $self->{initial} || $self->{fresh}{$topic};
		for my $record (@{ $check->{records}{$where} })
		{
			my $seq = $check->{seq_of}{ $record->[TXID] };

			if ($record->[OP] eq 'r')
			{
				push @{ $rows{$topic}{ $record->[LSN] } }, [ $where, $record ];
			}
			elsif (defined $seq)
			{
				$streamed{$topic} = $seq if $seq < ($streamed{$topic} // 9e18);
			}
		}
	}
	for my $topic (keys %rows)
	{
		$self->_find_start($check, $topic, $rows{$topic}, $streamed{$topic} // 9e18);
	}

	# a topic without rows begins with the others at the latest
	for my $topic (grep { !$rows{$_} } keys %{ $self->{fresh} })
	{
		$self->{start}{$topic} = min(values %{ $self->{start} }, values %streamed) // 0;
	}
	return;
}

# The last transaction that began to commit before this LSN; it, and only it, may
# have done so after it.
sub _last_before
{
	my ($check, $lsn) = @_;

	return max(0, grep { $check->{after}{$_} <= $lsn } keys %{ $check->{after} });
}

# The stream begins after the last initial snapshot, or the first one of a new table.
sub _find_start
{
	my ($self, $check, $topic, $rows, $streamed) = @_;
	my $counts = $self->{initial} ? max(keys %$rows) : min(keys %$rows);

	for my $lsn (keys %$rows)
	{
		my $last = _last_before($check, $lsn);
		my ($with, $without) = map {
			my $seq = $_;
			scalar grep { !_is_mark($self->_as_of($_->[0], $_->[1][KEY], $seq), $_->[1]) } @{ $rows->{$lsn} };
		} $last, $last - 1;

		$self->{cut}{$lsn} = $without < $with ? $last - 1 : $last;
	}
	my $last = _last_before($check, $counts);

	$self->{cut}{$counts} = $streamed <= $last ? $last - 1 : $last;
	$self->{start}{$topic} = $self->{initial} ? $self->{cut}{$counts} + 1 : min($streamed, $last + 1);
	$self->{point} = $counts;
	return;
}

# The place of the first change that is to be in the stream.
sub start
{
	my ($self, $where, $expected) = @_;
	my $seq = $self->{start}{ $self->{initial} ? 'all' : _topic($where) } // return 0;

	return first { $_ == @$expected || $expected->[$_][SEQ] >= $seq } 0 .. @$expected;
}

# ---- the rows ---------------------------------------------------------------------

# What is wrong with a row before the change at $next: a kind and a text, or nothing.
sub wrong
{
	my ($self, $where, $record, $next, $start) = @_;
	my $times = ++$self->{times}{$where}{ $record->[KEY] };
	my $mark =
	  $self->{initial}
	  ? $self->_as_of($where, $record->[KEY], $self->{cut}{ $record->[LSN] })
	  : $self->_before_place($where, $record->[KEY], $next);
	my @wrong =
		!_is_mark($mark, $record) ? ('row', 'is ' . (defined $mark ? "mark $mark" : 'not there') . ' by then')
	  : $self->{initial} && $next > $start ? ('row', 'comes after changes')
	  : defined $self->{once} && $times > $self->{once} ? ('repeat', "comes for the $times. time")
	  : return;

	return ($wrong[0], sprintf '%s at offset %d, LSN %s, %s', entry_text($record), @$record[ OFFSET, LSN ], $wrong[1]);
}

# The rows that must be in Kafka before the slot is there: [LSN, record, where]...
sub before_slot
{
	my ($self, $records) = @_;
	my @rows;

	return unless $self->{initial} && defined $self->{point};
	for my $where (keys %$records)
	{
		push @rows, map { [ $self->{point}, $_, $where ] } grep { $_->[OP] eq 'r' && $_->[LSN] == $self->{point} } @{ $records->{$where} };
	}
	return @rows;
}

# What is wrong with what the records of a partition make of a table: texts.
sub replay
{
	my ($self, $where, $records) = @_;
	my (%state, @wrong);
	my $final = $self->{final}{$where} // {};

	return unless $self->{rebuilt}{ _topic($where) };
	for my $record (@$records)
	{
		my $key = $record->[KEY];

		# a snapshot that was given up may have rows that are gone since
		next if $record->[OP] eq 'r' && $self->{initial} && $record->[LSN] != $self->{point};
		delete $state{$key};
		$state{$key} = $record->[MARK] if $record->[OP] =~ /[rcu]/;
	}
	for my $key (keys %{ { %state, %$final } })
	{
		my ($have, $want) = map { $_ // 'nothing' } $state{$key}, $final->{$key};

		push @wrong, "$key is $have, and $want in the table" if $have ne $want;
	}
	return sort @wrong;
}

1;
