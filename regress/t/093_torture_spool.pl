# The same, with a spool.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../torture";

use Test::More;
use Torture::Short;

Torture::Short::torture(spool => 1, seed => 41);

done_testing();
