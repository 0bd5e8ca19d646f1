# Walpost::Load
#    A load whose changes can be told apart, and the check that they arrived.
#
# Two tables with a thousand rows each are updated in turn.  "straight" has a
# topic of one partition and a change number that counts on through all its
# rows, so its topic shows gaps, repeats and where a repeat began.  "spread"
# has a topic of three and a version per row, so it shows the order per key.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Load;

use strict;
use warnings;

use Test::More;
use Walpost::Test;

my $number = 0;

# Makes the tables and the topic of one partition.  pg, kafka, and prefix (of
# topics) are required.
sub new
{
	my ($class, %opt) = @_;
	my $self = bless { %opt, changes => 0 }, $class;

	$opt{pg}->query(<<'EOF');
CREATE TABLE straight (id int PRIMARY KEY, seq bigint, version int, pad text);
CREATE TABLE spread (LIKE straight INCLUDING ALL);
INSERT INTO straight SELECT g, 0, 0, repeat('x', 100) FROM generate_series(0, 999) g;
INSERT INTO spread TABLE straight;
EOF
	$opt{kafka}->create_topic("$opt{prefix}.public.straight", partitions => 1);
	return $self;
}

# What a connector for this load must say.
sub conf
{
	return ('topic.creation.default.partitions' => 3);
}

# Starts to write $transactions transactions of $size changes, half of them to
# each table, with a pause (seconds) after each.  Returns psql's process id.
sub start
{
	my ($self, $transactions, $size, $pause) = @_;
	my $half = $size / 2;
	my $first = $self->{changes};

	$self->{half} = $half;
	$self->{changes} += $transactions * $half;
	return $self->{pid} = $self->{pg}->query_in_background(<<"EOF", log_file('load' . ++$number));
DO \$\$
DECLARE
	change bigint := $first;
BEGIN
	FOR txn IN 1..$transactions LOOP
		FOR i IN 1..$half LOOP
			change := change + 1;
			UPDATE straight SET seq = change, version = version + 1 WHERE id = change % 1000;
			UPDATE spread SET seq = change, version = version + 1 WHERE id = change % 1000;
		END LOOP;
		COMMIT;
		PERFORM pg_sleep($pause);
	END LOOP;
END
\$\$;
EOF
}

# Does the load still run?
sub is_running
{
	my ($self) = @_;

	return !defined $self->end(-1);
}

# Waits for the load's end; returns psql's exit status.
sub end
{
	my ($self, $timeout) = @_;

	return wait_exit($self->{pid}, $timeout);
}

# Starts the load and waits until all is written.
sub run
{
	my ($self, @how) = @_;

	$self->start(@how);
	my $status = $self->end(300);
	die "the load failed\n" if !defined $status || $status != 0;
	return;
}

# The changes in a table's topic in the order of offsets: [id, seq, version].
sub _changes
{
	my ($self, $table) = @_;

	return map {
		($_->{value} // '') =~ /"after":\{"id":(\d+),"seq":(\d+),"version":(\d+),/
		  ? [ $1, $2, $3 ]
		  : die "not a change of $table: " . substr($_->{value} // 'null', 0, 200) . "\n"
	} $self->{kafka}->read_topic("$self->{prefix}.public.$table");
}

# Tests that every change arrived, in order, and that whatever was sent again
# began with a whole transaction, $repeats times at most.
sub check
{
	my ($self, $what, $repeats) = @_;
	my ($last, $gaps, $jumps, $broken) = (0, 0, 0, 0);

	for my $change ($self->_changes('straight'))
	{
		my $seq = $change->[1];

		if ($seq > $last + 1)
		{
			$gaps++;
		}
		elsif ($seq <= $last)
		{
			$jumps++;
			$broken++ if ($seq - 1) % $self->{half} != 0;
		}
		$last = $seq;
	}
	is($last, $self->{changes}, "$what: the last change arrived");
	is($gaps, 0, "$what: no change is missing");
	cmp_ok($jumps, '<=', $repeats, "$what: changes repeat $repeats times at most");
	is($broken, 0, "$what: a repeat begins with a transaction");

	my (%version, %highest);
	my $order = 0;

	for my $change ($self->_changes('spread'))
	{
		my ($id, undef, $version) = @$change;

		$order++ if $version > ($version{$id} // 0) + 1;
		$order++ if $version <= ($version{$id} // 0) && $repeats == 0;
		$version{$id} = $version;
	}
	is($order, 0, "$what: each row's versions come in order");
	is_deeply([ map { $version{$_} } sort { $a <=> $b } keys %version ],
		[ split /\n/, $self->{pg}->query('SELECT version FROM spread WHERE version > 0 ORDER BY id') ],
		"$what: each row's last version is the table's");
	return;
}

1;
