# "make install" puts the right files in place, "make uninstall" takes all of
# them away again, and the extension can be created from them.

use strict;
use warnings;

use File::Find ();
use Test::More;
use Walpost::Postgres;
use Walpost::Test;

my $stage = scratch_dir() . '/stage';

sub make
{
	my ($goal) = @_;
	my ($status, $out, $err) = run_command([ 'make', '-s', '-C', top_dir(), $goal, "DESTDIR=$stage" ]);

	is($status, 0, "make $goal") or diag($out, $err);
	return;
}

# The files below the stage, without the folders they are installed into.
sub staged
{
	my @files;

	File::Find::find(
		{ no_chdir => 1, wanted => sub { push @files, substr($_, length $stage) unless -d $_ } },
		$stage);
	return [ sort @files ];
}

my ($bin, $lib, $share) = map { Walpost::Postgres::pg_config($_) } qw(bindir pkglibdir sharedir);

make('install');
is_deeply(
	staged(),
	[
		sort "$bin/walpost", "$lib/walpost.so",
		"$share/extension/walpost.control", "$share/extension/walpost--0.1.0.sql"
	],
	'the program, the plugin and the extension are installed, nothing else');
make('uninstall');
is_deeply(staged(), [], 'nothing is left');

my $pg = Walpost::Postgres->running;
$pg->query('CREATE EXTENSION walpost');
is($pg->query('SELECT walpost.version()'), '0.1.0', 'the extension is there and knows its version');
$pg->query('DROP EXTENSION walpost');
is($pg->query("SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'walpost'"),
	'0', 'dropped without a trace');

done_testing();
