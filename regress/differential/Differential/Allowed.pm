# Differential::Allowed
#    The differences that may be, and why: one a line, a scenario's name and a
#    field's path (topic/field, the topic without its prefix) as globs, and the
#    reason.
#
# SPDX-License-Identifier: PostgreSQL
package Differential::Allowed;

use strict;
use warnings;

use Walpost::Test;

# Reads the list.
sub new
{
	my ($class, $file) = @_;
	my @lines;

	for my $line (grep { /\S/ && !/^#/ } split /\n/, slurp($file))
	{
		my ($scenario, $path, $reason) = split /\s+/, $line, 3;

		die "$file: no reason: $line\n" unless defined $reason && length $reason;
		push @lines, { scenario => _glob($scenario), path => _glob($path), text => $line, used => 0 };
	}
	return bless { lines => \@lines }, $class;
}

# "*" stands for anything, "?" for one character, all else for itself.
sub _glob
{
	my %wild = ('*' => '.*', '?' => '.');
	my $pattern = join '', map { $wild{$_} // quotemeta } split //, $_[0];

	return qr/^$pattern$/;
}

# May a field differ in a scenario?
sub allows
{
	my ($self, $scenario, $path) = @_;

	for my $line (@{ $self->{lines} })
	{
		next unless $scenario =~ $line->{scenario} && $path =~ $line->{path};
		$line->{used}++;
		return 1;
	}
	return 0;
}

# Lines that allowed nothing so far.
sub unused
{
	my ($self) = @_;

	return map { $_->{text} } grep { !$_->{used} } @{ $self->{lines} };
}

1;
