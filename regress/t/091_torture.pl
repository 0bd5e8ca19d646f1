# A short torture, at least once; regress/torture/run is the long one.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../torture";

use Test::More;
use Torture::Short;

Torture::Short::torture(seed => 3);

done_testing();
