# Torture::Entry
#    What of an entry is what: of a change that was committed, or of a record that
#    was read.
#
# Both are lists.  A committed change has the number of its transaction where a
# record has its LSN, and no place in a partition.
#
# SPDX-License-Identifier: PostgreSQL
package Torture::Entry;

use strict;
use warnings;

use Exporter 'import';
our @EXPORT = qw(OP TXID KEY MARK SEQ LSN OFFSET APPENDED entry_text is_same_entry);

use constant {
	OP => 0,
	TXID => 1,
	KEY => 2,
	MARK => 3,
	SEQ => 4,
	LSN => 4,
	OFFSET => 5,
	APPENDED => 6,
};

# Whether this record is that change.
sub is_same_entry
{
	my ($want, $have) = @_;

	return
		 $want->[OP] eq $have->[OP]
	  && $want->[TXID] == $have->[TXID]
	  && $want->[KEY] eq $have->[KEY]
	  && (!defined $want->[MARK] || $want->[MARK] eq $have->[MARK]);
}

# For people; "the end" for none.
sub entry_text
{
	my ($entry) = @_;

	return 'the end' unless defined $entry;
	return join ' ', map { $_ // '*' } @$entry[ OP, KEY ], "mark $entry->[MARK]", "xid $entry->[TXID]"
	  if defined $entry->[MARK];
	return "$entry->[OP] $entry->[KEY] xid $entry->[TXID]";
}

1;
