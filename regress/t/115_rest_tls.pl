# TLS on the REST interface: stores in PEM, PKCS #12 and in the settings themselves,
# client certificates, several listeners; and what is refused, in words.

use strict;
use warnings;

use Test::More;
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Shipper;
use Walpost::Test;
use Walpost::Worker;

my $dir = scratch_dir() . '/tls';
mkdir $dir;

sub openssl
{
	my ($status, $out, $err) = run_command([ 'openssl', @_ ]);

	die "openssl @_ failed:\n$err" if $status != 0;
	return;
}

# A key and a certificate of an authority's, or (issuer undef) an authority.
sub certify
{
	my ($name, $subject, $issuer, $usage) = @_;

	openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', "/CN=$subject",
		'-keyout', "$dir/$name.key", '-out', "$dir/$name.csr");
	spit("$dir/$name.ext", $issuer ? "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=$usage\n" : "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n");
	openssl('x509', '-req', '-in', "$dir/$name.csr", '-days', '30', '-extfile', "$dir/$name.ext", '-out', "$dir/$name.crt",
		$issuer ? ('-CA', "$dir/$issuer.crt", '-CAkey', "$dir/$issuer.key", '-CAcreateserial') : ('-signkey', "$dir/$name.key"));
	return;
}

certify('ca', 'the authority');
certify('other', 'another authority');
certify('server', 'localhost', 'ca', 'serverAuth');
certify('client', 'anna', 'ca', 'clientAuth');
certify('stranger', 'otto', 'other', 'clientAuth');
openssl('pkcs12', '-export', '-inkey', "$dir/server.key", '-in', "$dir/server.crt", '-certfile', "$dir/ca.crt",
	'-passout', 'pass:grün secret', '-out', "$dir/server.p12");
openssl('pkcs12', '-export', '-nokeys', '-in', "$dir/ca.crt", '-passout', 'pass:trust', '-out', "$dir/trust.p12");
openssl('pkcs8', '-topk8', '-in', "$dir/server.key", '-passout', 'pass:quiet', '-out', "$dir/locked.key");
spit("$dir/server.pem", slurp("$dir/server.key") . slurp("$dir/server.crt"));
spit("$dir/locked.pem", slurp("$dir/locked.key") . slurp("$dir/server.crt"));
spit("$dir/mixed.pem", slurp("$dir/client.key") . slurp("$dir/server.crt"));
spit("$dir/store.jks", "\xFE\xED\xFE\xED\0\0\0\2\0\0\0\0");

# ---- what is refused
sub refused
{
	my (%set) = @_;
	my %env = map { ('CONNECT_' . uc(s/\./_/gr) => $set{$_}) } keys %set;
	local %ENV = (PATH => $ENV{PATH}, BOOTSTRAP_SERVERS => 'x:1', CONFIG_STORAGE_TOPIC => 'c', OFFSET_STORAGE_TOPIC => 'o',
		CONNECT_LISTENERS => 'https://127.0.0.1:0', %env);
	my ($status, undef, $err) = Walpost::Shipper::command('connect');

	return ($status, (split /\n/, $err)[-1]);
}

