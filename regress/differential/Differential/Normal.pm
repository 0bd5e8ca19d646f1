# Differential::Normal
#    Records without what is another in each run: positions, transaction ids
#    and times become ordinals, so that a recording can be compared with a run.
#
# Nothing is taken for one of these by its place alone: a number that is none
# that the server or the clock can have given in this run stays as it is, and so
# does a time whose units disagree.  What is long becomes its digest.
#
# SPDX-License-Identifier: PostgreSQL
package Differential::Normal;

use strict;
use warnings;

use Digest::SHA ();

use Differential::Compare ();
use Differential::Json ();

# Longer texts become digests, and flat arrays and objects of more values.
my $long = 600;
my $many = 60;

my $string = qr/"(?:[^"\\]++|\\.)*+"/;
my $scalar = qr/(?:$string|[-+.\w]++)/;
my $item = qr/(?:$scalar|\{$string:$scalar(?:,$string:$scalar)*+\})/;
my $list = qr/\[$item(?:,$item){$many,}+\]|\{$string:$scalar(?:,$string:$scalar){$many,}+\}/;

# A Java object by its address, as Debezium prints what it cannot.
my $address = qr/(?:\bio\.debezium\.[\w.\$]+|\[L[\w.]+;)@\K[0-9a-f]+/;

# What becomes of fields by their names, the last in a path.  Each returns the
# field's new text, or undef; what an ordinal is to be of stands between \x01,
# after the letter of its kind.
#
# Positions are of four kinds.  Where one record ends the next one starts, unless
# there is a page's header between them, or a record that concerns nobody: so the
# end of a transaction or message is not told apart from, or taken for, the start
# of what comes next.
my %kinds = (
	lsn => \&_position,
	sequence => \&_sequence,
	txId => sub { $_[0]->_marked('x', $_[1]) },
	xmin => sub { $_[1] =~ /^\d+$/ ? 'xmin' : undef },
	id => \&_id,
	timestamp => \&_moment,
	runId => sub { 'run' },
	map { $_ => \&_time } qw(ts_ms ts_us ts_ns));

# Rewrites the records of a hash of topics, and puts them in the order in which
# they are compared.  within is what the run may have counted: a hash of lsn,
# xid and time (microseconds), each with the first and the last.
sub normal
{
	my ($topics, $within) = @_;
	my $self = bless { within => $within, committed => {} }, __PACKAGE__;
	my %normal = map {
		$_ => [ map { { %$_ } } Differential::Compare::in_order(@{ $topics->{$_} }) ]
	} keys %$topics;
	my @records = map { @$_ } values %normal;

	# the records of transactions after those that tell their times
	$self->_mark($_) for sort { _is_status($a) <=> _is_status($b) } @records;
	_number(@records);
	return \%normal;
}

sub _is_status
{
	return ($_[0]{value} // '') =~ /"status":"(?:BEGIN|END)"/ ? 1 : 0;
}

# Shortens a record, and marks what is to become ordinals.
sub _mark
{
	my ($self, $record) = @_;
	my @parts = grep { defined $record->{$_} } qw(key value);
	my %leaves;

	for my $part (@parts)
	{
		$record->{$part} = Differential::Json::readable($record->{$part});
		$record->{$part} =~ s/($list)|($string)/defined $1 ? _digest_of_list($1) : _digest_of_text($2)/ge;
		$record->{$part} =~ s/"data_collections":\[\K(\{.*?\})(?=\])/_in_any_order($1)/e if $record->{$part} =~ s/$address/address/g;
		Differential::Json::leaves($part, $record->{$part}, $leaves{$part} = []);
	}
	my %about = map { @$_[ 0, 1 ] } map { @$_ } values %leaves;

	for my $part (@parts)
	{
		for my $leaf (reverse @{ $leaves{$part} })
		{
			my $text = $self->_new_text(@$leaf[ 0, 1 ], \%about) // next;

			substr $record->{$part}, $leaf->[2], length $leaf->[1], $text;
		}
	}
	$record->{header_text} = join ',', map { "$_->[0]=" . ($self->_new_text(@$_, \%about) // $_->[1]) } Differential::Compare::headers($record);
	return;
}

# Objects that Debezium has sorted by an address.
sub _in_any_order
{
	my ($objects) = @_;

	return join ',', sort $objects =~ /\{[^{}]*\}/g;
}

sub _digest_of_list
{
	my ($text) = @_;
	my $count = () = $text =~ /$item(?=[,\]}])/g;

	return sprintf '"(%d values, %d bytes, SHA-256 %s)"', $count, length $text, _sha($text);
}

sub _digest_of_text
{
	my ($text) = @_;

	return $text if length $text <= $long;
	my ($start) = $text =~ /^"((?:\\u.{4}|\\.|[\x00-\x7f]|[\xc0-\xff][\x80-\xbf]*+){40})/;
	return sprintf '"%s... (%d bytes, SHA-256 %s)"', $start, length($text) - 2, _sha($text);
}

sub _sha
{
	return substr Digest::SHA::sha256_hex($_[0]), 0, 32;
}

# What stands for a field's text, undef if the text is to stay.
sub _new_text
{
	my ($self, $path, $text, $about) = @_;
	my ($name) = $path =~ /(?:[._]|^)(ts_[mun]s|[^._]+)$/ or return;
	my $kind = $kinds{$name} // return;

	return $kind->($self, $text, $path, $about);
}

# Can this run have counted a number?
sub _is_within
{
	my ($self, $what, $number) = @_;
	my ($first, $last) = @{ $self->{within}{$what} };

	return $number =~ /^\d+$/ && $number >= $first && $number <= $last;
}

# A number with the letter of its kind, undef if it is none of this run.
sub _marked
{
	my ($self, $letter, $number) = @_;

	return $self->_is_within($letter eq 'x' ? 'xid' : 'lsn', $number) ? "\x01$letter$number\x01" : undef;
}

# A row that a snapshot read.
sub _is_read
{
	return ($_[0]{'value.op'} // '') eq '"r"';
}

# Of changes, the start; of messages, the end; of rows, the snapshot's point.
sub _letter
{
	my ($about) = @_;

	return 'S' if _is_read($about);
	return exists $about->{'value.message.prefix'} ? 'M' : 'L';
}

sub _position
{
	my ($self, $text, undef, $about) = @_;

	return $self->_marked(_letter($about), $text);
}

# The end of the last transaction, and the position.
sub _sequence
{
	my ($self, $text, undef, $about) = @_;
	my @letters = ('C', _letter($about));

	$text =~ s/(null|\d+)/$self->_marked(shift @letters \/\/ '', $1) \/\/ $1/ge;
	return $text;
}

# Of a notification, or of a transaction.
sub _id
{
	my ($self, $text, $path, $about) = @_;

	return $self->_transaction($text, $path, $about) unless _is_notice($about);
	return Differential::Compare::is_uuid($text) ? '"made"' : undef;
}

# When a notification was made.
sub _moment
{
	my ($self, $text, undef, $about) = @_;

	return _is_notice($about) && $self->_is_within('time', "${text}000") ? 'now' : undef;
}

sub _is_notice
{
	return exists $_[0]{'value.aggregate_type'};
}

# "xid:lsn", of a record's own position, or of a transaction's start or end.
sub _transaction
{
	my ($self, $text, $path, $about) = @_;
	my ($xid, $lsn) = $text =~ /^"(\d+):(\d+)"$/ or return;
	my $letter = { '"BEGIN"' => 'B', '"END"' => 'C' }->{ $about->{'value.status'} // '' } // _letter($about);

	$xid = $self->_marked('x', $xid) // return;
	return "\"$xid:" . ($self->_marked($letter, $lsn) // $lsn) . '"';
}

# The time of a commit, in each unit, is known by its microseconds; any other
# time is some time of the run.
sub _time
{
	my ($self, $text, $path, $about) = @_;
	my ($stem, $unit) = $path =~ /(.*)([mun]s)$/;
	my $per_us = { ms => 0.001, us => 1, ns => 1000 }->{$unit};

	return unless $self->_is_within('time', $text =~ /^\d+$/ ? int($text / $per_us) : '');
	return 'now' if _is_read($about);
	my $us = $self->_committed("${stem}us", $about) // return 'now';
	my %same = (ms => substr($us, 0, -3), us => $us, ns => "${us}000");
	return $text eq $same{$unit} ? "\x01t$us\x01" : undef;
}

# The microseconds of the commit that a field tells of, if it does: the source's
# own, or what a record about the same transaction has said.
sub _committed
{
	my ($self, $path, $about) = @_;
	my ($xid) = ($about->{'value.id'} // '') =~ /^"(\d+):/;

	return defined $xid ? $self->{committed}{$xid} : undef if $path !~ /source/;
	$self->{committed}{ $about->{'value.source.txId'} // '' } = $about->{$path};
	return $about->{$path};
}

# Puts ordinals in the places of marks.
sub _number
{
	my (@records) = @_;
	my @texts = map { \@$_{qw(key value header_text)} } @records;
	my %numbers;

	for my $text (grep { defined $$_ } @texts)
	{
		$numbers{$1}{$2} = 1 while $$text =~ /\x01(\w)(\d+)\x01/g;
	}
	for my $of_kind (values %numbers)
	{
		my $ordinal = 0;

		$of_kind->{$_} = ++$ordinal for sort { $a <=> $b } keys %$of_kind;
	}
	for my $text (grep { defined $$_ } @texts)
	{
		$$text =~ s/\x01(\w)(\d+)\x01/$1$numbers{$1}{$2}/g;
	}
	return;
}

1;
