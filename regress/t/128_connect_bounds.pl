# walpost connect on a fresh broker and under those who mean no good: it is ready at
# once; malformed records of its topics change nothing; connectors do not widen what
# providers may read; bodies in their hundreds are bounded; a URL's password is not told.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Time::HiRes 'time';
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Shipper;
use Walpost::Test;
use Walpost::Worker;

my $codec = JSON::PP->new->utf8->canonical;
my $kafka = Walpost::Kafka->shared;
my $dir = scratch_dir();

# ---- topics that are made: nothing waits for anything else.  A machine that is busy
# may hold up one of the tries; waits that follow from the protocol hold up each.
my $worker;
my $took;
for my $try (1 .. 5)
{
	my $begun;

	$worker->stop if $worker;
	$worker = Walpost::Worker->new(kafka => $kafka, env => { CONNECT_OFFSET_STORAGE_PARTITIONS => 25, CONNECT_STATUS_STORAGE_PARTITIONS => 5 });
	$begun = time;
	$worker->start;
	$worker->wait_ready;
	$took = time - $begun;
	last if $took < 2;
}
cmp_ok($took, '<', 2, 'ready at once where there are no topics yet');
unlike($worker->log, qr/could not read topic/, 'and without complaint');

# ---- records that are none of a worker's
my %left = ('connector.class' => 'org.example.Sink', name => 'left');
my $configs = $worker->topic('configs');
$kafka->write_record($configs, 'connector-left', $codec->encode({ properties => \%left }));
$kafka->write_record($configs, 'target-state-left', '{"state":"PAUSED","state.v2":"STOPPED"}');
wait_until('a connector that is stopped', sub { (($worker->call('GET', '/connectors/left/status'))[1]{connector}{state} // '') eq 'STOPPED' });
$kafka->write_record($configs, 'target-state-left', '{"state":"FLYING"}');
$kafka->write_record($configs, 'connector-left', '{"properties":"none"}');
wait_until('the log to say so', sub { $worker->log =~ /record "connector-left" has no properties and is left alone/ });
like($worker->log, qr/record "target-state-left" has no state that is known and is left alone/, 'a state that nobody knows');
is(($worker->call('GET', '/connectors/left/status'))[1]{connector}{state}, 'STOPPED', 'is stopped still');
is_deeply(($worker->call('GET', '/connectors/left/config'))[1], \%left, 'and what it was');

my ($refusal, $why) = $worker->call('PUT', '/connectors/%ff/config', { 'connector.class' => 'PostgresConnector' });
is($refusal, 400, 'a name that is no UTF-8, which would have no state, is refused');
like($why->{message}, qr/name of a connector must .* be UTF-8/, 'why');

# ---- bodies that do not end, more than there is memory for
my @sockets;
for (1 .. 100)
{
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $worker->port, Proto => 'tcp') or die "no connection: $!";

	local $SIG{PIPE} = 'IGNORE';
	$socket->syswrite("PUT /connectors/x/config HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" . ('x' x 900_000));
	push @sockets, $socket;
}
wait_until('one to be cut off', sub { $worker->log =~ /requests send more than 64 MB at once; one is cut off/ });
is(($worker->call('GET', '/connectors'))[0], 200, 'others are answered');
close $_ for @sockets;
wait_until('bodies to be taken again', sub { ($worker->call('PUT', '/connectors/x/config', { a => 'x' x 500_000 }))[0] == 400 });
is($worker->stop, 0, 'a clean end');

# ---- providers: what the worker says holds
mkdir "$dir/open";
spit("$dir/closed", "x=hush\n");
my $file = spit("$dir/worker.properties", "config.providers.file.param.allowed.paths=$dir/open\n");
my @connector = ('topic.prefix=shop', 'database.hostname=localhost', 'database.user=ship', 'database.dbname=shop');
for my $case (
	[ 'paths of its own', "config.providers.file.param.allowed.paths=$dir", "slot.name=\${file:$dir/closed:x}", qr/not below a path of config\.providers\.file\.param\.allowed\.paths/ ],
	[ 'a provider of its own', 'config.providers.mine.class=FileConfigProvider', "slot.name=\${mine:$dir/closed:x}", qr/unknown config provider "mine"/ ])
{
	my ($what, @more) = @$case;
	my $why = pop @more;
	my ($status, $out, $err) = Walpost::Shipper::command('config', '--worker', $file, spit("$dir/connector.properties", join "\n", @connector, @more, ''));

	is($status, 2, "$what: refused");
	like($err, $why, 'why');
	like($err, qr/property "config\.providers\.\S+" has no effect: the worker says which providers there are/, 'and what was tried');
}
my ($status, $out) = Walpost::Shipper::command('config',
	spit("$dir/connector.properties", join "\n", @connector, 'config.providers.mine.class=FileConfigProvider', "slot.name=\${mine:$dir/closed:x}", ''));
is($status, 0, 'without a worker that says anything a file may');

# ---- the URL of another worker may hold a password
my $away = free_port();
$worker->set_variables(CONNECT_WALPOST_CONNECT_URL => "http://me:hush\@127.0.0.1:$away/");
$worker->start;
$worker->wait_ready;
my ($code, $json) = $worker->call('GET', '/connectors/nobody/status');
is($code, 502, 'the other worker is away');
like($json->{message}, qr{The Connect worker at http://127\.0\.0\.1:$away, }, 'named');
wait_until('the log to say so', sub { $worker->log =~ /does not answer yet/ });
unlike($worker->log . $json->{message}, qr/hush/, 'without its password');
is($worker->stop, 0, 'a clean end');
($status, undef, my $err) = do {
	local $ENV{CONNECT_WALPOST_CONNECT_URL} = 'ftp://me:hush@127.0.0.1';
	local @ENV{qw(BOOTSTRAP_SERVERS CONFIG_STORAGE_TOPIC OFFSET_STORAGE_TOPIC)} = ($kafka->brokers, 'a', 'b');
	Walpost::Shipper::command('connect');
};
is($status, 2, 'a URL that is none');
unlike($err, qr/hush/, 'nor there');

done_testing();
