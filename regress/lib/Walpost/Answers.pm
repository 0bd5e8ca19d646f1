# Walpost::Answers
#    Answers of two REST interfaces beside each other, and what they may differ in.
#
# SPDX-License-Identifier: PostgreSQL
package Walpost::Answers;

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use Test::More;
use Walpost::Test;

our @EXPORT = qw(answers_allowed answers_compare answers_of_script answers_without);

my $codec = JSON::PP->new->utf8->canonical->allow_nonref;

# A file of lines "CALL | what differs | why": a hash of calls, each with status
# (it has this one), message (it holds this text) and fields (left out).
sub answers_allowed
{
	my ($file) = @_;
	my %allowed;

	for (split /\n/, slurp($file))
	{
		my ($call, $what, $why) = /^([A-Z]+ .*?) \| (.*) \| (\S.*)$/ or next;

		$allowed{$call}{message} = $1 if $what =~ s/ ?message~(.*)$//;
		$allowed{$call}{status} = $1 if $what =~ s/status=(\d+) ?//;
		$allowed{$call}{fields} = [ split / /, $what ];
	}
	return \%allowed;
}

# Takes a field (a path with dots; "*" is each member) out of a structure.
sub answers_without
{
	my ($json, $field) = @_;
	my ($first, $rest) = split /\./, $field, 2;
	my @next =
	    ref $json eq 'ARRAY' ? ($first eq '*' ? @$json : $json->[$first])
	  : ref $json eq 'HASH' ? ($first eq '*' ? values %$json : $json->{$first})
	  : ();

	if (defined $rest)
	{
		answers_without($_, $rest) for grep { ref } @next;
	}
	elsif (ref $json eq 'HASH')
	{
		delete $json->{$first};
	}
	return;
}

# Sorts the lists of texts, which are sets to Connect.
sub _sort_sets
{
	my ($json) = @_;

	_sort_sets($_) for grep { ref } ref $json eq 'ARRAY' ? @$json : ref $json eq 'HASH' ? values %$json : ();
	@$json = sort @$json if ref $json eq 'ARRAY' && !grep { ref || !defined } @$json;
	return;
}

# What a script printed: "### CALL", the answer, its status.  A call that was made
# before gets " #2" and so on.
sub answers_of_script
{
	my ($text) = @_;
	my (@answers, %seen);

	for my $part (grep { length } split /^### /m, $text)
	{
		my ($call, @lines) = split /\n/, $part;
		my $status = pop @lines;

		$call .= ' #' . $seen{$call} if ++$seen{$call} > 1;
		push @answers, { call => $call, status => $status, answer => scalar eval { $codec->decode(join "\n", @lines) } };
	}
	return @answers;
}

# Tests one's answers against the other's.  Each difference that is allowed has to
# be there.
sub answers_compare
{
	my ($expected, $got, $allowed) = @_;
	my %left = %$allowed;

	for my $i (0 .. $#$expected)
	{
		my ($want, $have) = ($expected->[$i], $got->[$i]);
		my $may = delete $left{ $want->{call} } // {};
		my @texts = map { $codec->encode($_->{answer}) } $want, $have;
		my ($a, $b) = map { $codec->decode($_) } @texts;

		isnt("$want->{status} $texts[0]", "$have->{status} $texts[1]", "$want->{call}: it does differ, as allowed.txt says") if %$may;
		is($have->{status}, $may->{status} // $want->{status}, "$want->{call}: its status");
		if (defined $may->{message})
		{
			like($b->{message}, qr/\Q$may->{message}\E/, "$want->{call}: its message");
			delete $_->{message} for grep { ref eq 'HASH' } $a, $b;
		}
		next if $may->{status} || grep { $_ eq 'body' } @{ $may->{fields} // [] };
		for my $field (@{ $may->{fields} // [] })
		{
			answers_without($_, $field) for $a, $b;
		}
		_sort_sets($_) for $a, $b;
		is_deeply($b, $a, "$want->{call}: its answer");
	}
	is_deeply([ sort keys %left ], [], 'allowed.txt names no other calls');
	return;
}

1;
