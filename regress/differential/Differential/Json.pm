# Differential::Json
#    JSON as the list of its leaves, each with its path and its very text:
#    digits, escapes and the order of fields stay to be compared.
#
# SPDX-License-Identifier: PostgreSQL
package Differential::Json;

use strict;
use warnings;

# Appends [path, text, offset of the text] for each leaf of a JSON text to the
# list; an empty object or array is a leaf.  "payload" is left out of paths where a schema
# stands beside it, so that they are the same with schemas and without.  A text that is no
# JSON is one leaf.
sub leaves
{
	my ($path, $text, $leaves) = @_;
	my $first = @$leaves;

	for ($text)
	{
		next if eval { _whole($path, $leaves); 1 };
		splice @$leaves, $first;
		push @$leaves, [ $path, readable($text), 0 ];
	}
	if ($text =~ /^\{"schema":/)
	{
		$_->[0] =~ s/^\Q$path\E\.payload\b/$path/ for @$leaves[ $first .. $#$leaves ];
	}
	return;
}

# A text that is no JSON, as a converter for bare text or bytes writes it, with
# what is not ASCII in hexadecimal; JSON as it is.
sub readable
{
	my ($text) = @_;

	return '(empty)' if $text eq '';
	for ($text)
	{
		return $_ if eval { _whole('', []); 1 };
	}
	return $text =~ s/([^\x20-\x7e])/sprintf '\\x%02X', ord $1/ger;
}

# All of $_.
sub _whole
{
	my ($path, $leaves) = @_;

	pos = 0;
	_value($path, $leaves);
	/\G\z/gc or die "not JSON: " . substr($_, 0, 200) . "\n";
	return;
}

# The value at pos() of $_.
sub _value
{
	my ($path, $leaves) = @_;

	if (/\G\{/gc)
	{
		return push @$leaves, [ $path, '{}', pos() - 1 ] if /\G\}/gc;
		do
		{
			/\G"((?:[^"\\]++|\\.)*+)":/gc or _broken();
			_value("$path.$1", $leaves);
		} while (/\G,/gc);
		/\G\}/gc or _broken();
	}
	elsif (/\G\[/gc)
	{
		my $index = 0;

		return push @$leaves, [ $path, '[]', pos() - 1 ] if /\G\]/gc;
		do { _value("$path\[" . $index++ . ']', $leaves) } while (/\G,/gc);
		/\G\]/gc or _broken();
	}
	else
	{
		/\G("(?:[^"\\]++|\\.)*+"|[-+.\w]+)/gc or _broken();
		push @$leaves, [ $path, $1, $-[1] ];
	}
	return;
}

sub _broken
{
	die 'not JSON at ' . pos() . ': ' . substr($_, 0, 200) . "\n";
}

1;
