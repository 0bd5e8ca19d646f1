# The same, while snapshots are taken.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../torture";

use Test::More;
use Torture::Short;
use Torture::Snapshots;

Torture::Short::torture(snapshot => Torture::Snapshots::kinds('initial,incremental,add,blocking,new,resumable'), seed => 7, faults => 12, round => 2, seconds => 600);

done_testing();
