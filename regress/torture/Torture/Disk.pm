# Torture::Disk
#    A disk that may get full: a small file system of its own.
#
# SPDX-License-Identifier: PostgreSQL
package Torture::Disk;

use strict;
use warnings;

use Walpost::Test;

# More than is ever needed.
my $whole = '4g';

# Its path, or undef where we may not mount one.
sub mount
{
	my ($name) = @_;
	my $path = scratch_dir() . "/$name";

	mkdir $path;
	return if $> != 0;
	my ($status) = run_command([ 'mount', '-t', 'tmpfs', '-o', "size=$whole", 'torture', $path ]);
	return if $status != 0;
	at_end(sub { run_command([ 'umount', $path ]) });
	return $path;
}

# Leaves it so many bytes, or (undef) all its room again.
sub limit
{
	my ($path, $bytes) = @_;
	my $size = $whole;

	if (defined $bytes)
	{
		my (undef, $used) = run_command([ 'df', '-B1', '--output=used', $path ]);
		$size = ($used =~ /(\d+)\s*$/)[0] + $bytes;
	}
	my ($status) = run_command([ 'mount', '-o', "remount,size=$size", $path ]);
	return $status == 0;
}

1;
