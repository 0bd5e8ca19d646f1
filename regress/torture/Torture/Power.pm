# Torture::Power
#    What a loss of power leaves of the files of a spool.
#
# SPDX-License-Identifier: PostgreSQL
package Torture::Power;

use strict;
use warnings;

use Walpost::Test;

# Of what was written behind the last sync (powercut.c has noted which) a part is
# left, as it was or not; a file that was never synced is gone; one that was removed
# may be back.
sub damage
{
	my ($folder, $sync_log) = @_;
	my %synced = map { split } split /\n/, -e $sync_log ? slurp($sync_log) : '';

	for my $file (glob "$folder/*.segment")
	{
		my ($inode, $size) = (stat $file)[ 1, 7 ];
		my $safe = $synced{$inode} // 0;

		if ($safe == 0)
		{
			unlink $file;
			next;
		}
		next if $size <= $safe;
		my $left = int rand($size - $safe + 1);

		truncate $file, $safe + $left;
		_garble($file, $safe, $left) if rand() < 0.5;
	}

	# removals last in the order in which they were made
	my @gone = sort glob "$folder/*.gone";
	my $last = int rand(@gone + 1);

	unlink @gone[ 0 .. $last - 1 ];
	rename $_, s/\.gone$//r for @gone[ $last .. $#gone ];
	return;
}

sub _garble
{
	my ($file, $from, $len) = @_;

	open my $fh, '+<:raw', $file or die "could not open \"$file\": $!\n";
	seek $fh, $from, 0;
	print $fh rand() < 0.5 ? "\0" x $len : join '', map { chr int rand 256 } 1 .. $len;
	close $fh;
	return;
}

1;
