# Torture::Faults
#    What can be done to the parts, and how often.
#
# A fault is a row: kind, weight, and code that begins it and says in words
# what it did, or returns undef where it cannot be done now.  All chance comes
# from rand(), which the run seeds.
#
# SPDX-License-Identifier: PostgreSQL
package Torture::Faults;

use strict;
use warnings;

use Time::HiRes qw(time);
use Torture::Disk ();

# Stops a process for a while.
sub _freeze
{
	my ($world, $pid, $longest) = @_;

	return unless $pid;
	my $seconds = _between(0.1, $longest);

	kill 'STOP', $pid;
	$world->later($seconds, sub { kill 'CONT', $pid });
	return sprintf 'for %.1f s', $seconds;
}

sub _between
{
	my ($low, $high) = @_;

	return $low + rand($high - $low);
}

sub _ms
{
	return int(1000 * _between(@_));
}

# Faults of a connection through a proxy.
sub _cut
{
	my ($link) = @_;

	return sub {
		my ($world) = @_;
		my $bytes = int(exp(_between(0, log(200000))));
		my ($up, $down) = rand() < 0.5 ? ($bytes, -1) : (-1, $bytes);

		$world->order($link, "cut $up $down");
		return "after $bytes more bytes " . ($up > 0 ? 'sent' : 'received');
	};
}

sub _trouble
{
	my ($link, $order, $low, $high, $more) = @_;

	return sub {
		my ($world) = @_;
		my $ms = _ms($low, $high);

		$world->order($link, join ' ', $order, $ms, $more ? $more->() : ());
		$world->later($ms / 1000, sub { });
		return "for $ms ms";
	};
}

sub _slow_bytes
{
	return int(exp(_between(0, log(5000))));
}

# Runs a query that may fail: the server may be away.
sub _ask
{
	my ($world, $sql) = @_;

	return unless $world->answers;
	return eval { $world->pg->query("SET statement_timeout = '2s'; $sql") };
}

sub _full_spool
{
	my ($world) = @_;
	my $disk = $world->{spool_disk} // return;
	my $room = int(rand(64)) * 8192;
	my $seconds = _between(0.5, 5);

	Torture::Disk::limit($disk, $room) or return;
	$world->later($seconds, sub { Torture::Disk::limit($disk, undef) });
	return sprintf '%d bytes left for %.1f s', $room, $seconds;
}

sub _full_disk
{
	my ($world) = @_;
	my $disk = $world->{disk} // return;

	return if $world->{broker} ne 'up';
	my $room = int(rand(16)) * 8192;
	my $seconds = _between(0.5, 1.5);

	Torture::Disk::limit($disk, $room) or return;
	$world->excuse_broker(time + $seconds);
	$world->later($seconds, sub { Torture::Disk::limit($disk, undef) });
	return sprintf '%d bytes left for %.1f s', $room, $seconds;
}

