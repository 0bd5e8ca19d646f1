# Walpost::Http
#    HTTP requests as scripts make them, with curl; and the text that Prometheus
#    reads, checked.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Http;

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use Walpost::Test;

our @EXPORT = qw(parse_metrics request request_json);

# A request; returns status (0: no answer), body, and headers as a hash of
# lower-case names.  opt: body, headers (a list of "Name: value"), curl (more
# arguments).
sub request
{
	my ($method, $url, %opt) = @_;
	my @body = defined $opt{body} ? ('--data-binary', '@-', '-H', 'Content-Type: application/json') : ();
	my ($status, $out) = run_command(
		[
			'curl', '-sS', '-i', '-X', $method, '-m', 20, '-H', 'Expect:',
			@body, (map { ('-H', $_) } @{ $opt{headers} // [] }), @{ $opt{curl} // [] }, $url
		],
		$opt{body});
	my ($head, $text) = split /\r\n\r\n/, $out, 2;
	my ($code) = ($head // '') =~ m{\AHTTP/\S+ (\d+)};
	my %headers = map { /^([^:]+):\s*(.*)$/ ? (lc $1 => $2) : () } split /\r\n/, $head // '';

	return ($code // 0, $text // '', \%headers);
}

# The same, with the body decoded (undef when it is no JSON).
sub request_json
{
	my ($method, $url, %opt) = @_;
	my ($code, $text, $headers) = request($method, $url,
		%opt, (ref $opt{body} ? (body => JSON::PP->new->utf8->canonical->encode($opt{body})) : ()));

	return ($code, scalar eval { JSON::PP->new->utf8->allow_nonref->decode($text) }, $headers);
}

# What promtool checks: each line is a comment or a sample, a name has one TYPE,
# before its samples, which stand together and differ in their labels.  Returns
# the values by 'name{labels}', and the list of what is wrong.
sub parse_metrics
{
	my ($text) = @_;
	my (%value, %type, %closed, @wrong);
	my $open = '';

	push @wrong, 'no newline at the end' if $text !~ /\n\z/;
	for my $line (split /\n/, $text)
	{
		if ($line =~ /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) \S.*$/)
		{
			push @wrong, "HELP behind its samples: $line" if $closed{$1} || $type{$1};
		}
		elsif ($line =~ /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/)
		{
			push @wrong, "another TYPE: $line" if $type{$1}++;
		}
		elsif ($line =~ /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9.]+(?:e[-+]?\d+)?|[-+]?Inf|NaN)$/)
		{
			my ($name, $labels, $number) = ($1, $3 // '', $4);

			push @wrong, "no TYPE: $line" if !$type{$name};
			push @wrong, "apart from its like: $line" if $name ne $open && $closed{$name};
			push @wrong, "twice: $line" if exists $value{"$name\{$labels\}"};
			$closed{$open} = 1 if $open ne $name;
			$open = $name;
			$value{"$name\{$labels\}"} = $number;
		}
		else
		{
			push @wrong, "no sample: $line";
		}
	}
	return (\%value, @wrong);
}

1;
