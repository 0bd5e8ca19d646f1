# What a process has used, read from /proc.
#
# SPDX-License-Identifier: PostgreSQL
package Bench::Proc;

use strict;
use warnings;

use Exporter 'import';
use POSIX ();

our @EXPORT_OK = qw(cpu_seconds peak_rss_mib);

my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());

# User and system time of a process, all its threads, those that ended included.
sub cpu_seconds
{
	my ($pid) = @_;

	open my $f, '<', "/proc/$pid/stat" or die "could not read /proc/$pid/stat: $!\n";
	my $line = <$f>;

	# The name in parentheses may hold anything; count fields from behind it.
	my @fields = split ' ', substr($line, rindex($line, ')') + 2);
	return ($fields[11] + $fields[12]) / $ticks;
}

# The most memory that it ever had resident.
sub peak_rss_mib
{
	my ($pid) = @_;

	open my $f, '<', "/proc/$pid/status" or die "could not read /proc/$pid/status: $!\n";
	while (my $line = <$f>)
	{
		return $1 / 1024 if $line =~ /^VmHWM:\s+(\d+) kB/;
	}
	die "/proc/$pid/status has no VmHWM\n";
}

1;
