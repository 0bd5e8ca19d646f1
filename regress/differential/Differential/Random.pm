# Differential::Random
#    A scenario that nobody thought of: random tables, properties and
#    transactions, the same for the same seed.
#
# SPDX-License-Identifier: PostgreSQL
package Differential::Random;

use strict;
use warnings;

# Types that columns have, and what makes a literal of each.
my %types = (
	'smallint' => sub { int(rand(65536)) - 32768 },
	'int' => sub { int(rand(2**32)) - 2**31 },
	'bigint' => sub { _quoted(sprintf '%d%09d', int(rand(2**32)) - 2**31, rand(1e9)) },
	'bool' => sub { _one('true', 'false') },
	'real' => sub { sprintf '%.*g', 1 + rand(7), _any_float(30) },
	'float8' => sub { sprintf '%.*g', 1 + rand(15), _any_float(60) },
	'numeric' => sub { sprintf '%s%d.%0*d', _one('', '-'), rand(1e9), 1 + rand(9), rand(1000) },
	'numeric(10,3)' => sub { sprintf '%s%d.%03d', _one('', '-'), rand(1e7), rand(1000) },
	'money' => sub { _quoted(sprintf '%s%d.%02d', _one('', '-'), rand(1e6), rand(100)) },
	'text' => sub { _quoted(_text(rand(60))) },
	'varchar(12)' => sub { _quoted(_text(rand(12))) },
	'char(6)' => sub { _quoted(_text(rand(6))) },
	'bytea' => sub { _quoted('\\x' . join '', map { sprintf '%02x', rand(256) } 0 .. rand(40)) },
	'uuid' => sub { _quoted(join '-', map { _hex($_) } 8, 4, 4, 4, 12) },
	'jsonb' => sub { _quoted(sprintf '{"a": %d, "b": [null, "%s"]}', rand(1000), _hex(4)) },
	'date' => sub { _quoted(_date()) },
	'time' => sub { _quoted(_time()) },
	'time(3)' => sub { _quoted(_time()) },
	'timetz' => sub { _quoted(_time() . _zone()) },
	'timestamp' => sub { _quoted(_near_date() . ' ' . _time()) },
	'timestamp(2)' => sub { _quoted(_near_date() . ' ' . _time()) },
	'timestamptz' => sub { _quoted(_date() . ' ' . _time() . _zone()) },
	'interval' => sub { _quoted(sprintf '%d mons %d days %d.5 sec', rand(2000) - 1000, rand(200) - 100, rand(90000)) },
	'inet' => sub { _quoted(sprintf '10.%d.%d.%d/%d', rand(256), rand(256), rand(256), rand(33)) },
	'bit(9)' => sub { _quoted(_bits(9)) },
	'varbit' => sub { _quoted(_bits(1 + rand(40))) },
	'point' => sub { _quoted(sprintf '(%.3f,%.3f)', _any_float(3), _any_float(3)) },
	'int4range' => sub { _quoted(sprintf '[%d,%d)', rand(100), 100 + rand(100)) },
	'int[]' => sub { _quoted('{' . join(',', map { int(rand(2000)) - 1000 } 1 .. rand(5)) . '}') },
	'numeric[]' => sub { _quoted('{' . join(',', map { _one('NULL', sprintf '%d.%02d', rand(1e6), rand(100)) } 1 .. rand(3)) . '}') },
	'box' => sub { _quoted(sprintf '(%d,%d),(%.2f,%.2f)', rand(9), rand(9), rand(9), rand(9)) },
	'text[]' => sub { _quoted('{' . join(',', map { _one('NULL', '"' . _hex(6) . ' x"') } 1 .. rand(5)) . '}') },
);

# Those of which Debezium loses something: they go with quirks.
my %quirky = (
	'interval(6)' => sub { _quoted(sprintf '%d days %d.%06d sec', rand(200) - 100, rand(90000), rand(1e6)) },
	'date[]' => sub { _quoted('{' . join(',', map { _date() } 1 .. rand(4)) . '}') },
	'time[]' => sub { _quoted('{' . join(',', map { _time() } 1 .. rand(4)) . '}') },
	'timestamp[]' => sub { _quoted('{' . join(',', map { '"' . _date() . ' ' . _time() . '"' } 1 .. rand(4)) . '}') },
	'timestamptz[]' => sub { _quoted('{' . join(',', map { '"' . _date() . ' ' . _time() . _zone() . '"' } 1 .. rand(4)) . '}') },
	'name' => sub { _quoted(_hex(8)) },
);

# Properties of which each takes a value.
my @properties = (
	[ 'walpost.debezium.quirks', qw(false true) ],
	[ 'decimal.handling.mode', qw(precise string double) ],
	[ 'time.precision.mode', qw(adaptive adaptive_time_microseconds connect isostring microseconds nanoseconds) ],
	[ 'interval.handling.mode', qw(numeric string) ],
	[ 'binary.handling.mode', qw(bytes base64 base64-url-safe hex) ],
	[ 'tombstones.on.delete', qw(true false) ],
	[ 'skip.messages.without.change', qw(false false true) ],
	[ 'provide.transaction.metadata', qw(false true) ],
	[ 'key.converter.schemas.enable', qw(false true) ],
	[ 'value.converter.schemas.enable', qw(false false true) ],
);

# Longer than a value may be without being moved out of line.
my $long = 3000;

# What a row's key changes into next.
my $new_key;

# Those that columns may have in this scenario.
my @usable;

sub _one
{
	return $_[ rand @_ ];
}

sub _type
{
	return _one(@usable);
}

