# The ways into the server that libpq knows, through the connector's properties:
# sslmode in its grades, client certificates, keys with a password, the password
# file, host names and addresses.

use strict;
use warnings;

use Test::More;
use Walpost::Postgres;
use Walpost::Shipper;
use Walpost::Test;

plan skip_all => 'openssl is not there' if system('openssl version >/dev/null 2>&1') != 0;

my $dir = scratch_dir();
my $nobody = bless { port => free_port() }, 'Nobody';
sub Nobody::brokers { return "127.0.0.1:$_[0]{port}"; }

sub openssl
{
	my (@args) = @_;
	my ($status, undef, $err) = run_command([ 'openssl', @args ]);

	die "openssl @args: $err" if $status != 0;
	return;
}

# A certificate for $subject, signed by $dir/$ca.
sub certificate
{
	my ($name, $subject, $ca) = @_;

	openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', "/CN=$subject",
		'-keyout', "$dir/$name.key", '-out', "$dir/$name.csr");
	openssl('x509', '-req', '-days', '2', '-in', "$dir/$name.csr", '-CA', "$dir/$ca.crt",
		'-CAkey', "$dir/$ca.key", '-CAcreateserial', '-out', "$dir/$name.crt");
	chmod 0600, "$dir/$name.key";
	return;
}

for my $ca ('ca', 'other')
{
	openssl('req', '-x509', '-new', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', "/CN=$ca",
		'-keyout', "$dir/$ca.key", '-out', "$dir/$ca.crt");
}
certificate('server', 'localhost', 'ca');
certificate('client', 'certified', 'ca');
openssl('pkcs8', '-topk8', '-v2', 'aes256', '-passout', 'pass:opensesame', '-in', "$dir/client.key", '-out', "$dir/locked.key");
openssl('pkcs8', '-topk8', '-nocrypt', '-outform', 'DER', '-in', "$dir/client.key", '-out', "$dir/client.der");
chmod 0600, "$dir/locked.key", "$dir/client.der";

my $pg = Walpost::Postgres->new(
	conf => "ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\nssl_ca_file = 'ca.crt'\n",
	hba => <<'END');
local all all trust
hostssl all certified 127.0.0.1/32 cert
hostssl all all 127.0.0.1/32 scram-sha-256
hostnossl all plain 127.0.0.1/32 scram-sha-256
END
my $user = server_user();
for my $file ('server.crt', 'server.key', 'ca.crt')
{
	my $to = $pg->data . "/$file";

	spit($to, slurp("$dir/$file"));
	chmod 0600, $to;
	chown((getpwnam($user))[ 2, 3 ], $to) if defined $user;
}
$pg->start;
$pg->query("CREATE ROLE $_ LOGIN REPLICATION PASSWORD 'hush'") for 'certified', 'ship', 'plain';

delete @ENV{ grep { /^PG(?!_CONFIG)/ } keys %ENV };
$ENV{HOME} = $dir;

# Both kinds of connection are made by a check, which gets as far as to try the
# plugin; the publication is there, so that it need not be made.
$pg->query('CREATE PUBLICATION walpost FOR ALL TABLES');

sub attempt
{
	my (%conf) = @_;
	my $ship = Walpost::Shipper->new(pg => $pg, kafka => $nobody,
		conf => { 'bootstrap.servers' => undef, 'database.user' => 'ship', 'database.password' => 'hush', %conf });
	my ($status, $out, $err) = Walpost::Shipper::command('check', $ship->file);

	unlike($out . $err, qr/hush|opensesame/, 'no secret comes out');
	return $out . $err;
}

sub enters
{
	my ($name, %conf) = @_;
	my $said = attempt(%conf);

	like($said, qr/^ok +plugin "walpost" makes a slot/m, $name) or diag($said);
	return;
}

sub refused
{
	my ($name, $pattern, %conf) = @_;

	like(attempt(%conf), qr/^(error +|walpost: )$pattern/m, $name);
	return;
}

# ---- sslmode
enters('prefer finds TLS');
enters('require', 'database.sslmode' => 'require');
refused('disable', 'could not connect .*no pg_hba\.conf entry .*no encryption; check database\.user, and that pg_hba\.conf',
	'database.sslmode' => 'disable');
enters('disable, where that is allowed', 'database.sslmode' => 'disable', 'database.user' => 'plain');
enters('verify-ca', 'database.sslmode' => 'verify-ca', 'database.sslrootcert' => "$dir/ca.crt");
refused('verify-ca, another authority', 'could not connect .*certificate verify failed; check database\.sslrootcert',
	'database.sslmode' => 'verify-ca', 'database.sslrootcert' => "$dir/other.crt");
