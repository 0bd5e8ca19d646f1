# Differential::Recording
#    What Debezium wrote in a scenario, as a file that people can read and diff.
#
# One line for each thing, by its first word:
#
#	  of SHA           the scenario's SQL and properties
#	  topic NAME       what follows is in this topic
#	  key [PARTITION JSON]
#	  headers TEXT     of this record and all after it, until other ones
#	  value [JSON]     ends the record
#	  @N JSON          a schema, fields of one, a source block, an end.  "@N" stands for it
#	                   in what follows, "@N(A,B)" for it with A and B in place of "%".
#
# SPDX-License-Identifier: PostgreSQL
package Differential::Recording;

use strict;
use warnings;

use Digest::SHA ();

use Walpost::Test;

# JSON's strings, and objects or arrays with all that is in them; ordinals.
my $string = qr/"(?:[^"\\]++|\\.)*+"/;
my $nested = qr/([\[{](?:[^][{}"]++|$string|(?1))*+[\]}])/;

# How a change's record ends.
my $end = qr/"transaction":null,"op":"\w","ts_ms":now,"ts_us":now,"ts_ns":now/;
my $ordinal = qr/\b[BCLMtx]\d+\b/;

# Where a scenario's recording is.
sub file
{
	my ($name) = @_;

	return top_dir() . "/regress/golden/$name.txt";
}

# What a recording is of: it changes when the scenario does.
sub digest
{
	my (%scenario) = @_;
	my $conf = $scenario{conf};

	return substr Digest::SHA::sha1_hex(join "\0", @scenario{qw(setup stream)}, map { "$_=$conf->{$_}" } sort keys %$conf), 0, 16;
}

# Writes a recording: a hash of topics and their records, rewritten by
# Differential::Normal.
sub save
{
	my ($file, $digest, $topics) = @_;
	my $self = bless { parts => {}, headers => '', text => "of $digest\n" }, __PACKAGE__;

	for my $topic (grep { @{ $topics->{$_} } } sort keys %$topics)
	{
		$self->{text} .= "topic $topic\n";
		$self->_add($_) for @{ $topics->{$topic} };
	}
	return spit($file, $self->{text});
}

sub _add
{
	my ($self, $record) = @_;
	my ($key, $value) = map { defined ? ' ' . $self->_shared($_) : '' } @$record{qw(key value)};

	$self->{text} .= length $key ? "key $record->{partition}$key\n" : "key\n";
	$self->{text} .= "headers $record->{header_text}\n" if $record->{header_text} ne $self->{headers};
	$self->{headers} = $record->{header_text};
	$self->{text} .= "value$value\n";
	return;
}

# A JSON text with what others have, too, by its numbers.
sub _shared
{
	my ($self, $text) = @_;

	$text =~ s/^\{"schema":\K$nested/$self->_schema($1)/e;
	$text =~ s/"source":\K$nested/$self->_source($1)/e;
	return $text =~ s/($end)(?=\}+$)/$self->_part($1)/er;
}

sub _schema
{
	my ($self, $text) = @_;

	return $self->_part(substr($text, 0, 1) . (substr($text, 1) =~ s/"fields":\K$nested/$self->_schema($1)/ger));
}

# A source block: all of a table are the same but for ordinals.
sub _source
{
	my ($self, $text) = @_;

	return $text if $text =~ /%/;
	my @ordinals = $text =~ /$ordinal/g;
	return $self->_part($text =~ s/$ordinal/%/gr) . '(' . join(',', @ordinals) . ')';
}

# The number of a text that others share, after a line about it if it is new.
sub _part
{
	my ($self, $text) = @_;
	my $number = $self->{parts}{$text};

	return "\@$number" if defined $number;
	$number = $self->{parts}{$text} = 1 + keys %{ $self->{parts} };
	$self->{text} .= "\@$number $text\n";
	return "\@$number";
}

# What "@N" and its ordinals stand for.
sub _filled
{
	my ($text, $ordinals) = @_;
	my @ordinals = split /,/, $ordinals // '';

	return defined $ordinals ? $text =~ s/%/shift @ordinals/ger : $text;
}

# Reads a recording; returns what digest() said of it, and a hash of topics.
sub load
{
	my ($file) = @_;
	my ($digest, $records, $headers, %topics, %record, @parts) = ('', [], '');
	my $whole = sub { $_[0] =~ s/($string)|\@(\d+)(?:\((.*?)\))?/$1 \/\/ _filled($parts[$2], $3)/ger };
	my %words = (
		of => sub { ($digest) = @_ },
		topic => sub { $records = $topics{ $_[0] } = [] },
		headers => sub { ($headers) = @_ },
		key => sub { @record{qw(partition key)} = length $_[0] ? split(/ /, $_[0], 2) : () },
		value => sub {
			my ($key, $value) = map { defined && length ? $whole->($_) : undef } $record{key}, $_[0];

			push @$records,
			  { partition => $record{partition}, offset => scalar @$records, key => $key, value => $value, header_text => $headers };
		},
	);

	for my $line (split /\n/, slurp($file))
	{
		my ($word, $rest) = split / /, $line, 2;

		if ($word =~ /^\@(\d+)$/) { $parts[$1] = $whole->($rest); }
		else { ($words{$word} // die "$file is no recording: $line\n")->($rest // ''); }
	}
	return ($digest, \%topics);
}

1;