sub _quoted
{
	my ($text) = @_;

	return "'" . ($text =~ s/'/''/gr) . "'";
}

sub _hex
{
	return join '', map { sprintf '%x', rand(16) } 1 .. $_[0];
}

sub _bits
{
	return join '', map { int(rand(2)) } 1 .. $_[0];
}

sub _any_float
{
	my ($exponent) = @_;

	return (rand(2) - 1) * 10**int(rand(2 * $exponent) - $exponent);
}

# UTF-8, since that is what the SQL is written in.
sub _text
{
	my ($length) = @_;

	return join '', map { _one('a' .. 'z', ' ', '"', "'", '\\', '/', "\t", "\x01", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80") } 1 .. $length;
}

sub _date
{
	return sprintf '%04d-%02d-%02d', _one(1600 + rand(800), 1970 + rand(60)), 1 + rand(12), 1 + rand(28);
}

# One whose nanoseconds fit: of others Debezium makes null, and stops where that may not be.
sub _near_date
{
	return _date() =~ s/^(\d+)/1680 + $1 % 580/er;
}

sub _time
{
	return sprintf '%02d:%02d:%02d.%06d', rand(24), rand(60), rand(60), _one(0, rand(1000) * 1000, rand(1e6));
}

sub _zone
{
	return sprintf '%s%02d:%02d', _one('+', '-'), rand(13), _one(0, 30, 45);
}

# The scenario of a seed, with so many transactions: its properties (a hash),
# the SQL of its tables, and that of its stream.
sub scenario
{
	my ($seed, $count) = @_;

	srand($seed);
	$new_key = 1000;
	my %conf = map { my ($name, @values) = @$_; ($name => _one(@values)) } @properties;
	@usable = sort keys %types, $conf{'walpost.debezium.quirks'} eq 'true' ? keys %quirky : ();
	my @tables = map { _table($_) } 1 .. 6;
	my $setup = join '', map { $_->{create} } @tables;
	my $stream = join '', map { _transaction(\@tables) . ($_ % 500 == 0 ? _change_table(_one(@tables)) : '') } 1 .. $count;

	srand;
	return (\%conf, $setup, $stream);
}

# A table; with a key, or with whole old rows, or for inserts only.
sub _table
{
	my ($number) = @_;
	my $name = "t$number";
	my $keyed = $number == 1 ? 0 : 1;
	my $full = rand(2) < 1;
	my @columns = map { { name => "c$_", type => _type(), required => rand(4) < 1 } } 1 .. 4 + rand(8);
	my $columns = join '', map { ", $_->{name} $_->{type}" . ($_->{required} ? ' NOT NULL' : '') } @columns;
	my $key = $keyed ? _one(', PRIMARY KEY (id)', ', PRIMARY KEY (k, id)') : '';
	my $create = "CREATE TABLE $name (id int, k text DEFAULT 'k'$columns$key);\n";

	$create .= "ALTER TABLE $name REPLICA IDENTITY FULL;\n" if $full;
	$create .= "ALTER TABLE $name ALTER $_->{name} SET STORAGE external;\n" for grep { $_->{type} eq 'text' } @columns;
	return { name => $name, columns => \@columns, keyed => $keyed, updates => $keyed || $full, create => $create };
}

sub _literal
{
	my ($column) = @_;

	return 'NULL' if !$column->{required} && rand(6) < 1;
	return "repeat('" . _hex(8) . "', $long)" if $column->{type} eq 'text' && rand(8) < 1;
	return ($types{ $column->{type} } // $quirky{ $column->{type} })->() . "::$column->{type}";
}

# A few statements, some of which are taken back.
sub _transaction
{
	my ($tables) = @_;
	my $sql = "BEGIN;\n";

	for (0 .. rand(5))
	{
		my $statement = _statement(_one(@$tables));
		my $fate = rand(10);

		$sql .= $fate < 1 ? "SAVEPOINT s;\n${statement}ROLLBACK TO s;\n" : $fate < 2 ? "SAVEPOINT s;\n${statement}RELEASE s;\n" : $statement;
	}
	return $sql . (rand(10) < 1 ? "ROLLBACK;\n" : "COMMIT;\n");
}

sub _statement
{
	my ($table) = @_;
	my $id = int(rand(40));
	my $kind = $table->{updates} ? rand(10) : 0;
	my @columns = @{ $table->{columns} };

	return "DELETE FROM $table->{name} WHERE id = $id;\n" if $kind > 8.5;
	return "UPDATE $table->{name} SET id = " . $new_key++ . " WHERE id = $id;\n" if $kind > 8;
	if ($kind > 4)
	{
		my $column = _one(@columns);

		return "UPDATE $table->{name} SET $column->{name} = " . _literal($column) . " WHERE id = $id;\n";
	}
	return
	    "INSERT INTO $table->{name} (id, "
	  . join(', ', map { $_->{name} } @columns)
	  . ") VALUES ($id, "
	  . join(', ', map { _literal($_) } @columns) . ')'
	  . ($table->{keyed} ? ' ON CONFLICT DO NOTHING' : '') . ";\n";
}

# A column more or less, with time for Debezium to see it.
sub _change_table
{
	my ($table) = @_;
	my $columns = $table->{columns};
	my $sql;

	if (@$columns > 3 && rand(2) < 1)
	{
		my $column = splice @$columns, rand(@$columns), 1;

		$sql = "DROP COLUMN $column->{name}";
	}
	else
	{
		my $column = { name => 'n' . int(rand(1e9)), type => _type() };

		push @$columns, $column;
		$sql = "ADD $column->{name} $column->{type}";
	}
	return "SELECT pg_sleep(2);\nALTER TABLE $table->{name} $sql;\n";
}

1;
