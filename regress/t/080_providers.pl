# Providers of values: other names of them, what they may read, and that what
# they yield is nowhere to be seen.  Needs neither a server nor a broker.

use strict;
use warnings;

use Test::More;
use Walpost::Shipper;
use Walpost::Test;

my $dir = scratch_dir();
my $n = 0;

delete @ENV{ grep { /^(CONNECT_|BOOTSTRAP_SERVERS|(KEY|VALUE)_CONVERTER)/ } keys %ENV };
mkdir "$dir/open";
mkdir "$dir/closed";
spit("$dir/open/pg.properties", "password=hush1\nport=5433\n");
spit("$dir/open/whole", "hush2\n");
spit("$dir/closed/pg.properties", "password=hush3\n");
symlink("$dir/closed/pg.properties", "$dir/open/link") or die "symlink: $!";

my $worker = spit("$dir/worker.properties", <<'END');
bootstrap.servers=localhost:9092
config.providers=secrets,vars,vault
config.providers.secrets.class=org.apache.kafka.common.config.provider.FileConfigProvider
config.providers.vars.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
config.providers.vars.param.allowlist.pattern=WP_OPEN_.*
config.providers.vault.class=com.example.VaultConfigProvider
END
spit($worker, slurp($worker) . "config.providers.secrets.param.allowed.paths=/nowhere, $dir/open\n");

# "walpost config" of a file with these lines: exit status, output and errors.
sub config
{
	my (@lines) = @_;
	my $file = spit("$dir/connector" . ++$n, join "\n", 'topic.prefix=shop', 'database.hostname=localhost',
		'database.user=ship', 'database.dbname=shop', @lines, '');

	return Walpost::Shipper::command('config', '--worker', $worker, $file);
}

sub refused
{
	my ($value, $pattern, $name) = @_;
	my ($status, $out, $err) = config("database.password=$value");

	is($status, 2, "$name: exit status");
	like($err, qr/^walpost: property "database\.password": $pattern/m, "$name: why");
	unlike($out . $err, qr/hush/, "$name: no secret comes out");
	return;
}

local $ENV{WP_OPEN_NAME} = 'hush4';
local $ENV{WP_CLOSED} = 'hush5';
my ($status, $out, $err) = config(
	"database.password=\${secrets:$dir/open/pg.properties:password}",
	"database.port=\${secrets:$dir/open/pg.properties:port}",
	"database.sslpassword=\${secrets:$dir/open/whole}",
	'producer.override.client.id=${vars:WP_OPEN_NAME}');
is($status, 0, 'providers under other names: exit status') or diag($err);
like($out, qr/^database\.port = \$\{secrets:.*:port\}  \(\S*connector1\)$/m, 'a value is shown as it was given, with its origin');
like($out, qr/^config\.providers\.vars\.param\.allowlist\.pattern = WP_OPEN_\.\*  \(\S*worker\.properties\)$/m, 'settings of the worker, too');
unlike($out . $err, qr/hush/, 'no secret comes out');

refused("\${secrets:$dir/closed/pg.properties:password}", '".*closed.*" is not there, or not below a path', 'a file elsewhere');
refused("\${secrets:$dir/open/../closed/pg.properties:password}", '".*" is not there, or not below a path', 'dots that lead elsewhere');
refused("\${secrets:$dir/open/link:password}", '".*" is not there, or not below a path', 'a link that leads elsewhere');
refused("\${secrets:$dir/open/none:password}", '".*" is not there, or not below a path', 'no such file');
refused('${vars:WP_CLOSED}', 'environment variable "WP_CLOSED" is none that config\.providers\.vars\.param\.allowlist\.pattern allows', 'a variable that is not allowed');
refused('${vault:secret/pg:password}', 'unknown config provider "vault" \(com\.example\.VaultConfigProvider\); file, dir and env are built in', 'a provider that is not here');

# ---- what a worker's list leaves out is not there; without a list those that are built in
my %built_in = (
	file => "\${file:$dir/closed/pg.properties:password}",
	dir => "\${dir:$dir/closed:pg.properties}",
	directory => "\${directory:$dir/closed:pg.properties}",
	env => '${env:WP_CLOSED}');
refused($built_in{$_}, qr/unknown config provider "$_": config\.providers=secrets,vars,vault does not name it; add it there/, "$_, which the worker does not offer")
  for sort keys %built_in;
$worker = spit("$dir/silent.properties", "bootstrap.servers=localhost:9092\n");
for (sort keys %built_in)
{
	($status, undef, $err) = config("database.password=$built_in{$_}");
	is($status, 0, "$_, of a worker that says nothing of providers") or diag($err);
}
spit($worker, "config.providers=\n");
refused($built_in{env}, qr/unknown config provider "env": config\.providers= does not name it/, 'an empty list');
spit($worker, "config.providers=env\n");
($status, undef, $err) = config("database.password=$built_in{env}");
is($status, 0, 'a list of a provider that is built in') or diag($err);

done_testing();
