# The same, while snapshots of each kind are taken.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../torture";

use Test::More;
use Torture::Short;
use Torture::Snapshots;

Torture::Short::torture(snapshot => Torture::Snapshots::kinds('on'), seed => 7, faults => 10, round => 2, seconds => 600);

done_testing();
