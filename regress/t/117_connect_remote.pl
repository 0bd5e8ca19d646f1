# walpost.connect.url: a Kafka Connect worker that runs the connectors of other
# classes.  Calls about those are passed on, lists are merged, and what is run here
# needs nobody else.  The other worker is a stand-in that keeps what it was sent.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Test;
use Walpost::Worker;

my $codec = JSON::PP->new->utf8->canonical;
my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $theirs = free_port();
my $requests = scratch_dir() . '/requests';
my $sink = 'org.apache.kafka.connect.file.FileStreamSinkConnector';
my $ours = 'io.debezium.connector.postgresql.PostgresConnector';

# ---- the stand-in: connectors in memory, and answers as Kafka Connect gives them
sub stand_in_answer
{
	my ($connectors, $method, $path, $body) = @_;
	my $sent = $body ne '' ? $codec->decode($body) : undef;

	return (200, [ { class => $sink, type => 'sink', version => '4.3.1' }, { class => $ours, type => 'source', version => '3.7.0.Final' } ])
	  if $path eq '/connector-plugins';
	return (200, { name => $sink, error_count => 0 }) if $path =~ m{^/connector-plugins/FileStreamSink/config/validate$};
	return (200, [ sort keys %$connectors ]) if $path eq '/connectors' && $method eq 'GET';
	return (200, { map { ($_ => { status => { name => $_ } }) } keys %$connectors }) if $path eq '/connectors?expand=status';
	if ($path eq '/connectors' && $method eq 'POST')
	{
		return (409, { error_code => 409, message => "Connector $sent->{name} already exists" }) if $connectors->{ $sent->{name} };
		$connectors->{ $sent->{name} } = $sent->{config};
		return (201, { name => $sent->{name}, config => $sent->{config} }, "http://127.0.0.1:$theirs/connectors/$sent->{name}");
	}
	my ($name, $rest) = $path =~ m{^/connectors/([^/?]+)(.*)$} or return (404, { error_code => 404, message => 'HTTP 404 Not Found' });
	if ($method eq 'PUT' && $rest eq '/config')
	{
		$connectors->{$name} = $sent;
		return (200, { name => $name, config => $sent });
	}
	return (404, { error_code => 404, message => "Connector $name not found" }) if !$connectors->{$name};
	return (202) if $rest eq '/pause';
	if ($method eq 'DELETE' && $rest eq '')
	{
		delete $connectors->{$name};
		return (204);
	}
	return (200, $connectors->{$name}) if $rest eq '/config';
	return (200, { name => $name, rest => "$method $rest" });
}

sub stand_in
{
	my $listen = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', LocalPort => $theirs, ReuseAddr => 1) or die "listen: $!";
	my %connectors;

	while (my $client = $listen->accept)
	{
		my ($head, $body) = ('', '');

		while (defined(my $line = <$client>)) { last if $line eq "\r\n"; $head .= $line; }
		read $client, $body, $1 if $head =~ /^Content-Length: (\d+)/mi;
		my ($method, $path) = $head =~ m{^(\S+) (\S+)};
		open my $fh, '>>', $requests or die;
		print $fh $codec->encode({ head => $head, body => $body }), "\n";
		close $fh;
		my ($code, $json, $location) = stand_in_answer(\%connectors, $method, $path, $body);
		my $text = defined $json ? $codec->encode($json) : '';
		print $client "HTTP/1.1 $code X\r\nContent-Type: application/json\r\n", defined $location ? "location: $location\r\n" : '',
		  'Content-Length: ' . length($text) . "\r\nConnection: close\r\n\r\n$text";
		close $client;
	}
	return;
}

my $stand_in;
sub start_stand_in
{
	defined($stand_in = fork) or die "fork: $!";
	return if $stand_in;
	eval { stand_in() };
	POSIX::_exit(1);
}
require POSIX;
sub stop_stand_in { kill 'KILL', $stand_in; waitpid $stand_in, 0; undef $stand_in; return; }
at_end(sub { stop_stand_in() if $stand_in });

# What the stand-in was sent last.
sub last_request
{
	return $codec->decode((split /\n/, slurp($requests))[-1]);
}