my @faults = (
	[ 'shipper killed', 14, sub {
		my $back = _between(0, 0.5);
		return $_[0]->end_shipper('KILL', $back) && sprintf 'back after %.1f s', $back;
	} ],
	[ 'shipper stopped', 3, sub {
		return $_[0]->end_shipper('TERM', 0) && 'started again';
	} ],
	[ 'shipper frozen', 8, sub {
		my ($world) = @_;
		return $world->{shipper} eq 'up' ? _freeze($world, $world->ship->pid, 4) : undef;
	} ],
	[ 'broker killed', 5, sub {
		my $back = _between(0, 0.5);
		return $_[0]->end_broker('KILL', $back) && sprintf 'back after %.1f s', $back;
	} ],
	[ 'broker stopped', 1, sub {
		return $_[0]->end_broker('TERM', 0) && 'started again';
	} ],
	[ 'broker frozen', 6, sub {
		my ($world) = @_;
		return $world->{broker} eq 'up' ? _freeze($world, $world->kafka->{pid}, 3) : undef;
	} ],
	[ 'broker without disk', 2, \&_full_disk ],
	[ 'walsender killed', 8, sub {
		my $pid = $_[0]->walsender // return;
		return kill('KILL', $pid) && 'the server recovers';
	} ],
	[ 'walsender terminated', 8, sub {
		return defined _ask($_[0], 'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots') && 'asked';
	} ],
	[ 'walsender frozen', 6, sub { return _freeze($_[0], scalar $_[0]->walsender, 4) } ],
	[ 'server killed', 5, sub { return $_[0]->end_server('KILL') && 'kill -9' } ],
	[ 'server ended', 5, sub { return $_[0]->end_server('QUIT') && 'immediate' } ],
	[ 'server restarted', 3, sub { return $_[0]->end_server('INT') && 'fast' } ],
	[ 'postmaster frozen', 3, sub {
		my ($world) = @_;
		return unless $world->answers;
		$world->{deaf} = 1;
		$world->later(2, sub { $world->{deaf} = 0 });
		return _freeze($world, $world->pg->pid, 2);
	} ],
	[ 'writers terminated', 3, sub {
		return defined _ask($_[0], q{SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'CALL torture.write%'})
		  && 'asked';
	} ],
	[ 'server link cut', 12, _cut('server') ],
	[ 'server link stalled', 4, _trouble('server', 'stall', 0.1, 3) ],
	[ 'server link slow', 3, _trouble('server', 'slow', 0.2, 2, \&_slow_bytes) ],
	[ 'server link deaf', 3, _trouble('server', 'swallow', 0.1, 2) ],
	[ 'server link refused', 3, _trouble('server', 'refuse', 0.1, 2) ],
	[ 'broker link cut', 12, _cut('broker') ],
	[ 'broker link stalled', 4, _trouble('broker', 'stall', 0.1, 3) ],
	[ 'broker link slow', 3, _trouble('broker', 'slow', 0.2, 2, \&_slow_bytes) ],
	[ 'broker link deaf', 3, _trouble('broker', 'swallow', 0.1, 2) ],
	[ 'broker link refused', 3, _trouble('broker', 'refuse', 0.1, 2) ],
);

# And with a spool, which is in use while Kafka is away for longer.
my @spool_faults = (
	[ 'broker away', 20, _trouble('broker', 'refuse', 2, 9) ],
	[ 'shipper without power', 20, sub {
		my $back = _between(0, 0.5);
		return $_[0]->lose_power($back) && sprintf 'back after %.1f s', $back;
	} ],
	[ 'spool without disk', 8, \&_full_spool ],
);

# A process of the server that reads rows, if there is one now.
sub _reader
{
	my ($world) = @_;

	return _ask($world, <<'SQL') || undef;
SELECT pid FROM pg_stat_activity
WHERE backend_type = 'client backend' AND application_name = 'walpost' AND query ~ 'walpost[.](snapshot|chunk)'
ORDER BY state = 'active' DESC LIMIT 1
SQL
}

# And while snapshots are taken.
my @snapshot_faults = (
	[ 'snapshot asked for', 16, sub { return $_[0]{snapshots}->ask } ],
	[ 'snapshots paused', 5, sub { return $_[0]{snapshots}->pause(_between(0.1, 2)) } ],
	[ 'reader killed', 8, sub {
		my $pid = _reader($_[0]) // return;
		return kill('KILL', $pid) && 'the server recovers';
	} ],
	[ 'reader terminated', 10, sub {
		my $pid = _reader($_[0]) // return;
		return defined _ask($_[0], "SELECT pg_terminate_backend($pid)") && 'asked';
	} ],
	[ 'adder killed', 8, sub {
		my $pid = $_[0]->adder // return;
		return kill('KILL', $pid) && 'its connector begins again';
	} ],
	[ 'table rewritten', 6, sub {
		my $table = ('plain', 'whole', 'stock')[ rand 3 ];
		return defined _ask($_[0], "SET lock_timeout = '200ms'; VACUUM FULL $table") && $table;
	} ],
	[ 'server link braked', 16, _trouble('server', 'slow', 0.5, 3, sub { 2048 }) ],
);

# What cannot be done here, and why.
sub missing
{
	my ($world) = @_;
	my @missing = ('clock steps: they would step the clock of the whole machine');

	push @missing, 'full disks: they need the right to mount (root)' unless defined $world->{disk};
	return @missing;
}

# Begins a fault by chance; returns its kind and what it did.
sub begin
{
	my ($world) = @_;
	my @all = (@faults, $world->{spool} ? @spool_faults : (), $world->{snapshots} ? @snapshot_faults : ());
	my $sum = 0;

	$sum += $_->[1] for @all;
	for (;;)
	{
		my $roll = rand($sum);

		for my $fault (@all)
		{
			next if ($roll -= $fault->[1]) >= 0;
			my $did = $fault->[2]->($world);
			return ($fault->[0], $did) if $did;
			last;
		}
	}
}

1;
