# The REST interface of "walpost connect" beside a recording of Kafka Connect's: the
# same calls, the same status codes and the same JSON, but for the differences that
# rest/allowed.txt lists with their reasons.

use strict;
use warnings;

use JSON::PP ();
use Test::More;
use Walpost::Answers;
use Walpost::Http;
use Walpost::Kafka;
use Walpost::Postgres;
use Walpost::Test;
use Walpost::Worker;

my $codec = JSON::PP->new->utf8->canonical->allow_nonref;
my $kafka = Walpost::Kafka->shared;
my $pg = Walpost::Postgres->running;
my $worker = Walpost::Worker->running(kafka => $kafka, env => { ADVERTISED_HOST_NAME => '127.0.0.1', ADVERTISED_PORT => '8083' });

$pg->query('CREATE DATABASE shop');
$pg->query($_, 'shop')
  for 'CREATE EXTENSION walpost', 'CREATE TABLE items (id int PRIMARY KEY)', 'INSERT INTO items VALUES (1)', 'CREATE ROLE weak LOGIN';
my $secrets = spit(scratch_dir() . '/db.properties', "user=postgres\npassword=x\n");

# What is recorded: a list of {call, method, path, sent, status, location, answer}.
sub recorded
{
	my ($text) = @_;
	my (@calls, %seen);

	for my $part (split /^### /m, $text)
	{
		my ($request, @lines) = split /\n/, $part;
		my $sent = @lines && $lines[0] =~ /^> (.*)/ ? (shift @lines, $1)[1] : undef;

		next if !@lines || $lines[0] !~ /^(\d+)(?: Location: (\S+))?$/;
		my ($method, $path) = split / /, $request;
		push @calls,
		  {
			call => "$request" . (++$seen{$request} > 1 ? " #$seen{$request}" : ''),
			method => $method,
			path => $path,
			sent => $sent,
			status => $1,
			location => $2,
			answer => $lines[1] ? $codec->decode($lines[1]) : undef,
		  };
	}
	return @calls;
}

my %allowed = %{ answers_allowed(top_dir() . '/regress/rest/allowed.txt') };

# What an answer differs in, undef when in nothing (but what is allowed).
sub difference
{
	my ($want, $code, $answer, $headers, $may) = @_;
	my $copy = $codec->decode($codec->encode($want->{answer}));
	my $body = 1;

	return "status $code, not " . ($may->{status} // $want->{status}) if $code != ($may->{status} // $want->{status});
	return 'Location ' . ($headers->{location} // '(none)')
	  if $code == 201 && ($headers->{location} // '') ne ($want->{location} // '');
	return 'no JSON' if defined $answer && ($headers->{'content-type'} // '') ne 'application/json';
	if (defined $may->{message})
	{
		my $message = ref $answer eq 'HASH' ? $answer->{message} : '';

		return "message: $message" if index($message, $may->{message}) < 0;
		return if $may->{status};
		delete $answer->{message};
		delete $copy->{message};
	}
	for my $field (@{ $may->{fields} // [] })
	{
		return if $field eq 'body';
		answers_without($_, $field) for $answer, $copy;
	}
	my ($got, $expected) = map { $codec->encode($_) } $answer, $copy;
	return $got eq $expected ? undef : "$got\n# not:  $expected";
}

# Values of the recording that are another server's.
my $text = slurp(top_dir() . '/regress/rest/recorded.txt');
my $port = $pg->port;
$text =~ s/"5544"/"$port"/g;
$text =~ s{/secrets/db\.properties}{$secrets}g;
my @calls = recorded($text);
cmp_ok(scalar @calls, '>=', 50, 'calls were recorded');

for my $want (@calls)
{
	my $may = $allowed{ $want->{call} };
	my ($plain, $different);

	# a state that comes is waited for
	repeat_until(
		sub {
			my ($code, $answer, $headers) = request_json($want->{method}, $worker->url($want->{path}), body => $want->{sent});

			$plain = difference($want, $code, $codec->decode($codec->encode($answer)), $headers, {});
			$different = difference($want, $code, $answer, $headers, $may // {});
			return !defined $different || $want->{method} ne 'GET';
		},
		20);
	ok(!defined $different, $want->{call}) or diag("# got:  $different");
	next if !defined $may;
	ok(defined $plain, "$want->{call}: it does differ, as rest/allowed.txt says");
	delete $allowed{ $want->{call} };
}
is_deeply([ keys %allowed ], [], 'rest/allowed.txt names no other calls');

# ---- what was not recorded
my $config = (grep { $_->{method} eq 'POST' && $_->{status} eq '201' } @calls)[0]{sent};
my ($code, $answer, $headers) = $worker->call('PUT', '/connectors/shop/config', $config);
is($code, 201, 'a file of {"name", "config"} may be PUT');
is($answer->{config}{'topic.prefix'}, 'shop', 'and is taken for its config');
($code, $answer) = $worker->call('PUT', '/connectors/other/config', $config);
is($code, 400, 'but not under another name');
is(($worker->call('GET', '/connectors/shop/'))[0], 200, 'a slash at the end is no other path');
is(($worker->call('POST', '/connectors/shop/config', {}))[0], 405, 'another method');
is(($worker->call('GET', '/connectors/shop/tasks/7/status'))[0], 404, 'another task');
is(($worker->call('PUT', '/connectors/none/pause'))[0], 404, "nobody's pause");
is((request('GET', $worker->url('/connectors'), curl => ['--head']))[0], 200, 'HEAD');
($code, $answer) = $worker->call('PUT', '/connectors/a%2Fb/config', {});
like($answer->{message}, qr{\QConnector config {name=a/b} contains no connector type\E}, 'a name is decoded');

# ---- secrets of a validation
my %given = %{ JSON::PP::decode_json($config)->{config} };
($code, $answer) = $worker->call('PUT', '/connector-plugins/PostgresConnector/config/validate',
	{ %given, name => 'v', 'database.password' => 'quite secret' });
is($code, 200, 'validate');
my %value = map { ($_->{value}{name} => $_->{value}) } @{ $answer->{configs} };
is($value{'database.password'}{value}, '[hidden]', 'a password is hidden');
is($value{'database.user'}{value}, "\${file:$secrets:user}", 'what a provider would resolve is not resolved');
cmp_ok(scalar keys %value, '>=', 165, 'every property is there');
is($answer->{error_count}, 0, 'nothing is wrong') or diag(explain([ grep { @{ $_->{errors} } } values %value ]));
($code, $answer) = $worker->call('PUT', '/connector-plugins/PostgresConnector/config/validate',
	{ %given, name => 'v', 'database.port' => 'x', 'snapshot.mode' => 'no_data' });
%value = map { ($_->{value}{name} => $_->{value}) } @{ $answer->{configs} };
is_deeply($value{'database.port'}{errors}, ['Invalid value x for configuration database.port: Not a number of type INT'], 'a number is one');
($code, $answer) = $worker->call('PUT', '/connector-plugins/PostgresConnector/config/validate',
	{ %given, name => 'v', 'database.user' => '${file:/nowhere:user}' });
like(join(' ', map { @{ $_->{value}{errors} } } @{ $answer->{configs} }), qr{/nowhere}, "a provider's file that is missing");

is($worker->stop, 0, 'a clean end');
done_testing();