my $keystore = 'listeners.https.ssl.keystore.location';
my @wrong = (
	[ {}, qr/needs a key and its certificate; set listeners\.https\.ssl\.keystore\.location/ ],
	[ { $keystore => "$dir/nothing" }, qr/could not read ".*nothing"/ ],
	[ { $keystore => "$dir/store.jks" }, qr/keytool -importkeystore -srckeystore ".*store\.jks" .* -deststoretype PKCS12/ ],
	[ { $keystore => "$dir/server.csr" }, qr/could not read ".*server\.csr"/ ],
	[ { $keystore => "$dir/server.ext" }, qr/is neither PEM nor PKCS #12/ ],
	[ { $keystore => "$dir/mixed.pem" }, qr/first certificate is not that of the key/ ],
	[ { $keystore => "$dir/server.crt" }, qr/could not read ".*server\.crt"/ ],
	[ { $keystore => "$dir/server.p12" }, qr/set its password if it has one/ ],
	[ { $keystore => "$dir/server.p12", 'listeners.https.ssl.keystore.password' => 'wrong' }, qr/check the file and its password/ ],
	[ { $keystore => "$dir/locked.pem", 'listeners.https.ssl.key.password' => 'wrong' }, qr/check the file and its password/ ],
	[ { $keystore => "$dir/server.pem", 'listeners.https.ssl.client.auth' => 'required' }, qr/set ssl\.truststore\.location/ ],
	[ { $keystore => "$dir/server.pem", 'listeners.https.ssl.client.auth' => 'maybe' }, qr/takes none, requested or required/ ],
	[ { $keystore => "$dir/server.pem", 'listeners.https.ssl.enabled.protocols' => 'TLSv1,TLSv1.1' }, qr/neither TLSv1\.2 nor TLSv1\.3/ ],
	[ { $keystore => "$dir/server.pem", 'rest.advertised.listener' => 'http' }, qr/has none of that kind/ ],
	[ { 'listeners.https.ssl.client.auth' => 'none', 'ssl.keystore.location' => "$dir/server.pem" }, qr/needs a key/ ],
	[ { 'listeners' => 'ftp://:21' }, qr/bad listener "ftp:\/\/:21"/ ]);
for my $case (@wrong)
{
	my ($status, $line) = refused(%{ $case->[0] });

	is($status, 2, join(', ', map { "$_=" . $case->[0]{$_} =~ s{.*/}{}r } sort keys %{ $case->[0] }) . ': exit status');
	like($line, $case->[1], 'and message');
}

# ---- what works
my $kafka = Walpost::Kafka->shared;
my @ca = ('--cacert', "$dir/ca.crt");
my @anna = ('--cert', "$dir/client.crt", '--key', "$dir/client.key");
my @otto = ('--cert', "$dir/stranger.crt", '--key', "$dir/stranger.key");

# A worker with a plain listener and one with TLS; returns it and the latter's URL.
sub worker
{
	my (%set) = @_;
	my ($plain, $tls) = (free_port(), free_port());
	my $worker = Walpost::Worker->running(
		kafka => $kafka,
		port => $plain,
		env => {
			CONNECT_LISTENERS => "http://127.0.0.1:$plain, HTTPS://127.0.0.1:$tls",
			map { ('CONNECT_' . uc(s/\./_/gr) => $set{$_}) } keys %set });

	return ($worker, "https://127.0.0.1:$tls");
}

sub status
{
	my ($url, @curl) = @_;

	return (request('GET', "$url/connectors", curl => \@curl))[0];
}

my ($worker, $url) = worker($keystore => "$dir/server.pem");
is(status($url, @ca), 200, 'a PEM store');
is(status($url), 0, 'whose certificate is that of its authority');
is(status($url, @ca, '--tlsv1.2', '--tls-max', '1.2'), 200, 'TLS 1.2');
is(status($url, @ca, '--tlsv1.3'), 200, 'TLS 1.3');
is(status($url, @ca, '--tls-max', '1.1', '--ciphers', 'DEFAULT@SECLEVEL=0'), 0, 'nothing older');
is(status($url =~ s/https/http/r), 0, 'no plain text at that port');
is(status($worker->url), 200, 'and the plain listener beside it');
is((request('PUT', "$url/connectors/x/config", body => '{"connector.class": "x", "y": "' . ('z' x 600_000) . '"}', curl => \@ca))[0], 400, 'a large body');
is($worker->stop, 0, 'a clean end');

($worker, $url) = worker($keystore => "$dir/server.p12", 'listeners.https.ssl.keystore.type' => 'PKCS12',
	'listeners.https.ssl.keystore.password' => 'grün secret', 'listeners.https.ssl.client.auth' => 'required',
	'listeners.https.ssl.truststore.location' => "$dir/trust.p12", 'listeners.https.ssl.truststore.password' => 'trust',
	'listeners.https.ssl.enabled.protocols' => 'TLSv1.2', 'rest.advertised.listener' => 'https');
is(status($url, @ca, @anna), 200, 'PKCS #12, and a client with a certificate');
is(status($url, @ca), 0, 'none without');
is(status($url, @ca, @otto), 0, "nor with somebody else's");
is(status($url, @ca, @anna, '--tlsv1.3'), 0, 'TLS 1.3 was not enabled');
unlike($worker->log, qr/secret/, 'no password in the log');
is($worker->stop, 0, 'a clean end');

($worker, $url) = worker('ssl.keystore.key' => slurp("$dir/locked.key"), 'ssl.keystore.certificate.chain' => slurp("$dir/server.crt"),
	'ssl.key.password' => 'quiet', 'ssl.client.auth' => 'requested', 'ssl.truststore.certificates' => slurp("$dir/ca.crt"),
	'ssl.keystore.type' => 'PEM', 'ssl.truststore.type' => 'PEM');
is(status($url, @ca), 200, 'PEM in the settings; a certificate is asked for, but need not come');
is(status($url, @ca, @anna), 200, 'one that does is looked at:');
is(status($url, @ca, @otto), 0, 'it must be good');
is(status($url, @ca, @anna, '--tlsv1.2', '--tls-max', '1.2'), 200, 'as with TLS 1.2');
is(status($url, @ca, @otto, '--tlsv1.2', '--tls-max', '1.2'), 0, 'nor there');
is($worker->stop, 0, 'a clean end');

done_testing();