refused('verify-ca, without a root', 'could not connect .*root certificate file .*; set database\.sslrootcert',
	'database.sslmode' => 'verify-ca');
enters('verify-full', 'database.sslmode' => 'verify-full', 'database.sslrootcert' => "$dir/ca.crt",
	'database.hostname' => 'localhost');
refused('verify-full, another name', 'could not connect .*does not match host name "127\.0\.0\.1"; check database\.hostname',
	'database.sslmode' => 'verify-full', 'database.sslrootcert' => "$dir/ca.crt");

# ---- classes of the JDBC driver
my $ssl = 'org.postgresql.ssl';
mkdir "$dir/.postgresql";
spit("$dir/.postgresql/root.crt", slurp("$dir/other.crt"));
refused('require, with an authority in the user\'s home', 'could not connect .*certificate verify failed', 'database.sslmode' => 'require');
enters('NonValidatingFactory', 'database.sslmode' => 'require', 'database.sslfactory' => "$ssl.NonValidatingFactory");
like(attempt('database.sslmode' => 'verify-full', 'database.sslrootcert' => "$dir/other.crt", 'database.sslfactory' => "$ssl.NonValidatingFactory"),
	qr/^ok +plugin "walpost" makes a slot.*"database\.sslmode" = "verify-full" has no effect .*nothing of the server is verified.*"database\.sslrootcert".* has no effect/ms,
	'NonValidatingFactory, with settings that ask for more');
refused('LibPQFactory', 'could not connect .*certificate verify failed', 'database.sslmode' => 'require', 'database.sslfactory' => "$ssl.LibPQFactory");
enters('SingleCertValidatingFactory', 'database.sslmode' => 'verify-ca', 'database.sslfactory' => "$ssl.SingleCertValidatingFactory",
	'database.sslfactoryarg' => "file:$dir/ca.crt");
refused('SingleCertValidatingFactory, another one', 'could not connect .*certificate verify failed', 'database.sslmode' => 'require',
	'database.sslfactory' => "$ssl.SingleCertValidatingFactory", 'database.sslfactoryarg' => "file:$dir/other.crt");
refused('SingleCertValidatingFactory, a variable', 'bad value "env:CERT" for property "database\.sslfactoryarg"; .* it takes file:PATH',
	'database.sslfactory' => "$ssl.SingleCertValidatingFactory", 'database.sslfactoryarg' => 'env:CERT');
{
	local $ENV{SSL_CERT_FILE} = "$dir/ca.crt";
	enters('DefaultJavaSSLFactory', 'database.sslmode' => 'verify-full', 'database.hostname' => 'localhost',
		'database.sslfactory' => "$ssl.DefaultJavaSSLFactory");
	local $ENV{SSL_CERT_FILE} = "$dir/other.crt";
	refused('DefaultJavaSSLFactory, of others', 'could not connect .*certificate verify failed', 'database.sslmode' => 'require',
		'database.sslfactory' => "$ssl.DefaultJavaSSLFactory");
}
refused('a class of one\'s own', 'value "x\.Factory" of property "database\.sslfactory" .* is not supported: it names a Java class; those of the JDBC driver work',
	'database.sslfactory' => 'x.Factory');
unlink "$dir/.postgresql/root.crt";

# ---- client certificates
my %certified = ('database.user' => 'certified', 'database.password' => undef, 'database.sslmode' => 'require',
	'database.sslcert' => "$dir/client.crt");
enters('a certificate', %certified, 'database.sslkey' => "$dir/client.key");
enters('a key in DER, as the Java driver wants it', %certified, 'database.sslkey' => "$dir/client.der");
enters('a key with a password', %certified, 'database.sslkey' => "$dir/locked.key", 'database.sslpassword' => 'opensesame');
refused('a key with another password', 'could not connect .*private key file .*; check database\.sslkey and database\.sslpassword',
	%certified, 'database.sslkey' => "$dir/locked.key", 'database.sslpassword' => 'opensesam');

# ---- the password from elsewhere
spit("$dir/.pgpass", '*:*:*:ship:hush');
chmod 0600, "$dir/.pgpass";
enters('the password file', 'database.password' => undef);
unlink "$dir/.pgpass";
refused('no password at all', 'could not connect .*no password supplied', 'database.password' => undef);
{
	local $ENV{PGPASSWORD} = 'hush';

	enters('PGPASSWORD', 'database.password' => undef);
}
spit("$dir/secret", "hush\n");
enters('a reference', 'database.password' => "\${file:$dir/secret}");

# ---- the server's address
enters('a socket directory', 'database.hostname' => $pg->host, 'database.password' => undef);
enters('a list of hosts, as libpq takes it', 'database.hostname' => 'nowhere.invalid,127.0.0.1');

done_testing();