# ---- without it: 400, with what to do
$pg->query('CREATE EXTENSION walpost; CREATE TABLE items (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE items');
my %config = ('connector.class' => $ours, 'database.hostname' => '127.0.0.1', 'database.port' => $pg->port,
	'database.user' => 'postgres', 'database.dbname' => 'postgres', 'topic.prefix' => "r$$", 'publication.name' => 'p');
my %file = ('connector.class' => $sink, 'topics' => 'x', 'file' => '/tmp/x');
my $worker = Walpost::Worker->running(kafka => $kafka);
my ($code, $json) = $worker->call('PUT', '/connectors/file/config', \%file);
is($code, 400, 'another class');
like($json->{message}, qr/which name matches \Q$sink\E.*; register it with a Kafka Connect worker, or let walpost\.connect\.url name one/, 'and what to do');
is($worker->stop, 0, 'a clean end');

# ---- a class that was registered before the swap is in the topic
$kafka->write_record($worker->topic('configs'), 'connector-left', $codec->encode({ properties => { %file, name => 'left' } }));
$worker->{env}{CONNECT_WALPOST_CONNECT_URL} = "http://127.0.0.1:$theirs/";
$worker->start;
$worker->wait_ready;
wait_until('the log to say so', sub { $worker->log =~ /does not answer yet/ });
is(($worker->call('PUT', '/connectors/shop/config', \%config))[0], 201, 'while it is away: ours');
for my $call ([ 'GET', '/connectors' ], [ 'GET', '/connectors/file/status' ], [ 'PUT', '/connectors/file/config', \%file ],
	[ 'GET', '/connector-plugins' ])
{
	($code, $json) = $worker->call(@$call);
	is($code, 502, "$call->[0] $call->[1], while it is away");
	like($json->{message}, qr{The Connect worker at http://127\.0\.0\.1:$theirs, .* does not answer: .*onnect}, 'says so');
}
is(($worker->call('GET', '/connectors/shop/status'))[0], 200, 'ours needs nobody else');

# ---- with it
start_stand_in();
wait_until('the stand-in', sub { (request('GET', "http://127.0.0.1:$theirs/connectors"))[0] == 200 });
my $headers;
($code, $json, $headers) = $worker->call('POST', '/connectors', { name => 'file', config => \%file });
is($code, 201, 'POST of another class');
is($headers->{location}, $worker->url('/connectors/file') =~ s{//[^:]*}{//127.0.0.1}r, 'is at our address');
is_deeply($json, { name => 'file', config => \%file }, 'with its answer');
is(($worker->call('POST', '/connectors', { name => 'file', config => \%file }))[0], 409, 'and its errors');
is(($worker->call('PUT', '/connectors/wrapped/config', { name => 'wrapped', config => \%file }))[0], 200, 'PUT of a file with the wrapper');
is_deeply($codec->decode(last_request()->{body}), \%file, 'which is taken off');
is_deeply((sub { [ sort @{ $_[0] } ] })->(($worker->call('GET', '/connectors'))[1]), [qw(file left shop wrapped)], 'one list');
($code, $json) = $worker->call('GET', '/connectors?expand=status');
is_deeply([ sort keys %$json ], [qw(file left shop wrapped)], 'also expanded');
is($json->{shop}{status}{connector}{state}, 'RUNNING', 'ours from here');
is_deeply($json->{file}, { status => { name => 'file' } }, 'theirs from there');
is_deeply([ map { $_->{class} } @{ ($worker->call('GET', '/connector-plugins'))[1] } ], [ $ours, $sink ], 'plugins of both, each once');
is(($worker->call('PUT', '/connector-plugins/FileStreamSink/config/validate', \%file))[1]{error_count}, 0, 'validated there');
is(($worker->call('PUT', '/connector-plugins/PostgresConnector/config/validate', { name => 'x', %config }))[1]{error_count}, 0, 'and here');
my @theirs = (
	[ 'GET', '/connectors/file', 200, 'GET ' ], [ 'GET', '/connectors/file/status', 200, 'GET /status' ],
	[ 'GET', '/connectors/file/tasks/0/status', 200, 'GET /tasks/0/status' ],
	[ 'POST', '/connectors/file/restart?includeTasks=true&onlyFailed=false', 200, 'POST /restart?includeTasks=true&onlyFailed=false' ],
	[ 'PATCH', '/connectors/file/offsets', 200, 'PATCH /offsets', { offsets => [] } ],
	[ 'PUT', '/connectors/file/topics/reset', 200, 'PUT /topics/reset' ]);
for my $call (@theirs)
{
	my ($method, $path, $status, $rest, $body) = @$call;

	($code, $json) = $worker->call($method, $path, $body);
	is($code, $status, "$method $path: status");
	is($json->{rest}, $rest, 'and answer');
}
is(($worker->call('PUT', '/connectors/file/pause'))[0], 202, 'paused there');
is(($worker->call('GET', '/connectors/f%20ile/status'))[0], 404, 'who is nowhere is not found');
like(last_request()->{head}, qr{^GET /connectors/f%20ile/status HTTP}, 'and was asked for as it came');
request('GET', $worker->url('/connectors/file'), headers => ['Authorization: Basic YTpi']);
like(last_request()->{head}, qr/^Authorization: Basic YTpi\r?$/m, 'who calls is passed on');
($code, $json) = $worker->call('PUT', '/connectors/shop/config', { %file, name => 'shop' });
is($code, 400, 'what runs here is not handed over by another class');
is(($worker->call('GET', '/connectors/shop/config'))[1]{'connector.class'}, $ours, 'and stays');
for my $call ([ 'POST', '/connectors', { name => 'file', config => \%config } ], [ 'PUT', '/connectors/file/config', \%config ])
{
	($code, $json) = $worker->call(@$call);
	is($code, 409, "$call->[0]: a name that is taken there");
	like($json->{message}, qr{^Connector file already exists, with the Connect worker at http://127\.0\.0\.1:$theirs; }, 'says so');
}
($code, $json) = request_json('POST', $worker->url('/connectors'), body => $codec->encode({ name => 'f i', config => { %config, 'tasks.max' => 'x' } }),
	headers => ['Authorization: Basic YTpi']);
is($code, 400, 'one that is not is looked at');
like(last_request()->{head}, qr{^GET /connectors/f%20i HTTP}, 'after it was asked for by its name');
like(last_request()->{head}, qr/^Authorization: Basic YTpi\r?$/m, 'as who calls');
is(($worker->call('DELETE', '/connectors/file'))[0], 204, 'deleted there');
is(($worker->call('GET', '/connectors/file'))[0], 404, 'and gone');
is((request('PUT', $worker->url('/connectors/x/config'), body => $codec->encode(\%file), headers => ['X-Walpost-Forwarded: true']))[0], 400,
	'a call that was passed on once is not passed on again');

# ---- what was left over here goes there when it is registered again
($code, $json) = $worker->call('GET', '/connectors/left/status');
is($json->{connector}{state}, 'FAILED', 'a connector of the swap, of a class that is not run here: FAILED');
like($json->{connector}{trace}, qr/register it with a Connect worker/, 'with what to do');
is(($worker->call('PUT', '/connectors/left/config', \%file))[0], 200, 'done');
is(($worker->call('GET', '/connectors/left/status'))[1]{rest}, 'GET /status', 'it is there now');
is(scalar(grep { $_ eq 'left' } @{ ($worker->call('GET', '/connectors'))[1] }), 1, 'and listed once');
is(($worker->call('DELETE', '/connectors/left'))[0], 204, 'deleted there');
is(($worker->call('DELETE', '/connectors/left'))[0], 204, 'and here');
is(($worker->call('GET', '/connectors/left'))[0], 404, 'and gone');

# ---- together again, by somebody who asked only the other one
is($worker->stop, 0, 'a clean end');
request('PUT', "http://127.0.0.1:$theirs/connectors/shop/config", body => $codec->encode(\%config));
$worker->start;
$worker->wait_ready;
my $hides = qr/connector "shop" is registered with the Connect worker at .*, too, and hides that one here: if the two share topics, both run it/;
wait_until('the log to say so', sub { $worker->log =~ $hides });
is(scalar(grep { $_ eq 'shop' } @{ ($worker->call('GET', '/connectors'))[1] }), 1, 'listed once all the same');
is(($worker->call('GET', '/connectors?expand=status'))[1]{shop}{status}{connector}{state}, 'RUNNING', 'as it is here');
is(scalar(() = $worker->log =~ /$hides/g), 1, 'and said once');
stop_stand_in();
is(($worker->call('GET', '/connectors/wrapped'))[0], 502, 'gone in the middle');
is($worker->stop, 0, 'a clean end');

done_testing();
