# The command line: help, version, and what is said about words that make no
# sense.  Needs neither a server nor a broker.

use strict;
use warnings;

use Test::More;
use Walpost::Shipper;
use Walpost::Test;

my @commands = ('run', 'connect', 'status', 'check', 'validate', 'tail', 'config', 'slot list', 'slot create', 'slot drop',
	'slot takeover', 'slot giveback', 'signal', 'snapshot', 'version', 'help');

sub walpost
{
	return Walpost::Shipper::command(@_);
}

# A usage error: exit status 2, one line that says what, the hint.
sub usage_error
{
	my ($args, $pattern) = @_;
	my ($status, $out, $err) = walpost(@$args);
	my $name = join ' ', 'walpost', @$args;

	is($status, 2, "$name: exit status");
	is($out, '', "$name: no output");
	like($err, qr/\Awalpost: $pattern\nTry "walpost help" for more information\.\n\z/,
		"$name: says what is wrong");
	return;
}

# ---- help and version
for my $help ([ 'help' ], [ '--help' ], [ '-h' ])
{
	my ($status, $out, $err) = walpost(@$help);

	is($status, 0, "@$help: exit status");
	is($err, '', "@$help: no errors");
	like($out, qr/^  \Q$_\E /m, "@$help: tells of $_") for @commands;
	is((grep { length > 80 } split /\n/, $out), 0, "@$help: lines fit a terminal");
}

for my $command (@commands)
{
	my ($status, $out) = walpost('help', split / /, $command);
	my (undef, $same) = walpost((split / /, $command), '--help');

	is($status, 0, "help $command: exit status");
	like($out, qr/\AUsage: walpost \Q$command\E\b/, "help $command: usage");
	is($same, $out, "$command --help: the same");
}

for my $version ('version', '--version', '-V')
{
	my ($status, $out) = walpost($version);

	is($status, 0, "$version: exit status");
	like($out, qr/\Awalpost \d+\.\d+\.\d+ \(libpq \S+, librdkafka \S+\)\n\z/, "$version: output");
}

# ---- usage errors
usage_error([], 'a command is missing');
usage_error(['rum'], 'unknown command "rum"');
usage_error(['slot'], 'command "slot" is incomplete; after it comes one of list, create, drop, takeover, giveback');
usage_error([ 'slot', 'throw' ], 'unknown command "slot throw"; .*');
usage_error(['run'], 'run: connector file is missing');
usage_error(['check'], 'check: connector file is missing');
usage_error(['tail'], 'tail: connector file is missing');
usage_error([ 'slot', $_ ], "slot $_: connector file is missing")
  for qw(list create drop takeover);
usage_error([ 'check', 'a', 'b' ], 'check: one argument too many: "b"');
usage_error([ 'version', 'a' ], 'version: one argument too many: "a"');
usage_error([ 'run', '--wroker', 'a' ], 'run: unknown option "--wroker"');
usage_error([ 'run', '-w', 'a' ], 'run: unknown option "-w"');
usage_error([ 'run', '--limit', '1', 'a' ], 'run: unknown option "--limit"');
usage_error([ 'run', 'a', '--worker' ], 'run: option "--worker" needs a value: a file');
usage_error([ 'tail', '--limit', '0', 'a' ],
	'tail: bad value "0" for option "--limit"; it takes a positive integer');
usage_error([ 'tail', '--limit=x', 'a' ],
	'tail: bad value "x" for option "--limit"; it takes a positive integer');
usage_error([ 'config', '--reference=x' ], 'config: option "--reference" takes no value');
usage_error([ 'run', '--log-level', 'loud', 'a' ],
	'run: bad value "loud" for option "--log-level"; it takes error, warn, info, debug or trace');
usage_error([ 'run', '--log-format', 'xml', 'a' ],
	'run: bad value "xml" for option "--log-format"; it takes text or json');

# ---- what looks like an option behind "--" is a file
my ($status, $out, $err) = walpost('check', '--', '--worker');
is($status, 2, 'a file named --worker: exit status');
like($err, qr/could not read connector file "--worker"/, 'a file named --worker');

# ---- errors are one line, of JSON where that is asked for
($status, $out, $err) = walpost('check', '--log-format', 'json', '/nowhere/x.json');
is($status, 2, 'as JSON: exit status');
like($err, qr/\A\{.*could not read connector file.*\}\n\z/, 'as JSON: one line');

# ---- more than one file: a process each, and the errors of all
my $bad = spit(scratch_dir() . '/bad.properties', "database.port=x\n");
($status, $out, $err) = walpost('run', $bad, '/nowhere/y.json');
is($status, 2, 'two bad files: exit status');
like($err, qr/bad value "x" for property "database\.port"/, 'two bad files: the first is reported');
like($err, qr{could not read connector file "/nowhere/y\.json"}, 'two bad files: the second, too');
like($err, qr/^walpost: 2 of 2 connectors could not run/m, 'two bad files: and their number');

done_testing();
