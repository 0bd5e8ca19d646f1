# The same, exactly once.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/../torture";

use Test::More;
use Torture::Short;

Torture::Short::torture(mode => 'exactly-once', seed => 5);

done_testing();
